/* procure_money.c - what an order costs, in integers: see docs/planning.md, "Costs of a contract" */
#include "plan/procure_inner.h"

#define HOUR_US 3600000000

static int64_t share(int64_t amount, int64_t part, int64_t whole)
{
    return (int64_t)(((__int128)amount * part + whole / 2) / whole);
}

bool fg_pc_is_recourse(const struct fg_procure_problem *problem, const struct fg_offer *offer)
{
    bool by_the_time =
        offer->contract == FG_CONTRACT_ON_DEMAND || offer->contract == FG_CONTRACT_SPOT;
    return by_the_time && offer->upfront_uusd == 0 && offer->min_count <= 1
           && offer->min_term_us <= problem->period_us
           && offer->lead_time_us < problem->period_us;
}

int64_t fg_pc_term_us(const struct fg_procure_problem *problem, const struct fg_offer *offer)
{
    if (offer->contract == FG_CONTRACT_OWNED)
        return offer->term_us;
    int64_t term_us =
        offer->contract == FG_CONTRACT_RESERVED ? offer->term_us : problem->period_us;
    return term_us > offer->min_term_us ? term_us : offer->min_term_us;
}

/* What an instance costs for an hour while it is held. */
static int64_t hourly_uusd(const struct fg_procure_problem *problem,
                           const struct fg_offer *offer)
{
    int64_t price_uusd = offer->price_uusd_per_hour;
    if (offer->contract == FG_CONTRACT_SPOT)
        price_uusd = share(price_uusd, FG_WHOLE_MILLI - offer->away_milli, FG_WHOLE_MILLI);
    if (offer->contract == FG_CONTRACT_OWNED)
        price_uusd += share(problem->prices.power_uusd_per_kwh, offer->watts, 1000);
    return price_uusd;
}

struct pc_money fg_pc_money(const struct fg_procure_problem *problem,
                            const struct fg_offer *offer,
                            uint32_t start)
{
    int64_t term_us = fg_pc_term_us(problem, offer), hourly = hourly_uusd(problem, offer);
    int64_t left_us = (int64_t)(problem->periods - start) * problem->period_us;
    int64_t held_us = term_us < left_us ? term_us : left_us;
    struct pc_money money = {.upfront_uusd = offer->upfront_uusd};
    int64_t held_uusd = share(hourly, held_us, HOUR_US);
    money.horizon_uusd = offer->upfront_uusd + held_uusd;
    money.carbon_mg = share(fg_pc_carbon_mg_per_hour(offer), held_us, HOUR_US);
    if (offer->contract == FG_CONTRACT_OWNED) {
        int64_t book_uusd = share(offer->upfront_uusd, term_us - held_us, term_us);
        money.cash_uusd = money.horizon_uusd;
        money.cost_uusd =
            money.cash_uusd - share(book_uusd, problem->prices.residual_milli, FG_WHOLE_MILLI);
        return money;
    }
    money.cash_uusd = offer->upfront_uusd + share(hourly, term_us, HOUR_US);
    int64_t inside_uusd = held_uusd + share(offer->upfront_uusd, held_us, term_us);
    money.cost_uusd =
        inside_uusd
        + share(money.cash_uusd - inside_uusd, problem->prices.tail_milli, FG_WHOLE_MILLI);
    return money;
}

int64_t fg_pc_carbon_mg_per_hour(const struct fg_offer *offer)
{
    return (int64_t)offer->watts * offer->carbon_g_per_kwh; /* W x g/kWh = mg/h */
}

double fg_pc_carbon_usd(const struct fg_procure_problem *problem, double carbon_mg)
{
    return carbon_mg / 1e9 * (double)problem->prices.carbon_uusd_per_tonne / 1e6;
}

double fg_pc_objective_usd(const struct fg_procure_problem *problem,
                           const struct pc_money *money)
{
    return (double)money->cost_uusd / 1e6 + fg_pc_carbon_usd(problem, (double)money->carbon_mg);
}

/* bench_spot.c - jobs with deadlines on spot: what the decisions cost, and what they save on made-up markets
 *
 *     value     the program for 48 h of work and slack, starts of 12 min
 *     replay    a job of 48 h with 24 h of slack on looks every 5 min; a decision at each
 *     cost      adaptive against Uniform Progress, 400 jobs on 40 markets (their public traces: docs/results.md)
 *     rates     a year of jobs on 18 offers of spot that are taken back more often, or less, than they say, and not for ever the same: what
 *               the choice costs by what they say, by what was learned of orders (src/supply), and by the truth
 */
#include "bench/bench.h"
#include "market/spot_replay.h"
#include "supply/records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_US 3'600'000'000LL
#define LOOKS   8000
#define MARKETS 40
#define STARTS  10
#define RUNS    15

static uint32_t draw(uint64_t *random)
{
    *random += 0x9e37'79b9'7f4a'7c15u;
    uint64_t z = *random;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 33);
}

/* Mean lives and absences from 20 minutes to 10 hours, others every few days: looks are 5 minutes. */
static void make_market(uint64_t *random, uint32_t machines[LOOKS])
{
    uint32_t goes = 1, comes = 1, now = 1;
    for (size_t i = 0; i < LOOKS; i++) {
        if (i % 700 == 0) {
            goes = 4U << draw(random) % 6;
            comes = 4U << draw(random) % 6;
        }
        machines[i] = now ^= draw(random) % (now ? goes : comes) == 0;
    }
}

static struct fg_spot_case job_on(const struct fg_spot_trace *trace, size_t first)
{
    return (struct fg_spot_case){.zones = trace,
                                 .zones_len = 1,
                                 .machines = 1,
                                 .first = first,
                                 .work_us = 48 * HOUR_US,
                                 .time_us = 72 * HOUR_US,
                                 .restart_us = HOUR_US / 5,
                                 .spot_uusd_per_hour = 970'100,
                                 .on_demand_uusd_per_hour = 3'060'000};
}

static struct fg_spot_value *make_value(double *out_ms)
{
    const struct fg_spot_value_terms terms = {.work_us = 48 * HOUR_US,
                                              .slack_us = 48 * HOUR_US,
                                              .restart_us = HOUR_US / 5,
                                              .price_of_spot = 0.9701 / 3.06};
    struct fg_spot_value *value = NULL;
    double ms[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        fg_spot_value_free(value);
        int64_t from_us = bench_now_us();
        value = fg_spot_value_new(&terms);
        ms[i] = (double)(bench_now_us() - from_us) / 1e3;
    }
    *out_ms = bench_quantile(ms, RUNS, 50);
    return value;
}

/* -- rates ------------------------------------------------------------------------------------------------ */

#define SUPPLIERS  6
#define OFFERS     18
#define DAYS       360
#define JOBS_A_DAY 4
#define SEEDS      8
#define ERA_DAYS   60 /* then all is drawn anew */
#define WORK_HOURS 24
#define PIECE_US   (4 * HOUR_US) /* between two checkpoints */
#define START_US   900'000'000LL
#define ORDERS_MAX 40'000

/* How a job chooses: by what offers say, by what was learned, by the truth. */
enum how { TOLD, LEARNED, TRUTH };

struct shop {
    struct fg_offer offers[OFFERS];
    double price[OFFERS], truth[OFFERS]; /* of on-demand; taken back in an hour */
    struct fg_order orders[ORDERS_MAX];
    size_t orders_len;
    struct fg_supplier_records records;
    uint64_t random;
};

static double share(uint64_t *random)
{
    return (draw(random) + 0.5) / 2147483648.0;
}

/* The same for all ways of choosing: what offers say and cost stays, what is true moves. */
static void open_shop(struct shop *shop, uint64_t seed)
{
    shop->orders_len = 0;
    shop->random = seed;
    for (size_t i = 0; i < OFFERS; i++) {
        struct fg_offer *offer = &shop->offers[i];
        *offer = (struct fg_offer){.contract = FG_CONTRACT_SPOT,
                                   .accelerators = 1,
                                   .price_uusd_per_hour = 1,
                                   .reclaims_per_khour = 20 + draw(&shop->random) % 200};
        snprintf(offer->supplier, sizeof(offer->supplier), "s%zu", i % SUPPLIERS);
        snprintf(offer->instance, sizeof(offer->instance), "i%zu", i / SUPPLIERS);
        shop->price[i] = 0.25 + 0.4 * share(&shop->random);
    }
}

/* A factor of the supplier, and one of the offer: from a fifth to five times what is told, mostly less far off. */
static void begin_era(struct shop *shop)
{
    double factor[SUPPLIERS];
    for (size_t i = 0; i < SUPPLIERS; i++)
        factor[i] = exp(2.4 * share(&shop->random) - 1.2);
    for (size_t i = 0; i < OFFERS; i++)
        shop->truth[i] = shop->offers[i].reclaims_per_khour / 1000.0 * factor[i % SUPPLIERS]
                         * exp(0.8 * share(&shop->random) - 0.4);
}

static double believed(const struct shop *shop, size_t offer, enum how how)
{
    struct fg_supplier_outlook outlook;
    if (how == TRUTH)
        return shop->truth[offer];
    if (how == TOLD)
        return shop->offers[offer].reclaims_per_khour / 1000.0;
    fg_supplier_records_expect(&shop->records, &shop->offers[offer], &outlook);
    return outlook.losses.mean / 1000;
}

/* The cheapest for all of the work, OFFERS: on-demand. */
static size_t choose(const struct shop *shop, enum how how)
{
    size_t best = OFFERS;
    double least = 1;
    for (size_t i = 0; i < OFFERS; i++) {
        double costs =
            shop->price[i] * fg_deadline_stretch(believed(shop, i, how), PIECE_US, START_US);
        if (costs < least) {
            least = costs;
            best = i;
        }
    }
    return best;
}

static void note(struct shop *shop, size_t offer, int64_t at_us, double hours, bool is_lost)
{
    if (shop->orders_len == ORDERS_MAX)
        bench_die("more than %d orders", ORDERS_MAX);
    shop->orders[shop->orders_len++] =
        (struct fg_order){.offer = shop->offers[offer],
                          .count = 1,
                          .delivered = 1,
                          .ordered_us = at_us,
                          .delivered_us = at_us,
                          .ended_us = at_us + (int64_t)(hours * (double)HOUR_US),
                          .cause = is_lost ? FG_CAUSE_RECLAIMED : FG_CAUSE_USER};
}

/* Hours that the work takes there; each machine that it has is an order. */
static double ride(struct shop *shop, size_t offer, int64_t at_us, uint64_t random)
{
    double done = 0, hours = 0, piece = (double)PIECE_US / (double)HOUR_US,
           start = (double)START_US / (double)HOUR_US;
    while (offer < OFFERS && done < WORK_HOURS && hours < 100 * WORK_HOURS) {
        double lives = -log(share(&random)) / shop->truth[offer],
               needs = WORK_HOURS - done + (hours > 0 ? start : 0);
        note(shop, offer, at_us + (int64_t)(hours * (double)HOUR_US), fmin(lives, needs),
             lives < needs);
        double worked = fmax(fmin(lives, needs) - (hours > 0 ? start : 0), 0);
        hours += fmin(lives, needs);
        done += lives < needs ? floor(worked / piece) * piece : worked;
    }
    return offer < OFFERS ? hours : WORK_HOURS;
}

static void look_back(struct shop *shop, int64_t now_us, int64_t half_life_us)
{
    fg_supplier_records_fini(&shop->records);
    shop->records.clock = (struct fg_supplier_clock){now_us, half_life_us};
    for (size_t i = 0; i < shop->orders_len; i++)
        if (shop->orders[i].ended_us <= now_us)
            fg_supplier_records_add(&shop->records, &shop->orders[i]);
}

struct paid {
    double cost, lost; /* of on-demand; of the work, in percent */
};

static struct paid buy(struct shop *shop, enum how how, int64_t half_life_days)
{
    struct paid paid = {};
    const double jobs = (double)SEEDS * DAYS * JOBS_A_DAY;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_shop(shop, seed);
        for (int day = 0; day < DAYS; day++) {
            int64_t now_us = (1000 + day) * 24 * HOUR_US;
            if (day % ERA_DAYS == 0)
                begin_era(shop);
            if (how == LEARNED)
                look_back(shop, now_us, half_life_days * 24 * HOUR_US);
            for (int i = 0; i < JOBS_A_DAY; i++) {
                size_t offer = choose(shop, how);
                uint64_t random = (seed * DAYS + (uint64_t)day) * JOBS_A_DAY + (uint64_t)i;
                double hours = ride(shop, offer, now_us, random);
                paid.cost +=
                    100 * hours * (offer < OFFERS ? shop->price[offer] : 1) / WORK_HOURS / jobs;
                paid.lost += 100 * (hours - WORK_HOURS) / WORK_HOURS / jobs;
            }
        }
    }
    fg_supplier_records_fini(&shop->records);
    return paid;
}

static void compare_rates(void)
{
    static struct shop shop;
    struct paid told = buy(&shop, TOLD, 0), learned = buy(&shop, LEARNED, 30),
                kept = buy(&shop, LEARNED, 0), truth = buy(&shop, TRUTH, 0);
    bench_line("offers by learned rates: cost of on-demand", learned.cost, "%", BENCH_LESS, 0,
               "what they say", told.cost);
    bench_line("offers by learned rates: cost of on-demand", learned.cost, "%", BENCH_LESS, 0,
               "nothing fades", kept.cost);
    bench_line("offers by learned rates: cost of on-demand", learned.cost, "%", BENCH_LESS, 0,
               "the truth", truth.cost);
    bench_line("offers by learned rates: work lost", learned.lost, "%", BENCH_LESS, 0,
               "what they say", told.lost);
    bench_line("offers by learned rates: work lost", learned.lost, "%", BENCH_LESS, 0,
               "the truth", truth.lost);
}

int main(void)
{
    static uint32_t machines[MARKETS][LOOKS];
    static double ms[MARKETS * STARTS];
    double value_ms, ours = 0, uniform = 0;
    uint64_t random = 1;
    size_t late = 0, len = 0;
    struct fg_spot_value *value = make_value(&value_ms);
    for (size_t m = 0; m < MARKETS; m++) {
        make_market(&random, machines[m]);
        const struct fg_spot_trace trace = {"made up", 300'000'000, machines[m], LOOKS};
        for (size_t i = 0; i < STARTS; i++) {
            struct fg_spot_case job = job_on(&trace, LOOKS / STARTS * i);
            struct fg_spot_outcome mine, theirs;
            int64_t from_us = bench_now_us();
            fg_spot_replay(&job, fg_deadline_policy_find("adaptive"), value, &mine);
            ms[len++] = (double)(bench_now_us() - from_us) / 1e3;
            fg_spot_replay(&job, fg_deadline_policy_find("uniform"), NULL, &theirs);
            ours += (double)mine.cost_uusd / (double)fg_spot_on_demand_uusd(&job);
            uniform += (double)theirs.cost_uusd / (double)fg_spot_on_demand_uusd(&job);
            late += mine.late_us > 0 || theirs.late_us > 0;
        }
    }
    fg_spot_value_free(value);
    if (late > 0)
        bench_die("%zu deadlines were missed", late);
    bench_line("spot with deadlines: the program", value_ms, "ms", BENCH_LESS, 200, NULL, 0);
    bench_line("spot with deadlines: a job of 48 h", bench_quantile(ms, len, 50), "ms",
               BENCH_LESS, 5, NULL, 0);
    bench_line("spot with deadlines: cost of on-demand", 100 * ours / (double)len, "%",
               BENCH_LESS, 0, "Uniform Progress (NSDI 2024)", 100 * uniform / (double)len);
    compare_rates();
    return bench_done();
}

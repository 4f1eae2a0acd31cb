/* what_if.c - see what_if.h */
#include "plan/what_if.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRICE_PERCENT 20

struct asking {
    struct fg_procure *procure;
    const struct fg_plan_answer *answer;
    const struct fg_procure_effort *effort;
    struct fg_plan_what_if *out;
    int len;
};

static int ask_again(struct asking *asking, const char *what, struct fg_err *err)
{
    struct fg_plan_what_if *out = &asking->out[asking->len];
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_procure_room(asking->answer->problem));
    struct fg_procure_plan plan;
    int rc = fg_procure_solve(asking->procure, asking->effort, arena, &plan, err);
    if (rc < 0)
        return rc;
    snprintf(out->what, sizeof(out->what), "%s", what);
    out->upper_bound_uusd = plan.upper_bound_uusd;
    out->unmet_share = plan.unmet_share;
    out->orders = (uint32_t)plan.orders_len;
    asking->len++;
    return 0;
}

/* On-demand and spot prices in percent of what they are. */
static void move_prices(struct asking *asking, int percent)
{
    const struct fg_procure_problem *problem = asking->answer->problem;
    for (size_t i = 0; i < problem->offers_len; i++) {
        const struct fg_offer *offer = &problem->offers[i];
        if (offer->contract == FG_CONTRACT_ON_DEMAND || offer->contract == FG_CONTRACT_SPOT)
            fg_procure_set_price(asking->procure, (uint32_t)i,
                                 offer->price_uusd_per_hour * percent / 100,
                                 offer->upfront_uusd);
    }
}

static void ban(struct asking *asking, const char *supplier, bool banned)
{
    const struct fg_procure_problem *problem = asking->answer->problem;
    for (size_t i = 0; i < problem->offers_len; i++)
        if (strcmp(problem->offers[i].supplier, supplier) == 0)
            fg_procure_ban(asking->procure, (uint32_t)i, banned);
}

static int without(struct asking *asking, const char *supplier, struct fg_err *err)
{
    char what[128];
    snprintf(what, sizeof(what), "%s sells nothing", supplier);
    ban(asking, supplier, true);
    int rc = ask_again(asking, what, err);
    ban(asking, supplier, false);
    return rc;
}

/* Suppliers by what the plan depends on: those of orders, then those of what is taken as needed. */
static size_t list_suppliers(const struct fg_plan_answer *answer, const char **out, size_t room)
{
    const struct fg_procure_problem *problem = answer->problem;
    struct fg_plan_use *uses = calloc(problem->offers_len + 1, sizeof(*uses));
    if (!uses)
        abort();
    size_t uses_len = fg_plan_uses(answer, uses), len = 0,
           orders_len = answer->plan->orders_len;
    for (size_t i = 0; i < orders_len + uses_len && len < room; i++) {
        uint32_t offer =
            i < orders_len ? answer->plan->orders[i].offer : uses[i - orders_len].offer;
        const char *name = problem->offers[offer].supplier;
        size_t k = 0;
        while (k < len && strcmp(out[k], name) != 0)
            k++;
        if (k == len)
            out[len++] = name;
    }
    free(uses);
    return len;
}

int fg_plan_what_ifs(struct fg_procure *procure,
                     const struct fg_plan_answer *answer,
                     const struct fg_procure_effort *effort,
                     struct fg_plan_what_if out[FG_PLAN_WHAT_IFS_MAX],
                     struct fg_err *err)
{
    struct asking asking = {procure, answer, effort, out, 0};
    const char *suppliers[FG_PLAN_WHAT_IFS_MAX];
    size_t len = list_suppliers(answer, suppliers, FG_PLAN_WHAT_IFS_MAX - 3);
    move_prices(&asking, 100 + PRICE_PERCENT);
    int rc = ask_again(&asking, "on-demand and spot cost 20 % more", err);
    move_prices(&asking, 100 - PRICE_PERCENT);
    if (rc == 0)
        rc = ask_again(&asking, "on-demand and spot cost 20 % less", err);
    move_prices(&asking, 100);
    for (size_t i = 0; i < len && rc == 0; i++)
        rc = without(&asking, suppliers[i], err);
    if (rc == 0 && answer->problem->flexes_len) {
        fg_procure_let_wait(procure, false);
        rc = ask_again(&asking, "no work may wait", err);
        fg_procure_let_wait(procure, true);
    }
    return rc < 0 ? rc : asking.len;
}

/* case.c - see case.h: the problem, once options, demand and offers are there */
#include "plan/case.h"

#include "model/names.h"

#include <stdio.h>
#include <string.h>

/* The most special kind of the class that the device is. */
static const struct fg_case_kind *kind_of(const struct fg_case_class *class, const char *device)
{
    const struct fg_case_kind *best = NULL;
    for (uint32_t i = 0; i < class->kinds_len; i++)
        if (fg_kind_is(device, class->kinds[i].kind)
            && (!best || strlen(class->kinds[i].kind) > strlen(best->kind)))
            best = &class->kinds[i];
    return best;
}

struct kinds {
    const char **names;
    size_t len;
};

static void add_kind(struct kinds *kinds, const char *name)
{
    for (size_t i = 0; i < kinds->len; i++)
        if (strcmp(kinds->names[i], name) == 0)
            return;
    if (kinds->len < FG_PROCURE_SERVES_MAX)
        kinds->names[kinds->len++] = name;
}

/* Kinds that are held or sold, each once. */
static struct kinds list_kinds(const struct fg_case_supply *supply, struct fg_arena *arena)
{
    struct kinds kinds = {.names = FG_NEW(arena, const char *, FG_PROCURE_SERVES_MAX)};
    for (size_t i = 0; i < supply->contracts_len; i++)
        add_kind(&kinds, supply->contracts[i].offer.accelerator);
    for (size_t i = 0; i < supply->offers_len; i++)
        add_kind(&kinds, supply->offers[i].accelerator);
    return kinds;
}

static bool is_there(const struct kinds *kinds, const char *kind)
{
    for (size_t i = 0; i < kinds->len; i++)
        if (fg_kind_is(kinds->names[i], kind))
            return true;
    return false;
}

static int fill_serves(const struct fg_case *wanted,
                       const struct kinds *kinds,
                       struct fg_procure_serves *out,
                       uint32_t *out_len,
                       struct fg_err *err)
{
    for (uint32_t c = 0; c < wanted->classes_len; c++)
        for (size_t k = 0; k < kinds->len; k++) {
            const struct fg_case_kind *kind = kind_of(&wanted->classes[c], kinds->names[k]);
            if (!kind)
                continue;
            if (*out_len == FG_PROCURE_SERVES_MAX)
                return fg_fail(err, FG_ETOOBIG,
                               "classes are served by more than %d kinds in all",
                               FG_PROCURE_SERVES_MAX);
            struct fg_procure_serves *serves = &out[(*out_len)++];
            *serves = (struct fg_procure_serves){.class = c, .rate_milli = kind->rate_milli};
            snprintf(serves->accelerator, FG_KIND_MAX, "%s", kinds->names[k]);
        }
    return 0;
}

static int check_kinds(const struct fg_case *wanted,
                       const struct kinds *kinds,
                       struct fg_err *err)
{
    for (uint32_t c = 0; c < wanted->classes_len; c++) {
        const struct fg_case_class *class = &wanted->classes[c];
        bool any = false;
        for (uint32_t i = 0; i < class->kinds_len; i++)
            any = any || is_there(kinds, class->kinds[i].kind);
        if (!any)
            return fg_fail(
                err, FG_ENOENT,
                "class %s: nobody sells %s and none is held, expected an offer of a kind that "
                "serves it",
                class->class.name, class->kinds_len ? class->kinds[0].kind : "what serves it");
    }
    return 0;
}

static int fill_budgets(const struct fg_case *wanted,
                        struct fg_arena *arena,
                        struct fg_procure_limits *limits,
                        struct fg_err *err)
{
    if (wanted->budgets_len && wanted->budgets_len != wanted->periods)
        return fg_fail(err, FG_EINVAL,
                       "budget_per_period: a list of %u, expected %u, one a period",
                       wanted->budgets_len, wanted->periods);
    limits->budgets_uusd = wanted->budgets_uusd;
    if (wanted->budget_per_period_uusd == INT64_MAX)
        return 0;
    int64_t *budgets = FG_NEW(arena, int64_t, wanted->periods);
    for (uint32_t t = 0; t < wanted->periods; t++)
        budgets[t] = wanted->budget_per_period_uusd;
    limits->budgets_uusd = budgets;
    return 0;
}

static void fill_flexes(const struct fg_case *wanted,
                        struct fg_arena *arena,
                        struct fg_procure_problem *out)
{
    struct fg_procure_flex *flexes =
        FG_NEW(arena, struct fg_procure_flex, wanted->classes_len * FG_CASE_WAITS_MAX + 1);
    for (uint32_t c = 0; c < wanted->classes_len; c++)
        for (uint32_t i = 0; i < wanted->classes[c].waits_len; i++) {
            const struct fg_case_wait *wait = &wanted->classes[c].waits[i];
            int64_t periods = wait->slack_us / wanted->period_us;
            if (periods < 1)
                continue;
            flexes[out->flexes_len++] = (struct fg_procure_flex){
                .class = c,
                .share_milli = wait->share_milli,
                .wait = (uint32_t)(periods < wanted->periods ? periods : wanted->periods),
                .wait_uusd_per_hour = wanted->wait_uusd_per_hour};
        }
    out->flexes = flexes;
}

int fg_case_problem(const struct fg_case *wanted,
                    const struct fg_case_supply *supply,
                    struct fg_arena *arena,
                    struct fg_procure_problem *out,
                    struct fg_err *err)
{
    struct kinds kinds = list_kinds(supply, arena);
    struct fg_procure_serves *serves =
        FG_NEW(arena, struct fg_procure_serves, FG_PROCURE_SERVES_MAX);
    struct fg_procure_class *classes =
        FG_NEW(arena, struct fg_procure_class, wanted->classes_len + 1);
    *out = (struct fg_procure_problem){.offers = supply->offers,
                                       .offers_len = supply->offers_len,
                                       .contracts = supply->contracts,
                                       .contracts_len = supply->contracts_len,
                                       .period_us = wanted->period_us,
                                       .periods = wanted->periods,
                                       .classes = classes,
                                       .classes_len = wanted->classes_len,
                                       .serves = serves,
                                       .demand = wanted->demand,
                                       .weights = wanted->weights,
                                       .scenarios = wanted->scenarios,
                                       .limits = wanted->limits,
                                       .prices = wanted->prices};
    for (uint32_t c = 0; c < wanted->classes_len; c++) {
        classes[c] = wanted->classes[c].class;
        if (!classes[c].unmet_uusd_per_hour)
            classes[c].unmet_uusd_per_hour = wanted->unmet_uusd_per_hour;
    }
    fill_flexes(wanted, arena, out);
    int rc = check_kinds(wanted, &kinds, err);
    if (rc == 0)
        rc = fill_serves(wanted, &kinds, serves, &out->serves_len, err);
    if (rc == 0)
        rc = fill_budgets(wanted, arena, &out->limits, err);
    return rc;
}

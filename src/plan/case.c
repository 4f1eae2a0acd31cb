/* case.c - see case.h: the problem, once options, demand and offers are there */
#include "plan/case.h"

#include "model/names.h"

#include <stdio.h>
#include <string.h>

static bool is_sold(const struct fg_offer *offers, size_t len, const char *kind)
{
    for (size_t i = 0; i < len; i++)
        if (fg_kind_is(offers[i].accelerator, kind))
            return true;
    return false;
}

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

/* Kinds that are sold, each once. */
static size_t list_kinds(const struct fg_offer *offers, size_t len, const char **out)
{
    size_t kinds = 0;
    for (size_t i = 0; i < len; i++) {
        size_t k = 0;
        while (k < kinds && strcmp(out[k], offers[i].accelerator) != 0)
            k++;
        if (k == kinds && kinds < FG_PROCURE_SERVES_MAX)
            out[kinds++] = offers[i].accelerator;
    }
    return kinds;
}

static int fill_serves(const struct fg_case *wanted,
                       const char *const *kinds,
                       size_t kinds_len,
                       struct fg_procure_serves *out,
                       uint32_t *out_len,
                       struct fg_err *err)
{
    for (uint32_t c = 0; c < wanted->classes_len; c++)
        for (size_t k = 0; k < kinds_len; k++) {
            const struct fg_case_kind *kind = kind_of(&wanted->classes[c], kinds[k]);
            if (!kind)
                continue;
            if (*out_len == FG_PROCURE_SERVES_MAX)
                return fg_fail(err, FG_ETOOBIG,
                               "classes are served by more than %d kinds in all",
                               FG_PROCURE_SERVES_MAX);
            struct fg_procure_serves *serves = &out[(*out_len)++];
            *serves = (struct fg_procure_serves){.class = c, .rate_milli = kind->rate_milli};
            snprintf(serves->accelerator, FG_KIND_MAX, "%s", kinds[k]);
        }
    return 0;
}

static int check_sold(const struct fg_case *wanted,
                      const struct fg_offer *offers,
                      size_t len,
                      struct fg_err *err)
{
    for (uint32_t c = 0; c < wanted->classes_len; c++) {
        const struct fg_case_class *class = &wanted->classes[c];
        bool any = false;
        for (uint32_t i = 0; i < class->kinds_len; i++)
            any = any || is_sold(offers, len, class->kinds[i].kind);
        if (!any)
            return fg_fail(
                err, FG_ENOENT,
                "class %s: nobody sells %s, expected an offer of a kind that serves it",
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
                    const struct fg_offer *offers,
                    size_t offers_len,
                    struct fg_arena *arena,
                    struct fg_procure_problem *out,
                    struct fg_err *err)
{
    const char **kinds = FG_NEW(arena, const char *, FG_PROCURE_SERVES_MAX);
    struct fg_procure_serves *serves =
        FG_NEW(arena, struct fg_procure_serves, FG_PROCURE_SERVES_MAX);
    struct fg_procure_class *classes =
        FG_NEW(arena, struct fg_procure_class, wanted->classes_len + 1);
    size_t kinds_len = list_kinds(offers, offers_len, kinds);
    *out = (struct fg_procure_problem){.offers = offers,
                                       .offers_len = offers_len,
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
    int rc = check_sold(wanted, offers, offers_len, err);
    if (rc == 0)
        rc = fill_serves(wanted, kinds, kinds_len, serves, &out->serves_len, err);
    if (rc == 0)
        rc = fill_budgets(wanted, arena, &out->limits, err);
    return rc;
}

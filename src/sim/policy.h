/* policy.h - a policy as people name it: "fifo", "las:fgd", "priority:easy:no-preempt".
 *
 * The first word is the order, then come in any order: a word for the place (best, fgd, ...), one for backfill (easy,
 * conservative, strict; optimise: easy, found by search), one for preemption (no-preempt, preempt-priority,
 * preempt-order), kinds-POLICY (who gets which kind of device: src/allocate), and home-N (so many percent of the jobs are bound to one supplier).  Without the last, orders that push jobs aside may. */
#pragma once

#include "place/policy.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"

#define FG_SIM_POLICY_MAX 128

struct fg_sim_policy {
    char name[FG_SIM_POLICY_MAX]; /* as given */
    const struct fg_job_order *order;
    const struct fg_place_policy *place;
    enum fg_preempt preempt;
    enum fg_backfill backfill;
    const char *allocate;  /* NULL: kinds of device as they come */
    bool optimises;        /* who is backfilled is found by search */
    uint32_t home_percent; /* of the jobs are bound to one supplier: see sim.h */
};

/* Read it.  FG_EINVAL: a word that means nothing, with those that do. */
[[nodiscard]] int fg_sim_policy_read(const char *text,
                                     struct fg_sim_policy *out,
                                     struct fg_err *err);

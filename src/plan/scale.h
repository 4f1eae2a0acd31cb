/* scale.h - how many machines of a class are wanted, now: up and down within a policy, each decision explained.
 *
 *     forecast quantile, queue, machines held, policy --> SCALE --+n, -n, why--> orders, releases
 *
 * Need:     devices = max(what runs + what waits, forecast for as far ahead as a machine takes to come);
 *           wanted  = machines that hold them + standby, within least and most.
 * Up:       at once, by as much as is missing (at most step_up): a burst is met in one step.
 * Down:     only what is spare also if the need were `slack_percent` greater; only machines that have been idle for
 *           idle_us and held for life_us; none within cool_us after any change; at most step_down.
 * To zero:  when nothing runs or waits and nothing is forecast, standby is given back too, after zero_us without work.
 * Never:    above `most`; what is busy; what was not held for its least life.
 * Pure.     The caller keeps the machines and the moments of the last changes, and carries the decision out.
 */
#pragma once

#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_SCALE_REASON_MAX   320
#define FG_SCALE_MACHINES_MAX 100'000

struct fg_scale_policy {
    uint32_t least, most;        /* machines; least <= most */
    uint32_t standby;            /* machines kept warm beyond the need */
    uint32_t step_up, step_down; /* machines of one decision; 0: any number */
    uint32_t slack_percent;      /* what must stay spare for a machine to be given back */
    int64_t life_us;             /* a machine is held at least so long */
    int64_t idle_us;             /* and is idle at least so long, before it is given back */
    int64_t cool_us;             /* nothing is given back so soon after a change */
    int64_t zero_us;             /* standby goes after so long without work; 0: never */
};

struct fg_scale_machine {
    int64_t held_us; /* since when */
    int64_t idle_us; /* since when; INT64_MAX: it is busy */
};

struct fg_scale_view {
    const char *class; /* "h100-sxm-80g": for the reason */
    int64_t now_us;
    uint32_t devices_per_machine;            /* at least 1 */
    const struct fg_scale_machine *machines; /* that are held, machines_len of them */
    size_t machines_len;
    uint32_t coming;        /* ordered, and not there yet */
    double devices_running; /* granted now */
    double devices_waiting; /* asked by jobs that wait and could run */
    double
        devices_forecast; /* the chosen quantile of demand, at most of the time until an order would be there */
    int64_t worked_us;  /* when anything last ran or waited; 0 never */
    int64_t changed_us; /* when the last decision was not 0; 0 never */
};

struct fg_scale_decision {
    int32_t change;                   /* machines to order (+) or to give back (-) */
    uint32_t wanted;                  /* as the policy has it, before steps, lives and pauses */
    char reason[FG_SCALE_REASON_MAX]; /* one line, with the numbers */
};

/* `out_back` (room for machines_len) becomes the places in `machines` of those to give back, the longest idle first;
 * NULL: only how many. */
void fg_scale_decide(const struct fg_scale_policy *policy,
                     const struct fg_scale_view *view,
                     struct fg_scale_decision *out,
                     uint32_t *out_back);

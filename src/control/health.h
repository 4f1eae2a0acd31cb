/* health.h - how much a node or a supplier is trusted now: F_i(t), from what happened there.
 *
 *     falls, failed starts, losses, faults in words --> HEALTH --> a hold: no new work until then
 *
 * Every fault adds strain, which halves every half hour; F = 1000 - strain.  Who falls is held back when it is up again,
 * and twice as long each time it falls again (as BGP damps routes that flap, RFC 2439, with a plain doubling).  Who has
 * too much strain is held as well, and when the hold is over it is on trial: half of the strain is forgiven, so that the next
 * fault holds it again.  Pure.
 */
#pragma once

#include "base/config.h"
#include "model/job.h"

struct fg_health {
    uint32_t falls;        /* since it was well for long */
    int64_t fell_us;       /* the last time */
    int64_t hold_us;       /* no new work until then; 0 none */
    uint32_t holds;        /* one after the other, for strain */
    uint32_t strain;       /* as of strain_us */
    int64_t strain_us;     /* moment */
    fg_job_id job;         /* whose fault was counted last: one job counts once in a row */
    char why[FG_TEXT_MAX]; /* the last fault, in plain words; "" none */
    int64_t why_us;
};

enum fg_fault {
    FG_FAULT_FALL,  /* down, or not answering */
    FG_FAULT_START, /* a task could not be started there */
    FG_FAULT_LOST,  /* a task that ran there was lost */
    FG_FAULT_SICK,  /* its engine or a task reported a fault of the machine */
};

/* It happened, to `job` (0: to none). */
void fg_health_fault(struct fg_health *health,
                     const struct fg_config *config,
                     enum fg_fault fault,
                     fg_job_id job,
                     const char *why,
                     int64_t now_us);
/* It is up again after a fall; the first `free_falls` are forgiven without a hold. */
void fg_health_rose(struct fg_health *health,
                    const struct fg_config *config,
                    uint32_t free_falls,
                    int64_t now_us);
/* A task ended well there: what was counted against it halves. */
void fg_health_good(struct fg_health *health, int64_t now_us);
/* Hold it back for that long at least. */
void fg_health_hold(struct fg_health *health, int64_t until_us);
/* An operator trusts it again: all is forgotten. */
void fg_health_forget(struct fg_health *health);

bool fg_health_is_held(const struct fg_health *health, int64_t now_us);
/* F, 0 to 1000. */
uint32_t fg_health_milli(const struct fg_health *health, int64_t now_us);

/* What to look at or repair, by the words of a fault: plain words, or NULL: nothing is known. */
const char *fg_fault_hint(const char *text);

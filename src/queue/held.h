/* held.h - what a project holds, and whether its quota lets it hold more. */
#pragma once

#include "model/project.h"

#define FG_CORES_A_DEVICE                                                                      \
    16 /* in what a job weighs against another: fair share, attained service */

/* Amounts that one job would add or gives back. */
struct fg_amount {
    int64_t gpu_milli, cpu_milli, mem_mib;
    int64_t kinds[FG_QUOTA_KINDS_MAX];
};

/* Of its own jobs, but for `below`. */
struct fg_held {
    int64_t gpu_milli, cpu_milli, mem_mib;
    int64_t running; /* jobs that hold devices */
    int64_t queued;  /* jobs that wait */
    /* In gpu_milli, by the project's kind quotas, in their order. */
    int64_t kinds[FG_QUOTA_KINDS_MAX];
    /* Device-seconds used, fading with time, for fair share; as of `used_us` (0: of no moment yet). */
    double used;
    int64_t used_us;
    /* What the projects below it hold, by its own rows, and so many jobs: counts for its quota and guarantee. */
    struct fg_amount below;
    int64_t below_running;
    bool is_spent; /* its budget is: nothing of it or below starts */
};

/* What one user holds in a project and all below it; kept where that has limits for each user. */
struct fg_user_held {
    int64_t running, gpu_milli, queued;
    /* Submits of the last minute, as the moment up to which they are paid for (a leaky bucket). */
    int64_t paid_us;
};

/* The index of the quota row that a device kind falls under, -1 none ("h100" covers h100-...). */
int fg_quota_row(const struct fg_project *project, const char *kind);

/* Bring `used` up to `now_us`: what was used fades by half each half-life, what is held counts since `used_us`, 16 cores
 * as a device.  Exact if called before the holdings change: U(t+d) = U(t) 2^(-d/h) + r h/ln 2 (1 - 2^(-d/h)). */
void fg_held_settle(struct fg_held *held, int64_t now_us, int64_t half_life_s);
/* `used`, and what is held charged for so many seconds ahead: so that a start counts at once. */
double fg_held_charged(const struct fg_held *held, int64_t ahead_s);

void fg_held_add(struct fg_held *held, const struct fg_amount *amount);
void fg_held_take(struct fg_held *held, const struct fg_amount *amount);
/* A job of a project below it. */
void fg_held_add_below(struct fg_held *held, const struct fg_amount *amount);
void fg_held_take_below(struct fg_held *held, const struct fg_amount *amount);

/* Would one more running job of this amount, of it or of a project below, stay within its quota?  If not, `err` (may be NULL) says which
 * limit, what is held and what is asked; FG_EQUOTA. */
int fg_quota_allows(const struct fg_project *project,
                    const struct fg_held *held,
                    const struct fg_amount *amount,
                    struct fg_err *err);
/* The same of the limits for each user. */
int fg_user_allows(const struct fg_project *project,
                   const struct fg_user_held *held,
                   const struct fg_amount *amount,
                   struct fg_err *err);
/* So long the user has to wait before the next submit; 0: it may come now, and fg_user_submitted() counts it. */
int64_t fg_user_pause_us(const struct fg_project *project,
                         const struct fg_user_held *held,
                         int64_t now_us);
void fg_user_submitted(const struct fg_project *project,
                       struct fg_user_held *held,
                       int64_t now_us);
bool fg_user_limits_any(const struct fg_user_limits *limits);

/* held.h - what a project holds, and whether its quota lets it hold more. */
#pragma once

#include "model/project.h"

struct fg_held {
    int64_t gpu_milli, cpu_milli, mem_mib;
    int64_t running; /* jobs that hold devices */
    int64_t queued;  /* jobs that wait */
    /* In gpu_milli, by the project's kind quotas, in their order. */
    int64_t kinds[FG_QUOTA_KINDS_MAX];
    double used; /* decayed device-seconds, for fair share */
};

/* Amounts that one job would add or gives back. */
struct fg_amount {
    int64_t gpu_milli, cpu_milli, mem_mib;
    int64_t kinds[FG_QUOTA_KINDS_MAX];
};

/* The index of the quota row that a device kind falls under, -1 none ("h100" covers h100-...). */
int fg_quota_row(const struct fg_project *project, const char *kind);

void fg_held_add(struct fg_held *held, const struct fg_amount *amount);
void fg_held_take(struct fg_held *held, const struct fg_amount *amount);

/* Would one more running job of this amount stay within the quota?  If not, `err` (may be NULL) says which
 * limit, what is held and what is asked; FG_EQUOTA. */
int fg_quota_allows(const struct fg_project *project,
                    const struct fg_held *held,
                    const struct fg_amount *amount,
                    struct fg_err *err);

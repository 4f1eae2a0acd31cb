/* report_jobs.h - the jobs of a period, added up for the report.
 *
 *     jobs of the service, newest first --add--> REPORT JOBS --> report_html
 *
 * A job belongs to the period in which it was submitted.  Limits: FG_REPORT_OWNERS projects and users (the others are one line
 * "others"), FG_REPORT_JOBS_MAX jobs.
 */
#pragma once

#include "base/doc.h"
#include "model/limits.h"

#include <stddef.h>
#include <stdint.h>

#define FG_REPORT_OWNERS   200
#define FG_REPORT_JOBS_MAX 200000
#define FG_REPORT_LONGEST  8

/* Of a project, or of a user. */
struct fg_report_owner {
    char name[FG_NAME_MAX];
    int64_t jobs, succeeded, failed, waiting; /* waiting: that have not begun */
    int64_t gpu_us, cost_uusd;
    double energy_j; /* of jobs of which it is known */
    int64_t
        lost_gpu_us; /* device time of jobs that failed, were cancelled or ran out of time */
    double asked_gib_hours,
        used_gib_hours; /* host memory: what was asked, and the most that a task held, over its time */
    int64_t *waits_us; /* owned; of jobs that began */
    size_t waits_len, waits_room;
};

struct fg_report_wait {
    char id[24], name[FG_NAME_MAX], project[FG_NAME_MAX];
    int64_t wait_us;
};

struct fg_report_jobs {
    int64_t from_us, now_us;
    struct fg_report_owner all, *projects, *users; /* lists owned */
    size_t projects_len, users_len;
    struct fg_report_wait began[FG_REPORT_LONGEST],
        waits[FG_REPORT_LONGEST]; /* the longest, longest first */
    size_t began_len, waits_len;
};

/* `jobs` zeroed but for the moments: make the lists.  Out of memory ends the process. */
void fg_report_jobs_begin(struct fg_report_jobs *jobs);
void fg_report_jobs_end(struct fg_report_jobs *jobs);

/* An fg_item_fn: a job.  1 ends the list: it, and all older ones, are before the period. */
int fg_report_jobs_add(void *self, const struct fg_doc *job);

/* A quantile of the waits, 0 to 1; sorts them; -1: nobody began. */
int64_t fg_report_wait_us(struct fg_report_owner *owner, double q);

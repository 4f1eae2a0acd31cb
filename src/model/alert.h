/* alert.h - something is wrong, or wasteful, and people should know: one for each cause, not one for each who suffers.
 *
 *     raised (open) --somebody knows--> acknowledged --it is over--> cleared
 *
 * A finding is what a job wasted, of the same causes, and what that cost.
 */
#pragma once

#include "model/job.h"
#include "model/limits.h"

#include <stdint.h>

enum fg_severity { FG_SEVERITY_INFO, FG_SEVERITY_WARNING, FG_SEVERITY_CRITICAL, FG_SEVERITIES };
const char *fg_severity_name(enum fg_severity severity); /* "info", "warning", "critical" */

enum fg_alert_cause {
#define X(id, name, severity, looks, of, hint) FG_ALERT_##id,
#include "model/alert_cause.def"
#undef X
    FG_ALERT_CAUSES
};

struct fg_alert_rule {
    const char *name; /* "idle_held" */
    enum fg_severity severity;
    uint8_t looks, of;
    const char *hint;
};
extern const struct fg_alert_rule fg_alert_causes[FG_ALERT_CAUSES];
/* FG_ALERT_CAUSES: there is none of that name. */
enum fg_alert_cause fg_alert_cause_find(const char *name);

struct fg_alert {
    uint64_t id;  /* 1, 2, ... */
    uint64_t key; /* of the cause and its subject: there is one open alert of a key at most */
    enum fg_alert_cause cause;
    enum fg_severity severity;
    fg_project_id project; /* who else may not see it; 0: it is of the pool, and all may */
    fg_job_id job;         /* 0 none; of several the first */
    char user[FG_NAME_MAX], node[FG_NAME_MAX], device[FG_NAME_MAX]; /* "" none */
    char text[FG_TEXT_MAX]; /* what, since when, with figures */
    char hint[FG_TEXT_MAX]; /* what to do next */
    int64_t cost_uusd;      /* of what was wasted so far; -1: that is not known */
    int64_t count;          /* so many jobs, nodes or devices share the cause */
    int64_t raised_us, cleared_us, acknowledged_us; /* 0 not yet */
    char acknowledged_by[FG_NAME_MAX];
};
/* What to do: `hint`, in which JOB and NODE become those given (0, "": they stay). */
void fg_alert_hint(const char *hint, fg_job_id job, const char *node, char out[FG_TEXT_MAX]);

/* "open", "acknowledged", "cleared" */
const char *fg_alert_state(const struct fg_alert *alert);

/* What an attempt of a job wasted. */
struct fg_finding {
    fg_job_id job;
    uint32_t attempt;
    fg_project_id project;
    char user[FG_NAME_MAX];
    enum fg_alert_cause cause;
    int64_t held_us;   /* time of devices that it held, all in all */
    int64_t wasted_us; /* ... of which came to nothing */
    int64_t cost_uusd; /* of that; -1: that is not known */
    int64_t first_us, last_us;
    char text[FG_TEXT_MAX];
};

/* reader_alert.h - alerts, and what jobs wasted.  Rows as in reader.h: valid during the call, a callback that returns non-zero
 * ends the reading.  `project`: what the caller may see, 0 all; alerts of the pool are seen by all. */
#pragma once

#include "model/alert.h"
#include "store/reader.h"

enum { FG_ALERTS_OPEN = 1, FG_ALERTS_ACKNOWLEDGED = 2, FG_ALERTS_CLEARED = 4 };

/* Newest first. */
struct fg_alert_filter {
    fg_project_id project;
    fg_job_id job;   /* 0 all */
    unsigned states; /* bits of FG_ALERTS_... */
    uint64_t before; /* cursor: ids below this; 0 all */
    size_t limit;
};
int fg_reader_alerts(struct fg_reader *reader,
                     const struct fg_alert_filter *filter,
                     int (*row)(void *self, const struct fg_alert *alert),
                     void *self,
                     struct fg_err *err);
/* FG_ENOENT. */
int fg_reader_alert(struct fg_reader *reader,
                    uint64_t id,
                    struct fg_alert *out,
                    struct fg_err *err);

/* Alerts that are not cleared, by severity, and those of them that somebody acknowledged. */
struct fg_alert_counts {
    int64_t open[FG_SEVERITIES], acknowledged[FG_SEVERITIES];
};
int fg_reader_alert_counts(struct fg_reader *reader,
                           fg_project_id project,
                           struct fg_alert_counts *out,
                           struct fg_err *err);

/* The dearest first. */
struct fg_finding_filter {
    fg_project_id project;
    fg_job_id job;          /* 0 all */
    const char *user;       /* NULL all */
    int64_t from_us, to_us; /* those that went on between them */
    size_t limit;
};
int fg_reader_findings(struct fg_reader *reader,
                       const struct fg_finding_filter *filter,
                       int (*row)(void *self, const struct fg_finding *finding),
                       void *self,
                       struct fg_err *err);

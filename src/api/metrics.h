/* metrics.h - what the files of /metrics share. */
#pragma once

#include "api/call.h"
#include "api/export.h"
#include "base/doc.h"

/* A member of a map that this service wrote; 0 and "" if it is not there. */
static inline int64_t fg_metrics_int(const struct fg_doc *map, const char *key)
{
    const struct fg_doc *member = fg_doc_get(map, key);
    return member && member->kind == FG_DOC_INT ? member->integer : 0;
}
static inline const char *fg_metrics_text(const struct fg_doc *map, const char *key)
{
    const struct fg_doc *member = fg_doc_get(map, key);
    return member && member->kind == FG_DOC_TEXT ? member->text : "";
}

/* One scrape: what the control thread told for it, and who reads the rest. */
struct fg_metrics_ask {
    struct fg_call *call;
    struct fg_arena *arena;     /* of the thread that makes the text */
    struct fg_reader *reader;   /* likewise */
    const char *status, *nodes; /* JSON, in the call's arena */
    size_t status_len, nodes_len;
    const char *project; /* the only one that is seen; NULL: all */
    bool is_open;        /* OpenMetrics */
    int rc;
    struct fg_err err;
};

/* Nodes and devices of a list of nodes (FG_CMD_POOL): how many of what, and what each device reads.
 * The reader tells whose the jobs on them are.  Returns 0, or what it said. */
[[nodiscard]] int fg_metrics_pool(const struct fg_metrics_ask *ask,
                                  struct fg_metric_text *to,
                                  const struct fg_doc *nodes,
                                  struct fg_err *err);
/* metrics_plan.c: what is ordered; the newest plan, with what it expects now; what was proposed. */
[[nodiscard]] int fg_metrics_orders(const struct fg_metrics_ask *ask,
                                    struct fg_metric_text *to,
                                    struct fg_err *err);
[[nodiscard]] int fg_metrics_plan(const struct fg_metrics_ask *ask,
                                  struct fg_metric_text *to,
                                  struct fg_err *err);
[[nodiscard]] int fg_metrics_proposals(const struct fg_metrics_ask *ask,
                                       struct fg_metric_text *to,
                                       struct fg_err *err);
/* metrics_told.c: what is wrong; who is told of events. */
[[nodiscard]] int fg_metrics_alerts(const struct fg_metrics_ask *ask,
                                    struct fg_metric_text *to,
                                    struct fg_err *err);
/* metrics_savings.c: what caps and sleep saved. */
[[nodiscard]] int fg_metrics_savings(const struct fg_metrics_ask *ask,
                                     struct fg_metric_text *to,
                                     struct fg_err *err);
void fg_metrics_publishing(const struct fg_metrics_ask *ask, struct fg_metric_text *to);
/* Each reading of each device, under the name that DCGM's exporter has for it, with that exporter's labels; of each machine too. */
struct fg_metrics_owner;
void fg_metrics_devices(struct fg_metric_text *to,
                        struct fg_series *series,
                        const struct fg_doc *nodes,
                        const struct fg_metrics_owner *owners,
                        size_t owners_len);

/* Whose a running job is; sorted by job, the highest first. */
struct fg_metrics_owner {
    fg_job_id job;
    const char *project;
};

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

/* Nodes and devices of a list of nodes (FG_CMD_POOL): how many of what, and what each device reads.
 * The reader tells whose the jobs on them are.  Returns 0, or what it said. */
[[nodiscard]] int fg_metrics_pool(struct fg_call *call,
                                  struct fg_metric_text *to,
                                  const struct fg_doc *nodes,
                                  struct fg_reader *reader,
                                  struct fg_err *err);
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

/* row.h - values of the model as columns, and back. */
#pragma once

#include "base/arena.h"
#include "model/job.h"
#include "model/order.h"
#include "model/project.h"
#include "store/db.h"

#include <stdbool.h>

/* What a row of `job` holds besides the core record.  Texts are borrowed from the query. */
struct fg_job_columns {
    struct fg_job job;
    uint32_t after_len;
    int64_t finished_us;
    int32_t exit_code, term_signal;
    const char *name, *reason;
    struct fg_request any_of[FG_ANY_OF_MAX];
    size_t any_of_len;
};

/* Read FG_JOB_COLUMNS from column 0.  FG_EIO: the row makes no sense (a damaged file). */
int fg_job_decode(const struct fg_query *query, struct fg_job_columns *out, struct fg_err *err);
/* `preemptible`, `cancel_asked`, `stop_sent` as bits of one column. */
int64_t fg_job_flags(const struct fg_job *job);

/* "h100|8|1000|40960|4000|65536;..." in `out`.  FG_EINVAL: a kind holds a separator. */
#define FG_REQUEST_TEXT_MAX (FG_ANY_OF_MAX * (FG_KIND_MAX + 2 * FG_WHERE_MAX + 120))
int fg_request_encode(const struct fg_request *any_of,
                      size_t len,
                      char out[FG_REQUEST_TEXT_MAX],
                      struct fg_err *err);
/* The number of alternatives, or FG_EINVAL. */
int fg_request_decode(const char *text, struct fg_request out[FG_ANY_OF_MAX]);

/* "node:devices:gpu_milli:cpu_milli:mem_mib;..."; `out` has room for len x FG_GRANT_TEXT_MAX + 1. */
#define FG_GRANT_TEXT_MAX 80
void fg_grants_encode(const struct fg_grant *grants, size_t len, char *out);
/* The number of grants, or FG_EINVAL; `out` holds FG_TASKS_MAX. */
int fg_grants_decode(const char *text, struct fg_grant *out);

void fg_project_decode(const struct fg_query *query,
                       struct fg_project *out); /* without its kinds */
/* All projects, by id, with their kinds; `row` ends it by anything but 0, which is returned. */
[[nodiscard]] int fg_db_projects(struct fg_db *db,
                                 int (*row)(void *self, const struct fg_project *project),
                                 void *self,
                                 struct fg_err *err);
void fg_token_decode(const struct fg_query *query, struct fg_token *out);

/* Read FG_ORDER_COLUMNS from column 0; `arena` for the time of the call.  FG_EIO: the row makes no sense. */
int fg_order_decode(const struct fg_query *query,
                    struct fg_arena *arena,
                    struct fg_order *out,
                    struct fg_err *err);
#define FG_ORDER_ROOM (1UL << 20) /* arena for it: address space */
/* One order, open or over; by its key, or (key NULL) by its id.  FG_ENOENT. */
int fg_db_order(struct fg_db *db,
                fg_order_id id,
                const char *key,
                struct fg_order *out,
                struct fg_err *err);
/* All instances of an order, by slot; `report` is "" if it was not inspected. */
int fg_db_order_instances(struct fg_db *db,
                          fg_order_id order,
                          int (*row)(void *self,
                                     uint32_t slot,
                                     const struct fg_order_instance *instance,
                                     const char *report),
                          void *self,
                          struct fg_err *err);

/* Copy into a fixed field, cut if too long, always ended by 0. */
void fg_copy_text(char *out, size_t size, const char *text);

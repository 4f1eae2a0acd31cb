/* store_impl.h - what the files of the SQLite writer share.  Only for src/store. */
#pragma once

#include "store/audit.h"
#include "store/batch.h"
#include "store/counts.h"
#include "store/db.h"
#include "store/store.h"

#include <limits.h>

struct fg_store {
    struct fg_db db;
    struct fg_counts counts; /* of the open batch */
    bool in_batch;
    uint64_t next_event;                       /* number of the next event in the open batch */
    uint64_t next_event_committed;             /* ... once the batch is rolled back */
    struct fg_audit_link deed, deed_committed; /* the newest, likewise */
    char path[PATH_MAX];                       /* of the database */
    int wal_pages;     /* pages in the write-ahead log after the last commit */
    int checkpoint_at; /* pages at which the next checkpoint is due */
    const struct fg_batch_log
        *log;              /* borrowed; NULL: a batch is durable here and nowhere else */
    struct fg_batch_at at; /* with a log: where it is, the open batch not counted */
    uint64_t epoch;        /* ... of the open batch */
    struct sqlite3_session *changes; /* ... what it has changed */
};

/* write_job.c */
int fg_store_job_add(struct fg_store *store,
                     const struct fg_job_row *row,
                     const char *user,
                     const char *project,
                     const struct fg_request *any_of,
                     size_t any_of_len,
                     struct fg_err *err);
int fg_store_job_set(struct fg_store *store,
                     const struct fg_job *job,
                     int64_t finished_us,
                     const char *reason,
                     int32_t exit_code,
                     int32_t term_signal,
                     struct fg_err *err);
int fg_store_attempt_put(struct fg_store *store,
                         const struct fg_attempt_row *row,
                         struct fg_err *err);

/* write_rest.c */
int fg_store_grid_hour_put(struct fg_store *store,
                           int64_t hour,
                           int64_t g_per_kwh,
                           int64_t uusd_per_kwh,
                           struct fg_err *err);
int fg_store_saving_add(struct fg_store *store,
                        const struct fg_saving *saving,
                        struct fg_err *err);
int fg_store_project_use_put(struct fg_store *store,
                             fg_project_id project,
                             int64_t device_ms,
                             int64_t time_us,
                             struct fg_err *err);
int fg_store_spend_add(struct fg_store *store,
                       const struct fg_spend *spend,
                       struct fg_err *err);
int fg_store_budget_warned_put(struct fg_store *store,
                               fg_project_id project,
                               int64_t begin_us,
                               int32_t percent,
                               struct fg_err *err);
int fg_store_publish_put(struct fg_store *store,
                         const struct fg_publish_row *row,
                         struct fg_err *err);
int fg_store_project_put(struct fg_store *store,
                         const struct fg_project *project,
                         struct fg_err *err);
int fg_store_reservation_put(struct fg_store *store,
                             const char *name,
                             const char *json,
                             struct fg_err *err);
int fg_store_node_put(struct fg_store *store,
                      const struct fg_node_spec *spec,
                      enum fg_node_state wanted,
                      const char *reason,
                      struct fg_err *err);
int fg_store_pool_nodes(struct fg_store *store,
                        fg_store_node_fn *each,
                        void *self,
                        struct fg_err *err);
int fg_store_pool_node_put(struct fg_store *store,
                           fg_node_id id,
                           const struct fg_node_spec *spec,
                           struct fg_err *err);
int fg_store_token_put(struct fg_store *store,
                       const struct fg_token *token,
                       struct fg_err *err);
int fg_store_token_used(struct fg_store *store,
                        uint64_t token,
                        int64_t time_us,
                        struct fg_err *err);
int fg_store_artifact_put(struct fg_store *store,
                          fg_job_id job,
                          const char *path,
                          const char *hash,
                          uint64_t bytes,
                          int64_t time_us,
                          struct fg_err *err);
int fg_store_event_add(struct fg_store *store,
                       const struct fg_event *event,
                       uint64_t *out_seq,
                       struct fg_err *err);
int fg_store_user_intern(struct fg_store *store,
                         const char *name,
                         uint32_t *out_user,
                         struct fg_err *err);

/* write_demand.c */
int fg_store_demand_level_put(struct fg_store *store,
                              const struct fg_level_row *row,
                              struct fg_err *err);
int fg_store_demand_hour_add(struct fg_store *store,
                             const struct fg_level_hour *hour,
                             struct fg_err *err);
int fg_store_load_levels(struct fg_store *store,
                         struct fg_store_sink *sink,
                         struct fg_err *err);

/* write_order.c */
int fg_store_supplier_put(struct fg_store *store,
                          const char *name,
                          const char *json,
                          struct fg_err *err);
/* write_rest.c: a row of a name and a JSON text: put, or (json NULL) dropped. */
int fg_store_named_put(struct fg_store *store,
                       enum fg_sql sql,
                       const char *name,
                       const char *json,
                       struct fg_err *err);
int fg_store_scale_put(struct fg_store *store,
                       const char *name,
                       const char *json,
                       struct fg_err *err);
int fg_store_order_put(struct fg_store *store,
                       const struct fg_order *order,
                       struct fg_err *err);
int fg_store_order_instance_put(struct fg_store *store,
                                fg_order_id order,
                                uint32_t slot,
                                const struct fg_order_instance *instance,
                                const char *report,
                                struct fg_err *err);
int fg_store_order_note_add(struct fg_store *store,
                            fg_order_id order,
                            const struct fg_order_note *note,
                            struct fg_err *err);
int fg_store_order_cost_add(struct fg_store *store,
                            const struct fg_order_cost *cost,
                            struct fg_err *err);
int fg_store_order_cash_add(struct fg_store *store,
                            const struct fg_order *order,
                            int64_t day,
                            int64_t uusd,
                            struct fg_err *err);
int fg_store_order_cash_sum(struct fg_store *store,
                            const char *supplier,
                            int64_t from_day,
                            int64_t *out_uusd,
                            struct fg_err *err);
int fg_store_order_find(struct fg_store *store,
                        fg_order_id id,
                        const char *key,
                        struct fg_order *out,
                        struct fg_err *err);

/* plan_rows.c */
int fg_store_plan_put(struct fg_store *store,
                      const struct fg_plan_record *plan,
                      struct fg_err *err);
int fg_store_plan_find(struct fg_store *store,
                       uint64_t id,
                       struct fg_plan_record *out,
                       struct fg_err *err);

/* proposal_rows.c */
int fg_store_proposal_put(struct fg_store *store,
                          const struct fg_proposal *proposal,
                          struct fg_err *err);
int fg_store_proposal_supersede(struct fg_store *store,
                                enum fg_proposal_state state,
                                int64_t now_us,
                                struct fg_err *err);
int fg_store_proposal_find(struct fg_store *store,
                           uint64_t id,
                           struct fg_arena *arena,
                           struct fg_proposal *out,
                           struct fg_err *err);
int fg_store_knob_put(struct fg_store *store,
                      const struct fg_knob_row *row,
                      struct fg_err *err);
int fg_store_knobs(struct fg_store *store,
                   int (*each)(void *self, const struct fg_knob_row *row),
                   void *self,
                   struct fg_err *err);
/* alert_rows.c */
int fg_store_alert_put(struct fg_store *store,
                       const struct fg_alert *alert,
                       struct fg_err *err);
int fg_store_finding_put(struct fg_store *store,
                         const struct fg_finding *finding,
                         struct fg_err *err);
int fg_store_load_alerts(struct fg_store *store,
                         struct fg_store_sink *sink,
                         struct fg_err *err);

/* load_order.c: suppliers, open orders, their instances. */
int fg_store_load_orders(struct fg_store *store,
                         struct fg_store_sink *sink,
                         struct fg_err *err);

/* load.c */
int fg_store_load(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err);
int fg_store_idempotency_find(struct fg_store *store,
                              const char *user,
                              const char *key,
                              fg_job_id *out_job,
                              uint32_t *out_count,
                              struct fg_err *err);
int fg_store_job_state(struct fg_store *store,
                       fg_job_id job,
                       enum fg_job_state *out_state,
                       fg_project_id *out_project,
                       int32_t *out_exit_code,
                       struct fg_err *err);
int fg_store_spend_sum(struct fg_store *store,
                       fg_project_id project,
                       int64_t from_day,
                       int64_t *out_uusd,
                       struct fg_err *err);
int fg_store_job_spec(struct fg_store *store,
                      fg_job_id job,
                      struct fg_arena *arena,
                      const char **out_json,
                      size_t *out_len,
                      struct fg_err *err);

/* prune.c */
int fg_store_prune(struct fg_store *store,
                   const struct fg_store_prune *what,
                   struct fg_err *err);

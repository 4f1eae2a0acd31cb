/* store.h - what must survive: SQLite behind values of `model`.
 *
 *     controller --one batch--> STORE (one commit, one fsync) ; API threads <--rows-- STORE readers
 *
 * One writer: fg_store, used by the control thread alone.  Any number of readers: fg_store_reader, one
 * per thread, each sees only what is committed.  WAL, synchronous=FULL: when commit() returns 0 the
 * batch survives power loss.
 *
 * The controller is written against `struct fg_store_ops`, so that it also runs on a simulated store.
 */
#pragma once

#include "model/alert.h"
#include "model/command.h"
#include "model/demand.h"
#include "model/job.h"
#include "model/order.h"
#include "model/plan_record.h"
#include "model/project.h"
#include "model/proposal.h"
#include "model/publish_row.h"
#include "model/saving.h"

struct fg_store; /* an instance */

/* A new job: the core record and the texts that only the store keeps. */
struct fg_job_row {
    struct fg_job job;
    const char *name;
    const char *spec_json; /* canonical, see model/job_json.h */
    size_t spec_json_len;
    const struct fg_after *after;
    size_t after_len;
    const char *idempotency_key; /* "" none */
};

/* One attempt (one run) of a job. */
struct fg_attempt_row {
    fg_job_id job;
    uint32_t attempt;
    int64_t started_us, finished_us; /* 0 not yet */
    int32_t exit_code, term_signal;
    enum fg_job_state outcome; /* what it made of the job; RUNNING while it goes on */
    struct fg_usage usage;
    const struct fg_grant *grants; /* one per task, in rank order */
    size_t grants_len;
    const char *node;    /* names, comma separated, for people */
    const char *devices; /* JSON array of strings, for people: ["h100-0","h100-1"] or ["cpu"] */
    int64_t cost_uusd;   /* -1 unknown */
    const char *reason;  /* plain words, "" none */
    /* Of its first task: what it ran on ("cpu": no device), whose node that was ("" this machine's), where ("" unknown). */
    const char *kind, *supplier, *region; /* NULL: "" */
};

/* What the jobs of a user in a project (itself, without those below) cost on a day. */
struct fg_spend {
    fg_project_id project;
    uint32_t user;
    int64_t day; /* since 1970-01-01, UTC */
    int64_t uusd;
};

/* Something that happened to an order: its story. */
struct fg_order_note {
    int64_t time_us;
    const char *kind;  /* "approved", "delivered", ... */
    const char *actor; /* who did it; "" the service */
    const char *text;  /* plain words, "" none */
};

/* What a user of a project used of an order on a day, in micro-USD; user 0: what nobody used, and `project` has to pay.
 * May be negative: a correction. */
struct fg_order_cost {
    fg_order_id order;
    fg_project_id project;
    uint32_t user;
    int64_t day; /* since 1970-01-01, UTC */
    int64_t uusd;
};

/* One attempt of a job that is over; of a job that has none kept, the job alone. */
struct fg_past_attempt {
    const struct fg_job *job;
    const char *name;
    int64_t job_finished_us;
    const struct fg_request *any_of;
    size_t any_of_len;
    bool is_last;              /* of its job */
    enum fg_job_state outcome; /* QUEUED: interrupted, or to be tried again */
    int64_t started_us, finished_us, max_rss_mib; /* 0: it never ran; -1: unknown */
    const char *reason; /* why the attempt ended; "" it says nothing */
    const struct fg_grant *grants;
    size_t grants_len;
};

/* What load() hands over, one call per row, in this order: projects, their use, warnings of budgets, nodes, users, reservations,
 * suppliers, rules of scaling, orders that are not over (each followed by its instances), levels of demand, finished jobs, then the open jobs by id.  What is NULL is
 * not wanted. */
/* So begins the reason of an attempt that was lost with its node alone; the node's name comes next. */
#define FG_LOST_WITH_NODE "lost with node "

struct fg_store_sink {
    void *self;
    int (*project)(void *self, const struct fg_project *project);
    /* What the project used, in device-milliseconds, as of that moment. */
    int (*project_use)(void *self, fg_project_id project, int64_t device_ms, int64_t time_us);
    /* The highest warning that was given about its budget, in the period that began then. */
    int (*budget_warned)(void *self, fg_project_id project, int64_t begin_us, int32_t percent);
    int (*node)(void *self, const char *name, enum fg_node_state wanted, const char *reason);
    int (*user)(void *self, uint32_t user, const char *name);
    int (*reservation)(void *self, const char *name, const char *json);
    int (*supplier)(void *self, const char *name, const char *json);
    int (*scale)(void *self, const char *name, const char *json);
    int (*order)(void *self, const struct fg_order *order);
    int (*order_instance)(void *self,
                          fg_order_id order,
                          uint32_t slot,
                          const struct fg_order_instance *instance);
    int (*demand_level)(void *self, const struct fg_level_row *row);
    /* `row->spec_json` is NULL (100,000 texts are not wanted); any_of and tasks come from columns.
     * `grants`: of the present attempt if the job is starting or running. */
    int (*job)(void *self,
               const struct fg_job_row *row,
               const struct fg_request *any_of,
               size_t any_of_len,
               const struct fg_grant *grants,
               size_t grants_len);
    int (*alert)(void *self, const struct fg_alert *alert);       /* not cleared, by id */
    int (*finding)(void *self, const struct fg_finding *finding); /* of jobs that run */
    /* Attempts of jobs that are over but not cancelled, the newest, by id: what is learned from. */
    void (*finished)(void *self, const struct fg_past_attempt *past);
    /* Attempts of jobs that are not over whose reason begins with FG_LOST_WITH_NODE, by job, the oldest first. */
    int (*attempt_lost)(void *self, fg_job_id job, const char *reason);
    fg_job_id next_job_id;     /* filled in: the first id never used */
    uint64_t next_token_id;    /* filled in: the same for tokens */
    fg_order_id next_order_id; /* ... and orders */
    uint64_t next_plan_id;     /* ... and plans */
    uint64_t next_proposal_id; /* ... and proposals */
    uint64_t next_alert_id;    /* ... and alerts */
};

/* What may go.  Moments are UTC; 0 keeps everything of that sort. */
struct fg_store_prune {
    int64_t jobs_before_us; /* jobs that finished before, with texts, attempts, artifacts */
    int64_t artifacts_before_us; /* records of outputs older than that */
    int64_t keys_before_us;      /* idempotency keys */
    int64_t events_before_us;
    int64_t demand_before_us; /* hours of demand */
    int64_t alerts_before_us; /* alerts that were cleared, and findings */
    uint64_t events_max;      /* the newest that are kept; 0: no bound by number */
    size_t limit;             /* rows at most in this call: keep it small (500), call again */
};

/* A node that is kept: its number, and model/node_json.h. */
typedef int fg_store_node_fn(void *self, fg_node_id id, const char *json, struct fg_err *err);

struct fg_store_ops {
    void (*free)(struct fg_store *store);

    /* The nodes of the pool, by number.  NULL, as pool_node_put: they are not kept. */
    int (*pool_nodes)(struct fg_store *store,
                      fg_store_node_fn *each,
                      void *self,
                      struct fg_err *err);

    /* Everything the controller needs at start. */
    int (*load)(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err);

    /* A batch: begin, any of the writes below, then commit or rollback.  A write that fails leaves the
     * batch to be rolled back.  FG_ENOSPC: the disk is full, nothing of the batch is kept. */
    int (*begin)(struct fg_store *store, struct fg_err *err);
    int (*commit)(struct fg_store *store, struct fg_err *err);
    void (*rollback)(struct fg_store *store);

    int (*job_add)(struct fg_store *store,
                   const struct fg_job_row *row,
                   const char *user,
                   const char *project,
                   const struct fg_request *any_of,
                   size_t any_of_len,
                   struct fg_err *err);
    /* The record changed: state, attempt, times, priority, ...; final states also set finished_us. */
    int (*job_set)(struct fg_store *store,
                   const struct fg_job *job,
                   int64_t finished_us,
                   const char *reason,
                   int32_t exit_code,
                   int32_t term_signal,
                   struct fg_err *err);
    int (*attempt_put)(struct fg_store *store,
                       const struct fg_attempt_row *row,
                       struct fg_err *err);
    int (*project_put)(struct fg_store *store,
                       const struct fg_project *project,
                       struct fg_err *err);
    /* The level of demand of a project and kind; none of it is forgotten.  And what is to be added to an hour.  Both may be
     * NULL: demand is not kept. */
    int (*demand_level_put)(struct fg_store *store,
                            const struct fg_level_row *row,
                            struct fg_err *err);
    int (*demand_hour_add)(struct fg_store *store,
                           const struct fg_level_hour *hour,
                           struct fg_err *err);
    /* So much more was saved. */
    int (*saving_add)(struct fg_store *store,
                      const struct fg_saving *saving,
                      struct fg_err *err);
    int (*project_use_put)(struct fg_store *store,
                           fg_project_id project,
                           int64_t device_ms,
                           int64_t time_us,
                           struct fg_err *err);
    /* What a kWh emits and costs in that hour since 1970; -1: not known. */
    int (*grid_hour_put)(struct fg_store *store,
                         int64_t hour,
                         int64_t g_per_kwh,
                         int64_t uusd_per_kwh,
                         struct fg_err *err);
    /* So much more was spent. */
    int (*spend_add)(struct fg_store *store, const struct fg_spend *spend, struct fg_err *err);
    int (*budget_warned_put)(struct fg_store *store,
                             fg_project_id project,
                             int64_t begin_us,
                             int32_t percent,
                             struct fg_err *err);
    /* An advance reservation, as model/reservation_json.h has it; NULL: it goes. */
    int (*reservation_put)(struct fg_store *store,
                           const char *name,
                           const char *json,
                           struct fg_err *err);
    /* A supplier, as model/supplier_json.h has it; NULL: it goes. */
    int (*supplier_put)(struct fg_store *store,
                        const char *name,
                        const char *json,
                        struct fg_err *err);
    /* A rule of scaling, as model/scale_rule.h has it; NULL: it goes. */
    int (*scale_put)(struct fg_store *store,
                     const char *name,
                     const char *json,
                     struct fg_err *err);
    /* New, or changed.  An order that is over stays for ever. */
    int (*order_put)(struct fg_store *store, const struct fg_order *order, struct fg_err *err);
    /* `report`: what the inspection found, as JSON; "" leaves what is there. */
    int (*order_instance_put)(struct fg_store *store,
                              fg_order_id order,
                              uint32_t slot,
                              const struct fg_order_instance *instance,
                              const char *report,
                              struct fg_err *err);
    int (*order_note_add)(struct fg_store *store,
                          fg_order_id order,
                          const struct fg_order_note *note,
                          struct fg_err *err);
    /* So much more was used. */
    int (*order_cost_add)(struct fg_store *store,
                          const struct fg_order_cost *cost,
                          struct fg_err *err);
    /* So much more is due to the supplier of the order. */
    int (*order_cash_add)(struct fg_store *store,
                          const struct fg_order *order,
                          int64_t day,
                          int64_t uusd,
                          struct fg_err *err);
    /* How far a sink of events has come.  NULL: it is not kept. */
    int (*publish_put)(struct fg_store *store,
                       const struct fg_publish_row *row,
                       struct fg_err *err);
    /* What an operator wishes of the node of that name. */
    int (*node_put)(struct fg_store *store,
                    const struct fg_node_spec *spec,
                    enum fg_node_state wanted,
                    const char *reason,
                    struct fg_err *err);
    /* The node of that number, new or changed; NULL: it goes, and the number may be given again. */
    int (*pool_node_put)(struct fg_store *store,
                         fg_node_id id,
                         const struct fg_node_spec *spec,
                         struct fg_err *err);
    int (*token_put)(struct fg_store *store, const struct fg_token *token, struct fg_err *err);
    int (*artifact_put)(struct fg_store *store,
                        fg_job_id job,
                        const char *path,
                        const char *hash,
                        uint64_t bytes,
                        int64_t time_us,
                        struct fg_err *err);
    /* Append; `json` is one JSON object or "".  `*out_seq` is its number, rising by one. */
    int (*event_add)(struct fg_store *store,
                     const struct fg_event *event,
                     uint64_t *out_seq,
                     struct fg_err *err);
    int (*user_intern)(struct fg_store *store,
                       const char *name,
                       uint32_t *out_user,
                       struct fg_err *err);

    /* Reads by the controller itself. */
    /* The job that was submitted with this key by this user, FG_ENOENT if none. */
    int (*idempotency_find)(struct fg_store *store,
                            const char *user,
                            const char *key,
                            fg_job_id *out_job,
                            uint32_t *out_count,
                            struct fg_err *err);
    /* What the project itself has spent from that day on, the batch under way included. */
    int (*spend_sum)(struct fg_store *store,
                     fg_project_id project,
                     int64_t from_day,
                     int64_t *out_uusd,
                     struct fg_err *err);
    /* What is due to the supplier from that day on, the batch under way included. */
    int (*order_cash_sum)(struct fg_store *store,
                          const char *supplier,
                          int64_t from_day,
                          int64_t *out_uusd,
                          struct fg_err *err);
    /* New (with its json), or decided upon (what it says stays). */
    int (*plan_put)(struct fg_store *store,
                    const struct fg_plan_record *plan,
                    struct fg_err *err);
    /* New, or changed.  Both may be NULL: nothing is judged. */
    int (*alert_put)(struct fg_store *store, const struct fg_alert *alert, struct fg_err *err);
    int (*finding_put)(struct fg_store *store,
                       const struct fg_finding *finding,
                       struct fg_err *err);
    /* Without its json.  FG_ENOENT. */
    int (*plan_find)(struct fg_store *store,
                     uint64_t id,
                     struct fg_plan_record *out,
                     struct fg_err *err);
    /* New (with its json), or decided upon (what it says stays). */
    int (*proposal_put)(struct fg_store *store,
                        const struct fg_proposal *proposal,
                        struct fg_err *err);
    /* All in that state are superseded, as of now. */
    int (*proposal_supersede)(struct fg_store *store,
                              enum fg_proposal_state state,
                              int64_t now_us,
                              struct fg_err *err);
    /* With its json, in `arena`.  FG_ENOENT. */
    int (*proposal_find)(struct fg_store *store,
                         uint64_t id,
                         struct fg_arena *arena,
                         struct fg_proposal *out,
                         struct fg_err *err);
    /* A setting was adopted; `row->value` NULL: it is as configured again. */
    int (*knob_put)(struct fg_store *store, const struct fg_knob_row *row, struct fg_err *err);
    /* Those that were adopted, by name; asked before load().  The row is valid for the call. */
    int (*knobs)(struct fg_store *store,
                 int (*each)(void *self, const struct fg_knob_row *row),
                 void *self,
                 struct fg_err *err);
    /* Any order, open or over; by its key, or (key NULL) by its id.  FG_ENOENT. */
    int (*order_find)(struct fg_store *store,
                      fg_order_id id,
                      const char *key,
                      struct fg_order *out,
                      struct fg_err *err);
    /* State of any job, open or over; FG_ENOENT. */
    int (*job_state)(struct fg_store *store,
                     fg_job_id job,
                     enum fg_job_state *out_state,
                     fg_project_id *out_project,
                     int32_t *out_exit_code,
                     struct fg_err *err);
    /* The canonical JSON of a job, in `arena`; FG_ENOENT. */
    int (*job_spec)(struct fg_store *store,
                    fg_job_id job,
                    struct fg_arena *arena,
                    const char **out_json,
                    size_t *out_len,
                    struct fg_err *err);

    /* The token was used (the reader found it); within a batch.  Not worth a commit of its own. */
    int (*token_used)(struct fg_store *store,
                      uint64_t token,
                      int64_t time_us,
                      struct fg_err *err);
    /* Within a batch: remove what is old.  How many rows went (0: nothing is left to do), or an error. */
    int (*prune)(struct fg_store *store, const struct fg_store_prune *what, struct fg_err *err);
    /* Nothing to do at the moment, no batch open: housekeeping that would otherwise delay a commit.
     * May be NULL in other stores. */
    void (*idle)(struct fg_store *store);
};

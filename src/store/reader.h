/* reader.h - committed rows for lists, details and the page.
 *
 * Any number of readers, each used by one thread at a time.  Rows are handed to a callback one by
 * one (no list is built); the strings of a row are valid during the call only.  A callback that
 * returns non-zero ends the reading and that value is returned.
 */
#pragma once

#include "base/arena.h"
#include "model/command.h"
#include "store/store.h"

struct fg_reader;

/* Open a reader on the database of `path` (which a writer has created).  NULL and `err` on failure. */
struct fg_reader *fg_reader_open(const char *path, struct fg_err *err);
void fg_reader_free(struct fg_reader *reader);
FG_AUTO_DEFINE(fg_reader)

/* What of the jobs: zero and NULL members do not filter.  Newest first, unless `ascending`. */
struct fg_job_filter {
    fg_project_id project;    /* what the caller may see; 0 all */
    fg_project_id in_project; /* what the user asked for */
    const char *user;
    const char *name; /* exact */
    const char *label_key, *label_value;
    uint32_t states; /* bit set of fg_job_state; 0 all */
    fg_job_id array_id;
    fg_job_id before; /* cursor: ids below this (above, if ascending) */
    bool ascending;
    size_t limit; /* 1 .. FG_PAGE_MAX */
};

struct fg_job_view {
    struct fg_job job; /* any state, finished ones too */
    const char *name, *user, *project;
    const char *reason;  /* of the last change, plain words, "" if none */
    int64_t finished_us; /* 0 not yet */
    int32_t exit_code, term_signal;
    struct fg_usage usage; /* summed over attempts */
    int64_t cost_uusd;     /* -1 unknown */
    const char *node;      /* names, comma separated, of the last attempt; "" none */
    /* JSON array of strings: ["cpu"], ["h100-0","h100-1"]; "[]" while queued; once the job is over,
     * those that its last attempt had. */
    const char *devices;
    const char *labels_json;                 /* one object: {"team":"x"}; "{}" none */
    const char *reservation;                 /* "" none */
    struct fg_request any_of[FG_ANY_OF_MAX]; /* what each task asks for: the first that fits */
    size_t any_of_len;
    const char *spec_json; /* only from fg_reader_job(), else NULL */
    size_t spec_json_len;
};

struct fg_attempt_view {
    uint32_t attempt;
    int64_t started_us, finished_us;
    int32_t exit_code, term_signal;
    enum fg_job_state outcome;
    struct fg_usage usage;
    const char *node, *devices, *reason, *region; /* region "": not known */
};

struct fg_artifact_view {
    const char *path, *hash;
    uint64_t bytes;
    int64_t time_us;
};

#define FG_EVENT_KIND_MAX 48

struct fg_event_filter {
    uint64_t after;  /* seq above this, the oldest first */
    uint64_t before; /* not 0: seq below this, the newest first; `after` is not looked at */
    bool deeds;      /* with `before`: only what a person did, and says `by` */
    fg_project_id project; /* what the caller may see (node events are seen by all); 0 all */
    fg_job_id job;         /* 0 all */
    char kind[FG_EVENT_KIND_MAX]; /* "job.finished", "node.*"; "" all */
    size_t limit;
};

int fg_reader_jobs(struct fg_reader *reader,
                   const struct fg_job_filter *filter,
                   int (*row)(void *self, const struct fg_job_view *job),
                   void *self,
                   struct fg_err *err);
/* One job with its spec; FG_ENOENT.  The callback is called once. */
int fg_reader_job(struct fg_reader *reader,
                  fg_job_id id,
                  int (*row)(void *self, const struct fg_job_view *job),
                  void *self,
                  struct fg_err *err);
int fg_reader_attempts(struct fg_reader *reader,
                       fg_job_id id,
                       int (*row)(void *self, const struct fg_attempt_view *attempt),
                       void *self,
                       struct fg_err *err);
int fg_reader_artifacts(struct fg_reader *reader,
                        fg_job_id id,
                        int (*row)(void *self, const struct fg_artifact_view *artifact),
                        void *self,
                        struct fg_err *err);
int fg_reader_events(struct fg_reader *reader,
                     const struct fg_event_filter *filter,
                     int (*row)(void *self, const struct fg_event *event),
                     void *self,
                     struct fg_err *err);
int fg_reader_projects(struct fg_reader *reader,
                       int (*row)(void *self, const struct fg_project *project),
                       void *self,
                       struct fg_err *err);
/* Suppliers by name, as they are kept. */
int fg_reader_suppliers(struct fg_reader *reader,
                        int (*row)(void *self, const char *name, const char *json),
                        void *self,
                        struct fg_err *err);
/* Plans below `before` (0: all), newest first, at most `limit`, without what they say. */
int fg_reader_plans(struct fg_reader *reader,
                    uint64_t before,
                    size_t limit,
                    int (*row)(void *self, const struct fg_plan_record *plan),
                    void *self,
                    struct fg_err *err);
/* One, told to `row` with what it says.  FG_ENOENT. */
int fg_reader_plan(struct fg_reader *reader,
                   uint64_t id,
                   int (*row)(void *self, const struct fg_plan_record *plan),
                   void *self,
                   struct fg_err *err);

/* Proposals below `before` (0: all), newest first, at most `limit`. */
int fg_reader_proposals(struct fg_reader *reader,
                        uint64_t before,
                        size_t limit,
                        int (*row)(void *self, const struct fg_proposal *proposal),
                        void *self,
                        struct fg_err *err);
/* One, told to `row`.  FG_ENOENT. */
int fg_reader_proposal(struct fg_reader *reader,
                       uint64_t id,
                       int (*row)(void *self, const struct fg_proposal *proposal),
                       void *self,
                       struct fg_err *err);

/* Orders, also those that are over, newest first.  Zero and NULL members do not filter. */
struct fg_order_filter {
    fg_project_id project; /* what the caller may see */
    const char *supplier;
    uint32_t states;    /* bit set of fg_order_state */
    fg_order_id before; /* cursor: ids below this */
    size_t limit;       /* 0: all */
};
int fg_reader_orders(struct fg_reader *reader,
                     const struct fg_order_filter *filter,
                     int (*row)(void *self, const struct fg_order *order),
                     void *self,
                     struct fg_err *err);
/* FG_ENOENT. */
int fg_reader_order(struct fg_reader *reader,
                    fg_order_id id,
                    struct fg_order *out,
                    struct fg_err *err);
/* By slot; `report` is what the inspection found, as JSON; "" nothing. */
int fg_reader_order_instances(struct fg_reader *reader,
                              fg_order_id id,
                              int (*row)(void *self,
                                         uint32_t slot,
                                         const struct fg_order_instance *instance,
                                         const char *report),
                              void *self,
                              struct fg_err *err);
int fg_reader_order_notes(struct fg_reader *reader,
                          fg_order_id id,
                          int (*row)(void *self, const struct fg_order_note *note),
                          void *self,
                          struct fg_err *err);
/* What was used of one order, or (0) of all, in the days from `from_day` and before `to_day`. */
int fg_reader_order_costs(struct fg_reader *reader,
                          fg_order_id id,
                          int64_t from_day,
                          int64_t to_day,
                          int (*row)(void *self, const struct fg_order_cost *cost),
                          void *self,
                          struct fg_err *err);
int fg_reader_tokens(struct fg_reader *reader,
                     int (*row)(void *self, const struct fg_token *token),
                     void *self,
                     struct fg_err *err);
/* The token whose secret has this SHA-256, also if it is revoked or expired; FG_ENOENT. */
int fg_reader_token_by_hash(struct fg_reader *reader,
                            const uint8_t hash[32],
                            struct fg_token *out,
                            struct fg_err *err);
/* Every blob that is still referred to: outputs that are kept, inputs and working folders of open jobs.
 * A hash may come more than once. */
int fg_reader_hashes(struct fg_reader *reader,
                     int (*row)(void *self, const char *hash),
                     void *self,
                     struct fg_err *err);
/* Counts by state: out[FG_JOB_STATES]; of one project or (0) all. */
int fg_reader_counts(struct fg_reader *reader,
                     fg_project_id project,
                     uint64_t *out,
                     struct fg_err *err);
/* How far the sink of that name has come; FG_ENOENT: it is new. */
int fg_reader_publish(struct fg_reader *reader,
                      const char *name,
                      struct fg_publish_row *out,
                      struct fg_err *err);
/* The number of the last event, for subscribers. */
int fg_reader_last_event(struct fg_reader *reader, uint64_t *out_seq, struct fg_err *err);

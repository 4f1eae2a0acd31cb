/* job.h - a job: what the user wrote (fg_job_spec) and what the core keeps (fg_job).
 *
 * The spec is text-heavy, lives in an arena, is stored as JSON (job_json.h) and is read again when
 * an attempt starts.  The core record is a small flat value: 100,000 of them are a cheap array.
 */
#pragma once

#include "base/err.h"
#include "model/resources.h"

#include <stddef.h>

typedef uint64_t fg_job_id;     /* 1, 2, ... never reused; decimal text outside; 0 is no job */
typedef uint32_t fg_project_id; /* row of the project table; 1 is "default" */

/* The life of a job; job_state.def has the arrows. */
enum fg_job_state {
#define X(state, name, next) FG_JOB_##state,
#include "model/job_state.def"
#undef X
    FG_JOB_STATES
};

const char *fg_job_state_name(enum fg_job_state state);
bool fg_job_state_is_final(enum fg_job_state state);
/* The state of that name, or -1. */
int fg_job_state_find(const char *name);

/* Move `*state` to `to`.  Every change of a job's state in the program is this call.
 * Returns 0, or FG_ESTATE: the table has no such arrow, and `*state` is as it was. */
[[nodiscard]] int fg_job_move(enum fg_job_state *state,
                              enum fg_job_state to,
                              struct fg_err *err);

/* What a job that can wait waits for: cheaper power, cleaner power, or the least of both together. */
enum fg_flexible { FG_FLEXIBLE_NOT, FG_FLEXIBLE_PRICE, FG_FLEXIBLE_CARBON, FG_FLEXIBLE_BOTH };
const char *fg_flexible_name(enum fg_flexible by); /* "price", "carbon", "both"; NULL: not */
int fg_flexible_find(const char *name);            /* -1: none of these */

/* Of a flexible job: nothing is decided, it waits for its hour (eligible_us), or it waits for no hour any more. */
enum fg_shift_state { FG_SHIFT_OPEN, FG_SHIFT_HELD, FG_SHIFT_GONE };

struct fg_pair {
    const char *key, *value;
};

/* An input: a blob put into the working folder before the start. */
struct fg_input {
    const char *path; /* relative, inside the working folder */
    const char *hash; /* "blake2b:<64 hex>"; the client uploads and fills it in */
};

/* An input that is fetched where the job runs, before it starts. */
struct fg_fetch {
    const char *path; /* relative, inside the working folder */
    const char *url;  /* see url.h; file:// is as the node of the job sees it */
    const char *hash; /* "blake2b:<64 hex>", "sha256:<64 hex>"; "" not told */
};

/* Whom a job waits for: a job that is there, or, in a batch, an earlier job of that batch. */
struct fg_after {
    fg_job_id job; /* 0 if `item` is given */
    uint32_t item; /* 1, ...: its place in the batch, before this one's; 0 none */
    bool any_end;  /* false: must have succeeded; true: any final state will do */
};

/* What the user wrote, checked.  All strings are in the arena it was parsed into; "" if absent. */
struct fg_job_spec {
    const char *name;        /* default: first word of `run` */
    const char *project;     /* "" = the submitter's default */
    const char *run;         /* shell script of every task; required unless argv is given */
    const char *setup;       /* shell script run once per attempt before `run` */
    const char *const *argv; /* run this vector without a shell, instead of `run` */
    size_t argv_len;
    const char *cwd; /* absolute: run there, in place, no snapshot; "" = fresh work folder */
    /* As written: local folder to snapshot; the client replaces it by the hash of the blob (a tar, zstd). */
    const char *workdir;
    const char *workdir_hash;
    struct fg_request any_of[FG_ANY_OF_MAX]; /* the first that fits, in this order */
    size_t any_of_len;                       /* at least 1 */
    uint32_t tasks;                          /* gang size: all start or none, but see: */
    uint32_t tasks_min; /* elastic: so many will do to start; 0: all of them */
    const struct fg_pair *envs;
    size_t envs_len;
    const struct fg_pair *labels;
    size_t labels_len;
    const struct fg_input *inputs;
    size_t inputs_len;
    const struct fg_fetch *fetches; /* written as `inputs` too: URL, or URL#HASH */
    size_t fetches_len;
    const char
        *outputs_to; /* URL of a folder: outputs go there, and not to the service; "" none */
    const char *const *outputs; /* glob patterns under the working folder */
    size_t outputs_len;
    const struct fg_after *after;
    size_t after_len;
    int32_t priority;      /* -1000 .. 1000, added to P */
    int64_t deadline_us;   /* UTC; 0 none */
    int64_t begin_us;      /* not before; 0 at once */
    int64_t time_limit_us; /* 0 none */
    int64_t duration_us;   /* how long it will run, as the user expects; 0 unknown */
    enum fg_flexible flexible;
    int64_t flexible_until_us; /* it is to be over by then, whatever it waits for; 0 not told */
    int64_t grace_us;          /* between TERM and KILL; 0: stop_grace_s of the service */
    uint32_t retries; /* further attempts after a failure; node loss and preemption are free */
    int64_t retry_backoff_us; /* first pause, doubles, at most an hour; default 1 s */
    bool preemptible;
    int64_t
        checkpoint_us;  /* it saves its work so often, and when it is asked to stop; 0 never */
    int64_t restart_us; /* what it does again before it goes on from there */
    const char *reservation; /* the advance reservation that it is to run in; "" none */
    uint32_t array_first, array_last, array_step; /* step 0: no array */
    /* Priority formula, each 0..100: compute density, time sensitivity, memory need (-1: derived). */
    int32_t compute_density, time_sensitivity, memory_need;
    const char *idempotency_key; /* a second submit with it answers the first one's id */
};

/* What the core keeps of an open job.  Plain value: copied, compared, undone by assignment. */
struct fg_job {
    fg_job_id id;
    fg_project_id project;
    uint32_t request;    /* interned alternatives: see queue.h, fg_request_class */
    uint32_t tasks;      /* that it waits for: the least number of an elastic gang */
    uint32_t tasks_max;  /* that it can use; 0: as `tasks` */
    uint32_t tasks_held; /* of the attempt under way; 0 none */
    uint32_t attempt;    /* 0 before the first */
    uint32_t failures;   /* attempts that count against `retries` */
    uint32_t retries;
    uint32_t user; /* interned user name (store table) */
    /* w1 C + w2 T + w3 M + user's priority, in thousandths; ageing comes on top. */
    int32_t priority_milli;
    enum fg_job_state state;
    bool preemptible;
    bool cancel_asked;
    bool stop_sent; /* preempted: TERM is on its way, it will be queued again */
    enum fg_flexible flexible;
    enum fg_shift_state shift;
    uint8_t waits_for; /* number of `after` jobs not yet over */
    int64_t submitted_us, eligible_us, started_us, deadline_us, time_limit_us, retry_backoff_us;
    int64_t duration_us;  /* how long it will run, as the user expects; 0 unknown */
    int64_t predicted_us; /* the same, from earlier jobs (learn/learn.h); 0 unknown */
    int64_t
        predicted_most_us; /* of a job without time limit: four of five like it were over by then; 0 unknown */
    uint64_t shape;            /* of its name and command (learn/class.h); 0 unknown */
    int64_t attained_us;       /* device-microseconds that earlier attempts got */
    int64_t flexible_until_us; /* of a flexible job: to be over by then */
    int64_t grace_us;          /* how long a stop may take; 0: stop_grace_s of the service */
    int64_t checkpoint_us, restart_us; /* as in fg_job_spec */
    fg_job_id array_id;                /* first element's id; 0 no array */
    uint32_t array_index;
    uint64_t reservation; /* fg_advance_key of the reservation it is to run in; 0 none */
    uint32_t grants_at;   /* set by the controller while it holds devices */
};

/* Tasks that the job can use. */
static inline uint32_t fg_job_tasks_max(const struct fg_job *job)
{
    return job->tasks_max > job->tasks ? job->tasks_max : job->tasks;
}

/* Tasks of the attempt under way. */
static inline uint32_t fg_job_tasks_held(const struct fg_job *job)
{
    return job->tasks_held ? job->tasks_held : job->tasks;
}

/* How one attempt ended. */
struct fg_usage {
    int64_t max_rss_mib; /* -1 unknown */
    int64_t cpu_us;
    int64_t gpu_us;    /* device-microseconds held x gpu_milli / 1000 */
    int64_t energy_mj; /* of its devices, by its share of them; 0 unknown */
};

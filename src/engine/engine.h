/* engine.h - make it run: start tasks, stop them, learn how they ended, find them again.
 *
 *     controller --start, stop--> ENGINE --events--> controller
 *
 * Contract
 * - start() is called only after the intent to start this (job, attempt, task) is durable, and it is
 *   idempotent: the same key never makes two processes, not even across kill -9 of the caller.
 * - Nothing is reported twice after collect(); everything that ended is reported until then.
 * - After a restart, or when it had to read its state again, the caller names every attempt it believes alive with adopt(); the engine answers
 *   each with exactly one event: STARTED (it is running), EXITED, or LOST (it never started or
 *   vanished, and it can never start later: it is fenced).  For a task that this engine itself was asked to
 *   start and that is still being started, the event is the one that comes anyway.
 * - No call blocks for long: starts, staging and stops go on in other processes; events tell.
 * Threads:   one caller, one thread.
 */
#pragma once

#include "model/job.h"
#include "model/reading.h"

struct fg_task_key {
    fg_job_id job;
    uint32_t attempt; /* 1, 2, ... */
    uint32_t task;    /* rank, 0 .. tasks-1 */
};

/* Where one task of an attempt runs. */
struct fg_task_place {
    const struct fg_node_spec *node;
    struct fg_grant grant;
};

struct fg_launch;

struct fg_task_start {
    struct fg_task_key key;
    uint32_t tasks; /* gang size */
    /* Of all tasks, by rank; borrowed for the call.  The tasks of an attempt that go to one supplier are asked for one
     * right after the other, so an engine that starts gangs as a whole knows when it has them all.  NULL: all are on
     * `node`. */
    const struct fg_task_place *places;
    const struct fg_job_spec *spec;  /* borrowed for the call */
    const struct fg_node_spec *node; /* borrowed for the call */
    struct fg_grant grant;
    const char *project; /* name */
    const char *user;    /* name of the submitter */
    int64_t uid;         /* of the submitter, -1 unknown */
    fg_job_id array_id;  /* 0 none */
    uint32_t array_index;
    /* What the program is told of its peers, if that is known already (launch.h); NULL: as `places` say. */
    const struct fg_launch *launch;
};

enum fg_engine_event_kind {
    FG_TASK_STARTED, /* the program runs; pid is set */
    FG_TASK_EXITED,  /* it ran and ended: exit_code or term_signal, usage, flags */
    FG_TASK_FAILED,  /* it could not be started: reason */
    FG_TASK_LOST,    /* it vanished without a record, or never started: fenced */
};

struct fg_engine_event {
    enum fg_engine_event_kind kind;
    struct fg_task_key key;
    int64_t time_us; /* when it happened */
    int32_t pid;
    int32_t exit_code;   /* 0..255, or -1 if ended by a signal */
    int32_t term_signal; /* 0 if none */
    bool timed_out;      /* its supervisor ended it for the time limit */
    bool out_of_memory;  /* killed for going over mem_mib */
    bool stopped;        /* stop() ended it */
    struct fg_usage usage;
    uint64_t log_dropped; /* bytes of output not kept (cap, full disk) */
    uint32_t artifacts;   /* outputs kept: read them with artifacts() before collect() */
    /* STARTED: where it really is, if that is not as granted: the engine's own scheduler chose.  "": as granted. */
    char node[FG_NAME_MAX];
    uint32_t devices; /* there; only if `node` is given */
    bool
        is_exact; /* ... and they are these, none else: so many of them, if it does not know more */
    char reason[FG_TEXT_MAX]; /* plain words; "" if there is nothing to say */
};

/* An output file, kept as a blob: DATA/blobs/<2 hex>/<64 hex>. */
#define FG_ARTIFACT_PATH_MAX 1024
struct fg_engine_artifact {
    char path[FG_ARTIFACT_PATH_MAX]; /* relative to the working folder; no control characters */
    char hash[80];                   /* "blake2b:<64 hex>" */
    uint64_t bytes;
};

/* One reading of a running task, about every second. */
struct fg_task_sample {
    struct fg_task_key key;
    int64_t time_us;
    int64_t cpu_milli;   /* cores in use now x 1000 */
    int64_t mem_mib;     /* resident now */
    int64_t gpu_milli;   /* busy share summed over the task's devices x 1000, -1 unknown */
    int64_t gpu_mem_mib; /* -1 unknown */
};

/* An attempt's task that may be alive, as the caller knows it. */
struct fg_task_at {
    struct fg_task_key key;
    struct fg_task_place place; /* node: NULL if nobody knows it any more */
    const char *supplier;       /* "" this machine */
};

/* What an engine learns about nodes and suppliers while it works. */
enum fg_news_kind {
    FG_NEWS_NODE,       /* `spec`: there is this node, new or changed */
    FG_NEWS_NODE_STATE, /* `node`: may it get work, and what others hold there */
    FG_NEWS_NODE_GONE,  /* `node`: it was removed and does not come back by itself */
    FG_NEWS_SUPPLIER,   /* `supplier`: is it reached, and how it is */
};

/* Machines may be switched off while nobody needs them. */
enum fg_node_rest {
    FG_REST_AWAKE,
    FG_REST_GOING,  /* it is being switched off */
    FG_REST_ASLEEP, /* off: what is sent there wakes it */
    FG_REST_WAKING, /* it is being switched on, what was sent there waits */
};

struct fg_engine_news {
    enum fg_news_kind kind;
    int64_t time_us;
    const struct fg_node_spec *spec; /* valid until the next next_news() */
    char node[FG_NAME_MAX];          /* name in the pool */
    char supplier[FG_NAME_MAX];
    bool up;                  /* the node may get work; the supplier answers */
    enum fg_node_rest rest;   /* NODE_STATE */
    char reason[FG_TEXT_MAX]; /* why not, in plain words; "" */
    int64_t leaves_us;        /* the node is taken away then (spot notice); 0 not known */
    struct fg_grant
        others; /* NODE_STATE: held by jobs that are not ours; its node is not used */
    /* SUPPLIER: */
    char version[FG_NAME_MAX];        /* "slurm 22.05.8 (commands, REST v0.0.38)" */
    int64_t answered_us;              /* its last answer */
    int64_t answer_time_us;           /* how long it took */
    uint32_t nodes, nodes_up;         /* that it has */
    uint32_t others_run, others_wait; /* jobs that are not ours */
    uint32_t ours_run,
        ours_wait;   /* pieces of work of ours there, and those that it has not begun */
    int64_t wait_us; /* what work of ours waited there lately (median); -1 unknown */
};

/* What the power of a device can be held down to. */
struct fg_power_limits {
    int64_t min_mw;
    int64_t max_mw; /* what it has when nobody holds it down */
};

struct fg_supplier;
struct fg_engine; /* an instance; each engine has its own inside */

struct fg_engine_ops {
    const char *name;    /* "local" */
    const char *summary; /* one line */

    void (*free)(struct fg_engine *engine); /* running tasks go on */

    /* The nodes there are now; writes at most `max`, sets `*out_len`. */
    int (*discover)(struct fg_engine *engine,
                    struct fg_node_spec *out,
                    size_t max,
                    size_t *out_len,
                    struct fg_err *err);

    /* Begin to start one task.  0: an event will follow.  An error: it was not started and cannot be. */
    int (*start)(struct fg_engine *engine,
                 const struct fg_task_start *start,
                 struct fg_err *err);

    /* TERM to the whole group, KILL after `grace_us` (negative: the job's own grace).  Unknown or ended: 0, nothing happens. */
    int (*stop)(struct fg_engine *engine,
                struct fg_task_key key,
                int64_t grace_us,
                struct fg_err *err);

    /* After a restart: report on these, see above. */
    int (*adopt)(struct fg_engine *engine,
                 const struct fg_task_at *tasks,
                 size_t len,
                 struct fg_err *err);

    /* The end of this task is durable at the caller: forget it, free what only it used (never its logs). */
    void (*collect)(struct fg_engine *engine, struct fg_task_key key);

    /* Readable when next_event() has something.  Owned by the engine. */
    int (*poll_fd)(struct fg_engine *engine);
    /* 1: `*out` is filled; 0: nothing now. */
    int (*next_event)(struct fg_engine *engine, struct fg_engine_event *out);

    /* The outputs of a task that EXITED, until it is collected.  Writes at most `max`, returns how many. */
    size_t (*artifacts)(struct fg_engine *engine,
                        struct fg_task_key key,
                        struct fg_engine_artifact *out,
                        size_t max);

    /* Fresh readings since the last call; returns how many were written. */
    size_t (*task_samples)(struct fg_engine *engine, struct fg_task_sample *out, size_t max);
    size_t (*device_samples)(struct fg_engine *engine,
                             struct fg_device_sample *out,
                             size_t max);

    /* How isolation works here, one line for people: "cgroup v2: cpu, memory, pids" or
     * "process groups only: no memory limit (no cgroup could be made: ...)". */
    const char *(*isolation)(struct fg_engine *engine);

    /* What reading tasks and devices of this machine has cost since the start: processor time, and the time passed.
     * NULL: nothing is read here. */
    void (*watch_cost)(struct fg_engine *engine, int64_t *out_cpu_us, int64_t *out_wall_us);

    /* The power of a device: what it can be held down to, and hold it down (0: no more).  Caps end with the engine, however that
     * ends.  FG_ESTATE: not there; FG_EBUSY: that is not known yet. */
    int (*power_limits)(struct fg_engine *engine,
                        const struct fg_node_spec *node,
                        uint32_t device,
                        struct fg_power_limits *out,
                        struct fg_err *err);
    void (*set_power_cap)(struct fg_engine *engine,
                          const struct fg_node_spec *node,
                          uint32_t device,
                          int64_t cap_mw);

    /* -- engines that reach beyond this machine; NULL elsewhere ---------------------------------- */
    /* This supplier is there, new or changed: from now on its nodes are told as news.  Durable at the caller. */
    int (*put_supplier)(struct fg_engine *engine,
                        const struct fg_supplier *supplier,
                        struct fg_err *err);
    /* It was removed.  The caller has no task there any more. */
    void (*drop_supplier)(struct fg_engine *engine, const char *name);
    /* Switch the node off, or on again; news tell what came of it.  NULL: nodes cannot be. */
    void (*set_node_power)(struct fg_engine *engine, const struct fg_node_spec *node, bool on);
    /* 1: `*out` is filled; 0: nothing now.  poll_fd() is readable when there is some. */
    int (*next_news)(struct fg_engine *engine, struct fg_engine_news *out);
};

/* link.h - the service's end of the connections to the couriers.
 *
 *     slurm: expect, start, stop --> LINK <== encrypted, TCP ==> courier --> local engine --> task
 *
 * An ALLOCATION is one Slurm job of ours; on each of its nodes runs a COURIER, number 0, 1, ...  A courier calls us, is
 * welcome if its allocation is expected, and then gets tasks until it is dismissed.  Its LEASE says how long what it runs
 * may live unheard: past that its supervisors have ended everything, and only then we say EXPIRED.
 *
 * Every HELLO is followed, sooner or later, by exactly one EXPIRED or GONE of that courier; just before it each task
 * that was there and had not ended is told as LOST.  A lost connection ends nothing: tasks go on, and what they wrote
 * meanwhile comes when the courier is back.
 *
 * Layout on disk is the local engine's (engine/job_path.h): logs grow live in DATA/jobs/..., outputs are in
 * DATA/blobs when EXITED is told.
 * Threads:   one caller, one thread; connections, files and ciphers are on a thread of our own.  No call blocks.
 */
#pragma once

#include "base/config.h"
#include "base/err.h"
#include "engine/engine.h"

#define FG_LINK_ALLOCATION_MAX 33 /* 32 lower-case hex digits and the final 0 */
#define FG_LINK_SECRET_BYTES   32
#define FG_LINK_COURIERS_MAX   4096 /* of one allocation */
#define FG_LINK_BEAT_US        (2 * 1000000LL)
#define FG_LINK_MARGIN_US      (5 * 1000000LL) /* for supervisors to look, and for programs to die */

struct fg_link;

struct fg_link_options {
    const char *
        listen; /* "HOST:PORT", "[::1]:PORT" or ":PORT" (all addresses); port 0: any that is free */
    const char *
        data_dir; /* made by fg_local_new() or the like; DATA/link.key is made here if it is not there */
    uint64_t epoch;  /* of this leader: a courier obeys only the highest it has seen; >= 1 */
    int64_t beat_us; /* one who has not called for three of these is silent; 0: 2 s */
    int64_t
        margin_us; /* we wait so much longer than a lease; 0: FG_LINK_MARGIN_US; at least a second */
    const struct fg_config *config; /* sizes of logs and blobs, grace; NULL: defaults */
};

/* NULL and `err`: FG_EINVAL (listen), FG_EIO (key file), FG_EBACKEND (address in use ...).  Call it after
 * fg_local_new(), which forks.  Free with fg_link_free(): couriers keep what they run and try to come back. */
struct fg_link *fg_link_new(const struct fg_link_options *options, struct fg_err *err);
void fg_link_free(struct fg_link *link); /* NULL is allowed */

/* We stop in good order and come back later: every courier that is connected may live `lease_us` unheard (0: for ever).
 * Waits up to 1 s until they are told.  Then fg_link_free().  The next fg_link_new() on this data folder takes it into
 * account when it says EXPIRED. */
void fg_link_detach(struct fg_link *link, int64_t lease_us);

/* "HOST:PORT" with the real port; valid as long as the link. */
const char *fg_link_address(const struct fg_link *link);

/* The key by which couriers of that allocation prove what they are; nothing is stored for it, so it is the same after a
 * restart.  Hand it to the courier by a way that others cannot read.  FG_EINVAL: not 32 lower-case hex digits. */
[[nodiscard]] int fg_link_secret(const struct fg_link *link,
                                 const char *allocation,
                                 uint8_t out[FG_LINK_SECRET_BYTES],
                                 struct fg_err *err);

struct fg_link_courier {
    char allocation[FG_LINK_ALLOCATION_MAX];
    uint32_t number; /* 0 .. couriers-1: SLURM_NODEID */
};

struct fg_link_allocation {
    char name[FG_LINK_ALLOCATION_MAX];
    uint32_t couriers; /* how many may come */
    int64_t lease_us;  /* 0: for ever.  Else at least 3 beats */
    /* After a restart: its couriers were welcome before, tasks may run there.  One that does not come back is told as
     * EXPIRED when its lease must be over, and until then no new courier gets its place.  False: nobody has come yet. */
    bool was_bound;
};

/* Couriers of it may come.  The same again: takes over lease_us.  FG_EINVAL. */
[[nodiscard]] int fg_link_expect(struct fg_link *link,
                                 const struct fg_link_allocation *allocation,
                                 struct fg_err *err);

/* All allocations that were expected before we were started are expected again: from now on couriers of others are sent
 * away, having run nothing more.  Until this is called they are kept waiting. */
void fg_link_settle(struct fg_link *link);

/* Nothing more for this allocation: its couriers end what still runs, say goodbye (GONE) and are never welcome again.
 * Unknown: nothing happens. */
void fg_link_dismiss(struct fg_link *link, const char *allocation);

/* It is known by other means that nothing of it runs any more (its machine was given back, an operator says so): its
 * couriers are told as EXPIRED now, whatever their lease. */
void fg_link_give_up(struct fg_link *link, const char *allocation);

/* Begin to start one task there.  0: events follow.  `start->places`: node->name and node->address of each rank, for the
 * launch variables; `start->node`, `start->grant`: as the pool sees it; the courier takes as many of the devices that
 * Slurm lent it as the grant has, and STARTED tells which (below).  The same key again: nothing happens.
 * FG_ENOENT: the courier is not known (no HELLO, or over); FG_ETOOBIG: the job does not fit into a frame. */
[[nodiscard]] int fg_link_start(struct fg_link *link,
                                const struct fg_link_courier *courier,
                                const struct fg_task_start *start,
                                struct fg_err *err);

/* After a restart: this task may be at that courier.  Exactly one event answers: STARTED, EXITED, FAILED, or LOST (the
 * courier is here and has it not, or is over).  May come before or after its HELLO.  FG_ENOENT: no name of an allocation. */
[[nodiscard]] int fg_link_adopt(
    struct fg_link *link,
    const struct fg_link_courier *courier,
    struct fg_task_key key,
    const struct fg_job_spec *spec, /* whose inputs it may fetch; NULL: none */
    struct fg_err *err);

/* TERM, KILL after `grace_us` (negative: the job's own grace).  Unknown or ended: nothing happens. */
void fg_link_stop(struct fg_link *link, struct fg_task_key key, int64_t grace_us);

/* Its end is durable at the caller: the courier may forget it.  Also the answer to a task of a HELLO that nobody wants:
 * it is killed and forgotten without an event. */
void fg_link_collect(struct fg_link *link, struct fg_task_key key);

/* The outputs of a task that EXITED, until it is collected.  Writes at most `max`, returns how many. */
size_t fg_link_artifacts(struct fg_link *link,
                         struct fg_task_key key,
                         struct fg_engine_artifact *out,
                         size_t max);

/* A device of that courier, by its number on the node, is held down to `cap_mw`; 0: what it had.  It is so for a minute: say it
 * again before that, or the courier puts back what the device had.  LIMITS answers, with what may be set; not at once where
 * the driver was not asked yet, so ask again.  One that is away hears nothing. */
void fg_link_cap(struct fg_link *link,
                 const struct fg_link_courier *courier,
                 uint32_t device,
                 int64_t cap_mw);

enum fg_link_event_kind {
    FG_LINK_HELLO, /* this courier is here for the first time since we were started: `node`, `held` */
    FG_LINK_TASK,   /* see `task` */
    FG_LINK_SILENT, /* not heard for 3 beats */
    FG_LINK_BACK,   /* heard again after SILENT */
    FG_LINK_LEAVING, /* its allocation is being ended by Slurm (SIGTERM): its tasks were warned; send it no more */
    FG_LINK_EXPIRED, /* its lease is over: all that it ran is over, and it cannot come back */
    FG_LINK_GONE,    /* it said goodbye: nothing runs there */
    FG_LINK_LIMITS,  /* see `device`, `limits` */
};

enum fg_link_task_state { FG_LINK_STARTING, FG_LINK_RUNNING, FG_LINK_ENDED };

struct fg_link_held {
    struct fg_task_key key;
    enum fg_link_task_state state;
};

struct fg_link_event {
    enum fg_link_event_kind kind;
    struct fg_link_courier courier;
    int64_t time_us;
    struct fg_engine_event
        task; /* TASK.  STARTED: `node` is "" and `devices` are bits of the HELLO's node->devices */
    uint32_t
        places; /* TASK, STARTED: those devices by their numbers among all of the node; 0: not known */
    /* HELLO; valid until the next fg_link_next(). */
    const struct fg_node_spec *
        node; /* name: Slurm's node name, else the host name; address: the host name; what Slurm
                                      * exposed to us there: devices (ids as the exposing variable has them), cores, memory */
    char slurm_job[FG_NAME_MAX];     /* SLURM_JOB_ID; "" none */
    char from[FG_NAME_MAX];          /* address it called from */
    uint32_t restarts;               /* SLURM_RESTART_COUNT */
    const struct fg_link_held *held; /* tasks that it has already: adopt() or collect() each */
    size_t held_len;
    char reason[FG_TEXT_MAX];      /* plain words; "" */
    uint32_t device;               /* LIMITS */
    struct fg_power_limits limits; /* LIMITS; max_mw 0: its power cannot be held down */
};

/* Readable when fg_link_next() has something.  Owned by the link. */
int fg_link_poll_fd(const struct fg_link *link);
/* 1: `*out` is filled; 0: nothing now. */
int fg_link_next(struct fg_link *link, struct fg_link_event *out);

struct fg_link_device_sample {
    struct fg_link_courier courier;
    /* device: its number among all of its node, as Slurm counts them there, or FG_DEVICE_CPU */
    struct fg_device_sample sample;
};

/* Fresh readings since the last call; returns how many were written.  What nobody takes is overwritten. */
size_t fg_link_task_samples(struct fg_link *link, struct fg_task_sample *out, size_t max);
size_t fg_link_device_samples(struct fg_link *link,
                              struct fg_link_device_sample *out,
                              size_t max);

/* For `supplier status` and tests. */
struct fg_link_counts {
    uint32_t connections, couriers, tasks;
    uint64_t bytes_in, bytes_out,
        refused; /* since the start; refused: connections that were cut for what they sent */
};
void fg_link_count(struct fg_link *link, struct fg_link_counts *out);

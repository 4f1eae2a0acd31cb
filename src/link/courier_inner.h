/* courier_inner.h - the inside of the courier: courier.c (connection, lease, life), courier_task.c (tasks),
 * courier_carry.c (files), courier_host.c (what this machine lends us), courier_heir.c (what one that died left). */
#pragma once

#include "engine/lease.h"
#include "engine/local.h"
#include "link/channel.h"
#include "link/courier.h"
#include "link/keep.h"
#include "link/message.h"

#include <pthread.h>

#define FG_COURIER_BEATS_KEPT 64
#define FG_COURIER_FOLDER     "fastgpu-courier-"
#define FG_COURIER_HEIRS_MAX  16 /* at a time */

enum fg_courier_phase {
    FG_COURIER_FETCHING, /* what it brings along is not all here */
    FG_COURIER_STARTING,
    FG_COURIER_RUNNING,
    FG_COURIER_SENDING, /* it has ended: its output and files are on their way */
    FG_COURIER_ENDED,   /* all is sent; kept until it is collected */
};

/* One output stream, as far as it was sent. */
struct fg_courier_log {
    int fd; /* of `part`; -1: not open */
    uint32_t part;
    uint64_t part_at, sent;
};

struct fg_courier_task {
    struct fg_courier_task *next;
    struct fg_task_key key;
    enum fg_courier_phase phase;
    bool resumed;    /* the service wants to hear of it, on this connection */
    bool unwanted;   /* it was collected: forget it when it is over */
    bool stop_asked; /* by the service */
    bool started, end_sent;
    struct fg_arena *arena;
    struct fg_buf json; /* texts of `spec` may point here */
    struct fg_job_spec spec;
    struct fg_message_start start; /* texts are in `arena` */
    uint32_t devices;
    struct fg_courier_log logs[2];
    struct fg_engine_event begin, end;
    struct fg_engine_artifact *artifacts;
    size_t artifacts_len, artifacts_sent;
    int64_t tell_us;           /* its end is not told before that */
    int64_t checkpoint_due_us; /* 0: none is */
    uint64_t checkpoint_last;  /* state of the folder that was sent */
    bool checkpoint_last_done; /* after its end: packed and sent, or nothing to send */
};

/* A checkpoint that is being packed, and then sent. */
struct fg_courier_pack {
    struct fg_courier_task *task; /* NULL: none */
    pthread_t thread;
    bool running, ready;
    char folder[FG_PATH_MAX + 16], file[FG_PATH_MAX];
    char name[80];
    uint64_t last, state;
    int rc;
    int done; /* eventfd */
};

/* A file on its way to the service. */
struct fg_courier_put {
    bool active, granted; /* granted: the service said from where */
    struct fg_courier_task *task;
    bool is_checkpoint;
    char name[96];
    int fd;
    uint64_t offset, total;
};

struct fg_courier {
    const struct fg_courier_options *options;
    char dir[FG_PATH_MAX]; /* of its own; the local engine's data folder */
    char lease_path[FG_PATH_MAX + 16];
    struct fg_config config;
    struct fg_lease *lease;
    struct fg_engine *engine;
    struct fg_node_spec
        machine; /* as the local engine counts its devices; what it does not know is at the end */
    struct fg_node_spec node;                /* what is lent to us */
    uint32_t device_at[FG_NODE_DEVICES_MAX]; /* of node.devices in machine.devices */
    uint32_t
        place_at[FG_NODE_DEVICES_MAX]; /* of node.devices among all of its node, for readings */
    bool is_placed;                    /* Slurm said so; else they are counted as ours alone */
    uint8_t instance[16];
    char slurm_job[FG_NAME_MAX];
    uint32_t restarts;
    uint32_t device_milli[FG_NODE_DEVICES_MAX];   /* in use */
    int64_t capped_until_us[FG_NODE_DEVICES_MAX]; /* of node.devices; 0: it has no cap */
    bool is_power_refused;                        /* and that was said */

    struct fg_channel *channel; /* NULL: none */
    size_t address;             /* next to try */
    size_t tries;               /* in a row that came to nothing */
    int64_t beat_us, retry_us, pause_us, opened_us, heard_us, beat_due_us, look_due_us;
    bool on_line;  /* welcome on this connection */
    bool welcomed; /* ever */
    uint64_t epoch, seq;
    int64_t beat_sent_us[FG_COURIER_BEATS_KEPT];
    int64_t hello_us, begun_us;
    int64_t kill_us; /* when the lease is over; 0: never */
    bool leaving, ends, said_bye;
    int rc; /* why it ends */
    int64_t end_by_us;

    off_t measures_at; /* of the engine's file of links, told so far */
    struct fg_courier_task *tasks;
    struct fg_keep_blob get; /* what is being fetched; fd -1: nothing */
    bool get_asked, get_is_checkpoint;
    struct fg_courier_put put;
    struct fg_courier_pack pack;
    struct fg_arena *arena; /* of one frame */
    int signals;
    int64_t samples_due_us;

    bool is_noted;                     /* our folder says whose it is */
    pid_t heirs[FG_COURIER_HEIRS_MAX]; /* that we started and that live */
    size_t heirs_len;
    int64_t heirs_due_us; /* look for folders of the dead then */
};

int64_t fg_courier_now(void); /* CLOCK_BOOTTIME */
void fg_courier_send(struct fg_courier *courier, const struct fg_message *message);
/* A line on standard error, for whoever looks for the reason of something. */
[[gnu::format(printf, 2, 3)]] void fg_courier_say(const struct fg_courier *courier,
                                                  const char *fmt,
                                                  ...);

/* courier_heir.c */
int fg_courier_note_self(const struct fg_courier *courier, struct fg_err *err);
/* Nobody shall inherit this. */
void fg_courier_forget_self(const struct fg_courier *courier);
/* Every 2 s: start heirs of couriers that died here, bury heirs that are done. */
void fg_courier_look_for_dead(struct fg_courier *courier);
/* Being an heir: Slurm has begun this room anew here, and who is in it now speaks for it. */
bool fg_courier_has_successor(const struct fg_courier *courier);
/* Being an heir: the tasks that are in the folder.  FG_ENOENT: somebody else was first. */
int fg_courier_take_over(struct fg_courier *courier, struct fg_err *err);

/* courier_host.c: node, slurm_job, restarts. */
void fg_courier_see_host(struct fg_courier *courier);

/* courier_task.c */
struct fg_courier_task *fg_courier_task_find(struct fg_courier *courier,
                                             struct fg_task_key key);
void fg_courier_task_start(struct fg_courier *courier, const struct fg_message *message);
/* It was in the folder: find out how it ended. */
void fg_courier_task_inherit(struct fg_courier *courier, struct fg_task_key key);
void fg_courier_task_fetched(struct fg_courier *courier); /* some blob came */
void fg_courier_task_fail(struct fg_courier *courier,
                          struct fg_courier_task *task,
                          const char *reason);
void fg_courier_task_stop(struct fg_courier *courier, struct fg_task_key key, int64_t grace_us);
void fg_courier_task_stop_all(struct fg_courier *courier, int64_t grace_us);
void fg_courier_task_collect(struct fg_courier *courier, struct fg_task_key key);
void fg_courier_task_resume(struct fg_courier *courier, const struct fg_message *message);
void fg_courier_task_off_line(struct fg_courier *courier); /* the connection is gone */
void fg_courier_take_events(struct fg_courier *courier);
void fg_courier_task_pump(struct fg_courier *courier);  /* output, ends: what can be sent now */
bool fg_courier_idle(const struct fg_courier *courier); /* no task runs, or is being started */
void fg_courier_send_samples(struct fg_courier *courier);
void fg_courier_task_free_all(struct fg_courier *courier);

/* courier_power.c */
void fg_courier_power_take(struct fg_courier *courier, const struct fg_message *message);
void fg_courier_power_tick(struct fg_courier *courier, int64_t now_us);

/* courier_carry.c */
/* Is that all that the task needs here?  If not, the fetching goes on. */
bool fg_courier_fetch(struct fg_courier *courier, struct fg_courier_task *task);
void fg_courier_got_data(struct fg_courier *courier, const struct fg_message *message);
void fg_courier_missing(struct fg_courier *courier, const struct fg_message *message);
void fg_courier_put_at(struct fg_courier *courier, const struct fg_message *message);
/* Send the files of tasks that have ended, and checkpoints that are due. */
void fg_courier_carry_pump(struct fg_courier *courier);
void fg_courier_carry_forget(struct fg_courier *courier, const struct fg_courier_task *task);
void fg_courier_carry_off_line(struct fg_courier *courier);
void fg_courier_packed(struct fg_courier *courier);

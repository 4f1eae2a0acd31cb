/* inner.h - the inside of the service's end: link.c is the caller's side, the rest runs on the thread of the link.
 *
 *     caller --commands--> thread (back.c, command.c, peer.c, task.c, carry.c) --events--> caller
 *
 * Both lists are under one mutex that nobody holds for longer than a step of a list.
 */
#pragma once

#include "base/buf.h"
#include "base/config.h"
#include "link/channel.h"
#include "link/keep.h"
#include "link/message.h"
#include "link/table.h"

#include <pthread.h>

#define FG_LINK_SAMPLES_MAX 8192 /* readings that wait for the caller */

enum fg_link_command_kind {
    FG_LINK_DO_EXPECT,
    FG_LINK_DO_SETTLE,
    FG_LINK_DO_DISMISS,
    FG_LINK_DO_GIVE_UP,
    FG_LINK_DO_START,
    FG_LINK_DO_ADOPT,
    FG_LINK_DO_STOP,
    FG_LINK_DO_COLLECT,
    FG_LINK_DO_CAP,
    FG_LINK_DO_PACKED, /* a checkpoint folder of ours was packed for this task */
    FG_LINK_DO_DETACH,
    FG_LINK_DO_QUIT,
};

struct fg_link_name {
    char text[80]; /* "blake2b:<64 hex>" */
};

struct fg_link_command {
    struct fg_link_command *next;
    enum fg_link_command_kind kind;
    struct fg_link_allocation allocation; /* EXPECT, DISMISS (name) */
    struct fg_link_courier courier;
    struct fg_task_key key;
    int64_t grace_us;           /* STOP; DETACH: lease */
    uint32_t device;            /* CAP */
    int64_t cap_mw;             /* CAP */
    struct fg_buf frame;        /* START */
    struct fg_link_name *names; /* START, ADOPT: blobs that may be fetched; owned */
    size_t names_len;
};

/* An event on its way, and what belongs to it. */
struct fg_link_told {
    struct fg_link_told *next;
    struct fg_link_event event;
    struct fg_engine_artifact *artifacts; /* of an EXITED; owned */
    struct fg_link_held *held;            /* owned */
    struct fg_node_spec *node;            /* owned */
};

struct fg_link_conn;
struct fg_link_peer;

enum fg_link_task_phase {
    FG_LINK_TASK_UNCLAIMED, /* a courier says that it has it; the caller has not named it yet */
    FG_LINK_TASK_PACKING,   /* its checkpoint folder is being packed */
    FG_LINK_TASK_SENT,      /* START was sent, or is when the courier comes */
    FG_LINK_TASK_HELD,      /* the courier has it */
    FG_LINK_TASK_OVER,      /* its end was told */
};

struct fg_link_task {
    struct fg_link_entry entry;
    struct fg_task_key key;
    struct fg_link_peer *peer;
    struct fg_link_task *next; /* of the peer */
    enum fg_link_task_phase phase;
    bool started_told, stop_asked;
    int64_t stop_grace_us;
    struct fg_buf frame; /* START, until the courier has it */
    struct fg_link_name *names;
    size_t names_len;
    struct fg_keep_log logs[2];
};

struct fg_link_group { /* an allocation */
    struct fg_link_entry entry;
    struct fg_link_allocation spec;
    bool dismissed;
    struct fg_link_peer **peers; /* spec.couriers; NULL: nobody */
    bool *over;                  /* of that number one has expired or gone */
    uint32_t peers_len;          /* that are not NULL */
};

struct fg_link_peer { /* a courier that is bound */
    struct fg_link_group *group;
    struct fg_link_courier name;
    struct fg_link_conn *conn; /* NULL: cut */
    bool known;                /* false: was bound before our start, and has not come yet */
    bool silent, leaving;
    uint8_t instance[16];
    char slurm_job[FG_NAME_MAX];
    int64_t heard_us, renewed_us; /* CLOCK_BOOTTIME */
    uint64_t seq;
    struct fg_link_task *tasks;
    struct fg_keep_blob put;
};

/* A file on its way to a courier. */
struct fg_link_get {
    struct fg_link_get *next;
    char name[96];
    int fd;
    uint64_t offset, total;
};

struct fg_link_conn {
    struct fg_channel *channel;
    struct fg_link_peer *peer; /* NULL: not welcome yet */
    struct fg_link_conn *before, *after;
    int64_t opened_us;
    struct fg_link_conn *next_dirty;
    bool watches_out, doomed, dirty, ends; /* ends: closed when all is sent */
    char from[FG_NAME_MAX];
    struct fg_link_get *gets;
    uint64_t counted_in, counted_out;
};

struct fg_link {
    char data_dir[FG_PATH_MAX];
    char address[FG_NAME_MAX + 16];
    struct fg_config config;
    uint8_t master[32];
    uint64_t epoch;
    int64_t beat_us, margin_us, detached_us;

    /* -- caller's side ------------------------------------------------------------------------------- */
    struct fg_link_table seen;     /* couriers between HELLO and their end */
    struct fg_link_table finished; /* outputs of tasks that EXITED */
    struct fg_link_told *current;  /* whose pointers the caller may use */

    /* -- between ------------------------------------------------------------------------------------- */
    pthread_t thread;
    pthread_mutex_t mutex;
    int wake_back, wake_front; /* eventfd */
    struct fg_link_command *commands, **commands_end;
    struct fg_link_told *told, **told_end;
    struct fg_task_sample *task_samples; /* rings of FG_LINK_SAMPLES_MAX */
    struct fg_link_device_sample *device_samples;
    size_t task_samples_at, task_samples_len, device_samples_at, device_samples_len;
    struct fg_link_counts counts;
    bool detach_done;
    pthread_cond_t detach_cond;

    /* -- thread of the link -------------------------------------------------------------------------- */
    int listener, epoll;
    bool settled, quits, detached;
    int64_t parting_us; /* the lease at an orderly stop, once `detached` */
    int64_t started_us, looked_us;
    struct fg_link_table groups, tasks;
    struct fg_link_conn *conns, *dirty; /* dirty: something was queued on them */
    uint32_t conns_len, strangers, doomed;
    struct fg_arena *arena; /* of one frame */
    uint32_t packing;       /* threads that pack */
};

/* link.c */
void fg_link_command_push(struct fg_link *link, struct fg_link_command *command);
void fg_link_tell(struct fg_link *link, struct fg_link_told *told);
struct fg_link_told *fg_link_told_new(const struct fg_link_peer *peer,
                                      enum fg_link_event_kind kind);

/* back.c */
int64_t fg_link_now(void); /* CLOCK_BOOTTIME */
void *fg_link_back(void *link);
void fg_link_cut(struct fg_link *link, struct fg_link_conn *conn);
/* Something was queued on it, or should be: flush it at the end of this turn. */
void fg_link_want_out(struct fg_link *link, struct fg_link_conn *conn);
/* NULL: it is away, and will hear when it is back. */
void fg_link_send(struct fg_link *link,
                  struct fg_link_conn *conn,
                  const struct fg_message *message);

/* peer.c */
struct fg_link_peer *fg_link_peer_new(struct fg_link_group *group, uint32_t number);
void fg_link_frame(struct fg_link *link,
                   struct fg_link_conn *conn,
                   const struct fg_message *message);
void fg_link_look(struct fg_link *link, struct fg_link_group *group, int64_t now_us);
void fg_link_peer_over(struct fg_link *link,
                       struct fg_link_peer *peer,
                       enum fg_link_event_kind kind,
                       const char *reason);

/* task.c */
struct fg_link_task *fg_link_task_find(const struct fg_link *link, struct fg_task_key key);
struct fg_link_task *fg_link_task_add(struct fg_link *link,
                                      struct fg_link_peer *peer,
                                      struct fg_task_key key);
void fg_link_task_remove(struct fg_link *link, struct fg_link_task *task);
void fg_link_task_lost(struct fg_link *link, struct fg_link_task *task, const char *reason);
void fg_link_task_resume(struct fg_link *link, struct fg_link_task *task);
void fg_link_task_send_start(struct fg_link *link, struct fg_link_task *task);
void fg_link_task_told(struct fg_link *link,
                       struct fg_link_peer *peer,
                       const struct fg_message *message);
void fg_link_task_log(struct fg_link *link,
                      struct fg_link_peer *peer,
                      const struct fg_message *message);

/* command.c */
void fg_link_do(struct fg_link *link, struct fg_link_command *command);
void fg_link_command_free(struct fg_link_command *command);
struct fg_link_group *fg_link_group_find(const struct fg_link *link, const char *name);
void fg_link_group_remove(struct fg_link *link, struct fg_link_group *group);

/* carry.c */
void fg_link_get_begin(struct fg_link *link,
                       struct fg_link_conn *conn,
                       const struct fg_message *message);
void fg_link_get_pump(struct fg_link *link, struct fg_link_conn *conn);
void fg_link_get_free(struct fg_link_conn *conn);
void fg_link_put_begin(struct fg_link *link,
                       struct fg_link_conn *conn,
                       const struct fg_message *message);
void fg_link_put_data(struct fg_link *link,
                      struct fg_link_conn *conn,
                      const struct fg_message *message);
/* Pack the checkpoint folder of an earlier attempt here, if there is one; FG_LINK_DO_PACKED follows.  False: there is none. */
bool fg_link_pack(struct fg_link *link, struct fg_link_task *task);

/* inner.h - the inside of the Slurm engine, shared by engine.c, table.c, ask.c, bind.c, reconcile.c, tick.c and tell.c.
 *
 *     attempt: tasks that start together; waits --> ROOM: what Slurm was asked for --> couriers --> tasks run
 *
 * A room belongs to no attempt for ever: it is given to one that needs just that when all its couriers are there, and to
 * the next one when that is over.
 */
#pragma once

#include "base/map.h"
#include "slurm/cluster.h"
#include "slurm/journal.h"
#include "slurm/slurm.h"

#define FG_ROOM_TRIES_MAX 3 /* rooms in a row that ended before their couriers came */
/* Couriers whose line was cut come back within this: 2 s at most between two calls, a few addresses, a WAIT. */
#define FG_ROOM_CALL_US 10000000

enum fg_room_state {
    FG_ROOM_WANTED,    /* it will be submitted */
    FG_ROOM_SUBMITTED, /* the call is under way */
    FG_ROOM_WAITS,     /* Slurm has it, or may have it */
    FG_ROOM_HERE,      /* all its couriers came */
    FG_ROOM_OVER,      /* dismissed; kept until Slurm does not name it any more */
};

struct fg_room_courier {
    bool is_here, is_gone, is_silent;
    char node[FG_NAME_MAX]; /* Slurm's name */
    int64_t errand_us;      /* somebody was sent to look for it; 0 never */
    bool was_looked_for;    /* and found nothing, since it was heard last */
};

struct fg_attempt;
struct fg_site;

struct fg_room {
    char name[FG_SLURM_ROOM_MAX]; /* "" while WANTED */
    char hash[FG_SLURM_ROOM_MAX];
    char supplier[FG_NAME_MAX];
    struct fg_site *site; /* NULL: that supplier is not there (yet) */
    enum fg_room_state state;
    struct fg_shape shape; /* its nodes: names in `nodes` */
    char (*nodes)[FG_NAME_MAX];
    const char **node_names;
    struct fg_room_courier *couriers;
    uint32_t couriers_len, here_len, gone_len;
    struct fg_attempt *attempt; /* that it is for, until its tasks are sent */
    uint32_t running;           /* tasks sent that are not over */
    struct fg_cluster_job job;
    int64_t lease_us;
    int64_t asked_us, submitted_us, begun_us, idle_us, ends_us, over_us; /* monotonic */
    int64_t keep_us;  /* idle or unknown ones: not after that */
    int64_t grace_us; /* the longest of its tasks' */
    int64_t ended_us; /* Slurm says that it ended, and its couriers are silent; 0 no */
    uint32_t tries;
    bool is_leaving, is_explained, was_seen;
    bool was_bound; /* from before we were started: tasks may run there */
    bool
        was_met; /* from before we were started, or as good as that: nothing of ours runs there */
    bool is_expected;
    bool is_errand;              /* for no task: see errand.c */
    char waits_for[FG_NAME_MAX]; /* Slurm's word */
};

enum fg_slurm_task_state {
    FG_SLURM_TASK_WAITS,
    FG_SLURM_TASK_SENT,
    FG_SLURM_TASK_RUNS,
    FG_SLURM_TASK_OVER
};

struct fg_slurm_task {
    struct fg_slurm_task *next; /* same bucket */
    struct fg_task_key key;
    enum fg_slurm_task_state state;
    struct fg_attempt *attempt; /* NULL: sent, or adopted */
    struct fg_room *room;       /* NULL: over, or not known */
    uint32_t courier;
    struct fg_grant grant;
    struct fg_slurm_node_at *node; /* where its devices are counted; NULL unknown */
};

/* What of the tasks of an attempt goes to one supplier; lives until they are sent. */
struct fg_attempt {
    fg_job_id job;
    uint32_t number;
    struct fg_site *site;
    struct fg_slurm_task **tasks; /* `expected` of them */
    uint32_t expected, got;
    uint32_t gang;                /* tasks of the whole attempt */
    struct fg_task_place *places; /* of the gang; nodes are copies in `specs` */
    struct fg_node_spec **specs;
    uint32_t specs_len;
    struct fg_buf spec; /* JSON */
    char project[FG_NAME_MAX], user[FG_NAME_MAX];
    int64_t uid, time_limit_us, grace_us, asked_us;
    fg_job_id array_id;
    uint32_t array_index;
    struct fg_room *room;
    bool is_ready; /* its room is here */
};

/* A device of a node, whose power may be held down. */
struct fg_slurm_power {
    struct fg_link_courier courier; /* that has it */
    int64_t read_us, said_us;       /* monotonic: its last reading; our last word */
    bool is_told;                   /* `limits` are */
    struct fg_power_limits limits;  /* max_mw 0: none can be set */
    int64_t cap_mw;                 /* that we said; 0: what it had */
};

/* A node of Slurm. */
struct fg_slurm_node_at {
    struct fg_look_node look;
    struct fg_node_spec *spec; /* ends with devices_len devices */
    char name[FG_NAME_MAX];    /* Slurm's */
    /* By device: tasks of ours that were given it; two, while where one of them really is has not been told. */
    uint8_t holders[FG_NODE_DEVICES_MAX];
    int64_t machine_us;           /* of the last reading of the machine itself that was told */
    struct fg_slurm_power *power; /* by device; NULL: none was read yet */
};

#define FG_WAITS_KEPT 32

struct fg_site {
    struct fg_supplier supplier;
    struct fg_cluster *cluster;
    struct fg_slurm_node_at **nodes;
    size_t nodes_len, nodes_room;
    struct fg_map *names; /* hash of Slurm's name -> index */
    uint32_t submits_open;
    uint32_t others_wait;
    bool has_looked, is_up;
    int64_t put_us, answered_us; /* answered: UTC */
    int64_t retry_us;            /* nothing is submitted before that */
    int64_t waits[FG_WAITS_KEPT];
    uint32_t waits_len;
};

struct fg_engine {
    struct fg_link *link;
    char data_dir[4096], install[FG_UUID_MAX];
    char program[FG_TEXT_MAX], address[FG_TEXT_MAX];
    struct fg_journal *journal;
    struct fg_site **sites;
    size_t sites_len;
    struct fg_room **rooms;
    size_t rooms_len, rooms_room;
    struct fg_map *room_names;
    struct fg_slurm_task **tasks; /* buckets */
    size_t tasks_len, buckets;
    struct fg_attempt **attempts;
    size_t attempts_len, attempts_room;
    struct fg_engine_event *events; /* ring */
    size_t events_at, events_len, events_room;
    struct fg_engine_news *news; /* ring; `spec` points into nodes */
    size_t news_at, news_len, news_room;
    struct fg_node_spec told; /* of the last news */
    int epoll, wake, timer;
    int64_t made_us, grace_us;
    bool is_settled, timer_on, is_remembered;
};

/* -- table.c -- */
int64_t fg_slurm_now_us(void); /* monotonic */
int64_t fg_slurm_utc_us(void);
void *fg_slurm_zeroed(size_t size);

struct fg_site *fg_site_find(struct fg_engine *engine, const char *name);
struct fg_slurm_node_at *fg_site_node(const struct fg_site *site, const char *slurm_name);
/* The node of that name in the pool. */
struct fg_slurm_node_at *fg_site_pool_node(const struct fg_site *site, const char *pool_name);

/* A task of ours has those devices (+1), or has them no more (-1). */
void fg_slurm_hold(struct fg_slurm_node_at *node, uint32_t devices, int by);
uint32_t fg_slurm_held(const struct fg_slurm_node_at *node);

struct fg_slurm_task *fg_slurm_task_find(struct fg_engine *engine, struct fg_task_key key);
struct fg_slurm_task *fg_slurm_task_add(struct fg_engine *engine, struct fg_task_key key);
void fg_slurm_task_remove(struct fg_engine *engine, struct fg_slurm_task *task);

struct fg_room *fg_room_new(struct fg_engine *engine, const char *supplier, uint32_t couriers);
void fg_room_name(struct fg_engine *engine, struct fg_room *room, const char *name);
struct fg_room *fg_room_find(const struct fg_engine *engine, const char *name);
void fg_room_remove(struct fg_engine *engine, struct fg_room *room);

void fg_attempt_remove(struct fg_engine *engine, struct fg_attempt *attempt);

void fg_slurm_push(struct fg_engine *engine, const struct fg_engine_event *event);
void fg_slurm_push_news(struct fg_engine *engine, const struct fg_engine_news *news);

/* -- ask.c: from starts to rooms -- */
int fg_slurm_ask(struct fg_engine *engine,
                 const struct fg_task_start *start,
                 struct fg_err *err);
/* All its tasks are asked for and the cluster was looked at: go on; else nothing happens. */
void fg_slurm_resolve(struct fg_engine *engine, struct fg_attempt *attempt);
/* Find it a room, or ask for one. */
void fg_slurm_find_room(struct fg_engine *engine, struct fg_attempt *attempt);
/* Submit the rooms that are wanted, equal ones as one array. */
void fg_slurm_submit_wanted(struct fg_engine *engine);
/* None of its tasks was sent: all are told as `kind`. */
void fg_slurm_withdraw(struct fg_engine *engine,
                       struct fg_attempt *attempt,
                       enum fg_engine_event_kind kind,
                       const char *reason);

/* -- bind.c: what couriers tell, tasks into rooms -- */
void fg_slurm_hear(struct fg_engine *engine); /* all events of the link */
void fg_slurm_bind_ready(struct fg_engine *engine);
/* The task is over: count it, and tell. */
void fg_slurm_over(struct fg_engine *engine,
                   struct fg_slurm_task *task,
                   const struct fg_engine_event *event);
/* A task with this grace (0: the service's) runs there. */
void fg_room_grace(const struct fg_engine *engine, struct fg_room *room, int64_t grace_us);
void fg_room_dismiss(struct fg_engine *engine, struct fg_room *room);
void fg_room_is_free(struct fg_engine *engine, struct fg_room *room);

/* -- remember.c: what was there before we were started -- */
void fg_slurm_remember(struct fg_engine *engine);
/* The task was sent to a courier there: ask the link.  False: nobody knows. */
bool fg_slurm_remember_task(struct fg_engine *engine,
                            const struct fg_task_at *at,
                            const struct fg_journal_line *line);
/* No more tasks are remembered: rooms where none is are free. */
void fg_slurm_remembered(struct fg_engine *engine);

/* -- errand.c: looking for couriers that are silent -- */
void fg_slurm_run_errands(struct fg_engine *engine);
/* Its courier has left: what was to be found there was told. */
void fg_slurm_errand_is_over(const struct fg_engine *engine, const struct fg_room *errand);
/* Somebody is on the way to one of its nodes, or there and not done. */
bool fg_slurm_is_looked_for(const struct fg_engine *engine, const struct fg_room *room);

/* -- reconcile.c: what clusters report -- */
void fg_slurm_take_reports(struct fg_engine *engine, struct fg_site *site);
/* Its room came to nothing: another one, or the end of the attempt. */
void fg_room_failed(struct fg_engine *engine, struct fg_room *room, const char *reason);

/* -- power.c -- */
/* That courier has read that device. */
void fg_slurm_power_read(struct fg_slurm_node_at *node,
                         uint32_t device,
                         const struct fg_link_courier *courier);
void fg_slurm_power_told(struct fg_engine *engine, const struct fg_link_event *event);
int fg_slurm_power_limits(struct fg_engine *engine,
                          const struct fg_node_spec *node,
                          uint32_t device,
                          struct fg_power_limits *out,
                          struct fg_err *err);
void fg_slurm_set_power_cap(struct fg_engine *engine,
                            const struct fg_node_spec *node,
                            uint32_t device,
                            int64_t cap_mw);

void fg_slurm_set_node_power(struct fg_engine *engine,
                             const struct fg_node_spec *node,
                             bool on);

/* -- tick.c -- */
void fg_slurm_tick(struct fg_engine *engine);

/* -- tell.c: news -- */
void fg_site_tell_nodes(struct fg_engine *engine,
                        struct fg_site *site,
                        const struct fg_look_result *look);
void fg_site_tell(struct fg_engine *engine,
                  struct fg_site *site,
                  const struct fg_report *report);
/* Slurm did not switch a node: its state again, with Slurm's words. */
void fg_site_tell_power(struct fg_engine *engine,
                        const struct fg_site *site,
                        const struct fg_report *report);
void fg_site_forget_nodes(struct fg_engine *engine, struct fg_site *site, bool tell);

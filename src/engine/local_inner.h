/* local_inner.h - the inside of the local engine, shared by local.c, local_events.c and local_start.c. */
#pragma once

#include "engine/affinity.h"
#include "engine/caps.h"
#include "engine/job_path.h"
#include "engine/launch_link.h"
#include "engine/local.h"
#include "engine/sampler.h"
#include "engine/self_check.h"
#include "engine/spare.h"
#include "engine/sweeper.h"
#include "engine/task_table.h"
#include "probe/probe.h"

struct fg_engine {
    char data_dir[FG_PATH_MAX]; /* absolute */
    struct fg_config config;
    struct fg_device_spec declared[FG_NODE_DEVICES_MAX];
    size_t declared_len;
    char job_user[FG_NAME_MAX];
    char site[FG_NAME_MAX];
    char lease[FG_PATH_MAX]; /* "": tasks outlive us */
    int lock;                /* DATA/engine.lock, held */
    struct fg_cgroup_site cgroups;
    struct fg_launch_link link;
    struct fg_sweeper *sweeper;
    struct fg_spare spare;
    struct fg_task_table *table;
    struct fg_probe *probe; /* NULL: no driver of accelerators here */
    struct fg_caps *caps;
    struct fg_self_check *self_check; /* NULL: not wanted */
    struct fg_sampler *sampler;
    struct fg_affinity *affinity;
    struct fg_arena *arena; /* of one start */
    int epoll, wake, timer;
    bool timer_on, socket_waits;   /* socket_waits: told when it takes more */
    struct fg_engine_event *queue; /* ring */
    size_t queue_at, queue_len, queue_room;
    char isolation[FG_TEXT_MAX * 2];
};

/* local_start.c */
int fg_local_start(struct fg_engine *engine,
                   const struct fg_task_start *start,
                   struct fg_err *err);

/* local_events.c */
int fg_local_events_init(struct fg_engine *engine, struct fg_err *err);
void fg_local_events_fini(struct fg_engine *engine);
int fg_local_next_event(struct fg_engine *engine, struct fg_engine_event *out);
/* Find out how a task of unknown state stands, and report or watch it. */
void fg_local_look(struct fg_engine *engine, struct fg_task_entry *entry);
/* Something is under way: look at it again in a second if nothing is heard. */
void fg_local_arm_timer(struct fg_engine *engine);
/* Be told when the launcher takes more, if something waits for that. */
void fg_local_watch_socket(struct fg_engine *engine);

/* The exit record's bytes.  False: there is none. */
bool fg_local_read_record(const char *data_dir, struct fg_task_key key, struct fg_buf *out);

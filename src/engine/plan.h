/* plan.h - all that a supervisor must know to run one task, and its form on the wire.
 *
 *     engine --plan_build.c--> PLAN --bytes--> launcher --fork--> supervisor
 *
 * The bytes go through a socket and stay in memory: environment values never reach a file or an argv.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "engine/engine.h"

#define FG_PLAN_LIST_MAX 65536 /* items of one list */

struct fg_plan_list {
    const char **items;
    uint32_t len;
};

struct fg_plan {
    struct fg_task_key key;
    uint32_t tasks;
    uint32_t cpu_milli;    /* weight among the tasks; 0: none */
    uint64_t mem_mib;      /* limit; 0: none */
    uint32_t devices;      /* how many accelerators it was given */
    uint32_t gpu_milli;    /* of each */
    int64_t time_limit_us; /* 0: none */
    int64_t grace_us;
    int64_t log_bytes_max; /* per stream */
    int64_t log_rotate_bytes;
    int64_t stage_bytes_max; /* what a work folder may unpack to */
    uint64_t spare;          /* begin with this folder of spare.h; 0: none */
    int64_t uid, gid;        /* run the program as these; -1: as we are */
    const char *user;        /* their name, for supplementary groups; "" */
    const char *run, *setup, *cwd, *workdir_hash;
    const char *cpus; /* cores to bind to, "0-3,8"; "": all */
    const char *
        lease; /* file of lease.h: the task ends with its lease, and with the engine; "": it outlives the engine */
    const char *mps_device; /* share this NVIDIA device through MPS; "": no */
    struct fg_plan_list argv;
    struct fg_plan_list envs;    /* "KEY=VALUE", complete */
    struct fg_plan_list inputs;  /* path, hash, path, hash ... */
    struct fg_plan_list outputs; /* patterns */
    struct fg_plan_list fetches; /* path, URL, hash or "", path, ... : see remote.h */
    const char *outputs_to;      /* URL; "": outputs are kept here */
    const char *site;         /* what measures of links call this machine; "": its host name */
    int64_t cache_bytes_max;  /* of what was fetched and has a hash */
    int64_t transfer_limit;   /* bytes a second; 0 none */
    struct fg_plan_list deny; /* device nodes to refuse, "c 195:0" */
};

/* Append the plan. */
void fg_plan_write(struct fg_buf *out, const struct fg_plan *plan);

/* Read it back: strings point into `bytes`, lists are in `arena`.  The reader trusts nothing: in a
 * privileged launcher the bytes come from a less privileged daemon.  0, or FG_EINVAL. */
[[nodiscard]] int fg_plan_read(const char *bytes,
                               size_t len,
                               struct fg_arena *arena,
                               struct fg_plan *out);

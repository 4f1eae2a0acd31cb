/* local_start.c - from a grant to a plan, and on to the launcher. */
#include "engine/local_inner.h"

#include "base/text.h"
#include "engine/env.h"
#include "engine/mps.h"
#include "engine/task_lock.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct account {
    char name[FG_NAME_MAX];
    char home[FG_PATH_MAX];
    int64_t uid, gid; /* -1: the program runs as we do */
};

static int find_account(const char *name, uid_t uid, struct account *out, struct fg_err *err)
{
    char text[8192];
    struct passwd entry, *found = NULL;
    int rc = name ? getpwnam_r(name, &entry, text, sizeof(text), &found)
                  : getpwuid_r(uid, &entry, text, sizeof(text), &found);
    if (rc != 0 || !found)
        return name ? fg_fail(err, FG_EBACKEND, "user %s: not known on this machine", name)
                    : fg_fail(err, FG_EBACKEND, "user %ld: not known on this machine",
                              (long)uid);
    *out = (struct account){.uid = found->pw_uid, .gid = found->pw_gid};
    if (!fg_copy(out->name, sizeof(out->name), found->pw_name)
        || !fg_copy(out->home, sizeof(out->home), found->pw_dir))
        return fg_fail(err, FG_EBACKEND, "user %s: name or home is too long", found->pw_name);
    return 0;
}

/* As whom the program runs.  Only root can choose: the configured user first, else the submitter if it is
 * a local account (by number, or by name), else root itself: an administrator made the token of such a name. */
static int choose_account(const struct fg_engine *engine,
                          const struct fg_task_start *start,
                          struct account *out,
                          struct fg_err *err)
{
    bool root = geteuid() == 0;
    if (root && engine->job_user[0])
        return find_account(engine->job_user, 0, out, err);
    if (root && start->uid > 0)
        return find_account(NULL, (uid_t)start->uid, out, err);
    if (root && strncmp(start->user, "uid-", 4) == 0)
        return fg_fail(err, FG_EBACKEND, "user %s: has no account on this machine",
                       start->user);
    if (root && start->uid < 0 && find_account(start->user, 0, out, NULL) == 0 && out->uid > 0)
        return 0;
    if (find_account(NULL, geteuid(), out, NULL) < 0)
        *out = (struct account){.name = "nobody", .home = "/"};
    out->uid = out->gid = -1;
    return 0;
}

static const char *const *pairs_of(struct fg_arena *arena, const struct fg_job_spec *spec)
{
    const char **items = FG_NEW(arena, const char *, spec->inputs_len * 2 + 1);
    for (size_t i = 0; i < spec->inputs_len; i++) {
        items[2 * i] = spec->inputs[i].path;
        items[2 * i + 1] = spec->inputs[i].hash;
    }
    return items;
}

static const char *const *triples_of(struct fg_arena *arena, const struct fg_job_spec *spec)
{
    const char **items = FG_NEW(arena, const char *, spec->fetches_len * 3 + 1);
    for (size_t i = 0; i < spec->fetches_len; i++) {
        items[3 * i] = spec->fetches[i].path;
        items[3 * i + 1] = spec->fetches[i].url;
        items[3 * i + 2] = spec->fetches[i].hash;
    }
    return items;
}

static struct fg_plan_list list_of(const char *const *items, size_t len)
{
    return (struct fg_plan_list){.items = (const char **)(uintptr_t)items,
                                 .len = (uint32_t)len};
}

/* The device that this task shares through MPS, or "". */
static const char *shared_by_mps(const struct fg_task_start *start)
{
    if (start->grant.gpu_milli >= 1000)
        return "";
    for (uint32_t i = 0; i < start->node->devices_len; i++)
        if ((start->grant.devices >> i & 1) && start->node->devices[i].share == FG_SHARE_MPS)
            return start->node->devices[i].id;
    return "";
}

/* NVIDIA device nodes of what was not granted. */
static struct fg_plan_list denied(struct fg_engine *engine, const struct fg_task_start *start)
{
    const struct fg_node_spec *node = start->node;
    struct fg_plan_list list = {
        .items = FG_NEW(engine->arena, const char *, node->devices_len + 1UL)};
    for (uint32_t i = 0; i < node->devices_len && engine->probe; i++) {
        int minor = start->grant.devices >> i & 1
                        ? -1
                        : fg_probe_minor(engine->probe, node->devices[i].id);
        if (minor >= 0)
            list.items[list.len++] = fg_arena_printf(engine->arena, "c 195:%d", minor);
    }
    return list;
}

static void fill_environment(struct fg_engine *engine,
                             const struct fg_task_start *start,
                             const struct account *account,
                             struct fg_plan *plan)
{
    char dir[FG_PATH_MAX], job[FG_PATH_MAX], pipe[FG_PATH_MAX] = "";
    struct fg_arena *arena = engine->arena;
    fg_task_dir(engine->data_dir, start->key, dir);
    fg_job_dir(engine->data_dir, start->key.job, job);
    if (plan->mps_device[0])
        fg_mps_pipe_dir(engine->data_dir, plan->mps_device, pipe);
    struct fg_env_paths paths = {
        .home = account->home,
        .user = account->name,
        .work = plan->cwd[0] ? plan->cwd : fg_arena_printf(arena, "%s/work", dir),
        .tmp = fg_arena_printf(arena, "%s/work", dir),
        .checkpoint = fg_arena_printf(arena, "%s/checkpoint", job),
        .mps_pipe = pipe,
        .run_mark =
            fg_arena_printf(arena, "%s/%" PRIu64 ".%" PRIu32 ".%" PRIu32, engine->cgroups.mark,
                            start->key.job, start->key.attempt, start->key.task),
    };
    fg_env_build(&plan->envs, arena, start, &paths);
}

static void fill_plan(struct fg_engine *engine,
                      const struct fg_task_start *start,
                      const struct account *account,
                      struct fg_plan *plan)
{
    const struct fg_job_spec *spec = start->spec;
    const struct fg_config *config = &engine->config;
    *plan = (struct fg_plan){
        .key = start->key,
        .tasks = start->tasks,
        .cpu_milli =
            start->grant.cpu_milli < start->node->cpu_milli ? start->grant.cpu_milli : 0,
        .mem_mib = start->grant.mem_mib,
        .devices = (uint32_t)__builtin_popcount(start->grant.devices),
        .gpu_milli = start->grant.gpu_milli,
        .time_limit_us = spec->time_limit_us,
        .grace_us = spec->grace_us > 0 ? spec->grace_us : config->stop_grace_s * 1000000,
        .log_bytes_max = config->log_bytes_max,
        .log_rotate_bytes = config->log_rotate_bytes,
        .stage_bytes_max = config->artifact_bytes_max,
        .uid = account->uid,
        .gid = account->gid,
        .user = account->name,
        .run = spec->run,
        .setup = spec->setup,
        .cwd = spec->cwd,
        .workdir_hash = spec->workdir_hash,
        .cpus = "",
        .lease = engine->lease,
        .mps_device = shared_by_mps(start),
        .argv = list_of(spec->argv, spec->argv_len),
        .inputs = list_of(pairs_of(engine->arena, spec), spec->inputs_len * 2),
        .outputs = list_of(spec->outputs, spec->outputs_len),
        .fetches = list_of(triples_of(engine->arena, spec), spec->fetches_len * 3),
        .outputs_to = spec->outputs_to,
        .site = start->node->site,
        .cache_bytes_max = config->input_cache_bytes,
        .transfer_limit = config->transfer_limit_bytes,
        .deny = denied(engine, start),
    };
    /* Absent texts may be NULL in a spec that was not parsed. */
    const char **texts[] = {&plan->run, &plan->setup, &plan->cwd, &plan->workdir_hash,
                            &plan->outputs_to};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!*texts[i])
            *texts[i] = "";
    fill_environment(engine, start, account, plan);
}

static struct fg_task_entry *add_entry(struct fg_engine *engine,
                                       const struct fg_task_start *start)
{
    struct fg_task_entry *entry = fg_task_table_add(engine->table, start->key);
    entry->devices = start->grant.devices;
    entry->gpu_milli = start->grant.gpu_milli;
    fg_local_arm_timer(engine);
    return entry;
}

/* Sending failed.  If the launcher died just now it may have got the message: the lock decides. */
static int recover(struct fg_engine *engine, const struct fg_task_start *start, int rc)
{
    char dir[FG_PATH_MAX];
    if (fg_task_dir(engine->data_dir, start->key, dir) < 0 || fg_task_lock_fence(dir) != 0)
        return rc;
    fg_local_look(engine, add_entry(engine, start));
    return 0;
}

int fg_local_start(struct fg_engine *engine,
                   const struct fg_task_start *start,
                   struct fg_err *err)
{
    struct account account;
    struct fg_plan plan;
    struct fg_affinity_cores cores = {};
    if (fg_task_table_find(engine->table, start->key))
        return 0;
    int rc = choose_account(engine, start, &account, err);
    if (rc < 0)
        return rc;
    fg_arena_reset(engine->arena);
    fill_plan(engine, start, &account, &plan);
    bool single = start->key.attempt == 1 && start->tasks == 1 && account.uid < 0;
    if (single)
        plan.spare = fg_spare_take(&engine->spare);
    fg_affinity_pick(engine->affinity, start, &cores);
    plan.cpus = cores.text;
    struct fg_launch_message message = {.kind = FG_LAUNCH_START, .key = start->key};
    rc = fg_launch_link_send(&engine->link, &message, &plan, err);
    if (rc < 0) {
        fg_affinity_release(engine->affinity, &cores);
        return recover(engine, start, rc);
    }
    struct fg_task_entry *entry = add_entry(engine, start);
    entry->cores = cores;
    entry->single = single;
    fg_local_watch_socket(engine);
    return 0;
}

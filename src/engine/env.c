/* env.c - see env.h */
#include "engine/env.h"

#include "engine/launch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of ours: the rest, variables of devices included. */
#define OWN_MAX    (96 + 2 * FG_NODE_DEVICES_MAX)
#define PORT_FIRST 20000
#define PORT_COUNT 12000 /* below the range from which the kernel takes local ports */

struct build {
    struct fg_plan_list *out;
    struct fg_arena *arena;
    uint32_t room;
};

static bool same_key(const char *entry, const char *key, size_t len)
{
    return strncmp(entry, key, len) == 0 && entry[len] == '=';
}

/* Set it, whether or not it is there. */
static void put(struct build *build, const char *key, const char *value)
{
    size_t len = strlen(key);
    const char *entry = fg_arena_printf(build->arena, "%s=%s", key, value);
    for (uint32_t i = 0; i < build->out->len; i++)
        if (same_key(build->out->items[i], key, len)) {
            build->out->items[i] = entry;
            return;
        }
    assert(build->out->len < build->room);
    build->out->items[build->out->len++] = entry;
}

static void put_number(struct build *build, const char *key, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    put(build, key, text);
}

/* The same number under the name that frameworks read and under ours. */
static void put_twins(struct build *build, const char *key, uint64_t value)
{
    char own[64];
    snprintf(own, sizeof(own), "FASTGPU_%s", key);
    put_number(build, key, value);
    put_number(build, own, value);
}

static void put_base(struct build *build, const struct fg_env_paths *paths)
{
    const char *lang = getenv("LANG");
    put(build, "PATH", "/usr/local/bin:/usr/bin:/bin");
    put(build, "HOME", paths->home);
    put(build, "USER", paths->user);
    put(build, "LOGNAME", paths->user);
    put(build, "LANG", lang && *lang ? lang : "C.UTF-8");
    put(build, "TMPDIR", paths->tmp);
}

static void put_launch(struct build *build, const struct fg_task_start *start)
{
    struct fg_launch launch = fg_launch_of(start);
    put(build, "MASTER_ADDR", launch.master);
    put(build, "FASTGPU_MASTER_ADDR", launch.master);
    /* Derived, so that all tasks agree without talking; jobs that run together have near ids and so
     * different ports. */
    put_twins(build, "MASTER_PORT",
              PORT_FIRST + (start->key.job * 7 + start->key.attempt) % PORT_COUNT);
    put_twins(build, "WORLD_SIZE", start->tasks);
    put_twins(build, "RANK", start->key.task);
    put_twins(build, "LOCAL_RANK", launch.local_rank);
    put_twins(build, "LOCAL_WORLD_SIZE", launch.local_size);
    put_twins(build, "NODE_RANK", launch.node_rank);
    put_twins(build, "NNODES", launch.nodes);
    uint32_t cores = (start->grant.cpu_milli + 999) / 1000;
    put_number(build, "OMP_NUM_THREADS", cores ? cores : 1);
}

static void put_fastgpu(struct build *build,
                        const struct fg_task_start *start,
                        const struct fg_env_paths *paths)
{
    put_number(build, "FASTGPU_JOB_ID", start->key.job);
    put_number(build, "FASTGPU_ATTEMPT", start->key.attempt);
    put_number(build, "FASTGPU_TASK", start->key.task);
    put_number(build, "FASTGPU_TASKS", start->tasks);
    put(build, "FASTGPU_PROJECT", start->project ? start->project : "");
    put(build, "FASTGPU_SUBMITTER", start->user ? start->user : "");
    put(build, "FASTGPU_NODE", start->node->name);
    put(build, "FASTGPU_WORK_DIR", paths->work);
    put(build, "FASTGPU_CHECKPOINT_DIR", paths->checkpoint);
    if (start->array_id != 0) {
        put_number(build, "FASTGPU_ARRAY_ID", start->array_id);
        put_number(build, "FASTGPU_ARRAY_INDEX", start->array_index);
    }
}

/* Ids of the granted devices that this variable exposes, "id,id"; "" if none. */
static const char *granted_ids(struct build *build,
                               const struct fg_task_start *start,
                               const char *variable)
{
    const char *list = "";
    for (uint32_t i = 0; i < start->node->devices_len; i++) {
        const struct fg_device_spec *device = &start->node->devices[i];
        if ((start->grant.devices >> i & 1) && strcmp(device->expose, variable) == 0)
            list = fg_arena_printf(build->arena, "%s%s%s", list, *list ? "," : "", device->id);
    }
    return list;
}

/* Every exposing variable that is known on the node is set: an empty one hides all. */
static void put_devices(struct build *build, const struct fg_task_start *start)
{
    /* Known even where no device is: what a driver sees later than we did is not granted either. */
    put(build, "CUDA_VISIBLE_DEVICES", "");
    put(build, "NVIDIA_VISIBLE_DEVICES", "void");
    /* One of these filters what the other leaves: an empty one would hide what the other grants. */
    if (!*granted_ids(build, start, "ROCR_VISIBLE_DEVICES"))
        put(build, "HIP_VISIBLE_DEVICES", "");
    if (!*granted_ids(build, start, "HIP_VISIBLE_DEVICES"))
        put(build, "ROCR_VISIBLE_DEVICES", "");
    const char *kinds = "";
    for (uint32_t i = 0; i < start->node->devices_len; i++) {
        const struct fg_device_spec *device = &start->node->devices[i];
        if (device->expose[0])
            put(build, device->expose, granted_ids(build, start, device->expose));
        if (start->grant.devices >> i & 1)
            kinds =
                fg_arena_printf(build->arena, "%s%s%s", kinds, *kinds ? "," : "", device->id);
    }
    const char *cuda = granted_ids(build, start, "CUDA_VISIBLE_DEVICES");
    if (*cuda)
        put(build, "NVIDIA_VISIBLE_DEVICES", cuda);
    /* CUDA counts devices as the driver lists them, not by speed. */
    put(build, "CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    put(build, "FASTGPU_DEVICES", kinds);
}

static const struct fg_device_spec *first_granted(const struct fg_task_start *start)
{
    for (uint32_t i = 0; i < start->node->devices_len; i++)
        if (start->grant.devices >> i & 1)
            return &start->node->devices[i];
    return NULL;
}

/* How a share of a device is kept to its size. */
static void put_share(struct build *build,
                      const struct fg_task_start *start,
                      const struct fg_env_paths *paths)
{
    const struct fg_device_spec *device = first_granted(start);
    uint32_t milli = start->grant.gpu_milli;
    if (!device)
        return;
    put_number(build, "FASTGPU_GPU_MILLI", milli);
    if (milli >= 1000)
        return;
    if (paths->mps_pipe[0] == '\0') {
        put(build, "FASTGPU_SHARE_MODE", device->share == FG_SHARE_MIG ? "mig" : "advisory");
        return;
    }
    put(build, "FASTGPU_SHARE_MODE", "mps");
    put(build, "CUDA_MPS_PIPE_DIRECTORY", paths->mps_pipe);
    put_number(build, "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", milli < 10 ? 1 : milli / 10);
    if (device->mem_mib > 0) {
        char limit[64];
        /* The server shows its one device as number 0. */
        snprintf(limit, sizeof(limit), "0=%" PRIu64 "M",
                 (uint64_t)device->mem_mib * milli / 1000);
        put(build, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", limit);
    }
}

void fg_env_build(struct fg_plan_list *out,
                  struct fg_arena *arena,
                  const struct fg_task_start *start,
                  const struct fg_env_paths *paths)
{
    const struct fg_job_spec *spec = start->spec;
    uint32_t room = OWN_MAX + (uint32_t)spec->envs_len;
    *out = (struct fg_plan_list){.items = FG_NEW(arena, const char *, room + 1UL)};
    struct build build = {.out = out, .arena = arena, .room = room};
    put_base(&build, paths);
    put_launch(&build, start);
    for (size_t i = 0; i < spec->envs_len; i++)
        put(&build, spec->envs[i].key, spec->envs[i].value);
    put_fastgpu(&build, start, paths);
    put_devices(&build, start);
    put_share(&build, start, paths);
    put(&build, "FASTGPU_RUN", paths->run_mark);
}

/* plan.c - see plan.h
 *
 * One list of the fields serves both directions, so that they cannot differ.
 */
#include "engine/plan.h"

#include <string.h>

struct codec {
    struct fg_buf *out;     /* writing, or NULL */
    const char *at, *end;   /* reading */
    struct fg_arena *arena; /* reading */
    bool bad;
};

static void number(struct codec *codec, void *value, size_t size)
{
    if (codec->out) {
        fg_buf_add(codec->out, value, size);
    } else if ((size_t)(codec->end - codec->at) < size) {
        codec->bad = true;
        codec->at = codec->end;
    } else {
        memcpy(value, codec->at, size);
        codec->at += size;
    }
}

static void text(struct codec *codec, const char **value)
{
    uint32_t len = codec->out ? (uint32_t)strlen(*value) : 0;
    number(codec, &len, sizeof(len));
    if (codec->out) {
        fg_buf_add(codec->out, *value, len + 1UL);
        return;
    }
    *value = "";
    if (codec->bad || (size_t)(codec->end - codec->at) < len + 1UL || codec->at[len] != '\0'
        || memchr(codec->at, '\0', len)) {
        codec->bad = true;
        return;
    }
    *value = codec->at;
    codec->at += len + 1UL;
}

static void list(struct codec *codec, struct fg_plan_list *value)
{
    number(codec, &value->len, sizeof(value->len));
    if (!codec->out) {
        if (codec->bad || value->len > FG_PLAN_LIST_MAX) {
            codec->bad = true;
            value->len = 0;
        }
        /* One more, so that a list can be given to execve() as it is. */
        value->items = FG_NEW(codec->arena, const char *, value->len + 1UL);
    }
    for (uint32_t i = 0; i < value->len; i++)
        text(codec, &value->items[i]);
}

#define NUMBER(field) number(codec, &plan->field, sizeof(plan->field))

static void walk(struct codec *codec, struct fg_plan *plan)
{
    NUMBER(key.job);
    NUMBER(key.attempt);
    NUMBER(key.task);
    NUMBER(tasks);
    NUMBER(cpu_milli);
    NUMBER(mem_mib);
    NUMBER(devices);
    NUMBER(gpu_milli);
    NUMBER(time_limit_us);
    NUMBER(grace_us);
    NUMBER(log_bytes_max);
    NUMBER(log_rotate_bytes);
    NUMBER(stage_bytes_max);
    NUMBER(spare);
    NUMBER(uid);
    NUMBER(gid);
    text(codec, &plan->user);
    text(codec, &plan->run);
    text(codec, &plan->setup);
    text(codec, &plan->cwd);
    text(codec, &plan->workdir_hash);
    text(codec, &plan->cpus);
    text(codec, &plan->lease);
    text(codec, &plan->mps_device);
    text(codec, &plan->outputs_to);
    text(codec, &plan->site);
    NUMBER(cache_bytes_max);
    NUMBER(transfer_limit);
    list(codec, &plan->argv);
    list(codec, &plan->envs);
    list(codec, &plan->inputs);
    list(codec, &plan->outputs);
    list(codec, &plan->fetches);
    list(codec, &plan->deny);
}

void fg_plan_write(struct fg_buf *out, const struct fg_plan *plan)
{
    struct fg_plan copy = *plan;
    walk(&(struct codec){.out = out}, &copy);
}

int fg_plan_read(const char *bytes, size_t len, struct fg_arena *arena, struct fg_plan *out)
{
    struct fg_plan plan = {};
    struct codec codec = {.at = bytes, .end = bytes + len, .arena = arena};
    walk(&codec, &plan);
    if (codec.bad || codec.at != codec.end || plan.key.job == 0 || plan.inputs.len % 2 != 0
        || plan.fetches.len % 3 != 0 || (plan.argv.len == 0 && plan.run[0] == '\0'))
        return FG_EINVAL;
    *out = plan;
    return 0;
}

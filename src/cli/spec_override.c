/* spec_override.c - options in place of what the job file says; see spec.h
 *
 * Each option is one member of a job file.  It is written as a small file of its own, read by the same
 * parser (so the same rules and messages), and the one field is taken over.
 */
#include "cli/spec.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/text.h"
#include "model/job_file.h"

#include <assert.h>
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 300

/* Which fields of the spec a member fills. */
struct member {
    const char *name;
    size_t offset, size;
};

#define FIELD(name, field)                                                                     \
    {                                                                                          \
        name, offsetof(struct fg_job_spec, field), sizeof(((struct fg_job_spec *)0)->field)    \
    }
static const struct member members[] = {
    FIELD("name", name),
    FIELD("project", project),
    FIELD("run", run),
    FIELD("setup", setup),
    FIELD("cwd", cwd),
    FIELD("workdir", workdir),
    FIELD("workdir_hash", workdir_hash),
    FIELD("tasks", tasks),
    FIELD("num_nodes", tasks),
    FIELD("tasks_min", tasks_min),
    FIELD("min_nodes", tasks_min),
    FIELD("priority", priority),
    FIELD("deadline", deadline_us),
    FIELD("begin", begin_us),
    FIELD("time_limit", time_limit_us),
    FIELD("duration", duration_us),
    FIELD("flexible", flexible),
    FIELD("flexible", flexible_until_us),
    FIELD("grace", grace_us),
    FIELD("retries", retries),
    FIELD("retry_backoff", retry_backoff_us),
    FIELD("preemptible", preemptible),
    FIELD("reservation", reservation),
    FIELD("checkpoint", checkpoint_us),
    FIELD("checkpoint", restart_us),
    FIELD("checkpoint_us", checkpoint_us),
    FIELD("restart_us", restart_us),
    FIELD("array", array_first),
    FIELD("array", array_last),
    FIELD("array", array_step),
    FIELD("argv", argv),
    FIELD("argv", argv_len),
    FIELD("envs", envs),
    FIELD("envs", envs_len),
    FIELD("labels", labels),
    FIELD("labels", labels_len),
    FIELD("inputs", inputs),
    FIELD("inputs", inputs_len),
    FIELD("inputs", fetches),
    FIELD("inputs", fetches_len),
    FIELD("outputs", outputs),
    FIELD("outputs", outputs_len),
    FIELD("outputs_to", outputs_to),
    FIELD("after", after),
    FIELD("after", after_len),
    FIELD("resources", any_of),
    FIELD("resources", any_of_len),
    FIELD("any_of", any_of),
    FIELD("any_of", any_of_len),
    FIELD("throughput", any_of),
    FIELD("throughput", any_of_len),
    FIELD("compute_density", compute_density),
    FIELD("time_sensitivity", time_sensitivity),
    FIELD("memory_need", memory_need),
    FIELD("idempotency_key", idempotency_key),
};
#undef FIELD
#define MEMBERS_LEN (sizeof(members) / sizeof(members[0]))

/* Options with a name of their own; `quote`: the value is text as it stands, not YAML. */
static const struct {
    const char *option, *key;
    bool quote;
} options[] = {
    {"name", "name", true},
    {"project", "project", true},
    {"gpus", "resources.accelerators", true},
    {"gpu-memory", "resources.gpu_memory", false},
    {"cpus", "resources.cpus", false},
    {"memory", "resources.memory", false},
    {"suppliers", "resources.suppliers", true},
    {"region", "resources.region", true},
    {"max-price", "resources.max_price", false},
    {"spread", "resources.spread", true},
    {"tasks", "tasks", false},
    {"time-limit", "time_limit", true},
    {"duration", "duration", true},
    {"flexible", "flexible", false},
    {"reservation", "reservation", true},
    {"checkpoint", "checkpoint", true},
    {"deadline", "deadline", true},
    {"begin", "begin", true},
    {"priority", "priority", false},
    {"retries", "retries", false},
    {"array", "array", true},
    {"idempotency-key", "idempotency_key", true},
};

static int64_t now_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

/* What the job asks now, as a member of a file: `throughput` is about it. */
static const char *alternatives(const struct fg_job_spec *spec, struct fg_arena *arena)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    fg_buf_puts(&buf, "any_of: [");
    for (size_t i = 0; i < spec->any_of_len; i++) {
        const struct fg_request *at = &spec->any_of[i];
        fg_buf_printf(&buf, "%s{cpu_milli: %u, mem_mib: %llu", i ? ", " : "", at->cpu_milli,
                      (unsigned long long)at->mem_mib);
        if (at->count)
            fg_buf_printf(&buf, ", kind: %s, count: %u, gpu_milli: %u, gpu_mem_mib: %u",
                          at->kind, at->count, at->gpu_milli, at->gpu_mem_mib);
        if (at->suppliers[0])
            fg_buf_printf(&buf, ", suppliers: \"%s\"", at->suppliers);
        if (at->regions[0])
            fg_buf_printf(&buf, ", region: \"%s\"", at->regions);
        if (at->data_site[0])
            fg_buf_printf(&buf, ", data_site: \"%s\"", at->data_site);
        fg_buf_printf(&buf, ", data_mib: %u", at->data_mib);
        fg_buf_printf(&buf, ", max_price_uusd: %lld, spread: %s}",
                      (long long)at->max_price_uusd, at->may_split ? "suppliers" : "none");
    }
    return fg_arena_printf(arena, "%s]\n", buf.text);
}

/* Parse a file of only this member.  `value` is YAML of one line; `out` holds the job as it is so far. */
static int parse_member(const char *what,
                        const char *key,
                        const char *value,
                        struct fg_arena *arena,
                        struct fg_job_spec *out,
                        struct fg_err *err)
{
    const char *dot = strchr(key, '.');
    bool needs_request = strcmp(key, "throughput") == 0;
    bool is_what_runs = strcmp(key, "run") == 0 || strcmp(key, "argv") == 0;
    /* Memory of an accelerator means nothing without one; only the memory is taken over. */
    bool needs_device = strcmp(key, "resources.gpu_memory") == 0;
    const char *run = is_what_runs ? "" : "run: \"true\"\n";
    char *text;
    if (dot)
        text = fg_arena_printf(arena, "%s%.*s: {%s%s: %s}\n", run, (int)(dot - key), key,
                               needs_device ? "accelerators: any, " : "", dot + 1, value);
    else
        text = fg_arena_printf(arena, "%s%s%s: %s\n", run,
                               needs_request ? alternatives(out, arena) : "", key, value);
    struct fg_err inner = {};
    int rc =
        fg_job_file_parse(text, strlen(text), "override.yaml", now_us(), arena, out, &inner);
    if (rc == 0)
        return 0;
    /* "override.yaml:2: tasks: -1, expected ..." -> "--tasks: tasks: -1, ..." */
    const char *reason =
        strncmp(inner.text, "override.yaml:", 14) == 0 ? inner.text + 14 : inner.text;
    reason += strspn(reason, "0123456789");
    reason += *reason == ':';
    reason += strspn(reason, " ");
    return fg_fail(err, rc, "%s: %s", what, reason);
}

static void take_where(const char *name,
                       const struct fg_request *want,
                       struct fg_request *request)
{
    if (strcmp(name, "suppliers") == 0)
        memcpy(request->suppliers, want->suppliers, sizeof(request->suppliers));
    else if (strcmp(name, "region") == 0)
        memcpy(request->regions, want->regions, sizeof(request->regions));
    else if (strcmp(name, "max_price") == 0)
        request->max_price_uusd = want->max_price_uusd;
    else if (strcmp(name, "data") == 0)
        request->data_mib = want->data_mib;
    else if (strcmp(name, "data_site") == 0)
        memcpy(request->data_site, want->data_site, sizeof(request->data_site));
    else
        request->may_split = want->may_split;
}

/* One kind of resource, in every alternative. */
static void take_resource(const char *name,
                          const struct fg_job_spec *from,
                          struct fg_job_spec *spec)
{
    const struct fg_request *want = &from->any_of[0];
    for (size_t i = 0; i < spec->any_of_len; i++) {
        struct fg_request *request = &spec->any_of[i];
        if (strcmp(name, "accelerators") == 0) {
            memcpy(request->kind, want->kind, sizeof(request->kind));
            request->count = want->count;
            request->gpu_milli = want->gpu_milli;
            request->rate_milli = want->rate_milli;
        } else if (strcmp(name, "gpu_memory") == 0) {
            request->gpu_mem_mib = want->gpu_mem_mib;
        } else if (strcmp(name, "cpus") == 0) {
            request->cpu_milli = want->cpu_milli;
        } else if (strcmp(name, "memory") == 0) {
            request->mem_mib = want->mem_mib;
        } else {
            take_where(name, want, request);
        }
    }
}

/* `more` behind `old`, in the arena; a pair with a key of `old` takes its place. */
static void add_pairs(const struct fg_pair **list,
                      size_t *len,
                      const struct fg_pair *more,
                      size_t more_len,
                      struct fg_arena *arena)
{
    struct fg_pair *pairs = FG_NEW(arena, struct fg_pair, *len + more_len);
    size_t count = *len;
    for (size_t i = 0; i < count; i++)
        pairs[i] = (*list)[i];
    for (size_t i = 0; i < more_len; i++) {
        size_t at = 0;
        while (at < count && strcmp(pairs[at].key, more[i].key) != 0)
            at++;
        pairs[at] = more[i];
        count += at == count;
    }
    *list = pairs;
    *len = count;
}

static int no_such_member(const char *key, struct fg_err *err)
{
    const char *names[MEMBERS_LEN];
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        names[i] = members[i].name;
    const char *near = fg_nearest(key, names, MEMBERS_LEN);
    if (near)
        return fg_fail(err, FG_EINVAL, "--set %.60s: no such member, did you mean %s", key,
                       near);
    return fg_fail(err, FG_EINVAL, "--set %.60s: no such member of a job", key);
}

static int take_member(const char *key,
                       const struct fg_job_spec *from,
                       struct fg_arena *arena,
                       struct fg_job_spec *spec,
                       struct fg_err *err)
{
    if (strncmp(key, "resources.", 10) == 0) {
        take_resource(key + 10, from, spec);
        return 0;
    }
    if (strncmp(key, "envs.", 5) == 0) {
        add_pairs(&spec->envs, &spec->envs_len, from->envs, from->envs_len, arena);
        return 0;
    }
    if (strncmp(key, "labels.", 7) == 0) {
        add_pairs(&spec->labels, &spec->labels_len, from->labels, from->labels_len, arena);
        return 0;
    }
    bool found = false;
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        if (strcmp(members[i].name, key) == 0) {
            memcpy((char *)spec + members[i].offset, (const char *)from + members[i].offset,
                   members[i].size);
            found = true;
        }
    if (strcmp(key, "run") == 0)
        spec->argv_len = 0;
    if (strcmp(key, "argv") == 0)
        spec->run = "";
    return found ? 0 : no_such_member(key, err);
}

static bool key_is_known(const char *key)
{
    static const char *const families[] = {"resources.accelerators", "resources.gpu_memory",
                                           "resources.cpus",         "resources.memory",
                                           "resources.suppliers",    "resources.region",
                                           "resources.max_price",    "resources.spread",
                                           "resources.data",         "resources.data_site"};
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        if (strcmp(families[i], key) == 0)
            return true;
    if (strncmp(key, "envs.", 5) == 0 || strncmp(key, "labels.", 7) == 0)
        return true;
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        if (strcmp(members[i].name, key) == 0)
            return true;
    return false;
}

static int apply(const char *what,
                 const char *key,
                 const char *value,
                 struct fg_arena *arena,
                 struct fg_job_spec *spec,
                 struct fg_err *err)
{
    struct fg_job_spec from = *spec;
    if (!key_is_known(key))
        return no_such_member(key, err);
    int rc = parse_member(what, key, value, arena, &from, err);
    return rc < 0 ? rc : take_member(key, &from, arena, spec, err);
}

/* Text as a YAML scalar that is surely text: JSON's form of it. */
static const char *quote(const char *text, struct fg_arena *arena)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_string(&json, text);
    return fg_arena_printf(arena, "%s", buf.text);
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return true;
    return false;
}

/* Split "KEY=VALUE"; false if there is no '='. */
static bool split(const char *text, char *key, const char **value)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || equals - text >= KEY_MAX)
        return false;
    memcpy(key, text, (size_t)(equals - text));
    key[equals - text] = '\0';
    *value = equals + 1;
    return true;
}

static int apply_set(const char *text,
                     struct fg_arena *arena,
                     struct fg_job_spec *spec,
                     struct fg_err *err)
{
    char key[KEY_MAX];
    const char *value;
    if (!split(text, key, &value) || has_control(text))
        return fg_fail(err, FG_EINVAL, "--set: expected KEY=VALUE on one line");
    return apply("--set", key, value, arena, spec, err);
}

static int apply_pair(const char *option,
                      const char *family,
                      const char *text,
                      struct fg_arena *arena,
                      struct fg_job_spec *spec,
                      struct fg_err *err)
{
    char key[KEY_MAX], what[16];
    const char *value;
    snprintf(what, sizeof(what), "--%s", option);
    if (!split(text, key, &value)) {
        bool may_lack = strcmp(option, "env") == 0 && text[0] && strlen(text) < KEY_MAX
                        && !strchr(text, '=');
        value = may_lack ? getenv(text) : NULL;
        if (!may_lack)
            return fg_fail(err, FG_EINVAL, "%s: expected KEY=VALUE", what);
        if (!value)
            return fg_fail(err, FG_EINVAL, "%s %.60s: not set in your environment", what, text);
        fg_copy(key, sizeof(key), text);
    }
    char full[KEY_MAX + 16];
    struct fg_job_spec from;
    snprintf(full, sizeof(full), "%s.", family);
    /* The key may hold dots of its own, so it is quoted too. */
    const char *pair =
        fg_arena_printf(arena, "{%s: %s}", quote(key, arena), quote(value, arena));
    int rc = parse_member(what, family, pair, arena, &from, err);
    return rc < 0 ? rc : take_member(full, &from, arena, spec, err);
}

/* --after and --output add to a list. */
static int apply_list(const struct fg_arg *arg,
                      struct fg_arena *arena,
                      struct fg_job_spec *spec,
                      struct fg_err *err)
{
    struct fg_job_spec from;
    bool is_after = strcmp(arg->opt->name, "after") == 0;
    const char *value = fg_arena_printf(arena, "[%s]", quote(arg->value, arena));
    int rc = parse_member(is_after ? "--after" : "--output", is_after ? "after" : "outputs",
                          value, arena, &from, err);
    if (rc < 0)
        return rc;
    if (is_after) {
        struct fg_after *list =
            FG_NEW(arena, struct fg_after, spec->after_len + from.after_len);
        for (size_t i = 0; i < spec->after_len; i++)
            list[i] = spec->after[i];
        for (size_t i = 0; i < from.after_len; i++)
            list[spec->after_len + i] = from.after[i];
        spec->after = list;
        spec->after_len += from.after_len;
    } else {
        const char **list = FG_NEW(arena, const char *, spec->outputs_len + from.outputs_len);
        for (size_t i = 0; i < spec->outputs_len; i++)
            list[i] = spec->outputs[i];
        for (size_t i = 0; i < from.outputs_len; i++)
            list[spec->outputs_len + i] = from.outputs[i];
        spec->outputs = list;
        spec->outputs_len += from.outputs_len;
    }
    return 0;
}

static int apply_option(const struct fg_arg *arg,
                        struct fg_arena *arena,
                        struct fg_job_spec *spec,
                        struct fg_err *err)
{
    const char *name = arg->opt->name;
    if (strcmp(name, "set") == 0)
        return apply_set(arg->value, arena, spec, err);
    if (strcmp(name, "env") == 0)
        return apply_pair(name, "envs", arg->value, arena, spec, err);
    if (strcmp(name, "label") == 0)
        return apply_pair(name, "labels", arg->value, arena, spec, err);
    if (strcmp(name, "after") == 0 || strcmp(name, "output") == 0)
        return apply_list(arg, arena, spec, err);
    if (strcmp(name, "preemptible") == 0) {
        spec->preemptible = true;
        return 0;
    }
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(options[i].option, name) != 0)
            continue;
        char what[64];
        snprintf(what, sizeof(what), "--%s", name);
        if (has_control(arg->value) || !arg->value[0])
            return fg_fail(err, FG_EINVAL, "%s: expected %s", what, arg->opt->arg);
        bool is_number = arg->value[strspn(arg->value, "0123456789.")] == '\0';
        bool as_text = options[i].quote && !(is_number && strcmp(name, "gpus") == 0);
        const char *value = as_text ? quote(arg->value, arena) : arg->value;
        return apply(what, options[i].key, value, arena, spec, err);
    }
    return 0; /* an option of the command itself */
}

int fg_spec_override(const struct fg_args *args,
                     struct fg_arena *arena,
                     struct fg_job_spec *spec,
                     struct fg_err *err)
{
    struct fg_job_spec changed = *spec;
    for (size_t i = 0; i < args->given_len; i++) {
        int rc = apply_option(&args->given[i], arena, &changed, err);
        if (rc < 0)
            return rc;
    }
    *spec = changed;
    return 0;
}

/* script_option.c - see script_option.h: one row an option, one function a kind of value. */
#include "model/script_option.h"
#include "base/clock.h"
#include "base/doc_read.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum value { NONE, NEEDED, OPTIONAL };

struct option {
    const char *name;
    char letter; /* 0: no short form */
    enum value value;
    int (*take)(struct fg_script *script, const struct option *option, const char *value);
    const char *member; /* what it sets, or why it is refused */
};

static int take_text(struct fg_script *script, const struct option *option, const char *value)
{
    fg_script_add_text(script, script->root, option->member, value);
    return 0;
}

static struct fg_doc *part(struct fg_script *script, struct fg_doc **part, const char *key)
{
    if (!*part)
        *part = fg_script_add(script, script->root, key, FG_DOC_MAP);
    return *part;
}

static int take_label(struct fg_script *script, const struct option *option, const char *value)
{
    fg_script_add_text(script, part(script, &script->labels, "labels"), option->member, value);
    return 0;
}

static int refuse(struct fg_script *script,
                  const struct option *option,
                  [[maybe_unused]] const char *value)
{
    return fg_script_fail(script, "%s", option->member);
}

static int whole(
    struct fg_script *script, const char *text, int64_t min, int64_t max, int64_t *out)
{
    bool minus = text[0] == '-';
    const char *digits = text + minus;
    size_t len = strlen(digits);
    bool good = len > 0 && len <= 12 && strspn(digits, "0123456789") == len;
    int64_t value = good ? strtoll(text, NULL, 10) : 0;
    if (!good || value < min || value > max)
        return fg_script_fail(script, "expected a whole number from %lld to %lld",
                              (long long)min, (long long)max);
    *out = value;
    return 0;
}

/* Slurm: a number alone is minutes. */
static int take_time(struct fg_script *script, const struct option *option, const char *value)
{
    int64_t us;
    if (strcasecmp(value, "UNLIMITED") == 0 || strcasecmp(value, "INFINITE") == 0)
        return 0;
    bool is_minutes = value[strspn(value, "0123456789")] == '\0';
    bool is_clock = value[strspn(value, "0123456789:-")] == '\0';
    if (!is_clock || fg_duration_parse(value, &us) < 0)
        return fg_script_fail(script,
                              "expected minutes, min:sec, h:min:sec, days-h, days-h:min or "
                              "days-h:min:sec");
    us *= is_minutes ? 60 : 1;
    fg_script_add_text(script, script->root, option->member,
                       fg_arena_printf(script->arena, "%lldus", (long long)us));
    return 0;
}

/* "now+1hour" or ISO 8601. */
static int take_moment(struct fg_script *script, const struct option *option, const char *value)
{
    int64_t us;
    bool from_now = strncmp(value, "now", 3) == 0;
    const char *text = from_now ? value[3] == '+' ? value + 4 : "0" : value;
    if (from_now && value[3] && value[3] != '+')
        text = "";
    if (from_now ? fg_duration_parse(text, &us) < 0 : fg_time_parse(text, &us) < 0)
        return fg_script_fail(script, "expected now+2hours, or a time with its zone like "
                                      "2026-11-21T02:36:55Z");
    fg_script_add_text(script, script->root, option->member, text);
    return 0;
}

/* nice 100 is priority -100. */
static int take_nice(struct fg_script *script, const struct option *option, const char *value)
{
    int64_t nice = 100;
    int rc = value ? whole(script, value, -FG_PRIORITY_MAX, FG_PRIORITY_MAX, &nice) : 0;
    if (rc == 0)
        fg_script_add_int(script, script->root, option->member, -nice);
    return rc;
}

static int take_requeue(struct fg_script *script,
                        const struct option *option,
                        [[maybe_unused]] const char *value)
{
    fg_script_add(script, script->root, option->member, FG_DOC_BOOL)->integer =
        strcmp(option->name, "requeue") == 0;
    return 0;
}

/* "[B:]TERM[@seconds]": the pause between TERM and KILL. */
static int take_signal(struct fg_script *script, const struct option *option, const char *value)
{
    static const char *const terms[] = {"TERM", "SIGTERM", "15"};
    if (value[0] && value[1] == ':')
        value += 2;
    size_t len = strcspn(value, "@");
    bool is_term = false;
    for (size_t i = 0; i < 3; i++)
        is_term =
            is_term || (strlen(terms[i]) == len && strncasecmp(value, terms[i], len) == 0);
    if (!is_term)
        return fg_script_fail(script, "the warning is always TERM, expected TERM@seconds");
    int64_t seconds = 60;
    int rc = value[len] ? whole(script, value + len + 1, 0, 65535, &seconds) : 0;
    if (rc == 0)
        fg_script_add_int(script, script->root, option->member, seconds);
    return rc;
}

static int take_array(struct fg_script *script, const struct option *option, const char *value)
{
    if (strchr(value, '%'))
        return fg_script_fail(script,
                              "a limit of elements at once (%%) is not supported, use the "
                              "quota of a project");
    if (strchr(value, ','))
        return fg_script_fail(script,
                              "a list is not supported, expected a range like 0-9 or 0-99:2");
    bool is_one = value[0] && value[strspn(value, "0123456789")] == '\0';
    fg_script_add_text(script, script->root, option->member,
                       is_one ? fg_arena_printf(script->arena, "%s-%s", value, value) : value);
    return 0;
}

/* One of "afterok:12:13", "afterany:14". */
static int take_condition(struct fg_script *script, char *text)
{
    char *ids = strchr(text, ':');
    if (ids)
        *ids++ = '\0';
    bool any = strcmp(text, "afterany") == 0;
    if (!ids || (!any && strcmp(text, "afterok") != 0))
        return fg_script_fail(script, "expected afterok:ID or afterany:ID");
    for (char *id; (id = strsep(&ids, ":"));) {
        if (script->after->len == FG_AFTER_MAX)
            return fg_script_fail(script, "more than %d jobs", FG_AFTER_MAX);
        struct fg_doc *item = fg_script_add(script, script->after, NULL, FG_DOC_MAP);
        fg_script_add_text(script, item, "job", id);
        fg_script_add_text(script, item, "when", any ? "any" : "succeeded");
    }
    return 0;
}

static int take_dependency(struct fg_script *script,
                           const struct option *option,
                           const char *value)
{
    if (strchr(value, '?'))
        return fg_script_fail(script,
                              "\"or\" (?) is not supported, a job waits for all of them");
    if (!script->after)
        script->after = fg_script_add(script, script->root, option->member, FG_DOC_LIST);
    char *rest = fg_arena_printf(script->arena, "%s", value);
    int rc = 0;
    for (char *condition; rc == 0 && (condition = strsep(&rest, ","));)
        rc = take_condition(script, condition);
    return rc;
}

/* NONE, ALL, or K=V,K=V.  A job gets the service's allow-listed environment in any case. */
static int take_export(struct fg_script *script, const struct option *option, const char *value)
{
    char *rest = fg_arena_printf(script->arena, "%s", value);
    for (char *item; (item = strsep(&rest, ","));) {
        char *equals = strchr(item, '=');
        if (!equals && (strcmp(item, "ALL") == 0 || strcmp(item, "NONE") == 0 || !*item))
            continue;
        if (!equals)
            return fg_script_fail(script,
                                  "a variable of your shell is not passed on, give its value: "
                                  "NAME=value");
        *equals = '\0';
        if (script->envs && script->envs->len == FG_ENV_MAX)
            return fg_script_fail(script, "more than %d variables", FG_ENV_MAX);
        fg_script_add_text(script, part(script, &script->envs, option->member), item,
                           equals + 1);
    }
    return 0;
}

static int take_count(struct fg_script *script, const char *value, int64_t max, int64_t *out)
{
    script->ask.line = script->line;
    return whole(script, value, 1, max, out);
}

static int take_nodes(struct fg_script *script,
                      [[maybe_unused]] const struct option *option,
                      const char *value)
{
    return take_count(script, value, FG_TASKS_MAX, &script->ask.nodes);
}

static int take_tasks(struct fg_script *script,
                      [[maybe_unused]] const struct option *option,
                      const char *value)
{
    return take_count(script, value, FG_TASKS_MAX, &script->ask.tasks);
}

static int take_tasks_per_node(struct fg_script *script,
                               [[maybe_unused]] const struct option *option,
                               const char *value)
{
    return take_count(script, value, FG_TASKS_MAX, &script->ask.tasks_per_node);
}

static int take_cpus(struct fg_script *script,
                     [[maybe_unused]] const struct option *option,
                     const char *value)
{
    return take_count(script, value, FG_CPUS_MAX, &script->ask.cpus_per_task);
}

/* "4", "h100:4", "h100": how many and of which kind. */
static int take_kind_count(struct fg_script *script, const char *value, int64_t *out)
{
    const char *colon = strrchr(value, ':');
    const char *count = colon ? colon + 1 : value;
    size_t kind_len = colon ? (size_t)(colon - value) : 0;
    if (!colon && !isdigit((unsigned char)value[0])) {
        kind_len = strlen(value);
        count = "1";
    }
    if (kind_len >= sizeof(script->ask.kind) || memchr(value, ':', kind_len))
        return fg_script_fail(script, "expected COUNT or KIND:COUNT, like h100:4");
    if (kind_len > 0) {
        bool differs = script->ask.kind[0]
                       && (strlen(script->ask.kind) != kind_len
                           || strncasecmp(script->ask.kind, value, kind_len) != 0);
        if (differs)
            return fg_script_fail(script, "a second kind of device, only one is supported");
        memcpy(script->ask.kind, value, kind_len);
        script->ask.kind[kind_len] = '\0';
    }
    return take_count(script, count, (int64_t)FG_NODE_DEVICES_MAX * FG_TASKS_MAX, out);
}

static int take_gres(struct fg_script *script,
                     [[maybe_unused]] const struct option *option,
                     const char *value)
{
    bool is_gpu = strncmp(value, "gpu", 3) == 0 && (value[3] == ':' || value[3] == '\0');
    if (!is_gpu || strchr(value, ','))
        return fg_script_fail(script,
                              "only gpu is supported, expected gpu:COUNT or gpu:KIND:COUNT");
    return take_kind_count(script, value[3] ? value + 4 : "1", &script->ask.gpus_per_node);
}

static int take_gpus(struct fg_script *script,
                     [[maybe_unused]] const struct option *option,
                     const char *value)
{
    return take_kind_count(script, value, &script->ask.gpus);
}

static int take_gpus_per_node(struct fg_script *script,
                              [[maybe_unused]] const struct option *option,
                              const char *value)
{
    return take_kind_count(script, value, &script->ask.gpus_per_node);
}

static int take_gpus_per_task(struct fg_script *script,
                              [[maybe_unused]] const struct option *option,
                              const char *value)
{
    return take_kind_count(script, value, &script->ask.gpus_per_task);
}

/* Slurm's clusters are suppliers here; any of those named, or of all. */
static int take_clusters(struct fg_script *script,
                         [[maybe_unused]] const struct option *option,
                         const char *value)
{
    script->ask.line = script->line;
    script->ask.clusters = strcmp(value, "all") == 0 ? NULL : value;
    return 0;
}

static int take_size(struct fg_script *script, const char *value, int64_t *out)
{
    script->ask.line = script->line;
    if (fg_size_parse(value, 1, out) < 0 || *out < 1 || *out > FG_MEM_GIB_MAX * 1024ll)
        return fg_script_fail(script,
                              "expected a size like 64G, up to %dG (a number alone is MiB)",
                              FG_MEM_GIB_MAX);
    return 0;
}

static int take_mem(struct fg_script *script,
                    [[maybe_unused]] const struct option *option,
                    const char *value)
{
    return take_size(script, value, &script->ask.mem_mib);
}

static int take_mem_per_cpu(struct fg_script *script,
                            [[maybe_unused]] const struct option *option,
                            const char *value)
{
    return take_size(script, value, &script->ask.mem_per_cpu_mib);
}

#define LOGS "the service keeps the output of every task, read it with fastgpu logs ID"

static const struct option options[] = {
    {"job-name", 'J', NEEDED, take_text, "name"},
    {"account", 'A', NEEDED, take_text, "project"},
    {"partition", 'p', NEEDED, take_label, "partition"},
    {"comment", 0, NEEDED, take_label, "comment"},
    {"chdir", 'D', NEEDED, take_text, "cwd"},
    {"time", 't', NEEDED, take_time, "time_limit"},
    {"begin", 'b', NEEDED, take_moment, "begin"},
    {"deadline", 0, NEEDED, take_moment, "deadline"},
    {"nice", 0, OPTIONAL, take_nice, "priority"},
    {"requeue", 0, NONE, take_requeue, "preemptible"},
    {"no-requeue", 0, NONE, take_requeue, "preemptible"},
    {"signal", 0, NEEDED, take_signal, "grace"},
    {"array", 'a', NEEDED, take_array, "array"},
    {"dependency", 'd', NEEDED, take_dependency, "after"},
    {"export", 0, NEEDED, take_export, "envs"},
    {"nodes", 'N', NEEDED, take_nodes, NULL},
    {"ntasks", 'n', NEEDED, take_tasks, NULL},
    {"ntasks-per-node", 0, NEEDED, take_tasks_per_node, NULL},
    {"cpus-per-task", 'c', NEEDED, take_cpus, NULL},
    {"gres", 0, NEEDED, take_gres, NULL},
    {"gpus", 'G', NEEDED, take_gpus, NULL},
    {"gpus-per-node", 0, NEEDED, take_gpus_per_node, NULL},
    {"gpus-per-task", 0, NEEDED, take_gpus_per_task, NULL},
    {"mem", 0, NEEDED, take_mem, NULL},
    {"mem-per-cpu", 0, NEEDED, take_mem_per_cpu, NULL},
    {"clusters", 'M', NEEDED, take_clusters, NULL},
    {"output", 'o', NEEDED, refuse, LOGS},
    {"error", 'e', NEEDED, refuse, LOGS},
};

#define OPTIONS_LEN (sizeof(options) / sizeof(options[0]))

static const struct option *find_long(const char *name, size_t len)
{
    for (size_t i = 0; i < OPTIONS_LEN; i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < OPTIONS_LEN; i++)
        if (letter && options[i].letter == letter)
            return &options[i];
    return NULL;
}

static int fail_unknown(struct fg_script *script, const char *name, size_t len)
{
    const char *names[OPTIONS_LEN];
    for (size_t i = 0; i < OPTIONS_LEN; i++)
        names[i] = options[i].name;
    char *given = fg_arena_printf(script->arena, "%.*s", (int)(len < 64 ? len : 64), name);
    for (char *at = given; *at; at++)
        *at = *at > 0x20 && *at < 0x7f ? *at : '?';
    const char *near =
        given[0] == '-' && given[1] == '-' ? fg_nearest(given + 2, names, OPTIONS_LEN) : NULL;
    script->option = given;
    return near ? fg_script_fail(script, "not a supported option, did you mean --%s?", near)
                : fg_script_fail(script, "not a supported option");
}

int fg_script_option(struct fg_script *script,
                     const char *word,
                     const char *next,
                     size_t *out_used)
{
    bool is_long = word[0] == '-' && word[1] == '-';
    size_t len = is_long ? strcspn(word, "=") : strnlen(word, 2);
    const struct option *option = is_long          ? find_long(word + 2, len - 2)
                                  : word[0] == '-' ? find_letter(word[1])
                                                   : NULL;
    if (!option)
        return fail_unknown(script, word, word[0] == '-' ? len : strlen(word));
    if (script->root->len > OPTIONS_LEN)
        return fg_script_fail(script, "more than %zu options", OPTIONS_LEN);

    script->option = fg_arena_printf(script->arena, "--%s", option->name);
    *out_used = 1;
    const char *value = word[len] ? word + len + is_long : NULL;
    if (option->value == NONE && value)
        return fg_script_fail(script, "takes no value");
    if (option->value == NEEDED && !value) {
        if (!next)
            return fg_script_fail(script, "needs a value");
        value = next;
        *out_used = 2;
    }
    return option->take(script, option, value);
}

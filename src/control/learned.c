/* learned.c - what outcomes taught, as it is shown: classes of jobs, kinds of device, suppliers and nodes. */
#include "base/grow.h"
#include "base/text.h"
#include "control/control_inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES_SHOWN                                                                          \
    500 /* those with most jobs; a longer list would hold up the control thread */

/* -- classes --------------------------------------------------------------------------------------------- */

static const char *project_of(const struct fg_control *control, const struct fg_learn_row *row)
{
    const struct fg_project *project = fg_queue_project(control->queue, row->class->project);
    return row->level >= FG_CLASS_PROJECT && project ? project->name : "";
}

static const char *user_of(const struct fg_control *control, const struct fg_learn_row *row)
{
    return row->level >= FG_CLASS_USER ? fg_control_user(control, row->class->user) : "";
}

static bool has_request(enum fg_class_level level)
{
    return level == FG_CLASS_SIZE || level == FG_CLASS_PROJECT_SIZE
           || level == FG_CLASS_USER_SIZE || level == FG_CLASS_SHAPE_SIZE;
}

/* Who is bound to a project sees its classes, and those of all projects together. */
static bool is_wanted(const struct fg_control *control,
                      const struct fg_command *command,
                      const struct fg_learn_row *row)
{
    fg_project_id bound = command->actor.project;
    if (bound && row->level >= FG_CLASS_PROJECT && row->class->project != bound)
        return false;
    return !command->text || strstr(row->name, command->text)
           || strstr(project_of(control, row), command->text)
           || strstr(user_of(control, row), command->text);
}

static void write_request(struct fg_json *json, const struct fg_class *class)
{
    fg_json_key(json, "request");
    fg_json_object(json);
    fg_json_kv(json, "accelerators", class->request.kind);
    fg_json_kv_int(json, "count", class->request.count);
    fg_json_kv_int(json, "gpu_milli", class->request.gpu_milli);
    fg_json_kv_int(json, "cpu_milli", class->request.cpu_milli);
    fg_json_kv_int(json, "mem_mib", (int64_t) class->request.mem_mib);
    fg_json_kv_int(json, "tasks", class->tasks);
    fg_json_end(json);
}

static void kv_seconds(struct fg_json *json, const char *key, int64_t us)
{
    int64_t ms = us / 1000;
    fg_json_key(json, key);
    fg_json_double(json, (double)ms / 1000);
}

static void write_learned(struct fg_json *json, const struct fg_learned *learned)
{
    fg_json_kv_int(json, "jobs", (int64_t)learned->jobs);
    fg_json_kv_int(json, "failed", (int64_t)learned->failed);
    fg_json_kv_int(json, "interrupted", (int64_t)learned->interrupted);
    kv_seconds(json, "p50_s", learned->p50_us);
    kv_seconds(json, "p80_s", learned->p80_us);
    kv_seconds(json, "p95_s", learned->p95_us);
    kv_seconds(json, "mean_s", learned->mean_us);
    fg_json_kv_int(json, "memory_p50_mib", learned->mem_p50_mib);
    fg_json_kv_int(json, "memory_p95_mib", learned->mem_p95_mib);
    fg_json_kv_int(json, "memory_most_mib", learned->mem_most_mib);
    fg_json_key(json, "weight");
    fg_json_double(json, learned->weight);
    fg_json_key(json, "first");
    fg_json_time(json, learned->first_us);
    fg_json_key(json, "last");
    fg_json_time(json, learned->last_us);
}

static void write_class(struct fg_json *json, const struct fg_control *control, uint64_t key)
{
    struct fg_learn_row row;
    struct fg_learned learned;
    char id[17];
    if (!fg_learn_row(control->learn, key, &row, &learned))
        return;
    snprintf(id, sizeof(id), "%016" PRIx64, row.key);
    fg_json_object(json);
    fg_json_kv(json, "class", id);
    fg_json_kv(json, "level", fg_class_level_name(row.level));
    fg_json_kv(json, "project", project_of(control, &row));
    fg_json_kv(json, "user", user_of(control, &row));
    fg_json_kv(json, "name", row.name);
    if (has_request(row.level))
        write_request(json, row.class);
    write_learned(json, &learned);
    fg_json_end(json);
}

struct shown {
    uint64_t key, jobs;
    enum fg_class_level level;
};

static int more_jobs_first(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    if (x->jobs != y->jobs)
        return x->jobs > y->jobs ? -1 : 1;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->key < y->key ? -1 : x->key > y->key;
}

/* All first, then the most important ones are worked out. */
static void write_classes(struct fg_json *json,
                          const struct fg_control *control,
                          const struct fg_command *command)
{
    struct shown *shown = NULL;
    size_t len = 0, room = 0, at = 0;
    struct fg_learn_row row;
    while (fg_learn_next(control->learn, &at, &row)) {
        if (!is_wanted(control, command, &row))
            continue;
        shown = fg_grow(shown, len, &room, sizeof(*shown));
        shown[len++] = (struct shown){row.key, row.jobs, row.level};
    }
    if (len > 0)
        qsort(shown, len, sizeof(*shown), more_jobs_first);
    fg_json_key(json, "classes");
    fg_json_array(json);
    for (size_t i = 0; i < len && i < CLASSES_SHOWN; i++)
        write_class(json, control, shown[i].key);
    fg_json_end(json);
    fg_json_kv_int(json, "classes_known", (int64_t)len);
    free(shown);
}

/* -- devices and places ---------------------------------------------------------------------------------- */

static void kv_real(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, value);
}

/* Write the next item; false: there is none. */
typedef bool next_fn(struct fg_json *json, const struct fg_control *control, size_t *at);

static bool next_speed(struct fg_json *json, const struct fg_control *control, size_t *at)
{
    struct fg_speed_row row;
    if (!fg_speeds_next(control->speeds, at, &row))
        return false;
    fg_json_object(json);
    fg_json_kv(json, "kind", row.kind);
    kv_real(json, "rate", row.rate);
    kv_real(json, "error", row.error);
    fg_json_kv_int(json, "runs", (int64_t)row.runs);
    fg_json_kv_int(json, "classes", (int64_t)row.classes);
    fg_json_end(json);
    return true;
}

static bool next_place(struct fg_json *json, const struct fg_control *control, size_t *at)
{
    struct fg_fault_row row;
    if (!fg_faults_next(control->faults, at, control->now_us, &row))
        return false;
    fg_json_object(json);
    fg_json_kv(json, "supplier", row.place.supplier);
    fg_json_kv(json, "node", row.place.node);
    fg_json_kv_bool(json, "is_spot", row.place.is_spot);
    fg_json_kv_int(json, "attempts", (int64_t)row.attempts);
    fg_json_kv_int(json, "failed", (int64_t)row.failed);
    fg_json_kv_int(json, "interrupted", (int64_t)row.interrupted);
    kv_real(json, "failed_share", row.failed_share);
    kv_real(json, "interrupted_share", row.interrupted_share);
    kv_real(json, "hours", row.hours);
    kv_real(json, "interruptions_per_khour", row.per_khour);
    fg_json_kv_int(
        json, "excess_per_khour",
        row.place.node[0] ? fg_faults_excess(control->faults, &row.place, control->now_us) : 0);
    fg_json_end(json);
    return true;
}

static void write_list(struct fg_json *json,
                       const struct fg_control *control,
                       const char *key,
                       next_fn *next)
{
    size_t at = 0;
    fg_json_key(json, key);
    fg_json_array(json);
    while (next(json, control, &at))
        ;
    fg_json_end(json);
}

/* -- the command ------------------------------------------------------------------------------------------ */

static void give_one(struct fg_control *control, struct fg_command *command)
{
    struct fg_learn_row row;
    struct fg_learned learned;
    char *end;
    uint64_t key = strtoull(command->name, &end, 16);
    bool is_there = !*end && fg_learn_row(control->learn, key, &row, &learned)
                    && is_wanted(control, command, &row);
    if (!is_there) {
        command->rc = fg_fail(&command->err, FG_ENOENT, "class %.20s: no such class of jobs",
                              command->name);
        return;
    }
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    write_class(&json, control, key);
    fg_command_give(command, &buf);
}

void fg_command_learned(struct fg_control *control, struct fg_command *command)
{
    if (command->name) {
        give_one(control, command);
        return;
    }
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_object(&json);
    write_classes(&json, control, command);
    write_list(&json, control, "speeds", next_speed);
    write_list(&json, control, "places", next_place);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}

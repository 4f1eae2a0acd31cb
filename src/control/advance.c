/* advance.c - advance reservations: made, listed, taken away; what happens when one begins or ends. */
#include "control/control_inner.h"

#include "base/json_write.h"
#include "model/reservation_json.h"
#include "schedule/reservation.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_ROOM (64UL << 20)

/* -- what there is ------------------------------------------------------------------------------------------- */

void fg_control_drop_advances(struct fg_control *control)
{
    for (size_t i = 0; i < control->advances_len; i++)
        free((void *)control->advances[i].places);
    free(control->advances);
    free(control->advance_runs);
    control->advances = NULL;
    control->advance_runs = NULL;
    control->advances_len = 0;
}

const struct fg_advance *fg_control_advance(const struct fg_control *control, const char *name)
{
    for (size_t i = 0; i < control->advances_len; i++)
        if (strcmp(control->advances[i].name, name) == 0)
            return &control->advances[i];
    return NULL;
}

static bool is_under_way(const struct fg_control *control, const struct fg_advance *advance)
{
    int64_t start_us, end_us;
    return fg_advance_at(advance, control->now_us, &start_us, &end_us)
           && start_us <= control->now_us;
}

/* The scheduler knows them, and the control loop when to look. */
static void tell_schedule(struct fg_control *control)
{
    fg_schedule_advances(control->schedule, control->advances, control->advances_len);
    control->advances_us = fg_schedule_advances_next_us(control->schedule, control->now_us);
    for (size_t i = 0; i < control->advances_len; i++) {
        int64_t start_us, end_us;
        if (!fg_advance_at(&control->advances[i], control->now_us, &start_us, &end_us))
            control->advances_us = control->now_us; /* it ended while nobody looked */
    }
    control->pass_wanted = true;
}

/* Takes the places. */
static void append(struct fg_control *control, const struct fg_advance *advance)
{
    size_t len = control->advances_len + 1;
    control->advances = reallocarray(control->advances, len, sizeof(*advance));
    control->advance_runs = reallocarray(control->advance_runs, len, sizeof(bool));
    if (!control->advances || !control->advance_runs)
        abort();
    control->advances[len - 1] = *advance;
    control->advance_runs[len - 1] = is_under_way(control, advance);
    control->advances_len = len;
    tell_schedule(control);
}

static void delete (struct fg_control *control, size_t at)
{
    size_t last = --control->advances_len;
    free((void *)control->advances[at].places);
    memmove(&control->advances[at], &control->advances[at + 1],
            (last - at) * sizeof(control->advances[0]));
    memmove(&control->advance_runs[at], &control->advance_runs[at + 1],
            (last - at) * sizeof(bool));
    tell_schedule(control);
}

/* -- from and to what is written ------------------------------------------------------------------------------- */

static uint32_t all_devices(const struct fg_control *control, fg_node_id node)
{
    return (uint32_t)((1ULL << fg_pool_node(control->pool, node)->devices_len) - 1);
}

static struct fg_advance advance_of(const struct fg_advance_spec *spec)
{
    struct fg_advance advance = {.start_us = spec->start_us,
                                 .end_us = spec->end_us,
                                 .repeat = spec->repeat,
                                 .maintenance = spec->maintenance};
    memcpy(advance.name, spec->name, sizeof(advance.name));
    return advance;
}

static int set_owner(struct fg_control *control,
                     const struct fg_advance_spec *spec,
                     struct fg_advance *out,
                     struct fg_err *err)
{
    if (spec->project[0]) {
        const struct fg_project *project = fg_queue_project_find(control->queue, spec->project);
        if (!project)
            return fg_fail(err, FG_ENOENT, "project %s: no such project", spec->project);
        out->project = project->id;
    }
    for (uint32_t user = 0; spec->user[0] && user < control->users_len; user++)
        if (strcmp(control->user_names[user], spec->user) == 0)
            out->user = user;
    return spec->user[0] && !out->user
               ? fg_control_user_intern(control, spec->user, &out->user, err)
               : 0;
}

static struct fg_advance_place *places_new(size_t len)
{
    struct fg_advance_place *places = calloc(len + 1, sizeof(*places));
    if (!places)
        abort();
    return places;
}

/* What was kept; nodes that are gone are left out. */
static void places_again(const struct fg_control *control,
                         const struct fg_advance_spec *spec,
                         struct fg_advance *out)
{
    struct fg_advance_place *places = places_new(spec->places_len);
    for (size_t i = 0; i < spec->places_len; i++) {
        fg_node_id node = fg_pool_find(control->pool, spec->places[i].node);
        if (node)
            places[out->places_len++] =
                (struct fg_advance_place){node, spec->places[i].devices};
    }
    out->places = places;
}

int fg_control_load_advance(void *self, const char *name, const char *text)
{
    struct fg_control *control = self;
    struct fg_arena *arena = fg_arena_new(TEXT_ROOM);
    struct fg_advance_spec spec;
    const struct fg_doc *doc;
    struct fg_err err = {};
    int rc = fg_doc_json(text, strlen(text), arena, &doc, &err);
    if (rc == 0)
        rc = fg_advance_json_read(doc, name, true, control->now_us, arena, &spec, &err);
    struct fg_advance advance = {};
    if (rc == 0) {
        advance = advance_of(&spec);
        rc = set_owner(control, &spec, &advance, &err);
    }
    if (rc == 0) {
        places_again(control, &spec, &advance);
        append(control, &advance);
    }
    fg_arena_free(arena);
    return rc;
}

static void write_spec(const struct fg_control *control,
                       const struct fg_advance *advance,
                       struct fg_json *json)
{
    const struct fg_project *project = fg_queue_project(control->queue, advance->project);
    struct fg_advance_named *named = calloc(advance->places_len + 1, sizeof(*named));
    if (!named)
        abort();
    for (size_t i = 0; i < advance->places_len; i++)
        named[i] = (struct fg_advance_named){
            fg_pool_spec(control->pool, advance->places[i].node)->name,
            advance->places[i].devices & all_devices(control, advance->places[i].node)};
    struct fg_advance_spec spec = {
        .start_us = advance->start_us,
        .end_us = advance->end_us,
        .repeat = advance->repeat,
        .maintenance = advance->maintenance,
        .project = project ? project->name : "",
        .user = advance->user ? fg_control_user(control, advance->user) : "",
        .places = named,
        .places_len = advance->places_len};
    memcpy(spec.name, advance->name, sizeof(spec.name));
    fg_advance_json_members(json, &spec);
    free(named);
}

/* -- shown ------------------------------------------------------------------------------------------------------- */

static bool is_on(const struct fg_control *control,
                  const struct fg_advance *advance,
                  const struct live *live)
{
    for (uint32_t task = 0; task < live->tasks; task++)
        for (size_t i = 0; i < advance->places_len; i++) {
            const struct fg_advance_place *place = &advance->places[i];
            uint32_t all = all_devices(control, place->node);
            if (place->node == live->grants[task].node
                && ((place->devices & all) == all
                    || (place->devices & live->grants[task].devices)))
                return true;
        }
    return false;
}

/* Jobs of others that hold its devices and may still do so when it begins. */
static void write_overrun(const struct fg_control *control,
                          const struct fg_advance *advance,
                          int64_t start_us,
                          struct fg_json *json)
{
    uint64_t key = fg_advance_key(advance->name);
    fg_json_key(json, "overrun");
    fg_json_array(json);
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        bool ends = job->time_limit_us && live->begun_us + job->time_limit_us <= start_us;
        if (ends || job->preemptible || job->reservation == key
            || !is_on(control, advance, live))
            continue;
        char text[24];
        snprintf(text, sizeof(text), "%llu", (unsigned long long)job->id);
        fg_json_string(json, text);
    }
    fg_json_end(json);
}

static void write_one(const struct fg_control *control,
                      const struct fg_advance *advance,
                      struct fg_json *json)
{
    int64_t start_us = advance->start_us, end_us = advance->end_us;
    (void)fg_advance_at(advance, control->now_us, &start_us, &end_us);
    fg_json_object(json);
    write_spec(control, advance, json);
    fg_json_kv(json, "state", start_us <= control->now_us ? "active" : "waiting");
    fg_json_key(json, "next_start");
    fg_json_time(json, start_us);
    fg_json_key(json, "next_end");
    fg_json_time(json, end_us);
    write_overrun(control, advance, start_us, json);
    fg_json_end(json);
}

void fg_command_advances(struct fg_control *control, struct fg_command *command)
{
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_array(&json);
    for (size_t i = 0; i < control->advances_len; i++)
        if (!command->name || strcmp(control->advances[i].name, command->name) == 0)
            write_one(control, &control->advances[i], &json);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}

/* -- made -------------------------------------------------------------------------------------------------------- */

static int compare_places(const void *a, const void *b)
{
    const struct fg_advance_place *x = a, *y = b;
    return x->node < y->node ? -1 : x->node > y->node;
}

static int named_places(struct fg_control *control,
                        const struct fg_advance_spec *spec,
                        struct fg_advance_place *out,
                        struct fg_err *err)
{
    for (size_t i = 0; i < spec->nodes_len; i++) {
        fg_node_id node = fg_pool_find(control->pool, spec->nodes[i]);
        if (!node)
            return fg_fail(err, FG_ENOENT, "node %s: not in the pool", spec->nodes[i]);
        for (size_t k = 0; k < i; k++)
            if (out[k].node == node)
                return fg_fail(err, FG_EINVAL, "node %s: named twice", spec->nodes[i]);
        out[i] = (struct fg_advance_place){node, all_devices(control, node)};
    }
    qsort(out, spec->nodes_len, sizeof(*out), compare_places);
    return (int)spec->nodes_len;
}

static int choose_places(struct fg_control *control,
                         const struct fg_advance_spec *spec,
                         struct fg_advance *advance,
                         struct fg_err *err)
{
    size_t most = spec->nodes_len + fg_pool_len(control->pool);
    struct fg_advance_place *places = places_new(most);
    int rc = spec->nodes_len > 0
                 ? named_places(control, spec, places, err)
                 : fg_schedule_choose_advance(control->schedule, control->pool, advance,
                                              spec->kind, spec->gpus, places, err);
    advance->places = places;
    advance->places_len = rc < 0 ? 0 : (size_t)rc;
    return rc < 0 ? rc : 0;
}

static int check_conflicts(const struct fg_control *control,
                           const struct fg_advance *advance,
                           struct fg_err *err)
{
    for (size_t i = 0; i < control->advances_len; i++)
        if (fg_advance_conflicts(advance, &control->advances[i]))
            return fg_fail(err, FG_ESTATE,
                           "reservation %s: reservation %s has some of its devices at the same "
                           "time",
                           advance->name, control->advances[i].name);
    return 0;
}

static int make(struct fg_control *control,
                const struct fg_advance_spec *spec,
                struct fg_advance *advance,
                struct fg_err *err)
{
    if (fg_control_advance(control, spec->name))
        return fg_fail(err, FG_EEXIST, "reservation %s: there is one of that name", spec->name);
    if (control->advances_len >= FG_ADVANCES_MAX)
        return fg_fail(err, FG_ETOOBIG, "there are %d reservations, and no more may be",
                       FG_ADVANCES_MAX);
    int rc = fg_advance_check(advance, control->now_us, err);
    if (rc == 0)
        rc = set_owner(control, spec, advance, err);
    if (rc == 0)
        rc = choose_places(control, spec, advance, err);
    return rc == 0 ? check_conflicts(control, advance, err) : rc;
}

static void write_down(struct fg_control *control, const char *name, const char *text)
{
    struct fg_err err = {};
    int rc =
        control->options.store_ops->reservation_put(control->options.store, name, text, &err);
    fg_control_wrote(control, rc, &err);
}

void fg_command_add_advance(struct fg_control *control, struct fg_command *command)
{
    struct fg_advance advance = advance_of(command->reservation);
    if (!fg_control_begin(control))
        return;
    command->rc = make(control, command->reservation, &advance, &command->err);
    if (command->rc < 0) {
        free((void *)advance.places);
        return;
    }
    append(control, &advance);
    struct fg_buf kept = {}, buf = {};
    struct fg_json json = {.buf = &kept};
    fg_json_object(&json);
    write_spec(control, &advance, &json);
    fg_json_end(&json);
    write_down(control, advance.name, kept.text);
    fg_buf_free(&kept);
    fg_control_tell(control, "reservation.added", NULL, "\"reservation\":\"%s\"", advance.name);
    write_one(control, &advance, &(struct fg_json){.buf = &buf});
    fg_command_give(command, &buf);
}

void fg_command_remove_advance(struct fg_control *control, struct fg_command *command)
{
    const struct fg_advance *advance = fg_control_advance(control, command->name);
    if (!advance) {
        command->rc = fg_fail(&command->err, FG_ENOENT, "reservation %s: no such reservation",
                              command->name);
        return;
    }
    if (!fg_control_begin(control))
        return;
    write_down(control, command->name, NULL);
    fg_control_tell(control, "reservation.removed", NULL, "\"reservation\":\"%s\"",
                    command->name);
    delete (control, (size_t)(advance - control->advances));
}

/* -- time ------------------------------------------------------------------------------------------------------ */

static void note_turn(struct fg_control *control, size_t at)
{
    const struct fg_advance *advance = &control->advances[at];
    bool runs = is_under_way(control, advance);
    if (runs == control->advance_runs[at])
        return;
    control->advance_runs[at] = runs;
    fg_control_tell(control, runs ? "reservation.started" : "reservation.ended", NULL,
                    "\"reservation\":\"%s\"", advance->name);
}

void fg_control_advances_tick(struct fg_control *control)
{
    if (control->advances_len == 0 || control->now_us < control->advances_us
        || !fg_control_begin(control))
        return;
    for (size_t i = control->advances_len; i-- > 0;) {
        int64_t start_us, end_us;
        note_turn(control, i);
        if (fg_advance_at(&control->advances[i], control->now_us, &start_us, &end_us))
            continue;
        write_down(control, control->advances[i].name, NULL);
        delete (control, i);
    }
    control->advances_us = fg_schedule_advances_next_us(control->schedule, control->now_us);
    control->pass_wanted = true;
}

int fg_control_check_reservation(const struct fg_control *control,
                                 const struct fg_actor *actor,
                                 const char *name,
                                 fg_project_id project,
                                 struct fg_err *err)
{
    const struct fg_advance *advance = fg_control_advance(control, name);
    if (!advance)
        return fg_fail(err, FG_ENOENT, "reservation %s: no such reservation", name);
    bool is_user =
        !advance->user || strcmp(fg_control_user(control, advance->user), actor->user) == 0;
    if (!is_user || !fg_advance_admits(advance, control->queue, project, advance->user))
        return fg_fail(err, FG_EPERM, "reservation %s: %s", name,
                       advance->maintenance ? "nothing runs in maintenance"
                                            : "it is for another project or user");
    return 0;
}

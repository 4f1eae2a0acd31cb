/* migrate.c - moves of running jobs that would let a waiting one start: told, and carried out.
 *
 * Carried out means: who moves is asked to stop, as for a preemption, and is queued again; the scheduler keeps the
 * places of all (fg_schedule_hint) until they have started there.
 */
#include "control/control_inner.h"

#include "base/json_write.h"
#include "schedule/migrate.h"
#include "schedule/order.h"
#include "schedule/reservation.h"
#include "schedule/stop.h"

#include <stdlib.h>
#include <string.h>

#define JOBS_MAX   10   /* waiting jobs of different kinds, for which moves are told */
#define WALK_MAX   1000 /* waiting jobs looked at for these */
#define LOOKS_MAX  500  /* sets of moves tried for each */
#define PROMISE_US (10 * 60 * 1000000LL)

/* What the search needs of the state. */
struct stage {
    struct fg_control *control;
    struct fg_pool *pool; /* a copy to try things on */
    struct fg_movable *movable;
    size_t movable_len;
    size_t running_len;
};

static bool may_move(const struct fg_control *control, const struct live *live)
{
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    for (uint32_t task = 0; task < live->tasks; task++)
        if (fg_schedule_keeps_off(control->schedule, live->grants[task].node, control->now_us,
                                  INT64_MAX))
            return false; /* what it leaves would not be free */
    return live->claimed && job->preemptible && job->state == FG_JOB_RUNNING && !job->stop_sent
           && !job->cancel_asked;
}

static void stage_init(struct stage *stage, struct fg_control *control)
{
    *stage =
        (struct stage){.control = control,
                       .pool = fg_pool_new(fg_pool_max(control->pool)),
                       .movable = calloc(control->lives_len + 1, sizeof(struct fg_movable))};
    if (!stage->pool || !stage->movable)
        abort();
    fg_pool_copy(stage->pool, control->pool);
    fg_schedule_hold_advances(control->schedule, stage->pool, control->now_us);
    stage->running_len = fg_control_running(control);
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        if (may_move(control, live))
            stage->movable[stage->movable_len++] = (struct fg_movable){
                .job = live->job,
                .grants = live->grants,
                .grants_len = live->tasks,
                .cost_us =
                    fg_stop_cost_us(control->config, fg_queue_get(control->queue, live->job),
                                    live->grants, live->tasks, control->now_us)};
    }
}

static void stage_fini(struct stage *stage)
{
    fg_pool_free(stage->pool);
    free(stage->movable);
}

/* NULL: nothing that moves would let it start now. */
static struct fg_migration *find(struct stage *stage,
                                 const struct fg_job *job,
                                 struct fg_gang *out_gang)
{
    *out_gang = fg_gang_of(stage->pool, stage->control->queue, job);
    if (job->reservation || !out_gang->is_possible
        || !fg_gang_fits_empty(stage->pool, out_gang))
        return NULL;
    return fg_migrate_find(stage->pool, out_gang, stage->movable, stage->movable_len,
                           LOOKS_MAX);
}

/* -- told ------------------------------------------------------------------------------------------------ */

static void id_member(struct fg_json *json, const char *key, fg_job_id id)
{
    char text[24];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
    fg_json_kv(json, key, text);
}

static void place_member(struct stage *stage,
                         struct fg_json *json,
                         const char *key,
                         const struct fg_grant *grants,
                         size_t len)
{
    FG_AUTO(fg_buf) struct fg_buf nodes = {}, devices = {};
    fg_live_names(stage->control, grants, len, &nodes, &devices);
    fg_json_key(json, key);
    fg_json_object(json);
    fg_json_kv(json, "node", nodes.text ? nodes.text : "");
    fg_json_key(json, "devices");
    fg_json_raw(json, devices.text, devices.len);
    fg_json_end(json);
}

/* Of the job that waits, by the soonest moment at which it would start without the moves. */
static void gain_members(struct stage *stage,
                         struct fg_json *json,
                         const struct fg_job *job,
                         const struct fg_gang *gang,
                         const struct fg_migration *found)
{
    struct fg_control *control = stage->control;
    int64_t at_us = fg_migrate_wait_us(stage->pool, gang, control->running, stage->running_len);
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    int64_t weight_milli = fg_order_weight_milli(&any_of[found->alternative], job->tasks);
    int64_t wait_us = at_us - control->now_us;
    fg_json_key(json, "start_without");
    if (at_us == INT64_MAX || found->moves_len == 0)
        fg_json_null(json);
    else
        fg_json_time(json, at_us);
    fg_json_key(json, "gain_device_s");
    if (at_us == INT64_MAX || found->moves_len == 0)
        fg_json_null(json);
    else
        fg_json_int(json,
                    (int64_t)((__int128)weight_milli * gang->tasks * wait_us / 1000000000LL));
    fg_json_kv_int(json, "cost_device_s", found->cost_us / 1000000);
    fg_json_kv_bool(json, "is_best", found->is_best);
}

static void write_found(struct stage *stage,
                        struct fg_json *json,
                        const struct fg_job *job,
                        const struct fg_gang *gang,
                        const struct fg_migration *found)
{
    fg_json_object(json);
    id_member(json, "job", job->id);
    gain_members(stage, json, job, gang, found);
    place_member(stage, json, "to", found->grants, gang->tasks);
    fg_json_key(json, "moves");
    fg_json_array(json);
    for (size_t i = 0; i < found->moves_len; i++) {
        const struct fg_movable *moved = &stage->movable[found->moves[i].at];
        fg_json_object(json);
        id_member(json, "job", moved->job);
        fg_json_kv_int(json, "cost_device_s", moved->cost_us / 1000000);
        place_member(stage, json, "from", moved->grants, moved->grants_len);
        place_member(stage, json, "to", found->moves[i].grants, moved->grants_len);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_end(json);
}

struct seen {
    uint32_t request, tasks;
    fg_project_id project;
};

/* Jobs that ask the same have the same moves. */
static bool is_new(struct seen *seen, size_t *len, const struct fg_job *job)
{
    for (size_t i = 0; i < *len; i++)
        if (seen[i].request == job->request && seen[i].tasks == job->tasks
            && seen[i].project == job->project)
            return false;
    seen[(*len)++] = (struct seen){job->request, job->tasks, job->project};
    return true;
}

void fg_command_moves(struct fg_control *control, struct fg_command *command)
{
    struct stage stage;
    struct seen seen[JOBS_MAX];
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    stage_init(&stage, control);
    fg_json_array(&json);
    fg_queue_walk(control->queue);
    size_t looked = 0, len = 0;
    const struct fg_job *job;
    while (stage.movable_len && len < JOBS_MAX && looked++ < WALK_MAX
           && (job = fg_queue_next(control->queue))) {
        struct fg_gang gang;
        if (!is_new(seen, &len, job))
            continue;
        FG_AUTO(fg_migration) struct fg_migration *found = find(&stage, job, &gang);
        if (found && found->moves_len)
            write_found(&stage, &json, job, &gang, found);
    }
    fg_json_end(&json);
    stage_fini(&stage);
    fg_command_give(command, &buf);
}

/* -- carried out ------------------------------------------------------------------------------------------- */

static void carry_out(struct stage *stage,
                      const struct fg_job *job,
                      const struct fg_migration *found)
{
    struct fg_control *control = stage->control;
    struct fg_hint hints[FG_MOVES_MAX + 1] = {{.job = job->id,
                                               .alternative = (uint32_t)found->alternative,
                                               .grants = found->grants,
                                               .grants_len = job->tasks}};
    char reason[FG_TEXT_MAX];
    snprintf(reason, sizeof(reason), "stopping, to move and make room for job %llu",
             (unsigned long long)job->id);
    for (size_t i = 0; i < found->moves_len; i++) {
        const struct fg_movable *moved = &stage->movable[found->moves[i].at];
        hints[i + 1] = (struct fg_hint){.job = moved->job,
                                        .grants = found->moves[i].grants,
                                        .grants_len = moved->grants_len};
        fg_live_get(control, moved->job)->stop_why = "moved, to make room for another job";
        fg_control_preempt(control, moved->job, job->id, reason);
    }
    fg_schedule_hint(control->schedule, hints, found->moves_len + 1,
                     control->now_us + PROMISE_US);
    control->pass_wanted = true;
}

/* Could moves help it? */
static int check(struct fg_control *control,
                 const struct fg_job *job,
                 struct fg_command *command)
{
    unsigned long long id = command->job;
    if (!job)
        return fg_fail(&command->err, FG_ENOENT, "job %llu: no such open job", id);
    if (job->state != FG_JOB_QUEUED || job->waits_for || job->eligible_us > control->now_us)
        return fg_fail(&command->err, FG_ESTATE,
                       "job %llu: %s, expected one that waits for devices", id,
                       job->state == FG_JOB_QUEUED ? "waits for other jobs or its time"
                                                   : fg_job_state_name(job->state));
    if (fg_schedule_has_hints(control->schedule, control->now_us))
        return fg_fail(&command->err, FG_EBUSY,
                       "job %llu: jobs are being moved for another one, expected when they "
                       "have started again",
                       id);
    return 0;
}

void fg_command_make_room(struct fg_control *control, struct fg_command *command)
{
    struct stage stage;
    struct fg_gang gang;
    const struct fg_job *job = fg_queue_get(control->queue, command->job);
    command->rc = check(control, job, command);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    stage_init(&stage, control);
    FG_AUTO(fg_migration) struct fg_migration *found = find(&stage, job, &gang);
    if (found) {
        struct fg_buf buf = {};
        write_found(&stage, &(struct fg_json){.buf = &buf}, job, &gang, found);
        if (found->moves_len)
            carry_out(&stage, job, found);
        fg_command_give(command, &buf);
    } else {
        command->rc = fg_fail(&command->err, FG_ENOCAP,
                              "job %llu: no room after up to %d moves of preemptible jobs",
                              (unsigned long long)command->job, FG_MOVES_MAX);
    }
    stage_fini(&stage);
}

/* sim.c - the loop: from event to event, and a pass where one can help; see sim.h */
#include "sim/sim_inner.h"

#include "base/text.h"
#include "model/names.h"
#include "schedule/priority.h"
#include "schedule/reservation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SAVED_AT_ONCE_US 1000    /* a grace, if stopping takes no time */
#define PROGRESS_EVERY   4096    /* rounds of the loop */
#define IN_VAIN_MAX      100'000 /* attempts that came to nothing, one after the other */
#define IN_VAIN_US       31'536'000'000'000LL /* a year in which no job began or ended */

/* -- setting up -------------------------------------------------------------------------------------------- */

static const struct fg_project *own_terms(const struct fg_sim_cluster *cluster,
                                          const char *name)
{
    for (size_t i = 0; i < cluster->projects_len; i++)
        if (strcmp(cluster->projects[i].name, name) == 0)
            return &cluster->projects[i];
    return NULL;
}

static fg_project_id find_project(const struct sim *sim, const char *name)
{
    const struct fg_project *known = fg_queue_project_find(sim->queue, name);
    return known ? known->id : 0;
}

/* Those of the cluster file that no job is of, but that others may be part of; and then who is part of whom. */
static int add_tree(struct sim *sim, struct fg_err *err)
{
    const struct fg_sim_cluster *cluster = sim->cluster;
    int rc = 0;
    for (size_t i = 0; i < cluster->projects_len && rc == 0; i++) {
        struct fg_project project = cluster->projects[i];
        project.id = fg_queue_projects_max(sim->queue) + 1;
        project.parent = 0;
        if (!find_project(sim, project.name))
            rc = fg_queue_project_put(sim->queue, &project, err);
    }
    for (size_t i = 0; i < cluster->projects_len && rc == 0; i++) {
        fg_project_id parent = cluster->projects[i].parent;
        if (!parent)
            continue;
        struct fg_project project =
            *fg_queue_project(sim->queue, find_project(sim, cluster->projects[i].name));
        project.parent = find_project(sim, cluster->projects[parent - 1].name);
        rc = fg_queue_project_put(sim->queue, &project, err);
    }
    return rc;
}

static int add_projects(struct sim *sim, struct fg_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < sim->trace->projects_len && rc == 0; i++) {
        struct fg_project project = {.weight = 100, .quota = {-1, -1, -1, -1, -1}};
        const struct fg_project *own = own_terms(sim->cluster, sim->trace->projects[i].name);
        if (own)
            project = *own;
        project.id = (fg_project_id)i + 1;
        project.parent = 0;
        fg_copy(project.name, sizeof(project.name), sim->trace->projects[i].name);
        fg_copy(sim->result->projects[i], FG_NAME_MAX, project.name);
        sim->result->weights[i] = project.weight;
        rc = fg_queue_project_put(sim->queue, &project, err);
    }
    return rc == 0 ? add_tree(sim, err) : rc;
}

/* Of the devices that the request may have. */
static uint32_t best_speed(const struct sim *sim, const struct fg_request *request)
{
    uint32_t best = 0;
    for (size_t i = 0; request->count && i < sim->cluster->groups_len; i++) {
        const struct fg_sim_group *group = &sim->cluster->groups[i];
        if (group->speed_milli > best && fg_kind_is(group->kind, request->kind))
            best = group->speed_milli;
    }
    return best ? best : 1000;
}

/* What is known of each job before it comes. */
static void prepare_jobs(struct sim *sim)
{
    uint32_t *speeds = calloc(sim->trace->requests_len + 1, sizeof(*speeds));
    if (!speeds)
        abort();
    for (size_t i = 0; i < sim->trace->requests_len; i++)
        speeds[i] = best_speed(sim, &sim->trace->requests[i]);
    for (size_t i = 0; i < sim->trace->jobs_len; i++) {
        const struct fg_sim_job *job = &sim->trace->jobs[i];
        const struct fg_request *request = &sim->trace->requests[job->request];
        sim->runs[i] = (struct job_run){.left_us = job->duration_us, .attempt = NO_ATTEMPT};
        sim->result->jobs[i].project = job->project;
        sim->result->jobs[i].gpu_milli =
            job->tasks
            * (sim->counts_cores ? request->cpu_milli : request->count * request->gpu_milli);
        sim->result->jobs[i].ideal_us =
            (int64_t)((__int128)job->duration_us * 1000 / speeds[job->request]);
    }
    free(speeds);
}

/* -- which kind is for whom: struct fg_rates --------------------------------------------------------------- */

static bool learned_rate(void *self,
                         const struct fg_job *job,
                         const struct fg_request *any_of,
                         size_t any_of_len,
                         const char *kind,
                         double *out)
{
    const struct sim *sim = self;
    struct fg_speed speed;
    if (!fg_work_speed(sim->speeds, sim->options->config, job, any_of, any_of_len, kind,
                       &speed))
        return false;
    *out = speed.rate;
    return true;
}

static bool true_rate(void *self,
                      const struct fg_job *job,
                      const struct fg_request *any_of,
                      size_t any_of_len,
                      const char *kind,
                      double *out)
{
    const struct sim *sim = self;
    (void)any_of, (void)any_of_len;
    *out = fg_sim_trace_speed_milli(sim->trace, &sim->trace->jobs[job->id - 1], kind) / 1000.0;
    for (size_t i = 0; i < sim->cluster->groups_len; i++)
        if (strcmp(sim->cluster->groups[i].kind, kind) == 0) {
            *out *= sim->cluster->groups[i].speed_milli / 1000.0;
            return true;
        }
    return false;
}

static double losses(void *self, const char *supplier, bool is_spot)
{
    const struct sim *sim = self;
    return fg_faults_rate(sim->faults, supplier, is_spot, sim->now_us);
}

static uint32_t excess(void *self, const struct fg_node_spec *node)
{
    const struct sim *sim = self;
    const struct fg_fault_place place = {node->supplier, node->name, node->is_spot};
    return fg_faults_excess(sim->faults, &place, sim->now_us);
}

/* -- setting up, on ----------------------------------------------------------------------------------------- */

static int set_up(struct sim *sim, struct fg_err *err)
{
    const struct fg_sim_options *options = sim->options;
    size_t jobs = sim->trace->jobs_len;
    sim->counts_cores = fg_sim_cluster_gpus(sim->cluster) == 0;
    sim->result = fg_sim_result_new(jobs, sim->trace->projects_len);
    sim->schedule = fg_schedule_new(options->config);
    sim->ranking = fg_ranking_new(options->config, options->order, options->preempt);
    sim->runs = calloc(jobs + 1, sizeof(sim->runs[0]));
    if (sim->ranking)
        sim->queue = fg_ranking_queue(sim->ranking, jobs);
    sim->learn = fg_learn_new(options->config);
    sim->flexible = fg_flexible_jobs_new(options->config);
    sim->told_hour = -1;
    sim->held_us = INT64_MAX;
    sim->speeds = fg_speeds_new((size_t)options->config->learn_classes_max / 2);
    sim->faults = fg_faults_new(2 * fg_sim_cluster_nodes(sim->cluster),
                                options->config->learn_rates_half_life_s * 1000000);
    if (!sim->schedule || !sim->queue || !sim->learn || !sim->flexible || !sim->speeds
        || !sim->faults || !sim->runs)
        return fg_fail(err, FG_ENOMEM, "no memory for %zu jobs", jobs);
    fg_schedule_rank(sim->schedule, sim->ranking);
    fg_schedule_set_backfill(sim->schedule, options->backfill);
    if (options->place)
        fg_schedule_place(sim->schedule, options->place, options->seed);
    fg_schedule_optimise(sim->schedule, options->optimise);
    sim->rates = (struct fg_rates){sim, options->tells_speeds ? true_rate : learned_rate,
                                   options->config->place_faults ? losses : NULL,
                                   options->config->place_faults ? excess : NULL};
    fg_schedule_rates(sim->schedule, &sim->rates);
    int rc = fg_schedule_allocate(sim->schedule, options->allocate);
    if (rc < 0)
        return fg_fail(err, rc, "%.40s: no policy by which kinds of device are shared out",
                       options->allocate);
    prepare_jobs(sim);
    rc = add_projects(sim, err);
    if (rc == 0)
        rc = fg_sim_nodes_new(sim, err);
    if (rc == 0 && options->energy)
        fg_sim_energy_new(sim);
    return rc == 0 ? fg_sim_reserve(sim, err) : rc;
}

static void tear_down(struct sim *sim)
{
    for (size_t i = 0; i < sim->attempts_len; i++)
        free(sim->attempts[i].grants);
    fg_sim_energy_free(sim);
    free(sim->attempts);
    free(sim->free_attempts);
    free(sim->running);
    free(sim->running_slots);
    free(sim->events);
    free(sim->runs);
    free(sim->nodes);
    free(sim->group_first);
    fg_schedule_free(sim->schedule);
    fg_learn_free(sim->learn);
    fg_flexible_jobs_free(sim->flexible);
    fg_speeds_free(sim->speeds);
    fg_faults_free(sim->faults);
    fg_queue_free(sim->queue);
    fg_ranking_free(sim->ranking);
    fg_pool_free(sim->pool);
    fg_sim_result_free(sim->result);
}

/* -- arrivals ------------------------------------------------------------------------------------------------ */

static int64_t submit_us(const struct sim *sim, size_t index)
{
    int64_t at_us = sim->trace->jobs[index].submit_us;
    int64_t speed = sim->options->speed_milli;
    return speed ? (int64_t)((__int128)at_us * 1000 / speed) : at_us;
}

/* A limit that was not in the trace never cuts a job off: it covers the restart as well. */
static int64_t limit_us(const struct sim *sim, const struct fg_sim_job *job)
{
    if (job->time_limit_us || sim->options->limit_milli == 0)
        return job->time_limit_us;
    int64_t most_us = job->duration_us + job->restart_us;
    return (int64_t)((__int128)most_us * sim->options->limit_milli / 1000);
}

static int64_t estimate_us(const struct sim *sim, const struct fg_sim_job *job)
{
    if (job->estimate_us || sim->options->estimate_milli == 0)
        return job->estimate_us;
    return (int64_t)((__int128)job->duration_us * sim->options->estimate_milli / 1000);
}

static int32_t priority_milli(const struct sim *sim, const struct fg_sim_job *job)
{
    struct fg_job_spec spec = {
        .any_of = {sim->trace->requests[job->request]},
        .any_of_len = 1,
        .tasks = job->tasks,
        .priority = job->priority,
        .deadline_us = job->deadline_us,
        .compute_density = -1,
        .time_sensitivity = -1,
        .memory_need = -1,
    };
    return fg_priority_milli(sim->options->config, &spec);
}

/* splitmix64 */
static uint64_t draw(uint64_t seed, uint64_t number)
{
    uint64_t z = seed * 0x2545'f491'4f6c'dd1du + (number + 1) * 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return z ^ (z >> 31);
}

int fg_sim_home(uint64_t seed, size_t job, uint32_t percent, size_t suppliers)
{
    uint64_t drawn = draw(seed, job);
    return suppliers > 0 && drawn % 100 < percent ? (int)((drawn >> 32) % suppliers) : -1;
}

/* What it asks, with its home if it is bound to that. */
static struct fg_request request_of(const struct sim *sim, size_t index)
{
    struct fg_request request = sim->trace->requests[sim->trace->jobs[index].request];
    int number =
        fg_sim_home(sim->options->seed, index, sim->options->home_percent, sim->homes_len);
    if (number < 0)
        return request;
    const char *home = sim->homes[number];
    fg_copy(request.suppliers, sizeof(request.suppliers), home[0] ? home : FG_SUPPLIER_LOCAL);
    return request;
}

static void arrive(struct sim *sim, size_t index)
{
    const struct fg_sim_job *job = &sim->trace->jobs[index];
    struct fg_job record = {
        .id = index + 1,
        .project = job->project + 1,
        .user = job->user,
        .shape = job->shape,
        .tasks = job->tasks_min ? job->tasks_min : job->tasks,
        .tasks_max = job->tasks,
        .priority_milli = priority_milli(sim, job),
        .preemptible = job->preemptible,
        .submitted_us = EPOCH_US + sim->now_us,
        .deadline_us = job->deadline_us ? EPOCH_US + job->deadline_us : 0,
        .time_limit_us = limit_us(sim, job),
        .grace_us = sim->cluster->stop_us ? sim->cluster->stop_us : SAVED_AT_ONCE_US,
        .checkpoint_us = job->checkpoint_us,
        .restart_us = job->restart_us,
        .duration_us = estimate_us(sim, job),
    };
    const struct fg_request request = request_of(sim, index);
    if (sim->options->energy && sim->options->saving.shifts) {
        record.flexible = job->flexible;
        record.flexible_until_us = record.deadline_us
                                       ? record.deadline_us
                                       : record.submitted_us + FG_FLEXIBLE_DEFAULT_US;
    }
    record.reservation = job->reservation;
    record.request = fg_queue_class_in(sim->queue, &request, 1, job->reservation);
    fg_learn_predict(sim->learn, &record, &request, 1);
    int rc = fg_queue_add(sim->queue, &record, NULL);
    assert(rc == 0);
    (void)rc;
    fg_flexible_add(sim->flexible, &record);
    sim->result->jobs[index].submit_us = sim->now_us;
    sim->result->jobs[index].deadline_us = job->deadline_us;
    sim->pass_wanted = true;
}

/* -- the loop ------------------------------------------------------------------------------------------------- */

static int64_t next_us(const struct sim *sim)
{
    int64_t next = fg_sim_events_us(sim);
    if (sim->next_job < sim->trace->jobs_len && submit_us(sim, sim->next_job) < next)
        next = submit_us(sim, sim->next_job);
    if (sim->tick_us && sim->tick_us < next)
        next = sim->tick_us;
    if (sim->reserved_us < next)
        next = sim->reserved_us;
    if (sim->held_us < next)
        next = sim->held_us;
    return next;
}

/* Arrivals before ends, as in a step of the controller: who comes is predicted without who ends. */
static void apply_events(struct sim *sim)
{
    struct event event;
    while (sim->next_job < sim->trace->jobs_len && submit_us(sim, sim->next_job) <= sim->now_us)
        arrive(sim, sim->next_job++);
    while (fg_sim_next_event(sim, sim->now_us, &event)) {
        if (event.kind == EVENT_END)
            fg_sim_ended(sim, event.subject);
        else if (event.kind == EVENT_STOPPED)
            fg_sim_interrupt(sim, event.subject, true);
        else if (event.kind == EVENT_POWER)
            fg_sim_energy_event(sim);
        else
            fg_sim_node_event(sim, &event);
    }
}

static void pass(struct sim *sim)
{
    sim->pass_wanted = false;
    fg_sim_shift(sim);
    if (fg_queue_ready(sim->queue) == 0 && !fg_schedule_may_act(sim->schedule)
        && sim->cluster->reservations_len == 0)
        return;
    int64_t now_us = EPOCH_US + sim->now_us;
    const struct fg_decision *decisions;
    (void)fg_queue_advance(sim->queue, now_us);
    fg_ranking_tick(sim->ranking, sim->queue, sim->pool, now_us);
    size_t len = fg_schedule_go_on(sim->schedule, sim->pool, sim->queue, now_us, &decisions);
    sim->result->sums.passes++;
    for (size_t i = 0; i < len; i++)
        if (decisions[i].kind == FG_DECIDE_START)
            fg_sim_begin(sim, &decisions[i]);
        else
            fg_sim_ask_stop(sim, decisions[i].job);
}

static void plan_tick(struct sim *sim)
{
    bool is_wanted = sim->options->tick_us > 0 && sim->running_len > 0
                     && (fg_queue_ready(sim->queue) > 0 || fg_schedule_may_act(sim->schedule));
    if (!is_wanted)
        sim->tick_us = 0;
    else if (sim->tick_us <= sim->now_us)
        sim->tick_us = sim->now_us + sim->options->tick_us;
}

/* Something is left to do, and something will come of going on: what fits on nothing would keep failures and repairs
 * coming for ever, and so would jobs that save nothing on nodes that fail sooner than they end. */
static bool goes_on(const struct sim *sim)
{
    int64_t until_us = sim->options->until_us ? sim->options->until_us : INT64_MAX - 1;
    bool first_are_done =
        sim->options->first_jobs && sim->done_of_first >= sim->options->first_jobs;
    if (first_are_done || sim->done == sim->trace->jobs_len || next_us(sim) > until_us)
        return false;
    if (sim->next_job < sim->trace->jobs_len)
        return true;
    if (sim->in_vain > IN_VAIN_MAX)
        return false;
    return sim->running_len > 0 || sim->held_us < INT64_MAX
           || ((sim->nodes_away > 0 || sim->reserved_us < INT64_MAX)
               && next_us(sim) < sim->moved_us + IN_VAIN_US);
}

static int64_t next_reserved_us(const struct sim *sim)
{
    int64_t at_us = fg_schedule_advances_next_us(sim->schedule, EPOCH_US + sim->now_us);
    return at_us == INT64_MAX ? at_us : at_us - EPOCH_US;
}

static void run(struct sim *sim)
{
    sim->reserved_us = next_reserved_us(sim);
    for (size_t round = 0; goes_on(sim); round++) {
        int64_t now_us = next_us(sim);
        fg_sim_meter_to(sim, now_us);
        sim->now_us = now_us;
        if (sim->tick_us && sim->tick_us <= now_us)
            sim->pass_wanted = true;
        if (sim->reserved_us <= now_us) {
            sim->reserved_us = next_reserved_us(sim);
            sim->pass_wanted = true;
        }
        if (sim->held_us <= now_us) {
            sim->held_us = INT64_MAX;
            (void)fg_queue_advance(sim->queue, EPOCH_US + now_us);
            sim->pass_wanted = true;
        }
        apply_events(sim);
        if (sim->pass_wanted)
            pass(sim);
        if (sim->running_len > 0)
            sim->moved_us = now_us;
        plan_tick(sim);
        if (sim->options->progress && round % PROGRESS_EVERY == 0)
            sim->options->progress(sim->options->self, sim->done, sim->trace->jobs_len);
    }
    fg_sim_meter_finish(sim);
}

int fg_sim_run(const struct fg_sim_options *options,
               struct fg_sim_result **out,
               struct fg_err *err)
{
    struct sim sim = {.options = options, .trace = options->trace, .cluster = options->cluster};
    int rc = set_up(&sim, err);
    if (rc == 0) {
        run(&sim);
        *out = sim.result;
        sim.result = NULL;
    }
    tear_down(&sim);
    return rc;
}

/* sim_attempt.c - the life of an attempt: it begins, is asked to stop, is cut off, or ends.
 *
 * The books that the live controller keeps of it are kept by the same functions. */
#include "schedule/quota.h"

#include "base/grow.h"
#include "schedule/reservation.h"
#include "schedule/stop.h"
#include "sim/sim_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* -- slots ------------------------------------------------------------------------------------------- */

static uint32_t take_slot(struct sim *sim)
{
    if (sim->free_len)
        return sim->free_attempts[--sim->free_len];
    sim->attempts = fg_grow(sim->attempts, sim->attempts_len, &sim->attempts_room,
                            sizeof(sim->attempts[0]));
    sim->attempts[sim->attempts_len] = (struct attempt){};
    return (uint32_t)sim->attempts_len++;
}

static void free_slot(struct sim *sim, uint32_t slot)
{
    struct attempt *attempt = &sim->attempts[slot];
    free(attempt->grants);
    attempt->grants = NULL;
    attempt->generation++;
    sim->free_attempts =
        fg_grow(sim->free_attempts, sim->free_len, &sim->free_room, sizeof(uint32_t));
    sim->free_attempts[sim->free_len++] = slot;
}

static void list_running(struct sim *sim, uint32_t slot, const struct fg_running *running)
{
    size_t at = sim->running_len++;
    sim->running = fg_grow(sim->running, at, &sim->running_room, sizeof(*running));
    sim->running_slots = fg_grow(sim->running_slots, at, &sim->slots_room, sizeof(uint32_t));
    sim->running[at] = *running;
    sim->running_slots[at] = slot;
    sim->attempts[slot].running_at = (uint32_t)at;
}

static void unlist_running(struct sim *sim, uint32_t slot)
{
    size_t at = sim->attempts[slot].running_at, last = --sim->running_len;
    sim->running[at] = sim->running[last];
    sim->running_slots[at] = sim->running_slots[last];
    sim->attempts[sim->running_slots[at]].running_at = (uint32_t)at;
}

/* -- devices ------------------------------------------------------------------------------------------- */

/* The nodes' meters see what the pool was told.  `sign` 1: granted, -1: given back. */
static void meter_grants(struct sim *sim, const struct attempt *attempt, int sign)
{
    for (uint32_t i = 0; i < attempt->grants_len; i++) {
        const struct fg_grant *grant = &attempt->grants[i];
        struct node *node = &sim->nodes[grant->node - 1];
        uint32_t milli = sim->counts_cores
                             ? grant->cpu_milli
                             : (uint32_t)__builtin_popcount(grant->devices) * grant->gpu_milli;
        fg_sim_meter_take(sim, node);
        node->used_milli += sign > 0 ? milli : -milli;
        node->grants += sign > 0 ? 1U : -1U;
        fg_sim_energy_load(sim, node, attempt, milli, sign);
        fg_sim_meter_put(sim, node);
    }
}

/* What figures count as devices. */
static int64_t milli_of(const struct sim *sim, const struct attempt *attempt)
{
    return sim->counts_cores ? attempt->amount.cpu_milli : attempt->amount.gpu_milli;
}

/* A gang goes as fast as its slowest member; work without devices at speed 1. */
static uint32_t speed_of(const struct sim *sim, const struct attempt *attempt)
{
    uint32_t speed = UINT32_MAX;
    for (uint32_t i = 0; i < attempt->grants_len; i++) {
        const struct fg_grant *grant = &attempt->grants[i];
        const struct node *node = &sim->nodes[grant->node - 1];
        const struct fg_sim_group *group = &sim->cluster->groups[node->group];
        uint64_t of_job =
            fg_sim_trace_speed_milli(sim->trace, &sim->trace->jobs[attempt->job], group->kind);
        uint32_t its = grant->devices ? (uint32_t)(group->speed_milli * of_job / 1000) : 1000;
        if (its < speed)
            speed = its;
    }
    return speed ? speed : 1;
}

static int64_t at_speed(int64_t work_us, uint32_t speed_milli)
{
    return speed_milli == 1000
               ? work_us
               : (int64_t)(((__int128)work_us * 1000 + speed_milli - 1) / speed_milli);
}

/* -- the beginning ------------------------------------------------------------------------------------- */

static void set_state(struct sim *sim, const struct fg_decision *decision)
{
    struct fg_job job = *fg_queue_get(sim->queue, decision->job);
    int rc = fg_job_move(&job.state, FG_JOB_STARTING, NULL);
    if (rc == 0)
        rc = fg_job_move(&job.state, FG_JOB_RUNNING, NULL);
    assert(rc == 0);
    (void)rc;
    job.attempt++;
    job.tasks_held = (uint32_t)decision->grants_len;
    job.started_us = EPOCH_US + sim->now_us;
    fg_queue_set(sim->queue, &job);
}

/* Who slows a job down, or lets it wait for its nodes, gives it the time for it. */
static int64_t own_limit_us(const struct sim *sim, const struct attempt *attempt)
{
    int64_t limit_us = sim->trace->jobs[attempt->job].time_limit_us;
    if (limit_us == 0 || attempt->slower <= 0)
        return limit_us;
    return (int64_t)((double)limit_us * attempt->slower) + attempt->woken_us + 1;
}

static void plan_end(struct sim *sim, uint32_t slot, const struct fg_job *job)
{
    struct attempt *attempt = &sim->attempts[slot];
    int64_t limit_us = own_limit_us(sim, attempt);
    int64_t cut_us = fg_schedule_cut_us(sim->schedule, job, EPOCH_US + sim->now_us);
    if (cut_us > 0 && (limit_us == 0 || cut_us < limit_us))
        limit_us = cut_us;
    int64_t takes_us =
        attempt->overhead_us + at_speed(sim->runs[attempt->job].left_us, attempt->speed_milli);
    attempt->times_out = limit_us > 0 && limit_us < takes_us;
    if (attempt->times_out)
        takes_us = limit_us;
    fg_sim_plan(sim, (struct event){.kind = EVENT_END,
                                    .time_us = sim->now_us + takes_us,
                                    .subject = slot,
                                    .check = attempt->generation});
    list_running(
        sim, slot,
        &(struct fg_running){
            .job = job->id,
            .end_us = EPOCH_US + sim->now_us + fg_schedule_duration(sim->schedule, job),
            .grants = attempt->grants,
            .grants_len = attempt->grants_len,
        });
}

/* Data is brought to every site where a task runs, but to that where the attempt before had it. */
static int64_t bring_data(struct sim *sim, const struct attempt *attempt)
{
    struct job_run *run = &sim->runs[attempt->job];
    const struct fg_request *request =
        &sim->trace->requests[sim->trace->jobs[attempt->job].request];
    if (request->data_mib == 0)
        return 0;
    const struct fg_wan *links = fg_pool_wan_of(sim->pool);
    uint8_t from = fg_wan_find(links, request->data_site);
    int64_t times_us[FG_SITES_MAX + 1], most_us = 0;
    fg_wan_times(links, from, (int64_t)request->data_mib << 20, times_us);
    for (uint32_t i = 0; i < attempt->grants_len; i++) {
        uint8_t site = fg_pool_node(sim->pool, attempt->grants[i].node)->site;
        if ((site == 0 || site != run->site) && times_us[site] > most_us)
            most_us = times_us[site];
    }
    run->site = fg_pool_node(sim->pool, attempt->grants[0].node)->site;
    return most_us;
}

/* Until the last supplier of them begins it. */
static int64_t wait_there(const struct sim *sim, const struct attempt *attempt)
{
    int64_t most_us = 0;
    for (uint32_t i = 0; i < attempt->grants_len; i++) {
        const struct node *node = &sim->nodes[attempt->grants[i].node - 1];
        int64_t wait_us = sim->cluster->groups[node->group].wait_us;
        most_us = wait_us > most_us ? wait_us : most_us;
    }
    return most_us;
}

static void note_start(struct sim *sim, const struct attempt *attempt)
{
    struct fg_sim_outcome *outcome = &sim->result->jobs[attempt->job];
    if (outcome->start_us < 0)
        outcome->start_us = sim->now_us;
    outcome->attempts++;
    sim->result->sums.decisions++;
    if (sim->options->start)
        sim->options->start(sim->options->self,
                            &(struct fg_sim_start){.time_us = sim->now_us,
                                                   .job = attempt->job,
                                                   .attempt = outcome->attempts,
                                                   .grants = attempt->grants,
                                                   .grants_len = attempt->grants_len});
}

void fg_sim_begin(struct sim *sim, const struct fg_decision *decision)
{
    set_state(sim, decision);
    const struct fg_job *job = fg_queue_get(sim->queue, decision->job);
    uint32_t slot = take_slot(sim), index = (uint32_t)(decision->job - 1);
    struct attempt *attempt = &sim->attempts[slot];
    size_t size = decision->grants_len * sizeof(struct fg_grant);
    attempt->job = index;
    attempt->begun_us = sim->now_us;
    attempt->overhead_us = job->attempt > 1 ? sim->trace->jobs[index].restart_us : 0;
    attempt->grants_len = (uint32_t)decision->grants_len;
    attempt->slower = 0;
    attempt->grants = malloc(size);
    if (!attempt->grants)
        abort();
    memcpy(attempt->grants, fg_schedule_grants(sim->schedule) + decision->grants_at, size);
    attempt->amount = fg_schedule_amount(sim->pool, fg_queue_project(sim->queue, job->project),
                                         attempt->grants, attempt->grants_len);
    attempt->overhead_us += bring_data(sim, attempt) + wait_there(sim, attempt);
    attempt->speed_milli = speed_of(sim, attempt);
    uint64_t shrunk = (uint64_t)attempt->speed_milli * attempt->grants_len;
    attempt->speed_milli = (uint32_t)(shrunk / fg_job_tasks_max(job));
    sim->runs[index].attempt = slot;
    fg_sim_energy_begin(sim, attempt, job);
    meter_grants(sim, attempt, 1);
    note_start(sim, attempt);
    plan_end(sim, slot, job);
}

/* -- the end -------------------------------------------------------------------------------------------- */

/* How its nodes did. */
static void judge_nodes(struct sim *sim, const struct attempt *attempt, int64_t ran_us)
{
    size_t tasks;
    for (size_t i = 0; i < attempt->grants_len; i += tasks) {
        fg_node_id id = attempt->grants[i].node;
        const struct fg_node_spec *spec = fg_pool_spec(sim->pool, id);
        double share =
            fg_faults_share(spec, &attempt->grants[i], attempt->grants_len - i, &tasks);
        const struct fg_fault_place place = {spec->supplier, spec->name, spec->is_spot};
        fg_faults_note(sim->faults,
                       &(struct fg_fault_end){.place = place,
                                              .time_us = sim->now_us,
                                              .ran_us = (int64_t)((double)ran_us * share),
                                              .interrupted = id == sim->lost_node});
        if (sim->options->config->place_faults)
            fg_pool_set_hazard(sim->pool, id,
                               fg_faults_excess(sim->faults, &place, sim->now_us));
    }
}

/* Devices and books go back; returns how long it held them. */
static int64_t give_back(struct sim *sim, uint32_t slot)
{
    struct attempt *attempt = &sim->attempts[slot];
    struct fg_sim_outcome *outcome = &sim->result->jobs[attempt->job];
    const struct fg_job *job = fg_queue_get(sim->queue, attempt->job + 1);
    int64_t held_us = sim->now_us - attempt->begun_us;
    unlist_running(sim, slot);
    fg_schedule_over(sim->schedule, job->id);
    meter_grants(sim, attempt, -1);
    for (uint32_t i = 0; i < attempt->grants_len; i++)
        fg_pool_release(sim->pool, &attempt->grants[i]);
    struct fg_held *held = fg_queue_held(sim->queue, job->project);
    fg_held_settle(held, EPOCH_US + sim->now_us, sim->options->config->fair_half_life_s);
    fg_held_take(held, &attempt->amount);
    fg_quota_take(sim->queue, sim->pool, job, attempt->grants, attempt->grants_len);
    judge_nodes(sim, attempt, held_us);
    outcome->run_us += held_us;
    outcome->gpu_us += held_us * milli_of(sim, attempt) / 1000;
    sim->runs[attempt->job].attempt = NO_ATTEMPT;
    sim->pass_wanted = true;
    if (sim->options->over)
        sim->options->over(sim->options->self, attempt->job, sim->now_us);
    return held_us;
}

static void lose(struct sim *sim, const struct attempt *attempt, int64_t lost_us, bool pushed)
{
    int64_t gpu_us = lost_us * milli_of(sim, attempt) / 1000;
    sim->result->sums.gpu_lost_us += gpu_us;
    sim->result->sums.gpu_pushed_us += pushed ? gpu_us : 0;
}

/* What the job got, with the attempt that comes to its end. */
static void learn(struct sim *sim, const struct attempt *attempt)
{
    const struct fg_job *job = fg_queue_get(sim->queue, attempt->job + 1);
    const struct fg_request *request =
        &sim->trace->requests[sim->trace->jobs[attempt->job].request];
    int64_t attained_us = fg_ranking_attained_us(sim->ranking, job, EPOCH_US + sim->now_us);
    int64_t ran_us = fg_order_wall_us(attained_us, request, fg_job_tasks_max(job));
    struct fg_class class = fg_class_of(job, request, 1);
    if (ran_us > 0)
        fg_learn_note(sim->learn, &class,
                      &(struct fg_outcome){.time_us = EPOCH_US + sim->now_us,
                                           .ran_us = ran_us,
                                           .mem_mib = -1,
                                           .is_job = true});
    const struct node *node = &sim->nodes[attempt->grants[0].node - 1];
    int64_t held_us = sim->now_us - attempt->begun_us - attempt->overhead_us;
    if (attempt->grants[0].devices && job->attempt <= 1 && !attempt->times_out)
        fg_work_note(sim->speeds, job, &class, sim->cluster->groups[node->group].kind, held_us);
}

/* Who ends while he is being stopped counts as stopped, as in the service, which cannot tell whether he was at his end or has
 * saved his work: he is queued again, and if he saves it finds that all is done. */
static bool ends_while_stopping(const struct sim *sim, const struct attempt *attempt)
{
    return !attempt->times_out && fg_queue_get(sim->queue, attempt->job + 1)->stop_sent;
}

void fg_sim_ended(struct sim *sim, uint32_t slot)
{
    struct attempt attempt = sim->attempts[slot];
    if (ends_while_stopping(sim, &attempt)) {
        fg_sim_interrupt(sim, slot, true);
        return;
    }
    struct fg_sim_outcome *outcome = &sim->result->jobs[attempt.job];
    learn(sim, &attempt);
    (void)give_back(sim, slot);
    lose(sim, &attempt, attempt.overhead_us, sim->runs[attempt.job].pushed);
    free_slot(sim, slot);
    fg_queue_del(sim->queue, attempt.job + 1);
    outcome->end_us = sim->now_us;
    outcome->end = attempt.times_out ? FG_SIM_TIMED_OUT : FG_SIM_DONE;
    sim->done++;
    sim->in_vain = 0;
    sim->done_of_first += attempt.job < sim->options->first_jobs;
    sim->meter_at_end = sim->meter;
}

void fg_sim_ask_stop(struct sim *sim, fg_job_id id)
{
    struct fg_job job = *fg_queue_get(sim->queue, id);
    uint32_t slot = sim->runs[id - 1].attempt;
    if (job.stop_sent || slot == NO_ATTEMPT)
        return;
    job.stop_sent = true;
    fg_queue_set(sim->queue, &job);
    struct fg_running *running = &sim->running[sim->attempts[slot].running_at];
    running->stopping = true;
    running->end_us = EPOCH_US + sim->now_us + fg_stop_grace_us(sim->options->config, &job);
    fg_schedule_runs(sim->schedule, sim->queue, running);
    sim->result->sums.preemptions++;
    fg_sim_plan(sim, (struct event){.kind = EVENT_STOPPED,
                                    .time_us = sim->now_us + sim->cluster->stop_us,
                                    .subject = slot,
                                    .check = sim->attempts[slot].generation});
}

static void queue_again(struct sim *sim, uint32_t index)
{
    struct fg_job job = *fg_queue_get(sim->queue, index + 1);
    job.attained_us = fg_ranking_attained_us(sim->ranking, &job, EPOCH_US + sim->now_us);
    int rc = fg_job_move(&job.state, FG_JOB_QUEUED, NULL);
    job.tasks_held = 0;
    assert(rc == 0);
    (void)rc;
    job.started_us = 0;
    job.stop_sent = false;
    fg_queue_set(sim->queue, &job);
}

void fg_sim_interrupt(struct sim *sim, uint32_t slot, bool saves)
{
    struct attempt attempt = sim->attempts[slot];
    struct job_run *run = &sim->runs[attempt.job];
    const struct fg_sim_job *job = &sim->trace->jobs[attempt.job];
    int64_t held_us = give_back(sim, slot), worked_us = held_us - attempt.overhead_us;
    int64_t work =
        worked_us > 0 ? (int64_t)((__int128)worked_us * attempt.speed_milli / 1000) : 0;
    if (!saves || job->checkpoint_us == 0)
        work = job->checkpoint_us > 0 ? work / job->checkpoint_us * job->checkpoint_us : 0;
    if (work > run->left_us)
        work = run->left_us;
    run->left_us -= work;
    sim->in_vain = work > 0 ? 0 : sim->in_vain + 1;
    int64_t kept_us = at_speed(work, attempt.speed_milli);
    lose(sim, &attempt, held_us > kept_us ? held_us - kept_us : 0, saves);
    run->pushed = saves;
    free_slot(sim, slot);
    queue_again(sim, attempt.job);
}

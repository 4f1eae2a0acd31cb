/* rounds_sim.c - see rounds_sim.h */
#include "sim/rounds_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE_MAX 1e9 /* jobs per hour */
#define TIME_MAX 1e7 /* hours: a simulation that takes longer is not one of this world */

/* Work that is left after the last step, by rounding. */
#define NOTHING 1e-6

static int64_t to_us(double seconds)
{
    return (int64_t)llround(seconds * 1e6);
}

/* -- the cluster ----------------------------------------------------------------------------------------------- */

int fg_rounds_kinds(const struct fg_sim_cluster *cluster,
                    struct fg_gavel_table *table,
                    struct fg_err *err)
{
    table->kinds_len = 0;
    for (size_t i = 0; i < cluster->groups_len; i++) {
        const struct fg_sim_group *group = &cluster->groups[i];
        uint32_t at = 0;
        while (at < table->kinds_len && strcmp(table->kinds[at], group->kind) != 0)
            at++;
        if (group->gpus == 0 || group->nodes == 0 || at < table->kinds_len)
            continue;
        if (at == FG_GAVEL_KINDS_MAX)
            return fg_fail(err, FG_EINVAL, "the cluster has more than %d kinds of device",
                           FG_GAVEL_KINDS_MAX);
        memcpy(table->kinds[table->kinds_len++], group->kind, FG_KIND_MAX);
    }
    return table->kinds_len
               ? 0
               : fg_fail(err, FG_EINVAL, "the cluster has no devices of a kind that is named");
}

static void count_devices(struct rounds_sim *sim)
{
    const struct fg_sim_cluster *cluster = sim->options->cluster;
    for (size_t i = 0; i < cluster->groups_len; i++)
        for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
            if (strcmp(cluster->groups[i].kind, sim->table->kinds[kind]) == 0)
                sim->capacity[kind] += cluster->groups[i].nodes * cluster->groups[i].gpus;
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++) {
        sim->devices += sim->capacity[kind];
        uint32_t at = kind;
        for (; at > 0
               && strcmp(sim->table->kinds[sim->by_name[at - 1]], sim->table->kinds[kind]) > 0;
             at--)
            sim->by_name[at] = sim->by_name[at - 1];
        sim->by_name[at] = kind;
    }
}

static void measure_types(struct rounds_sim *sim)
{
    for (uint32_t type = 0; type < sim->table->types_len; type++)
        for (uint32_t kind = 0; kind < sim->kinds_len; kind++) {
            double speed = rounds_alone(sim, type, kind);
            sim->fastest[type] = fmax(sim->fastest[type], speed);
            sim->mean[type] += speed * sim->capacity[kind] / sim->devices;
        }
}

/* What all nodes cost and draw over the whole time: they are up from the beginning to the end. */
static void add_bill(struct rounds_sim *sim, double span_s)
{
    const struct fg_sim_cluster *cluster = sim->options->cluster;
    struct fg_sim_sums *sums = &sim->result->sums;
    double busy = sums->gpu_up_us > 0 ? (double)sums->gpu_busy_us / (double)sums->gpu_up_us : 0;
    double uusd = 0, joule = 0;
    for (size_t i = 0; i < cluster->groups_len; i++) {
        const struct fg_sim_group *group = &cluster->groups[i];
        double idle_w = (double)group->watts.idle_milli / 1e3;
        double busy_w = (double)group->watts.busy_milli / 1e3;
        uusd += group->nodes * (double)group->price_uusd_per_hour * span_s / 3600;
        joule += group->nodes * (idle_w + (busy_w - idle_w) * busy) * span_s;
    }
    sums->cost_uusd = llround(uusd);
    sums->energy_j = llround(joule);
}

/* -- jobs come and go -------------------------------------------------------------------------------------------- */

static void *resized(void *items, size_t count, size_t size)
{
    items = reallocarray(items, count, size);
    if (!items)
        abort();
    return items;
}

static void make_room(struct rounds_sim *sim)
{
    if (sim->runs_len < sim->runs_room)
        return;
    size_t room = sim->runs_room = sim->runs_room * 2 + 256;
    sim->runs = resized(sim->runs, room, sizeof(sim->runs[0]));
    sim->assign_jobs = resized(sim->assign_jobs, room, sizeof(sim->assign_jobs[0]));
    sim->keys = resized(sim->keys, room, sizeof(sim->keys[0]));
    sim->order = resized(sim->order, room, sizeof(sim->order[0]));
}

static void admit(struct rounds_sim *sim)
{
    uint32_t job = (uint32_t)sim->came++;
    const struct fg_gavel_job *given = &sim->options->stream->jobs[job];
    uint32_t devices = sim->table->types[given->type].devices;
    make_room(sim);
    sim->runs[sim->runs_len++] =
        (struct rounds_run){.job = job,
                            .type = given->type,
                            .devices = devices,
                            .left = given->steps,
                            .kind = NOWHERE,
                            .mate = NOWHERE,
                            .kind_before = NOWHERE,
                            .owed_at_s = fg_rounds_arrival_s(sim, job)};
    struct fg_rounds_job *entry = fg_rounds_add(&sim->rounds, job, devices);
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
        entry->places[kind].fits = rounds_alone(sim, given->type, kind) > 0;
    struct fg_sim_outcome *outcome = &sim->result->jobs[job];
    outcome->submit_us = to_us(fg_rounds_arrival_s(sim, job));
    outcome->ideal_us = to_us(given->steps / sim->fastest[given->type]);
    outcome->gpu_milli = devices * 1000;
    sim->shares_stale = true;
}

/* Close the gaps that jobs which are done leave; mates are places in the list. */
static void remove_done(struct rounds_sim *sim)
{
    size_t kept = 0;
    for (size_t i = 0; i < sim->runs_len; i++) {
        sim->order[i] = (uint32_t)kept;
        kept += sim->runs[i].left > NOTHING;
    }
    if (kept == sim->runs_len)
        return;
    for (size_t i = 0; i < sim->runs_len; i++) {
        struct rounds_run *run = &sim->runs[i];
        if (run->mate != NOWHERE)
            run->mate =
                sim->runs[run->mate].left > NOTHING ? (int32_t)sim->order[run->mate] : NOWHERE;
    }
    for (size_t i = sim->runs_len; i-- > 0;)
        if (sim->runs[i].left <= NOTHING)
            fg_rounds_remove(&sim->rounds, i);
    for (size_t i = 0; i < sim->runs_len; i++)
        if (sim->runs[i].left > NOTHING)
            sim->runs[sim->order[i]] = sim->runs[i];
    sim->runs_len = kept;
    sim->shares_stale = true;
}

/* -- a round ------------------------------------------------------------------------------------------------------ */

static double speed_of(const struct rounds_sim *sim, const struct rounds_run *run)
{
    return run->mate == NOWHERE
               ? rounds_alone(sim, run->type, (uint32_t)run->kind)
               : fg_gavel_paired(sim->table, run->type, sim->runs[run->mate].type,
                                 (uint32_t)run->kind);
}

/* Whole steps, as many as fit into a round. */
static void plan_work(struct rounds_sim *sim, struct rounds_run *run)
{
    double speed = speed_of(sim, run), steps = floor(speed * sim->options->round_s);
    if (steps < 1)
        steps = speed * sim->options->round_s;
    run->steps = fmin(steps, run->left);
    run->end_s = sim->now_s + run->steps / speed;
}

static void count_start(struct rounds_sim *sim, struct rounds_run *run)
{
    struct fg_sim_outcome *outcome = &sim->result->jobs[run->job];
    if (outcome->start_us < 0)
        outcome->start_us = to_us(sim->now_s);
    if (run->kind_before == run->kind)
        return;
    outcome->attempts++;
    sim->result->sums.decisions++;
}

/* Devices are held until both of those who share them are done with the round. */
static double held_until(const struct rounds_sim *sim, const struct rounds_run *run)
{
    return run->mate == NOWHERE ? run->end_s : fmax(run->end_s, sim->runs[run->mate].end_s);
}

static double busy_s(const struct rounds_sim *sim, const struct rounds_run *run)
{
    return (held_until(sim, run) - sim->now_s) * run->devices
           * (run->mate == NOWHERE ? 1 : 0.5);
}

static void sample(struct rounds_sim *sim, double busy_device_s, size_t running)
{
    double length_s = sim->round_end_s - sim->now_s;
    struct fg_sim_sample state = {
        .gpus_up = sim->devices,
        .gpus_busy = length_s > 0 ? busy_device_s / length_s : 0,
        .jobs_waiting = (double)(sim->runs_len - running),
        .jobs_running = (double)running,
    };
    fg_sim_result_sample(sim->result, &state, to_us(sim->now_s), to_us(sim->round_end_s));
    sim->result->sums.gpu_busy_us += to_us(busy_device_s);
    sim->result->sums.passes++;
}

/* The choice is made: who runs works until the round is over. */
static void begin_round(struct rounds_sim *sim)
{
    double end_s = sim->now_s, busy_device_s = 0;
    size_t running = 0;
    for (size_t i = 0; i < sim->runs_len; i++) {
        struct rounds_run *run = &sim->runs[i];
        if (!run->runs) {
            sim->result->sums.preemptions += run->kind_before != NOWHERE;
            continue;
        }
        plan_work(sim, run);
        count_start(sim, run);
        end_s = fmax(end_s, run->end_s);
        running++;
    }
    sim->any_round = running > 0;
    if (!sim->any_round)
        return;
    for (size_t i = 0; i < sim->runs_len; i++)
        if (sim->runs[i].runs)
            busy_device_s += busy_s(sim, &sim->runs[i]);
    sim->round_began_s = sim->round_end_s;
    sim->round_end_s = end_s;
    sample(sim, busy_device_s, running);
}

static void settle(struct rounds_sim *sim, size_t at)
{
    struct rounds_run *run = &sim->runs[at];
    struct fg_sim_outcome *outcome = &sim->result->jobs[run->job];
    run->kind_before = run->runs ? run->kind : NOWHERE;
    if (!run->runs)
        return;
    outcome->gpu_us += to_us(busy_s(sim, run));
    outcome->run_us += to_us(run->end_s - sim->now_s);
    run->left -= run->steps;
    /* Gavel counts the time from the end of the round before, a pause between the two included; of a pair the longer. */
    if (sim->options->policy->share && (run->mate == NOWHERE || (size_t)run->mate > at))
        fg_rounds_ran(&sim->rounds, &sim->rounds.jobs[at],
                      held_until(sim, run) - sim->round_began_s);
    if (run->left > NOTHING)
        return;
    outcome->end_us = to_us(run->end_s);
    outcome->end = FG_SIM_DONE;
    if (run->job >= sim->options->window_first && run->job < sim->options->window_end)
        sim->window_left--;
}

/* What an equal share would have done of each job by `until_s`; once that is all, its time is known. */
static void count_equal_shares(struct rounds_sim *sim, double until_s)
{
    for (size_t i = 0; i < sim->runs_len; i++) {
        struct rounds_run *run = &sim->runs[i];
        struct fg_sim_outcome *outcome = &sim->result->jobs[run->job];
        double lack = sim->options->stream->jobs[run->job].steps - run->owed_steps;
        double rate = fg_rounds_equal_rate(sim, run);
        double end_s = run->owed_at_s + lack / rate;
        run->owed_steps += rate * (until_s - run->owed_at_s);
        run->owed_at_s = until_s;
        if (outcome->isolated_us == 0 && (end_s <= until_s || run->left <= NOTHING))
            outcome->isolated_us = to_us(end_s - fg_rounds_arrival_s(sim, run->job));
    }
}

/* The round is over, or there was none: time goes on to its end, or to the next job. */
static void end_round(struct rounds_sim *sim)
{
    if (sim->any_round) {
        for (size_t i = 0; i < sim->runs_len; i++)
            settle(sim, i);
        sim->now_s = sim->round_end_s;
        count_equal_shares(sim, sim->now_s);
        remove_done(sim);
    } else if (sim->came < sim->options->stream->jobs_len) {
        /* Also if jobs wait for their shares: Gavel's simulator wakes up when something ends or comes. */
        sim->now_s = fg_rounds_arrival_s(sim, sim->came);
    } else {
        sim->now_s += sim->options->round_s;
    }
    while (sim->came < sim->options->stream->jobs_len
           && fg_rounds_arrival_s(sim, sim->came) <= sim->now_s)
        admit(sim);
}

static int run_all(struct rounds_sim *sim, struct fg_err *err)
{
    const struct fg_rounds_options *options = sim->options;
    size_t jobs = sim->window_left;
    int rc = 0;
    while (rc == 0 && sim->window_left > 0) {
        end_round(sim);
        rc = options->policy->choose(sim, err);
        if (rc == 0)
            begin_round(sim);
        if (options->progress)
            options->progress(options->self, jobs - sim->window_left, jobs);
        if (sim->now_s > TIME_MAX * 3600)
            return fg_fail(err, FG_ETOOBIG, "%zu jobs are not done after %g hours",
                           sim->window_left, TIME_MAX);
    }
    return rc;
}

/* -- begin and end -------------------------------------------------------------------------------------------------- */

static int check_jobs(const struct rounds_sim *sim, struct fg_err *err)
{
    const struct fg_gavel_stream *stream = sim->options->stream;
    for (size_t i = 0; i < stream->jobs_len; i++) {
        const struct fg_gavel_type *type = &sim->table->types[stream->jobs[i].type];
        bool fits = false;
        if (sim->options->policy->is_single && type->devices > 1)
            return fg_fail(err, FG_EINVAL, "job %zu: %s asks %u devices, expected 1 with %s", i,
                           type->name, type->devices, sim->options->policy->name);
        for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
            fits |= sim->capacity[kind] >= type->devices
                    && rounds_alone(sim, stream->jobs[i].type, kind) > 0;
        if (!fits)
            return fg_fail(err, FG_EINVAL,
                           "job %zu: %s asks %u devices, expected what one kind has", i,
                           type->name, type->devices);
    }
    return 0;
}

static int check(const struct fg_rounds_options *options, struct fg_err *err)
{
    if (!(options->jobs_per_hour > 0 && options->jobs_per_hour <= RATE_MAX))
        return fg_fail(err, FG_EINVAL, "%g jobs an hour, expected above 0 to %g",
                       options->jobs_per_hour, RATE_MAX);
    if (!(options->round_s > 0 && options->round_s <= 1e6 && options->reset_s >= 0))
        return fg_fail(err, FG_EINVAL,
                       "rounds of %g s, shares anew after %g s, expected above 0",
                       options->round_s, options->reset_s);
    if (options->window_first >= options->stream->jobs_len
        || options->window_first >= options->window_end)
        return fg_fail(err, FG_EINVAL, "a window from job %zu on, expected 0 to %zu",
                       options->window_first, options->stream->jobs_len - 1);
    return 0;
}

static void begin(struct rounds_sim *sim)
{
    const struct fg_rounds_options *options = sim->options;
    size_t end = options->window_end < options->stream->jobs_len ? options->window_end
                                                                 : options->stream->jobs_len;
    sim->window_left = end - options->window_first;
    sim->result = fg_sim_result_new(options->stream->jobs_len, 1);
    memcpy(sim->result->projects[0], "default", sizeof("default"));
    sim->fastest = resized(NULL, sim->table->types_len, sizeof(sim->fastest[0]));
    sim->mean = resized(NULL, sim->table->types_len, sizeof(sim->mean[0]));
    for (uint32_t type = 0; type < sim->table->types_len; type++)
        sim->fastest[type] = sim->mean[type] = 0;
    sim->kinds_len = sim->table->kinds_len;
    count_devices(sim);
    measure_types(sim);
    make_room(sim);
    sim->rounds.kinds_len = sim->kinds_len;
    sim->rounds.round_s = options->round_s;
    sim->rounds.idles = options->policy->idles;
    memcpy(sim->rounds.capacity, sim->capacity, sizeof(sim->capacity));
    fg_twister_seed(&sim->draw, options->seed);
    fg_twister_seed(&sim->shuffle, options->seed + 5);
}

static void finish(struct rounds_sim *sim)
{
    double span_s = sim->now_s;
    sim->result->jobs_len = sim->came;
    sim->result->sums.span_us = to_us(span_s);
    sim->result->sums.gpu_up_us = to_us(span_s * sim->devices);
    add_bill(sim, span_s);
}

static void drop(struct rounds_sim *sim)
{
    fg_rounds_free(&sim->rounds);
    free(sim->runs);
    free(sim->assign_jobs);
    free(sim->keys);
    free(sim->order);
    free(sim->held);
    free(sim->fastest);
    free(sim->mean);
}

int fg_rounds_sim(const struct fg_rounds_options *options,
                  struct fg_sim_result **out,
                  struct fg_err *err)
{
    int rc = check(options, err);
    if (rc < 0)
        return rc;
    struct rounds_sim *sim = calloc(1, sizeof(*sim));
    if (!sim)
        return fg_fail(err, FG_ENOMEM, "no memory for a simulation");
    sim->options = options;
    sim->table = options->table;
    begin(sim);
    rc = check_jobs(sim, err);
    if (rc == 0)
        rc = run_all(sim, err);
    if (rc == 0) {
        finish(sim);
        *out = sim->result;
    } else {
        fg_sim_result_free(sim->result);
    }
    drop(sim);
    free(sim);
    return rc;
}

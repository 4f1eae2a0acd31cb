/* tune.c - see tune.h */
#include "tune/tune_inner.h"

#include "base/grow.h"
#include "base/parallel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PENALTY   10.0  /* of what goes beyond a bound */
#define WORTHLESS 2e-3  /* a change that brings less goes */
#define WORTH     -5e-3 /* less than that is nothing to look at */

/* -- the days ------------------------------------------------------------------------------------------------ */

static void slice(const struct fg_tune_options *options,
                  size_t first_day,
                  size_t days,
                  struct tune_slice *out)
{
    const struct fg_sim_trace *trace = options->sim.trace;
    size_t warm = options->warm_days < first_day ? options->warm_days : first_day, at = 0;
    int64_t begin_us = (int64_t)(first_day - warm) * FG_TUNE_DAY_US;
    int64_t end_us = (int64_t)(first_day + days) * FG_TUNE_DAY_US;
    *out = (struct tune_slice){.trace = *trace, .days = days};
    while (at < trace->jobs_len && trace->jobs[at].submit_us < begin_us)
        at++;
    size_t len = 0;
    while (at + len < trace->jobs_len && trace->jobs[at + len].submit_us < end_us)
        len++;
    out->trace.jobs = calloc(len + 1, sizeof(trace->jobs[0]));
    if (!out->trace.jobs)
        abort();
    memcpy(out->trace.jobs, trace->jobs + at, len * sizeof(trace->jobs[0]));
    out->trace.jobs_len = out->trace.jobs_room = len;
    out->zero_us = len ? trace->jobs[at].submit_us : 0;
    out->from_us = (int64_t)first_day * FG_TUNE_DAY_US - out->zero_us;
    fg_sim_trace_finish(&out->trace);
}

static size_t jobs_that_count(const struct tune_slice *slice)
{
    size_t len = 0;
    for (size_t i = 0; i < slice->trace.jobs_len; i++)
        len += slice->trace.jobs[i].submit_us >= slice->from_us;
    return len;
}

/* -- begin and end ------------------------------------------------------------------------------------------- */

static int check(const struct fg_tune_options *options, struct fg_err *err)
{
    size_t days = options->train_days + options->held_days;
    if (options->train_days == 0 || options->held_days == 0 || days > FG_TUNE_DAYS_MAX)
        return fg_fail(
            err, FG_EINVAL,
            "%zu days to search and %zu held back, expected at least 1 each, %d in all",
            options->train_days, options->held_days, FG_TUNE_DAYS_MAX);
    if (options->train_days > options->origin_day)
        return fg_fail(err, FG_EINVAL,
                       "%zu days to search, the jobs have %zu before those held back",
                       options->train_days, options->origin_day);
    return 0;
}

int fg_tune_new(const struct fg_tune_options *options, struct fg_tune **out, struct fg_err *err)
{
    int rc = check(options, err);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_tune) struct fg_tune *tune = calloc(1, sizeof(*tune));
    if (!tune)
        return fg_fail(err, FG_ENOMEM, "no memory to tune");
    tune->options = *options;
    slice(options, options->origin_day - options->train_days, options->train_days,
          &tune->train);
    slice(options, options->origin_day, options->held_days, &tune->held);
    if (jobs_that_count(&tune->train) == 0 || jobs_that_count(&tune->held) == 0)
        return fg_fail(err, FG_EINVAL,
                       "no job was submitted on the days of the search, or on those held back");
    rc = fg_space_make(&options->knobs, options->sim.trace, options->sim.cluster, options->only,
                       &tune->space, err);
    if (rc < 0)
        return rc;
    tune->search =
        fg_search_new(&(struct fg_search_options){.genes = tune->space.len,
                                                  .values = tune->space.values,
                                                  .first = tune->space.first,
                                                  .population = options->population,
                                                  .generations_max = options->generations_max,
                                                  .patience = options->patience,
                                                  .seed = options->seed});
    *out = tune;
    tune = NULL;
    return 0;
}

static void drop_tasks(struct fg_tune *tune)
{
    for (size_t i = 0; i < tune->tasks_len; i++)
        fg_tune_days_free(&tune->tasks[i].days);
    tune->tasks_len = 0;
}

void fg_tune_free(struct fg_tune *tune)
{
    if (!tune)
        return;
    drop_tasks(tune);
    free(tune->tasks);
    free(tune->train.trace.jobs);
    free(tune->held.trace.jobs);
    fg_tune_days_free(&tune->base);
    fg_search_free(tune->search);
    fg_buf_free(&tune->text);
    free(tune);
}

void fg_tune_stop(struct fg_tune *tune)
{
    tune->is_stopped = true;
}

/* -- what is asked next ----------------------------------------------------------------------------------------- */

static void add_task(struct fg_tune *tune, const uint8_t *individual, bool is_held)
{
    tune->tasks =
        fg_grow(tune->tasks, tune->tasks_len, &tune->tasks_room, sizeof(tune->tasks[0]));
    struct tune_task *task = &tune->tasks[tune->tasks_len++];
    *task = (struct tune_task){.is_held = is_held, .knobs = tune->options.knobs};
    fg_space_apply(&tune->space, individual, &task->knobs);
}

/* Half of it is the upper end of the interval: of two that are as good, the one that is so on most days has more of a chance on
 * days that the search has not seen. */
double fg_tune_score(const struct fg_tune *tune, const struct fg_tune_days *days)
{
    const struct fg_tune_objective *objective = &tune->options.objective;
    double excess;
    struct fg_change change =
        fg_tune_objective_change(objective, &tune->base, days, tune->options.seed);
    (void)fg_tune_bound_broken(objective, &tune->base, days, &excess);
    return (change.change + change.high) / 2 + PENALTY * excess;
}

static void ask_search(struct fg_tune *tune)
{
    const uint8_t *batch;
    size_t len = tune->is_stopped ? 0 : fg_search_ask(tune->search, &batch);
    for (size_t i = 0; i < len; i++)
        add_task(tune, batch + i * tune->space.len, false);
    if (len > 0)
        return;
    memcpy(tune->best, fg_search_rank(tune->search, 0, &tune->best_score), tune->space.len);
    tune->phase = TUNE_SINGLES;
}

/* The best, each time without one of its changes. */
static void ask_singles(struct fg_tune *tune)
{
    uint8_t without[FG_SPACE_GENES_MAX];
    for (size_t gene = 0; gene < tune->space.len; gene++) {
        if (tune->best[gene] == tune->space.first[gene])
            continue;
        memcpy(without, tune->best, sizeof(without));
        without[gene] = tune->space.first[gene];
        tune->single[tune->tasks_len] = gene;
        add_task(tune, without, false);
    }
    if (tune->tasks_len == 0)
        tune->phase = TUNE_HELD;
}

static bool is_shown(const struct fg_tune *tune, const uint8_t *individual)
{
    for (size_t i = 0; i < tune->candidates_len; i++)
        if (memcmp(tune->shown[i], individual, tune->space.len) == 0)
            return true;
    return false;
}

static void show(struct fg_tune *tune, const uint8_t *individual)
{
    if (tune->candidates_len < FG_TUNE_CANDIDATES_MAX && !is_shown(tune, individual))
        memcpy(tune->shown[tune->candidates_len++], individual, tune->space.len);
}

/* On both kinds of days: those of the search are for the table. */
static void ask_held(struct fg_tune *tune)
{
    const uint8_t *other;
    double score;
    show(tune, tune->space.first);
    show(tune, tune->best);
    for (size_t rank = 0; (other = fg_search_rank(tune->search, rank, &score)); rank += 7)
        show(tune, other);
    for (size_t i = 0; i < tune->candidates_len; i++) {
        add_task(tune, tune->shown[i], true);
        add_task(tune, tune->shown[i], false);
    }
}

static void ask_next(struct fg_tune *tune)
{
    if (tune->phase == TUNE_BASE)
        add_task(tune, tune->space.first, false);
    if (tune->phase == TUNE_SEARCH)
        ask_search(tune);
    if (tune->phase == TUNE_SINGLES)
        ask_singles(tune);
    if (tune->phase == TUNE_JOINT)
        add_task(tune, tune->joint, false);
    if (tune->phase == TUNE_HELD)
        ask_held(tune);
}

/* On any thread. */
static void replay(void *self, size_t at)
{
    const struct fg_tune *tune = self;
    struct tune_task *task = &tune->tasks[at];
    const struct tune_slice *slice = task->is_held ? &tune->held : &tune->train;
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    struct fg_sim_options options = tune->options.sim;
    options.trace = &slice->trace;
    options.cluster_us += slice->zero_us;
    options.config = &task->knobs.config;
    options.order = task->knobs.order;
    options.place = task->knobs.place;
    options.preempt = task->knobs.preempt;
    options.backfill = task->knobs.backfill;
    task->rc = fg_sim_run(&options, &result, &task->err);
    if (task->rc == 0)
        fg_tune_days_make(result, slice->from_us, slice->days, &task->days);
}

size_t fg_tune_replay_all(struct fg_tune *tune, size_t threads)
{
    ask_next(tune);
    fg_parallel(tune->tasks_len, threads, replay, tune);
    return tune->tasks_len;
}

/* -- what came back ----------------------------------------------------------------------------------------------- */

static void take_search(struct fg_tune *tune)
{
    double *scores = calloc(tune->tasks_len, sizeof(double));
    if (!scores)
        abort();
    for (size_t i = 0; i < tune->tasks_len; i++)
        scores[i] = fg_tune_score(tune, &tune->tasks[i].days);
    fg_search_tell(tune->search, scores);
    free(scores);
}

/* Those that bring nothing go together, if together they still bring nothing. */
static void take_singles(struct fg_tune *tune)
{
    bool is_any = false;
    memcpy(tune->joint, tune->best, sizeof(tune->joint));
    for (size_t i = 0; i < tune->tasks_len; i++) {
        size_t gene = tune->single[i];
        tune->harm[gene] = fg_tune_score(tune, &tune->tasks[i].days) - tune->best_score;
        if (tune->harm[gene] > WORTHLESS)
            continue;
        tune->joint[gene] = tune->space.first[gene];
        is_any = true;
    }
    tune->phase = is_any ? TUNE_JOINT : TUNE_HELD;
}

/* Some of them may have stood in for each other: then only the one that brings least goes. */
static void take_joint(struct fg_tune *tune)
{
    double score = fg_tune_score(tune, &tune->tasks[0].days);
    tune->phase = TUNE_SINGLES;
    if (score <= tune->best_score + WORTHLESS) {
        memcpy(tune->best, tune->joint, sizeof(tune->best));
        tune->best_score = score;
        return;
    }
    size_t least = SIZE_MAX;
    for (size_t gene = 0; gene < tune->space.len; gene++)
        if (tune->best[gene] != tune->joint[gene]
            && (least == SIZE_MAX || tune->harm[gene] < tune->harm[least]))
            least = gene;
    tune->best[least] = tune->space.first[least];
    tune->best_score += tune->harm[least];
}

static void judge(struct fg_tune *tune,
                  const struct fg_tune_days *now,
                  const struct fg_tune_days *then)
{
    double excess;
    const struct fg_change *held = &tune->candidates[1].objective;
    tune->broken = fg_tune_bound_broken(&tune->options.objective, now, then, &excess);
    tune->verdict = tune->options.held_days < FG_TUNE_HELD_MIN ? FG_TUNE_FEW
                    : held->high >= 0                          ? FG_TUNE_UNSURE
                    : tune->broken >= 0                        ? FG_TUNE_BROKEN
                                                               : FG_TUNE_BETTER;
}

static void take_held(struct fg_tune *tune)
{
    const struct fg_tune_days *now = &tune->tasks[0].days, *trained = &tune->tasks[1].days;
    const struct fg_tune_objective *objective = &tune->options.objective;
    for (size_t i = 0; i < tune->candidates_len; i++) {
        const struct fg_tune_days *then = &tune->tasks[2 * i].days;
        struct fg_tune_candidate *out = &tune->candidates[i];
        fg_tune_changes(tune, tune->shown[i], out->changes, sizeof(out->changes));
        out->objective = fg_tune_objective_change(objective, now, then, tune->options.seed);
        out->trained = fg_tune_objective_change(
            objective, trained, &tune->tasks[2 * i + 1].days, tune->options.seed);
        for (int metric = 0; metric < FG_METRICS; metric++)
            out->of[metric] =
                fg_tune_metric_change((enum fg_metric)metric, now, then, tune->options.seed);
    }
    tune->verdict = FG_TUNE_NOTHING;
    tune->phase = TUNE_DONE;
    bool differs = memcmp(tune->best, tune->space.first, tune->space.len) != 0;
    if (!differs || tune->best_score > WORTH)
        return;
    judge(tune, now, &tune->tasks[2].days);
    fg_tune_write_body(tune);
}

static void take_base(struct fg_tune *tune)
{
    tune->base = tune->tasks[0].days;
    tune->tasks[0].days = (struct fg_tune_days){};
    fg_search_know(tune->search, tune->space.first, 0);
    tune->phase = TUNE_SEARCH;
}

int fg_tune_take(struct fg_tune *tune, struct fg_err *err)
{
    static void (*const takers[])(struct fg_tune * tune) = {[TUNE_BASE] = take_base,
                                                            [TUNE_SEARCH] = take_search,
                                                            [TUNE_SINGLES] = take_singles,
                                                            [TUNE_JOINT] = take_joint,
                                                            [TUNE_HELD] = take_held};
    for (size_t i = 0; i < tune->tasks_len; i++)
        if (tune->tasks[i].rc < 0) {
            *err = tune->tasks[i].err;
            return tune->tasks[i].rc;
        }
    assert(tune->phase != TUNE_DONE);
    takers[tune->phase](tune);
    drop_tasks(tune);
    return 0;
}

/* -- told --------------------------------------------------------------------------------------------------------- */

struct fg_tune_state fg_tune_state(const struct fg_tune *tune)
{
    static const char *const phases[] = {
        [TUNE_BASE] = "searching",      [TUNE_SEARCH] = "searching",
        [TUNE_SINGLES] = "simplifying", [TUNE_JOINT] = "simplifying",
        [TUNE_HELD] = "comparing",      [TUNE_DONE] = "done"};
    struct fg_tune_state state = {.scored = fg_search_scored(tune->search),
                                  .phase = phases[tune->phase]};
    if (!fg_search_rank(tune->search, 0, &state.best))
        state.best = 0;
    return state;
}

void fg_tune_answer(const struct fg_tune *tune, struct fg_tune_answer *out)
{
    assert(tune->phase == TUNE_DONE);
    *out =
        (struct fg_tune_answer){.verdict = tune->verdict,
                                .broken = tune->broken,
                                .scored = fg_search_scored(tune->search),
                                .candidates = tune->candidates,
                                .candidates_len = tune->candidates_len,
                                .body = tune->verdict == FG_TUNE_NOTHING ? NULL : &tune->body};
}

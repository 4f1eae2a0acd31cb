/* rounds_policy.c - the policies by name, and `best`: the assignment that gets most work done (schedule/assign.h) */
#include "base/buf.h"
#include "base/text.h"
#include "sim/rounds_inner.h"

#include <string.h>

/* How much more a job counts for the work it delays: one whole cluster of longer jobs adds this part to its weight.
 * Anything from 0.2 to 1 gives average completion times that are much alike on Gavel's streams. */
#define SLOPE 0.5

/* Nobody starves, also if more comes than can be done: at this slowdown (time in the system over the time that the work takes
 * on the fastest kind) a job counts twice, and on by the square. */
#define SLOWDOWN_BORNE 3

/* Passes of the search over all jobs in one round; it mostly needs two. */
#define PASSES_MAX 12

/* -- best ---------------------------------------------------------------------------------------------------- */

static void load(struct rounds_sim *sim)
{
    for (size_t i = 0; i < sim->runs_len; i++) {
        const struct rounds_run *run = &sim->runs[i];
        double of_all = sim->options->stream->jobs[run->job].steps;
        sim->assign_jobs[i] = (struct fg_assign_job){
            .type = run->type, .devices = run->devices, .kind = run->kind, .mate = run->mate};
        sim->keys[i] = sim->options->policy->is_blind
                           ? (of_all - run->left) / sim->fastest[run->type] * run->devices
                           : run->left / sim->fastest[run->type];
    }
}

/* The slowdown so far: of the whole job, or where its end is unknown of what it has done. */
static double slowdown(const struct rounds_sim *sim, const struct rounds_run *run)
{
    const struct fg_gavel_job *job = &sim->options->stream->jobs[run->job];
    double age_s = sim->now_s - job->arrival * 3600 / sim->options->jobs_per_hour;
    double steps = sim->options->policy->is_blind ? job->steps - run->left : job->steps;
    return age_s / (steps / sim->fastest[run->type] + sim->options->round_s);
}

static void raise_slow(const struct rounds_sim *sim, struct fg_assign *assign)
{
    for (size_t i = 0; i < sim->runs_len; i++) {
        double times = slowdown(sim, &sim->runs[i]) / SLOWDOWN_BORNE;
        assign->jobs[i].weight *= 1 + times * times;
    }
}

static int choose_assignment(struct rounds_sim *sim, struct fg_err *)
{
    const struct fg_gavel_table *table = sim->table;
    bool shares = sim->options->policy->is_sharing && !sim->options->no_sharing;
    struct fg_assign_speeds speeds = {table->types_len, table->kinds_len, table->alone,
                                      shares ? table->paired : NULL};
    struct fg_assign assign = {
        .speeds = &speeds, .jobs = sim->assign_jobs, .jobs_len = sim->runs_len};
    memcpy(assign.capacity, sim->capacity, sizeof(assign.capacity));
    load(sim);
    fg_assign_weigh(&assign, sim->keys, SLOPE, sim->order);
    raise_slow(sim, &assign);
    fg_assign_improve(&assign, sim->order, PASSES_MAX);
    for (size_t i = 0; i < sim->runs_len; i++) {
        struct rounds_run *run = &sim->runs[i];
        run->kind = assign.jobs[i].kind;
        run->mate = assign.jobs[i].mate;
        run->runs = run->kind != NOWHERE && fg_assign_speed(&assign, i) > 0;
    }
    return 0;
}

/* -- the list ------------------------------------------------------------------------------------------------ */

static const struct fg_rounds_policy policies[] = {
    {.name = "best",
     .text = "most work by comparative advantage, shorter jobs first, jobs may share devices",
     .choose = choose_assignment,
     .is_aware = true,
     .is_sharing = true},
    {.name = "best-blind",
     .text = "the same where nobody knows what work remains: jobs that got less go first",
     .choose = choose_assignment,
     .is_aware = true,
     .is_sharing = true,
     .is_blind = true},
    {.name = "max-min",
     .gavel_name = "max_min_fairness_perf",
     .text = "Gavel's LAS: the job that is worst off for its speeds gets most",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_max_min,
     .is_aware = true,
     .is_blind = true},
    {.name = "max-min-packed",
     .gavel_name = "max_min_fairness_packed",
     .text = "max-min where two jobs may share devices",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_packed,
     .is_aware = true,
     .is_sharing = true,
     .is_blind = true},
    {.name = "las",
     .gavel_name = "max_min_fairness",
     .text = "least attained service with all kinds taken for alike",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_max_min,
     .shuffles = true,
     .is_blind = true},
    {.name = "ftf",
     .text = "finish-time fairness: most for the job that ends latest for what an equal share "
             "would give",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_ftf,
     .is_aware = true},
    {.name = "ftf-elapsed",
     .gavel_name = "finish_time_fairness_perf",
     .text = "the same with time that has passed taken for well spent, as Gavel's experiments "
             "had it",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_ftf,
     .is_aware = true,
     .counts_elapsed = true},
    {.name = "themis",
     .gavel_name = "finish_time_fairness",
     .text = "ftf-elapsed with all kinds taken for alike",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_ftf,
     .shuffles = true,
     .counts_elapsed = true},
    {.name = "makespan",
     .gavel_name = "min_total_duration_perf",
     .text = "all that is there done soonest, whoever came first",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_makespan,
     .is_aware = true},
    {.name = "fifo",
     .gavel_name = "fifo",
     .text = "the oldest jobs, each on a kind for good, all kinds taken for alike",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_fifo,
     .shuffles = true,
     .idles = true,
     .is_blind = true},
    {.name = "fifo-aware",
     .gavel_name = "fifo_perf",
     .text = "the oldest jobs, each on the fastest kind that is left",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_fifo,
     .idles = true,
     .is_aware = true,
     .is_blind = true},
    {.name = "allox",
     .gavel_name = "allox",
     .text = "AlloX: least average completion time of jobs of one device, by matching",
     .choose = fg_rounds_choose_by_share,
     .share = fg_rounds_share_allox,
     .is_aware = true,
     .is_single = true},
};

const struct fg_rounds_policy *const fg_rounds_policies[] = {
    &policies[0],  &policies[1],  &policies[2], &policies[3], &policies[4],
    &policies[5],  &policies[6],  &policies[7], &policies[8], &policies[9],
    &policies[10], &policies[11], NULL};

const char *fg_rounds_policy_name(const struct fg_rounds_policy *policy)
{
    return policy->name;
}

const char *fg_rounds_policy_text(const struct fg_rounds_policy *policy)
{
    return policy->text;
}

static const struct fg_rounds_policy *find(const char *name)
{
    for (size_t i = 0; fg_rounds_policies[i]; i++) {
        const struct fg_rounds_policy *policy = fg_rounds_policies[i];
        if (strcmp(policy->name, name) == 0
            || (policy->gavel_name && strcmp(policy->gavel_name, name) == 0))
            return policy;
    }
    return NULL;
}

int fg_rounds_policy_read(const char *text,
                          struct fg_rounds_options *options,
                          struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf names = {};
    char words[FG_ROUNDS_POLICY_TEXT_MAX];
    bool whole = fg_copy(words, sizeof(words), text);
    char *rest = words, *word = strsep(&rest, ":");
    options->policy = whole ? find(word) : NULL;
    options->no_sharing = rest && strcmp(rest, "no-share") == 0;
    if (options->policy && (!rest || options->no_sharing))
        return 0;
    for (size_t i = 0; fg_rounds_policies[i]; i++)
        fg_buf_printf(&names, "%s%s", i ? ", " : "", fg_rounds_policies[i]->name);
    return fg_fail(err, FG_EINVAL, "`%.40s`, expected one of %s, or one with :no-share", text,
                   names.text);
}

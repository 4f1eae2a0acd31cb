/* batch.c - who is backfilled: not who comes first, but the set that is worth most together.
 *
 *     the first N behind the head that would fit alone --BATCH--> those of them that start, and where
 *
 * The pass has started all before the head, and the head has its reservation: neither is touched.  Of those behind it EASY
 * starts each that fits, in the queue's order; that is the plan to beat, and it is carried out unless the genetic search
 * finds a better one.  Each plan is built as the pass would: a job starts if its quota, the pool and the room beside the
 * head let it.  So what wins is feasible, keeps the promise to the head, and lets nobody wait for ever.
 *
 * A plan is worth the sum over those who start of the devices that they ask (of those that ask none: of the cores, 16 a
 * device), for the time that they are expected to hold them, as in Smith's rule: two hours of one device or one hour of
 * two are as good; times two for the first of the batch, down to times one for the last.  Most devices now, whatever the time
 * (Shmueli and Feitelson, "Backfilling with lookahead", JPDC 2005), lets long and wide jobs go first, and all wait longer
 * (decision 0012).
 */
#include "schedule/kinds.h"
#include "schedule/quota.h"
#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_S  60 /* who is expected to need less is worth as much as this */
#define SCAN_MAX    64 /* nodes that a choice looks at before it leaves the place to best fit */
#define CHOICES_MAX 32

struct candidate {
    const struct fg_job *job;
    uint64_t gpu_milli, cpu_milli; /* asked; the cores count if there are no devices */
    size_t grants_at;
    bool beside; /* it needs room beside the head */
};

/* Who starts, and where. */
struct outcome {
    int alternative[FG_PLAN_MAX]; /* -1: it waits */
    struct fg_grant *grants;
    int64_t value;
};

struct batch {
    struct fg_schedule *schedule;
    struct fg_pass *pass;
    struct candidate candidates[FG_PLAN_MAX];
    size_t len, max, grants_len;
    struct outcome now, best;
    struct fg_plan plan; /* of the best, if the search found it */
    uint16_t choices;
    /* Where plans are built: the pass's own pools and placer, or copies and best fit. */
    struct fg_pool *pool, *beside;
    struct fg_placer *placer;
};

/* -- the batch --------------------------------------------------------------------------------------------- */

struct batch *fg_batch_new(struct fg_schedule *schedule,
                           struct fg_pass *pass,
                           int64_t starts_left)
{
    int64_t most = schedule->config->optimise_jobs;
    if (!schedule->optimises || starts_left <= 0 || fg_queue_has_standing(pass->queue))
        return NULL;
    struct batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        abort();
    *batch = (struct batch){.schedule = schedule,
                            .pass = pass,
                            .max = (size_t)(most < starts_left ? most : starts_left),
                            .pool = pass->pool,
                            .beside = schedule->beside,
                            .placer = schedule->placer};
    return batch;
}

void fg_batch_free(struct batch *batch)
{
    if (!batch)
        return;
    free(batch->now.grants);
    free(batch->best.grants);
    free(batch);
}

bool fg_batch_is_full(const struct batch *batch)
{
    return batch->len == batch->max;
}

const struct fg_job *fg_batch_waits(const struct batch *batch, size_t *at)
{
    while (*at < batch->len && batch->best.alternative[*at] >= 0)
        (*at)++;
    return *at < batch->len ? batch->candidates[(*at)++].job : NULL;
}

/* The first of the queue counts double. */
static int64_t weight(const struct batch *batch, size_t at)
{
    return (int64_t)(2 * batch->max - at);
}

static uint64_t asks(const struct candidate *one)
{
    return one->gpu_milli ? one->gpu_milli : one->cpu_milli / FG_CORES_A_DEVICE;
}

/* Of each thousandth of a device that it asks. */
static int64_t density(const struct batch *batch, size_t at)
{
    const struct fg_job *job = batch->candidates[at].job;
    int64_t expected_s = fg_order_expected_us(batch->schedule->config, job) / 1000000;
    return weight(batch, at) * 3600000 / (expected_s > SHORTEST_S ? expected_s : SHORTEST_S);
}

static int64_t value_one(const struct batch *batch, size_t at)
{
    return (int64_t)asks(&batch->candidates[at]) * density(batch, at);
}

/* -- one job of a plan --------------------------------------------------------------------------------------- */

static void give_back(struct batch *batch,
                      struct fg_pool *beside,
                      const struct fg_grant *grants,
                      uint32_t len)
{
    for (uint32_t task = 0; task < len; task++) {
        fg_pool_release(batch->pool, &grants[task]);
        if (beside)
            fg_pool_release(beside, &grants[task]);
    }
}

static bool take(struct batch *batch, struct fg_pool *beside, const struct fg_grant *grant)
{
    if (fg_pool_claim(batch->pool, grant, NULL) != 0)
        return false;
    if (!beside || fg_pool_claim(beside, grant, NULL) == 0)
        return true;
    fg_pool_release(batch->pool, grant);
    return false;
}

/* The first nodes from `from` on that take the gang, task by task. */
static bool place_from(struct batch *batch,
                       struct fg_pool *beside,
                       const struct fg_need *need,
                       uint32_t tasks,
                       fg_node_id from,
                       struct fg_grant *out)
{
    const size_t nodes = fg_pool_len(batch->pool);
    uint32_t placed = 0;
    for (size_t i = 0; i < nodes && i < SCAN_MAX && placed < tasks; i++) {
        fg_node_id id = (fg_node_id)((from - 1 + i) % nodes + 1);
        while (placed < tasks && fg_pool_node(batch->pool, id)->state == FG_NODE_UP
               && fg_pool_fit(batch->pool, beside, id, need, false, &out[placed])
               && take(batch, beside, &out[placed]))
            placed++;
    }
    if (placed < tasks)
        give_back(batch, beside, out, placed);
    return placed == tasks;
}

/* Choice 0 leaves the place to the placer; the others begin to look at a node of their own, for the first alternative that
 * the quota allows. */
static int place(struct batch *batch,
                 struct fg_pool *beside,
                 const struct fg_gang *gang,
                 uint16_t choice,
                 struct fg_grant *out)
{
    struct fg_need need;
    size_t k = 0;
    while (k < gang->ways_len && !fg_gang_need(gang, gang->order[k], &need))
        k++;
    if (k == gang->ways_len)
        return -1;
    int first = gang->ways[gang->order[k]].alternative;
    if (choice > 0) {
        size_t step = (choice - 1UL) * fg_pool_len(batch->pool) / (batch->choices - 1UL);
        if (place_from(batch, beside, &need, gang->tasks, (fg_node_id)step + 1, out))
            return first;
    }
    return fg_gang_place(batch->pool, beside, batch->placer, gang, out);
}

/* What its project, and those above it, hold with it or without. */
static void count_held(struct batch *batch, size_t at, const struct fg_grant *grants, bool add)
{
    const struct fg_job *job = batch->candidates[at].job;
    struct fg_queue *queue = batch->pass->queue;
    const struct fg_project *project = fg_queue_project(queue, job->project);
    struct fg_amount amount = fg_schedule_amount(batch->pool, project, grants, job->tasks);
    if (add) {
        fg_held_add(fg_queue_held(queue, job->project), &amount);
        fg_quota_add(queue, batch->pool, job, grants, job->tasks);
    } else {
        fg_held_take(fg_queue_held(queue, job->project), &amount);
        fg_quota_take(queue, batch->pool, job, grants, job->tasks);
    }
}

static struct fg_gang gang_of(const struct batch *batch, const struct fg_job *job)
{
    struct fg_gang gang = fg_schedule_gang(batch->schedule, batch->pass, batch->pool, job);
    if (batch->schedule->kinds)
        fg_kinds_order(batch->schedule->kinds, batch->pass->queue, job, &gang);
    return gang;
}

static bool try_one(struct batch *batch, size_t at, uint16_t choice)
{
    const struct candidate *one = &batch->candidates[at];
    struct fg_grant *grants = &batch->now.grants[one->grants_at];
    struct fg_gang gang = gang_of(batch, one->job);
    if (!gang.is_possible)
        return false;
    int alternative = place(batch, one->beside ? batch->beside : NULL, &gang, choice, grants);
    if (alternative < 0)
        return false;
    batch->now.alternative[at] = alternative;
    batch->now.value += value_one(batch, at);
    count_held(batch, at, grants, true);
    return true;
}

static void take_back_all(struct batch *batch)
{
    for (size_t i = 0; i < batch->len; i++) {
        const struct candidate *one = &batch->candidates[i];
        const struct fg_grant *grants = &batch->now.grants[one->grants_at];
        if (batch->now.alternative[i] < 0)
            continue;
        give_back(batch, one->beside ? batch->beside : NULL, grants, one->job->tasks);
        count_held(batch, i, grants, false);
    }
}

/* -- plans ----------------------------------------------------------------------------------------------------- */

/* Build it, see what it is worth, and put all back. */
static int64_t value_of(void *self, const struct fg_plan *plan)
{
    struct batch *batch = self;
    batch->now.value = 0;
    for (size_t i = 0; i < batch->len; i++)
        batch->now.alternative[i] = -1;
    for (size_t i = 0; i < batch->len; i++)
        try_one(batch, plan->order[i], plan->choice[plan->order[i]]);
    take_back_all(batch);
    int64_t value = batch->now.value;
    if (value > batch->best.value) {
        struct outcome last = batch->best;
        batch->best = batch->now;
        batch->now = last;
        batch->plan = *plan;
    }
    return value;
}

/* Most of the key first. */
static void sort_plan(const struct batch *batch,
                      struct fg_plan *plan,
                      int64_t (*key)(const struct batch *, size_t))
{
    fg_plan_plain(plan, batch->len);
    for (size_t i = 1; i < batch->len; i++) {
        uint16_t one = plan->order[i];
        int64_t value = key(batch, one);
        size_t at = i;
        for (; at > 0 && key(batch, plan->order[at - 1]) < value; at--)
            plan->order[at] = plan->order[at - 1];
        plan->order[at] = one;
    }
}

/* No plan can be worth more: who is worth most for what they ask, until devices and cores are used up. */
static int64_t bound(const struct batch *batch)
{
    struct fg_pool_totals totals = fg_pool_totals(batch->pass->pool);
    uint64_t gpu = totals.gpu_milli - totals.gpu_used_milli,
             cpu = (totals.cpu_milli - totals.cpu_used_milli) / FG_CORES_A_DEVICE;
    struct fg_plan densest;
    int64_t sum = 0;
    sort_plan(batch, &densest, density);
    for (size_t i = 0; i < batch->len; i++) {
        const struct candidate *one = &batch->candidates[densest.order[i]];
        uint64_t *left = one->gpu_milli ? &gpu : &cpu;
        uint64_t got = asks(one) < *left ? asks(one) : *left;
        *left -= got;
        sum += (int64_t)got * density(batch, densest.order[i]);
    }
    return sum;
}

static struct fg_pool *copy(struct fg_pool **kept, const struct fg_pool *pool)
{
    if (*kept && fg_pool_max(*kept) != fg_pool_max(pool)) {
        fg_pool_free(*kept);
        *kept = NULL;
    }
    if (!*kept)
        *kept = fg_pool_new(fg_pool_max(pool));
    if (!*kept)
        abort();
    fg_pool_copy(*kept, pool);
    return *kept;
}

static void search(struct batch *batch, int64_t enough)
{
    struct fg_schedule *schedule = batch->schedule;
    struct fg_plan first[3], found;
    size_t nodes = fg_pool_len(batch->pool);
    batch->choices = (uint16_t)(1 + (nodes < CHOICES_MAX ? nodes : CHOICES_MAX));
    batch->pool = copy(&schedule->trial, batch->pass->pool);
    if (schedule->beside)
        batch->beside = copy(&schedule->trial_beside, schedule->beside);
    batch->placer = NULL;
    fg_plan_plain(&first[0], batch->len);
    sort_plan(batch, &first[1], value_one);
    sort_plan(batch, &first[2], density);
    fg_genetic_search(
        &(struct fg_genetic){
            .len = batch->len,
            .choices = batch->choices,
            .seed = batch->candidates[0].job->id,
            .tries_max = (size_t)schedule->config->optimise_tries,
            .enough = enough,
            .value = value_of,
            .self = batch,
        },
        first, 3, &found);
    batch->pool = batch->pass->pool;
    batch->beside = schedule->beside;
    batch->placer = schedule->placer;
}

/* -- what the pass does with it ------------------------------------------------------------------------------------ */

bool fg_batch_add(struct batch *batch, const struct fg_job *job)
{
    struct fg_schedule *schedule = batch->schedule;
    struct fg_pass *pass = batch->pass;
    bool beside = fg_schedule_needs_shadow(schedule, pass, job);
    struct fg_grant *grants = fg_schedule_grants_room(schedule, job->tasks);
    struct fg_gang gang = fg_schedule_gang(schedule, pass, pass->pool, job);
    if (!gang.is_possible)
        return false;
    struct fg_pool *also = beside ? schedule->beside : NULL;
    if (fg_gang_place(pass->pool, also, NULL, &gang, grants) < 0)
        return false;
    give_back(batch, also, grants, job->tasks);
    const struct fg_need *need = &gang.needs[0];
    batch->candidates[batch->len++] = (struct candidate){
        .job = job,
        .gpu_milli = (uint64_t)job->tasks * need->count * need->gpu_milli,
        .cpu_milli = (uint64_t)job->tasks * need->cpu_milli,
        .grants_at = batch->grants_len,
        .beside = beside,
    };
    batch->grants_len += job->tasks;
    return true;
}

static size_t carry_out(struct batch *batch)
{
    struct fg_schedule *schedule = batch->schedule;
    size_t started = 0;
    for (size_t i = 0; i < batch->len; i++) {
        const struct candidate *one = &batch->candidates[i];
        if (batch->best.alternative[i] < 0)
            continue;
        struct fg_grant *grants = fg_schedule_grants_room(schedule, fg_job_tasks_max(one->job));
        memcpy(grants, &batch->best.grants[one->grants_at], one->job->tasks * sizeof(*grants));
        for (uint32_t task = 0; task < one->job->tasks; task++) {
            bool taken = take(batch, one->beside ? batch->beside : NULL, &grants[task]);
            assert(taken);
            (void)taken;
        }
        fg_schedule_start(schedule, batch->pass, one->job, (uint32_t)batch->best.alternative[i],
                          one->job->tasks, one->beside);
        started++;
    }
    return started;
}

/* What the search found, on the places that the placer gives, if all fit there as well. */
static void place_well(struct batch *batch)
{
    struct fg_plan plan = batch->plan;
    for (size_t i = 0; i < batch->len; i++)
        plan.choice[i] = 0;
    batch->best.value--;
    value_of(batch, &plan);
}

size_t fg_batch_start(struct batch *batch)
{
    struct fg_plan plain;
    if (batch->len == 0)
        return 0;
    batch->now.grants = calloc(batch->grants_len, sizeof(batch->now.grants[0]));
    batch->best.grants = calloc(batch->grants_len, sizeof(batch->best.grants[0]));
    if (!batch->now.grants || !batch->best.grants)
        abort();
    fg_plan_plain(&plain, batch->len);
    batch->best.value = -1;
    int64_t in_order = value_of(batch, &plain), enough = bound(batch);
    if (in_order < enough) {
        batch->schedule->arranged.searched++;
        search(batch, enough);
        if (batch->best.value > in_order) {
            batch->schedule->arranged.better++;
            place_well(batch);
        }
    }
    return carry_out(batch);
}

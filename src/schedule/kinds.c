/* kinds.c - see kinds.h */
#include "schedule/kinds.h"

#include "base/map.h"
#include "schedule/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 256 /* classes that take part; the program of so many takes milliseconds */
#define ROOM     (64UL << 20)
#define SOON_US  1'000'000
/* What a device of unknown price is taken to cost an hour, for the policy cost: less than any that is paid for. */
#define UNPRICED_USD 0.001

#define STEPS 8 /* what was learned counts in so many steps to a factor of two */

/* In `by_work`. */
#define NO_PART UINT32_MAX

/* The jobs of one request class that are as fast as each other on every kind.  A task is a job to the program. */
struct row {
    uint32_t request;
    size_t len;
    uint64_t kinds[FG_ANY_OF_MAX];
    double rate[FG_ANY_OF_MAX]; /* of a task */
    double devices[FG_ANY_OF_MAX];
    double on
        [FG_POOL_KINDS_MAX]; /* the rate of a task with as many devices as the first alternative has */
    bool is_learned;
    double tasks;
    double left_s, elapsed_s; /* sums over tasks */
    double has[FG_POOL_KINDS_MAX];
};

/* Devices by kind, of nodes that are up. */
struct supply {
    uint64_t generation; /* of the pool that was counted */
    double devices[FG_POOL_KINDS_MAX], usd_per_hour[FG_POOL_KINDS_MAX];
};

struct fg_kinds {
    const struct fg_config *config;
    const struct fg_rates *rates; /* borrowed; NULL: nobody has learned any */
    enum fg_allocate_policy policy;
    int64_t looked_us; /* when it was looked at last */
    bool is_new;       /* a class came since then that was not there */
    uint64_t solved;   /* hash of what the program was solved for */
    struct supply supply;
    double others[FG_POOL_KINDS_MAX]; /* devices that jobs without rates hold */
    struct row rows[ROWS_MAX];
    size_t rows_len;
    double owed[ROWS_MAX][FG_POOL_KINDS_MAX];
    struct fg_map *by_work; /* in `rows`, by request class and work */
    struct fg_arena *arena;
};

struct fg_kinds *fg_kinds_new(const struct fg_config *config,
                              enum fg_allocate_policy policy,
                              const struct fg_rates *rates)
{
    struct fg_kinds *kinds = calloc(1, sizeof(*kinds));
    if (!kinds)
        return NULL;
    kinds->config = config;
    kinds->policy = policy;
    kinds->rates = rates;
    kinds->supply.generation = UINT64_MAX;
    kinds->arena = fg_arena_new(ROOM);
    return kinds;
}

void fg_kinds_free(struct fg_kinds *kinds)
{
    if (!kinds)
        return;
    fg_arena_free(kinds->arena);
    fg_map_free(kinds->by_work);
    free(kinds);
}

/* -- what there is --------------------------------------------------------------------------------------- */

static void count_devices(struct supply *supply, const struct fg_pool *pool)
{
    if (supply->generation == fg_pool_generation(pool))
        return;
    *supply = (struct supply){.generation = fg_pool_generation(pool)};
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++) {
        const struct fg_pool_node *node = fg_pool_node(pool, id);
        if (!fg_pool_is_open(pool, id) || node->devices_len == 0)
            continue;
        double usd =
            (double)fg_pool_spec(pool, id)->price_uusd_per_hour / 1e6 / node->devices_len;
        for (uint32_t i = 0; i < node->devices_len; i++) {
            supply->devices[node->kind[i]]++;
            supply->usd_per_hour[node->kind[i]] += usd;
        }
    }
    for (size_t j = 0; j < FG_POOL_KINDS_MAX; j++)
        if (supply->devices[j] > 0)
            supply->usd_per_hour[j] /= supply->devices[j];
}

static void add_grant(const struct fg_pool *pool, const struct fg_grant *grant, double *by_kind)
{
    const struct fg_pool_node *node = fg_pool_node(pool, grant->node);
    for (uint32_t mask = grant->devices; mask; mask &= mask - 1)
        by_kind[node->kind[__builtin_ctz(mask)]] += grant->gpu_milli / 1000.0;
}

/* -- who asks --------------------------------------------------------------------------------------------- */

static bool has_rates(const struct fg_request *any_of, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (any_of[i].rate_milli)
            return true;
    return false;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e37'79b9'7f4a'7c15u;
    return hash ^ (hash >> 29);
}

/* Jobs for which the same was told, or learned. */
static uint64_t key_of(const struct fg_kinds *kinds,
                       const struct fg_job *job,
                       const struct fg_request *any_of,
                       size_t len)
{
    uint64_t key = mix(len, job->request);
    if (kinds->rates && !has_rates(any_of, len))
        key = mix(mix(key, (uint64_t)job->project << 32 | job->user), job->shape);
    return key | 1;
}

static void forget_rows(struct fg_kinds *kinds)
{
    fg_map_free(kinds->by_work);
    kinds->by_work = fg_map_new(64);
    kinds->rows_len = 0;
    memset(kinds->others, 0, sizeof(kinds->others));
}

/* On each kind by the fastest of its alternatives there; one that takes more devices than the first counts by what it does
 * with as many. */
static void take_told(struct row *row, const struct fg_request *any_of)
{
    for (size_t i = 0; i < row->len; i++) {
        row->rate[i] = any_of[i].rate_milli / 1000.0;
        if (any_of[i].rate_milli == 0 || row->devices[i] <= 0)
            continue;
        double rate = row->rate[i] * row->devices[0] / row->devices[i];
        for (uint64_t left = row->kinds[i]; left; left &= left - 1) {
            double *on = &row->on[__builtin_ctzll(left)];
            *on = rate > *on ? rate : *on;
        }
    }
}

/* Of all kinds that it may use, at least two; what was learned is of as many devices. */
static bool take_learned(const struct fg_kinds *kinds,
                         const struct fg_pass *pass,
                         const struct fg_job *job,
                         const struct fg_request *any_of,
                         struct row *row)
{
    uint64_t all = 0;
    for (size_t i = 0; i < row->len; i++) {
        if (row->devices[i] <= 0 || row->devices[i] != row->devices[0])
            return false;
        all |= row->kinds[i];
    }
    if (!(all & (all - 1)))
        return false;
    for (uint64_t left = all; left; left &= left - 1) {
        double rate;
        uint32_t kind = (uint32_t)__builtin_ctzll(left);
        if (kinds->supply.devices[kind] <= 0)
            continue;
        if (!kinds->rates->of(kinds->rates->self, job, any_of, row->len,
                              fg_pool_kind_name(pass->pool, kind), &rate))
            return false;
        row->on[kind] = exp2(round(STEPS * log2(rate)) / STEPS);
    }
    for (size_t i = 0; i < row->len; i++)
        for (uint64_t left = row->kinds[i]; left; left &= left - 1)
            if (row->on[__builtin_ctzll(left)] > row->rate[i])
                row->rate[i] = row->on[__builtin_ctzll(left)];
    row->is_learned = true;
    return true;
}

/* That of other work which is as fast; SIZE_MAX: none. */
static size_t alike(const struct fg_kinds *kinds, const struct row *row)
{
    for (size_t i = 0; i < kinds->rows_len; i++)
        if (kinds->rows[i].request == row->request
            && memcmp(kinds->rows[i].on, row->on, sizeof(row->on)) == 0)
            return i;
    return SIZE_MAX;
}

static uint32_t add_row(struct fg_kinds *kinds,
                        const struct fg_pass *pass,
                        const struct fg_job *job)
{
    struct row row = {.request = job->request};
    const struct fg_request *any_of = fg_queue_class_at(pass->queue, job->request, &row.len);
    bool is_told = has_rates(any_of, row.len);
    for (size_t i = 0; i < row.len; i++) {
        bool counts = !is_told || any_of[i].rate_milli;
        row.kinds[i] = counts ? fg_pool_kinds(pass->pool, any_of[i].kind) : 0;
        row.devices[i] = any_of[i].count * any_of[i].gpu_milli / 1000.0;
    }
    if (is_told)
        take_told(&row, any_of);
    else if (!kinds->rates || !take_learned(kinds, pass, job, any_of, &row))
        return NO_PART;
    size_t at = alike(kinds, &row);
    if (at == SIZE_MAX && kinds->rows_len < ROWS_MAX) {
        at = kinds->rows_len++;
        kinds->rows[at] = row;
    }
    return at == SIZE_MAX ? NO_PART : (uint32_t)at;
}

static struct row *row_of(struct fg_kinds *kinds,
                          const struct fg_pass *pass,
                          const struct fg_job *job)
{
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(pass->queue, job->request, &len);
    uint64_t key = key_of(kinds, job, any_of, len);
    uint32_t at;
    if (!fg_map_get(kinds->by_work, key, &at)) {
        at = add_row(kinds, pass, job);
        fg_map_put(kinds->by_work, key, at);
    }
    return at == NO_PART ? NULL : &kinds->rows[at];
}

static void add_job(struct fg_kinds *kinds,
                    const struct fg_pass *pass,
                    const struct fg_job *job)
{
    if (job->state == FG_JOB_QUEUED && (job->waits_for || job->eligible_us > pass->now_us))
        return;
    struct row *row = row_of(kinds, pass, job);
    if (!row)
        return;
    size_t len;
    struct fg_order_view view = {.config = kinds->config,
                                 .job = job,
                                 .request = fg_queue_class_at(pass->queue, job->request, &len),
                                 .now_us = pass->now_us};
    row->tasks += job->tasks;
    row->left_s += (double)fg_order_remaining_us(&view) / 1e6 * job->tasks;
    row->elapsed_s += (double)(pass->now_us - job->submitted_us) / 1e6 * job->tasks;
}

static void collect(struct fg_kinds *kinds,
                    const struct fg_pass *pass,
                    const struct runners *runners)
{
    forget_rows(kinds);
    for (size_t at = 0; at < fg_queue_slots(pass->queue); at++) {
        const struct fg_job *job = fg_queue_slot(pass->queue, at);
        if (job)
            add_job(kinds, pass, job);
    }
    for (size_t i = 0; i < runners->len; i++) {
        const struct runner *runner = &runners->slots[i];
        const struct fg_job *job = runner->job ? fg_queue_get(pass->queue, runner->job) : NULL;
        struct row *row = job ? row_of(kinds, pass, job) : NULL;
        for (size_t k = 0; runner->job && k < runner->grants_len; k++)
            add_grant(pass->pool, &fg_runner_grants(runner)[k], row ? row->has : kinds->others);
    }
}

/* -- the program ------------------------------------------------------------------------------------------- */

static uint64_t mix_number(uint64_t hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return mix(hash, bits);
}

static uint64_t hash_of(const struct fg_kinds *kinds, size_t kinds_len)
{
    uint64_t hash = 14695981039346656037ULL ^ kinds->supply.generation;
    for (size_t j = 0; j < kinds_len; j++)
        hash = mix_number(hash, kinds->others[j]);
    for (size_t i = 0; i < kinds->rows_len; i++) {
        const struct row *row = &kinds->rows[i];
        hash = mix_number(mix(hash, row->request), row->tasks);
        for (size_t j = 0; row->is_learned && j < kinds_len; j++)
            hash = mix_number(hash, row->on[j]);
    }
    return hash;
}

static struct fg_allocate_class class_of(const struct row *row)
{
    double fastest = 0;
    for (size_t i = 0; i < row->len; i++)
        fastest = row->rate[i] > fastest ? row->rate[i] : fastest;
    return (struct fg_allocate_class){
        .count = row->tasks > 0 ? row->tasks : 1,
        .devices = row->devices[0] > 0 ? row->devices[0] : 1,
        .weight = 1,
        .steps_left = row->tasks > 0 ? row->left_s / row->tasks * fastest : 0,
        .elapsed_s = row->tasks > 0 && row->elapsed_s > 0 ? row->elapsed_s / row->tasks : 0};
}

static struct fg_allocate_problem problem_of(const struct fg_kinds *kinds, size_t kinds_len)
{
    struct fg_allocate_kind *supply = FG_NEW(kinds->arena, struct fg_allocate_kind, kinds_len);
    struct fg_allocate_class *classes =
        FG_NEW(kinds->arena, struct fg_allocate_class, kinds->rows_len);
    double *rates = FG_NEW(kinds->arena, double, kinds->rows_len *kinds_len);
    for (size_t j = 0; j < kinds_len; j++) {
        double left = kinds->supply.devices[j] - kinds->others[j],
               usd = kinds->supply.usd_per_hour[j];
        supply[j] =
            (struct fg_allocate_kind){left > 0 ? left : 0, usd > 0 ? usd : UNPRICED_USD};
    }
    for (size_t i = 0; i < kinds->rows_len; i++) {
        classes[i] = class_of(&kinds->rows[i]);
        for (size_t j = 0; j < kinds_len; j++)
            rates[i * kinds_len + j] = kinds->rows[i].on[j];
    }
    return (struct fg_allocate_problem){.kinds = supply,
                                        .kinds_len = kinds_len,
                                        .classes = classes,
                                        .classes_len = kinds->rows_len,
                                        .throughput = rates};
}

/* Without an answer nobody is owed anything, and the rates alone tell. */
static void solve(struct fg_kinds *kinds, size_t kinds_len)
{
    struct fg_allocate_options options = {.policy = kinds->policy, .fill = true};
    struct fg_allocate_problem problem = problem_of(kinds, kinds_len);
    struct fg_allocation answer;
    bool good = fg_allocate(&problem, &options, kinds->arena, &answer, NULL) == 0;
    memset(kinds->owed, 0, sizeof(kinds->owed));
    for (size_t at = 0; good && at < kinds->rows_len * kinds_len; at++) {
        const struct fg_allocate_class *class = &problem.classes[at / kinds_len];
        kinds->owed[at / kinds_len][at % kinds_len] =
            answer.share[at] * class->count * class->devices;
    }
    fg_arena_reset(kinds->arena);
}

/* Nodes that came or went count at once, they are few; a new class soon; that there are more or fewer jobs, later. */
static bool is_time(const struct fg_kinds *kinds, const struct fg_pass *pass)
{
    int64_t pause_us = kinds->is_new ? SOON_US : kinds->config->allocate_every_s * 1'000'000;
    return kinds->supply.generation != fg_pool_generation(pass->pool)
           || pass->now_us - kinds->looked_us >= pause_us || pass->now_us < kinds->looked_us;
}

void fg_kinds_update(struct fg_kinds *kinds,
                     const struct fg_pass *pass,
                     const struct runners *runners)
{
    if (!is_time(kinds, pass))
        return;
    kinds->looked_us = pass->now_us;
    kinds->is_new = false;
    count_devices(&kinds->supply, pass->pool);
    collect(kinds, pass, runners);
    size_t kinds_len = fg_pool_kinds_len(pass->pool);
    uint64_t hash = hash_of(kinds, kinds_len);
    if (hash == kinds->solved || kinds->rows_len == 0 || kinds_len == 0)
        return;
    kinds->solved = hash;
    solve(kinds, kinds_len);
}

/* -- what it comes to -------------------------------------------------------------------------------------- */

/* NULL: it takes no part, or was not there when it was looked at. */
static struct row *known(struct fg_kinds *kinds,
                         const struct fg_queue *queue,
                         const struct fg_job *job)
{
    size_t len;
    uint32_t at;
    const struct fg_request *any_of = fg_queue_class_at(queue, job->request, &len);
    if (!kinds->by_work || !fg_map_get(kinds->by_work, key_of(kinds, job, any_of, len), &at)) {
        kinds->is_new = true;
        return NULL;
    }
    /* The number of a class is used again when no job has it: then the alternatives may be others. */
    return at < kinds->rows_len && kinds->rows[at].len == len ? &kinds->rows[at] : NULL;
}

static double missing(const struct fg_kinds *kinds, const struct row *row, size_t kind)
{
    return kinds->owed[row - kinds->rows][kind] - row->has[kind];
}

/* Devices that the class is owed on kinds of this alternative and does not have. */
static double missing_of(const struct fg_kinds *kinds,
                         const struct row *row,
                         size_t alternative)
{
    double sum = 0;
    for (uint64_t left = row->kinds[alternative]; left; left &= left - 1)
        sum += missing(kinds, row, (size_t)__builtin_ctzll(left));
    return sum > 0.01 ? sum : 0;
}

/* Insertion: what is owed, then the rate, then as it was. */
static void order_ways(const struct row *row, const double *owed, struct fg_gang *gang)
{
    for (size_t i = 1; i < gang->ways_len; i++) {
        uint8_t way = gang->order[i], me = gang->ways[way].alternative;
        size_t at = i;
        for (; at > 0; at--) {
            uint8_t before = gang->ways[gang->order[at - 1]].alternative;
            bool better = owed[me] > owed[before]
                          || (owed[me] >= owed[before] && row->rate[me] > row->rate[before]);
            if (!better)
                break;
            gang->order[at] = gang->order[at - 1];
        }
        gang->order[at] = way;
    }
}

void fg_kinds_order(struct fg_kinds *kinds,
                    const struct fg_queue *queue,
                    const struct fg_job *job,
                    struct fg_gang *gang)
{
    const struct row *row = known(kinds, queue, job);
    if (!row || row->len != gang->needs_len)
        return;
    double owed[FG_ANY_OF_MAX];
    for (size_t i = 0; i < gang->needs_len; i++) {
        owed[i] = missing_of(kinds, row, i);
        for (uint64_t left = row->is_learned ? row->kinds[i] : 0; left; left &= left - 1)
            if (missing(kinds, row, (size_t)__builtin_ctzll(left)) > 0.01)
                gang->first_kinds[i] |= left & -left;
    }
    order_ways(row, owed, gang);
}

void fg_kinds_started(struct fg_kinds *kinds,
                      const struct fg_pass *pass,
                      const struct fg_job *job,
                      const struct fg_grant *grants)
{
    struct row *row = known(kinds, pass->queue, job);
    for (uint32_t i = 0; row && i < job->tasks; i++)
        add_grant(pass->pool, &grants[i], row->has);
}

bool fg_kinds_owed(struct fg_kinds *kinds,
                   const struct fg_queue *queue,
                   const struct fg_job *job,
                   size_t alternative,
                   struct fg_owed *out)
{
    const struct row *row = known(kinds, queue, job);
    *out = (struct fg_owed){};
    if (!row || alternative >= row->len)
        return false;
    out->rate = row->rate[alternative];
    out->is_learned = row->is_learned;
    for (uint64_t left = row->kinds[alternative]; left; left &= left - 1) {
        out->owed += kinds->owed[row - kinds->rows][__builtin_ctzll(left)];
        out->has += row->has[__builtin_ctzll(left)];
    }
    return true;
}

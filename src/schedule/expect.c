/* expect.c - see expect.h
 *
 * What suppliers have is looked at when nodes have changed, not for every job.
 */
#include "schedule/expect.h"

#include "schedule/order.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US       3'600'000'000LL
#define NO_PRICE      UINT32_MAX
#define WAIT_MAX      (30 * 24 * HOUR_US)
#define GUESS_US      (10 * 60'000'000LL) /* others wait there, and nobody knows how long yet */
#define CLOSE_MAX_US  (5 * 60'000'000LL)
#define PRICE_OF_SPOT 0.5 /* of a device that is not, where prices do not tell */
#define AWAY_MAX      900 /* of 1000: a node that is never there is not ten times as slow */

/* Nodes of spot, or all others. */
struct side {
    uint64_t nodes;
    double losses; /* of a node in an hour, summed over them */
    uint64_t devices[FG_POOL_KINDS_MAX],
        uusd[FG_POOL_KINDS_MAX]; /* how many; an hour of them all */
};

/* What a supplier has. */
struct stock {
    uint64_t sites; /* numbers of the sites where its nodes are; bit 0: not known */
    uint32_t nodes, away_milli;
    uint32_t spot_nodes; /* of them */
    uint64_t away_sum;
    double losses;                                      /* of work in an hour */
    uint32_t core_uusd, device_uusd[FG_POOL_KINDS_MAX]; /* the cheapest, an hour */
};

struct fg_expect {
    uint64_t generation; /* of the pool, when it was looked at */
    bool is_stale;
    struct stock stocks[FG_POOL_SUPPLIERS_MAX];
    struct side sides[2]; /* by whether it is spot */
    const struct fg_rates *rates;
};

struct fg_expect *fg_expect_new(void)
{
    struct fg_expect *expect = calloc(1, sizeof(*expect));
    if (!expect)
        abort();
    return expect;
}

void fg_expect_free(struct fg_expect *expect)
{
    free(expect);
}

void fg_expect_rates(struct fg_expect *expect, const struct fg_rates *rates)
{
    expect->rates = rates;
}

/* -- what there is ------------------------------------------------------------------------------------- */

static void add_to_side(struct side *side, const struct fg_pool_node *node)
{
    side->nodes++;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        side->devices[node->kind[i]]++;
        side->uusd[node->kind[i]] += node->terms.price_uusd;
    }
}

static void add_node(struct stock *stock, const struct fg_pool *pool, fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(pool, id);
    uint32_t price_uusd = node->terms.price_uusd;
    stock->sites |= 1ULL << (node->site < 64 ? node->site : 0);
    stock->nodes++;
    stock->spot_nodes += node->terms.is_spot;
    stock->away_sum += fg_pool_spec(pool, id)->away_milli;
    if (price_uusd < stock->core_uusd)
        stock->core_uusd = price_uusd;
    for (uint64_t kinds = node->kinds; kinds; kinds &= kinds - 1) {
        uint32_t *kept = &stock->device_uusd[__builtin_ctzll(kinds)];
        *kept = price_uusd < *kept ? price_uusd : *kept;
    }
}

/* How often work on its nodes is interrupted, by what was learned. */
static void look_at_losses(struct fg_expect *expect, struct stock *stock, const char *supplier)
{
    const struct fg_rates *rates = expect->rates;
    if (!rates || !rates->losses || stock->nodes == 0)
        return;
    double sum = 0;
    for (int spot = 0; spot < 2; spot++) {
        uint32_t nodes = spot ? stock->spot_nodes : stock->nodes - stock->spot_nodes;
        double losses = nodes ? nodes * rates->losses(rates->self, supplier, spot) / 1000 : 0;
        expect->sides[spot].losses += losses;
        sum += losses;
    }
    stock->losses = sum / stock->nodes;
}

static void look(struct fg_expect *expect, const struct fg_pool *pool)
{
    size_t suppliers = fg_pool_suppliers(pool)->len + 1;
    if (expect->generation == fg_pool_generation(pool) && !expect->is_stale)
        return;
    expect->generation = fg_pool_generation(pool);
    expect->is_stale = false;
    memset(expect->sides, 0, sizeof(expect->sides));
    for (size_t i = 0; i < suppliers; i++) {
        struct stock *stock = &expect->stocks[i];
        *stock = (struct stock){.core_uusd = NO_PRICE};
        memset(stock->device_uusd, 0xff, sizeof(stock->device_uusd));
    }
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++) {
        const struct fg_pool_node *node = fg_pool_node(pool, id);
        if (node->state != FG_NODE_UP)
            continue;
        add_node(&expect->stocks[node->terms.supplier], pool, id);
        add_to_side(&expect->sides[node->terms.is_spot], node);
    }
    for (size_t i = 0; i < suppliers; i++) {
        struct stock *stock = &expect->stocks[i];
        uint64_t away = stock->nodes ? stock->away_sum / stock->nodes : 0;
        stock->away_milli = away < AWAY_MAX ? (uint32_t)away : AWAY_MAX;
        look_at_losses(expect, stock, fg_pool_suppliers(pool)->items[i].name);
    }
}

void fg_expect_look_again(struct fg_expect *expect)
{
    expect->is_stale = true;
}

/* -- spot ------------------------------------------------------------------------------------------------- */

/* Of the kinds that there are of both and that have a price. */
static double price_of_spot(const struct fg_expect *expect)
{
    const struct side *spot = &expect->sides[true], *held = &expect->sides[false];
    double sum = 0;
    int kinds = 0;
    for (size_t i = 0; i < FG_POOL_KINDS_MAX; i++) {
        if (spot->uusd[i] == 0 || held->uusd[i] == 0)
            continue;
        sum += (double)spot->uusd[i] / (double)spot->devices[i]
               / ((double)held->uusd[i] / (double)held->devices[i]);
        kinds++;
    }
    return kinds ? sum / kinds : PRICE_OF_SPOT;
}

void fg_expect_spot(struct fg_expect *expect,
                    const struct fg_pool *pool,
                    struct fg_spot_market *out)
{
    look(expect, pool);
    const struct side *spot = &expect->sides[true], *held = &expect->sides[false];
    *out = (struct fg_spot_market){
        .spot_per_hour = spot->nodes ? spot->losses / (double)spot->nodes : 0,
        .held_per_hour = held->nodes ? held->losses / (double)held->nodes : 0,
        .price = price_of_spot(expect),
    };
}

/* -- one way -------------------------------------------------------------------------------------------- */

struct judge {
    struct fg_expect *expect;
    const struct fg_config *config;
    const struct fg_pool *pool;
    const struct fg_gang *gang;
    const struct fg_job *job;
    int64_t runs_us;            /* at the greatest rate */
    double rate[FG_ANY_OF_MAX]; /* by alternative */
    double greatest;            /* 0: not known for all */
    int64_t data_us[FG_ANY_OF_MAX][FG_SITES_MAX + 1];
};

static int64_t wait_at(const struct fg_pool *pool, uint8_t supplier)
{
    const struct fg_supplier_state *state = &fg_pool_suppliers(pool)->items[supplier].state;
    if (supplier == 0)
        return 0;
    int64_t wait_us = state->wait_us >= 0 ? state->wait_us : state->others_wait ? GUESS_US : 0;
    return wait_us < WAIT_MAX ? wait_us : WAIT_MAX;
}

/* To the nearest of its sites. */
static int64_t bring_to(const struct judge *judge,
                        uint8_t alternative,
                        const struct stock *stock)
{
    int64_t best_us = INT64_MAX;
    if (judge->gang->needs[alternative].data_mib == 0 || stock->sites == 0)
        return 0;
    for (uint64_t sites = stock->sites; sites; sites &= sites - 1) {
        int64_t time_us = judge->data_us[alternative][__builtin_ctzll(sites)];
        best_us = time_us < best_us ? time_us : best_us;
    }
    return best_us < WAIT_MAX ? best_us : WAIT_MAX;
}

static int64_t cost_at(const struct fg_need *need,
                       uint32_t tasks,
                       const struct stock *stock,
                       int64_t runs_us)
{
    uint32_t price_uusd = NO_PRICE;
    int64_t milli = (int64_t)need->count * need->gpu_milli;
    if (need->count == 0) {
        price_uusd = stock->core_uusd;
        milli = need->cpu_milli;
    }
    for (uint64_t kinds = need->count ? need->kinds : 0; kinds; kinds &= kinds - 1) {
        uint32_t its = stock->device_uusd[__builtin_ctzll(kinds)];
        price_uusd = its < price_uusd ? its : price_uusd;
    }
    if (price_uusd == NO_PRICE)
        return 0;
    __int128 cost = (__int128)price_uusd * milli * tasks * runs_us / 1000 / HOUR_US;
    return cost < FG_PRICE_UUSD_MAX * 1000LL ? (int64_t)cost : FG_PRICE_UUSD_MAX * 1000LL;
}

/* What the cost is worth in time. */
static int64_t as_time(const struct fg_config *config, int64_t cost_uusd)
{
    if (config->finish_hour_musd == 0)
        return 0;
    __int128 time_us = (__int128)cost_uusd * HOUR_US / (config->finish_hour_musd * 1000);
    return time_us < 1000 * WAIT_MAX ? (int64_t)time_us : 1000 * WAIT_MAX;
}

/* Each interruption costs on average half of its work, or of what is between two checkpoints, and the restart. */
static int64_t lost_us(const struct judge *judge, const struct stock *stock, int64_t runs_us)
{
    const struct fg_job *job = judge->job;
    double each_us = (double)runs_us / 2,
           saved_us = (double)job->checkpoint_us / 2 + (double)job->restart_us;
    if (job->checkpoint_us && saved_us < each_us)
        each_us = saved_us;
    double all_us = stock->losses * (double)runs_us / HOUR_US * each_us;
    return all_us < WAIT_MAX ? (int64_t)all_us : WAIT_MAX;
}

static struct fg_expected judge_way(const struct judge *judge, uint8_t way)
{
    struct fg_way at = judge->gang->ways[way];
    const struct fg_need *need = &judge->gang->needs[at.alternative];
    struct fg_expected out = {.way = way};
    int64_t runs_us = judge->runs_us;
    if (judge->greatest > 0)
        runs_us = (int64_t)((double)runs_us * judge->greatest / judge->rate[at.alternative]);
    if (at.supplier != FG_WAY_ANYWHERE) {
        const struct stock *stock = &judge->expect->stocks[at.supplier];
        runs_us = (int64_t)((__int128)runs_us * 1000 / (1000 - stock->away_milli));
        runs_us += lost_us(judge, stock, runs_us);
        out.wait_us = wait_at(judge->pool, at.supplier);
        out.bring_us = bring_to(judge, at.alternative, stock);
        out.cost_uusd = cost_at(need, judge->gang->tasks, stock, runs_us);
    }
    out.finish_us = out.wait_us + out.bring_us + runs_us;
    out.counted_us = out.finish_us + as_time(judge->config, out.cost_uusd);
    return out;
}

/* -- all of them ------------------------------------------------------------------------------------------ */

static bool goes_before(const struct judge *judge,
                        const struct fg_expected *a,
                        const struct fg_expected *b)
{
    uint8_t of_a = judge->gang->ways[a->way].alternative,
            of_b = judge->gang->ways[b->way].alternative;
    if (a->is_close != b->is_close)
        return a->is_close;
    if (!a->is_close && a->counted_us != b->counted_us)
        return a->counted_us < b->counted_us;
    if (judge->greatest <= 0 && of_a != of_b)
        return of_a < of_b;
    if (a->cost_uusd != b->cost_uusd)
        return a->cost_uusd < b->cost_uusd;
    return a->way < b->way;
}

static void sort(const struct judge *judge, struct fg_expected *items, size_t len)
{
    int64_t soonest_us = INT64_MAX;
    for (size_t i = 0; i < len; i++)
        soonest_us = items[i].counted_us < soonest_us ? items[i].counted_us : soonest_us;
    int64_t slack_us = soonest_us / 100 * judge->config->finish_close_percent;
    int64_t close_us = soonest_us + (slack_us < CLOSE_MAX_US ? slack_us : CLOSE_MAX_US);
    for (size_t i = 0; i < len; i++) {
        struct fg_expected item = items[i];
        item.is_close = item.counted_us <= close_us;
        size_t at = i;
        for (; at > 0 && goes_before(judge, &item, &items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* On the kind of the alternative that is fastest for it; 0: of one of them nothing was learned. */
static double learned_rate(const struct judge *judge,
                           const struct fg_job *job,
                           const struct fg_request *any_of,
                           size_t alternative)
{
    const struct fg_rates *rates = judge->expect->rates;
    double best = 0;
    for (uint64_t kinds = judge->gang->needs[alternative].kinds; kinds; kinds &= kinds - 1) {
        double rate;
        const char *name = fg_pool_kind_name(judge->pool, (uint32_t)__builtin_ctzll(kinds));
        if (!rates->of(rates->self, job, any_of, judge->gang->needs_len, name, &rate))
            return 0;
        best = rate > best ? rate : best;
    }
    return best;
}

static void find_rates(struct judge *judge,
                       const struct fg_queue *queue,
                       const struct fg_job *job)
{
    size_t len, told = 0, known = 0;
    const struct fg_request *any_of = fg_queue_class_at(queue, job->request, &len);
    for (size_t i = 0; i < len; i++)
        told += any_of[i].rate_milli > 0;
    for (size_t i = 0; i < len && (told == len || (told == 0 && len > 1)); i++) {
        judge->rate[i] = told                   ? any_of[i].rate_milli
                         : judge->expect->rates ? learned_rate(judge, job, any_of, i)
                                                : 0;
        known += judge->rate[i] > 0;
        judge->greatest = judge->rate[i] > judge->greatest ? judge->rate[i] : judge->greatest;
    }
    if (known < len)
        judge->greatest = 0;
}

size_t fg_expect_ways(struct fg_expect *expect,
                      const struct fg_config *config,
                      const struct fg_pool *pool,
                      const struct fg_queue *queue,
                      const struct fg_job *job,
                      const struct fg_gang *gang,
                      struct fg_expected *out)
{
    struct judge judge = {.expect = expect,
                          .config = config,
                          .pool = pool,
                          .gang = gang,
                          .job = job,
                          .data_us = {}};
    size_t len = 0;
    look(expect, pool);
    find_rates(&judge, queue, job);
    judge.runs_us = fg_order_expected_us(config, job);
    for (size_t i = 0; i < gang->needs_len; i++)
        if (gang->needs[i].data_mib)
            fg_wan_times(fg_pool_wan_of(pool), gang->needs[i].data_site,
                         (int64_t)gang->needs[i].data_mib << 20, judge.data_us[i]);
    for (size_t i = 0; i < gang->ways_len; i++)
        if (gang->allowed[gang->ways[i].alternative])
            out[len++] = judge_way(&judge, (uint8_t)i);
    sort(&judge, out, len);
    return len;
}

void fg_expect_order(struct fg_expect *expect,
                     const struct fg_config *config,
                     const struct fg_pool *pool,
                     const struct fg_queue *queue,
                     const struct fg_job *job,
                     struct fg_gang *gang)
{
    struct fg_expected items[FG_WAYS_MAX];
    if (!gang->has_choice || gang->ways_len < 2)
        return;
    size_t len = fg_expect_ways(expect, config, pool, queue, job, gang, items);
    bool is_listed[FG_WAYS_MAX] = {};
    for (size_t i = 0; i < len; i++) {
        gang->order[i] = items[i].way;
        is_listed[items[i].way] = true;
    }
    for (size_t i = 0; i < gang->ways_len; i++)
        if (!is_listed[i])
            gang->order[len++] = (uint8_t)i;
}

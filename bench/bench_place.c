/* bench_place.c - placement decisions a second, on one core.
 *
 *     openb       the cluster and pods of the openb trace (folder argv[1], ../shared/data/openb) if they are there
 *     N GPUs      nodes of eight, the same pods, until 1.3 times the cluster has been asked for
 *
 * The rival is the linear scan that keeps its scores: for each kind of pod the score of every node is kept and renewed when
 * the node has changed; each decision reads them all.  It computes the same scores, and so places the same.
 */
#include "bench/bench.h"
#include "place/scene.h"
#include "sim/openb.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 5

/* -- the trace, or one like it ------------------------------------------------------------------------------ */

/* The most frequent pods of the openb trace: cores, accelerators, milli of each, how many of a thousand. */
static const struct {
    unsigned cpu, gpus, milli, times;
} pods_like[] = {
    {8, 1, 1000, 180}, {12, 1, 1000, 120}, {4, 1, 1000, 60}, {6, 1, 1000, 50},
    {16, 1, 1000, 40}, {8, 1, 810, 130},   {6, 1, 460, 70},  {4, 1, 470, 60},
    {3, 1, 250, 40},   {2, 1, 330, 40},    {4, 1, 500, 30},  {8, 2, 1000, 10},
    {32, 4, 1000, 10}, {64, 8, 1000, 20},  {4, 0, 0, 80},    {16, 0, 0, 40},
    {1, 0, 0, 20},
};

static void make_pods(struct fg_buf *out)
{
    fg_buf_puts(out, "name,cpu_milli,memory_mib,num_gpu,gpu_milli\n");
    for (size_t i = 0; i < sizeof(pods_like) / sizeof(pods_like[0]); i++)
        for (unsigned n = 0; n < pods_like[i].times; n++)
            fg_buf_printf(out, "p,%u,%u,%u,%u\n", pods_like[i].cpu * 1000,
                          pods_like[i].cpu * 2048, pods_like[i].gpus, pods_like[i].milli);
}

static void make_nodes(struct fg_buf *out, size_t len)
{
    fg_buf_puts(out, "sn,cpu_milli,memory_mib,gpu,model\n");
    for (size_t i = 0; i < len; i++)
        fg_buf_puts(out, "n,128000,786432,8,G2\n");
}

static bool read_whole(const char *folder, const char *name, struct fg_buf *out)
{
    char path[4096], part[65536];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    for (size_t len; (len = fread(part, 1, sizeof(part), file)) > 0;)
        fg_buf_add(out, part, len);
    fclose(file);
    return true;
}

static struct fg_openb *open_trace(const struct fg_buf *nodes, const struct fg_buf *pods)
{
    struct fg_openb *openb = NULL;
    struct fg_err err = {};
    if (fg_openb_read(&(struct fg_openb_file){"nodes", nodes->text, nodes->len},
                      &(struct fg_openb_file){"pods", pods->text, pods->len}, 1, &openb, &err)
        < 0)
        bench_die("%s", err.text);
    return openb;
}

/* -- ours ------------------------------------------------------------------------------------------------------- */

/* Decisions a second, the median of so many runs. */
static double our_rate(const struct fg_openb *openb, const char *policy, int runs)
{
    double rates[RUNS];
    struct fg_openb_sequence sequence = {};
    fg_openb_make_sequence(openb, 1, &sequence);
    for (int i = 0; i < runs; i++) {
        struct fg_openb_result result;
        FG_AUTO(fg_openb_replay)
        struct fg_openb_replay *replay =
            fg_openb_replay_new(openb, &sequence, fg_place_policy_find(policy), 1);
        int64_t start_us = bench_now_us();
        fg_openb_replay_run(replay, false, &result);
        rates[i] = (double)result.decisions * 1e6 / (double)(bench_now_us() - start_us);
    }
    fg_openb_sequence_fini(&sequence);
    return bench_quantile(rates, (size_t)runs, 50);
}

/* -- the rival ---------------------------------------------------------------------------------------------------- */

struct scan {
    struct fg_pool *pool;
    struct fg_view view;
    const struct fg_place_policy *policy;
    const struct fg_openb *openb;
    int32_t *scores;   /* [kind of pod][node] */
    uint64_t *renewed; /* [kind of pod][node]: change of the node that the score knows */
    uint32_t *kind_of; /* by pod */
    size_t kinds_len;
};

static void find_kinds(struct scan *scan)
{
    size_t len;
    const struct fg_need *pods = fg_openb_pods(scan->openb, &len);
    uint32_t *first = calloc(len, sizeof(*first));
    scan->kind_of = calloc(len, sizeof(*scan->kind_of));
    if (!first || !scan->kind_of)
        abort();
    for (size_t i = 0; i < len; i++) {
        size_t kind = 0;
        while (kind < scan->kinds_len
               && memcmp(&pods[first[kind]], &pods[i], sizeof(pods[0])) != 0)
            kind++;
        if (kind == scan->kinds_len)
            first[scan->kinds_len++] = (uint32_t)i;
        scan->kind_of[i] = (uint32_t)kind;
    }
    free(first);
}

static void scan_place(struct scan *scan, uint32_t pod)
{
    size_t len, nodes = fg_pool_len(scan->pool);
    struct fg_ask ask = fg_ask_of(&fg_openb_pods(scan->openb, &len)[pod]);
    int32_t *scores = scan->scores + scan->kind_of[pod] * nodes, best = FG_KEY_NONE;
    uint64_t *renewed = scan->renewed + scan->kind_of[pod] * nodes;
    size_t at = 0;
    for (size_t i = 0; i < nodes; i++) {
        uint64_t changed = fg_pool_changed(scan->pool, (fg_node_id)(i + 1)) + 1;
        if (renewed[i] != changed) {
            scores[i] = fg_scene_score(&scan->view, scan->policy, (fg_node_id)(i + 1), &ask);
            renewed[i] = changed;
        }
        if (scores[i] > best) {
            best = scores[i];
            at = i;
        }
    }
    if (best == FG_KEY_NONE)
        return;
    struct fg_grant grant = {.node = (fg_node_id)(at + 1),
                             .gpu_milli = ask.need.count ? ask.need.gpu_milli : 0,
                             .cpu_milli = ask.need.cpu_milli,
                             .mem_mib = ask.need.mem_mib};
    fg_scene_choose(&scan->view, scan->policy, NULL, grant.node, &ask, &grant.devices);
    if (fg_pool_claim(scan->pool, &grant, NULL) < 0)
        abort();
    fg_view_refresh(&scan->view, grant.node);
}

static double scan_rate(const struct fg_openb *openb, const char *policy)
{
    size_t pods_len, types_len;
    const struct fg_need *pods = fg_openb_pods(openb, &pods_len);
    struct scan scan = {.openb = openb,
                        .policy = fg_place_policy_find(policy),
                        .pool = fg_openb_pool(openb, NULL)};
    struct fg_openb_sequence sequence = {};
    fg_openb_make_sequence(openb, 1, &sequence);
    FG_AUTO(fg_mix) struct fg_mix *mix = fg_mix_new();
    for (size_t i = 0; i < pods_len; i++)
        fg_mix_add(mix, &pods[i], 1);
    fg_mix_settle(mix, 0.95);
    const struct fg_mix_type *types = fg_mix_types(mix, &types_len);
    struct fg_place_kind kinds[FG_POOL_KINDS_MAX];
    fg_place_kinds(scan.pool, kinds);
    struct fg_place_tables *tables =
        fg_place_tables_new(types, types_len, kinds, fg_pool_kinds_len(scan.pool));
    fg_view_init(&scan.view, scan.pool);
    fg_view_rebuild(&scan.view, tables);
    find_kinds(&scan);
    size_t cells = scan.kinds_len * fg_pool_len(scan.pool);
    scan.scores = calloc(cells, sizeof(scan.scores[0]));
    scan.renewed = calloc(cells, sizeof(scan.renewed[0]));
    if (!scan.scores || !scan.renewed)
        abort();
    int64_t start_us = bench_now_us();
    for (size_t i = 0; i < sequence.pods_len; i++)
        scan_place(&scan, sequence.pods[i]);
    double rate = (double)sequence.pods_len * 1e6 / (double)(bench_now_us() - start_us);
    free(scan.scores);
    free(scan.renewed);
    free(scan.kind_of);
    fg_view_fini(&scan.view);
    fg_place_tables_free(tables);
    fg_pool_free(scan.pool);
    fg_openb_sequence_fini(&sequence);
    return rate;
}

/* -- the figures ------------------------------------------------------------------------------------------------- */

static void measure(const struct fg_openb *openb,
                    const char *policy,
                    double target,
                    bool with_rival)
{
    char name[64];
    long long gpus = (long long)(fg_openb_gpu_milli(openb) / 1000);
    snprintf(name, sizeof(name), "place: %s, %lld GPUs, %zu nodes", policy, gpus,
             fg_openb_nodes(openb));
    double rate = our_rate(openb, policy, gpus > 200'000 ? 1 : RUNS);
    bench_line(name, rate, "/s", BENCH_MORE, target, with_rival ? "scan of kept scores" : NULL,
               with_rival ? scan_rate(openb, policy) : 0);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "../shared/data/openb";
    FG_AUTO(fg_buf) struct fg_buf pods = {};
    FG_AUTO(fg_buf) struct fg_buf nodes = {};
    if (read_whole(folder, "openb_node_list_gpu_node.csv", &nodes)
        && read_whole(folder, "openb_pod_list_default.csv", &pods)) {
        FG_AUTO(fg_openb) struct fg_openb *openb = open_trace(&nodes, &pods);
        measure(openb, "fgd", 500e3, true);
        measure(openb, "best", 500e3, true);
    } else {
        fg_buf_clear(&pods);
        make_pods(&pods);
    }
    static const size_t lens[] = {125, 1250, 12500, 125000};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf many = {};
        make_nodes(&many, lens[i]);
        FG_AUTO(fg_openb) struct fg_openb *openb = open_trace(&many, &pods);
        double target = lens[i] == 12500 ? 200e3 : 0;
        measure(openb, "fgd", target, lens[i] <= 1250);
        measure(openb, "best", target, lens[i] <= 1250);
    }
    return bench_done();
}

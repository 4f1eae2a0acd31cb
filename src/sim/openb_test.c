/* openb_test.c - the inflation experiment: by hand where it is small, against the published tables where the trace is at
 * hand (../shared/data/openb), and refusing what is no trace. */
#include "sim/openb.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DATA SOURCE_DIR "/../shared/data/openb/"

#ifdef __SANITIZE_ADDRESS__
#define SEEDS 2 /* ten times slower: a sample */
#else
#define SEEDS 10
#endif

static struct fg_openb_file text_file(const char *text)
{
    return (struct fg_openb_file){"test.csv", text, strlen(text)};
}

/* -- by hand ----------------------------------------------------------------------------------------- */

static const char nodes_text[] = "sn,cpu_milli,memory_mib,gpu,model\n"
                                 "a,8000,16384,2,T4\n"
                                 "b,8000,16384,2,V100M16\n";
static const char pods_text[] = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
                                "p0,1000,1024,1,500,\n"
                                "p1,1000,1024,2,1000,V100M16|A10\n"
                                "p2,1000,1024,1,1000,\n"
                                "p3,1000,1024,0,0,\n"
                                "p4,1000,1024,1,1000,H800\n";

static struct fg_openb *small(void)
{
    struct fg_openb *openb = NULL;
    struct fg_openb_file nodes = text_file(nodes_text), pods = text_file(pods_text);
    OK(fg_openb_read(&nodes, &pods, 1, &openb, NULL) == 0);
    return openb;
}

static void small_cluster_fills_up(void)
{
    FG_AUTO(fg_openb) struct fg_openb *openb = small();
    EQ(fg_openb_nodes(openb), 2);
    EQ(fg_openb_gpu_milli(openb), 4000);
    /* two halves (25 %), the pair (75 %), one that no node may take, one whole (100 %), CPU only, one too many */
    struct fg_openb_file file = text_file("7 2\n0\n0\n1\n4\n2\n3\n2\n1\n0\n");
    struct fg_openb_sequence sequence = {};
    OK(fg_openb_read_sequence(openb, &file, &sequence, NULL) == 0);
    struct fg_openb_result result;
    FG_AUTO(fg_openb_replay)
    struct fg_openb_replay *replay =
        fg_openb_replay_new(openb, &sequence, fg_place_policy_default(), 1);
    fg_openb_replay_run(replay, true, &result);
    EQ(result.decisions, 7);
    EQ(result.placed, 5);
    EQ(lround(result.allocation[12] * 10), 125); /* half to even */
    EQ(lround(result.allocation[25] * 10), 250);
    EQ(lround(result.allocation[75] * 10), 750);
    EQ(lround(result.allocation[100] * 10), 750);
    EQ(lround(result.allocation[125] * 10), 1000);
    OK(isnan(result.allocation[60]));
    fg_openb_sequence_fini(&sequence);
}

static void own_sequences_ask_for_more_than_there_is(void)
{
    FG_AUTO(fg_openb) struct fg_openb *openb = small();
    struct fg_openb_sequence a = {}, b = {};
    fg_openb_make_sequence(openb, 7, &a);
    fg_openb_make_sequence(openb, 7, &b);
    OK(a.pods_len == b.pods_len && a.pods_len >= 3);
    OK(memcmp(a.pods, b.pods, a.pods_len * sizeof(a.pods[0])) == 0);
    OK(memcmp(a.rank, b.rank, a.rank_len * sizeof(a.rank[0])) == 0);
    fg_openb_sequence_fini(&a);
    fg_openb_sequence_fini(&b);
}

/* -- hostile input ----------------------------------------------------------------------------------------- */

static bool is_refused(const char *nodes, const char *pods, const char *say)
{
    struct fg_openb *openb = NULL;
    struct fg_err err = {};
    struct fg_openb_file a = text_file(nodes), b = text_file(pods);
    int rc = fg_openb_read(&a, &b, 1, &openb, &err);
    fg_openb_free(openb);
    if (rc < 0 && strstr(err.text, say))
        return true;
    printf("# %d %s\n", rc, err.text);
    return false;
}

static void bad_rows_are_refused_with_their_line(void)
{
    const char *n = "sn,cpu_milli,memory_mib,gpu,model\n", *p = pods_text;
    char text[300];
    OK(is_refused("", p, "expected the header"));
    OK(is_refused(n, p, "no accelerators"));
    snprintf(text, sizeof(text), "%sa,8000,16384,33,T4\n", n);
    OK(is_refused(text, p, "test.csv:2: gpu: `33`"));
    snprintf(text, sizeof(text), "%sa,8000,16384,2,T4\nb,-1,5,1,T4\n", n);
    OK(is_refused(text, p, "test.csv:3: cpu_milli: `-1`"));
    snprintf(text, sizeof(text), "%sa,8000,16384,2,T 4\n", n);
    OK(is_refused(text, p, "model `T 4`"));
    OK(is_refused(nodes_text, "name\n", "expected the header"));
    const char *h = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\n";
    OK(is_refused(nodes_text, h, "no pods"));
    snprintf(text, sizeof(text), "%sp,1,1,1,0\n", h);
    OK(is_refused(nodes_text, text, "test.csv:2: gpu_milli: `0`"));
    snprintf(text, sizeof(text), "%sp,1,1,2,500\n", h);
    OK(is_refused(nodes_text, text, "expected 1000"));
    snprintf(text, sizeof(text), "%sp,1,1\n", h);
    OK(is_refused(nodes_text, text, "3 columns"));
}

static void bad_sequences_are_refused(void)
{
    FG_AUTO(fg_openb) struct fg_openb *openb = small();
    const char *const bad[] = {"",
                               "1",
                               "1 3\n0\n0\n1\n2\n",
                               "1 2\n5\n0\n1\n",
                               "1 2\n0\n1\n",
                               "1 2\n0\n1\n1\n",
                               "99999999999 2\n",
                               "1 2\nx\n0\n1\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fg_openb_sequence sequence = {};
        struct fg_err err = {};
        struct fg_openb_file file = text_file(bad[i]);
        OK(fg_openb_read_sequence(openb, &file, &sequence, &err) == FG_EINVAL && err.text[0]);
        fg_openb_sequence_fini(&sequence);
    }
}

/* -- the published tables ------------------------------------------------------------------------------------ */

static bool read_whole(const char *path, struct fg_openb_file *out)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    enum { ROOM = 4 << 20 };
    char *bytes = malloc(ROOM);
    if (!bytes)
        abort();
    *out = (struct fg_openb_file){path, bytes, fread(bytes, 1, ROOM, file)};
    fclose(file);
    return true;
}

/* Mean over the seeds at 100 % and 130 % arrived; false: a file is missing. */
static bool means(const struct fg_openb *openb,
                  const char *workload,
                  const char *policy,
                  double *at_100,
                  double *at_130)
{
    *at_100 = *at_130 = 0;
    for (int seed = 42; seed < 42 + SEEDS; seed++) {
        char path[512];
        struct fg_openb_file file;
        struct fg_openb_sequence sequence = {};
        struct fg_openb_result result;
        snprintf(path, sizeof(path), DATA "sequences/%s_s%d.seq", workload, seed);
        if (!read_whole(path, &file))
            return false;
        bool read = fg_openb_read_sequence(openb, &file, &sequence, NULL) == 0;
        free((char *)file.bytes);
        if (!read)
            return false;
        FG_AUTO(fg_openb_replay)
        struct fg_openb_replay *replay =
            fg_openb_replay_new(openb, &sequence, fg_place_policy_find(policy), (uint64_t)seed);
        fg_openb_replay_run(replay, true, &result);
        *at_100 += result.allocation[100] / SEEDS;
        *at_130 += result.allocation[130] / SEEDS;
        fg_openb_sequence_fini(&sequence);
    }
    return true;
}

struct published {
    const char *policy, *name; /* ours, theirs */
    double within;
};

/* The row "workload,name,..." of the published table: its values at 100 % and 130 %. */
static bool find_published(const struct fg_openb_file *table,
                           const char *workload,
                           const char *name,
                           double *at_100,
                           double *at_130)
{
    char start[64];
    snprintf(start, sizeof(start), "\n%s,%s,", workload, name);
    const char *row = memmem(table->bytes, table->len, start, strlen(start));
    double v[7];
    if (!row
        || sscanf(row + strlen(start), "%lf,%lf,%lf,%lf,%lf,%lf,%lf", &v[0], &v[1], &v[2],
                  &v[3], &v[4], &v[5], &v[6])
               != 7)
        return false;
    *at_100 = v[3];
    *at_130 = v[6];
    return true;
}

static void check_workload(const struct fg_openb *openb,
                           const struct fg_openb_file *table,
                           const char *workload)
{
    static const struct published rows[] = {
        {"random", "01-Random", 0.5},
        {"dot-product", "02-DotProd", 0.5},
        {"clustering", "03-GpuClustering", 0.5},
        {"packing", "04-GpuPacking", 0.5},
        {"best-fit", "05-BestFit", 0.2},
        {"fgd", "06-FGD", 0.2},
    };
    double at_100, at_130, want_100 = 0, want_130 = 0, slack = SEEDS < 10 ? 0.5 : 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OK(find_published(table, workload, rows[i].name, &want_100, &want_130));
        OK(means(openb, workload, rows[i].policy, &at_100, &at_130));
        printf("# %-11s %-11s %.2f published %.2f, %.2f published %.2f\n", workload,
               rows[i].policy, at_100, want_100, at_130, want_130);
        OK(fabs(at_100 - want_100) <= rows[i].within + slack);
        OK(fabs(at_130 - want_130) <= rows[i].within + slack);
    }
    OK(means(openb, workload, "best", &at_100, &at_130));
    printf("# %-11s %-11s %.2f, %.2f\n", workload, "best", at_100, at_130);
    OK(at_100 > want_100 && at_130 > want_130); /* fgd's */
    OK(strcmp(workload, "default") != 0 || at_100 >= 96.0);
}

static void published_tables_are_reproduced(void)
{
    static const char *const workloads[] = {"default", "cpu050", "gpushare40", "gpuspec10",
                                            "multigpu20"};
    struct fg_openb_file nodes, pods, table;
    if (!read_whole(DATA "openb_node_list_gpu_node.csv", &nodes)) {
        printf("# SKIP the published tables: no trace in " DATA "\n");
        return;
    }
    OK(read_whole(DATA "published_allocation.csv", &table));
    for (size_t i = 0; i < (SEEDS < 10 ? 1 : 5); i++) {
        char path[512];
        struct fg_openb *openb = NULL;
        snprintf(path, sizeof(path), DATA "openb_pod_list_%s.csv", workloads[i]);
        if (!OK(read_whole(path, &pods)))
            break;
        OK(fg_openb_read(&nodes, &pods, 1, &openb, NULL) == 0);
        check_workload(openb, &table, workloads[i]);
        fg_openb_free(openb);
        free((char *)pods.bytes);
    }
    free((char *)nodes.bytes);
    free((char *)table.bytes);
}

int main(void)
{
    RUN(small_cluster_fills_up);
    RUN(own_sequences_ask_for_more_than_there_is);
    RUN(bad_rows_are_refused_with_their_line);
    RUN(bad_sequences_are_refused);
    RUN(published_tables_are_reproduced);
    return tap_done();
}

/* sim_cluster.c - cluster files of the simulator, with an availability trace after a line of "---": what is read is simulated
 * for a while with two jobs, whatever the machines. */
#include "fuzz/fuzz.h"
#include "sim/cluster.h"
#include "sim/sim.h"

#include <string.h>

#define NODES_MAX 50 /* larger clusters are read, but not run */

struct rest {
    const char *bytes;
    size_t len;
};

static int open_rest(void *self,
                     [[maybe_unused]] const char *path,
                     [[maybe_unused]] struct fg_arena *arena,
                     const char **out_bytes,
                     size_t *out_len,
                     struct fg_err *err)
{
    const struct rest *rest = self;
    if (!rest->bytes)
        return fg_fail(err, FG_ENOENT, "no such file");
    *out_bytes = rest->bytes;
    *out_len = rest->len;
    return 0;
}

static void simulate(const struct fg_sim_cluster *cluster)
{
    struct fg_config config;
    struct fg_sim_trace trace = {};
    uint32_t project = 0;
    struct fg_request request = {.kind = "any", .count = 1, .gpu_milli = 1000};
    fg_config_defaults(&config);
    CHECK(fg_sim_trace_project(&trace, "p", 1, &project, NULL) == 0);
    for (int64_t i = 0; i < 2; i++) {
        struct fg_sim_job job = {.submit_us = i * 1'000'000,
                                 .duration_us = 3'600'000'000,
                                 .tasks = 1,
                                 .preemptible = i,
                                 .request = fg_sim_trace_request(&trace, &request)};
        CHECK(fg_sim_trace_add(&trace, &job, NULL) == 0);
    }
    struct fg_sim_options options = {.config = &config,
                                     .trace = &trace,
                                     .cluster = cluster,
                                     .order = fg_job_order_find("priority"),
                                     .until_us = 20'000'000'000};
    struct fg_sim_result *result = NULL;
    struct fg_err err = {};
    if (fg_sim_run(&options, &result, &err) == 0)
        CHECK(result->sums.gpu_busy_us <= result->sums.gpu_up_us);
    else
        CHECK(err.text[0]);
    fg_sim_result_free(result);
    fg_sim_trace_free(&trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *bytes = (const char *)data, *end = memmem(bytes, len, "---\n", 4);
    size_t own = end ? (size_t)(end - bytes) : len;
    struct rest rest = {end ? end + 4 : NULL, end ? len - own - 4 : 0};
    struct fg_sim_cluster cluster = {};
    struct fg_err err = {};
    if (fg_sim_cluster_read(bytes, own, "f.yaml", open_rest, &rest, &cluster, &err) < 0) {
        CHECK(err.text[0] && !cluster.arena);
        return 0;
    }
    CHECK(cluster.groups_len > 0 && fg_sim_cluster_nodes(&cluster) <= FG_NODES_MAX);
    CHECK(fg_sim_cluster_widest(&cluster) <= FG_NODE_DEVICES_MAX);
    for (size_t i = 0; i < cluster.groups_len; i++)
        CHECK(!cluster.groups[i].is_spot
              || cluster.groups[i].availability < cluster.traces_len);
    if (fg_sim_cluster_nodes(&cluster) <= NODES_MAX)
        simulate(&cluster);
    fg_sim_cluster_free(&cluster);
    return 0;
}

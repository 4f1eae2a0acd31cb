/* energy_model.c - energy models of the simulator: what is read is simulated for a while with all that saves energy. */
#include "fuzz/fuzz.h"
#include "sim/sim.h"

static void simulate(const struct fg_energy_model *model)
{
    struct fg_config config;
    struct fg_sim_trace trace = {};
    struct fg_sim_cluster cluster = {};
    struct fg_sim_result *result = NULL;
    struct fg_err err = {};
    uint32_t project = 0;
    struct fg_request request = {.kind = "any", .count = 1, .gpu_milli = 1000};
    fg_config_defaults(&config);
    fg_sim_cluster_simple(&cluster, 3, model->devices[0].kind, 2);
    CHECK(fg_sim_trace_project(&trace, "p", 1, &project, NULL) == 0);
    for (int64_t i = 0; i < 4; i++) {
        const struct fg_sim_job job = {.submit_us = i * 4'000'000'000,
                                       .duration_us = 900'000'000,
                                       .tasks = 1 + (uint32_t)i,
                                       .request = fg_sim_trace_request(&trace, &request)};
        CHECK(fg_sim_trace_add(&trace, &job, NULL) == 0);
    }
    const struct fg_sim_options options = {.config = &config,
                                           .trace = &trace,
                                           .cluster = &cluster,
                                           .energy = model,
                                           .saving = FG_SIM_SAVING_ALL,
                                           .order = fg_job_order_find("priority"),
                                           .until_us = 50'000'000'000};
    if (fg_sim_run(&options, &result, &err) == 0)
        CHECK(result->sums.energy_j >= 0 && result->sums.gpu_busy_us <= result->sums.gpu_up_us);
    else
        CHECK(err.text[0]);
    fg_sim_result_free(result);
    fg_sim_trace_free(&trace);
    fg_sim_cluster_free(&cluster);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct fg_energy_model model;
    struct fg_err err = {};
    if (fg_energy_model_read((const char *)data, len, "f.yaml", &model, &err) < 0) {
        CHECK(err.text[0]);
        return 0;
    }
    CHECK(model.devices_len > 0 && model.devices[0].caps_len <= FG_ENERGY_CAPS_MAX);
    simulate(&model);
    return 0;
}

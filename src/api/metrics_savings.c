/* metrics_savings.c - what caps and sleep saved, for /metrics: all that was ever, as it stands in the store. */
#include "api/metrics.h"

#include "store/reader_cost.h"

#include <stddef.h>

/* By whose watts it was reckoned. */
static const char *const names[FG_SAVING_WAYS][2] = {
    [FG_SAVING_CAP] = {"caps", "measured"},
    [FG_SAVING_SLEEP_MEASURED] = {"sleep", "measured"},
    [FG_SAVING_SLEEP_TOLD] = {"sleep", "told"},
    [FG_SAVING_SLEEP_ASSUMED] = {"sleep", "assumed"},
};

static const struct {
    const char *name, *unit, *help;
    size_t offset; /* in struct fg_saved */
    double factor;
} rows[] = {
    {"fastgpu_saving_avoided_joules", "joules",
     "Not drawn because of power caps, or of machines that slept.",
     offsetof(struct fg_saved, avoided_mj), 1e-3},
    {"fastgpu_saving_spent_joules", "joules",
     "Drawn for it: by caps that did not pay, by machines that went down and came up.",
     offsetof(struct fg_saved, spent_mj), 1e-3},
    {"fastgpu_saving_slowed_seconds", "seconds",
     "So much longer devices worked because of power caps.",
     offsetof(struct fg_saved, slowed_us), 1e-6},
    {"fastgpu_saving_asleep_seconds", "seconds", "Machines slept so long.",
     offsetof(struct fg_saved, asleep_us), 1e-6},
};

int fg_metrics_savings(const struct fg_metrics_ask *ask,
                       struct fg_metric_text *to,
                       struct fg_err *err)
{
    struct fg_saved sums[FG_SAVING_WAYS] = {};
    int rc = fg_reader_saving_sums(ask->reader, sums, err);
    for (size_t i = 0; rc == 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
        fg_export_family(to, rows[i].name, FG_METRIC_COUNTER, rows[i].unit, rows[i].help);
        for (size_t way = 0; way < FG_SAVING_WAYS; way++) {
            const int64_t *value =
                (const int64_t *)(const void *)((const char *)&sums[way] + rows[i].offset);
            fg_export_sample(to, "");
            fg_export_label(to, "way", names[way][0]);
            fg_export_label(to, "watts", names[way][1]);
            fg_export_value(to, (double)*value * rows[i].factor);
        }
    }
    return rc;
}

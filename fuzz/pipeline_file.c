/* pipeline_file.c - files of several jobs: what is accepted can be submitted in its order. */
#include "model/pipeline_file.h"
#include "fuzz/canonical.h"
#include "fuzz/tree.h"

static void check_order(const struct fg_pipeline *pipeline)
{
    CHECK(pipeline->len >= 1 && pipeline->len <= FG_BATCH_MAX);
    for (size_t i = 0; i < pipeline->len; i++) {
        const struct fg_job_spec *spec = &pipeline->specs[i];
        for (size_t k = 0; k < spec->after_len; k++) {
            CHECK((spec->after[k].item > 0) != (spec->after[k].job > 0));
            CHECK(spec->after[k].item <= i);
        }
        if (!is_local(spec))
            check_canonical(spec);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_PIPELINE_ROOM);
    struct fg_pipeline pipeline = {};
    struct fg_err err = {};
    int rc = fg_pipeline_file_parse((const char *)bytes, len, "p.yaml", 1'700'000'000'000'000,
                                    arena, &pipeline, &err);
    if (rc == 0)
        check_order(&pipeline);
    if (rc < 0) {
        check_refusal(rc, &err, NULL);
        CHECK(strncmp(err.text, "p.yaml", 6) == 0);
    }
    return 0;
}

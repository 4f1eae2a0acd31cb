/* job_json.c - a job spec on the wire: an accepted one has a canonical form that reads back as itself. */
#include "fuzz/canonical.h"
#include "fuzz/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len > FG_SPEC_BYTES_MAX)
        return 0;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    const struct fg_doc *doc;
    struct fg_job_spec spec;
    struct fg_err err = {};
    if (fg_doc_json((const char *)bytes, len, arena, &doc, &err) < 0)
        return 0;
    int rc = fg_job_json_read(doc, 1'700'000'000'000'000, arena, &spec, &err);
    if (rc == 0)
        check_canonical(&spec);
    else
        check_refusal(rc, &err, NULL);
    return 0;
}

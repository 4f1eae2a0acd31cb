/* job_parse.h - one job file of a given name through parser and canonical form. */
#pragma once

#include "fuzz/canonical.h"
#include "fuzz/tree.h"
#include "model/job_file.h"

static void check_job_file(const uint8_t *bytes, size_t len, const char *name)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    struct fg_job_spec spec;
    struct fg_err err = {};
    int rc = fg_job_file_parse((const char *)bytes, len, name, 1'700'000'000'000'000, arena,
                               &spec, &err);
    if (rc == 0 && !is_local(&spec))
        check_canonical(&spec);
    if (rc < 0) {
        check_refusal(rc, &err, NULL);
        CHECK(strncmp(err.text, name, strlen(name)) == 0);
    }
}

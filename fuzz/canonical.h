/* canonical.h - the property of the canonical form: what we write we can read, and it is the same bytes. */
#pragma once

#include "fuzz/fuzz.h"
#include "model/job_json.h"
#include "model/limits.h"

#include <string.h>

static void check_spec(const struct fg_job_spec *spec)
{
    CHECK(spec->name[0] && strlen(spec->name) < FG_NAME_MAX);
    CHECK(spec->run[0] || spec->argv_len > 0);
    CHECK(spec->any_of_len >= 1 && spec->any_of_len <= FG_ANY_OF_MAX);
    CHECK(spec->tasks >= 1 && spec->tasks <= FG_TASKS_MAX);
    for (size_t i = 0; i < spec->any_of_len; i++) {
        const struct fg_request *request = &spec->any_of[i];
        CHECK(request->cpu_milli >= 1 && request->count <= FG_NODE_DEVICES_MAX);
        CHECK((request->count > 0) == (request->kind[0] != '\0'));
        CHECK((request->count > 0) == (request->gpu_milli > 0));
        CHECK(request->count <= 1 || request->gpu_milli == 1000);
    }
    if (spec->array_step)
        CHECK((spec->array_last - spec->array_first) / spec->array_step < FG_ARRAY_MAX);
}

/* `spec` was accepted; it must survive the way through JSON. */
static void check_canonical(const struct fg_job_spec *spec)
{
    check_spec(spec);
    FG_AUTO(fg_buf) struct fg_buf first = {};
    fg_job_json_write(&first, spec);

    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    const struct fg_doc *doc;
    struct fg_job_spec again;
    struct fg_err err = {};
    if (fg_doc_json(first.text, first.len, arena, &doc, &err) < 0
        || fg_job_json_read(doc, 1, arena, &again, &err) < 0) {
        fprintf(stderr, "%s\n%s\n", first.text, err.text);
        abort();
    }
    check_spec(&again);
    FG_AUTO(fg_buf) struct fg_buf second = {};
    fg_job_json_write(&second, &again);
    CHECK(first.len == second.len && memcmp(first.text, second.text, first.len) == 0);
}

/* Local files are not yet hashes: what names them cannot go over the wire. */
[[maybe_unused]] static bool is_local(const struct fg_job_spec *spec)
{
    for (size_t i = 0; i < spec->inputs_len; i++)
        if (strncmp(spec->inputs[i].hash, "blake2b:", 8) != 0)
            return true;
    return spec->workdir[0] && !spec->workdir_hash[0];
}

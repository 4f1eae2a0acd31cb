/* fuzz: proposals of another policy; what is read is written, and what is written is read as the same. */
#include "fuzz/fuzz.h"

#include "model/proposal.h"

#include <string.h>

static int read(const char *bytes,
                size_t len,
                struct fg_arena *arena,
                struct fg_proposal_body *out)
{
    struct fg_err err = {};
    struct fg_doc_reader reader = {.arena = arena, .err = &err, .text_left = len};
    const struct fg_doc *doc;
    int rc = fg_doc_json(bytes, len, arena, &doc, &err);
    return rc == 0 ? fg_proposal_read(&reader, doc, out) : rc;
}

static void write(const struct fg_proposal_body *body, struct fg_buf *out)
{
    struct fg_json json = {.buf = out};
    fg_json_object(&json);
    fg_proposal_write(&json, body);
    fg_json_end(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len) * 4 + (1UL << 20));
    FG_AUTO(fg_buf) struct fg_buf once = {}, twice = {};
    struct fg_proposal_body body, again;
    if (read((const char *)data, len, arena, &body) < 0)
        return 0;
    write(&body, &once);
    CHECK(read(once.text, once.len, arena, &again) == 0);
    write(&again, &twice);
    CHECK(strcmp(once.text, twice.text) == 0);
    return 0;
}

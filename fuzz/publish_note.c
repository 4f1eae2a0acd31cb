/* publish_note.c - an event whose texts are anything: as JSON it can be read, in syslog it is one line, in the journal its fields
 * end where they should. */
#include "publish/note.h"
#include "publish/syslog_text.h"

#include "base/doc.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Every field is NAME=VALUE, or NAME, a length and so many bytes. */
static void check_journal(const struct fg_buf *text)
{
    size_t fields = 0;
    for (size_t at = 0; at < text->len; fields++) {
        size_t name = strcspn(text->text + at, "=\n");
        CHECK(name > 0 && strspn(text->text + at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == name);
        at += name;
        if (text->text[at] == '\n') {
            uint64_t len = 0;
            for (size_t i = 0; i < 8; i++)
                len |= (uint64_t)(uint8_t)text->text[at + 1 + i] << (8 * i);
            at += 9 + len;
        } else {
            at += strcspn(text->text + at, "\n");
        }
        CHECK(at < text->len && text->text[at] == '\n');
        at++;
    }
    CHECK(fields >= 6);
}

/* `bytes`: kind, project and JSON, each ended by 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *texts = calloc(1, len + 3);
    if (!texts)
        return 0;
    memcpy(texts, bytes, len);
    const char *kind = texts, *project = kind + strlen(kind) + 1;
    const char *json = project + strlen(project) + 1;
    const struct fg_note note = {.seq = len,
                                 .time_us = 1,
                                 .kind = kind,
                                 .job = len % 2,
                                 .project = project,
                                 .json = json};
    FG_AUTO(fg_buf) struct fg_buf event = {}, line = {}, fields = {};
    struct fg_json out = {.buf = &event};
    const struct fg_doc *doc;

    fg_note_write(&out, &note, "fuzz");
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(event.len));
    CHECK(fg_doc_json(event.text, event.len, arena, &doc, NULL) == 0);
    CHECK(fg_doc_get(doc, "id") && fg_doc_get(doc, "type") && fg_doc_get(doc, "data"));
    fg_syslog_write(&line, &note, "fuzz", "host", 1);
    for (size_t i = 0; i < line.len; i++)
        CHECK((unsigned char)line.text[i] >= ' ');
    fg_journal_write(&fields, &note, "fuzz");
    check_journal(&fields);
    free(texts);
    return 0;
}

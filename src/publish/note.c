/* note.c - see note.h */
#include "publish/note.h"

#include "base/doc.h"

#include <inttypes.h>
#include <string.h>

#define NODE_KEY "\"node\":\""

static bool matches(const char *pattern, const char *kind)
{
    size_t len = strlen(pattern);
    return pattern[len - 1] == '*' ? strncmp(pattern, kind, len - 1) == 0
                                   : strcmp(pattern, kind) == 0;
}

bool fg_note_wanted(const struct fg_sink_setting *sink, const char *kind, const char *project)
{
    bool is_kind = false, is_project = sink->projects_len == 0;
    for (size_t i = 0; i < sink->events_len && !is_kind; i++)
        is_kind = matches(sink->events[i], kind);
    for (size_t i = 0; i < sink->projects_len && !is_project; i++)
        is_project = strcmp(sink->projects[i], project) == 0;
    return is_kind && is_project;
}

/* Events are written by printf and cut where they are too long: one that nobody can read would stop all behind it. */
static bool is_object(const char *text)
{
    const struct fg_doc *doc;
    size_t len = strlen(text);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    return fg_doc_json(text, len, arena, &doc, NULL) == 0 && doc->kind == FG_DOC_MAP;
}

void fg_note_write(struct fg_json *json, const struct fg_note *note, const char *source)
{
    char id[48], job[24];
    FG_AUTO(fg_buf) struct fg_buf subject = {};
    snprintf(id, sizeof(id), note->seq ? "%" PRIu64 : "test-%" PRId64,
             note->seq ? note->seq : (uint64_t)note->time_us);
    fg_note_subject(note, &subject);
    fg_json_object(json);
    fg_json_kv(json, "specversion", "1.0");
    fg_json_kv(json, "id", id);
    fg_json_kv(json, "source", source);
    fg_json_kv(json, "type", note->kind);
    fg_json_kv(json, "subject", subject.text);
    fg_json_key(json, "time");
    fg_json_time(json, note->time_us);
    if (note->job) {
        snprintf(job, sizeof(job), "%" PRIu64, note->job);
        fg_json_kv(json, "job", job);
    }
    if (note->project[0])
        fg_json_kv(json, "project", note->project);
    fg_json_kv(json, "datacontenttype", "application/json");
    fg_json_key(json, "data");
    if (!note->json[0])
        fg_json_raw(json, "{}", 2);
    else if (is_object(note->json))
        fg_json_raw(json, note->json, strlen(note->json));
    else
        fg_json_string(json, note->json);
    fg_json_end(json);
}

void fg_note_subject(const struct fg_note *note, struct fg_buf *out)
{
    /* A quote within a text has a backslash before it, so this is a key. */
    const char *node = strstr(note->json, NODE_KEY);
    if (note->job)
        fg_buf_printf(out, "job/%" PRIu64, note->job);
    else if (node)
        fg_buf_printf(out, "node/%.*s", (int)strcspn(node + strlen(NODE_KEY), "\"\\"),
                      node + strlen(NODE_KEY));
    else
        fg_buf_puts(out, note->kind);
}

int fg_note_severity(const struct fg_note *note)
{
    static const struct {
        const char *kind, *part; /* of the JSON; "" whatever it says */
        int severity;
    } rows[] = {
        {"alert.raised", "\"severity\":\"critical\"", 2},
        {"alert.raised", "\"severity\":\"warning\"", 4},
        {"device.broken", "", 4},
        {"device.suspect", "", 4},
        {"job.finished", "\"state\":\"failed\"", 4},
        {"job.finished", "\"state\":\"timed_out\"", 4},
        {"node.down", "", 4},
        {"node.lost", "", 4},
        {"node.unfit", "", 4},
        {"publish.dropped", "", 4},
        {"supplier.silent", "", 4},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(note->kind, rows[i].kind) == 0 && strstr(note->json, rows[i].part))
            return rows[i].severity;
    return 6;
}

/* audit.c - is the record of what people did whole? Looked at in pieces: the chain may be a million events long. */
#include "api/answer.h"
#include "api/job_view.h"
#include "api/target.h"
#include "api/worker.h"

#include "store/audit.h"

#include <sodium.h>
#include <string.h>

#define EVENTS_A_PIECE 20000

/* "9120:6f1c..." as somebody noted it elsewhere. */
static int parse_noted(const char *text, struct fg_audit_link *out, struct fg_err *err)
{
    char number[24];
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0, bytes = 0;
    if (len > 0 && len < sizeof(number)) {
        memcpy(number, text, len);
        number[len] = '\0';
        if (fg_parse_uint(number, &out->seq)
            && sodium_hex2bin(out->hash, sizeof(out->hash), colon + 1, strlen(colon + 1), NULL,
                              &bytes, NULL)
                   == 0
            && bytes == sizeof(out->hash))
            return 0;
    }
    return fg_fail(err, FG_EINVAL,
                   "query: noted: %.100s, expected the number of a deed, a colon and its hash",
                   text);
}

static void write_link(struct fg_json *json, const char *key, const struct fg_audit_link *link)
{
    char hex[FG_AUDIT_HEX_MAX];
    if (link->seq == 0) {
        fg_json_kv(json, key, NULL);
        return;
    }
    fg_audit_hex(link, hex);
    fg_json_key(json, key);
    fg_json_object(json);
    fg_json_kv_int(json, "seq", (int64_t)link->seq);
    fg_json_kv(json, "hash", hex);
    fg_json_end(json);
}

static void write_report(struct fg_json *json, const struct fg_audit_report *report)
{
    fg_json_object(json);
    fg_json_kv_int(json, "deeds", (int64_t)report->deeds);
    if (report->first)
        fg_json_kv_int(json, "first", (int64_t)report->first);
    else
        fg_json_kv(json, "first", NULL);
    write_link(json, "last", &report->last);
    if (report->broken) {
        fg_json_key(json, "broken");
        fg_json_object(json);
        fg_json_kv_int(json, "seq", (int64_t)report->broken);
        fg_json_kv(json, "why", report->why);
        fg_json_end(json);
    } else {
        fg_json_kv(json, "broken", NULL);
    }
    if (report->next)
        fg_json_kv_id(json, "next", report->next);
    else
        fg_json_kv(json, "next", NULL);
    fg_json_end(json);
}

void fg_handle_audit_verify(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_audit_link noted = {};
    struct fg_audit_report report;
    uint64_t after = 0;
    const char *text = fg_target_param(&call->target, "noted");
    bool has = text || fg_audit_noted(call->api->options.db_path, &noted);
    int rc = fg_target_uint(&call->target, "after", 0, INT64_MAX, &after, &err);
    if (rc == 0 && text)
        rc = parse_noted(text, &noted, &err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, &err) : NULL;
    if (!reader
        || fg_reader_audit(reader, after, EVENTS_A_PIECE, has ? &noted : NULL, &report, &err)
               < 0) {
        fg_answer_error(call, &err);
        return;
    }
    write_report(&call->json, &report);
    fg_answer_json(call, 200);
}

/* note.h - an event as it is told to others: which sinks want it, and its text.
 *
 *     events of the store --> NOTE --> outlets (Kafka, webhooks, syslog, journal)
 *
 * The JSON is a CloudEvent (CNCF CloudEvents 1.0.2, JSON format): source and id together name an event for ever, so who
 * gets one twice can tell.  Pure.
 */
#pragma once

#include "base/json_write.h"
#include "model/resources.h"
#include "model/sink.h"

struct fg_note {
    uint64_t seq; /* number of the event; 0: a test */
    int64_t time_us;
    const char *kind;    /* "job.finished" */
    uint64_t job;        /* 0 none */
    const char *project; /* "" none */
    const char *json;    /* further members, one object, or "" */
};

/* Does the sink want such an event? */
bool fg_note_wanted(const struct fg_sink_setting *sink, const char *kind, const char *project);

/* {"specversion":"1.0",...}; what is not valid JSON in `note->json` goes as text. */
void fg_note_write(struct fg_json *json, const struct fg_note *note, const char *source);

/* What it is about, and so what of it stays in order in Kafka: "job/12", "node/n1", else the kind. */
void fg_note_subject(const struct fg_note *note, struct fg_buf *out);

/* Severity of RFC 5424: 2 critical, 4 warning, 6 informational. */
int fg_note_severity(const struct fg_note *note);

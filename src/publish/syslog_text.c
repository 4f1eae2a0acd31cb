/* syslog_text.c - see syslog_text.h */
#include "publish/syslog_text.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

#define FACILITY_DAEMON 3
#define ID              "fastgpu@32473" /* RFC 5612: a number for who has none of his own */

/* PRINTUSASCII of at most `max` characters; "-" for nothing. */
static void add_token(struct fg_buf *out, const char *text, size_t max)
{
    size_t at = 0;
    for (; text[at] && at < max; at++)
        fg_buf_add(out, text[at] > ' ' && text[at] < 127 ? &text[at] : "?", 1);
    fg_buf_puts(out, at ? " " : "- ");
}

/* A value of structured data: '"', '\' and ']' have a backslash before them. */
static void add_param(struct fg_buf *out, const char *name, const char *value)
{
    fg_buf_printf(out, " %s=\"", name);
    for (; *value; value++) {
        if (strchr("\"\\]", *value))
            fg_buf_add(out, "\\", 1);
        fg_buf_add(out, (unsigned char)*value < ' ' ? " " : value, 1);
    }
    fg_buf_add(out, "\"", 1);
}

/* What a person reads, in one line: "job.finished job=12 project=vision {...}". */
static void add_text(struct fg_buf *out, const struct fg_note *note)
{
    size_t begin = out->len;
    fg_buf_puts(out, note->kind);
    if (note->job)
        fg_buf_printf(out, " job=%" PRIu64, note->job);
    if (note->project[0])
        fg_buf_printf(out, " project=%s", note->project);
    if (note->json[0])
        fg_buf_printf(out, " %s", note->json);
    for (size_t i = begin; i < out->len; i++)
        if ((unsigned char)out->text[i] < ' ')
            out->text[i] = ' ';
}

void fg_syslog_write(struct fg_buf *out,
                     const struct fg_note *note,
                     const char *source,
                     const char *host,
                     long pid)
{
    char time[FG_TIME_TEXT_MAX], number[24];
    fg_time_format(note->time_us, time);
    fg_buf_printf(out, "<%d>1 %s ", FACILITY_DAEMON * 8 + fg_note_severity(note), time);
    add_token(out, host, 255);
    add_token(out, source, 48);
    fg_buf_printf(out, "%ld ", pid);
    add_token(out, note->kind, 32);
    fg_buf_puts(out, "[" ID);
    snprintf(number, sizeof(number), "%" PRIu64, note->seq);
    add_param(out, "seq", number);
    if (note->job) {
        snprintf(number, sizeof(number), "%" PRIu64, note->job);
        add_param(out, "job", number);
    }
    if (note->project[0])
        add_param(out, "project", note->project);
    fg_buf_puts(out, "] ");
    add_text(out, note);
}

static void add_field(struct fg_buf *out, const char *name, const char *value, size_t len)
{
    uint8_t size[8];
    fg_buf_puts(out, name);
    if (memchr(value, '\n', len)) {
        for (size_t i = 0; i < sizeof(size); i++)
            size[i] = (uint8_t)((uint64_t)len >> (8 * i));
        fg_buf_add(out, "\n", 1);
        fg_buf_add(out, size, sizeof(size));
    } else {
        fg_buf_add(out, "=", 1);
    }
    fg_buf_add(out, value, len);
    fg_buf_add(out, "\n", 1);
}

static void add_number(struct fg_buf *out, const char *name, uint64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRIu64, value);
    add_field(out, name, text, (size_t)len);
}

void fg_journal_write(struct fg_buf *out, const struct fg_note *note, const char *source)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    add_text(&text, note);
    add_field(out, "MESSAGE", text.text, text.len);
    add_number(out, "PRIORITY", (uint64_t)fg_note_severity(note));
    add_field(out, "SYSLOG_IDENTIFIER", source, strlen(source));
    add_field(out, "FASTGPU_KIND", note->kind, strlen(note->kind));
    add_number(out, "FASTGPU_SEQ", note->seq);
    add_number(out, "FASTGPU_TIME_USEC", (uint64_t)note->time_us);
    if (note->job)
        add_number(out, "FASTGPU_JOB", note->job);
    if (note->project[0])
        add_field(out, "FASTGPU_PROJECT", note->project, strlen(note->project));
    if (note->json[0])
        add_field(out, "FASTGPU_DATA", note->json, strlen(note->json));
}

/* exit_record.c - see exit_record.h */
#include "engine/exit_record.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE     "fastgpu-exit 1"
#define LINE_MAX_BYTES (FG_ARTIFACT_PATH_MAX + 256)

/* The numbers of a record: name, member of the event. */
#define NUMBERS(X)                                                                             \
    X("time_us", time_us)                                                                      \
    X("pid", pid)                                                                              \
    X("exit_code", exit_code)                                                                  \
    X("term_signal", term_signal)                                                              \
    X("timed_out", timed_out)                                                                  \
    X("out_of_memory", out_of_memory)                                                          \
    X("stopped", stopped)                                                                      \
    X("max_rss_mib", usage.max_rss_mib)                                                        \
    X("cpu_us", usage.cpu_us)                                                                  \
    X("gpu_us", usage.gpu_us)                                                                  \
    X("energy_mj", usage.energy_mj)                                                            \
    X("log_dropped", log_dropped)

void fg_exit_record_write(struct fg_buf *out,
                          const struct fg_engine_event *event,
                          const struct fg_engine_artifact *artifacts,
                          size_t artifacts_len)
{
    fg_buf_printf(out, FIRST_LINE "\nkind=%s\n",
                  event->kind == FG_TASK_EXITED ? "exited" : "failed");
#define X(name, member) fg_buf_printf(out, name "=%" PRId64 "\n", (int64_t)event->member);
    NUMBERS(X)
#undef X
    /* A reason is one line; what breaks lines in a file name must not forge a field. */
    fg_buf_puts(out, "reason=");
    for (const char *at = event->reason; *at; at++)
        fg_buf_add(out, (unsigned char)*at < ' ' ? " " : at, 1);
    fg_buf_puts(out, "\n");
    for (size_t i = 0; i < artifacts_len; i++)
        fg_buf_printf(out, "artifact=%s %" PRIu64 " %s\n", artifacts[i].hash,
                      artifacts[i].bytes, artifacts[i].path);
    fg_buf_puts(out, "end\n");
}

static bool read_int(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno || *text == ' ' || *text == '+')
        return false;
    *out = value;
    return true;
}

static bool read_artifact(char *text, struct fg_engine_artifact *out)
{
    char *bytes = strchr(text, ' ');
    char *path = bytes ? strchr(bytes + 1, ' ') : NULL;
    if (!path)
        return false;
    *bytes++ = '\0';
    *path++ = '\0';
    int64_t size;
    if (!read_int(bytes, &size) || size < 0 || *path == '\0')
        return false;
    out->bytes = (uint64_t)size;
    return fg_copy(out->hash, sizeof(out->hash), text)
           && fg_copy(out->path, sizeof(out->path), path);
}

static bool read_kind(const char *value, struct fg_engine_event *event)
{
    if (strcmp(value, "exited") == 0)
        event->kind = FG_TASK_EXITED;
    else if (strcmp(value, "failed") == 0)
        event->kind = FG_TASK_FAILED;
    else
        return false;
    return true;
}

/* Unknown keys are for newer versions and are passed over. */
static bool read_field(const char *key, const char *value, struct fg_engine_event *event)
{
    if (strcmp(key, "kind") == 0)
        return read_kind(value, event);
    if (strcmp(key, "reason") == 0)
        return fg_copy(event->reason, sizeof(event->reason), value);
    int64_t number;
#define X(name, member)                                                                        \
    if (strcmp(key, name) == 0) {                                                              \
        if (!read_int(value, &number))                                                         \
            return false;                                                                      \
        event->member = (typeof(event->member))number;                                         \
        return (int64_t)event->member == number;                                               \
    }
    NUMBERS(X)
#undef X
    return true;
}

/* The next line into `line`; false at the end, or if it is longer than any we write. */
static bool next_line(const char **at, const char *end, char *line)
{
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    if (!newline || newline - *at >= LINE_MAX_BYTES
        || memchr(*at, '\0', (size_t)(newline - *at)))
        return false;
    memcpy(line, *at, (size_t)(newline - *at));
    line[newline - *at] = '\0';
    *at = newline + 1;
    return true;
}

static bool record_makes_sense(const struct fg_engine_event *event)
{
    return event->exit_code >= -1 && event->exit_code <= 255 && event->term_signal >= 0
           && event->term_signal < 128;
}

int fg_exit_record_read(const char *bytes,
                        size_t len,
                        struct fg_engine_event *out,
                        struct fg_engine_artifact *artifacts,
                        size_t max)
{
    char line[LINE_MAX_BYTES];
    const char *end = bytes + len;
    struct fg_engine_event event = {.key = out->key};
    if (len == 0 || !next_line(&bytes, end, line) || strcmp(line, FIRST_LINE) != 0)
        return FG_EINVAL;

    bool ended = false;
    while (!ended && next_line(&bytes, end, line)) {
        char *value = strchr(line, '=');
        ended = strcmp(line, "end") == 0;
        if (ended)
            break;
        if (!value)
            return FG_EINVAL;
        *value++ = '\0';
        struct fg_engine_artifact artifact = {};
        if (strcmp(line, "artifact") != 0) {
            if (!read_field(line, value, &event))
                return FG_EINVAL;
            continue;
        }
        if (!read_artifact(value, &artifact))
            return FG_EINVAL;
        if (event.artifacts < max)
            artifacts[event.artifacts] = artifact;
        event.artifacts++;
    }
    if (!ended || !record_makes_sense(&event))
        return FG_EINVAL;
    *out = event;
    return 0;
}

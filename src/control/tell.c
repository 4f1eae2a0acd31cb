/* tell.c - events: durable with the step, published after it. */
#include "control/control_inner.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(struct fg_control *control,
                 const char *kind,
                 struct fg_told_of of,
                 const char *fmt,
                 va_list ap)
{
    if (!fg_control_begin(control))
        return;
    size_t at = control->event_text.len;
    char *members;
    if (vasprintf(&members, fmt, ap) < 0)
        abort();
    fg_buf_printf(&control->event_text, "{%s", members);
    if (control->deed_by && !strstr(fmt, "\"by\""))
        fg_buf_printf(&control->event_text, "%s\"by\":\"%.63s\"", members[0] ? "," : "",
                      control->deed_by);
    free(members);
    fg_buf_add(&control->event_text, "}", 1);
    fg_buf_add(&control->event_text, "", 1);

    struct fg_event event = {
        .time_us = control->now_us,
        .kind = kind,
        .job = of.job,
        .project = of.project,
        .json = control->event_text.text + at,
    };
    struct fg_err err = {};
    fg_control_wrote(
        control,
        control->options.store_ops->event_add(control->options.store, &event, &event.seq, &err),
        &err);
    control->told =
        fg_grow(control->told, control->told_len, &control->told_room, sizeof(struct told));
    control->told[control->told_len++] = (struct told){.event = event, .json_at = at};
}

void fg_control_tell(struct fg_control *control,
                     const char *kind,
                     const struct fg_job *job,
                     const char *fmt,
                     ...)
{
    struct fg_told_of of = {};
    if (job)
        of = (struct fg_told_of){.job = job->id, .project = job->project};
    va_list ap;
    va_start(ap, fmt);
    tell(control, kind, of, fmt, ap);
    va_end(ap);
}

void fg_control_tell_of(
    struct fg_control *control, const char *kind, struct fg_told_of of, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(control, kind, of, fmt, ap);
    va_end(ap);
}

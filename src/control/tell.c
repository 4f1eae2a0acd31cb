/* tell.c - events: durable with the step, published after it. */
#include "control/control_inner.h"

#include <string.h>

void fg_control_tell(struct fg_control *control,
                     const char *kind,
                     const struct fg_job *job,
                     const char *fmt,
                     ...)
{
    if (!fg_control_begin(control))
        return;
    size_t at = control->event_text.len;
    va_list ap;
    va_start(ap, fmt);
    char members[512];
    vsnprintf(members, sizeof(members), fmt, ap);
    va_end(ap);
    fg_buf_printf(&control->event_text, "{%s", members);
    if (control->deed_by && !strstr(fmt, "\"by\""))
        fg_buf_printf(&control->event_text, "%s\"by\":\"%.63s\"", members[0] ? "," : "",
                      control->deed_by);
    fg_buf_add(&control->event_text, "}", 1);
    fg_buf_add(&control->event_text, "", 1);

    struct fg_event event = {
        .time_us = control->now_us,
        .kind = kind,
        .job = job ? job->id : 0,
        .project = job ? job->project : 0,
        .json = control->event_text.text + at,
    };
    struct fg_err err = {};
    fg_control_wrote(
        control,
        control->options.store_ops->event_add(control->options.store, &event, &event.seq, &err),
        &err);
    control->told = fg_control_grow(control->told, control->told_len, &control->told_room,
                                    sizeof(struct told));
    control->told[control->told_len++] = (struct told){.event = event, .json_at = at};
}

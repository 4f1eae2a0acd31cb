/* job_text.c - see job_text.h */
#include "cli/job_text.h"

#include "base/clock.h"
#include "cli/human.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

int64_t fg_now_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

void fg_job_wants(struct fg_buf *out, const struct fg_doc *job)
{
    const struct fg_doc *request = fg_doc_get(job, "request");
    int64_t tasks = fg_view_int(job, "tasks", 1), count = fg_view_int(request, "count", 0);
    const char *kind = fg_view_text(request, "accelerators");
    char amount[FG_HUMAN_MAX];
    if (tasks > 1)
        fg_buf_printf(out, "%" PRId64 " x ", tasks);
    if (count > 0 && kind[0]) {
        fg_human_milli(count * fg_view_int(request, "gpu_milli", 1000), amount);
        fg_buf_printf(out, "%s %s", amount, kind);
    } else {
        fg_human_milli(fg_view_int(request, "cpu_milli", 0), amount);
        fg_buf_printf(out, "%s cpu", amount);
    }
}

void fg_job_where(struct fg_buf *out, const struct fg_doc *job)
{
    const char *node = fg_view_text(job, "node");
    if (!node[0])
        return;
    fg_buf_puts(out, node);
    if (fg_view_first(job, "devices")) {
        fg_buf_puts(out, ": ");
        fg_view_join(out, job, "devices", " ");
    }
}

void fg_job_outcome(struct fg_buf *out, const struct fg_doc *job)
{
    const char *reason = fg_view_text(job, "reason");
    if (strcmp(fg_view_text(job, "state"), "succeeded") == 0)
        return;
    if (reason[0])
        fg_buf_puts(out, reason);
    else if (fg_view_has(job, "signal"))
        fg_buf_printf(out, "signal %" PRId64, fg_view_int(job, "signal", 0));
    else if (fg_view_has(job, "exit_code"))
        fg_buf_printf(out, "exit code %" PRId64, fg_view_int(job, "exit_code", 0));
}

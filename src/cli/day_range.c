/* day_range.c - see day_range.h */
#include "cli/day_range.h"

#include "cli/view.h"

#include "base/clock.h"
#include "model/period.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAYS_MAX  3660
#define LIMIT_MAX 1000
#define LIMIT     100

static int read_day(const struct fg_cli *cli,
                    const char *name,
                    int64_t *out,
                    struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, name);
    int64_t time_us;
    if (!text)
        return 0;
    if (strlen(text) != 10 || fg_time_parse(text, &time_us) < 0 || time_us < 0)
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a day as 2026-11-21", name, text);
    *out = time_us / FG_DAY_US;
    return 0;
}

int fg_days_read(const struct fg_cli *cli, struct fg_days *out, struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t now_us = clock->now_us(clock->self), last = now_us / FG_DAY_US;
    out->from = fg_period_begin_us(FG_PERIOD_MONTH, now_us) / FG_DAY_US;
    int rc = read_day(cli, "from", &out->from, err);
    if (rc == 0)
        rc = read_day(cli, "to", &last, err);
    if (rc < 0)
        return rc;
    out->to = last + 1;
    if (out->to <= out->from || out->to - out->from > DAYS_MAX)
        return fg_fail(err, FG_EINVAL, "--from, --to: %" PRId64 " days, expected 1 to %d",
                       out->to - out->from, DAYS_MAX);
    return 0;
}

void fg_days_text(int64_t day, char out[11])
{
    char text[FG_TIME_TEXT_MAX];
    fg_time_format(day * FG_DAY_US, text);
    snprintf(out, 11, "%.10s", text);
}

void fg_days_print(struct fg_days days)
{
    char from[11], to[11];
    fg_days_text(days.from, from);
    fg_days_text(days.to - 1, to);
    printf("%s to %s\n", from, to);
}

void fg_days_path(const struct fg_cli *cli,
                  const char *route,
                  struct fg_days days,
                  struct fg_buf *out)
{
    const char *project = fg_args_get(&cli->args, "project");
    char from[11], to[11];
    fg_days_text(days.from, from);
    fg_days_text(days.to, to);
    fg_buf_clear(out);
    fg_buf_printf(out, "%s?from=%s&to=%s", route, from, to);
    if (project) {
        fg_buf_puts(out, "&project=");
        fg_url_escape(out, project, false);
    }
}

int fg_days_ask(struct fg_cli *cli,
                const char *route,
                struct fg_days days,
                struct fg_answer *out,
                struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    const char *by = fg_args_get(&cli->args, "by");
    int64_t limit;
    int rc = fg_cli_number(cli, "limit", 1, LIMIT_MAX, LIMIT, &limit, err);
    if (rc < 0)
        return rc;
    fg_days_path(cli, route, days, &path);
    fg_buf_printf(&path, "&limit=%" PRId64 "&by=", limit);
    fg_url_escape(&path, by ? by : "project", false);
    rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    if (!fg_cli_json(cli, answer.doc)) {
        *out = answer;
        answer = (struct fg_answer){};
    }
    return 0;
}

/* cmd_series.c - fastgpu series: a reading over time, a curve for each group */
#include "cli/job_text.h"
#include "cli/spark.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 160
#define CURVE_MIN 16
#define CURVE_MAX 120
#define OTHERS    60 /* columns of a line that are not the curve */
#define SECOND_US INT64_C(1000000)

const struct fg_opt fg_opts_series[] = {
    {"by", 0, "WHAT", "all, device, node, supplier, kind, job or project (all)", NULL},
    {"last", 0, "TIME", "up to now, so long, like 12h or 30d (1h)", NULL},
    {"from", 0, "MOMENT", "from then, like 2026-11-21T08:00:00Z", NULL},
    {"to", 0, "MOMENT", "until then (now)", NULL},
    {"step", 0, "TIME",
     "a value for so long each, like 1m or 1h (so that the curve fills the line)", NULL},
    {"agg", 0, "HOW",
     "avg, min, max, sum, last, rate, or p95 and the like (avg; rate of what only grows)",
     NULL},
    {"node", 0, "NAME", "only of this node", "node"},
    {"device", 0, "NAME", "only of this device; cpu is the machine", NULL},
    {"supplier", 0, "NAME", "only of this supplier", "supplier"},
    {"kind", 0, "KIND", "only devices of this kind", NULL},
    {"job", 'j', "ID", "only this job; of devices: while it held them", "job"},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_series;

/* -- the question ---------------------------------------------------------------------------------------------- */

static int read_duration(const struct fg_cli *cli,
                         const char *name,
                         int64_t *out_us,
                         struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, name);
    if (text && (fg_duration_parse(text, out_us) < 0 || *out_us < SECOND_US))
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a time like 12h or 30d", name,
                       text);
    return 0;
}

static void add_param(struct fg_buf *path, const char *name, const char *text)
{
    if (!text)
        return;
    fg_buf_printf(path, "&%s=", name);
    fg_url_escape(path, text, false);
}

static size_t curve_width(const struct fg_cli *cli)
{
    int width = cli->out.width > 0 ? cli->out.width - OTHERS : CURVE_MAX / 2;
    return width < CURVE_MIN ? CURVE_MIN : width > CURVE_MAX ? CURVE_MAX : (size_t)width;
}

/* Where the times are not both known here, the service chooses the step. */
static int write_span(const struct fg_cli *cli, struct fg_buf *path, struct fg_err *err)
{
    int64_t last_us = 3600 * SECOND_US, step_us = 0;
    const char *from = fg_args_get(&cli->args, "from"), *to = fg_args_get(&cli->args, "to");
    bool has_last = fg_args_has(&cli->args, "last");
    int rc = read_duration(cli, "last", &last_us, err);
    if (rc == 0)
        rc = read_duration(cli, "step", &step_us, err);
    if (rc == 0 && has_last && (from || to))
        rc = fg_fail(err, FG_EINVAL, "--last goes with neither --from nor --to");
    if (rc < 0)
        return rc;
    if (!from && !to) {
        char text[FG_TIME_TEXT_MAX];
        fg_time_format(fg_now_us() - last_us, text);
        add_param(path, "from", text);
        step_us = step_us ? step_us : last_us / (int64_t)curve_width(cli);
    }
    add_param(path, "from", from);
    add_param(path, "to", to);
    if (step_us)
        fg_buf_printf(path, "&step_s=%" PRId64, step_us < SECOND_US ? 1 : step_us / SECOND_US);
    return 0;
}

static int write_path(const struct fg_cli *cli, struct fg_buf *path, struct fg_err *err)
{
    static const char *const names[] = {"by",       "agg",  "node", "device",
                                        "supplier", "kind", "job"};
    fg_buf_puts(path, "/v1/series?reading=");
    fg_url_escape(path, cli->args.words[0], false);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        add_param(path, names[i], fg_args_get(&cli->args, names[i]));
    return write_span(cli, path, err);
}

/* -- the answer ------------------------------------------------------------------------------------------------ */

struct curve {
    double *values; /* NAN: not known */
    size_t len, known;
    double least, most, sum, last;
};

static void read_curve(const struct fg_doc *group, struct curve *out)
{
    const struct fg_doc *list = fg_doc_get(group, "values");
    *out = (struct curve){.least = INFINITY, .most = -INFINITY};
    out->values = calloc((list ? list->len : 0) + 1, sizeof(double));
    if (!out->values)
        abort();
    for (const struct fg_doc *at = list ? list->first : NULL; at; at = at->next) {
        double value = at->kind == FG_DOC_INT    ? (double)at->integer
                       : at->kind == FG_DOC_REAL ? at->real
                                                 : NAN;
        out->values[out->len++] = value;
        if (isnan(value))
            continue;
        out->known++;
        out->least = value < out->least ? value : out->least;
        out->most = value > out->most ? value : out->most;
        out->sum += value;
        out->last = value;
    }
}

static void write_label(const struct fg_doc *group, const char *by, char *out)
{
    if (strcmp(by, "device") == 0)
        snprintf(out, LABEL_MAX, "%s/%s", fg_view_text(group, "node"),
                 fg_view_text(group, "device"));
    else if (strcmp(by, "all") == 0)
        snprintf(out, LABEL_MAX, "all");
    else if (strcmp(by, "supplier") == 0 && !fg_view_text(group, by)[0])
        snprintf(out, LABEL_MAX, "local");
    else
        snprintf(out, LABEL_MAX, "%s", fg_view_text(group, by));
}

/* The curve from 0, or from its least value where that is far above; as many columns as there are steps, `width` at most. */
static void write_curve(const struct fg_cli *cli,
                        const struct curve *curve,
                        size_t width,
                        struct fg_buf *out)
{
    double low = curve->least > 0 && curve->least < curve->most / 2 ? 0 : curve->least;
    double span = curve->most > low ? curve->most - low : 1;
    double *shares = calloc(curve->len + 1, sizeof(*shares));
    if (!shares)
        abort();
    for (size_t i = 0; i < curve->len; i++)
        shares[i] = isnan(curve->values[i]) ? -1 : (curve->values[i] - low) / span;
    fg_spark_add(out, shares, curve->len, curve->len < width ? curve->len : width,
                 cli->out.utf8);
    free(shares);
}

static void print_group(const struct fg_cli *cli,
                        struct fg_table *table,
                        const struct fg_doc *group,
                        const char *by)
{
    FG_AUTO(fg_buf) struct fg_buf picture = {};
    struct curve curve;
    char label[LABEL_MAX];
    read_curve(group, &curve);
    write_label(group, by, label);
    write_curve(cli, &curve, curve_width(cli), &picture);
    fg_table_add(table, FG_BOLD, label);
    fg_table_add(table, FG_PLAIN, picture.text ? picture.text : "");
    fg_table_addf(table, "%.6g", curve.least);
    fg_table_addf(table, "%.6g", curve.sum / (double)curve.known);
    fg_table_addf(table, "%.6g", curve.most);
    fg_table_addf(table, "%.6g", curve.last);
    free(curve.values);
}

static void print_answer(const struct fg_cli *cli, const struct fg_doc *doc)
{
    static const struct fg_column columns[] = {{"GROUP", false, 12},
                                               {"CURVE", false, 8},
                                               {"LEAST", true, 0},
                                               {"MEAN", true, 0},
                                               {"MOST", true, 0},
                                               {"LAST", true, 0},
                                               {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    char from[FG_TIME_TEXT_MAX], to[FG_TIME_TEXT_MAX], step[FG_TIME_TEXT_MAX];
    const char *unit = fg_view_text(doc, "unit");
    int64_t from_us = fg_view_time(doc, "from"), step_us = fg_view_seconds(doc, "step_s");
    fg_time_format(from_us, from);
    fg_time_format(from_us + step_us * fg_view_int(doc, "steps", 0), to);
    fg_duration_format(step_us, step);
    printf("%s of %s%s%s%s, %.16s to %.16s UTC, %s each\n", fg_view_text(doc, "agg"),
           fg_view_text(doc, "reading"), unit[0] ? " (" : "", unit, unit[0] ? ")" : "", from,
           to, step);
    for (const struct fg_doc *group = fg_view_first(doc, "groups"); group; group = group->next)
        print_group(cli, table, group, fg_view_text(doc, "by"));
    if (fg_table_len(table))
        fg_table_print(table, &cli->out, stdout);
    else
        printf("Nothing is known of it in that time.\n");
}

int fg_cmd_series(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    int rc = write_path(cli, &path, err);
    if (rc == 0)
        rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    if (!fg_cli_json(cli, answer.doc))
        print_answer(cli, answer.doc);
    return 0;
}

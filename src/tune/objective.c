/* objective.c - see objective.h */
#include "tune/objective.h"

#include "base/buf.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_BOUND 1e300

static int no_such_metric(const char *word, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf names = {};
    for (int i = 0; i < FG_METRICS; i++)
        fg_buf_printf(&names, "%s%s", i ? ", " : "", fg_metric_name((enum fg_metric)i));
    return fg_fail(err, FG_EINVAL, "%.40s: no metric, expected %s", word, names.text);
}

/* "name=number", or "name" where a number is not needed. */
static int read_pair(
    char *word, double otherwise, int *out_metric, double *out, struct fg_err *err)
{
    char *equal = strchr(word, '='), *end = NULL;
    *out = otherwise;
    if (equal)
        *equal = '\0';
    *out_metric = fg_metric_find(word);
    if (*out_metric < 0)
        return no_such_metric(word, err);
    if (equal)
        *out = strtod(equal + 1, &end);
    bool is_number = equal && end != equal + 1 && !*end;
    if ((equal && !is_number) || !(*out >= 0 && *out <= 1000))
        return fg_fail(err, FG_EINVAL, "%s: expected NAME=NUMBER, 0 to 1000", word);
    return 0;
}

int fg_tune_objective_read(const char *text, struct fg_tune_objective *out, struct fg_err *err)
{
    char words[FG_TEXT_MAX], *rest = words, *word;
    double sum = 0;
    *out = (struct fg_tune_objective){};
    if (!fg_copy(out->text, sizeof(out->text), text))
        return fg_fail(err, FG_EINVAL, "objective: %zu letters, expected %d at most",
                       strlen(text), FG_TEXT_MAX - 1);
    fg_copy(words, sizeof(words), text);
    while ((word = strsep(&rest, ","))) {
        int metric;
        double weight;
        int rc = read_pair(word, 1, &metric, &weight, err);
        if (rc < 0)
            return fg_wrap(err, rc, "objective");
        out->weight[metric] += weight;
        sum += weight;
    }
    if (sum <= 0)
        return fg_fail(err, FG_EINVAL, "objective: no weight above 0");
    for (int i = 0; i < FG_METRICS; i++) {
        out->weight[i] /= sum;
        out->bound[i] =
            out->weight[i] > 0 || i == FG_METRIC_idle_share ? NO_BOUND : FG_TUNE_BOUND;
    }
    return 0;
}

int fg_tune_bound_read(const char *text,
                       struct fg_tune_objective *objective,
                       struct fg_err *err)
{
    char word[FG_NAME_MAX];
    int metric;
    double percent;
    if (!fg_copy(word, sizeof(word), text))
        return fg_fail(err, FG_EINVAL, "bound: %zu letters, expected NAME=PERCENT",
                       strlen(text));
    int rc = read_pair(word, FG_TUNE_BOUND * 100, &metric, &percent, err);
    if (rc == 0)
        objective->bound[metric] = percent / 100;
    return rc < 0 ? fg_wrap(err, rc, "bound") : 0;
}

/* -- compared ------------------------------------------------------------------------------------------------ */

static double mean(const struct fg_tune_days *days, int metric)
{
    double sum = 0;
    for (size_t i = 0; i < days->len; i++)
        sum += days->of[i][metric];
    return days->len ? sum / (double)days->len : 0;
}

void fg_tune_objective_days(const struct fg_tune_objective *objective,
                            const struct fg_tune_days *now,
                            const struct fg_tune_days *then,
                            double *out_now,
                            double *out_then)
{
    memset(out_now, 0, now->len * sizeof(double));
    memset(out_then, 0, now->len * sizeof(double));
    for (int metric = 0; metric < FG_METRICS; metric++) {
        double scale = mean(now, metric);
        if (objective->weight[metric] <= 0 || scale <= 0)
            continue;
        scale = objective->weight[metric] / scale;
        for (size_t i = 0; i < now->len; i++) {
            out_now[i] += now->of[i][metric] * scale;
            out_then[i] += then->of[i][metric] * scale;
        }
    }
}

struct fg_change fg_tune_objective_change(const struct fg_tune_objective *objective,
                                          const struct fg_tune_days *now,
                                          const struct fg_tune_days *then,
                                          uint64_t seed)
{
    double a[FG_TUNE_DAYS_MAX], b[FG_TUNE_DAYS_MAX];
    fg_tune_objective_days(objective, now, then, a, b);
    return fg_change_of(a, b, now->len, 1, seed);
}

struct fg_change fg_tune_metric_change(enum fg_metric metric,
                                       const struct fg_tune_days *now,
                                       const struct fg_tune_days *then,
                                       uint64_t seed)
{
    if (now->len == 0)
        return (struct fg_change){};
    return fg_change_of(&now->of[0][metric], &then->of[0][metric], now->len, FG_METRICS, seed);
}

int fg_tune_bound_broken(const struct fg_tune_objective *objective,
                         const struct fg_tune_days *now,
                         const struct fg_tune_days *then,
                         double *out_excess)
{
    int worst = -1;
    *out_excess = 0;
    for (int metric = 0; metric < FG_METRICS; metric++) {
        double before = mean(now, metric), after = mean(then, metric);
        double change = fg_metric_is_share((enum fg_metric)metric) ? after - before
                        : before > 0                               ? after / before - 1
                        : after > 0                                ? 1
                                                                   : 0;
        double excess = change - objective->bound[metric];
        if (excess <= 1e-9 || excess <= *out_excess)
            continue;
        *out_excess = excess;
        worst = metric;
    }
    return worst;
}

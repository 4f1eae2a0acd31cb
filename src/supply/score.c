/* score.c - see score.h */
#include "supply/score.h"
#include "supply/score_inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EQUAL 1e-12 /* scores that differ by less are equal */

static const char *const methods[] = {"topsis", "weighted"};

const char *fg_score_method_name(enum fg_score_method method)
{
    return methods[method];
}

int fg_score_method_find(const char *name)
{
    for (int method = 0; method < 2; method++)
        if (strcmp(methods[method], name) == 0)
            return method;
    return -1;
}

/* -- weights -------------------------------------------------------------------------------------------- */

static int read_weight(const char *part,
                       size_t len,
                       double out[FG_CRITERIA],
                       struct fg_err *err)
{
    char text[64], *end;
    if (len >= sizeof(text))
        return fg_fail(err, FG_EINVAL, "weight `%.20s...`, expected CRITERION=NUMBER", part);
    memcpy(text, part, len);
    text[len] = '\0';
    char *equals = strchr(text, '=');
    if (!equals)
        return fg_fail(err, FG_EINVAL, "weight `%s`, expected CRITERION=NUMBER", text);
    *equals = '\0';
    int found = fg_criterion_find(text);
    if (found < 0)
        return fg_fail(
            err, FG_EINVAL,
            "weight of `%s`: no such criterion, expected price, lead, broken, refused, "
            "preemptions, faults, performance or concentration",
            text);
    double value = strtod(equals + 1, &end);
    if (end == equals + 1 || *end || !(value >= 0 && value <= 1e6))
        return fg_fail(err, FG_EINVAL, "weight of %s: `%s`, expected a number from 0", text,
                       equals + 1);
    out[found] = value;
    return 0;
}

/* Those not named (negative) share what is left. */
static int share_rest(double weights[FG_CRITERIA], struct fg_err *err)
{
    double named = 0, rest = 0;
    for (int c = 0; c < FG_CRITERIA; c++)
        if (weights[c] >= 0)
            named += weights[c];
        else
            rest += fg_criterion_weight((enum fg_criterion)c);
    double left = fmax(1 - named, 0), all = named + (rest > 0 ? left : 0);
    if (all <= 0)
        return fg_fail(err, FG_EINVAL, "all weights are 0");
    for (int c = 0; c < FG_CRITERIA; c++) {
        if (weights[c] < 0)
            weights[c] = left * fg_criterion_weight((enum fg_criterion)c) / rest;
        weights[c] /= all;
    }
    return 0;
}

int fg_score_weights_read(const char *text, double out[FG_CRITERIA], struct fg_err *err)
{
    double weights[FG_CRITERIA];
    for (int c = 0; c < FG_CRITERIA; c++)
        weights[c] = -1;
    for (const char *at = text; at;) {
        const char *comma = strchrnul(at, ',');
        int rc = read_weight(at, (size_t)(comma - at), weights, err);
        if (rc < 0)
            return rc;
        at = *comma ? comma + 1 : NULL;
    }
    int rc = share_rest(weights, err);
    if (rc == 0)
        memcpy(out, weights, sizeof(weights));
    return rc;
}

/* -- the two methods -------------------------------------------------------------------------------------- */

/* The greatest and the least of a column. */
static void column_range(
    const double (*rows)[FG_CRITERIA], size_t len, int c, double *out_low, double *out_high)
{
    *out_low = *out_high = rows[0][c];
    for (size_t i = 1; i < len; i++) {
        *out_low = fmin(*out_low, rows[i][c]);
        *out_high = fmax(*out_high, rows[i][c]);
    }
}

/* Divided by the greatest first, so that no square overflows. */
static double column_length(
    const double (*rows)[FG_CRITERIA], size_t len, int c, double shift, double high)
{
    double squares = 0;
    for (size_t i = 0; i < len && high > 0; i++) {
        double part = (rows[i][c] + shift) / high;
        squares += part * part;
    }
    return high * sqrt(squares);
}

static void topsis_column(
    const double (*rows)[FG_CRITERIA], size_t len, int c, double weight, struct fg_score *out)
{
    double low, high;
    column_range(rows, len, c, &low, &high);
    enum fg_criterion criterion = (enum fg_criterion)c;
    double shift =
        fg_criterion_is_relative(criterion) ? 0 : fg_criterion_tolerance(criterion, high);
    double length = column_length(rows, len, c, shift, high + shift);
    double best = fg_criterion_more_is_better(criterion) ? high : low,
           worst = best == high ? low : high, unit = length > 0 ? 1 / length : 0;
    for (size_t i = 0; i < len; i++) {
        double to_best = weight * unit * (rows[i][c] - best),
               to_worst = weight * unit * (rows[i][c] - worst);
        out[i].cells[c].normal = (rows[i][c] + shift) * unit;
        out[i].cells[c].weighted = weight * out[i].cells[c].normal;
        out[i].to_best += to_best * to_best;
        out[i].to_worst += to_worst * to_worst;
    }
}

static void weighted_column(
    const double (*rows)[FG_CRITERIA], size_t len, int c, double weight, struct fg_score *out)
{
    double low, high;
    column_range(rows, len, c, &low, &high);
    enum fg_criterion criterion = (enum fg_criterion)c;
    double range = fmax(high - low, fg_criterion_tolerance(criterion, high));
    double best = fg_criterion_more_is_better(criterion) ? high : low;
    for (size_t i = 0; i < len; i++) {
        out[i].cells[c].normal = range > 0 ? 1 - fabs(rows[i][c] - best) / range : 1;
        out[i].cells[c].weighted = weight * out[i].cells[c].normal;
        out[i].score += out[i].cells[c].weighted;
    }
}

void fg_score_rows(enum fg_score_method method,
                   const double weights[FG_CRITERIA],
                   const double (*rows)[FG_CRITERIA],
                   size_t len,
                   struct fg_score *out)
{
    for (size_t i = 0; i < len; i++)
        out[i].to_best = out[i].to_worst = out[i].score = 0;
    for (int c = 0; c < FG_CRITERIA; c++)
        if (method == FG_SCORE_TOPSIS)
            topsis_column(rows, len, c, weights[c], out);
        else
            weighted_column(rows, len, c, weights[c], out);
    for (size_t i = 0; i < len && method == FG_SCORE_TOPSIS; i++) {
        out[i].to_best = sqrt(out[i].to_best);
        out[i].to_worst = sqrt(out[i].to_worst);
        double both = out[i].to_best + out[i].to_worst;
        out[i].score = both > 0 ? out[i].to_worst / both : 1;
    }
}

/* -- the sheet ------------------------------------------------------------------------------------------------ */

static int by_score(const void *left, const void *right)
{
    const struct fg_score *a = left, *b = right;
    if (fabs(a->score - b->score) > EQUAL)
        return a->score > b->score ? -1 : 1;
    return strcmp(a->name, b->name);
}

void fg_score_rank(struct fg_score *scores, size_t len)
{
    qsort(scores, len, sizeof(*scores), by_score);
    for (size_t i = 0; i < len; i++)
        scores[i].rank = i > 0 && fabs(scores[i].score - scores[i - 1].score) <= EQUAL
                             ? scores[i - 1].rank
                             : (uint32_t)i + 1;
}

static int take_weights(const double weights[FG_CRITERIA],
                        double out[FG_CRITERIA],
                        struct fg_err *err)
{
    double sum = 0;
    for (int c = 0; c < FG_CRITERIA; c++) {
        if (!(weights[c] >= 0) || isinf(weights[c]))
            return fg_fail(err, FG_EINVAL, "weight of %s: %g, expected 0 or more",
                           fg_criterion_name((enum fg_criterion)c), weights[c]);
        sum += weights[c];
    }
    if (sum <= 0)
        return fg_fail(err, FG_EINVAL, "all weights are 0");
    for (int c = 0; c < FG_CRITERIA; c++)
        out[c] = weights[c] / sum;
    return 0;
}

static int check(const struct fg_score_candidate *candidates,
                 size_t len,
                 int64_t *out_hourly_uusd,
                 struct fg_err *err)
{
    int64_t sum = 0;
    if (len == 0)
        return fg_fail(err, FG_EINVAL, "no suppliers to rank");
    for (size_t i = 0; i < len; i++) {
        const struct fg_supplier_history *history = candidates[i].history;
        int rc = history ? fg_supplier_history_check(history, err) : 0;
        if (rc < 0)
            return fg_wrap(err, rc, "supplier %s", candidates[i].name);
        if (history && __builtin_add_overflow(sum, history->hourly_uusd, &sum))
            return fg_fail(err, FG_EINVAL, "supplier %s: hourly price beyond all bounds",
                           candidates[i].name);
    }
    *out_hourly_uusd = sum;
    return 0;
}

size_t fg_score_room(size_t len)
{
    return (len + 1)
               * (2 * sizeof(struct fg_score) + 2 * FG_CRITERIA * sizeof(double)
                  + fg_score_doubt_room())
           + 65536;
}

int fg_score(const struct fg_score_candidate *candidates,
             size_t len,
             const struct fg_score_options *options,
             struct fg_arena *arena,
             struct fg_score_sheet *out,
             struct fg_err *err)
{
    int64_t hourly_uusd = 0;
    *out = (struct fg_score_sheet){.method = options->method, .len = len};
    int rc = check(candidates, len, &hourly_uusd, err);
    if (rc == 0)
        rc = take_weights(options->weights, out->weights, err);
    if (rc < 0)
        return rc;
    double(*rows)[FG_CRITERIA] = fg_arena_alloc(arena, len, sizeof(*rows));
    out->scores = FG_NEW(arena, struct fg_score, len);
    for (size_t i = 0; i < len; i++) {
        struct fg_belief beliefs[FG_CRITERIA];
        out->scores[i].name = candidates[i].name;
        out->scores[i].offer = candidates[i].offer;
        fg_beliefs(candidates[i].offer, candidates[i].history, candidates[i].part, hourly_uusd,
                   beliefs);
        for (int c = 0; c < FG_CRITERIA; c++) {
            out->scores[i].cells[c].belief = beliefs[c];
            rows[i][c] = beliefs[c].mean;
        }
    }
    fg_score_rows(options->method, out->weights, (const double(*)[FG_CRITERIA])rows, len,
                  out->scores);
    fg_score_rank(out->scores, len);
    fg_score_doubt(out, arena);
    return 0;
}

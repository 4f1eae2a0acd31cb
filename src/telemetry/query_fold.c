/* query_fold.c - see query_fold.h */
#include "telemetry/query_fold.h"

#include "base/grow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUANTILE_VALUES_MAX (32U << 20)

/* What a group did in one step. */
struct cell {
    double sum, averages, lasts, rates;
    int64_t count, tracks, min, max;
    /* for a quantile: */
    struct weighed {
        double value, weight;
    } * values;
    size_t len, room;
};

struct fg_fold {
    const struct fg_series_query *query;
    struct fg_series_answer *answer;
    struct cell **cells; /* of each group, `steps` */
    size_t room;
    size_t quantile_values;
};

struct fg_fold *fg_fold_new(const struct fg_series_query *query,
                            struct fg_series_answer *answer)
{
    struct fg_fold *fold = calloc(1, sizeof(*fold));
    if (!fold)
        abort();
    fold->query = query;
    fold->answer = answer;
    return fold;
}

void fg_fold_free(struct fg_fold *fold)
{
    if (!fold)
        return;
    for (size_t i = 0; i < fold->answer->len && fold->cells; i++) {
        for (size_t step = 0; step < fold->answer->steps; step++)
            free(fold->cells[i][step].values);
        free(fold->cells[i]);
    }
    free(fold->cells);
    free(fold);
}

/* -- groups --------------------------------------------------------------------------------------------------- */

static struct fg_track label_of(enum fg_series_by by, const struct fg_track *track)
{
    struct fg_track label = {};
    switch (by) {
    case FG_BY_DEVICE:
        return *track;
    case FG_BY_NODE:
        memcpy(label.node, track->node, sizeof(label.node));
        memcpy(label.supplier, track->supplier, sizeof(label.supplier));
        break;
    case FG_BY_SUPPLIER:
        memcpy(label.supplier, track->supplier, sizeof(label.supplier));
        break;
    case FG_BY_KIND:
        memcpy(label.kind, track->kind, sizeof(label.kind));
        break;
    case FG_BY_JOB:
        label.job = track->job;
        label.project = track->project;
        break;
    case FG_BY_PROJECT:
        label.project = track->project;
        break;
    case FG_BY_ALL:
    case FG_BYS:
        break;
    }
    return label;
}

static bool same_group(enum fg_series_by by, const struct fg_track *a, const struct fg_track *b)
{
    switch (by) {
    case FG_BY_DEVICE:
    case FG_BY_NODE:
    case FG_BY_JOB:
        return fg_track_compare(a, b) == 0;
    case FG_BY_SUPPLIER:
        return strcmp(a->supplier, b->supplier) == 0;
    case FG_BY_KIND:
        return strcmp(a->kind, b->kind) == 0;
    case FG_BY_PROJECT:
        return a->project == b->project;
    case FG_BY_ALL:
    case FG_BYS:
        break;
    }
    return true;
}

static int add_group(struct fg_fold *fold, const struct fg_track *label, struct fg_err *err)
{
    struct fg_series_answer *answer = fold->answer;
    if ((answer->len + 1) * answer->steps > fold->query->values_max)
        return fg_fail(err, FG_EINVAL,
                       "query: more than %zu groups of %zu steps, expected at most %zu values: "
                       "take longer "
                       "steps, or fewer groups",
                       answer->len, answer->steps, fold->query->values_max);
    if (answer->len == fold->room) {
        fold->room = fold->room ? fold->room * 2 : 16;
        answer->groups = realloc(answer->groups, fold->room * sizeof(*answer->groups));
        fold->cells = realloc(fold->cells, fold->room * sizeof(struct cell *));
        if (!answer->groups || !fold->cells)
            abort();
    }
    struct cell *cells = calloc(answer->steps, sizeof(*cells));
    double *values = calloc(answer->steps, sizeof(*values));
    if (!cells || !values)
        abort();
    fold->cells[answer->len] = cells;
    answer->groups[answer->len++] = (struct fg_series_group){.label = *label, .values = values};
    return 0;
}

/* Tracks come in order, so the group of one of a device, node or job is the last if it is there. */
static int group_of(struct fg_fold *fold,
                    const struct fg_track *track,
                    size_t *out,
                    struct fg_err *err)
{
    struct fg_series_answer *answer = fold->answer;
    enum fg_series_by by = fold->query->by;
    struct fg_track label = label_of(by, track);
    bool in_order = by == FG_BY_DEVICE || by == FG_BY_NODE || by == FG_BY_JOB;
    for (size_t i = answer->len; i-- > 0;) {
        *out = i;
        if (same_group(by, &answer->groups[i].label, &label))
            return 0;
        if (in_order)
            break;
    }
    *out = answer->len;
    return add_group(fold, &label, err);
}

/* -- steps ----------------------------------------------------------------------------------------------------- */

static int keep_value(struct fg_fold *fold,
                      struct cell *cell,
                      const struct fg_bin *bucket,
                      struct fg_err *err)
{
    if (++fold->quantile_values > QUANTILE_VALUES_MAX)
        return fg_fail(err, FG_EINVAL,
                       "query: a quantile of more than %u values, expected a shorter time",
                       QUANTILE_VALUES_MAX);
    cell->values = fg_grow(cell->values, cell->len, &cell->room, sizeof(*cell->values));
    cell->values[cell->len++] =
        (struct weighed){(double)bucket->sum / (double)bucket->count, (double)bucket->count};
    return 0;
}

/* What a track did in one step goes to its group. */
static void add_step(struct cell *cell, const struct fg_bin *bucket, double rate)
{
    if (bucket->count == 0)
        return;
    cell->min = cell->count == 0 || bucket->min < cell->min ? bucket->min : cell->min;
    cell->max = cell->count == 0 || bucket->max > cell->max ? bucket->max : cell->max;
    cell->count += bucket->count;
    cell->tracks++;
    cell->sum += (double)bucket->sum;
    cell->averages += (double)bucket->sum / (double)bucket->count;
    cell->lasts += (double)bucket->last;
    cell->rates += rate;
}

/* The buckets of one step, and the slope of a counter from the last bucket before it. */
struct walk {
    struct fg_bin step, before;
    int64_t growth, from_us, till_us; /* the growth was in this time */
    size_t at;                        /* which step */
};

static double slope(const struct walk *walk)
{
    int64_t time_us = walk->till_us - walk->from_us;
    return time_us > 0 ? (double)walk->growth * 1e6 / (double)time_us : 0;
}

static void walk_bucket(struct walk *walk,
                        const struct fg_bin *bucket,
                        int64_t time_us,
                        int64_t width_us)
{
    if (walk->before.count)
        walk->growth += fg_bin_growth(&walk->before, bucket);
    else
        walk->from_us = time_us;
    walk->growth += bucket->sum;
    walk->till_us = time_us + width_us;
    walk->before = *bucket;
}

int fg_fold_track(struct fg_fold *fold,
                  const struct fg_track *track,
                  const struct fg_bins *points,
                  struct fg_err *err)
{
    const struct fg_series_answer *answer = fold->answer;
    bool counts = fg_series_column_counts(fold->query->column);
    struct walk walk = {.at = SIZE_MAX};
    size_t group = SIZE_MAX;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < points->len; i++) {
        const struct fg_bin *bucket = &points->buckets[i];
        int64_t time_us = points->times[i];
        if (bucket->count == 0 || time_us >= fold->query->to_us)
            continue;
        if (time_us < answer->from_us) { /* where the first step grows from */
            walk.before = *bucket;
            walk.till_us = time_us + fg_level_bucket_us(answer->level);
            continue;
        }
        if (group == SIZE_MAX) {
            rc = group_of(fold, track, &group, err);
            if (rc < 0)
                return rc;
            answer->groups[group].tracks++;
        }
        size_t at = (size_t)((time_us - answer->from_us) / answer->step_us);
        if (at != walk.at && walk.at != SIZE_MAX)
            add_step(&fold->cells[group][walk.at], &walk.step, slope(&walk));
        if (at != walk.at)
            walk = (struct walk){.before = walk.before, .from_us = walk.till_us, .at = at};
        if (counts)
            walk_bucket(&walk, bucket, time_us, fg_level_bucket_us(answer->level));
        fg_bin_join(&walk.step, bucket, counts);
        if (fold->query->agg == FG_AGG_QUANTILE)
            rc = keep_value(fold, &fold->cells[group][at], bucket, err);
    }
    if (group != SIZE_MAX)
        add_step(&fold->cells[group][walk.at], &walk.step, slope(&walk));
    return rc;
}

/* -- values ----------------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const struct weighed *left = a, *right = b;
    return left->value < right->value ? -1 : left->value > right->value;
}

/* The least value that a share of at least `quantile` of the weight is not above. */
static double quantile_of(struct cell *cell, double quantile)
{
    double total = 0, below = 0;
    qsort(cell->values, cell->len, sizeof(*cell->values), by_value);
    for (size_t i = 0; i < cell->len; i++)
        total += cell->values[i].weight;
    for (size_t i = 0; i < cell->len; i++) {
        below += cell->values[i].weight;
        if (below >= quantile * total)
            return cell->values[i].value;
    }
    return cell->values[cell->len - 1].value;
}

static double value_of(const struct fg_series_query *query, struct cell *cell)
{
    if (cell->count == 0)
        return NAN;
    switch (query->agg) {
    case FG_AGG_AVG:
        return cell->sum / (double)cell->count;
    case FG_AGG_MIN:
        return (double)cell->min;
    case FG_AGG_MAX:
        return (double)cell->max;
    case FG_AGG_SUM:
        return cell->averages;
    case FG_AGG_LAST:
        return cell->lasts / (double)cell->tracks;
    case FG_AGG_RATE:
        return cell->rates;
    case FG_AGG_QUANTILE:
        return quantile_of(cell, query->quantile);
    case FG_AGGS:
        break;
    }
    return NAN;
}

void fg_fold_end(struct fg_fold *fold)
{
    for (size_t i = 0; i < fold->answer->len; i++)
        for (size_t step = 0; step < fold->answer->steps; step++)
            fold->answer->groups[i].values[step] = value_of(fold->query, &fold->cells[i][step]);
}

/* query.c - see query.h: which level and which blocks, and the tracks of all of them side by side. */
#include "telemetry/query_fold.h"
#include "telemetry/store_inner.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 100000

const char *fg_series_agg_name(enum fg_series_agg agg)
{
    static const char *const names[] = {"avg", "min", "max", "sum", "last", "rate", "quantile"};
    return agg < FG_AGGS ? names[agg] : NULL;
}

const char *fg_series_by_name(enum fg_series_by by)
{
    static const char *const names[] = {"all",  "device", "node",   "supplier",
                                        "kind", "job",    "project"};
    return by < FG_BYS ? names[by] : NULL;
}

void fg_series_answer_free(struct fg_series_answer *answer)
{
    for (size_t i = 0; i < answer->len; i++)
        free(answer->groups[i].values);
    free(answer->groups);
    *answer = (struct fg_series_answer){};
}

/* -- level and steps --------------------------------------------------------------------------------------------- */

static int64_t oldest_of(const struct fg_series_look *look, enum fg_level level)
{
    for (size_t i = 0; i < look->kept_len; i++)
        if (look->kept[i]->file.level == level)
            return look->kept[i]->file.start_us;
    return INT64_MAX;
}

/* The coarsest level that the steps allow, and coarser where the time asked for is not kept more finely. */
static enum fg_level level_of(const struct fg_series_look *look,
                              const struct fg_series_query *query,
                              int64_t step_us)
{
    enum fg_level level = FG_LEVEL_RAW;
    while (level + 1 < FG_LEVELS && step_us >= fg_level_bucket_us(level + 1))
        level++;
    while (level + 1 < FG_LEVELS && oldest_of(look, level) > query->from_us
           && oldest_of(look, level + 1) < oldest_of(look, level))
        level++;
    return level;
}

static int plan_steps(const struct fg_series_look *look,
                      const struct fg_series_query *query,
                      struct fg_series_answer *out,
                      struct fg_err *err)
{
    int64_t time_us = query->to_us - query->from_us,
            step_us = query->step_us ? query->step_us : time_us;
    if (time_us <= 0 || query->from_us < 0 || step_us <= 0)
        return fg_fail(err, FG_EINVAL, "query: from is not before to");
    out->level = level_of(look, query, step_us);
    int64_t bucket_us = fg_level_bucket_us(out->level);
    if (bucket_us)
        step_us = (step_us + bucket_us - 1) / bucket_us * bucket_us;
    int64_t grid_us = query->step_us ? step_us : bucket_us ? bucket_us : 1;
    out->from_us = query->from_us - query->from_us % grid_us;
    out->step_us = query->step_us ? step_us : step_us + grid_us;
    out->steps = (size_t)((query->to_us - out->from_us + out->step_us - 1) / out->step_us);
    if (out->steps > STEPS_MAX)
        return fg_fail(err, FG_EINVAL, "query: %zu steps, expected at most %d", out->steps,
                       STEPS_MAX);
    return 0;
}

static int check(const struct fg_series_query *query, struct fg_err *err)
{
    const char *name = fg_series_column_name(query->column);
    bool counts = fg_series_column_counts(query->column);
    bool can_count = query->agg == FG_AGG_RATE || query->agg == FG_AGG_LAST
                     || query->agg == FG_AGG_MAX || query->agg == FG_AGG_MIN;
    if (counts && !can_count)
        return fg_fail(
            err, FG_EINVAL,
            "query: agg: %s of %s, which only grows, expected rate, last, min or max",
            fg_series_agg_name(query->agg), name);
    if (!counts && query->agg == FG_AGG_RATE)
        return fg_fail(err, FG_EINVAL,
                       "query: agg: rate of %s, which is a level, expected avg, min, max, sum, "
                       "last or a quantile",
                       name);
    return 0;
}

/* -- tracks of all sources, side by side ----------------------------------------------------------------------------- */

struct source {
    const struct fg_open_hour *open; /* or a block: */
    struct fg_block_view view;
    struct ordered {
        const struct fg_track *track;
        size_t index;
    } * order; /* the tracks that are asked for */
    size_t len, at;
};

struct asking {
    const struct fg_series_query *query;
    const struct fg_series_look *look;
    enum fg_level level;
    int64_t from_us;
    struct source *sources;
    size_t len;
    struct fg_bins points, rows, holders;
    struct fg_hour_copy copy;
    int64_t *values;
};

static bool is_jobs(const struct fg_series_query *query)
{
    return query->by == FG_BY_JOB || query->by == FG_BY_PROJECT;
}

static bool is(const char *want, const char *is)
{
    return !want || strcmp(want, is) == 0;
}

static bool is_asked(const struct fg_series_query *query, const struct fg_track *track)
{
    if (is_jobs(query) != (track->job != 0))
        return false;
    if (track->job)
        return (!query->job || query->job == track->job)
               && (!query->sees || query->sees(query->self, track));
    return is(query->node, track->node) && is(query->supplier, track->supplier)
           && is(query->kind, track->kind)
           && (query->device ? strcmp(query->device, track->device) == 0
                             : strcmp(track->device, FG_SERIES_MACHINE) != 0);
}

static int by_track(const void *a, const void *b)
{
    const struct ordered *left = a, *right = b;
    return fg_track_compare(left->track, right->track);
}

/* Room for the tracks of a source that are asked for. */
static void begin_order(struct source *source, size_t room)
{
    source->order = calloc(room + 1, sizeof(*source->order));
    if (!source->order)
        abort();
}

static int open_block(struct asking *asking,
                      const struct fg_block *block,
                      struct source *source)
{
    const struct fg_series_query *query = asking->query;
    size_t len = fg_block_tracks_len(block);
    int rc = fg_block_view_tracks(block, &source->view);
    begin_order(source, len);
    for (size_t i = 0; rc == 0 && i < len; i++)
        if (is_asked(query, &source->view.tracks[i]))
            source->order[source->len++] = (struct ordered){&source->view.tracks[i], i};
    if (rc == 0 && source->len)
        rc = fg_block_view_column(&source->view, query->column, source->len > len / 4);
    if (rc == 0 && source->len && query->job && !is_jobs(query))
        rc = fg_block_view_column(&source->view, FG_SERIES_HOLDER, source->len > len / 4);
    if (rc == FG_EINVAL) { /* damaged: what the other blocks have is better than nothing */
        source->len = 0;
        rc = 0;
    }
    return rc;
}

static void open_hour(struct asking *asking,
                      const struct fg_open_hour *open,
                      struct source *source)
{
    size_t len = fg_look_tracks(asking->look, open);
    source->open = open;
    begin_order(source, len);
    for (size_t i = 0; i < len; i++) {
        const struct fg_track *track = fg_look_track(asking->look, open, i);
        if (is_asked(asking->query, track))
            source->order[source->len++] = (struct ordered){track, i};
    }
    qsort(source->order, source->len, sizeof(*source->order), by_track);
}

static bool overlaps(const struct asking *asking, int64_t start_us, int64_t span_us)
{
    /* The first step of a counter grows from what was before it. */
    int64_t before_us = fg_series_column_counts(asking->query->column) ? FG_HOUR_US : 0;
    return start_us < asking->query->to_us && start_us + span_us > asking->from_us - before_us;
}

static int open_sources(struct asking *asking)
{
    const struct fg_series_look *look = asking->look;
    int rc = 0;
    asking->sources = calloc(look->kept_len + look->hours_len + 1, sizeof(*asking->sources));
    if (!asking->sources)
        abort();
    for (size_t i = 0; rc == 0 && i < look->kept_len; i++) {
        const struct fg_kept_block *kept = look->kept[i];
        if (kept->file.level == asking->level
            && overlaps(asking, kept->file.start_us, kept->file.span_us))
            rc = open_block(asking, kept->block, &asking->sources[asking->len++]);
    }
    for (size_t i = 0; i < look->hours_len; i++)
        if (overlaps(asking, fg_hour_start_us(look->hours[i]->hour), FG_HOUR_US))
            open_hour(asking, look->hours[i], &asking->sources[asking->len++]);
    return rc;
}

/* -- one track --------------------------------------------------------------------------------------------------------- */

static void read_rows(struct asking *asking,
                      const struct source *source,
                      size_t index,
                      unsigned column,
                      struct fg_bins *out)
{
    bool counts = fg_series_column_counts(column);
    struct fg_bins *rows = &asking->rows;
    if (!fg_look_copy(asking->look, source->open, index, column, &asking->copy))
        return;
    size_t len = asking->copy.pieces_len * FG_HOUR_PIECE + asking->copy.head_len;
    fg_bins_reserve(rows, len);
    asking->values = realloc(asking->values, rows->room * sizeof(int64_t));
    if (!asking->values)
        abort();
    rows->len = fg_hour_copy_read(&asking->copy, rows->times, asking->values);
    for (size_t i = 0; i < rows->len; i++)
        rows->buckets[i] = fg_bin_of(asking->values[i], counts);
    fg_level_roll(asking->level, counts, rows, out);
}

/* A column of the track from all sources that are at it. */
static int gather(struct asking *asking,
                  const struct fg_track *track,
                  unsigned column,
                  struct fg_bins *out)
{
    int rc = 0;
    out->len = 0;
    for (size_t i = 0; rc >= 0 && i < asking->len; i++) {
        struct source *source = &asking->sources[i];
        if (source->at == source->len
            || fg_track_compare(source->order[source->at].track, track) != 0)
            continue;
        size_t index = source->order[source->at].index;
        if (source->open)
            read_rows(asking, source, index, column, out);
        else
            rc = fg_block_view_read(&source->view, index, column, out);
        rc = rc == FG_EINVAL ? 0 : rc;
    }
    fg_bins_order(out, asking->level == FG_LEVEL_RAW, fg_series_column_counts(column));
    return rc;
}

/* Only buckets in which the job held the device throughout. */
static void keep_held(struct fg_bins *points, const struct fg_bins *holders, int64_t job)
{
    size_t at = 0;
    for (size_t i = 0; i < points->len; i++) {
        while (at < holders->len && holders->times[at] < points->times[i])
            at++;
        bool held = at < holders->len && holders->times[at] == points->times[i]
                    && holders->buckets[at].count && holders->buckets[at].min == job
                    && holders->buckets[at].max == job;
        if (!held)
            points->buckets[i] = (struct fg_bin){};
    }
}

static int ask_track(struct asking *asking,
                     const struct fg_track *track,
                     struct fg_fold *fold,
                     struct fg_err *err)
{
    const struct fg_series_query *query = asking->query;
    int rc = gather(asking, track, query->column, &asking->points);
    if (rc == 0 && query->job && !is_jobs(query)) {
        rc = gather(asking, track, FG_SERIES_HOLDER, &asking->holders);
        keep_held(&asking->points, &asking->holders, (int64_t)query->job);
    }
    if (rc < 0)
        return fg_fail(err, rc, "query: the disk does not give what is asked");
    for (size_t i = 0; i < asking->len; i++) {
        struct source *source = &asking->sources[i];
        source->at += source->at < source->len
                      && fg_track_compare(source->order[source->at].track, track) == 0;
    }
    return fg_fold_track(fold, track, &asking->points, err);
}

static const struct fg_track *next_track(const struct asking *asking)
{
    const struct fg_track *least = NULL;
    for (size_t i = 0; i < asking->len; i++) {
        const struct source *source = &asking->sources[i];
        if (source->at < source->len
            && (!least || fg_track_compare(source->order[source->at].track, least) < 0))
            least = source->order[source->at].track;
    }
    return least;
}

static void asking_end(struct asking *asking)
{
    for (size_t i = 0; i < asking->len; i++) {
        fg_block_view_free(&asking->sources[i].view);
        free(asking->sources[i].order);
    }
    free(asking->sources);
    fg_bins_free(&asking->points);
    fg_bins_free(&asking->rows);
    fg_bins_free(&asking->holders);
    free(asking->values);
    free(asking);
}

int fg_series_ask(struct fg_series *series,
                  const struct fg_series_query *query,
                  struct fg_series_answer *out,
                  struct fg_err *err)
{
    FG_AUTO(fg_series_look) struct fg_series_look look = {};
    *out = (struct fg_series_answer){};
    int rc = check(query, err);
    if (rc < 0)
        return rc;
    fg_series_look(series, &look);
    rc = plan_steps(&look, query, out, err);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_fold) struct fg_fold *fold = fg_fold_new(query, out);
    struct asking *asking = calloc(1, sizeof(*asking));
    const struct fg_track *next;
    if (!asking)
        abort();
    asking->query = query;
    asking->look = &look;
    asking->level = out->level;
    asking->from_us = out->from_us;
    rc = open_sources(asking);
    if (rc < 0)
        rc = fg_fail(err, rc, "query: the disk does not give what is asked");
    while (rc == 0 && (next = next_track(asking))) {
        struct fg_track track = *next; /* its source is passed */
        rc = ask_track(asking, &track, fold, err);
    }
    if (rc == 0)
        fg_fold_end(fold);
    asking_end(asking);
    return rc;
}

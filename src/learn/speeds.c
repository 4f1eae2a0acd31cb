/* speeds.c - means by class and kind; the fit goes back and forth between bases and speeds; see speeds.h */
#include "learn/speeds.h"

#include "base/map.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS    50  /* each halves the error at least, where classes overlap */
#define RUNS_MOST 20. /* so many of the latest runs count in a mean */

struct row {
    uint64_t class; /* 0: free */
    uint64_t seen;
    double runs[FG_SPEEDS_KINDS], mean[FG_SPEEDS_KINDS]; /* of natural logarithms */
    double spread[FG_SPEEDS_KINDS];                      /* sum of squares about the mean */
};

struct fg_speeds {
    char kinds[FG_SPEEDS_KINDS][FG_KIND_MAX];
    uint64_t runs[FG_SPEEDS_KINDS];
    size_t kinds_len;
    struct row *rows;
    struct fg_map *by_class; /* in `rows` */
    size_t len, max;
    uint64_t notes, fitted; /* notes there were when it was fitted */
    double speed[FG_SPEEDS_KINDS], paired[FG_SPEEDS_KINDS]; /* runs of classes on two kinds */
    double run_variance, own_variance;
    size_t reference;
    size_t classes[FG_SPEEDS_KINDS];
};

struct fg_speeds *fg_speeds_new(size_t classes_max)
{
    struct fg_speeds *speeds = calloc(1, sizeof(*speeds));
    if (!speeds)
        return NULL;
    speeds->max = classes_max > 0 ? classes_max : 1;
    speeds->rows = calloc(speeds->max, sizeof(struct row));
    speeds->by_class = fg_map_new(64);
    if (speeds->rows && speeds->by_class)
        return speeds;
    fg_speeds_free(speeds);
    return NULL;
}

void fg_speeds_free(struct fg_speeds *speeds)
{
    if (!speeds)
        return;
    fg_map_free(speeds->by_class);
    free(speeds->rows);
    free(speeds);
}

static size_t find_kind(const struct fg_speeds *speeds, const char *kind)
{
    size_t i = 0;
    while (i < speeds->kinds_len && strcmp(speeds->kinds[i], kind) != 0)
        i++;
    return i;
}

static struct row *find(const struct fg_speeds *speeds, uint64_t class)
{
    uint32_t at;
    return fg_map_get(speeds->by_class, class, &at) ? &speeds->rows[at] : NULL;
}

static struct row *take(struct fg_speeds *speeds, uint64_t class)
{
    struct row *row = find(speeds, class);
    if (row)
        return row;
    assert(speeds->rows);
    row = &speeds->rows[0];
    for (size_t i = 1; i < speeds->len; i++)
        if (speeds->rows[i].seen < row->seen)
            row = &speeds->rows[i];
    if (speeds->len < speeds->max)
        row = &speeds->rows[speeds->len++];
    if (row->class)
        fg_map_del(speeds->by_class, row->class);
    *row = (struct row){.class = class};
    fg_map_put(speeds->by_class, class, (uint32_t)(row - speeds->rows));
    return row;
}

void fg_speeds_note(struct fg_speeds *speeds, uint64_t class, const char *kind, int64_t ran_us)
{
    size_t k = find_kind(speeds, kind);
    if (!class || k == FG_SPEEDS_KINDS || ran_us <= 0)
        return;
    if (k == speeds->kinds_len)
        fg_copy(speeds->kinds[speeds->kinds_len++], FG_KIND_MAX, kind);
    struct row *row = take(speeds, class);
    row->seen = ++speeds->notes;
    speeds->runs[k]++;
    double off = log((double)ran_us) - row->mean[k];
    if (row->runs[k] < RUNS_MOST)
        row->runs[k]++;
    else
        row->spread[k] *= (RUNS_MOST - 1) / RUNS_MOST;
    row->mean[k] += off / row->runs[k];
    if (row->runs[k] > 1)
        row->spread[k] += off * (log((double)ran_us) - row->mean[k]);
}

/* -- the fit --------------------------------------------------------------------------------------------- */

static size_t kinds_of(const struct fg_speeds *speeds, const struct row *row)
{
    size_t seen = 0;
    for (size_t k = 0; k < speeds->kinds_len; k++)
        seen += row->runs[k] > 0;
    return seen;
}

static double base_of(const struct fg_speeds *speeds, const struct row *row)
{
    double sum = 0, runs = 0;
    for (size_t k = 0; k < speeds->kinds_len; k++) {
        sum += row->runs[k] * (row->mean[k] + speeds->speed[k]);
        runs += row->runs[k];
    }
    return sum / runs;
}

static void improve(struct fg_speeds *speeds, size_t reference)
{
    double sum[FG_SPEEDS_KINDS] = {}, runs[FG_SPEEDS_KINDS] = {};
    for (size_t i = 0; i < speeds->len; i++) {
        const struct row *row = &speeds->rows[i];
        if (kinds_of(speeds, row) < 2)
            continue;
        double base = base_of(speeds, row);
        for (size_t k = 0; k < speeds->kinds_len; k++) {
            sum[k] += row->runs[k] * (base - row->mean[k]);
            runs[k] += row->runs[k];
        }
    }
    for (size_t k = 0; k < speeds->kinds_len; k++)
        speeds->speed[k] = k == reference ? 0 : sum[k] / (runs[k] + FG_SPEEDS_PRIOR);
}

/* Of runs of one class on one kind about their mean, and of means about what the speeds say less what runs explain. */
static void find_variances(struct fg_speeds *speeds)
{
    double within = FG_SPEEDS_PRIOR * FG_SPEEDS_SPREAD * FG_SPEEDS_SPREAD,
           runs = FG_SPEEDS_PRIOR, between = 0, noise = 0, means = 0;
    memset(speeds->paired, 0, sizeof(speeds->paired));
    for (size_t i = 0; i < speeds->len; i++) {
        const struct row *row = &speeds->rows[i];
        if (kinds_of(speeds, row) < 2)
            continue;
        double base = base_of(speeds, row);
        for (size_t k = 0; k < speeds->kinds_len; k++) {
            if (row->runs[k] <= 0)
                continue;
            double off = base - row->mean[k] - speeds->speed[k];
            speeds->paired[k] += row->runs[k];
            within += row->spread[k];
            runs += row->runs[k] - 1;
            between += off * off;
            noise += 1 / row->runs[k];
            means += 1;
        }
    }
    speeds->run_variance = within / runs;
    double own = between - noise * speeds->run_variance;
    speeds->own_variance =
        (FG_SPEEDS_PRIOR * FG_SPEEDS_OWN * FG_SPEEDS_OWN + (own > 0 ? own : 0))
        / (FG_SPEEDS_PRIOR + means);
}

static void fit(struct fg_speeds *speeds)
{
    size_t reference = 0;
    if (speeds->fitted == speeds->notes)
        return;
    speeds->fitted = speeds->notes;
    for (size_t k = 1; k < speeds->kinds_len; k++)
        if (speeds->runs[k] > speeds->runs[reference])
            reference = k;
    memset(speeds->speed, 0, sizeof(speeds->speed));
    memset(speeds->classes, 0, sizeof(speeds->classes));
    for (size_t i = 0; i < speeds->len; i++)
        for (size_t k = 0; k < speeds->kinds_len; k++)
            speeds->classes[k] +=
                speeds->rows[i].runs[k] > 0 && kinds_of(speeds, &speeds->rows[i]) > 1;
    for (int i = 0; i < ROUNDS; i++)
        improve(speeds, reference);
    speeds->reference = reference;
    find_variances(speeds);
}

/* Of the kind's speed against that of the reference. */
static double kind_variance(const struct fg_speeds *speeds, size_t k)
{
    size_t reference = speeds->reference;
    if (k == reference)
        return 0;
    return speeds->run_variance
               * (1 / (speeds->paired[k] + 1) + 1 / (speeds->paired[reference] + 1))
           + speeds->own_variance / ((double)speeds->classes[k] + 1);
}

/* Of what such work does there: by the kind's speed, and by its own runs there and elsewhere. */
static double work_variance(const struct fg_speeds *speeds, const struct row *row, size_t k)
{
    double expected = kind_variance(speeds, k) + speeds->own_variance, elsewhere = 0;
    if (!row || row->runs[k] <= 0 || kinds_of(speeds, row) < 2)
        return expected;
    for (size_t i = 0; i < speeds->kinds_len; i++)
        elsewhere += i == k ? 0 : row->runs[i];
    double seen = speeds->run_variance * (1 / row->runs[k] + 1 / elsewhere);
    return 1 / (1 / expected + 1 / seen);
}

bool fg_speeds_rate(struct fg_speeds *speeds,
                    uint64_t class,
                    const char *kind,
                    struct fg_speed *out)
{
    size_t k = find_kind(speeds, kind);
    if (k == speeds->kinds_len)
        return false;
    fit(speeds);
    const struct row *row = class ? find(speeds, class) : NULL;
    double own = 0;
    if (row && row->runs[k] > 0 && kinds_of(speeds, row) > 1)
        own = (base_of(speeds, row) - row->mean[k] - speeds->speed[k]) * row->runs[k]
              / (row->runs[k] + FG_SPEEDS_PRIOR);
    if (speeds->classes[k] == 0)
        return false;
    double variance = class ? work_variance(speeds, row, k) : kind_variance(speeds, k);
    *out = (struct fg_speed){exp(speeds->speed[k] + own), sqrt(variance)};
    return true;
}

bool fg_speeds_next(struct fg_speeds *speeds, size_t *at, struct fg_speed_row *out)
{
    if (*at >= speeds->kinds_len)
        return false;
    fit(speeds);
    size_t k = (*at)++;
    *out = (struct fg_speed_row){.kind = speeds->kinds[k],
                                 .rate = exp(speeds->speed[k]),
                                 .error = sqrt(kind_variance(speeds, k)),
                                 .runs = speeds->runs[k],
                                 .classes = speeds->classes[k]};
    return true;
}

/* series.c - see series.h
 *
 * A ring per curve, found by hash.  A ring starts small and doubles up to an hour of points, so that
 * thousands of short jobs cost little.  When all rings together reach their bound, finished curves go,
 * the longest over first; with none left, rings keep their size and forget their oldest points earlier.
 */
#include "telemetry/series.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_FIRST     16
#define POINTS_MAX       1800         /* an hour at one reading in 2 s */
#define POINTS_TOTAL_MAX (512 * 1024) /* 20 MiB */
#define CURVES_MAX       8192
#define BUCKETS          4096 /* a power of two */
#define KEEP_US          (3600 * INT64_C(1000000))

/* Both kinds of points are five numbers, the time first. */
struct point {
    int64_t values[5];
};
_Static_assert(sizeof(struct fg_job_point) == sizeof(struct point), "five numbers");
_Static_assert(sizeof(struct fg_device_point) == sizeof(struct point), "five numbers");

struct curve {
    fg_job_id job; /* 0: of a device, which `node` and `device` name */
    char node[FG_NAME_MAX], device[FG_NAME_MAX];
    struct point *points; /* owned ring of `room`; the newest is before `at` */
    size_t room, len, at;
    bool over;
    int64_t over_us;
    struct curve *next_in_bucket;
    struct curve *older, *newer; /* among the curves that are over */
};

struct fg_series {
    pthread_mutex_t lock;
    struct curve *buckets[BUCKETS];
    struct curve *oldest, *newest; /* curves that are over, by the time they ended */
    size_t curves, points;         /* points: room of all rings */
};

struct fg_series *fg_series_new(void)
{
    struct fg_series *series = calloc(1, sizeof(*series));
    if (series)
        pthread_mutex_init(&series->lock, NULL);
    return series;
}

static void curve_free(struct curve *curve)
{
    free(curve->points);
    free(curve);
}

void fg_series_free(struct fg_series *series)
{
    if (!series)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct curve *curve = series->buckets[i], *next; curve; curve = next) {
            next = curve->next_in_bucket;
            curve_free(curve);
        }
    pthread_mutex_destroy(&series->lock);
    free(series);
}

/* FNV-1a over the name, or the job's number. */
static size_t bucket_of(fg_job_id job, const char *node, const char *device)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *p = node; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    hash = (hash ^ '/') * UINT64_C(1099511628211);
    for (const char *p = device; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    hash = (hash ^ job) * UINT64_C(11400714819323198485);
    return (hash >> 32) & (BUCKETS - 1);
}

static struct curve *find(const struct fg_series *series,
                          fg_job_id job,
                          const char *node,
                          const char *device)
{
    struct curve *curve = series->buckets[bucket_of(job, node, device)];
    while (curve
           && (curve->job != job || strcmp(curve->node, node) != 0
               || strcmp(curve->device, device) != 0))
        curve = curve->next_in_bucket;
    return curve;
}

static void leave_over(struct fg_series *series, struct curve *curve)
{
    *(curve->older ? &curve->older->newer : &series->oldest) = curve->newer;
    *(curve->newer ? &curve->newer->older : &series->newest) = curve->older;
    curve->older = curve->newer = NULL;
    curve->over = false;
}

static void enter_over(struct fg_series *series, struct curve *curve, int64_t now_us)
{
    curve->over = true;
    curve->over_us = now_us;
    curve->older = series->newest;
    *(series->newest ? &series->newest->newer : &series->oldest) = curve;
    series->newest = curve;
}

static void drop(struct fg_series *series, struct curve *curve)
{
    struct curve **link = &series->buckets[bucket_of(curve->job, curve->node, curve->device)];
    while (*link != curve)
        link = &(*link)->next_in_bucket;
    *link = curve->next_in_bucket;
    if (curve->over)
        leave_over(series, curve);
    series->curves--;
    series->points -= curve->room;
    curve_free(curve);
}

static void drop_expired(struct fg_series *series, int64_t now_us)
{
    struct curve *newer;
    for (struct curve *at = series->oldest; at && now_us - at->over_us > KEEP_US; at = newer) {
        newer = at->newer;
        drop(series, at);
    }
}

/* Finished curves go until `extra` points fit; whether they do. */
static bool make_room(struct fg_series *series, size_t extra, const struct curve *but)
{
    while (series->points + extra > POINTS_TOTAL_MAX && series->oldest && series->oldest != but)
        drop(series, series->oldest);
    return series->points + extra <= POINTS_TOTAL_MAX;
}

/* A larger ring, its points in order from the start.  Without memory or room it stays as it is. */
static void grow(struct fg_series *series, struct curve *curve)
{
    size_t room = curve->room * 2 < POINTS_MAX ? curve->room * 2 : POINTS_MAX;
    if (!make_room(series, room - curve->room, curve))
        return;
    struct point *points = calloc(room, sizeof(*points));
    if (!points)
        return;
    size_t tail = curve->room - curve->at; /* the oldest are behind `at` */
    memcpy(points, curve->points + curve->at, tail * sizeof(*points));
    memcpy(points + tail, curve->points, curve->at * sizeof(*points));
    free(curve->points);
    series->points += room - curve->room;
    curve->points = points;
    curve->at = curve->len;
    curve->room = room;
}

static void push(struct fg_series *series, struct curve *curve, const struct point *point)
{
    if (curve->len == curve->room && curve->room < POINTS_MAX)
        grow(series, curve);
    curve->points[curve->at] = *point;
    curve->at = (curve->at + 1) % curve->room;
    if (curve->len < curve->room)
        curve->len++;
    assert(curve->len <= POINTS_MAX);
}

/* A new, empty curve; NULL if there are too many that go on. */
static struct curve *create(struct fg_series *series,
                            fg_job_id job,
                            const char *node,
                            const char *device)
{
    if (series->curves >= CURVES_MAX && series->oldest)
        drop(series, series->oldest);
    if (series->curves >= CURVES_MAX || !make_room(series, POINTS_FIRST, NULL))
        return NULL;
    struct curve *curve = calloc(1, sizeof(*curve));
    struct point *points = calloc(POINTS_FIRST, sizeof(*points));
    if (!curve || !points) {
        free(curve);
        free(points);
        return NULL;
    }
    size_t bucket = bucket_of(job, node, device);
    *curve = (struct curve){.job = job,
                            .points = points,
                            .room = POINTS_FIRST,
                            .next_in_bucket = series->buckets[bucket]};
    memcpy(curve->node, node, strlen(node) + 1);
    memcpy(curve->device, device, strlen(device) + 1);
    series->buckets[bucket] = curve;
    series->curves++;
    series->points += POINTS_FIRST;
    return curve;
}

static void add(struct fg_series *series,
                fg_job_id job,
                const char *node,
                const char *device,
                const struct point *point)
{
    assert(strlen(node) < FG_NAME_MAX && strlen(device) < FG_NAME_MAX);
    pthread_mutex_lock(&series->lock);
    drop_expired(series, point->values[0]);
    struct curve *curve = find(series, job, node, device);
    if (!curve)
        curve = create(series, job, node, device);
    if (curve && curve->over)
        leave_over(series, curve); /* another attempt of the job runs */
    if (curve)
        push(series, curve, point);
    pthread_mutex_unlock(&series->lock);
}

static size_t copy(struct fg_series *series,
                   fg_job_id job,
                   const char *node,
                   const char *device,
                   void *out,
                   size_t max)
{
    struct point *to = out;
    size_t len = 0;
    pthread_mutex_lock(&series->lock);
    const struct curve *curve = find(series, job, node, device);
    if (curve) {
        len = curve->len < max ? curve->len : max;
        size_t from = (curve->at + curve->room - len) % curve->room;
        size_t tail = len < curve->room - from ? len : curve->room - from;
        if (len) {
            memcpy(to, curve->points + from, tail * sizeof(*to));
            memcpy(to + tail, curve->points, (len - tail) * sizeof(*to));
        }
    }
    pthread_mutex_unlock(&series->lock);
    return len;
}

void fg_series_add_job(struct fg_series *series,
                       fg_job_id job,
                       const struct fg_job_point *point)
{
    struct point values;
    memcpy(&values, point, sizeof(values));
    add(series, job, "", "", &values);
}

void fg_series_add_device(struct fg_series *series,
                          const char *node,
                          const char *device,
                          const struct fg_device_point *point)
{
    struct point values;
    memcpy(&values, point, sizeof(values));
    add(series, 0, node, device, &values);
}

void fg_series_end_job(struct fg_series *series, fg_job_id job, int64_t now_us)
{
    pthread_mutex_lock(&series->lock);
    drop_expired(series, now_us);
    struct curve *curve = find(series, job, "", "");
    if (curve && !curve->over)
        enter_over(series, curve, now_us);
    pthread_mutex_unlock(&series->lock);
}

size_t fg_series_job(struct fg_series *series,
                     fg_job_id job,
                     struct fg_job_point *out,
                     size_t max)
{
    return copy(series, job, "", "", out, max);
}

size_t fg_series_device(struct fg_series *series,
                        const char *node,
                        const char *device,
                        struct fg_device_point *out,
                        size_t max)
{
    return copy(series, 0, node, device, out, max);
}

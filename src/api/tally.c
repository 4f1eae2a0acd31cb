/* tally.c - see tally.h */
#include "api/tally.h"

#include "model/command.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KINDS_MAX   64 /* there are about 40; more would be counted as "other" */
#define BUCKETS_MAX 12

struct spread {
    const char *const *bounds; /* in seconds, as OpenMetrics writes them; then NULL */
    uint64_t counts[BUCKETS_MAX];
    uint64_t len;
    int64_t sum_us;
};

struct counts {
    struct {
        char name[32];
        uint64_t count;
    } kinds[KINDS_MAX];
    size_t kinds_len;
    struct spread waits, submits;
};

struct fg_tally {
    pthread_mutex_t lock;
    struct counts counts;
};

static const char *const wait_bounds[] = {"1.0",   "5.0",    "15.0",    "60.0",    "300.0",
                                          "900.0", "3600.0", "14400.0", "86400.0", NULL};
static const char *const submit_bounds[] = {"0.001", "0.0025", "0.005", "0.01", "0.025",
                                            "0.05",  "0.1",    "0.25",  "1.0",  NULL};

struct fg_tally *fg_tally_new(void)
{
    struct fg_tally *tally = calloc(1, sizeof(*tally));
    if (!tally)
        abort();
    pthread_mutex_init(&tally->lock, NULL);
    tally->counts.waits.bounds = wait_bounds;
    tally->counts.submits.bounds = submit_bounds;
    return tally;
}

void fg_tally_free(struct fg_tally *tally)
{
    if (!tally)
        return;
    pthread_mutex_destroy(&tally->lock);
    free(tally);
}

static void spread_add(struct spread *spread, int64_t took_us)
{
    for (size_t i = 0; spread->bounds[i]; i++)
        spread->counts[i] += (double)took_us <= strtod(spread->bounds[i], NULL) * 1e6;
    spread->len++;
    spread->sum_us += took_us;
}

static void count_kind(struct counts *counts, const char *kind)
{
    size_t at = 0;
    while (at < counts->kinds_len && strcmp(counts->kinds[at].name, kind) != 0)
        at++;
    if (at == counts->kinds_len) {
        if (at >= KINDS_MAX - 1) {
            at = KINDS_MAX - 1;
            kind = "other";
        }
        counts->kinds_len = at + 1;
        snprintf(counts->kinds[at].name, sizeof(counts->kinds[at].name), "%s", kind);
    }
    counts->kinds[at].count++;
}

void fg_tally_event(struct fg_tally *tally, const struct fg_event *event)
{
    /* Our own text, with the one number that is wanted of it. */
    static const char member[] = "\"waited_us\":";
    const char *waited =
        strcmp(event->kind, "job.running") == 0 ? strstr(event->json, member) : NULL;
    pthread_mutex_lock(&tally->lock);
    count_kind(&tally->counts, event->kind);
    if (waited)
        spread_add(&tally->counts.waits, strtoll(waited + strlen(member), NULL, 10));
    pthread_mutex_unlock(&tally->lock);
}

void fg_tally_submit(struct fg_tally *tally, int64_t took_us)
{
    pthread_mutex_lock(&tally->lock);
    spread_add(&tally->counts.submits, took_us);
    pthread_mutex_unlock(&tally->lock);
}

static void spread_write(const struct spread *spread, struct fg_metric_text *to)
{
    for (size_t i = 0; spread->bounds[i]; i++) {
        fg_export_sample(to, "_bucket");
        fg_export_label(to, "le", spread->bounds[i]);
        fg_export_value(to, (double)spread->counts[i]);
    }
    fg_export_sample(to, "_bucket");
    fg_export_label(to, "le", "+Inf");
    fg_export_value(to, (double)spread->len);
    fg_export_sample(to, "_sum");
    fg_export_value(to, (double)spread->sum_us / 1e6);
    fg_export_sample(to, "_count");
    fg_export_value(to, (double)spread->len);
}

void fg_tally_write(struct fg_tally *tally, struct fg_metric_text *to)
{
    pthread_mutex_lock(&tally->lock);
    struct counts now =
        tally->counts; /* not written under the lock: whoever publishes would wait */
    pthread_mutex_unlock(&tally->lock);
    fg_export_family(to, "fastgpu_events", FG_METRIC_COUNTER, "",
                     "Events since the service started; job.running is a start.");
    for (size_t i = 0; i < now.kinds_len; i++) {
        fg_export_sample(to, "");
        fg_export_label(to, "kind", now.kinds[i].name);
        fg_export_value(to, (double)now.kinds[i].count);
    }
    fg_export_family(to, "fastgpu_job_wait_seconds", FG_METRIC_HISTOGRAM, "seconds",
                     "From the submission of a job to its first start.");
    spread_write(&now.waits, to);
    fg_export_family(to, "fastgpu_submit_seconds", FG_METRIC_HISTOGRAM, "seconds",
                     "From a submission that was read to its commit.");
    spread_write(&now.submits, to);
}

/* flexible.c - see flexible.h */
#include "schedule/flexible.h"

#include "base/clock.h"
#include "base/grow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US          3'600'000'000LL
#define SLOT_US          (HOUR_US / 4)
#define SLOTS            (FG_FLEXIBLE_HOURS_MAX * 4)
#define READY_MAX        256     /* with more the pool has no idle hours */
#define CARBON_UUSD_KG   100'000 /* 100 USD a tonne, if the settings do not say */
#define RESERVE_LEAST_US 60'000'000LL

struct series {
    struct fg_hourly hours;
    int64_t values[FG_FLEXIBLE_HOURS_MAX];
};

struct fg_flexible_jobs {
    const struct fg_config *config;
    struct series price, carbon;
    fg_job_id *ids; /* in the order they came */
    size_t len, room;
    struct fg_flexible_verdict *verdicts;
    size_t verdicts_len, verdicts_room;
    bool has_news;    /* the hours are others */
    int64_t again_us; /* all is chosen anew then */
    uint64_t powered; /* kinds of devices whose power the service pays for */
    uint64_t crowded; /* kinds of devices that somebody waits for, in this look */
    /* The ledger: free milli-devices by kind and quarter of an hour from base_us on. */
    int64_t (*left)[SLOTS];
    size_t kinds_room;
    int64_t base_us;
};

struct fg_flexible_jobs *fg_flexible_jobs_new(const struct fg_config *config)
{
    struct fg_flexible_jobs *jobs = calloc(1, sizeof(*jobs));
    if (jobs)
        *jobs = (struct fg_flexible_jobs){.config = config, .powered = UINT64_MAX};
    return jobs;
}

void fg_flexible_jobs_free(struct fg_flexible_jobs *jobs)
{
    if (!jobs)
        return;
    free(jobs->ids);
    free(jobs->verdicts);
    free(jobs->left);
    free(jobs);
}

static void copy_series(struct series *series, const struct fg_hourly *hours)
{
    size_t len = hours->len < FG_FLEXIBLE_HOURS_MAX ? hours->len : FG_FLEXIBLE_HOURS_MAX;
    if (len > 0)
        memcpy(series->values, hours->values, len * sizeof(series->values[0]));
    series->hours = (struct fg_hourly){.start_us = hours->start_us,
                                       .step_us = hours->step_us,
                                       .values = series->values,
                                       .len = len};
}

void fg_flexible_hours(struct fg_flexible_jobs *jobs,
                       const struct fg_hourly *price,
                       const struct fg_hourly *carbon)
{
    copy_series(&jobs->price, price);
    copy_series(&jobs->carbon, carbon);
    jobs->has_news = true;
}

void fg_flexible_powered(struct fg_flexible_jobs *jobs, uint64_t kinds)
{
    jobs->has_news = jobs->has_news || kinds != jobs->powered;
    jobs->powered = kinds;
}

static bool may_wait(const struct fg_job *job)
{
    return job->flexible != FG_FLEXIBLE_NOT && job->shift != FG_SHIFT_GONE
           && job->state == FG_JOB_QUEUED && job->attempt == 0;
}

void fg_flexible_add(struct fg_flexible_jobs *jobs, const struct fg_job *job)
{
    if (!may_wait(job))
        return;
    jobs->ids = fg_grow(jobs->ids, jobs->len, &jobs->room, sizeof(jobs->ids[0]));
    jobs->ids[jobs->len++] = job->id;
}

void fg_flexible_clear(struct fg_flexible_jobs *jobs)
{
    jobs->len = 0;
}

size_t fg_flexible_len(const struct fg_flexible_jobs *jobs)
{
    return jobs->len;
}

/* -- how long ------------------------------------------------------------------------------------------------- */

/* At most, as far as that is known; 0: it is not. */
static int64_t most_us(const struct fg_job *job)
{
    return job->time_limit_us > 0       ? job->time_limit_us
           : job->predicted_most_us > 0 ? job->predicted_most_us
                                        : job->duration_us;
}

/* As is to be expected; not more than at most. */
static int64_t expected_us(const struct fg_job *job)
{
    int64_t most = most_us(job);
    int64_t lasts = job->duration_us > 0 ? job->duration_us : job->predicted_us;
    return lasts > 0 && lasts < most ? lasts : most;
}

/* -- the ledger ----------------------------------------------------------------------------------------------- */

/* What a job takes of it. */
struct want {
    uint64_t kinds;
    int64_t milli, takes_us;
};

static struct want want_of(const struct fg_flexible_jobs *jobs,
                           const struct fg_pool *pool,
                           const struct fg_queue *queue,
                           const struct fg_job *job)
{
    size_t len;
    const struct fg_request *request = fg_queue_class_at(queue, job->request, &len);
    int64_t takes_us = most_us(job);
    return (struct want){
        .kinds = fg_pool_need(pool, request).kinds,
        .milli = (int64_t)job->tasks * request->count * request->gpu_milli,
        .takes_us =
            takes_us > 0 ? takes_us : jobs->config->backfill_default_limit_s * 1'000'000,
    };
}

static int64_t slot_of(const struct fg_flexible_jobs *jobs, int64_t at_us)
{
    return at_us <= jobs->base_us ? 0 : (at_us - jobs->base_us) / SLOT_US;
}

/* Slots that time from `from_us` to `to_us` touches; what is beyond the ledger is not looked at. */
static size_t end_slot(const struct fg_flexible_jobs *jobs, int64_t to_us)
{
    int64_t slot = slot_of(jobs, to_us + SLOT_US - 1);
    return slot < SLOTS ? (size_t)slot : SLOTS;
}

static int64_t left_in(const struct fg_flexible_jobs *jobs, uint64_t kinds, size_t slot)
{
    int64_t sum = 0;
    for (; kinds; kinds &= kinds - 1) {
        int64_t left = jobs->left[__builtin_ctzll(kinds)][slot];
        sum += left > 0 ? left : 0;
    }
    return sum;
}

/* The first slot without room for it in a run from `start_us` on; SLOTS: there is room. */
static size_t conflict(const struct fg_flexible_jobs *jobs,
                       const struct want *want,
                       int64_t start_us)
{
    size_t end = end_slot(jobs, start_us + want->takes_us);
    for (size_t slot = (size_t)slot_of(jobs, start_us); slot < end && want->milli > 0; slot++)
        if (left_in(jobs, want->kinds, slot) < want->milli)
            return slot;
    return SLOTS;
}

static int64_t first_room(const struct fg_flexible_jobs *jobs,
                          const struct want *want,
                          int64_t start_us)
{
    for (size_t slot = conflict(jobs, want, start_us); slot < SLOTS;
         slot = conflict(jobs, want, start_us))
        start_us = jobs->base_us + (int64_t)(slot + 1) * SLOT_US;
    return start_us;
}

static void take(struct fg_flexible_jobs *jobs, const struct want *want, int64_t start_us)
{
    size_t end = end_slot(jobs, start_us + want->takes_us);
    for (size_t slot = (size_t)slot_of(jobs, start_us); slot < end; slot++) {
        int64_t milli = want->milli;
        for (uint64_t kinds = want->kinds; kinds && milli > 0; kinds &= kinds - 1) {
            int64_t *left = &jobs->left[__builtin_ctzll(kinds)][slot];
            int64_t part = *left < 0 ? 0 : *left < milli ? *left : milli;
            *left -= part;
            milli -= part;
        }
    }
}

static void count_devices(struct fg_flexible_jobs *jobs, const struct fg_pool *pool)
{
    size_t kinds = fg_pool_kinds_len(pool);
    if (kinds > jobs->kinds_room) {
        jobs->left = reallocarray(jobs->left, kinds, sizeof(jobs->left[0]));
        if (!jobs->left)
            abort();
        jobs->kinds_room = kinds;
    }
    int64_t have[FG_POOL_KINDS_MAX] = {};
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++) {
        const struct fg_pool_node *node = fg_pool_node(pool, id);
        for (uint32_t i = 0; fg_pool_is_open(pool, id) && i < node->devices_len; i++)
            have[node->kind[i]] += 1000;
    }
    for (size_t kind = 0; kind < kinds; kind++)
        for (size_t slot = 0; slot < SLOTS; slot++)
            jobs->left[kind][slot] = have[kind];
}

static void count_running(struct fg_flexible_jobs *jobs,
                          const struct fg_pool *pool,
                          const struct fg_running *running)
{
    for (size_t i = 0; i < running->grants_len; i++) {
        const struct fg_grant *grant = &running->grants[i];
        for (uint32_t mask = grant->devices; mask; mask &= mask - 1) {
            uint32_t kind = fg_pool_node(pool, grant->node)->kind[__builtin_ctz(mask)];
            struct want want = {.kinds = 1ull << kind,
                                .milli = grant->gpu_milli,
                                .takes_us = running->end_us - jobs->base_us};
            take(jobs, &want, jobs->base_us);
        }
    }
}

/* Ready jobs.  Where one finds no room now the devices are crowded: who could wait for them goes in his turn. */
static void count_ready(struct fg_flexible_jobs *jobs,
                        const struct fg_pool *pool,
                        struct fg_queue *queue)
{
    size_t left = READY_MAX;
    fg_queue_walk(queue);
    for (const struct fg_job *job = fg_queue_next(queue); job; job = fg_queue_next(queue)) {
        if (may_wait(job))
            continue; /* judged below */
        struct want want = want_of(jobs, pool, queue, job);
        if (left-- == 0) {
            jobs->crowded = UINT64_MAX;
            return;
        }
        if (first_room(jobs, &want, jobs->base_us) > jobs->base_us)
            jobs->crowded |= want.kinds;
        else
            take(jobs, &want, jobs->base_us);
    }
}

/* -- when ----------------------------------------------------------------------------------------------------- */

/* By what a job that wants such devices may choose its hour: where power is in the rent, not by its price. */
static enum fg_flexible chooses_by(const struct fg_flexible_jobs *jobs,
                                   const struct fg_job *job,
                                   const struct want *want)
{
    if (want->kinds == 0 || (want->kinds & jobs->powered))
        return job->flexible;
    return job->flexible == FG_FLEXIBLE_PRICE ? FG_FLEXIBLE_NOT : FG_FLEXIBLE_CARBON;
}

static bool knows_hours(const struct fg_flexible_jobs *jobs, enum fg_flexible by)
{
    bool has_price = jobs->price.hours.len > 0, has_carbon = jobs->carbon.hours.len > 0;
    return by == FG_FLEXIBLE_PRICE    ? has_price
           : by == FG_FLEXIBLE_CARBON ? has_carbon
                                      : has_price || has_carbon;
}

static struct fg_shift shift_of(const struct fg_flexible_jobs *jobs,
                                const struct fg_job *job,
                                enum fg_flexible by,
                                int64_t now_us)
{
    int64_t most = most_us(job), reserve_us = most / 10;
    int64_t per_kg = jobs->config->carbon_price_uusd_per_tonne / 1000;
    if (reserve_us < RESERVE_LEAST_US)
        reserve_us = RESERVE_LEAST_US;
    return (struct fg_shift){
        .price = by == FG_FLEXIBLE_CARBON ? NULL : &jobs->price.hours,
        .carbon = by == FG_FLEXIBLE_PRICE ? NULL : &jobs->carbon.hours,
        .carbon_uusd_per_kg = by == FG_FLEXIBLE_BOTH && per_kg ? per_kg : CARBON_UUSD_KG,
        .power_mw = 1'000'000, /* a kilowatt: what is compared are shares */
        .takes_us = expected_us(job),
        .earliest_us = now_us,
        .latest_us = job->flexible_until_us - most - reserve_us,
        .least_milli = (uint32_t)jobs->config->shift_least_percent * 10,
    };
}

static struct fg_flexible_verdict verdict_of(const struct fg_flexible_jobs *jobs,
                                             const struct fg_job *job,
                                             enum fg_flexible by,
                                             const struct fg_shift *shift,
                                             int64_t start_us)
{
    const struct fg_hourly *carbon = &jobs->carbon.hours, *price = &jobs->price.hours;
    int64_t takes_us = shift->takes_us > 0 ? shift->takes_us : HOUR_US;
    int64_t now_us = shift->earliest_us;
    return (struct fg_flexible_verdict){
        .job = job->id,
        .by = by,
        .start_us = start_us,
        .latest_us = shift->latest_us,
        .until_us = job->flexible_until_us,
        .then_g_per_kwh = fg_hourly_mean(carbon, start_us, start_us + takes_us),
        .now_g_per_kwh = fg_hourly_mean(carbon, now_us, now_us + takes_us),
        .then_uusd_per_kwh = fg_hourly_mean(price, start_us, start_us + takes_us),
        .now_uusd_per_kwh = fg_hourly_mean(price, now_us, now_us + takes_us),
    };
}

static enum fg_flexible_cause obstacle(const struct fg_flexible_jobs *jobs,
                                       const struct fg_job *job,
                                       enum fg_flexible by,
                                       const struct fg_shift *shift)
{
    return most_us(job) <= 0                        ? FG_FLEXIBLE_NO_END
           : by == FG_FLEXIBLE_NOT                  ? FG_FLEXIBLE_RENTED
           : !knows_hours(jobs, by)                 ? FG_FLEXIBLE_NO_HOURS
           : shift->latest_us <= shift->earliest_us ? FG_FLEXIBLE_NO_TIME
                                                    : FG_FLEXIBLE_WAITS;
}

struct room {
    const struct fg_flexible_jobs *jobs;
    const struct want *want;
};

static bool has_room(const void *self, int64_t start_us)
{
    const struct room *room = self;
    return conflict(room->jobs, room->want, start_us) == SLOTS;
}

/* The best start with room for it; who wants nothing finds room at all times.  What it is compared with is the first start with room:
 * sooner it cannot begin anyway. */
static struct fg_flexible_verdict choose(const struct fg_flexible_jobs *jobs,
                                         const struct fg_job *job,
                                         const struct want *want,
                                         int64_t now_us)
{
    enum fg_flexible by = chooses_by(jobs, job, want);
    struct fg_shift shift = shift_of(jobs, job, by, now_us);
    struct room room = {jobs, want};
    enum fg_flexible_cause cause = obstacle(jobs, job, by, &shift);
    if (want->milli > 0) {
        shift.fits = has_room;
        shift.self = &room;
        shift.earliest_us = first_room(jobs, want, now_us);
    }
    if (cause == FG_FLEXIBLE_WAITS && shift.earliest_us > shift.latest_us)
        cause = FG_FLEXIBLE_NO_ROOM;
    int64_t start_us =
        cause == FG_FLEXIBLE_WAITS ? fg_shift_best(&shift).start_us : shift.earliest_us;
    if (cause == FG_FLEXIBLE_WAITS && start_us == shift.earliest_us)
        cause = FG_FLEXIBLE_NO_GAIN;
    struct fg_flexible_verdict verdict = verdict_of(jobs, job, by, &shift, start_us);
    verdict.cause = cause;
    return verdict;
}

/* -- the look ------------------------------------------------------------------------------------------------- */

/* Without known hours who is held stays so, while there is room: its start is in time anyway. */
static bool stays(const struct fg_flexible_jobs *jobs,
                  const struct fg_job *job,
                  const struct want *want,
                  bool anew)
{
    return job->shift == FG_SHIFT_HELD && conflict(jobs, want, job->eligible_us) == SLOTS
           && (!anew || !knows_hours(jobs, chooses_by(jobs, job, want)));
}

static struct fg_flexible_verdict held_verdict(const struct fg_flexible_jobs *jobs,
                                               const struct fg_job *job,
                                               const struct want *want,
                                               int64_t now_us)
{
    enum fg_flexible by = chooses_by(jobs, job, want);
    struct fg_shift shift = shift_of(jobs, job, by, now_us);
    return verdict_of(jobs, job, by, &shift, job->eligible_us);
}

/* What is to become of it, and the room for that.  Who does not wait, and finds no room now, makes a crowd. */
static struct fg_flexible_verdict consider(struct fg_flexible_jobs *jobs,
                                           const struct fg_job *job,
                                           const struct want *want,
                                           int64_t now_us,
                                           bool anew)
{
    struct fg_flexible_verdict verdict = {.job = job->id, .cause = FG_FLEXIBLE_NO_TIME};
    if (job->shift == FG_SHIFT_HELD && job->eligible_us <= now_us)
        verdict.start_us = first_room(jobs, want, now_us);
    else if (stays(jobs, job, want, anew))
        verdict = held_verdict(jobs, job, want, now_us);
    else
        verdict = choose(jobs, job, want, now_us);
    verdict.kinds = want->kinds;
    if (verdict.cause != FG_FLEXIBLE_WAITS && verdict.start_us > now_us)
        jobs->crowded |= want->kinds;
    take(jobs, want, verdict.start_us);
    return verdict;
}

/* A verdict on each job whose time could come; the others are kept or forgotten. */
static void consider_all(struct fg_flexible_jobs *jobs,
                         const struct fg_pool *pool,
                         const struct fg_queue *queue,
                         int64_t now_us)
{
    bool anew = jobs->has_news || now_us >= jobs->again_us;
    size_t kept = 0;
    if (anew)
        jobs->again_us = now_us + HOUR_US;
    jobs->has_news = false;
    for (size_t i = 0; i < jobs->len; i++) {
        const struct fg_job *job = fg_queue_get(queue, jobs->ids[i]);
        if (!job || !may_wait(job))
            continue;
        jobs->ids[kept++] = jobs->ids[i];
        if (job->waits_for || (job->eligible_us > now_us && job->shift == FG_SHIFT_OPEN))
            continue;
        struct want want = want_of(jobs, pool, queue, job);
        jobs->verdicts = fg_grow(jobs->verdicts, jobs->verdicts_len, &jobs->verdicts_room,
                                 sizeof(jobs->verdicts[0]));
        jobs->verdicts[jobs->verdicts_len++] = consider(jobs, job, &want, now_us, anew);
    }
    jobs->len = kept;
}

/* false: nothing changes. */
static bool carry_out(struct fg_queue *queue, const struct fg_flexible_verdict *verdict)
{
    struct fg_job job = *fg_queue_get(queue, verdict->job);
    bool waits = verdict->cause == FG_FLEXIBLE_WAITS;
    if (waits && job.shift == FG_SHIFT_HELD && job.eligible_us == verdict->start_us)
        return false;
    job.shift = waits ? FG_SHIFT_HELD : FG_SHIFT_GONE;
    job.eligible_us = waits ? verdict->start_us : 0;
    fg_queue_set(queue, &job);
    return true;
}

size_t fg_flexible_look(struct fg_flexible_jobs *jobs,
                        const struct fg_pool *pool,
                        struct fg_queue *queue,
                        const struct fg_running *running,
                        size_t running_len,
                        int64_t now_us,
                        const struct fg_flexible_verdict **out)
{
    size_t changed = 0;
    jobs->verdicts_len = 0;
    if (jobs->len > 0) {
        jobs->base_us = now_us;
        jobs->crowded = 0;
        count_devices(jobs, pool);
        for (size_t i = 0; i < running_len; i++)
            count_running(jobs, pool, &running[i]);
        count_ready(jobs, pool, queue);
        consider_all(jobs, pool, queue, now_us);
    }
    for (size_t i = 0; i < jobs->verdicts_len; i++) {
        struct fg_flexible_verdict *verdict = &jobs->verdicts[i];
        if (verdict->cause == FG_FLEXIBLE_WAITS && (verdict->kinds & jobs->crowded))
            verdict->cause = FG_FLEXIBLE_NO_ROOM;
        if (carry_out(queue, verdict))
            jobs->verdicts[changed++] = *verdict;
    }
    *out = jobs->verdicts;
    return changed;
}

struct fg_flexible_verdict fg_flexible_judge(const struct fg_flexible_jobs *jobs,
                                             const struct fg_pool *pool,
                                             const struct fg_queue *queue,
                                             const struct fg_job *job,
                                             int64_t now_us)
{
    struct want want = {.kinds = want_of(jobs, pool, queue, job).kinds};
    if (job->shift != FG_SHIFT_HELD || job->eligible_us <= now_us)
        return choose(jobs, job, &want, now_us);
    return held_verdict(jobs, job, &want, now_us);
}

/* -- in words ------------------------------------------------------------------------------------------------- */

static void when_text(int64_t time_us, char out[FG_TIME_TEXT_MAX])
{
    fg_time_format(time_us / 1'000'000 * 1'000'000, out);
}

static void waits_text(const struct fg_flexible_verdict *verdict, char out[FG_TEXT_MAX])
{
    static const char *const words[] = {"", "cheaper", "cleaner", "cheaper and cleaner"};
    char start[FG_TIME_TEXT_MAX], latest[FG_TIME_TEXT_MAX], grams[64] = "", price[80] = "";
    when_text(verdict->start_us, start);
    when_text(verdict->latest_us, latest);
    if (verdict->by != FG_FLEXIBLE_PRICE && verdict->then_g_per_kwh >= 0)
        snprintf(grams, sizeof(grams), ": %lld g/kWh, %lld now",
                 (long long)verdict->then_g_per_kwh, (long long)verdict->now_g_per_kwh);
    if (verdict->by != FG_FLEXIBLE_CARBON && verdict->then_uusd_per_kwh >= 0)
        snprintf(price, sizeof(price), "%s %.4g USD/kWh, %.4g now", grams[0] ? ";" : ":",
                 (double)verdict->then_uusd_per_kwh / 1e6,
                 (double)verdict->now_uusd_per_kwh / 1e6);
    snprintf(out, FG_TEXT_MAX, "waits until %s for %s power%s%s; starts by %s at the latest",
             start, words[verdict->by], grams, price, latest);
}

void fg_flexible_text(const struct fg_flexible_verdict *verdict, char out[FG_TEXT_MAX])
{
    static const char *const texts[] = {
        [FG_FLEXIBLE_RENTED] =
            "does not wait for a cheaper hour: rented machines cost the same at all hours",
        [FG_FLEXIBLE_NO_HOURS] =
            "does not wait for a better hour: no price or CO2 by the hour is known",
        [FG_FLEXIBLE_NO_END] = "does not wait for a better hour: give time_limit or duration",
        [FG_FLEXIBLE_NO_TIME] = "waits for no better hour any more",
        [FG_FLEXIBLE_NO_ROOM] = "does not wait for a better hour: others wait for its devices",
        [FG_FLEXIBLE_NO_GAIN] = "does not wait for a better hour: too little would be saved",
    };
    if (verdict->cause == FG_FLEXIBLE_WAITS)
        waits_text(verdict, out);
    else
        snprintf(out, FG_TEXT_MAX, "%s", texts[verdict->cause]);
}

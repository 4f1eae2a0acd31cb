/* judge_waste.c - jobs that hold devices and do not use them: said, and summed up with what it costs. */
#include "judge/judge_inner.h"

#include "base/clock.h"
#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US       INT64_C(3600000000)
#define TELL_EVERY_US INT64_C(60000000)

static const enum fg_alert_cause causes[WASTES] = {
    [WASTE_IDLE] = FG_ALERT_IDLE_HELD, [WASTE_UNDERUSED] = FG_ALERT_UNDERUSED};

/* The devices of a job at this look. */
struct use {
    size_t len;       /* it holds */
    size_t known;     /* of which readings came lately */
    size_t idle;      /* now */
    size_t wasted;    /* idle for so long that it is waste */
    int64_t since_us; /* the first of these began */
    int64_t new_us;   /* time of devices that was wasted and is not counted yet */
    int64_t held_milli;
    bool is_wide; /* they are of several machines */
};

/* What of its idle time is to be counted at this look: all since it began when it has just become waste, else what came since
 * the last look. */
static int64_t to_count_us(const struct looking *looking, int64_t idle_us)
{
    const struct fg_judge *judge = looking->judge;
    bool was_waste = judge->last_us != 0 && judge->last_us - idle_us >= looking->rules->idle_us;
    return judge->now_us - (was_waste ? judge->last_us : idle_us);
}

static struct use use_of(const struct looking *looking, const struct seat *seats, size_t len)
{
    struct use use = {.len = len};
    for (size_t i = 0; i < len; i++) {
        int64_t milli = looking->judge->holds[seats[i].hold].grant->gpu_milli;
        int64_t idle_us = fg_judge_idle_us(looking->judge, &seats[i]);
        use.held_milli += milli;
        use.is_wide |= looking->judge->holds[seats[i].hold].node
                       != looking->judge->holds[seats[0].hold].node;
        use.known += fg_judge_seen(looking->judge, &seats[i]) != NULL;
        use.idle += idle_us != 0;
        if (!fg_judge_is_long(looking, &seats[i]))
            continue;
        use.wasted++;
        use.new_us += to_count_us(looking, idle_us) * milli / 1000;
        if (use.since_us == 0 || idle_us < use.since_us)
            use.since_us = idle_us;
    }
    return use;
}

/* -- sums -------------------------------------------------------------------------------------------------------- */

static uint64_t attempt_key(fg_job_id job, uint32_t attempt)
{
    return job << 16 ^ (attempt & 0xffff);
}

static struct waste *waste_of(struct fg_judge *judge, fg_job_id job, uint32_t attempt)
{
    uint64_t key = attempt_key(job, attempt);
    uint32_t at;
    if (fg_map_get(judge->by_attempt, key, &at))
        return &judge->wastes[at];
    judge->wastes =
        fg_grow(judge->wastes, judge->wastes_len, &judge->wastes_room, sizeof(*judge->wastes));
    fg_map_put(judge->by_attempt, key, (uint32_t)judge->wastes_len);
    struct waste *waste = &judge->wastes[judge->wastes_len++];
    *waste = (struct waste){.key = key, .look = judge->look};
    for (int i = 0; i < WASTES; i++)
        waste->findings[i] =
            (struct fg_finding){.job = job, .attempt = attempt, .cause = causes[i]};
    return waste;
}

void fg_judge_restore(struct fg_judge *judge, const struct fg_finding *finding)
{
    struct waste *waste = waste_of(judge, finding->job, finding->attempt);
    for (int i = 0; i < WASTES; i++)
        if (causes[i] == finding->cause && waste->findings[i].first_us == 0)
            waste->findings[i] = *finding;
}

/* What so much time of a device of the job costs. */
static int64_t cost_of(const struct fg_judge_hold *hold, int64_t device_us, int64_t held_milli)
{
    if (hold->price_uusd_per_hour < 0 || held_milli <= 0)
        return 0;
    return (int64_t)((__int128)hold->price_uusd_per_hour * device_us * 1000 / held_milli
                     / HOUR_US);
}

static void words_of(struct fg_finding *finding, const struct use *use)
{
    double hours = (double)finding->wasted_us / 3.6e9;
    double share =
        finding->held_us > 0 ? 100. * (double)finding->wasted_us / (double)finding->held_us : 0;
    if (finding->cause == FG_ALERT_IDLE_HELD)
        snprintf(finding->text, sizeof(finding->text),
                 "held %zu device%s and did nothing on %s for %.2f device hours, %.0f %% of "
                 "what it held",
                 use->len, use->len == 1 ? "" : "s", use->len == 1 ? "it" : "them", hours,
                 share);
    else
        snprintf(finding->text, sizeof(finding->text),
                 "asked for %zu devices and used %zu: the others idled for %.2f device hours, "
                 "%.0f %% of what it held",
                 use->len, use->len - use->wasted, hours, share);
}

static void begin(struct fg_finding *finding,
                  const struct looking *looking,
                  const struct fg_judge_hold *hold,
                  const struct use *use)
{
    finding->first_us = use->since_us;
    finding->cost_uusd = hold->price_uusd_per_hour < 0 ? -1 : 0;
    finding->project = hold->project;
    finding->held_us = (looking->judge->now_us - hold->begun_us) * use->held_milli / 1000;
    snprintf(finding->user, sizeof(finding->user), "%s", hold->user);
}

static void sum_up(const struct looking *looking,
                   const struct fg_judge_hold *hold,
                   const struct use *use,
                   int which)
{
    struct fg_judge *judge = looking->judge;
    struct waste *waste = waste_of(judge, hold->job, hold->attempt);
    struct fg_finding *finding = &waste->findings[which];
    if (finding->first_us == 0)
        begin(finding, looking, hold, use);
    finding->wasted_us += use->new_us;
    finding->last_us = judge->now_us;
    if (finding->cost_uusd >= 0)
        finding->cost_uusd += cost_of(hold, use->new_us, use->held_milli);
    words_of(finding, use);
    waste->is_new[which] = true;
}

/* What it held since the last look, or, after a restart, since it was last told of. */
static void count_held(const struct looking *looking,
                       const struct fg_judge_hold *hold,
                       const struct use *use)
{
    struct fg_judge *judge = looking->judge;
    uint32_t at;
    if (!fg_map_get(judge->by_attempt, attempt_key(hold->job, hold->attempt), &at))
        return;
    struct waste *waste = &judge->wastes[at];
    waste->look = judge->look;
    for (int i = 0; i < WASTES; i++) {
        struct fg_finding *finding = &waste->findings[i];
        int64_t from_us = judge->last_us ? judge->last_us : finding->last_us;
        if (finding->first_us)
            finding->held_us += (judge->now_us - from_us) * use->held_milli / 1000;
    }
}

static void count(const struct looking *looking,
                  const struct fg_judge_hold *hold,
                  const struct use *use)
{
    count_held(looking, hold, use);
    if (use->wasted > 0)
        sum_up(looking, hold, use, use->wasted == use->len ? WASTE_IDLE : WASTE_UNDERUSED);
}

/* What it wasted, if that is more than was told and `pause_us` have passed since. */
static void tell(const struct looking *looking, struct waste *waste, int64_t pause_us)
{
    int64_t now_us = looking->judge->now_us;
    for (int i = 0; i < WASTES; i++) {
        if (!waste->is_new[i] || now_us - waste->told_us[i] < pause_us)
            continue;
        looking->out->find(looking->out->self, &waste->findings[i]);
        waste->is_new[i] = false;
        waste->told_us[i] = now_us;
    }
}

void fg_judge_tell_waste(const struct looking *looking)
{
    struct fg_judge *judge = looking->judge;
    for (size_t i = judge->wastes_len; i-- > 0;) {
        struct waste *waste = &judge->wastes[i], *last;
        bool is_over = waste->look != judge->look;
        tell(looking, waste, is_over ? 0 : TELL_EVERY_US);
        if (!is_over)
            continue;
        last = &judge->wastes[--judge->wastes_len];
        fg_map_del(judge->by_attempt, waste->key);
        if (waste == last)
            continue;
        *waste = *last;
        fg_map_put(judge->by_attempt, waste->key, (uint32_t)i);
    }
}

/* -- alerts ------------------------------------------------------------------------------------------------------ */

static enum fg_sight sight_of(const struct use *use, int which)
{
    bool is_all_idle = use->known == use->len && use->idle == use->len;
    if (use->known == 0)
        return FG_SIGHT_UNSURE; /* nothing is known of it */
    if (which == WASTE_IDLE) {
        if (use->wasted == use->len)
            return FG_SIGHT_BAD;
        return use->idle == use->known ? FG_SIGHT_UNSURE : FG_SIGHT_CALM;
    }
    if (is_all_idle)
        return FG_SIGHT_UNSURE; /* that is the other cause */
    if (use->wasted > 0)
        return FG_SIGHT_BAD;
    return use->idle > 0 ? FG_SIGHT_UNSURE : FG_SIGHT_CALM;
}

static void describe(const struct looking *looking,
                     const struct fg_judge_hold *hold,
                     const struct use *use,
                     struct fg_alert *alert)
{
    struct fg_judge *judge = looking->judge;
    int which = alert->cause == FG_ALERT_IDLE_HELD ? WASTE_IDLE : WASTE_UNDERUSED;
    const struct fg_finding *finding =
        &waste_of(judge, hold->job, hold->attempt)->findings[which];
    char since[FG_TIME_TEXT_MAX];
    *alert = fg_judge_about(alert->cause, hold, alert->key);
    alert->cost_uusd = finding->cost_uusd;
    fg_time_format(use->since_us / 1000000 * 1000000, since);
    snprintf(alert->text, sizeof(alert->text),
             "job %llu of %s holds %zu device%s on %s%s; %zu of them idle since %s (%lld min), "
             "%.2f device hours so far",
             (unsigned long long)hold->job, hold->user, use->len, use->len == 1 ? "" : "s",
             hold->node->name, use->is_wide ? " and others" : "", use->wasted, since,
             (long long)((judge->now_us - use->since_us) / 60000000),
             (double)finding->wasted_us / 3.6e9);
}

static void say(const struct looking *looking,
                const struct fg_judge_hold *hold,
                const struct use *use,
                int which)
{
    /* Jobs of one user and shape are one cause: an array that idles is one alert. */
    uint64_t key = fg_alarm_key(causes[which], hold->project, hold->work, hold->user);
    struct fg_alert alert = {.key = key, .cause = causes[which]};
    enum fg_sight sight = sight_of(use, which);
    if (sight == FG_SIGHT_BAD)
        describe(looking, hold, use, &alert);
    looking->out->see(looking->out->self, &alert, sight);
}

void fg_judge_waste(const struct looking *looking, const struct seat *seats, size_t len)
{
    const struct fg_judge_hold *hold = &looking->judge->holds[seats[0].hold];
    struct use use = use_of(looking, seats, len);
    count(looking, hold, &use);
    say(looking, hold, &use, WASTE_IDLE);
    if (len > 1)
        say(looking, hold, &use, WASTE_UNDERUSED);
}

/* held.c - see held.h */
#include "queue/held.h"

#include "model/names.h"

#include <assert.h>
#include <math.h>
#include <string.h>

int fg_quota_row(const struct fg_project *project, const char *kind)
{
    for (size_t i = 0; i < project->kinds_len; i++)
        if (fg_kind_is(kind, project->kinds[i].kind))
            return (int)i;
    return -1;
}

#define MINUTE_US 60000000LL

static double rate_of(const struct fg_held *held)
{
    return ((double)held->gpu_milli + (double)held->cpu_milli / FG_CORES_A_DEVICE) / 1000;
}

void fg_held_settle(struct fg_held *held, int64_t now_us, int64_t half_life_s)
{
    if (held->used_us && now_us > held->used_us) {
        double seconds = (double)(now_us - held->used_us) / 1e6, half = (double)half_life_s;
        double kept = exp2(-seconds / half);
        held->used = held->used * kept + rate_of(held) * half / M_LN2 * (1 - kept);
    }
    if (now_us > held->used_us)
        held->used_us = now_us;
}

double fg_held_charged(const struct fg_held *held, int64_t ahead_s)
{
    return held->used + rate_of(held) * (double)ahead_s;
}

void fg_held_add(struct fg_held *held, const struct fg_amount *amount)
{
    held->gpu_milli += amount->gpu_milli;
    held->cpu_milli += amount->cpu_milli;
    held->mem_mib += amount->mem_mib;
    held->running++;
    for (size_t i = 0; i < FG_QUOTA_KINDS_MAX; i++)
        held->kinds[i] += amount->kinds[i];
}

void fg_held_take(struct fg_held *held, const struct fg_amount *amount)
{
    held->gpu_milli -= amount->gpu_milli;
    held->cpu_milli -= amount->cpu_milli;
    held->mem_mib -= amount->mem_mib;
    held->running--;
    for (size_t i = 0; i < FG_QUOTA_KINDS_MAX; i++)
        held->kinds[i] -= amount->kinds[i];
    assert(held->running >= 0 && held->gpu_milli >= 0 && held->cpu_milli >= 0
           && held->mem_mib >= 0);
}

static void sum_up(struct fg_amount *sum, const struct fg_amount *amount, int64_t times)
{
    sum->gpu_milli += times * amount->gpu_milli;
    sum->cpu_milli += times * amount->cpu_milli;
    sum->mem_mib += times * amount->mem_mib;
    for (size_t i = 0; i < FG_QUOTA_KINDS_MAX; i++)
        sum->kinds[i] += times * amount->kinds[i];
}

void fg_held_add_below(struct fg_held *held, const struct fg_amount *amount)
{
    sum_up(&held->below, amount, 1);
    held->below_running++;
}

void fg_held_take_below(struct fg_held *held, const struct fg_amount *amount)
{
    sum_up(&held->below, amount, -1);
    held->below_running--;
    assert(held->below_running >= 0 && held->below.gpu_milli >= 0);
}

static int over(const struct fg_project *project,
                const char *what,
                int64_t held,
                int64_t asked,
                int64_t limit,
                struct fg_err *err)
{
    if (limit < 0 || held + asked <= limit)
        return 0;
    return fg_fail(err, FG_EQUOTA, "project %s: quota of %lld %s: %lld held, %lld asked",
                   project->name, (long long)limit, what, (long long)held, (long long)asked);
}

int fg_quota_allows(const struct fg_project *project,
                    const struct fg_held *held,
                    const struct fg_amount *amount,
                    struct fg_err *err)
{
    const struct fg_quota *quota = &project->quota;
    const struct fg_amount *below = &held->below;
    if (held->is_spent)
        return fg_fail(err, FG_EQUOTA, "project %s: its budget is spent", project->name);
    int rc = over(project, "running jobs", held->running + held->below_running, 1,
                  quota->running, err);
    if (rc == 0)
        rc = over(project, "milli-devices", held->gpu_milli + below->gpu_milli,
                  amount->gpu_milli, quota->gpu_milli, err);
    if (rc == 0)
        rc = over(project, "milli-cores", held->cpu_milli + below->cpu_milli, amount->cpu_milli,
                  quota->cpu_milli, err);
    if (rc == 0)
        rc = over(project, "MiB of memory", held->mem_mib + below->mem_mib, amount->mem_mib,
                  quota->mem_mib, err);
    for (size_t i = 0; rc == 0 && i < project->kinds_len; i++)
        if (amount->kinds[i] > 0)
            rc = over(project, project->kinds[i].kind, held->kinds[i] + below->kinds[i],
                      amount->kinds[i], project->kinds[i].gpu_milli, err);
    return rc;
}

/* -- users --------------------------------------------------------------------------------------- */

bool fg_user_limits_any(const struct fg_user_limits *limits)
{
    return limits->running > 0 || limits->gpu_milli > 0 || limits->queued > 0
           || limits->submits_per_minute > 0;
}

static int over_user(const struct fg_project *project,
                     const char *what,
                     int64_t held,
                     int64_t asked,
                     int64_t limit,
                     struct fg_err *err)
{
    if (limit <= 0 || asked <= 0 || held + asked <= limit)
        return 0;
    return fg_fail(err, FG_EQUOTA,
                   "project %s: limit of %lld %s for each user: %lld held, %lld asked",
                   project->name, (long long)limit, what, (long long)held, (long long)asked);
}

int fg_user_allows(const struct fg_project *project,
                   const struct fg_user_held *held,
                   const struct fg_amount *amount,
                   struct fg_err *err)
{
    const struct fg_user_limits *limits = &project->user_limits;
    int rc = over_user(project, "running jobs", held->running, 1, limits->running, err);
    return rc < 0 ? rc
                  : over_user(project, "milli-devices", held->gpu_milli, amount->gpu_milli,
                              limits->gpu_milli, err);
}

/* Each submit pays for a part of a minute; a minute may be paid for ahead. */
static int64_t part_us(const struct fg_project *project)
{
    int64_t limit = project->user_limits.submits_per_minute;
    return (MINUTE_US + limit - 1) / limit;
}

static int64_t paid_us(const struct fg_user_held *held, int64_t now_us)
{
    return held->paid_us > now_us ? held->paid_us : now_us;
}

int64_t fg_user_pause_us(const struct fg_project *project,
                         const struct fg_user_held *held,
                         int64_t now_us)
{
    int64_t limit = project->user_limits.submits_per_minute;
    if (limit <= 0)
        return 0;
    int64_t part = part_us(project);
    int64_t early_us = paid_us(held, now_us) + part - (now_us + limit * part);
    return early_us > 0 ? early_us : 0;
}

void fg_user_submitted(const struct fg_project *project,
                       struct fg_user_held *held,
                       int64_t now_us)
{
    if (project->user_limits.submits_per_minute > 0)
        held->paid_us = paid_us(held, now_us) + part_us(project);
}

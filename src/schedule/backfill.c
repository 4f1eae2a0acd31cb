/* backfill.c - the head's reservation (EASY backfill).
 *
 * The shadow pool is the pool as it will be when the head starts: jobs that will have ended are released, the head
 * is claimed.  A later job that would still run then must find its devices free in the shadow pool as
 * well; so the head is never delayed by it, given that jobs end by their limits.  Most often it is the forecast
 * (forecast.h), which is kept from pass to pass.
 */

#include "schedule/elastic.h"

#include <assert.h>

int64_t fg_schedule_duration(const struct fg_schedule *schedule, const struct fg_job *job)
{
    return job->time_limit_us > 0 ? job->time_limit_us
                                  : schedule->config->backfill_default_limit_s * 1000000;
}

void fg_schedule_reserve(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head,
                         const struct fg_gang *gang)
{
    assert(schedule->reservation.job == 0);
    schedule->reservation = (struct fg_reservation){.job = head->id, .at_us = INT64_MAX};
    if (fg_schedule_preempt(schedule, pass, head, gang)
        || fg_elastic_shrink(schedule, pass, head, gang))
        return;
    schedule->reservation.at_us = fg_forecast_reserve(schedule, pass, gang);
    if (schedule->beside != schedule->forecast.pool)
        schedule->beside_number++;
    schedule->beside = schedule->forecast.pool;
    /* It needs what is reserved in advance, of which nothing can be foreseen: the next may be the head. */
    if (schedule->reservation.at_us == INT64_MAX && fg_reserved_is_any(&schedule->reserved)) {
        schedule->reservation.job = 0;
        fg_misfit_note_unforeseen(schedule, head);
    }
}

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
    if (job->time_limit_us > 0)
        return job->time_limit_us;
    int64_t most_us = schedule->config->backfill_default_limit_s * 1000000;
    return job->predicted_most_us > 0 && job->predicted_most_us < most_us
               ? job->predicted_most_us
               : most_us;
}

int64_t fg_schedule_longest_us(const struct fg_schedule *schedule,
                               const struct fg_queue_lane *lane,
                               int64_t room_us)
{
    bool has_room_for_all = schedule->config->backfill_default_limit_s * 1000000 <= room_us;
    return !lane->is_limited && has_room_for_all ? INT64_MAX : room_us;
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

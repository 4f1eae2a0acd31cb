/* forecast.h - the pool as it will be at the moment for which the head has its reservation, kept from pass to pass.
 * Inside of schedule/ only.
 *
 *     pool, without jobs that end until then --> FORECAST, and the head on its devices in it
 *
 * It follows each job that begins or ends at the cost of that job, since most of them change nothing in it: who ends
 * sooner than foreseen was not there any more, and who begins and ends before is never there.  Counters per kind of
 * gang tell how many tasks fit; they follow the log of changes.
 */
#pragma once

#include "schedule/room.h"

struct fg_schedule;
struct fg_pass;
struct runner;

#define FG_COUNTERS 16 /* kinds of gang whose room is kept counted */

struct forecast {
    struct fg_pool *pool; /* NULL: never needed so far */
    size_t nodes_max;
    bool is_valid;
    uint64_t generation,
        expected;        /* of the real pool: nodes, and changes that are accounted for */
    int64_t until_us;    /* who ends until then has ended */
    struct fg_gang gang; /* of the head */
    struct fg_grant *head;
    size_t head_len, head_room; /* its grants; none: it is lifted off */
    bool is_stale;              /* it was placed in another forecast than there is now */
    bool may_be_sooner;         /* something ended that the head waited for */
    struct room_counter counters[FG_COUNTERS];
    uint64_t asked;
};

void fg_forecast_fini(struct forecast *forecast);
/* A job holds its devices from now on, or no more. */
void fg_forecast_claim(struct fg_schedule *schedule, const struct runner *runner);
void fg_forecast_release(struct fg_schedule *schedule, const struct runner *runner);
/* A job was started beside the head, and claimed in the forecast by that. */
void fg_forecast_started_beside(struct fg_schedule *schedule);
/* The soonest moment at which the gang fits, and it is placed there; INT64_MAX: not foreseeable, and nothing is placed. */
int64_t fg_forecast_reserve(struct fg_schedule *schedule,
                            const struct fg_pass *pass,
                            const struct fg_gang *gang);
/* A pass ends: what it claimed in the pool is known. */
void fg_forecast_settle(struct fg_schedule *schedule, const struct fg_pool *pool);
/* Time alone changes nothing: nobody ends in the forecast because it is later now. */
bool fg_forecast_stands(const struct fg_schedule *schedule, int64_t now_us);

/* flexible.h - jobs that wait for cheaper or cleaner power, and until when.
 *
 *     price and CO2 by hour --\
 *     running, ready jobs -----> FLEXIBLE --held until / let go--> queue (eligible_us)
 *     flexible jobs ----------/
 *
 * A flexible job is held until the start that energy/carbon.h finds best, and starts so early at the latest that it is over in time
 * by its time limit (else by what four of five jobs like it took, else as its user expects), with a tenth of that and a minute
 * in reserve.  It is held only where the pool has room for it later: in a ledger by quarters of an hour stand what runs, what starts
 * now, and other held jobs.  And nobody is held while somebody waits for devices of the same kind: then all go in their turn, as
 * without any of this.  Let go is for good: no job comes and goes.
 *
 * Pure: no clock, no I/O.
 */
#pragma once

#include "base/config.h"
#include "energy/carbon.h"
#include "pool/pool.h"
#include "queue/queue.h"
#include "schedule/schedule.h"

#define FG_FLEXIBLE_HOURS_MAX  192              /* that are looked at */
#define FG_FLEXIBLE_DEFAULT_US 86'400'000'000LL /* to be over by then, if nobody says when */

struct fg_flexible_jobs;

struct fg_flexible_jobs *fg_flexible_jobs_new(
    const struct fg_config *config);                       /* NULL: no memory */
void fg_flexible_jobs_free(struct fg_flexible_jobs *jobs); /* NULL is allowed */
FG_AUTO_DEFINE(fg_flexible_jobs)

/* micro-USD a kWh, g CO2 a kWh, by hour from about now; copied, of each FG_FLEXIBLE_HOURS_MAX values at most.  len 0: not known, and
 * jobs that are held for it stay so. */
void fg_flexible_hours(struct fg_flexible_jobs *jobs,
                       const struct fg_hourly *price,
                       const struct fg_hourly *carbon);

/* Kinds of device, as bits, of which there are some whose power the service pays for; at first all.  A job that may only have
 * others waits for no cheaper power: rented machines cost the same at all hours. */
void fg_flexible_powered(struct fg_flexible_jobs *jobs, uint64_t kinds);

/* Look at this one from now on; nothing happens unless it is flexible, waits and was not let go. */
void fg_flexible_add(struct fg_flexible_jobs *jobs, const struct fg_job *job);
/* Look at none of those any more. */
void fg_flexible_clear(struct fg_flexible_jobs *jobs);
/* Jobs that are looked at. */
size_t fg_flexible_len(const struct fg_flexible_jobs *jobs);

/* Why a job waits, or not. */
enum fg_flexible_cause {
    FG_FLEXIBLE_WAITS,
    FG_FLEXIBLE_RENTED,   /* the power of all devices that it may have is in their rent */
    FG_FLEXIBLE_NO_HOURS, /* nobody knows price or CO2 by hour */
    FG_FLEXIBLE_NO_END,   /* nobody knows how long it takes */
    FG_FLEXIBLE_NO_TIME,  /* its latest start has come */
    FG_FLEXIBLE_NO_ROOM,  /* somebody waits for such devices */
    FG_FLEXIBLE_NO_GAIN,  /* too little is saved */
};
struct fg_flexible_verdict {
    fg_job_id job;
    enum fg_flexible_cause cause;
    enum fg_flexible by;
    uint64_t kinds; /* of device that it may have */
    int64_t start_us, latest_us, until_us;
    /* Means over its run, if it starts then and now; -1 not known. */
    int64_t then_g_per_kwh, now_g_per_kwh;
    int64_t then_uusd_per_kwh, now_uusd_per_kwh;
};

/* Before a pass: hold and let go.  Jobs in the queue are changed (eligible_us, shift); `out` are those that were, to be written
 * by the caller, valid until the next look.  Returns how many. */
size_t fg_flexible_look(struct fg_flexible_jobs *jobs,
                        const struct fg_pool *pool,
                        struct fg_queue *queue,
                        const struct fg_running *running,
                        size_t running_len,
                        int64_t now_us,
                        const struct fg_flexible_verdict **out);

/* The verdict on a job, as it is held or as it would be judged now; room is not looked at. */
struct fg_flexible_verdict fg_flexible_judge(const struct fg_flexible_jobs *jobs,
                                             const struct fg_pool *pool,
                                             const struct fg_queue *queue,
                                             const struct fg_job *job,
                                             int64_t now_us);
/* "waits until 2026-11-22T02:00:00Z for cleaner power: 210 g/kWh, 430 now; starts by ... at the latest to be over by ..." */
void fg_flexible_text(const struct fg_flexible_verdict *verdict, char out[FG_TEXT_MAX]);

/* reservation.h - advance reservations in a pass: who may use reserved devices, until when, and who starts in one.
 *
 *     fg_schedule_advances(schedule, advances, len);    what is reserved, from when until when
 *     job.reservation = fg_advance_key("exam");         and so the class of its request: fg_queue_class_in()
 *
 * What is reserved is set apart from the moment the reservation is made (or has come within `reservation_horizon_s`):
 * no promise of backfill counts on it.  It is lent until the reservation begins: to jobs whose time limit, and the pause
 * between TERM and KILL, end before; and to preemptible ones, which are asked to stop `reservation_lead_s` before.  A gang
 * that needs both, lent nodes and others, starts if both are free and nobody's promise is delayed; it has none itself.
 *
 * A job that names a reservation runs only there and then.  In it jobs start in their order; one that does not fit holds
 * up those behind it.  Preemptible ones are asked to stop `reservation_lead_s` before the end, and wait for the next time;
 * of the others the time limit is cut (fg_schedule_cut_us).
 *
 * Without reservations nothing of this costs anything.
 */
#pragma once

#include "model/reservation.h"
#include "schedule/schedule.h"

/* From the next pass on these are the reservations.  Copied. */
void fg_schedule_advances(struct fg_schedule *schedule,
                          const struct fg_advance *advances,
                          size_t len);
/* When a pass is due although nothing happens: something is to begin, to end, or to be made free.  INT64_MAX: never. */
int64_t fg_schedule_advances_next_us(const struct fg_schedule *schedule, int64_t now_us);

/* NULL: there is none of that key. */
const struct fg_advance *fg_schedule_advance(const struct fg_schedule *schedule, uint64_t key);
/* May jobs of this project, and this user, use it? */
bool fg_advance_admits(const struct fg_advance *advance,
                       const struct fg_queue *queue,
                       fg_project_id project,
                       uint32_t user);
/* If the job started now in its reservation: how long it may run.  0: as long as it likes. */
int64_t fg_schedule_cut_us(const struct fg_schedule *schedule,
                           const struct fg_job *job,
                           int64_t now_us);

/* The reservation that keeps a job without one, which ends at `ends_us` (INT64_MAX: it gives no time limit), off devices of this
 * node now.  NULL: none. */
const struct fg_advance *fg_schedule_keeps_off(const struct fg_schedule *schedule,
                                               fg_node_id node,
                                               int64_t now_us,
                                               int64_t ends_us);

/* Claim in a copy of the pool what is reserved and free: for plans made outside of a pass. */
void fg_schedule_hold_advances(struct fg_schedule *schedule,
                               struct fg_pool *copy,
                               int64_t now_us);

/* Devices for a reservation of so many from start to end: those that get free soonest, of them whole nodes first (those
 * with the most that will do).  `kind` as in a request; at least `count` places in `out`, by node.  Returns how many
 * places, or FG_ENOCAP: there are not so many that no other reservation has then. */
[[nodiscard]] int fg_schedule_choose_advance(const struct fg_schedule *schedule,
                                             const struct fg_pool *pool,
                                             const struct fg_advance *times,
                                             const char *kind,
                                             uint32_t count,
                                             struct fg_advance_place *out,
                                             struct fg_err *err);

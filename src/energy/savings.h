/* savings.h - what caps and sleep saved, as far as it was measured, and a ledger of it.
 *
 *     stretches at a cap, curve --SAVINGS--> joules not drawn, time lost
 *     time asleep, watts --------'    '--rows, added up--> whoever keeps them
 *
 * A cap: the same work at full power would have taken power / rate of that probe.  Nothing is claimed before a class was measured at
 * full power, nor for a stretch in which it did something else than its curve says (a job that waits for data has saved nothing), nor
 * for work that was faster under a cap than without.
 * Sleep: what the node draws empty, less what it draws asleep; going down and coming up counts in full as spent, though it would have
 * drawn something then too.
 * Pure. */
#pragma once

#include "base/auto.h"
#include "energy/curve.h"
#include "energy/sleep.h"
#include "model/saving.h"

/* A device did `rate` at `cap_mw` and drew `power_mw` on average, for `seconds`: it was noted in the curve. */
struct fg_stretch {
    int64_t cap_mw;
    double power_mw, rate, seconds;
};
struct fg_saved fg_saved_by_cap(const struct fg_curve *curve, const struct fg_stretch *stretch);

/* A node slept for so long; or moved: went down or came up. */
struct fg_saved fg_saved_by_sleep(const struct fg_sleep_costs *costs,
                                  bool is_moving,
                                  int64_t time_us);

/* Rows, one of each job, day, way, node and device. */
struct fg_savings;
struct fg_savings *fg_savings_new(void); /* never NULL */
void fg_savings_free(struct fg_savings *savings);
FG_AUTO_DEFINE(fg_savings)

void fg_savings_add(struct fg_savings *savings, const struct fg_saving *saving);
size_t fg_savings_len(const struct fg_savings *savings);
const struct fg_saving *fg_savings_at(const struct fg_savings *savings, size_t index);
void fg_savings_clear(struct fg_savings *savings);

/* curve.h - what a class of jobs does with power on a kind of device: work a second and watts, by power cap.
 *
 *     seconds run at a cap: power, rate --note--> CURVE --rate, power--> cap (one job), budget (all jobs)
 *                                                  '--next_probe--> the cap that would teach most
 *
 * One curve is of one class of jobs on one kind of device; whoever keeps many keys them.  It is a plain value: copy it, keep it
 * as bytes, start it again with fg_curve_init().  At most FG_CURVE_PROBES_MAX caps are kept.
 *
 * The rate between two caps that were tried is that of a least-squares fit which never falls and bends down only (diminishing
 * returns of power, as in the tables of Zeus, NSDI'23), so the straight line between two caps promises too little rather than
 * too much.  Below the lowest cap that was tried it falls off in proportion to the cap, the least that such a curve can do.
 * What was measured is remembered for about FG_CURVE_MEMORY_S of running at that cap; one rate that is off by more than
 * FG_CURVE_DRIFT_MILLI is left out, a second one running means that the class does something else now: all before is forgotten.
 *
 * Units: caps and power in milliwatts of one device; the rate in anything, as long as one curve keeps to it (steps, samples).
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_CURVE_PROBES_MAX  16
#define FG_CURVE_MEMORY_S    3600
#define FG_CURVE_DRIFT_MILLI 150
#define FG_CURVE_ENOUGH      3 /* caps to try below full power: what next_probe stops at */

/* What a device can be set to: min, min + step, ..., and max, which is no cap at all. */
struct fg_cap_range {
    int64_t min_mw, max_mw, step_mw;
};

struct fg_curve_probe {
    int64_t cap_mw;
    double seconds; /* measured that long, as far as it is remembered */
    double power_mw, rate;
    double fit; /* the rate that is believed */
};

struct fg_curve {
    struct fg_cap_range range;
    struct fg_curve_probe probes[FG_CURVE_PROBES_MAX]; /* by cap, rising */
    size_t len;
    uint32_t odd; /* measurements running that were off */
};

/* Nothing is known.  min > 0, max >= min, step > 0 (asserted). */
void fg_curve_init(struct fg_curve *curve, const struct fg_cap_range *range);

/* A device did `rate` at `cap_mw` and drew `power_mw` on average, for `seconds` (> 0).  Power or rate not above 0 are left out. */
void fg_curve_note(
    struct fg_curve *curve, int64_t cap_mw, double power_mw, double rate, double seconds);

/* Is that rate at that cap what was measured there before? */
bool fg_curve_fits(const struct fg_curve *curve, int64_t cap_mw, double rate);

/* The cap of the range that is nearest to `cap_mw`, of two as near the higher one. */
int64_t fg_curve_snap(const struct fg_cap_range *range, int64_t cap_mw);

/* True once it has been measured at full power: before that nothing can be compared. */
bool fg_curve_is_based(const struct fg_curve *curve);

/* The rate at that cap as a share of the rate at full power, 0 to 1; and the power that it draws there.  Not based: 1 and the cap. */
double fg_curve_share(const struct fg_curve *curve, int64_t cap_mw);
double fg_curve_power_mw(const struct fg_curve *curve, int64_t cap_mw);

/* The cap to try next for a job that may be slowed by `slowdown_milli`, 0 none: full power first, then nine tenths of what it
 * draws, then down while that saves and is quick enough, and back up between the last that was and the first that was not (by
 * the straight line between them).  So a search stops early and never tries what is sure to be too slow. */
int64_t fg_curve_next_probe(const struct fg_curve *curve, uint32_t slowdown_milli);

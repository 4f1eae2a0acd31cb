/* spot_outlook.h - what is to be expected of spot machines, learned from when they were there.
 *
 *     there / not there, look after look --> OUTLOOK --weights of regimes--> spot_value, the choice of a zone
 *
 * Model:   at any time a market is in one of FG_SPOT_REGIMES regimes: machines stay for a mean life and stay away for a
 *          mean absence, both exponential, each from a scale of four.  Now and then (a mean of FG_SPOT_REGIME_HOURS) it
 *          takes another regime, any with equal chance.  That makes runs of heavy tails, as traces have them.  The scales and
 *          the mean were chosen on the traces of 2022 alone (docs/results.md); results hardly move with them.
 * Learned: the weight of each regime by Bayes' rule after each look; old looks fade as the market may have changed.
 * Owner:   plain values.  Pure: the same looks give the same weights.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_SPOT_SCALES       4
#define FG_SPOT_REGIMES      (FG_SPOT_SCALES * FG_SPOT_SCALES)
#define FG_SPOT_REGIME_HOURS 12.0

struct fg_spot_outlook {
    double weights[FG_SPOT_REGIMES]; /* sum is 1 */
    bool is_there;                   /* at the last look */
    uint32_t looks;
    /* Chances of the step that was last asked for: looks come at even steps. */
    double step_hours;
    double stays[FG_SPOT_REGIMES], returns[FG_SPOT_REGIMES];
};

/* Nothing known: all regimes alike. */
void fg_spot_outlook_start(struct fg_spot_outlook *outlook);
/* Nothing known of this zone, but of its neighbours: half of what they are believed to be in, as zones of one region and
 * one machine run short together. */
void fg_spot_outlook_start_near(struct fg_spot_outlook *outlook,
                                const struct fg_spot_outlook *near,
                                size_t near_len);

/* Take a look, `since_us` after the one before (the first: any). */
void fg_spot_outlook_look(struct fg_spot_outlook *outlook, bool is_there, int64_t since_us);

/* Mean life of a machine that is there, and mean absence of one that is not, in hours; of a regime. */
double fg_spot_regime_life_hours(size_t regime);
double fg_spot_regime_absence_hours(size_t regime);
/* The same to be expected now. */
double fg_spot_life_hours(const struct fg_spot_outlook *outlook);
double fg_spot_absence_hours(const struct fg_spot_outlook *outlook);
/* Share of the time that one is there in the long run, 0 to 1. */
double fg_spot_share(const struct fg_spot_outlook *outlook);

/* Chance that it is there after `hours`, coming and going counted, if it is there now or not. */
double fg_spot_regime_there(size_t regime, bool is_there, double hours);

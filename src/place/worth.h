/* worth.h - what a share of a device is worth, when devices are cut up well.
 *
 * Placing shares is cutting stock: each device is a bar of 1000, each share a piece.  The linear program of Gilmore and
 * Gomory (1961) finds the mix of cutting patterns that serves the typical shares with the fewest devices; its duals say
 * what part of a device each share size is worth.  A share of 810 that leaves room for nothing is worth a whole device;
 * of 470 and 460, which go together, each is worth a half.
 */
#pragma once

#include "place/mix.h"

/* For every size 0..1000: worth of a piece of that size in thousandths of a device, or 0 where the mix has
 * no such size; [1000] is 1000.  Pure: the same mix gives the same numbers. */
void fg_worth_of_shares(const struct fg_mix_type *types,
                        size_t len,
                        double out_worth[FG_WHOLE_MILLI + 1]);

/* The greatest worth that pieces out of a leftover of 0..1000 can have together, for the pieces with worth > 0. */
void fg_worth_of_leftovers(const double worth[FG_WHOLE_MILLI + 1],
                           double out_best[FG_WHOLE_MILLI + 1]);

/* compare.h - two policies on the same days: by how much the second differs, and how sure that is.
 *
 * Days are paired: both policies had the same jobs.  The change is that of the mean over days.  Its interval is a circular
 * block bootstrap (Politis and Romano 1992), blocks of about the cube root of the number of days, since a bad day spoils the next;
 * with expanded percentiles for few days (Hesterberg, "What teachers should know about the bootstrap", 2015), which without
 * that are too narrow.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fg_change {
    double now, then;         /* means over days, of the first and of the second */
    double change, low, high; /* then / now - 1, and its 95 % interval */
    size_t days, worse_days;  /* worse: more than a thousandth above */
};

/* `now` and `then` have `days` values each, with `stride` doubles from one to the next.  Of no days all is 0; where the first
 * is 0 throughout, the change is 1 if the second is not.  The same seed gives the same interval. */
struct fg_change fg_change_of(
    const double *now, const double *then, size_t days, size_t stride, uint64_t seed);

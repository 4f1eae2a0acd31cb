/* speeds.h - how fast kinds of device are, one against the other, by the run times of work that ran on several of them.
 *
 *     class of work, kind, run time --note()--> SPEEDS --rate()--> so many times the reference
 *
 *     ln(run time of class c on kind k) = base(c) - speed(k) - own(c, k)
 *
 * The speeds of kinds are fitted to all classes that were seen on two kinds or more, each pulled to 1 as if it had been seen
 * FG_SPEEDS_PRIOR times as fast as the reference; `own`, in which work differs from the rest (memory-bound work gains less), is pulled to none in the same
 * way.  The reference is the kind that was seen most.
 *
 * How sure that is follows from how run times of one class on one kind spread, and classes from the rest (variance components; of both
 * FG_SPEEDS_PRIOR are taken to have been seen that spread as FG_SPEEDS_SPREAD and FG_SPEEDS_OWN say).
 *
 * Memory is fixed; classes unseen for longest are forgotten.  Pure, one owner, deterministic.
 */
#pragma once

#include "base/auto.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_SPEEDS_PRIOR 2
#define FG_SPEEDS_SPREAD                                                                       \
    0.5 /* of logarithms of run times: within a factor of 1.65 of each other */
#define FG_SPEEDS_OWN   0.3
#define FG_SPEEDS_KINDS 32

struct fg_speeds;

struct fg_speeds *fg_speeds_new(size_t classes_max); /* NULL: no memory */
void fg_speeds_free(struct fg_speeds *speeds);       /* NULL is allowed */
FG_AUTO_DEFINE(fg_speeds)

/* Work of this class ran so long on devices of this kind.  A kind beyond FG_SPEEDS_KINDS is not noted. */
void fg_speeds_note(struct fg_speeds *speeds, uint64_t class, const char *kind, int64_t ran_us);

struct fg_speed {
    double rate;  /* how fast, the reference being 1 */
    double error; /* standard error of its natural logarithm, 0.1: within about 10 % */
};
/* How fast work of this class (0: work in general) runs there.  false: nothing is known of the kind. */
bool fg_speeds_rate(struct fg_speeds *speeds,
                    uint64_t class,
                    const char *kind,
                    struct fg_speed *out);

struct fg_speed_row {
    const char *kind;
    double rate, error; /* of work in general */
    uint64_t runs;      /* noted */
    size_t classes;     /* of work seen there and on another kind: what the rate is made of */
};

/* Kinds, `*at` zero at first.  false: no more. */
bool fg_speeds_next(struct fg_speeds *speeds, size_t *at, struct fg_speed_row *out);

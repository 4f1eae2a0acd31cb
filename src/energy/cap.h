/* cap.h - the power cap of one job: the least energy for its work that its slack allows.
 *
 *     curve of its class, deadline and priority --CAP--> cap, what it costs and saves, and why
 *
 * Energy for a piece of work is power / rate.  As in Zeus (NSDI'23) the cost may weigh time as well:
 *     cost = eta x energy + (1 - eta) x max power x time,
 * with eta 1 it is energy alone.  Of the caps that were measured the cheapest is taken whose slowdown is within what is allowed (a cap
 * that was only reckoned may be slower than it promises: on the tables of Zeus by up to 13 % where 5 % were allowed):
 *   - urgent jobs: 0
 *   - a job with a deadline: no more than leaves `margin` of the time it has as a reserve, and never more than slowdown_milli;
 *     where it has more time than that, up to stretch_milli
 *   - others: slowdown_milli.
 * Pure. */
#pragma once

#include "energy/curve.h"

struct fg_cap_terms {
    uint32_t eta_milli;      /* 1000: energy alone */
    uint32_t slowdown_milli; /* of any job */
    uint32_t
        stretch_milli; /* of a job with a deadline that leaves it the time; 0: as slowdown_milli */
    uint32_t margin_milli; /* of the time until its deadline that stays in reserve */
};
#define FG_CAP_TERMS_DEFAULT                                                                   \
    ((struct fg_cap_terms){                                                                    \
        .eta_milli = 1000, .slowdown_milli = 50, .stretch_milli = 0, .margin_milli = 100})

struct fg_cap_job {
    bool urgent;     /* it is not slowed down at all */
    int64_t left_us; /* of work at full power; 0 unknown */
    int64_t due_us;  /* until its deadline, from now; INT64_MAX it has none */
};

enum fg_cap_why {
    FG_CAP_UNKNOWN,  /* the curve was not measured at full power: no cap */
    FG_CAP_URGENT,   /* no cap: the job is urgent */
    FG_CAP_DEADLINE, /* no cap, or a milder one: the deadline leaves no more */
    FG_CAP_NO_GAIN,  /* no cap saves anything within what is allowed */
    FG_CAP_SAVES,
};

struct fg_cap_choice {
    int64_t cap_mw;          /* range.max_mw: none */
    uint32_t slowdown_milli; /* expected */
    int32_t saved_milli;     /* of the energy of the work */
    int64_t power_mw;        /* expected */
    enum fg_cap_why why;
};

/* How much slower the job may be, in thousandths. */
uint32_t fg_cap_allowed(const struct fg_cap_terms *terms, const struct fg_cap_job *job);

struct fg_cap_choice fg_cap_choose(const struct fg_curve *curve,
                                   const struct fg_cap_terms *terms,
                                   const struct fg_cap_job *job);

const char *fg_cap_why_name(enum fg_cap_why why); /* "unknown", "urgent", ... */

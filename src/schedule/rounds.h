/* rounds.h - time slicing: in each round, the jobs that are furthest behind what they are owed run.
 *
 *     shares (allocate) --> ROUNDS --who runs on which kind of device this round--> sim
 *
 * The mechanism is the one of Gavel (Narayanan et al., OSDI 2020, section 5).  Each job has a share x_k of its time on
 * each kind k.  Since the shares were last set, it got the fraction f_k of the time that all jobs got on that kind; its
 * priority there is x_k / f_k.  Kinds are filled one after the other: highest priority first, ties by what earlier
 * shares still owe (deficit), then by the share, then by age.  A job that does not fit as a whole is passed over.
 *
 * Space sharing: two jobs may be owed a share of time together on one set of devices; such a pair stands in line like a
 * job, and whoever of the two has its place already is not taken twice.
 *
 * Times are seconds in double: they only ever form ratios with shares, which are doubles.
 * Pure: no clock, no randomness; same calls, same answer.  One owner, one thread.
 */
#pragma once

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_ROUNDS_KINDS_MAX 8
#define FG_ROUNDS_NOWHERE   UINT32_MAX /* of a kind: it does not run */

/* What a kind is to one job. */
struct fg_rounds_place {
    double share;      /* of the job's time; set by the owner with fg_rounds_reset() */
    double received_s; /* since then, and half a round in advance */
    double deficit_s;  /* owed from before, negative: had too much */
    bool fits;         /* the job makes progress there */
};

struct fg_rounds_job {
    uint64_t id;      /* of the owner; ascending with age */
    uint32_t devices; /* taken at once, all of one kind */
    uint32_t kind;    /* this round's, or FG_ROUNDS_NOWHERE */
    uint32_t
        pair; /* in rounds->pairs: it shares its devices this round, or FG_ROUNDS_NOWHERE */
    bool
        has_share; /* a job that came since the last reset is given a place, and waits there for its share */
    struct fg_rounds_place places[FG_ROUNDS_KINDS_MAX];
};

/* Two jobs that share devices, until the next reset. */
struct fg_rounds_pair {
    uint32_t a, b; /* in rounds->jobs, a < b; both take equally many devices */
    struct fg_rounds_place places[FG_ROUNDS_KINDS_MAX]; /* share: of the time of both */
};

struct fg_rounds {
    uint32_t kinds_len;
    uint32_t capacity[FG_ROUNDS_KINDS_MAX]; /* devices */
    double received_s[FG_ROUNDS_KINDS_MAX]; /* of all jobs, since the last reset */
    double round_s;
    bool idles; /* jobs without a share there do not fill devices that are left over */
    struct fg_rounds_job *jobs; /* owned; oldest first */
    size_t jobs_len, jobs_room;
    struct fg_rounds_pair *pairs; /* owned */
    size_t pairs_len, pairs_room;
    struct fg_rounds_rank *ranks; /* owned: room to sort in */
    size_t ranks_room;
};

/* Nobody yet.  Set kinds_len, capacity and round_s; the rest zero. */
void fg_rounds_free(struct fg_rounds *rounds);

/* A new job with no share yet, younger than all others.  The pointer is valid until the next add or remove. */
struct fg_rounds_job *fg_rounds_add(struct fg_rounds *rounds, uint64_t id, uint32_t devices);
/* The job of this id, or NULL. */
struct fg_rounds_job *fg_rounds_find(const struct fg_rounds *rounds, uint64_t id);
/* Forget job `at` of rounds->jobs, and the pairs that it is in. */
void fg_rounds_remove(struct fg_rounds *rounds, size_t at);

/* New shares come: settle what the old ones promised for the last `elapsed_s`, begin to count anew.
 * Then set the share of every job.  All jobs have a share from here on; there are no pairs. */
void fg_rounds_reset(struct fg_rounds *rounds, double elapsed_s);

/* Jobs a and b of rounds->jobs may share devices; shares are 0.  The pointer is valid until the next one is added. */
struct fg_rounds_pair *fg_rounds_add_pair(struct fg_rounds *rounds, uint32_t a, uint32_t b);

/* Choose: sets the kind of every job.  `order` are all kinds, the first to be filled first. */
void fg_rounds_pick(struct fg_rounds *rounds, const uint32_t *order);

/* The job had its place of this round for so long; of a pair, one call for both. */
void fg_rounds_ran(struct fg_rounds *rounds, struct fg_rounds_job *job, double seconds);

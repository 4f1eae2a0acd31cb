/* tune.h - other policies tried on your own history: what each would have done, and whether one is to be proposed.
 *
 *     trace, cluster, the policy that runs --TUNE--> replays to be done --their days--> ... --> verdict, proposal
 *
 * The days before the origin are for the search, those after it are held back: the search never sees them.  What the search
 * likes best is freed of changes that bring nothing, and replayed once on the held-back days.  It is proposed only if the whole
 * 95 % interval of its change there is better, and no bound is broken.
 *
 * Each replay begins some days earlier, so that queues and what is learned of durations are as on any day; these do not count.
 *
 * Pure but for the threads that do the replays; who calls says when the time is up.  The same options give the same answer, byte
 * for byte, on however many threads, as long as nobody stops the search.
 *
 *     while (rc == 0 && fg_tune_replay_all(tune, threads) > 0)
 *         rc = fg_tune_take(tune, &err);
 */
#pragma once

#include "base/buf.h"
#include "model/proposal.h"
#include "sim/sim.h"
#include "tune/objective.h"
#include "tune/space.h"

struct fg_tune;

struct fg_tune_options {
    struct fg_sim_options
        sim; /* trace, cluster, seed, tick and how jobs are read; the policy is filled in */
    struct fg_knobs knobs; /* the policy that runs */
    struct fg_tune_objective objective;
    const char *only; /* settings that are tried, NULL: all */
    /* Days of the trace, from its first submission on: the first that is held back, and how many there are of each. */
    size_t origin_day, warm_days, train_days, held_days;
    size_t population, generations_max, patience; /* of the search */
    uint64_t seed;
    const char *
        told; /* of the replays, for who reads a proposal: what in them is not as it was; NULL: nothing */
};
#define FG_TUNE_HELD_MIN 5 /* days: with fewer nothing is proposed */

/* FG_EINVAL: days that the trace does not have, nothing to try. */
[[nodiscard]] int fg_tune_new(const struct fg_tune_options *options,
                              struct fg_tune **out,
                              struct fg_err *err);
void fg_tune_free(struct fg_tune *tune); /* NULL is allowed */
FG_AUTO_DEFINE(fg_tune)

/* Do the replays that are to be done now, on so many threads; how many they were, 0: it is over. */
size_t fg_tune_replay_all(struct fg_tune *tune, size_t threads);
/* All of them were done.  A replay's error, if one failed. */
[[nodiscard]] int fg_tune_take(struct fg_tune *tune, struct fg_err *err);
/* The search is to come to its end with what it has. */
void fg_tune_stop(struct fg_tune *tune);

/* How far it is: policies scored, generations are not known ahead. */
struct fg_tune_state {
    size_t scored;
    double best; /* change of the objective on the days of the search, of the best so far */
    const char *phase; /* "searching", "simplifying", "comparing", "done" */
};
struct fg_tune_state fg_tune_state(const struct fg_tune *tune);

/* -- resumed: what the search knows, as text -------------------------------------------------------------------- */
void fg_tune_save(const struct fg_tune *tune, struct fg_buf *out);
/* Before the first fg_tune_next().  FG_EINVAL: of other jobs, another cluster or objective, or damaged: nothing is taken. */
[[nodiscard]] int fg_tune_load(struct fg_tune *tune,
                               const char *bytes,
                               size_t len,
                               struct fg_err *err);

/* -- what came of it, once it is over ------------------------------------------------------------------------------ */

enum fg_tune_verdict {
    FG_TUNE_BETTER,  /* proposed */
    FG_TUNE_NOTHING, /* the search found none that is better on its own days */
    FG_TUNE_UNSURE,  /* better there, but the held-back days do not prove it */
    FG_TUNE_BROKEN,  /* it would break a bound on the held-back days */
    FG_TUNE_FEW,     /* too few days are held back to prove anything */
};

#define FG_TUNE_CANDIDATES_MAX 6

/* Policies on the held-back days: first the one that runs, then the one that is judged, then others that the search liked. */
struct fg_tune_candidate {
    char changes[1024]; /* "schedule.order srtf, backfill_depth 100"; "" the one that runs */
    struct fg_change objective, trained; /* on held-back days; on those of the search */
    struct fg_change of[FG_METRICS];
};

struct fg_tune_answer {
    enum fg_tune_verdict verdict;
    int broken; /* the metric whose bound is */
    size_t scored;
    const struct fg_tune_candidate *candidates;
    size_t candidates_len;
    const struct fg_proposal_body *body; /* the one that is judged; NULL: with NOTHING */
};
void fg_tune_answer(const struct fg_tune *tune, struct fg_tune_answer *out);

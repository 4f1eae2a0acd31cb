/* score.h - which supplier is best, by several criteria at once, and how sure that is.
 *
 *     offers, history --belief--> SCORE --scores, ranks, reasons--> fastgpu supplier rank, GET /v1/suppliers/rank
 *
 * TOPSIS (Hwang & Yoon, Multiple Attribute Decision Making, 1981): columns are divided by their Euclidean length and
 * weighted; the score is the nearness to the best value of every column against the worst, 0..1.  It sees ratios, so an
 * absolute tolerance (criterion.def) is added to its column before.  Weighted: each column is mapped to 1 (best there is)
 * .. 0 (worst there is, or worse than the best by the tolerance, if that is more), and averaged by the weights.  A column in
 * which all are equal says nothing; where all say nothing every score is 1.  A supplier that is nowhere worse never scores
 * less; what all prices are in does not matter.
 *
 * Doubt: each number that is not known is a distribution (belief.h).  A Latin hypercube of fixed seed draws from all of
 * them (McKay et al. 1979); scores and ranks of the draws give intervals and the probability to be the best.  The seed of a
 * number is the name of its supplier and criterion: the answer does not depend on the order of the input.
 */
#pragma once

#include "supply/belief.h"

#define FG_SCORE_LEVEL 0.8 /* of all intervals */

enum fg_score_method { FG_SCORE_TOPSIS, FG_SCORE_WEIGHTED };
const char *fg_score_method_name(enum fg_score_method method); /* "topsis", "weighted" */
int fg_score_method_find(const char *name);                    /* the method, or -1 */

struct fg_score_candidate {
    const char *name;                          /* of the supplier; no two are equal */
    const struct fg_offer *offer;              /* the cheapest of what is looked for */
    const struct fg_supplier_history *history; /* NULL: none */
    const struct fg_supplier_part *part;       /* what of it is of that offer; NULL: none */
};

struct fg_score_options {
    enum fg_score_method method;
    double weights[FG_CRITERIA]; /* at least 0, one above; they are divided by their sum */
};

/* One criterion of one supplier. */
struct fg_score_cell {
    struct fg_belief belief;
    double low, high; /* interval of the number */
    double
        normal; /* TOPSIS: with the tolerance, over the column's length; weighted: 0 worst .. 1 best */
    double weighted; /* times the weight */
};

struct fg_score {
    const char *name;
    const struct fg_offer *offer;
    struct fg_score_cell cells[FG_CRITERIA];
    double to_best, to_worst; /* TOPSIS: the two distances */
    double score;             /* 0..1, at the means */
    double low, high;         /* interval of the score; holds it */
    uint32_t rank;            /* 1 is best; equal scores have equal ranks */
    uint32_t rank_low, rank_high;
    double best_share; /* probability to be the best; ties are shared */
};

struct fg_score_sheet {
    enum fg_score_method method;
    double weights[FG_CRITERIA]; /* they sum to 1 */
    size_t len;
    struct fg_score *scores; /* in the order of rank, then of name */
};

/* Read "price=0.4,lead=0.2": those that are named are as given, the others share what is left to 1 as their defaults do (nothing,
 * if the named sum to 1 or more).  NULL: the defaults.  FG_EINVAL: unknown, not a number, negative, all 0. */
[[nodiscard]] int fg_score_weights_read(const char *text,
                                        double out[FG_CRITERIA],
                                        struct fg_err *err);

/* Address space that `len` candidates need in an arena. */
size_t fg_score_room(size_t len);

/* Names and offers are borrowed; the rest is in `arena`.  FG_EINVAL: no candidates, weights that are negative or all 0,
 * a history that fg_supplier_history_check() refuses. */
[[nodiscard]] int fg_score(const struct fg_score_candidate *candidates,
                           size_t len,
                           const struct fg_score_options *options,
                           struct fg_arena *arena,
                           struct fg_score_sheet *out,
                           struct fg_err *err);

/* Scores of `len` rows of numbers, by the rules above: the inner part, for tests and for what would turn an answer. */
void fg_score_rows(enum fg_score_method method,
                   const double weights[FG_CRITERIA],
                   const double (*rows)[FG_CRITERIA],
                   size_t len,
                   struct fg_score *out);

/* What would put scores[behind] level with scores[ahead], all else as it is. */
struct fg_score_turn {
    double weight; /* of the criterion, the others in proportion; NaN: no weight would */
    double
        value; /* of the criterion of `behind` (a price moves its performance too); NaN: no value would */
};
[[nodiscard]] int fg_score_turns(const struct fg_score_sheet *sheet,
                                 size_t ahead,
                                 size_t behind,
                                 struct fg_arena *arena,
                                 struct fg_score_turn out[FG_CRITERIA],
                                 struct fg_err *err);

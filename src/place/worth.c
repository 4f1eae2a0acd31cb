/* worth.c - see worth.h
 *
 * Column generation: start with one pattern per size, solve, look by dynamic programming for a pattern that is worth more
 * than one device at the current duals, add it, until there is none.
 */
#include "place/worth.h"
#include "solver/lp.h"

#include <stdlib.h>
#include <string.h>

#define PATTERNS_MAX 1000 /* far more than the sizes ever need; a bound all the same */
#define WORTH_EPS    1e-7

struct cutting {
    uint32_t sizes[FG_WHOLE_MILLI];    /* milli, falling */
    uint32_t rows[FG_WHOLE_MILLI + 1]; /* by size */
    size_t len;
    struct fg_lp *lp;
};

static size_t list_sizes(const struct fg_mix_type *types, size_t len, struct cutting *cutting)
{
    double asked[FG_WHOLE_MILLI + 1] = {};
    for (size_t i = 0; i < len; i++)
        if (types[i].count == 1 && types[i].gpu_milli < FG_WHOLE_MILLI)
            asked[types[i].gpu_milli] += types[i].weight;
    for (uint32_t size = FG_WHOLE_MILLI - 1; size > 0; size--)
        if (asked[size] > 0) {
            cutting->rows[size] = fg_lp_row(cutting->lp, asked[size], FG_LP_INF);
            cutting->sizes[cutting->len++] = size;
        }
    return cutting->len;
}

/* The most that pieces of `worth` can make out of 0..1000, and the piece cut last to reach it. */
static void best_pattern(const struct cutting *cutting,
                         const double *worth,
                         double best[FG_WHOLE_MILLI + 1],
                         uint32_t piece[FG_WHOLE_MILLI + 1])
{
    best[0] = 0;
    piece[0] = 0;
    for (uint32_t room = 1; room <= FG_WHOLE_MILLI; room++) {
        best[room] = best[room - 1];
        piece[room] = 0; /* nothing ends here */
        for (size_t i = 0; i < cutting->len; i++) {
            uint32_t size = cutting->sizes[i];
            if (size <= room && best[room - size] + worth[size] > best[room] + WORTH_EPS) {
                best[room] = best[room - size] + worth[size];
                piece[room] = size;
            }
        }
    }
}

static void add_pattern(struct cutting *cutting, const uint32_t piece[FG_WHOLE_MILLI + 1])
{
    uint32_t counts[FG_WHOLE_MILLI + 1] = {};
    for (uint32_t room = FG_WHOLE_MILLI; room > 0;) {
        counts[piece[room]] += piece[room] > 0;
        room -= piece[room] ? piece[room] : 1;
    }
    uint32_t col = fg_lp_col(cutting->lp, 1, 0, FG_LP_INF);
    for (size_t i = 0; i < cutting->len; i++)
        fg_lp_put(cutting->lp, cutting->rows[cutting->sizes[i]], col,
                  counts[cutting->sizes[i]]);
}

static void first_patterns(struct cutting *cutting)
{
    for (size_t i = 0; i < cutting->len; i++) {
        uint32_t col = fg_lp_col(cutting->lp, 1, 0, FG_LP_INF);
        uint32_t pieces = FG_WHOLE_MILLI / cutting->sizes[i];
        fg_lp_put(cutting->lp, cutting->rows[cutting->sizes[i]], col, pieces);
    }
}

/* Duals of the program so far; false: the solver failed, and what is there stays. */
static bool price(struct cutting *cutting, double out_worth[FG_WHOLE_MILLI + 1])
{
    struct fg_lp_answer answer;
    if (fg_lp_solve(cutting->lp, NULL, &answer, NULL) < 0 || answer.status != FG_LP_OPTIMAL)
        return false;
    for (size_t i = 0; i < cutting->len; i++) {
        double dual = answer.duals[cutting->rows[cutting->sizes[i]]];
        out_worth[cutting->sizes[i]] = dual > 0 ? dual : 0;
    }
    return true;
}

void fg_worth_of_shares(const struct fg_mix_type *types,
                        size_t len,
                        double out_worth[FG_WHOLE_MILLI + 1])
{
    memset(out_worth, 0, (FG_WHOLE_MILLI + 1) * sizeof(out_worth[0]));
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MIN);
    struct cutting cutting = {.lp = lp};
    if (list_sizes(types, len, &cutting)) {
        /* Should the solver ever fail: a size is worth what it is of a device. */
        for (size_t i = 0; i < cutting.len; i++)
            out_worth[cutting.sizes[i]] = cutting.sizes[i] / (double)FG_WHOLE_MILLI;
        first_patterns(&cutting);
        double best[FG_WHOLE_MILLI + 1];
        uint32_t piece[FG_WHOLE_MILLI + 1];
        for (int i = 0; i < PATTERNS_MAX && price(&cutting, out_worth); i++) {
            best_pattern(&cutting, out_worth, best, piece);
            if (best[FG_WHOLE_MILLI] <= 1 + 1e-6)
                break;
            add_pattern(&cutting, piece);
        }
    }
    for (size_t i = 0; i < cutting.len; i++)
        out_worth[cutting.sizes[i]] *= FG_WHOLE_MILLI;
    out_worth[FG_WHOLE_MILLI] = FG_WHOLE_MILLI;
}

void fg_worth_of_leftovers(const double worth[FG_WHOLE_MILLI + 1],
                           double out_best[FG_WHOLE_MILLI + 1])
{
    uint32_t sizes[FG_WHOLE_MILLI + 1];
    size_t len = 0;
    for (uint32_t size = 1; size <= FG_WHOLE_MILLI; size++)
        if (worth[size] > 0)
            sizes[len++] = size;
    out_best[0] = 0;
    for (uint32_t room = 1; room <= FG_WHOLE_MILLI; room++) {
        double best = out_best[room - 1];
        for (size_t i = 0; i < len && sizes[i] <= room; i++) {
            double cut = out_best[room - sizes[i]] + worth[sizes[i]];
            best = cut > best ? cut : best;
        }
        out_best[room] = best;
    }
}

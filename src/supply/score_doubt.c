/* score_doubt.c - how sure the ranks are: see score.h */
#include "supply/score_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAWS 512
#define KNOTS 64 /* quantiles that are computed; between them is a line */
#define EQUAL 1e-12

/* Splitmix64 (Steele, Lea & Flood 2014): a good stream from any seed. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* FNV-1a of the name, and the criterion. */
static uint64_t seed_of(const char *name, int criterion)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (const char *at = name; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
    return hash ^ ((uint64_t)criterion * 0x9e3779b97f4a7c15);
}

/* The strata of all draws, in an order of its own for each number. */
static void shuffle(uint64_t seed, uint16_t out[DRAWS])
{
    for (size_t i = 0; i < DRAWS; i++)
        out[i] = (uint16_t)i;
    for (size_t i = DRAWS - 1; i > 0; i--) {
        size_t other = next_random(&seed) % (i + 1);
        uint16_t kept = out[i];
        out[i] = out[other];
        out[other] = kept;
    }
}

/* Values at the middle of each of DRAWS equal strata. */
static void draw(const struct fg_belief *belief, uint64_t seed, double *out, size_t stride)
{
    double knots[KNOTS];
    uint16_t strata[DRAWS];
    for (size_t k = 0; k < KNOTS; k++)
        knots[k] = fg_belief_quantile(belief, ((double)k + 0.5) / KNOTS);
    shuffle(seed, strata);
    for (size_t i = 0; i < DRAWS; i++) {
        double at = ((double)strata[i] + 0.5) / DRAWS * KNOTS - 0.5;
        at = fmin(fmax(at, 0), KNOTS - 1);
        size_t below = at >= KNOTS - 1 ? KNOTS - 2 : (size_t)at;
        out[i * stride] =
            knots[below] + (at - (double)below) * (knots[below + 1] - knots[below]);
    }
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

struct room {
    double (*numbers)[FG_CRITERIA]; /* [draw * len + supplier] */
    double *scores;                 /* [supplier * DRAWS + draw] */
    double *ranks;                  /* the same */
    struct fg_score *spare;
    double *sorted; /* scores of one draw, falling */
};

size_t fg_score_doubt_room(void)
{
    return DRAWS * (FG_CRITERIA + 2) * sizeof(double) + sizeof(struct fg_score)
           + sizeof(double);
}

/* How many of the falling values are above `value`, and how many equal it. */
static size_t count_above(const double *rising, size_t len, double value, size_t *out_equal)
{
    size_t low = 0, high = len;
    while (low < high) { /* the first that is above */
        size_t middle = (low + high) / 2;
        if (rising[middle] > value + EQUAL)
            high = middle;
        else
            low = middle + 1;
    }
    size_t first = low;
    while (first > 0 && rising[first - 1] >= value - EQUAL)
        first--;
    *out_equal = low - first;
    return len - low;
}

static void take_draw(struct fg_score_sheet *sheet, const struct room *room, size_t d)
{
    size_t len = sheet->len;
    fg_score_rows(sheet->method, sheet->weights,
                  (const double(*)[FG_CRITERIA])room->numbers + d * len, len, room->spare);
    for (size_t i = 0; i < len; i++)
        room->sorted[i] = room->spare[i].score;
    qsort(room->sorted, len, sizeof(double), by_value);
    for (size_t i = 0; i < len; i++) {
        size_t equal;
        size_t above = count_above(room->sorted, len, room->spare[i].score, &equal);
        room->scores[i * DRAWS + d] = room->spare[i].score;
        room->ranks[i * DRAWS + d] = (double)above + 1;
        if (above == 0)
            sheet->scores[i].best_share += 1.0 / ((double)equal * DRAWS);
    }
}

static double at_share(double *values, double share)
{
    return values[(size_t)(share * (DRAWS - 1) + 0.5)];
}

static void take_intervals(struct fg_score *score, double *scores, double *ranks)
{
    const double below = (1 - FG_SCORE_LEVEL) / 2;
    qsort(scores, DRAWS, sizeof(double), by_value);
    qsort(ranks, DRAWS, sizeof(double), by_value);
    /* Where all are believed to be alike, the draws lie below the best of the means: what is told holds both. */
    score->low = fmin(at_share(scores, below), score->score);
    score->high = fmax(at_share(scores, 1 - below), score->score);
    score->rank_low = (uint32_t)at_share(ranks, below);
    score->rank_high = (uint32_t)at_share(ranks, 1 - below);
    for (int c = 0; c < FG_CRITERIA; c++) {
        struct fg_score_cell *cell = &score->cells[c];
        cell->low = fg_belief_quantile(&cell->belief, below);
        cell->high = fg_belief_quantile(&cell->belief, 1 - below);
    }
}

void fg_score_doubt(struct fg_score_sheet *sheet, struct fg_arena *arena)
{
    size_t len = sheet->len;
    struct room room = {
        .numbers = fg_arena_alloc(arena, len * DRAWS, sizeof(*room.numbers)),
        .scores = FG_NEW(arena, double, len *DRAWS),
        .ranks = FG_NEW(arena, double, len *DRAWS),
        .spare = FG_NEW(arena, struct fg_score, len),
        .sorted = FG_NEW(arena, double, len),
    };
    for (size_t i = 0; i < len; i++)
        for (int c = 0; c < FG_CRITERIA; c++)
            draw(&sheet->scores[i].cells[c].belief, seed_of(sheet->scores[i].name, c),
                 &room.numbers[i][c], len * FG_CRITERIA);
    for (size_t d = 0; d < DRAWS; d++)
        take_draw(sheet, &room, d);
    for (size_t i = 0; i < len; i++)
        take_intervals(&sheet->scores[i], &room.scores[i * DRAWS], &room.ranks[i * DRAWS]);
}

/* score_turn.c - what would turn an answer: see score.h */
#include "supply/score.h"

#include <math.h>
#include <string.h>

#define HALVINGS 50
#define EQUAL    1e-12

/* A question that is asked again and again with one number changed. */
struct question {
    const struct fg_score_sheet *sheet;
    size_t ahead, behind;
    int criterion;
    double (*rows)[FG_CRITERIA];
    struct fg_score *spare;
};

static bool is_turned(const struct question *q, const double weights[FG_CRITERIA])
{
    fg_score_rows(q->sheet->method, weights, (const double(*)[FG_CRITERIA])q->rows,
                  q->sheet->len, q->spare);
    return q->spare[q->behind].score > q->spare[q->ahead].score + EQUAL;
}

static bool turns_at_weight(const struct question *q, double weight)
{
    double weights[FG_CRITERIA], old = q->sheet->weights[q->criterion];
    for (int c = 0; c < FG_CRITERIA; c++)
        weights[c] = old < 1 ? q->sheet->weights[c] * (1 - weight) / (1 - old)
                             : (1 - weight) / (FG_CRITERIA - 1);
    weights[q->criterion] = weight;
    return is_turned(q, weights);
}

static bool turns_at_value(const struct question *q, double value)
{
    double *row = q->rows[q->behind], kept[FG_CRITERIA];
    memcpy(kept, row, sizeof(kept));
    if (q->criterion == FG_CRITERION_PRICE)
        row[FG_CRITERION_PERFORMANCE] *= row[FG_CRITERION_PRICE] / value;
    row[q->criterion] = value;
    bool turned = is_turned(q, q->sheet->weights);
    memcpy(row, kept, sizeof(kept));
    return turned;
}

/* The first place between `from` (it does not hold) and `to` where it holds, by halving; NaN: it does not at `to`. */
static double find(const struct question *q,
                   bool (*holds)(const struct question *q, double at),
                   double from,
                   double to)
{
    if (!holds(q, to))
        return NAN;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (from + to) / 2;
        if (holds(q, middle))
            to = middle;
        else
            from = middle;
    }
    return to;
}

/* The best value that one could think of. */
static double ideal(const struct question *q, double value)
{
    switch ((enum fg_criterion)q->criterion) {
    case FG_CRITERION_PERFORMANCE:
        return value * 100;
    case FG_CRITERION_PRICE:
        return value / 100;
    default:
        return 0;
    }
}

int fg_score_turns(const struct fg_score_sheet *sheet,
                   size_t ahead,
                   size_t behind,
                   struct fg_arena *arena,
                   struct fg_score_turn out[FG_CRITERIA],
                   struct fg_err *err)
{
    struct question q = {.sheet = sheet, .ahead = ahead, .behind = behind};
    if (ahead >= sheet->len || behind >= sheet->len || ahead == behind)
        return fg_fail(err, FG_EINVAL, "two suppliers are needed to compare, of %zu",
                       sheet->len);
    q.rows = fg_arena_alloc(arena, sheet->len, sizeof(*q.rows));
    q.spare = FG_NEW(arena, struct fg_score, sheet->len);
    for (size_t i = 0; i < sheet->len; i++)
        for (int c = 0; c < FG_CRITERIA; c++)
            q.rows[i][c] = sheet->scores[i].cells[c].belief.mean;
    for (q.criterion = 0; q.criterion < FG_CRITERIA; q.criterion++) {
        double value = q.rows[behind][q.criterion], weight = sheet->weights[q.criterion];
        double up = find(&q, turns_at_weight, weight, 1);
        out[q.criterion] = (struct fg_score_turn){
            .weight = isnan(up) ? find(&q, turns_at_weight, weight, 0) : up,
            .value = find(&q, turns_at_value, value, ideal(&q, value)),
        };
    }
    return 0;
}

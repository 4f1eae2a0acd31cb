/* guess.c - where to start a max-min program.  See program.h
 *
 * With a price of each kind, each class takes the kind on which its rate costs least; prices of kinds that are asked
 * for more than others go up, the rest come down (multiplicative weights).  Of all rounds the one with the smallest s is
 * kept: each class has one column in the basis for its row of rate, s has the row that is fullest.
 */
#include "allocate/program.h"

#define ROUNDS 40

struct guess {
    const struct fg_program *program;
    const double *weights;
    const uint32_t *rows;
    double price[FG_ALLOCATE_KINDS_MAX], load[FG_ALLOCATE_KINDS_MAX]; /* load: over capacity */
    uint32_t *choice, *best;                                          /* by class: kind */
    double s, best_s;
    uint32_t full, best_full; /* the row that sets s */
};

/* The kind on which the class gets its rate at the least price, and the time that this takes. */
static uint32_t cheapest(const struct guess *guess, size_t class, double *time)
{
    const struct fg_program *program = guess->program;
    size_t kinds = program->problem->kinds_len;
    double least = HUGE_VAL;
    uint32_t choice = 0;
    for (uint32_t j = 0; j < kinds; j++) {
        if (program->cols[class * kinds + j] == FG_NO_COL)
            continue;
        double takes = guess->weights[class] / program->rates[class * kinds + j];
        if (guess->price[j] * takes < least) {
            least = guess->price[j] * takes;
            *time = takes;
            choice = j;
        }
    }
    return choice;
}

static void choose(struct guess *guess)
{
    const struct fg_program *program = guess->program;
    const struct fg_allocate_problem *problem = program->problem;
    for (size_t j = 0; j < problem->kinds_len; j++)
        guess->load[j] = 0;
    guess->s = 0;
    for (size_t i = 0; i < problem->classes_len; i++) {
        if (guess->rows[i] == FG_NO_COL)
            continue;
        double time = 0;
        uint32_t kind = guess->choice[i] = cheapest(guess, i, &time);
        guess->load[kind] += time * problem->classes[i].count * problem->classes[i].devices
                             / problem->kinds[kind].capacity;
        if (time > guess->s) {
            guess->s = time;
            guess->full = program->time_rows[i];
        }
    }
    for (size_t j = 0; j < problem->kinds_len; j++)
        if (guess->load[j] > guess->s) {
            guess->s = guess->load[j];
            guess->full = program->kind_rows[j];
        }
}

static void keep_if_best(struct guess *guess)
{
    if (guess->s >= guess->best_s)
        return;
    guess->best_s = guess->s;
    guess->best_full = guess->full;
    for (size_t i = 0; i < guess->program->problem->classes_len; i++)
        guess->best[i] = guess->choice[i];
}

static void change_prices(struct guess *guess, int round)
{
    size_t kinds = guess->program->problem->kinds_len;
    double step = round < 10 ? 0.3 : round < 25 ? 0.1 : 0.03, mean = 0;
    for (size_t j = 0; j < kinds; j++)
        mean += guess->load[j] / (double)kinds;
    for (size_t j = 0; mean > 0 && j < kinds; j++)
        guess->price[j] *= pow((guess->load[j] / mean + 0.05) / 1.05, step);
}

void fg_rise_guess(struct fg_rise *rise, struct fg_arena *arena)
{
    const struct fg_program *program = rise->program;
    const struct fg_allocate_problem *problem = program->problem;
    struct guess guess = {.program = program,
                          .weights = rise->weights,
                          .rows = rise->rows,
                          .choice = FG_NEW(arena, uint32_t, problem->classes_len),
                          .best = FG_NEW(arena, uint32_t, problem->classes_len),
                          .best_s = HUGE_VAL};
    for (size_t j = 0; j < problem->kinds_len; j++)
        guess.price[j] = 1;
    for (int round = 0; round < ROUNDS; round++) {
        choose(&guess);
        keep_if_best(&guess);
        change_prices(&guess, round);
    }
    uint32_t *cols = FG_NEW(arena, uint32_t, rise->rising + 1);
    uint32_t *rows = FG_NEW(arena, uint32_t, rise->rising + 1);
    size_t len = 0;
    cols[len] = program->s;
    rows[len++] = guess.best_full;
    for (size_t i = 0; i < problem->classes_len; i++)
        if (rise->rows[i] != FG_NO_COL) {
            cols[len] = program->cols[i * problem->kinds_len + guess.best[i]];
            rows[len++] = rise->rows[i];
        }
    if (len > 1)
        fg_lp_start(program->lp, cols, rows, len);
}

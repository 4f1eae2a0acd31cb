/* double_season.c - exponential smoothing of a level and two seasons at once, with AR(1) errors
 *
 * Taylor (2003), "Short-term electricity demand forecasting using double seasonal exponential smoothing": the shortest
 * and the longest season. Without a trend, as he found best for hours.
 */
#include "demand/model.h"
#include "demand/numeric.h"

#include <math.h>
#include <string.h>

#define SEARCH    90
#define SEARCH_ON 30

struct smoother {
    const double *y;
    size_t n, season[2];
    double first_level;
    double *first[2], *now[2];
    double level, error; /* after the last value */
};

enum { ALPHA, GAMMA, OMEGA, PHI, PARAMETERS };

static double run(const double *x, void *context)
{
    struct smoother *s = context;
    double level = s->first_level, last = 0, squares = 0;
    for (size_t k = 0; k < 2; k++)
        memcpy(s->now[k], s->first[k], s->season[k] * sizeof(double));
    for (size_t t = 0, a = 0, b = 0; t < s->n; t++) {
        double day = s->now[0][a], week = s->now[1][b];
        double plain = s->y[t] - (level + day + week), error = plain - x[PHI] * last;
        /* The first longest season is what the start was made from. */
        squares += t >= s->season[1] ? error * error : 0;
        level += x[ALPHA] * plain;
        s->now[0][a] = day + x[GAMMA] * plain;
        s->now[1][b] = week + x[OMEGA] * plain;
        last = plain;
        a = a + 1 < s->season[0] ? a + 1 : 0;
        b = b + 1 < s->season[1] ? b + 1 : 0;
    }
    s->level = level;
    s->error = last;
    return squares;
}

/* The seasons of the first cycles: of the longest one two, of the shortest all of those. */
static void begin(struct smoother *s, struct fg_arena *arena)
{
    size_t over = 2 * s->season[1];
    s->first_level = fg_mean(s->y, over);
    for (size_t k = 0; k < 2; k++) {
        s->first[k] = FG_NEW(arena, double, s->season[k]);
        s->now[k] = FG_NEW(arena, double, s->season[k]);
    }
    size_t cycles = over / s->season[0];
    for (size_t i = 0; i < cycles * s->season[0]; i++)
        s->first[0][i % s->season[0]] += (s->y[i] - s->first_level) / (double)cycles;
    for (size_t i = 0; i < over; i++)
        s->first[1][i % s->season[1]] +=
            (s->y[i] - s->first_level - s->first[0][i % s->season[0]]) / 2;
}

void fg_model_double_season(struct fg_past *past, int, double *memory, double *out)
{
    struct smoother s = {.y = past->y, .n = past->n};
    s.season[0] = past->seasons[0];
    s.season[1] = past->seasons[past->seasons_len - 1];
    begin(&s, past->arena);
    struct fg_function f = {.value = run,
                            .context = &s,
                            .len = PARAMETERS,
                            .lower = {0.0, 0.0, 0.0, 0.0},
                            .upper = {0.5, 0.6, 0.6, 0.99}};
    double x[PARAMETERS] = {0.03, 0.15, 0.2, 0.8};
    if (memory[0] > 0)
        memcpy(x, memory + 1, sizeof(x));
    fg_minimise(&f, x, memory[0] > 0 ? 0.03 : 0.15, memory[0] > 0 ? SEARCH_ON : SEARCH);
    memory[0] = 1;
    memcpy(memory + 1, x, sizeof(x));
    run(x, &s);
    double carry = s.error;
    for (size_t h = 0; h < past->horizon; h++) {
        carry *= x[PHI];
        out[h] = s.level + s.now[0][(s.n + h) % s.season[0]] + s.now[1][(s.n + h) % s.season[1]]
                 + carry;
    }
}

/* seasonal.c - models of what is left when the seasons are taken out, and theta */
#include "demand/model.h"
#include "demand/numeric.h"

static void add_seasons(const struct fg_past *past, double *out)
{
    for (size_t h = 0; h < past->horizon; h++)
        out[h] += past->split->ahead[h];
}

void fg_model_split_holt(struct fg_past *past, int, double *memory, double *out)
{
    fg_holt(past, fg_past_split(past)->adjusted, memory, out);
    add_seasons(past, out);
}

void fg_model_split_ar(struct fg_past *past, int, double *, double *out)
{
    fg_ar(past, fg_past_split(past)->adjusted, 30, out);
    add_seasons(past, out);
}

/* SES by a search over its one weight; out: its last level. */
static double ses_squares(const double *y, size_t n, double alpha, double *out_level)
{
    double level = y[0], squares = 0;
    for (size_t t = 1; t < n; t++) {
        double error = y[t] - level;
        squares += error * error;
        level += alpha * error;
    }
    *out_level = level;
    return squares;
}

void fg_model_theta(struct fg_past *past, int, double *, double *out)
{
    const double *y = fg_past_split(past)->adjusted;
    double n = (double)past->n, best = -1, level = y[0], alpha = 0;
    for (int step = 1; step <= 19; step++) {
        double at, squares = ses_squares(y, past->n, step * 0.05, &at);
        if (best < 0 || squares < best) {
            best = squares;
            level = at;
            alpha = step * 0.05;
        }
    }
    double mean = fg_mean(y, past->n), across = 0, spread = n * (n * n - 1) / 12;
    for (size_t t = 0; t < past->n; t++)
        across += ((double)t - (n - 1) / 2) * (y[t] - mean);
    double slope = spread > 0 ? across / spread : 0;
    /* Half of the slope, from where SES stands: the mean of the theta lines 0 and 2. */
    for (size_t h = 0; h < past->horizon; h++)
        out[h] = level + slope / 2 * ((double)h + 1 / alpha);
    add_seasons(past, out);
}

/* intermittent.c - demand that is mostly not there: how much when it comes, and how often it comes, each smoothed */
#include "demand/model.h"

#define WEIGHT 0.1

static void fill(const struct fg_past *past, double value, double *out)
{
    for (size_t h = 0; h < past->horizon; h++)
        out[h] = value;
}

/* Croston's size and interval, times 1 - weight/2 (SBA), which takes his bias away. */
void fg_model_croston(struct fg_past *past, int, double *, double *out)
{
    double size = 0, interval = 1, waited = 1;
    bool begun = false;
    for (size_t t = 0; t < past->n; t++) {
        double y = past->y[t];
        if (y == 0) {
            waited++;
            continue;
        }
        size = begun ? size + WEIGHT * (y - size) : y;
        interval = begun ? interval + WEIGHT * (waited - interval) : waited;
        begun = true;
        waited = 1;
    }
    fill(past, (1 - WEIGHT / 2) * size / interval, out);
}

/* The chance that there is demand is brought down in each step without any: what has died out goes to 0. */
void fg_model_tsb(struct fg_past *past, int, double *, double *out)
{
    double size = 0, chance = 0;
    size_t seen = 0;
    for (size_t t = 0; t < past->n; t++) {
        double y = past->y[t], weight = (double)t < 1 / WEIGHT ? 1 / (double)(t + 1) : WEIGHT;
        chance += weight * ((y != 0) - chance);
        if (y != 0) {
            size += ((double)seen < 1 / WEIGHT ? 1 / (double)(seen + 1) : WEIGHT) * (y - size);
            seen++;
        }
    }
    fill(past, chance * size, out);
}

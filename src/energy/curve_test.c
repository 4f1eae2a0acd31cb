/* curve_test.c - the fit against its own conditions, the search on curves that are known, forgetting. */
#include "energy/concave.h"
#include "energy/curve.h"
#include "test/tap.h"

#include <math.h>

static const struct fg_cap_range range = {100'000, 300'000, 25'000};

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return *state >> 33;
}

static double unit(uint64_t *state)
{
    return (double)(draw(state) % 10'000) / 10'000;
}

static double error_of(const double *y, const double *w, const double *f, size_t len)
{
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += w[i] * (y[i] - f[i]) * (y[i] - f[i]);
    return sum;
}

/* Any other curve that never falls and bends down only. */
static void other_curve(
    uint64_t *state, const double *x, const double *base, size_t len, double *out)
{
    double slope = unit(state) * 3, level = base[0] + (unit(state) - 0.5) * 0.2;
    for (size_t i = 0; i < len; i++) {
        out[i] = level;
        if (i + 1 < len)
            level += slope * (x[i + 1] - x[i]);
        slope *= unit(state);
    }
    double part = unit(state) * 0.3; /* a mix of two such curves is one, and near the best */
    for (size_t i = 0; i < len; i++)
        out[i] = part * out[i] + (1 - part) * base[i];
}

static void no_other_curve_is_nearer(void)
{
    uint64_t state = 1;
    bool bends = true, rises = true, nearest = true;
    for (int round = 0; round < 300; round++) {
        double x[16], y[16], w[16], f[16], other[16];
        size_t len = 1 + draw(&state) % 16;
        for (size_t i = 0; i < len; i++) {
            x[i] = (double)(i + 1) + unit(&state) * 0.8;
            y[i] = sqrt(x[i]) + (unit(&state) - 0.5);
            w[i] = 0.1 + unit(&state);
        }
        fg_concave_fit(x, y, w, len, f);
        double last = INFINITY;
        for (size_t i = 0; i + 1 < len; i++) {
            double slope = (f[i + 1] - f[i]) / (x[i + 1] - x[i]);
            rises = rises && slope >= -1e-9;
            bends = bends && slope <= last + 1e-9;
            last = slope;
        }
        for (int try = 0; try < 20; try++) {
            other_curve(&state, x, f, len, other);
            nearest = nearest && error_of(y, w, f, len) <= error_of(y, w, other, len) + 1e-9;
        }
    }
    OK(rises);
    OK(bends);
    OK(nearest);
}

/* A job that is held by its memory below `knee`: full rate above it. */
static double rate_with_knee(double cap_mw, double knee_mw)
{
    return cap_mw >= knee_mw ? 10 : 10 * cap_mw / knee_mw;
}

static size_t search(struct fg_curve *curve, double knee_mw, uint32_t slowdown_milli)
{
    size_t tried = 0;
    for (int64_t cap; (cap = fg_curve_next_probe(curve, slowdown_milli)) != 0; tried++)
        fg_curve_note(curve, cap, fmin((double)cap, 280'000),
                      rate_with_knee((double)cap, knee_mw), 30);
    return tried;
}

static void a_search_ends_at_the_knee(void)
{
    struct fg_curve curve;
    fg_curve_init(&curve, &range);
    EQ(fg_curve_next_probe(&curve, 50), 300'000);
    OK(!fg_curve_is_based(&curve));
    EQ(search(&curve, 200'000, 50), 4);
    OK(fg_curve_is_based(&curve));
    EQ(curve.probes[0].cap_mw, 150'000);
    EQ(curve.probes[1].cap_mw, 200'000);
    OK(fabs(fg_curve_share(&curve, 200'000) - 1) < 0.02);
    OK(fg_curve_share(&curve, 150'000) < 0.8);
    OK(fabs(fg_curve_power_mw(&curve, 300'000) - 280'000) < 1);
}

static void between_two_caps_it_promises_no_more_than_there_is(void)
{
    struct fg_curve curve;
    bool modest = true;
    fg_curve_init(&curve, &range);
    for (int64_t cap = 300'000; cap >= 100'000; cap -= 100'000)
        fg_curve_note(&curve, cap, (double)cap, sqrt((double)cap), 10);
    for (int64_t cap = 50'000; cap <= 300'000; cap += 1000)
        modest = modest && fg_curve_share(&curve, cap) <= sqrt((double)cap / 300'000) + 1e-9
                 && fg_curve_power_mw(&curve, cap) <= (double)cap + 1e-3;
    OK(modest);
}

static void what_changed_is_measured_anew(void)
{
    struct fg_curve curve;
    fg_curve_init(&curve, &range);
    (void)search(&curve, 200'000, 50);
    fg_curve_note(&curve, 300'000, 280'000, 14, 30);
    EQ(curve.len, 4);
    fg_curve_note(&curve, 300'000, 280'000, 10.2, 30); /* one that was off is noise */
    EQ(curve.len, 4);
    fg_curve_note(&curve, 300'000, 280'000, 16, 30);
    fg_curve_note(&curve, 300'000, 280'000, 16, 30);
    EQ(curve.len, 1);
    OK(fabs(curve.probes[0].rate - 16) < 1e-9);
    OK(fg_curve_next_probe(&curve, 50) != 0);
}

static void more_caps_than_room_are_forgotten(void)
{
    struct fg_curve curve;
    const struct fg_cap_range fine = {100'000, 300'000, 1000};
    fg_curve_init(&curve, &fine);
    for (int64_t cap = 300'000; cap > 250'000; cap -= 1000)
        fg_curve_note(&curve, cap, (double)cap, (double)cap, 10);
    EQ(curve.len, FG_CURVE_PROBES_MAX);
    OK(fg_curve_is_based(&curve));
    fg_curve_note(&curve, 120'000, NAN, 1, 10);
    fg_curve_note(&curve, 120'000, 1, -1, 10);
    EQ(curve.len, FG_CURVE_PROBES_MAX);
    EQ(fg_curve_snap(&range, 0), 100'000);
    EQ(fg_curve_snap(&range, 112'500), 125'000);
    EQ(fg_curve_snap(&range, 299'999), 300'000);
    EQ(fg_curve_snap(&(struct fg_cap_range){100, 260, 25}, 253), 250);
    EQ(fg_curve_snap(&(struct fg_cap_range){100, 260, 25}, 256), 260);
}

int main(void)
{
    RUN(no_other_curve_is_nearer);
    RUN(a_search_ends_at_the_knee);
    RUN(between_two_caps_it_promises_no_more_than_there_is);
    RUN(what_changed_is_measured_anew);
    RUN(more_caps_than_room_are_forgotten);
    return tap_done();
}

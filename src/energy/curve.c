/* curve.c - see curve.h */
#include "energy/curve.h"

#include "energy/concave.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Where a search goes: a tenth below what it draws, which costs little; then a quarter less each time. */
#define FIRST_MILLI 900
#define NEXT_MILLI  750
/* The power drawn is a mean; the peaks above it are what a cap cuts first. */
#define PEAK_MILLI 1150

void fg_curve_init(struct fg_curve *curve, const struct fg_cap_range *range)
{
    assert(range->min_mw > 0 && range->max_mw >= range->min_mw);
    assert(range->step_mw > 0);
    *curve = (struct fg_curve){.range = *range};
}

int64_t fg_curve_snap(const struct fg_cap_range *range, int64_t cap_mw)
{
    if (cap_mw <= range->min_mw)
        return range->min_mw;
    int64_t low = range->min_mw + (cap_mw - range->min_mw) / range->step_mw * range->step_mw;
    int64_t high = low + range->step_mw < range->max_mw ? low + range->step_mw : range->max_mw;
    if (low >= range->max_mw)
        return range->max_mw;
    return cap_mw - low < high - cap_mw ? low : high;
}

/* -- what was measured ------------------------------------------------------------------------------------- */

static size_t index_of(const struct fg_curve *curve, int64_t cap_mw)
{
    size_t at = 0;
    while (at < curve->len && curve->probes[at].cap_mw != cap_mw)
        at++;
    return at;
}

static struct fg_curve_probe *probe_at(struct fg_curve *curve, int64_t cap_mw)
{
    size_t at = index_of(curve, cap_mw);
    return at < curve->len ? &curve->probes[at] : NULL;
}

static void forget_least(struct fg_curve *curve)
{
    size_t least = 0;
    for (size_t i = 1; i + 1 < curve->len; i++)
        if (curve->probes[i].seconds < curve->probes[least].seconds)
            least = i;
    curve->len--;
    memmove(&curve->probes[least], &curve->probes[least + 1],
            (curve->len - least) * sizeof(curve->probes[0]));
}

static struct fg_curve_probe *make_probe(struct fg_curve *curve, int64_t cap_mw)
{
    if (curve->len == FG_CURVE_PROBES_MAX)
        forget_least(curve);
    size_t at = curve->len;
    while (at > 0 && curve->probes[at - 1].cap_mw > cap_mw)
        at--;
    memmove(&curve->probes[at + 1], &curve->probes[at],
            (curve->len - at) * sizeof(curve->probes[0]));
    curve->len++;
    curve->probes[at] = (struct fg_curve_probe){.cap_mw = cap_mw};
    return &curve->probes[at];
}

/* Far from what was believed. */
static bool is_odd(const struct fg_curve_probe *known, double rate)
{
    return known && fabs(rate - known->rate) * 1000 > FG_CURVE_DRIFT_MILLI * known->rate;
}

bool fg_curve_fits(const struct fg_curve *curve, int64_t cap_mw, double rate)
{
    size_t at = index_of(curve, fg_curve_snap(&curve->range, cap_mw));
    return at < curve->len && !is_odd(&curve->probes[at], rate);
}

static void fit(struct fg_curve *curve)
{
    double x[FG_CURVE_PROBES_MAX], y[FG_CURVE_PROBES_MAX], weight[FG_CURVE_PROBES_MAX],
        out[FG_CURVE_PROBES_MAX];
    for (size_t i = 0; i < curve->len; i++) {
        x[i] = (double)curve->probes[i].cap_mw;
        y[i] = curve->probes[i].rate;
        weight[i] = curve->probes[i].seconds;
    }
    fg_concave_fit(x, y, weight, curve->len, out);
    for (size_t i = 0; i < curve->len; i++)
        curve->probes[i].fit = out[i];
}

void fg_curve_note(
    struct fg_curve *curve, int64_t cap_mw, double power_mw, double rate, double seconds)
{
    if (!(power_mw > 0) || !(rate > 0) || !(seconds > 0))
        return;
    cap_mw = fg_curve_snap(&curve->range, cap_mw);
    struct fg_curve_probe *probe = probe_at(curve, cap_mw);
    curve->odd = is_odd(probe, rate) ? curve->odd + 1 : 0;
    if (curve->odd == 1)
        return; /* once may be chance */
    if (curve->odd > 1) {
        const struct fg_cap_range range = curve->range;
        fg_curve_init(curve, &range);
        probe = NULL;
    }
    if (!probe)
        probe = make_probe(curve, cap_mw);
    double part = seconds / (probe->seconds + seconds);
    probe->power_mw += part * (power_mw - probe->power_mw);
    probe->rate += part * (rate - probe->rate);
    probe->seconds = fmin(probe->seconds + seconds, FG_CURVE_MEMORY_S);
    fit(curve);
}

/* -- what is believed --------------------------------------------------------------------------------------- */

static const struct fg_curve_probe *full_power(const struct fg_curve *curve)
{
    const struct fg_curve_probe *last = curve->len ? &curve->probes[curve->len - 1] : NULL;
    return last && last->cap_mw == curve->range.max_mw ? last : NULL;
}

bool fg_curve_is_based(const struct fg_curve *curve)
{
    return full_power(curve) != NULL;
}

static double between(double low, double high, int64_t at, int64_t from, int64_t to)
{
    return low + (high - low) * (double)(at - from) / (double)(to - from);
}

/* Below the lowest cap tried: the least that a curve does which starts at nothing, and no more than going straight on. */
static double below(const struct fg_curve *curve, int64_t cap_mw)
{
    const struct fg_curve_probe *probes = curve->probes;
    double chord = probes[0].fit * (double)cap_mw / (double)probes[0].cap_mw;
    if (curve->len == 1)
        return chord;
    double straight =
        between(probes[0].fit, probes[1].fit, cap_mw, probes[0].cap_mw, probes[1].cap_mw);
    return fmax(0, fmin(chord, straight));
}

double fg_curve_share(const struct fg_curve *curve, int64_t cap_mw)
{
    const struct fg_curve_probe *full = full_power(curve), *probes = curve->probes;
    if (!full || cap_mw >= full->cap_mw)
        return 1;
    if (cap_mw <= probes[0].cap_mw)
        return below(curve, cap_mw) / full->fit;
    size_t i = 1;
    while (probes[i].cap_mw < cap_mw)
        i++;
    return between(probes[i - 1].fit, probes[i].fit, cap_mw, probes[i - 1].cap_mw,
                   probes[i].cap_mw)
           / full->fit;
}

double fg_curve_power_mw(const struct fg_curve *curve, int64_t cap_mw)
{
    const struct fg_curve_probe *full = full_power(curve), *probes = curve->probes;
    if (!full)
        return (double)cap_mw;
    if (cap_mw >= full->cap_mw)
        return full->power_mw;
    if (cap_mw <= probes[0].cap_mw)
        return fmin(probes[0].power_mw, (double)cap_mw);
    size_t i = 1;
    while (probes[i].cap_mw < cap_mw)
        i++;
    return between(probes[i - 1].power_mw, probes[i].power_mw, cap_mw, probes[i - 1].cap_mw,
                   probes[i].cap_mw);
}

/* -- what to try next ---------------------------------------------------------------------------------------- */

/* As measured, not as fitted: a search compares what it saw. */
static double slowdown_of(const struct fg_curve_probe *probe, const struct fg_curve_probe *full)
{
    return full->rate / probe->rate - 1;
}

static bool was_tried(const struct fg_curve *curve, int64_t cap_mw)
{
    for (size_t i = 0; i < curve->len; i++)
        if (curve->probes[i].cap_mw == cap_mw)
            return true;
    return false;
}

/* The untried cap nearest to `wanted` with low < cap < high; 0 none. */
static int64_t untried(const struct fg_curve *curve, double wanted, int64_t low, int64_t high)
{
    const struct fg_cap_range *range = &curve->range;
    int64_t best = 0;
    for (int64_t cap = range->min_mw; cap < range->max_mw; cap += range->step_mw)
        if (cap > low && cap < high && !was_tried(curve, cap)
            && (best == 0 || fabs((double)cap - wanted) <= fabs((double)best - wanted)))
            best = cap;
    return best;
}

/* Where the search stands: `high` is the lowest cap that was good, `low` the highest below it that was not. */
struct bracket {
    const struct fg_curve_probe *low, *high, *cheapest;
};

static struct bracket bracket_of(const struct fg_curve *curve, double allowed)
{
    const struct fg_curve_probe *full = full_power(curve);
    struct bracket at = {.high = full, .cheapest = full};
    for (size_t i = curve->len - 1; i-- > 0 && !at.low;) {
        const struct fg_curve_probe *probe = &curve->probes[i];
        bool is_quick = slowdown_of(probe, full) <= allowed;
        bool saves = probe->power_mw / probe->rate <= at.cheapest->power_mw / at.cheapest->rate;
        if (is_quick && saves)
            at.high = at.cheapest = probe;
        else
            at.low = probe;
    }
    return at;
}

static double guess(const struct fg_curve_probe *full, struct bracket at, double allowed)
{
    if (at.high == full && !at.low)
        return full->power_mw * FIRST_MILLI / 1000;
    if (!at.low || slowdown_of(at.low, full) <= allowed)
        return (double)at.high->cap_mw * NEXT_MILLI / 1000;
    double top = fmin((double)at.high->cap_mw, full->power_mw * PEAK_MILLI / 1000);
    double good = fmax(0, slowdown_of(at.high, full)), bad = slowdown_of(at.low, full);
    return top - (top - (double)at.low->cap_mw) * fmax(0, allowed - good) / (bad - good);
}

int64_t fg_curve_next_probe(const struct fg_curve *curve, uint32_t slowdown_milli)
{
    const struct fg_curve_probe *full = full_power(curve);
    if (!full)
        return curve->range.max_mw;
    if (curve->len > FG_CURVE_ENOUGH)
        return 0;
    double allowed = (double)slowdown_milli / 1000;
    struct bracket at = bracket_of(curve, allowed);
    int64_t low = at.low ? at.low->cap_mw : 0;
    int64_t next = untried(curve, guess(full, at, allowed), low, at.high->cap_mw);
    if (next)
        return next;
    /* The bracket is closed; what measurements scatter may hide something better beside the best. */
    return untried(curve, (double)at.high->cap_mw, low, curve->range.max_mw);
}

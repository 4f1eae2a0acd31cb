/* budget.c - see budget.h */
#include "energy/budget.h"

#include <math.h>
#include <stdlib.h>

/* A straight piece of one item's curve. */
struct piece {
    double work_per_mw; /* of all its devices together */
    size_t item, corner;
    int64_t from_mw, to_mw; /* of one device */
};

static void corner(struct fg_budget_item *item, int64_t cap_mw, double share)
{
    item->cap_mw[item->len] = cap_mw;
    item->share[item->len++] = share;
}

void fg_budget_item_init(struct fg_budget_item *item,
                         const struct fg_curve *curve,
                         uint32_t devices,
                         uint32_t weight_milli)
{
    const struct fg_cap_range *range = &curve->range;
    *item = (struct fg_budget_item){
        .devices = devices, .weight_milli = weight_milli, .range = *range};
    bool based = fg_curve_is_based(curve);
    corner(item, range->min_mw,
           based ? fg_curve_share(curve, range->min_mw)
                 : (double)range->min_mw / (double)range->max_mw);
    for (size_t i = 0; based && i < curve->len; i++) {
        int64_t cap_mw = curve->probes[i].cap_mw;
        if (cap_mw > range->min_mw && cap_mw < range->max_mw)
            corner(item, cap_mw, fg_curve_share(curve, cap_mw));
    }
    if (range->max_mw > range->min_mw)
        corner(item, range->max_mw, 1);
}

/* Steepest first; of one curve, which bends down, in its order: ties go by corner. */
static int by_slope(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->work_per_mw != y->work_per_mw)
        return x->work_per_mw > y->work_per_mw ? -1 : 1;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return x->corner < y->corner ? -1 : x->corner > y->corner;
}

static double share_at(const struct fg_budget_item *item, int64_t cap_mw)
{
    size_t i = 1;
    while (i + 1 < item->len && item->cap_mw[i] < cap_mw)
        i++;
    if (item->len == 1)
        return item->share[0];
    double part = (double)(cap_mw - item->cap_mw[i - 1])
                  / (double)(item->cap_mw[i] - item->cap_mw[i - 1]);
    return item->share[i - 1] + part * (item->share[i] - item->share[i - 1]);
}

static double worth(const struct fg_budget_item *item)
{
    return (double)item->devices * item->weight_milli / 1000;
}

/* No piece is steeper than the one before it, whatever rounding says. */
static size_t cut_pieces(const struct fg_budget_item *items, size_t len, struct piece *pieces)
{
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        const struct fg_budget_item *item = &items[i];
        double slope = INFINITY;
        for (size_t k = 0; k + 1 < item->len; k++) {
            double rise = (item->share[k + 1] - item->share[k]) * item->weight_milli / 1000;
            slope = fmin(slope, rise / (double)(item->cap_mw[k + 1] - item->cap_mw[k]));
            pieces[at++] = (struct piece){
                .work_per_mw = slope,
                .item = i,
                .corner = k,
                .from_mw = item->cap_mw[k],
                .to_mw = item->cap_mw[k + 1],
            };
        }
    }
    qsort(pieces, at, sizeof(*pieces), by_slope);
    return at;
}

/* Down to what the device can be set to. */
static int64_t whole_steps(const struct fg_cap_range *range, int64_t cap_mw)
{
    if (cap_mw >= range->max_mw)
        return range->max_mw;
    return range->min_mw + (cap_mw - range->min_mw) / range->step_mw * range->step_mw;
}

/* What is left buys as much of the piece as it can; returns what is left then. */
static int64_t fill(const struct fg_budget_item *item,
                    const struct piece *piece,
                    int64_t left_mw,
                    int64_t *cap_mw)
{
    if (*cap_mw < piece->from_mw || piece->work_per_mw <= 0)
        return left_mw; /* the piece before it was not had in full, or this one does nothing */
    int64_t wanted_mw = (piece->to_mw - *cap_mw) * item->devices;
    int64_t to_mw =
        wanted_mw <= left_mw ? piece->to_mw : *cap_mw + left_mw / (int64_t)item->devices;
    left_mw -= (to_mw - *cap_mw) * item->devices;
    *cap_mw = to_mw;
    return left_mw;
}

/* Rounding down to steps has left something over: whole steps of it go to who makes most of them. */
static int64_t top_up(const struct fg_budget_item *items,
                      const struct piece *pieces,
                      size_t pieces_len,
                      int64_t left_mw,
                      int64_t *caps)
{
    for (size_t i = 0; i < pieces_len; i++) {
        const struct fg_budget_item *item = &items[pieces[i].item];
        int64_t *cap_mw = &caps[pieces[i].item];
        while (pieces[i].work_per_mw > 0 && *cap_mw < pieces[i].to_mw) {
            int64_t next_mw = *cap_mw + item->range.step_mw;
            if (next_mw > item->range.max_mw)
                next_mw = item->range.max_mw;
            if ((next_mw - *cap_mw) * item->devices > left_mw)
                break;
            left_mw -= (next_mw - *cap_mw) * item->devices;
            *cap_mw = next_mw;
        }
    }
    return left_mw;
}

static int64_t share_out(const struct fg_budget_item *items,
                         size_t len,
                         int64_t left_mw,
                         int64_t *caps,
                         double *out_slope)
{
    size_t most = len * (FG_BUDGET_CURVE_MAX - 1) + 1;
    struct piece *pieces = malloc(most * sizeof(*pieces));
    if (!pieces)
        abort();
    size_t pieces_len = cut_pieces(items, len, pieces);
    *out_slope = 0;
    for (size_t i = 0; i < pieces_len; i++) {
        left_mw = fill(&items[pieces[i].item], &pieces[i], left_mw, &caps[pieces[i].item]);
        if (*out_slope <= 0 && caps[pieces[i].item] < pieces[i].to_mw)
            *out_slope = pieces[i].work_per_mw;
    }
    for (size_t i = 0; i < len; i++) {
        int64_t cap_mw = whole_steps(&items[i].range, caps[i]);
        left_mw += (caps[i] - cap_mw) * items[i].devices;
        caps[i] = cap_mw;
    }
    left_mw = top_up(items, pieces, pieces_len, left_mw, caps);
    free(pieces);
    return left_mw;
}

int fg_budget_share(const struct fg_budget_item *items,
                    size_t len,
                    int64_t budget_mw,
                    int64_t *caps,
                    struct fg_budget_answer *answer,
                    struct fg_err *err)
{
    int64_t floor_mw = 0, left_mw = budget_mw;
    double slope = 0;
    *answer = (struct fg_budget_answer){};
    for (size_t i = 0; i < len; i++) {
        caps[i] = items[i].range.min_mw;
        floor_mw += caps[i] * items[i].devices;
    }
    if (floor_mw <= budget_mw)
        left_mw = share_out(items, len, budget_mw - floor_mw, caps, &slope);
    for (size_t i = 0; i < len; i++) {
        answer->work += worth(&items[i]) * share_at(&items[i], caps[i]);
        answer->most += worth(&items[i]);
    }
    answer->per_kw = slope * 1e6;
    answer->used_mw = floor_mw <= budget_mw ? budget_mw - left_mw : floor_mw;
    if (floor_mw > budget_mw)
        return fg_fail(
            err, FG_ENOCAP,
            "power budget: %lld W, the least that the devices can be set to is %lld W",
            (long long)budget_mw / 1000, (long long)floor_mw / 1000);
    return 0;
}

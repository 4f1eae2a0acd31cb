/* cap.c - see cap.h */
#include "energy/cap.h"

#include <math.h>

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t fg_cap_allowed(const struct fg_cap_terms *terms, const struct fg_cap_job *job)
{
    if (job->urgent)
        return 0;
    if (job->due_us == INT64_MAX)
        return terms->slowdown_milli;
    if (job->left_us <= 0 || job->due_us <= job->left_us)
        return 0;
    __int128 usable_us =
        (__int128)job->due_us * (1000 - least(terms->margin_milli, 1000)) / 1000;
    if (usable_us <= job->left_us)
        return 0;
    __int128 slack_milli = (usable_us - job->left_us) * 1000 / job->left_us;
    uint32_t most = terms->stretch_milli ? terms->stretch_milli : terms->slowdown_milli;
    return slack_milli < most ? (uint32_t)slack_milli : most;
}

struct point {
    int64_t cap_mw;
    double share, power_mw;
};

/* As it was measured. */
static struct point point_of(const struct fg_curve *curve, size_t i)
{
    const struct fg_curve_probe *probe = &curve->probes[i];
    return (struct point){probe->cap_mw, probe->rate / curve->probes[curve->len - 1].rate,
                          probe->power_mw};
}

/* Zeus, equation 2, for a piece of work that takes a second at full power. */
static double cost_of(const struct fg_curve *curve, uint32_t eta_milli, struct point at)
{
    double eta = (double)least(eta_milli, 1000) / 1000;
    return (eta * at.power_mw + (1 - eta) * (double)curve->range.max_mw) / at.share;
}

static struct point cheapest(const struct fg_curve *curve,
                             uint32_t eta_milli,
                             uint32_t allowed_milli)
{
    struct point best = point_of(curve, curve->len - 1);
    for (size_t i = 0; i + 1 < curve->len; i++) {
        struct point at = point_of(curve, i);
        bool is_quick = (1 / at.share - 1) * 1000 <= allowed_milli;
        if (is_quick && cost_of(curve, eta_milli, at) < cost_of(curve, eta_milli, best))
            best = at;
    }
    return best;
}

static enum fg_cap_why why_of(const struct fg_curve *curve,
                              const struct fg_cap_terms *terms,
                              const struct fg_cap_job *job,
                              const struct point *best)
{
    if (job->urgent)
        return FG_CAP_URGENT;
    if (fg_cap_allowed(terms, job) < terms->slowdown_milli)
        return FG_CAP_DEADLINE;
    return best->cap_mw == curve->range.max_mw ? FG_CAP_NO_GAIN : FG_CAP_SAVES;
}

struct fg_cap_choice fg_cap_choose(const struct fg_curve *curve,
                                   const struct fg_cap_terms *terms,
                                   const struct fg_cap_job *job)
{
    struct fg_cap_choice choice = {.cap_mw = curve->range.max_mw,
                                   .power_mw = curve->range.max_mw,
                                   .why = job->urgent ? FG_CAP_URGENT : FG_CAP_UNKNOWN};
    if (!fg_curve_is_based(curve))
        return choice;
    struct point full = point_of(curve, curve->len - 1);
    struct point best = cheapest(curve, terms->eta_milli, fg_cap_allowed(terms, job));
    return (struct fg_cap_choice){
        .cap_mw = best.cap_mw,
        .slowdown_milli = (uint32_t)lround(fmax(0, 1 / best.share - 1) * 1000),
        .saved_milli = (int32_t)lround(
            (1 - best.power_mw / best.share / (full.power_mw / full.share)) * 1000),
        .power_mw = llround(best.power_mw),
        .why = why_of(curve, terms, job, &best),
    };
}

const char *fg_cap_why_name(enum fg_cap_why why)
{
    static const char *const names[] = {"unknown", "urgent", "deadline", "no gain", "saves"};
    return names[why];
}

/* governor.c - see governor.h */
#include "energy/governor.h"

#include "base/grow.h"
#include "base/map.h"
#include "energy/budget.h"
#include "energy/cap.h"

#include <stdlib.h>

#define CLASSES_MAX 4096 /* then all are forgotten */

/* What a device was told, and what it has done since. */
struct told {
    uint64_t work, job;
    int64_t cap_mw, since_us, last_us;
    double seconds, power, work_done; /* integrals */
    struct fg_saved saved;            /* with this step */
};

struct fg_governor {
    struct told *told;      /* of the devices of the last step */
    struct fg_map *told_of; /* id of a device -> index of `told` */
    struct fg_curve *curves;
    size_t curves_len, curves_room;
    struct fg_map *index; /* of a class */
};

static void *zeroed(size_t len, size_t size)
{
    void *items = calloc(len + 1, size);
    if (!items)
        abort();
    return items;
}

struct fg_governor *fg_governor_new(void)
{
    struct fg_governor *governor = calloc(1, sizeof(*governor));
    if (!governor)
        abort();
    governor->index = fg_map_new(0);
    governor->told_of = fg_map_new(0);
    return governor;
}

void fg_governor_free(struct fg_governor *governor)
{
    if (!governor)
        return;
    fg_map_free(governor->index);
    fg_map_free(governor->told_of);
    free(governor->told);
    free(governor->curves);
    free(governor);
}

static bool is_alone(const struct fg_governed *device)
{
    return device->work != 0 && device->work != FG_GOVERNOR_SHARED;
}

static bool same_range(const struct fg_cap_range *a, const struct fg_cap_range *b)
{
    return a->min_mw == b->min_mw && a->max_mw == b->max_mw && a->step_mw == b->step_mw;
}

/* The curve of the device's work; begun anew on a device that can be set otherwise. */
static struct fg_curve *curve_of(struct fg_governor *governor, const struct fg_governed *device)
{
    uint32_t at;
    if (!fg_map_get(governor->index, device->work, &at)) {
        if (governor->curves_len == CLASSES_MAX) {
            fg_map_free(governor->index);
            governor->index = fg_map_new(0);
            governor->curves_len = 0;
        }
        governor->curves = fg_grow(governor->curves, governor->curves_len,
                                   &governor->curves_room, sizeof(*governor->curves));
        at = (uint32_t)governor->curves_len++;
        fg_map_put(governor->index, device->work, at);
        fg_curve_init(&governor->curves[at], &device->range);
    }
    if (!same_range(&governor->curves[at].range, &device->range))
        fg_curve_init(&governor->curves[at], &device->range);
    return &governor->curves[at];
}

static void begin(struct told *told, const struct fg_governed *device, int64_t cap_mw)
{
    *told = (struct told){.work = device->work,
                          .job = device->job,
                          .cap_mw = cap_mw,
                          .since_us = device->time_us,
                          .last_us = device->time_us,
                          .saved = told->saved};
}

static void count(struct told *told,
                  const struct fg_governor_terms *terms,
                  const struct fg_governed *device)
{
    int64_t spent_us = device->time_us - told->last_us;
    told->last_us = device->time_us;
    if (spent_us <= 0 || spent_us > terms->probe_us || device->power_mw < 0 || device->rate < 0
        || device->time_us - told->since_us < terms->settle_us)
        return;
    double seconds = (double)spent_us / 1e6;
    told->seconds += seconds;
    told->power += (double)device->power_mw * seconds;
    told->work_done += (double)device->rate * seconds;
}

/* What is to be tried next, or what is best of what was tried. */
static int64_t choose(const struct fg_curve *curve, uint32_t slowdown_milli)
{
    struct fg_cap_terms terms = FG_CAP_TERMS_DEFAULT;
    terms.slowdown_milli = slowdown_milli;
    int64_t next = fg_curve_next_probe(curve, slowdown_milli);
    return next
               ? next
               : fg_cap_choose(curve, &terms, &(struct fg_cap_job){.due_us = INT64_MAX}).cap_mw;
}

/* What would save, without a budget. */
static int64_t saving_cap(struct fg_governor *governor,
                          struct told *told,
                          const struct fg_governor_terms *terms,
                          const struct fg_governed *device)
{
    if (!is_alone(device) || terms->slowdown_milli == 0)
        return device->range.max_mw;
    struct fg_curve *curve = curve_of(governor, device);
    if (told->work != device->work || told->job != device->job)
        return choose(curve, terms->slowdown_milli);
    count(told, terms, device);
    if (told->seconds * 1e6 < (double)terms->probe_us)
        return told->cap_mw;
    const struct fg_stretch stretch = {.cap_mw = told->cap_mw,
                                       .power_mw = told->power / told->seconds,
                                       .rate = told->work_done / told->seconds,
                                       .seconds = told->seconds};
    fg_curve_note(curve, stretch.cap_mw, stretch.power_mw, stretch.rate, stretch.seconds);
    told->saved = fg_saved_by_cap(curve, &stretch);
    told->seconds = told->power = told->work_done = 0;
    return choose(curve, terms->slowdown_milli);
}

/* Devices that nobody holds get what the others leave. */
static void hold_budget(struct fg_governor *governor,
                        const struct fg_governed *devices,
                        size_t len,
                        int64_t budget_mw,
                        int64_t *caps_mw)
{
    struct fg_budget_item *items = zeroed(len, sizeof(*items));
    int64_t *shares = zeroed(len, sizeof(*shares));
    struct fg_budget_answer answer;
    struct fg_err err = {};
    for (size_t i = 0; i < len; i++) {
        struct fg_curve unknown;
        fg_curve_init(&unknown, &devices[i].range);
        const struct fg_curve *curve =
            is_alone(&devices[i]) ? curve_of(governor, &devices[i]) : &unknown;
        fg_budget_item_init(&items[i], curve, 1, devices[i].work ? 1000 : 0);
    }
    /* Over the budget even so: `shares` are the least caps, which is the best there is. */
    (void)fg_budget_share(items, len, budget_mw, shares, &answer, &err);
    for (size_t i = 0; i < len; i++)
        caps_mw[i] = shares[i] < caps_mw[i] ? shares[i] : caps_mw[i];
    free(items);
    free(shares);
}

/* What each of these devices was told before, in their order. */
static void remember(struct fg_governor *governor,
                     const struct fg_governed *devices,
                     size_t len)
{
    struct told *told = zeroed(len, sizeof(*told));
    struct fg_map *told_of = fg_map_new(len);
    for (size_t i = 0; i < len; i++) {
        uint32_t at;
        if (fg_map_get(governor->told_of, devices[i].id, &at))
            told[i] = governor->told[at];
        told[i].saved = (struct fg_saved){};
        fg_map_put(told_of, devices[i].id, (uint32_t)i);
    }
    free(governor->told);
    fg_map_free(governor->told_of);
    governor->told = told;
    governor->told_of = told_of;
}

void fg_governor_step(struct fg_governor *governor,
                      const struct fg_governor_terms *terms,
                      const struct fg_governed *devices,
                      size_t len,
                      int64_t *caps_mw)
{
    remember(governor, devices, len);
    for (size_t i = 0; i < len; i++)
        caps_mw[i] = saving_cap(governor, &governor->told[i], terms, &devices[i]);
    if (terms->budget_mw > 0 && len > 0)
        hold_budget(governor, devices, len, terms->budget_mw, caps_mw);
    for (size_t i = 0; i < len; i++) {
        struct told *told = &governor->told[i];
        if (told->work != devices[i].work || told->job != devices[i].job
            || told->cap_mw != caps_mw[i])
            begin(told, &devices[i], caps_mw[i]);
    }
}

struct fg_saved fg_governor_saved(const struct fg_governor *governor, size_t index)
{
    return governor->told[index].saved;
}

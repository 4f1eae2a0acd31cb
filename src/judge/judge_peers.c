/* judge_peers.c - who differs from those that do the same: tasks of a gang, and devices with the same work. */
#include "judge/judge_inner.h"
#include "judge/robust.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEERS_MIN 3   /* fewer have no middle */
#define Z_MIN     3.5 /* deviations that make one an outlier (Iglewicz and Hoaglin) */

/* -- tasks of a gang --------------------------------------------------------------------------------------------- */

#define APART_MILLI 150. /* use differs by so much at least, or nobody minds */
#define BUSY_MILLI  300. /* peers that do less have nothing to wait for */
#define FULL_MILLI  700. /* peers that do more do not wait */

struct outlier {
    size_t seat;
    double by; /* times what would be too far; negative: below its peers */
    double median;
};

static void take_farther(struct outlier *worst, size_t seat, double by)
{
    if (fabs(by) > fabs(worst->by)) {
        worst->seat = seat;
        worst->by = by;
    }
}

/* The device whose use is farthest from the middle of the gang's.  One that does nothing at all is another cause. */
static struct outlier farthest(const struct looking *looking,
                               const struct seat *seats,
                               size_t len,
                               double *scratch)
{
    struct outlier worst = {.seat = NONE};
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        const struct device *device = fg_judge_seen(looking->judge, &seats[i]);
        if (device)
            scratch[n++] = device->busy_milli;
    }
    if (n < PEERS_MIN)
        return worst;
    worst.median = fg_robust_middle(scratch, n);
    double far = Z_MIN * fg_robust_spread(scratch, n, worst.median);
    far = far > APART_MILLI ? far : APART_MILLI;
    for (size_t i = 0; i < len; i++) {
        const struct device *device = fg_judge_seen(looking->judge, &seats[i]);
        bool is_idle = fg_judge_idle_us(looking->judge, &seats[i]) != 0;
        double by = device ? (device->busy_milli - worst.median) / far : 0;
        bool minds =
            by < 0 ? !is_idle && worst.median >= BUSY_MILLI : worst.median < FULL_MILLI;
        if (minds)
            take_farther(&worst, i, by);
    }
    return worst;
}

static void describe(const struct looking *looking,
                     const struct seat *seat,
                     const struct outlier *outlier,
                     struct fg_alert *alert)
{
    const struct fg_judge_hold *hold = &looking->judge->holds[seat->hold];
    const struct device *device = fg_judge_seen(looking->judge, seat);
    *alert = fg_judge_about(alert->cause, hold, alert->key);
    snprintf(alert->node, sizeof(alert->node), "%s", device->node);
    snprintf(alert->device, sizeof(alert->device), "%.31s-%u", device->kind, device->index);
    snprintf(alert->text, sizeof(alert->text),
             "task %u of job %llu (%s on %s) is %.0f %% busy, its peers %.0f %%: %s",
             hold->task, (unsigned long long)hold->job, alert->device, device->node,
             device->busy_milli / 10, outlier->median / 10,
             outlier->by < 0 ? "it does less than they do" : "they wait for it");
}

void fg_judge_straggler(const struct looking *looking, const struct seat *seats, size_t len)
{
    const struct fg_judge_hold *hold = &looking->judge->holds[seats[0].hold];
    uint64_t key = fg_alarm_key(FG_ALERT_STRAGGLER, hold->job, 0, "");
    struct fg_alert alert = {.key = key, .cause = FG_ALERT_STRAGGLER};
    if (len < PEERS_MIN)
        return;
    double *scratch = malloc(len * sizeof(*scratch));
    if (!scratch)
        abort();
    struct outlier worst = farthest(looking, seats, len, scratch);
    free(scratch);
    enum fg_sight sight = fabs(worst.by) > 1     ? FG_SIGHT_BAD
                          : fabs(worst.by) > 0.6 ? FG_SIGHT_UNSURE
                                                 : FG_SIGHT_CALM;
    if (sight == FG_SIGHT_BAD)
        describe(looking, &seats[worst.seat], &worst, &alert);
    looking->out->see(looking->out->self, &alert, sight);
}

/* -- devices with the same work ------------------------------------------------------------------------------------ */

#define WORKS_MILLI 500. /* clocks of devices that do less say nothing */
#define CAPPED      0.97 /* a power cap below that of its twins explains lower clocks */

/* Bits of FG_READING_SLOWDOWN, as NVML has them. */
#define SLOW_BY_HEAT  (INT64_C(0x20) | 0x40)
#define SLOW_BY_POWER (INT64_C(0x04) | 0x80)

struct twin {
    uint64_t group; /* kind of device, and work */
    const struct device *device;
};

static int by_group(const void *left, const void *right)
{
    const struct twin *a = left, *b = right;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return a->device->key < b->device->key ? -1 : a->device->key > b->device->key;
}

/* A device that several jobs share is there once. */
static size_t without_doubles(struct twin *twins, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++)
        if (kept == 0 || by_group(&twins[kept - 1], &twins[i]) != 0)
            twins[kept++] = twins[i];
    return kept;
}

static size_t gather(const struct looking *looking, struct twin *twins)
{
    const struct fg_judge *judge = looking->judge;
    size_t len = 0;
    for (size_t i = 0; i < judge->seats_len; i++) {
        const struct device *device = fg_judge_seen(judge, &judge->seats[i]);
        if (!device || device->clock_mhz <= 0 || device->busy_milli < WORKS_MILLI)
            continue;
        uint64_t work = judge->holds[judge->seats[i].hold].work;
        twins[len++] = (struct twin){
            .group = fg_alarm_key(FG_ALERT_SLOW_TWIN, work, 0, device->kind), .device = device};
    }
    if (len > 1)
        qsort(twins, len, sizeof(*twins), by_group);
    return without_doubles(twins, len);
}

/* The middle of a group. */
struct middle {
    double clock_mhz, far_mhz; /* so much below the clock is an outlier */
    double temp_c, limit_mw;   /* negative: unknown */
    size_t len;
};

static double median_of(const struct twin *twins,
                        size_t len,
                        int64_t (*value)(const struct device *device),
                        double *scratch)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (value(twins[i].device) >= 0)
            scratch[n++] = (double)value(twins[i].device);
    return n ? fg_robust_middle(scratch, n) : -1;
}

static int64_t temp_of(const struct device *device)
{
    return device->temp_c;
}

static int64_t limit_of(const struct device *device)
{
    return device->limit_mw;
}

static struct middle middle_of(const struct twin *twins, size_t len, double *scratch)
{
    struct middle middle = {.len = len,
                            .temp_c = median_of(twins, len, temp_of, scratch),
                            .limit_mw = median_of(twins, len, limit_of, scratch)};
    for (size_t i = 0; i < len; i++)
        scratch[i] = twins[i].device->clock_mhz;
    middle.clock_mhz = fg_robust_middle(scratch, len);
    double spread = fg_robust_spread(scratch, len, middle.clock_mhz);
    double least = middle.clock_mhz / 100; /* clocks move in steps of about that */
    middle.far_mhz = Z_MIN * (spread > least ? spread : least);
    return middle;
}

static enum fg_sight sight_of(const struct looking *looking,
                              const struct device *device,
                              const struct middle *middle)
{
    double below = middle->clock_mhz - device->clock_mhz;
    double slow = middle->clock_mhz * (double)looking->rules->slow_percent / 100;
    bool is_capped = device->limit_mw > 0 && middle->limit_mw > 0
                     && (double)device->limit_mw < CAPPED * middle->limit_mw;
    if (is_capped || below < slow / 2)
        return FG_SIGHT_CALM;
    return below >= slow && below > middle->far_mhz ? FG_SIGHT_BAD : FG_SIGHT_UNSURE;
}

static const char *why_slow(const struct device *device)
{
    if (device->slowdown < 0)
        return "";
    if (device->slowdown & SLOW_BY_HEAT)
        return ", held down by heat";
    return device->slowdown & SLOW_BY_POWER ? ", held down by power" : "";
}

static struct fg_alert accuse(const struct device *device, const struct middle *middle)
{
    const struct fg_alert_rule *rule = &fg_alert_causes[FG_ALERT_SLOW_TWIN];
    struct fg_alert alert = {.severity = rule->severity, .cost_uusd = -1, .count = 1};
    char heat[64] = "";
    snprintf(alert.node, sizeof(alert.node), "%s", device->node);
    snprintf(alert.device, sizeof(alert.device), "%.31s-%u", device->kind, device->index);
    fg_alert_hint(rule->hint, 0, device->node, alert.hint);
    if (device->temp_c >= 0 && middle->temp_c >= 0)
        snprintf(heat, sizeof(heat), "; it has %lld C, they %.0f C", (long long)device->temp_c,
                 middle->temp_c);
    snprintf(alert.text, sizeof(alert.text),
             "%s of %s runs at %.0f MHz, its %zu twins with the same work at %.0f MHz%s%s",
             alert.device, device->node, device->clock_mhz, middle->len - 1, middle->clock_mhz,
             why_slow(device), heat);
    return alert;
}

static void see_twin(const struct looking *looking,
                     const struct device *device,
                     const struct middle *middle)
{
    enum fg_sight sight = sight_of(looking, device, middle);
    struct fg_alert alert = {};
    if (sight == FG_SIGHT_BAD)
        alert = accuse(device, middle);
    alert.cause = FG_ALERT_SLOW_TWIN;
    alert.key = fg_alarm_key(alert.cause, device->index, 0, device->node);
    looking->out->see(looking->out->self, &alert, sight);
}

void fg_judge_twins(const struct looking *looking)
{
    size_t room = looking->judge->seats_len;
    if (room == 0)
        return;
    struct twin *twins = calloc(room, sizeof(*twins));
    double *scratch = calloc(room, sizeof(*scratch));
    if (!twins || !scratch)
        abort();
    size_t len = gather(looking, twins);
    for (size_t i = 0, next; i < len; i = next) {
        for (next = i + 1; next < len && twins[next].group == twins[i].group;)
            next++;
        if (next - i < PEERS_MIN)
            continue;
        struct middle middle = middle_of(&twins[i], next - i, scratch);
        for (size_t at = i; at < next; at++)
            see_twin(looking, twins[at].device, &middle);
    }
    free(twins);
    free(scratch);
}

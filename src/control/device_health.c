/* device_health.c - see device_health.h */
#include "control/device_health.h"

#define STALE_US INT64_C(60000000)  /* readings come every few seconds */
#define HOT_US   INT64_C(60000000)  /* above the limit for so long */
#define SLOW_US  INT64_C(300000000) /* held down for so long */
/* NVML's clocks event reasons: the hardware slows down, by heat, by its power supply. */
#define SLOW_BITS INT64_C(0xc8)

static const struct {
    enum fg_device_state state;
    bool stays, kills;
    const char *words, *hint, *moved;
} faults[FG_DEVICE_FAULTS] = {
    [FG_DEVICE_NO_FAULT] = {.words = "", .hint = "", .moved = ""},
#define STAYS  true
#define PASSES false
#define X(id, state, ends, kills, words, hint)                                                 \
    [FG_DEVICE_##id] = {FG_DEVICE_##state, ends, kills, words, hint, "its device " words},
#include "control/device_fault.def"
#undef X
#undef PASSES
#undef STAYS
};

static const struct {
    int64_t xid;
    enum fg_device_fault fault;
} xids[] = {
#define X(xid, fault) {xid, FG_DEVICE_##fault},
#include "control/xid.def"
#undef X
};

enum fg_device_fault fg_device_fault_of_xid(int64_t xid)
{
    for (size_t i = 0; i < sizeof(xids) / sizeof(xids[0]); i++)
        if (xids[i].xid == xid)
            return xids[i].fault;
    return FG_DEVICE_NO_FAULT;
}

const char *fg_device_fault_words(enum fg_device_fault fault)
{
    return faults[fault].words;
}

const char *fg_device_fault_hint(enum fg_device_fault fault)
{
    return faults[fault].hint;
}

const char *fg_device_fault_moved(enum fg_device_fault fault)
{
    return faults[fault].moved;
}

const char *fg_device_state_name(enum fg_device_state state)
{
    static const char *const names[] = {"up", "suspect", "broken"};
    return names[state];
}

/* -- what a reading says ------------------------------------------------------------------------------ */

/* The one that stands first in the table. */
static enum fg_device_fault worse(enum fg_device_fault a, enum fg_device_fault b)
{
    return !a || (b && b < a) ? b : a;
}

static bool grew(const struct fg_device_watch *watch, const int64_t *value, enum fg_reading at)
{
    return watch->marks[at] >= 0 && value[at] > watch->marks[at];
}

static bool fell(const struct fg_device_watch *watch, const int64_t *value, enum fg_reading at)
{
    return value[at] >= 0 && watch->marks[at] > value[at];
}

/* Since the last reading. */
static enum fg_device_fault event_of(const struct fg_device_watch *watch, const int64_t *value)
{
    enum fg_device_fault fault = FG_DEVICE_NO_FAULT;
    int64_t xid = value[FG_READING_XID];
    if (xid > 0 && xid != watch->marks[FG_READING_XID])
        fault = fg_device_fault_of_xid(xid);
    if (grew(watch, value, FG_READING_ECC_UNCORRECTED)
        || grew(watch, value, FG_READING_ROWS_REMAPPED))
        fault = worse(fault, FG_DEVICE_MEMORY);
    if (grew(watch, value, FG_READING_HANGS))
        fault = worse(fault, FG_DEVICE_HANGS);
    return fault;
}

static bool is_long(int64_t *since_us, bool is_so, int64_t now_us, int64_t long_us)
{
    if (!is_so)
        *since_us = 0;
    else if (*since_us == 0)
        *since_us = now_us;
    return is_so && now_us - *since_us >= long_us;
}

/* As long as it is read. */
static enum fg_device_fault level_of(struct fg_device_watch *watch,
                                     const struct fg_config *config,
                                     const int64_t *value,
                                     int64_t now_us)
{
    int64_t most_c = config->device_temp_max_c;
    bool is_hot =
        is_long(&watch->hot_us, most_c && value[FG_READING_TEMP] > most_c, now_us, HOT_US);
    bool is_slow =
        is_long(&watch->slow_us,
                value[FG_READING_SLOWDOWN] > 0 && (value[FG_READING_SLOWDOWN] & SLOW_BITS),
                now_us, SLOW_US);
    return value[FG_READING_GONE] == 1            ? FG_DEVICE_GONE
           : value[FG_READING_REMAP_FAILED] == 1  ? FG_DEVICE_REMAP_FAILED
           : value[FG_READING_REMAP_PENDING] == 1 ? FG_DEVICE_REMAP_PENDING
           : is_hot                               ? FG_DEVICE_HOT
           : is_slow                              ? FG_DEVICE_SLOW
                                                  : FG_DEVICE_NO_FAULT;
}

/* The driver was loaded anew, or the device reset. */
static bool was_reset(const struct fg_device_watch *watch, const int64_t *value)
{
    return fell(watch, value, FG_READING_ENERGY)
           || fell(watch, value, FG_READING_ECC_UNCORRECTED)
           || fell(watch, value, FG_READING_GONE);
}

/* -- over time ------------------------------------------------------------------------------------------ */

static void begins(struct fg_device_watch *watch,
                   const struct fg_config *config,
                   enum fg_device_fault fault,
                   int64_t now_us)
{
    watch->last = fault;
    watch->fault_us = now_us;
    fg_health_fault(&watch->health, config, FG_FAULT_FALL, 0, faults[fault].words, now_us);
}

static void ends(struct fg_device_watch *watch, const struct fg_config *config, int64_t now_us)
{
    fg_health_rose(&watch->health, config, 0, now_us);
}

/* The worst that is so now: as long as it is read, or until a reset. */
static enum fg_device_fault in_force(const struct fg_device_watch *watch,
                                     const int64_t *value,
                                     enum fg_device_fault level,
                                     enum fg_device_fault event)
{
    enum fg_device_fault fault = level;
    if (faults[event].stays)
        fault = worse(fault, event);
    if (faults[watch->fault].stays && !was_reset(watch, value))
        fault = worse(fault, watch->fault);
    return fault;
}

static void mark(struct fg_device_watch *watch, const int64_t *value, int64_t now_us)
{
    for (int i = 0; i < FG_READINGS_LEN; i++)
        if (value[i] >= 0)
            watch->marks[i] = value[i];
    watch->read_us = now_us;
}

void fg_device_watch_read(struct fg_device_watch *watch,
                          const struct fg_config *config,
                          const struct fg_device_sample *sample,
                          int64_t now_us)
{
    const int64_t *value = sample->value;
    for (int i = 0; watch->read_us == 0 && i < FG_READINGS_LEN; i++)
        watch->marks[i] = -1;
    enum fg_device_fault level = level_of(watch, config, value, now_us);
    enum fg_device_fault event = event_of(watch, value);
    if (level != watch->forgiven)
        watch->forgiven = FG_DEVICE_NO_FAULT;
    else
        level = FG_DEVICE_NO_FAULT;
    enum fg_device_fault old = watch->fault, fresh = worse(level, event);
    watch->fault = in_force(watch, value, level, event);
    if (fresh && fresh != old && worse(fresh, old) == fresh)
        begins(watch, config, fresh, now_us);
    if (!watch->fault && (old || event))
        ends(watch, config, now_us);
    mark(watch, value, now_us);
}

void fg_device_watch_forget(struct fg_device_watch *watch)
{
    watch->forgiven = watch->fault;
    watch->fault = FG_DEVICE_NO_FAULT;
    fg_health_forget(&watch->health);
}

enum fg_device_state fg_device_watch_state(const struct fg_device_watch *watch, int64_t now_us)
{
    if (watch->fault && now_us - watch->read_us < STALE_US)
        return faults[watch->fault].state;
    return fg_health_is_held(&watch->health, now_us) ? FG_DEVICE_SUSPECT : FG_DEVICE_FINE;
}

int64_t fg_device_watch_next_us(const struct fg_device_watch *watch, int64_t now_us)
{
    int64_t next_us = INT64_MAX;
    if (watch->fault && now_us - watch->read_us < STALE_US)
        next_us = watch->read_us + STALE_US;
    if (fg_health_is_held(&watch->health, now_us) && watch->health.hold_us < next_us)
        next_us = watch->health.hold_us;
    return next_us;
}

bool fg_device_watch_kills(const struct fg_device_watch *watch, int64_t since_us)
{
    return faults[watch->last].kills && watch->fault_us >= since_us;
}

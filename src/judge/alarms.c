/* alarms.c - see alarms.h */
#include "judge/alarms.h"

#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHANGED_EVERY_US INT64_C(60000000)

struct row {
    struct fg_alert alert; /* as told, or as it would be */
    struct fg_alert now;   /* of this look, if bad */
    enum fg_sight sight;   /* of this look */
    uint32_t bad;          /* a bit for each of the last looks, the newest the lowest */
    bool is_raised;
    int64_t calm_us; /* all looks since then were calm; 0: not the last one */
    int64_t told_us;
};

struct fg_alarms {
    struct row *rows;
    struct fg_map *by_key; /* in `rows` */
    size_t len, max, raised;
    uint64_t dropped;
};

struct fg_alarms *fg_alarms_new(size_t max)
{
    struct fg_alarms *alarms = calloc(1, sizeof(*alarms));
    if (!alarms)
        return NULL;
    alarms->max = max;
    alarms->rows = calloc(max, sizeof(struct row));
    alarms->by_key = fg_map_new(64);
    if (alarms->rows && alarms->by_key)
        return alarms;
    fg_alarms_free(alarms);
    return NULL;
}

void fg_alarms_free(struct fg_alarms *alarms)
{
    if (!alarms)
        return;
    fg_map_free(alarms->by_key);
    free(alarms->rows);
    free(alarms);
}

static uint64_t hash(uint64_t seed, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        seed = (seed ^ at[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return seed;
}

uint64_t fg_alarm_key(enum fg_alert_cause cause, uint64_t a, uint64_t b, const char *text)
{
    /* By name: numbers of causes are not kept. */
    uint64_t key = hash(UINT64_C(0xcbf29ce484222325), fg_alert_causes[cause].name,
                        strlen(fg_alert_causes[cause].name));
    key = hash(key, &a, sizeof(a));
    key = hash(key, &b, sizeof(b));
    key = hash(key, text, strlen(text));
    return key ? key : 1;
}

static struct row *add(struct fg_alarms *alarms, const struct fg_alert *alert)
{
    if (alarms->len == alarms->max) {
        alarms->dropped++;
        return NULL;
    }
    assert(alarms->rows);
    struct row *row = &alarms->rows[alarms->len];
    *row = (struct row){.alert = *alert};
    fg_map_put(alarms->by_key, alert->key, (uint32_t)alarms->len++);
    return row;
}

static void drop(struct fg_alarms *alarms, size_t at)
{
    struct row *row = &alarms->rows[at], *last = &alarms->rows[--alarms->len];
    alarms->raised -= row->is_raised;
    fg_map_del(alarms->by_key, row->alert.key);
    if (row == last)
        return;
    *row = *last;
    fg_map_put(alarms->by_key, row->alert.key, (uint32_t)at);
}

void fg_alarms_restore(struct fg_alarms *alarms, const struct fg_alert *alert, int64_t now_us)
{
    struct row *row = fg_map_get(alarms->by_key, alert->key, NULL) ? NULL : add(alarms, alert);
    if (!row)
        return;
    row->is_raised = true;
    row->told_us = now_us;
    alarms->raised++;
}

void fg_alarms_forget(struct fg_alarms *alarms)
{
    while (alarms->len > 0)
        drop(alarms, alarms->len - 1);
}

void fg_alarms_see(struct fg_alarms *alarms, const struct fg_alert *what, enum fg_sight sight)
{
    uint32_t at;
    struct row *row = fg_map_get(alarms->by_key, what->key, &at) ? &alarms->rows[at] : NULL;
    if (!row && sight == FG_SIGHT_BAD)
        row = add(alarms, what);
    if (!row)
        return;
    if (sight == FG_SIGHT_BAD && row->sight == FG_SIGHT_BAD) {
        row->now.count += what->count;
        if (what->cost_uusd > 0)
            row->now.cost_uusd += what->cost_uusd + (row->now.cost_uusd < 0);
        if (what->severity > row->now.severity)
            row->now.severity = what->severity;
    } else if (sight == FG_SIGHT_BAD) {
        row->now = *what;
    }
    if (sight > row->sight)
        row->sight = sight;
}

/* What is told of it now; who it is about stays as it was raised. */
static bool renew(struct row *row)
{
    struct fg_alert *alert = &row->alert;
    const struct fg_alert *now = &row->now;
    bool is_new = alert->count != now->count || alert->cost_uusd != now->cost_uusd
                  || alert->severity != now->severity || strcmp(alert->text, now->text) != 0;
    alert->count = now->count;
    alert->cost_uusd = now->cost_uusd;
    alert->severity = now->severity;
    memcpy(alert->text, now->text, sizeof(alert->text));
    memcpy(alert->hint, now->hint, sizeof(alert->hint));
    return is_new;
}

static bool is_due(const struct row *row)
{
    const struct fg_alert_rule *cause = &fg_alert_causes[row->alert.cause];
    uint32_t last = row->bad & ((1U << cause->of) - 1);
    return row->sight == FG_SIGHT_BAD && __builtin_popcount(last) >= cause->looks;
}

static void raise_row(struct fg_alarms *alarms, struct row *row, int64_t now_us)
{
    uint64_t key = row->alert.key;
    row->alert = row->now;
    row->alert.key = key;
    row->alert.raised_us = now_us;
    row->is_raised = true;
    row->told_us = now_us;
    alarms->raised++;
}

/* false: the row is not needed any more. */
static bool settle(
    struct fg_alarms *alarms, struct row *row, int64_t now_us, fg_alarms_fn *tell, void *self)
{
    row->bad = row->bad << 1 | (row->sight == FG_SIGHT_BAD);
    if (row->sight != FG_SIGHT_CALM)
        row->calm_us = 0;
    else if (row->calm_us == 0)
        row->calm_us = now_us;
    if (!row->is_raised && is_due(row)) {
        raise_row(alarms, row, now_us);
        tell(self, FG_ALARM_RAISED, &row->alert);
    } else if (row->is_raised && row->sight == FG_SIGHT_BAD
               && now_us - row->told_us >= CHANGED_EVERY_US && renew(row)) {
        row->told_us = now_us;
        tell(self, FG_ALARM_CHANGED, &row->alert);
    }
    const struct fg_alert_rule *cause = &fg_alert_causes[row->alert.cause];
    return row->is_raised || (row->bad & ((1U << cause->of) - 1)) != 0;
}

static bool is_over(const struct row *row, int64_t now_us, int64_t clear_us)
{
    return row->is_raised && row->calm_us != 0 && now_us - row->calm_us >= clear_us;
}

void fg_alarms_settle(
    struct fg_alarms *alarms, int64_t now_us, int64_t clear_us, fg_alarms_fn *tell, void *self)
{
    for (size_t i = alarms->len; i-- > 0;) {
        struct row *row = &alarms->rows[i];
        bool is_needed = settle(alarms, row, now_us, tell, self);
        row->sight = FG_SIGHT_CALM;
        if (is_over(row, now_us, clear_us)) {
            row->alert.cleared_us = now_us;
            tell(self, FG_ALARM_CLEARED, &row->alert);
            is_needed = false;
        }
        if (!is_needed)
            drop(alarms, i);
    }
}

struct fg_alert *fg_alarms_find(struct fg_alarms *alarms, uint64_t id)
{
    for (size_t i = 0; i < alarms->len; i++)
        if (alarms->rows[i].is_raised && alarms->rows[i].alert.id == id)
            return &alarms->rows[i].alert;
    return NULL;
}

size_t fg_alarms_raised(const struct fg_alarms *alarms)
{
    return alarms->raised;
}

uint64_t fg_alarms_dropped(const struct fg_alarms *alarms)
{
    return alarms->dropped;
}

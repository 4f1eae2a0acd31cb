/* joules.c - see joules.h */
#include "probe/joules.h"

static int64_t most_mj(int64_t span_us)
{
    /* A second more, for the counter and our clock do not move together. */
    return (span_us / 1000 + 1000) * FG_JOULES_WATTS_MAX;
}

static void integrate(struct fg_joules *joules, int64_t span_us, int64_t power_mw)
{
    if (joules->power_mw < 0 || power_mw < 0)
        return;
    if (span_us > FG_JOULES_GAP_US)
        span_us = FG_JOULES_GAP_US;
    int64_t sum = (joules->power_mw + power_mw) * span_us + joules->rest;
    joules->used_mj += sum / 2000000;
    joules->rest = sum % 2000000;
}

void fg_joules_read(struct fg_joules *joules,
                    int64_t time_us,
                    int64_t counter_mj,
                    int64_t power_mw)
{
    if (power_mw > FG_JOULES_WATTS_MAX * 1000LL)
        power_mw = -1;
    int64_t span_us = time_us - joules->time_us;
    if (joules->time_us == 0) {
        joules->is_counted = counter_mj >= 0;
        joules->used_mj = counter_mj > 0 ? counter_mj : 0;
        joules->counter_mj = counter_mj;
    } else if (span_us > 0) {
        int64_t grown = counter_mj - joules->counter_mj;
        bool is_counter = counter_mj >= 0 && joules->counter_mj >= 0 && grown >= 0
                          && grown <= most_mj(span_us);
        if (is_counter) {
            joules->used_mj += grown;
        } else {
            joules->is_counted = false;
            integrate(joules, span_us, power_mw);
        }
        joules->counter_mj = counter_mj;
    }
    if (span_us != 0 || joules->time_us == 0) {
        joules->time_us = time_us;
        joules->power_mw = power_mw;
    }
}

int64_t fg_joules_at(const struct fg_joules *joules, int64_t now_us)
{
    int64_t span_us = now_us - joules->time_us;
    bool is_recent = joules->time_us != 0 && span_us > 0 && span_us <= FG_JOULES_RECENT_US;
    return joules->used_mj
           + (is_recent && joules->power_mw > 0 ? joules->power_mw * span_us / 1000000 : 0);
}

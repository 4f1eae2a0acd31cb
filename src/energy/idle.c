/* idle.c - see idle.h */
#include "energy/idle.h"

#include <assert.h>
#include <string.h>

#define READINGS_MIN 5 /* of a source in a stretch */

void fg_idle_end(struct fg_idle *idle)
{
    idle->since_us = 0;
}

static void begin(struct fg_idle *idle, int64_t since_us)
{
    memset(idle->means, 0, sizeof(idle->means));
    idle->since_us = since_us;
}

void fg_idle_read(struct fg_idle *idle, size_t source, int64_t power_mw, int64_t now_us)
{
    assert(source < FG_IDLE_SOURCES);
    if (idle->since_us == 0)
        begin(idle, now_us + FG_IDLE_SETTLE_US);
    if (power_mw < 0 || now_us < idle->since_us)
        return;
    idle->means[source].sum_mw += power_mw;
    idle->means[source].len++;
}

static bool is_known(const struct fg_idle *idle, size_t source)
{
    return idle->means[source].len >= READINGS_MIN;
}

static int64_t mean_mw(const struct fg_idle *idle, size_t source)
{
    return idle->means[source].sum_mw / idle->means[source].len;
}

static int64_t sum_mw(const struct fg_idle *idle, uint32_t devices)
{
    if (is_known(idle, FG_IDLE_WHOLE))
        return mean_mw(idle, FG_IDLE_WHOLE);
    bool knows = is_known(idle, FG_IDLE_PACKAGES);
    int64_t sum = knows ? mean_mw(idle, FG_IDLE_PACKAGES) : 0;
    for (size_t i = 0; i < devices && knows; i++) {
        knows = is_known(idle, FG_IDLE_DEVICES + i);
        sum += knows ? mean_mw(idle, FG_IDLE_DEVICES + i) : 0;
    }
    return knows ? sum : 0;
}

int64_t fg_idle_take_mw(struct fg_idle *idle, uint32_t devices, int64_t now_us)
{
    if (idle->since_us == 0 || now_us - idle->since_us < FG_IDLE_STRETCH_US)
        return 0;
    int64_t power_mw = sum_mw(idle, devices);
    begin(idle, now_us);
    return power_mw;
}

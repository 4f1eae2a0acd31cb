/* series.c - see series.h */
#include "demand/series.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE 60'000'000LL
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)

struct fg_demand_series *fg_demand_set_add(struct fg_demand_set *set, const char *name)
{
    if (set->len == set->room) {
        size_t room = set->room ? set->room * 2 : 16;
        set->series = reallocarray(set->series, room, sizeof(set->series[0]));
        if (!set->series)
            abort();
        set->room = room;
    }
    struct fg_demand_series *series = &set->series[set->len++];
    *series = (struct fg_demand_series){.name = strdup(name)};
    if (!series->name)
        abort();
    return series;
}

void fg_demand_set_free(struct fg_demand_set *set)
{
    for (size_t i = 0; i < set->len; i++) {
        free(set->series[i].name);
        free(set->series[i].values);
    }
    free(set->series);
    *set = (struct fg_demand_set){};
}

int64_t fg_demand_time_at(const struct fg_demand_time *time, size_t i)
{
    if (!time->months)
        return time->first + (int64_t)i * time->step;
    int64_t month = time->first + (int64_t)i * time->months;
    int64_t begin_us = fg_time_of_month(month);
    int64_t last_day_us = fg_time_of_month(month + 1) - begin_us - DAY;
    int64_t rest_us = time->rest_us;
    if (rest_us >= last_day_us + DAY) /* the 31st of a shorter month is its last day */
        rest_us = last_day_us + rest_us % DAY;
    return begin_us + rest_us;
}

static size_t by_months(int64_t months, uint32_t out[FG_DEMAND_SEASONS_MAX])
{
    if (months >= 12 || 12 % months != 0)
        return 0;
    out[0] = (uint32_t)(12 / months);
    return 1;
}

size_t fg_demand_seasons(const struct fg_demand_time *time, uint32_t out[FG_DEMAND_SEASONS_MAX])
{
    static const int64_t cycles_us[] = {HOUR, DAY, WEEK, 52 * WEEK};
    size_t len = 0;
    if (time->is_index)
        return 0;
    if (time->months)
        return by_months(time->months, out);
    for (size_t i = 0; i < sizeof(cycles_us) / sizeof(cycles_us[0]); i++) {
        bool is_season =
            time->step > 0 && cycles_us[i] % time->step == 0 && cycles_us[i] / time->step >= 2;
        /* An hour comes again only where minutes are looked at; years only where days are not. */
        if ((cycles_us[i] == HOUR && time->step > 5 * MINUTE)
            || (cycles_us[i] == 52 * WEEK && time->step < WEEK))
            is_season = false;
        if (is_season && cycles_us[i] / time->step <= UINT32_MAX)
            out[len++] = (uint32_t)(cycles_us[i] / time->step);
    }
    return len;
}

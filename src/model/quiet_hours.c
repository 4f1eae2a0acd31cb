/* quiet_hours.c - see quiet_hours.h */
#include "model/quiet_hours.h"

#include <stdio.h>
#include <string.h>

#define HOUR_S 3600

int fg_quiet_hours_parse(const char *text, struct fg_quiet_hours *out, struct fg_err *err)
{
    int from_h, until_h, len = 0;
    *out = (struct fg_quiet_hours){};
    if (!text[0])
        return 0;
    bool has_form = strspn(text, "0123456789-") == strlen(text)
                    && sscanf(text, "%2d-%2d%n", &from_h, &until_h, &len) == 2 && !text[len];
    if (!has_form || from_h < 0 || from_h > 23 || until_h < 0 || until_h > 24
        || from_h == until_h)
        return fg_fail(err, FG_EINVAL,
                       "\"%.20s\", expected hours of the day like 02-05 or 22-04", text);
    *out = (struct fg_quiet_hours){from_h, until_h};
    return 0;
}

bool fg_quiet_hours_at(const struct fg_quiet_hours *hours,
                       int second_of_day,
                       int64_t *out_since_s,
                       int64_t *out_left_s)
{
    int len_s = (hours->until_h - hours->from_h + 24) % 24 * HOUR_S;
    if (hours->until_h == 0 && hours->from_h == 0)
        return false;
    if (len_s == 0)
        len_s = 24 * HOUR_S;
    int since_s = (second_of_day - hours->from_h * HOUR_S + 24 * HOUR_S) % (24 * HOUR_S);
    *out_since_s = since_s;
    *out_left_s = len_s - since_s;
    return since_s < len_s;
}

/* log.c - see log.h */
#include "daemon/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

void fg_log(const char *fmt, ...)
{
    const struct fg_clock *clock = fg_clock_system();
    char when[FG_TIME_TEXT_MAX], line[1024];
    fg_time_format(clock->now_us(clock->self) / 1000000 * 1000000, when);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    fprintf(stderr, "%s %s\n", when, line);
}

/* machine_text.c - see machine_text.h */
#include "probe/machine_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_LEN 8 /* user nice system idle iowait irq softirq steal */

/* The number after a word; -1: there is none. */
static int64_t number_after(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    char *end;
    if (!at)
        return -1;
    at += strlen(word);
    errno = 0;
    long long number = strtoll(at, &end, 10);
    return end == at || errno || number < 0 ? -1 : number;
}

bool fg_machine_read_ticks(const char *text, struct fg_machine_ticks *out)
{
    int64_t ticks[TICKS_LEN] = {}, total = 0;
    if (strncmp(text, "cpu ", 4) != 0)
        return false;
    char *end = (char *)(uintptr_t)(text + 4);
    for (int i = 0; i < TICKS_LEN; i++) {
        const char *at = end;
        errno = 0;
        ticks[i] = strtoll(at, &end, 10);
        if (end == at && i >= 4)
            break; /* an old kernel */
        if (end == at || errno || ticks[i] < 0 || ticks[i] > INT64_MAX / (2 * TICKS_LEN))
            return false;
        total += ticks[i];
    }
    out->busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6];
    out->total = total;
    return true;
}

int64_t fg_machine_read_memory(const char *text)
{
    int64_t total_kib = number_after(text, "MemTotal:");
    int64_t available_kib = number_after(text, "MemAvailable:");
    if (total_kib < 0 || available_kib < 0 || available_kib > total_kib)
        return -1;
    return (total_kib - available_kib) / 1024;
}

int64_t fg_machine_read_stall(const char *text)
{
    return strncmp(text, "some ", 5) == 0 ? number_after(text, " total=") : -1;
}

int64_t fg_machine_grown(int64_t before, int64_t now, int64_t most)
{
    if (now >= before)
        return now - before;
    return most >= before ? most - before + now : 0;
}

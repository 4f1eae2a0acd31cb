/* words.c - see words.h */
#include "slurm/words.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define US 1000000

static struct fg_field part(const char *text, size_t len)
{
    return (struct fg_field){text, len};
}

/* The index of `c` in the field, or its length. */
static size_t find(struct fg_field field, char c)
{
    const char *at = field.len ? memchr(field.text, c, field.len) : NULL;
    return at ? (size_t)(at - field.text) : field.len;
}

bool fg_slurm_same(struct fg_field field, const char *text)
{
    return strlen(text) == field.len && memcmp(field.text, text, field.len) == 0;
}

bool fg_slurm_count(struct fg_field field, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (field.len == 0 || field.len > 19)
        return false;
    for (size_t i = 0; i < field.len; i++) {
        if (field.text[i] < '0' || field.text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(field.text[i] - '0');
    }
    *out = value;
    return value <= max;
}

/* The end of an entry of a list: a comma that is in no brackets. */
static size_t entry_end(struct fg_field list, char open, char close)
{
    int depth = 0;
    for (size_t i = 0; i < list.len; i++) {
        depth += list.text[i] == open ? 1 : list.text[i] == close ? -1 : 0;
        if (list.text[i] == ',' && depth == 0)
            return i;
    }
    return list.len;
}

static struct fg_field rest_after(struct fg_field list, size_t end)
{
    return end < list.len ? part(list.text + end + 1, list.len - end - 1)
                          : part(list.text + list.len, 0);
}

/* ---- GRES ---- */

static bool add_gres(struct fg_field type,
                     uint64_t count,
                     struct fg_slurm_gres out[FG_SLURM_GRES_MAX],
                     int *len)
{
    int at = 0;
    if (type.len >= FG_KIND_MAX)
        return false;
    while (at < *len && !fg_slurm_same(type, out[at].type))
        at++;
    if (at == FG_SLURM_GRES_MAX)
        return false;
    if (at == *len) {
        out[at] = (struct fg_slurm_gres){};
        memcpy(out[at].type, type.text, type.len);
        ++*len;
    }
    out[at].count += (uint32_t)count;
    return out[at].count <= UINT16_MAX;
}

/* "gpu:h100:8", "gpu:8", "gpu", "gpu:h100=2" without what is in brackets; other names are passed over. */
static bool read_gres(struct fg_field entry,
                      struct fg_slurm_gres out[FG_SLURM_GRES_MAX],
                      int *len)
{
    entry.len = find(entry, '(');
    if (entry.len > 5
        && (memcmp(entry.text, "gres/", 5) == 0 || memcmp(entry.text, "gres:", 5) == 0))
        entry = part(entry.text + 5, entry.len - 5);
    size_t name = entry.len < find(entry, ':') ? entry.len : find(entry, ':');
    if (find(entry, '=') < name)
        name = find(entry, '=');
    if (!fg_slurm_same(part(entry.text, name), "gpu"))
        return true;
    uint64_t count = 1;
    struct fg_field rest = rest_after(entry, name), type = part(rest.text, 0);
    if (name == entry.len)
        return add_gres(type, count, out, len);
    size_t end = rest.len;
    while (end > 0 && rest.text[end - 1] != ':' && rest.text[end - 1] != '=')
        end--;
    if (fg_slurm_count(part(rest.text + end, rest.len - end), UINT16_MAX, &count))
        type = part(rest.text, end ? end - 1 : 0);
    else if (end == 0)
        type = rest;
    else
        return false;
    return add_gres(type, count, out, len);
}

int fg_slurm_gres_parse(struct fg_field text, struct fg_slurm_gres out[FG_SLURM_GRES_MAX])
{
    int len = 0;
    if (fg_slurm_same(text, "(null)") || fg_slurm_same(text, "N/A"))
        return 0;
    while (text.len > 0) {
        size_t end = entry_end(text, '(', ')');
        if (!read_gres(part(text.text, end), out, &len))
            return -1;
        text = rest_after(text, end);
    }
    return len;
}

/* ---- sizes and times ---- */

bool fg_slurm_mib_parse(struct fg_field text, uint64_t *out)
{
    static const char units[] = "KMGTP";
    int64_t micro;
    int power = 1; /* of 1024, MiB */
    while (text.len > 0 && (text.text[text.len - 1] == 'n' || text.text[text.len - 1] == 'c'))
        text.len--;
    const char *unit =
        text.len > 0 && text.text[text.len - 1] ? strchr(units, text.text[text.len - 1]) : NULL;
    if (unit) {
        power = (int)(unit - units);
        text.len--;
    }
    if (!fg_field_micro(text, &micro) || micro < 0 || micro / US > INT64_C(1) << 20) {
        uint64_t whole;
        if (power > 1 || !fg_slurm_count(text, UINT32_MAX, &whole))
            return false;
        *out = power ? whole : whole / 1024;
        return true;
    }
    for (int i = 1; i < power; i++)
        micro *= 1024;
    *out = (uint64_t)micro / US;
    if (power == 0)
        *out /= 1024;
    return true;
}

bool fg_slurm_time_parse(struct fg_field text, int64_t *out_us)
{
    static const char *const none[] = {"UNLIMITED", "NOT_SET", "N/A", "INVALID", "Unknown"};
    uint64_t days = 0, values[3] = {};
    size_t len = 0;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (fg_slurm_same(text, none[i])) {
            *out_us = -1;
            return true;
        }
    size_t dash = find(text, '-');
    bool has_days = dash < text.len;
    if (has_days) {
        if (!fg_slurm_count(part(text.text, dash), 100000, &days))
            return false;
        text = rest_after(text, dash);
    }
    do {
        size_t end = find(text, ':');
        if (len == 3 || !fg_slurm_count(part(text.text, end), 10000000, &values[len++]))
            return false;
        bool more = end < text.len;
        text = rest_after(text, end);
        if (more && text.len == 0)
            return false;
    } while (text.len > 0);
    /* hours:minutes:seconds, minutes:seconds, minutes; after days: hours first */
    static const int64_t plain[][3] = {{60, 0, 0}, {60, 1, 0}, {3600, 60, 1}};
    static const int64_t dated[3] = {3600, 60, 1};
    const int64_t *scale = has_days ? dated : plain[len - 1];
    int64_t seconds = (int64_t)days * 86400;
    for (size_t i = 0; i < len; i++)
        seconds += (int64_t)values[i] * scale[i];
    *out_us = seconds * US;
    return true;
}

bool fg_slurm_moment_parse(struct fg_field text, int64_t *out_us)
{
    char copy[FG_TIME_TEXT_MAX];
    if (fg_slurm_same(text, "N/A") || fg_slurm_same(text, "Unknown")
        || fg_slurm_same(text, "None")) {
        *out_us = 0;
        return true;
    }
    if (text.len == 0 || text.len >= sizeof(copy) - 1)
        return false;
    snprintf(copy, sizeof(copy), "%.*sZ", (int)text.len, text.text);
    return fg_time_parse(copy, out_us) == 0;
}

/* ---- lists ---- */

/* "7" or "1-3" (with a step: "1-9:2"); the first number's width is kept in `*width`. */
static bool read_range(struct fg_field text, uint64_t range[3], int *width)
{
    struct fg_field first = part(text.text, find(text, '-'));
    struct fg_field last = first.len < text.len ? rest_after(text, first.len) : first;
    size_t colon = find(last, ':');
    range[2] = 1;
    if (colon < last.len
        && (!fg_slurm_count(rest_after(last, colon), UINT32_MAX, &range[2]) || range[2] == 0))
        return false;
    last.len = colon;
    *width = (int)first.len;
    return first.len <= 18 && fg_slurm_count(first, UINT32_MAX, &range[0])
           && fg_slurm_count(last, UINT32_MAX, &range[1]) && range[0] <= range[1];
}

struct hosts {
    size_t left;
    void (*each)(void *self, const char *name);
    void *self;
};

static bool call(struct hosts *hosts, const char *name, int len)
{
    if (len <= 0 || len >= FG_NAME_MAX || hosts->left == 0)
        return false;
    hosts->left--;
    hosts->each(hosts->self, name);
    return true;
}

/* "n[1-3]x": what stands before, in and after the brackets. */
static bool expand(struct hosts *hosts, struct fg_field entry)
{
    char name[FG_NAME_MAX];
    size_t open = find(entry, '['), close = find(entry, ']');
    if (open == entry.len)
        return call(hosts, name,
                    snprintf(name, sizeof(name), "%.*s", (int)entry.len, entry.text));
    if (close < open || close == entry.len)
        return false;
    struct fg_field list = part(entry.text + open + 1, close - open - 1);
    struct fg_field after = rest_after(entry, close);
    while (list.len > 0) {
        size_t end = find(list, ',');
        uint64_t range[3];
        int width;
        if (!read_range(part(list.text, end), range, &width))
            return false;
        for (uint64_t i = range[0]; i <= range[1]; i += range[2]) {
            int len = snprintf(name, sizeof(name), "%.*s%0*lu%.*s", (int)open, entry.text,
                               width, (unsigned long)i, (int)after.len, after.text);
            if (!call(hosts, name, len))
                return false;
        }
        list = rest_after(list, end);
    }
    return true;
}

bool fg_slurm_hosts(struct fg_field list,
                    size_t max,
                    void (*each)(void *self, const char *name),
                    void *self)
{
    struct hosts hosts = {.left = max, .each = each, .self = self};
    if (list.len == 0 || fg_slurm_same(list, "(null)"))
        return true;
    while (list.len > 0) {
        size_t end = entry_end(list, '[', ']');
        if (end == 0 || end > 65536 || !expand(&hosts, part(list.text, end)))
            return false;
        list = rest_after(list, end);
    }
    return true;
}

uint32_t fg_slurm_array_len(struct fg_field list, uint32_t max)
{
    uint64_t total = 0;
    list.len = find(list, '%');
    while (list.len > 0) {
        size_t end = find(list, ',');
        uint64_t range[3];
        int width;
        if (!read_range(part(list.text, end), range, &width))
            return 1;
        total += (range[1] - range[0]) / range[2] + 1;
        list = rest_after(list, end);
    }
    return total == 0 ? 1 : total > max ? max : (uint32_t)total;
}

bool fg_slurm_array_has(struct fg_field list, uint32_t index)
{
    list.len = find(list, '%');
    while (list.len > 0) {
        size_t end = find(list, ',');
        uint64_t range[3];
        int width;
        if (!read_range(part(list.text, end), range, &width))
            return false;
        if (index >= range[0] && index <= range[1] && (index - range[0]) % range[2] == 0)
            return true;
        list = rest_after(list, end);
    }
    return false;
}

bool fg_slurm_pair_next(struct fg_field line,
                        size_t *at,
                        struct fg_field *key,
                        struct fg_field *value)
{
    while (*at < line.len) {
        while (*at < line.len && line.text[*at] == ' ')
            ++*at;
        struct fg_field rest = part(line.text + *at, line.len - *at);
        struct fg_field word = part(rest.text, find(rest, ' '));
        *at += word.len;
        size_t equals = find(word, '=');
        if (equals == 0 || equals == word.len)
            continue;
        *key = part(word.text, equals);
        *value = rest_after(word, equals);
        return true;
    }
    return false;
}

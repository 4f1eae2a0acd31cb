/* exposition.c - see exposition.h */
#include "probe/exposition.h"

#include "probe/vendor.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 1e18

static bool is_name(int letter)
{
    return isalnum(letter) || letter == '_' || letter == ':';
}

static void skip_blanks(char **at)
{
    while (**at == ' ' || **at == '\t')
        (*at)++;
}

/* Cut a name off; the letter behind it, which is overwritten, is returned.  0: there is no name. */
static char take_name(char **at, const char **out)
{
    *out = *at;
    while (is_name((unsigned char)**at))
        (*at)++;
    char end = **at;
    if (*at == *out || end == '\0')
        return '\0';
    *(*at)++ = '\0';
    return end;
}

/* The rest of a text in quotes, its escapes resolved in place. */
static bool take_quoted(char **at, const char **out)
{
    char *to = *at;
    *out = to;
    for (; **at != '"'; (*at)++) {
        bool escaped = **at == '\\';
        *at += escaped;
        if (**at == '\0')
            return false;
        *to++ = escaped && **at == 'n' ? '\n' : **at;
    }
    (*at)++;
    *to = '\0';
    return true;
}

/* `key="value",...}` */
static bool take_labels(char **at, struct fg_metric *out)
{
    for (skip_blanks(at); **at != '}'; skip_blanks(at)) {
        const char *key, *value;
        if (take_name(at, &key) != '=' || *(*at)++ != '"' || !take_quoted(at, &value))
            return false;
        if (out->labels_len < FG_METRIC_LABELS_MAX) {
            out->labels[out->labels_len].key = key;
            out->labels[out->labels_len++].value = value;
        }
        skip_blanks(at);
        if (**at == ',')
            (*at)++;
        else if (**at != '}')
            return false;
    }
    (*at)++;
    return true;
}

static bool read_line(char *at, struct fg_metric *out)
{
    *out = (struct fg_metric){};
    skip_blanks(&at);
    char end = take_name(&at, &out->name);
    if (end != '{' && end != ' ' && end != '\t')
        return false;
    if (end != '{')
        skip_blanks(&at);
    if (end == '{' || *at == '{') {
        at += end != '{';
        if (!take_labels(&at, out))
            return false;
    }
    char *number_end;
    out->value = strtod(at, &number_end);
    return number_end != at && isfinite(out->value) && fabs(out->value) < VALUE_MAX
           && strchr(" \t", *number_end) != NULL; /* the end of the line too */
}

bool fg_exposition_next(char **at, struct fg_metric *out)
{
    while (**at) {
        char *line = *at;
        size_t len = strcspn(line, "\n");
        *at = line + len + (line[len] != '\0');
        line[len] = '\0';
        if (len > 0 && line[len - 1] == '\r')
            line[len - 1] = '\0';
        if (line[0] != '#' && read_line(line, out))
            return true;
    }
    return false;
}

const char *fg_metric_label(const struct fg_metric *metric, const char *key)
{
    for (size_t i = 0; i < metric->labels_len; i++)
        if (strcmp(metric->labels[i].key, key) == 0)
            return metric->labels[i].value;
    return "";
}

/* DCGM tells watts, shares from 0 to 1 where it profiles, else percent. */
static double factor_of(const struct fg_reading_kind *kind)
{
    if (strcmp(kind->unit, "mW") == 0)
        return 1000;
    if (strcmp(kind->unit, "1/1000") == 0)
        return strncmp(kind->dcgm, "DCGM_FI_PROF_", 13) == 0 ? 1000 : 10;
    return 1;
}

bool fg_metric_reading(const struct fg_metric *metric,
                       enum fg_reading *out_which,
                       int64_t *out_value)
{
    for (int i = 0; i < FG_READINGS_LEN; i++) {
        const struct fg_reading_kind *kind = &fg_reading_kinds[i];
        if (!kind->dcgm[0] || strcmp(kind->dcgm, metric->name) != 0)
            continue;
        double value = round(metric->value * factor_of(kind));
        *out_which = (enum fg_reading)i;
        *out_value = fabs(value) < VALUE_MAX ? (int64_t)value : -1;
        return fg_probe_sane(*out_which, *out_value, -1, 0);
    }
    return false;
}

/* record.c - see record.h */
#include "probe/record.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/names.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 2048
#define MACHINE        "machine"
#define SECONDS_MAX    1e7
#define NUMBER_MAX     1000000000000000 /* may grow by so much in each of thousands of rounds */

static const char *const shares[] = {"advisory", "mps", "mig"};

void fg_record_free(struct fg_record *record)
{
    if (record)
        free(record->points);
    free(record);
}

/* ---- reading ---- */

static bool take_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
    char *end;
    long long number = strtoll(text, &end, 10);
    *out = number;
    return end != text && *end == '\0' && number >= least && number <= most;
}

static bool take_share(const char *text, enum fg_share_mode *out)
{
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
        if (strcmp(text, shares[i]) == 0) {
            *out = (enum fg_share_mode)i;
            return true;
        }
    return false;
}

/* One "name=value" of a device; false: it cannot be that. */
static bool take_property(struct fg_device_spec *device, const char *name, const char *value)
{
    int64_t number;
    if (strcmp(name, "kind") == 0)
        return fg_kind_read("kind", value, device->kind, NULL) == 0;
    if (strcmp(name, "id") == 0)
        return fg_name_check("id", value, NULL) == 0
               && fg_copy(device->id, sizeof(device->id), value);
    if (strcmp(name, "expose") == 0)
        return fg_is_variable_name(value)
               && fg_copy(device->expose, sizeof(device->expose), value);
    if (strcmp(name, "share") == 0)
        return take_share(value, &device->share);
    if (strcmp(name, "vendor") == 0)
        return take_number(value, FG_VENDOR_OTHER, FG_VENDOR_CPU, &number)
               && (device->vendor = (enum fg_vendor)number, true);
    if (strcmp(name, "mem_mib") == 0)
        return take_number(value, 0, INT32_MAX, &number)
               && (device->mem_mib = (uint32_t)number, true);
    if (strcmp(name, "numa") == 0)
        return take_number(value, -1, INT16_MAX, &number)
               && (device->numa = (int32_t)number, true);
    if (strcmp(name, "island") == 0)
        return take_number(value, -1, INT16_MAX, &number)
               && (device->island = (int32_t)number, true);
    return true; /* of a later version */
}

/* Cut the next "name=value" from `*words`; false: there is none (or, `*out_name` set, it is none). */
static bool next_pair(char **words, char **out_name, char **out_value)
{
    *out_name = strsep(words, " ");
    while (*out_name && **out_name == '\0')
        *out_name = strsep(words, " ");
    *out_value = *out_name ? strchr(*out_name, '=') : NULL;
    if (*out_value)
        *(*out_value)++ = '\0';
    return *out_value != NULL;
}

static int read_device(struct fg_record *record, char *words, struct fg_err *err)
{
    char *name, *value;
    int64_t index;
    const char *number = strsep(&words, " ");
    if (record->devices_len == FG_NODE_DEVICES_MAX)
        return fg_fail(err, FG_EINVAL, "more than %d devices", FG_NODE_DEVICES_MAX);
    if (!take_number(number, 0, FG_NODE_DEVICES_MAX, &index)
        || index != (int64_t)record->devices_len)
        return fg_fail(err, FG_EINVAL, "device %.20s, expected %zu", number,
                       record->devices_len);
    struct fg_device_spec device = {.numa = -1, .island = -1};
    while (next_pair(&words, &name, &value))
        if (!take_property(&device, name, value))
            return fg_fail(err, FG_EINVAL, "%.20s=%.60s is none", name, value);
    if (name || !device.kind[0] || !device.id[0])
        return fg_fail(err, FG_EINVAL, "expected name=value, kind and id among them");
    record->devices[record->devices_len++] = device;
    return 0;
}

static bool add_point(struct fg_record *record, const struct fg_record_point *point)
{
    size_t len = record->points_len;
    if (len == FG_RECORD_POINTS_MAX)
        return false;
    if ((len & (len - 1)) == 0) {
        record->points = realloc(record->points, (len ? 2 * len : 1) * sizeof(*record->points));
        if (!record->points)
            abort();
    }
    record->points[record->points_len++] = *point;
    return true;
}

static bool take_seconds(const char *text, int64_t *out_us)
{
    char *end;
    double seconds = text ? strtod(text, &end) : -1;
    if (!(seconds >= 0 && seconds <= SECONDS_MAX) || end == text || *end != '\0')
        return false;
    *out_us = (int64_t)llround(seconds * 1e6);
    return true;
}

static bool take_device(const struct fg_record *record, const char *text, uint32_t *out)
{
    int64_t number;
    if (strcmp(text, MACHINE) == 0) {
        *out = FG_DEVICE_CPU;
        return true;
    }
    return take_number(text, 0, (int64_t)record->devices_len - 1, &number)
           && (*out = (uint32_t)number, true);
}

static int read_point(struct fg_record *record, char *words, struct fg_err *err)
{
    struct fg_record_point point = {.value = FG_READINGS_UNKNOWN};
    char *name, *value;
    const char *time = strsep(&words, " ");
    const char *number = words ? strsep(&words, " ") : "";
    if (!take_seconds(time, &point.time_us)
        || (record->points_len > 0
            && point.time_us < record->points[record->points_len - 1].time_us))
        return fg_fail(err, FG_EINVAL, "at %.20s, expected seconds that do not go back", time);
    if (!number || !take_device(record, number, &point.device))
        return fg_fail(err, FG_EINVAL, "device %.20s, there are %zu", number,
                       record->devices_len);
    while (next_pair(&words, &name, &value)) {
        enum fg_reading which = fg_reading_find(name);
        int64_t told;
        if (!take_number(value, -1, NUMBER_MAX, &told))
            return fg_fail(err, FG_EINVAL, "%.20s=%.40s, expected a number", name, value);
        if (which != FG_READINGS_LEN)
            point.value[which] = told;
    }
    if (name)
        return fg_fail(err, FG_EINVAL, "%.40s, expected name=value", name);
    return add_point(record, &point)
               ? 0
               : fg_fail(err, FG_ETOOBIG, "more than %d readings", FG_RECORD_POINTS_MAX);
}

static int read_line(struct fg_record *record, char *line, struct fg_err *err)
{
    char *words = line;
    line[strcspn(line, "\r\n")] = '\0';
    const char *verb = strsep(&words, " ");
    if (verb[0] == '#' || verb[0] == '\0')
        return 0;
    if (strcmp(verb, "device") == 0 && words)
        return read_device(record, words, err);
    if (strcmp(verb, "at") == 0 && words)
        return read_point(record, words, err);
    if (strcmp(verb, "end") == 0 && take_seconds(words, &record->length_us))
        return 0;
    return fg_fail(err, FG_EINVAL, "%.40s, expected device, at or end", verb);
}

struct fg_record *fg_record_read(FILE *in, const char *in_name, struct fg_err *err)
{
    char line[LINE_MAX_BYTES];
    struct fg_record *record = calloc(1, sizeof(*record));
    if (!record)
        abort();
    int rc = 0, number = 0;
    while (rc == 0 && fgets(line, sizeof(line), in)) {
        number++;
        rc = read_line(record, line, err);
    }
    if (rc < 0)
        fg_wrap(err, rc, "%s:%d", in_name, number);
    else if (record->devices_len == 0 && record->points_len == 0)
        rc = fg_fail(err, FG_EINVAL,
                     "%s: no device and no reading, expected what fastgpu node record writes",
                     in_name);
    if (rc < 0) {
        fg_record_free(record);
        return NULL;
    }
    int64_t last_us = record->points_len ? record->points[record->points_len - 1].time_us : 0;
    if (record->length_us <= last_us) /* cut off: as if the next reading came a second later */
        record->length_us = last_us + 1000000;
    return record;
}

/* ---- writing ---- */

void fg_record_write_head(FILE *out, const char *host, int64_t now_us)
{
    char time[FG_TIME_TEXT_MAX];
    fg_time_format(now_us, time);
    fprintf(out, "# fastgpu record 1 of %s, %s\n", host, time);
}

void fg_record_write_device(FILE *out, size_t index, const struct fg_device_spec *device)
{
    fprintf(out, "device %zu kind=%s id=%s vendor=%d share=%s", index, device->kind, device->id,
            (int)device->vendor, shares[device->share]);
    if (device->expose[0])
        fprintf(out, " expose=%s", device->expose);
    fprintf(out, " mem_mib=%" PRIu32 " numa=%d island=%d\n", device->mem_mib, device->numa,
            device->island);
}

void fg_record_write_point(FILE *out, const struct fg_record_point *point)
{
    fprintf(out, "at %.3f ", (double)point->time_us / 1e6);
    if (point->device == FG_DEVICE_CPU)
        fputs(MACHINE, out);
    else
        fprintf(out, "%" PRIu32, point->device);
    for (int i = 0; i < FG_READINGS_LEN; i++)
        if (point->value[i] >= 0)
            fprintf(out, " %s=%" PRId64, fg_reading_kinds[i].name, point->value[i]);
    fputc('\n', out);
}

void fg_record_write_end(FILE *out, int64_t length_us)
{
    fprintf(out, "end %.3f\n", (double)length_us / 1e6);
}

/* ---- replaying ---- */

/* The last point of the device that is not after that time; NULL none. */
static const struct fg_record_point *point_before(const struct fg_record *record,
                                                  uint32_t device,
                                                  int64_t time_us)
{
    size_t low = 0, high = record->points_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (record->points[middle].time_us <= time_us)
            low = middle + 1;
        else
            high = middle;
    }
    while (low-- > 0)
        if (record->points[low].device == device)
            return &record->points[low];
    return NULL;
}

static const struct fg_record_point *first_point(const struct fg_record *record,
                                                 uint32_t device)
{
    for (size_t i = 0; i < record->points_len; i++)
        if (record->points[i].device == device)
            return &record->points[i];
    return NULL;
}

void fg_record_at(const struct fg_record *record,
                  uint32_t index,
                  int64_t time_us,
                  int64_t out[FG_READINGS_LEN])
{
    int64_t rounds = time_us / record->length_us;
    const struct fg_record_point *first = first_point(record, index);
    const struct fg_record_point *last = point_before(record, index, record->length_us);
    const struct fg_record_point *now =
        point_before(record, index, time_us % record->length_us);
    for (int i = 0; i < FG_READINGS_LEN; i++) {
        int64_t grown;
        out[i] = now ? now->value[i] : -1;
        if (out[i] < 0 || !fg_reading_kinds[i].counts || first->value[i] < 0
            || last->value[i] <= first->value[i])
            continue;
        if (__builtin_mul_overflow(last->value[i] - first->value[i], rounds, &grown)
            || __builtin_add_overflow(out[i], grown, &out[i]))
            out[i] = -1;
    }
}

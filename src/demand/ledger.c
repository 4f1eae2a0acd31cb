/* ledger.c - see ledger.h
 *
 * Spans are kept as they come, because what is the first hour is only known at the end. Then each adds to two hours at its
 * ends and, through a difference at each end, to all between: the work is one step a span and one a cell. */
#include "demand/ledger.h"

#include "base/buf.h"
#include "base/text.h"
#include "demand/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MS      1'000LL
#define HOUR_MS 3'600'000LL

static const char *const measures[] = {"asked", "running", "waiting", "refused"};

struct span {
    int64_t from_ms, to_ms;
    int64_t device_milli; /* of an hour kept by a store: device-microseconds, and `to_ms` 0 */
    uint32_t line;
    uint32_t measure;
    bool is_hour;
};

struct fg_ledger {
    unsigned by;
    struct span *spans;
    size_t spans_len, spans_room;
    int64_t milli;              /* of all spans */
    struct fg_names *names;     /* of lines: the bytes of their keys as text */
    struct fg_ledger_key *keys; /* by line */
    size_t keys_len, keys_room;
    uint32_t *order; /* of lines, by key; after the close */
    int64_t first_hour;
    size_t hours;
    int64_t *cells; /* [line][measure][hour] device-microseconds */
};

const char *fg_ledger_measure_name(enum fg_ledger_measure measure)
{
    return measures[measure];
}

int fg_ledger_measure_find(const char *name)
{
    for (int i = 0; i < FG_LEDGER_MEASURES; i++)
        if (strcmp(measures[i], name) == 0)
            return i;
    return -1;
}

int fg_ledger_by_read(const char *text, unsigned *out, struct fg_err *err)
{
    static const struct {
        const char *name;
        unsigned bit;
    } words[] = {{"none", 0},
                 {"project", FG_LEDGER_PROJECT},
                 {"class", FG_LEDGER_KIND},
                 {"region", FG_LEDGER_REGION}};
    *out = 0;
    for (;; text++) {
        size_t len = strcspn(text, ","), i = 0;
        while (i < 4 && (strlen(words[i].name) != len || memcmp(words[i].name, text, len) != 0))
            i++;
        if (i == 4)
            return fg_fail(err, FG_EINVAL,
                           "by: `%.*s`, expected some of project, class, region, or none",
                           (int)(len < 40 ? len : 40), text);
        *out |= words[i].bit;
        text += len;
        if (*text == '\0')
            return 0;
    }
}

struct fg_ledger *fg_ledger_new(unsigned by)
{
    struct fg_ledger *ledger = calloc(1, sizeof(*ledger));
    if (!ledger)
        abort();
    ledger->by = by;
    ledger->names = fg_names_new();
    return ledger;
}

void fg_ledger_free(struct fg_ledger *ledger)
{
    if (!ledger)
        return;
    fg_names_free(ledger->names);
    free(ledger->spans);
    free(ledger->keys);
    free(ledger->order);
    free(ledger->cells);
    free(ledger);
}

static void *grow(void *items, size_t len, size_t *room, size_t size)
{
    if (len < *room)
        return items;
    *room = *room ? *room * 2 : 256;
    items = reallocarray(items, *room, size);
    if (!items)
        abort();
    return items;
}

/* -- adding ------------------------------------------------------------------------------------------ */

static uint32_t line_of(struct fg_ledger *ledger, const struct fg_ledger_key *key)
{
    char text[sizeof(*key) + 3];
    int len = snprintf(text, sizeof(text), "%s\n%s\n%s",
                       ledger->by & FG_LEDGER_PROJECT ? key->project : "",
                       ledger->by & FG_LEDGER_KIND ? key->kind : "",
                       ledger->by & FG_LEDGER_REGION ? key->region : "");
    uint32_t line = fg_names_put(ledger->names, text, (size_t)len);
    if (line < ledger->keys_len)
        return line;
    ledger->keys =
        grow(ledger->keys, ledger->keys_len, &ledger->keys_room, sizeof(ledger->keys[0]));
    struct fg_ledger_key *mine = &ledger->keys[ledger->keys_len++];
    *mine = (struct fg_ledger_key){};
    if (ledger->by & FG_LEDGER_PROJECT)
        fg_copy(mine->project, sizeof(mine->project), key->project);
    if (ledger->by & FG_LEDGER_KIND)
        fg_copy(mine->kind, sizeof(mine->kind), key->kind);
    if (ledger->by & FG_LEDGER_REGION)
        fg_copy(mine->region, sizeof(mine->region), key->region);
    return line;
}

static int add(struct fg_ledger *ledger, const struct span *span, struct fg_err *err)
{
    assert(!ledger->cells);
    int64_t milli = span->is_hour ? span->device_milli / HOUR_MS + 1 : span->device_milli;
    if (milli < 0)
        return fg_fail(err, FG_EINVAL, "a negative number of devices");
    if (ledger->spans_len == FG_LEDGER_SPANS_MAX || milli > FG_LEDGER_MILLI_MAX - ledger->milli)
        return fg_fail(err, FG_ETOOBIG, "more than %d spans of demand, or %lld devices in all",
                       FG_LEDGER_SPANS_MAX, FG_LEDGER_MILLI_MAX / 1000);
    ledger->milli += milli;
    ledger->spans =
        grow(ledger->spans, ledger->spans_len, &ledger->spans_room, sizeof(ledger->spans[0]));
    ledger->spans[ledger->spans_len++] = *span;
    return 0;
}

/* Towards minus infinity. */
static int64_t divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int fg_ledger_span(struct fg_ledger *ledger,
                   const struct fg_ledger_key *key,
                   enum fg_ledger_measure measure,
                   int64_t from_us,
                   int64_t to_us,
                   int64_t device_milli,
                   struct fg_err *err)
{
    struct span span = {.from_ms = divide(from_us, MS),
                        .to_ms = divide(to_us, MS),
                        .device_milli = device_milli,
                        .measure = measure};
    if (span.to_ms <= span.from_ms || device_milli == 0)
        return 0;
    span.line = line_of(ledger, key);
    return add(ledger, &span, err);
}

int fg_ledger_hour(struct fg_ledger *ledger,
                   const struct fg_ledger_key *key,
                   enum fg_ledger_measure measure,
                   int64_t hour_us,
                   int64_t device_us,
                   struct fg_err *err)
{
    struct span span = {.from_ms = divide(hour_us, MS),
                        .to_ms = divide(hour_us, MS) + 1,
                        .device_milli = device_us,
                        .line = line_of(ledger, key),
                        .measure = measure,
                        .is_hour = true};
    return add(ledger, &span, err);
}

/* -- closing ----------------------------------------------------------------------------------------- */

static int64_t hour_of(int64_t ms)
{
    return divide(ms, HOUR_MS);
}

static int64_t *cells_of(const struct fg_ledger *ledger, size_t line, size_t measure)
{
    return ledger->cells + (line * FG_LEDGER_MEASURES + measure) * ledger->hours;
}

/* What of the span lies in the hour goes to `cells`; a level that holds for whole hours goes to `steps`, as a rise and a
 * fall.  Both begin at the first hour; what lies after the last is cut off. */
static void book(const struct fg_ledger *ledger,
                 const struct span *span,
                 int64_t *cells,
                 int64_t *steps)
{
    int64_t first = hour_of(span->from_ms), last = hour_of(span->to_ms - 1);
    int64_t from = first - ledger->first_hour, to = last - ledger->first_hour;
    int64_t hours = (int64_t)ledger->hours;
    if (from >= hours)
        return;
    if (span->is_hour) {
        cells[from] += span->device_milli;
        return;
    }
    if (first == last) {
        cells[from] += span->device_milli * (span->to_ms - span->from_ms);
        return;
    }
    cells[from] += span->device_milli * ((first + 1) * HOUR_MS - span->from_ms);
    steps[from + 1] += span->device_milli;
    if (to >= hours)
        return;
    cells[to] += span->device_milli * (span->to_ms - last * HOUR_MS);
    steps[to] -= span->device_milli;
}

static int by_line_and_measure(const void *a, const void *b)
{
    const struct span *one = a, *two = b;
    if (one->line != two->line)
        return one->line < two->line ? -1 : 1;
    return (one->measure > two->measure) - (one->measure < two->measure);
}

static void book_all(struct fg_ledger *ledger)
{
    int64_t *steps = calloc(ledger->hours + 1, sizeof(steps[0]));
    if (!steps)
        abort();
    qsort(ledger->spans, ledger->spans_len, sizeof(struct span), by_line_and_measure);
    for (size_t i = 0; i < ledger->spans_len;) {
        const struct span *span = &ledger->spans[i];
        int64_t *cells = cells_of(ledger, span->line, span->measure), level = 0;
        memset(steps, 0, (ledger->hours + 1) * sizeof(steps[0]));
        for (; i < ledger->spans_len && by_line_and_measure(span, &ledger->spans[i]) == 0; i++)
            book(ledger, &ledger->spans[i], cells, steps);
        for (size_t hour = 0; hour < ledger->hours; hour++) {
            level += steps[hour];
            cells[hour] += level * HOUR_MS;
        }
    }
    free(steps);
}

static int by_key(const void *a, const void *b, void *self)
{
    const struct fg_ledger *ledger = self;
    const struct fg_ledger_key *one = &ledger->keys[*(const uint32_t *)a];
    const struct fg_ledger_key *two = &ledger->keys[*(const uint32_t *)b];
    int order = strcmp(one->project, two->project);
    if (order == 0)
        order = strcmp(one->kind, two->kind);
    return order ? order : strcmp(one->region, two->region);
}

static void order_lines(struct fg_ledger *ledger)
{
    ledger->order = calloc(ledger->keys_len, sizeof(ledger->order[0]));
    if (!ledger->order)
        abort();
    for (size_t i = 0; i < ledger->keys_len; i++)
        ledger->order[i] = (uint32_t)i;
    qsort_r(ledger->order, ledger->keys_len, sizeof(ledger->order[0]), by_key, ledger);
}

int fg_ledger_close(struct fg_ledger *ledger, int64_t end_us, struct fg_err *err)
{
    assert(!ledger->cells);
    if (ledger->spans_len == 0)
        return fg_fail(err, FG_EINVAL, "no demand for devices in it");
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < ledger->spans_len; i++) {
        const struct span *span = &ledger->spans[i];
        first = span->from_ms < first ? span->from_ms : first;
        last = span->to_ms - 1 > last ? span->to_ms - 1 : last;
    }
    ledger->first_hour = hour_of(first);
    int64_t end = end_us ? hour_of(divide(end_us, MS)) : hour_of(last) + 1;
    if (end <= ledger->first_hour)
        return fg_fail(err, FG_EINVAL, "no whole hour of demand in it");
    ledger->hours = (size_t)(end - ledger->first_hour);
    if (ledger->hours > FG_LEDGER_CELLS_MAX / ledger->keys_len)
        return fg_fail(err, FG_ETOOBIG, "%zu lines of %zu hours, expected at most %d in all",
                       ledger->keys_len, ledger->hours, FG_LEDGER_CELLS_MAX);
    ledger->cells =
        calloc(ledger->keys_len * FG_LEDGER_MEASURES * ledger->hours, sizeof(int64_t));
    if (!ledger->cells)
        abort();
    book_all(ledger);
    order_lines(ledger);
    free(ledger->spans);
    ledger->spans = NULL;
    return 0;
}

/* -- looking ----------------------------------------------------------------------------------------- */

size_t fg_ledger_lines(const struct fg_ledger *ledger)
{
    return ledger->keys_len;
}

size_t fg_ledger_hours(const struct fg_ledger *ledger)
{
    return ledger->hours;
}

int64_t fg_ledger_first_us(const struct fg_ledger *ledger)
{
    return ledger->first_hour * HOUR_MS * MS;
}

const struct fg_ledger_key *fg_ledger_key_at(const struct fg_ledger *ledger, size_t line)
{
    assert(line < ledger->keys_len);
    return &ledger->keys[ledger->order[line]];
}

const int64_t *fg_ledger_device_us(const struct fg_ledger *ledger,
                                   size_t line,
                                   enum fg_ledger_measure measure)
{
    assert(ledger->cells && line < ledger->keys_len);
    return cells_of(ledger, ledger->order[line], measure);
}

static void name_of(const struct fg_ledger_key *key, struct fg_buf *out)
{
    const char *const parts[] = {key->project, key->kind, key->region};
    fg_buf_clear(out);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i][0])
            fg_buf_printf(out, "%s%s", out->len ? "/" : "", parts[i]);
    if (out->len == 0)
        fg_buf_puts(out, "all");
}

void fg_ledger_to_set(const struct fg_ledger *ledger,
                      enum fg_ledger_measure measure,
                      struct fg_demand_set *set)
{
    FG_AUTO(fg_buf) struct fg_buf name = {};
    for (size_t line = 0; line < ledger->keys_len; line++) {
        const int64_t *cells = fg_ledger_device_us(ledger, line, measure);
        size_t hour = 0;
        while (hour < ledger->hours && cells[hour] == 0)
            hour++;
        if (hour == ledger->hours)
            continue;
        name_of(fg_ledger_key_at(ledger, line), &name);
        struct fg_demand_series *series = fg_demand_set_add(set, name.text);
        series->time =
            (struct fg_demand_time){.first = fg_ledger_first_us(ledger), .step = HOUR_MS * MS};
        series->len = ledger->hours;
        series->values = calloc(series->len, sizeof(series->values[0]));
        if (!series->values)
            abort();
        for (hour = 0; hour < ledger->hours; hour++)
            series->values[hour] = (double)cells[hour] / (double)(HOUR_MS * MS);
    }
}

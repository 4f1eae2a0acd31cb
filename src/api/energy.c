/* energy.c - what the devices of jobs used, by project, user, kind, supplier, job or day, and the CO2 of it; and what caps and sleep
 * saved.  What caps saved is the jobs', as it is measured, also while they run; what sleep saved is nobody's. */
#include "api/answer.h"

#include "api/cost_range.h"
#include "api/grams.h"
#include "api/worker.h"
#include "base/grow.h"

#include "energy/carbon.h"
#include "model/period.h"
#include "plan/ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_MAX      3660
#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000
#define GRIDS_MAX     64

static const char *const by_names[FG_ENERGY_BYS] = {"project",  "user", "kind",
                                                    "supplier", "job",  "day"};

struct amounts {
    int64_t energy_mj, co2_mg, device_us;
    int64_t saved_mj; /* by caps, less what they cost */
};

struct line {
    char key[FG_NAME_MAX], name[FG_NAME_MAX], project[FG_NAME_MAX], user[FG_NAME_MAX];
    struct amounts sum;
};

struct adding {
    enum fg_energy_by by;
    const struct fg_cost_range *range;
    const char *home; /* the service's region */
    struct fg_grams grams;
    struct line *lines;
    size_t len, room, limit;
    struct amounts others;        /* of the lines that were cut */
    int64_t grid_mj[GRIDS_MAX];   /* by their yearly mean */
    int64_t hourly_mj, hourly_mg; /* by recorded hours */
    size_t sorted_len;            /* of the lines, by key: savings look for theirs among them */
    struct fg_saved saved[FG_SAVING_WAYS];
};

static void add(struct amounts *sum, const struct amounts *more)
{
    sum->energy_mj += more->energy_mj;
    sum->co2_mg += more->co2_mg;
    sum->device_us += more->device_us;
    sum->saved_mj += more->saved_mj;
}

/* -- adding --------------------------------------------------------------------------------------------------- */

static int by_energy(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    if (a->sum.energy_mj != b->sum.energy_mj)
        return a->sum.energy_mj > b->sum.energy_mj ? -1 : 1;
    return strcmp(a->key, b->key);
}

static int by_key(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    return strcmp(a->key, b->key);
}

/* Keep the `len` greatest. */
static void cut(struct adding *adding, size_t len)
{
    if (adding->len > 1)
        qsort(adding->lines, adding->len, sizeof(*adding->lines), by_energy);
    for (; adding->len > len; adding->len--)
        add(&adding->others, &adding->lines[adding->len - 1].sum);
}

static struct line *new_line(struct adding *adding, const char *key)
{
    adding->lines = fg_grow(adding->lines, adding->len, &adding->room, sizeof(*adding->lines));
    struct line *line = &adding->lines[adding->len++];
    *line = (struct line){};
    snprintf(line->key, sizeof(line->key), "%s", key);
    return line;
}

/* Rows of one key come together. */
static struct line *line_of(struct adding *adding, const char *key)
{
    if (adding->len > 0 && strcmp(adding->lines[adding->len - 1].key, key) == 0)
        return &adding->lines[adding->len - 1];
    if (adding->len > 4 * LIMIT_MAX)
        cut(adding, LIMIT_MAX);
    return new_line(adding, key);
}

/* The key of who it is when asked `by` something other than the day; `id` is room for a number. */
static const char *key_of(const struct adding *adding,
                          const struct fg_energy_owner *owner,
                          char id[24])
{
    const char *const keys[FG_ENERGY_BYS] = {
        [FG_ENERGY_BY_PROJECT] = owner->project_name,
        [FG_ENERGY_BY_USER] = owner->user_name,
        [FG_ENERGY_BY_KIND] = owner->kind,
        [FG_ENERGY_BY_SUPPLIER] = owner->supplier,
        [FG_ENERGY_BY_JOB] = id,
    };
    snprintf(id, 24, "%" PRIu64, owner->job);
    return keys[adding->by];
}

/* A line of a job says whose it is. */
static void name_line(const struct adding *adding,
                      struct line *line,
                      const struct fg_energy_owner *owner)
{
    if (adding->by != FG_ENERGY_BY_JOB)
        return;
    snprintf(line->name, sizeof(line->name), "%s", owner->name);
    snprintf(line->project, sizeof(line->project), "%s", owner->project_name);
    snprintf(line->user, sizeof(line->user), "%s", owner->user_name);
}

static struct line *line_of_row(struct adding *adding, const struct fg_energy_view *row)
{
    char id[24];
    struct line *line = line_of(adding, key_of(adding, &row->owner, id));
    name_line(adding, line, &row->owner);
    return line;
}

/* What of the attempt falls between two moments, as costs are divided: parts sum to the whole. */
static struct amounts part_of(const struct fg_grams *grams,
                              const struct fg_energy_view *row,
                              int64_t from_us,
                              int64_t to_us,
                              int64_t *out_hourly_mj)
{
    const struct fg_carbon_region *grid = fg_grams_grid(grams, row->region);
    int64_t device_us = row->device_us > 0 ? row->device_us : 0;
    int64_t energy_mj =
        fg_cost_between(row->energy_mj, row->started_us, row->finished_us, from_us, to_us);
    from_us = row->started_us > from_us ? row->started_us : from_us;
    to_us = row->finished_us < to_us ? row->finished_us : to_us;
    return (struct amounts){
        .energy_mj = energy_mj,
        .co2_mg = fg_grams_mg(grams, grid, energy_mj, from_us, to_us, out_hourly_mj),
        .device_us =
            fg_cost_between(device_us, row->started_us, row->finished_us, from_us, to_us)};
}

static void add_grid(struct adding *adding,
                     const struct fg_energy_view *row,
                     const struct amounts *part,
                     int64_t hourly_mj)
{
    const struct fg_carbon_region *grid = fg_grams_grid(&adding->grams, row->region);
    size_t index = 0;
    while (index < GRIDS_MAX - 1 && fg_carbon_region_at(index) != grid)
        index++;
    int64_t mean_mj = part->energy_mj - hourly_mj;
    adding->grid_mj[index] += mean_mj;
    adding->hourly_mj += hourly_mj;
    adding->hourly_mg += part->co2_mg - fg_carbon_mg(mean_mj, grid->g_per_kwh);
}

static void add_days(struct adding *adding, const struct fg_energy_view *row)
{
    const struct fg_cost_range *range = adding->range;
    int64_t first = row->started_us / FG_DAY_US, last = row->finished_us / FG_DAY_US, hourly;
    first = first > range->from_day ? first : range->from_day;
    last = last < range->to_day ? last : range->to_day - 1;
    for (int64_t day = first; day <= last; day++) {
        struct amounts part =
            part_of(&adding->grams, row, day * FG_DAY_US, (day + 1) * FG_DAY_US, &hourly);
        add(&adding->lines[day - range->from_day].sum, &part);
    }
}

static int add_row(void *self, const struct fg_energy_view *row)
{
    struct adding *adding = self;
    int64_t hourly_mj;
    struct amounts part = part_of(&adding->grams, row, adding->range->from_day * FG_DAY_US,
                                  adding->range->to_day * FG_DAY_US, &hourly_mj);
    add_grid(adding, row, &part, hourly_mj);
    if (adding->by == FG_ENERGY_BY_DAY)
        add_days(adding, row);
    else if (part.energy_mj > 0)
        add(&line_of_row(adding, row)->sum, &part);
    return 0;
}

/* Days are there before their rows come, in their order; those without anything go. */
static void make_days(struct adding *adding)
{
    for (int64_t day = adding->range->from_day; day < adding->range->to_day; day++) {
        char text[FG_DAY_TEXT_MAX];
        fg_day_text(day, text);
        new_line(adding, text);
    }
}

static void drop_empty(struct adding *adding)
{
    size_t kept = 0;
    for (size_t i = 0; i < adding->len; i++)
        if (adding->lines[i].sum.energy_mj > 0 || adding->lines[i].sum.saved_mj != 0)
            adding->lines[kept++] = adding->lines[i];
    adding->len = kept;
}

/* -- savings -------------------------------------------------------------------------------------------------- */

static struct line *named_line(struct adding *adding,
                               const struct fg_energy_owner *owner,
                               const char *key)
{
    struct line wanted, *line;
    snprintf(wanted.key, sizeof(wanted.key), "%s", key);
    line = adding->sorted_len > 0 ? bsearch(&wanted, adding->lines, adding->sorted_len,
                                            sizeof(*adding->lines), by_key)
                                  : NULL;
    if (!line && adding->len > adding->sorted_len
        && strcmp(adding->lines[adding->len - 1].key, wanted.key) == 0)
        line = &adding->lines[adding->len - 1];
    if (line || adding->others.energy_mj > 0 || adding->len > 4 * LIMIT_MAX)
        return line; /* NULL: it may be one of those that were cut */
    line = new_line(adding, key);
    name_line(adding, line, owner);
    return line;
}

static struct amounts *sum_of(struct adding *adding, const struct fg_saving_view *row)
{
    char id[24];
    if (adding->by == FG_ENERGY_BY_DAY)
        return &adding->lines[row->day - adding->range->from_day].sum;
    if (adding->by == FG_ENERGY_BY_JOB && row->owner.job == 0) /* their records are gone */
        return &adding->others;
    struct line *line = named_line(adding, &row->owner, key_of(adding, &row->owner, id));
    return line ? &line->sum : &adding->others;
}

static int add_saving(void *self, const struct fg_saving_view *row)
{
    struct adding *adding = self;
    fg_saved_add(&adding->saved[row->way], &row->sum);
    if (row->way == FG_SAVING_CAP)
        sum_of(adding, row)->saved_mj += row->sum.avoided_mj - row->sum.spent_mj;
    return 0;
}

static int add_savings(struct adding *adding, struct fg_reader *reader, struct fg_err *err)
{
    if (adding->by != FG_ENERGY_BY_DAY && adding->len > 1)
        qsort(adding->lines, adding->len, sizeof(*adding->lines), by_key);
    adding->sorted_len = adding->len;
    return fg_reader_savings(reader, adding->range, adding->by, add_saving, adding, err);
}

static int add_all(struct adding *adding, struct fg_reader *reader, struct fg_err *err)
{
    int rc =
        fg_grams_open(&adding->grams, reader, adding->home, adding->range->from_day * FG_DAY_US,
                      adding->range->to_day * FG_DAY_US, err);
    if (rc < 0)
        return rc;
    if (adding->by == FG_ENERGY_BY_DAY)
        make_days(adding);
    rc = fg_reader_energy(reader, adding->range, adding->by, add_row, adding, err);
    if (rc == 0)
        rc = add_savings(adding, reader, err);
    if (adding->by == FG_ENERGY_BY_DAY)
        drop_empty(adding);
    cut(adding, adding->limit);
    if (adding->by == FG_ENERGY_BY_DAY && adding->len > 1)
        qsort(adding->lines, adding->len, sizeof(*adding->lines), by_key);
    return rc;
}

/* -- telling ---------------------------------------------------------------------------------------------------- */

static void write_amounts(struct fg_json *json, const struct amounts *sum)
{
    fg_json_key(json, "energy_j");
    fg_json_double(json, (double)sum->energy_mj / 1e3);
    fg_json_key(json, "co2_g");
    fg_json_double(json, (double)sum->co2_mg / 1e3);
    fg_json_key(json, "device_s");
    fg_json_double(json, (double)sum->device_us / 1e6);
    fg_json_key(json, "saved_j");
    fg_json_double(json, (double)sum->saved_mj / 1e3);
}

static void write_text(struct fg_json *json, const char *key, const char *text)
{
    fg_json_kv(json, key, text[0] ? text : NULL);
}

static void write_line(struct fg_json *json, const struct line *line)
{
    fg_json_object(json);
    write_text(json, "key", line->key);
    write_text(json, "name", line->name);
    write_text(json, "project", line->project);
    write_text(json, "user", line->user);
    write_amounts(json, &line->sum);
    fg_json_end(json);
}

static void write_sum(struct fg_json *json, const char *key, const struct amounts *sum)
{
    fg_json_key(json, key);
    fg_json_object(json);
    write_amounts(json, sum);
    fg_json_end(json);
}

static void write_grid(struct fg_json *json, const struct fg_carbon_region *grid, int64_t mj)
{
    fg_json_object(json);
    fg_json_kv(json, "region", grid->name);
    fg_json_kv(json, "name", grid->text);
    fg_json_kv_int(json, "g_per_kwh", grid->g_per_kwh);
    fg_json_kv(json, "source", grid->source);
    fg_json_key(json, "energy_j");
    fg_json_double(json, (double)mj / 1e3);
    fg_json_end(json);
}

static void write_grids(struct fg_json *json, const struct adding *adding)
{
    fg_json_key(json, "grids");
    fg_json_array(json);
    if (adding->hourly_mj > 0)
        write_grid(
            json,
            &(struct fg_carbon_region){.name = adding->grams.home->name,
                                       .text = adding->grams.home->text,
                                       .g_per_kwh = (uint32_t)((__int128)adding->hourly_mg
                                                               * 3'600'000 / adding->hourly_mj),
                                       .source = "the hours as they were, by the setting grid"},
            adding->hourly_mj);
    for (size_t i = 0; i < GRIDS_MAX && i < fg_carbon_regions_len(); i++) {
        const struct fg_carbon_region *grid = fg_carbon_region_at(i);
        if (adding->grid_mj[i] > 0)
            write_grid(json, grid, adding->grid_mj[i]);
    }
    fg_json_end(json);
}

static void write_saved(struct fg_json *json, const char *key, const struct fg_saved *sum)
{
    fg_json_key(json, key);
    fg_json_object(json);
    fg_json_key(json, "saved_j");
    fg_json_double(json, (double)(sum->avoided_mj - sum->spent_mj) / 1e3);
    fg_json_key(json, "avoided_j");
    fg_json_double(json, (double)sum->avoided_mj / 1e3);
    fg_json_key(json, "spent_j");
    fg_json_double(json, (double)sum->spent_mj / 1e3);
}

static void write_savings(struct fg_json *json, const struct fg_saved saved[FG_SAVING_WAYS])
{
    struct fg_saved slept = saved[FG_SAVING_SLEEP_MEASURED];
    fg_saved_add(&slept, &saved[FG_SAVING_SLEEP_TOLD]);
    fg_saved_add(&slept, &saved[FG_SAVING_SLEEP_ASSUMED]);
    fg_json_key(json, "savings");
    fg_json_object(json);
    write_saved(json, "caps", &saved[FG_SAVING_CAP]);
    fg_json_key(json, "slowed_device_s");
    fg_json_double(json, (double)saved[FG_SAVING_CAP].slowed_us / 1e6);
    fg_json_end(json);
    write_saved(json, "sleep", &slept);
    fg_json_key(json, "asleep_s");
    fg_json_double(json, (double)slept.asleep_us / 1e6);
    fg_json_key(json, "measured_j");
    fg_json_double(json, (double)saved[FG_SAVING_SLEEP_MEASURED].avoided_mj / 1e3);
    fg_json_key(json, "assumed_j");
    fg_json_double(json, (double)saved[FG_SAVING_SLEEP_ASSUMED].avoided_mj / 1e3);
    fg_json_end(json);
    fg_json_end(json);
}

static void answer(struct fg_call *call, const struct adding *adding)
{
    struct fg_json *json = &call->json;
    struct amounts total = adding->others;
    fg_json_object(json);
    fg_json_kv(json, "by", by_names[adding->by]);
    fg_cost_range_write(json, adding->range);
    fg_json_key(json, "items");
    fg_json_array(json);
    for (size_t i = 0; i < adding->len; i++) {
        write_line(json, &adding->lines[i]);
        add(&total, &adding->lines[i].sum);
    }
    fg_json_end(json);
    write_sum(json, "others", &adding->others);
    write_sum(json, "total", &total);
    write_savings(json, adding->saved);
    write_grids(json, adding);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

static int read_by(struct fg_call *call, enum fg_energy_by *out, struct fg_err *err)
{
    size_t by = FG_ENERGY_BY_PROJECT;
    int rc = fg_target_word(&call->target, "by", by_names, FG_ENERGY_BYS, &by, err);
    *out = (enum fg_energy_by)by;
    return rc;
}

void fg_handle_energy(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_cost_range range;
    uint64_t limit = LIMIT_DEFAULT;
    struct adding adding = {.range = &range, .home = call->api->options.energy_region};
    int rc = read_by(call, &adding.by, &err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "limit", 1, LIMIT_MAX, &limit, &err);
    if (rc == 0)
        rc = fg_cost_range_read(call, DAYS_MAX, &range, &err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, &err) : NULL;
    adding.limit = limit;
    if (!reader || add_all(&adding, reader, &err) < 0)
        fg_answer_error(call, &err);
    else
        answer(call, &adding);
    fg_grams_close(&adding.grams);
    free(adding.lines);
}

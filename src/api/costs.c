/* costs.c - what was spent, by project, user, job, order or day; what the pool asks now. */
#include "api/answer.h"
#include "api/cost_range.h"
#include "api/grams.h"
#include "api/worker.h"

#include "base/clock.h"
#include "model/period.h"
#include "plan/ledger.h"

#include <inttypes.h>
#include <string.h>

#define DAYS_MAX      3660
#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000
#define NO_PROJECT    UINT64_C(0xffffffffffffffff) /* key of what the pool pays */

enum by { BY_PROJECT, BY_USER, BY_JOB, BY_ORDER, BY_DAY, BYS };
static const char *const by_names[BYS] = {"project", "user", "job", "order", "day"};

struct adding {
    struct fg_cost_ledger *ledger;
    enum by by;
    const struct fg_cost_range *range;
    struct fg_cost_ledger_line others; /* what the lines that were cut held */
    size_t limit;
    fg_job_id last_job;
    const char *home; /* the service's region */
    struct fg_grams grams;
};

/* -- days ------------------------------------------------------------------------------------------------- */

void fg_day_text(int64_t day, char out[FG_DAY_TEXT_MAX])
{
    char text[FG_TIME_TEXT_MAX];
    fg_time_format(day * FG_DAY_US, text);
    snprintf(out, FG_DAY_TEXT_MAX, "%.10s", text);
}

static int read_day(struct fg_call *call, const char *name, int64_t *out, struct fg_err *err)
{
    const char *text = fg_target_param(&call->target, name);
    int64_t time_us;
    if (!text)
        return 0;
    if (strlen(text) != 10 || fg_time_parse(text, &time_us) < 0 || time_us < 0)
        return fg_fail(err, FG_EINVAL, "query: %s: %.40s, expected a day as 2026-11-21", name,
                       text);
    *out = time_us / FG_DAY_US;
    return 0;
}

static int read_project(struct fg_call *call, struct fg_cost_range *out, struct fg_err *err)
{
    const char *project = fg_target_param(&call->target, "project");
    out->project = call->actor.project;
    if (!project)
        return 0;
    int rc = fg_worker_project(call->worker, project, &out->project, err);
    if (rc == 0 && !fg_call_sees(call, out->project))
        rc = fg_fail(err, FG_ENOENT, "project %.63s: not known", project);
    return rc;
}

void fg_cost_range_write(struct fg_json *json, const struct fg_cost_range *range)
{
    char day[FG_DAY_TEXT_MAX];
    fg_day_text(range->from_day, day);
    fg_json_kv(json, "from", day);
    fg_day_text(range->to_day, day);
    fg_json_kv(json, "to", day);
}

int fg_cost_range_read(struct fg_call *call,
                       int64_t days_max,
                       struct fg_cost_range *out,
                       struct fg_err *err)
{
    int64_t now_us = fg_api_now_us(call->api);
    *out = (struct fg_cost_range){.from_day =
                                      fg_period_begin_us(FG_PERIOD_MONTH, now_us) / FG_DAY_US,
                                  .to_day = now_us / FG_DAY_US + 1};
    int rc = read_day(call, "from", &out->from_day, err);
    if (rc == 0)
        rc = read_day(call, "to", &out->to_day, err);
    if (rc == 0)
        rc = read_project(call, out, err);
    if (rc < 0)
        return rc;
    if (out->to_day <= out->from_day || out->to_day - out->from_day > days_max)
        return fg_fail(err, FG_EINVAL,
                       "query: from, to: %" PRId64 " days, expected 1 to %" PRId64
                       " (the last one is not in it)",
                       out->to_day - out->from_day, days_max);
    return 0;
}

/* -- adding --------------------------------------------------------------------------------------------------- */

static void set(char out[FG_NAME_MAX], const char *text)
{
    if (!out[0])
        snprintf(out, FG_NAME_MAX, "%.63s", text ? text : "");
}

static struct fg_cost_ledger_line *line_of_project(struct adding *adding,
                                                   fg_project_id project,
                                                   const char *name)
{
    struct fg_cost_ledger_line *line =
        fg_cost_ledger_at(adding->ledger, project ? project : NO_PROJECT);
    set(line->name, name);
    return line;
}

static struct fg_cost_ledger_line *line_of_day(struct adding *adding, int64_t day)
{
    struct fg_cost_ledger_line *line = fg_cost_ledger_at(adding->ledger, (uint64_t)day + 1);
    fg_day_text(day, line->name);
    return line;
}

static int add_spend(void *self, const struct fg_spend_view *spend)
{
    struct adding *adding = self;
    struct fg_cost_ledger_line *line;
    if (adding->by == BY_PROJECT) {
        line = line_of_project(adding, spend->project, spend->project_name);
    } else if (adding->by == BY_DAY) {
        line = line_of_day(adding, spend->day);
    } else {
        line = fg_cost_ledger_at(adding->ledger, (uint64_t)spend->user + 1);
        set(line->name, spend->user_name);
    }
    line->used_uusd += spend->uusd;
    return 0;
}

static int add_job(void *self, const struct fg_job_cost_view *cost)
{
    struct adding *adding = self;
    size_t len;
    int64_t part =
        fg_cost_between(cost->uusd, cost->started_us, cost->finished_us,
                        adding->range->from_day * FG_DAY_US, adding->range->to_day * FG_DAY_US);
    if (part == 0)
        return 0;
    /* Attempts of a job come together: between two jobs the lesser ones can go. */
    fg_cost_ledger_lines(adding->ledger, &len);
    if (len > 4 * LIMIT_MAX && cost->job != adding->last_job)
        fg_cost_ledger_cut(adding->ledger, LIMIT_MAX, &adding->others);
    adding->last_job = cost->job;
    struct fg_cost_ledger_line *line = fg_cost_ledger_at(adding->ledger, cost->job);
    snprintf(line->name, sizeof(line->name), "%" PRIu64, cost->job);
    set(line->title, cost->name);
    set(line->project, cost->project_name);
    set(line->user, cost->user_name);
    line->used_uusd += part;
    return 0;
}

static int add_charge(void *self, const struct fg_order_charge_view *charge)
{
    struct adding *adding = self;
    struct fg_cost_ledger_line *line;
    if (adding->by == BY_ORDER) {
        line = fg_cost_ledger_at(adding->ledger, charge->order);
        snprintf(line->name, sizeof(line->name), "%" PRIu64, charge->order);
        set(line->supplier, charge->supplier);
        set(line->instance, charge->instance);
        line->used_uusd += charge->used_uusd;
    } else if (adding->by == BY_DAY) {
        line = line_of_day(adding, charge->day);
    } else {
        line = line_of_project(adding, charge->project, charge->project_name);
    }
    line->idle_uusd += charge->idle_uusd;
    line->due_uusd += charge->due_uusd;
    return 0;
}

static void add_amounts(struct adding *adding,
                        struct fg_cost_ledger_line *line,
                        const struct fg_energy_view *row,
                        int64_t from_us,
                        int64_t to_us)
{
    int64_t hourly_mj, energy_mj = fg_cost_between(row->energy_mj, row->started_us,
                                                   row->finished_us, from_us, to_us);
    from_us = row->started_us > from_us ? row->started_us : from_us;
    to_us = row->finished_us < to_us ? row->finished_us : to_us;
    line->energy_mj += energy_mj;
    line->co2_mg += fg_grams_mg(&adding->grams, fg_grams_grid(&adding->grams, row->region),
                                energy_mj, from_us, to_us, &hourly_mj);
}

/* Of a job that has no line (it cost nothing, or was cut) to the others. */
static int add_energy(void *self, const struct fg_energy_view *row)
{
    struct adding *adding = self;
    const struct fg_cost_range *range = adding->range;
    struct fg_cost_ledger_line *line = NULL;
    if (adding->by == BY_DAY) {
        int64_t day = row->started_us / FG_DAY_US, last = row->finished_us / FG_DAY_US;
        for (day = day > range->from_day ? day : range->from_day;
             day <= last && day < range->to_day; day++)
            add_amounts(adding, line_of_day(adding, day), row, day * FG_DAY_US,
                        (day + 1) * FG_DAY_US);
        return 0;
    }
    if (adding->by == BY_PROJECT) {
        line = line_of_project(adding, row->project, row->owner.project_name);
    } else if (adding->by == BY_USER) {
        line = fg_cost_ledger_at(adding->ledger, (uint64_t)row->user + 1);
        set(line->name, row->owner.user_name);
    } else {
        line = fg_cost_ledger_find(adding->ledger, row->owner.job);
    }
    add_amounts(adding, line ? line : &adding->others, row, range->from_day * FG_DAY_US,
                range->to_day * FG_DAY_US);
    return 0;
}

static int add_all_energy(struct adding *adding, struct fg_reader *reader, struct fg_err *err)
{
    int rc =
        fg_grams_open(&adding->grams, reader, adding->home, adding->range->from_day * FG_DAY_US,
                      adding->range->to_day * FG_DAY_US, err);
    return rc == 0 ? fg_reader_energy(reader, adding->range, FG_ENERGY_BY_DAY, add_energy,
                                      adding, err)
                   : rc;
}

static int add_all_costs(struct adding *adding, struct fg_reader *reader, struct fg_err *err)
{
    int rc = 0;
    if (adding->by == BY_JOB)
        return fg_reader_job_costs(reader, adding->range, add_job, adding, err);
    if (adding->by != BY_ORDER)
        rc = fg_reader_spend(reader, adding->range, add_spend, adding, err);
    if (rc == 0 && adding->by != BY_USER)
        rc = fg_reader_order_charges(reader, adding->range, add_charge, adding, err);
    return rc;
}

static int add_all(struct adding *adding, struct fg_reader *reader, struct fg_err *err)
{
    int rc = add_all_costs(adding, reader, err);
    return rc == 0 && adding->by != BY_ORDER ? add_all_energy(adding, reader, err) : rc;
}

/* -- telling ---------------------------------------------------------------------------------------------------- */

static void write_text(struct fg_json *json, const char *key, const char *text)
{
    fg_json_kv(json, key, text[0] ? text : NULL);
}

static void write_sums(struct fg_json *json, const struct fg_cost_ledger_line *line)
{
    fg_json_kv_int(json, "used_uusd", line->used_uusd);
    fg_json_kv_int(json, "unused_uusd", line->idle_uusd);
    fg_json_kv_int(json, "uusd", line->used_uusd + line->idle_uusd);
    fg_json_kv_int(json, "due_uusd", line->due_uusd);
    fg_json_key(json, "energy_j");
    fg_json_double(json, (double)line->energy_mj / 1e3);
    fg_json_key(json, "co2_g");
    fg_json_double(json, (double)line->co2_mg / 1e3);
}

static void write_line(struct fg_json *json, const struct fg_cost_ledger_line *line)
{
    fg_json_object(json);
    write_text(json, "key", line->name);
    write_text(json, "name", line->title);
    write_text(json, "project", line->project);
    write_text(json, "user", line->user);
    write_text(json, "supplier", line->supplier);
    write_text(json, "instance", line->instance);
    write_sums(json, line);
    fg_json_end(json);
}

static void write_amounts(struct fg_json *json,
                          const char *key,
                          const struct fg_cost_ledger_line *line)
{
    fg_json_key(json, key);
    fg_json_object(json);
    write_sums(json, line);
    fg_json_end(json);
}

static void answer(struct fg_call *call, struct adding *adding)
{
    struct fg_json *json = &call->json;
    struct fg_cost_ledger_line total;
    size_t len;
    fg_cost_ledger_cut(adding->ledger, adding->limit, &adding->others);
    const struct fg_cost_ledger_line *lines = fg_cost_ledger_lines(adding->ledger, &len);
    total = adding->others;
    fg_json_object(json);
    fg_json_kv(json, "by", by_names[adding->by]);
    fg_cost_range_write(json, adding->range);
    fg_json_key(json, "items");
    fg_json_array(json);
    for (size_t i = 0; i < len; i++) {
        write_line(json, &lines[i]);
        total.used_uusd += lines[i].used_uusd;
        total.idle_uusd += lines[i].idle_uusd;
        total.due_uusd += lines[i].due_uusd;
        total.energy_mj += lines[i].energy_mj;
        total.co2_mg += lines[i].co2_mg;
    }
    fg_json_end(json);
    write_amounts(json, "others", &adding->others);
    write_amounts(json, "total", &total);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_price_list(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_PRICES, fg_answer_items);
}

static int read_by(struct fg_call *call, enum by *out, struct fg_err *err)
{
    size_t by = BY_PROJECT;
    int rc = fg_target_word(&call->target, "by", by_names, BYS, &by, err);
    *out = (enum by)by;
    return rc;
}

void fg_handle_cost(struct fg_call *call)
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
    FG_AUTO(fg_cost_ledger) struct fg_cost_ledger *ledger = fg_cost_ledger_new();
    adding.ledger = ledger;
    adding.limit = limit;
    if (!reader || add_all(&adding, reader, &err) < 0)
        fg_answer_error(call, &err);
    else
        answer(call, &adding);
    fg_grams_close(&adding.grams);
}

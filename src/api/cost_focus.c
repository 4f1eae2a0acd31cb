/* cost_focus.c - what was spent, in the columns of FOCUS 1.2: one row a job and day, and what is due for orders.
 *
 * The bookings of a day are the truth: rows of jobs are its parts, and if the records of some jobs are gone (or were booked by
 * an older version on the day of their end) one row has the whole of that user and project.
 */
#include "api/answer.h"
#include "api/cost_range.h"
#include "api/grams.h"
#include "api/worker.h"

#include "model/period.h"
#include "plan/focus.h"
#include "plan/ledger.h"

#include <inttypes.h>
#include <string.h>

#define DAYS_MAX   31
#define ROWS_MAX   200000
#define ROOM       (512UL * 1024 * 1024) /* address space for the rows of a day */
#define PARTS_ROOM 64
#define FULL       1

/* What one job cost on the day. */
struct part {
    fg_project_id project;
    uint32_t user;
    fg_job_id job;
    const char *name, *node;
    int64_t uusd, used_us, energy_mj, co2_mg;
};

struct sheet {
    struct fg_buf *out;
    struct fg_grams grams; /* of all days */
    int64_t day;
    size_t rows;
    struct fg_arena *arena;
    struct part *parts; /* by project, user, job */
    size_t parts_len, parts_room;
    size_t at; /* of the parts, as far as bookings have come */
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void grow(struct sheet *sheet)
{
    size_t room = 2 * sheet->parts_room;
    struct part *parts = FG_NEW(sheet->arena, struct part, room);
    memcpy(parts, sheet->parts, sheet->parts_len * sizeof(*parts));
    sheet->parts = parts;
    sheet->parts_room = room;
}

/* Another attempt of the same job is the same row. */
static struct part *part_of(struct sheet *sheet, const struct fg_job_cost_view *cost)
{
    size_t len = sheet->parts_len;
    if (len > 0 && sheet->parts[len - 1].job == cost->job)
        return &sheet->parts[len - 1];
    if (sheet->parts_len == ROWS_MAX)
        return NULL;
    if (sheet->parts_len == sheet->parts_room)
        grow(sheet);
    struct part *part = &sheet->parts[sheet->parts_len++];
    *part = (struct part){.project = cost->project,
                          .user = cost->user,
                          .job = cost->job,
                          .name = fg_arena_printf(sheet->arena, "%s", cost->name),
                          .node = fg_arena_printf(sheet->arena, "%s", cost->node)};
    return part;
}

static int add_part(void *self, const struct fg_job_cost_view *cost)
{
    struct sheet *sheet = self;
    int64_t from_us = sheet->day * FG_DAY_US, to_us = from_us + FG_DAY_US, hourly_mj;
    int64_t uusd =
        fg_cost_between(cost->uusd, cost->started_us, cost->finished_us, from_us, to_us);
    struct part *part = uusd > 0 ? part_of(sheet, cost) : NULL;
    if (uusd <= 0)
        return 0;
    if (!part)
        return FULL;
    part->uusd += uusd;
    int64_t energy_mj =
        fg_cost_between(cost->energy_mj, cost->started_us, cost->finished_us, from_us, to_us);
    from_us = most(from_us, cost->started_us);
    to_us = least(to_us, cost->finished_us);
    part->energy_mj += energy_mj;
    part->co2_mg += fg_grams_mg(&sheet->grams, fg_grams_grid(&sheet->grams, cost->region),
                                energy_mj, from_us, to_us, &hourly_mj);
    part->used_us += to_us - from_us;
    return 0;
}

static int write_row(struct sheet *sheet, struct fg_focus_charge *charge)
{
    if (sheet->rows == ROWS_MAX)
        return FULL;
    charge->day = sheet->day;
    charge->pool = "fastgpu";
    fg_focus_write(sheet->out, charge);
    sheet->rows++;
    return 0;
}

/* The parts of the booking: [first, first + *out_len). */
static size_t find_parts(struct sheet *sheet,
                         const struct fg_spend_view *spend,
                         size_t *out_len)
{
    size_t at = sheet->at;
    while (at < sheet->parts_len
           && (sheet->parts[at].project < spend->project
               || (sheet->parts[at].project == spend->project
                   && sheet->parts[at].user < spend->user)))
        at++;
    size_t first = at;
    while (at < sheet->parts_len && sheet->parts[at].project == spend->project
           && sheet->parts[at].user == spend->user)
        at++;
    sheet->at = at;
    *out_len = at - first;
    return first;
}

static int write_job(struct sheet *sheet,
                     const struct fg_spend_view *spend,
                     const struct part *part,
                     int64_t uusd)
{
    char job[24];
    snprintf(job, sizeof(job), "%" PRIu64, part->job);
    return write_row(sheet, &(struct fg_focus_charge){.kind = FG_FOCUS_JOB,
                                                      .uusd = uusd,
                                                      .used_us = part->used_us,
                                                      .energy_mj = part->energy_mj,
                                                      .co2_mg = part->co2_mg,
                                                      .project = spend->project_name,
                                                      .user = spend->user_name,
                                                      .job = job,
                                                      .job_name = part->name,
                                                      .node = part->node});
}

static int write_booking(void *self, const struct fg_spend_view *spend)
{
    struct sheet *sheet = self;
    size_t len, first = find_parts(sheet, spend, &len);
    int64_t *amounts = FG_NEW(sheet->arena, int64_t, len + 1);
    int rc = 0;
    for (size_t i = 0; i < len; i++)
        amounts[i] = sheet->parts[first + i].uusd;
    if (len == 0 || !fg_cost_reconcile(amounts, len, spend->uusd))
        return write_row(sheet, &(struct fg_focus_charge){.kind = FG_FOCUS_REST,
                                                          .uusd = spend->uusd,
                                                          .project = spend->project_name,
                                                          .user = spend->user_name});
    for (size_t i = 0; i < len && rc == 0; i++)
        rc = write_job(sheet, spend, &sheet->parts[first + i], amounts[i]);
    return rc;
}

static int write_charge(void *self, const struct fg_order_charge_view *charge)
{
    struct sheet *sheet = self;
    char order[24];
    int rc = 0;
    snprintf(order, sizeof(order), "%" PRIu64, charge->order);
    struct fg_focus_charge row = {.kind = FG_FOCUS_ORDER,
                                  .uusd = charge->due_uusd,
                                  .project = charge->project_name,
                                  .order = order,
                                  .supplier = charge->supplier,
                                  .instance = charge->instance,
                                  .region = charge->region,
                                  .zone = charge->zone,
                                  .contract = charge->contract};
    if (charge->due_uusd != 0)
        rc = write_row(sheet, &row);
    row.kind = FG_FOCUS_UNUSED;
    row.uusd = charge->idle_uusd;
    if (charge->idle_uusd != 0 && rc == 0)
        rc = write_row(sheet, &row);
    return rc;
}

static int write_day(struct sheet *sheet,
                     struct fg_reader *reader,
                     const struct fg_cost_range *all,
                     struct fg_err *err)
{
    struct fg_cost_range range = {all->project, sheet->day, sheet->day + 1};
    fg_arena_reset(sheet->arena);
    sheet->parts_len = sheet->at = 0;
    sheet->parts_room = PARTS_ROOM;
    sheet->parts = FG_NEW(sheet->arena, struct part, PARTS_ROOM);
    int rc = fg_reader_day_costs(reader, &range, add_part, sheet, err);
    if (rc == 0)
        rc = fg_reader_spend(reader, &range, write_booking, sheet, err);
    if (rc == 0)
        rc = fg_reader_order_charges(reader, &range, write_charge, sheet, err);
    if (rc == FULL)
        return fg_fail(err, FG_ETOOBIG, "more than %d rows, expected a question of fewer days",
                       ROWS_MAX);
    return rc;
}

static int write_days(struct fg_call *call,
                      const struct fg_cost_range *range,
                      struct fg_err *err)
{
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    if (!reader)
        return FG_EIO;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    struct sheet sheet = {.out = &call->out, .arena = arena};
    int rc = fg_grams_open(&sheet.grams, reader, call->api->options.energy_region,
                           range->from_day * FG_DAY_US, range->to_day * FG_DAY_US, err);
    fg_focus_write_head(sheet.out);
    for (sheet.day = range->from_day; sheet.day < range->to_day && rc == 0; sheet.day++)
        rc = write_day(&sheet, reader, range, err);
    fg_grams_close(&sheet.grams);
    return rc;
}

void fg_handle_cost_focus(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_cost_range range;
    int rc = fg_cost_range_read(call, DAYS_MAX, &range, &err);
    if (rc == 0)
        rc = write_days(call, &range, &err);
    if (rc < 0) {
        fg_buf_clear(&call->out);
        fg_answer_error(call, &err);
        return;
    }
    fg_answer_out(call, 200, "text/csv; charset=utf-8");
}

/* report.c - GET /v1/report: what a period has shown: forecast against what came, plans and orders against what they cost,
 * suppliers against what they promised.  See plan/review.h. */
#include "api/report.h"
#include "api/answer.h"
#include "api/demand.h"
#include "api/forecasts.h"
#include "api/records.h"

#include "model/period.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US     3'600'000'000LL
#define CLASSES_MAX 16 /* forecast again: a day of each takes some hundredths of a second */

static const struct {
    const char *name;
    uint32_t days;
} periods[] = {{"day", 1}, {"week", 7}, {"month", 30}};

struct making {
    const char *period;
    uint32_t days;
    char question[32]; /* by which the answer about demand is kept */
    int64_t hour;
    struct fg_report_orders *orders; /* owned */
    struct fg_demand_set set;        /* owned */
    struct fg_buf text;              /* owned: the answer about demand */
    size_t judged;                   /* series of the set that were */
    struct fg_review_demand *demand; /* one each; in the call's arena */
    int64_t begin_us;                /* monotonic */
    int rc;
    struct fg_err err;
};

/* -- what is asked ------------------------------------------------------------------------------------------- */

static int read_period(const struct fg_target *target,
                       struct making *making,
                       struct fg_err *err)
{
    const char *name = fg_target_param(target, "period");
    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
        if (strcmp(name ? name : "week", periods[i].name) == 0) {
            making->period = periods[i].name;
            making->days = periods[i].days;
            return 0;
        }
    return fg_fail(err, FG_EINVAL, "query: period: %.20s, expected day, week or month", name);
}

/* What was forecast again does not change within the hour. */
static bool is_kept(struct fg_call *call, struct making *making)
{
    snprintf(making->question, sizeof(making->question), "report\n%s", making->period);
    making->hour = fg_api_now_us(call->api) / HOUR_US;
    return fg_forecasts_find(call->api->forecasts, making->question, making->hour,
                             &making->text);
}

static int gather(struct fg_call *call, struct making *making, struct fg_err *err)
{
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = NULL;
    int64_t to_us = fg_api_now_us(call->api);
    making->orders = fg_report_orders_new(to_us - making->days * FG_DAY_US, to_us,
                                          fg_records_clock(call->api).half_life_us);
    int rc = fg_report_orders_read(making->orders, call, err);
    if (rc < 0 || is_kept(call, making))
        return rc;
    rc = fg_demand_of_call(call, &ledger, err);
    if (ledger)
        fg_ledger_to_set(ledger, FG_LEDGER_ASKED, &making->set);
    making->judged = making->set.len < CLASSES_MAX ? making->set.len : CLASSES_MAX;
    making->demand = FG_NEW(call->arena, struct fg_review_demand, CLASSES_MAX);
    return rc;
}

static void drop(void *data)
{
    struct making *making = data;
    fg_report_orders_free(making->orders);
    fg_demand_set_free(&making->set);
    fg_buf_free(&making->text);
}

/* -- of demand ------------------------------------------------------------------------------------------------ */

static void write_real(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, isnan(value) ? value : round(value * 1e6) / 1e6);
}

void fg_report_correction_write(const struct fg_review_correction *correction,
                                struct fg_json *json)
{
    fg_json_key(json, "correction");
    fg_json_object(json);
    write_real(json, "factor", correction->factor);
    write_real(json, "width", correction->width);
    fg_json_kv_int(json, "days", correction->days);
    fg_json_end(json);
}

static void write_class(struct fg_json *json,
                        const char *name,
                        const struct fg_review_demand *demand)
{
    fg_json_object(json);
    fg_json_kv(json, "class", name);
    fg_json_kv_int(json, "days", demand->days);
    write_real(json, "asked_device_hours", demand->actual);
    write_real(json, "forecast_device_hours", demand->forecast);
    write_real(json, "wape", demand->wape);
    write_real(json, "as_now_wape", demand->naive_wape);
    write_real(json, "coverage80", demand->coverage);
    fg_report_correction_write(&demand->correction, json);
    fg_json_end(json);
}

static void write_demand(struct fg_json *json, const struct making *making)
{
    fg_json_object(json);
    fg_json_kv_int(json, "history_hours",
                   making->set.len ? (int64_t)making->set.series[0].len : 0);
    fg_json_kv_int(json, "left_out", (int64_t)(making->set.len - making->judged));
    fg_json_key(json, "classes");
    fg_json_array(json);
    for (size_t i = 0; i < making->judged; i++)
        write_class(json, making->set.series[i].name, &making->demand[i]);
    fg_json_end(json);
    fg_json_end(json);
}

/* -- by a thread of its own ----------------------------------------------------------------------------------- */

static void work(struct fg_call *call)
{
    struct making *making = call->work_data;
    if (atomic_exchange(&call->api->planning, true)) {
        making->rc = fg_fail(&making->err, FG_EBUSY,
                             "another report or a plan is being made, one at a time");
        return;
    }
    struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    for (size_t i = 0; making->rc == 0 && i < making->judged; i++)
        making->rc = fg_review_series(&making->set.series[i], making->days, scratch,
                                      &making->demand[i], &making->err);
    fg_arena_free(scratch);
    if (making->rc == 0) {
        write_demand(&(struct fg_json){.buf = &making->text}, making);
        fg_forecasts_keep(call->api->forecasts, making->question, making->hour,
                          making->text.text, making->text.len);
    }
    atomic_store(&call->api->planning, false);
}

/* -- the answer ------------------------------------------------------------------------------------------------ */

static void made(struct fg_call *call)
{
    struct making *making = call->work_data;
    struct fg_json *json = &call->json;
    if (making->rc < 0) {
        making->err.code = making->rc;
        fg_answer_error(call, &making->err);
        return;
    }
    fg_json_object(json);
    fg_json_kv(json, "period", making->period);
    fg_json_key(json, "demand");
    fg_json_raw(json, making->text.text, making->text.len);
    fg_report_orders_write(making->orders, json);
    fg_json_key(json, "seconds");
    fg_json_double(json, (double)(fg_api_mono_us(call->api) - making->begin_us) / 1e6);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_report(struct fg_call *call)
{
    struct fg_err err = {};
    struct making *making = FG_NEW(call->arena, struct making, 1);
    making->begin_us = fg_api_mono_us(call->api);
    call->work_data = making;
    call->work_drop = drop;
    int rc = read_period(&call->target, making, &err);
    if (rc == 0)
        rc = gather(call, making, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    if (making->text.len > 0)
        made(call);
    else
        fg_call_work(call, work, made);
}

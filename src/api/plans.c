/* plans.c - plans: made from what is asked and for sale, listed, decided upon, carried out. */
#include "api/answer.h"
#include "api/demand.h"
#include "api/plan_make.h"
#include "api/worker.h"

#include "model/order_json.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US       3'600'000'000LL
#define PERIOD_HOURS  24
#define HORIZON_HOURS 672  /* four weeks */
#define HORIZON_MAX   8736 /* as far as forecasts go */
#define PERIODS_MAX   744

static void write_members(struct fg_json *json, const struct fg_plan_record *plan)
{
    char id[24];
    snprintf(id, sizeof(id), "%llu", (unsigned long long)plan->id);
    fg_json_kv(json, "id", id);
    fg_json_kv(json, "state", fg_plan_state_name(plan->state));
    fg_json_kv_int(json, "orders", plan->orders);
    fg_json_kv_int(json, "cost_uusd", plan->cost_uusd);
    fg_json_kv_int(json, "horizon_hours", plan->horizon_us / HOUR_US);
    fg_json_key(json, "created");
    fg_json_time(json, plan->created_us);
    fg_json_kv(json, "created_by", plan->created_by);
    fg_json_key(json, "decided");
    fg_json_time(json, plan->decided_us);
    fg_json_kv(json, "decided_by", plan->decided_by);
    fg_json_key(json, "applied");
    fg_json_time(json, plan->applied_us);
    fg_json_kv(json, "remark", plan->remark);
}

/* -- read ---------------------------------------------------------------------------------------------------- */

struct page {
    struct fg_json *json;
    uint64_t last;
    size_t len;
};

static int add_plan(void *self, const struct fg_plan_record *plan)
{
    struct page *page = self;
    fg_json_object(page->json);
    write_members(page->json, plan);
    fg_json_end(page->json);
    page->last = plan->id;
    page->len++;
    return 0;
}

void fg_handle_plan_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct page page = {.json = &call->json};
    struct fg_reader *reader = fg_worker_reader(call->worker, &err);
    uint64_t limit, before = 0;
    int rc = reader ? fg_target_page(&call->target, &limit, &before, &err) : FG_EIO;
    fg_list_begin(call);
    if (rc == 0)
        rc = fg_reader_plans(reader, before, limit, add_plan, &page, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_list_end(call, page.len == limit && page.last > 1 ? page.last : 0);
}

static int show_plan(void *self, const struct fg_plan_record *plan)
{
    struct fg_json *json = self;
    fg_json_object(json);
    write_members(json, plan);
    fg_json_key(json, "plan");
    fg_json_raw(json, plan->json, strlen(plan->json));
    fg_json_end(json);
    return 0;
}

/* The plan as it now is, with this status. */
static void answer_plan(struct fg_call *call, uint64_t id, int status)
{
    struct fg_err err = {};
    struct fg_reader *reader = fg_worker_reader(call->worker, &err);
    int rc = reader ? fg_reader_plan(reader, id, show_plan, &call->json, &err) : FG_EIO;
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_answer_json(call, status);
}

void fg_handle_plan_show(struct fg_call *call)
{
    struct fg_err err = {};
    uint64_t id = 0;
    int rc = fg_call_id(call, "plan", &id, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        answer_plan(call, id, 200);
}

/* -- made ----------------------------------------------------------------------------------------------------- */

static int read_hours(const struct fg_doc *at, int64_t max, int64_t *out, struct fg_err *err)
{
    if (at->kind != FG_DOC_INT || at->integer < 1 || at->integer > max)
        return fg_fail(err, FG_EINVAL, "body: %s: expected a whole number from 1 to %lld",
                       at->key, (long long)max);
    *out = at->integer;
    return 0;
}

/* {"options": "YAML", "demand": "CSV", "period_hours": 24, "horizon_hours": 672, "what_if": true}; all may be missing. */
static int read_body(struct fg_call *call, struct fg_planning *planning, struct fg_err *err)
{
    struct fg_draft_ask *ask = &planning->ask;
    int64_t period = PERIOD_HOURS, horizon = HORIZON_HOURS;
    const struct fg_doc *doc;
    const struct fg_config *config = call->api->options.config;
    ask->options = "";
    ask->power_uusd_per_kwh = config->energy_price_uusd_per_kwh;
    ask->carbon_uusd_per_tonne = config->carbon_price_uusd_per_tonne;
    int rc = fg_call_doc(call, &doc, err);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        bool is_text = at->kind == FG_DOC_TEXT;
        if (strcmp(at->key, "options") == 0 && is_text)
            ask->options = at->text;
        else if (strcmp(at->key, "demand") == 0 && is_text)
            ask->demand = at->text;
        else if (strcmp(at->key, "what_if") == 0 && at->kind == FG_DOC_BOOL)
            ask->what_if = at->integer;
        else if (strcmp(at->key, "period_hours") == 0)
            rc = read_hours(at, HORIZON_MAX, &period, err);
        else if (strcmp(at->key, "horizon_hours") == 0)
            rc = read_hours(at, HORIZON_MAX, &horizon, err);
        else
            rc = fg_fail(err, FG_EINVAL,
                         "body: %.40s: expected options, demand (texts), period_hours, "
                         "horizon_hours (numbers), what_if (true or false)",
                         at->key);
    }
    if (rc == 0 && (horizon < period || horizon / period > PERIODS_MAX))
        rc = fg_fail(err, FG_EINVAL, "horizon_hours: %lld are %lld periods, expected 1 to %d",
                     (long long)horizon, (long long)(horizon / period), PERIODS_MAX);
    ask->horizon.period_us = period * HOUR_US;
    ask->horizon.periods = (uint32_t)(horizon / period);
    ask->horizon.begin_us = fg_api_now_us(call->api) / HOUR_US * HOUR_US;
    ask->horizon.seed = (uint64_t)ask->horizon.begin_us;
    return rc;
}

static int read_history(struct fg_call *call, struct fg_planning *planning, struct fg_err *err)
{
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = NULL;
    if (planning->ask.demand)
        return 0;
    int rc = fg_demand_of_call(call, &ledger, err);
    if (rc == 0 && !ledger)
        return fg_fail(err, FG_ESTATE,
                       "nothing is known of demand yet: let jobs run for some hours, or give "
                       "the demand (fastgpu plan create --demand)");
    planning->history = FG_NEW(call->arena, struct fg_demand_set, 1);
    if (rc == 0)
        fg_ledger_to_set(ledger, FG_LEDGER_ASKED, planning->history);
    return rc;
}

static void drop(void *planning)
{
    fg_planning_free(planning);
}

static void kept(struct fg_call *call)
{
    if (!fg_answer_failed(call))
        answer_plan(call, call->command.out_id, 201);
}

static void made(struct fg_call *call)
{
    struct fg_planning *planning = call->work_data;
    if (planning->rc < 0) {
        fg_answer_rc(call, planning->rc, &planning->err);
        return;
    }
    planning->record.json = planning->document.text;
    call->command.plan = &planning->record;
    fg_call_ask(call, FG_CMD_PLAN_PUT, kept);
}

static void work(struct fg_call *call)
{
    struct fg_planning *planning = call->work_data;
    if (atomic_exchange(&call->api->planning, true)) {
        planning->rc =
            fg_fail(&planning->err, FG_EBUSY, "another plan is being made, one at a time");
        return;
    }
    fg_planning_make(planning);
    atomic_store(&call->api->planning, false);
}

static void pool_known(struct fg_call *call)
{
    struct fg_planning *planning = call->work_data;
    if (fg_answer_failed(call))
        return;
    planning->pool = call->command.out_text;
    planning->pool_len = call->command.out_len;
    fg_call_work(call, work, made);
}

void fg_handle_plan_create(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_planning *planning = FG_NEW(call->arena, struct fg_planning, 1);
    call->work_data = planning;
    call->work_drop = drop;
    int rc = read_body(call, planning, &err);
    if (rc == 0)
        rc = read_history(call, planning, &err);
    if (rc == 0)
        rc = fg_planning_gather(call, planning, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_call_ask(call, FG_CMD_POOL, pool_known);
}

/* -- decided upon ------------------------------------------------------------------------------------------------ */

static void decided(struct fg_call *call)
{
    if (!fg_answer_failed(call))
        answer_plan(call, call->command.out_id, 200);
}

/* The id of the path as the command's plan. */
static int take_plan(struct fg_call *call, struct fg_err *err)
{
    struct fg_plan_record *plan = FG_NEW(call->arena, struct fg_plan_record, 1);
    call->command.plan = plan;
    return fg_call_id(call, "plan", &plan->id, err);
}

static void decide(struct fg_call *call, enum fg_command_kind kind)
{
    struct fg_err err = {};
    int rc = take_plan(call, &err);
    if (rc == 0)
        rc = fg_call_remark(call, &call->command.text, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_call_ask(call, kind, decided);
}

void fg_handle_plan_approve(struct fg_call *call)
{
    decide(call, FG_CMD_PLAN_APPROVE);
}

void fg_handle_plan_reject(struct fg_call *call)
{
    decide(call, FG_CMD_PLAN_REJECT);
}

/* -- carried out --------------------------------------------------------------------------------------------------- */

struct asking {
    struct fg_call *call;
    struct fg_order_ask *asks; /* in the call's arena */
    size_t len;
    struct fg_err *err;
};

/* The orders of the document; all were written here, none is believed. */
static int read_asks(void *self, const struct fg_plan_record *plan)
{
    struct asking *asking = self;
    struct fg_call *call = asking->call;
    int64_t now_us = fg_api_now_us(call->api);
    size_t len = strlen(plan->json);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    const struct fg_doc *doc;
    int rc = fg_doc_json(plan->json, len, arena, &doc, asking->err);
    const struct fg_doc *list = rc == 0 ? fg_doc_get(doc, "asks") : NULL;
    if (!list)
        return rc;
    asking->asks = FG_NEW(call->arena, struct fg_order_ask, list->len + 1);
    for (const struct fg_doc *at = list->first; rc == 0 && at; at = at->next) {
        struct fg_order_ask *ask = &asking->asks[asking->len++];
        rc = fg_order_ask_read(at, now_us, call->arena, ask, asking->err);
        ask->order.plan = plan->id;
    }
    return rc < 0 ? fg_wrap(asking->err, rc,
                            "plan %llu: order %zu (make a new plan: this one is out of date)",
                            (unsigned long long)plan->id, asking->len)
                  : 0;
}

void fg_handle_plan_apply(struct fg_call *call)
{
    struct fg_err err = {};
    struct asking asking = {.call = call, .err = &err};
    struct fg_reader *reader = fg_worker_reader(call->worker, &err);
    int rc = reader ? take_plan(call, &err) : FG_EIO;
    if (rc == 0)
        rc = fg_call_remark(call, &call->command.text, &err);
    if (rc == 0)
        rc = fg_reader_plan(reader, call->command.plan->id, read_asks, &asking, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    call->command.orders = asking.asks;
    call->command.orders_len = asking.len;
    fg_call_ask(call, FG_CMD_PLAN_APPLY, decided);
}

/* order_list.c - orders as they stand in the store: a list, and one with its machines, its story and its cost. */
#include "api/answer.h"
#include "api/job_view.h"
#include "api/worker.h"

#include "model/order_json.h"
#include "supply/meter.h"

#include <string.h>

static const char *project_name(struct fg_call *call, fg_project_id project)
{
    return project ? fg_worker_project_name(call->worker, project) : "";
}

/* Into the open object.  Costs are booked from time to time; what it has cost by now is told beside that. */
static void write_order(struct fg_call *call, const struct fg_order *order)
{
    fg_order_json_members(&call->json, order, project_name(call, order->project));
    fg_json_kv_int(&call->json, "accrued_uusd",
                   fg_meter_cost_uusd(order, fg_api_now_us(call->api)));
}

/* -- a list -------------------------------------------------------------------------------------------------- */

struct page {
    struct fg_call *call;
    struct fg_order *orders; /* in the arena: names of projects are another query */
    size_t len, room;
};

static int add_order(void *self, const struct fg_order *order)
{
    struct page *page = self;
    if (page->len < page->room)
        page->orders[page->len++] = *order;
    return 0;
}

static int read_states(const char *text, uint32_t *out, struct fg_err *err)
{
    while (text && *text) {
        char word[FG_NAME_MAX];
        size_t len = strcspn(text, ",");
        snprintf(word, sizeof(word), "%.*s", (int)len, text);
        int state = fg_order_state_find(word);
        if (state < 0)
            return fg_fail(err, FG_EINVAL,
                           "state: %.30s, expected planned, approved, ordered, "
                           "delivered, active, released, ...",
                           word);
        *out |= 1U << state;
        text += len + (text[len] == ',');
    }
    return 0;
}

static int read_filter(struct fg_call *call, struct fg_order_filter *filter, struct fg_err *err)
{
    uint64_t limit = 0;
    filter->project = call->actor.project;
    filter->supplier = fg_target_param(&call->target, "supplier");
    int rc = read_states(fg_target_param(&call->target, "state"), &filter->states, err);
    if (rc == 0)
        rc = fg_target_page(&call->target, &limit, &filter->before, err);
    filter->limit = limit;
    return rc;
}

void fg_handle_order_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_json *json = &call->json;
    struct fg_order_filter filter = {};
    struct page page = {.call = call};
    int rc = read_filter(call, &filter, &err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, &err) : NULL;
    page.room = filter.limit;
    if (reader)
        page.orders = FG_NEW(call->arena, struct fg_order, page.room);
    if (rc == 0)
        rc = reader ? fg_reader_orders(reader, &filter, add_order, &page, &err) : FG_EIO;
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_list_begin(call);
    for (size_t i = 0; i < page.len; i++) {
        fg_json_object(json);
        fg_order_json_members(json, &page.orders[i],
                              project_name(call, page.orders[i].project));
        fg_json_end(json);
    }
    fg_list_end(call, page.len > 0 && page.len == page.room ? page.orders[page.len - 1].id : 0);
}

/* -- one ------------------------------------------------------------------------------------------------------ */

static int write_instance(void *self,
                          uint32_t slot,
                          const struct fg_order_instance *instance,
                          const char *report)
{
    struct fg_json *json = self;
    fg_json_object(json);
    fg_json_kv_int(json, "slot", slot);
    fg_json_kv(json, "id", instance->id);
    fg_json_kv(json, "address", instance->address[0] ? instance->address : NULL);
    fg_json_kv_time(json, "gone", instance->gone_us);
    fg_json_kv(json, "verdict", instance->verdict[0] ? instance->verdict : NULL);
    fg_json_key(json, "report");
    if (report[0])
        fg_json_raw(json, report, strlen(report));
    else
        fg_json_null(json);
    fg_json_end(json);
    return 0;
}

static int write_note(void *self, const struct fg_order_note *note)
{
    struct fg_json *json = self;
    fg_json_object(json);
    fg_json_kv_time(json, "time", note->time_us);
    fg_json_kv(json, "kind", note->kind);
    fg_json_kv(json, "by", note->actor[0] ? note->actor : NULL);
    fg_json_kv(json, "text", note->text);
    fg_json_end(json);
    return 0;
}

/* What each project has used, over all days. */
struct shares {
    struct fg_arena *arena;
    struct share {
        fg_project_id project;
        int64_t used_uusd;
        struct share *next;
    } * first;
};

static int add_share(void *self, const struct fg_order_cost *cost)
{
    struct shares *shares = self;
    struct share *share = shares->first;
    if (cost->user == 0)
        return 0; /* what nobody used is told of the order as a whole */
    while (share && share->project != cost->project)
        share = share->next;
    if (!share) {
        share = FG_NEW(shares->arena, struct share, 1);
        *share = (struct share){.project = cost->project, .next = shares->first};
        shares->first = share;
    }
    share->used_uusd += cost->uusd;
    return 0;
}

static void write_shares(struct fg_call *call, const struct shares *shares)
{
    struct fg_json *json = &call->json;
    fg_json_key(json, "used");
    fg_json_array(json);
    for (const struct share *share = shares->first; share; share = share->next) {
        fg_json_object(json);
        fg_json_kv(json, "project", project_name(call, share->project));
        fg_json_kv_int(json, "uusd", share->used_uusd);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static int write_one(struct fg_call *call, const struct fg_order *order, struct fg_err *err)
{
    struct fg_json *json = &call->json;
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    struct shares shares = {.arena = call->arena};
    fg_json_object(json);
    write_order(call, order);
    fg_json_key(json, "instances");
    fg_json_array(json);
    int rc = fg_reader_order_instances(reader, order->id, write_instance, json, err);
    fg_json_end(json);
    fg_json_key(json, "story");
    fg_json_array(json);
    if (rc == 0)
        rc = fg_reader_order_notes(reader, order->id, write_note, json, err);
    fg_json_end(json);
    if (rc == 0)
        rc = fg_reader_order_costs(reader, order->id, 0, INT64_MAX, add_share, &shares, err);
    write_shares(call, &shares);
    fg_json_end(json);
    return rc;
}

void fg_handle_order_show(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_order order;
    fg_order_id id = 0;
    int rc = fg_call_id(call, "order", &id, &err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, &err) : NULL;
    if (rc == 0)
        rc = reader ? fg_reader_order(reader, id, &order, &err) : FG_EIO;
    if (rc == 0 && !fg_call_sees(call, order.project))
        rc = fg_fail(&err, FG_ENOENT, "order %llu: no such order", (unsigned long long)id);
    if (rc == 0)
        rc = write_one(call, &order, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_answer_json(call, 200);
}

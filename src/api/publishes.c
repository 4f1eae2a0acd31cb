/* publishes.c - who is told of events: how far each sink has come, and a try. */
#include "api/answer.h"
#include "api/job_view.h"

#include "publish/publisher.h"

static void write_sink(struct fg_json *json, const struct fg_publish_view *view)
{
    char where[FG_SINK_WHERE_MAX];
    fg_sink_show(view->setting, where);
    fg_json_object(json);
    fg_json_kv(json, "name", view->setting->name);
    fg_json_kv(json, "kind", fg_sink_kind_name(view->setting->kind));
    fg_json_kv(json, "where", where);
    fg_json_kv(json, "state", fg_publish_state_name(view->state));
    fg_json_kv_int(json, "sent", (int64_t)view->row.sent);
    fg_json_kv_int(json, "waiting", (int64_t)view->waiting);
    fg_json_kv_int(json, "dropped", (int64_t)view->row.dropped);
    fg_json_kv_int(json, "retries", (int64_t)view->retries);
    fg_json_kv(json, "last_error", view->last_error[0] ? view->last_error : NULL);
    fg_json_kv_time(json, "last_sent_at", view->row.sent_us);
    fg_json_end(json);
}

void fg_handle_publish_list(struct fg_call *call)
{
    struct fg_publisher *publisher = call->api->options.publisher;
    struct fg_publish_view view;
    fg_list_begin(call);
    for (size_t i = 0; fg_publisher_look(publisher, i, &view); i++)
        write_sink(&call->json, &view);
    fg_list_end(call, 0);
}

/* On a thread of its own: it takes as long as the sink does. */
static void try_it(struct fg_call *call)
{
    call->command.rc = fg_publisher_test(call->api->options.publisher, call->capture,
                                         call->actor.user, &call->command.err);
}

static void tried(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_object(&call->json);
    fg_json_kv(&call->json, "name", call->capture);
    fg_json_kv_bool(&call->json, "sent", true);
    fg_json_end(&call->json);
    fg_answer_json(call, 200);
}

void fg_handle_publish_test(struct fg_call *call)
{
    fg_call_work(call, try_it, tried);
}

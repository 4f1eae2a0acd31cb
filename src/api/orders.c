/* orders.c - orders are made, approved, cancelled, and what they brought is given back: the control thread does it. */
#include "api/answer.h"
#include "api/job_view.h"
#include "api/offer_find.h"

#include "base/uuid.h"
#include "model/order_json.h"

#include <string.h>

static void moved(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_raw(&call->json, call->command.out_text, call->command.out_len);
    fg_answer_json(call, 200);
}

static void created(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_raw(&call->json, call->command.out_text, call->command.out_len);
    fg_answer_json(call, 201);
}

/* -- made ------------------------------------------------------------------------------------------------------- */

static int complete(struct fg_call *call, struct fg_order_ask *ask, struct fg_err *err)
{
    struct fg_offer_store *offers = call->api->options.offers;
    int rc = 0;
    if (!ask->order.key[0])
        fg_uuid_make(ask->order.key);
    if (ask->order.offer.accelerators > 0)
        return 0;
    if (!offers)
        return fg_fail(err, FG_EIO, "the catalogue of offers could not be opened: see the log");
    if (!ask->offer_id && (!ask->order.offer.supplier[0] || !ask->order.offer.instance[0]))
        return fg_fail(err, FG_EINVAL, "expected offer, offer_id, or supplier and instance");
    rc = fg_offer_find(offers, ask->offer_id, &ask->order.offer, err);
    return rc == 0 ? fg_order_ask_check(ask, fg_api_now_us(call->api), err) : rc;
}

void fg_handle_order_create(struct fg_call *call)
{
    struct fg_err err = {};
    const struct fg_doc *doc;
    struct fg_order_ask *ask = FG_NEW(call->arena, struct fg_order_ask, 1);
    int rc = fg_call_doc(call, &doc, &err);
    if (rc == 0)
        rc = fg_order_ask_read(doc, fg_api_now_us(call->api), call->arena, ask, &err);
    if (rc == 0)
        rc = complete(call, ask, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    call->command.order = ask;
    fg_call_ask(call, FG_CMD_ORDER_CREATE, created);
}

/* -- moved -------------------------------------------------------------------------------------------------------- */

static void move(struct fg_call *call, enum fg_command_kind kind)
{
    struct fg_err err = {};
    int rc = fg_call_id(call, "order", &call->command.order_id, &err);
    if (rc == 0)
        rc = fg_call_remark_and(call, kind == FG_CMD_ORDER_RELEASE ? "stop_jobs" : NULL,
                                &call->command.text, &call->command.move, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_call_ask(call, kind, moved);
}

void fg_handle_order_approve(struct fg_call *call)
{
    move(call, FG_CMD_ORDER_APPROVE);
}

void fg_handle_order_cancel(struct fg_call *call)
{
    move(call, FG_CMD_ORDER_CANCEL);
}

void fg_handle_order_release(struct fg_call *call)
{
    move(call, FG_CMD_ORDER_RELEASE);
}

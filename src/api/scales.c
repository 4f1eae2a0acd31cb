/* scales.c - rules of scaling: fg_answer_items, shown with what they decided last, put, removed. */
#include "api/answer.h"
#include "api/job_view.h"
#include "api/offer_find.h"

#include "base/uuid.h"

#include <string.h>

/* -- shown -------------------------------------------------------------------------------------------------------- */

/* The command gives a list of one. */
static void shown(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_raw(&call->json, call->command.out_text + 1, call->command.out_len - 2);
    fg_answer_json(call, 200);
}

void fg_handle_scale_list(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_SCALE_LIST, fg_answer_items);
}

void fg_handle_scale_show(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_SCALE_LIST, shown);
}

/* -- changed ------------------------------------------------------------------------------------------------------ */

static void kept(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_raw(&call->json, call->command.out_text, call->command.out_len);
    fg_answer_json(call, 200);
}

static int complete(struct fg_call *call, struct fg_scale_rule *rule, struct fg_err *err)
{
    struct fg_offer_store *offers = call->api->options.offers;
    struct fg_offer *offer = &rule->offer;
    fg_uuid_make(rule->key); /* of a rule that is there its own stays */
    if (offer->accelerators > 0)
        return 0;
    if (!rule->offer_id && !offer->supplier[0])
        return fg_fail(err, FG_EINVAL,
                       "expected offer, offer_id, or supplier, with or without instance");
    if (!offers)
        return fg_fail(err, FG_EIO, "the catalogue of offers could not be opened: see the log");
    memcpy(offer->accelerator, rule->class, sizeof(rule->class));
    int rc = fg_offer_find(offers, rule->offer_id, offer, err);
    return rc == 0 ? fg_scale_rule_check(rule, err) : rc;
}

void fg_handle_scale_put(struct fg_call *call)
{
    struct fg_err err = {};
    const struct fg_doc *doc;
    struct fg_scale_rule *rule = FG_NEW(call->arena, struct fg_scale_rule, 1);
    int rc = fg_call_doc(call, &doc, &err);
    if (rc == 0)
        rc = fg_scale_rule_read(doc, call->capture, call->arena, rule, &err);
    if (rc == 0)
        rc = complete(call, rule, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    call->command.scale = rule;
    fg_call_ask(call, FG_CMD_SCALE_PUT, kept);
}

static void removed(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_object(&call->json);
    fg_json_kv(&call->json, "class", call->capture);
    fg_json_kv_bool(&call->json, "removed", true);
    fg_json_end(&call->json);
    fg_answer_json(call, 200);
}

void fg_handle_scale_remove(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_SCALE_REMOVE, removed);
}

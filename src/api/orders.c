/* orders.c - orders are made, approved, cancelled, and what they brought is given back: the control thread does it. */
#include "api/answer.h"
#include "api/job_view.h"

#include "base/uuid.h"
#include "model/order_json.h"
#include "store/offer_store.h"

#include <string.h>

static void fail(struct fg_call *call, int rc, struct fg_err *err)
{
    err->code = rc;
    fg_answer_error(call, err);
}

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

/* -- which offer ------------------------------------------------------------------------------------------------ */

struct search {
    const struct fg_offer *wanted; /* "" and 0: any */
    struct fg_offer found;
    size_t len;
};

static bool is_like(const char *text, const char *wanted)
{
    return !wanted[0] || strcmp(text, wanted) == 0;
}

static int look_at(void *self, const struct fg_offer_entry *entry)
{
    struct search *search = self;
    const struct fg_offer *offer = &entry->offer, *wanted = search->wanted;
    if (!is_like(offer->instance, wanted->instance) || !is_like(offer->region, wanted->region)
        || !is_like(offer->zone, wanted->zone) || offer->contract != wanted->contract)
        return 0;
    if (search->len++ == 0)
        search->found = *offer;
    return 0;
}

static int find_offer(struct fg_offer_store *offers,
                      const struct fg_order_ask *ask,
                      struct fg_offer *out,
                      struct fg_err *err)
{
    struct search search = {.wanted = &ask->order.offer};
    const char *supplier = ask->order.offer.supplier, *instance = ask->order.offer.instance;
    if (ask->offer_id) {
        struct fg_offer_entry entry;
        int rc = fg_offer_store_get(offers, ask->offer_id, &entry, err);
        if (rc == 0 && !entry.listed)
            rc = fg_fail(err, FG_ESTATE, "offer %llu: it is no longer for sale",
                         (unsigned long long)ask->offer_id);
        search.found = entry.offer;
        *out = search.found;
        return rc;
    }
    if (!supplier[0] || !instance[0])
        return fg_fail(err, FG_EINVAL, "expected offer, offer_id, or supplier and instance");
    int rc = fg_offer_store_list(offers, &(struct fg_offer_filter){.supplier = supplier},
                                 look_at, &search, err);
    if (rc == 0 && search.len == 0)
        rc = fg_fail(err, FG_ENOENT, "supplier %.40s sells no %.40s under contract %s",
                     supplier, instance, fg_contract_name(ask->order.offer.contract));
    if (rc == 0 && search.len > 1)
        rc = fg_fail(err, FG_EINVAL,
                     "%zu offers of supplier %.40s are %.40s: expected a region, a zone, or "
                     "the id of one",
                     search.len, supplier, instance);
    if (rc == 0)
        *out = search.found;
    return rc;
}

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
    rc = find_offer(offers, ask, &ask->order.offer, err);
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
        fail(call, rc, &err);
        return;
    }
    call->command.order = ask;
    fg_call_ask(call, FG_CMD_ORDER_CREATE, created);
}

/* -- moved -------------------------------------------------------------------------------------------------------- */

/* An empty body, or {"remark":"..."}. */
static int read_remark(struct fg_call *call, const char **out, struct fg_err *err)
{
    const struct fg_doc *doc = NULL;
    if (call->body.len == 0)
        return 0;
    int rc = fg_call_doc(call, &doc, err);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        if (strcmp(at->key, "remark") != 0)
            return fg_fail(err, FG_EINVAL, "body: unknown member %.40s", at->key);
        if (at->kind != FG_DOC_TEXT || at->text_len >= FG_TEXT_MAX)
            return fg_fail(err, FG_EINVAL, "remark: expected a text of at most %d bytes",
                           FG_TEXT_MAX - 1);
        *out = at->text;
    }
    return rc;
}

static void move(struct fg_call *call, enum fg_command_kind kind)
{
    struct fg_err err = {};
    int rc = fg_call_id(call, "order", &call->command.order_id, &err);
    if (rc == 0)
        rc = read_remark(call, &call->command.text, &err);
    if (rc < 0)
        fail(call, rc, &err);
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

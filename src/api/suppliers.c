/* suppliers.c - sources of GPUs: listed, added and changed, paused, removed, asked what they sell. */
#include "api/answer.h"
#include "api/job_view.h"
#include "api/records.h"
#include "api/worker.h"

#include "model/names.h"
#include "model/supplier_json.h"

#include <string.h>

struct listing {
    struct fg_json *json;
    const char *only; /* NULL: all */
    const struct fg_supplier_records *records;
    size_t len;
};

/* As it is kept, and what was learned of it. */
static int write_supplier(void *self, const char *name, const char *text)
{
    struct listing *listing = self;
    if (listing->only && strcmp(listing->only, name) != 0)
        return 0;
    FG_AUTO(fg_buf) struct fg_buf whole = {};
    struct fg_json learned = {.buf = &whole};
    fg_buf_printf(&whole, "%.*s,\"learned\":", (int)strlen(text) - 1, text);
    fg_records_write(&learned, listing->records, name);
    fg_buf_puts(&whole, "}");
    fg_json_raw(listing->json, whole.text, whole.len);
    listing->len++;
    return 0;
}

static int write_all(struct fg_call *call, struct listing *listing, struct fg_err *err)
{
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    struct fg_supplier_records records = {.clock = fg_records_clock(call->api)};
    if (!reader)
        return FG_EIO;
    listing->json = &call->json;
    listing->records = &records;
    int rc = fg_records_read(reader, &records, err);
    if (rc == 0)
        rc = fg_reader_suppliers(reader, write_supplier, listing, err);
    fg_supplier_records_fini(&records);
    listing->records = NULL;
    return rc;
}

void fg_handle_supplier_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct listing listing = {};
    fg_list_begin(call);
    int rc = write_all(call, &listing, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_list_end(call, 0);
}

void fg_handle_supplier_show(struct fg_call *call)
{
    struct fg_err err = {};
    struct listing listing = {.only = call->capture};
    int rc = write_all(call, &listing, &err);
    if (rc == 0 && listing.len == 0)
        rc = fg_fail(&err, FG_ENOENT, "supplier %.63s: no such supplier", call->capture);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_answer_json(call, 200);
}

static void kept(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_raw(&call->json, call->command.out_text, call->command.out_len);
    fg_answer_json(call, 200);
}

void fg_handle_supplier_put(struct fg_call *call)
{
    struct fg_err err = {};
    const struct fg_doc *doc;
    struct fg_supplier *supplier = FG_NEW(call->arena, struct fg_supplier, 1);
    int rc = fg_call_doc(call, &doc, &err);
    if (rc == 0)
        rc = fg_supplier_json_read(doc, call->capture, call->arena, supplier, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    call->command.supplier = supplier;
    fg_call_ask(call, FG_CMD_SUPPLIER_PUT, kept);
}

void fg_handle_supplier_pause(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_SUPPLIER_PAUSE, kept);
}

void fg_handle_supplier_resume(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_SUPPLIER_RESUME, kept);
}

static void say(struct fg_call *call, const char *what)
{
    if (fg_answer_failed(call))
        return;
    fg_json_object(&call->json);
    fg_json_kv(&call->json, "name", call->capture);
    fg_json_kv_bool(&call->json, what, true);
    fg_json_end(&call->json);
    fg_answer_json(call, 200);
}

static void removed(struct fg_call *call)
{
    say(call, "removed");
}

void fg_handle_supplier_remove(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_SUPPLIER_REMOVE, removed);
}

static void asked(struct fg_call *call)
{
    say(call, "asked");
}

void fg_handle_supplier_offers(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_SUPPLIER_OFFERS, asked);
}

void fg_handle_supplier_states(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_SUPPLIER_STATUS, fg_answer_items);
}

static void state_shown(struct fg_call *call)
{
    struct fg_err err = {};
    if (fg_answer_failed(call))
        return;
    if (call->command.out_len <= 2) {
        fg_fail(&err, FG_ENOENT, "supplier %.63s: no supplier whose nodes are in the pool",
                call->capture);
        fg_answer_error(call, &err);
        return;
    }
    /* Without the brackets. */
    fg_json_raw(&call->json, call->command.out_text + 1, call->command.out_len - 2);
    fg_answer_json(call, 200);
}

void fg_handle_supplier_status(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_SUPPLIER_STATUS, state_shown);
}

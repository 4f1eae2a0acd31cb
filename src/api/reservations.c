/* reservations.c - advance reservations: the control thread has them. */
#include "api/answer.h"
#include "api/job_view.h"

#include "model/names.h"
#include "model/reservation_json.h"

void fg_handle_reservation_list(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_RESERVATIONS, fg_answer_items);
}

static void shown(struct fg_call *call)
{
    struct fg_err err = {};
    if (fg_answer_failed(call))
        return;
    if (call->command.out_len <= 2) {
        fg_fail(&err, FG_ENOENT, "reservation %.63s: no such reservation", call->capture);
        fg_answer_error(call, &err);
        return;
    }
    /* Without the brackets. */
    fg_json_raw(&call->json, call->command.out_text + 1, call->command.out_len - 2);
    fg_answer_json(call, 200);
}

void fg_handle_reservation_show(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_RESERVATIONS, shown);
}

static void added(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_raw(&call->json, call->command.out_text, call->command.out_len);
    fg_answer_json(call, 201);
}

void fg_handle_reservation_add(struct fg_call *call)
{
    struct fg_err err = {};
    const struct fg_doc *doc;
    struct fg_advance_spec *spec = FG_NEW(call->arena, struct fg_advance_spec, 1);

    int rc = fg_call_doc(call, &doc, &err);
    if (rc == 0)
        rc = fg_advance_json_read(doc, call->capture, false, fg_api_now_us(call->api),
                                  call->arena, spec, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    call->command.reservation = spec;
    fg_call_ask(call, FG_CMD_RESERVATION_ADD, added);
}

static void removed(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    if (fg_answer_failed(call))
        return;
    fg_json_object(json);
    fg_json_kv(json, "name", call->capture);
    fg_json_kv_bool(json, "removed", true);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_reservation_remove(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_RESERVATION_REMOVE, removed);
}

/* learned.c - what outcomes taught: the control thread knows it. */
#include "api/answer.h"

static void shown(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    fg_json_raw(&call->json, call->command.out_text, call->command.out_len);
    fg_answer_json(call, 200);
}

void fg_handle_learned_list(struct fg_call *call)
{
    call->command.text = fg_target_param(&call->target, "search");
    fg_call_ask(call, FG_CMD_LEARNED, shown);
}

void fg_handle_learned_show(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_LEARNED, shown);
}

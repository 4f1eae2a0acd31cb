/* proposals.c - policies that were proposed for this service: listed, taken in, decided upon; the policy that runs. */
#include "api/answer.h"
#include "api/worker.h"

#include <stdlib.h>
#include <string.h>

/* -- read ---------------------------------------------------------------------------------------------------- */

struct page {
    struct fg_json *json;
    uint64_t last;
    size_t len;
};

/* What it says stands as the members of an object, which the list of members here goes on with. */
static int add_proposal(void *self, const struct fg_proposal *proposal)
{
    struct page *page = self;
    struct fg_json *json = page->json;
    char id[24];
    fg_json_object(json);
    snprintf(id, sizeof(id), "%llu", (unsigned long long)proposal->id);
    fg_json_kv(json, "id", id);
    fg_json_kv(json, "state", fg_proposal_state_name(proposal->state));
    fg_json_key(json, "created_at");
    fg_json_time(json, proposal->created_us);
    fg_json_kv(json, "created_by", proposal->created_by);
    fg_json_key(json, "decided_at");
    fg_json_time(json, proposal->decided_us);
    fg_json_kv(json, "decided_by", proposal->decided_by);
    fg_json_kv(json, "remark", proposal->remark);
    size_t len = strlen(proposal->json);
    fg_buf_add(json->buf, ",", 1);
    fg_buf_add(json->buf, proposal->json + 1, len - 2); /* without its braces */
    fg_json_end(json);
    page->last = proposal->id;
    page->len++;
    return 0;
}

void fg_handle_proposal_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct page page = {.json = &call->json};
    struct fg_reader *reader = fg_worker_reader(call->worker, &err);
    uint64_t limit, before = 0;
    int rc = reader ? fg_target_page(&call->target, &limit, &before, &err) : FG_EIO;
    fg_list_begin(call);
    if (rc == 0)
        rc = fg_reader_proposals(reader, before, limit, add_proposal, &page, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_list_end(call, page.len == limit && page.last > 1 ? page.last : 0);
}

/* The proposal as it now is, with this status. */
static void answer_proposal(struct fg_call *call, uint64_t id, int status)
{
    struct fg_err err = {};
    struct page page = {.json = &call->json};
    struct fg_reader *reader = fg_worker_reader(call->worker, &err);
    int rc = reader ? fg_reader_proposal(reader, id, add_proposal, &page, &err) : FG_EIO;
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_answer_json(call, status);
}

void fg_handle_proposal_show(struct fg_call *call)
{
    struct fg_err err = {};
    uint64_t id = 0;
    int rc = fg_call_id(call, "proposal", &id, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        answer_proposal(call, id, 200);
}

static void policy_known(struct fg_call *call)
{
    fg_answer_items(call);
}

void fg_handle_policy(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_POLICY, policy_known);
}

/* -- taken in -------------------------------------------------------------------------------------------------- */

static void kept(struct fg_call *call)
{
    if (!fg_answer_failed(call))
        answer_proposal(call, call->command.out_id, 201);
}

/* What is kept is written from what was understood, so that it can be read again. */
static int read_body(struct fg_call *call, const char **out_json, struct fg_err *err)
{
    struct fg_proposal_body *body = FG_NEW(call->arena, struct fg_proposal_body, 1);
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    const struct fg_doc *doc;
    int rc = fg_call_doc(call, &doc, err);
    struct fg_doc_reader reader = {
        .arena = call->arena, .err = err, .text_left = call->body.len};
    if (rc == 0)
        rc = fg_proposal_read(&reader, doc, body);
    if (rc < 0)
        return fg_wrap(err, rc, "body");
    fg_json_object(&json);
    fg_proposal_write(&json, body);
    fg_json_end(&json);
    *out_json = memcpy(fg_arena_alloc(call->arena, text.len + 1, 1), text.text, text.len + 1);
    return 0;
}

void fg_handle_proposal_create(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_proposal *proposal = FG_NEW(call->arena, struct fg_proposal, 1);
    *proposal = (struct fg_proposal){};
    call->command.proposal = proposal;
    int rc = read_body(call, &proposal->json, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_call_ask(call, FG_CMD_PROPOSAL_PUT, kept);
}

/* -- decided upon ------------------------------------------------------------------------------------------------ */

static void decided(struct fg_call *call)
{
    if (!fg_answer_failed(call))
        answer_proposal(call, call->command.out_id, 200);
}

static void decide(struct fg_call *call, enum fg_command_kind kind)
{
    struct fg_err err = {};
    struct fg_proposal *proposal = FG_NEW(call->arena, struct fg_proposal, 1);
    call->command.proposal = proposal;
    int rc = fg_call_id(call, "proposal", &proposal->id, &err);
    if (rc == 0)
        rc = fg_call_remark(call, &call->command.text, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_call_ask(call, kind, decided);
}

void fg_handle_proposal_adopt(struct fg_call *call)
{
    decide(call, FG_CMD_PROPOSAL_ADOPT);
}

void fg_handle_proposal_reject(struct fg_call *call)
{
    decide(call, FG_CMD_PROPOSAL_REJECT);
}

void fg_handle_proposal_rollback(struct fg_call *call)
{
    decide(call, FG_CMD_PROPOSAL_ROLLBACK);
}

/* tokens.c - bearer tokens: made (the secret is shown once), listed, revoked. */
#include "api/answer.h"
#include "api/auth.h"
#include "api/job_view.h"
#include "api/worker.h"
#include "base/text.h"
#include "model/names.h"

#include <sodium.h>
#include <string.h>

#define EXPIRES_S_MAX INT64_C(315360000) /* ten years */

struct listing {
    struct fg_call *call;
    struct fg_token *tokens; /* in the arena */
    size_t len, room;
};

/* Gathered first: the name of its project is another query. */
static int add_token(void *self, const struct fg_token *token)
{
    struct listing *listing = self;
    if (!fg_call_sees(listing->call, token->project))
        return 0;
    if (listing->len == listing->room) {
        size_t room = listing->room ? listing->room * 2 : 64;
        struct fg_token *more = FG_NEW(listing->call->arena, struct fg_token, room);
        if (listing->len)
            memcpy(more, listing->tokens, listing->len * sizeof(*more));
        listing->tokens = more;
        listing->room = room;
    }
    listing->tokens[listing->len++] = *token;
    return 0;
}

static int read_tokens(struct fg_call *call, struct listing *listing, struct fg_err *err)
{
    listing->call = call;
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    return reader ? fg_reader_tokens(reader, add_token, listing, err) : FG_EIO;
}

static void kv_project(struct fg_call *call, fg_project_id project)
{
    fg_json_kv(&call->json, "project",
               project ? fg_worker_project_name(call->worker, project) : NULL);
}

static void write_token(struct fg_call *call, const struct fg_token *token)
{
    struct fg_json *json = &call->json;
    fg_json_object(json);
    fg_json_kv_id(json, "id", token->id);
    fg_json_kv(json, "prefix", token->prefix);
    fg_json_kv(json, "user", token->user);
    fg_json_kv(json, "role", fg_role_name(token->role));
    kv_project(call, token->project);
    fg_json_kv_time(json, "created", token->created_us);
    fg_json_kv_time(json, "expires", token->expires_us);
    fg_json_kv_bool(json, "revoked", token->revoked);
    fg_json_end(json);
}

void fg_handle_token_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct listing listing = {};

    int rc = read_tokens(call, &listing, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_list_begin(call);
    for (size_t i = 0; i < listing.len; i++)
        write_token(call, &listing.tokens[i]);
    fg_list_end(call, 0);
}

static int read_role(const struct fg_call *call,
                     const struct fg_doc *doc,
                     struct fg_token *token,
                     struct fg_err *err)
{
    int role = doc->kind == FG_DOC_TEXT ? fg_role_find(doc->text) : -1;
    if (role <= FG_ROLE_NONE)
        return fg_fail(err, FG_EINVAL, "role: expected viewer, member, operator or admin");
    if (role > (int)call->actor.role)
        return fg_fail(err, FG_EPERM, "role: nobody grants more than they hold");
    token->role = (enum fg_role)role;
    return 0;
}

static int read_expiry(struct fg_call *call,
                       const struct fg_doc *doc,
                       struct fg_token *token,
                       struct fg_err *err)
{
    if (doc->kind == FG_DOC_NULL)
        return 0;
    if (doc->kind != FG_DOC_INT || doc->integer < 1 || doc->integer > EXPIRES_S_MAX)
        return fg_fail(err, FG_EINVAL, "expires_s: expected 1 to %lld seconds",
                       (long long)EXPIRES_S_MAX);
    token->expires_us = fg_api_now_us(call->api) + doc->integer * 1000000;
    return 0;
}

static int read_member(struct fg_call *call,
                       const struct fg_doc *doc,
                       struct fg_token *token,
                       struct fg_err *err)
{
    if (strcmp(doc->key, "role") == 0)
        return read_role(call, doc, token, err);
    if (strcmp(doc->key, "expires_s") == 0)
        return read_expiry(call, doc, token, err);
    if (strcmp(doc->key, "project") == 0 && doc->kind == FG_DOC_NULL)
        return 0;
    if (strcmp(doc->key, "user") != 0 && strcmp(doc->key, "project") != 0)
        return fg_fail(err, FG_EINVAL, "body: unknown member %.40s", doc->key);
    if (doc->kind != FG_DOC_TEXT)
        return fg_fail(err, FG_EINVAL, "%s: expected a name", doc->key);
    if (strcmp(doc->key, "project") == 0)
        return fg_worker_project(call->worker, doc->text, &token->project, err);
    int rc = fg_name_check("user", doc->text, err);
    if (rc == 0)
        fg_copy(token->user, sizeof(token->user), doc->text);
    return rc;
}

static int read_token(struct fg_call *call, struct fg_token *token, struct fg_err *err)
{
    const struct fg_doc *doc = NULL;
    int rc = fg_call_doc(call, &doc, err);
    for (const struct fg_doc *member = rc == 0 ? doc->first : NULL; member && rc == 0;
         member = member->next)
        rc = read_member(call, member, token, err);
    if (rc < 0)
        return rc;
    if (!token->user[0] || token->role == FG_ROLE_NONE)
        return fg_fail(err, FG_EINVAL, "body: user and role are needed");
    if (!token->project)
        token->project = call->actor.project;
    if (!fg_call_sees(call, token->project))
        return fg_fail(err, FG_EPERM, "project: nobody grants more than they hold");
    return 0;
}

static bool failed(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return true;
    atomic_fetch_add(&call->api->generation, 1);
    return false;
}

static void created(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    char *secret = (char *)(uintptr_t)call->kept_text;
    const struct fg_token *token = call->command.token;

    if (!failed(call)) {
        fg_json_object(json);
        fg_json_kv_id(json, "id", call->command.out_id);
        fg_json_kv(json, "token", secret);
        fg_json_kv(json, "prefix", token->prefix);
        fg_json_kv(json, "user", token->user);
        fg_json_kv(json, "role", fg_role_name(token->role));
        kv_project(call, token->project);
        fg_json_kv_time(json, "expires", token->expires_us);
        fg_json_end(json);
        fg_answer_json(call, 201);
    }
    sodium_memzero(secret, FG_TOKEN_SECRET_MAX);
}

void fg_handle_token_create(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_token *token = FG_NEW(call->arena, struct fg_token, 1);
    char *secret = FG_NEW(call->arena, char, FG_TOKEN_SECRET_MAX);

    int rc = read_token(call, token, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    token->created_us = fg_api_now_us(call->api);
    fg_auth_make_token(secret, token);
    call->kept_text = secret;
    call->command.token = token;
    fg_call_ask(call, FG_CMD_TOKEN_PUT, created);
}

static void revoked(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    if (failed(call))
        return;
    fg_json_object(json);
    fg_json_kv_id(json, "id", call->command.token->id);
    fg_json_kv_bool(json, "revoked", true);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_token_revoke(struct fg_call *call)
{
    struct fg_err err = {};
    struct listing listing = {};
    uint64_t id;

    int rc = fg_call_id(call, "token", &id, &err);
    if (rc == 0)
        rc = read_tokens(call, &listing, &err);
    for (size_t i = 0; rc == 0 && i < listing.len; i++)
        if (listing.tokens[i].id == id)
            call->command.token = &listing.tokens[i];
    if (rc == 0 && !call->command.token)
        rc = fg_fail(&err, FG_ENOENT, "token %llu: not known", (unsigned long long)id);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    call->command.token->revoked = true;
    fg_call_ask(call, FG_CMD_TOKEN_PUT, revoked);
}

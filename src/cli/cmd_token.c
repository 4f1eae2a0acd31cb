/* cmd_token.c - fastgpu token list, create, revoke */
#include "cli/human.h"
#include "cli/job_text.h"
#include "cli/list_print.h"
#include "cli/pages.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"
#include "base/json_write.h"

#include <inttypes.h>

const struct fg_opt fg_opts_token_list[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_token_create[] = {
    {"user", 'u', "NAME", "who will use it", NULL},
    {"role", 'r', "ROLE", "what it may do: viewer, member, operator or admin (member)",
     "viewer|member|operator|admin"},
    {"project", 'p', "NAME", "it sees and touches this project only", NULL},
    {"expires", 0, "TIME", "worthless after this time, like 90d (never)", NULL},
    FG_OPT_JSON,
    {},
};
const struct fg_opt fg_opts_token_revoke[] = {{}};

fg_verb_fn fg_cmd_token_list, fg_cmd_token_create, fg_cmd_token_revoke;

static void add_moment(struct fg_table *table,
                       const struct fg_doc *token,
                       const char *key,
                       const char *none)
{
    char text[FG_HUMAN_MAX];
    int64_t time_us = fg_view_time(token, key);
    if (time_us > 0)
        fg_human_moment(time_us, fg_now_us(), text);
    fg_table_add(table, FG_PLAIN, time_us > 0 ? text : none);
}

static void add_token(struct fg_table *table, const struct fg_doc *token)
{
    bool revoked = fg_view_bool(token, "revoked");
    int64_t end_us = fg_view_time(token, "expires");
    bool expired = end_us > 0 && end_us <= fg_now_us();
    const char *project = fg_view_text(token, "project");
    fg_table_add(table, FG_PLAIN, fg_view_text(token, "id"));
    fg_table_add(table, FG_PLAIN, fg_view_text(token, "prefix"));
    fg_table_add(table, FG_PLAIN, fg_view_text(token, "user"));
    fg_table_add(table, FG_PLAIN, fg_view_text(token, "role"));
    fg_table_add(table, FG_PLAIN, project[0] ? project : "every");
    add_moment(table, token, "created", "");
    add_moment(table, token, "expires", "never");
    fg_table_add(table, revoked || expired ? FG_DIM : FG_GOOD,
                 revoked   ? "revoked"
                 : expired ? "expired"
                           : "good");
}

int fg_cmd_token_list(struct fg_cli *cli, struct fg_err *err)
{
    static const struct fg_column columns[] = {
        {"ID", true, 0},      {"BEGINS", false, 0},  {"USER", false, 6},
        {"ROLE", false, 0},   {"PROJECT", false, 6}, {"CREATED", true, 0},
        {"EXPIRES", true, 0}, {"STATE", false, 0},   {},
    };
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/tokens", &answer, err);
    if (rc == 0)
        fg_list_print(cli, answer.doc, columns, add_token);
    return rc;
}

static int write_token(const struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    const char *user = fg_args_get(&cli->args, "user"), *role = fg_args_get(&cli->args, "role");
    const char *project = fg_args_get(&cli->args, "project"),
               *expires = fg_args_get(&cli->args, "expires");
    int64_t us = 0;
    if (!user)
        return fg_fail(err, FG_EINVAL, "expected --user NAME");
    if (expires && (fg_duration_parse(expires, &us) < 0 || us < 1'000'000))
        return fg_fail(err, FG_EINVAL, "--expires: %.40s, expected a time like 12h or 90d",
                       expires);
    fg_json_object(json);
    fg_json_kv(json, "user", user);
    fg_json_kv(json, "role", role ? role : "member");
    if (project)
        fg_json_kv(json, "project", project);
    if (expires)
        fg_json_kv_int(json, "expires_s", us / 1'000'000);
    fg_json_end(json);
    return 0;
}

int fg_cmd_token_create(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct fg_json json = {.buf = &body};
    int rc = write_token(cli, &json, err);
    if (rc == 0)
        rc = fg_cli_send(cli, "POST", "/v1/tokens", body.text, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_cli_json(cli, answer.doc))
        return 0;
    /* The secret alone on standard output, so that a script can keep it. */
    fprintf(stderr, "token %s for %s, role %s; it is not shown again:\n",
            fg_view_text(answer.doc, "id"), fg_args_get(&cli->args, "user"),
            fg_view_text(answer.doc, "role"));
    printf("%s\n", fg_view_text(answer.doc, "token"));
    return 0;
}

int fg_cmd_token_revoke(struct fg_cli *cli, struct fg_err *err)
{
    for (size_t i = 0; i < cli->args.words_len; i++) {
        FG_AUTO(fg_answer) struct fg_answer answer = {};
        char path[64];
        uint64_t id;
        if (fg_cli_id(cli->args.words[i], &id, NULL) < 0)
            return fg_fail(err, FG_EINVAL,
                           "%.40s: not a token's id; `fastgpu token list` shows them",
                           cli->args.words[i]);
        snprintf(path, sizeof(path), "/v1/tokens/%" PRIu64, id);
        int rc = fg_cli_send(cli, "DELETE", path, NULL, &answer, err);
        if (rc < 0)
            return rc;
        printf("token %" PRIu64 " revoked\n", id);
    }
    return 0;
}

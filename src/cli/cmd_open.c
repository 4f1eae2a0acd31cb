/* cmd_open.c - fastgpu open: the page's address, with a link that signs in */
#include "cli/verb.h"
#include "cli/view.h"

#include "base/json_write.h"

#include <string.h>

#define LINK_S (12 * 3600)

const struct fg_opt fg_opts_open[] = {
    {"no-token", 0, NULL, "the address alone, without a token that signs in for 12 hours",
     NULL},
    {},
};

fg_verb_fn fg_cmd_open;

/* A token of our own role for the link; false: not ours to make, so the page will ask for one. */
static bool make_token(struct fg_cli *cli, struct fg_answer *out)
{
    FG_AUTO(fg_answer) struct fg_answer who = {};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct fg_json json = {.buf = &body};
    if (fg_cli_get(cli, "/v1/whoami", &who, NULL) < 0)
        return false;
    fg_json_object(&json);
    fg_json_kv(&json, "user", fg_view_text(who.doc, "user"));
    fg_json_kv(&json, "role", fg_view_text(who.doc, "role"));
    if (fg_view_text(who.doc, "project")[0])
        fg_json_kv(&json, "project", fg_view_text(who.doc, "project"));
    fg_json_kv_int(&json, "expires_s", LINK_S);
    fg_json_end(&json);
    return fg_cli_send(cli, "POST", "/v1/tokens", body.text, out, NULL) == 0;
}

int fg_cmd_open(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer status = {}, token = {};
    const char *url = fg_client_url(cli->client);
    int rc = fg_cli_get(cli, "/v1/status", &status, err);
    if (rc < 0)
        return rc;
    if (strncmp(url, "unix:", 5) == 0)
        url = fg_view_text(status.doc, "url");
    if (strncmp(url, "http", 4) != 0) {
        fg_cli_hint(cli, "Start it with `fastgpu up --listen 127.0.0.1:8642` for the page.");
        return fg_fail(err, FG_ESTATE,
                       "the service listens on its socket only, which a browser cannot open");
    }
    bool signs_in = !fg_args_has(&cli->args, "no-token") && make_token(cli, &token);
    if (signs_in)
        printf("%s/#token=%s\n", url, fg_view_text(token.doc, "token"));
    else
        printf("%s/\n", url);
    return 0;
}

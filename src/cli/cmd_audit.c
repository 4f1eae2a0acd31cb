/* cmd_audit.c - fastgpu audit list, verify: what people did, and whether the record of it is whole */
#include "cli/utf8.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/text.h"

#include <inttypes.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     1000

const struct fg_opt fg_opts_audit_list[] = {
    {"limit", 'n', "N", "the newest N (50)", NULL},
    FG_OPT_JSON,
    {},
};
const struct fg_opt fg_opts_audit_verify[] = {
    {"noted", 0, "SEQ:HASH",
     "the newest deed as it was noted elsewhere before (default: as the service noted it)",
     NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_audit_list, fg_cmd_audit_verify;

static void print_deed(const struct fg_cli *cli, const struct fg_doc *deed)
{
    FG_AUTO(fg_buf) struct fg_buf data = {}, safe = {};
    const struct fg_doc *more = fg_doc_get(deed, "data");
    bool has_job = fg_view_has(deed, "job");
    if (more && more->first)
        fg_view_json(&data, more);
    fg_utf8_add(&safe, data.text ? data.text : "", SIZE_MAX, cli->out.utf8);
    printf("%6" PRId64 "  %.40s  %-16.60s %s%s%s%s\n", fg_view_int(deed, "seq", 0),
           fg_view_text(deed, "time"), fg_view_text(deed, "kind"), has_job ? "job " : "",
           fg_view_text(deed, "job"), has_job ? " " : "", safe.text ? safe.text : "");
}

int fg_cmd_audit_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    char path[64];
    int64_t limit;
    int rc = fg_cli_number(cli, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit, err);
    snprintf(path, sizeof(path), "/v1/audit?limit=%" PRId64, rc == 0 ? limit : 1);
    if (rc == 0)
        rc = fg_cli_get(cli, path, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_cli_json(cli, fg_doc_get(answer.doc, "items")))
        return 0;
    for (const struct fg_doc *at = fg_view_first(answer.doc, "items"); at; at = at->next)
        print_deed(cli, at);
    return 0;
}

/* What the pieces of the answer add up to. */
struct sum {
    int64_t deeds, first, last, broken;
    char hash[80], why[FG_ERR_TEXT_MAX], next[32];
};

static void add_piece(struct sum *sum, const struct fg_doc *doc)
{
    const struct fg_doc *last = fg_doc_get(doc, "last"), *broken = fg_doc_get(doc, "broken");
    sum->deeds += fg_view_int(doc, "deeds", 0);
    if (sum->first == 0)
        sum->first = fg_view_int(doc, "first", 0);
    if (fg_view_has(doc, "last")) {
        sum->last = fg_view_int(last, "seq", 0);
        snprintf(sum->hash, sizeof(sum->hash), "%s", fg_view_text(last, "hash"));
    }
    if (fg_view_has(doc, "broken")) {
        sum->broken = fg_view_int(broken, "seq", 0);
        snprintf(sum->why, sizeof(sum->why), "%s", fg_view_text(broken, "why"));
    }
    snprintf(sum->next, sizeof(sum->next), "%s", fg_view_text(doc, "next"));
}

static int look(struct fg_cli *cli, struct sum *sum, struct fg_err *err)
{
    const char *noted = fg_args_get(&cli->args, "noted");
    int rc = 0;
    do {
        FG_AUTO(fg_answer) struct fg_answer answer = {};
        FG_AUTO(fg_buf) struct fg_buf path = {};
        fg_buf_printf(&path, "/v1/audit/verify?after=%s", sum->next[0] ? sum->next : "0");
        if (noted) {
            fg_buf_puts(&path, "&noted=");
            fg_url_escape(&path, noted, false);
        }
        rc = fg_cli_get(cli, path.text, &answer, err);
        sum->next[0] = '\0';
        if (rc == 0)
            add_piece(sum, answer.doc);
    } while (rc == 0 && sum->next[0]);
    return rc;
}

static void print_json(const struct sum *sum)
{
    printf("{\"deeds\":%" PRId64 ",\"first\":%" PRId64 ",\"last\":%" PRId64
           ",\"hash\":\"%s\",\"broken\":%" PRId64 ",\"why\":\"%s\"}\n",
           sum->deeds, sum->first, sum->last, sum->hash, sum->broken, sum->why);
}

int fg_cmd_audit_verify(struct fg_cli *cli, struct fg_err *err)
{
    struct sum sum = {};
    int rc = look(cli, &sum, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json"))
        print_json(&sum);
    else if (sum.deeds > 0)
        printf("%" PRId64 " deed%s fit, %" PRId64 " to %" PRId64 "\nnewest       %" PRId64
               ":%s\n",
               sum.deeds, sum.deeds == 1 ? "" : "s", sum.first, sum.last, sum.last, sum.hash);
    else
        printf("No deed is in the record.\n");
    if (sum.broken)
        return fg_fail(err, FG_ESTATE, "audit: deed %" PRId64 ": %s", sum.broken, sum.why);
    return 0;
}

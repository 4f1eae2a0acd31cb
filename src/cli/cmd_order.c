/* cmd_order.c - fastgpu order create, list, show, approve, cancel, release */
#include "cli/money_opt.h"
#include "cli/order_print.h"
#include "cli/pages.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/json_write.h"
#include "base/uuid.h"
#include "model/limits.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

const struct fg_opt fg_opts_order_create[] = {
    {"offer", 0, "ID", "this offer: see fastgpu offer list", NULL},
    {"supplier", 0, "NAME", "else an offer of this supplier", NULL},
    {"instance", 0, "NAME", "for this type of machine", NULL},
    {"contract", 0, "CONTRACT", "under this contract (on_demand)",
     "on_demand|spot|reserved|owned"},
    {"region", 0, "NAME", "in this region", NULL},
    {"zone", 0, "NAME", "and in this zone", NULL},
    {"count", 'n', "N", "so many machines (1)", NULL},
    {"project", 'p', "NAME", "the project that pays for what nobody uses (the pool)",
     "project"},
    {"max-price", 0, "USD", "a machine may cost so much an hour (the price of the offer)",
     NULL},
    {"wanted", 0, "WHEN", "when it should be there: a moment, or a time from now (at once)",
     NULL},
    {"until", 0, "WHEN", "when it is given back (when somebody says so)", NULL},
    {"node", 0, "NAME", "the CLOUD node of the supplier's cluster that the machine becomes",
     NULL},
    FG_OPT_JSON,
    {}};
const struct fg_opt fg_opts_order_list[] = {
    {"state", 0, "STATE,...", "only of these states", NULL},
    {"supplier", 0, "NAME", "only of this supplier", NULL},
    {"limit", 0, "N", "at most so many (100)", NULL},
    FG_OPT_JSON,
    FG_OPT_QUIET,
    {}};
const struct fg_opt fg_opts_order_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_order_approve[] = {
    {"remark", 'm', "TEXT", "kept with it", NULL}, FG_OPT_JSON, {}};
const struct fg_opt fg_opts_order_cancel[] = {
    {"remark", 'm', "TEXT", "kept with it", NULL}, FG_OPT_JSON, {}};
const struct fg_opt fg_opts_order_release[] = {
    {"now", 0, NULL,
     "do not wait for the jobs there: they are asked to stop, and start again elsewhere", NULL},
    {"remark", 'm', "TEXT", "kept with it", NULL},
    FG_OPT_JSON,
    {}};

fg_verb_fn fg_cmd_order_create, fg_cmd_order_list, fg_cmd_order_show, fg_cmd_order_approve,
    fg_cmd_order_cancel, fg_cmd_order_release;

/* -- lists --------------------------------------------------------------------------------------------------------- */

struct printing {
    struct fg_cli *cli;
    struct fg_table *table;
};

static int add_item(void *self, const struct fg_doc *order)
{
    struct printing *printing = self;
    if (fg_args_has(&printing->cli->args, "quiet"))
        printf("%s\n", fg_view_text(order, "id"));
    else
        fg_order_add_row(printing->table, order);
    return 0;
}

static void list_path(const struct fg_cli *cli, struct fg_buf *out)
{
    static const char *const names[] = {"state", "supplier"};
    fg_buf_puts(out, "/v1/orders");
    for (size_t i = 0, given = 0; i < 2; i++) {
        const char *value = fg_args_get(&cli->args, names[i]);
        if (!value)
            continue;
        fg_buf_printf(out, "%s%s=", given++ ? "&" : "?", names[i]);
        fg_url_escape(out, value, false);
    }
}

int fg_cmd_order_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(fg_order_columns);
    struct printing printing = {cli, table};
    int64_t limit = 0;
    bool more = false;
    int rc = fg_cli_number(cli, "limit", 1, INT32_MAX, 100, &limit, err);
    list_path(cli, &path);
    if (rc == 0 && fg_args_has(&cli->args, "json"))
        return fg_pages_print_json(cli, path.text, limit, err);
    if (rc == 0)
        rc = fg_pages_read(cli, path.text, limit, add_item, &printing, &more, err);
    if (rc < 0 || fg_args_has(&cli->args, "quiet"))
        return rc;
    fg_table_print(table, &cli->out, stdout);
    if (more)
        printf("there are more: --limit\n");
    return 0;
}

static int path_of(const struct fg_cli *cli,
                   const char *what,
                   struct fg_buf *out,
                   struct fg_err *err)
{
    uint64_t id = 0;
    int rc = fg_cli_id(cli->args.words[0], &id, err);
    fg_buf_printf(out, "/v1/orders/%" PRIu64 "%s", id, what);
    return rc;
}

int fg_cmd_order_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    int rc = path_of(cli, "", &path, err);
    if (rc == 0)
        rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc == 0)
        fg_order_print(cli, answer.doc);
    return rc;
}

/* -- made ------------------------------------------------------------------------------------------------------------ */

static int write_numbers(struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    int64_t count = 1, offer = 0, max_uusd = -1;
    int rc = fg_cli_number(cli, "count", 1, FG_ORDER_COUNT_MAX, 1, &count, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "offer", 1, INT64_MAX, 0, &offer, err);
    if (rc == 0)
        rc = fg_cli_usd(cli, "max-price", -1, &max_uusd, err);
    if (rc < 0)
        return rc;
    fg_json_kv_int(json, "count", count);
    if (offer)
        fg_json_kv_int(json, "offer_id", offer);
    if (max_uusd >= 0)
        fg_json_kv_int(json, "max_uusd_per_hour", max_uusd);
    return 0;
}

static int write_body(struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    static const char *const texts[] = {"supplier", "instance", "contract", "region", "zone",
                                        "project",  "wanted",   "until",    "node"};
    char key[FG_UUID_MAX];
    if (sodium_init() < 0)
        return fg_fail(err, FG_EIO, "libsodium cannot be initialised");
    fg_uuid_make(key);
    fg_json_object(json);
    fg_json_kv(json, "key", key);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (fg_args_get(&cli->args, texts[i]))
            fg_json_kv(json, texts[i], fg_args_get(&cli->args, texts[i]));
    int rc = write_numbers(cli, json, err);
    fg_json_end(json);
    return rc;
}

int fg_cmd_order_create(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct fg_json json = {.buf = &body};
    int rc = write_body(cli, &json, err);
    if (rc == 0)
        rc = fg_cli_send(cli, "POST", "/v1/orders", body.text, &answer, err);
    if (rc == 0)
        fg_order_print(cli, answer.doc);
    return rc;
}

/* -- moved ---------------------------------------------------------------------------------------------------------- */

static int move(struct fg_cli *cli, const char *what, bool now, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    struct fg_json json = {.buf = &body};
    fg_json_object(&json);
    if (fg_args_get(&cli->args, "remark"))
        fg_json_kv(&json, "remark", fg_args_get(&cli->args, "remark"));
    if (now)
        fg_json_kv_bool(&json, "stop_jobs", true);
    fg_json_end(&json);
    int rc = path_of(cli, what, &path, err);
    if (rc == 0)
        rc = fg_cli_send(cli, "POST", path.text, body.text, &answer, err);
    if (rc == 0)
        fg_order_print(cli, answer.doc);
    return rc;
}

int fg_cmd_order_approve(struct fg_cli *cli, struct fg_err *err)
{
    return move(cli, "/approve", false, err);
}

int fg_cmd_order_cancel(struct fg_cli *cli, struct fg_err *err)
{
    return move(cli, "/cancel", false, err);
}

int fg_cmd_order_release(struct fg_cli *cli, struct fg_err *err)
{
    return move(cli, "/release", fg_args_has(&cli->args, "now"), err);
}

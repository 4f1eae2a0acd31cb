/* cmd_scale.c - fastgpu scale set, list, show, remove: rules by which the service orders machines and gives them back */
#include "cli/list_print.h"
#include "cli/money_opt.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/text.h"
#include "model/scale_rule.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_scale_set[] = {
    {"offer", 0, "ID", "machines of this offer: see fastgpu offer list", NULL},
    {"supplier", 0, "NAME", "else of this supplier: its cheapest of the class", NULL},
    {"instance", 0, "NAME", "or this type of machine", NULL},
    {"contract", 0, "CONTRACT", "under this contract (on_demand)",
     "on_demand|spot|reserved|owned"},
    {"region", 0, "NAME", "in this region", NULL},
    {"zone", 0, "NAME", "and in this zone", NULL},
    {"max-price", 0, "USD", "a machine may cost so much an hour (the price of the offer)",
     NULL},
    {"least", 0, "N", "machines that are always held (0)", NULL},
    {"most", 0, "N", "machines that are held at most", NULL},
    {"standby", 0, "N", "machines kept beyond the need (0)", NULL},
    {"step-up", 0, "N", "machines ordered at once; 0: any number (0)", NULL},
    {"step-down", 0, "N", "machines given back at once; 0: any number (0)", NULL},
    {"slack", 0, "N", "% of the need that stay spare before a machine is given back (10)",
     NULL},
    {"quantile", 0, "N",
     "provide for the forecast too, at this quantile in %, e.g. 80; 0: for what runs and "
     "waits (0)",
     NULL},
    {"life", 0, "TIME", "a machine is held at least so long (1h)", NULL},
    {"idle", 0, "TIME", "and is idle so long before it is given back (10m)", NULL},
    {"cool", 0, "TIME", "nothing is given back so soon after a change (5m)", NULL},
    {"zero", 0, "TIME", "standby goes after so long without work; 0s: never (0s)", NULL},
    FG_OPT_JSON,
    {}};
const struct fg_opt fg_opts_scale_list[] = {FG_OPT_JSON, FG_OPT_QUIET, {}};
const struct fg_opt fg_opts_scale_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_scale_remove[] = {{}};

fg_verb_fn fg_cmd_scale_set, fg_cmd_scale_list, fg_cmd_scale_show, fg_cmd_scale_remove;

/* -- shown --------------------------------------------------------------------------------------------------------- */

static const struct fg_column columns[] = {
    {"CLASS", false, 8}, {"SUPPLIER", false, 8}, {"MACHINE", false, 8},
    {"WITHIN", true, 0}, {"WANTED", true, 0},    {"HELD", true, 0},
    {"COMING", true, 0}, {"LEAVING", true, 0},   {},
};

static void add_row(struct fg_table *table, const struct fg_doc *doc)
{
    const struct fg_doc *offer = fg_doc_get(doc, "offer");
    fg_table_add(table, FG_BOLD, fg_view_text(doc, "class"));
    fg_table_add(table, FG_PLAIN, fg_view_text(offer, "supplier"));
    fg_table_add(table, FG_PLAIN, fg_view_text(offer, "instance"));
    fg_table_addf(table, "%" PRId64 "-%" PRId64, fg_view_int(doc, "least", 0),
                  fg_view_int(doc, "most", 0));
    static const char *const numbers[] = {"wanted", "held", "coming", "leaving"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        fg_table_addf(table, "%" PRId64, fg_view_int(doc, numbers[i], 0));
}

int fg_cmd_scale_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/scale", &answer, err);
    if (rc == 0 && fg_args_has(&cli->args, "quiet")) {
        for (const struct fg_doc *at = fg_view_first(answer.doc, "items"); at; at = at->next)
            printf("%s\n", fg_view_text(at, "class"));
        return 0;
    }
    if (rc == 0)
        fg_list_print(cli, answer.doc, columns, add_row);
    return rc;
}

static void print_one(struct fg_cli *cli, const struct fg_doc *doc)
{
    if (fg_cli_json(cli, doc))
        return;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    add_row(table, doc);
    fg_table_print(table, &cli->out, stdout);
    printf("%s\n",
           fg_view_has(doc, "reason") ? fg_view_text(doc, "reason") : "nothing is decided yet");
}

static void path_of(const struct fg_cli *cli, struct fg_buf *out)
{
    fg_buf_puts(out, "/v1/scale/");
    fg_url_escape(out, cli->args.words[0], false);
}

int fg_cmd_scale_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc == 0)
        print_one(cli, answer.doc);
    return rc;
}

int fg_cmd_scale_remove(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, &path);
    int rc = fg_cli_send(cli, "DELETE", path.text, NULL, &answer, err);
    if (rc == 0)
        printf("the rule of class %s is removed; its orders stay: fastgpu order list\n",
               cli->args.words[0]);
    return rc;
}

/* -- set ----------------------------------------------------------------------------------------------------------- */

static int write_counts(struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    static const struct {
        const char *option, *member;
    } counts[] = {
        {"least", "least"},
        {"most", "most"},
        {"standby", "standby"},
        {"step-up", "step_up"},
        {"step-down", "step_down"},
        {"slack", "slack_percent"},
        {"quantile", "quantile_percent"},
        {"offer", "offer_id"},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(counts) / sizeof(counts[0]); i++) {
        int64_t value = 0;
        if (!fg_args_get(&cli->args, counts[i].option))
            continue;
        rc = fg_cli_number(cli, counts[i].option, 0, INT64_MAX, 0, &value, err);
        fg_json_kv_int(json, counts[i].member, value);
    }
    return rc;
}

static int write_times(struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    static const char *const times[][2] = {
        {"life", "life_us"}, {"idle", "idle_us"}, {"cool", "cool_us"}, {"zero", "zero_us"}};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        const char *text = fg_args_get(&cli->args, times[i][0]);
        int64_t value_us = 0;
        if (!text)
            continue;
        if (fg_duration_parse(text, &value_us) < 0 || value_us < 0)
            return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a time like 30s or 2h",
                           times[i][0], text);
        fg_json_kv_int(json, times[i][1], value_us);
    }
    return 0;
}

static int write_rule(struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    static const char *const texts[] = {"supplier", "instance", "contract", "region", "zone"};
    int64_t max_uusd = -1;
    if (!fg_args_get(&cli->args, "most"))
        return fg_fail(err, FG_EINVAL, "expected --most: machines that are held at most");
    fg_json_object(json);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (fg_args_get(&cli->args, texts[i]))
            fg_json_kv(json, texts[i], fg_args_get(&cli->args, texts[i]));
    int rc = write_counts(cli, json, err);
    if (rc == 0)
        rc = write_times(cli, json, err);
    if (rc == 0)
        rc = fg_cli_usd(cli, "max-price", -1, &max_uusd, err);
    if (rc == 0 && max_uusd >= 0)
        fg_json_kv_int(json, "max_uusd_per_hour", max_uusd);
    fg_json_end(json);
    return rc;
}

int fg_cmd_scale_set(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    struct fg_json json = {.buf = &body};
    int rc = write_rule(cli, &json, err);
    path_of(cli, &path);
    if (rc == 0)
        rc = fg_cli_send(cli, "PUT", path.text, body.text, &answer, err);
    if (rc == 0)
        print_one(cli, answer.doc);
    return rc;
}

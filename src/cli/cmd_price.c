/* cmd_price.c - fastgpu price: what the pool asks for an hour of each kind; what it would ask at other use */
#include "cli/human.h"
#include "cli/money_opt.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/json_write.h"
#include "plan/price.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct fg_opt fg_opts_price[] = {
    {"utilisation", 'u', "LIST",
     "instead: the prices of periods whose forecast use is that, in percent: 40,70,95", NULL},
    {"cost", 0, "USD", "with --utilisation: what a device-hour costs (1)", NULL},
    {"previous", 0, "USD", "with --utilisation: the price before the first of them (any)",
     NULL},
    {"floor", 0, "PERCENT", "with --utilisation: of the cost (50)", NULL},
    {"cap", 0, "PERCENT", "with --utilisation: of the cost (200)", NULL},
    {"target", 0, "PERCENT", "with --utilisation: use at which it rises the fastest (80)",
     NULL},
    {"step", 0, "PERCENT", "with --utilisation: it moves by at most that of cap - floor (10)",
     NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_price;

#define PERIODS_MAX 1000

/* -- what would be --------------------------------------------------------------------------------------------- */

static int read_percent(const struct fg_cli *cli,
                        const char *name,
                        double max,
                        uint32_t *out_milli,
                        struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, name);
    char *end;
    if (!text)
        return 0;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0 && value <= max))
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a number from 0 to %g", name,
                       text, max);
    *out_milli = (uint32_t)lround(value * 10);
    return 0;
}

static int read_rule(const struct fg_cli *cli, struct fg_price_rule *rule, struct fg_err *err)
{
    *rule = fg_price_rule_default();
    int rc = read_percent(cli, "floor", 10000, &rule->floor_milli, err);
    if (rc == 0)
        rc = read_percent(cli, "cap", 10000, &rule->cap_milli, err);
    if (rc == 0)
        rc = read_percent(cli, "target", 100, &rule->target_milli, err);
    if (rc == 0)
        rc = read_percent(cli, "step", 100, &rule->step_milli, err);
    return rc == 0 ? fg_price_rule_check(rule, err) : rc;
}

static int read_list(const char *text, double *out, size_t *out_len, struct fg_err *err)
{
    *out_len = 0;
    for (const char *at = text;;) {
        char *end;
        double value = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !(value >= 0 && value <= 10000))
            return fg_fail(err, FG_EINVAL,
                           "--utilisation: %.40s, expected numbers from 0, as 40,70,95", at);
        if (*out_len == PERIODS_MAX)
            return fg_fail(err, FG_ETOOBIG, "--utilisation: more than %d numbers", PERIODS_MAX);
        out[(*out_len)++] = value / 100;
        if (!*end)
            return 0;
        at = end + 1;
    }
}

static const struct fg_column period_columns[] = {
    {"PERIOD", true, 0}, {"USE", true, 0}, {"WISH", true, 0},
    {"PRICE", true, 0},  {"", false, 0},   {},
};

static void add_period(struct fg_table *table,
                       size_t i,
                       double use,
                       const struct fg_price *price)
{
    char money[FG_HUMAN_MAX];
    fg_table_addf(table, "%zu", i + 1);
    fg_table_addf(table, "%.0f %%", 100 * use);
    fg_human_money(price->wish_uusd, money);
    fg_table_add(table, FG_PLAIN, money);
    fg_human_money(price->price_uusd, money);
    fg_table_add(table, FG_BOLD, money);
    fg_table_add(table, FG_DIM, price->held ? "held back by the step" : " ");
}

static void write_period(struct fg_json *json, double use, const struct fg_price *price)
{
    fg_json_object(json);
    fg_json_key(json, "utilisation_percent");
    fg_json_double(json, 100 * use);
    fg_json_kv_int(json, "floor_uusd", price->floor_uusd);
    fg_json_kv_int(json, "cap_uusd", price->cap_uusd);
    fg_json_kv_int(json, "wish_uusd", price->wish_uusd);
    fg_json_kv_int(json, "price_uusd", price->price_uusd);
    fg_json_kv_bool(json, "held", price->held);
    fg_json_end(json);
}

static void show_path(const struct fg_cli *cli,
                      const struct fg_price_rule *rule,
                      struct fg_price_class class,
                      const double *uses,
                      size_t len)
{
    bool as_json = fg_args_has(&cli->args, "json");
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(period_columns);
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    fg_json_array(&json);
    for (size_t i = 0; i < len; i++) {
        struct fg_price price;
        class.utilisation = uses[i];
        fg_price_class_price(rule, &class, &price);
        class.previous_uusd = price.price_uusd;
        add_period(table, i, uses[i], &price);
        write_period(&json, uses[i], &price);
    }
    fg_json_end(&json);
    if (as_json)
        printf("%s\n", out.text);
    else
        fg_table_print(table, &cli->out, stdout);
}

static int show_what_if(const struct fg_cli *cli, const char *list, struct fg_err *err)
{
    struct fg_price_rule rule;
    struct fg_price_class class = {.cost_uusd = 1000000, .previous_uusd = -1};
    double uses[PERIODS_MAX];
    size_t len;
    int rc = read_rule(cli, &rule, err);
    if (rc == 0)
        rc = fg_cli_usd(cli, "cost", class.cost_uusd, &class.cost_uusd, err);
    if (rc == 0)
        rc = fg_cli_usd(cli, "previous", class.previous_uusd, &class.previous_uusd, err);
    if (rc == 0)
        rc = read_list(list, uses, &len, err);
    if (rc == 0)
        show_path(cli, &rule, class, uses, len);
    return rc;
}

/* -- what is ------------------------------------------------------------------------------------------------------ */

static const struct fg_column price_columns[] = {
    {"KIND", false, 8}, {"DEVICES", true, 0}, {"USED", true, 0},  {"COST", true, 0},
    {"FLOOR", true, 0}, {"CAP", true, 0},     {"PRICE", true, 0}, {},
};

static void add_price(struct fg_table *table, const struct fg_doc *item)
{
    static const char *const keys[] = {"cost_uusd", "floor_uusd", "cap_uusd", "price_uusd"};
    char text[FG_HUMAN_MAX];
    int64_t all = fg_view_int(item, "milli", 0), used = fg_view_int(item, "used_milli", 0);
    fg_table_add(table, FG_BOLD, fg_view_text(item, "kind"));
    fg_human_milli(all, text);
    fg_table_add(table, FG_PLAIN, text);
    fg_table_addf(table, "%.0f %%", all > 0 ? 100.0 * (double)used / (double)all : 0);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        fg_human_money(fg_view_int(item, keys[i], 0), text);
        fg_table_add(table, i == 3 ? FG_GOOD : FG_PLAIN, text);
    }
}

static int show_now(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(price_columns);
    int rc = fg_cli_get(cli, "/v1/prices", &answer, err);
    if (rc < 0)
        return rc;
    if (fg_cli_json(cli, fg_doc_get(answer.doc, "items")))
        return 0;
    for (const struct fg_doc *item = fg_view_first(answer.doc, "items"); item;
         item = item->next)
        add_price(table, item);
    fg_table_print(table, &cli->out, stdout);
    return 0;
}

int fg_cmd_price(struct fg_cli *cli, struct fg_err *err)
{
    const char *list = fg_args_get(&cli->args, "utilisation");
    return list ? show_what_if(cli, list, err) : show_now(cli, err);
}

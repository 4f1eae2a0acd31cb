/* cmd_offer.c - fastgpu offer list, show, history: what suppliers sell, and what it cost */
#include "cli/human.h"
#include "cli/pages.h"
#include "cli/spark.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"
#include "model/offer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct fg_opt fg_opts_offer_list[] = {
    {"accelerator", 'a', "KIND", "of this kind: H100, a100-80g", NULL},
    {"supplier", 0, "NAME", "only what it sells", NULL},
    {"region", 0, "NAME", "only there", NULL},
    {"contract", 0, "CONTRACT", "only of that contract", "on_demand|spot|reserved|owned"},
    {"max-price", 0, "USD", "at most so much for one device and hour", NULL},
    {"sort", 0, "ORDER", "by price of one device, supplier or id (price)", "price|supplier|id"},
    {"limit", 0, "N", "at most so many (50); 0: all", NULL},
    {"all", 0, NULL, "also those that are no longer for sale", NULL},
    FG_OPT_JSON,
    FG_OPT_QUIET,
    {},
};
const struct fg_opt fg_opts_offer_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_offer_history[] = {
    {"since", 0, "WHEN", "from that moment on: 2024-06-01", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_offer_list, fg_cmd_offer_show, fg_cmd_offer_history;

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     1000000
#define SPARK_WIDTH   60

/* -- list -------------------------------------------------------------------------------------------- */

static const struct fg_column columns[] = {
    {"ID", true, 0},
    {"SUPPLIER", false, 8},
    {"INSTANCE", false, 8},
    {"ACCELERATOR", false, 0},
    {"N", true, 0},
    {"REGION", false, 6},
    {"ZONE", false, 6},
    {"CONTRACT", false, 0},
    {"USD/H", true, 0},
    {"USD/DEVICE-H", true, 0},
    {},
};

static void add_row(struct fg_table *table, const struct fg_doc *doc)
{
    const char *region = fg_view_text(doc, "region"), *zone = fg_view_text(doc, "zone");
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "id"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "supplier"));
    fg_table_add(table, FG_BOLD, fg_view_text(doc, "instance"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "accelerator"));
    fg_table_addf(table, "%" PRId64, fg_view_int(doc, "accelerators", 0));
    fg_table_add(table, FG_PLAIN, region[0] ? region : NULL);
    fg_table_add(table, FG_PLAIN, zone[0] ? zone : NULL);
    fg_table_addf(table, "%s%s", fg_view_text(doc, "contract"),
                  fg_view_bool(doc, "listed") ? "" : " (gone)");
    fg_table_addf(table, "%.4f", (double)fg_view_int(doc, "price_uusd_per_hour", 0) / 1e6);
    fg_table_addf(table, "%.4f", (double)fg_view_int(doc, "uusd_per_device_hour", 0) / 1e6);
}

static void add_param(struct fg_buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    fg_buf_printf(path, "&%s=", name);
    fg_url_escape(path, value, false);
}

static int write_path(const struct fg_cli *cli, struct fg_buf *path, struct fg_err *err)
{
    const char *sort = fg_args_get(&cli->args, "sort");
    const char *most = fg_args_get(&cli->args, "max-price");
    fg_buf_printf(path, "/v1/offers?sort=%s", sort ? "" : "price");
    if (sort)
        fg_url_escape(path, sort, false);
    add_param(path, "accelerator", fg_args_get(&cli->args, "accelerator"));
    add_param(path, "supplier", fg_args_get(&cli->args, "supplier"));
    add_param(path, "region", fg_args_get(&cli->args, "region"));
    add_param(path, "contract", fg_args_get(&cli->args, "contract"));
    if (fg_args_has(&cli->args, "all"))
        fg_buf_puts(path, "&all=true");
    if (most) {
        char *end;
        double usd = strtod(most, &end);
        if (end == most || *end || !(usd >= 0 && usd <= 1e6))
            return fg_fail(err, FG_EINVAL, "--max-price: `%.20s`, expected USD like 2.50",
                           most);
        fg_buf_printf(path, "&max_uusd_per_device_hour=%lld", llround(usd * 1e6));
    }
    return 0;
}

struct listing {
    struct fg_table *table;
    bool quiet;
};

static int take_row(void *self, const struct fg_doc *item)
{
    struct listing *listing = self;
    if (listing->quiet)
        printf("%s\n", fg_view_text(item, "id"));
    else
        add_row(listing->table, item);
    return 0;
}

int fg_cmd_offer_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    struct listing listing = {table, fg_args_has(&cli->args, "quiet")};
    int64_t limit;
    bool more = false;
    int rc = fg_cli_number(cli, "limit", 0, LIMIT_MAX, LIMIT_DEFAULT, &limit, err);
    if (rc == 0)
        rc = write_path(cli, &path, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json"))
        return fg_pages_print_json(cli, path.text, limit, err);
    rc = fg_pages_read(cli, path.text, limit, take_row, &listing, &more, err);
    if (rc < 0 || listing.quiet)
        return rc;
    fg_table_print(table, &cli->out, stdout);
    if (more)
        printf("there are more: --limit 0 shows all\n");
    return 0;
}

/* -- show -------------------------------------------------------------------------------------------- */

static int offer_path(struct fg_cli *cli, struct fg_buf *path, struct fg_err *err)
{
    uint64_t id;
    int rc = fg_cli_id(cli->args.words[0], &id, err);
    if (rc < 0)
        return fg_fail(err, rc,
                       "%.60s: not the id of an offer, expected a number: see `offer list`",
                       cli->args.words[0]);
    fg_buf_printf(path, "/v1/offers/%" PRIu64, id);
    return 0;
}

static void print_amount(const char *label, int64_t value, const char *unit)
{
    if (value > 0)
        printf("%-14s %" PRId64 "%s\n", label, value, unit);
}

static void print_time(const char *label, int64_t duration_us)
{
    char text[FG_HUMAN_MAX];
    fg_human_duration(duration_us, text);
    if (duration_us > 0)
        printf("%-14s %s\n", label, text);
}

static void print_offer(const struct fg_doc *doc)
{
    char price[FG_HUMAN_MAX], device[FG_HUMAN_MAX], upfront[FG_HUMAN_MAX],
        since[FG_TIME_TEXT_MAX];
    int64_t devices = fg_view_int(doc, "accelerators", 0);
    int64_t upfront_uusd = fg_view_int(doc, "upfront_uusd", 0);
    fg_human_money(fg_view_int(doc, "price_uusd_per_hour", 0), price);
    fg_human_money(fg_view_int(doc, "uusd_per_device_hour", 0), device);
    fg_human_money(upfront_uusd, upfront);
    fg_time_format(fg_view_time(doc, "changed") / 1000000 * 1000000, since);
    printf("%s %s, %" PRId64 " x %s, %s%s%s\n", fg_view_text(doc, "supplier"),
           fg_view_text(doc, "instance"), devices, fg_view_text(doc, "accelerator"),
           fg_view_text(doc, "contract"), fg_view_bool(doc, "listed") ? "" : ", not for sale",
           fg_view_bool(doc, "bundled") ? ", came with the program" : "");
    printf("%-14s %s %s\n", "where", fg_view_text(doc, "region"), fg_view_text(doc, "zone"));
    printf("%-14s %s an hour; %s for one device\n", "price", price, device);
    if (upfront_uusd > 0)
        printf("%-14s %s\n", "upfront", upfront);
    print_time("term", fg_view_int(doc, "term_us", 0));
    print_time("lead time", fg_view_int(doc, "lead_time_us", 0));
    print_time("at least for", fg_view_int(doc, "min_term_us", 0));
    print_amount("at least", fg_view_int(doc, "min_count", 0), " instances");
    print_amount("capacity", fg_view_int(doc, "capacity", 0), " instances");
    print_amount("cores", fg_view_int(doc, "cpu_milli", 0) / 1000, "");
    print_amount("memory", fg_view_int(doc, "mem_mib", 0) / 1024, " GiB");
    print_amount("device memory", fg_view_int(doc, "accelerator_mem_mib", 0), " MiB");
    print_amount("away", fg_view_int(doc, "away_milli", 0), " of 1,000");
    print_amount("taken back", fg_view_int(doc, "reclaims_per_khour", 0),
                 " times in 1,000 hours");
    print_amount("power", fg_view_int(doc, "watts", 0), " W");
    print_amount("carbon", fg_view_int(doc, "carbon_g_per_kwh", 0), " g/kWh");
    printf("%-14s %s\n", "as of", since);
}

int fg_cmd_offer_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = offer_path(cli, &path, err);
    if (rc == 0)
        rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json"))
        printf("%s\n", answer.body.text);
    else
        print_offer(answer.doc);
    return 0;
}

/* -- history ----------------------------------------------------------------------------------------- */

struct track {
    int64_t first_us, last_us, min, max;
    size_t len;
};

static struct track measure(const struct fg_doc *points)
{
    struct track track = {.min = INT64_MAX};
    for (const struct fg_doc *point = points; point; point = point->next) {
        int64_t price = fg_view_int(point, "uusd_per_hour", 0);
        track.last_us = fg_view_time(point, "time");
        track.first_us = track.len++ ? track.first_us : track.last_us;
        track.min = price < track.min ? price : track.min;
        track.max = price > track.max ? price : track.max;
    }
    return track;
}

/* The price at each of the columns between the first and the last change. */
static void sample(const struct fg_doc *points,
                   const struct track *track,
                   double out[SPARK_WIDTH])
{
    const struct fg_doc *point = points;
    double span = (double)(track->max - track->min);
    for (int i = 0; i < SPARK_WIDTH; i++) {
        int64_t at =
            track->first_us
            + (int64_t)((double)(track->last_us - track->first_us) * i / (SPARK_WIDTH - 1));
        while (point->next && fg_view_time(point->next, "time") <= at)
            point = point->next;
        double above = (double)(fg_view_int(point, "uusd_per_hour", 0) - track->min);
        out[i] = span > 0 ? 0.05 + 0.95 * above / span : 0.5;
    }
}

static void print_history(struct fg_cli *cli, const struct fg_doc *doc)
{
    const struct fg_doc *points = fg_view_first(doc, "points");
    FG_AUTO(fg_buf) struct fg_buf spark = {};
    char from[FG_TIME_TEXT_MAX], to[FG_TIME_TEXT_MAX];
    double values[SPARK_WIDTH];
    if (!points) {
        printf("no price is known\n");
        return;
    }
    struct track track = measure(points);
    sample(points, &track, values);
    fg_spark_add(&spark, values, SPARK_WIDTH, SPARK_WIDTH, cli->out.utf8);
    fg_time_format(track.first_us, from);
    fg_time_format(track.last_us, to);
    printf("%s\n%.10s .. %.10s: %zu prices, %.4f to %.4f USD an hour\n", spark.text, from, to,
           track.len, (double)track.min / 1e6, (double)track.max / 1e6);
}

int fg_cmd_offer_history(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    const char *since = fg_args_get(&cli->args, "since");
    int rc = offer_path(cli, &path, err);
    if (rc < 0)
        return rc;
    fg_buf_puts(&path, "/history");
    if (since) {
        fg_buf_puts(&path, "?since=");
        fg_url_escape(&path, since, false);
    }
    rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json"))
        printf("%s\n", answer.body.text);
    else
        print_history(cli, answer.doc);
    return 0;
}

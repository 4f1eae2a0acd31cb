/* cmd_supplier_import.c - fastgpu supplier import: a supplier's price list into the catalogue, with what was wrong in it */
#include "cli/sim_files.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/json_write.h"
#include "supply/catalogue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct fg_opt fg_opts_supplier_import[] = {
    {"supplier", 0, "NAME", "who sells all of it", NULL},
    {"supplier-column", 0, "COLUMN", "the column that says who sells (supplier)", NULL},
    {"complete", 0, NULL, "it is all that they sell: withdraw their other offers", NULL},
    {"check", 0, NULL, "only read it and say what is wrong; ask no service", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_supplier_import;

#define NOTES_SHOWN 10

/* -- by the service ---------------------------------------------------------------------------------- */

static void add_param(struct fg_buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    fg_buf_printf(path, "%c%s=", strchr(path->text, '?') ? '&' : '?', name);
    fg_url_escape(path, value, false);
}

static bool is_json(const struct fg_buf *bytes)
{
    size_t at = 0;
    while (at < bytes->len && strchr(" \t\r\n", bytes->text[at]))
        at++;
    return at < bytes->len && (bytes->text[at] == '[' || bytes->text[at] == '{');
}

/* The service reads the file again: it believes nobody. */
static int post(struct fg_cli *cli,
                const struct fg_buf *bytes,
                struct fg_buf *report,
                struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_puts(&path, "/v1/offers");
    add_param(&path, "supplier", fg_args_get(&cli->args, "supplier"));
    add_param(&path, "supplier_column", fg_args_get(&cli->args, "supplier-column"));
    add_param(&path, "complete", fg_args_has(&cli->args, "complete") ? "true" : NULL);
    struct fg_call call = {.method = "POST",
                           .path = path.text,
                           .json = bytes->text,
                           .json_len = bytes->len,
                           .type = is_json(bytes) ? NULL : "text/csv"};
    return fg_client_call(cli->client, &call, report, err);
}

/* -- here -------------------------------------------------------------------------------------------- */

static int check_here(struct fg_cli *cli,
                      const struct fg_buf *bytes,
                      struct fg_buf *report,
                      struct fg_err *err)
{
    struct fg_offer_reading reading = {
        .supplier = fg_args_get(&cli->args, "supplier"),
        .supplier_column = fg_args_get(&cli->args, "supplier-column"),
    };
    FG_AUTO(fg_catalogue) struct fg_catalogue read = {};
    struct fg_json json = {.buf = report};
    int rc =
        fg_catalogue_read(&reading, bytes->text ? bytes->text : "", bytes->len, &read, err);
    if (rc < 0)
        return rc;
    fg_json_object(&json);
    fg_catalogue_report(&json, &read);
    fg_json_kv_bool(&json, "stored", false);
    fg_json_end(&json);
    return 0;
}

/* -- print ------------------------------------------------------------------------------------------- */

static void print_notes(const struct fg_doc *doc, const char *key)
{
    const struct fg_doc *notes = fg_doc_get(doc, key);
    size_t shown = 0;
    for (const struct fg_doc *note = fg_view_first(doc, key); note && shown < NOTES_SHOWN;
         note = note->next, shown++)
        printf("  line %" PRId64 " %s: %s\n", fg_view_int(note, "line", 0), key,
               fg_view_text(note, "why"));
    if (notes && notes->len > shown)
        printf("  ... and %zu more %s: --json has them all\n", notes->len - shown, key);
}

static void print_report(const struct fg_doc *doc)
{
    bool is_history = strcmp(fg_view_text(doc, "kind"), "prices") == 0;
    printf("%" PRId64 " of %" PRId64 " rows accepted (%" PRId64 " %s), %" PRId64
           " refused: %" PRId64 " offers",
           fg_view_int(doc, "accepted", 0), fg_view_int(doc, "rows", 0),
           fg_view_int(doc, "repaired_rows", 0), is_history ? "with a remark" : "repaired",
           fg_view_int(doc, "refused_rows", 0), fg_view_int(doc, "offers", 0));
    if (is_history)
        printf(", %" PRId64 " changes of price", fg_view_int(doc, "points", 0));
    printf("\n");
    print_notes(doc, "repaired");
    print_notes(doc, "refused");
    if (fg_view_bool(doc, "stored"))
        printf("stored: %" PRId64 " added, %" PRId64 " changed, %" PRId64 " as before, %" PRId64
               " withdrawn, %" PRId64 " points of prices\n",
               fg_view_int(doc, "added", 0), fg_view_int(doc, "changed", 0),
               fg_view_int(doc, "same", 0), fg_view_int(doc, "withdrawn", 0),
               fg_view_int(doc, "price_points", 0));
}

static int print(struct fg_cli *cli, const struct fg_buf *report, struct fg_err *err)
{
    if (fg_args_has(&cli->args, "json")) {
        printf("%s\n", report->text);
        return 0;
    }
    const struct fg_doc *doc;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(report->len));
    int rc = fg_doc_json(report->text, report->len, arena, &doc, err);
    if (rc == 0)
        print_report(doc);
    return rc;
}

int fg_cmd_supplier_import(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {}, report = {};
    bool check = fg_args_has(&cli->args, "check");
    if (fg_args_get(&cli->args, "supplier") && fg_args_get(&cli->args, "supplier-column"))
        return fg_fail(err, FG_EINVAL,
                       "--supplier and --supplier-column: expected one of them");
    int rc = fg_sim_file_read(cli->args.words[0], &bytes, err);
    if (rc < 0)
        return rc;
    if (!check)
        rc = post(cli, &bytes, &report, err);
    if (rc == FG_EUNREACH)
        fprintf(stderr,
                "fastgpu: no service is reached (%s): checked only, nothing is stored\n",
                err->text);
    if (check || rc == FG_EUNREACH) {
        fg_buf_clear(&report);
        rc = check_here(cli, &bytes, &report, err);
    }
    if (rc < 0)
        return fg_wrap(err, rc, "%s", cli->args.words[0]);
    return print(cli, &report, err);
}

/* cmd_supplier_rank.c - fastgpu supplier rank: who is best to buy from, and how sure that is */
#include "cli/offer_files.h"
#include "cli/rank_print.h"
#include "cli/sim_files.h"
#include "cli/view.h"

#include "supply/rank.h"
#include "supply/score_json.h"

#include <string.h>

const struct fg_opt fg_opts_supplier_rank[] = {
    FG_OPTS_OFFERS("the catalogue of the service; with --history the list of the program"),
    {"history", 'H', "FILE", "what was measured of suppliers (CSV, docs/suppliers.md)", "file"},
    {"contract", 0, "CONTRACT", "only offers of that contract",
     "on_demand|spot|reserved|owned"},
    {"method", 0, "METHOD", "how criteria become one score (topsis)", "topsis|weighted"},
    {"weight", 'w', "LIST", "price=0.4,lead=0.2: what is not named shares the rest", NULL},
    {"explain", 0, NULL, "every number, and what would turn the answer", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_supplier_rank;

#define SUPPLIERS_MAX 200 /* ranked at once */

static int read_options(const struct fg_cli *cli,
                        struct fg_score_options *options,
                        struct fg_err *err)
{
    const char *method = fg_args_get(&cli->args, "method");
    int found = method ? fg_score_method_find(method) : FG_SCORE_TOPSIS;
    if (found < 0)
        return fg_fail(err, FG_EINVAL, "--method: %.40s, expected topsis or weighted", method);
    options->method = (enum fg_score_method)found;
    int rc = fg_score_weights_read(fg_args_get(&cli->args, "weight"), options->weights, err);
    return rc < 0 ? fg_wrap(err, rc, "--weight") : 0;
}

static int read_history(const struct fg_cli *cli,
                        struct fg_arena *arena,
                        struct fg_supplier_history **out,
                        size_t *out_len,
                        struct fg_err *err)
{
    const char *path = fg_args_get(&cli->args, "history");
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    *out_len = 0;
    if (!path)
        return 0;
    int rc = fg_sim_file_read(path, &bytes, err);
    if (rc == 0)
        rc = fg_supplier_history_read(bytes.text ? bytes.text : "", bytes.len, arena, out,
                                      out_len, err);
    return rc < 0 ? fg_wrap(err, rc, "%s", path) : 0;
}

static int keep_contract(const struct fg_cli *cli,
                         struct fg_offer_sheet *sheet,
                         struct fg_err *err)
{
    const char *name = fg_args_get(&cli->args, "contract");
    int contract = name ? fg_contract_find(name) : -1;
    size_t kept = 0;
    if (!name)
        return 0;
    if (contract < 0)
        return fg_fail(err, FG_EINVAL,
                       "--contract: %.40s, expected on_demand, spot, reserved or owned", name);
    for (size_t i = 0; i < sheet->offers_len; i++)
        if ((int)sheet->offers[i].contract == contract)
            sheet->offers[kept++] = sheet->offers[i];
    sheet->offers_len = kept;
    return kept ? 0 : fg_fail(err, FG_ENOENT, "no %s offer of it", name);
}

static int rank(const struct fg_cli *cli,
                const struct fg_score_options *options,
                const struct fg_offer_sheet *sheet,
                struct fg_arena *arena,
                struct fg_err *err)
{
    struct fg_supplier_records records = {}; /* its rows are in the arena */
    struct fg_score_candidate *candidates;
    struct fg_score_sheet scores;
    size_t len;
    int rc = read_history(cli, arena, &records.rows, &records.len, err);
    if (rc < 0)
        return rc;
    fg_rank_candidates(sheet->offers, sheet->offers_len, &records, arena, &candidates, &len);
    if (len > SUPPLIERS_MAX)
        return fg_fail(err, FG_ETOOBIG, "%zu suppliers, expected at most %d", len,
                       SUPPLIERS_MAX);
    rc = fg_score(candidates, len, options, arena, &scores, err);
    if (rc < 0)
        return rc;
    if (!fg_args_has(&cli->args, "json"))
        return fg_rank_print(&scores, fg_args_has(&cli->args, "explain"), &cli->out, arena,
                             err);
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    fg_score_json_write(&json, &scores);
    printf("%s\n", out.text);
    return 0;
}

static void add_param(const struct fg_cli *cli, const char *name, struct fg_buf *path)
{
    const char *value = fg_args_get(&cli->args, name);
    if (!value)
        return;
    fg_buf_printf(path, "%s%s=", strchr(path->text, '?') ? "&" : "?", name);
    fg_url_escape(path, value, false);
}

/* From the catalogue and the orders of the service. */
static int rank_live(struct fg_cli *cli, struct fg_err *err)
{
    static const char *const params[] = {"accelerator", "region", "contract", "method",
                                         "weight"};
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(2 * fg_score_room(SUPPLIERS_MAX));
    struct fg_score_sheet sheet;
    fg_buf_puts(&path, "/v1/supplier-ranking");
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
        add_param(cli, params[i], &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_cli_json(cli, answer.doc))
        return 0;
    rc = fg_score_json_read(answer.doc, arena, &sheet, err);
    return rc < 0 ? rc
                  : fg_rank_print(&sheet, fg_args_has(&cli->args, "explain"), &cli->out, arena,
                                  err);
}

static int rank_files(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_offer_sheet) struct fg_offer_sheet sheet = {};
    struct fg_score_options options;
    int rc = read_options(cli, &options, err);
    if (rc == 0)
        rc = fg_offer_files_read(cli, &sheet, err);
    if (rc == 0)
        rc = keep_contract(cli, &sheet, err);
    if (rc < 0)
        return rc;
    size_t room =
        sheet.offers_len * 128 + fg_supplier_history_room(0) + 2 * fg_score_room(SUPPLIERS_MAX);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(room);
    return rank(cli, &options, &sheet, arena, err);
}

int fg_cmd_supplier_rank(struct fg_cli *cli, struct fg_err *err)
{
    bool from_files = fg_args_has(&cli->args, "offers") || fg_args_has(&cli->args, "history");
    if (fg_args_has(&cli->args, "supplier"))
        return fg_fail(err, FG_EINVAL, "--supplier: one alone cannot be ranked");
    return from_files ? rank_files(cli, err) : rank_live(cli, err);
}

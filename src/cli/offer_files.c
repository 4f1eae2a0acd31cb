/* offer_files.c - see offer_files.h */
#include "cli/offer_files.h"

#include "cli/sim_files.h"
#include "cli/utf8.h"

#include "model/names.h"
#include "supply/accelerator.h"

#include <string.h>

#define KINDS_SHOWN 12

/* What `text` means: as it is if something of that kind is sold, else what the catalogue says. */
static int find_kind(const struct fg_offer_sheet *sheet,
                     const char *text,
                     char out[FG_KIND_MAX],
                     struct fg_err *err)
{
    int rc = fg_kind_read("--accelerator", text, out, NULL);
    for (size_t i = 0; rc == 0 && i < sheet->offers_len; i++)
        if (fg_kind_is(sheet->offers[i].accelerator, out))
            return 0;
    struct fg_accelerator_match match = fg_accelerator_match(text, NULL, 0);
    if (match.accelerator) {
        snprintf(out, FG_KIND_MAX, "%s", match.accelerator->kind);
        return 0;
    }
    return rc == 0 ? 0 : fg_kind_read("--accelerator", text, out, err);
}

static bool is_among(const struct fg_offer *offers, size_t len, const char *kind)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(offers[i].accelerator, kind) == 0)
            return true;
    return false;
}

static int nothing_left(const struct fg_offer_sheet *sheet,
                        const char *kind,
                        struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf kinds = {};
    size_t shown = 0, i = 0;
    for (; i < sheet->offers_len && shown < KINDS_SHOWN; i++)
        if (!is_among(sheet->offers, i, sheet->offers[i].accelerator)) {
            fg_buf_printf(&kinds, "%s%s", shown ? ", " : "", sheet->offers[i].accelerator);
            shown++;
        }
    return fg_fail(err, FG_ENOENT, "no offer of %s; there are %s%s", kind ? kind : "anything",
                   kinds.text ? kinds.text : "none", i < sheet->offers_len ? ", ..." : "");
}

static bool wanted(const struct fg_cli *cli, const struct fg_offer *offer, const char *kind)
{
    const char *supplier = fg_args_get(&cli->args, "supplier"),
               *region = fg_args_get(&cli->args, "region");
    return (!kind || fg_kind_is(offer->accelerator, kind))
           && (!supplier || strcmp(offer->supplier, supplier) == 0)
           && (!region || strcmp(offer->region, region) == 0);
}

int fg_offer_files_read(const struct fg_cli *cli,
                        struct fg_offer_sheet *sheet,
                        struct fg_err *err)
{
    const char *path = fg_args_get(&cli->args, "offers"),
               *text = fg_args_get(&cli->args, "accelerator");
    struct fg_offer_reading reading = {};
    char kind[FG_KIND_MAX] = "";
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    if (!path)
        return fg_fail(err, FG_EINVAL, "--offers: missing, expected a file");
    int rc = fg_sim_file_read(path, &bytes, err);
    if (rc == 0)
        rc = fg_offer_read(&reading, bytes.text, bytes.len, sheet, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", path);
    if (text)
        rc = find_kind(sheet, text, kind, err);
    size_t kept = 0;
    for (size_t i = 0; rc == 0 && i < sheet->offers_len; i++)
        kept += wanted(cli, &sheet->offers[i], text ? kind : NULL);
    if (rc == 0 && kept == 0)
        return nothing_left(sheet, text ? kind : NULL, err);
    kept = 0;
    for (size_t i = 0; rc == 0 && i < sheet->offers_len; i++)
        if (wanted(cli, &sheet->offers[i], text ? kind : NULL))
            sheet->offers[kept++] = sheet->offers[i];
    sheet->offers_len = kept;
    return rc;
}

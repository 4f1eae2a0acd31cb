/* offer_files.c - see offer_files.h */
#include "cli/offer_files.h"

#include "cli/sim_files.h"
#include "cli/utf8.h"

#include "model/names.h"
#include "supply/accelerator.h"
#include "supply/catalogue.h"

#include <string.h>

#define KINDS_SHOWN 12

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
    int rc = path ? fg_sim_file_read(path, &bytes, err) : fg_catalogue_bundled(sheet, err);
    if (rc == 0 && path)
        rc = fg_offer_read(&reading, bytes.text, bytes.len, sheet, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", path ? path : "the list of the program");
    if (text)
        fg_accelerator_general(text, kind);
    if (text && !kind[0])
        return fg_fail(err, FG_EINVAL, "--accelerator: %.40s, expected a kind as H100", text);
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

/* offers.c - see offers.h */
#include "daemon/offers.h"

#include "daemon/data_dir.h"
#include "daemon/log.h"
#include "supply/catalogue.h"

#include <stdio.h>

static int put_bundled(struct fg_offer_store *store, int64_t now_us, struct fg_err *err)
{
    FG_AUTO(fg_offer_sheet) struct fg_offer_sheet sheet;
    struct fg_offer_changes changes;
    int rc = fg_catalogue_bundled(&sheet, err);
    if (rc < 0)
        return rc;
    return fg_offer_store_import(
        store,
        &(struct fg_offer_import){
            .offers = sheet.offers, .len = sheet.offers_len, .bundled = true, .now_us = now_us},
        &changes, err);
}

struct fg_offer_store *fg_offers_open(const char *data_dir, int64_t now_us)
{
    char path[FG_DATA_PATH_MAX];
    struct fg_err err = {};
    snprintf(path, sizeof(path), "%s/offers.db", data_dir);
    struct fg_offer_store *store = fg_offer_store_open(path, &err);
    int rc = store ? put_bundled(store, now_us, &err) : err.code;
    if (rc < 0)
        fg_log("event=offers-unavailable code=%s why=\"%s\"", fg_code_name(rc), err.text);
    if (rc < 0 && store) {
        fg_offer_store_free(store);
        store = NULL;
    }
    return store;
}

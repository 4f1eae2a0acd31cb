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

void fg_offers_take(struct fg_offer_store *store,
                    const struct fg_provision_event *event,
                    int64_t now_us)
{
    struct fg_offer_changes changes = {};
    struct fg_err err = {};
    int rc = event->rc;
    if (rc < 0)
        fg_fail(&err, rc, "%s", event->reason);
    else if (!store)
        rc = fg_fail(&err, FG_EIO, "there is no catalogue of offers");
    else if (event->offers_len > 0)
        rc = fg_offer_store_import(store,
                                   &(struct fg_offer_import){.offers = event->offers,
                                                             .len = event->offers_len,
                                                             .complete = true,
                                                             .now_us = now_us},
                                   &changes, &err);
    if (rc < 0)
        fg_log("event=offers-failed supplier=%s code=%s why=\"%s\"", event->supplier,
               fg_code_name(rc), err.text);
    else
        fg_log("event=offers supplier=%s offers=%u refused=%u changed=%zu", event->supplier,
               event->offers_len, event->offers_refused, changes.added + changes.changed);
}

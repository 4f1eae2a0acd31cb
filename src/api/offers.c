/* offers.c - what is for sale: lists, prices over time, imports; the catalogue of accelerators */
#include "api/answer.h"

#include "api/job_view.h"
#include "base/grow.h"

#include "model/names.h"
#include "model/offer_json.h"
#include "store/offer_store.h"
#include "supply/accelerator.h"
#include "supply/catalogue.h"

#include <stdlib.h>
#include <string.h>

/* The catalogue, or NULL: it could not be opened, which was answered. */
static struct fg_offer_store *catalogue(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_offer_store *store = call->api->options.offers;
    if (!store) {
        fg_fail(&err, FG_EIO, "the catalogue of offers could not be opened: see the log");
        fg_answer_error(call, &err);
    }
    return store;
}

static void write_entry(struct fg_json *json, const struct fg_offer_entry *entry)
{
    fg_json_object(json);
    fg_json_kv_id(json, "id", entry->id);
    fg_json_kv_bool(json, "listed", entry->listed);
    fg_json_kv_bool(json, "bundled", entry->bundled);
    fg_json_kv_int(json, "uusd_per_device_hour", fg_offer_uusd_per_device_hour(&entry->offer));
    fg_json_kv_time(json, "first_seen", entry->first_us);
    fg_json_kv_time(json, "changed", entry->changed_us);
    fg_offer_json_members(json, &entry->offer);
    fg_json_end(json);
}

/* -- lists ------------------------------------------------------------------------------------------- */

enum sort { BY_ID, BY_PRICE, BY_SUPPLIER };

struct ask {
    const char *supplier, *region;
    char kind[FG_KIND_MAX]; /* "" any */
    int contract;           /* -1 any */
    uint64_t max_uusd, limit, cursor;
    enum sort sort;
    bool all;
};

struct found {
    const struct ask *ask;
    struct fg_offer_entry *entries;
    size_t len, room;
};

static int read_ask(const struct fg_target *target, struct ask *ask, struct fg_err *err)
{
    const char *kind = fg_target_param(target, "accelerator");
    const char *contract = fg_target_param(target, "contract");
    const char *sort = fg_target_param(target, "sort");
    ask->supplier = fg_target_param(target, "supplier");
    ask->region = fg_target_param(target, "region");
    if (kind)
        fg_accelerator_general(kind, ask->kind);
    if (kind && !ask->kind[0])
        return fg_fail(err, FG_EINVAL, "accelerator: not a kind, expected one like H100");
    if (contract && (ask->contract = fg_contract_find(contract)) < 0)
        return fg_fail(err, FG_EINVAL,
                       "contract: `%.20s`, expected on_demand, spot, reserved or owned",
                       contract);
    if (sort && strcmp(sort, "price") == 0)
        ask->sort = BY_PRICE;
    else if (sort && strcmp(sort, "supplier") == 0)
        ask->sort = BY_SUPPLIER;
    else if (sort && strcmp(sort, "id") != 0)
        return fg_fail(err, FG_EINVAL, "sort: `%.20s`, expected id, price or supplier", sort);
    int rc =
        fg_target_uint(target, "max_uusd_per_device_hour", 0, INT64_MAX, &ask->max_uusd, err);
    if (rc == 0)
        rc = fg_target_page(target, &ask->limit, &ask->cursor, err);
    return rc == 0 ? fg_target_bool(target, "all", &ask->all, err) : rc;
}

static bool is_asked(const struct ask *ask, const struct fg_offer *offer)
{
    if (ask->kind[0] && !fg_kind_is(offer->accelerator, ask->kind))
        return false;
    if (ask->region && strcmp(ask->region, offer->region) != 0)
        return false;
    if (ask->contract >= 0 && offer->contract != (enum fg_contract)ask->contract)
        return false;
    return (uint64_t)fg_offer_uusd_per_device_hour(offer) <= ask->max_uusd;
}

static int gather(void *self, const struct fg_offer_entry *entry)
{
    struct found *found = self;
    if (!is_asked(found->ask, &entry->offer))
        return 0;
    found->entries =
        fg_grow(found->entries, found->len, &found->room, sizeof(found->entries[0]));
    found->entries[found->len++] = *entry;
    return 0;
}

static int by_id(const struct fg_offer_entry *a, const struct fg_offer_entry *b)
{
    return a->id < b->id ? -1 : a->id > b->id;
}

static int by_price(const void *a, const void *b)
{
    const struct fg_offer_entry *x = a, *y = b;
    int64_t left = fg_offer_uusd_per_device_hour(&x->offer);
    int64_t right = fg_offer_uusd_per_device_hour(&y->offer);
    return left != right ? (left < right ? -1 : 1) : by_id(x, y);
}

static int by_supplier(const void *a, const void *b)
{
    const struct fg_offer_entry *x = a, *y = b;
    int order = strcmp(x->offer.supplier, y->offer.supplier);
    return order ? order : by_price(a, b);
}

/* Cursors are places in the sorted list: an import between two pages may move them. */
static void write_page(struct fg_call *call, const struct ask *ask, const struct found *found)
{
    struct fg_json *json = &call->json;
    size_t at = ask->cursor < found->len ? ask->cursor : found->len;
    size_t end = found->len - at < ask->limit ? found->len : at + ask->limit;
    fg_list_begin(call);
    for (; at < end; at++)
        write_entry(json, &found->entries[at]);
    fg_json_end(json);
    fg_json_kv_int(json, "total", (int64_t)found->len);
    fg_json_key(json, "next");
    if (end < found->len)
        fg_json_string(json, fg_arena_printf(call->arena, "%zu", end));
    else
        fg_json_null(json);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_offer_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct ask ask = {.contract = -1, .max_uusd = INT64_MAX};
    struct found found = {.ask = &ask};
    struct fg_offer_store *store = catalogue(call);
    if (!store)
        return;
    int rc = read_ask(&call->target, &ask, &err);
    if (rc == 0)
        rc = fg_offer_store_list(
            store, &(struct fg_offer_filter){ask.supplier ? ask.supplier : "", ask.all}, gather,
            &found, &err);
    if (rc == 0 && ask.sort != BY_ID && found.len)
        qsort(found.entries, found.len, sizeof(found.entries[0]),
              ask.sort == BY_PRICE ? by_price : by_supplier);
    if (rc == 0)
        write_page(call, &ask, &found);
    else
        fg_answer_error(call, &err);
    free(found.entries);
}

/* -- one offer --------------------------------------------------------------------------------------- */

void fg_handle_offer_show(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_offer_entry entry = {};
    uint64_t id = 0;
    struct fg_offer_store *store = catalogue(call);
    if (!store)
        return;
    int rc = fg_call_id(call, "offer", &id, &err);
    if (rc == 0)
        rc = fg_offer_store_get(store, id, &entry, &err);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    write_entry(&call->json, &entry);
    fg_answer_json(call, 200);
}

static int read_since(struct fg_call *call, int64_t *out_us, struct fg_err *err)
{
    const char *text = fg_target_param(&call->target, "since");
    *out_us = 0;
    if (text && fg_time_parse(text, out_us) < 0)
        return fg_fail(err, FG_EINVAL, "since: `%.40s`, expected a moment like 2024-11-03",
                       text);
    return 0;
}

void fg_handle_offer_history(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_json *json = &call->json;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)256 * 1024 * 1024);
    struct fg_price_track track = {};
    struct fg_offer_moment from = {};
    struct fg_offer_store *store = catalogue(call);
    if (!store)
        return;
    int rc = fg_call_id(call, "offer", &from.id, &err);
    if (rc == 0)
        rc = read_since(call, &from.from_us, &err);
    if (rc == 0)
        rc = fg_offer_store_history(store, &from, arena, &track, &err);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    fg_json_object(json);
    fg_json_kv_id(json, "id", from.id);
    fg_json_key(json, "points");
    fg_json_array(json);
    for (size_t i = 0; i < track.len; i++) {
        fg_json_object(json);
        fg_json_kv_time(json, "time", track.points[i].time_us);
        fg_json_kv_int(json, "uusd_per_hour", track.points[i].uusd_per_hour);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

/* -- import ------------------------------------------------------------------------------------------ */

static int store_all(struct fg_call *call,
                     const struct fg_catalogue *read,
                     bool complete,
                     struct fg_offer_changes *changes,
                     struct fg_err *err)
{
    struct fg_offer_store *store = call->api->options.offers;
    int64_t now_us = fg_api_now_us(call->api);
    if (read->is_history)
        return fg_offer_store_prices(
            store,
            &(struct fg_price_history){read->prices.series, read->prices.series_len, now_us},
            changes, err);
    return fg_offer_store_import(store,
                                 &(struct fg_offer_import){.offers = read->offers.offers,
                                                           .len = read->offers.offers_len,
                                                           .complete = complete,
                                                           .now_us = now_us},
                                 changes, err);
}

static void write_import(struct fg_call *call,
                         const struct fg_catalogue *read,
                         const struct fg_offer_changes *changes)
{
    struct fg_json *json = &call->json;
    fg_json_object(json);
    fg_catalogue_report(json, read);
    fg_json_kv_bool(json, "stored", true);
    fg_json_kv_int(json, "added", (int64_t)changes->added);
    fg_json_kv_int(json, "changed", (int64_t)changes->changed);
    fg_json_kv_int(json, "same", (int64_t)changes->same);
    fg_json_kv_int(json, "withdrawn", (int64_t)changes->withdrawn);
    fg_json_kv_int(json, "price_points", (int64_t)changes->points);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

/* A name in the query may be one that no offer can have: it is refused here, not in each row. */
static int read_reading(struct fg_call *call,
                        struct fg_offer_reading *reading,
                        struct fg_err *err)
{
    reading->supplier = fg_target_param(&call->target, "supplier");
    reading->supplier_column = fg_target_param(&call->target, "supplier_column");
    if (reading->supplier && reading->supplier_column)
        return fg_fail(err, FG_EINVAL, "supplier and supplier_column: expected one of them");
    return reading->supplier ? fg_name_check("supplier", reading->supplier, err) : 0;
}

/* Done on the thread that serves: an import is rare, its catalogue has a lock of its own, and it takes milliseconds for a list
 * of offers, two seconds for a million recorded prices. */
void fg_handle_offer_import(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_offer_reading reading = {};
    FG_AUTO(fg_catalogue) struct fg_catalogue read = {};
    struct fg_offer_changes changes = {};
    bool complete = false;
    if (!catalogue(call))
        return;
    int rc = read_reading(call, &reading, &err);
    if (rc == 0)
        rc = fg_target_bool(&call->target, "complete", &complete, &err);
    if (rc == 0)
        rc = fg_catalogue_read(&reading, call->body.text ? call->body.text : "", call->body.len,
                               &read, &err);
    if (rc == 0 && complete && read.is_history)
        rc = fg_fail(&err, FG_EINVAL, "complete: prices over time are never all that is sold");
    if (rc == 0)
        rc = store_all(call, &read, complete, &changes, &err);
    if (rc == 0)
        write_import(call, &read, &changes);
    else
        fg_answer_error(call, &err);
}

/* -- accelerators ------------------------------------------------------------------------------------ */

void fg_handle_accelerator_list(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    fg_list_begin(call);
    for (size_t i = 0; i < fg_accelerators_len(); i++)
        fg_accelerator_json(json, fg_accelerator_at(i));
    fg_list_end(call, 0);
}

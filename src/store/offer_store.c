/* offer_store.c - see offer_store.h */
#include "store/offer_store.h"

#include "base/map.h"
#include "store/db.h"
#include "store/price_blob.h"
#include "store/row.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define VERSION   1
#define CACHE_KIB "16384"

static const char schema[] =
    "CREATE TABLE offer("
    " id INTEGER PRIMARY KEY, supplier TEXT NOT NULL, instance TEXT NOT NULL,"
    " accelerator TEXT NOT NULL, region TEXT NOT NULL, zone TEXT NOT NULL,"
    " contract INTEGER NOT NULL, term_us INTEGER NOT NULL, accelerators INTEGER NOT NULL,"
    " accelerator_mem_mib INTEGER NOT NULL, cpu_milli INTEGER NOT NULL, mem_mib INTEGER NOT "
    "NULL,"
    " price_uusd_per_hour INTEGER NOT NULL, upfront_uusd INTEGER NOT NULL,"
    " lead_time_us INTEGER NOT NULL, min_term_us INTEGER NOT NULL, capacity INTEGER NOT NULL,"
    " min_count INTEGER NOT NULL, away_milli INTEGER NOT NULL, reclaims INTEGER NOT NULL,"
    " watts INTEGER NOT NULL, carbon INTEGER NOT NULL, listed INTEGER NOT NULL,"
    " bundled INTEGER NOT NULL, first_us INTEGER NOT NULL, changed_us INTEGER NOT NULL,"
    " UNIQUE(supplier, instance, accelerator, region, zone, contract, term_us)) STRICT;"
    "CREATE TABLE offer_price(offer INTEGER PRIMARY KEY, points BLOB NOT NULL) STRICT;"
    "PRAGMA user_version=1;";

struct fg_offer_store {
    pthread_mutex_t write_lock, read_lock;
    struct fg_db writer, reader;
    struct fg_price_point *points; /* of the writer: room that is used again */
    size_t points_room;
};

/* -- open -------------------------------------------------------------------------------------------- */

static int prepare(struct fg_db *db, struct fg_err *err)
{
    int64_t version = 0;
    int rc = fg_db_int(db, "PRAGMA user_version", &version, err);
    if (rc == 0 && version > VERSION)
        rc = fg_fail(err, FG_ESTATE, "written by a newer version (%lld, this one knows %d)",
                     (long long)version, VERSION);
    if (rc < 0 || version == VERSION)
        return rc;
    rc = fg_db_exec(db, "BEGIN IMMEDIATE", err);
    if (rc == 0)
        rc = fg_db_exec(db, schema, err);
    if (rc == 0)
        return fg_db_exec(db, "COMMIT", err);
    fg_db_exec(db, "ROLLBACK", NULL);
    return rc;
}

struct fg_offer_store *fg_offer_store_open(const char *path, struct fg_err *err)
{
    struct fg_offer_store *store = calloc(1, sizeof(*store));
    if (!store) {
        fg_fail(err, FG_ENOMEM, "no memory for the offers");
        return NULL;
    }
    pthread_mutex_init(&store->write_lock, NULL);
    pthread_mutex_init(&store->read_lock, NULL);
    int rc = fg_db_open(&store->writer, path, FG_DB_WRITE, err);
    /* An import goes through its index in no order. */
    if (rc == 0)
        rc = fg_db_exec(&store->writer, "PRAGMA cache_size=-" CACHE_KIB, err);
    if (rc == 0)
        rc = prepare(&store->writer, err);
    if (rc == 0)
        rc = fg_db_open(&store->reader, path, FG_DB_READ, err);
    if (rc == 0)
        return store;
    fg_wrap(err, rc, "%s", path);
    fg_offer_store_free(store);
    return NULL;
}

void fg_offer_store_free(struct fg_offer_store *store)
{
    if (!store)
        return;
    fg_db_close(&store->reader);
    fg_db_close(&store->writer);
    pthread_mutex_destroy(&store->read_lock);
    pthread_mutex_destroy(&store->write_lock);
    free(store->points);
    free(store);
}

/* -- rows -------------------------------------------------------------------------------------------- */

static void bind_key(struct fg_query *query, const struct fg_offer *offer)
{
    fg_query_text(query, offer->supplier);
    fg_query_text(query, offer->instance);
    fg_query_text(query, offer->accelerator);
    fg_query_text(query, offer->region);
    fg_query_text(query, offer->zone);
    fg_query_int(query, offer->contract);
    fg_query_int(query, offer->term_us);
}

static void bind_values(struct fg_query *query, const struct fg_offer *offer)
{
    fg_query_int(query, offer->accelerators);
    fg_query_int(query, offer->accelerator_mem_mib);
    fg_query_int(query, offer->cpu_milli);
    fg_query_int(query, (int64_t)offer->mem_mib);
    fg_query_int(query, offer->price_uusd_per_hour);
    fg_query_int(query, offer->upfront_uusd);
    fg_query_int(query, offer->lead_time_us);
    fg_query_int(query, offer->min_term_us);
    fg_query_int(query, offer->capacity);
    fg_query_int(query, offer->min_count);
    fg_query_int(query, offer->away_milli);
    fg_query_int(query, offer->reclaims_per_khour);
    fg_query_int(query, offer->watts);
    fg_query_int(query, offer->carbon_g_per_kwh);
}

static uint32_t get_u32(const struct fg_query *query, int column)
{
    int64_t value = fg_query_get(query, column);
    return value < 0 || value > UINT32_MAX ? 0 : (uint32_t)value;
}

/* FG_OFFER_COLUMNS from column 0.  FG_EIO: the row makes no sense (a damaged file). */
static int decode(const struct fg_query *query, struct fg_offer_entry *out, struct fg_err *err)
{
    struct fg_offer *offer = &out->offer;
    *out = (struct fg_offer_entry){.id = (fg_offer_id)fg_query_get(query, 0)};
    fg_copy_text(offer->supplier, FG_NAME_MAX, fg_query_get_text(query, 1));
    fg_copy_text(offer->instance, FG_NAME_MAX, fg_query_get_text(query, 2));
    fg_copy_text(offer->accelerator, FG_KIND_MAX, fg_query_get_text(query, 3));
    fg_copy_text(offer->region, FG_NAME_MAX, fg_query_get_text(query, 4));
    fg_copy_text(offer->zone, FG_NAME_MAX, fg_query_get_text(query, 5));
    offer->contract = (enum fg_contract)get_u32(query, 6);
    offer->term_us = fg_query_get(query, 7);
    offer->accelerators = get_u32(query, 8);
    offer->accelerator_mem_mib = get_u32(query, 9);
    offer->cpu_milli = get_u32(query, 10);
    offer->mem_mib = (uint64_t)fg_query_get(query, 11);
    offer->price_uusd_per_hour = fg_query_get(query, 12);
    offer->upfront_uusd = fg_query_get(query, 13);
    offer->lead_time_us = fg_query_get(query, 14);
    offer->min_term_us = fg_query_get(query, 15);
    offer->capacity = get_u32(query, 16);
    offer->min_count = get_u32(query, 17);
    offer->away_milli = get_u32(query, 18);
    offer->reclaims_per_khour = get_u32(query, 19);
    offer->watts = get_u32(query, 20);
    offer->carbon_g_per_kwh = get_u32(query, 21);
    out->listed = fg_query_get(query, 22) != 0;
    out->bundled = fg_query_get(query, 23) != 0;
    out->first_us = fg_query_get(query, 24);
    out->changed_us = fg_query_get(query, 25);
    struct fg_err why;
    if (fg_offer_check(offer, &why) < 0)
        return fg_fail(err, FG_EIO, "offer %llu of the catalogue makes no sense: %s",
                       (unsigned long long)out->id, why.text);
    return 0;
}

/* Equal in all that is not its key. */
static bool has_same_values(const struct fg_offer *a, const struct fg_offer *b)
{
    return a->accelerators == b->accelerators
           && a->accelerator_mem_mib == b->accelerator_mem_mib && a->cpu_milli == b->cpu_milli
           && a->mem_mib == b->mem_mib && a->price_uusd_per_hour == b->price_uusd_per_hour
           && a->upfront_uusd == b->upfront_uusd && a->lead_time_us == b->lead_time_us
           && a->min_term_us == b->min_term_us && a->capacity == b->capacity
           && a->min_count == b->min_count && a->away_milli == b->away_milli
           && a->reclaims_per_khour == b->reclaims_per_khour && a->watts == b->watts
           && a->carbon_g_per_kwh == b->carbon_g_per_kwh;
}

/* -- one import -------------------------------------------------------------------------------------- */

/* What all steps of an import share. */
struct importing {
    struct fg_offer_store *store;
    struct fg_db *db; /* the writer */
    bool bundled, complete;
    int64_t now_us;
    struct fg_map *seen; /* ids of the offers that were heard of */
    struct fg_offer_changes *changes;
    struct fg_err *err;
};

/* 1: it is known, 0: not. */
static int find(const struct importing *at,
                const struct fg_offer *offer,
                struct fg_offer_entry *out)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, at->db, FG_SQL_offer_find, at->err);
    if (rc < 0)
        return rc;
    bind_key(&query, offer);
    rc = fg_query_step(&query, at->err);
    if (rc == 1 && decode(&query, out, at->err) < 0)
        rc = FG_EIO;
    return rc;
}

static int insert(const struct importing *at,
                  const struct fg_offer *offer,
                  bool listed,
                  fg_offer_id *out)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, at->db, FG_SQL_offer_add, at->err);
    if (rc < 0)
        return rc;
    bind_key(&query, offer);
    bind_values(&query, offer);
    fg_query_int(&query, listed);
    fg_query_int(&query, at->bundled);
    fg_query_int(&query, at->now_us);
    fg_query_int(&query, at->now_us);
    rc = fg_query_run(&query, at->err);
    *out = (fg_offer_id)sqlite3_last_insert_rowid(at->db->handle);
    return rc;
}

static int update(const struct importing *at, fg_offer_id id, const struct fg_offer *offer)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, at->db, FG_SQL_offer_change, at->err);
    if (rc < 0)
        return rc;
    bind_values(&query, offer);
    fg_query_int(&query, at->bundled);
    fg_query_int(&query, at->now_us);
    fg_query_int(&query, (int64_t)id);
    return fg_query_run(&query, at->err);
}

/* The number of points, which are in `*points` then. */
static int64_t load_points(struct fg_db *db,
                           fg_offer_id id,
                           struct fg_price_point **points,
                           size_t *room,
                           struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int64_t rc = fg_query_begin(&query, db, FG_SQL_offer_points, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    rc = fg_query_step(&query, err);
    if (rc <= 0)
        return rc;
    const void *bytes = sqlite3_column_blob(query.stmt, 0);
    rc = fg_price_blob_read(bytes, (size_t)sqlite3_column_bytes(query.stmt, 0), points, room);
    return rc < 0 ? fg_fail(err, FG_EIO, "the prices of offer %llu are damaged",
                            (unsigned long long)id)
                  : rc;
}

static int save_points(const struct importing *at,
                       fg_offer_id id,
                       const struct fg_price_point *points,
                       size_t len)
{
    FG_AUTO(fg_buf) struct fg_buf blob = {};
    FG_AUTO(fg_query) struct fg_query query = {};
    fg_price_blob_write(&blob, points, len);
    int rc = fg_query_begin(&query, at->db, FG_SQL_offer_points_set, at->err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    fg_query_blob(&query, blob.text, blob.len);
    return fg_query_run(&query, at->err);
}

static bool is_same_point(struct fg_price_point a, struct fg_price_point b)
{
    return a.time_us == b.time_us && a.uusd_per_hour == b.uusd_per_hour;
}

/* `is_new`: nothing is known of it yet. */
static int hear_prices(const struct importing *at,
                       fg_offer_id id,
                       bool is_new,
                       const struct fg_price_series *series)
{
    struct fg_offer_store *store = at->store;
    int64_t rc =
        is_new ? 0 : load_points(at->db, id, &store->points, &store->points_room, at->err);
    if (rc < 0)
        return (int)rc;
    size_t known = (size_t)rc, equal = 0;
    struct fg_price_point *merged = calloc(known + series->len + 1, sizeof(merged[0]));
    if (!merged)
        abort();
    size_t len = fg_price_merge(store->points, known, series, merged);
    while (equal < len && equal < known && is_same_point(merged[equal], store->points[equal]))
        equal++;
    size_t touched = (len > known ? len : known) - equal;
    rc = touched ? save_points(at, id, merged, len) : 0;
    at->changes->points += touched;
    free(merged);
    return (int)rc;
}

/* From now on it costs that much. */
static int hear_price(const struct importing *at, fg_offer_id id, bool is_new, int64_t price)
{
    struct fg_price_point point = {at->now_us, price};
    struct fg_price_series series = {
        .first_us = at->now_us, .last_us = INT64_MAX, .points = &point, .len = 1};
    return hear_prices(at, id, is_new, &series);
}

static int import_one(const struct importing *at, const struct fg_offer *offer)
{
    struct fg_offer_entry known = {};
    int rc = find(at, offer, &known);
    if (rc < 0)
        return rc;
    bool is_new = rc == 0;
    if (!is_new && at->bundled && !known.bundled)
        return 0; /* a real list knows better than what came with the program */
    bool same = !is_new && known.listed && known.bundled == at->bundled
                && has_same_values(&known.offer, offer);
    rc = 0;
    if (is_new)
        rc = insert(at, offer, true, &known.id);
    else if (!same)
        rc = update(at, known.id, offer);
    if (rc < 0)
        return rc;
    fg_map_put(at->seen, known.id, 1);
    at->changes->added += is_new;
    at->changes->same += same;
    at->changes->changed += !is_new && !same;
    if (!same)
        rc = hear_price(at, known.id, is_new, offer->price_uusd_per_hour);
    return rc;
}

/* Offers of `supplier` that are for sale and were not heard of now: withdrawn if the list is complete, or if they came with
 * the program. */
static int withdraw_of(const struct importing *at, const char *supplier)
{
    FG_AUTO(fg_query) struct fg_query query = {}, drop = {};
    int rc = fg_query_begin(&query, at->db, FG_SQL_offer_listed, at->err);
    if (rc == 0)
        rc = fg_query_begin(&drop, at->db, FG_SQL_offer_withdraw, at->err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, supplier);
    fg_query_int(&query, at->complete);
    while ((rc = fg_query_step(&query, at->err)) == 1) {
        int64_t id = fg_query_get(&query, 0);
        if (fg_map_get(at->seen, (uint64_t)id, NULL))
            continue;
        fg_query_int(&drop, at->now_us);
        fg_query_int(&drop, id);
        rc = fg_query_run(&drop, at->err);
        if (rc < 0)
            return rc;
        at->changes->withdrawn++;
    }
    return rc;
}

static uint64_t hash_name(const char *name)
{
    uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 1'099'511'628'211ULL;
    return hash ? hash : 1;
}

/* Once for each supplier of the list. */
static int withdraw(const struct importing *at, const struct fg_offer_import *import)
{
    FG_AUTO(fg_map) struct fg_map *done = fg_map_new(0);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < import->len; i++) {
        uint64_t hash = hash_name(import->offers[i].supplier);
        if (fg_map_get(done, hash, NULL))
            continue;
        fg_map_put(done, hash, 1);
        rc = withdraw_of(at, import->offers[i].supplier);
    }
    return rc;
}

/* End a transaction; what it wrote goes from the log into the file, which nobody else does for this one. */
static int end(const struct importing *at, int rc)
{
    if (rc == 0)
        rc = fg_db_exec(at->db, "COMMIT", at->err);
    if (rc < 0)
        fg_db_exec(at->db, "ROLLBACK", NULL);
    else
        sqlite3_wal_checkpoint_v2(at->db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return rc;
}

static int import_all(const struct importing *at, const struct fg_offer_import *import)
{
    int rc = fg_db_exec(at->db, "BEGIN IMMEDIATE", at->err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < import->len; i++)
        rc = import_one(at, &import->offers[i]);
    if (rc == 0 && !import->bundled)
        rc = withdraw(at, import);
    return end(at, rc);
}

int fg_offer_store_import(struct fg_offer_store *store,
                          const struct fg_offer_import *import,
                          struct fg_offer_changes *out,
                          struct fg_err *err)
{
    FG_AUTO(fg_map) struct fg_map *seen = fg_map_new(import->len);
    struct importing at = {.store = store,
                           .db = &store->writer,
                           .bundled = import->bundled,
                           .complete = import->complete,
                           .now_us = import->now_us,
                           .seen = seen,
                           .changes = out,
                           .err = err};
    *out = (struct fg_offer_changes){};
    pthread_mutex_lock(&store->write_lock);
    int rc = import_all(&at, import);
    pthread_mutex_unlock(&store->write_lock);
    return rc;
}

/* -- prices over time -------------------------------------------------------------------------------- */

static int hear_series(const struct importing *at, const struct fg_price_series *series)
{
    struct fg_offer_entry known = {};
    int rc = find(at, &series->offer, &known);
    bool is_new = rc == 0;
    if (is_new) {
        rc = insert(at, &series->offer, false, &known.id);
        at->changes->added++;
    }
    return rc < 0 ? rc : hear_prices(at, known.id, is_new, series);
}

static int hear_all(const struct importing *at, const struct fg_price_history *history)
{
    int rc = fg_db_exec(at->db, "BEGIN IMMEDIATE", at->err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < history->len; i++)
        rc = hear_series(at, &history->series[i]);
    return end(at, rc);
}

int fg_offer_store_prices(struct fg_offer_store *store,
                          const struct fg_price_history *history,
                          struct fg_offer_changes *out,
                          struct fg_err *err)
{
    struct importing at = {.store = store,
                           .db = &store->writer,
                           .now_us = history->now_us,
                           .changes = out,
                           .err = err};
    *out = (struct fg_offer_changes){};
    pthread_mutex_lock(&store->write_lock);
    int rc = hear_all(&at, history);
    pthread_mutex_unlock(&store->write_lock);
    return rc;
}

/* -- reading ----------------------------------------------------------------------------------------- */

int fg_offer_store_list(struct fg_offer_store *store,
                        const struct fg_offer_filter *filter,
                        int (*row)(void *self, const struct fg_offer_entry *entry),
                        void *self,
                        struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    struct fg_offer_entry entry;
    pthread_mutex_lock(&store->read_lock);
    int rc = fg_query_begin(&query, &store->reader, FG_SQL_offer_list, err);
    if (rc == 0) {
        fg_query_text(&query, filter->supplier);
        fg_query_int(&query, filter->all);
        while ((rc = fg_query_step(&query, err)) == 1) {
            rc = decode(&query, &entry, err);
            if (rc == 0)
                rc = row(self, &entry);
            if (rc != 0)
                break;
        }
    }
    fg_query_end(&query);
    pthread_mutex_unlock(&store->read_lock);
    return rc;
}

static int get_entry(struct fg_db *db,
                     fg_offer_id id,
                     struct fg_offer_entry *out,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, db, FG_SQL_offer_get, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    rc = fg_query_step(&query, err);
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "offer %llu: not in the catalogue",
                       (unsigned long long)id);
    return rc < 0 ? rc : decode(&query, out, err);
}

int fg_offer_store_get(struct fg_offer_store *store,
                       fg_offer_id id,
                       struct fg_offer_entry *out,
                       struct fg_err *err)
{
    pthread_mutex_lock(&store->read_lock);
    int rc = get_entry(&store->reader, id, out, err);
    pthread_mutex_unlock(&store->read_lock);
    return rc;
}

/* The price at `from_us` and all later points. */
static struct fg_price_track cut_history(const struct fg_price_point *points,
                                         size_t len,
                                         int64_t from_us,
                                         struct fg_arena *arena)
{
    size_t first = 0;
    while (first + 1 < len && points[first + 1].time_us <= from_us)
        first++;
    struct fg_price_point *copy = FG_NEW(arena, struct fg_price_point, len - first + 1);
    if (len > first)
        memcpy(copy, points + first, (len - first) * sizeof(copy[0]));
    if (len > first && copy[0].time_us < from_us)
        copy[0].time_us = from_us;
    return (struct fg_price_track){copy, len - first};
}

int fg_offer_store_history(struct fg_offer_store *store,
                           const struct fg_offer_moment *from,
                           struct fg_arena *arena,
                           struct fg_price_track *out,
                           struct fg_err *err)
{
    struct fg_offer_entry entry;
    struct fg_price_point *points = NULL;
    size_t room = 0;
    int64_t len = 0;
    pthread_mutex_lock(&store->read_lock);
    int rc = get_entry(&store->reader, from->id, &entry, err);
    if (rc == 0) {
        len = load_points(&store->reader, from->id, &points, &room, err);
        rc = len < 0 ? (int)len : 0;
    }
    pthread_mutex_unlock(&store->read_lock);
    if (rc == 0)
        *out = cut_history(points, (size_t)len, from->from_us, arena);
    free(points);
    return rc;
}

/* bench_import.c - price lists into the catalogue: a list of offers, a million recorded prices; from bytes in memory to a durable
 * commit.  bench_import [OFFERS.csv] [runs]
 *
 * Rival: the same bytes cut at commas and put as they are into one table of SQLite, in one transaction: no check of any value,
 * no history, no identity of offers.
 */
#include "bench/bench.h"

#include "store/offer_store.h"
#include "supply/catalogue.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS        1000000
#define DAYS        1000
#define PLACES      (ROWS / DAYS)
#define COLUMNS_MAX 16
#define NOW_US      1790000000000000

struct text {
    char *bytes;
    size_t len;
};

static struct text read_file(const char *path)
{
    struct text text = {malloc((size_t)64 << 20), 0};
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!text.bytes)
        bench_die("no memory");
    if (file) {
        text.len = fread(text.bytes, 1, (size_t)64 << 20, file);
        fclose(file);
    }
    return text;
}

/* Without a file: as many rows, of one machine in many zones. */
static struct text make_offers(void)
{
    struct text text = read_file(NULL);
    text.len = (size_t)sprintf(
        text.bytes, "supplier,instance_type,accelerator,accelerator_count,region,zone,"
                    "price_usd_h,spot_price_usd_h\n");
    for (int i = 0; i < 5309; i++)
        text.len += (size_t)sprintf(
            text.bytes + text.len, "s%d,gpu.%dxlarge,A100-80GB,8,r%d,r%d-%d,%.4f,%.4f\n",
            i % 14, i % 7, i % 40, i % 40, i, 20 + i % 9 * 0.5, 6 + i % 13 * 0.25);
    return text;
}

/* Days of prices: on-demand stays, spot walks, as the recorded ones do. */
static struct text make_prices(void)
{
    struct text text = {malloc((size_t)128 << 20), 0};
    unsigned seed = 3;
    static int spot[PLACES];
    if (!text.bytes)
        bench_die("no memory");
    text.len =
        (size_t)sprintf(text.bytes, "date,instance_type,accelerator,accelerator_count,region,"
                                    "zone,price_usd_h,spot_price_usd_h\n");
    for (int day = 0; day < DAYS; day++)
        for (int at = 0; at < PLACES; at++) {
            spot[at] = day == 0 ? 1500 : spot[at] + (int)(rand_r(&seed) % 5) - 2;
            text.len += (size_t)sprintf(
                text.bytes + text.len,
                "%d-%02d-%02d,g5.%dxlarge,A10G,1.0,region-%d,zone-%d,5.281,%d.%04d00\n",
                2020 + day / 336, day / 28 % 12 + 1, day % 28 + 1, at % 6, at % 20, at,
                spot[at] / 1000, spot[at] % 1000 * 10);
        }
    return text;
}

static void must(int rc, const struct fg_err *err)
{
    if (rc < 0)
        bench_die("%s", err->text);
}

static void forget(const char *path)
{
    char other[160];
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(other, sizeof(other), "%s%s", path, ends[i]);
        unlink(other);
    }
}

/* Read and store; the seconds it took.  `repeat`: the second time. */
static double import(struct fg_offer_store *store, const struct text *text)
{
    struct fg_err err = {};
    struct fg_offer_changes changes;
    struct fg_offer_reading reading = {};
    FG_AUTO(fg_catalogue) struct fg_catalogue read;
    int64_t start = bench_now_us();
    bool is_history = fg_price_is_history(text->bytes, text->len);
    if (is_history)
        reading.supplier = "aws";
    must(fg_catalogue_read(&reading, text->bytes, text->len, &read, &err), &err);
    must(is_history
             ? fg_offer_store_prices(
                 store,
                 &(struct fg_price_history){read.prices.series, read.prices.series_len, NOW_US},
                 &changes, &err)
             : fg_offer_store_import(store,
                                     &(struct fg_offer_import){.offers = read.offers.offers,
                                                               .len = read.offers.offers_len,
                                                               .now_us = NOW_US},
                                     &changes, &err),
         &err);
    return (double)(bench_now_us() - start) / 1e6;
}

/* -- the rival ----------------------------------------------------------------------------------------- */

static void insert_rows(sqlite3 *db, const struct text *text, int columns)
{
    char sql[200] = "INSERT INTO t VALUES(?";
    sqlite3_stmt *stmt;
    for (int i = 1; i < columns; i++)
        strcat(sql, ",?");
    strcat(sql, ")");
    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    const char *end = text->bytes + text->len;
    for (const char *at = memchr(text->bytes, '\n', text->len); at && ++at < end;
         at = memchr(at, '\n', (size_t)(end - at))) {
        for (int i = 0; i < columns; i++) {
            size_t len = strcspn(at, ",\n");
            sqlite3_bind_text(stmt, i + 1, at, (int)len, SQLITE_STATIC);
            at += len + (i + 1 < columns);
        }
        sqlite3_step(stmt);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
}

static double plain_insert(const char *path, const struct text *text)
{
    sqlite3 *db;
    char sql[200] = "CREATE TABLE t(a";
    int columns = 1;
    int64_t start = bench_now_us();
    for (const char *at = text->bytes; *at != '\n'; at++)
        columns += *at == ',';
    if (columns > COLUMNS_MAX || sqlite3_open(path, &db) != SQLITE_OK)
        bench_die("%s cannot be opened", path);
    for (int i = 1; i < columns; i++)
        sprintf(sql + strlen(sql), ", c%d", i);
    strcat(sql, ")");
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", NULL, NULL, NULL);
    sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    insert_rows(db, text, columns);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(db);
    forget(path);
    return (double)(bench_now_us() - start) / 1e6;
}

static void compare(const char *const names[2],
                    const struct text *text,
                    int runs,
                    double target)
{
    char path[64];
    double first[16], again[16], rival[16];
    snprintf(path, sizeof(path), "/tmp/bench_import.%d", getpid());
    for (int run = 0; run < runs; run++) {
        struct fg_err err = {};
        struct fg_offer_store *store = fg_offer_store_open(path, &err);
        if (!store)
            bench_die("%s", err.text);
        first[run] = import(store, text);
        again[run] = import(store, text);
        fg_offer_store_free(store);
        forget(path);
        rival[run] = plain_insert(path, text);
    }
    double beside = bench_quantile(rival, (size_t)runs, 50);
    bench_line(names[0], bench_quantile(first, (size_t)runs, 50), "s", BENCH_LESS, target,
               "SQLite, plain INSERT, no checks", beside);
    bench_line(names[1], bench_quantile(again, (size_t)runs, 50), "s", BENCH_LESS, target, NULL,
               0);
}

int main(int argc, char **argv)
{
    int runs = argc > 2 ? atoi(argv[2]) : 5;
    struct text offers = read_file(argc > 1 ? argv[1] : NULL);
    if (offers.len == 0) {
        free(offers.bytes);
        offers = make_offers();
    }
    struct text prices = make_prices();
    runs = runs < 1 ? 1 : runs > 16 ? 16 : runs;
    compare((const char *const[]){"import of a list of 5,309 offers", "the same list again"},
            &offers, runs, 0.2);
    compare(
        (const char *const[]){"import of 1,000,000 recorded prices", "the same prices again"},
        &prices, runs, 2);
    free(offers.bytes);
    free(prices.bytes);
    return bench_done();
}

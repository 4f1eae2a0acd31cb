/* price_read.c - see price_read.h
 *
 * A row is cut into cells; what names the offer in it (all cells but date and prices) is looked up as bytes, so that the
 * doubts of offer_row.c are raised once an offer and not once a row.
 */
#include "supply/price_read.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "supply/offer_row.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX    2048
#define SPOT_SLACK 1000 /* a spot price is above the other if by more than a thousandth of it */
#define NONE       UINT32_MAX

/* What one text of cells names. */
struct identity {
    const char *key; /* the cells, in the arena of keys */
    size_t key_len;
    struct fg_offer offer;
    uint32_t series[2]; /* on-demand, spot; NONE not seen */
    const char *why;    /* refused, all rows of it; NULL: fine */
};

struct record {
    int64_t time_us, uusd;
    uint32_t series, line;
};

struct collector {
    const struct fg_offer_reading *reading;
    struct fg_price_sheet *sheet;
    struct fg_arena *keys;
    struct fg_map *by_key;
    struct identity *identities;
    struct record *records;
    struct fg_offer *offers; /* of the series */
    size_t identities_len, identities_room, records_len, records_room, offers_len, offers_room;
    char date[FG_TIME_TEXT_MAX]; /* the last one read, and what it is */
    size_t date_len;
    int64_t date_us;
    struct fg_err *err;
};

static void *grow(void *items, size_t len, size_t *room, size_t size)
{
    if (len < *room)
        return items;
    *room = *room ? *room * 2 : 1024;
    items = realloc(items, *room * size);
    if (!items)
        abort();
    return items;
}

/* -- remarks ----------------------------------------------------------------------------------------- */

/* The reason is kept once for all rows that have it: `why` must live in the arena of the sheet. */
static void add_note(struct fg_offer_note **notes, size_t *len, size_t line, const char *why)
{
    if (*len == FG_OFFER_NOTES_MAX)
        return;
    if (!*notes)
        *notes = calloc(FG_OFFER_NOTES_MAX, sizeof(**notes));
    if (!*notes)
        abort();
    (*notes)[(*len)++] = (struct fg_offer_note){line, why};
}

static void refuse(struct collector *c, size_t line, const char *why)
{
    struct fg_price_sheet *sheet = c->sheet;
    sheet->refused_rows++;
    add_note(&sheet->refused, &sheet->refused_len, line, why);
}

static void refuse_once(struct collector *c, size_t line, const char *text)
{
    bool is_kept = c->sheet->refused_len < FG_OFFER_NOTES_MAX;
    refuse(c, line, is_kept ? fg_arena_printf(c->sheet->arena, "%s", text) : "");
}

/* -- who is meant ------------------------------------------------------------------------------------ */

static bool is_of_key(int column)
{
    return column != FG_OFFER_DATE && column != FG_OFFER_PRICE && column != FG_OFFER_SPOT
           && column != FG_OFFER_GPU_INFO;
}

/* The cells that name the offer, one after the other; 0: they are too long. */
static size_t write_key(const struct fg_offer_cells *cells, char out[KEY_MAX])
{
    size_t len = 0;
    for (int i = 0; i < FG_OFFER_COLUMNS; i++) {
        if (!is_of_key(i))
            continue;
        struct fg_field cell = cells->of[i];
        if (len + cell.len + 1 > KEY_MAX)
            return 0;
        memcpy(out + len, cell.text, cell.len);
        len += cell.len;
        out[len++] = '\0';
    }
    return len;
}

static uint64_t hash_bytes(const char *bytes, size_t len)
{
    uint64_t hash = len;
    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, bytes + at, len - at < sizeof(word) ? len - at : sizeof(word));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 32;
    }
    return hash ? hash : 1;
}

/* The offer, as any row of catalogues is read; its prices are another matter. */
static void read_identity(struct collector *c,
                          const struct fg_offer_cells *cells,
                          size_t line,
                          struct identity *identity)
{
    struct fg_offer_cells bare = *cells;
    struct fg_offer_row row;
    struct fg_err why;
    if (fg_offer_is_empty(bare.of[FG_OFFER_PRICE]))
        bare.of[FG_OFFER_PRICE] = bare.of[FG_OFFER_SPOT];
    bare.of[FG_OFFER_SPOT] = (struct fg_field){"", 0};
    int rc = fg_offer_row_read(c->reading, &bare, &row, &why);
    if (rc == 0 && row.devices_only)
        rc = fg_fail(&why, FG_EINVAL, "price is of the devices alone, without their machine");
    if (rc == 0 && row.offers[0].contract > FG_CONTRACT_SPOT)
        rc = fg_fail(&why, FG_EINVAL, "a %s offer: prices over time are of on-demand and spot",
                     fg_contract_name(row.offers[0].contract));
    if (rc < 0) {
        identity->why = fg_arena_printf(c->sheet->arena, "%s", why.text);
        return;
    }
    identity->offer = row.offers[0];
    if (!row.repairs[0])
        return;
    c->sheet->repaired_rows++;
    add_note(&c->sheet->repaired, &c->sheet->repaired_len, line,
             fg_arena_printf(c->sheet->arena, "%s (and all rows like it)", row.repairs));
}

static struct identity *new_identity(struct collector *c, const char *key, size_t key_len)
{
    c->identities =
        grow(c->identities, c->identities_len, &c->identities_room, sizeof(c->identities[0]));
    struct identity *identity = &c->identities[c->identities_len++];
    char *copy = fg_arena_alloc(c->keys, 1, key_len);
    memcpy(copy, key, key_len);
    *identity = (struct identity){.key = copy, .key_len = key_len, .series = {NONE, NONE}};
    return identity;
}

/* NULL: too many, with c->err; or cells too long, refused. */
static int find_identity(struct collector *c,
                         const struct fg_offer_cells *cells,
                         size_t line,
                         struct identity **out)
{
    char key[KEY_MAX];
    size_t len = write_key(cells, key);
    uint32_t at = 0;
    *out = NULL;
    if (len == 0) {
        refuse_once(c, line, "a cell of more than 2,000 bytes");
        return 0;
    }
    uint64_t hash = hash_bytes(key, len);
    for (; fg_map_get(c->by_key, hash, &at); hash = hash + 1 ? hash + 1 : 1) {
        assert(c->identities);
        struct identity *known = &c->identities[at];
        if (known->key_len == len && memcmp(known->key, key, len) == 0) {
            *out = known;
            return 0;
        }
    }
    if (c->identities_len == FG_OFFERS_MAX)
        return fg_fail(c->err, FG_ETOOBIG, "more than %d offers", FG_OFFERS_MAX);
    *out = new_identity(c, key, len);
    fg_map_put(c->by_key, hash, (uint32_t)(c->identities_len - 1));
    read_identity(c, cells, line, *out);
    return 0;
}

/* -- one row ----------------------------------------------------------------------------------------- */

static int read_date(struct collector *c,
                     struct fg_field field,
                     int64_t *out_us,
                     struct fg_err *why)
{
    if (field.len == c->date_len && field.len && memcmp(field.text, c->date, field.len) == 0) {
        *out_us = c->date_us;
        return 0;
    }
    int rc = fg_field_moment(field, "date", out_us, why);
    if (rc == 0 && field.len < sizeof(c->date)) {
        memcpy(c->date, field.text, field.len);
        c->date_len = field.len;
        c->date_us = *out_us;
    }
    return rc;
}

/* 1 and a price; 0 none; or what is wrong with it. */
static int read_price(const struct identity *identity,
                      const char *name,
                      struct fg_field field,
                      int64_t *out,
                      struct fg_err *why)
{
    const char *odd = NULL;
    int rc = fg_offer_number(field, 6, out, &odd, why);
    if (rc <= 0)
        return rc < 0 ? fg_wrap(why, rc, "%s", name) : 0;
    if (*out <= 0)
        return fg_fail(why, FG_EINVAL, "%s is 0 or negative", name);
    rc = fg_offer_price_check(name, *out, &identity->offer, why);
    if (rc < 0)
        return rc;
    return 1;
}

static void add_record(struct collector *c,
                       struct identity *identity,
                       bool is_spot,
                       int64_t time_us,
                       int64_t uusd,
                       size_t line)
{
    uint32_t *series = &identity->series[is_spot];
    if (*series == NONE) {
        c->offers = grow(c->offers, c->offers_len, &c->offers_room, sizeof(c->offers[0]));
        struct fg_offer *offer = &c->offers[c->offers_len];
        *offer = identity->offer;
        if (is_spot)
            offer->contract = FG_CONTRACT_SPOT;
        *series = (uint32_t)c->offers_len++;
    }
    c->records = grow(c->records, c->records_len, &c->records_room, sizeof(c->records[0]));
    c->records[c->records_len++] = (struct record){
        .time_us = time_us, .uusd = uusd, .series = *series, .line = (uint32_t)line};
}

static int take_prices(struct collector *c,
                       struct identity *identity,
                       const struct fg_offer_cells *cells,
                       size_t line,
                       struct fg_err *why)
{
    int64_t time_us, price = 0, spot = 0;
    bool is_spot = identity->offer.contract == FG_CONTRACT_SPOT;
    int rc = read_date(c, cells->of[FG_OFFER_DATE], &time_us, why);
    if (rc < 0)
        return rc;
    int has_price = read_price(identity, "price", cells->of[FG_OFFER_PRICE], &price, why);
    if (has_price < 0)
        return has_price;
    int has_spot = read_price(identity, "spot price", cells->of[FG_OFFER_SPOT], &spot, why);
    if (has_spot < 0)
        return has_spot;
    if (!has_price && !has_spot)
        return fg_fail(why, FG_EINVAL, "no price");
    if (has_price && has_spot && spot > price + price / SPOT_SLACK)
        return fg_fail(why, FG_EINVAL, "spot price %.6g is above the on-demand price %.6g",
                       (double)spot / 1e6, (double)price / 1e6);
    if (has_price)
        add_record(c, identity, is_spot, time_us, price, line);
    if (has_spot && !(is_spot && has_price))
        add_record(c, identity, true, time_us, spot, line);
    return 0;
}

static int take_row(struct collector *c, const struct fg_offer_cells *cells, size_t line)
{
    struct identity *identity;
    struct fg_err why;
    int rc = find_identity(c, cells, line, &identity);
    if (rc < 0 || !identity)
        return rc;
    if (identity->why)
        refuse(c, line, identity->why);
    else if (take_prices(c, identity, cells, line, &why) < 0)
        refuse_once(c, line, why.text);
    return 0;
}

static int read_rows(struct collector *c, const char *bytes, size_t len)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_offer_header header;
    struct fg_offer_cells cells;
    struct fg_field line = {};
    struct fg_err why;
    while (line.len == 0)
        if (!fg_rows_next(&rows, &line))
            return fg_fail(c->err, FG_EINVAL, "nothing in it, expected a line of column names");
    int rc = fg_offer_header_read(c->reading, line, &header, c->err);
    if (rc == 0 && header.at[FG_OFFER_DATE] < 0)
        rc = fg_fail(c->err, FG_EINVAL, "no column date");
    if (rc < 0)
        return fg_wrap(c->err, rc, "line %zu", rows.line);
    while (rc == 0 && fg_rows_next(&rows, &line)) {
        if (line.len == 0)
            continue;
        if (++c->sheet->rows > FG_PRICE_ROWS_MAX)
            return fg_fail(c->err, FG_ETOOBIG, "more than %d rows", FG_PRICE_ROWS_MAX);
        if (fg_offer_cells_cut(&header, line, &cells, &why) < 0)
            refuse_once(c, rows.line, why.text);
        else
            rc = take_row(c, &cells, rows.line);
    }
    return rc;
}

/* -- series out of records --------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static void *new_array(size_t count, size_t size)
{
    void *array = calloc(count ? count : 1, size);
    if (!array)
        abort();
    return array;
}

/* Records of one series together, in the order of the file: `starts` has one more than there are series. */
static struct record *sort_by_series(const struct collector *c, size_t *starts)
{
    struct record *sorted = new_array(c->records_len, sizeof(sorted[0]));
    for (size_t i = 0; i < c->records_len; i++)
        starts[c->records[i].series + 1]++;
    for (size_t i = 0; i < c->offers_len; i++)
        starts[i + 1] += starts[i];
    size_t *next = new_array(c->offers_len, sizeof(next[0]));
    memcpy(next, starts, c->offers_len * sizeof(next[0]));
    for (size_t i = 0; i < c->records_len; i++)
        sorted[next[c->records[i].series]++] = c->records[i];
    free(next);
    return sorted;
}

static bool is_sorted(const struct record *records, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (records[i].time_us < records[i - 1].time_us)
            return false;
    return true;
}

/* The moments at which the price changed; of two prices at one moment the first in the file counts. */
static void make_series(struct collector *c,
                        const struct fg_offer *offer,
                        struct record *records,
                        size_t len)
{
    struct fg_price_sheet *sheet = c->sheet;
    struct fg_price_series *series = &sheet->series[sheet->series_len++];
    if (!is_sorted(records, len))
        qsort(records, len, sizeof(records[0]), by_time);
    struct fg_price_point *points = sheet->points + sheet->points_len;
    size_t kept = 0;
    for (size_t i = 0; i < len; i++) {
        bool twice = i > 0 && records[i].time_us == records[i - 1].time_us;
        if (twice || (kept && points[kept - 1].uusd_per_hour == records[i].uusd))
            continue;
        points[kept++] = (struct fg_price_point){records[i].time_us, records[i].uusd};
    }
    sheet->points_len += kept;
    *series = (struct fg_price_series){.offer = *offer,
                                       .first_us = records[0].time_us,
                                       .last_us = records[len - 1].time_us,
                                       .points = points,
                                       .len = kept};
    series->offer.price_uusd_per_hour = points[kept - 1].uusd_per_hour;
}

static int by_line(const void *a, const void *b)
{
    const struct fg_offer_note *x = a, *y = b;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* Rows whose moment was there already: said, once a row. */
static void refuse_twins(struct collector *c, const struct record *records, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        char text[120];
        if (records[i].time_us != records[i - 1].time_us)
            continue;
        snprintf(text, sizeof(text), "the same offer and moment as line %u%s",
                 records[i - 1].line,
                 records[i].uusd == records[i - 1].uusd ? "" : ", with another price");
        refuse_once(c, records[i].line, text);
    }
}

static void finish(struct collector *c)
{
    struct fg_price_sheet *sheet = c->sheet;
    size_t *starts = new_array(c->offers_len + 1, sizeof(starts[0]));
    struct record *sorted = sort_by_series(c, starts);
    sheet->series = new_array(c->offers_len, sizeof(sheet->series[0]));
    sheet->points = new_array(c->records_len, sizeof(sheet->points[0]));
    for (size_t i = 0; i < c->offers_len; i++) {
        size_t len = starts[i + 1] - starts[i];
        assert(len > 0);
        make_series(c, &c->offers[i], sorted + starts[i], len);
        if (c->offers[i].contract == FG_CONTRACT_ON_DEMAND)
            refuse_twins(c, sorted + starts[i], len);
    }
    if (sheet->refused)
        qsort(sheet->refused, sheet->refused_len, sizeof(sheet->refused[0]), by_line);
    sheet->accepted = sheet->rows - sheet->refused_rows;
    free(sorted);
    free(starts);
}

bool fg_price_is_history(const char *bytes, size_t len)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_offer_reading reading = {.supplier = "any"};
    struct fg_offer_header header;
    struct fg_field line;
    while (fg_rows_next(&rows, &line))
        if (line.len)
            return fg_offer_header_read(&reading, line, &header, NULL) == 0
                   && header.at[FG_OFFER_DATE] >= 0;
    return false;
}

int fg_price_read(const struct fg_offer_reading *reading,
                  const char *bytes,
                  size_t len,
                  struct fg_price_sheet *out,
                  struct fg_err *err)
{
    *out = (struct fg_price_sheet){};
    if (len > FG_OFFER_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%zu bytes, expected at most %lu", len,
                       FG_OFFER_BYTES_MAX);
    /* Remarks of rows up to FG_OFFER_NOTES_MAX, of offers up to FG_OFFERS_MAX, at most 640 bytes each: address space. */
    out->arena = fg_arena_new(640UL * (FG_OFFER_NOTES_MAX + 2UL * FG_OFFERS_MAX + 1));
    struct collector c = {.reading = reading,
                          .sheet = out,
                          .keys = fg_arena_new(len + FG_OFFERS_MAX * 64UL + KEY_MAX),
                          .by_key = fg_map_new(0),
                          .err = err};
    int rc = read_rows(&c, bytes, len);
    if (rc == 0)
        finish(&c);
    fg_map_free(c.by_key);
    fg_arena_free(c.keys);
    free(c.identities);
    free(c.records);
    free(c.offers);
    if (rc < 0)
        fg_price_sheet_free(out);
    return rc;
}

void fg_price_sheet_free(struct fg_price_sheet *sheet)
{
    if (!sheet)
        return;
    free(sheet->series);
    free(sheet->points);
    free(sheet->repaired);
    free(sheet->refused);
    fg_arena_free(sheet->arena);
    *sheet = (struct fg_price_sheet){};
}

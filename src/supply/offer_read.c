/* offer_read.c - rows into a sheet of offers, none twice; see offer_read.h */
#include "supply/offer_read.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/text.h"
#include "supply/offer_row.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROWS_MAX 300000UL
#define NOTE_ROOM                                                                              \
    4096UL /* address space for what is said of one row, with all that is written twice */
#define CELL_ROOM (128UL * 1024 * 1024) /* the same for the numbers of a JSON list as text */

/* What became of one row. */
struct row_end {
    size_t line;
    char *repaired, *refused; /* in the arena; NULL not */
    uint32_t offers;          /* that are still for sale */
};

struct kept_offer {
    struct fg_offer offer;
    uint32_t row; /* index of its row_end */
    bool dropped; /* the same is for sale for less */
};

/* A row whose devices wait for their machine. */
struct waiting {
    struct fg_offer_row row;
    uint32_t at; /* index of its row_end */
};

struct list {
    void *items;
    size_t len, room;
};

struct collector {
    const struct fg_offer_reading *reading;
    struct fg_offer_sheet *sheet;
    struct fg_map *offers_by_key, *hosts_by_key;
    struct list rows, kept, waiting, hosts;
    struct list suppliers; /* their names as they were first written: char[FG_NAME_MAX] */
    struct fg_err *err;
};

/* Room for one more item of `size` bytes. */
static void *add_item(struct list *list, size_t size)
{
    if (list->len == list->room) {
        list->room = list->room ? list->room * 2 : 256;
        list->items = realloc(list->items, list->room * size);
        if (!list->items)
            abort();
    }
    return (char *)list->items + size * list->len++;
}

#define ROW(c, i)  (&((struct row_end *)(c)->rows.items)[i])
#define KEPT(c, i) (&((struct kept_offer *)(c)->kept.items)[i])
#define HOST(c, i) (&((struct fg_host_row *)(c)->hosts.items)[i])

static char *say(struct collector *c, const char *text)
{
    return fg_arena_printf(c->sheet->arena, "%s", text);
}

static void refuse(struct collector *c, uint32_t row, const char *why)
{
    ROW(c, row)->refused = say(c, why);
}

/* -- none twice -------------------------------------------------------------------------------------- */

/* FNV-1a over a text and its end; letter case does not count. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    do {
        hash = (hash ^ (uint8_t)tolower((uint8_t)*text)) * 1'099'511'628'211ULL;
    } while (*text++);
    return hash;
}

static uint64_t hash_offer(const struct fg_offer *offer)
{
    uint64_t hash = 14'695'981'039'346'656'037ULL ^ (uint64_t)offer->contract
                    ^ ((uint64_t)offer->term_us << 8);
    hash = hash_text(hash, offer->supplier);
    hash = hash_text(hash, offer->instance);
    hash = hash_text(hash, offer->accelerator);
    hash = hash_text(hash, offer->region);
    hash = hash_text(hash, offer->zone);
    return hash ? hash : 1;
}

/* As fg_offer_same(), but for letter case: nobody sells a P5 beside a p5. */
static bool is_same(const struct fg_offer *a, const struct fg_offer *b)
{
    return a->contract == b->contract && a->term_us == b->term_us
           && strcasecmp(a->supplier, b->supplier) == 0
           && strcasecmp(a->instance, b->instance) == 0
           && strcasecmp(a->accelerator, b->accelerator) == 0
           && strcasecmp(a->region, b->region) == 0 && strcasecmp(a->zone, b->zone) == 0;
}

/* The same offer among those kept, or -1; `*key` is where it is or would be in the map. */
static int64_t find_same(struct collector *c, const struct fg_offer *offer, uint64_t *key)
{
    uint32_t at;
    for (*key = hash_offer(offer); fg_map_get(c->offers_by_key, *key, &at);
         *key = *key + 1 ? *key + 1 : 1)
        if (is_same(&KEPT(c, at)->offer, offer))
            return at;
    return -1;
}

/* What the row that lost says of itself: refused if nothing of it is left. */
static void lose(struct collector *c, struct kept_offer *lost, const struct kept_offer *won)
{
    struct row_end *row = ROW(c, lost->row);
    bool same = lost->offer.price_uusd_per_hour == won->offer.price_uusd_per_hour
                && lost->offer.upfront_uusd == won->offer.upfront_uusd;
    const char *cheaper =
        same ? ""
             : fg_arena_printf(c->sheet->arena,
                               ", which is cheaper: %.6g against %.6g USD an hour",
                               (double)won->offer.price_uusd_per_hour / 1e6,
                               (double)lost->offer.price_uusd_per_hour / 1e6);
    char *why = fg_arena_printf(c->sheet->arena, "the same %s offer as line %zu%s",
                                fg_contract_name(lost->offer.contract), ROW(c, won->row)->line,
                                cheaper);
    lost->dropped = true;
    row->offers--;
    if (row->offers == 0) {
        row->refused = why;
        return;
    }
    row->repaired =
        row->repaired ? fg_arena_printf(c->sheet->arena, "%s; %s", row->repaired, why) : why;
}

static int keep_offer(struct collector *c, uint32_t row, const struct fg_offer *offer)
{
    uint64_t key;
    int64_t same = find_same(c, offer, &key);
    if (c->kept.len >= FG_OFFERS_MAX)
        return fg_fail(c->err, FG_ETOOBIG, "more than %d offers", FG_OFFERS_MAX);
    struct kept_offer *new = add_item(&c->kept, sizeof(*new));
    *new = (struct kept_offer){.offer = *offer, .row = row};
    ROW(c, row)->offers++;
    if (same < 0) {
        fg_map_put(c->offers_by_key, key, (uint32_t)(c->kept.len - 1));
        return 0;
    }
    struct kept_offer *old = KEPT(c, same);
    int64_t apart =
        fg_offer_uusd_per_device_hour(offer) - fg_offer_uusd_per_device_hour(&old->offer);
    if (apart >= 0) {
        lose(c, new, old);
        return 0;
    }
    lose(c, old, new);
    fg_map_put(c->offers_by_key, key, (uint32_t)(c->kept.len - 1));
    return 0;
}

static int keep_row(struct collector *c, uint32_t at, const struct fg_offer_row *row)
{
    int rc = 0;
    if (row->repairs[0])
        ROW(c, at)->repaired = say(c, row->repairs);
    for (size_t i = 0; rc == 0 && i < row->len; i++)
        rc = keep_offer(c, at, &row->offers[i]);
    return rc;
}

/* -- devices and their machine ----------------------------------------------------------------------- */

static uint64_t hash_host(const char *supplier,
                          const char *instance,
                          const char *region,
                          const char *zone)
{
    uint64_t hash = hash_text(14'695'981'039'346'656'037ULL, supplier);
    hash = hash_text(hash_text(hash, instance), region);
    hash = hash_text(hash, zone);
    return hash ? hash : 1;
}

static void note_host(struct collector *c, const struct fg_offer_cells *cells)
{
    struct fg_host_row host;
    if (fg_offer_row_host(c->reading, cells, &host, NULL) < 0)
        return;
    struct fg_host_row *kept = add_item(&c->hosts, sizeof(*kept));
    *kept = host;
    fg_map_put(c->hosts_by_key, hash_host(host.supplier, host.instance, host.region, host.zone),
               (uint32_t)(c->hosts.len - 1));
}

static int join_one(struct collector *c, struct waiting *waiting)
{
    const struct fg_offer *offer = &waiting->row.offers[0];
    const char *host = waiting->row.host;
    uint32_t at;
    bool found =
        host[0]
        && fg_map_get(c->hosts_by_key,
                      hash_host(offer->supplier, host, offer->region, offer->zone), &at);
    char text[FG_ERR_TEXT_MAX];
    if (found)
        fg_offer_row_join(&waiting->row, HOST(c, at));
    if (found && waiting->row.len > 0)
        return keep_row(c, waiting->at, &waiting->row);
    snprintf(
        text, sizeof(text),
        "price is of %u devices alone: %s charges the machine apart, and %s%s is not in the "
        "list there",
        offer->accelerators, offer->supplier, host[0] ? "its row for " : "which one it is",
        host[0] ? host : "");
    refuse(c, waiting->at, text);
    return 0;
}

static int join_waiting(struct collector *c)
{
    int rc = 0;
    struct waiting *waiting = c->waiting.items;
    for (size_t i = 0; rc == 0 && i < c->waiting.len; i++)
        rc = join_one(c, &waiting[i]);
    return rc;
}

/* -- rows -------------------------------------------------------------------------------------------- */

static int begin_row(struct collector *c, size_t line, uint32_t *at)
{
    if (c->rows.len >= ROWS_MAX)
        return fg_fail(c->err, FG_ETOOBIG, "more than %lu rows", ROWS_MAX);
    struct row_end *row = add_item(&c->rows, sizeof(*row));
    *row = (struct row_end){.line = line};
    *at = (uint32_t)(c->rows.len - 1);
    return 0;
}

/* One spelling of each supplier in a file: "AWS" is "aws" if that came first. */
static void spell_supplier(struct collector *c, struct fg_offer_row *row)
{
    char(*names)[FG_NAME_MAX] = c->suppliers.items;
    size_t at = c->suppliers.len;
    while (at > 0 && strcasecmp(names[at - 1], row->offers[0].supplier) != 0)
        at--;
    if (at == 0) {
        if (c->suppliers.len < FG_SUPPLIERS_MAX)
            memcpy(add_item(&c->suppliers, FG_NAME_MAX), row->offers[0].supplier, FG_NAME_MAX);
        return;
    }
    if (strcmp(names[at - 1], row->offers[0].supplier) == 0)
        return;
    fg_offer_repair(row, "supplier %s is written %s", row->offers[0].supplier, names[at - 1]);
    for (size_t i = 0; i < row->len; i++)
        memcpy(row->offers[i].supplier, names[at - 1], FG_NAME_MAX);
}

static int take_cells(struct collector *c, uint32_t at, const struct fg_offer_cells *cells)
{
    struct fg_offer_row row;
    struct fg_err why;
    if (fg_offer_row_is_host(cells))
        note_host(c, cells);
    if (fg_offer_row_read(c->reading, cells, &row, &why) < 0) {
        refuse(c, at, why.text);
        return 0;
    }
    spell_supplier(c, &row);
    if (row.devices_only) {
        struct waiting *waiting = add_item(&c->waiting, sizeof(*waiting));
        *waiting = (struct waiting){row, at};
        return 0;
    }
    return keep_row(c, at, &row);
}

static int read_table(struct collector *c, const char *bytes, size_t len)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_offer_header header;
    struct fg_offer_cells cells;
    struct fg_field line = {};
    struct fg_err why;
    uint32_t at = 0;
    while (line.len == 0)
        if (!fg_rows_next(&rows, &line))
            return fg_fail(c->err, FG_EINVAL, "nothing in it, expected a line of column names");
    int rc = fg_offer_header_read(c->reading, line, &header, c->err);
    if (rc == 0 && header.at[FG_OFFER_DATE] >= 0)
        rc = fg_fail(c->err, FG_EINVAL,
                     "a column of dates: these are prices over time, not offers");
    if (rc < 0)
        return fg_wrap(c->err, rc, "line %zu", rows.line);
    while (rc == 0 && fg_rows_next(&rows, &line)) {
        if (line.len == 0)
            continue;
        rc = begin_row(c, rows.line, &at);
        if (rc < 0)
            return rc;
        if (fg_offer_cells_cut(&header, line, &cells, &why) < 0)
            refuse(c, at, why.text);
        else
            rc = take_cells(c, at, &cells);
    }
    return rc;
}

/* What this program wrote itself needs no doubts but the check that it passed. */
static int take_ours(struct collector *c,
                     uint32_t at,
                     const struct fg_doc *item,
                     struct fg_arena *arena)
{
    struct fg_offer_row row = {.len = 1};
    struct fg_err why;
    if (fg_offer_ours_read(item, arena, &row.offers[0], &why) < 0) {
        refuse(c, at, why.text);
        return 0;
    }
    if (c->reading->supplier)
        fg_copy(row.offers[0].supplier, FG_NAME_MAX, c->reading->supplier);
    return keep_row(c, at, &row);
}

static int read_list(struct collector *c, const char *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len) + CELL_ROOM);
    const struct fg_doc *root;
    struct fg_offer_cells cells;
    struct fg_err why;
    int rc = fg_doc_json(bytes, len, arena, &root, c->err);
    if (rc < 0)
        return rc;
    if (root->kind == FG_DOC_MAP)
        root = fg_doc_get(root, "offers");
    if (!root || root->kind != FG_DOC_LIST)
        return fg_fail(c->err, FG_EINVAL, "expected a list of offers, or {\"offers\": [...]}");
    size_t number = 0;
    uint32_t at = 0;
    for (const struct fg_doc *item = root->first; rc == 0 && item; item = item->next) {
        rc = begin_row(c, ++number, &at);
        if (rc < 0)
            return rc;
        if (fg_offer_is_ours(item))
            rc = take_ours(c, at, item, arena);
        else if (fg_offer_cells_of(c->reading, item, arena, &cells, &why) < 0)
            refuse(c, at, why.text);
        else
            rc = take_cells(c, at, &cells);
    }
    return rc;
}

/* -- the sheet --------------------------------------------------------------------------------------- */

static void *new_array(size_t count, size_t size)
{
    void *array = calloc(count ? count : 1, size);
    if (!array)
        abort();
    return array;
}

static void count_rows(struct collector *c)
{
    struct fg_offer_sheet *sheet = c->sheet;
    sheet->rows = c->rows.len;
    for (size_t i = 0; i < c->rows.len; i++) {
        sheet->refused_rows += ROW(c, i)->refused != NULL;
        sheet->repaired_rows += !ROW(c, i)->refused && ROW(c, i)->repaired;
    }
    sheet->accepted = sheet->rows - sheet->refused_rows;
}

static void add_note(struct fg_offer_note *notes, size_t *len, size_t line, const char *why)
{
    if (*len < FG_OFFER_NOTES_MAX)
        notes[(*len)++] = (struct fg_offer_note){line, why};
}

static size_t at_most(size_t len)
{
    return len < FG_OFFER_NOTES_MAX ? len : FG_OFFER_NOTES_MAX;
}

static void finish(struct collector *c)
{
    struct fg_offer_sheet *sheet = c->sheet;
    count_rows(c);
    sheet->repaired = new_array(at_most(sheet->repaired_rows), sizeof(sheet->repaired[0]));
    sheet->refused = new_array(at_most(sheet->refused_rows), sizeof(sheet->refused[0]));
    for (size_t i = 0; i < c->rows.len; i++) {
        const struct row_end *row = ROW(c, i);
        if (row->refused)
            add_note(sheet->refused, &sheet->refused_len, row->line, row->refused);
        else if (row->repaired)
            add_note(sheet->repaired, &sheet->repaired_len, row->line, row->repaired);
    }
    sheet->offers = new_array(c->kept.len, sizeof(sheet->offers[0]));
    sheet->lines = new_array(c->kept.len, sizeof(sheet->lines[0]));
    for (size_t i = 0; i < c->kept.len; i++) {
        if (KEPT(c, i)->dropped)
            continue;
        sheet->lines[sheet->offers_len] = (uint32_t)ROW(c, KEPT(c, i)->row)->line;
        sheet->offers[sheet->offers_len++] = KEPT(c, i)->offer;
    }
}

static bool is_json(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isspace((unsigned char)bytes[i]))
            return bytes[i] == '[' || bytes[i] == '{';
    return false;
}

int fg_offer_read(const struct fg_offer_reading *reading,
                  const char *bytes,
                  size_t len,
                  struct fg_offer_sheet *out,
                  struct fg_err *err)
{
    *out = (struct fg_offer_sheet){};
    if (len > FG_OFFER_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%zu bytes, expected at most %lu", len,
                       FG_OFFER_BYTES_MAX);
    size_t rows_max = len / 2 + 1 < ROWS_MAX ? len / 2 + 1 : ROWS_MAX;
    out->arena = fg_arena_new(NOTE_ROOM * (rows_max + 1));
    struct collector c = {.reading = reading,
                          .sheet = out,
                          .offers_by_key = fg_map_new(0),
                          .hosts_by_key = fg_map_new(0),
                          .err = err};
    int rc = is_json(bytes, len) ? read_list(&c, bytes, len) : read_table(&c, bytes, len);
    if (rc == 0)
        rc = join_waiting(&c);
    if (rc == 0)
        finish(&c);
    fg_map_free(c.offers_by_key);
    fg_map_free(c.hosts_by_key);
    free(c.rows.items);
    free(c.kept.items);
    free(c.waiting.items);
    free(c.hosts.items);
    free(c.suppliers.items);
    if (rc < 0)
        fg_offer_sheet_free(out);
    return rc;
}

void fg_offer_sheet_free(struct fg_offer_sheet *sheet)
{
    if (!sheet)
        return;
    free(sheet->offers);
    free(sheet->lines);
    free(sheet->repaired);
    free(sheet->refused);
    fg_arena_free(sheet->arena);
    *sheet = (struct fg_offer_sheet){};
}

/* prices.c - prices by day and zone of a history into offers with a price for each day */
#include "base/map.h"
#include "base/rows.h"
#include "market/market.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum column { DATE, INSTANCE, ACCELERATOR, COUNT, REGION, ON_DEMAND, SPOT, COLUMNS };

static const char *const names[COLUMNS] = {
    [DATE] = "date",
    [INSTANCE] = "instance_type",
    [ACCELERATOR] = "accelerator",
    [COUNT] = "accelerator_count",
    [REGION] = "region",
    [ON_DEMAND] = "price_usd_h",
    [SPOT] = "spot_price_usd_h",
};

#define OFFERS_MAX 4096
#define DAYS_MAX   3660
static const int64_t day_us = 86'400'000'000;

/* Sums over the zones of an offer, on a day. */
struct sums {
    double on_demand, spot;
    uint32_t on_demand_len, spot_len;
};

struct reading {
    struct fg_arena *arena;
    struct fg_market_world *world;
    struct fg_map *by_name; /* hash of instance and region to the offer's number */
    struct fg_rows rows;
    size_t at[COLUMNS];
    size_t columns;
    int64_t first_day, last_day;
    struct sums *sums; /* by offer, then day */
};

/* A row as it matters here. */
struct price_row {
    struct fg_field instance, accelerator, region;
    int64_t day;
    double devices, on_demand, spot; /* NaN unknown */
};

static int read_header(struct reading *r, struct fg_err *err)
{
    struct fg_field line;
    struct fg_row row;
    if (!fg_rows_next(&r->rows, &line))
        return fg_fail(err, FG_EINVAL, "the file is empty, expected a line of column names");
    int rc = fg_row_split(line, ',', 0, &row, err);
    if (rc < 0)
        return rc;
    r->columns = row.len;
    for (int column = 0; column < COLUMNS; column++) {
        size_t i = 0;
        while (i < row.len && !fg_field_is(row.fields[i], names[column]))
            i++;
        if (i == row.len)
            return fg_fail(err, FG_EINVAL, "line 1: there is no column %s", names[column]);
        r->at[column] = i;
    }
    return 0;
}

static int take_row(const struct reading *r,
                    const struct fg_row *row,
                    struct price_row *out,
                    struct fg_err *err)
{
    int64_t moment_us;
    char shown[FG_FIELD_SHOWN];
    int rc = fg_field_moment(row->fields[r->at[DATE]], "date", &moment_us, err);
    if (rc < 0)
        return rc;
    out->day = moment_us / day_us;
    out->instance = row->fields[r->at[INSTANCE]];
    out->accelerator = row->fields[r->at[ACCELERATOR]];
    out->region = row->fields[r->at[REGION]];
    double *const numbers[] = {&out->devices, &out->on_demand, &out->spot};
    const enum column columns[] = {COUNT, ON_DEMAND, SPOT};
    for (int i = 0; i < 3; i++)
        if (!fg_field_real(row->fields[r->at[columns[i]]], numbers[i]) || *numbers[i] < 0)
            return fg_fail(err, FG_EINVAL, "%s: %s, expected a number, 0 or more",
                           names[columns[i]],
                           fg_field_shown(row->fields[r->at[columns[i]]], shown));
    if (!(out->devices >= 1 && out->devices <= FG_NODE_DEVICES_MAX))
        return fg_fail(err, FG_EINVAL, "accelerator_count: %s, expected 1 to %d",
                       fg_field_shown(row->fields[r->at[COUNT]], shown), FG_NODE_DEVICES_MAX);
    return 0;
}

/* The next row, line ends and errors told; *out_more false at the end. */
static int next_row(struct reading *r,
                    struct price_row *out,
                    bool *out_more,
                    struct fg_err *err)
{
    struct fg_field line;
    struct fg_row row;
    do {
        if (!fg_rows_next(&r->rows, &line)) {
            *out_more = false;
            return 0;
        }
    } while (line.len == 0);
    int rc = fg_row_split(line, ',', r->columns, &row, err);
    if (rc == 0)
        rc = take_row(r, &row, out, err);
    if (rc < 0)
        return fg_wrap(err, rc, "line %zu", r->rows.line);
    *out_more = true;
    return 0;
}

/* FNV-1a; 0 is no key of a map. */
static uint64_t hash(struct fg_field instance, struct fg_field region)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < instance.len; i++)
        h = (h ^ (unsigned char)instance.text[i]) * 1099511628211u;
    h = (h ^ '/') * 1099511628211u;
    for (size_t i = 0; i < region.len; i++)
        h = (h ^ (unsigned char)region.text[i]) * 1099511628211u;
    return h ? h : 1;
}

static int copy_name(struct fg_field field, char *out, size_t size, struct fg_err *err)
{
    char shown[FG_FIELD_SHOWN];
    if (field.len == 0 || field.len >= size)
        return fg_fail(err, FG_EINVAL, "name: %s, expected 1 to %zu bytes",
                       fg_field_shown(field, shown), size - 1);
    memcpy(out, field.text, field.len);
    out[field.len] = 0;
    return 0;
}

static int find_model(struct fg_market_world *world,
                      struct fg_field field,
                      uint32_t *out,
                      struct fg_err *err)
{
    for (uint32_t i = 0; i < world->models_len; i++)
        if (fg_field_is(field, world->models[i])) {
            *out = i;
            return 0;
        }
    if (world->models_len == FG_MARKET_MODELS_MAX)
        return fg_fail(err, FG_ETOOBIG, "more than %d models of accelerators",
                       FG_MARKET_MODELS_MAX);
    *out = (uint32_t)world->models_len;
    return copy_name(field, world->models[world->models_len++], FG_KIND_MAX, err);
}

/* First pass: which offers and which days there are. */
static int note_offer(struct reading *r, const struct price_row *row, struct fg_err *err)
{
    struct fg_market_world *world = r->world;
    uint64_t key = hash(row->instance, row->region);
    if (row->day < r->first_day)
        r->first_day = row->day;
    if (row->day > r->last_day)
        r->last_day = row->day;
    if (fg_map_get(r->by_name, key, NULL))
        return 0;
    if (world->offers_len == OFFERS_MAX)
        return fg_fail(err, FG_ETOOBIG, "more than %d offers", OFFERS_MAX);
    struct fg_market_offer *offer = &world->offers[world->offers_len];
    int rc = copy_name(row->instance, offer->instance, sizeof(offer->instance), err);
    if (rc == 0)
        rc = copy_name(row->region, offer->region, sizeof(offer->region), err);
    if (rc == 0)
        rc = find_model(world, row->accelerator, &offer->model, err);
    if (rc == 0)
        fg_map_put(r->by_name, key, (uint32_t)world->offers_len++);
    return rc;
}

static int first_pass(struct reading *r, struct fg_err *err)
{
    struct price_row row = {};
    bool more = true;
    r->first_day = INT64_MAX;
    r->last_day = INT64_MIN;
    int rc = read_header(r, err);
    while (rc == 0) {
        rc = next_row(r, &row, &more, err);
        if (rc < 0 || !more)
            break;
        rc = note_offer(r, &row, err);
        if (rc < 0)
            rc = fg_wrap(err, rc, "line %zu", r->rows.line);
    }
    if (rc == 0 && r->world->offers_len == 0)
        return fg_fail(err, FG_EINVAL, "no prices after the line of column names");
    if (rc == 0 && r->last_day - r->first_day >= DAYS_MAX)
        return fg_fail(err, FG_EINVAL, "dates are %lld days apart, expected at most %d",
                       (long long)(r->last_day - r->first_day), DAYS_MAX);
    return rc;
}

static void add_price(struct reading *r, const struct price_row *row)
{
    uint32_t offer = 0;
    fg_map_get(r->by_name, hash(row->instance, row->region), &offer);
    struct sums *sums = &r->sums[offer * r->world->days + (size_t)(row->day - r->first_day)];
    if (row->on_demand > 0) {
        sums->on_demand += row->on_demand / row->devices;
        sums->on_demand_len++;
    }
    if (row->spot > 0) {
        sums->spot += row->spot / row->devices;
        sums->spot_len++;
    }
}

static int second_pass(struct reading *r, const char *bytes, size_t len, struct fg_err *err)
{
    struct price_row row = {};
    struct fg_field header;
    bool more = true;
    r->rows = (struct fg_rows){.bytes = bytes, .len = len};
    fg_rows_next(&r->rows, &header);
    for (;;) {
        int rc = next_row(r, &row, &more, err);
        if (rc < 0 || !more)
            return rc;
        add_price(r, &row);
    }
}

/* Means over zones; a day without a row is as the day before. */
static void set_prices(struct reading *r, size_t number)
{
    struct fg_market_offer *offer = &r->world->offers[number];
    double *on_demand = FG_NEW(r->arena, double, r->world->days);
    double *spot = FG_NEW(r->arena, double, r->world->days);
    double last_on_demand = NAN, last_spot = NAN;
    for (size_t day = 0; day < r->world->days; day++) {
        const struct sums *sums = &r->sums[number * r->world->days + day];
        if (sums->on_demand_len)
            last_on_demand = sums->on_demand / sums->on_demand_len;
        if (sums->spot_len)
            last_spot = sums->spot / sums->spot_len;
        on_demand[day] = last_on_demand;
        spot[day] = last_spot;
    }
    offer->on_demand = on_demand;
    offer->spot = spot;
}

int fg_market_read_prices(struct fg_arena *arena,
                          const char *bytes,
                          size_t len,
                          struct fg_market_world *world,
                          struct fg_err *err)
{
    FG_AUTO(fg_map) struct fg_map *by_name = fg_map_new(1024);
    struct reading r = {.arena = arena, .world = world, .by_name = by_name};
    r.rows = (struct fg_rows){.bytes = bytes, .len = len};
    world->offers = FG_NEW(arena, struct fg_market_offer, OFFERS_MAX);
    world->offers_len = world->models_len = 0;
    int rc = first_pass(&r, err);
    if (rc < 0)
        return rc;
    world->days = (size_t)(r.last_day - r.first_day) + 1;
    world->hours = world->days * 24;
    r.sums = FG_NEW(arena, struct sums, world->offers_len * world->days);
    rc = second_pass(&r, bytes, len, err);
    for (size_t i = 0; rc == 0 && i < world->offers_len; i++)
        set_prices(&r, i);
    return rc;
}

/* offer_row.h - one row of a catalogue: read, doubted, and made into offers.  For the readers of this folder. */
#pragma once

#include "supply/offer_cells.h"

#define FG_ROW_REPAIRS_MAX 400

struct fg_offer_row {
    struct fg_offer offers[2]; /* on-demand (or what the contract column says), then spot */
    size_t len;
    bool devices_only; /* its price is without the machine: not for sale before that is found */
    char host[FG_NAME_MAX]; /* of such a row: the machine they go into; "" not known */
    char repairs[FG_ROW_REPAIRS_MAX]; /* what was repaired, "" nothing; parted by "; " */
};

/* 0, or FG_EINVAL: refused, and why. */
[[nodiscard]] int fg_offer_row_read(const struct fg_offer_reading *reading,
                                    const struct fg_offer_cells *cells,
                                    struct fg_offer_row *out,
                                    struct fg_err *err);

/* Is it a price that such a device may have?  FG_EINVAL: cents, a price for a month, a point at the wrong place. */
[[nodiscard]] int fg_offer_price_check(const char *what,
                                       int64_t price_uusd_per_hour,
                                       const struct fg_offer *offer,
                                       struct fg_err *err);

/* A machine without accelerators, as those list it who charge both apart: its name, zone and prices. */
struct fg_host_row {
    char supplier[FG_NAME_MAX], instance[FG_NAME_MAX], region[FG_NAME_MAX], zone[FG_NAME_MAX];
    int64_t price_uusd_per_hour, spot_uusd_per_hour; /* 0 unknown */
    uint32_t cpu_milli;
    uint64_t mem_mib;
};
/* Is this a row of that sort? */
bool fg_offer_row_is_host(const struct fg_offer_cells *cells);
[[nodiscard]] int fg_offer_row_host(const struct fg_offer_reading *reading,
                                    const struct fg_offer_cells *cells,
                                    struct fg_host_row *out,
                                    struct fg_err *err);
/* Add the machine to the devices: price, cores, memory, name. */
void fg_offer_row_join(struct fg_offer_row *row, const struct fg_host_row *host);

/* offer_place.c, offer_price.c: parts of the reading of a row. */
[[gnu::format(printf, 2, 3)]] void fg_offer_repair(struct fg_offer_row *row,
                                                   const char *fmt,
                                                   ...);
[[nodiscard]] int fg_offer_row_names(const struct fg_offer_reading *reading,
                                     const struct fg_offer_cells *cells,
                                     struct fg_offer_row *row,
                                     struct fg_err *err);
[[nodiscard]] int fg_offer_row_prices(const struct fg_offer_cells *cells,
                                      struct fg_offer_row *row,
                                      struct fg_err *err);

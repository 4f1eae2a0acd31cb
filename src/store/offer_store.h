/* offer_store.h - the catalogue of offers and what they cost over time: DIR/offers.db.
 *
 *     import, plug-ins --offers, prices--> OFFER STORE --rows--> api, planner
 *
 * Reference data, not state of the service: a file of its own, so that a catalogue of any size neither slows a commit of the
 * control thread nor can keep the service from starting.  An import is one transaction: all of it or nothing.
 *
 * Threads: any; writers wait for each other, readers for readers, and neither for the other.
 * Ids:     of an offer stay the same while it is for sale or not, and are never used again.
 */
#pragma once

#include "base/arena.h"
#include "model/price.h"

struct fg_offer_store;
typedef uint64_t fg_offer_id; /* 1, 2, ...; 0 is no offer */

/* Open or create `path` (mode 0600).  NULL and `err`: FG_EIO, FG_ENOSPC; FG_ESTATE: written by a newer version. */
struct fg_offer_store *fg_offer_store_open(const char *path, struct fg_err *err);
void fg_offer_store_free(struct fg_offer_store *store); /* NULL is allowed */
FG_AUTO_DEFINE(fg_offer_store)

/* What an import did. */
struct fg_offer_changes {
    size_t added, changed, same;
    size_t withdrawn; /* that are no longer for sale */
    size_t points;    /* of prices over time, added or taken away */
};

struct fg_offer_import {
    const struct fg_offer *offers; /* checked, none twice */
    size_t len;
    bool complete; /* it is all that its suppliers sell: what is not in it is withdrawn */
    bool bundled;  /* came with the program: the first real list of a supplier replaces it */
    int64_t now_us;
};

/* Add and change offers; a new price becomes a point of its history at `now_us`.  The same list again changes nothing. */
[[nodiscard]] int fg_offer_store_import(struct fg_offer_store *store,
                                        const struct fg_offer_import *import,
                                        struct fg_offer_changes *out,
                                        struct fg_err *err);

struct fg_price_history {
    const struct fg_price_series *series; /* each offer once */
    size_t len;
    int64_t now_us;
};

/* Put recorded prices into the history.  Between its first and last moment a series is the truth: what was there is replaced.
 * Offers that are not known become known, but not for sale. */
[[nodiscard]] int fg_offer_store_prices(struct fg_offer_store *store,
                                        const struct fg_price_history *history,
                                        struct fg_offer_changes *out,
                                        struct fg_err *err);

struct fg_offer_entry {
    fg_offer_id id;
    struct fg_offer offer;
    bool listed, bundled;
    int64_t first_us, changed_us; /* when it was first heard of, and last changed */
};

struct fg_offer_filter {
    const char *supplier; /* "" any */
    bool all;             /* also those that are not for sale (any more) */
};

/* Offers by id.  A callback that returns anything but 0 ends the reading, which then returns that. */
[[nodiscard]] int fg_offer_store_list(struct fg_offer_store *store,
                                      const struct fg_offer_filter *filter,
                                      int (*row)(void *self,
                                                 const struct fg_offer_entry *entry),
                                      void *self,
                                      struct fg_err *err);

/* One offer, for sale or not.  FG_ENOENT. */
[[nodiscard]] int fg_offer_store_get(struct fg_offer_store *store,
                                     fg_offer_id id,
                                     struct fg_offer_entry *out,
                                     struct fg_err *err);

struct fg_offer_moment {
    fg_offer_id id;
    int64_t from_us; /* what it cost then is the first point; 0: all that is known */
};
struct fg_price_track {
    const struct fg_price_point *points;
    size_t len;
};

/* What an offer cost, in `arena`.  FG_ENOENT: no such offer. */
[[nodiscard]] int fg_offer_store_history(struct fg_offer_store *store,
                                         const struct fg_offer_moment *from,
                                         struct fg_arena *arena,
                                         struct fg_price_track *out,
                                         struct fg_err *err);

/* offers.h - the catalogue of offers of the service: DIR/offers.db, with the list that comes with the program in it. */
#pragma once

#include "store/offer_store.h"

/* Open or make it, and put the bundled list in.  NULL: it cannot be opened or written, which is logged; the service goes on
 * without it, for no job needs it. */
struct fg_offer_store *fg_offers_open(const char *data_dir, int64_t now_us);

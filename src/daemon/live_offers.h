/* live_offers.h - offers that plug-ins tell, on their way into the catalogue.
 *
 *     control thread --offers of one supplier--> LIVE OFFERS (a thread of its own) --import--> offers.db
 *
 * An import waits for the disk, so the control thread only leaves a copy here.  Of each supplier the newest list counts: it is
 * all that it sells now, and what is not in it any more is withdrawn.
 */
#pragma once

#include "store/offer_store.h"

struct fg_live_offers;

/* `store` is borrowed and outlives it.  NULL and `err`: no thread could be made. */
struct fg_live_offers *fg_live_offers_start(struct fg_offer_store *store, struct fg_err *err);
/* What is there is imported, then the thread ends.  NULL is allowed. */
void fg_live_offers_stop(struct fg_live_offers *live);

/* All offers of one supplier, checked; copied.  Never waits.  An empty list changes nothing: a plug-in that sells nothing and one
 * that failed look alike. */
void fg_live_offers_put(struct fg_live_offers *live,
                        const struct fg_offer *offers,
                        size_t len,
                        int64_t now_us);

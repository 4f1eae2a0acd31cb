/* offer_find.h - the offer of the catalogue that is meant. */
#pragma once

#include "store/offer_store.h"

/* `offer_id`, or if it is 0 the offer that is for sale and like `offer`: of its supplier and contract; of its instance, region
 * and zone unless they are ""; of its kind of accelerator unless that is "".  With an instance exactly one must be so, without
 * one the cheapest device is taken, of equals the first.  `offer` becomes it.  FG_ENOENT; FG_ESTATE: no longer for sale;
 * FG_EINVAL: it names several. */
[[nodiscard]] int fg_offer_find(struct fg_offer_store *offers,
                                uint64_t offer_id,
                                struct fg_offer *offer,
                                struct fg_err *err);

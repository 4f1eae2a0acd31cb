/* offer_find.c - see offer_find.h */
#include "api/offer_find.h"

#include "model/names.h"

#include <string.h>

struct search {
    const struct fg_offer *wanted; /* "" and 0: any */
    struct fg_offer found;
    size_t len;
};

static bool is_like(const char *text, const char *wanted)
{
    return !wanted[0] || strcmp(text, wanted) == 0;
}

static int look_at(void *self, const struct fg_offer_entry *entry)
{
    struct search *search = self;
    const struct fg_offer *offer = &entry->offer, *wanted = search->wanted;
    if (!is_like(offer->instance, wanted->instance) || !is_like(offer->region, wanted->region)
        || !is_like(offer->zone, wanted->zone) || offer->contract != wanted->contract)
        return 0;
    if (wanted->accelerator[0] && !fg_kind_is(offer->accelerator, wanted->accelerator))
        return 0;
    if (search->len++ == 0
        || fg_offer_uusd_per_device_hour(offer) < fg_offer_uusd_per_device_hour(&search->found))
        search->found = *offer;
    return 0;
}

static int by_id(struct fg_offer_store *offers,
                 uint64_t offer_id,
                 struct fg_offer *out,
                 struct fg_err *err)
{
    struct fg_offer_entry entry;
    int rc = fg_offer_store_get(offers, offer_id, &entry, err);
    if (rc == 0 && !entry.listed)
        rc = fg_fail(err, FG_ESTATE, "offer %llu: it is no longer for sale",
                     (unsigned long long)offer_id);
    if (rc == 0)
        *out = entry.offer;
    return rc;
}

int fg_offer_find(struct fg_offer_store *offers,
                  uint64_t offer_id,
                  struct fg_offer *offer,
                  struct fg_err *err)
{
    struct search search = {.wanted = offer};
    if (offer_id)
        return by_id(offers, offer_id, offer, err);
    int rc = fg_offer_store_list(offers, &(struct fg_offer_filter){.supplier = offer->supplier},
                                 look_at, &search, err);
    if (rc == 0 && search.len == 0)
        rc = fg_fail(err, FG_ENOENT, "supplier %.40s sells no %.40s under contract %s",
                     offer->supplier, offer->instance[0] ? offer->instance : offer->accelerator,
                     fg_contract_name(offer->contract));
    if (rc == 0 && search.len > 1 && offer->instance[0])
        rc = fg_fail(err, FG_EINVAL,
                     "%zu offers of supplier %.40s are %.40s: expected a region, a zone, or "
                     "the id of one",
                     search.len, offer->supplier, offer->instance);
    if (rc == 0)
        *offer = search.found;
    return rc;
}

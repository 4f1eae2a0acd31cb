/* live_offers_test.c - lists of plug-ins arrive in the catalogue, the newest of each supplier last. */
#include "daemon/live_offers.h"

#include "test/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fg_offer offer(const char *supplier, int instance, int64_t price)
{
    struct fg_offer made = {
        .accelerator = "h100", .accelerators = 8, .price_uusd_per_hour = price};
    snprintf(made.supplier, FG_NAME_MAX, "%s", supplier);
    snprintf(made.instance, FG_NAME_MAX, "i%d", instance);
    return made;
}

static int add_price(void *self, const struct fg_offer_entry *entry)
{
    *(int64_t *)self += entry->offer.price_uusd_per_hour;
    return 0;
}

static void the_newest_lists_are_kept(void)
{
    char folder[] = "/tmp/fg_live_offers.XXXXXX", path[64];
    if (!OK(mkdtemp(folder)))
        return;
    snprintf(path, sizeof(path), "%s/offers.db", folder);
    struct fg_offer_store *store = fg_offer_store_open(path, NULL);
    struct fg_live_offers *live = fg_live_offers_start(store, NULL);
    OK(store && live);
    for (int round = 1; round <= 200; round++) {
        struct fg_offer a[] = {offer("a", 1, round), offer("a", round, round),
                               offer("a", round, 9999)};
        struct fg_offer b[] = {offer("b", 1, 1000000 + round)};
        fg_live_offers_put(live, a, 3, round);
        fg_live_offers_put(live, b, 1, round);
        fg_live_offers_put(live, b, 0, round);
    }
    fg_live_offers_stop(live);
    int64_t a = 0, b = 0;
    OK(fg_offer_store_list(store, &(struct fg_offer_filter){"a", false}, add_price, &a, NULL)
       == 0);
    OK(fg_offer_store_list(store, &(struct fg_offer_filter){"b", false}, add_price, &b, NULL)
       == 0);
    EQ(a, 400);
    EQ(b, 1000200);
    fg_offer_store_free(store);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/offers.db%s", folder, ends[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(void)
{
    RUN(the_newest_lists_are_kept);
    return tap_done();
}

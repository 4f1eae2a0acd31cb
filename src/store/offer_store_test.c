/* offer_store_test.c - imports are whole, repeatable and survive a kill; prices over time merge as a plain table does. */
#include "store/offer_store.h"
#include "store/price_blob.h"
#include "store/testing.h"

#include <signal.h>
#include <sys/wait.h>

#define OFFERS 40
#define HOUR   3600000000LL

static struct fg_offer_store *open_offers(const struct folder *folder)
{
    struct fg_err err = {};
    struct fg_offer_store *store = fg_offer_store_open(folder->db, &err);
    if (!store)
        printf("# %s\n", err.text);
    MUST(store);
    return store;
}

static void fill(struct fg_offer *offers, size_t len, const char *supplier, int64_t price)
{
    for (size_t i = 0; i < len; i++) {
        offers[i] = (struct fg_offer){.accelerators = 8, .price_uusd_per_hour = price};
        snprintf(offers[i].supplier, FG_NAME_MAX, "%s", supplier);
        snprintf(offers[i].instance, FG_NAME_MAX, "machine-%zu", i);
        snprintf(offers[i].accelerator, FG_KIND_MAX, "h100-sxm-80g");
    }
}

static struct fg_offer_changes put(struct fg_offer_store *store, struct fg_offer_import import)
{
    struct fg_offer_changes changes = {};
    struct fg_err err = {};
    if (!OK(fg_offer_store_import(store, &import, &changes, &err) == 0))
        printf("#   %s\n", err.text);
    return changes;
}

struct sum {
    size_t count, bundled;
    int64_t price;
    fg_offer_id last;
};

static int add_up(void *self, const struct fg_offer_entry *entry)
{
    struct sum *sum = self;
    sum->count++;
    sum->bundled += entry->bundled;
    sum->price += entry->offer.price_uusd_per_hour;
    sum->last = entry->id;
    return 0;
}

static struct sum all_of(struct fg_offer_store *store, const char *supplier, bool all)
{
    struct sum sum = {};
    struct fg_offer_filter filter = {supplier, all};
    OK(fg_offer_store_list(store, &filter, add_up, &sum, NULL) == 0);
    return sum;
}

static void an_import_can_be_repeated(void)
{
    FG_AUTO(folder) struct folder folder = folder_make();
    FG_AUTO(fg_offer_store) struct fg_offer_store *store = open_offers(&folder);
    struct fg_offer offers[OFFERS];
    fill(offers, OFFERS, "a", 1000000);
    struct fg_offer_import import = {.offers = offers, .len = OFFERS, .now_us = HOUR};
    EQ(put(store, import).added, OFFERS);
    import.now_us = 2 * HOUR;
    struct fg_offer_changes again = put(store, import);
    OK(again.added == 0 && again.changed == 0 && again.points == 0 && again.same == OFFERS);
    offers[3].price_uusd_per_hour = 2000000;
    offers[4].watts = 700;
    import.now_us = 3 * HOUR;
    struct fg_offer_changes changes = put(store, import);
    OK(changes.changed == 2 && changes.points == 1 && changes.same == OFFERS - 2);
    EQ(all_of(store, "a", false).price, 1000000LL * OFFERS + 1000000);

    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct fg_price_track track;
    OK(fg_offer_store_history(store, &(struct fg_offer_moment){4, 0}, arena, &track, NULL)
       == 0);
    OK(track.len == 2 && track.points[0].time_us == HOUR
       && track.points[1].time_us == 3 * HOUR);
    OK(fg_offer_store_history(store, &(struct fg_offer_moment){4, 2 * HOUR}, arena, &track,
                              NULL)
       == 0);
    OK(track.len == 2 && track.points[0].time_us == 2 * HOUR);
    EQ(fg_offer_store_history(store, &(struct fg_offer_moment){999, 0}, arena, &track, NULL),
       FG_ENOENT);
    struct fg_offer_entry entry;
    OK(fg_offer_store_get(store, 4, &entry, NULL) == 0 && entry.changed_us == 3 * HOUR);
    EQ(fg_offer_store_get(store, 0, &entry, NULL), FG_ENOENT);
}

static void a_complete_list_withdraws(void)
{
    FG_AUTO(folder) struct folder folder = folder_make();
    FG_AUTO(fg_offer_store) struct fg_offer_store *store = open_offers(&folder);
    struct fg_offer offers[OFFERS], others[3];
    fill(offers, OFFERS, "a", 1000000);
    fill(others, 3, "b", 5000000);
    put(store, (struct fg_offer_import){.offers = others, .len = 3, .now_us = 1});
    put(store, (struct fg_offer_import){.offers = offers, .len = OFFERS, .now_us = 1});
    struct fg_offer_import half = {.offers = offers, .len = OFFERS / 2, .now_us = 2};
    EQ(put(store, half).withdrawn, 0);
    half.complete = true;
    EQ(put(store, half).withdrawn, OFFERS / 2);
    EQ(put(store, half).withdrawn, 0);
    EQ(all_of(store, "a", false).count, OFFERS / 2);
    EQ(all_of(store, "a", true).count, OFFERS);
    EQ(all_of(store, "", false).count, OFFERS / 2 + 3);
    struct sum before = all_of(store, "a", true);
    EQ(put(store, (struct fg_offer_import){.offers = offers, .len = OFFERS, .now_us = 3})
           .changed,
       OFFERS / 2);
    EQ(all_of(store, "a", true).last, before.last); /* back under their old ids */
}

static void real_lists_replace_what_came_with_the_program(void)
{
    FG_AUTO(folder) struct folder folder = folder_make();
    FG_AUTO(fg_offer_store) struct fg_offer_store *store = open_offers(&folder);
    struct fg_offer bundled[5], real[3];
    fill(bundled, 5, "a", 1000000);
    fill(real, 3, "a", 2000000);
    struct fg_offer_import first = {.offers = bundled, .len = 5, .bundled = true, .now_us = 1};
    EQ(put(store, first).added, 5);
    EQ(put(store, first).same, 5);
    EQ(all_of(store, "", false).bundled, 5);
    struct fg_offer_changes changes =
        put(store, (struct fg_offer_import){.offers = real, .len = 3, .now_us = 2});
    OK(changes.changed == 3 && changes.withdrawn == 2);
    put(store,
        first); /* at the next start: the two that nobody sells stay away from the list */
    EQ(all_of(store, "", false).price, 3 * 2000000LL);
}

/* The price at every moment, as a table: what is put in later counts between its first and last moment. */
static void merged_prices_agree_with_a_table(void)
{
    enum { SLOTS = 24 };
    unsigned seed = 11;
    size_t bad = 0;
    for (int round = 0; round < 2000; round++) {
        int64_t table[SLOTS] = {};
        struct fg_price_point known[SLOTS * 4], merged[SLOTS * 4], points[SLOTS];
        size_t known_len = 0;
        for (int put_in = 0; put_in < 3; put_in++) {
            int first = rand_r(&seed) % SLOTS, last = first + rand_r(&seed) % (SLOTS - first);
            struct fg_price_series series = {
                .first_us = first, .last_us = last, .points = points};
            int64_t was = -1;
            for (int at = first; at <= last; at++) {
                int64_t price = 1 + rand_r(&seed) % 3;
                table[at] = price;
                if (price != was)
                    points[series.len++] = (struct fg_price_point){at, price};
                was = price;
            }
            /* What follows a series stays as it was only from the next known point on: till then its last price holds. */
            bool holds = true;
            for (size_t i = 0; i < known_len; i++)
                holds = holds && known[i].time_us != last + 1;
            for (int at = last + 1; holds && at < SLOTS; at++) {
                bool begins = false;
                for (size_t i = 0; i < known_len; i++)
                    begins = begins || known[i].time_us == at;
                if (begins)
                    break;
                table[at] = was;
            }
            known_len = fg_price_merge(known, known_len, &series, merged);
            memcpy(known, merged, known_len * sizeof(known[0]));
            bad += fg_price_merge(known, known_len, &series, merged) != known_len
                   || memcmp(known, merged, known_len * sizeof(known[0])) != 0;
        }
        for (int at = 0; at < SLOTS; at++) {
            int64_t price = 0;
            for (size_t i = 0; i < known_len && known[i].time_us <= at; i++)
                price = known[i].uusd_per_hour;
            bad += price != table[at];
        }
        for (size_t i = 1; i < known_len; i++)
            bad += known[i].uusd_per_hour == known[i - 1].uusd_per_hour
                   || known[i].time_us <= known[i - 1].time_us;
    }
    EQ(bad, 0);
}

static void prices_come_back_from_bytes(void)
{
    struct fg_price_point points[] = {
        {INT64_MIN / 4, INT64_MAX / 4}, {0, 0}, {1, -1}, {1700000000000000, 98320000}};
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    struct fg_price_point *back = NULL;
    size_t room = 0;
    fg_price_blob_write(&bytes, points, 4);
    EQ(fg_price_blob_read(bytes.text, bytes.len, &back, &room), 4);
    OK(back && memcmp(back, points, sizeof(points)) == 0);
    EQ(fg_price_blob_read(bytes.text, bytes.len - 1, &back, &room), FG_EIO);
    EQ(fg_price_blob_read("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11, &back, &room),
       FG_EIO);
    free(back);
}

static void recorded_prices_are_kept(void)
{
    FG_AUTO(folder) struct folder folder = folder_make();
    FG_AUTO(fg_offer_store) struct fg_offer_store *store = open_offers(&folder);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct fg_offer offer[1];
    fill(offer, 1, "a", 3000000);
    struct fg_price_point points[] = {{10, 1000000}, {20, 2000000}};
    struct fg_price_series series = {*offer, 10, 30, points, 2};
    struct fg_price_history history = {&series, 1, 50};
    struct fg_offer_changes changes;
    struct fg_price_track track;
    OK(fg_offer_store_prices(store, &history, &changes, NULL) == 0);
    OK(changes.added == 1 && changes.points == 2);
    EQ(all_of(store, "", false).count, 0); /* known, not for sale */
    put(store, (struct fg_offer_import){.offers = offer, .len = 1, .now_us = 100});
    OK(fg_offer_store_prices(store, &history, &changes, NULL) == 0);
    OK(changes.added == 0 && changes.points == 0);
    OK(fg_offer_store_history(store, &(struct fg_offer_moment){1, 0}, arena, &track, NULL)
       == 0);
    OK(track.len == 3 && track.points[2].time_us == 100
       && track.points[2].uusd_per_hour == 3000000);
}

/* Killed at any moment: the next one finds the old list or the new one. */
static void a_kill_leaves_a_whole_list(void)
{
    FG_AUTO(folder) struct folder folder = folder_make();
    struct fg_offer offers[OFFERS];
    size_t halves = 0, kills = 30;
    fg_offer_store_free(open_offers(&folder));
    for (size_t i = 0; i < kills; i++) {
        pid_t child = fork();
        MUST(child >= 0);
        if (child == 0) {
            struct fg_offer_store *store = fg_offer_store_open(folder.db, NULL);
            struct fg_offer_changes changes;
            for (int64_t round = 1; store; round++) {
                fill(offers, OFFERS, "a", 1000000 * (1 + (round + (int64_t)i) % 900));
                struct fg_offer_import import = {
                    .offers = offers, .len = OFFERS, .now_us = (int64_t)i * 1000000 + round};
                if (fg_offer_store_import(store, &import, &changes, NULL) < 0)
                    break;
            }
            _exit(1);
        }
        usleep(3000 + (unsigned)i * 700);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        FG_AUTO(fg_offer_store) struct fg_offer_store *store = open_offers(&folder);
        struct sum sum = all_of(store, "", false);
        halves += sum.count != 0 && (sum.count != OFFERS || sum.price % OFFERS != 0);
    }
    EQ(halves, 0);
    OK(fg_store_check(folder.db, NULL) == 0);
}

int main(void)
{
    RUN(an_import_can_be_repeated);
    RUN(a_complete_list_withdraws);
    RUN(real_lists_replace_what_came_with_the_program);
    RUN(merged_prices_agree_with_a_table);
    RUN(prices_come_back_from_bytes);
    RUN(recorded_prices_are_kept);
    RUN(a_kill_leaves_a_whole_list);
    return tap_done();
}

/* break_even_test.c - by hand where the answer is known, and what must hold of any question */
#include "plan/break_even.h"

#include "test/tap.h"

#include <string.h>

#define HOUR_US INT64_C(3600000000)
#define YEAR_US (8760 * HOUR_US)

static struct fg_offer on_demand(int64_t price)
{
    return (struct fg_offer){
        .contract = FG_CONTRACT_ON_DEMAND, .accelerators = 1, .price_uusd_per_hour = price};
}

static struct fg_offer reserved(int64_t price, int64_t years)
{
    return (struct fg_offer){.contract = FG_CONTRACT_RESERVED,
                             .accelerators = 1,
                             .price_uusd_per_hour = price,
                             .term_us = years * YEAR_US};
}

static struct fg_offer owned(int64_t upfront, int64_t price, int64_t years)
{
    return (struct fg_offer){.contract = FG_CONTRACT_OWNED,
                             .accelerators = 8,
                             .price_uusd_per_hour = price,
                             .upfront_uusd = upfront,
                             .term_us = years * YEAR_US};
}

static struct fg_break_even_question ask(const struct fg_offer *offers,
                                         size_t len,
                                         uint32_t months,
                                         uint32_t percent)
{
    return (struct fg_break_even_question){
        .offers = offers, .offers_len = len, .months = months, .use_ppm = percent * 10000};
}

static const struct fg_way_pair *pair(const struct fg_break_even *out, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < out->pairs_len; i++)
        if (out->pairs[i].a == a && out->pairs[i].b == b)
            return &out->pairs[i];
    return NULL;
}

static void test_rent_or_reserve(void)
{
    static struct fg_break_even out;
    /* 2 USD an hour, or 1 USD for all hours of a year: worth it from half the time. */
    struct fg_offer offers[] = {on_demand(2000000), reserved(1000000, 1)};
    struct fg_break_even_question question = ask(offers, 2, 12, 40);
    EQ(fg_break_even(&question, &out, NULL), 0);
    EQ(out.ways_len, 2);
    OK(strcmp(out.ways[0].name, "on_demand") == 0
       && strcmp(out.ways[1].name, "reserved 1y") == 0);
    EQ(out.ways[0].cost_uusd[12], INT64_C(8760) * 800000);
    EQ(out.ways[1].cost_uusd[12], INT64_C(8760) * 1000000);
    EQ(out.ways[1].cost_uusd[1], INT64_C(8760) * 1000000); /* begun is paid */
    EQ(out.best, 0);
    OK(pair(&out, 0, 1)->use_ppm > 499990 && pair(&out, 0, 1)->use_ppm < 500010);
    EQ(pair(&out, 0, 1)->month, -1);
    EQ(out.best_by_use[49], 0);
    EQ(out.best_by_use[51], 1);
    question.use_ppm = 750000; /* as many hours as a year reserved after eight months */
    EQ(fg_break_even(&question, &out, NULL), 0);
    EQ(out.best, 1);
    EQ(pair(&out, 0, 1)->month, 9);
    question.months = 13; /* a second year is begun for a month */
    EQ(fg_break_even(&question, &out, NULL), 0);
    EQ(out.best, 0);
    EQ(pair(&out, 0, 1)->month, -1);
}

static void test_own(void)
{
    static struct fg_break_even out;
    /* 8 devices for 200,000 USD over 4 years, 4 USD an hour to run; 2.50 USD a device on demand. */
    struct fg_offer offers[] = {owned(200000000000, 4000000, 4), on_demand(2500000)};
    struct fg_break_even_question question = ask(offers, 2, 36, 100);
    question.resale_milli = 500;
    EQ(fg_break_even(&question, &out, NULL), 0);
    OK(strcmp(out.ways[1].name, "owned") == 0);
    /* one eighth of: 200,000 - half of a quarter of it + 26,280 hours at 4 */
    EQ(out.ways[1].cost_uusd[36], (200000000000 - 25000000000 + INT64_C(26280) * 4000000) / 8);
    EQ(out.best, 1);
    EQ(pair(&out, 0, 1)->month, 11); /* 12,500 + (260 + 365) m < 1,825 m: from 10.4 on */
    question.devices = 9;            /* two machines */
    EQ(fg_break_even(&question, &out, NULL), 0);
    EQ(out.ways[1].instances, 2);
    EQ(out.ways[1].cost_uusd[36], 2 * (200000000000 - 25000000000 + INT64_C(26280) * 4000000));
    EQ(out.ways[0].cost_uusd[36], 9 * INT64_C(26280) * 2500000);
}

static void test_spot(void)
{
    static struct fg_break_even out;
    struct fg_offer offers[] = {on_demand(2000000),
                                {.contract = FG_CONTRACT_SPOT,
                                 .accelerators = 1,
                                 .price_uusd_per_hour = 1000000,
                                 .away_milli = 250,
                                 .reclaims_per_khour = 100}};
    struct fg_break_even_question question = ask(offers, 2, 1, 100);
    question.lost_us = HOUR_US;
    EQ(fg_break_even(&question, &out, NULL), 0);
    /* a tenth more for what is done again, three quarters of the time; the rest on demand */
    EQ(out.ways[1].cost_uusd[1], 730 * (825000 + 500000));
    OK(!out.ways[1].assumed);
    offers[1].away_milli = offers[1].reclaims_per_khour = 0;
    EQ(fg_break_even(&question, &out, NULL), 0);
    OK(out.ways[1].assumed);
    EQ(out.ways[1].cost_uusd[1], 730 * (900000 * 1050 / 1000 + 200000));
}

static void test_least_time(void)
{
    static struct fg_break_even out;
    struct fg_offer offers[] = {on_demand(1000000)};
    offers[0].min_term_us = 6 * HOUR_US;
    struct fg_break_even_question question = ask(offers, 1, 1, 10);
    EQ(fg_break_even(&question, &out, NULL), 0);
    EQ(out.ways[0].cost_uusd[1], 730 / 4 * 1000000 + 500000);
    EQ(out.ways[0].by_use_uusd[0], 0);
}

static void test_the_cheapest_of_each_sort(void)
{
    static struct fg_break_even out;
    struct fg_offer offers[12] = {on_demand(3000000), on_demand(2000000), reserved(1500000, 1),
                                  reserved(1200000, 1), owned(1, 1, 1)};
    for (size_t i = 5; i < 12; i++)
        offers[i] = reserved(1000000 + (int64_t)i * 1000, (int64_t)i);
    struct fg_break_even_question question = ask(offers, 12, 60, 100);
    EQ(fg_break_even(&question, &out, NULL), 0);
    EQ(out.ways_len, 7);
    OK(out.ways[0].offer == &offers[1] && out.ways[1].offer == &offers[3]);
    OK(out.ways[6].offer == &offers[4]);
    offers[1].capacity = 1;
    question.devices = 2;
    EQ(fg_break_even(&question, &out, NULL), 0);
    OK(out.ways[0].offer == &offers[0]);
}

static void test_bounds(void)
{
    static struct fg_break_even out;
    struct fg_offer offers[] = {on_demand(FG_PRICE_UUSD_MAX),
                                owned(FG_UPFRONT_UUSD_MAX, FG_PRICE_UUSD_MAX, 1)};
    struct fg_break_even_question question = ask(offers, 0, 12, 50);
    EQ(fg_break_even(&question, &out, NULL), FG_ENOENT);
    question = ask(offers, 2, FG_BREAK_EVEN_MONTHS_MAX, 100);
    question.devices = FG_ORDER_COUNT_MAX;
    EQ(fg_break_even(&question, &out, NULL), 0);
    OK(out.ways[0].cost_uusd[120] > 0 && out.ways[1].cost_uusd[120] > 0);
    question.months = 0;
    EQ(fg_break_even(&question, &out, NULL), FG_EINVAL);
    question.months = FG_BREAK_EVEN_MONTHS_MAX + 1;
    EQ(fg_break_even(&question, &out, NULL), FG_EINVAL);
    question = ask(offers, 2, 1, 0);
    EQ(fg_break_even(&question, &out, NULL), FG_EINVAL);
    question = ask(offers, 2, 1, 101);
    EQ(fg_break_even(&question, &out, NULL), FG_EINVAL);
}

static uint64_t state = 7;
static int64_t rnd(int64_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((state >> 33) % (uint64_t)below);
}

/* More use never costs less, longer never costs less (but for what a machine is sold for), and pairs say what the costs say. */
static void test_drawn(void)
{
    static struct fg_break_even out;
    bool rises = true, agrees = true, least = true;
    for (int round = 0; round < 200; round++) {
        struct fg_offer offers[8];
        size_t len = 1 + (size_t)rnd(8);
        for (size_t i = 0; i < len; i++)
            offers[i] = (struct fg_offer){.contract = (enum fg_contract)rnd(FG_CONTRACTS),
                                          .accelerators = 1 + (uint32_t)rnd(8),
                                          .price_uusd_per_hour = 1 + rnd(5000000),
                                          .upfront_uusd = rnd(100000000000),
                                          .term_us = (1 + rnd(4)) * YEAR_US,
                                          .away_milli = (uint32_t)rnd(1001),
                                          .min_term_us = rnd(30) * HOUR_US,
                                          .reclaims_per_khour = (uint32_t)rnd(200)};
        struct fg_break_even_question question = {.offers = offers,
                                                  .offers_len = len,
                                                  .devices = (uint32_t)rnd(20),
                                                  .months = 1 + (uint32_t)rnd(60),
                                                  .use_ppm = 1 + (uint32_t)rnd(1000000),
                                                  .lost_us = rnd(HOUR_US)};
        if (fg_break_even(&question, &out, NULL) < 0) {
            rises = false;
            continue;
        }
        for (size_t i = 0; i < out.ways_len; i++) {
            for (size_t k = 1; k <= FG_BREAK_EVEN_PARTS; k++)
                rises &= out.ways[i].by_use_uusd[k] >= out.ways[i].by_use_uusd[k - 1];
            for (uint32_t m = 1; m <= question.months; m++)
                rises &= out.ways[i].cost_uusd[m] >= out.ways[i].cost_uusd[m - 1];
            least &= out.ways[i].cost_uusd[question.months]
                     >= out.ways[out.best].cost_uusd[question.months];
        }
        for (size_t i = 0; i < out.pairs_len; i++) {
            const struct fg_way_pair *p = &out.pairs[i];
            const struct fg_way *a = &out.ways[p->a], *b = &out.ways[p->b];
            bool b_is_cheaper = b->cost_uusd[question.months] < a->cost_uusd[question.months];
            agrees &= (p->month >= 0) == b_is_cheaper;
            if (p->use_ppm > 0)
                agrees &= b_is_cheaper == ((int64_t)question.use_ppm >= p->use_ppm);
            for (uint32_t m = p->month > 0 ? (uint32_t)p->month : 1;
                 p->month >= 0 && m <= question.months; m++)
                agrees &= b->cost_uusd[m] < a->cost_uusd[m];
        }
    }
    OK(rises);
    OK(agrees);
    OK(least);
}

int main(void)
{
    RUN(test_rent_or_reserve);
    RUN(test_own);
    RUN(test_spot);
    RUN(test_least_time);
    RUN(test_the_cheapest_of_each_sort);
    RUN(test_bounds);
    RUN(test_drawn);
    return tap_done();
}

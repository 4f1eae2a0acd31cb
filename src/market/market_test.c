/* market_test.c - worlds small enough to be added up by hand; bounds that must hold in drawn ones. */
#include "market/clairvoyant.h"
#include "market/ways.h"
#include "market/world_read.h"

#include "test/tap.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

[[gnu::format(printf, 2, 3)]] static void ok(bool pass, const char *fmt, ...)
{
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    tap_ok(pass, what, __FILE__, 0);
}

static const char prices[] = "date,instance_type,accelerator,accelerator_count,region,zone,"
                             "price_usd_h,spot_price_usd_h\n"
                             "2023-01-01,big,A,4.0,east,east-1,8.0,2.0\n"
                             "2023-01-01,big,A,4.0,east,east-2,8.0,4.0\n"
                             "2023-01-01,small,B,1.0,east,east-1,1.0,\n"
                             "2023-01-03,big,A,4.0,east,east-1,12.0,\n";

static void test_prices(void)
{
    struct fg_err err = {};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)64 << 20);
    struct fg_market_world world = {};
    ok(fg_market_read_prices(arena, prices, strlen(prices), &world, &err) == 0,
       "prices are read");
    ok(world.days == 3 && world.hours == 72 && world.offers_len == 2 && world.models_len == 2,
       "three days, two offers of two models");
    const struct fg_market_offer *big = &world.offers[0];
    ok(big->on_demand[0] == 2 && big->spot[0] == 0.75, "per device, the mean over zones");
    ok(big->on_demand[1] == 2 && big->spot[1] == 0.75,
       "a day without a row is as the day before");
    ok(big->on_demand[2] == 3 && big->spot[2] == 0.75, "a new price counts from its day on");
    ok(isnan(world.offers[1].spot[0]), "no spot price is none");
    ok(fg_market_on_demand_usd(&world, 1, 2) == 1, "the cheapest of a model");
}

static void refuses(const char *text, const char *what, const char *why)
{
    struct fg_err err = {};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)64 << 20);
    struct fg_market_world world = {};
    int rc = fg_market_read_prices(arena, text, strlen(text), &world, &err);
    ok(rc == FG_EINVAL && strstr(err.text, why), "refused: %s (%s)", what, err.text);
}

static void test_bad_prices(void)
{
#define HEADER                                                                                 \
    "date,instance_type,accelerator,accelerator_count,region,zone,price_usd_h,spot_price_usd_" \
    "h\n"
    refuses("", "an empty file", "empty");
    refuses("date,price\n", "columns that are missing", "there is no column");
    refuses(HEADER, "no prices", "no prices");
    refuses(HEADER "2023-01-01,big,A,4,east,e,-1,\n", "a negative price", "line 2");
    refuses(HEADER "2023-01-01,big,A,0,east,e,1,\n", "no devices", "accelerator_count");
    refuses(HEADER "yesterday,big,A,4,east,e,1,\n", "no date", "date");
    refuses(HEADER "2023-01-01,big,A,4,east,e,1\n", "a row that is cut off", "line 2");
}

/* -- a world by hand ---------------------------------------------------------------------------------------- */

#define MONTHS 2
#define HOURS  (MONTHS * FG_MARKET_MONTH_HOURS)
#define DAYS   (HOURS / 24 + 1)

struct hand {
    double on_demand[DAYS], spot[DAYS], demand[HOURS];
    uint8_t there[4];
    struct fg_market_offer offer;
    struct fg_market_trace trace;
    struct fg_market_world world;
};

/* One model at 2 USD on demand and 0.5 on spot, half reserved price, one class that asks for ten. */
static void make_hand(struct hand *hand)
{
    *hand = (struct hand){.there = {1, 1, 1, 0}};
    for (size_t day = 0; day < DAYS; day++) {
        hand->on_demand[day] = 2;
        hand->spot[day] = 0.5;
    }
    for (size_t hour = 0; hour < HOURS; hour++)
        hand->demand[hour] = 10;
    hand->offer = (struct fg_market_offer){.on_demand = hand->on_demand, .spot = hand->spot};
    hand->trace = (struct fg_market_trace){hand->there, 1};
    hand->world = (struct fg_market_world){
        .days = DAYS,
        .hours = HOURS,
        .first_month = 1,
        .models = {"A"},
        .models_len = 1,
        .offers = &hand->offer,
        .offers_len = 1,
        .traces = &hand->trace,
        .traces_len = 1,
        .classes = {{.name = "work", .rate = {1}, .firm = 1, .demand = hand->demand}},
        .classes_len = 1,
        .terms = {{.price = 0.5, .hours = 12 * FG_MARKET_MONTH_HOURS}},
        .terms_len = 1,
        .spot_devices = 4,
        .on_demand_devices = 100,
        .rework_hours = 0.5,
        .unmet_usd = 100,
    };
}

static struct fg_market_bill run_with(const struct hand *hand, double reserved, bool spot)
{
    struct fg_err err = {};
    struct fg_market_bill bill = {};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)64 << 20);
    struct fg_market_book book = fg_market_book_new(arena, &hand->world);
    fg_market_reserve(&hand->world, &book, 1, 0, 0, reserved);
    ok(fg_market_run(&hand->world, &(struct fg_market_rule){.spot = spot}, &book, &bill, NULL,
                     &err)
           == 0,
       "a run with %g reserved", reserved);
    return bill;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(1, fabs(b));
}

static void test_bill(void)
{
    struct hand hand;
    const double hours = FG_MARKET_MONTH_HOURS;
    make_hand(&hand);
    struct fg_market_bill bill = run_with(&hand, 0, true);
    ok(near(bill.usd, 20 * hours) && bill.unmet == 0,
       "firm work runs on demand, from the first month");
    bill = run_with(&hand, 15, true);
    ok(near(bill.usd, 15 * hours) && near(bill.idle, 5 * hours),
       "what is reserved is paid, used or not: %g USD, %g idle", bill.usd, bill.idle);
    hand.world.classes[0].firm = 0.5;
    bill = run_with(&hand, 0, true);
    ok(near(bill.spot_usd, 4 * 0.5 * hours) && near(bill.on_demand_usd, 6 * 2 * hours),
       "flexible work rides spot as far as there is any");
    bill = run_with(&hand, 0, false);
    ok(near(bill.usd, 20 * hours), "unless it may not");
    hand.world.on_demand_devices = 3;
    bill = run_with(&hand, 0, true);
    ok(near(bill.unmet, 3 * hours), "what nothing is left for is unmet");
}

static void test_rework(void)
{
    struct hand hand;
    double there = 0, ends = 0; /* hours with spot; those after which it goes */
    make_hand(&hand);
    hand.world.classes[0].firm = 0;
    hand.trace.len = 4; /* there for three hours of four */
    for (size_t hour = FG_MARKET_MONTH_HOURS; hour < HOURS; hour++) {
        there += hand.there[hour % 4];
        ends += hand.there[hour % 4] && !hand.there[(hour + 1) % 4];
    }
    struct fg_market_bill bill = run_with(&hand, 0, true);
    ok(near(bill.spot_usd, 4 * 0.5 * there), "spot is paid while it is there");
    ok(near(bill.rework_usd, 4 * 0.5 * 2 * ends),
       "each time it goes half an hour is done again");
}

/* -- drawn worlds ------------------------------------------------------------------------------------------ */

/* Nobody is below the clairvoyant's bound, and the clairvoyant is close to it. */
static void test_bound(void)
{
    static const char *const ways[] = {"newsvendor", "mean", "last-month", "cheapest-now",
                                       "on-demand"};
    struct hand hand;
    struct fg_err err = {};
    make_hand(&hand);
    hand.world.classes[0].firm = 0.4;
    for (size_t hour = 0; hour < HOURS; hour++)
        hand.demand[hour] = 10 + 8 * sin((double)hour / 4) + (double)(hour % 700) / 100;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)256 << 20);
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new((size_t)256 << 20);
    struct fg_market_book book = fg_market_book_new(arena, &hand.world);
    struct fg_market_clairvoyant seer;
    ok(fg_market_clairvoyant(&hand.world, 0.001, 50, &seer, &book, &err) == 0,
       "the clairvoyant");
    ok(seer.bill.usd - seer.bill.rework_usd <= 1.001 * seer.bound_usd + 1e-6,
       "comes within 0.1 %% of its bound: %.2f, %.2f", seer.bill.usd, seer.bound_usd);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        const struct fg_market_way *way = fg_market_ways;
        struct fg_market_bill bill;
        while (strcmp(way->name, ways[i]) != 0)
            way++;
        book = fg_market_book_new(arena, &hand.world);
        struct fg_market_scene scene = {
            .world = &hand.world, .book = &book, .scratch = scratch};
        ok(fg_market_try(way, &scene, NULL, NULL, &bill, &err) == 0, "%s", way->name);
        ok(bill.usd >= seer.bound_usd - 1e-6, "%s pays no less than the bound", way->name);
    }
}

static void test_shape(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)64 << 20);
    double pattern[336];
    for (size_t i = 0; i < 336; i++)
        pattern[i] = i < 168 ? 1 : 3;
    struct fg_market_level level = {.mean = 100, .growth = 0, .seed = 3};
    const double *a = fg_market_shape(arena, pattern, 336, 1680, &level);
    const double *b = fg_market_shape(arena, pattern, 336, 1680, &level);
    bool whole_weeks = true;
    for (size_t i = 0; i < 1680; i++)
        whole_weeks &= near(a[i], a[i / 168 * 168]) && (near(a[i], 50) || near(a[i], 150));
    ok(whole_weeks, "weeks are drawn whole and scaled");
    ok(memcmp(a, b, 1680 * sizeof(double)) == 0, "the same seed draws the same");
}

int main(void)
{
    test_prices();
    test_bad_prices();
    test_bill();
    test_rework();
    test_bound();
    test_shape();
    return tap_done();
}

/* review_test.c - known demand, known faults: what is measured is what was put in, and what is learned helps the next period */
#include "plan/review.h"

#include "demand/ask.h"

#include "test/tap.h"

#include <math.h>
#include <stdlib.h>

#define DAY_US  INT64_C(86400000000)
#define HOUR_US INT64_C(3600000000)

static uint64_t state = 7;
static double noise(void) /* standard normal, nearly */
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(state >> 11) / 9007199254740992.0;
    }
    return sum;
}

/* -- forecasts that are made up -------------------------------------------------------------------------------- */

/* Days whose forecast is `share` of what comes, with bands that are `width` times as wide as they should be. */
static void fill(struct fg_review_hour *hours, size_t days, double share, double width)
{
    for (size_t i = 0; i < days * FG_REVIEW_DAY; i++) {
        double level = 40 + 20 * sin((double)i * M_PI / 12), median = share * level;
        hours[i] = (struct fg_review_hour){.actual = level + 4 * noise(),
                                           .median = median,
                                           .lo = median - width * 1.2816 * 4 * share,
                                           .hi = median + width * 1.2816 * 4 * share,
                                           .naive = 40};
    }
}

static struct fg_review_demand judge(double share, double width, size_t days)
{
    struct fg_review_hour hours[FG_REVIEW_DAYS_MAX * FG_REVIEW_DAY];
    struct fg_review_demand out;
    fill(hours, days, share, width);
    fg_review_judge(hours, days, 7, &out);
    return out;
}

static void test_measures(void)
{
    struct fg_review_hour hours[FG_REVIEW_DAY];
    struct fg_review_demand out;
    for (size_t i = 0; i < FG_REVIEW_DAY; i++)
        hours[i] = (struct fg_review_hour){
            .actual = 10, .median = i % 2 ? 8 : 12, .lo = i % 4 ? 7 : 11, .hi = 13, .naive = 5};
    hours[5].actual = NAN;
    fg_review_judge(hours, 1, 7, &out);
    EQ(out.days, 1);
    EQ(out.hours, 23);
    OK(fabs(out.actual - 230) < 1e-9);
    OK(fabs(out.forecast - (12 * 12 + 11 * 8)) < 1e-9);
    OK(fabs(out.wape - 0.2) < 1e-12);
    OK(fabs(out.naive_wape - 0.5) < 1e-12);
    OK(fabs(out.coverage - 17.0 / 23) < 1e-12);
    EQ(out.correction.days, 0);
    OK(out.correction.factor == 1 && out.correction.width == 1);
    fg_review_judge(hours, 0, 7, &out);
    OK(out.hours == 0 && isnan(out.wape) && isnan(out.coverage));
}

static void test_what_is_right_stays(void)
{
    struct fg_review_demand out = judge(1, 1, 14);
    OK(fabs(out.correction.factor - 1) < 0.02);
    OK(fabs(out.correction.width - 1) < 0.1);
    OK(fabs(out.coverage - 0.8) < 0.1);
    EQ(out.correction.days, 14);
}

static void test_bias_and_width_are_found(void)
{
    struct fg_review_demand low = judge(0.7, 1, 14), high = judge(1.4, 1, 14);
    OK(fabs(low.correction.factor - 1 / 0.7) < 0.05);
    OK(fabs(high.correction.factor - 1 / 1.4) < 0.05);
    struct fg_review_demand narrow = judge(1, 0.4, 14), wide = judge(1, 1.8, 14);
    OK(narrow.correction.width > 1.5 && narrow.correction.width < 2.6);
    OK(wide.correction.width < 0.85 && wide.correction.width > 0.5);
    OK(narrow.coverage < 0.5 && wide.coverage > 0.9);
    struct fg_review_demand wild = judge(0.01, 0.01, 14);
    OK(wild.correction.factor <= 2 && wild.correction.width <= 3);
}

/* One strange day moves nothing. */
static void test_one_day_is_not_believed(void)
{
    struct fg_review_hour hours[14 * FG_REVIEW_DAY];
    struct fg_review_demand out;
    fill(hours, 14, 1, 1);
    for (size_t i = 0; i < FG_REVIEW_DAY; i++)
        hours[3 * FG_REVIEW_DAY + i].actual *= 4;
    fg_review_judge(hours, 14, 14, &out);
    OK(out.correction.factor < 1.03);
}

/* Periods one after another: what the last weeks taught makes the next one better. */
static void test_the_next_period_is_better(void)
{
    static const double shares[] = {0.6, 0.8, 1.0, 1.25, 1.6};
    for (size_t s = 0; s < sizeof(shares) / sizeof(shares[0]); s++) {
        struct fg_review_hour hours[28 * FG_REVIEW_DAY];
        struct fg_review_demand first, before, after;
        fill(hours, 28, shares[s], 0.6);
        fg_review_judge(hours, 14, 14, &first);
        fg_review_judge(hours + 14 * FG_REVIEW_DAY, 14, 14, &before);
        const struct fg_review_correction *learned = &first.correction;
        for (size_t i = 14 * FG_REVIEW_DAY; i < 28 * FG_REVIEW_DAY; i++) {
            struct fg_review_hour *hour = &hours[i];
            struct fg_forecast forecast = {.horizon = 1,
                                           .median = &hour->median,
                                           .bands = {{80, &hour->lo, &hour->hi, 0.8}},
                                           .bands_len = 1,
                                           .scale = (double[1]){1},
                                           .floor_at_zero = true};
            fg_review_correct(learned, &forecast);
        }
        fg_review_judge(hours + 14 * FG_REVIEW_DAY, 14, 14, &after);
        printf("# share %.2f: factor %.3f, width %.3f: error %.3f, then %.3f; coverage %.2f, "
               "then %.2f\n",
               shares[s], learned->factor, learned->width, before.wape, after.wape,
               before.coverage, after.coverage);
        OK(after.wape <= before.wape * 1.001);
        OK(fabs(shares[s] - 1) < 0.01 || after.wape < 0.75 * before.wape);
        OK(fabs(after.coverage - 0.8) < fabs(before.coverage - 0.8));
    }
}

/* -- forecasts that are made ------------------------------------------------------------------------------------- */

static char name[] = "h100";
static double values[60 * FG_REVIEW_DAY];

static struct fg_demand_series series_of(size_t days)
{
    for (size_t i = 0; i < days * FG_REVIEW_DAY; i++)
        values[i] = 40 + 20 * sin((double)i * M_PI / 12) + 3 * noise();
    return (struct fg_demand_series){.name = name,
                                     .time = {.first = 0, .step = HOUR_US},
                                     .values = values,
                                     .len = days * FG_REVIEW_DAY};
}

static void test_series(void)
{
    struct fg_demand_series series = series_of(24);
    struct fg_review_demand week, day;
    struct fg_err err = {};
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    EQ(fg_review_series(&series, 7, scratch, &week, &err), 0);
    EQ(week.days, 7);
    EQ(week.hours, 168);
    OK(week.wape < 0.5 * week.naive_wape);
    OK(week.coverage > 0.6 && week.coverage < 0.97);
    EQ(week.correction.days, 14);
    OK(fabs(week.correction.factor - 1) < 0.05);
    OK(week.correction.width > 0.7 && week.correction.width < 1.4);

    series.len = 71; /* no day can be judged */
    EQ(fg_review_series(&series, 7, scratch, &day, &err), 0);
    EQ(day.days, 0);
    EQ(day.correction.days, 0);
    series.len = 72;
    EQ(fg_review_series(&series, 7, scratch, &day, &err), 0);
    EQ(day.days, 1);

    /* What comes later is not known before: the past alone decides. */
    for (size_t i = 72; i < 96; i++)
        values[i] = 1000;
    EQ(fg_review_series(&series, 7, scratch, &week, &err), 0);
    OK(day.wape == week.wape && day.coverage == week.coverage && day.forecast == week.forecast);
}

static void test_correct_keeps_the_order(void)
{
    double median[2] = {10, 0.5}, lo[2] = {8, 0}, hi[2] = {13, 2}, scale[2] = {1, 2},
           paths[4] = {1, -1, 2, -2};
    struct fg_forecast forecast = {.horizon = 2,
                                   .median = median,
                                   .bands = {{80, lo, hi, 0.8}},
                                   .bands_len = 1,
                                   .paths = paths,
                                   .paths_len = 2,
                                   .scale = scale,
                                   .floor_at_zero = true};
    fg_review_correct(&(struct fg_review_correction){1, 1, 0}, &forecast);
    OK(median[0] == 10 && lo[0] == 8 && hi[0] == 13 && scale[1] == 2 && paths[3] == -2);
    fg_review_correct(&(struct fg_review_correction){1.5, 2, 14}, &forecast);
    OK(median[0] == 15 && lo[0] == 9 && hi[0] == 24 && scale[0] == 3 && paths[2] == 6);
    OK(lo[1] == 0 && lo[1] <= median[1] && median[1] <= hi[1]);
}

/* What was learned a day ahead makes no band narrower further out. */
static void test_narrower_for_a_day_only(void)
{
    double median[30], lo[30], hi[30], scale[30];
    struct fg_forecast forecast = {.horizon = 30,
                                   .median = median,
                                   .bands = {{80, lo, hi, 0.8}},
                                   .bands_len = 1,
                                   .scale = scale};
    for (int i = 0; i < 30; i++) {
        median[i] = 10;
        lo[i] = 6;
        hi[i] = 14;
        scale[i] = 1;
    }
    fg_review_correct(&(struct fg_review_correction){1, 0.5, 14}, &forecast);
    OK(lo[23] == 8 && hi[23] == 12 && scale[23] == 0.5);
    OK(lo[24] == 6 && hi[24] == 14 && scale[24] == 1);
    fg_review_correct(&(struct fg_review_correction){1, 2, 14}, &forecast);
    OK(lo[24] == 2 && hi[24] == 18 && scale[24] == 2);
}

/* -- orders ------------------------------------------------------------------------------------------------------- */

static struct fg_order order_of(int64_t ordered_us, int64_t delivered_us)
{
    return (struct fg_order){.offer = {.supplier = "shop",
                                       .instance = "box",
                                       .accelerator = "h100",
                                       .contract = FG_CONTRACT_ON_DEMAND,
                                       .accelerators = 1,
                                       .price_uusd_per_hour = 2'000'000,
                                       .lead_time_us = HOUR_US},
                             .count = 2,
                             .delivered = delivered_us ? 2 : 0,
                             .state = delivered_us ? FG_ORDER_ACTIVE : FG_ORDER_ORDERED,
                             .created_us = ordered_us,
                             .approved_us = ordered_us,
                             .ordered_us = ordered_us,
                             .delivered_us = delivered_us,
                             .promised_us = ordered_us + HOUR_US};
}

static void test_orders(void)
{
    struct fg_review_orders sum = {};
    int64_t from_us = 10 * DAY_US, to_us = 11 * DAY_US;
    struct fg_order good = order_of(from_us + HOUR_US, from_us + 2 * HOUR_US),
                    slow = order_of(from_us + HOUR_US, from_us + 6 * HOUR_US),
                    never = order_of(from_us + HOUR_US, 0),
                    old = order_of(from_us - DAY_US, from_us - DAY_US + HOUR_US),
                    no = order_of(from_us + HOUR_US, 0);
    no.state = FG_ORDER_REJECTED;
    no.cause = FG_CAUSE_REFUSED;
    no.promised_us = 0;
    no.ended_us = from_us + HOUR_US;
    fg_review_order_add(&sum, &good, from_us, to_us);
    EQ(sum.cost_uusd, 22LL * 2 * 2'000'000);
    EQ(sum.approved_uusd, sum.cost_uusd);
    fg_review_order_add(&sum, &slow, from_us, to_us);
    EQ(sum.cost_uusd, (22LL + 18) * 2 * 2'000'000);
    EQ(sum.approved_uusd, 44LL * 2 * 2'000'000);
    fg_review_order_add(&sum, &never, from_us, to_us);
    fg_review_order_add(&sum, &old, from_us, to_us);
    fg_review_order_add(&sum, &no, from_us, to_us);
    EQ(sum.asked, 4);
    EQ(sum.delivered, 2);
    EQ(sum.late, 2);
    EQ(sum.refused, 1);
    EQ(sum.leads, 2);
    EQ(sum.promised_lead_us, 2 * HOUR_US);
    EQ(sum.lead_us, 6 * HOUR_US);
    EQ(sum.cost_uusd, (22LL + 18 + 24) * 2 * 2'000'000);
}

/* Days side by side sum to the whole, to the micro-dollar. */
static void test_periods_sum(void)
{
    struct fg_order order = order_of(DAY_US / 3, DAY_US / 2 + 12345);
    order.offer.price_uusd_per_hour = 1'234'567;
    order.until_us = order.ended_us = 5 * DAY_US + 7;
    order.cause = FG_CAUSE_EXPIRED;
    order.state = FG_ORDER_RELEASED;
    struct fg_review_orders whole = {}, parts = {};
    fg_review_order_add(&whole, &order, 0, 8 * DAY_US);
    for (int day = 0; day < 8; day++)
        fg_review_order_add(&parts, &order, day * DAY_US, (day + 1) * DAY_US);
    EQ(whole.cost_uusd, parts.cost_uusd);
    EQ(whole.approved_uusd, parts.approved_uusd);
    EQ(whole.late, parts.late);
    EQ(parts.asked + parts.delivered, 2);
    OK(whole.cost_uusd > 0 && whole.approved_uusd > whole.cost_uusd);
}

static void test_order_at(void)
{
    struct fg_order order = order_of(DAY_US, 2 * DAY_US), then;
    order.ended_us = 3 * DAY_US;
    order.cause = FG_CAUSE_RECLAIMED;
    OK(!fg_review_order_at(&order, DAY_US - 1, &then));
    OK(fg_review_order_at(&order, DAY_US, &then));
    OK(then.ordered_us == DAY_US && then.delivered_us == 0 && then.delivered == 0
       && then.ended_us == 0 && then.cause == FG_CAUSE_NONE);
    OK(fg_review_order_at(&order, 2 * DAY_US, &then));
    OK(then.delivered == 2 && then.ended_us == 0 && then.cause == FG_CAUSE_NONE);
    OK(fg_review_order_at(&order, 3 * DAY_US, &then));
    OK(then.cause == FG_CAUSE_RECLAIMED && then.ended_us == order.ended_us);
}

static void test_plans(void)
{
    struct fg_review_plan plan = {
        .applied_us = 10 * DAY_US, .horizon_us = 28 * DAY_US, .cost_uusd = 28'000};
    EQ(fg_review_plan_uusd(&plan, 0, 10 * DAY_US), 0);
    EQ(fg_review_plan_uusd(&plan, 0, 12 * DAY_US), 2000);
    EQ(fg_review_plan_uusd(&plan, 12 * DAY_US, 19 * DAY_US), 7000);
    EQ(fg_review_plan_uusd(&plan, 0, 100 * DAY_US), 28'000);
    plan.next_us = 15 * DAY_US;
    EQ(fg_review_plan_uusd(&plan, 0, 100 * DAY_US), 5000);
    EQ(fg_review_plan_uusd(&plan, 15 * DAY_US, 100 * DAY_US), 0);
}

int main(void)
{
    RUN(test_measures);
    RUN(test_what_is_right_stays);
    RUN(test_bias_and_width_are_found);
    RUN(test_one_day_is_not_believed);
    RUN(test_the_next_period_is_better);
    RUN(test_series);
    RUN(test_correct_keeps_the_order);
    RUN(test_narrower_for_a_day_only);
    RUN(test_orders);
    RUN(test_periods_sum);
    RUN(test_order_at);
    RUN(test_plans);
    return tap_done();
}

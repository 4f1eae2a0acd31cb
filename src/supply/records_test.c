/* records_test.c - made-up orders: what counts of them against a list, and what is expected of offers against what is true of them. */
#include "supply/records.h"

#include "base/rate.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US  INT64_C(3600000000)
#define DAY_US   (24 * HOUR_US)
#define ORDERS   300
#define START_US (1000 * DAY_US)

static uint64_t random_state = 1;

static uint32_t rnd(uint32_t below)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33) % below;
}

static double unit(void)
{
    return (rnd(1U << 30) + 0.5) / (1U << 30);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * (1 + fabs(a) + fabs(b));
}

static struct fg_offer an_offer(const char *supplier, const char *instance, bool is_spot)
{
    struct fg_offer offer = {.contract = is_spot ? FG_CONTRACT_SPOT : FG_CONTRACT_ON_DEMAND,
                             .accelerators = 1,
                             .price_uusd_per_hour = 1000000,
                             .lead_time_us = HOUR_US,
                             .reclaims_per_khour = is_spot ? 20 : 0};
    snprintf(offer.supplier, sizeof(offer.supplier), "%s", supplier);
    snprintf(offer.instance, sizeof(offer.instance), "%s", instance);
    return offer;
}

static struct fg_order an_order(struct fg_offer offer, int64_t at_us)
{
    return (struct fg_order){.offer = offer,
                             .count = 1,
                             .delivered = 1,
                             .ordered_us = at_us,
                             .delivered_us = at_us + HOUR_US};
}

/* Orders of one instance each, that live as long as chance lets them at such a rate, or a hundred hours. */
static void live(struct fg_supplier_records *records,
                 struct fg_offer offer,
                 double per_khour,
                 double lead_hours,
                 int orders)
{
    for (int i = 0; i < orders; i++) {
        struct fg_order order = an_order(offer, START_US + i * HOUR_US);
        double hours = -log(unit()) / per_khour * 1000;
        order.delivered_us = order.ordered_us + llround(lead_hours * (double)HOUR_US);
        order.ended_us = order.delivered_us + llround(fmin(hours, 100) * (double)HOUR_US);
        order.cause = hours < 100 ? FG_CAUSE_RECLAIMED : FG_CAUSE_USER;
        fg_supplier_records_add(records, &order);
    }
}

static double lost_per_khour(const struct fg_supplier_records *records, struct fg_offer offer)
{
    struct fg_supplier_outlook outlook;
    fg_supplier_records_expect(records, &offer, &outlook);
    return outlook.losses.mean;
}

/* Every order weighed by its age, in another order: the same sums. */
static void counts_are_those_of_a_list(void)
{
    static struct fg_order orders[ORDERS];
    for (int round = 0; round < 10; round++) {
        int64_t life_us = round ? (1 + rnd(60)) * DAY_US : 0, now_us = START_US + 200 * DAY_US;
        struct fg_supplier_records one = {.clock = {now_us, life_us}}, other = one;
        double promised = 0, reclaims = 0, lead_us = 0, held_us = 0;
        for (int i = 0; i < ORDERS; i++) {
            orders[i] = an_order(an_offer("s", rnd(2) ? "a" : "b", true),
                                 START_US + rnd(150 * 24) * HOUR_US);
            struct fg_order *order = &orders[i];
            order->count = order->delivered = 1 + rnd(4);
            order->delivered_us = order->ordered_us + rnd(500) * (HOUR_US / 100);
            order->ended_us = order->delivered_us + (1 + rnd(1000)) * HOUR_US;
            order->cause = rnd(2) ? FG_CAUSE_RECLAIMED : FG_CAUSE_USER;
            double counts =
                life_us ? pow(0.5, (double)(now_us - order->delivered_us) / (double)life_us)
                        : 1;
            promised += counts * order->count;
            lead_us += counts * (double)(order->delivered_us - order->ordered_us);
            if (order->cause == FG_CAUSE_RECLAIMED)
                reclaims +=
                    order->count
                    * (life_us ? pow(0.5, (double)(now_us - order->ended_us) / (double)life_us)
                               : 1);
            for (int64_t at_us = order->delivered_us; at_us < order->ended_us; at_us += HOUR_US)
                held_us += order->count * (double)HOUR_US
                           * fg_fade(now_us - at_us - HOUR_US / 2, life_us);
        }
        for (int i = 0; i < ORDERS; i++) {
            fg_supplier_records_add(&one, &orders[i]);
            fg_supplier_records_add(&other, &orders[ORDERS - 1 - i]);
        }
        const struct fg_supplier_history *row = fg_supplier_records_of(&one, "s"),
                                         *again = fg_supplier_records_of(&other, "s");
        double parts = 0;
        for (size_t i = 0; i < one.parts_len; i++)
            parts += one.parts[i].losses;
        if (!is_near(row->promised, promised) || !is_near(row->reclaims, reclaims)
            || !is_near(parts, reclaims) || !is_near(again->reclaims, reclaims)
            || fabs((double)row->lead_sum_us - lead_us) > ORDERS
            || fabs((double)row->spot_held_us - held_us) > 1e-4 * held_us)
            tap_ok(false, "another sum", __FILE__, __LINE__);
        if (fg_supplier_history_check(row, NULL) < 0)
            tap_ok(false, "no history", __FILE__, __LINE__);
        fg_supplier_records_fini(&one);
        fg_supplier_records_fini(&other);
    }
    OK(true);
}

/* From what the offer says, over what else the supplier sells, to what was measured of it. */
static void the_nearer_speaks_the_louder(void)
{
    struct fg_supplier_records records = {.clock = {START_US + 100 * DAY_US, 0}};
    struct fg_offer known = an_offer("s", "known", true), fresh = an_offer("s", "fresh", true),
                    dear = fresh, other = an_offer("other", "known", true);
    dear.reclaims_per_khour = 40;
    EQ(lost_per_khour(&records, known), 20);
    live(&records, known, 60, 1, 400); /* three times what it says */
    double of_known = lost_per_khour(&records, known),
           of_fresh = lost_per_khour(&records, fresh), of_dear = lost_per_khour(&records, dear);
    printf("# told 20, true 60: %.1f; what else it sells: %.1f, told 40: %.1f\n", of_known,
           of_fresh, of_dear);
    OK(fabs(of_known - 60) < 6);
    OK(fabs(of_fresh - 60) < 10);
    OK(fabs(of_dear - 2 * of_fresh) < 1e-6);
    EQ(lost_per_khour(&records, other), 20);
    live(&records, fresh, 10, 1, 400); /* that one is not like the other */
    OK(fabs(lost_per_khour(&records, fresh) - 10) < 3);
    OK(fabs(lost_per_khour(&records, known) - 60) < 6);
    /* What is not spot is another matter. */
    OK(lost_per_khour(&records, an_offer("s", "known", false)) <= 1);
    fg_supplier_records_fini(&records);
}

static void plans_go_by_what_was_measured(void)
{
    struct fg_supplier_records records = {.clock = {START_US + 100 * DAY_US, 0}};
    struct fg_offer late = an_offer("s", "late", true), fast = an_offer("fast", "a", true),
                    other = an_offer("other", "a", true);
    live(&records, late, 60, 5, 50);
    live(&records, fast, 20, 0.1, 50);
    fg_supplier_records_correct(&records, &late);
    fg_supplier_records_correct(&records, &fast);
    fg_supplier_records_correct(&records, &other);
    OK(late.reclaims_per_khour > 45 && late.reclaims_per_khour < 75);
    OK(late.lead_time_us > 4 * HOUR_US && late.lead_time_us <= 5 * HOUR_US);
    EQ(fast.lead_time_us, HOUR_US);
    EQ(other.reclaims_per_khour, 20);
    EQ(other.lead_time_us, HOUR_US);
    fg_supplier_records_fini(&records);
}

/* Rates drawn about what the offers say: what is expected is nearer to the truth than what is told, and than counts alone. */
static void it_is_nearer_to_the_truth(void)
{
    double of_told = 0, of_counts = 0, of_learned = 0;
    const int offers = 300;
    struct fg_supplier_records records = {.clock = {START_US + 100 * DAY_US, 0}};
    static double truth[300];
    for (int i = 0; i < offers; i++) {
        char supplier[16], instance[16];
        snprintf(supplier, sizeof(supplier), "s%d", i / 10);
        snprintf(instance, sizeof(instance), "i%d", i % 10);
        /* A factor of the supplier's, and one of the offer's. */
        static double factor;
        if (i % 10 == 0)
            factor = exp(2 * unit() - 1);
        truth[i] = 20 * factor * exp(unit() - 0.5);
        live(&records, an_offer(supplier, instance, true), truth[i], 1, (int)rnd(6));
    }
    for (int i = 0; i < offers; i++) {
        char supplier[16], instance[16];
        snprintf(supplier, sizeof(supplier), "s%d", i / 10);
        snprintf(instance, sizeof(instance), "i%d", i % 10);
        struct fg_offer offer = an_offer(supplier, instance, true);
        const struct fg_supplier_part *part = fg_supplier_records_part(&records, &offer);
        double hours = part ? (double)part->held_us / (double)HOUR_US : 0,
               counted = hours > 0 ? 1000 * part->losses / hours : 20;
        of_told += fabs(log(20 / truth[i]));
        of_counts += fabs(log(fmax(counted, 1) / truth[i]));
        of_learned += fabs(log(lost_per_khour(&records, offer) / truth[i]));
    }
    printf("# mean error of the logarithm: told %.2f, counted %.2f, learned %.2f\n",
           of_told / offers, of_counts / offers, of_learned / offers);
    OK(of_learned < 0.9 * of_told);
    OK(of_learned < 0.5 * of_counts);
    fg_supplier_records_fini(&records);
}

int main(void)
{
    RUN(counts_are_those_of_a_list);
    RUN(the_nearer_speaks_the_louder);
    RUN(plans_go_by_what_was_measured);
    RUN(it_is_nearer_to_the_truth);
    return tap_done();
}

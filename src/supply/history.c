/* history.c - see history.h */
#include "supply/history.h"

#include "base/rate.h"
#include "base/rows.h"
#include "model/names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US     3.6e9
#define KHOUR_US    3.6e12
#define MINUTE_US   INT64_C(60000000)
#define COUNT_MAX   INT64_C(1000000000)
#define HOURS_MAX   1e6 /* of instances together: more than a century */
#define SPEED_MAX   100.0
#define HOURLY_MAX  1e9
#define COLUMNS_MAX 14

enum column {
    SUPPLIER,
    ORDERS,
    REFUSED,
    PROMISED,
    KEPT,
    DELIVERIES,
    LEAD_HOURS,
    HELD_HOURS,
    RECLAIMS,
    FAULTS,
    RUNS,
    SPEED,
    SPEED_DEVIATION,
    HOURLY_USD,
    COLUMNS
};

static const struct {
    const char *name;
    double max;
    bool whole;
} columns[COLUMNS] = {
    [SUPPLIER] = {"supplier", 0, false},
    [ORDERS] = {"orders", COUNT_MAX, true},
    [REFUSED] = {"refused", COUNT_MAX, true},
    [PROMISED] = {"promised", COUNT_MAX, true},
    [KEPT] = {"kept", COUNT_MAX, true},
    [DELIVERIES] = {"deliveries", COUNT_MAX, true},
    [LEAD_HOURS] = {"lead_hours", HOURS_MAX, false},
    [HELD_HOURS] = {"held_hours", HOURS_MAX * 1000, false},
    [RECLAIMS] = {"reclaims", COUNT_MAX, true},
    [FAULTS] = {"faults", COUNT_MAX, true},
    [RUNS] = {"runs", COUNT_MAX / 1000, true},
    [SPEED] = {"speed", SPEED_MAX, false},
    [SPEED_DEVIATION] = {"speed_deviation", SPEED_MAX, false},
    [HOURLY_USD] = {"hourly_usd", HOURLY_MAX, false},
};

static int check_part(const char *part,
                      double part_count,
                      const char *whole,
                      double whole_count,
                      struct fg_err *err)
{
    if (part_count < 0 || whole_count < 0)
        return fg_fail(err, FG_EINVAL, "%s of %s: a count is negative", part, whole);
    if (part_count > whole_count)
        return fg_fail(err, FG_EINVAL, "%s: %g, expected at most the %g %s", part, part_count,
                       whole_count, whole);
    return 0;
}

int fg_supplier_history_check(const struct fg_supplier_history *history, struct fg_err *err)
{
    int rc = check_part("refused", history->refused, "orders", history->orders, err);
    if (rc == 0)
        rc = check_part("kept", history->kept, "promised", history->promised, err);
    if (rc < 0)
        return rc;
    if (history->leads < 0 || history->lead_sum_us < 0 || history->held_us < 0
        || history->spot_held_us < 0 || history->reclaims < 0 || history->faults < 0
        || history->runs < 0 || history->speed_milli_sum < 0 || history->speed_milli2_sum < 0
        || history->hourly_uusd < 0)
        return fg_fail(err, FG_EINVAL, "a count or a sum is negative");
    if (history->runs == 0 && history->speed_milli_sum > 0)
        return fg_fail(err, FG_EINVAL, "speed without runs");
    if (history->leads == 0 && history->lead_sum_us > 0)
        return fg_fail(err, FG_EINVAL, "lead_hours without deliveries");
    return 0;
}

/* -- from orders -------------------------------------------------------------------------------------------- */

/* Moments are told by the second and clocks differ: a minute, or a tenth of the time that was promised, is no delay. */
int64_t fg_supplier_latest_us(const struct fg_order *order)
{
    int64_t tenth_us = (order->promised_us - order->ordered_us) / 10;
    return order->promised_us + (tenth_us > MINUTE_US ? tenth_us : MINUTE_US);
}

double fg_supplier_told_per_khour(const struct fg_offer *offer)
{
    if (offer->contract != FG_CONTRACT_SPOT)
        return FG_FAULTS_PER_KHOUR;
    return offer->reclaims_per_khour ? offer->reclaims_per_khour : FG_SPOT_PER_KHOUR;
}

static int64_t faded_us(int64_t from_us,
                        int64_t to_us,
                        double count,
                        struct fg_supplier_clock clock)
{
    return llround(count * HOUR_US
                   * fg_fade_hours(from_us, to_us, clock.now_us, clock.half_life_us));
}

/* How long its instances were there, and how many were lost; of those that were lost before the others each in the middle of them. */
static void add_use(struct fg_supplier_history *history,
                    struct fg_supplier_part *part,
                    const struct fg_order *order,
                    struct fg_supplier_clock clock)
{
    int64_t begin_us = order->delivered_us,
            end_us = order->ended_us ? order->ended_us : clock.now_us,
            lost_us = begin_us + (order->lost ? order->lost_held_us / order->lost : 0);
    double left = order->delivered > order->lost ? order->delivered - order->lost : 0,
           losses = order->lost * fg_fade(clock.now_us - lost_us, clock.half_life_us);
    if (order->cause == FG_CAUSE_RECLAIMED)
        losses += left * fg_fade(clock.now_us - end_us, clock.half_life_us);
    int64_t held_us = faded_us(begin_us, end_us, left, clock)
                      + faded_us(begin_us, lost_us, order->lost, clock);
    double told = fg_supplier_told_per_khour(&order->offer) * (double)held_us / KHOUR_US;
    part->losses += losses;
    part->losses_told += told;
    part->held_us += held_us;
    if (order->offer.contract == FG_CONTRACT_SPOT) {
        history->reclaims += losses;
        history->reclaims_told += told;
        history->spot_held_us += held_us;
    } else {
        history->faults += losses;
        history->held_us += held_us;
    }
}

static void add_lead(struct fg_supplier_history *history,
                     struct fg_supplier_part *part,
                     const struct fg_order *order,
                     double counts)
{
    int64_t lead_us = llround(counts * (double)(order->delivered_us - order->ordered_us)),
            told_us = llround(counts * (double)order->offer.lead_time_us);
    if (lead_us < 0)
        return;
    history->leads += counts;
    history->lead_sum_us += lead_us;
    history->lead_told_us += told_us;
    part->leads += counts;
    part->lead_sum_us += lead_us;
    part->lead_told_us += told_us;
}

static void add_delivery(struct fg_supplier_history *history,
                         struct fg_supplier_part *part,
                         const struct fg_order *order,
                         struct fg_supplier_clock clock)
{
    bool late = order->promised_us > 0 && order->delivered_us > fg_supplier_latest_us(order),
         wrong = fg_order_cause_is_bad(order->cause);
    double counts = fg_fade(clock.now_us - order->delivered_us, clock.half_life_us);
    history->promised += counts * order->count;
    if (!late && !wrong)
        history->kept +=
            counts * (order->delivered < order->count ? order->delivered : order->count);
    add_lead(history, part, order, counts);
    add_use(history, part, order, clock);
    if (!order->ended_us && order->delivered > order->lost)
        history->hourly_uusd += fg_offer_uusd_per_device_hour(&order->offer)
                                * order->offer.accelerators
                                * (int64_t)(order->delivered - order->lost);
}

void fg_supplier_history_add(struct fg_supplier_history *history,
                             struct fg_supplier_part *part,
                             const struct fg_order *order,
                             struct fg_supplier_clock clock)
{
    bool said_no = order->cause == FG_CAUSE_REFUSED || order->cause == FG_CAUSE_PRICE;
    bool said_yes = order->reference[0] || order->promised_us > 0;
    bool late = !order->ended_us && order->promised_us > 0
                && clock.now_us > fg_supplier_latest_us(order);
    int64_t at_us = order->delivered_us ? order->delivered_us : order->ended_us;
    double counts = at_us ? fg_fade(clock.now_us - at_us, clock.half_life_us) : 1;
    if (order->ordered_us == 0)
        return;
    history->has_parts = true;
    history->orders += counts;
    history->refused += said_no && order->delivered_us == 0 ? counts : 0;
    if (order->delivered_us > 0)
        add_delivery(history, part, order, clock);
    else if ((said_no && said_yes) || late)
        history->promised += counts * order->count;
}

/* -- from a table --------------------------------------------------------------------------------------------- */

/* Which column each field of the first line is. */
static int read_head(struct fg_field line,
                     enum column of_field[COLUMNS_MAX],
                     size_t *out_len,
                     struct fg_err *err)
{
    struct fg_row row;
    bool seen[COLUMNS] = {};
    int rc = fg_row_split(line, ',', 0, &row, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < row.len; i++) {
        char shown[FG_FIELD_SHOWN];
        int found = 0;
        while (found < COLUMNS && !fg_field_is(row.fields[i], columns[found].name))
            found++;
        if (found == COLUMNS || seen[found])
            return fg_fail(err, FG_EINVAL, "column `%s`: %s",
                           fg_field_shown(row.fields[i], shown),
                           found == COLUMNS ? "unknown, expected those of docs/suppliers.md"
                                            : "is there twice");
        seen[found] = true;
        of_field[i] = (enum column)found;
    }
    *out_len = row.len;
    return seen[SUPPLIER] ? 0 : fg_fail(err, FG_EINVAL, "no column `supplier`");
}

static int read_number(struct fg_field field,
                       enum column column,
                       double *out,
                       struct fg_err *err)
{
    char shown[FG_FIELD_SHOWN];
    double value = 0;
    if (field.len > 0
        && (!fg_field_real(field, &value) || isnan(value) || value < 0
            || value > columns[column].max || (columns[column].whole && value != floor(value))))
        return fg_fail(err, FG_EINVAL, "%s: `%s`, expected a %snumber from 0 to %.0f",
                       columns[column].name, fg_field_shown(field, shown),
                       columns[column].whole ? "whole " : "", columns[column].max);
    *out = value;
    return 0;
}

static void take_numbers(const double number[COLUMNS], struct fg_supplier_history *out)
{
    double runs = number[RUNS], speed = number[SPEED] * 1000,
           deviation = number[SPEED_DEVIATION] * 1000;
    out->orders = number[ORDERS];
    out->refused = number[REFUSED];
    out->promised = number[PROMISED];
    out->kept = number[KEPT];
    out->leads = number[DELIVERIES];
    out->lead_sum_us = llround(number[LEAD_HOURS] * HOUR_US);
    out->held_us = out->spot_held_us = llround(number[HELD_HOURS] * HOUR_US);
    out->reclaims = number[RECLAIMS];
    out->faults = number[FAULTS];
    out->runs = (int64_t)runs;
    out->speed_milli_sum = llround(runs * speed);
    out->speed_milli2_sum = llround(runs * (speed * speed + deviation * deviation));
    out->hourly_uusd = llround(number[HOURLY_USD] * 1e6);
}

static int read_row(const struct fg_row *row,
                    const enum column of_field[COLUMNS_MAX],
                    struct fg_supplier_history *out,
                    struct fg_err *err)
{
    double number[COLUMNS] = {};
    int rc = 0;
    *out = (struct fg_supplier_history){};
    for (size_t i = 0; i < row->len && rc == 0; i++) {
        struct fg_field field = row->fields[i];
        if (of_field[i] != SUPPLIER) {
            rc = read_number(field, of_field[i], &number[of_field[i]], err);
            continue;
        }
        if (field.len < FG_NAME_MAX)
            memcpy(out->supplier, field.text, field.len);
        rc = fg_name_check("supplier", out->supplier, err);
    }
    if (rc < 0)
        return rc;
    if (number[RUNS] == 0 && number[SPEED] > 0)
        return fg_fail(err, FG_EINVAL, "speed without runs");
    take_numbers(number, out);
    return fg_supplier_history_check(out, err);
}

size_t fg_supplier_history_room(size_t len)
{
    (void)len;
    return (FG_SUPPLIERS_MAX + 1) * sizeof(struct fg_supplier_history) + 65536;
}

static int check_new(const struct fg_supplier_history *rows, size_t len, struct fg_err *err)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(rows[i].supplier, rows[len].supplier) == 0)
            return fg_fail(err, FG_EINVAL, "supplier %s: is there twice", rows[len].supplier);
    return 0;
}

int fg_supplier_history_read(const char *bytes,
                             size_t len,
                             struct fg_arena *arena,
                             struct fg_supplier_history **out,
                             size_t *out_len,
                             struct fg_err *err)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_field line;
    enum column of_field[COLUMNS_MAX] = {};
    size_t width = 0, found = 0;
    struct fg_supplier_history *all =
        FG_NEW(arena, struct fg_supplier_history, FG_SUPPLIERS_MAX + 1);
    while (fg_rows_next(&rows, &line)) {
        struct fg_row row;
        int rc = 0;
        if (line.len == 0)
            continue;
        if (width == 0) {
            rc = read_head(line, of_field, &width, err);
        } else {
            rc = fg_row_split(line, ',', width, &row, err);
            if (rc == 0)
                rc = read_row(&row, of_field, &all[found], err);
            if (rc == 0)
                rc = check_new(all, found++, err);
            if (rc == 0 && found > FG_SUPPLIERS_MAX)
                rc = fg_fail(err, FG_ETOOBIG, "more than %d suppliers", FG_SUPPLIERS_MAX);
        }
        if (rc < 0)
            return fg_wrap(err, rc, "line %zu", rows.line);
    }
    if (width == 0)
        return fg_fail(err, FG_EINVAL, "empty, expected a line with the names of columns");
    *out = all;
    *out_len = found;
    return 0;
}

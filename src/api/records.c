/* records.c - see records.h */
#include "api/records.h"

#include "base/text.h"

#include <string.h>

#define HOUR_US 3.6e9

struct fg_supplier_clock fg_records_clock(const struct fg_api *api)
{
    return (struct fg_supplier_clock){fg_api_now_us(api),
                                      api->options.config->learn_rates_half_life_s * 1000000};
}

static int add_order(void *self, const struct fg_order *order)
{
    struct fg_supplier_records *records = self;
    fg_supplier_records_add(records, order);
    return 0;
}

int fg_records_read(struct fg_reader *reader,
                    struct fg_supplier_records *records,
                    struct fg_err *err)
{
    struct fg_order_filter all = {.project = 0};
    return fg_reader_orders(reader, &all, add_order, records, err);
}

/* -- shown ------------------------------------------------------------------------------------------------------ */

static void kv_real(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, value);
}

/* What its orders were told when they were made. */
static struct fg_offer offer_of(const struct fg_supplier_part *part)
{
    struct fg_offer offer = {
        .contract = part->contract, .accelerators = 1, .price_uusd_per_hour = 1};
    fg_copy(offer.supplier, sizeof(offer.supplier), part->supplier);
    fg_copy(offer.instance, sizeof(offer.instance), part->instance);
    fg_copy(offer.region, sizeof(offer.region), part->region);
    if (part->contract == FG_CONTRACT_SPOT && part->held_us > 0)
        offer.reclaims_per_khour =
            (uint32_t)(part->losses_told * 1000 * HOUR_US / (double)part->held_us + 0.5);
    if (part->leads > 0)
        offer.lead_time_us = (int64_t)((double)part->lead_told_us / part->leads);
    return offer;
}

static void write_belief(struct fg_json *json,
                         const char *key,
                         const struct fg_belief *belief,
                         double unit)
{
    fg_json_key(json, key);
    fg_json_object(json);
    kv_real(json, "value", unit * belief->mean);
    kv_real(json, "low", unit * fg_belief_quantile(belief, 0.1));
    kv_real(json, "high", unit * fg_belief_quantile(belief, 0.9));
    kv_real(json, "told", unit * belief->told);
    kv_real(json, "prior", unit * belief->prior_mean);
    fg_json_end(json);
}

static void write_part(struct fg_json *json,
                       const struct fg_supplier_records *records,
                       const struct fg_supplier_part *part)
{
    const struct fg_offer offer = offer_of(part);
    struct fg_supplier_outlook outlook;
    fg_supplier_records_expect(records, &offer, &outlook);
    fg_json_object(json);
    fg_json_kv(json, "instance", part->instance);
    fg_json_kv(json, "region", part->region);
    fg_json_kv(json, "contract", fg_contract_name(part->contract));
    kv_real(json, "held_hours", (double)part->held_us / HOUR_US);
    kv_real(json, "lost", part->losses);
    kv_real(json, "deliveries", part->leads);
    write_belief(json, "lost_per_khour", &outlook.losses, 1);
    write_belief(json, "lead_s", &outlook.lead, 3600);
    fg_json_end(json);
}

void fg_records_write(struct fg_json *json,
                      const struct fg_supplier_records *records,
                      const char *supplier)
{
    static const struct fg_supplier_history none = {};
    const struct fg_supplier_history *row = fg_supplier_records_of(records, supplier);
    row = row ? row : &none;
    fg_json_object(json);
    kv_real(json, "orders", row->orders);
    kv_real(json, "refused", row->refused);
    kv_real(json, "promised", row->promised);
    kv_real(json, "kept", row->kept);
    fg_json_key(json, "offers");
    fg_json_array(json);
    for (size_t i = 0; i < records->parts_len; i++)
        if (strcmp(records->parts[i].supplier, supplier) == 0)
            write_part(json, records, &records->parts[i]);
    fg_json_end(json);
    fg_json_end(json);
}

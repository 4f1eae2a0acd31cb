/* focus.c - see focus.h */
#include "plan/focus.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "model/period.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOUR_US 3600000000LL

static const struct fg_focus_column_spec specs[FG_FOCUS_COLUMNS] = {
#define X(name, level, type, may_be_null, values)                                              \
    {#name, FG_FOCUS_##level, FG_FOCUS_##type, may_be_null, values},
#include "plan/focus.def"
#undef X
};

const struct fg_focus_column_spec *fg_focus_column_spec(enum fg_focus_column column)
{
    return &specs[column];
}

int fg_focus_column_find(const char *name, size_t len)
{
    for (int i = 0; i < FG_FOCUS_COLUMNS; i++)
        if (strlen(specs[i].name) == len && memcmp(specs[i].name, name, len) == 0)
            return i;
    return -1;
}

/* The next of the values that begin at `at`; NULL: no more. */
static const char *next_value(const char *at, size_t *out_len)
{
    if (!at || !*at)
        return NULL;
    *out_len = strcspn(at, "|");
    return at;
}

static const char *after_value(const char *at, size_t len)
{
    return at[len] ? at + len + 1 : NULL;
}

bool fg_focus_allows(enum fg_focus_column column, const char *value, size_t len)
{
    size_t at_len = 0;
    const char *at = next_value(specs[column].values, &at_len);
    if (!at)
        return true;
    for (; at; at = next_value(after_value(at, at_len), &at_len))
        if (at_len == len && memcmp(at, value, len) == 0)
            return true;
    return false;
}

bool fg_focus_category_of(const char *subcategory, size_t len, char out[FG_NAME_MAX])
{
    size_t at_len = 0;
    bool found = false;
    const char *at = next_value(specs[FG_FOCUS_ServiceSubcategory].values, &at_len);
    for (; at; at = next_value(after_value(at, at_len), &at_len)) {
        found |= at_len == len && memcmp(at, subcategory, len) == 0;
        if (found && strncmp(at, "Other (", 7) == 0) {
            snprintf(out, FG_NAME_MAX, "%.*s", (int)at_len - 8, at + 7);
            return true;
        }
    }
    return false;
}

/* -- the writer --------------------------------------------------------------------------------------------- */

/* What we write, in this order: FOCUS columns by name, then our own. */
#define COLUMNS                                                                                \
    "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,"         \
    "BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,"        \
    "ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,"         \
    "ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,PricingCategory,"                 \
    "PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,ResourceId,ResourceName," \
    "ResourceType,ServiceCategory,ServiceName,ServiceSubcategory,SubAccountId,SubAccountName," \
    "Tags,x_Co2Kg,x_EnergyKwh,x_Job,x_Order,x_User\n"

void fg_focus_write_head(struct fg_buf *out)
{
    fg_buf_puts(out, COLUMNS);
}

void fg_focus_write_money(struct fg_buf *out, int64_t uusd)
{
    char text[40];
    uint64_t amount = uusd < 0 ? -(uint64_t)uusd : (uint64_t)uusd;
    int len = snprintf(text, sizeof(text), "%s%" PRIu64 ".%06" PRIu64, uusd < 0 ? "-" : "",
                       amount / 1000000, amount % 1000000);
    while (len > 0 && text[len - 1] == '0')
        len--;
    if (len > 0 && text[len - 1] == '.')
        len--;
    fg_buf_add(out, text, (size_t)len);
}

/* A field, quoted where CSV wants it (RFC 4180); the row's first has no comma before. */
static void add(struct fg_buf *out, const char *text)
{
    if (out->len > 0 && out->text[out->len - 1] != '\n')
        fg_buf_puts(out, ",");
    if (!text || !*text)
        return;
    if (!strpbrk(text, ",\"\r\n")) {
        fg_buf_puts(out, text);
        return;
    }
    fg_buf_puts(out, "\"");
    for (const char *at = text; *at; at++)
        fg_buf_add(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    fg_buf_puts(out, "\"");
}

static void add_money(struct fg_buf *out, int64_t uusd)
{
    fg_buf_puts(out, ",");
    fg_focus_write_money(out, uusd);
}

static void add_time(struct fg_buf *out, int64_t time_us)
{
    char text[FG_TIME_TEXT_MAX];
    fg_time_format(time_us, text);
    add(out, text);
}

/* Hours with six decimals, rounded to the nearest. */
static void add_hours(struct fg_buf *out, int64_t time_us)
{
    add_money(out, (int64_t)(((__int128)time_us * 1000000 + HOUR_US / 2) / HOUR_US));
}

/* Where nobody knows the hours it is the day. */
static void add_quantity(struct fg_buf *out, const struct fg_focus_charge *charge)
{
    if (charge->used_us > 0)
        add_hours(out, charge->used_us);
    else
        add(out, "1");
    add(out, charge->used_us > 0 ? "Hours" : "Days");
}

static bool is_of_supplier(const struct fg_focus_charge *charge)
{
    return charge->kind == FG_FOCUS_ORDER || charge->kind == FG_FOCUS_UNUSED;
}

static const char *pricing_category(const struct fg_focus_charge *charge)
{
    if (!is_of_supplier(charge) || !charge->contract)
        return "Other"; /* the pool's own price */
    if (strcmp(charge->contract, "spot") == 0)
        return "Dynamic";
    return strcmp(charge->contract, "on_demand") == 0 ? "Standard" : "Other";
}

static void describe(const struct fg_focus_charge *charge, struct fg_buf *out)
{
    switch (charge->kind) {
    case FG_FOCUS_JOB:
        fg_buf_printf(out, "job %s%s%s of %s", charge->job, charge->job_name ? " " : "",
                      charge->job_name ? charge->job_name : "", charge->user);
        break;
    case FG_FOCUS_REST:
        fg_buf_printf(out, "jobs of %s whose records are no longer kept", charge->user);
        break;
    case FG_FOCUS_ORDER:
        fg_buf_printf(out, "order %s: %s at %s", charge->order, charge->instance,
                      charge->supplier);
        break;
    case FG_FOCUS_UNUSED:
        fg_buf_printf(out, "order %s: what nobody used", charge->order);
        break;
    }
}

static void add_description(struct fg_buf *out, const struct fg_focus_charge *charge)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    describe(charge, &text);
    add(out, text.text);
}

static void add_tags(struct fg_buf *out, const struct fg_focus_charge *charge)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    fg_json_object(&json);
    if (charge->project && *charge->project)
        fg_json_kv(&json, "project", charge->project);
    if (charge->user && *charge->user)
        fg_json_kv(&json, "user", charge->user);
    fg_json_end(&json);
    add(out, text.text);
}

/* Kilograms and kilowatt hours, with six decimals as money. */
static void add_energy(struct fg_buf *out, const struct fg_focus_charge *charge)
{
    if (charge->energy_mj > 0) {
        add_money(out, charge->co2_mg);
        add_money(out, charge->energy_mj / 3600);
    } else
        fg_buf_puts(out, ",,");
}

/* What the row is of: a job on a node, or an order. */
static void add_resource(struct fg_buf *out, const struct fg_focus_charge *charge)
{
    bool of_supplier = is_of_supplier(charge);
    add(out, of_supplier ? charge->region : NULL);
    if (charge->kind == FG_FOCUS_REST) {
        fg_buf_puts(out, ",,,");
        return;
    }
    add(out, of_supplier ? charge->order : charge->job);
    add(out, of_supplier ? charge->instance : charge->node);
    add(out, of_supplier ? "Order" : "Job");
}

void fg_focus_write(struct fg_buf *out, const struct fg_focus_charge *charge)
{
    bool of_supplier = is_of_supplier(charge), is_order = charge->kind == FG_FOCUS_ORDER,
         is_usage = !is_order, is_unused = charge->kind == FG_FOCUS_UNUSED;
    int64_t begin_us = charge->day * FG_DAY_US, billed = is_unused ? 0 : charge->uusd,
            effective = is_order ? 0 : charge->uusd;
    const char *provider = of_supplier ? charge->supplier : "FastGPU";
    /* A row always has a first field, so that add() knows where it is: "" for no zone. */
    fg_buf_puts(out, of_supplier && charge->zone ? charge->zone : "");
    add_money(out, billed);
    add(out, charge->pool);
    add(out, charge->pool);
    add(out, "USD");
    add_time(out, fg_period_end_us(FG_PERIOD_MONTH, begin_us));
    add_time(out, fg_period_begin_us(FG_PERIOD_MONTH, begin_us));
    add(out, is_order ? "Purchase" : "Usage");
    add(out, NULL);
    add_description(out, charge);
    add(out, is_order ? "Recurring" : "Usage-Based");
    add_time(out, begin_us + FG_DAY_US);
    add_time(out, begin_us);
    if (is_usage)
        add_quantity(out, charge);
    else
        fg_buf_puts(out, ",,");
    add_money(out, billed);
    add_money(out, effective);
    add(out, provider);
    add_money(out, billed);
    add(out, pricing_category(charge));
    add_quantity(out, charge);
    add(out, provider);
    add(out, provider);
    add_resource(out, charge);
    add(out, "Compute");
    add(out, of_supplier ? "GPU instances" : "GPU jobs");
    add(out, of_supplier ? "Virtual Machines" : "Other (Compute)");
    add(out, charge->project);
    add(out, charge->project);
    add_tags(out, charge);
    add_energy(out, charge);
    add(out, charge->job);
    add(out, charge->order);
    add(out, charge->user);
    fg_buf_puts(out, "\n");
}

/* focus.h - what was spent, in the columns of FOCUS 1.2: the table of columns, and the writer.
 *
 *     charges of jobs and orders --> FOCUS --CSV--> FinOps tools
 *
 * Standard: FinOps Open Cost and Usage Specification 1.2.  Two accounts are billed, told apart by InvoiceIssuerName:
 *   FastGPU      the pool bills projects (sub-accounts) for what their jobs used: ChargeCategory Usage;
 *   a supplier   bills the pool for an order: ChargeCategory Purchase, EffectiveCost 0, as its use is in the rows of the jobs;
 *                what nobody used is a Usage row of the order with BilledCost 0 and that EffectiveCost.
 * So the sum of BilledCost by issuer is what each was paid, and the sum of EffectiveCost counts nothing twice.
 * The mandatory columns are all there; of the others those that we know.  Money is written as decimal text from whole
 * micro-dollars: never a binary fraction.
 */
#pragma once

#include "base/buf.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fg_focus_level { FG_FOCUS_MANDATORY, FG_FOCUS_RECOMMENDED, FG_FOCUS_CONDITIONAL };
enum fg_focus_type {
    FG_FOCUS_DECIMAL,
    FG_FOCUS_STRING,
    FG_FOCUS_TIME,
    FG_FOCUS_CURRENCY,
    FG_FOCUS_JSON
};

enum fg_focus_column {
#define X(name, ...) FG_FOCUS_##name,
#include "plan/focus.def"
#undef X
    FG_FOCUS_COLUMNS
};

struct fg_focus_column_spec {
    const char *name;
    enum fg_focus_level level;
    enum fg_focus_type type;
    bool may_be_null;
    const char *values; /* allowed, separated by '|'; "" any */
};

const struct fg_focus_column_spec *fg_focus_column_spec(enum fg_focus_column column);
/* The column of that name (letters as they are), or -1. */
int fg_focus_column_find(const char *name, size_t len);
/* Is `value` among the allowed ones? */
bool fg_focus_allows(enum fg_focus_column column, const char *value, size_t len);
/* The category that a ServiceSubcategory belongs to, into `out`; false: there is no such one. */
bool fg_focus_category_of(const char *subcategory, size_t len, char out[FG_NAME_MAX]);

enum fg_focus_charge_kind {
    FG_FOCUS_JOB,    /* what a job used */
    FG_FOCUS_REST,   /* of jobs whose records are gone */
    FG_FOCUS_ORDER,  /* what a supplier is paid */
    FG_FOCUS_UNUSED, /* what of an order nobody used */
};

/* One row; texts are borrowed, NULL or "" is null. */
struct fg_focus_charge {
    enum fg_focus_charge_kind kind;
    int64_t day; /* since 1970, UTC: the charge period; its month is the billing period */
    int64_t uusd;
    int64_t used_us;            /* time for which it is; 0 unknown: then the day is */
    int64_t energy_mj, co2_mg;  /* of its devices; 0 unknown */
    const char *project, *user; /* of a job; of an order who pays for what is idle */
    const char *job;            /* its id */
    const char *job_name;
    const char *order, *supplier, *instance, *region, *zone, *contract;
    const char *node; /* it ran on; the first, if several */
    const char *pool; /* name of the account that is billed: the service's own */
};

void fg_focus_write_head(struct fg_buf *out);
void fg_focus_write(struct fg_buf *out, const struct fg_focus_charge *charge);

/* "12.345678", no more digits than are there, at least "0": exact. */
void fg_focus_write_money(struct fg_buf *out, int64_t uusd);

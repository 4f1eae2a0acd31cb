/* focus_check.c - see focus_check.h */
#include "plan/focus_check.h"
#include "plan/csv.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/doc.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN  40 /* bytes of a value in a message */
#define NONE   -1
#define CUSTOM -2

struct fg_focus_check {
    struct fg_csv csv;
    struct fg_focus_report report;
    struct fg_focus_problem problems[FG_FOCUS_PROBLEMS_MAX];
    bool has_head, row_is_bad;
    size_t width;
    int of_field[FG_FOCUS_WIDTH_MAX];     /* the column, NONE or CUSTOM */
    int field_of[FG_FOCUS_COLUMNS];       /* its place, or NONE */
    const char *values[FG_FOCUS_COLUMNS]; /* of the row at hand; NULL null, or no such column */
    struct fg_arena *arena;               /* for JSON */
};

[[gnu::format(printf, 3, 4)]] static void problem(struct fg_focus_check *check,
                                                  const char *column,
                                                  const char *format,
                                                  ...)
{
    check->report.problems++;
    check->row_is_bad = true;
    if (check->report.kept_len == FG_FOCUS_PROBLEMS_MAX)
        return;
    struct fg_focus_problem *at = &check->problems[check->report.kept_len++];
    at->line = check->csv.record_line;
    fg_copy(at->column, sizeof(at->column), column);
    va_list args;
    va_start(args, format);
    vsnprintf(at->why, sizeof(at->why), format, args);
    va_end(args);
}

/* Cut, with strange bytes replaced. */
static const char *shown(const char *value, char out[SHOWN + 4])
{
    size_t len = 0;
    for (; value[len] && len < SHOWN; len++)
        out[len] = value[len] >= ' ' && value[len] <= '~' ? value[len] : '?';
    strcpy(out + len, value[len] ? "..." : "");
    return out;
}

/* -- the first line ------------------------------------------------------------------------------------------- */

static void take_name(struct fg_focus_check *check, const char *name, size_t i)
{
    char text[SHOWN + 4];
    int found = fg_focus_column_find(name, strlen(name));
    check->of_field[i] = found;
    if (found >= 0) {
        if (check->field_of[found] != NONE)
            problem(check, name, "is there twice");
        check->field_of[found] = (int)i;
        check->report.mandatory_columns +=
            fg_focus_column_spec((enum fg_focus_column)found)->level == FG_FOCUS_MANDATORY;
        return;
    }
    check->of_field[i] = CUSTOM;
    check->report.custom_columns++;
    if (strncmp(name, "x_", 2) != 0)
        problem(check, shown(name, text),
                "no column of FOCUS 1.2; a column of one's own begins with x_");
}

static void take_head(struct fg_focus_check *check, const char *const *fields, size_t len)
{
    check->has_head = true;
    check->width = len;
    check->report.columns = (uint32_t)len;
    for (int c = 0; c < FG_FOCUS_COLUMNS; c++)
        check->field_of[c] = NONE;
    if (check->csv.cut)
        problem(check, "", "more than %d columns", FG_FOCUS_WIDTH_MAX);
    for (size_t i = 0; i < len; i++)
        take_name(check, fields[i], i);
    for (int c = 0; c < FG_FOCUS_COLUMNS; c++) {
        const struct fg_focus_column_spec *spec = fg_focus_column_spec((enum fg_focus_column)c);
        if (spec->level == FG_FOCUS_MANDATORY && check->field_of[c] == NONE)
            problem(check, spec->name, "missing, but mandatory");
    }
}

/* -- one value --------------------------------------------------------------------------------------------------- */

/* An optional sign, digits, at most one point, an exponent. */
static bool is_decimal(const char *at)
{
    size_t digits = 0;
    at += *at == '-' || *at == '+';
    digits = strspn(at, "0123456789");
    at += digits;
    if (*at == '.') {
        size_t more = strspn(++at, "0123456789");
        digits += more;
        at += more;
    }
    if (digits == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '-' || *at == '+';
        size_t exponent = strspn(at, "0123456789");
        if (exponent == 0)
            return false;
        at += exponent;
    }
    return *at == '\0';
}

/* "2026-11-21T00:00:00Z": UTC, with the letter. */
static bool is_time(const char *value)
{
    int64_t time_us;
    size_t len = strlen(value);
    return len >= 20 && len <= 32 && value[10] == 'T' && value[len - 1] == 'Z'
           && fg_time_parse(value, &time_us) == 0;
}

static bool is_currency(const char *value)
{
    return strlen(value) == 3 && strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static bool is_json_object(struct fg_focus_check *check, const char *value)
{
    const struct fg_doc *doc;
    fg_arena_reset(check->arena);
    return fg_doc_json(value, strlen(value), check->arena, &doc, NULL) == 0
           && doc->kind == FG_DOC_MAP;
}

static void check_type(struct fg_focus_check *check,
                       const struct fg_focus_column_spec *spec,
                       const char *value)
{
    char text[SHOWN + 4];
    const char *expected = NULL;
    if (spec->type == FG_FOCUS_DECIMAL && !is_decimal(value))
        expected = "a number";
    else if (spec->type == FG_FOCUS_TIME && !is_time(value))
        expected = "a time in UTC, as 2026-11-21T00:00:00Z";
    else if (spec->type == FG_FOCUS_CURRENCY && !is_currency(value))
        expected = "three letters of ISO 4217";
    else if (spec->type == FG_FOCUS_JSON && !is_json_object(check, value))
        expected = "a JSON object";
    if (expected)
        problem(check, spec->name, "`%s`, expected %s", shown(value, text), expected);
}

static void check_value(struct fg_focus_check *check, enum fg_focus_column column)
{
    const struct fg_focus_column_spec *spec = fg_focus_column_spec(column);
    const char *value = check->values[column];
    char text[SHOWN + 4];
    if (check->field_of[column] == NONE)
        return;
    if (!value) {
        if (!spec->may_be_null)
            problem(check, spec->name, "null, which it may not be");
        return;
    }
    check_type(check, spec, value);
    if (!fg_focus_allows(column, value, strlen(value)))
        problem(check, spec->name, "`%s`, which is none of the allowed values",
                shown(value, text));
}

/* -- values together ----------------------------------------------------------------------------------------------- */

static bool is_value(const struct fg_focus_check *check,
                     enum fg_focus_column column,
                     const char *wanted)
{
    return check->values[column] && strcmp(check->values[column], wanted) == 0;
}

static void check_period(struct fg_focus_check *check,
                         enum fg_focus_column begin,
                         enum fg_focus_column end)
{
    int64_t begin_us, end_us;
    if (check->values[begin] && check->values[end] && is_time(check->values[begin])
        && is_time(check->values[end]) && fg_time_parse(check->values[begin], &begin_us) == 0
        && fg_time_parse(check->values[end], &end_us) == 0 && end_us <= begin_us)
        problem(check, fg_focus_column_spec(end)->name, "not after %s",
                fg_focus_column_spec(begin)->name);
}

/* `column` must (not) be null, because of `why`. */
static void want_null(struct fg_focus_check *check,
                      enum fg_focus_column column,
                      bool null,
                      const char *why)
{
    bool is_null = !check->values[column];
    if (check->field_of[column] != NONE && is_null != null)
        problem(check, fg_focus_column_spec(column)->name, "%s, but %s",
                is_null ? "null" : "not null", why);
}

static void check_category(struct fg_focus_check *check)
{
    bool correction = is_value(check, FG_FOCUS_ChargeClass, "Correction"),
         usage = is_value(check, FG_FOCUS_ChargeCategory, "Usage"),
         purchase = is_value(check, FG_FOCUS_ChargeCategory, "Purchase");
    if (is_value(check, FG_FOCUS_ChargeCategory, "Tax")) {
        want_null(check, FG_FOCUS_PricingQuantity, true, "the row is a tax");
        want_null(check, FG_FOCUS_PricingUnit, true, "the row is a tax");
        want_null(check, FG_FOCUS_PricingCategory, true, "the row is a tax");
    }
    if ((usage || purchase) && !correction) {
        want_null(check, FG_FOCUS_PricingQuantity, false, "the row is a usage or a purchase");
        want_null(check, FG_FOCUS_PricingUnit, false, "the row is a usage or a purchase");
    }
    if (check->values[FG_FOCUS_ChargeCategory] && !usage) {
        want_null(check, FG_FOCUS_ConsumedQuantity, true, "the row is no usage");
        want_null(check, FG_FOCUS_ConsumedUnit, true, "the row is no usage");
    }
    if (purchase && is_value(check, FG_FOCUS_ChargeFrequency, "Usage-Based"))
        problem(check, "ChargeFrequency", "Usage-Based, but the row is a purchase");
}

static void check_service(struct fg_focus_check *check)
{
    const char *category = check->values[FG_FOCUS_ServiceCategory],
               *sub = check->values[FG_FOCUS_ServiceSubcategory];
    char of[FG_NAME_MAX], text[SHOWN + 4];
    if (category && sub && fg_focus_category_of(sub, strlen(sub), of)
        && strcmp(category, of) != 0)
        problem(check, "ServiceSubcategory", "of %s, but ServiceCategory is `%s`", of,
                shown(category, text));
}

static void check_commitment(struct fg_focus_check *check)
{
    static const enum fg_focus_column with[] = {
        FG_FOCUS_CommitmentDiscountCategory, FG_FOCUS_CommitmentDiscountName,
        FG_FOCUS_CommitmentDiscountQuantity, FG_FOCUS_CommitmentDiscountStatus,
        FG_FOCUS_CommitmentDiscountType,     FG_FOCUS_CommitmentDiscountUnit};
    if (!check->values[FG_FOCUS_CommitmentDiscountId])
        for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
            want_null(check, with[i], true, "CommitmentDiscountId is null");
    if (!check->values[FG_FOCUS_CapacityReservationId])
        want_null(check, FG_FOCUS_CapacityReservationStatus, true,
                  "CapacityReservationId is null");
    if (!check->values[FG_FOCUS_SubAccountId])
        want_null(check, FG_FOCUS_SubAccountName, true, "SubAccountId is null");
}

/* -- rows -------------------------------------------------------------------------------------------------------------- */

static void take_values(struct fg_focus_check *check, const char *const *fields)
{
    for (int c = 0; c < FG_FOCUS_COLUMNS; c++) {
        const char *value = check->field_of[c] == NONE ? "" : fields[check->field_of[c]];
        check->values[c] = *value && strcmp(value, "NULL") != 0 ? value : NULL;
    }
}

static void take_row(struct fg_focus_check *check, const char *const *fields, size_t len)
{
    check->report.rows++;
    if (check->csv.bad_quote)
        problem(check, "", "a quote where none may be");
    if (check->csv.cut)
        problem(check, "", "larger than %d bytes in a value or %d columns", FG_FOCUS_FIELD_MAX,
                FG_FOCUS_WIDTH_MAX);
    if (len != check->width) {
        problem(check, "", "%zu columns, expected %zu as in the first line", len, check->width);
        return;
    }
    take_values(check, fields);
    for (int c = 0; c < FG_FOCUS_COLUMNS; c++)
        check_value(check, (enum fg_focus_column)c);
    check_period(check, FG_FOCUS_BillingPeriodStart, FG_FOCUS_BillingPeriodEnd);
    check_period(check, FG_FOCUS_ChargePeriodStart, FG_FOCUS_ChargePeriodEnd);
    check_category(check);
    check_service(check);
    check_commitment(check);
}

static void on_record(void *self, const char *const *fields, size_t len)
{
    struct fg_focus_check *check = self;
    check->row_is_bad = false;
    if (!check->has_head) {
        take_head(check, fields, len);
        return;
    }
    take_row(check, fields, len);
    check->report.bad_rows += check->row_is_bad;
}

struct fg_focus_check *fg_focus_check_new(void)
{
    struct fg_focus_check *check = calloc(1, sizeof(*check));
    if (!check)
        abort();
    check->csv = (struct fg_csv){.field_max = FG_FOCUS_FIELD_MAX,
                                 .fields_max = FG_FOCUS_WIDTH_MAX,
                                 .record = on_record,
                                 .self = check};
    check->arena = fg_arena_new(fg_doc_room(FG_FOCUS_FIELD_MAX));
    return check;
}

void fg_focus_check_free(struct fg_focus_check *check)
{
    if (!check)
        return;
    check->csv.record = NULL;
    fg_csv_free(&check->csv);
    fg_arena_free(check->arena);
    free(check);
}

void fg_focus_check_feed(struct fg_focus_check *check, const char *bytes, size_t len)
{
    fg_csv_feed(&check->csv, bytes, len);
}

struct fg_focus_report fg_focus_check_end(struct fg_focus_check *check)
{
    fg_csv_end(&check->csv);
    if (!check->has_head)
        problem(check, "", "empty, expected a line with the names of columns");
    check->report.kept = check->problems;
    return check->report;
}

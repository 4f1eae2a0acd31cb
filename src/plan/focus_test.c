/* focus_test.c - what we write is what we accept; what is wrong is found, where it is */
#include "plan/csv.h"
#include "plan/focus.h"
#include "plan/focus_check.h"

#include "test/tap.h"

#include <string.h>

#define HOUR_US INT64_C(3600000000)

static struct fg_focus_report check_text(struct fg_focus_check *check,
                                         const char *text,
                                         size_t step)
{
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += step)
        fg_focus_check_feed(check, text + at, len - at < step ? len - at : step);
    struct fg_focus_report report = fg_focus_check_end(check);
    for (size_t i = 0; i < report.kept_len; i++)
        printf("# line %llu %s: %s\n", (unsigned long long)report.kept[i].line,
               report.kept[i].column, report.kept[i].why);
    return report;
}

static void write_all(struct fg_buf *out)
{
    struct fg_focus_charge charge = {.kind = FG_FOCUS_JOB,
                                     .day = 20778, /* 2026-11-21 */
                                     .uusd = 12345678,
                                     .used_us = 90 * HOUR_US / 60,
                                     .project = "vision",
                                     .user = "ada",
                                     .job = "17",
                                     .job_name = "train, \"big\"\nmodel",
                                     .node = "gpu-01",
                                     .pool = "cluster"};
    fg_focus_write_head(out);
    fg_focus_write(out, &charge);
    charge.kind = FG_FOCUS_REST;
    charge.job = charge.job_name = charge.node = NULL;
    charge.uusd = 1;
    fg_focus_write(out, &charge);
    charge = (struct fg_focus_charge){.kind = FG_FOCUS_ORDER,
                                      .day = 20788,
                                      .uusd = INT64_MAX,
                                      .order = "3",
                                      .supplier = "acme",
                                      .instance = "p5.48xlarge",
                                      .region = "us-east-1",
                                      .zone = "us-east-1a",
                                      .contract = "on_demand",
                                      .pool = "cluster"};
    fg_focus_write(out, &charge);
    charge.kind = FG_FOCUS_UNUSED;
    charge.project = "vision";
    fg_focus_write(out, &charge);
}

static void test_what_is_written_is_valid(void)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    FG_AUTO(fg_focus_check) struct fg_focus_check *check = fg_focus_check_new();
    write_all(&out);
    struct fg_focus_report report = check_text(check, out.text, 7);
    EQ(report.rows, 4);
    EQ(report.problems, 0);
    EQ(report.mandatory_columns, 21);
    EQ(report.custom_columns, 5);
    OK(strstr(out.text,
              ",12.345678,cluster,cluster,USD,2026-12-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,,"
              "\"job 17 train, \"\"big\"\"\nmodel of ada\",Usage-Based,2026-11-22T00:00:00Z,"
              "2026-11-21T00:00:00Z,1.5,Hours,"));
    OK(strstr(out.text, "us-east-1a,9223372036854.775807,"));
}

static void test_the_table(void)
{
    int mandatory = 0;
    bool sorted = true;
    for (int c = 0; c < FG_FOCUS_COLUMNS; c++) {
        const struct fg_focus_column_spec *spec = fg_focus_column_spec((enum fg_focus_column)c);
        mandatory += spec->level == FG_FOCUS_MANDATORY;
        sorted &=
            c == 0
            || strcmp(fg_focus_column_spec((enum fg_focus_column)(c - 1))->name, spec->name)
                   < 0;
        EQ(fg_focus_column_find(spec->name, strlen(spec->name)), c);
    }
    EQ(mandatory, 21);
    EQ(FG_FOCUS_COLUMNS, 57);
    OK(sorted);
    char of[FG_NAME_MAX];
    OK(fg_focus_category_of("Virtual Machines", 16, of) && strcmp(of, "Compute") == 0);
    OK(fg_focus_category_of("Other (Other)", 13, of) && strcmp(of, "Other") == 0);
    OK(!fg_focus_category_of("Machines", 8, of));
    OK(fg_focus_allows(FG_FOCUS_ChargeCategory, "Tax", 3));
    OK(!fg_focus_allows(FG_FOCUS_ChargeCategory, "Ta", 2));
    OK(!fg_focus_allows(FG_FOCUS_ChargeCategory, "", 0));
}

static void test_money(void)
{
    static const struct {
        int64_t uusd;
        const char *text;
    } rows[] = {{0, "0"},          {1, "0.000001"},
                {-1, "-0.000001"}, {1000000, "1"},
                {1500000, "1.5"},  {-2000000, "-2"},
                {10000000, "10"},  {INT64_MIN, "-9223372036854.775808"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf out = {};
        fg_focus_write_money(&out, rows[i].uusd);
        OK(strcmp(out.text, rows[i].text) == 0);
    }
}

static const char fault_head[] =
    "BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,"
    "BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodEnd,"
    "ChargePeriodStart,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,"
    "PricingQuantity,PricingUnit,ProviderName,PublisherName,ServiceCategory,ServiceName,"
    "ServiceSubcategory,ChargeFrequency,ConsumedQuantity,CommitmentDiscountId,"
    "CommitmentDiscountStatus,Tags\n";
static const char *const good[] = {"1e-3",
                                   "a",
                                   "",
                                   "USD",
                                   "2026-12-01T00:00:00Z",
                                   "2026-11-01T00:00:00Z",
                                   "Usage",
                                   "",
                                   "NULL",
                                   "2026-11-02T00:00:00Z",
                                   "2026-11-01T00:00:00Z",
                                   "+1.",
                                   "-.5",
                                   "i",
                                   "1",
                                   "1",
                                   "Hours",
                                   "p",
                                   "p",
                                   "Compute",
                                   "s",
                                   "Containers",
                                   "Usage-Based",
                                   "1",
                                   "",
                                   "",
                                   "\"{\"\"a\"\":1}\""};
static const struct {
    int at; /* -1: none */
    const char *value, *column;
} faults[] = {
    {-1, NULL, NULL},
    {0, "", "BilledCost"},
    {0, "\"1,000.00\"", "BilledCost"},
    {0, "$1", "BilledCost"},
    {0, "1e", "BilledCost"},
    {0, "nan", "BilledCost"},
    {0, "0x10", "BilledCost"},
    {1, "NULL", "BillingAccountId"},
    {3, "usd", "BillingCurrency"},
    {3, "USDT", "BillingCurrency"},
    {4, "2026-12-01", "BillingPeriodEnd"},
    {4, "2026-12-01T00:00:00+00:00", "BillingPeriodEnd"},
    {4, "2026-11-01T00:00:00Z", "BillingPeriodEnd"},
    {9, "2026-10-01T00:00:00Z", "ChargePeriodEnd"},
    {9, "2026-13-01T00:00:00Z", "ChargePeriodEnd"},
    {6, "usage", "ChargeCategory"},
    {6, "Credit", "ConsumedQuantity"},
    {7, "Regular", "ChargeClass"},
    {15, "", "PricingQuantity"},
    {19, "Computing", "ServiceCategory"},
    {19, "Storage", "ServiceSubcategory"},
    {22, "Daily", "ChargeFrequency"},
    {25, "Used", "CommitmentDiscountStatus"},
    {26, "a=1", "Tags"},
    {26, "[1]", "Tags"},
    {8, "x,y", ""},
    {8, "a\"b", ""},
};

/* One value of a good row is replaced; the problem must be found in its column. */
static void test_each_fault_is_found(void)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf text = {};
        FG_AUTO(fg_focus_check) struct fg_focus_check *check = fg_focus_check_new();
        fg_buf_puts(&text, fault_head);
        for (int k = 0; k < (int)(sizeof(good) / sizeof(good[0])); k++)
            fg_buf_printf(&text, "%s%s", k ? "," : "",
                          k == faults[i].at ? faults[i].value : good[k]);
        struct fg_focus_report report = check_text(check, text.text, 1 + i % 5);
        EQ(report.rows, 1);
        EQ(report.bad_rows, faults[i].column ? 1 : 0);
        OK(faults[i].column ? report.kept_len > 0 && report.kept[0].line == 2
                                  && strcmp(report.kept[0].column, faults[i].column) == 0
                            : report.problems == 0);
    }
}

static void test_files_that_are_none(void)
{
    static const struct {
        const char *text;
        uint64_t problems;
    } rows[] = {
        {"", 1},
        {"\n\n", 1},
        {"a,b\n1,2\n", 23},               /* 21 are missing, two are unknown */
        {"x_a,x_a\n\"1\n2\",3\n4\n", 22}, /* and one row is short */
        {"\xef\xbb\xbf"
         "BilledCost\n1\n",
         20},
        {"BilledCost,BilledCost\n", 21},
        {"x_a\n\"open", 22},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FG_AUTO(fg_focus_check) struct fg_focus_check *check = fg_focus_check_new();
        EQ(check_text(check, rows[i].text, 3).problems, rows[i].problems);
    }
}

static void test_lines_are_those_of_rows(void)
{
    FG_AUTO(fg_focus_check) struct fg_focus_check *check = fg_focus_check_new();
    struct fg_focus_report report = check_text(check, "x_a,x_b\n\"1\n\n2\",3\n\n4\n", 100);
    EQ(report.rows, 2);
    EQ(report.kept[report.kept_len - 1].line, 6);
}

int main(void)
{
    RUN(test_what_is_written_is_valid);
    RUN(test_the_table);
    RUN(test_money);
    RUN(test_each_fault_is_found);
    RUN(test_files_that_are_none);
    RUN(test_lines_are_those_of_rows);
    return tap_done();
}

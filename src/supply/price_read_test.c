/* price_read_test.c - recorded prices: only changes are kept, in any order of rows, against a plain recount. */
#include "supply/price_read.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define HEADER                                                                                 \
    "date,instance_type,accelerator,accelerator_count,region,zone,price_usd_h,spot_price_usd_" \
    "h\n"
#define DAY_US 86400000000LL

static struct fg_price_sheet read_text(const char *text, size_t len)
{
    struct fg_offer_reading reading = {.supplier = "aws"};
    struct fg_price_sheet sheet;
    struct fg_err err = {};
    if (!OK(fg_price_read(&reading, text, len, &sheet, &err) == 0))
        printf("#   %s\n", err.text);
    return sheet;
}

static void changes_are_kept(void)
{
    static const char text[] = HEADER "2022-12-02,g4dn.xlarge,T4,1.0,us-east-1,a,0.526,0.20\n"
                                      "2022-12-03,g4dn.xlarge,T4,1.0,us-east-1,a,0.526,0.25\n"
                                      "2022-12-04,g4dn.xlarge,T4,1.0,us-east-1,a,0.526,0.25\n"
                                      "2022-12-05,g4dn.xlarge,T4,1.0,us-east-1,a,0.6,0.526\n"
                                      "2022-12-05,p5.48xlarge,H100,8,us-east-1,b,98.32,\n";
    FG_AUTO(fg_price_sheet) struct fg_price_sheet sheet = read_text(text, sizeof(text) - 1);
    EQ(sheet.rows, 5);
    EQ(sheet.accepted, 5);
    EQ(sheet.series_len, 3);
    const struct fg_price_series *series = sheet.series;
    EQ(series[0].len, 2);
    EQ(series[0].points[1].uusd_per_hour, 600000);
    EQ(series[0].offer.price_uusd_per_hour, 600000);
    EQ(series[0].offer.contract, FG_CONTRACT_ON_DEMAND);
    EQ(series[1].len, 3);
    EQ(series[1].offer.contract, FG_CONTRACT_SPOT);
    EQ(series[1].points[1].time_us - series[1].points[0].time_us, DAY_US);
    EQ(series[1].last_us - series[1].first_us, 3 * DAY_US);
    EQ(series[2].len, 1);
    OK(fg_price_is_history(text, sizeof(text) - 1));
    OK(!fg_price_is_history("supplier,accelerator,accelerator_count,price\n", 45));
    OK(!fg_price_is_history("", 0));
}

static void bad_rows_are_refused(void)
{
    static const char text[] = HEADER "2022-12-02,x,T4,1,r,a,0.5,0.2\n"
                                      "yesterday,x,T4,1,r,a,0.5,0.2\n"
                                      "2022-12-03,x,T4,1,r,a,0.5,0.9\n"
                                      "2022-12-04,x,T4,1,r,a,,\n"
                                      "2022-12-05,x,T4,1,r,a,-1,\n"
                                      "2022-12-06,y,T4,0,r,a,1,\n"
                                      "2022-12-07,y,T4,0,r,a,1,\n"
                                      "2022-12-08,x,T4,1,r,a,0.5\n"
                                      "2022-12-02,x,T4,1,r,a,0.7,0.2\n";
    FG_AUTO(fg_price_sheet) struct fg_price_sheet sheet = read_text(text, sizeof(text) - 1);
    EQ(sheet.rows, 9);
    EQ(sheet.refused_len, 8);
    EQ(sheet.accepted, 1);
    OK(sheet.refused_len == 8 && sheet.refused[0].line == 3 && sheet.refused[7].line == 10);
    OK(sheet.refused_len == 8 && strstr(sheet.refused[1].why, "above the on-demand price"));
    OK(sheet.refused_len == 8 && strstr(sheet.refused[7].why, "as line 2, with another price"));
}

/* Rows of two offers in any order: the price at each day is what a plain table says. */
static void order_does_not_matter(void)
{
    enum { DAYS = 60 };
    int64_t truth[2][DAYS];
    char rows[2 * DAYS][120];
    unsigned seed = 7;
    for (int offer = 0; offer < 2; offer++)
        for (int day = 0; day < DAYS; day++) {
            truth[offer][day] = 100000 * (1 + rand_r(&seed) % 3);
            snprintf(rows[offer * DAYS + day], sizeof(rows[0]),
                     "2023-%02d-%02d,i%d,T4,1,r,z,%.1f,\n", 1 + day / 28, 1 + day % 28, offer,
                     (double)truth[offer][day] / 1e6);
        }
    char text[sizeof(rows) + sizeof(HEADER)] = HEADER;
    for (int left = 2 * DAYS; left > 0; left--) {
        int pick = (int)((unsigned)rand_r(&seed) % (unsigned)left);
        strcat(text, rows[pick]);
        memmove(rows[pick], rows[left - 1], sizeof(rows[0]));
    }
    FG_AUTO(fg_price_sheet) struct fg_price_sheet sheet = read_text(text, strlen(text));
    EQ(sheet.series_len, 2);
    for (size_t s = 0; s < sheet.series_len; s++) {
        const struct fg_price_series *series = &sheet.series[s];
        int offer = series->offer.instance[1] - '0';
        size_t changes = 1, bad = 0;
        for (int day = 1; day < DAYS; day++)
            changes += truth[offer][day] != truth[offer][day - 1];
        EQ(series->len, changes);
        for (size_t i = 0; i + 1 < series->len; i++)
            bad += series->points[i].time_us >= series->points[i + 1].time_us;
        EQ(bad, 0);
        EQ(series->offer.price_uusd_per_hour, truth[offer][DAYS - 1]);
    }
}

int main(void)
{
    RUN(changes_are_kept);
    RUN(bad_rows_are_refused);
    RUN(order_does_not_matter);
    return tap_done();
}

/* quiet_hours_test.c - hours of the day, also over midnight and all of them. */
#include "model/quiet_hours.h"

#include "test/tap.h"

static void hours_are_read(void)
{
    static const char *const bad[] = {"2",     "02-",    "-05",  "24-05", "02-25",
                                      "05-05", "02-05x", " 2-5", "2--5",  "02:05"};
    struct fg_quiet_hours hours;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EQ(fg_quiet_hours_parse(bad[i], &hours, NULL), FG_EINVAL);
    EQ(fg_quiet_hours_parse("2-05", &hours, NULL), 0);
    EQ(hours.from_h * 100 + hours.until_h, 205);
    EQ(fg_quiet_hours_parse("", &hours, NULL), 0);
    EQ(hours.until_h, 0);
}

/* By the minute, against what people mean. */
static void every_minute_is_in_or_out(void)
{
    static const struct {
        const char *text;
        int from, until; /* seconds; until may be on the next day */
    } cases[] = {{"02-05", 7200, 18000},
                 {"22-04", 79200, 100800},
                 {"00-24", 0, 86400},
                 {"23-00", 82800, 86400}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_quiet_hours hours;
        int wrong = 0;
        EQ(fg_quiet_hours_parse(cases[i].text, &hours, NULL), 0);
        for (int at = 0; at < 86400; at += 60) {
            int64_t since = -1, left = -1;
            bool in = fg_quiet_hours_at(&hours, at, &since, &left);
            int day =
                at < cases[i].from ? at + 86400 : at; /* seconds since the day it began on */
            bool want = day >= cases[i].from && day < cases[i].until;
            wrong += in != want
                     || (in && (since != day - cases[i].from || left != cases[i].until - day));
        }
        EQ(wrong, 0);
    }
    int64_t since, left;
    OK(!fg_quiet_hours_at(&(struct fg_quiet_hours){}, 0, &since, &left));
}

int main(void)
{
    RUN(hours_are_read);
    RUN(every_minute_is_in_or_out);
    return tap_done();
}

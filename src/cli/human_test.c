/* human_test.c - quantities for people. */
#include "cli/human.h"

#include "test/tap.h"

#include <string.h>

#define S 1'000'000ll

static bool same(const char *got, const char *want)
{
    bool is = strcmp(got, want) == 0;
    if (!is)
        printf("# got %s, want %s\n", got, want);
    return is;
}

static void durations(void)
{
    static const struct {
        int64_t us;
        const char *want;
    } rows[] = {
        {-5, "0ms"},
        {0, "0ms"},
        {999'999, "999ms"},
        {S, "1.0s"},
        {9'990'000, "9.9s"},
        {10 * S, "10s"},
        {60 * S, "1m"},
        {303 * S, "5m 3s"},
        {3600 * S, "1h"},
        {7500 * S, "2h 5m"},
        {86400 * S, "1d"},
        {270'000 * S, "3d 3h"},
        {INT64_MAX, "106751991d 4h"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[FG_HUMAN_MAX];
        fg_human_duration(rows[i].us, text);
        OK(same(text, rows[i].want));
    }
}

static void moments(void)
{
    static const struct {
        int64_t past_us;
        const char *want;
    } rows[] = {{0, "now"},          {900'000, "now"},     {5 * S, "5s ago"},
                {125 * S, "2m ago"}, {7300 * S, "2h ago"}, {200'000 * S, "2d ago"},
                {-90 * S, "in 1m"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[FG_HUMAN_MAX];
        fg_human_moment(1'700'000'000 * S - rows[i].past_us, 1'700'000'000 * S, text);
        OK(same(text, rows[i].want));
    }
}

static void amounts(void)
{
    char text[FG_HUMAN_MAX];
    fg_human_bytes(512, text);
    OK(same(text, "512 B"));
    fg_human_bytes(1536, text);
    OK(same(text, "1.5 KiB"));
    fg_human_bytes(200 << 20, text);
    OK(same(text, "200 MiB"));
    fg_human_bytes(UINT64_MAX, text);
    OK(same(text, "16.0 EiB"));
    fg_human_mib(64 * 1024, text);
    OK(same(text, "64.0 GiB"));
    fg_human_mib(-1, text);
    OK(same(text, "0 B"));
    fg_human_milli(1000, text);
    OK(same(text, "1"));
    fg_human_milli(500, text);
    OK(same(text, "0.5"));
    fg_human_milli(2250, text);
    OK(same(text, "2.25"));
    fg_human_energy(12.4, text);
    OK(strcmp(text, "12 J") == 0);
    fg_human_energy(15120, text);
    OK(strcmp(text, "4.2 Wh") == 0);
    fg_human_energy(111780000, text);
    OK(strcmp(text, "31.05 kWh") == 0);
    fg_human_mass(0.0042, text);
    OK(strcmp(text, "0.0042 g") == 0);
    fg_human_mass(812, text);
    OK(strcmp(text, "812 g") == 0);
    fg_human_mass(31050, text);
    OK(strcmp(text, "31.05 kg") == 0);
    fg_human_money(0, text);
    OK(same(text, "$0"));
    fg_human_money(4200, text);
    OK(same(text, "$0.0042"));
    fg_human_money(12'340'000, text);
    OK(same(text, "$12.34"));
}

int main(void)
{
    RUN(durations);
    RUN(moments);
    RUN(amounts);
    return tap_done();
}

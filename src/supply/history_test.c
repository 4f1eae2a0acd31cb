/* history_test.c - tables of what was measured, good and bad */
#include "supply/history.h"

#include "test/tap.h"

#include <string.h>

static int read_text(const char *text,
                     struct fg_arena *arena,
                     struct fg_supplier_history **out,
                     size_t *out_len)
{
    struct fg_err err = {};
    int rc = fg_supplier_history_read(text, strlen(text), arena, out, out_len, &err);
    if (rc < 0)
        printf("# %s\n", err.text);
    return rc;
}

static void test_good(void)
{
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_supplier_history_room(4096));
    struct fg_supplier_history *rows;
    size_t len;
    EQ(read_text("\xef\xbb\xbfsupplier,Orders,refused,promised,kept,deliveries,lead_hours,held_"
                 "hours,reclaims,"
                 "faults,runs,speed,speed_deviation,hourly_usd\r\n"
                 "alpha,40,1,96,95,39,58.5,41000,0,6,120,0.97,0.05,12.5\r\n\r\n"
                 "\"beta\",,,,,,,,,,,,,\r\n",
                 arena, &rows, &len),
       0);
    EQ(len, 2);
    OK(strcmp(rows[0].supplier, "alpha") == 0 && strcmp(rows[1].supplier, "beta") == 0);
    EQ(rows[0].orders, 40);
    EQ(rows[0].leads, 39);
    EQ(rows[0].lead_sum_us, 210600000000);
    EQ(rows[0].held_us, 147600000000000);
    EQ(rows[0].speed_milli_sum, 116400);
    EQ(rows[0].speed_milli2_sum, 120 * (970 * 970 + 50 * 50));
    EQ(rows[0].hourly_uusd, 12500000);
    EQ(rows[1].orders, 0);
}

static void test_bad(void)
{
    static const char *const texts[] = {
        "",
        "orders\n1\n",
        "supplier,orders,orders\na,1,1\n",
        "supplier,price\na,1\n",
        "supplier,orders\na,1\na,2\n",
        "supplier,orders\na\n",
        "supplier,orders\na b,1\n",
        "supplier,orders\n,1\n",
        "supplier,orders\na,-1\n",
        "supplier,orders\na,1.5\n",
        "supplier,orders\na,1e12\n",
        "supplier,orders,refused\na,1,2\n",
        "supplier,promised,kept\na,1,2\n",
        "supplier,speed\na,NaN\n",
        "supplier,lead_hours\na,5\n",
        "supplier,speed,runs\na,5,\n",
        "supplier\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        FG_AUTO(fg_arena)
        struct fg_arena *arena = fg_arena_new(fg_supplier_history_room(4096));
        struct fg_supplier_history *rows;
        size_t len;
        EQ(read_text(texts[i], arena, &rows, &len), FG_EINVAL);
    }
}

int main(void)
{
    RUN(test_good);
    RUN(test_bad);
    return tap_done();
}

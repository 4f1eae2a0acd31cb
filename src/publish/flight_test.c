/* flight_test.c */
#include "publish/flight.h"

#include "test/tap.h"

static struct fg_flight flight;

static void add(uint64_t seq, uint64_t gap)
{
    fg_flight_add(&flight, (struct fg_flight_note){seq, gap});
    flight.looked = seq;
}

static void it_stands_before_the_first_that_is_not_confirmed(void)
{
    struct fg_publish_row row = {.seq = 10, .sent = 7};
    fg_flight_reset(&flight, row.seq);
    add(12, 0);
    add(15, 0);
    add(16, 0);
    flight.looked = 20; /* nobody wants 17 to 20 */
    fg_flight_settle(&flight, 0, false, &row);
    EQ(row.seq, 10);
    fg_flight_settle(&flight, 2, false, &row);
    EQ(row.seq, 15);
    EQ(row.sent, 9);
    fg_flight_settle(&flight, 1, false, &row);
    EQ(row.seq, 20);
    EQ(flight.len, 0);
    flight.looked = 25;
    fg_flight_settle(&flight, 0, false, &row);
    EQ(row.seq, 25);
    EQ(row.sent, 10);
    EQ(row.dropped, 0);
}

static void what_is_lost_is_counted_once(void)
{
    struct fg_publish_row row = {.seq = 1};
    fg_flight_reset(&flight, row.seq);
    add(9, 8); /* 2 to 9 are no more */
    add(10, 0);
    add(11, 0);
    fg_flight_settle(&flight, 2, true, &row);
    EQ(row.seq, 11);
    EQ(row.sent, 1);
    EQ(row.dropped, 9);
}

static void it_holds_as_much_as_it_says_at_any_place(void)
{
    struct fg_publish_row row = {};
    uint64_t seq = 0;
    fg_flight_reset(&flight, 0);
    for (int round = 0; round < 5; round++) {
        while (flight.len < FG_FLIGHT_MAX)
            add(++seq, 0);
        fg_flight_settle(&flight, FG_FLIGHT_MAX - 3, false, &row);
        EQ(row.seq, seq - 3);
    }
    fg_flight_reset(&flight, row.seq);
    EQ(flight.len, 0);
    add(row.seq + 1, 0);
    fg_flight_settle(&flight, 1, false, &row);
    EQ(row.seq, seq - 2);
}

int main(void)
{
    RUN(it_stands_before_the_first_that_is_not_confirmed);
    RUN(what_is_lost_is_counted_once);
    RUN(it_holds_as_much_as_it_says_at_any_place);
    return tap_done();
}

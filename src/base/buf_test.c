/* buf_test.c - text that grows */
#include "base/buf.h"
#include "test/tap.h"

#include <string.h>

static void what_is_added_stands_in_a_row(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    fg_buf_puts(&buf, "a");
    fg_buf_add(&buf, "b\0c", 3);
    fg_buf_printf(&buf, "%d-%s", 42, "x");
    EQ(buf.len, 8);
    OK(memcmp(buf.text, "ab\0c42-x", 9) == 0);
}

static void adding_nothing_still_ends_the_text(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    fg_buf_add(&buf, "", 0);
    EQ(buf.len, 0);
    EQ(buf.text[0], 0);
}

static void it_grows_past_any_room(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    for (int i = 0; i < 100'000; i++)
        fg_buf_add(&buf, "0123456789", 10);
    EQ(buf.len, 1'000'000);
    EQ(buf.text[999'999], '9');
    EQ(buf.text[buf.len], 0);
}

static void clear_keeps_the_memory(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    fg_buf_clear(&buf); /* never used: nothing to do */
    fg_buf_printf(&buf, "%1000d", 1);
    size_t room = buf.room;
    fg_buf_clear(&buf);
    EQ(buf.len, 0);
    EQ(buf.room, room);
    EQ(strlen(buf.text), 0);
}

static void reserve_gives_room_to_write(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    char *at = fg_buf_reserve(&buf, 300);
    memset(at, 'x', 300);
    buf.len += 300;
    fg_buf_puts(&buf, "y");
    EQ(strlen(buf.text), 301);
}

int main(void)
{
    RUN(what_is_added_stands_in_a_row);
    RUN(adding_nothing_still_ends_the_text);
    RUN(it_grows_past_any_room);
    RUN(clear_keeps_the_memory);
    RUN(reserve_gives_room_to_write);
    return tap_done();
}

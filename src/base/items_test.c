/* items_test.c - long lists, an object at a time */
#include "base/items.h"

#include "test/tap.h"

#include <string.h>

static struct fg_items walk(const char *text)
{
    return (struct fg_items){.bytes = text, .len = strlen(text), .item_bytes_max = 20};
}

static bool same(const struct fg_item *item, const char *want)
{
    return item->len == strlen(want) && memcmp(item->bytes, want, item->len) == 0;
}

static void objects_come_one_by_one_with_their_lines(void)
{
    struct fg_items items = walk("[{\"a\":\"}\\\"{\"},\n {\"b\":{}}]\n[{}]");
    struct fg_item item;
    EQ(fg_items_next(&items, &item, NULL), 1);
    OK(same(&item, "{\"a\":\"}\\\"{\"}") && item.line == 1);
    EQ(fg_items_next(&items, &item, NULL), 1);
    OK(same(&item, "{\"b\":{}}") && item.line == 2);
    EQ(fg_items_next(&items, &item, NULL), 1);
    OK(same(&item, "{}") && item.line == 3);
    EQ(fg_items_next(&items, &item, NULL), 0);
}

static void one_list_ends_the_walk(void)
{
    struct fg_items items = walk("[{}],\"more\":[{}]}");
    struct fg_item item;
    items.one_list = true;
    EQ(fg_items_next(&items, &item, NULL), 1);
    EQ(fg_items_next(&items, &item, NULL), 0);
}

static void what_is_no_list_is_refused(void)
{
    static const struct {
        const char *text;
        int rc;
        size_t line;
        const char *why;
    } rows[] = {
        {"[{}\n", FG_EINVAL, 2, "the list does not end, expected `]`"},
        {"\n\n12", FG_EINVAL, 3, "expected a list of objects"},
        {"[{\"abcdefghijklmnopqrstuvwxyz\":1}]", FG_ETOOBIG, 1,
         "an object of more than 20 bytes"},
        {"", 0, 1, ""},
        {" [] ", 0, 1, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_items items = walk(rows[i].text);
        struct fg_item item = {};
        struct fg_err err = {};
        int rc;
        while ((rc = fg_items_next(&items, &item, &err)) == 1)
            ;
        EQ(rc, rows[i].rc);
        EQ(item.line, rows[i].line);
        OK(strcmp(err.text, rows[i].why) == 0);
    }
}

static void a_list_is_found_by_its_key_and_depth(void)
{
    static const char text[] =
        "{\"list\":1,\"data\":{\"x\":{\"list\":[]},\"y\":\"list\",\"list\" : [{}]}}";
    size_t at = fg_items_find(text, strlen(text), "list", 2);
    OK(strcmp(text + at, "[{}]}}") == 0);
    EQ(fg_items_find(text, strlen(text), "list", 1), strlen(text)); /* no list */
    EQ(fg_items_find(text, strlen(text), "nothing", 2), strlen(text));
    EQ(fg_items_find("\"list", 5, "list", 0), 5);
}

int main(void)
{
    RUN(objects_come_one_by_one_with_their_lines);
    RUN(one_list_ends_the_walk);
    RUN(what_is_no_list_is_refused);
    RUN(a_list_is_found_by_its_key_and_depth);
    return tap_done();
}

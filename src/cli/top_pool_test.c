/* top_pool_test.c - sums of the pool from columns, and from what is no such thing. */
#include "cli/top_pool.h"

#include "test/tap.h"

#include <string.h>

static void sum(const char *json, struct fg_top_pool *out)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 16);
    struct fg_err err = {};
    const struct fg_doc *doc = NULL;
    OK(fg_doc_json(json, strlen(json), arena, &doc, &err) == 0);
    fg_top_pool_sum(doc, out);
}

static void columns_are_added_by_supplier(void)
{
    struct fg_top_pool pool = {};
    sum("{\"pool\":{\"kinds\":[\"h100\",\"cpu\"],\"suppliers\":[\"\",\"north\"],\"nodes\":{"
        "\"state\":[\"up\",\"down\",\"up\"],\"supplier\":[0,1,1],\"devices\":[2,1,1]},"
        "\"devices\":{\"kind\":[0,0,0,1],\"used_milli\":[1000,250,0,500],\"state\":[0,2,1,0]}},"
        "\"readings\":{\"busy_milli\":[800,-1,100,3000],\"power_mw\":[300000,-1,-1,90000]}}",
        &pool);
    EQ(pool.by_len, 2);
    EQ(pool.by[0].nodes, 1);
    EQ(pool.by[0].devices, 2);
    EQ(pool.by[0].used_milli, 1250);
    EQ(pool.by[0].busy_len, 1);
    EQ(pool.by[1].nodes, 2);
    EQ(pool.by[1].nodes_up, 1);
    EQ(pool.by[1].busy_milli, 100); /* cores are no share */
    EQ(pool.all.devices, 4);
    EQ(pool.all.out_of_service, 2);
    EQ(pool.all.power_mw, 390000);
    EQ(pool.all.power_len, 2);
}

static void what_is_no_map_is_nothing(void)
{
    static const char odd[] =
        "{\"pool\":{\"kinds\":[],\"suppliers\":[1],\"nodes\":{\"state\":[1],\"supplier\":[9],"
        "\"devices\":[1000000]},\"devices\":{}},\"readings\":{}}";
    static const char *const bad[] = {"{}", "{\"pool\":1}", odd};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fg_top_pool pool = {};
        sum(bad[i], &pool);
        EQ(pool.all.devices, 0);
    }
}

int main(void)
{
    RUN(columns_are_added_by_supplier);
    RUN(what_is_no_map_is_nothing);
    return tap_done();
}

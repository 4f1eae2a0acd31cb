/* suppliers_test.c - on what terms work goes to a node: suppliers, regions, prices, whole devices */
#include "pool/pool.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static fg_node_id add(struct fg_pool *pool,
                      const char *name,
                      const char *supplier,
                      const char *region,
                      int64_t price_uusd)
{
    struct fg_node_spec spec = {.cpu_milli = 8000,
                                .mem_mib = 1024,
                                .devices_len = 2,
                                .price_uusd_per_hour = 2 * price_uusd,
                                .whole_only = supplier[0] != '\0'};
    fg_node_id node = 0;
    snprintf(spec.name, sizeof(spec.name), "%s", name);
    snprintf(spec.supplier, sizeof(spec.supplier), "%s", supplier);
    snprintf(spec.region, sizeof(spec.region), "%s", region);
    for (uint32_t i = 0; i < 2; i++)
        memcpy(spec.devices[i].kind, "h100", 5);
    if (fg_pool_add(pool, &spec, &node, NULL) < 0)
        abort();
    return node;
}

/* Which of the nodes 1 to 4 it may have, as a set of bits. */
static uint32_t fits(const struct fg_pool *pool, const struct fg_request *request)
{
    struct fg_need need = fg_pool_need(pool, request);
    uint32_t set = 0;
    for (fg_node_id node = 1; node <= fg_pool_len(pool); node++) {
        struct fg_grant grant;
        bool takes = fg_pool_fit(pool, NULL, node, &need, false, &grant);
        EQ(takes, fg_pool_room(pool, node, &need, false) > 0);
        set |= (uint32_t)takes << (node - 1);
    }
    return set;
}

static struct fg_pool *four_nodes(void)
{
    struct fg_pool *pool = fg_pool_new(8);
    add(pool, "here", "", "", 0);
    add(pool, "ruth.n1", "ruth", "eu", 1'000'000);
    add(pool, "ruth.n2", "ruth", "us", 2'000'000);
    add(pool, "eve.n1", "eve", "us", 3'000'000);
    return pool;
}

static void terms_leave_nodes_out(void)
{
    static const struct {
        const char *suppliers, *regions;
        int64_t max_price_uusd;
        uint32_t gpu_milli, nodes;
    } rows[] = {
        {"", "", 0, 1000, 0xf},          {"", "", 0, 500, 0x1},
        {"local", "", 0, 1000, 0x1},     {"ruth", "", 0, 1000, 0x6},
        {"eve,local", "", 0, 1000, 0x9}, {"-ruth", "", 0, 1000, 0x9},
        {"-eve,-local", "", 0, 1000, 6}, {"nobody", "", 0, 1000, 0},
        {"-nobody", "", 0, 1000, 0xf},   {"", "eu", 0, 1000, 0x2},
        {"", "eu,us", 0, 1000, 0xe},     {"", "asia", 0, 1000, 0},
        {"ruth", "us", 0, 1000, 0x4},    {"", "", 1'999'999, 1000, 0x3},
        {"", "", 2'000'000, 1000, 0x7},  {"-local", "", 5'000'000'000, 1000, 0xe},
    };
    FG_AUTO(fg_pool) struct fg_pool *pool = four_nodes();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_request request = {.kind = "h100",
                                     .count = 1,
                                     .gpu_milli = rows[i].gpu_milli,
                                     .max_price_uusd = rows[i].max_price_uusd};
        snprintf(request.suppliers, sizeof(request.suppliers), "%s", rows[i].suppliers);
        snprintf(request.regions, sizeof(request.regions), "%s", rows[i].regions);
        EQ(fits(pool, &request), rows[i].nodes);
    }
}

static void one_that_is_not_up_gets_nothing(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = four_nodes();
    struct fg_request request = {.kind = "h100", .count = 1, .gpu_milli = 1000};
    struct fg_supplier_state silent = {.up = false, .reason = "no answer"}, up = {.up = true};
    uint64_t generation = fg_pool_generation(pool);
    EQ(fg_pool_set_supplier(pool, "ruth", &silent, NULL), 0);
    OK(fg_pool_generation(pool) > generation);
    EQ(fits(pool, &request), 0x9);
    generation = fg_pool_generation(pool);
    EQ(fg_pool_set_supplier(pool, "ruth", &silent, NULL), 0);
    EQ(fg_pool_generation(pool), generation);
    const struct fg_suppliers *suppliers = fg_pool_suppliers(pool);
    int ruth = fg_suppliers_find(suppliers, "ruth");
    OK(strcmp(suppliers->items[ruth].state.reason, "no answer") == 0);
    EQ(fg_pool_set_supplier(pool, "ruth", &up, NULL), 0);
    EQ(fits(pool, &request), 0xf);
    EQ(fg_pool_set_supplier(pool, "local", &silent, NULL), FG_EINVAL);
    EQ(fg_pool_set_supplier(pool, "", &silent, NULL), FG_EINVAL);
}

static void a_pool_holds_so_many(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(8);
    struct fg_supplier_state up = {.up = true};
    struct fg_err err = {};
    char name[FG_NAME_MAX];
    for (int i = 1; i < FG_POOL_SUPPLIERS_MAX; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        EQ(fg_pool_set_supplier(pool, name, &up, NULL), 0);
    }
    EQ(fg_pool_set_supplier(pool, "more", &up, &err), FG_ENOCAP);
    OK(strstr(err.text, "more") != NULL);
    EQ(fg_pool_set_supplier(pool, "s1", &up, NULL), 0);
}

int main(void)
{
    RUN(terms_leave_nodes_out);
    RUN(one_that_is_not_up_gets_nothing);
    RUN(a_pool_holds_so_many);
    return tap_done();
}

/* node_rows_test.c - nodes keep their numbers; a file of schema version 3 gets a place for them and loses nothing. */
#include "store/testing.h"

#include "store/schema.h"

static const char *const version_3_rows[] = {
    "INSERT INTO user VALUES(1, 'ann')",
    "INSERT INTO node VALUES(1, 'host', 1, 'a new fan', 16000, 65536, -1)",
    "INSERT INTO node VALUES(2, 'host2', 0, '', 16000, 65536, -1)",
    "INSERT INTO node_device VALUES(1, 0, 'h100', '0', 'CUDA_VISIBLE_DEVICES', 1, 0, 81920, 0)",
    "INSERT INTO supplier VALUES('acme', '{\"kind\":\"listed\"}')",
};

static void make_version_3(const char *path)
{
    struct fg_db db = {};
    MUST(fg_db_open(&db, path, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate_to(&db, 3, NULL) == 0);
    for (size_t i = 0; i < sizeof(version_3_rows) / sizeof(version_3_rows[0]); i++) {
        struct fg_err err = {};
        if (fg_db_exec(&db, version_3_rows[i], &err) != 0)
            printf("# %s\n", err.text);
        MUST(err.code == 0);
    }
    fg_db_close(&db);
}

struct seen {
    size_t nodes_len, wishes_len, suppliers_len;
    fg_node_id last;
    char json[512], reason[FG_TEXT_MAX];
};

static int on_node(void *self, fg_node_id id, const char *json, struct fg_err *)
{
    struct seen *seen = self;
    seen->nodes_len++;
    OK(id > seen->last);
    seen->last = id;
    snprintf(seen->json, sizeof(seen->json), "%s", json);
    return 0;
}

static int on_wish(void *self, const char *name, enum fg_node_state wanted, const char *reason)
{
    struct seen *seen = self;
    seen->wishes_len++;
    if (strcmp(name, "host") == 0) {
        EQ(wanted, FG_NODE_DRAINING);
        snprintf(seen->reason, sizeof(seen->reason), "%s", reason);
    }
    return 0;
}

static int on_supplier(void *self, const char *, const char *)
{
    struct seen *seen = self;
    seen->suppliers_len++;
    return 0;
}

static struct seen look(struct fg_store *store)
{
    struct seen seen = {};
    struct fg_store_sink sink = {.self = &seen, .node = on_wish, .supplier = on_supplier};
    EQ(ops->pool_nodes(store, on_node, &seen, NULL), 0);
    EQ(ops->load(store, &sink, NULL), 0);
    return seen;
}

static void a_file_of_version_3_loses_nothing(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    make_version_3(folder.db);
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    struct seen seen = look(store);
    EQ(seen.wishes_len, 2);
    EQ(seen.suppliers_len, 1);
    EQ(seen.nodes_len, 0);
    OK(strcmp(seen.reason, "a new fan") == 0);
    ops->free(store);
}

static void nodes_keep_their_numbers(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct fg_node_spec spec = {.name = "host", .cpu_milli = 8000};
    MUST(store && ops->begin(store, NULL) == 0);
    EQ(ops->pool_node_put(store, 1, &spec, NULL), 0);
    snprintf(spec.name, sizeof(spec.name), "north.n1");
    snprintf(spec.supplier, sizeof(spec.supplier), "north");
    EQ(ops->pool_node_put(store, 2, &spec, NULL), 0);
    EQ(ops->pool_node_put(store, 7, &spec, NULL), 0);
    EQ(ops->pool_node_put(store, 2, NULL, NULL), 0);
    spec.cpu_milli = 9000;
    EQ(ops->pool_node_put(store, 7, &spec, NULL), 0);
    EQ(ops->commit(store, NULL), 0);
    MUST(ops->begin(store, NULL) == 0);
    EQ(ops->pool_node_put(store, 8, &spec, NULL), 0);
    ops->rollback(store);
    ops->free(store);
    store = open_store(folder.db);
    MUST(store);
    struct seen seen = look(store);
    EQ(seen.nodes_len, 2);
    EQ(seen.last, 7);
    OK(strstr(seen.json, "\"cpu_milli\":9000"));
    OK(strstr(seen.json, "\"supplier\":\"north\""));
    ops->free(store);
}

int main(void)
{
    RUN(a_file_of_version_3_loses_nothing);
    RUN(nodes_keep_their_numbers);
    return tap_done();
}

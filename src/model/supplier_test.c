/* supplier_test.c - where a supplier may be. */
#include "model/cluster_terms.h"
#include "model/supplier_json.h"
#include "test/tap.h"

#include <string.h>

static struct fg_supplier http(const char *url)
{
    struct fg_supplier supplier = {.name = "north", .kind = FG_SUPPLIER_HTTP};
    strcpy(supplier.url, url);
    return supplier;
}

static void money_never_goes_in_the_open(void)
{
    static const struct {
        const char *url;
        bool allowed;
    } cases[] = {
        {"https://sell.example/v1", true},
        {"http://127.0.0.1:9000", true},
        {"http://localhost", true},
        {"http://localhost/v1", true},
        {"http://[::1]:80/", true},
        {"http://sell.example", false},
        {"http://127.0.0.1.sell.example", false},
        {"http://localhost.sell.example/", false},
        {"http://localhost:1@sell.example/", false},
        {"https://me:secret@sell.example/", false},
        {"ftp://localhost", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_supplier supplier = http(cases[i].url);
        printf("# %s\n", cases[i].url);
        EQ(fg_supplier_check(&supplier, NULL) == 0, cases[i].allowed);
    }
}

static void paths_are_absolute(void)
{
    struct fg_supplier supplier = {.name = "own", .kind = FG_SUPPLIER_OWNED};
    EQ(fg_supplier_check(&supplier, NULL), 0);
    strcpy(supplier.machines_file, "machines.yaml");
    EQ(fg_supplier_check(&supplier, NULL), FG_EINVAL);
    strcpy(supplier.machines_file, "/etc/fastgpu/machines.yaml");
    EQ(fg_supplier_check(&supplier, NULL), 0);
    struct fg_supplier program = {.name = "prog", .kind = FG_SUPPLIER_EXEC};
    EQ(fg_supplier_check(&program, NULL), FG_EINVAL);
    program.argv_len = 1;
    strcpy(program.argv[0], "sell");
    EQ(fg_supplier_check(&program, NULL), FG_EINVAL);
    strcpy(program.argv[0], "/usr/lib/fastgpu/sell");
    EQ(fg_supplier_check(&program, NULL), 0);
}

static struct fg_supplier slurm(void)
{
    return (struct fg_supplier){
        .name = "north", .kind = FG_SUPPLIER_SLURM, .cluster = fg_cluster_terms_default()};
}

static void clusters_are_reached_by_plain_words(void)
{
    static const struct {
        const char *url, *ssh, *link;
        bool allowed;
    } cases[] = {
        {"", "", "", true},
        {"unix:/run/slurmrestd.sock", "", "", true},
        {"unix:run/slurmrestd.sock", "", "", false},
        {"https://rest.example:6820", "me@login.example:22", "10.0.0.1:7078", true},
        {"http://127.0.0.1:6820", "", "[fd00::1]:7078", true},
        {"http://rest.example:6820", "", "", false},
        {"", "-oProxyCommand=x", "", false},
        {"", "login.example rm", "", false},
        {"", "", "host-a:7078,host-b:7078", true},
        {"", "", "host-a:7078,", false},
        {"", "", ":7078", false},
        {"", "", "host", false},
        {"", "", "host:0", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_supplier supplier = slurm();
        strcpy(supplier.url, cases[i].url);
        strcpy(supplier.cluster.ssh, cases[i].ssh);
        strcpy(supplier.cluster.link, cases[i].link);
        printf("# %s %s %s\n", cases[i].url, cases[i].ssh, cases[i].link);
        EQ(fg_supplier_check(&supplier, NULL) == 0, cases[i].allowed);
    }
}

static void times_of_clusters_make_sense(void)
{
    struct fg_supplier supplier = slurm();
    supplier.cluster.lease_us = 0;
    EQ(fg_supplier_check(&supplier, NULL), 0);
    supplier.cluster.lease_us = 5999999;
    EQ(fg_supplier_check(&supplier, NULL), FG_EINVAL);
    supplier = slurm();
    supplier.cluster.patience_us = 0;
    EQ(fg_supplier_check(&supplier, NULL), FG_EINVAL);
    supplier = slurm();
    supplier.cluster.poll_us = 0;
    EQ(fg_supplier_check(&supplier, NULL), FG_EINVAL);
    supplier = slurm();
    supplier.cluster.folder_is_shared = true;
    EQ(fg_supplier_check(&supplier, NULL), FG_EINVAL);
    strcpy(supplier.cluster.folder, "/scratch");
    EQ(fg_supplier_check(&supplier, NULL), 0);
}

static int read_json(const char *text, struct fg_supplier *out)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    const struct fg_doc *doc;
    int rc = fg_doc_json(text, strlen(text), arena, &doc, NULL);
    return rc < 0 ? rc : fg_supplier_json_read(doc, "north", arena, out, NULL);
}

static void terms_survive_json(void)
{
    struct fg_supplier supplier, again;
    EQ(read_json("{\"kind\":\"slurm\"}", &supplier), 0);
    EQ(supplier.cluster.lease_us, FG_CLUSTER_LEASE_US);
    EQ(supplier.timeout_us, FG_CLUSTER_TIMEOUT_US);
    EQ(read_json("{\"cluster\":{\"place\":\"slurm\",\"lease_us\":0,\"link\":\"h:1\"},"
                 "\"kind\":\"slurm\",\"timeout_us\":1}",
                 &supplier),
       0);
    EQ(supplier.cluster.place, FG_CLUSTER_PLACE_SLURM);
    EQ(supplier.cluster.lease_us, 0);
    EQ(supplier.timeout_us, 1);
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    fg_json_object(&json);
    fg_supplier_json_members(&json, &supplier);
    fg_json_end(&json);
    EQ(read_json(text.text, &again), 0);
    OK(memcmp(&supplier, &again, sizeof(again)) == 0);
    EQ(read_json("{\"kind\":\"listed\",\"cluster\":{}}", &supplier), FG_EINVAL);
    EQ(read_json("{\"kind\":\"slurm\",\"cluster\":{\"place\":\"theirs\"}}", &supplier),
       FG_EINVAL);
    EQ(read_json("{\"kind\":\"listed\"}", &supplier), 0);
    EQ(supplier.cluster.lease_us, 0);
    EQ(supplier.timeout_us, FG_SUPPLIER_TIMEOUT_US);
}

int main(void)
{
    RUN(clusters_are_reached_by_plain_words);
    RUN(times_of_clusters_make_sense);
    RUN(terms_survive_json);
    RUN(money_never_goes_in_the_open);
    RUN(paths_are_absolute);
    return tap_done();
}

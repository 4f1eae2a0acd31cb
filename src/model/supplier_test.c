/* supplier_test.c - where a supplier may be. */
#include "model/supplier.h"
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

int main(void)
{
    RUN(money_never_goes_in_the_open);
    RUN(paths_are_absolute);
    return tap_done();
}

/* service_config_test.c - the configuration file, and docs/CONFIG.md against the tables */
#include "model/limits.h"
#include "model/service_config.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static int parse(const char *text, struct fg_service_config *config, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    return fg_service_config_parse(text, strlen(text), "f.yaml", arena, config, err);
}

static void an_empty_file_means_the_defaults(void)
{
    struct fg_service_config config, defaults;
    fg_service_config_defaults(&config);
    fg_service_config_defaults(&defaults);
    EQ(parse("", &config, NULL), 0);
    OK(memcmp(&config, &defaults, sizeof(config)) == 0);
}

static void all_parts_are_read(void)
{
    struct fg_service_config config;
    struct fg_err err = {};
    fg_service_config_defaults(&config);
    EQ(parse("listen: 0.0.0.0:8080\njob_user: nobody\napi_threads: 3\ndevices:\n"
             "  - {kind: FPGA-u250, expose: XCL_VISIBLE_DEVICES, id: 4, count: 2, memory: "
             "64GiB, numa: 1, island: 3}\n"
             "  - {kind: tpu, expose: TPU_DEVICES}\n"
             "schedule: {order: srtf, preempt: order}\n"
             "exporters: [{nodes: hpc.*, url: 'http://a:9400/metrics'}, {url: 'https://b/'}]\n"
             "grid: {carbon: {url: 'https://c/{now}', values: 'data[].v', times: 'data[].t', "
             "scale: 0.5},\n"
             "  price_hours: "
             "[0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,"
             "0.1,0.1,0.1,0.1,0.1,0.1,0.25]}\n"
             "shared_store: postgresql://ada@db/fastgpu\nshared_url: http://a:8642\n"
             "shared_store_password_file: /etc/fastgpu/pg.password\nleader_patience_ms: 9000\n",
             &config, &err),
       0);
    EQ(config.grid.price_hours.len, 24);
    EQ(config.grid.price_hours.values[23], 250000);
    EQ(config.grid.carbon_hours.len, 0);
    EQ(config.grid.carbon.scale_micro, 500000);
    OK(strcmp(config.grid.carbon.token_header, "Authorization") == 0);
    OK(strcmp(config.shared_store, "postgresql://ada@db/fastgpu") == 0);
    OK(strcmp(config.shared_url, "http://a:8642") == 0);
    OK(strcmp(config.shared_store_password_file, "/etc/fastgpu/pg.password") == 0);
    EQ(config.numbers.leader_patience_ms, 9000);
    OK(strcmp(config.listen_host, "0.0.0.0") == 0);
    EQ(config.listen_port, 8080);
    OK(strcmp(config.job_user, "nobody") == 0);
    EQ(config.numbers.api_threads, 3);
    EQ(config.devices_len, 3);
    OK(strcmp(config.devices[0].kind, "fpga-u250") == 0);
    OK(strcmp(config.devices[0].id, "4") == 0);
    OK(strcmp(config.devices[1].id, "5") == 0);
    OK(strcmp(config.devices[1].expose, "XCL_VISIBLE_DEVICES") == 0);
    EQ(config.devices[1].mem_mib, 65536);
    EQ(config.devices[1].numa, 1);
    EQ(config.devices[1].island, 3);
    OK(strcmp(config.devices[2].id, "0") == 0);
    EQ(config.devices[2].numa, -1);
    EQ(config.devices[2].island, -1);
    EQ(config.exporters_len, 2);
    OK(strcmp(config.exporters[0].nodes, "hpc.*") == 0);
    OK(strcmp(config.exporters[0].url, "http://a:9400/metrics") == 0);
    OK(strcmp(config.exporters[1].nodes, "*") == 0);
    OK(strcmp(config.schedule.order, "srtf") == 0);
    OK(strcmp(config.schedule.preempt, "order") == 0);
}

static void bad_files_are_refused_and_change_nothing(void)
{
    static const char *const rows[][2] = {
        {"api_threads: 0\n", "f.yaml:1: api_threads: 0, expected a whole number from 1 to 64"},
        {"lisen: x\n", "f.yaml:1: lisen: unknown member, did you mean listen?"},
        {"listen: 8080\n",
         "f.yaml:1: listen: not an address, expected HOST:PORT, like 127.0.0.1:8080 or "
         "[::1]:8080"},
        {"job_user: a b\n",
         "f.yaml:1: job_user: \"a b\", expected letters, digits and . _ - only"},
        {"exporters: [{nodes: a}]\n",
         "f.yaml:1: exporters[0]: url: missing, expected http://HOST:PORT/metrics"},
        {"exporters: [{url: 'file:///etc/passwd'}]\n",
         "f.yaml:1: exporters[0].url: expected http://HOST:PORT/metrics"},
        {"exporters: [{url: 'http://a', nodes: 'a*b'}]\n",
         "f.yaml:1: exporters[0].nodes: expected the name of a node, CLUSTER.* or *"},
        {"exporters: [{url: 'http://a', node: a}]\n",
         "f.yaml:1: exporters[0].node: unknown member, did you mean nodes?"},
        {"devices: 1\n", "f.yaml:1: devices: a whole number, expected a list"},
        {"devices:\n  - {expose: X}\n",
         "f.yaml:2: devices[0]: kind: missing, expected a name like fpga-u250"},
        {"devices:\n  - {kind: x}\n",
         "f.yaml:2: devices[0]: expose: missing, expected the variable that "
         "makes the device visible to a program"},
        {"devices:\n  - {kind: cpu, expose: X}\n",
         "f.yaml:2: devices[0]: kind: cpu means something else, "
         "expected a name like fpga-u250"},
        {"devices:\n  - {kind: x, expose: X=1}\n",
         "f.yaml:2: devices[0].expose: expected the name of a "
         "variable, like XCL_VISIBLE_DEVICES"},
        {"devices:\n  - {kind: x, expose: X, id: 'a,b'}\n",
         "f.yaml:2: devices[0].id: expected printable ASCII without blanks and commas"},
        {"devices:\n  - {kind: x, expose: X, id: a, count: 2}\n",
         "f.yaml:2: devices[0]: id: expected a number up to 100000, as count is given"},
        {"devices:\n  - {kind: x, expose: X, count: 2}\n  - {kind: y, expose: X, id: 1}\n",
         "f.yaml:3: devices[1]: id 1 of X is declared twice"},
        {"devices:\n  - {kind: x, expose: X, count: 32}\n  - {kind: y, expose: Y}\n",
         "f.yaml:3: devices[1]: more than 32 devices"},
        {"devices:\n  - {kind: x, expose: X, memry: 1}\n",
         "f.yaml:2: devices[0].memry: unknown member, did you mean memory?"},
        {"schedule: {order: lifo}\n", "f.yaml:1: schedule.order: \"lifo\", expected one of "
                                      "priority, fifo, sjf, srtf, las, edf, "
                                      "llf, drf, fair, ftf, cost"},
        {"schedule:\n  ordr: fifo\n",
         "f.yaml:2: schedule.ordr: unknown member, did you mean order?"},
        {"schedule: fifo\n", "f.yaml:1: schedule: text, expected a map"},
        {"a: [\n", "f.yaml:2: did not find expected node content"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_service_config config, before;
        struct fg_err err = {};
        fg_service_config_defaults(&config);
        before = config;
        EQ(parse(rows[i][0], &config, &err), FG_EINVAL);
        if (!OK(strcmp(err.text, rows[i][1]) == 0))
            printf("#   got  %s\n#   want %s\n", err.text, rows[i][1]);
        OK(memcmp(&config, &before, sizeof(config)) == 0);
    }
}

static void addresses_are_read(void)
{
    static const struct {
        const char *text, *host; /* NULL: refused */
        int port;
    } rows[] = {{"127.0.0.1:80", "127.0.0.1", 80},
                {"[::1]:8080", "::1", 8080},
                {":0", "127.0.0.1", 0},
                {"gpu-07:65535", "gpu-07", 65535},
                {"::1:80", NULL, 0},
                {"x:65536", NULL, 0},
                {"x:", NULL, 0},
                {"x", NULL, 0},
                {"", NULL, 0},
                {"x:-1", NULL, 0},
                {"a b:1", NULL, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char host[FG_NAME_MAX] = "";
        uint16_t port = 0;
        EQ(fg_listen_parse(rows[i].text, host, &port, NULL), rows[i].host ? 0 : FG_EINVAL);
        OK(strcmp(host, rows[i].host ? rows[i].host : "") == 0);
        EQ(port, rows[i].port);
    }
}

/* To make it anew: FASTGPU_WRITE_DOCS=1 and run this test. */
static void the_document_is_what_the_tables_say(void)
{
    static const char path[] = SOURCE_DIR "/docs/CONFIG.md";
    char *want = NULL, *got = NULL;
    size_t want_len = 0, room = 0;
    FILE *out = open_memstream(&want, &want_len);
    fg_service_config_print_reference(out);
    fclose(out);
    if (getenv("FASTGPU_WRITE_DOCS")) {
        FG_AUTO(fg_file) FILE *file = fopen(path, "w");
        OK(file && fputs(want, file) >= 0);
    }
    FG_AUTO(fg_file) FILE *file = fopen(path, "r");
    if (OK(file != NULL)) {
        OK(getdelim(&got, &room, EOF, file) >= 0);
        OK(got && strcmp(got, want) == 0);
    }
    free(got);
    free(want);
}

int main(void)
{
    RUN(an_empty_file_means_the_defaults);
    RUN(all_parts_are_read);
    RUN(bad_files_are_refused_and_change_nothing);
    RUN(addresses_are_read);
    RUN(the_document_is_what_the_tables_say);
    return tap_done();
}

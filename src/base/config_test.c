/* config_test.c - the numbers an operator may set */
#include "base/config.h"
#include "test/tap.h"

#include <string.h>

static int read(const char *yaml, struct fg_config *config, struct fg_err *err)
{
    static const char *const others[] = {"devices"};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1024 * 1024);
    const struct fg_doc *doc;
    OK(fg_doc_yaml(yaml, strlen(yaml), arena, &doc, NULL) == 0);
    struct fg_doc_reader reader = {.arena = arena, .file_name = "fastgpu.yaml", .err = err};
    return fg_config_read(&reader, doc, others, 1, config);
}

static void defaults_are_those_of_the_table(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    EQ(config.api_threads, 2);
    EQ(config.artifact_bytes_max, 10'737'418'240);
}

static void what_the_file_names_is_set(void)
{
    struct fg_config config;
    struct fg_err err = {};
    fg_config_defaults(&config);
    EQ(read("api_threads: 7\ndevices: [1]\n", &config, &err), 0);
    EQ(config.api_threads, 7);
    EQ(config.queue_jobs_max, 1'000'000);
    EQ(read("", &config, &err), 0);
    EQ(config.api_threads, 7);
}

static void a_bad_file_changes_nothing(void)
{
    static const char *const rows[][2] = {
        {"api_idle_timeout_s: 5\napi_threads: 99\n",
         "fastgpu.yaml:2: api_threads: 99, expected a whole number from 1 to 64"},
        {"api_threads: many\n",
         "fastgpu.yaml:1: api_threads: \"many\", expected a whole number from 1 to 64"},
        {"api_idle_timeout_s: 5\napi_thread: 3\n",
         "fastgpu.yaml:2: api_thread: unknown member, did you mean api_threads?"},
        {"device: 3\n", "fastgpu.yaml:1: device: unknown member, did you mean devices?"},
        {"- 1\n", "fastgpu.yaml:1: a list, expected a map"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_config config, before;
        struct fg_err err = {};
        fg_config_defaults(&config);
        before = config;
        EQ(read(rows[i][0], &config, &err), FG_EINVAL);
        if (!OK(strcmp(err.text, rows[i][1]) == 0))
            printf("#   %s\n", err.text);
        OK(memcmp(&config, &before, sizeof(config)) == 0);
    }
}

int main(void)
{
    RUN(defaults_are_those_of_the_table);
    RUN(what_the_file_names_is_set);
    RUN(a_bad_file_changes_nothing);
    return tap_done();
}

/* config_file_test.c - the file is found, bounded, and what is wrong in it has its line. */
#include "daemon/config_file.h"

#include "daemon/testing.h"

struct place {
    struct folder folder;
    char path[96];
    struct fg_service_config config;
    struct fg_err err;
};

static int read_text(struct place *place, const char *text, size_t len)
{
    snprintf(place->path, sizeof(place->path), "%s/fastgpu.yaml", place->folder.path);
    MUST(fg_fs_put(AT_FDCWD, place->path, text, len, 0600) == 0);
    return fg_config_file_read(&place->config, place->path, &place->err);
}

static void place_drop(struct place *place)
{
    folder_drop(&place->folder);
}

static void test_no_file_is_the_defaults(void)
{
    struct fg_service_config config, defaults;
    fg_service_config_defaults(&defaults);
    memset(&config, 0x5a, sizeof(config));
    EQ(fg_config_file_read(&config, NULL, NULL), 0);
    EQ(config.numbers.job_days, defaults.numbers.job_days);
    EQ(config.devices_len, 0);
}

static void test_what_it_says_counts_and_the_rest_is_default(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = {.folder = folder_make()};
    static const char text[] = "job_days: 7\n";
    EQ(read_text(&place, text, strlen(text)), 0);
    EQ(place.config.numbers.job_days, 7);
    EQ(place.config.numbers.artifact_days, 30);
    EQ(read_text(&place, "", 0), 0);
}

static void test_a_fault_has_its_file_and_line(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = {.folder = folder_make()};
    static const char text[] = "job_days: 7\nno_such_thing: 1\n";
    EQ(read_text(&place, text, strlen(text)), FG_EINVAL);
    OK(strstr(place.err.text, "fastgpu.yaml:2") != NULL);
}

static void test_what_cannot_be_read(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = {.folder = folder_make()};
    EQ(fg_config_file_read(&place.config, "/nonexistent/fastgpu.yaml", &place.err), FG_EIO);
    OK(strstr(place.err.text, "/nonexistent/fastgpu.yaml") != NULL);
    EQ(fg_config_file_read(&place.config, place.folder.path, &place.err), FG_EIO);

    char *large = calloc(1, FG_CONFIG_BYTES_MAX + 4096);
    MUST(large);
    memset(large, '#', FG_CONFIG_BYTES_MAX + 4095);
    OK(read_text(&place, large, FG_CONFIG_BYTES_MAX + 4095) < 0);
    free(large);
}

int main(void)
{
    RUN(test_no_file_is_the_defaults);
    RUN(test_what_it_says_counts_and_the_rest_is_default);
    RUN(test_a_fault_has_its_file_and_line);
    RUN(test_what_cannot_be_read);
    return tap_done();
}

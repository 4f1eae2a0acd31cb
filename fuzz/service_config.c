/* service_config.c - the configuration file: an accepted one is within all bounds, a refused one changes
 * nothing. */
#include "model/service_config.h"
#include "fuzz/tree.h"

#include <string.h>

static void check_config(const struct fg_service_config *config)
{
    static const struct {
        size_t offset;
        int64_t min, max;
    } rows[] = {
#define X(key, def, min, max, unit, text) {offsetof(struct fg_config, key), min, max},
#include "base/config.def"
#undef X
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t value;
        memcpy(&value, (const char *)&config->numbers + rows[i].offset, sizeof(value));
        CHECK(value >= rows[i].min && value <= rows[i].max);
    }
    CHECK(config->devices_len <= FG_NODE_DEVICES_MAX);
    for (size_t i = 0; i < config->devices_len; i++)
        CHECK(config->devices[i].kind[0] && config->devices[i].expose[0]
              && config->devices[i].id[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(32 * 1024 * 1024);
    struct fg_service_config config, before;
    struct fg_err err = {};
    fg_service_config_defaults(&config);
    before = config;
    int rc = fg_service_config_parse((const char *)bytes, len, "f.yaml", arena, &config, &err);
    if (rc < 0) {
        check_refusal(rc, &err, NULL);
        CHECK(memcmp(&before, &config, sizeof(config)) == 0);
    } else {
        check_config(&config);
    }
    return 0;
}

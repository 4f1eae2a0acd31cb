/* node_json_test.c - what goes out comes in again. */
#include "model/node_json.h"
#include "test/tap.h"

#include <string.h>

static int again(const char *text, struct fg_node_spec *out)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    const struct fg_doc *doc;
    int rc = fg_doc_json(text, strlen(text), arena, &doc, NULL);
    return rc < 0 ? rc : fg_node_json_read(doc, arena, out, NULL);
}

static void a_node_survives(void)
{
    struct fg_node_spec spec = {.name = "north.n1",
                                .cpu_milli = 64000,
                                .mem_mib = 1 << 20,
                                .price_uusd_per_hour = 7,
                                .supplier = "north",
                                .address = "10.0.0.1",
                                .region = "eu",
                                .site = "berlin",
                                .rack = "r7",
                                .asleep_watts = 1,
                                .idle_watts = 2,
                                .busy_watts = 3,
                                .away_milli = 4,
                                .is_spot = true,
                                .whole_only = true,
                                .devices_len = FG_NODE_DEVICES_MAX};
    for (uint32_t i = 0; i < spec.devices_len; i++)
        spec.devices[i] = (struct fg_device_spec){.kind = "h100",
                                                  .id = "GPU-1",
                                                  .expose = "CUDA_VISIBLE_DEVICES",
                                                  .vendor = (enum fg_vendor)(i % 5),
                                                  .share = (enum fg_share_mode)(i % 3),
                                                  .mem_mib = i,
                                                  .numa = (int32_t)i - 1,
                                                  .island = -1};
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_node_spec read;
    fg_node_json_write(&(struct fg_json){.buf = &text}, &spec);
    EQ(again(text.text, &read), 0);
    OK(memcmp(&spec, &read, sizeof(spec)) == 0);
    struct fg_node_spec bare = {.name = "here"};
    fg_buf_clear(&text);
    fg_node_json_write(&(struct fg_json){.buf = &text}, &bare);
    EQ(again(text.text, &read), 0);
    OK(memcmp(&bare, &read, sizeof(bare)) == 0);
}

static void what_is_not_a_node_is_refused(void)
{
    struct fg_node_spec read;
    EQ(again("[]", &read), FG_EINVAL);
    EQ(again("{\"colour\":1}", &read), FG_EINVAL);
    EQ(again("{\"devices\":[{\"vendor\":\"acme\"}]}", &read), FG_EINVAL);
    EQ(again("{\"cpu_milli\":-1}", &read), FG_EINVAL);
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_puts(&text, "{\"devices\":[");
    for (int i = 0; i <= FG_NODE_DEVICES_MAX; i++)
        fg_buf_puts(&text, i ? ",{}" : "{}");
    fg_buf_puts(&text, "]}");
    EQ(again(text.text, &read), FG_EINVAL);
}

int main(void)
{
    RUN(a_node_survives);
    RUN(what_is_not_a_node_is_refused);
    return tap_done();
}

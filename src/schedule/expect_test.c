/* expect_test.c - whose nodes come first: by wait, data, rate, price, and by how much is known to be away */
#include "schedule/expect.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S 1'000'000LL

struct scene {
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_expect *expect;
    struct fg_request any_of[2];
    size_t len;
    int64_t runs_s;
};

static void must(bool done)
{
    if (!done)
        abort();
}

static void add(struct scene *scene, const char *supplier, const char *kind, int64_t price_uusd)
{
    struct fg_node_spec spec = {.cpu_milli = 8000,
                                .mem_mib = 1024,
                                .devices_len = 1,
                                .price_uusd_per_hour = price_uusd};
    snprintf(spec.name, sizeof(spec.name), "%s.%s", supplier, kind);
    snprintf(spec.supplier, sizeof(spec.supplier), "%s", supplier);
    snprintf(spec.site, sizeof(spec.site), "at-%s", supplier[0] ? supplier : "home");
    snprintf(spec.devices[0].kind, FG_KIND_MAX, "%s", kind);
    spec.away_milli = strcmp(supplier, "flaky") == 0 ? 500 : 0;
    must(fg_pool_add(scene->pool, &spec, NULL, NULL) == 0);
}

static void build(struct scene *scene)
{
    *scene = (struct scene){.pool = fg_pool_new(8), .len = 1, .runs_s = 3600};
    fg_config_defaults(&scene->config);
    scene->ranking = fg_ranking_new(&scene->config, fg_job_orders[0], FG_PREEMPT_OFF);
    scene->queue = fg_ranking_queue(scene->ranking, 4);
    scene->expect = fg_expect_new();
    scene->any_of[0] = (struct fg_request){.kind = "h100", .count = 1, .gpu_milli = 1000};
    scene->any_of[1] = (struct fg_request){.kind = "a100", .count = 1, .gpu_milli = 1000};
}

static void clear(struct scene *scene)
{
    fg_expect_free(scene->expect);
    fg_queue_free(scene->queue);
    fg_ranking_free(scene->ranking);
    fg_pool_free(scene->pool);
}

static void set_wait(struct scene *scene, const char *name, int64_t wait_s, uint32_t others)
{
    struct fg_supplier_state state = {
        .up = true, .wait_us = wait_s < 0 ? -1 : wait_s * S, .others_wait = others};
    must(fg_pool_set_supplier(scene->pool, name, &state, NULL) == 0);
}

/* "ruth:h100 local:a100", in the order in which they are tried. */
static const char *order_of(struct scene *scene, char *out, size_t size)
{
    struct fg_job job = {.id = 1,
                         .project = 1,
                         .tasks = 1,
                         .duration_us = scene->runs_s * S,
                         .request = fg_queue_class(scene->queue, scene->any_of, scene->len)};
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    must(fg_queue_project_put(scene->queue, &project, NULL) == 0);
    struct fg_gang gang = fg_gang_of(scene->pool, scene->queue, &job);
    fg_expect_order(scene->expect, &scene->config, scene->pool, scene->queue, &job, &gang);
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < gang.ways_len && len < size; i++) {
        struct fg_way way = gang.ways[gang.order[i]];
        const char *name = fg_pool_suppliers(scene->pool)->items[way.supplier].name;
        len += (size_t)snprintf(out + len, size - len, "%s%s:%s", i ? " " : "",
                                way.supplier ? name : "local",
                                scene->any_of[way.alternative].kind);
    }
    return out;
}

#define ORDER(scene, want)                                                                     \
    do {                                                                                       \
        char got_[256];                                                                        \
        if (!OK(strcmp(order_of(scene, got_, sizeof(got_)), want) == 0))                       \
            printf("#   got %s\n", got_);                                                      \
    } while (0)

static void the_soonest_first(void)
{
    struct scene scene;
    build(&scene);
    add(&scene, "", "h100", 0);
    add(&scene, "ruth", "h100", 0);
    add(&scene, "eve", "h100", 0);
    ORDER(&scene, "local:h100 ruth:h100 eve:h100");
    set_wait(&scene, "ruth", 1800, 0);
    ORDER(&scene, "local:h100 eve:h100 ruth:h100");
    set_wait(&scene, "eve", 3600, 0);
    ORDER(&scene, "local:h100 ruth:h100 eve:h100");
    set_wait(&scene, "ruth", -1, 0); /* nobody knows, and nobody waits */
    ORDER(&scene, "local:h100 ruth:h100 eve:h100");
    set_wait(&scene, "eve", 400, 0);
    set_wait(&scene, "ruth", -1, 3); /* nobody knows, but others wait */
    ORDER(&scene, "local:h100 eve:h100 ruth:h100");
    clear(&scene);
}

static void price_decides_among_those_that_are_close(void)
{
    struct scene scene;
    build(&scene);
    add(&scene, "ruth", "h100", 3 * S);
    add(&scene, "eve", "h100", 2 * S);
    set_wait(&scene, "eve", 100, 0); /* of an hour less than 5 % */
    ORDER(&scene, "eve:h100 ruth:h100");
    set_wait(&scene, "eve", 200, 0); /* more */
    ORDER(&scene, "ruth:h100 eve:h100");
    scene.config.finish_hour_musd = 10'000; /* 1 USD less is six minutes */
    ORDER(&scene, "eve:h100 ruth:h100");
    set_wait(&scene, "eve", 1000, 0);
    ORDER(&scene, "ruth:h100 eve:h100");
    scene.config.finish_hour_musd = 0;
    scene.runs_s = 100 * 3600; /* never more than five minutes */
    set_wait(&scene, "eve", 290, 0);
    ORDER(&scene, "eve:h100 ruth:h100");
    set_wait(&scene, "eve", 310, 0);
    ORDER(&scene, "ruth:h100 eve:h100");
    clear(&scene);
}

static bool a100_is_better(void *self,
                           const struct fg_job *job,
                           const struct fg_request *any_of,
                           size_t any_of_len,
                           const char *kind,
                           double *out)
{
    (void)job, (void)any_of, (void)any_of_len;
    *out = strcmp(kind, "a100") == 0 ? 2 : 1;
    return *(bool *)self;
}

static double ruth_loses(void *self, const char *supplier, bool is_spot)
{
    (void)is_spot;
    return strcmp(supplier, "ruth") == 0 ? *(double *)self : 1;
}

/* A long job avoids who interrupts it, a short one does not mind. */
static void losses_count(void)
{
    struct scene scene;
    double losses = 1;
    const struct fg_rates rates = {&losses, a100_is_better, ruth_loses, NULL};
    build(&scene);
    add(&scene, "ruth", "h100", 1 * S);
    add(&scene, "eve", "h100", 2 * S);
    fg_expect_rates(scene.expect, &rates);
    scene.runs_s = 24 * 3600;
    ORDER(&scene, "ruth:h100 eve:h100");
    losses = 20; /* in 1,000 hours: 24 h become 30 */
    add(&scene, "eve", "h100", 2 * S);
    ORDER(&scene, "eve:h100 ruth:h100");
    scene.runs_s = 600;
    ORDER(&scene, "ruth:h100 eve:h100");
    clear(&scene);
}

/* Alternatives without rates go as they were written, unless it was learned which is better. */
static void learned_rates_count(void)
{
    struct scene scene;
    bool is_known = true;
    const struct fg_rates rates = {&is_known, a100_is_better, NULL, NULL};
    build(&scene);
    scene.len = 2;
    add(&scene, "", "h100", 0);
    add(&scene, "ruth", "a100", 0);
    ORDER(&scene, "local:h100 ruth:a100");
    fg_expect_rates(scene.expect, &rates);
    ORDER(&scene, "ruth:a100 local:h100");
    set_wait(&scene, "ruth", 7200, 0);
    ORDER(&scene, "local:h100 ruth:a100");
    set_wait(&scene, "ruth", 60, 0);
    is_known = false;
    ORDER(&scene, "local:h100 ruth:a100");
    clear(&scene);
}

static void data_and_reliability_count(void)
{
    struct scene scene;
    build(&scene);
    add(&scene, "flaky", "h100", 0);
    add(&scene, "ruth", "h100", 0);
    ORDER(&scene, "ruth:h100 flaky:h100");
    set_wait(&scene, "ruth", 3000, 0); /* half of the time away: twice as long */
    ORDER(&scene, "ruth:h100 flaky:h100");
    set_wait(&scene, "ruth", 4000, 0);
    ORDER(&scene, "flaky:h100 ruth:h100");
    set_wait(&scene, "ruth", 0, 0);
    must(fg_wan_add(fg_pool_wan(scene.pool), "at-flaky", "at-ruth", 0, 10 << 20, NULL) == 0);
    scene.any_of[0].data_mib = 20 * 3600; /* two hours from one to the other */
    memcpy(scene.any_of[0].data_site, "at-flaky", 9);
    ORDER(&scene, "flaky:h100 ruth:h100");
    scene.any_of[0].data_mib = 60;
    ORDER(&scene, "ruth:h100 flaky:h100");
    clear(&scene);
}

static void alternatives_as_written_or_by_rate(void)
{
    struct scene scene;
    build(&scene);
    scene.len = 2;
    add(&scene, "", "a100", 0);
    add(&scene, "ruth", "h100", 0);
    add(&scene, "ruth", "a100", 0);
    ORDER(&scene, "ruth:h100 local:a100 ruth:a100");
    set_wait(&scene, "ruth", 1200, 0);
    ORDER(&scene, "local:a100 ruth:h100 ruth:a100");
    scene.any_of[0].rate_milli = 2000;
    scene.any_of[1].rate_milli = 1000; /* 7,200 s against 1,200 + 3,600 */
    ORDER(&scene, "ruth:h100 local:a100 ruth:a100");
    clear(&scene);
}

static void one_machine_alone_changes_nothing(void)
{
    struct scene scene;
    build(&scene);
    scene.len = 2;
    scene.any_of[0].rate_milli = 1000;
    scene.any_of[1].rate_milli = 5000;
    add(&scene, "", "h100", 9 * S);
    add(&scene, "", "a100", 1 * S);
    struct fg_job job = {.id = 1,
                         .project = 1,
                         .tasks = 1,
                         .request = fg_queue_class(scene.queue, scene.any_of, 2)};
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    must(fg_queue_project_put(scene.queue, &project, NULL) == 0);
    struct fg_gang gang = fg_gang_of(scene.pool, scene.queue, &job);
    fg_expect_order(scene.expect, &scene.config, scene.pool, scene.queue, &job, &gang);
    EQ(gang.ways_len, 2);
    EQ(gang.order[0], 0);
    EQ(gang.order[1], 1);
    EQ(gang.ways[0].supplier, FG_WAY_ANYWHERE);
    clear(&scene);
}

int main(void)
{
    RUN(the_soonest_first);
    RUN(price_decides_among_those_that_are_close);
    RUN(data_and_reliability_count);
    RUN(learned_rates_count);
    RUN(losses_count);
    RUN(alternatives_as_written_or_by_rate);
    RUN(one_machine_alone_changes_nothing);
    return tap_done();
}

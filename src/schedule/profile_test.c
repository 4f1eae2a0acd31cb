/* profile_test.c - the soonest moment on one node, against trying every moment at which something ends. */
#include "schedule/profile.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define DEVICES 6
#define JOBS    40

static uint64_t state;

static uint32_t draw(uint32_t below)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(state >> 33) % below;
}

struct held {
    fg_job_id job;
    struct fg_grant grant;
    int64_t from_us, to_us;
};

static struct fg_grant random_grant(void)
{
    uint32_t devices = 1 + draw((1U << DEVICES) - 1);
    bool is_part = (devices & (devices - 1)) == 0 && draw(2);
    return (struct fg_grant){.node = 1,
                             .devices = devices,
                             .gpu_milli = is_part ? 250 * (1 + draw(3)) : 1000,
                             .cpu_milli = 1000 * draw(4),
                             .mem_mib = 1024ULL * draw(4)};
}

static bool fits(const struct fg_profile *profile,
                 const struct fg_profile_ask *ask,
                 int64_t at_us,
                 struct fg_grant *out)
{
    struct fg_pool_node view;
    fg_profile_view(profile, 1, at_us, at_us + ask->lasts_us, ask->pick, &view);
    return fg_pool_node_fit(&view, NULL, &ask->gang->needs[0], false, out);
}

static int64_t by_trying(const struct fg_profile *profile,
                         const struct fg_profile_ask *ask,
                         const struct held *held,
                         struct fg_grant *out)
{
    struct fg_grant grant;
    int64_t best_us = INT64_MAX;
    if (fits(profile, ask, ask->now_us, out))
        return ask->now_us;
    for (size_t i = 0; i < JOBS; i++) {
        int64_t at_us = held[i].to_us;
        if (held[i].job && at_us > ask->now_us && at_us < ask->before_us && at_us < best_us
            && fits(profile, ask, at_us, &grant)) {
            best_us = at_us;
            *out = grant;
        }
    }
    return best_us;
}

static struct fg_gang random_gang(void)
{
    uint32_t count = draw(DEVICES);
    return (struct fg_gang){
        .tasks = 1,
        .needs = {{.kinds = count ? UINT64_MAX : 0,
                   .count = count,
                   .gpu_milli = count == 1 && draw(2) ? 500
                                : count               ? 1000
                                                      : 0,
                   .cpu_milli = 1000 * (1 + draw(6)),
                   .mem_mib = 1024ULL * (1 + draw(6))}},
        .allowed = {true},
        .needs_len = 1,
        .ways = {{0, FG_WAY_ANYWHERE}},
        .ways_len = 1,
        .is_possible = true,
    };
}

/* Ask after each change, about jobs that are there and one that is not, all spans or the first ranks only. */
static bool is_soonest(struct fg_profile *profile, const struct held *held)
{
    struct fg_gang gang = random_gang();
    struct fg_profile_ask ask = {.gang = &gang,
                                 .now_us = 100 + draw(50),
                                 .lasts_us = 1 + draw(80),
                                 .pick = {draw(4) ? UINT32_MAX : 1, 1 + draw(2 * JOBS)}};
    ask.before_us = draw(3) ? INT64_MAX / 4 : ask.now_us + draw(120);
    struct fg_grant expected = {}, found = {};
    int64_t at_us =
        ask.now_us < ask.before_us ? by_trying(profile, &ask, held, &expected) : INT64_MAX;
    if (fg_profile_soonest_on(profile, &ask, 1, &found) != at_us)
        return false;
    return at_us == INT64_MAX
           || (found.node == 1 && found.devices == expected.devices
               && found.gpu_milli == expected.gpu_milli);
}

static bool live(struct fg_profile *profile, const struct fg_pool *pool, uint64_t seed)
{
    struct held held[JOBS] = {};
    state = seed;
    fg_profile_clear(profile, pool);
    bool all = true;
    for (int step = 0; step < 200 && all; step++) {
        size_t i = draw(1 + draw(JOBS));
        if (held[i].job) {
            fg_profile_del(profile, held[i].job, &held[i].grant);
            held[i] = (struct held){};
        } else {
            int64_t from_us = draw(3) ? 90 + draw(100) : INT64_MIN;
            held[i] = (struct held){i + 1, random_grant(), from_us,
                                    (from_us > 0 ? from_us : 100) + 1 + draw(90)};
            fg_profile_add(profile, i + 1, draw(3), &held[i].grant, held[i].from_us,
                           held[i].to_us);
        }
        for (int ask = 0; ask < 4 && all; ask++)
            all = is_soonest(profile, held);
    }
    return all;
}

static void the_soonest_moment_on_a_node_is_the_soonest(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(1);
    FG_AUTO(fg_profile) struct fg_profile *profile = fg_profile_new();
    struct fg_node_spec spec = {
        .name = "n", .cpu_milli = 12000, .mem_mib = 12 * 1024, .devices_len = DEVICES};
    for (size_t i = 0; i < DEVICES; i++)
        spec.devices[i] = (struct fg_device_spec){.kind = "v100", .mem_mib = 32768};
    EQ(fg_pool_add(pool, &spec, NULL, NULL), 0);
    for (uint64_t seed = 1; seed <= 60; seed++)
        if (!live(profile, pool, seed)) {
            printf("# seed %llu\n", (unsigned long long)seed);
            OK(false);
        }
    OK(true);
}

int main(void)
{
    RUN(the_soonest_moment_on_a_node_is_the_soonest);
    return tap_done();
}

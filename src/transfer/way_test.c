/* way_test.c - the best way, against one that tries everything. */
#include "transfer/way.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define SITES  5 /* 0 from, 1 to, the others relays */
#define NOW_US 1'790'000'000'000'000

static const char *const sites[SITES] = {"from", "to", "r2", "r3", "r4"};
static const char *const relays[] = {"r2", "r3", "r4"};

/* What the test knows of the links; 0: never measured. */
struct world {
    int64_t latency_us[FG_PROTOCOLS][SITES][SITES];
    int64_t one[FG_PROTOCOLS][SITES][SITES], many[FG_PROTOCOLS][SITES][SITES];
    struct fg_way_ask ask;
    struct fg_measure_book *book;
};

static void put(struct world *world, int p, int a, int b)
{
    struct fg_measure measure = {.time_us = NOW_US - 5,
                                 .protocol = (enum fg_protocol)p,
                                 .latency_us = world->latency_us[p][a][b],
                                 .bytes = 1 << 30,
                                 .bytes_per_s = world->one[p][a][b],
                                 .streams = 1};
    strcpy(measure.a, sites[a]);
    strcpy(measure.b, sites[b]);
    if (measure.bytes_per_s)
        fg_measure_book_add(world->book, &measure);
    measure.bytes_per_s = world->many[p][a][b];
    measure.streams = 4;
    if (measure.bytes_per_s)
        fg_measure_book_add(world->book, &measure);
}

static void make_links(struct world *world)
{
    for (int p = 0; p < FG_PROTOCOLS; p++)
        for (int a = 0; a < SITES; a++)
            for (int b = a + 1; b < SITES; b++) {
                world->latency_us[p][a][b] = world->latency_us[p][b][a] = rand() % 200000;
                int64_t one = rand() % 4 == 0 ? 0 : 1 + rand() % 100000000;
                int64_t many = rand() % 2 == 0 ? 0 : 1 + rand() % 300000000;
                world->one[p][a][b] = world->one[p][b][a] = one;
                world->many[p][a][b] = world->many[p][b][a] = many;
                put(world, p, a, b);
            }
}

static void make_ask(struct world *world)
{
    world->ask = (struct fg_way_ask){.from = "from",
                                     .to = "to",
                                     .bytes = (int64_t)1 << (rand() % 40),
                                     .protocols = 1 + (unsigned)rand() % 31,
                                     .packing = (unsigned)rand() % 32,
                                     .many = (unsigned)rand() % 32,
                                     .relaying = (unsigned)rand() % 32,
                                     .relays = relays,
                                     .relays_len = (size_t)rand() % 4,
                                     .levels_len = (size_t)rand() % 3,
                                     .now_us = NOW_US};
    for (size_t i = 0; i < world->ask.levels_len; i++)
        world->ask.levels[i] =
            (struct fg_pack_level){.level = 1 + 2 * (int)i,
                                   .size_milli = 50 + (unsigned)rand() % 1000,
                                   .pack_per_s = 1 + rand() % 900000000,
                                   .unpack_per_s = 1 + rand() % 900000000};
}

static double time_of(
    const struct world *world, int p, const int *path, int len, int pack, int many)
{
    double latency = 0, rate = 1e18;
    for (int i = 0; i + 1 < len; i++) {
        int64_t one = world->one[p][path[i]][path[i + 1]];
        int64_t more = world->many[p][path[i]][path[i + 1]];
        double use =
            many ? (more ? (double)more : (double)one) : (one ? (double)one : (double)more);
        bool known = one || more;
        latency += known ? (double)world->latency_us[p][path[i]][path[i + 1]] : 100000;
        rate = known ? (use < rate ? use : rate) : (12.5e6 < rate ? 12.5e6 : rate);
    }
    double bytes = (double)world->ask.bytes;
    if (pack < 0)
        return latency + bytes / rate * 1e6;
    const struct fg_pack_level *level = &world->ask.levels[pack];
    double wire = bytes * level->size_milli / 1000 / rate;
    double in = bytes / (double)level->pack_per_s, out = bytes / (double)level->unpack_per_s;
    double most = wire > in ? wire : in;
    return latency + (most > out ? most : out) * 1e6;
}

static double best_of(const struct world *world, int p, int *path, int len)
{
    double best = 1e30;
    bool may_end = len > 0;
    if (may_end) {
        path[len] = 1;
        int packs = world->ask.packing >> p & 1 ? (int)world->ask.levels_len : 0;
        for (int pack = -1; pack < packs; pack++)
            for (int many = 0; many <= (int)(world->ask.many >> p & 1); many++) {
                double t = time_of(world, p, path, len + 1, pack, many);
                best = t < best ? t : best;
            }
    }
    if (len >= FG_WAY_HOPS_MAX || !(world->ask.relaying >> p & 1))
        return best;
    for (int r = 0; r < (int)world->ask.relays_len; r++) {
        bool used = false;
        for (int i = 0; i < len; i++)
            used = used || path[i] == r + 2;
        if (used)
            continue;
        path[len] = r + 2;
        double t = best_of(world, p, path, len + 1);
        best = t < best ? t : best;
    }
    return best;
}

static void no_way_is_faster(void)
{
    srand(27);
    int wrong = 0, unsorted = 0, untrue = 0, cases = 0;
    for (int i = 0; i < 1000; i++) {
        struct world world = {.book = fg_measure_book_new()};
        struct fg_way ways[FG_PROTOCOLS * 2];
        make_links(&world);
        make_ask(&world);
        double best = 1e30;
        for (int p = 0; p < FG_PROTOCOLS; p++) {
            int path[FG_WAY_HOPS_MAX + 2] = {0};
            double t = world.ask.protocols >> p & 1 ? best_of(&world, p, path, 1) : 1e30;
            best = t < best ? t : best;
        }
        size_t len = fg_way_find(world.book, &world.ask, ways, FG_PROTOCOLS * 2);
        double got = len ? (double)ways[0].time_us : 1e30;
        wrong += got > best + 2 + best * 1e-9 || got < best - 2 - best * 1e-9;
        for (size_t k = 0; k < len; k++) {
            unsorted += k > 0 && ways[k].time_us < ways[k - 1].time_us;
            untrue += fg_way_time(world.book, &world.ask, &ways[k]) != ways[k].time_us;
        }
        cases += len > 0;
        fg_measure_book_free(world.book);
    }
    EQ(wrong, 0);
    EQ(unsorted, 0);
    EQ(untrue, 0);
    OK(cases > 900);
}

static void what_is_never_measured_is_assumed(void)
{
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    struct fg_way_ask ask = {
        .from = "a", .to = "b", .bytes = 12'500'000, .protocols = 1u << FG_BY_HTTP};
    struct fg_way way;
    EQ(fg_way_find(book, &ask, &way, 1), 1);
    OK(!way.is_measured);
    EQ(way.time_us, 1'100'000);
    ask.to = "a";
    EQ(fg_way_find(book, &ask, &way, 1), 1);
    EQ(way.time_us, 0);
}

int main(void)
{
    RUN(no_way_is_faster);
    RUN(what_is_never_measured_is_assumed);
    return tap_done();
}

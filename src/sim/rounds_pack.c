/* rounds_pack.c - max-min-packed: max-min fairness where two jobs may share devices (Gavel, section 4.4)
 *
 * The program knows classes of jobs and pairs of classes; its answer is dealt out evenly to the jobs and to the pairs of jobs
 * of each class.  A pair that does less than the two would do by turns gets no time in any optimum, and is left out. */
#include "allocate/allocate.h"
#include "sim/rounds_inner.h"

#include <stdlib.h>

#define NEXT_TO_NOTHING 1e-9 /* a share that rounding left */
#define ROOM            ((size_t)1 << 30)

struct pack {
    struct rounds_sim *sim;
    struct fg_arena *arena;
    struct fg_allocate_problem problem;
    struct fg_allocate_kind *kinds;
    struct fg_allocate_class *classes;
    double *
        throughput; /* over the mean of the type: numbers of one size are solved more exactly */
    struct fg_allocate_pair *pairs;
    uint32_t *types; /* of each class */
    uint32_t *class; /* of each run */
    uint32_t **runs; /* of each class */
};

/* Runs of one type are one class. */
static void find_classes(struct pack *pack)
{
    const struct rounds_sim *sim = pack->sim;
    uint32_t *class_of = FG_NEW(pack->arena, uint32_t, sim->table->types_len);
    for (size_t i = 0; i < sim->runs_len; i++) {
        uint32_t type = sim->runs[i].type;
        if (class_of[type] == 0) {
            pack->types[pack->problem.classes_len] = type;
            pack->classes[pack->problem.classes_len] =
                (struct fg_allocate_class){.devices = sim->runs[i].devices, .weight = 1};
            class_of[type] = (uint32_t)++pack->problem.classes_len;
        }
        pack->class[i] = class_of[type] - 1;
        pack->classes[pack->class[i]].count++;
    }
    for (size_t c = 0; c < pack->problem.classes_len; c++) {
        pack->runs[c] = FG_NEW(pack->arena, uint32_t, (size_t)pack->classes[c].count);
        for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
            pack->throughput[c * sim->kinds_len + kind] =
                rounds_alone(sim, pack->types[c], kind) / sim->mean[pack->types[c]];
    }
    uint32_t *len = FG_NEW(pack->arena, uint32_t, pack->problem.classes_len);
    for (size_t i = 0; i < sim->runs_len; i++)
        pack->runs[pack->class[i]][len[pack->class[i]]++] = (uint32_t)i;
}

static double part(double together, double alone)
{
    return alone > 0 ? together / alone : 0;
}

/* Side by side they do more than by turns. */
static bool pays(const struct pack *pack, uint32_t a, uint32_t b, uint32_t kind)
{
    const struct fg_gavel_table *table = pack->sim->table;
    uint32_t type_a = pack->types[a], type_b = pack->types[b];
    double of_a = fg_gavel_paired(table, type_a, type_b, kind);
    double of_b = fg_gavel_paired(table, type_b, type_a, kind);
    return of_a > 0 && of_b > 0
           && part(of_a, fg_gavel_alone(table, type_a, kind))
                      + part(of_b, fg_gavel_alone(table, type_b, kind))
                  > 1;
}

static void add_pair(struct pack *pack, uint32_t a, uint32_t b)
{
    const struct fg_gavel_table *table = pack->sim->table;
    uint32_t kinds_len = pack->sim->kinds_len, type_a = pack->types[a], type_b = pack->types[b];
    bool any = false;
    for (uint32_t kind = 0; kind < kinds_len; kind++)
        any |= pays(pack, a, b, kind);
    if (!any)
        return;
    double *of_a = FG_NEW(pack->arena, double, kinds_len);
    double *of_b = FG_NEW(pack->arena, double, kinds_len);
    for (uint32_t kind = 0; kind < kinds_len; kind++)
        if (pays(pack, a, b, kind)) {
            of_a[kind] = fg_gavel_paired(table, type_a, type_b, kind) / pack->sim->mean[type_a];
            of_b[kind] = fg_gavel_paired(table, type_b, type_a, kind) / pack->sim->mean[type_b];
        }
    pack->pairs[pack->problem.pairs_len++] = (struct fg_allocate_pair){a, b, of_a, of_b};
}

static void find_pairs(struct pack *pack)
{
    uint32_t len = (uint32_t)pack->problem.classes_len;
    pack->pairs = FG_NEW(pack->arena, struct fg_allocate_pair, (size_t)len * (len + 1) / 2);
    for (uint32_t a = 0; a < len; a++)
        for (uint32_t b = a; b < len; b++)
            if (pack->classes[a].devices == pack->classes[b].devices
                && (a != b || pack->classes[a].count > 1))
                add_pair(pack, a, b);
}

static struct pack pack_new(struct rounds_sim *sim, struct fg_arena *arena)
{
    size_t types = sim->table->types_len;
    struct pack pack = {
        .sim = sim,
        .arena = arena,
        .kinds = FG_NEW(arena, struct fg_allocate_kind, sim->kinds_len),
        .classes = FG_NEW(arena, struct fg_allocate_class, types),
        .throughput = FG_NEW(arena, double, types * sim->kinds_len),
        .types = FG_NEW(arena, uint32_t, types),
        .class = FG_NEW(arena, uint32_t, sim->runs_len),
        .runs = FG_NEW(arena, uint32_t *, types),
    };
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
        pack.kinds[kind].capacity = sim->capacity[kind];
    find_classes(&pack);
    if (!sim->options->no_sharing)
        find_pairs(&pack);
    pack.problem.kinds = pack.kinds;
    pack.problem.kinds_len = sim->kinds_len;
    pack.problem.classes = pack.classes;
    pack.problem.throughput = pack.throughput;
    pack.problem.pairs = pack.pairs;
    return pack;
}

static void add_runs(const struct pack *pack,
                     uint32_t first,
                     uint32_t second,
                     const double *together,
                     double part_of_it)
{
    struct rounds_sim *sim = pack->sim;
    struct fg_rounds_pair *pair = fg_rounds_add_pair(
        &sim->rounds, first < second ? first : second, first < second ? second : first);
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
        pair->places[kind].share = together[kind] * part_of_it;
}

/* Alike jobs: by twos, or if they are odd in a ring. */
static void deal_alike(const struct pack *pack, uint32_t class, const double *together)
{
    size_t len = (size_t)pack->classes[class].count, step = len % 2 == 0 ? 2 : 1;
    for (size_t i = 0; i < len; i += step)
        add_runs(pack, pack->runs[class][i], pack->runs[class][(i + 1) % len], together,
                 (double)step / (double)len);
}

/* Each class's time is a line of which its jobs have equal pieces: the jobs whose pieces overlap are pairs for so long. */
static void deal_unlike(const struct pack *pack, uint32_t a, uint32_t b, const double *together)
{
    uint64_t a_len = (uint64_t)pack->classes[a].count, b_len = (uint64_t)pack->classes[b].count;
    uint64_t at = 0, whole = a_len * b_len;
    while (at < whole) {
        uint64_t i = at / b_len, j = at / a_len;
        uint64_t a_end = (i + 1) * b_len, b_end = (j + 1) * a_len;
        uint64_t end = a_end < b_end ? a_end : b_end;
        add_runs(pack, pack->runs[a][i], pack->runs[b][j], together,
                 (double)(end - at) / (double)whole);
        at = end;
    }
}

static void deal_pair(const struct pack *pack, size_t number, const double *together)
{
    uint32_t a = pack->pairs[number].a, b = pack->pairs[number].b;
    if (a == b)
        deal_alike(pack, a, together);
    else
        deal_unlike(pack, a, b, together);
}

static void deal(const struct pack *pack, const struct fg_allocation *answer)
{
    struct rounds_sim *sim = pack->sim;
    uint32_t kinds_len = sim->kinds_len;
    for (size_t i = 0; i < sim->runs_len; i++)
        for (uint32_t kind = 0; kind < kinds_len; kind++)
            sim->rounds.jobs[i].places[kind].share =
                answer->share[pack->class[i] * kinds_len + kind];
    for (size_t number = 0; number < pack->problem.pairs_len; number++) {
        const double *together = answer->together + number * kinds_len;
        double most = 0;
        for (uint32_t kind = 0; kind < kinds_len; kind++)
            most = together[kind] > most ? together[kind] : most;
        if (most > NEXT_TO_NOTHING)
            deal_pair(pack, number, together);
    }
}

int fg_rounds_share_packed(struct rounds_sim *sim, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    struct pack pack = pack_new(sim, arena);
    struct fg_allocate_options options = {.policy = FG_ALLOCATE_MAX_MIN, .fill = true};
    struct fg_allocation answer;
    int rc = fg_allocate(&pack.problem, &options, arena, &answer, err);
    if (rc == 0)
        deal(&pack, &answer);
    return rc;
}

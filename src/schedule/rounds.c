/* rounds.c - see rounds.h */
#include "schedule/rounds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The claim of a job, or of a pair, on one kind. */
struct fg_rounds_rank {
    double priority, deficit_s, share;
    size_t at; /* in jobs; from jobs_len on in pairs */
};

static void *grow(void *items, size_t len, size_t *room, size_t size)
{
    if (len <= *room)
        return items;
    *room = *room * 2 + 64 > len ? *room * 2 + 64 : len;
    items = reallocarray(items, *room, size);
    if (!items)
        abort();
    return items;
}

void fg_rounds_free(struct fg_rounds *rounds)
{
    free(rounds->jobs);
    free(rounds->pairs);
    free(rounds->ranks);
    *rounds = (struct fg_rounds){};
}

struct fg_rounds_job *fg_rounds_add(struct fg_rounds *rounds, uint64_t id, uint32_t devices)
{
    assert(rounds->jobs_len == 0 || rounds->jobs[rounds->jobs_len - 1].id < id);
    rounds->jobs =
        grow(rounds->jobs, rounds->jobs_len + 1, &rounds->jobs_room, sizeof(rounds->jobs[0]));
    struct fg_rounds_job *job = &rounds->jobs[rounds->jobs_len++];
    *job = (struct fg_rounds_job){
        .id = id, .devices = devices, .kind = FG_ROUNDS_NOWHERE, .pair = FG_ROUNDS_NOWHERE};
    for (uint32_t kind = 0; kind < rounds->kinds_len; kind++)
        job->places[kind] =
            (struct fg_rounds_place){.received_s = rounds->round_s / 2, .fits = true};
    return job;
}

struct fg_rounds_pair *fg_rounds_add_pair(struct fg_rounds *rounds, uint32_t a, uint32_t b)
{
    assert(a < b && b < rounds->jobs_len);
    rounds->pairs = grow(rounds->pairs, rounds->pairs_len + 1, &rounds->pairs_room,
                         sizeof(rounds->pairs[0]));
    struct fg_rounds_pair *pair = &rounds->pairs[rounds->pairs_len++];
    *pair = (struct fg_rounds_pair){.a = a, .b = b};
    for (uint32_t kind = 0; kind < rounds->kinds_len; kind++)
        pair->places[kind].received_s = rounds->round_s / 2;
    return pair;
}

struct fg_rounds_job *fg_rounds_find(const struct fg_rounds *rounds, uint64_t id)
{
    size_t low = 0, high = rounds->jobs_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rounds->jobs[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < rounds->jobs_len && rounds->jobs[low].id == id ? &rounds->jobs[low] : NULL;
}

static void remove_pairs(struct fg_rounds *rounds, size_t at)
{
    size_t kept = 0;
    for (size_t i = 0; i < rounds->pairs_len; i++) {
        struct fg_rounds_pair pair = rounds->pairs[i];
        if (pair.a == at || pair.b == at)
            continue;
        pair.a -= pair.a > at;
        pair.b -= pair.b > at;
        rounds->pairs[kept++] = pair;
    }
    rounds->pairs_len = kept;
}

void fg_rounds_remove(struct fg_rounds *rounds, size_t at)
{
    assert(at < rounds->jobs_len);
    remove_pairs(rounds, at);
    rounds->jobs_len--;
    memmove(&rounds->jobs[at], &rounds->jobs[at + 1],
            (rounds->jobs_len - at) * sizeof(rounds->jobs[0]));
}

void fg_rounds_reset(struct fg_rounds *rounds, double elapsed_s)
{
    double advance_s = rounds->round_s / 2;
    memset(rounds->received_s, 0, sizeof(rounds->received_s));
    rounds->pairs_len = 0;
    for (size_t i = 0; i < rounds->jobs_len; i++) {
        struct fg_rounds_job *job = &rounds->jobs[i];
        for (uint32_t kind = 0; kind < rounds->kinds_len; kind++) {
            struct fg_rounds_place *place = &job->places[kind];
            place->deficit_s += place->share * elapsed_s - (place->received_s - advance_s);
            place->received_s = advance_s;
            rounds->received_s[kind] += advance_s;
        }
        job->has_share = true;
    }
}

/* -- a round ------------------------------------------------------------------------------------------- */

/* A job that got nothing there yet goes before all that did, the larger share first. */
#define NOTHING_YET 1e9

static double priority(const struct fg_rounds *rounds,
                       const struct fg_rounds_place *place,
                       uint32_t kind)
{
    double all_s = rounds->received_s[kind];
    double fraction = all_s > 0 ? place->received_s / all_s : 0;
    return fraction > 0 ? place->share / fraction : place->share * NOTHING_YET;
}

static int by_priority(const void *left, const void *right)
{
    const struct fg_rounds_rank *a = left, *b = right;
    if (a->priority != b->priority)
        return a->priority < b->priority ? 1 : -1;
    if (a->deficit_s != b->deficit_s)
        return a->deficit_s < b->deficit_s ? 1 : -1;
    if (a->share != b->share)
        return a->share < b->share ? 1 : -1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static void add_rank(struct fg_rounds *rounds,
                     const struct fg_rounds_place *place,
                     uint32_t kind,
                     size_t at,
                     size_t *len)
{
    rounds->ranks[(*len)++] = (struct fg_rounds_rank){priority(rounds, place, kind),
                                                      place->deficit_s, place->share, at};
}

static bool is_open(const struct fg_rounds *rounds, uint32_t job)
{
    return rounds->jobs[job].kind == FG_ROUNDS_NOWHERE;
}

/* Who may run there, in order of priority. */
static size_t rank(struct fg_rounds *rounds, uint32_t kind)
{
    size_t len = 0;
    for (size_t i = 0; i < rounds->jobs_len; i++) {
        const struct fg_rounds_place *place = &rounds->jobs[i].places[kind];
        if (is_open(rounds, (uint32_t)i) && place->fits
            && !(rounds->idles && place->share <= 0))
            add_rank(rounds, place, kind, i, &len);
    }
    for (size_t i = 0; i < rounds->pairs_len; i++) {
        const struct fg_rounds_pair *pair = &rounds->pairs[i];
        if (pair->places[kind].share > 0 && is_open(rounds, pair->a)
            && is_open(rounds, pair->b))
            add_rank(rounds, &pair->places[kind], kind, rounds->jobs_len + i, &len);
    }
    qsort(rounds->ranks, len, sizeof(rounds->ranks[0]), by_priority);
    return len;
}

/* One job, or both of a pair, if they have no place yet and fit.  Returns the devices taken. */
static uint32_t take(struct fg_rounds *rounds, size_t at, uint32_t kind, uint32_t left)
{
    bool is_pair = at >= rounds->jobs_len;
    size_t number = is_pair ? at - rounds->jobs_len : 0;
    uint32_t a = is_pair ? rounds->pairs[number].a : (uint32_t)at;
    uint32_t b = is_pair ? rounds->pairs[number].b : a;
    if (rounds->jobs[a].devices > left || !is_open(rounds, a) || !is_open(rounds, b))
        return 0;
    rounds->jobs[a].kind = rounds->jobs[b].kind = kind;
    if (is_pair)
        rounds->jobs[a].pair = rounds->jobs[b].pair = (uint32_t)number;
    return rounds->jobs[a].devices;
}

void fg_rounds_pick(struct fg_rounds *rounds, const uint32_t *order)
{
    rounds->ranks = grow(rounds->ranks, rounds->jobs_len + rounds->pairs_len,
                         &rounds->ranks_room, sizeof(rounds->ranks[0]));
    for (size_t i = 0; i < rounds->jobs_len; i++)
        rounds->jobs[i].kind = rounds->jobs[i].pair = FG_ROUNDS_NOWHERE;
    for (uint32_t o = 0; o < rounds->kinds_len; o++) {
        uint32_t kind = order[o], left = rounds->capacity[kind];
        size_t len = rank(rounds, kind);
        for (size_t i = 0; i < len && left > 0; i++)
            left -= take(rounds, rounds->ranks[i].at, kind, left);
    }
}

void fg_rounds_ran(struct fg_rounds *rounds, struct fg_rounds_job *job, double seconds)
{
    assert(job->kind < rounds->kinds_len);
    struct fg_rounds_place *places =
        job->pair == FG_ROUNDS_NOWHERE ? job->places : rounds->pairs[job->pair].places;
    places[job->kind].received_s += seconds;
    rounds->received_s[job->kind] += seconds;
}

/* rounds.c - see rounds.h */
#include "schedule/rounds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A job's claim on one kind. */
struct fg_rounds_rank {
    double priority, deficit_s, share;
    size_t job;
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
    free(rounds->ranks);
    *rounds = (struct fg_rounds){};
}

struct fg_rounds_job *fg_rounds_add(struct fg_rounds *rounds, uint64_t id, uint32_t devices)
{
    assert(rounds->jobs_len == 0 || rounds->jobs[rounds->jobs_len - 1].id < id);
    rounds->jobs =
        grow(rounds->jobs, rounds->jobs_len + 1, &rounds->jobs_room, sizeof(rounds->jobs[0]));
    struct fg_rounds_job *job = &rounds->jobs[rounds->jobs_len++];
    *job = (struct fg_rounds_job){.id = id, .devices = devices, .kind = FG_ROUNDS_NOWHERE};
    for (uint32_t kind = 0; kind < rounds->kinds_len; kind++)
        job->places[kind] =
            (struct fg_rounds_place){.received_s = rounds->round_s / 2, .fits = true};
    return job;
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

void fg_rounds_remove(struct fg_rounds *rounds, size_t at)
{
    assert(at < rounds->jobs_len);
    rounds->jobs_len--;
    memmove(&rounds->jobs[at], &rounds->jobs[at + 1],
            (rounds->jobs_len - at) * sizeof(rounds->jobs[0]));
}

void fg_rounds_reset(struct fg_rounds *rounds, double elapsed_s)
{
    double advance_s = rounds->round_s / 2;
    memset(rounds->received_s, 0, sizeof(rounds->received_s));
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
    return a->job < b->job ? -1 : a->job > b->job;
}

/* The jobs that may run there, in order of priority. */
static size_t rank(struct fg_rounds *rounds, uint32_t kind)
{
    size_t len = 0;
    for (size_t i = 0; i < rounds->jobs_len; i++) {
        const struct fg_rounds_job *job = &rounds->jobs[i];
        const struct fg_rounds_place *place = &job->places[kind];
        if (job->kind != FG_ROUNDS_NOWHERE || !place->fits
            || (rounds->idles && place->share <= 0))
            continue;
        rounds->ranks[len++] = (struct fg_rounds_rank){priority(rounds, place, kind),
                                                       place->deficit_s, place->share, i};
    }
    qsort(rounds->ranks, len, sizeof(rounds->ranks[0]), by_priority);
    return len;
}

void fg_rounds_pick(struct fg_rounds *rounds, const uint32_t *order)
{
    rounds->ranks =
        grow(rounds->ranks, rounds->jobs_len, &rounds->ranks_room, sizeof(rounds->ranks[0]));
    for (size_t i = 0; i < rounds->jobs_len; i++)
        rounds->jobs[i].kind = FG_ROUNDS_NOWHERE;
    for (uint32_t o = 0; o < rounds->kinds_len; o++) {
        uint32_t kind = order[o], left = rounds->capacity[kind];
        size_t len = rank(rounds, kind);
        for (size_t i = 0; i < len && left > 0; i++) {
            struct fg_rounds_job *job = &rounds->jobs[rounds->ranks[i].job];
            if (job->devices > left)
                continue;
            left -= job->devices;
            job->kind = kind;
        }
    }
}

void fg_rounds_ran(struct fg_rounds *rounds, struct fg_rounds_job *job, double seconds)
{
    assert(job->kind < rounds->kinds_len);
    job->places[job->kind].received_s += seconds;
    rounds->received_s[job->kind] += seconds;
}

/* rounds_test.c - time slicing follows the shares, gangs run whole, nobody has two places */
#include "schedule/rounds.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>

static uint32_t seed = 7;

static uint32_t draw(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % n;
}

/* Everybody who was picked runs the round. */
static void run_round(struct fg_rounds *rounds, const uint32_t *order)
{
    fg_rounds_pick(rounds, order);
    for (size_t i = 0; i < rounds->jobs_len; i++)
        if (rounds->jobs[i].kind != FG_ROUNDS_NOWHERE && rounds->jobs[i].has_share)
            fg_rounds_ran(rounds, &rounds->jobs[i], rounds->round_s);
}

static void shares_of_one_device(void)
{
    struct fg_rounds rounds = {.kinds_len = 1, .capacity = {1}, .round_s = 360};
    const double shares[3] = {0.5, 0.3, 0.2};
    int had[3] = {};
    for (uint64_t id = 0; id < 3; id++)
        (void)fg_rounds_add(&rounds, id, 1);
    fg_rounds_reset(&rounds, 0);
    for (int i = 0; i < 3; i++)
        rounds.jobs[i].places[0].share = shares[i];
    for (int round = 0; round < 1000; round++) {
        run_round(&rounds, (uint32_t[]){0});
        int running = 0;
        for (int i = 0; i < 3; i++) {
            had[i] += rounds.jobs[i].kind == 0;
            running += rounds.jobs[i].kind == 0;
        }
        if (running != 1)
            EQ(running, 1);
    }
    for (int i = 0; i < 3; i++)
        OK(fabs(had[i] - 1000 * shares[i]) <= 2);
    fg_rounds_free(&rounds);
}

static void new_jobs_wait_for_a_share(void)
{
    struct fg_rounds rounds = {.kinds_len = 1, .capacity = {2}, .round_s = 360};
    (void)fg_rounds_add(&rounds, 5, 1);
    fg_rounds_reset(&rounds, 0);
    rounds.jobs[0].places[0].share = 1;
    (void)fg_rounds_add(&rounds, 9, 1);
    fg_rounds_pick(&rounds, (uint32_t[]){0});
    EQ(rounds.jobs[1].kind, 0);
    OK(!rounds.jobs[1].has_share);
    rounds.idles = true;
    fg_rounds_pick(&rounds, (uint32_t[]){0});
    EQ(rounds.jobs[1].kind, FG_ROUNDS_NOWHERE);
    OK(fg_rounds_find(&rounds, 9) == &rounds.jobs[1]);
    OK(fg_rounds_find(&rounds, 6) == NULL);
    fg_rounds_remove(&rounds, 0);
    EQ(rounds.jobs_len, 1);
    EQ(rounds.jobs[0].id, 9);
    fg_rounds_free(&rounds);
}

/* Random jobs: no kind beyond its capacity, no place that does not fit, and nobody left out whom the last devices hold. */
static void check_pick(const struct fg_rounds *rounds)
{
    uint32_t left[2] = {rounds->capacity[0], rounds->capacity[1]};
    bool sound = true, full = true;
    for (size_t i = 0; i < rounds->jobs_len; i++) {
        const struct fg_rounds_job *job = &rounds->jobs[i];
        if (job->kind == FG_ROUNDS_NOWHERE)
            continue;
        sound &= job->places[job->kind].fits && job->devices <= left[job->kind];
        left[job->kind] -= job->devices;
    }
    for (size_t i = 0; i < rounds->jobs_len; i++) {
        const struct fg_rounds_job *job = &rounds->jobs[i];
        for (uint32_t kind = 0; kind < 2 && job->kind == FG_ROUNDS_NOWHERE; kind++)
            full &= !job->places[kind].fits || job->devices > left[kind];
    }
    OK(sound);
    OK(full);
}

static void picks_are_sound_and_waste_nothing(void)
{
    for (int turn = 0; turn < 20; turn++) {
        struct fg_rounds rounds = {
            .kinds_len = 2, .capacity = {1 + draw(8), 1 + draw(8)}, .round_s = 360};
        for (uint64_t id = 1; id < 12; id++) {
            struct fg_rounds_job *job = fg_rounds_add(&rounds, id, 1U << draw(4));
            job->places[0].fits = draw(5) > 0;
        }
        fg_rounds_reset(&rounds, 0);
        for (size_t i = 0; i < rounds.jobs_len; i++)
            for (uint32_t kind = 0; kind < 2; kind++)
                rounds.jobs[i].places[kind].share = draw(10) / 20.0;
        for (int round = 0; round < 5; round++)
            run_round(&rounds, round & 1 ? (uint32_t[]){1, 0} : (uint32_t[]){0, 1});
        check_pick(&rounds);
        fg_rounds_free(&rounds);
    }
}

/* What a job was owed when its share changed comes first among equals. */
static void deficits_break_ties(void)
{
    struct fg_rounds rounds = {.kinds_len = 1, .capacity = {1}, .round_s = 360};
    (void)fg_rounds_add(&rounds, 1, 1);
    (void)fg_rounds_add(&rounds, 2, 1);
    for (int i = 0; i < 2; i++) {
        fg_rounds_reset(&rounds, i ? 360 : 0);
        rounds.jobs[0].places[0].share = rounds.jobs[1].places[0].share = 0.5;
        run_round(&rounds, (uint32_t[]){0});
        EQ(rounds.jobs[i].kind, 0);
    }
    fg_rounds_free(&rounds);
}

/* A pair owed half the time of one device, and two jobs alone a quarter each: they get it, and nobody has two places. */
static void pairs_share_devices(void)
{
    struct fg_rounds rounds = {.kinds_len = 1, .capacity = {1}, .round_s = 360};
    int together = 0, alone[2] = {};
    (void)fg_rounds_add(&rounds, 3, 1);
    (void)fg_rounds_add(&rounds, 4, 1);
    fg_rounds_reset(&rounds, 0);
    rounds.jobs[0].places[0].share = rounds.jobs[1].places[0].share = 0.25;
    fg_rounds_add_pair(&rounds, 0, 1)->places[0].share = 0.5;
    for (int round = 0; round < 1000; round++) {
        fg_rounds_pick(&rounds, (uint32_t[]){0});
        bool is_pair = rounds.jobs[0].pair == 0;
        EQ(rounds.jobs[1].pair == 0, is_pair);
        size_t first = rounds.jobs[0].kind == 0 ? 0 : 1;
        together += is_pair;
        alone[first] += !is_pair;
        fg_rounds_ran(&rounds, &rounds.jobs[first], rounds.round_s);
    }
    OK(abs(together - 500) <= 2 && abs(alone[0] - 250) <= 2 && abs(alone[1] - 250) <= 2);
    fg_rounds_remove(&rounds, 0);
    EQ(rounds.pairs_len, 0);
    fg_rounds_free(&rounds);
}

/* Random pairs: devices of a pair count once, both of it are in the same place. */
static void pairs_are_sound(void)
{
    for (int turn = 0; turn < 20; turn++) {
        struct fg_rounds rounds = {
            .kinds_len = 2, .capacity = {1 + draw(6), 1 + draw(6)}, .round_s = 360};
        for (uint64_t id = 1; id < 12; id++)
            (void)fg_rounds_add(&rounds, id, 1 + (id & 1));
        fg_rounds_reset(&rounds, 0);
        for (uint32_t a = 0; a < 9; a++)
            for (uint32_t kind = 0; kind < 2; kind++) {
                fg_rounds_add_pair(&rounds, a, a + 2)->places[kind].share = draw(10) / 20.0;
                rounds.jobs[a].places[kind].share = draw(10) / 20.0;
            }
        if (turn & 1)
            fg_rounds_remove(&rounds, 4);
        fg_rounds_pick(&rounds, (uint32_t[]){0, 1});
        uint32_t used[2] = {};
        bool sound = true;
        for (uint32_t i = 0; i < rounds.jobs_len; i++) {
            const struct fg_rounds_job *job = &rounds.jobs[i];
            if (job->kind == FG_ROUNDS_NOWHERE)
                continue;
            uint32_t mate = i;
            if (job->pair != FG_ROUNDS_NOWHERE)
                mate = rounds.pairs[job->pair].a == i ? rounds.pairs[job->pair].b
                                                      : rounds.pairs[job->pair].a;
            sound &= rounds.jobs[mate].kind == job->kind && rounds.jobs[mate].pair == job->pair
                     && rounds.jobs[mate].devices == job->devices;
            used[job->kind] += mate >= i ? job->devices : 0;
        }
        OK(sound && used[0] <= rounds.capacity[0] && used[1] <= rounds.capacity[1]);
        fg_rounds_free(&rounds);
    }
}

int main(void)
{
    RUN(shares_of_one_device);
    RUN(new_jobs_wait_for_a_share);
    RUN(picks_are_sound_and_waste_nothing);
    RUN(deficits_break_ties);
    RUN(pairs_share_devices);
    RUN(pairs_are_sound);
    return tap_done();
}

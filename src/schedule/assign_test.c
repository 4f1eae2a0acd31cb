/* assign_test.c - assignments against the enumeration of all, and weights against their definition */
#include "schedule/assign.h"
#include "test/tap.h"

#include <math.h>
#include <string.h>

#define TYPES 3
#define KINDS 2
#define JOBS  5

static uint32_t seed = 3;

static uint32_t draw(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % n;
}

static double alone[TYPES * KINDS], paired[TYPES * TYPES * KINDS];
static const struct fg_assign_speeds apart = {TYPES, KINDS, alone, NULL},
                                     sharing = {TYPES, KINDS, alone, paired};

static void draw_speeds(void)
{
    for (int i = 0; i < TYPES * KINDS; i++)
        alone[i] = draw(5) ? 1 + draw(9) : 0;
    for (int type = 0; type < TYPES; type++)
        alone[type * KINDS] = 1 + draw(9); /* everybody runs somewhere */
    for (int type = 0; type < TYPES; type++)
        for (int other = 0; other < TYPES; other++)
            for (int kind = 0; kind < KINDS; kind++)
                paired[(type * TYPES + other) * KINDS + kind] =
                    alone[type * KINDS + kind] * draw(10) / 10.0;
}

static void draw_jobs(struct fg_assign *assign, struct fg_assign_job *jobs, uint32_t widths)
{
    *assign = (struct fg_assign){
        .capacity = {1 + draw(3), 1 + draw(2)}, .jobs = jobs, .jobs_len = JOBS};
    for (int i = 0; i < JOBS; i++)
        jobs[i] = (struct fg_assign_job){draw(TYPES), 1 + draw(widths), 1 + draw(5), -1, -1, 0};
}

/* -- brute force: each job nowhere, alone on a kind, or beside one that came before it ------------------------- */

static double best_value(struct fg_assign *assign, size_t job, const uint32_t *free)
{
    if (job == assign->jobs_len)
        return fg_assign_value(assign);
    struct fg_assign_job *self = &assign->jobs[job];
    double best = best_value(assign, job + 1, free);
    for (int32_t kind = 0; kind < KINDS; kind++) {
        uint32_t left[KINDS] = {free[0], free[1]};
        if (left[kind] < self->devices)
            continue;
        left[kind] -= self->devices;
        self->kind = kind;
        best = fmax(best, best_value(assign, job + 1, left));
    }
    for (size_t i = 0; i < job && assign->speeds->paired; i++) {
        struct fg_assign_job *other = &assign->jobs[i];
        if (other->kind < 0 || other->mate >= 0 || other->devices != self->devices)
            continue;
        self->kind = other->kind;
        self->mate = (int32_t)i;
        other->mate = (int32_t)job;
        if (fg_assign_speed(assign, i) > 0 && fg_assign_speed(assign, job) > 0)
            best = fmax(best, best_value(assign, job + 1, free));
        other->mate = -1;
    }
    self->kind = self->mate = -1;
    return best;
}

static bool is_sound(const struct fg_assign *assign)
{
    uint32_t used[KINDS] = {};
    for (size_t i = 0; i < assign->jobs_len; i++) {
        const struct fg_assign_job *job = &assign->jobs[i];
        if (job->mate >= 0
            && (assign->jobs[job->mate].mate != (int32_t)i
                || assign->jobs[job->mate].kind != job->kind
                || assign->jobs[job->mate].devices != job->devices
                || fg_assign_speed(assign, i) <= 0))
            return false;
        if (job->kind >= 0 && (job->mate < 0 || job->mate > (int32_t)i))
            used[job->kind] += job->devices;
        if (fabs(job->worth - job->weight * fg_assign_speed(assign, i)) > 1e-9)
            return false;
    }
    return used[0] == assign->capacity[0] - assign->free[0] && used[0] <= assign->capacity[0]
           && used[1] == assign->capacity[1] - assign->free[1]
           && used[1] <= assign->capacity[1];
}

static void try_random(const struct fg_assign_speeds *speeds, uint32_t widths, double at_least)
{
    struct fg_assign assign;
    struct fg_assign_job jobs[JOBS], copy[JOBS];
    const uint32_t order[JOBS] = {0, 1, 2, 3, 4};
    double sum = 0, best_sum = 0;
    bool sound = true, never_above = true, stable = true;
    for (int turn = 0; turn < 400; turn++) {
        draw_speeds();
        draw_jobs(&assign, jobs, widths);
        assign.speeds = speeds;
        (void)fg_assign_improve(&assign, order, 20);
        double value = fg_assign_value(&assign);
        sound &= is_sound(&assign);
        memcpy(copy, jobs, sizeof(copy));
        stable &=
            fg_assign_improve(&assign, order, 20) == 0 && memcmp(copy, jobs, sizeof(copy)) == 0;
        for (int i = 0; i < JOBS; i++)
            jobs[i].kind = jobs[i].mate = -1;
        double best = best_value(&assign, 0, assign.capacity);
        never_above &= value <= best + 1e-9;
        sum += value;
        best_sum += best;
    }
    OK(sound);
    OK(stable); /* no further move gains */
    OK(never_above);
    printf("# %.4f of the best\n", sum / best_sum);
    OK(sum >= at_least * best_sum);
}

static void alone_and_alike(void)
{
    try_random(&apart, 1, 0.99);
}

static void alone_of_all_widths(void)
{
    try_random(&apart, 3, 0.96);
}

static void sharing_of_all_widths(void)
{
    try_random(&sharing, 3, 0.95);
}

static void what_is_there_stays(void)
{
    struct fg_assign_job jobs[2] = {{0, 1, 1, -1, -1, 0}, {0, 1, 1, 0, -1, 0}};
    struct fg_assign assign = {
        .speeds = &apart, .capacity = {1, 0}, .jobs = jobs, .jobs_len = 2};
    draw_speeds();
    EQ(fg_assign_improve(&assign, (uint32_t[]){0, 1}, 20),
       0); /* it is worth no more than the other */
    EQ(jobs[1].kind, 0);
    jobs[0].weight = 2;
    EQ(fg_assign_improve(&assign, (uint32_t[]){0, 1}, 20), 1);
    EQ(jobs[0].kind, 0);
    EQ(jobs[1].kind, -1);
}

static void weights(void)
{
    struct fg_assign_job jobs[2] = {{0, 2, 0, -1, -1, 0}, {1, 1, 0, -1, -1, 0}};
    struct fg_assign assign = {
        .speeds = &apart, .capacity = {3, 1}, .jobs = jobs, .jobs_len = 2};
    uint32_t order[2];
    draw_speeds();
    fg_assign_weigh(&assign, (double[]){5, 7}, 0.5, order);
    EQ(order[0], 0);
    /* The shorter one delays the other, which asks for one of four devices. */
    OK(fabs(jobs[0].weight - (1 + 0.5 * 1 / 4) * 4 / (3 * alone[0] + alone[1])) < 1e-12);
    OK(fabs(jobs[1].weight - 4 / (3 * alone[2] + alone[3])) < 1e-12);
}

int main(void)
{
    RUN(alone_and_alike);
    RUN(alone_of_all_widths);
    RUN(sharing_of_all_widths);
    RUN(what_is_there_stays);
    RUN(weights);
    return tap_done();
}

/* burn_host.c - see burn_host.h */
#include "provision/burn_host.h"

#include "base/clock.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CORES_MAX   1024
#define ROUNDS      200000
#define BLOCK       ((size_t)4 * 1024 * 1024) /* words: more than a cache holds */
#define MIB         (1024 * 1024ULL)
#define MEMORY_MOST (256 * 1024 * MIB) /* more takes longer than anybody waits */

struct core {
    pthread_t thread;
    size_t number; /* of the core it is bound to */
    uint64_t *memory;
    size_t words, at; /* where the next block begins */
    int64_t end_us;
    uint64_t end; /* what it computes */
    uint64_t wrong_words, wrong_ends;
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static uint64_t word(uint64_t place, uint64_t seed)
{
    return place * 0x9e3779b97f4a7c15ULL ^ seed;
}

/* Integer and floating point in one chain: a wrong bit anywhere changes the end. */
static uint64_t compute(void)
{
    volatile double seed = 0.3; /* the compiler does not know the end */
    double x = seed;
    uint64_t bits, mix = 0x243f6a8885a308d3ULL;
    for (int round = 0; round < ROUNDS; round++) {
        x = 3.9 * (x - x * x);
        memcpy(&bits, &x, sizeof(bits));
        mix = (mix ^ bits) * 0xbf58476d1ce4e5b9ULL;
        mix ^= mix >> 29;
    }
    return mix;
}

/* Write a block, read it back, go on to the next, until the time is over; the next round begins where this one ended. */
static uint64_t try_memory(struct core *core, uint64_t seed)
{
    volatile uint64_t *memory = core->memory;
    uint64_t wrong = 0;
    for (size_t done = 0; done < core->words; done += BLOCK) {
        size_t end = core->at + BLOCK < core->words ? core->at + BLOCK : core->words;
        for (size_t i = core->at; i < end; i++)
            memory[i] = word(i, seed);
        for (size_t i = core->at; i < end; i++)
            wrong += memory[i] != word(i, seed);
        core->at = end < core->words ? end : 0;
        if (mono_us() >= core->end_us)
            break;
    }
    return wrong;
}

static void *work(void *self)
{
    struct core *core = self;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core->number, &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
    uint64_t seed = core->number;
    core->end = compute();
    do {
        for (int i = 0; i < 20; i++)
            core->wrong_ends += compute() != core->end;
        core->wrong_words += try_memory(core, seed) + try_memory(core, ~seed);
        seed += 0x0101010101010101ULL;
    } while (mono_us() < core->end_us);
    return NULL;
}

/* A quarter of the free memory, shared out. */
static size_t words_of_each(int cores)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_AVPHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 4;
    if (bytes > MEMORY_MOST)
        bytes = MEMORY_MOST;
    return bytes / (uint64_t)cores / sizeof(uint64_t);
}

static int judge(const struct core *cores, int len, struct fg_err *err)
{
    for (int i = 0; i < len; i++) {
        if (cores[i].wrong_ends > 0)
            return fg_fail(err, FG_EBACKEND,
                           "core %zu computed something wrong %" PRIu64 " times",
                           cores[i].number, cores[i].wrong_ends);
        if (cores[i].end != cores[0].end)
            return fg_fail(err, FG_EBACKEND, "cores %zu and %zu compute different things",
                           cores[0].number, cores[i].number);
        if (cores[i].wrong_words > 0)
            return fg_fail(err, FG_EBACKEND,
                           "%" PRIu64 " words of memory differ (seen by core %zu)",
                           cores[i].wrong_words, cores[i].number);
    }
    return 0;
}

int fg_burn_host(uint32_t seconds, struct fg_err *err)
{
    cpu_set_t set;
    struct core *cores = calloc(CORES_MAX, sizeof(*cores));
    int len = 0, rc = 0;
    if (!cores || sched_getaffinity(0, sizeof(set), &set) < 0) {
        free(cores);
        return fg_fail(err, FG_ENOMEM, "no memory for the test");
    }
    size_t words = words_of_each(CPU_COUNT(&set));
    int64_t end_us = mono_us() + seconds * INT64_C(1000000);
    for (size_t number = 0; rc == 0 && number < CPU_SETSIZE && len < CORES_MAX; number++) {
        if (!CPU_ISSET(number, &set))
            continue;
        struct core *core = &cores[len];
        *core = (struct core){.number = number, .words = words, .end_us = end_us};
        core->memory = malloc(words * sizeof(uint64_t));
        if (!core->memory || pthread_create(&core->thread, NULL, work, core) != 0)
            rc = fg_fail(err, FG_ENOMEM, "no memory for the test");
        else
            len++;
    }
    for (int i = 0; i < len; i++)
        pthread_join(cores[i].thread, NULL);
    for (int i = 0; i < CORES_MAX; i++)
        free(cores[i].memory);
    if (rc == 0)
        rc = judge(cores, len, err);
    free(cores);
    return rc;
}

/* random.h - a small seeded generator (splitmix64), the same on every machine. */
#pragma once

#include <assert.h>
#include <stdint.h>

static inline uint32_t sim_random(uint64_t *state, uint32_t below)
{
    assert(below > 0);
    uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

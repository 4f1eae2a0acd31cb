/* twister.c - see twister.h */
#include "sim/twister.h"

#define LEN    FG_TWISTER_LEN
#define MIDDLE 397

static void seed_word(struct fg_twister *twister, uint32_t seed)
{
    twister->words[0] = seed;
    for (uint32_t i = 1; i < LEN; i++) {
        uint32_t last = twister->words[i - 1];
        twister->words[i] = 1812433253U * (last ^ (last >> 30)) + i;
    }
    twister->at = LEN;
}

/* One word mixed with the one before it; returns the place after it. */
static uint32_t mix(struct fg_twister *twister, uint32_t at, uint32_t factor, uint32_t add)
{
    uint32_t last = twister->words[at - 1];
    twister->words[at] = (twister->words[at] ^ ((last ^ (last >> 30)) * factor)) + add;
    if (at + 1 < LEN)
        return at + 1;
    twister->words[0] = twister->words[LEN - 1];
    return 1;
}

void fg_twister_seed(struct fg_twister *twister, uint32_t seed)
{
    uint32_t at = 1;
    seed_word(twister, 19650218U);
    for (uint32_t i = 0; i < LEN; i++)
        at = mix(twister, at, 1664525U, seed);
    for (uint32_t i = 1; i < LEN; i++)
        at = mix(twister, at, 1566083941U, -at);
    twister->words[0] = 0x80000000U;
}

static void renew(struct fg_twister *twister)
{
    for (uint32_t i = 0; i < LEN; i++) {
        uint32_t next = twister->words[(i + 1) % LEN];
        uint32_t y = (twister->words[i] & 0x80000000U) | (next & 0x7fffffffU);
        twister->words[i] =
            twister->words[(i + MIDDLE) % LEN] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfU : 0);
    }
    twister->at = 0;
}

uint32_t fg_twister_next(struct fg_twister *twister)
{
    if (twister->at >= LEN)
        renew(twister);
    uint32_t y = twister->words[twister->at++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
}

uint32_t fg_twister_below(struct fg_twister *twister, uint32_t n)
{
    unsigned bits = 0;
    while (bits < 32 && n >> bits)
        bits++;
    if (bits == 0)
        return 0;
    uint32_t value;
    do
        value = fg_twister_next(twister) >> (32 - bits);
    while (value >= n);
    return value;
}

double fg_twister_real(struct fg_twister *twister)
{
    uint32_t high = fg_twister_next(twister) >> 5, low = fg_twister_next(twister) >> 6;
    return ((double)high * 0x1p26 + (double)low) * 0x1p-53;
}

void fg_twister_shuffle(struct fg_twister *twister, uint32_t *items, uint32_t len)
{
    for (uint32_t i = len; i-- > 1;) {
        uint32_t other = fg_twister_below(twister, i + 1), item = items[i];
        items[i] = items[other];
        items[other] = item;
    }
}

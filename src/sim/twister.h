/* twister.h - the Mersenne Twister, as published experiments that were written in Python drew from it.
 *
 * MT19937 (Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random number
 * generator", ACM TOMACS 8(1), 1998), seeded with one 32-bit word by init_by_array (their revision of 2002).
 * For reproducing such experiments draw by draw only.
 */
#pragma once

#include <stdint.h>

#define FG_TWISTER_LEN 624

struct fg_twister {
    uint32_t words[FG_TWISTER_LEN];
    uint32_t at;
};

void fg_twister_seed(struct fg_twister *twister, uint32_t seed);
uint32_t fg_twister_next(struct fg_twister *twister);
/* 0 .. n - 1 (n above 0): the top bits of draws, until one is below n. */
uint32_t fg_twister_below(struct fg_twister *twister, uint32_t n);
/* 0 <= x < 1, of 53 bits. */
double fg_twister_real(struct fg_twister *twister);
/* Put `items` into a random order: from the last on, each changes places with one not after it. */
void fg_twister_shuffle(struct fg_twister *twister, uint32_t *items, uint32_t len);

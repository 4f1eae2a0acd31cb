/* search.h - a genetic algorithm over small lists of values, which asks for scores and is told them.
 *
 *     genes, a first individual, a seed --SEARCH--> individuals to be scored --scores--> the next --...--> the best
 *
 * It begins with changes of one gene, the first genes first (so the weightiest should be), and with random ones.  Then:
 * tournaments of three, uniform crossover, mutation of about one gene a child, the two best stay.  Everyone is scored once: who
 * comes again has the score he had.  The same seed and scores give the same search, on any machine; so a search that was
 * interrupted is taken up again by telling it the scores that are known.
 */
#pragma once

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_search;

struct fg_search_options {
    size_t genes;
    const uint8_t *values; /* of each gene so many, at least 1 */
    const uint8_t
        *first; /* the individual that the others are compared with: the first to be scored */
    size_t population;      /* 4 .. 256 */
    size_t generations_max; /* at most */
    size_t patience;        /* so many generations without a better one, and it ends */
    uint64_t seed;
};

struct fg_search *fg_search_new(const struct fg_search_options *options);
void fg_search_free(struct fg_search *search); /* NULL is allowed */
FG_AUTO_DEFINE(fg_search)

/* Those to be scored next, `genes` bytes each, valid until they are told; 0: it is over. */
size_t fg_search_ask(struct fg_search *search, const uint8_t **out);
/* Their scores, less is better, in that order. */
void fg_search_tell(struct fg_search *search, const double *scores);
/* The score of one is known from an earlier search.  Before the first question. */
void fg_search_know(struct fg_search *search, const uint8_t *individual, double score);

/* Those that were scored, by rank: 0 is the best; of equals who came first.  NULL: there are not so many. */
const uint8_t *fg_search_rank(const struct fg_search *search, size_t rank, double *out_score);
size_t fg_search_scored(const struct fg_search *search);
/* In the order in which they were scored. */
const uint8_t *fg_search_at(const struct fg_search *search, size_t at, double *out_score);

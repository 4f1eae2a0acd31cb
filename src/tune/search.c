/* search.c - see search.h */
#include "tune/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ELITE      2
#define TOURNAMENT 3
#define GAIN       1e-4 /* less is no progress */

struct fg_search {
    struct fg_search_options options; /* its lists are owned */
    uint64_t random;
    /* All that were ever met, each once: `genes` bytes and a score. */
    uint8_t *met;
    double *scores;
    bool *scored;
    size_t met_len, met_room, scored_len;
    size_t *population, *next; /* places in `met` */
    size_t *asked;
    size_t asked_len;
    uint8_t *batch; /* those that are asked for, as the caller sees them */
    size_t generation, stale;
    double best;
    bool has_begun, is_over;
};

/* splitmix64 (Steele, Lea & Flood 2014); 0 .. below - 1 */
static size_t draw(struct fg_search *search, size_t below)
{
    uint64_t z = (search->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (size_t)((z ^ (z >> 31)) % below);
}

static void *room(size_t len, size_t size)
{
    void *items = calloc(len, size);
    if (!items)
        abort();
    return items;
}

static void *copy(const void *items, size_t len)
{
    return memcpy(room(len, 1), items, len);
}

struct fg_search *fg_search_new(const struct fg_search_options *options)
{
    assert(options->genes > 0 && options->population >= 4);
    struct fg_search *search = room(1, sizeof(*search));
    search->options = *options;
    search->options.values = copy(options->values, options->genes);
    search->options.first = copy(options->first, options->genes);
    search->random = options->seed;
    search->population = room(options->population, sizeof(size_t));
    search->next = room(options->population, sizeof(size_t));
    search->asked = room(options->population, sizeof(size_t));
    search->batch = room(options->population, options->genes);
    search->best = 1e300;
    return search;
}

void fg_search_free(struct fg_search *search)
{
    if (!search)
        return;
    free((void *)search->options.values);
    free((void *)search->options.first);
    free(search->population);
    free(search->next);
    free(search->asked);
    free(search->batch);
    free(search->met);
    free(search->scores);
    free(search->scored);
    free(search);
}

static uint8_t *at(const struct fg_search *search, size_t individual)
{
    return search->met + individual * search->options.genes;
}

static void grow(struct fg_search *search)
{
    if (search->met_len < search->met_room)
        return;
    search->met_room = search->met_room ? search->met_room * 2 : 256;
    search->met = reallocarray(search->met, search->met_room, search->options.genes);
    search->scores = reallocarray(search->scores, search->met_room, sizeof(double));
    search->scored = reallocarray(search->scored, search->met_room, sizeof(bool));
    if (!search->met || !search->scores || !search->scored)
        abort();
}

/* Its place in `met`, new or not. */
static size_t meet(struct fg_search *search, const uint8_t *individual)
{
    for (size_t i = 0; i < search->met_len; i++)
        if (memcmp(at(search, i), individual, search->options.genes) == 0)
            return i;
    grow(search);
    memcpy(at(search, search->met_len), individual, search->options.genes);
    search->scored[search->met_len] = false;
    return search->met_len++;
}

static void score(struct fg_search *search, size_t individual, double value)
{
    if (!search->scored[individual])
        search->scored_len++;
    search->scored[individual] = true;
    search->scores[individual] = value;
}

void fg_search_know(struct fg_search *search, const uint8_t *individual, double value)
{
    score(search, meet(search, individual), value);
}

/* -- a generation ------------------------------------------------------------------------------------------- */

/* The first, with one gene changed: the `number`-th of all such changes, by gene and value.  false: there are not so many. */
static bool change_one(const struct fg_search *search, size_t number, uint8_t *individual)
{
    const struct fg_search_options *options = &search->options;
    memcpy(individual, options->first, options->genes);
    for (size_t gene = 0; gene < options->genes; gene++)
        for (uint8_t value = 0; value < options->values[gene]; value++)
            if (value != options->first[gene] && number-- == 0) {
                individual[gene] = value;
                return true;
            }
    return false;
}

static void change_some(struct fg_search *search, uint8_t *individual)
{
    const struct fg_search_options *options = &search->options;
    memcpy(individual, options->first, options->genes);
    for (size_t gene = 0; gene < options->genes; gene++)
        if (draw(search, 3) == 0)
            individual[gene] = (uint8_t)draw(search, options->values[gene]);
}

/* The first; up to half differ from it in one gene, the first genes first; the others in about a third of all. */
static void populate(struct fg_search *search)
{
    const struct fg_search_options *options = &search->options;
    uint8_t *individual = room(options->genes, 1);
    search->population[0] = meet(search, options->first);
    for (size_t i = 1; i < options->population; i++) {
        if (i > options->population / 2 || !change_one(search, i - 1, individual))
            change_some(search, individual);
        search->population[i] = meet(search, individual);
    }
    free(individual);
}

static bool is_better(const struct fg_search *search, size_t a, size_t b)
{
    return search->scores[a] < search->scores[b]
           || (search->scores[a] == search->scores[b] && a < b);
}

static size_t winner(struct fg_search *search)
{
    size_t best = search->population[draw(search, search->options.population)];
    for (int i = 1; i < TOURNAMENT; i++) {
        size_t other = search->population[draw(search, search->options.population)];
        best = is_better(search, other, best) ? other : best;
    }
    return best;
}

static size_t child(struct fg_search *search)
{
    const struct fg_search_options *options = &search->options;
    uint8_t *individual = room(options->genes, 1);
    size_t mother = winner(search), father = winner(search);
    for (size_t gene = 0; gene < options->genes; gene++) {
        individual[gene] = at(search, draw(search, 2) ? mother : father)[gene];
        if (draw(search, options->genes) == 0)
            individual[gene] = (uint8_t)draw(search, options->values[gene]);
    }
    size_t met = meet(search, individual);
    free(individual);
    return met;
}

/* The best of the population that is not `but`. */
static size_t best_but(const struct fg_search *search, size_t but)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < search->options.population; i++) {
        size_t other = search->population[i];
        if (other != but && (best == SIZE_MAX || is_better(search, other, best)))
            best = other;
    }
    return best == SIZE_MAX ? but : best;
}

static void breed(struct fg_search *search)
{
    size_t len = search->options.population;
    search->next[0] = best_but(search, SIZE_MAX);
    search->next[1] = best_but(search, search->next[0]);
    for (size_t i = ELITE; i < len; i++)
        search->next[i] = child(search);
    memcpy(search->population, search->next, len * sizeof(search->next[0]));
}

/* Those of the population that have no score, each once. */
static void list_unscored(struct fg_search *search)
{
    search->asked_len = 0;
    for (size_t i = 0; i < search->options.population; i++) {
        size_t individual = search->population[i], k = 0;
        while (k < search->asked_len && search->asked[k] != individual)
            k++;
        if (search->scored[individual] || k < search->asked_len)
            continue;
        memcpy(search->batch + search->asked_len * search->options.genes,
               at(search, individual), search->options.genes);
        search->asked[search->asked_len++] = individual;
    }
}

/* The population is scored: is somebody better than ever? */
static void look_for_progress(struct fg_search *search)
{
    double best = search->best;
    for (size_t i = 0; i < search->options.population; i++)
        if (search->scores[search->population[i]] < best)
            best = search->scores[search->population[i]];
    search->stale = best < search->best - GAIN ? 0 : search->stale + 1;
    search->best = best;
}

size_t fg_search_ask(struct fg_search *search, const uint8_t **out)
{
    if (!search->has_begun)
        populate(search);
    search->has_begun = true;
    list_unscored(search);
    while (search->asked_len == 0 && !search->is_over) {
        look_for_progress(search);
        search->is_over = ++search->generation >= search->options.generations_max
                          || search->stale > search->options.patience;
        breed(search);
        list_unscored(search);
    }
    *out = search->batch;
    return search->is_over ? 0 : search->asked_len;
}

void fg_search_tell(struct fg_search *search, const double *scores)
{
    for (size_t i = 0; i < search->asked_len; i++)
        score(search, search->asked[i], scores[i]);
}

/* -- what came of it ------------------------------------------------------------------------------------------ */

const uint8_t *fg_search_rank(const struct fg_search *search, size_t rank, double *out_score)
{
    for (size_t i = 0; i < search->met_len; i++) {
        size_t better = 0;
        if (!search->scored[i])
            continue;
        for (size_t k = 0; k < search->met_len; k++)
            better += search->scored[k] && k != i && is_better(search, k, i);
        if (better == rank) {
            *out_score = search->scores[i];
            return at(search, i);
        }
    }
    return NULL;
}

size_t fg_search_scored(const struct fg_search *search)
{
    return search->scored_len;
}

const uint8_t *fg_search_at(const struct fg_search *search, size_t place, double *out_score)
{
    for (size_t i = 0; i < search->met_len; i++)
        if (search->scored[i] && place-- == 0) {
            *out_score = search->scores[i];
            return at(search, i);
        }
    return NULL;
}

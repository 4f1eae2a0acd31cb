/* search_test.c - the search finds what brute force finds, is the same every time, and is taken up where it was left. */
#include "tune/search.h"

#include "test/tap.h"

#include <string.h>

#define GENES 6

static const uint8_t values[GENES] = {5, 5, 3, 2, 4, 1};
static const uint8_t first[GENES] = {};

/* Two genes matter together, one against the others; the least is at {3, 1, 2, 1, 0, 0}. */
static double worth(const uint8_t *x)
{
    double d = x[0] - 3.0, e = x[1] - 1.0;
    return d * d + e * e + d * e - 0.5 * x[2] - 0.25 * x[3] * x[2] + 0.1 * x[4];
}

static struct fg_search *make(uint64_t seed)
{
    return fg_search_new(&(struct fg_search_options){.genes = GENES,
                                                     .values = values,
                                                     .first = first,
                                                     .population = 16,
                                                     .generations_max = 60,
                                                     .patience = 15,
                                                     .seed = seed});
}

/* So many questions at most; how many individuals were asked for. */
static size_t go(struct fg_search *search, size_t questions)
{
    const uint8_t *batch;
    size_t asked = 0, len;
    while (questions-- > 0 && (len = fg_search_ask(search, &batch)) > 0) {
        double scores[16];
        for (size_t i = 0; i < len; i++)
            scores[i] = worth(batch + i * GENES);
        fg_search_tell(search, scores);
        asked += len;
    }
    return asked;
}

static void it_finds_the_best_with_a_part_of_all_questions(void)
{
    static const uint8_t best[GENES] = {3, 1, 2, 1, 0, 0};
    size_t found = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        FG_AUTO(fg_search) struct fg_search *search = make(seed);
        double score = 0;
        size_t asked = go(search, 1000);
        OK(asked == fg_search_scored(search) && asked < 600); /* brute force: 600 */
        OK(fg_search_ask(search, &(const uint8_t *){NULL}) == 0);
        found += memcmp(fg_search_rank(search, 0, &score), best, GENES) == 0;
    }
    OK(found >= 18);
}

static void nobody_is_asked_for_twice_and_the_first_comes_first(void)
{
    FG_AUTO(fg_search) struct fg_search *search = make(7);
    double score, other;
    (void)go(search, 1000);
    EQ(memcmp(fg_search_at(search, 0, &score), first, GENES), 0);
    size_t len = fg_search_scored(search), twice = 0, unsorted = 0;
    for (size_t i = 0; i < len; i++) {
        const uint8_t *one = fg_search_at(search, i, &score);
        OK(score == worth(one));
        for (size_t k = 0; k < i; k++)
            twice += memcmp(one, fg_search_at(search, k, &other), GENES) == 0;
    }
    EQ(twice, 0);
    for (size_t i = 1; i < len; i++) {
        (void)fg_search_rank(search, i - 1, &other);
        (void)fg_search_rank(search, i, &score);
        unsorted += other > score;
    }
    EQ(unsorted, 0);
    OK(!fg_search_rank(search, len, &score) && !fg_search_at(search, len, &score));
}

static void one_that_was_interrupted_goes_on_where_it_was(void)
{
    FG_AUTO(fg_search) struct fg_search *whole = make(3);
    FG_AUTO(fg_search) struct fg_search *part = make(3);
    FG_AUTO(fg_search) struct fg_search *rest = make(3);
    double score, other;
    size_t all = go(whole, 1000), some = go(part, 4);
    for (size_t i = 0; i < fg_search_scored(part); i++) {
        const uint8_t *one = fg_search_at(part, i, &score);
        fg_search_know(rest, one, score);
    }
    size_t more = go(rest, 1000);
    EQ(some + more, all);
    EQ(fg_search_scored(rest), fg_search_scored(whole));
    EQ(memcmp(fg_search_rank(rest, 0, &score), fg_search_rank(whole, 0, &other), GENES), 0);
    OK(score == other);
}

int main(void)
{
    RUN(it_finds_the_best_with_a_part_of_all_questions);
    RUN(nobody_is_asked_for_twice_and_the_first_comes_first);
    RUN(one_that_was_interrupted_goes_on_where_it_was);
    return tap_done();
}

/* genetic.c - see genetic.h */
#include "schedule/genetic.h"

#include <assert.h>
#include <stdlib.h>

#define POPULATION 24
#define SURVIVORS  2
#define TOURNAMENT 3

struct member {
    struct fg_plan plan;
    int64_t value;
};

struct search {
    const struct fg_genetic *genetic;
    uint64_t random;
    size_t tries;
    struct member best;
    struct member members[POPULATION], next[POPULATION];
};

/* splitmix64; 0 .. below - 1 */
static size_t draw(struct search *search, size_t below)
{
    uint64_t z = search->random += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    z ^= z >> 31;
    return below ? (size_t)(z % below) : 0;
}

void fg_plan_plain(struct fg_plan *plan, size_t len)
{
    *plan = (struct fg_plan){};
    for (size_t i = 0; i < len; i++)
        plan->order[i] = (uint16_t)i;
}

/* -- changes ------------------------------------------------------------------------------------------------ */

/* One thing goes to another place; those between move up. */
static void move_one(struct search *search, struct fg_plan *plan)
{
    size_t fixed = search->genetic->fixed, free_len = search->genetic->len - fixed;
    if (free_len < 2)
        return;
    size_t from = fixed + draw(search, free_len), to = fixed + draw(search, free_len);
    uint16_t thing = plan->order[from];
    for (; from < to; from++)
        plan->order[from] = plan->order[from + 1];
    for (; from > to; from--)
        plan->order[from] = plan->order[from - 1];
    plan->order[to] = thing;
}

/* Half of the time back to choice 0, which is the caller's own way. */
static void choose_one(struct search *search, struct fg_plan *plan)
{
    size_t thing = draw(search, search->genetic->len);
    plan->choice[thing] =
        draw(search, 2) ? 0 : (uint16_t)draw(search, search->genetic->choices);
}

static void mutate(struct search *search, struct fg_plan *plan)
{
    do {
        if (draw(search, 2))
            choose_one(search, plan);
        else
            move_one(search, plan);
    } while (draw(search, 2));
}

/* A stretch of the mother's order, the others as the father has them; each choice from either. */
static void cross(struct search *search,
                  const struct fg_plan *mother,
                  const struct fg_plan *father,
                  struct fg_plan *out)
{
    size_t len = search->genetic->len, fixed = search->genetic->fixed;
    size_t a = fixed + draw(search, len - fixed), b = fixed + draw(search, len - fixed);
    size_t from = a < b ? a : b, to = a < b ? b : a;
    uint64_t taken = 0;
    for (size_t i = 0; i < len; i++)
        if (i < fixed || (i >= from && i <= to))
            taken |= 1ULL << (out->order[i] = mother->order[i]);
    for (size_t i = 0, at = fixed; i < len; i++) {
        if (taken >> father->order[i] & 1)
            continue;
        while (at >= from && at <= to)
            at++;
        out->order[at++] = father->order[i];
    }
    for (size_t i = 0; i < len; i++)
        out->choice[i] = draw(search, 2) ? mother->choice[i] : father->choice[i];
}

/* -- generations --------------------------------------------------------------------------------------------- */

static bool is_done(const struct search *search)
{
    return search->tries >= search->genetic->tries_max
           || search->best.value >= search->genetic->enough;
}

static void ask(struct search *search, struct member *member)
{
    member->value = search->genetic->value(search->genetic->self, &member->plan);
    if (search->tries++ == 0 || member->value > search->best.value)
        search->best = *member;
}

static const struct member *tournament(struct search *search)
{
    const struct member *best = NULL;
    for (int i = 0; i < TOURNAMENT; i++) {
        const struct member *one = &search->members[draw(search, POPULATION)];
        if (!best || one->value > best->value)
            best = one;
    }
    return best;
}

/* Best first; equals stay as they are. */
static void sort(struct search *search)
{
    for (size_t i = 1; i < POPULATION; i++) {
        struct member one = search->members[i];
        size_t at = i;
        for (; at > 0 && search->members[at - 1].value < one.value; at--)
            search->members[at] = search->members[at - 1];
        search->members[at] = one;
    }
}

/* The first plans, and changed ones of them. */
static size_t begin(struct search *search, const struct fg_plan *first, size_t first_len)
{
    size_t len = 0;
    for (; len < POPULATION && (len == 0 || !is_done(search)); len++) {
        struct member *member = &search->members[len];
        member->plan = first[len % first_len];
        for (size_t i = 0; len >= first_len && i <= search->genetic->len / 2; i++)
            move_one(search, &member->plan);
        if (len >= first_len)
            mutate(search, &member->plan);
        ask(search, member);
    }
    return len;
}

static void generation(struct search *search)
{
    sort(search);
    for (size_t i = 0; i < POPULATION; i++) {
        struct member *child = &search->next[i];
        *child = search->members[i];
        if (i < SURVIVORS || is_done(search))
            continue;
        cross(search, &tournament(search)->plan, &tournament(search)->plan, &child->plan);
        mutate(search, &child->plan);
        ask(search, child);
    }
    for (size_t i = 0; i < POPULATION; i++)
        search->members[i] = search->next[i];
}

int64_t fg_genetic_search(const struct fg_genetic *genetic,
                          const struct fg_plan *first,
                          size_t first_len,
                          struct fg_plan *out)
{
    assert(genetic->len >= 1 && genetic->len <= FG_PLAN_MAX && genetic->fixed <= genetic->len);
    assert(first_len >= 1 && genetic->choices >= 1);
    struct search *search = calloc(1, sizeof(*search));
    if (!search)
        abort();
    search->genetic = genetic;
    search->random = genetic->seed;
    size_t len = begin(search, first, first_len);
    while (len == POPULATION && !is_done(search)
           && (!genetic->go_on || genetic->go_on(genetic->self)))
        generation(search);
    *out = search->best.plan;
    int64_t value = search->best.value;
    free(search);
    return value;
}

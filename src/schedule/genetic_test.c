/* genetic_test.c - the search against trying every plan, on problems small enough for that. */
#include "schedule/genetic.h"
#include "test/sim/random.h"
#include "test/tap.h"

#include <string.h>

#define THINGS  6
#define CHOICES 2

/* A weighted tardiness problem: each thing takes time by its choice, and is worth less the later it ends; costs depend on who
 * went before, so neither order alone nor choice alone is enough. */
struct problem {
    size_t len, fixed, asked, generations;
    int64_t takes[THINGS][CHOICES], worth[THINGS], due[THINGS], setup[THINGS][THINGS];
};

static int64_t value(void *self, const struct fg_plan *plan)
{
    struct problem *problem = self;
    int64_t now = 0, sum = 1'000'000;
    problem->asked++;
    for (size_t i = 0; i < problem->len; i++) {
        uint16_t one = plan->order[i];
        now += problem->takes[one][plan->choice[one]];
        if (i > 0)
            now += problem->setup[plan->order[i - 1]][one];
        if (now > problem->due[one])
            sum -= problem->worth[one] * (now - problem->due[one]);
        sum -= plan->choice[one] * 10;
    }
    return sum;
}

static void make(struct problem *problem, uint64_t seed)
{
    *problem = (struct problem){.len = 1 + sim_random(&seed, THINGS)};
    problem->fixed = sim_random(&seed, 3) ? 0 : sim_random(&seed, (uint32_t)problem->len + 1);
    for (size_t i = 0; i < THINGS; i++) {
        problem->worth[i] = 1 + sim_random(&seed, 9);
        problem->due[i] = sim_random(&seed, 60);
        for (size_t choice = 0; choice < CHOICES; choice++)
            problem->takes[i][choice] = 1 + sim_random(&seed, 20);
        for (size_t other = 0; other < THINGS; other++)
            problem->setup[i][other] = sim_random(&seed, 8);
    }
}

static void swap(uint16_t *a, uint16_t *b)
{
    uint16_t kept = *a;
    *a = *b;
    *b = kept;
}

static int64_t best_of_choices(struct problem *problem, struct fg_plan *plan)
{
    int64_t best = INT64_MIN;
    for (uint32_t set = 0; set < 1U << problem->len; set++) {
        for (size_t i = 0; i < problem->len; i++)
            plan->choice[i] = set >> i & 1;
        int64_t one = value(problem, plan);
        best = one > best ? one : best;
    }
    return best;
}

static int64_t enumerate(struct problem *problem, struct fg_plan *plan, size_t at)
{
    if (at >= problem->len)
        return best_of_choices(problem, plan);
    int64_t best = INT64_MIN;
    for (size_t i = at; i < problem->len; i++) {
        swap(&plan->order[at], &plan->order[i]);
        int64_t one = enumerate(problem, plan, at + 1);
        best = one > best ? one : best;
        swap(&plan->order[at], &plan->order[i]);
    }
    return best;
}

static bool is_sound(const struct problem *problem, const struct fg_plan *plan)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < problem->len; i++) {
        seen |= 1ULL << plan->order[i];
        if (plan->choice[i] >= CHOICES || (i < problem->fixed && plan->order[i] != i))
            return false;
    }
    return seen == (1ULL << problem->len) - 1;
}

static struct fg_genetic search_of(struct problem *problem, size_t tries)
{
    return (struct fg_genetic){.len = problem->len,
                               .fixed = problem->fixed,
                               .choices = CHOICES,
                               .seed = 7,
                               .tries_max = tries,
                               .enough = INT64_MAX,
                               .value = value,
                               .self = problem};
}

static void small_problems_are_solved(void)
{
    size_t best = 0, sound = 0, never_worse = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct problem problem;
        make(&problem, seed);
        struct fg_plan plain, found, every;
        fg_plan_plain(&plain, problem.len);
        every = plain;
        int64_t most = enumerate(&problem, &every, problem.fixed);
        struct fg_genetic genetic = search_of(&problem, 5000);
        int64_t got = fg_genetic_search(&genetic, &plain, 1, &found);
        best += got == most;
        sound += is_sound(&problem, &found) && value(&problem, &found) == got;
        genetic.tries_max = 30;
        never_worse +=
            fg_genetic_search(&genetic, &plain, 1, &found) >= value(&problem, &plain);
    }
    EQ(best, 100);
    EQ(sound, 100);
    EQ(never_worse, 100);
}

static void the_same_seed_gives_the_same_plan(void)
{
    struct problem problem;
    make(&problem, 3);
    problem.len = THINGS;
    problem.fixed = 0;
    struct fg_plan plain, a, b;
    fg_plan_plain(&plain, problem.len);
    struct fg_genetic genetic = search_of(&problem, 200);
    EQ(fg_genetic_search(&genetic, &plain, 1, &a), fg_genetic_search(&genetic, &plain, 1, &b));
    OK(memcmp(&a, &b, sizeof(a)) == 0);
}

static bool three_generations(void *self)
{
    struct problem *problem = self;
    return problem->generations++ < 3;
}

static void it_stops_when_told(void)
{
    struct problem problem;
    make(&problem, 3);
    problem.len = THINGS;
    problem.fixed = 0;
    struct fg_plan plain, found;
    fg_plan_plain(&plain, problem.len);
    struct fg_genetic genetic = search_of(&problem, 100);
    fg_genetic_search(&genetic, &plain, 1, &found);
    EQ(problem.asked, 100);
    problem.asked = 0;
    genetic.enough = value(&problem, &plain);
    problem.asked = 0;
    fg_genetic_search(&genetic, &plain, 1, &found);
    EQ(problem.asked, 1);
    genetic = search_of(&problem, 100000);
    genetic.go_on = three_generations;
    fg_genetic_search(&genetic, &plain, 1, &found);
    EQ(problem.generations, 4);
}

int main(void)
{
    RUN(small_problems_are_solved);
    RUN(the_same_seed_gives_the_same_plan);
    RUN(it_stops_when_told);
    return tap_done();
}

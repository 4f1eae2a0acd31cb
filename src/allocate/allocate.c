/* allocate.c - one way for all policies: check, merge, split, solve each part, and give every class its answer */
#include "allocate/allocate.h"
#include "allocate/merge.h"

#include <assert.h>
#include <string.h>

enum of_parts { SUM, LEAST, MOST };

static const struct {
    const char *name, *text;
    fg_policy_solve *solve;
    enum fg_allocate_uses uses;
    enum of_parts of_parts;
} policies[] = {
#define X(id, word, solve, uses, of_parts, text) [id] = {word, text, solve, uses, of_parts},
#include "allocate/policy.def"
#undef X
};

const char *fg_allocate_policy_name(enum fg_allocate_policy policy)
{
    return policies[policy].name;
}

const char *fg_allocate_policy_text(enum fg_allocate_policy policy)
{
    return policies[policy].text;
}

int fg_allocate_policy_find(const char *name)
{
    for (int i = 0; i < FG_ALLOCATE_POLICIES; i++)
        if (strcmp(policies[i].name, name) == 0)
            return i;
    return -1;
}

/* Room for every copy that is made on the way: a merged and a split problem, the arrays of a program. */
static size_t room(const struct fg_allocate_problem *problem, uint32_t parts)
{
    size_t cells = (problem->classes_len + problem->pairs_len + 8) * (problem->kinds_len + 8);
    return cells * 512 + (size_t)parts * (problem->pairs_len + problem->kinds_len + 64) * 256;
}

static void answer_new(const struct fg_allocate_problem *problem,
                       struct fg_arena *arena,
                       struct fg_allocation *out)
{
    size_t kinds = problem->kinds_len;
    *out = (struct fg_allocation){.share = FG_NEW(arena, double, problem->classes_len *kinds),
                                  .together = FG_NEW(arena, double, problem->pairs_len *kinds),
                                  .rate = FG_NEW(arena, double, problem->classes_len),
                                  .use = FG_NEW(arena, double, kinds),
                                  .price = FG_NEW(arena, double, kinds)};
}

/* The answer of a part into that of the whole. */
static void gather(const struct fg_split *split,
                   uint32_t from,
                   const struct fg_allocation *part,
                   struct fg_allocation *whole)
{
    const struct fg_allocate_problem *problem = &split->parts[from].problem;
    size_t kinds = problem->kinds_len, row = kinds * sizeof(double);
    for (size_t i = 0; i < problem->classes_len; i++) {
        size_t to = split->class_ids[from][i];
        memcpy(whole->share + to * kinds, part->share + i * kinds, row);
        whole->rate[to] = part->rate[i];
    }
    for (size_t k = 0; k < problem->pairs_len; k++)
        memcpy(whole->together + split->pair_ids[from][k] * kinds, part->together + k * kinds,
               row);
    for (size_t j = 0; j < kinds; j++)
        whole->use[j] += part->use[j];
}

/* 0 is the objective of a part in which no class fits anywhere. */
static double combined(enum of_parts how, double sum, double next)
{
    switch (how) {
    case LEAST:
        return sum > 0 && (next <= 0 || sum < next) ? sum : next;
    case MOST:
        return sum > next ? sum : next;
    case SUM:
        break;
    }
    return sum + next;
}

/* `like` is what all parts have in common. */
static int solve_parts(const struct fg_part *like,
                       const struct fg_allocate_options *options,
                       struct fg_arena *arena,
                       struct fg_allocation *out,
                       struct fg_err *err)
{
    size_t kinds = like->problem.kinds_len;
    struct fg_split split = fg_split(&like->problem, options->parts, arena);
    for (uint32_t p = 0; p < options->parts; p++) {
        struct fg_part *part = &split.parts[p];
        size_t *ids = FG_NEW(arena, size_t, part->problem.classes_len);
        for (size_t i = 0; i < part->problem.classes_len; i++)
            ids[i] = like->ids[split.class_ids[p][i]];
        *part = (struct fg_part){.problem = part->problem,
                                 .pool = like->pool,
                                 .ids = ids,
                                 .jobs = like->jobs,
                                 .fill = like->fill};
        struct fg_allocation answer;
        answer_new(&part->problem, arena, &answer);
        int rc = policies[options->policy].solve(part, arena, &answer, err);
        if (rc < 0)
            return rc;
        gather(&split, p, &answer, out);
        out->objective =
            combined(policies[options->policy].of_parts, out->objective, answer.objective);
        for (size_t j = 0; j < kinds; j++)
            out->price[j] += answer.price[j] / options->parts;
    }
    return 0;
}

/* What each of the merged classes got is that of all for which it stands. */
static void spread_out(const struct fg_allocate_problem *problem,
                       const struct fg_merged *merged,
                       const struct fg_allocation *answer,
                       struct fg_allocation *out)
{
    size_t kinds = problem->kinds_len;
    out->objective = answer->objective;
    for (size_t i = 0; i < problem->classes_len; i++) {
        out->rate[i] = answer->rate[merged->group[i]];
        memcpy(out->share + i * kinds, answer->share + merged->group[i] * kinds,
               kinds * sizeof(double));
    }
    memcpy(out->together, answer->together, problem->pairs_len * kinds * sizeof(double));
    memcpy(out->use, answer->use, kinds * sizeof(double));
    memcpy(out->price, answer->price, kinds * sizeof(double));
}

static int solve(const struct fg_allocate_problem *problem,
                 const struct fg_allocate_options *options,
                 struct fg_arena *scratch,
                 struct fg_allocation *out,
                 struct fg_err *err)
{
    struct fg_merged merged = fg_merge(problem, policies[options->policy].uses, scratch);
    double *pool = FG_NEW(scratch, double, problem->kinds_len);
    for (size_t j = 0; j < problem->kinds_len; j++)
        pool[j] = problem->kinds[j].capacity;
    struct fg_part whole = {
        .problem = merged.problem, .pool = pool, .ids = merged.ids, .fill = options->fill};
    for (size_t i = 0; i < problem->classes_len; i++)
        whole.jobs += problem->classes[i].count;
    struct fg_allocation answer;
    answer_new(&merged.problem, scratch, &answer);
    int rc = options->parts > 1
                 ? solve_parts(&whole, options, scratch, &answer, err)
                 : policies[options->policy].solve(&whole, scratch, &answer, err);
    if (rc == 0)
        spread_out(problem, &merged, &answer, out);
    return rc;
}

int fg_allocate(const struct fg_allocate_problem *problem,
                const struct fg_allocate_options *options,
                struct fg_arena *arena,
                struct fg_allocation *out,
                struct fg_err *err)
{
    assert(options->policy < FG_ALLOCATE_POLICIES);
    int rc = fg_problem_check(problem, policies[options->policy].uses, err);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(room(problem, options->parts));
    answer_new(problem, arena, out);
    struct fg_allocate_options sane = *options;
    if (sane.parts > problem->classes_len)
        sane.parts = (uint32_t)problem->classes_len;
    rc = solve(problem, &sane, scratch, out, err);
    return rc == 0 ? fg_allocation_check(problem, out, err) : rc;
}

/* ways.h - ways of buying: what each reserves at the first hour of a month, knowing the past alone. */
#pragma once

#include "market/run.h"

struct fg_market_scene {
    const struct fg_market_world *world;
    struct fg_market_book *book;       /* what it holds; it reserves into this */
    uint64_t seed;                     /* of scenarios */
    struct fg_arena *scratch;          /* reset by whoever calls */
    const struct fg_market_rule *rule; /* set by fg_market_try */
};

struct fg_market_way {
    const char *name;
    const char *what; /* for people */
    struct fg_market_rule rule;
    /* NULL: reserves nothing. */
    int (*reserve)(const struct fg_market_scene *scene, size_t month, struct fg_err *err);
};

/* The plan first, then what it is compared with; an empty one ends them. */
extern const struct fg_market_way fg_market_ways[];

/* Every month of the world, then the bill.  `watch` (may be NULL) is told each month that was planned. */
[[nodiscard]] int fg_market_try(const struct fg_market_way *way,
                                const struct fg_market_scene *scene,
                                void (*watch)(void *ctx, size_t month),
                                void *ctx,
                                struct fg_market_bill *out,
                                struct fg_err *err);

/* The way of the plan (planner.c): forecast, scenarios, the stochastic program of plan/procure.h. */
int fg_market_plan_month(const struct fg_market_scene *scene, size_t month, struct fg_err *err);

/* ways.c - the ways that people buy today: they reserve up to some level of each class's demand, on the model that serves
 * it for the least money, and rent the rest by the hour. */
#include "market/ways.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The cheapest reservation for a class; of the model that was asked for alone if the rule says so. */
struct choice {
    size_t model, term;
    double usd;           /* of a reference device-hour */
    double on_demand_usd; /* the same, of the cheapest on demand */
};

static bool choose(const struct fg_market_scene *scene,
                   size_t class,
                   size_t day,
                   struct choice *out)
{
    const struct fg_market_world *world = scene->world;
    bool asked = scene->rule && scene->rule->asked;
    out->usd = out->on_demand_usd = INFINITY;
    for (size_t model = 0; model < world->models_len; model++) {
        double rate = world->classes[class].rate[model];
        double usd = fg_market_on_demand_usd(world, model, day);
        if (rate <= 0 || isnan(usd) || (asked && model != world->classes[class].asked))
            continue;
        out->on_demand_usd = fmin(out->on_demand_usd, usd / rate);
        for (size_t term = 0; term < world->terms_len; term++)
            if (usd / rate * world->terms[term].price < out->usd) {
                out->usd = usd / rate * world->terms[term].price;
                out->model = model;
                out->term = term;
            }
    }
    return isfinite(out->usd);
}

/* Reserve what is missing to these levels (reference devices, by class).  What is held counts for the classes in turn. */
static void reserve_up_to(const struct fg_market_scene *scene,
                          size_t month,
                          const double *levels)
{
    const struct fg_market_world *world = scene->world;
    double held[FG_MARKET_MODELS_MAX];
    memcpy(held, &scene->book->held[month * world->models_len],
           world->models_len * sizeof(held[0]));
    for (size_t class = 0; class < world->classes_len; class ++) {
        double missing = levels[class];
        for (size_t model = 0; model < world->models_len && missing > 0; model++) {
            double rate = world->classes[class].rate[model];
            double taken = rate > 0 ? fmin(held[model], missing / rate) : 0;
            held[model] -= taken;
            missing -= taken * rate;
        }
        struct choice choice = {};
        if (missing > 0 && choose(scene, class, month * FG_MARKET_MONTH_HOURS / 24, &choice))
            fg_market_reserve(world, scene->book, month, choice.model, choice.term,
                              ceil(missing / world->classes[class].rate[choice.model]));
    }
}

static double mean(const double *values, size_t len)
{
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += values[i];
    return len ? sum / (double)len : 0;
}

static int reserve_mean(const struct fg_market_scene *scene, size_t month, struct fg_err *err)
{
    (void)err;
    double levels[FG_MARKET_CLASSES_MAX];
    for (size_t i = 0; i < scene->world->classes_len; i++)
        levels[i] = mean(scene->world->classes[i].demand, month * FG_MARKET_MONTH_HOURS);
    reserve_up_to(scene, month, levels);
    return 0;
}

static int reserve_last(const struct fg_market_scene *scene, size_t month, struct fg_err *err)
{
    (void)err;
    double levels[FG_MARKET_CLASSES_MAX];
    for (size_t i = 0; i < scene->world->classes_len; i++)
        levels[i] =
            1.2
            * mean(&scene->world->classes[i].demand[(month - 1) * FG_MARKET_MONTH_HOURS],
                   FG_MARKET_MONTH_HOURS);
    reserve_up_to(scene, month, levels);
    return 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Arrow, Harris, Marschak 1951: up to the quantile 1 - reserved / on-demand price of the demand of the last three months. */
static int reserve_newsvendor(const struct fg_market_scene *scene,
                              size_t month,
                              struct fg_err *err)
{
    (void)err;
    double levels[FG_MARKET_CLASSES_MAX] = {};
    size_t len = (month < 3 ? month : 3) * FG_MARKET_MONTH_HOURS;
    double *sorted = FG_NEW(scene->scratch, double, len);
    for (size_t i = 0; i < scene->world->classes_len; i++) {
        struct choice choice = {};
        if (!choose(scene, i, month * FG_MARKET_MONTH_HOURS / 24, &choice))
            continue;
        memcpy(sorted, &scene->world->classes[i].demand[month * FG_MARKET_MONTH_HOURS - len],
               len * sizeof(double));
        qsort(sorted, len, sizeof(double), by_size);
        double share = fmax(0, 1 - choice.usd / choice.on_demand_usd);
        levels[i] = sorted[(size_t)(share * (double)(len - 1))];
    }
    reserve_up_to(scene, month, levels);
    return 0;
}

const struct fg_market_way fg_market_ways[] = {
    {"plan", "forecast, scenarios, stochastic program", {.spot = true}, fg_market_plan_month},
    {"newsvendor",
     "each class up to the quantile 1 - reserved / on-demand",
     {.spot = true},
     reserve_newsvendor},
    {"mean", "each class up to its mean demand", {.spot = true}, reserve_mean},
    {"last-month", "each class up to last month's mean + 20 %", {.spot = true}, reserve_last},
    {"cheapest-now", "nothing reserved, the cheapest of each hour", {.spot = true}, NULL},
    {"on-demand", "on-demand devices only", {.spot = false}, NULL},
    {"asked-newsvendor",
     "newsvendor, each class on the model that it asks for",
     {.spot = true, .asked = true},
     reserve_newsvendor},
    {"asked-on-demand",
     "on-demand devices of the model asked for",
     {.spot = false, .asked = true},
     NULL},
    {},
};

int fg_market_try(const struct fg_market_way *way,
                  const struct fg_market_scene *scene,
                  void (*watch)(void *ctx, size_t month),
                  void *ctx,
                  struct fg_market_bill *out,
                  struct fg_err *err)
{
    int rc = 0;
    struct fg_market_scene ruled = *scene;
    ruled.rule = &way->rule;
    for (size_t month = scene->world->first_month;
         rc == 0 && way->reserve && month < fg_market_months(scene->world); month++) {
        fg_arena_reset(scene->scratch);
        rc = way->reserve(&ruled, month, err);
        if (rc == 0 && watch)
            watch(ctx, month);
    }
    if (rc == 0)
        rc = fg_market_run(scene->world, &way->rule, scene->book, out, NULL, err);
    return rc;
}

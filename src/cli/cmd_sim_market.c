/* cmd_sim_market.c - fastgpu sim market: what would each way of buying have cost? */
#include "cli/bar.h"
#include "cli/sim_files.h"
#include "cli/table.h"
#include "cli/verb.h"

#include "base/json_write.h"
#include "market/clairvoyant.h"
#include "market/ways.h"
#include "market/world_read.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct fg_opt fg_opts_sim_market[] = {
    {"ways", 0, "LIST", "ways of buying: plan,newsvendor (all)", NULL},
    {"seeds", 0, "N", "demands drawn; the figures are their means (1)", NULL},
    {"seed", 0, "N", "the first of them (1)", NULL},
    {"threads", 0, "N", "runs at one time (2)", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_sim_market;

#define WAYS_MAX     16
#define SEEDS_MAX    32
#define THREADS_MAX  64
#define LOOK_NS      100'000'000
#define WORLD_ROOM   ((size_t)4 << 30) /* address space */
#define SCRATCH_ROOM ((size_t)1 << 30)
#define CLAIRVOYANT  WAYS_MAX

struct seed {
    struct fg_arena *arena;
    struct fg_market_world world;
    struct fg_market_bill bills[WAYS_MAX];
    struct fg_market_clairvoyant clairvoyant;
};

/* One way (or the clairvoyant) on one seed. */
struct run {
    struct seed *seed;
    uint64_t number;
    size_t way;
    int rc;
    struct fg_err err;
};

struct batch {
    struct fg_cli *cli;
    const struct fg_market_way *ways[WAYS_MAX];
    size_t ways_len;
    struct seed seeds[SEEDS_MAX];
    size_t seeds_len;
    struct run runs[SEEDS_MAX * (WAYS_MAX + 1)];
    size_t runs_len;
    atomic_size_t next, ended;
};

/* -- what to run ------------------------------------------------------------------------------------------ */

static int add_way(struct batch *batch, const char *name, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf names = {};
    for (const struct fg_market_way *way = fg_market_ways; way->name; way++) {
        if (batch->ways_len < WAYS_MAX && strcmp(way->name, name) == 0) {
            batch->ways[batch->ways_len++] = way;
            return 0;
        }
        fg_buf_printf(&names, "%s%s", names.len ? ", " : "", way->name);
    }
    return fg_fail(err, FG_EINVAL, "--ways: `%.40s`, expected some of %s", name, names.text);
}

static int read_ways(struct batch *batch, struct fg_err *err)
{
    const char *list = fg_args_get(&batch->cli->args, "ways");
    int rc = 0;
    if (!list) {
        for (const struct fg_market_way *way = fg_market_ways; way->name; way++)
            batch->ways[batch->ways_len++] = way;
        return 0;
    }
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_printf(&text, "%s", list);
    char *rest = text.text, *word;
    while (rc == 0 && (word = strsep(&rest, ",")))
        rc = add_way(batch, word, err);
    return rc;
}

static int read_world(struct batch *batch, const char *path, uint64_t seed, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    struct seed *out = &batch->seeds[batch->seeds_len];
    int rc = fg_sim_file_read(path, &bytes, err);
    if (rc < 0)
        return rc;
    out->arena = fg_arena_new(WORLD_ROOM);
    batch->seeds_len++;
    struct fg_market_reading reading = {
        .file_name = path, .seed = seed, .open = fg_sim_file_beside, .self = (void *)path};
    return fg_market_read(&reading, bytes.text, bytes.len, out->arena, &out->world, err);
}

static int read_worlds(struct batch *batch, struct fg_err *err)
{
    int64_t seeds, first;
    int rc = fg_cli_number(batch->cli, "seeds", 1, SEEDS_MAX, 1, &seeds, err);
    if (rc == 0)
        rc = fg_cli_number(batch->cli, "seed", 1, INT32_MAX, 1, &first, err);
    for (int64_t i = 0; rc == 0 && i < seeds; i++)
        rc = read_world(batch, batch->cli->args.words[0], (uint64_t)(first + i), err);
    return rc;
}

/* The longest first: they are not to be waited for at the end. */
static void list_runs(struct batch *batch)
{
    for (size_t seed = 0; seed < batch->seeds_len; seed++)
        batch->runs[batch->runs_len++] =
            (struct run){.seed = &batch->seeds[seed], .number = seed + 1, .way = CLAIRVOYANT};
    for (size_t seed = 0; seed < batch->seeds_len; seed++)
        for (size_t way = 0; way < batch->ways_len; way++)
            batch->runs[batch->runs_len++] =
                (struct run){.seed = &batch->seeds[seed], .number = seed + 1, .way = way};
}

/* -- running ------------------------------------------------------------------------------------------------ */

static void run_one(struct batch *batch, struct run *run)
{
    const struct fg_market_world *world = &run->seed->world;
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(SCRATCH_ROOM);
    FG_AUTO(fg_arena) struct fg_arena *kept = fg_arena_new(SCRATCH_ROOM);
    struct fg_market_book book = fg_market_book_new(kept, world);
    struct fg_market_scene scene = {
        .world = world, .book = &book, .seed = run->number, .scratch = scratch};
    if (run->way == CLAIRVOYANT)
        run->rc =
            fg_market_clairvoyant(world, 0.002, 60, &run->seed->clairvoyant, &book, &run->err);
    else
        run->rc = fg_market_try(batch->ways[run->way], &scene, NULL, NULL,
                                &run->seed->bills[run->way], &run->err);
    atomic_fetch_add(&batch->ended, 1);
}

static void *run_some(void *self)
{
    struct batch *batch = self;
    size_t at;
    while ((at = atomic_fetch_add(&batch->next, 1)) < batch->runs_len)
        run_one(batch, &batch->runs[at]);
    return NULL;
}

static void show(struct batch *batch)
{
    struct fg_bar bar = fg_bar_new(stderr);
    size_t ended;
    while ((ended = atomic_load(&batch->ended)) < batch->runs_len) {
        char tail[64];
        snprintf(tail, sizeof(tail), "%zu of %zu runs", ended, batch->runs_len);
        fg_bar_draw(&bar, "buying", (double)ended / (double)batch->runs_len, tail, false);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    fg_bar_clear(&bar);
}

static int run_all(struct batch *batch, struct fg_err *err)
{
    int64_t threads;
    pthread_t handles[THREADS_MAX];
    size_t len = 0;
    int rc = fg_cli_number(batch->cli, "threads", 1, THREADS_MAX, 2, &threads, err);
    if (rc < 0)
        return rc;
    while (len < (size_t)threads && len < batch->runs_len
           && pthread_create(&handles[len], NULL, run_some, batch) == 0)
        len++;
    if (len == 0)
        (void)run_some(batch);
    show(batch);
    for (size_t i = 0; i < len; i++)
        pthread_join(handles[i], NULL);
    for (size_t i = 0; i < batch->runs_len; i++)
        if (batch->runs[i].rc < 0) {
            *err = batch->runs[i].err;
            return batch->runs[i].rc;
        }
    return 0;
}

/* -- printing ----------------------------------------------------------------------------------------------- */

/* Means over the seeds. */
struct outcome {
    const char *name, *what;
    struct fg_market_bill bill;
    double over_bound;  /* its cost over the clairvoyant's bound, less 1 */
    double unmet_share; /* of the demand */
};

static void add_bill(struct outcome *out,
                     const struct fg_market_bill *bill,
                     double bound_usd,
                     size_t seeds)
{
    double share = 1 / (double)seeds;
    out->bill.usd += share * bill->usd;
    out->bill.reserved_usd += share * bill->reserved_usd;
    out->bill.on_demand_usd += share * bill->on_demand_usd;
    out->bill.spot_usd += share * bill->spot_usd;
    out->bill.rework_usd += share * bill->rework_usd;
    out->bill.demand += share * bill->demand;
    out->bill.idle += share * bill->idle;
    out->over_bound += share * (bill->usd / bound_usd - 1);
    out->unmet_share += share * bill->unmet / bill->demand;
}

static struct outcome summarise(const struct batch *batch, size_t way)
{
    bool seer = way == CLAIRVOYANT;
    struct outcome out = {.name = seer ? "clairvoyant" : batch->ways[way]->name,
                          .what = seer ? "knows all prices, spot and demand beforehand"
                                       : batch->ways[way]->what};
    for (size_t i = 0; i < batch->seeds_len; i++) {
        const struct seed *seed = &batch->seeds[i];
        add_bill(&out, seer ? &seed->clairvoyant.bill : &seed->bills[way],
                 seed->clairvoyant.bound_usd, batch->seeds_len);
    }
    return out;
}

/* What the cheapest of the others would have cost, and the way of on-demand only; NAN: not among them. */
struct rivals {
    double plan, best, on_demand;
    const char *best_name;
};

static struct rivals compare(const struct batch *batch)
{
    struct rivals out = {NAN, NAN, NAN, ""};
    for (size_t way = 0; way < batch->ways_len; way++) {
        struct outcome outcome = summarise(batch, way);
        if (strcmp(outcome.name, "plan") == 0) {
            out.plan = outcome.bill.usd;
            continue;
        }
        if (strcmp(outcome.name, "on-demand") == 0)
            out.on_demand = outcome.bill.usd;
        if (isnan(out.best) || outcome.bill.usd < out.best) {
            out.best = outcome.bill.usd;
            out.best_name = outcome.name;
        }
    }
    return out;
}

static void kv_real(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, round(value * 1e6) / 1e6);
}

static void outcome_json(struct fg_json *json, const struct outcome *outcome)
{
    fg_json_object(json);
    fg_json_kv(json, "way", outcome->name);
    kv_real(json, "usd", outcome->bill.usd);
    kv_real(json, "reserved_usd", outcome->bill.reserved_usd);
    kv_real(json, "on_demand_usd", outcome->bill.on_demand_usd);
    kv_real(json, "spot_usd", outcome->bill.spot_usd);
    kv_real(json, "rework_usd", outcome->bill.rework_usd);
    kv_real(json, "idle_device_hours", outcome->bill.idle);
    kv_real(json, "unmet_share", outcome->unmet_share);
    kv_real(json, "over_clairvoyant", outcome->over_bound);
    fg_json_end(json);
}

static void print_json(const struct batch *batch)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    struct rivals rivals = compare(batch);
    struct outcome seer = summarise(batch, CLAIRVOYANT);
    fg_json_object(&json);
    fg_json_key(&json, "ways");
    fg_json_array(&json);
    for (size_t way = 0; way < batch->ways_len; way++) {
        struct outcome outcome = summarise(batch, way);
        outcome_json(&json, &outcome);
    }
    outcome_json(&json, &seer);
    fg_json_end(&json);
    fg_json_kv_int(&json, "seeds", (int64_t)batch->seeds_len);
    kv_real(&json, "below_on_demand", 1 - rivals.plan / rivals.on_demand);
    kv_real(&json, "below_best_other", 1 - rivals.plan / rivals.best);
    fg_json_end(&json);
    fg_buf_printf(&out, "\n");
    fputs(out.text, stdout);
}

static void add_row(struct fg_table *table, const struct outcome *outcome)
{
    const struct fg_market_bill *bill = &outcome->bill;
    fg_table_add(table, FG_BOLD, outcome->name);
    fg_table_addf(table, "%.0f", bill->usd);
    fg_table_addf(table, "%+.1f %%", 100 * outcome->over_bound);
    fg_table_addf(table, "%.3f %%", 100 * outcome->unmet_share);
    fg_table_addf(table, "%.0f %%", 100 * bill->reserved_usd / bill->usd);
    fg_table_addf(table, "%.0f %%", 100 * bill->on_demand_usd / bill->usd);
    fg_table_addf(table, "%.0f %%", 100 * bill->spot_usd / bill->usd);
    fg_table_addf(table, "%.0f %%", 100 * bill->rework_usd / bill->usd);
    fg_table_addf(table, "%.0f", bill->idle);
    fg_table_add(table, FG_PLAIN, outcome->what);
}

static void print_table(const struct batch *batch)
{
    static const struct fg_column columns[] = {{"WAY", false, 8},
                                               {"USD", true, 0},
                                               {"OVER BOUND", true, 0},
                                               {"UNMET", true, 0},
                                               {"RESERVED", true, 0},
                                               {"ON DEMAND", true, 0},
                                               {"SPOT", true, 0},
                                               {"REDONE", true, 0},
                                               {"IDLE HOURS", true, 0},
                                               {"WHAT", false, 12},
                                               {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    const struct fg_market_world *world = &batch->seeds[0].world;
    struct rivals rivals = compare(batch);
    struct outcome seer = summarise(batch, CLAIRVOYANT);
    for (size_t way = 0; way < batch->ways_len; way++) {
        struct outcome outcome = summarise(batch, way);
        add_row(table, &outcome);
    }
    add_row(table, &seer);
    printf("%zu months of prices of %zu offers after %zu of history; means of %zu demand%s.\n",
           fg_market_months(world) - world->first_month, world->offers_len, world->first_month,
           batch->seeds_len, batch->seeds_len == 1 ? "" : "s");
    fg_table_print(table, &batch->cli->out, stdout);
    if (!isnan(rivals.plan) && !isnan(rivals.on_demand))
        printf("The plan costs %.1f %% less than on demand only",
               100 * (1 - rivals.plan / rivals.on_demand));
    if (!isnan(rivals.plan) && !isnan(rivals.best))
        printf("%s%.1f %% less than the best other way (%s).\n",
               isnan(rivals.on_demand) ? "The plan costs " : ", ",
               100 * (1 - rivals.plan / rivals.best), rivals.best_name);
}

int fg_cmd_sim_market(struct fg_cli *cli, struct fg_err *err)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    if (!batch)
        return fg_fail(err, FG_ENOMEM, "no memory");
    batch->cli = cli;
    int rc = read_ways(batch, err);
    if (rc == 0)
        rc = read_worlds(batch, err);
    if (rc == 0) {
        list_runs(batch);
        rc = run_all(batch, err);
    }
    if (rc == 0 && fg_args_has(&cli->args, "json"))
        print_json(batch);
    else if (rc == 0)
        print_table(batch);
    for (size_t i = 0; i < batch->seeds_len; i++)
        fg_arena_free(batch->seeds[i].arena);
    free(batch);
    return rc;
}

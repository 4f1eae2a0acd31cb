/* bench_allocate.c - what dividing a pool by linear programs costs
 *
 *     1,024 jobs of Gavel's mix     26 models x 1, 2, 4 or 8 devices, 3 kinds, as many devices as jobs
 *     1,024 distinct jobs           no two alike: nothing to merge
 *     100,000 jobs                  of 1,000 classes on 10 kinds
 *     schedule.allocate             what it adds to the pass in which it looks again
 *
 * Rivals: the program as the paper writes it (max t, a row a job, nothing merged) with the same solver, and with
 * GLPK's glpsol, a program of its own, where that is installed.  All have to come to the same optimum.
 */
#include "allocate/allocate.h"
#include "base/arena.h"
#include "bench/bench.h"
#include "schedule/kinds.h"
#include "solver/lp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KINDS_MAX 10
#define MODELS    26

struct load {
    uint64_t seed;
    struct fg_allocate_problem problem;
    struct fg_allocate_kind kinds[KINDS_MAX];
    struct fg_allocate_class *classes;
    double *throughput;
};

static double draw(struct load *load)
{
    uint64_t z = load->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* Gavel's traces: 70 % of the jobs take one device, 10 % two, 15 % four, 5 % eight. */
static double draw_devices(struct load *load)
{
    double u = draw(load);
    return u < 0.7 ? 1 : u < 0.8 ? 2 : u < 0.95 ? 4 : 8;
}

static void fill(struct load *load, size_t jobs, size_t classes, size_t kinds)
{
    *load = (struct load){.seed = 1};
    load->classes = calloc(classes, sizeof(*load->classes));
    load->throughput = calloc(classes * kinds, sizeof(double));
    if (!load->classes || !load->throughput)
        bench_die("no memory");
    for (size_t j = 0; j < kinds; j++)
        load->kinds[j] = (struct fg_allocate_kind){(double)jobs / (double)kinds, 1 + (double)j};
    size_t each = jobs / classes;
    for (size_t i = 0; i < classes; i++) {
        load->classes[i] = (struct fg_allocate_class){
            .count = (double)each, .devices = draw_devices(load), .weight = 1};
        for (size_t j = 0; j < kinds; j++)
            load->throughput[i * kinds + j] = (1 + (double)j) * (0.5 + draw(load));
    }
    load->problem = (struct fg_allocate_problem){.kinds = load->kinds,
                                                 .kinds_len = kinds,
                                                 .classes = load->classes,
                                                 .classes_len = classes,
                                                 .throughput = load->throughput};
}

/* A job a class, but only so many models: what there is to merge is for the code to find. */
static void fill_models(struct load *load, size_t jobs, size_t kinds)
{
    fill(load, jobs, jobs, kinds);
    for (size_t i = MODELS; i < jobs; i++)
        memcpy(load->throughput + i * kinds,
               load->throughput + (size_t)(draw(load) * MODELS) * kinds,
               kinds * sizeof(double));
}

static void empty(struct load *load)
{
    free(load->classes);
    free(load->throughput);
}

/* Median of `runs`, and the objective. */
static double allocate_ms(const struct load *load,
                          const struct fg_allocate_options *options,
                          size_t runs,
                          double *out_objective)
{
    double ms[64];
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 32);
    for (size_t i = 0; i < runs; i++) {
        struct fg_allocation out;
        struct fg_err err;
        int64_t from_us = bench_now_us();
        if (fg_allocate(&load->problem, options, arena, &out, &err) != 0)
            bench_die("%s", err.text);
        ms[i] = (double)(bench_now_us() - from_us) / 1e3;
        *out_objective = out.objective;
        fg_arena_reset(arena);
    }
    return bench_quantile(ms, runs, 50);
}

/* -- the rivals ------------------------------------------------------------------------------------------- */

/* What an equal share of the pool would give a job, which is what its rate is held against. */
static double owed(const struct load *load, size_t class)
{
    double sum = 0, jobs = 0;
    for (size_t i = 0; i < load->problem.classes_len; i++)
        jobs += load->classes[i].count;
    for (size_t j = 0; j < load->problem.kinds_len; j++)
        sum += load->kinds[j].capacity * load->throughput[class * load->problem.kinds_len + j];
    return sum / jobs / load->classes[class].devices;
}

/* max t,  rate_i - owed_i t >= 0,  sum_j x_ij <= 1,  sum_i count_i devices_i x_ij <= capacity_j */
static double plain_ms(const struct load *load, double *out_objective)
{
    int64_t from_us = bench_now_us();
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    size_t kinds = load->problem.kinds_len;
    uint32_t t = fg_lp_col(lp, 1, 0, FG_LP_INF);
    for (size_t j = 0; j < kinds; j++)
        fg_lp_row(lp, -FG_LP_INF, load->kinds[j].capacity);
    for (size_t i = 0; i < load->problem.classes_len; i++) {
        uint32_t time = fg_lp_row(lp, -FG_LP_INF, 1), rate = fg_lp_row(lp, 0, FG_LP_INF);
        fg_lp_put(lp, rate, t, -owed(load, i));
        for (size_t j = 0; j < kinds; j++) {
            uint32_t x = fg_lp_col(lp, 0, 0, FG_LP_INF);
            fg_lp_put(lp, time, x, 1);
            fg_lp_put(lp, rate, x, load->throughput[i * kinds + j]);
            fg_lp_put(lp, (uint32_t)j, x, load->classes[i].count * load->classes[i].devices);
        }
    }
    struct fg_lp_answer answer;
    struct fg_err err;
    if (fg_lp_solve(lp, NULL, &answer, &err) != 0 || answer.status != FG_LP_OPTIMAL)
        bench_die("plain program: no optimum");
    *out_objective = answer.objective;
    return (double)(bench_now_us() - from_us) / 1e3;
}

static void write_lp(const struct load *load, FILE *file)
{
    size_t kinds = load->problem.kinds_len, classes = load->problem.classes_len;
    fputs("Maximize t: t\nSubject To\n", file);
    for (size_t i = 0; i < classes; i++) {
        for (size_t j = 0; j < kinds; j++)
            fprintf(file, "+ %.17g x%zu_%zu\n", load->throughput[i * kinds + j], i, j);
        fprintf(file, "- %.17g t >= 0\n", owed(load, i));
        for (size_t j = 0; j < kinds; j++)
            fprintf(file, "+ x%zu_%zu ", i, j);
        fputs("<= 1\n", file);
    }
    for (size_t j = 0; j < kinds; j++) {
        for (size_t i = 0; i < classes; i++)
            fprintf(file, "+ %g x%zu_%zu\n", load->classes[i].count * load->classes[i].devices,
                    i, j);
        fprintf(file, "<= %.17g\n", load->kinds[j].capacity);
    }
    fputs("End\n", file);
}

/* The whole process, which also reads the file; 0: not installed. */
static double glpsol_ms(const struct load *load)
{
    if (access("/usr/bin/glpsol", X_OK) != 0)
        return 0;
    char path[] = "/tmp/bench_allocate.XXXXXX", command[128], line[256];
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        bench_die("%s: cannot be written", path);
    write_lp(load, file);
    fclose(file);
    snprintf(command, sizeof(command), "/usr/bin/glpsol --lp %s 2>&1", path);
    int64_t from_us = bench_now_us();
    FILE *said = popen(command, "r");
    while (said && fgets(line, sizeof(line), said))
        continue;
    if (said)
        pclose(said);
    unlink(path);
    return (double)(bench_now_us() - from_us) / 1e3;
}

static void agree(double ours, double theirs)
{
    if (fabs(ours - theirs) > 1e-5 * theirs)
        bench_die("max-min: %.9g, the plain program finds %.9g", ours, theirs);
}

/* -- the table -------------------------------------------------------------------------------------------- */

static void thousand(void)
{
    static const struct fg_allocate_options least = {.policy = FG_ALLOCATE_MAX_MIN};
    static const struct fg_allocate_options filled = {.policy = FG_ALLOCATE_MAX_MIN,
                                                      .fill = true};
    static const struct fg_allocate_options agnostic = {.policy = FG_ALLOCATE_AGNOSTIC};
    struct load load;
    double objective, plain;
    for (int distinct = 0; distinct < 2; distinct++) {
        if (distinct)
            fill(&load, 1024, 1024, 3);
        else
            fill_models(&load, 1024, 3);
        double ms = allocate_ms(&load, &least, 15, &objective),
               plain_is = plain_ms(&load, &plain);
        agree(objective, plain);
        bench_line(distinct ? "max-min LP, 1,024 distinct jobs, 3 kinds"
                            : "max-min LP, 1,024 jobs of Gavel's mix",
                   ms, "ms", BENCH_LESS, 50, "max t, a row a job, same solver", plain_is);
        double glpsol = glpsol_ms(&load);
        if (glpsol > 0)
            bench_line("  beside GLPK", ms, "ms", BENCH_LESS, 50, "glpsol, reading included",
                       glpsol);
        bench_line("  with water filling", allocate_ms(&load, &filled, 5, &objective), "ms",
                   BENCH_LESS, 0, NULL, 0);
        bench_line("  not knowing kinds (LAS)", allocate_ms(&load, &agnostic, 5, &objective),
                   "ms", BENCH_LESS, 0, NULL, 0);
        empty(&load);
    }
}

static void many(void)
{
    static const struct fg_allocate_options least = {.policy = FG_ALLOCATE_MAX_MIN};
    static const struct fg_allocate_options total = {.policy = FG_ALLOCATE_TOTAL};
    struct load load;
    double objective;
    fill(&load, 100000, 1000, 10);
    bench_line("max-min LP, 100,000 jobs of 1,000 classes, 10 kinds",
               allocate_ms(&load, &least, 3, &objective), "ms", BENCH_LESS, 1000, NULL, 0);
    bench_line("throughput LP, the same", allocate_ms(&load, &total, 3, &objective), "ms",
               BENCH_LESS, 1000, NULL, 0);
    empty(&load);
    fill_models(&load, 100000, 10);
    bench_line("max-min LP, 100,000 jobs to be merged, 10 kinds",
               allocate_ms(&load, &least, 3, &objective), "ms", BENCH_LESS, 1000, NULL, 0);
    empty(&load);
}

/* Nothing to merge; in parts (POP) each is small, and what they reach in sum is not the optimum. */
static void distinct(void)
{
    struct load load;
    double whole, part;
    char name[64];
    static const struct fg_allocate_options in_parts = {.policy = FG_ALLOCATE_MAX_MIN,
                                                        .parts = 16};
    static const struct fg_allocate_options least = {.policy = FG_ALLOCATE_MAX_MIN};
    fill(&load, 10000, 10000, 8);
    double whole_ms = allocate_ms(&load, &least, 3, &whole);
    bench_line("max-min LP, 10,000 distinct jobs, 8 kinds", whole_ms, "ms", BENCH_LESS, 0, NULL,
               0);
    double ms = allocate_ms(&load, &in_parts, 1, &part);
    snprintf(name, sizeof(name), "  in 16 parts: %.1f %% of the optimum", 100 * part / whole);
    bench_line(name, ms, "ms", BENCH_LESS, 0, NULL, 0);
    empty(&load);
    fill(&load, 100000, 100000, 8);
    bench_line("max-min LP, 100,000 distinct jobs, 8 kinds",
               allocate_ms(&load, &least, 1, &whole), "ms", BENCH_LESS, 0, NULL, 0);
    empty(&load);
}

/* -- in the scheduler ------------------------------------------------------------------------------------ */

#define LIVE_JOBS    100000
#define LIVE_CLASSES 200
#define LIVE_NODES   10000

static void add_live_nodes(struct fg_pool *pool)
{
    static const char *const kinds[] = {"h100", "a100", "l40s", "l4"};
    for (int n = 0; n < LIVE_NODES; n++) {
        struct fg_node_spec spec = {.cpu_milli = 64000, .mem_mib = 65536, .devices_len = 8};
        snprintf(spec.name, sizeof(spec.name), "node-%05d", n);
        for (size_t i = 0; i < 8; i++)
            snprintf(spec.devices[i].kind, FG_KIND_MAX, "%s", kinds[n % 4]);
        if (fg_pool_add(pool, &spec, NULL, NULL) != 0)
            bench_die("node %d", n);
    }
}

static void add_live_job(struct load *load, struct fg_queue *queue, uint64_t id)
{
    static const char *const kinds[] = {"h100", "a100", "l40s", "l4"};
    struct fg_request any_of[4] = {};
    size_t class = id % LIVE_CLASSES;
    for (size_t i = 0; i < 4; i++) {
        any_of[i] = (struct fg_request){.count = 1 + (uint32_t)(class % 3), .gpu_milli = 1000};
        snprintf(any_of[i].kind, FG_KIND_MAX, "%s", kinds[i]);
        any_of[i].rate_milli = (uint32_t)(4000 / (i + 1) + class * (i + 3) % 900);
    }
    struct fg_job job = {.id = id,
                         .project = 1,
                         .request = fg_queue_class(queue, any_of, 4),
                         .tasks = 1 + (uint32_t)(draw(load) * 4),
                         .submitted_us = 1};
    if (fg_queue_add(queue, &job, NULL) != 0)
        bench_die("the queue is full");
}

/* What it costs a pass in which it is time to look: all jobs are counted, the program of their classes is solved. */
static void live(void)
{
    struct load load = {.seed = 1};
    struct fg_config config;
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    fg_config_defaults(&config);
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(LIVE_NODES);
    struct fg_ranking *ranking = fg_ranking_new(&config, fg_job_orders[0], FG_PREEMPT_OFF);
    FG_AUTO(fg_queue) struct fg_queue *queue = fg_ranking_queue(ranking, LIVE_JOBS);
    struct fg_kinds *kinds = fg_kinds_new(&config, FG_ALLOCATE_MAX_MIN, NULL);
    if (!pool || !queue || !kinds || fg_queue_project_put(queue, &project, NULL) != 0)
        bench_die("no memory");
    add_live_nodes(pool);
    struct runners runners;
    fg_runners_init(&runners);
    double ms[9];
    for (uint64_t id = 1; id <= LIVE_JOBS - 9; id++)
        add_live_job(&load, queue, id);
    for (int i = 0; i < 9; i++) {
        add_live_job(&load, queue, (uint64_t)(LIVE_JOBS - 8 + i));
        struct fg_pass pass = {.pool = pool, .queue = queue, .now_us = 10'000'000LL * (i + 1)};
        fg_queue_advance(queue, pass.now_us);
        int64_t from_us = bench_now_us();
        fg_kinds_update(kinds, &pass, &runners);
        ms[i] = (double)(bench_now_us() - from_us) / 1e3;
    }
    bench_line("schedule.allocate: 100k jobs of 200 classes, 4 kinds",
               bench_quantile(ms, 9, 50), "ms", BENCH_LESS, 50, NULL, 0);
    fg_runners_fini(&runners);
    fg_kinds_free(kinds);
    fg_ranking_free(ranking);
}

int main(void)
{
    thousand();
    many();
    distinct();
    live();
    return bench_done();
}

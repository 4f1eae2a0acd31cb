/* rounds_sim_test.c - rounds by hand, what must hold of any run, and the published average completion times */
#include "sim/gavel.h"
#include "sim/report.h"
#include "sim/rounds_sim.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DATA SOURCE_DIR "/../shared/data/gavel/"

#ifdef __SANITIZE_ADDRESS__
#define IS_SLOW true
#else
#define IS_SLOW false
#endif

static const char speeds[] =
    "{\"v100\": {\"('A', 1)\": {\"null\": 10, \"('A', 1)\": [8, 8], \"('B', 1)\": [5, 2]},"
    " \"('B', 1)\": {\"null\": 4, \"('A', 1)\": [2, 5], \"('B', 1)\": [1, 1]}, \"('B', 2)\": "
    "{\"null\": 7}},"
    " \"k80\": {\"('A', 1)\": {\"null\": 2, \"('A', 1)\": [1, 1], \"('B', 1)\": [0.5, 1]},"
    " \"('B', 1)\": {\"null\": 3, \"('A', 1)\": [1, 0.5], \"('B', 1)\": [2, 2]}, \"('B', 2)\": "
    "{\"null\": 0}}}";

struct world {
    struct fg_gavel_table table;
    struct fg_gavel_stream stream;
    struct fg_sim_group groups[3];
    struct fg_sim_cluster cluster;
    struct fg_rounds_options options;
    struct fg_err err;
};

static void open_world(struct world *world, uint32_t v100, uint32_t k80)
{
    *world = (struct world){
        .groups = {{.nodes = v100, .kind = "v100", .gpus = 1, .price_uusd_per_hour = 3'000'000},
                   {.nodes = k80, .kind = "k80", .gpus = 1, .watts = {100'000, 300'000, 0}}},
        .cluster = {.groups_len = k80 ? 2 : 1},
    };
    world->cluster.groups = world->groups;
    world->options = (struct fg_rounds_options){.table = &world->table,
                                                .stream = &world->stream,
                                                .cluster = &world->cluster,
                                                .jobs_per_hour = 3600,
                                                .window_end = SIZE_MAX,
                                                .round_s = FG_ROUNDS_ROUND_S,
                                                .reset_s = FG_ROUNDS_RESET_S};
    EQ(fg_rounds_kinds(&world->cluster, &world->table, &world->err), 0);
    EQ(fg_gavel_table_read(speeds, sizeof(speeds) - 1, "s", &world->table, &world->err), 0);
}

static void close_world(struct world *world)
{
    fg_gavel_table_free(&world->table);
    fg_gavel_stream_free(&world->stream);
}

/* Rows of arrival in seconds, type, devices, steps. */
static void add_jobs(struct world *world, const char *rows)
{
    char text[4096];
    int len = snprintf(text, sizeof(text), "arrival_unit,job_type,scale_factor,total_steps\n%s",
                       rows);
    fg_gavel_stream_free(&world->stream);
    EQ(fg_gavel_stream_read(text, (size_t)len, "j", &world->table, &world->stream, &world->err),
       0);
}

static struct fg_sim_result *run(struct world *world, const char *policy)
{
    struct fg_sim_result *result = NULL;
    EQ(fg_rounds_policy_read(policy, &world->options, &world->err), 0);
    if (!EQ(fg_rounds_sim(&world->options, &result, &world->err), 0))
        printf("# %s\n", world->err.text);
    return result;
}

/* -- by hand ------------------------------------------------------------------------------------------------- */

static void one_job(void)
{
    struct world world;
    open_world(&world, 1, 1);
    add_jobs(&world, "0,A,1,36000\n");
    for (size_t i = 0; fg_rounds_policies[i]; i++) {
        const char *name = fg_rounds_policy_name(fg_rounds_policies[i]);
        if (strcmp(name, "las") == 0 || strcmp(name, "themis") == 0)
            continue; /* they may begin on the slow kind */
        FG_AUTO(fg_sim_result)
        struct fg_sim_result *result =
            run(&world, fg_rounds_policy_name(fg_rounds_policies[i]));
        EQ(result->jobs[0].start_us, 0);
        EQ(result->jobs[0].ideal_us, 3'600'000'000);
        if (strncmp(fg_rounds_policy_name(fg_rounds_policies[i]), "max", 3) != 0) {
            EQ(result->jobs[0].end_us, 3'600'000'000);
            EQ(result->jobs[0].gpu_us, 3'600'000'000);
            EQ(result->sums.cost_uusd, 3'000'000);
            EQ(result->sums.gpu_busy_us, 3'600'000'000);
        }
    }
    close_world(&world);
}

/* Two jobs of type A on one v100: side by side they do 16 steps a second, one alone 10. */
static void sharing_pays(void)
{
    struct world world;
    open_world(&world, 1, 0);
    add_jobs(&world, "0,A,1,21600\n0,A,1,21600\n");
    FG_AUTO(fg_sim_result) struct fg_sim_result *both = run(&world, "best");
    EQ(both->jobs[0].end_us, 2'700'000'000);
    EQ(both->jobs[1].end_us, 2'700'000'000);
    EQ(both->jobs[0].gpu_us + both->jobs[1].gpu_us, 2'700'000'000);
    FG_AUTO(fg_sim_result) struct fg_sim_result *apart = run(&world, "best:no-share");
    EQ(apart->jobs[0].end_us + apart->jobs[1].end_us, (2160 + 4320) * 1'000'000LL);
    close_world(&world);
}

/* The same by shares: both have all their time together, and if they may not, half of it each. */
static void packing_pays(void)
{
    struct world world;
    open_world(&world, 1, 0);
    add_jobs(&world, "0,A,1,21600\n0,A,1,21600\n");
    FG_AUTO(fg_sim_result) struct fg_sim_result *both = run(&world, "max-min-packed");
    EQ(both->jobs[0].end_us, 2'700'000'000);
    EQ(both->jobs[1].end_us, 2'700'000'000);
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *apart = run(&world, "max-min-packed:no-share");
    EQ(apart->jobs[0].end_us + apart->jobs[1].end_us, (3960 + 4320) * 1'000'000LL);
    close_world(&world);
}

/* An equal share of one v100 for two jobs A is half of it: 1 hour's work alone takes 2, less where one is done. */
static void equal_shares_by_hand(void)
{
    struct world world;
    open_world(&world, 1, 0);
    add_jobs(&world, "0,A,1,36000\n0,A,1,36000\n");
    FG_AUTO(fg_sim_result) struct fg_sim_result *fifo = run(&world, "fifo-aware");
    EQ(fifo->jobs[0].end_us, 3'600'000'000);
    EQ(fifo->jobs[1].end_us, 7'200'000'000);
    EQ(fifo->jobs[0].isolated_us, 7'200'000'000);
    EQ(fifo->jobs[1].isolated_us, (3600 + 1800) * 1'000'000LL);
    FG_AUTO(fg_sim_result) struct fg_sim_result *fair = run(&world, "ftf");
    OK(fair->jobs[0].end_us >= 6'840'000'000); /* they take turns to the end */
    close_world(&world);
}

/* Comparative advantage: A gains more by the v100 than B does, whoever came first. */
static void each_where_it_gains(void)
{
    struct world world;
    open_world(&world, 1, 1);
    add_jobs(&world, "0,B,1,10800\n0,A,1,36000\n");
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = run(&world, "best:no-share");
    EQ(result->jobs[0].end_us, 3'600'000'000);
    EQ(result->jobs[1].end_us, 3'600'000'000);
    close_world(&world);
}

static bool is_single(const struct fg_rounds_policy *policy)
{
    return strcmp(fg_rounds_policy_name(policy), "allox") == 0;
}

static void gangs_and_impossible_ones(void)
{
    struct world world;
    struct fg_sim_result *none = NULL;
    open_world(&world, 2, 2);
    add_jobs(&world, "0,B,2,25200\n0,A,1,3600\n");
    EQ(fg_rounds_policy_read("allox", &world.options, &world.err), 0);
    EQ(fg_rounds_sim(&world.options, &none, &world.err), FG_EINVAL);
    for (size_t i = 0; fg_rounds_policies[i]; i++) {
        if (is_single(fg_rounds_policies[i]))
            continue;
        FG_AUTO(fg_sim_result)
        struct fg_sim_result *result =
            run(&world, fg_rounds_policy_name(fg_rounds_policies[i]));
        EQ(result->jobs[0].end, FG_SIM_DONE);
        EQ(result->jobs[0].run_us, 3'600'000'000);
        EQ(result->jobs[0].gpu_us, 7'200'000'000);
    }
    EQ(fg_rounds_policy_read("best", &world.options, &world.err), 0);
    world.groups[0].nodes = 1;
    EQ(fg_rounds_sim(&world.options, &none, &world.err), FG_EINVAL);
    OK(strstr(world.err.text, "B asks 2 devices"));
    close_world(&world);
}

static void bad_options(void)
{
    struct world world;
    struct fg_sim_result *none = NULL;
    open_world(&world, 1, 1);
    add_jobs(&world, "0,A,1,36000\n");
    EQ(fg_rounds_policy_read("drf", &world.options, &world.err), FG_EINVAL);
    EQ(fg_rounds_policy_read("best:both", &world.options, &world.err), FG_EINVAL);
    EQ(fg_rounds_policy_read("max_min_fairness", &world.options, &world.err), 0);
    OK(strcmp(fg_rounds_policy_name(world.options.policy), "las") == 0);
    world.options.jobs_per_hour = 0;
    EQ(fg_rounds_sim(&world.options, &none, &world.err), FG_EINVAL);
    world.options.jobs_per_hour = 1;
    world.options.window_first = 1;
    EQ(fg_rounds_sim(&world.options, &none, &world.err), FG_EINVAL);
    close_world(&world);
}

/* -- what must hold -------------------------------------------------------------------------------------------- */

static void check_result(const struct fg_sim_result *result)
{
    bool sound = true;
    int64_t gpu_us = 0;
    for (size_t i = 0; i < result->jobs_len; i++) {
        const struct fg_sim_outcome *job = &result->jobs[i];
        sound &= job->end == FG_SIM_DONE && job->start_us >= job->submit_us;
        sound &= job->end_us - job->start_us >= job->ideal_us - 1;
        sound &= job->isolated_us >= job->ideal_us - 1;
        sound &=
            job->run_us >= job->ideal_us - 1 && job->run_us <= job->end_us - job->start_us + 1;
        gpu_us += job->gpu_us;
    }
    OK(sound);
    OK(llabs(gpu_us - result->sums.gpu_busy_us) <= (int64_t)result->jobs_len * 1000);
    OK(result->sums.gpu_busy_us <= result->sums.gpu_up_us);
}

static void any_run_is_sound(void)
{
    struct world world;
    char rows[4096];
    size_t len = 0;
    uint32_t seed = 5, arrival = 0;
    open_world(&world, 3, 2);
    for (int i = 0; i < 60; i++) {
        static const char *const types[] = {"A,1", "B,1", "B,2"};
        seed = seed * 1664525 + 1013904223;
        arrival += (seed >> 16) % 900;
        len += (size_t)snprintf(rows + len, sizeof(rows) - len, "%u,%s,%u\n", arrival,
                                types[(seed >> 8) % 3], 500 + (seed >> 12) % 60000);
    }
    add_jobs(&world, rows);
    for (size_t i = 0; fg_rounds_policies[i]; i++) {
        if (is_single(fg_rounds_policies[i]))
            continue;
        printf("# %s\n", fg_rounds_policy_name(fg_rounds_policies[i]));
        FG_AUTO(fg_sim_result)
        struct fg_sim_result *once = run(&world, fg_rounds_policy_name(fg_rounds_policies[i]));
        FG_AUTO(fg_sim_result)
        struct fg_sim_result *again = run(&world, fg_rounds_policy_name(fg_rounds_policies[i]));
        check_result(once);
        OK(memcmp(once->jobs, again->jobs, once->jobs_len * sizeof(once->jobs[0])) == 0);
    }
    close_world(&world);
}

/* -- the published figures ---------------------------------------------------------------------------------------- */

static bool read_file(const char *path, char **out, size_t *out_len)
{
    enum { ROOM = 4 << 20 };
    FILE *file = fopen(path, "r");
    *out = malloc(ROOM);
    *out_len = file && *out ? fread(*out, 1, ROOM, file) : 0;
    if (file)
        fclose(file);
    return *out_len > 0 && *out_len < ROOM;
}

static bool open_published(struct world *world)
{
    char *bytes;
    size_t len;
    *world = (struct world){.groups = {{.nodes = 36, .kind = "v100", .gpus = 1},
                                       {.nodes = 36, .kind = "p100", .gpus = 1},
                                       {.nodes = 36, .kind = "k80", .gpus = 1}},
                            .cluster = {.groups_len = 3}};
    world->cluster.groups = world->groups;
    world->options = (struct fg_rounds_options){.table = &world->table,
                                                .stream = &world->stream,
                                                .cluster = &world->cluster,
                                                .window_first = 4000,
                                                .window_end = 5000,
                                                .round_s = FG_ROUNDS_ROUND_S,
                                                .reset_s = FG_ROUNDS_RESET_S};
    bool is_there = read_file(DATA "simulation_throughputs.json", &bytes, &len);
    is_there = is_there && fg_rounds_kinds(&world->cluster, &world->table, &world->err) == 0
               && fg_gavel_table_read(bytes, len, "speeds", &world->table, &world->err) == 0;
    free(bytes);
    return is_there;
}

static double average_hours(struct world *world, const char *policy, double rate)
{
    struct fg_sim_summary summary;
    world->options.jobs_per_hour = rate;
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = run(world, policy);
    fg_sim_summarise(result, 4000, 5000, &summary);
    double hours = summary.jct_us.mean / 3.6e9;
    EQ(summary.done, 1000);
    fg_sim_summary_free(&summary);
    return hours;
}

struct published {
    const char *policy;
    double rate, hours;
    bool is_slow;
};

/* Within 3 % of what was published for this policy and rate; seed 0. */
static void check_published(struct world *world, const struct published *rows, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (rows[i].is_slow && IS_SLOW)
            continue;
        double hours = average_hours(world, rows[i].policy, rows[i].rate);
        printf("# %s at %.1f jobs/h: %.2f h, published %.2f h, %+.2f %%\n", rows[i].policy,
               rows[i].rate, hours, rows[i].hours, 100 * (hours / rows[i].hours - 1));
        OK(fabs(hours / rows[i].hours - 1) <= 0.03);
    }
}

static void reproduces_published(void)
{
    static const struct published single[] = {
        {"fifo", 4.4, 44.28, false},
        {"fifo", 5.2, 151.67, true},
        {"fifo-aware", 5.6, 104.12, false},
        {"las", 4.4, 23.81, true},
        {"las", 5.6, 95.99, true},
        {"max-min", 4.4, 17.48, true},
        {"max-min", 5.6, 28.96, true},
        {"max-min", 6.0, 41.23, true},
        {"allox", 4.4, 18.54, true},
        {"allox", 5.6, 25.32, true},
        {"ftf-elapsed", 3.2, 16.57, true},
        {"ftf-elapsed", 4.4, 18.62, true},
        {"max-min-packed", 5.6, 19.64, true},
    };
    static const struct published multiple[] = {
        {"fifo", 2.2, 65.45, false},      {"fifo", 2.6, 304.76, true},
        {"fifo-aware", 2.6, 93.6, false}, {"las", 1.0, 26.10, true},
        {"las", 2.2, 30.82, true},        {"max-min", 1.0, 18.54, true},
        {"max-min", 2.2, 24.61, true},    {"max-min", 2.6, 36.44, true},
    };
    struct world world;
    if (!open_published(&world)) {
        printf("ok %d - # skip no %s\n", ++tap_count, DATA);
        return;
    }
    EQ(fg_gavel_stream_draw(&world.table, 0, false, 20000, &world.stream, &world.err), 0);
    check_published(&world, single, sizeof(single) / sizeof(single[0]));
    double best = IS_SLOW ? 0 : average_hours(&world, "best", 5.6);
    double apart = IS_SLOW ? 0 : average_hours(&world, "best:no-share", 5.6);
    double blind = IS_SLOW ? 0 : average_hours(&world, "best-blind", 5.6);
    printf("# at 5.6 jobs/h: best %.2f, no-share %.2f, blind %.2f h\n", best, apart, blind);
    OK(best < 19.64 && blind < 19.64 && apart < 25.32); /* the best published */
    fg_gavel_stream_free(&world.stream);
    EQ(fg_gavel_stream_draw(&world.table, 0, true, 20000, &world.stream, &world.err), 0);
    check_published(&world, multiple, sizeof(multiple) / sizeof(multiple[0]));
    best = IS_SLOW ? 0 : average_hours(&world, "best", 2.6);
    blind = IS_SLOW ? 0 : average_hours(&world, "best-blind", 2.6);
    printf("# at 2.6 jobs/h: best %.2f, blind %.2f h\n", best, blind);
    OK(best < 30.51 && blind < 30.51);
    close_world(&world);
}

int main(void)
{
    RUN(one_job);
    RUN(sharing_pays);
    RUN(packing_pays);
    RUN(equal_shares_by_hand);
    RUN(each_where_it_gains);
    RUN(gangs_and_impossible_ones);
    RUN(bad_options);
    RUN(any_run_is_sound);
    RUN(reproduces_published);
    return tap_done();
}

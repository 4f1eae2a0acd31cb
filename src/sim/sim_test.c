/* sim_test.c - traces worked out by hand, and random ones under every order with failures: books and reality agree */
#include "sim/report.h"
#include "sim/sim.h"
#include "test/sim/random.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define SECOND 1'000'000LL

/* -- a trace in a few lines ---------------------------------------------------------------------------------- */

struct work {
    int64_t submit_s, duration_s;
    uint32_t gpus;
    int64_t limit_s, estimate_s;
    bool preemptible;
};

static struct fg_sim_trace trace_of(const struct work *work, size_t len)
{
    struct fg_sim_trace trace = {};
    uint32_t project;
    if (fg_sim_trace_project(&trace, "default", 7, &project, NULL) < 0)
        abort();
    for (size_t i = 0; i < len; i++) {
        struct fg_request request = {
            .kind = "any", .count = work[i].gpus, .gpu_milli = work[i].gpus ? 1000 : 0};
        struct fg_sim_job job = {.submit_us = work[i].submit_s * SECOND,
                                 .duration_us = work[i].duration_s * SECOND,
                                 .time_limit_us = work[i].limit_s * SECOND,
                                 .estimate_us = work[i].estimate_s * SECOND,
                                 .preemptible = work[i].preemptible,
                                 .checkpoint_us = 30 * SECOND,
                                 .restart_us = 5 * SECOND,
                                 .tasks = 1,
                                 .request = fg_sim_trace_request(&trace, &request)};
        if (fg_sim_trace_add(&trace, &job, NULL) < 0)
            abort();
    }
    fg_sim_trace_finish(&trace);
    return trace;
}

struct scene {
    struct fg_config config;
    struct fg_sim_trace trace;
    struct fg_sim_cluster cluster;
    struct fg_sim_options options;
    struct fg_sim_result *result;
};

static void begin(struct scene *scene, const struct work *work, size_t len, const char *order)
{
    *scene = (struct scene){.trace = trace_of(work, len)};
    fg_config_defaults(&scene->config);
    fg_sim_cluster_simple(&scene->cluster, 1, "v100", 2);
    scene->options = (struct fg_sim_options){.order = fg_job_order_find(order), .seed = 1};
}

static void go(struct scene *scene)
{
    struct fg_err err = {};
    scene->options.config = &scene->config;
    scene->options.trace = &scene->trace;
    scene->options.cluster = &scene->cluster;
    fg_sim_result_free(scene->result);
    scene->result = NULL;
    if (!OK(fg_sim_run(&scene->options, &scene->result, &err) == 0)) {
        printf("# %s\n", err.text);
        exit(1);
    }
}

static void end(struct scene *scene)
{
    fg_sim_result_free(scene->result);
    fg_sim_trace_free(&scene->trace);
    fg_sim_cluster_free(&scene->cluster);
}

static int64_t start_s(const struct scene *scene, size_t job)
{
    return scene->result->jobs[job].start_us / SECOND;
}

static int64_t end_s(const struct scene *scene, size_t job)
{
    return scene->result->jobs[job].end_us / SECOND;
}

/* -- by hand ---------------------------------------------------------------------------------------------------- */

/* One of two devices is busy until 100; the head needs both; of the small ones behind it one fits before it. */
static const struct work queued[] = {
    {0, 100, 1, 100, 0, false},
    {1, 100, 2, 100, 0, false},
    {2, 10, 1, 10, 0, false},
    {3, 150, 1, 150, 0, false},
};

/* From 300 to 700 one device is for who names the reservation; until then it is lent to who ends before. */
static void a_reservation_is_kept(void)
{
    static const struct work work[] = {
        {0, 400, 1, 500, 0, false},
        {1, 200, 1, 200, 0, false},
        {2, 1000, 1, 0, 0, false},
        {3, 100, 1, 1000, 0, false},
    };
    struct scene scene;
    struct fg_advance_spec exam = {.name = "exam",
                                   .start_us = FG_SIM_EPOCH_US + 300 * SECOND,
                                   .end_us = FG_SIM_EPOCH_US + 700 * SECOND,
                                   .project = "",
                                   .user = "",
                                   .gpus = 1,
                                   .kind = "v100"};
    begin(&scene, work, 4, "fifo");
    scene.cluster.reservations = &exam;
    scene.cluster.reservations_len = 1;
    scene.trace.jobs[2].reservation = fg_advance_key("exam");
    go(&scene);
    EQ(start_s(&scene, 0), 0);
    EQ(start_s(&scene, 1), 1);
    EQ(start_s(&scene, 2), 300);
    EQ(end_s(&scene, 2), 700);
    EQ(scene.result->jobs[2].end, FG_SIM_TIMED_OUT);
    EQ(start_s(&scene, 3), 400);
    struct fg_err err = {};
    struct fg_sim_result *none = NULL;
    scene.trace.jobs[2].reservation++;
    EQ(fg_sim_run(&scene.options, &none, &err), FG_EINVAL);
    end(&scene);
}

static void fifo_strict_keeps_the_order(void)
{
    struct scene scene;
    begin(&scene, queued, 4, "fifo");
    scene.config.backfill_depth = 0;
    go(&scene);
    EQ(start_s(&scene, 0), 0);
    EQ(start_s(&scene, 1), 100);
    EQ(start_s(&scene, 2), 200);
    EQ(start_s(&scene, 3), 200);
    EQ(end_s(&scene, 3), 350);
    EQ(scene.result->sums.span_us, 350 * SECOND);
    EQ(scene.result->sums.gpu_busy_us, (100 + 200 + 10 + 150) * SECOND);
    EQ(scene.result->sums.gpu_up_us, 700 * SECOND);
    end(&scene);
}

static void backfill_never_delays_the_head(void)
{
    struct scene scene;
    begin(&scene, queued, 4, "fifo");
    go(&scene);
    EQ(start_s(&scene, 1), 100);
    EQ(start_s(&scene, 2), 2);   /* done by 12 */
    EQ(start_s(&scene, 3), 200); /* would run until 153 */
    end(&scene);
}

/* Two sites with a device each; the data, 100 GiB, is at the second, 1 Gbit/s away: 859 s. */
static int64_t end_of_job_with_data(int32_t weight)
{
    static const char text[] = "groups:\n"
                               "  - {name: a, kind: t4, gpus: 1, site: muc}\n"
                               "  - {name: b, kind: t4, gpus: 1, site: ber}\n"
                               "links: [{between: [muc, ber], gbit_per_s: 1, latency_ms: 8}]\n";
    struct scene scene;
    begin(&scene, (struct work[]){{0, 100, 1, 0, 0, false}}, 1, "fifo");
    fg_sim_cluster_free(&scene.cluster);
    if (!OK(fg_sim_cluster_read(text, strlen(text), "c", NULL, NULL, &scene.cluster, NULL)
            == 0))
        return -1;
    struct fg_request *request = &scene.trace.requests[scene.trace.jobs[0].request];
    request->data_mib = 100 << 10;
    memcpy(request->data_site, "ber", 4);
    scene.config.place_data = weight;
    go(&scene);
    int64_t ended_s = end_s(&scene, 0);
    end(&scene);
    return ended_s;
}

static void data_takes_its_time_or_the_job_goes_to_it(void)
{
    EQ(end_of_job_with_data(0), 100 + 859);
    EQ(end_of_job_with_data(500), 100);
}

static const struct work lengths[] = {
    {0, 100, 2, 0, 100, false},
    {1, 50, 2, 0, 50, false},
    {2, 10, 2, 0, 10, false},
};

static void sjf_takes_the_shortest(void)
{
    struct scene scene;
    begin(&scene, lengths, 3, "sjf");
    go(&scene);
    EQ(start_s(&scene, 2), 100);
    EQ(start_s(&scene, 1), 110);
    EQ(end_s(&scene, 1), 160);
    end(&scene);
}

static const struct work pushed[] = {
    {0, 1000, 2, 0, 1000, true},
    {400, 100, 2, 0, 100, false},
};

static void srtf_pushes_and_work_is_kept(void)
{
    struct scene scene;
    begin(&scene, pushed, 2, "srtf");
    scene.options.preempt = FG_PREEMPT_ORDER;
    go(&scene);
    EQ(start_s(&scene, 1), 400);
    EQ(end_s(&scene, 1), 500);
    EQ(end_s(&scene, 0), 1105); /* 600 s of work and the restart */
    EQ(scene.result->jobs[0].attempts, 2);
    EQ(scene.result->jobs[0].run_us, 1005 * SECOND);
    EQ(scene.result->sums.preemptions, 1);
    EQ(scene.result->sums.gpu_lost_us, 10 * SECOND);
    scene.options.preempt = FG_PREEMPT_OFF;
    go(&scene);
    EQ(start_s(&scene, 1), 1000);
    EQ(scene.result->sums.preemptions, 0);
    end(&scene);
}

static void stopping_takes_its_time(void)
{
    struct scene scene;
    begin(&scene, pushed, 2, "srtf");
    scene.options.preempt = FG_PREEMPT_ORDER;
    scene.cluster.stop_us = 20 * SECOND;
    go(&scene);
    EQ(start_s(&scene, 1), 420);
    EQ(end_s(&scene, 0), 1105); /* it worked while it stopped */
    end(&scene);
}

/* A job of a hundred hours that saves nothing, on a node that fails every hour. */
static void what_never_ends_is_given_up(void)
{
    static const struct work hopeless[] = {{0, 360'000, 2, 0, 0, false}};
    struct scene scene;
    begin(&scene, hopeless, 1, "fifo");
    scene.trace.jobs[0].checkpoint_us = 0;
    scene.cluster.groups[0].mtbf_us = 3600 * SECOND;
    go(&scene);
    EQ(scene.result->jobs[0].end, FG_SIM_NEVER);
    OK(scene.result->sums.evictions > 1000);
    end(&scene);
}

/* Who has no time limit, and runs for longer than it was taken for, is not about to end. */
static void who_has_outrun_its_guess_is_pushed_as_well(void)
{
    static const struct work endless[] = {
        {0, 400'000, 2, 0, 0, true},
        {200'000, 100, 2, 0, 100, false},
    };
    struct scene scene;
    begin(&scene, endless, 2, "srtf");
    scene.trace.jobs[0].checkpoint_us = 600 * SECOND;
    scene.options.preempt = FG_PREEMPT_ORDER;
    OK(scene.config.backfill_default_limit_s < 200'000);
    go(&scene);
    EQ(start_s(&scene, 1), 200'000);
    EQ(scene.result->sums.preemptions, 1);
    end(&scene);
}

/* Its work is done while it is being stopped: it comes again, to find that out. */
static void who_ends_while_stopping_was_stopped(void)
{
    static const struct work short_of_its_estimate[] = {
        {0, 410, 2, 0, 1000, true},
        {400, 100, 2, 0, 100, false},
    };
    struct scene scene;
    begin(&scene, short_of_its_estimate, 2, "srtf");
    scene.options.preempt = FG_PREEMPT_ORDER;
    scene.cluster.stop_us = 20 * SECOND;
    go(&scene);
    EQ(start_s(&scene, 1), 410);
    EQ(scene.result->jobs[0].attempts, 2);
    EQ(end_s(&scene, 0), 515); /* the other's 100 s, and the restart */
    end(&scene);
}

static void time_limits_end_jobs(void)
{
    struct scene scene;
    begin(&scene, &(struct work){0, 100, 1, 60, 0, false}, 1, "fifo");
    go(&scene);
    EQ(end_s(&scene, 0), 60);
    EQ(scene.result->jobs[0].end, FG_SIM_TIMED_OUT);
    end(&scene);
}

static void what_fits_nowhere_ends_the_run(void)
{
    struct scene scene;
    begin(&scene, &(struct work){0, 100, 3, 0, 0, false}, 1, "fifo");
    scene.cluster.groups[0].mtbf_us = 1000 * SECOND;
    go(&scene);
    EQ(scene.result->jobs[0].start_us, -1);
    EQ(scene.result->jobs[0].end, FG_SIM_NEVER);
    end(&scene);
}

/* -- machines ---------------------------------------------------------------------------------------------------- */

static int open_text(
    void *self, const char *, struct fg_arena *, const char **out, size_t *len, struct fg_err *)
{
    *out = self;
    *len = strlen(self);
    return 0;
}

static void machines(struct scene *scene, const char *yaml, char *availability)
{
    struct fg_err err = {};
    fg_sim_cluster_free(&scene->cluster);
    if (!OK(fg_sim_cluster_read(yaml, strlen(yaml), "c.yaml", open_text, availability,
                                &scene->cluster, &err)
            == 0)) {
        printf("# %s\n", err.text);
        exit(1);
    }
}

/* The first could lose its node and be in time, the second could not: without the rule it is the second that loses it. */
static void deadlines_keep_off_spot_nodes(void)
{
    static const struct work work[] = {
        {0, 200, 1, 0, 200, true},
        {0, 200, 1, 0, 200, true},
    };
    char spot[] = "{\"metadata\": {\"gap_seconds\": 100}, \"data\": [1, 0, 1, 1, 1]}";
    for (int rule = 0; rule <= 1; rule++) {
        struct scene scene;
        begin(&scene, work, 2, "fifo");
        machines(&scene,
                 "groups:\n  - {name: own, nodes: 1, kind: t4, gpus: 1}\n"
                 "  - {name: spot, nodes: 1, kind: t4, gpus: 1, availability: s.json}\n",
                 spot);
        scene.config.spot_deadlines = 2 * rule;
        scene.config.spot_start_s = 20;
        scene.trace.jobs[0].deadline_us = 1000 * SECOND;
        scene.trace.jobs[1].deadline_us = 250 * SECOND;
        go(&scene);
        struct fg_sim_summary summary;
        fg_sim_summarise(scene.result, 0, SIZE_MAX, &summary);
        EQ(scene.result->sums.evictions, 1);
        EQ(summary.deadlines, 2);
        EQ(summary.deadlines_missed, !rule);
        EQ(scene.result->jobs[rule ? 1 : 0].attempts, 1);
        EQ(scene.result->jobs[rule ? 0 : 1].attempts, 2);
        fg_sim_summary_free(&summary);
        end(&scene);
    }
}

/* There for 100 s, away for 100 s, there again: the last checkpoint is at 90 s. */
static void spot_nodes_take_work_with_them(void)
{
    struct scene scene;
    char spot[] = "{\"metadata\": {\"gap_seconds\": 100}, \"data\": [4, 0, 4]}";
    begin(&scene, &(struct work){0, 150, 1, 0, 0, true}, 1, "fifo");
    machines(&scene,
             "groups:\n  - {nodes: 1, kind: t4, gpus: 1, availability: s.json, price_per_hour: "
             "3.6,\n     watts: {idle: 100, busy: 300}}\n",
             spot);
    go(&scene);
    EQ(start_s(&scene, 0), 0);
    EQ(end_s(&scene, 0), 265); /* 60 s of work are left, and 5 s of restart */
    EQ(scene.result->sums.evictions, 1);
    EQ(scene.result->sums.spot_losses, 1);
    EQ(scene.result->sums.gpu_lost_us, 15 * SECOND);
    EQ(scene.result->sums.gpu_up_us, 165 * SECOND);
    EQ(scene.result->sums.cost_uusd, 165'000);
    EQ(scene.result->sums.energy_j, 165 * 300);
    end(&scene);
}

static void nodes_join_late_and_speed_counts(void)
{
    struct scene scene;
    begin(&scene, &(struct work){0, 100, 1, 0, 0, false}, 1, "fifo");
    machines(&scene, "groups:\n  - {nodes: 1, kind: t4, gpus: 1, join: 1h, speed: 2}\n", NULL);
    go(&scene);
    EQ(start_s(&scene, 0), 3600);
    EQ(end_s(&scene, 0), 3650);
    end(&scene);
}

static void nodes_are_away_when_the_cluster_says_so(void)
{
    struct scene scene;
    begin(&scene, &(struct work){0, 150, 1, 0, 0, true}, 1, "fifo");
    machines(&scene,
             "groups:\n  - {nodes: 1, kind: t4, gpus: 1, away: [{from: 100, until: 200}, "
             "{from: 5m, until: 1h}]}\n",
             NULL);
    go(&scene);
    EQ(end_s(&scene, 0), 265); /* 90 s were kept, and 5 s of restart */
    EQ(scene.result->sums.evictions, 1);
    EQ(scene.result->sums.spot_losses, 0);
    EQ(scene.result->sums.gpu_up_us, 165 * SECOND);
    scene.options.cluster_us = 150 * SECOND; /* it begins in the middle of that */
    go(&scene);
    EQ(start_s(&scene, 0), 50);
    EQ(end_s(&scene, 0), 3515); /* from 150 to 3450 it is away; 90 s were kept */
    end(&scene);
}

/* Of what is over when the first job comes nothing is left; what comes again does. */
static void a_cluster_may_be_older_than_the_trace(void)
{
    static const struct work work[] = {{0, 400, 1, 400, 0, false}, {1, 400, 1, 400, 0, false}};
    struct scene scene;
    struct fg_advance_spec reserved[] = {{.name = "over",
                                          .start_us = FG_SIM_EPOCH_US + 300 * SECOND,
                                          .end_us = FG_SIM_EPOCH_US + 700 * SECOND,
                                          .project = "",
                                          .user = "",
                                          .maintenance = true,
                                          .gpus = 2,
                                          .kind = "v100"},
                                         {.name = "night",
                                          .start_us = FG_SIM_EPOCH_US + 1000 * SECOND,
                                          .end_us = FG_SIM_EPOCH_US + 2000 * SECOND,
                                          .repeat = FG_REPEAT_DAILY,
                                          .project = "",
                                          .user = "",
                                          .maintenance = true,
                                          .gpus = 1,
                                          .kind = "v100"}};
    begin(&scene, work, 2, "fifo");
    scene.cluster.reservations = reserved;
    scene.cluster.reservations_len = 2;
    scene.options.cluster_us = (86'400 + 800) * SECOND;
    go(&scene);
    EQ(start_s(&scene, 0), 0);
    EQ(start_s(&scene, 1), 400); /* one of two devices is kept from 200 to 1200 */
    scene.trace.jobs[1].reservation = fg_advance_key("over");
    struct fg_err err = {};
    struct fg_sim_result *none = NULL;
    scene.options.cluster_us = 0;
    EQ(fg_sim_run(&scene.options, &none, &err), 0);
    fg_sim_result_free(none);
    end(&scene);
}

static void bad_clusters_are_refused(void)
{
    static const char *const bad[][2] = {
        {"groups:\n  - {nodes: -1, kind: t4, gpus: 1}\n", "c.yaml:2: groups[0].nodes"},
        {"groups:\n  - {nodes: 1, gpus: 1}\n", "kind: missing"},
        {"groups:\n  - {nodes: 1, colour: red}\n", "colour"},
        {"groups: []\n", "0 nodes"},
        {"kinds: {v100: 1000000000}\n", "kinds.v100"},
        {"groups:\n  - {nodes: 1, kind: t4, gpus: 1, availability: s}\n", "gap_seconds"},
        {"projects: {a: {weight: 0}}\n", "weight"},
        {"groups:\n  - {away: [{from: 2h, until: 1h}]}\n", "expected until after from"},
        {"groups:\n  - {away: [{from: 1h, to: 2h}]}\n", "groups[0].away[0]"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fg_sim_cluster cluster = {};
        struct fg_err err = {};
        int rc = fg_sim_cluster_read(bad[i][0], strlen(bad[i][0]), "c.yaml", open_text,
                                     (char[]){"{}"}, &cluster, &err);
        OK(rc == FG_EINVAL && strstr(err.text, bad[i][1]) && !cluster.arena);
        if (rc != FG_EINVAL || !strstr(err.text, bad[i][1]))
            printf("# %s\n", err.text);
    }
}

/* -- by chance ---------------------------------------------------------------------------------------------------- */

#define JOBS 120

/* Own books, kept from what the simulation tells. */
struct books {
    const struct scene *scene;
    uint32_t used[16][FG_NODE_DEVICES_MAX]; /* milli, by node and device */
    struct fg_grant grants[JOBS][8];
    size_t grants_len[JOBS];
    int64_t began_us[JOBS], held_us[JOBS], last_us;
    uint32_t attempts[JOBS];
    bool fine;
};

static void note_start(void *self, const struct fg_sim_start *start)
{
    struct books *books = self;
    size_t job = start->job;
    const struct fg_sim_job *asked = &books->scene->trace.jobs[job];
    const struct fg_request *request = &books->scene->trace.requests[asked->request];
    books->fine = books->fine && books->grants_len[job] == 0
                  && start->grants_len == asked->tasks && start->time_us >= asked->submit_us
                  && start->time_us >= books->last_us
                  && start->attempt == ++books->attempts[job];
    books->last_us = books->began_us[job] = start->time_us;
    books->grants_len[job] = start->grants_len;
    for (size_t i = 0; i < start->grants_len; i++) {
        const struct fg_grant *grant = &start->grants[i];
        books->grants[job][i] = *grant;
        books->fine =
            books->fine && (uint32_t)__builtin_popcount(grant->devices) == request->count;
        for (uint32_t mask = grant->devices; mask; mask &= mask - 1) {
            uint32_t *used = &books->used[grant->node - 1][__builtin_ctz(mask)];
            *used += grant->gpu_milli;
            books->fine = books->fine && *used <= 1000;
        }
    }
}

static void note_over(void *self, size_t job, int64_t time_us)
{
    struct books *books = self;
    books->fine = books->fine && books->grants_len[job] > 0 && time_us >= books->last_us;
    books->last_us = time_us;
    books->held_us[job] += time_us - books->began_us[job];
    for (size_t i = 0; i < books->grants_len[job]; i++) {
        const struct fg_grant *grant = &books->grants[job][i];
        for (uint32_t mask = grant->devices; mask; mask &= mask - 1)
            books->used[grant->node - 1][__builtin_ctz(mask)] -= grant->gpu_milli;
    }
    books->grants_len[job] = 0;
}

static void random_job(uint64_t *random, int64_t *at_us, struct fg_sim_trace *trace)
{
    static const char *const projects[] = {"a", "b", "c"};
    struct fg_request request = {.kind = "any", .cpu_milli = 1000};
    uint32_t gpus = sim_random(random, 6), project = sim_random(random, 3);
    request.count = gpus > 4 ? 0 : gpus ? gpus : 1;
    request.gpu_milli = request.count == 0 ? 0
                        : gpus             ? 1000
                                           : 100 * (1 + sim_random(random, 9));
    *at_us += sim_random(random, 400) * SECOND;
    struct fg_sim_job job = {
        .submit_us = *at_us,
        .duration_us = (1 + sim_random(random, 3000)) * SECOND,
        .preemptible = sim_random(random, 2),
        .checkpoint_us = sim_random(random, 3) * 60 * SECOND,
        .restart_us = sim_random(random, 2) * 30 * SECOND,
        .priority = (int32_t)sim_random(random, 200) - 100,
        .tasks = gpus == 2 ? 1 + sim_random(random, 2) : 1,
        .user = sim_random(random, 4),
        .request = fg_sim_trace_request(trace, &request),
    };
    if (sim_random(random, 2))
        job.time_limit_us = job.duration_us * (1 + sim_random(random, 3)) + 60 * SECOND;
    if (sim_random(random, 3) == 0)
        job.estimate_us = job.duration_us;
    if (sim_random(random, 4) == 0)
        job.deadline_us = job.submit_us + 2 * job.duration_us;
    if (fg_sim_trace_project(trace, projects[project], 1, &job.project, NULL) < 0
        || fg_sim_trace_add(trace, &job, NULL) < 0)
        abort();
}

static void random_scene(struct scene *scene, uint64_t seed)
{
    static char spot[] = "{\"metadata\": {\"gap_seconds\": 900}, \"data\": [3, 1, 2, 0, 3]}";
    uint64_t random = seed;
    int64_t at_us = 0;
    *scene = (struct scene){};
    fg_config_defaults(&scene->config);
    machines(scene,
             "groups:\n"
             "  - {name: a, nodes: 2, kind: v100, gpus: 4, mtbf: 2h, mttr: 5m}\n"
             "  - {name: b, nodes: 1, kind: a100, gpus: 8, speed: 1.5, join: 10m}\n"
             "  - {name: c, nodes: 3, kind: t4, gpus: 2, availability: s.json}\n"
             "projects: {b: {weight: 300, quota_gpus: 8}}\n"
             "stop: 20s\n",
             spot);
    for (size_t i = 0; i < JOBS; i++)
        random_job(&random, &at_us, &scene->trace);
    fg_sim_trace_finish(&scene->trace);
    size_t orders = 1; /* there is one */
    while (fg_job_orders[orders])
        orders++;
    scene->options = (struct fg_sim_options){.order = fg_job_orders[seed % orders],
                                             .preempt = (enum fg_preempt)(seed / orders % 3),
                                             .tick_us = 60 * SECOND,
                                             .seed = seed};
}

/* Every job ended once, and held what was told. */
static bool books_agree(const struct scene *scene, const struct books *books)
{
    const struct fg_sim_sums *sums = &scene->result->sums;
    int64_t gpu_us = 0;
    bool fine = books->fine;
    for (size_t i = 0; i < JOBS; i++) {
        const struct fg_sim_outcome *job = &scene->result->jobs[i];
        fine = fine && (job->end == FG_SIM_DONE || job->end == FG_SIM_TIMED_OUT)
               && books->grants_len[i] == 0 && job->attempts == books->attempts[i]
               && job->run_us == books->held_us[i] && job->end_us >= job->start_us
               && job->end_us - job->submit_us >= job->run_us;
        if (!fine) {
            printf("# job %zu: end %d, attempts %u and %u\n", i, (int)job->end, job->attempts,
                   books->attempts[i]);
            return false;
        }
        gpu_us += job->gpu_us;
    }
    /* Each attempt is rounded down to a microsecond. */
    return gpu_us <= sums->gpu_busy_us
           && sums->gpu_busy_us - gpu_us <= 2 * (int64_t)sums->decisions
           && sums->gpu_busy_us <= sums->gpu_up_us && sums->gpu_lost_us <= sums->gpu_busy_us;
}

static void json_of(const struct scene *scene, struct fg_buf *out)
{
    struct fg_json json = {.buf = out};
    struct fg_sim_summary summary;
    fg_sim_summarise(scene->result, 0, SIZE_MAX, &summary);
    fg_json_object(&json);
    fg_sim_report_json(&json, scene->result, &summary);
    fg_sim_series_json(&json, scene->result);
    fg_json_end(&json);
    fg_sim_summary_free(&summary);
}

static void nothing_is_lost_or_given_twice(void)
{
    uint64_t evictions = 0, preemptions = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct scene scene;
        random_scene(&scene, seed);
        struct books *books = calloc(1, sizeof(*books));
        if (!books)
            abort();
        *books = (struct books){.scene = &scene, .fine = true};
        scene.options.start = note_start;
        scene.options.over = note_over;
        scene.options.self = books;
        go(&scene);
        if (!OK(books_agree(&scene, books)))
            printf("# seed %llu, order %s\n", (unsigned long long)seed,
                   scene.options.order->name);
        evictions += scene.result->sums.evictions;
        preemptions += scene.result->sums.preemptions;
        free(books);
        end(&scene);
    }
    OK(evictions > 50 && preemptions > 50); /* a test that nothing happens in proves nothing */
}

static void the_same_seed_gives_the_same_bytes(void)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        FG_AUTO(fg_buf) struct fg_buf once = {};
        FG_AUTO(fg_buf) struct fg_buf again = {};
        struct scene scene;
        random_scene(&scene, seed);
        go(&scene);
        json_of(&scene, &once);
        go(&scene);
        json_of(&scene, &again);
        OK(once.len == again.len && memcmp(once.text, again.text, once.len) == 0);
        end(&scene);
    }
}

/* The first of two, which ends last; and the second never gets its turn when the first is all that counts. */
static void it_may_be_over_with_the_first_jobs(void)
{
    struct scene scene;
    begin(&scene, pushed, 2, "srtf");
    scene.options.preempt = FG_PREEMPT_ORDER;
    scene.options.first_jobs = 1;
    go(&scene);
    EQ(end_s(&scene, 0), 1105);
    scene.options.order = fg_job_order_find("fifo");
    scene.options.preempt = FG_PREEMPT_OFF;
    go(&scene);
    EQ(end_s(&scene, 0), 1000);
    EQ(scene.result->jobs[1].end, FG_SIM_NEVER);
    end(&scene);
}

static void arrivals_may_come_faster(void)
{
    struct scene scene;
    begin(&scene, pushed, 2, "fifo");
    scene.options.speed_milli = 4000;
    go(&scene);
    EQ(scene.result->jobs[1].submit_us, 100 * SECOND);
    scene.options.until_us = 500 * SECOND;
    go(&scene);
    EQ(scene.result->jobs[0].end, FG_SIM_NEVER);
    end(&scene);
}

/* Two clusters of one device each: work waits 10 s with ruth and 40 s with eve. */
static void two_suppliers(struct scene *scene, const struct work *work, size_t len)
{
    static const char text[] =
        "groups:\n"
        "  - {name: a, supplier: eve, kind: v100, gpus: 1, wait: 40s}\n"
        "  - {name: b, supplier: ruth, kind: v100, gpus: 1, wait: 10s, region: eu}\n";
    begin(scene, work, len, "fifo");
    fg_sim_cluster_free(&scene->cluster);
    if (fg_sim_cluster_read(text, strlen(text), "c", NULL, NULL, &scene->cluster, NULL) < 0)
        abort();
}

static void work_goes_where_it_is_done_soonest(void)
{
    static const struct work work[] = {
        {0, 100, 1, 0, 0, false},
        {1, 100, 1, 0, 0, false},
        {2, 100, 1, 0, 0, false},
    };
    struct scene scene;
    two_suppliers(&scene, work, 3);
    scene.options.estimate_milli = 1000;
    go(&scene);
    EQ(end_s(&scene, 0), 110); /* with ruth */
    EQ(end_s(&scene, 1), 141); /* there is nothing left but eve */
    EQ(start_s(&scene, 2), 110);
    EQ(end_s(&scene, 2), 220);
    end(&scene);
}

static void who_has_a_home_stays_there(void)
{
    static const struct work work[] = {
        {0, 100, 1, 0, 0, false}, {0, 100, 1, 0, 0, false}, {0, 100, 1, 0, 0, false},
        {0, 100, 1, 0, 0, false}, {0, 100, 1, 0, 0, false}, {0, 100, 1, 0, 0, false},
    };
    struct scene scene;
    int64_t last_s[2] = {0, 0};
    two_suppliers(&scene, work, 6);
    scene.options.home_percent = 100;
    go(&scene);
    for (size_t i = 0; i < 6; i++) {
        int home = fg_sim_home(1, i, 100, 2); /* eve, ruth */
        last_s[home] += home == 0 ? 140 : 110;
        EQ(end_s(&scene, i), last_s[home]);
    }
    OK(last_s[0] > 0 && last_s[1] > 0);
    EQ(fg_sim_home(1, 0, 0, 2), -1);
    EQ(fg_sim_home(1, 0, 100, 0), -1);
    end(&scene);
}

int main(void)
{
    RUN(work_goes_where_it_is_done_soonest);
    RUN(who_has_a_home_stays_there);
    RUN(a_reservation_is_kept);
    RUN(fifo_strict_keeps_the_order);
    RUN(backfill_never_delays_the_head);
    RUN(data_takes_its_time_or_the_job_goes_to_it);
    RUN(sjf_takes_the_shortest);
    RUN(srtf_pushes_and_work_is_kept);
    RUN(stopping_takes_its_time);
    RUN(what_never_ends_is_given_up);
    RUN(who_has_outrun_its_guess_is_pushed_as_well);
    RUN(who_ends_while_stopping_was_stopped);
    RUN(time_limits_end_jobs);
    RUN(what_fits_nowhere_ends_the_run);
    RUN(spot_nodes_take_work_with_them);
    RUN(deadlines_keep_off_spot_nodes);
    RUN(nodes_join_late_and_speed_counts);
    RUN(nodes_are_away_when_the_cluster_says_so);
    RUN(a_cluster_may_be_older_than_the_trace);
    RUN(bad_clusters_are_refused);
    RUN(nothing_is_lost_or_given_twice);
    RUN(the_same_seed_gives_the_same_bytes);
    RUN(it_may_be_over_with_the_first_jobs);
    RUN(arrivals_may_come_faster);
    return tap_done();
}

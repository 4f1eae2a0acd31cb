/* generate.c - see generate.h */
#include "sim/generate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND_US    1'000'000LL
#define LIMIT_MAX    4   /* times the run time, rounded up to a minute */
#define SIGMAS       3.0 /* draws beyond are taken again: no single job outweighs all others */
#define FACTOR_STEPS 20
#define FACTOR_MAX   100.0   /* of one step */
#define CORES        4       /* beside each device */
#define MEM_MIB      32'768U /* beside each device */

/* Devices, jobs of a million, mean and deviation of the logarithm of the run time in seconds. */
static const struct {
    uint32_t gpus, times;
    double mu, sigma;
} sizes[] = {
    {1, 931'700, 6.72, 1.97}, {2, 22'100, 4.52, 3.27}, {4, 22'800, 9.11, 2.78},
    {8, 20'000, 9.65, 2.79},  {16, 2'500, 9.27, 3.34}, {32, 900, 8.83, 2.47},
};

/* Jobs of each project, of a thousand. */
static const uint32_t projects[] = {501, 196, 121, 90, 24, 18, 17, 14, 9, 5, 5};

#define PROJECTS (sizeof(projects) / sizeof(projects[0]))
#define SIZES    (sizeof(sizes) / sizeof(sizes[0]))

/* Submissions in each hour of the day, of a hundred in the middle. */
static const uint32_t hours[24] = {127, 98, 112, 110, 70, 115, 167, 209, 111, 101, 102, 87,
                                   75,  70, 64,  65,  88, 67,  80,  73,  102, 92,  113, 101};
#define WEEKEND_PERCENT 60
#define RATE_MAX        209

static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9e37'79b9'7f4a'7c15u);
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((draw(state) >> 32) * n >> 32);
}

static double uniform(uint64_t *state)
{
    return ((double)(draw(state) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller's way. */
static double normal(uint64_t *state)
{
    double value;
    do {
        double length = sqrt(-2 * log(uniform(state)));
        value = length * cos(2 * M_PI * uniform(state));
    } while (fabs(value) > SIGMAS);
    return value;
}

/* Moments that the day and the week let pass, by thinning. */
static int64_t moment_us(uint64_t *state, int64_t span_us)
{
    for (;;) {
        int64_t at_us = (int64_t)(uniform(state) * (double)span_us);
        int64_t hour = at_us / (3600 * SECOND_US);
        uint32_t rate = hours[hour % 24] * (hour / 24 % 7 >= 5 ? WEEKEND_PERCENT : 100);
        if (below(state, RATE_MAX * 100) < rate)
            return at_us / SECOND_US * SECOND_US;
    }
}

static size_t pick_size(uint64_t *state, uint32_t gpus)
{
    uint32_t at = below(state, 1'000'000);
    size_t i = 0;
    while (i + 1 < SIZES && at >= sizes[i].times)
        at -= sizes[i++].times;
    while (i > 0 && sizes[i].gpus > gpus)
        i--;
    return i;
}

static uint32_t pick_project(uint64_t *state)
{
    uint32_t at = below(state, 1000), i = 0;
    while (i + 1 < PROJECTS && at >= projects[i])
        at -= projects[i++];
    return i;
}

/* A run time before all of them are scaled; the limit is so many times it. */
struct drawn {
    double seconds;
    uint32_t gpus, times;
};

/* The requests, which are few, are found once. */
struct maker {
    struct fg_sim_trace *trace;
    const struct fg_sim_generate *options;
    uint64_t random;
    uint32_t requests[SIZES], tasks[SIZES];
    struct drawn *drawn; /* by job */
};

static void make_requests(struct maker *maker)
{
    for (size_t i = 0; i < SIZES; i++) {
        struct fg_request request = {.kind = "any", .gpu_milli = 1000};
        fg_sim_gang_of(sizes[i].gpus, maker->options->per_node, &maker->tasks[i],
                       &request.count);
        request.cpu_milli = request.count * CORES * 1000;
        request.mem_mib = (uint64_t)request.count * MEM_MIB;
        maker->requests[i] = fg_sim_trace_request(maker->trace, &request);
    }
}

static void make_projects(struct maker *maker)
{
    for (size_t i = 0; i < PROJECTS; i++) {
        char name[16];
        uint32_t number;
        int len = snprintf(name, sizeof(name), "team-%zu", i + 1);
        if (fg_sim_trace_project(maker->trace, name, (size_t)len, &number, NULL) < 0)
            abort();
    }
}

static void make_job(struct maker *maker, size_t at)
{
    uint64_t *random = &maker->random;
    size_t size = pick_size(random, maker->options->gpus);
    struct fg_sim_job job = {
        .submit_us = moment_us(random, maker->options->span_us),
        .request = maker->requests[size],
        .tasks = maker->tasks[size],
        .project = pick_project(random),
        .user = 1 + below(random, 300),
        .preemptible = below(random, 3) == 0,
    };
    struct drawn *drawn = &maker->drawn[at];
    drawn->gpus = sizes[size].gpus;
    drawn->times = 1 + below(random, LIMIT_MAX);
    drawn->seconds = exp(sizes[size].mu + sizes[size].sigma * normal(random));
    if (fg_sim_trace_add(maker->trace, &job, NULL) < 0)
        abort();
}

/* No job takes more than a quarter of the time, or one that came last would decide the makespan. */
static double seconds_of(const struct maker *maker, const struct drawn *drawn, double factor)
{
    double most = (double)maker->options->span_us / SECOND_US / 4;
    return fmin(fmax(round(drawn->seconds * factor), 1), most);
}

/* What the drawn run times are multiplied with, so that all jobs together ask what they should; what is cut off long jobs
 * goes to the others, step by step. */
static double find_factor(const struct maker *maker)
{
    const struct fg_sim_generate *options = maker->options;
    double asked = (double)options->load_milli / 1000 * options->gpus * (double)options->span_us
                   / SECOND_US;
    double factor = 1;
    for (int i = 0; i < FACTOR_STEPS; i++) {
        double sum = 0;
        for (size_t at = 0; at < options->jobs; at++)
            sum += seconds_of(maker, &maker->drawn[at], factor) * maker->drawn[at].gpus;
        factor *= fmin(asked / sum, FACTOR_MAX);
    }
    return factor;
}

/* Limits are in whole minutes. */
static void set_times(const struct maker *maker, double factor, size_t at)
{
    const struct drawn *drawn = &maker->drawn[at];
    struct fg_sim_job *job = &maker->trace->jobs[at];
    int64_t minute = 60 * SECOND_US;
    job->duration_us = (int64_t)seconds_of(maker, drawn, factor) * SECOND_US;
    job->time_limit_us = (job->duration_us * drawn->times + minute - 1) / minute * minute;
}

void fg_sim_generate(const struct fg_sim_generate *options, struct fg_sim_trace *trace)
{
    struct maker maker = {.trace = trace, .options = options, .random = options->seed};
    maker.drawn = calloc(options->jobs, sizeof(maker.drawn[0]));
    if (!maker.drawn)
        abort();
    make_requests(&maker);
    make_projects(&maker);
    for (size_t i = 0; i < options->jobs; i++)
        make_job(&maker, i);
    double factor = find_factor(&maker);
    for (size_t i = 0; i < options->jobs; i++)
        set_times(&maker, factor, i);
    free(maker.drawn);
    fg_sim_trace_finish(trace);
}

static void row(const struct fg_sim_trace *trace,
                const struct fg_sim_job *job,
                struct fg_buf *out)
{
    const struct fg_request *request = &trace->requests[job->request];
    fg_buf_printf(out, "%lld,%lld,", (long long)(job->submit_us / SECOND_US),
                  (long long)(job->duration_us / SECOND_US));
    if (request->gpu_milli == 1000)
        fg_buf_printf(out, "%u", request->count);
    else
        fg_buf_printf(out, "0.%03u", request->count ? request->gpu_milli : 0);
    fg_buf_printf(out, ",%u,%s,%.3f,%.3f,%s,%u,%lld,%s\n", job->tasks, request->kind,
                  request->cpu_milli / 1e3, (double)request->mem_mib / 1024,
                  trace->projects[job->project].name, job->user,
                  (long long)(job->time_limit_us / SECOND_US), job->preemptible ? "yes" : "no");
}

void fg_sim_trace_csv(const struct fg_sim_trace *trace, struct fg_buf *out)
{
    fg_buf_puts(out, "submit,duration_s,gpus,tasks,kind,cpus,mem_gib,project,user,time_limit_s,"
                     "preemptible\n");
    for (size_t i = 0; i < trace->jobs_len; i++)
        row(trace, &trace->jobs[i], out);
}

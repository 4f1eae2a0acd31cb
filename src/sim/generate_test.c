/* generate_test.c - what is generated has the size, the load and the shape that was asked, and reads back as itself */
#include "sim/generate.h"
#include "sim/read.h"
#include "test/tap.h"

#include <string.h>

#define DAY_US 86'400'000'000LL

static const struct fg_sim_generate some = {.jobs = 20000,
                                            .gpus = 512,
                                            .per_node = 8,
                                            .span_us = 14 * DAY_US,
                                            .load_milli = 700,
                                            .seed = 7};

static double load_of(const struct fg_sim_trace *trace, size_t *out_single)
{
    double sum = 0;
    *out_single = 0;
    for (size_t i = 0; i < trace->jobs_len; i++) {
        const struct fg_sim_job *job = &trace->jobs[i];
        uint32_t gpus = trace->requests[job->request].count * job->tasks;
        sum += (double)gpus * (double)job->duration_us;
        *out_single += gpus == 1;
    }
    return sum / some.gpus / (double)some.span_us;
}

static void shape_is_as_asked(void)
{
    struct fg_sim_trace trace = {};
    size_t single;
    bool fine = true;
    fg_sim_generate(&some, &trace);
    EQ(trace.jobs_len, some.jobs);
    double load = load_of(&trace, &single);
    OK(load > 0.69 && load < 0.71);
    OK(single > 18000 && single < 19200);
    for (size_t i = 0; i < trace.jobs_len; i++) {
        const struct fg_sim_job *job = &trace.jobs[i];
        fine = fine && job->submit_us >= 0 && job->submit_us <= some.span_us
               && job->duration_us > 0 && job->time_limit_us >= job->duration_us
               && (i == 0 || trace.jobs[i - 1].submit_us <= job->submit_us);
    }
    OK(fine);
    fg_sim_trace_free(&trace);
}

static void reads_back_as_itself(void)
{
    struct fg_sim_trace trace = {}, back = {};
    struct fg_err err = {};
    FG_AUTO(fg_buf) struct fg_buf csv = {};
    fg_sim_generate(&some, &trace);
    fg_sim_trace_csv(&trace, &csv);
    struct fg_sim_reading reading = {
        .format = "native", .file_name = "g", .per_node = 8, .kind = "any"};
    EQ(fg_sim_read(&reading, csv.text, csv.len, &back, &err), 0);
    if (!EQ(back.jobs_len, trace.jobs_len))
        printf("# %s\n", err.text);
    bool same = true;
    for (size_t i = 0; i < back.jobs_len; i++) {
        const struct fg_sim_job *a = &trace.jobs[i], *b = &back.jobs[i];
        const struct fg_request *x = &trace.requests[a->request],
                                *y = &back.requests[b->request];
        same = same && a->submit_us == b->submit_us && a->duration_us == b->duration_us
               && a->time_limit_us == b->time_limit_us && a->tasks == b->tasks
               && a->user == b->user && a->preemptible == b->preemptible && x->count == y->count
               && x->gpu_milli == y->gpu_milli && x->cpu_milli == y->cpu_milli
               && x->mem_mib == y->mem_mib
               && strcmp(trace.projects[a->project].name, back.projects[b->project].name) == 0;
    }
    OK(same);
    fg_sim_trace_free(&trace);
    fg_sim_trace_free(&back);
}

static void the_seed_decides(void)
{
    struct fg_sim_trace trace = {}, again = {}, other = {};
    struct fg_sim_generate next = some;
    FG_AUTO(fg_buf) struct fg_buf csv = {};
    FG_AUTO(fg_buf) struct fg_buf csv_again = {};
    FG_AUTO(fg_buf) struct fg_buf csv_other = {};
    next.seed++;
    fg_sim_generate(&some, &trace);
    fg_sim_generate(&some, &again);
    fg_sim_generate(&next, &other);
    fg_sim_trace_csv(&trace, &csv);
    fg_sim_trace_csv(&again, &csv_again);
    fg_sim_trace_csv(&other, &csv_other);
    OK(strcmp(csv.text, csv_again.text) == 0);
    OK(strcmp(csv.text, csv_other.text) != 0);
    fg_sim_trace_free(&trace);
    fg_sim_trace_free(&again);
    fg_sim_trace_free(&other);
}

static void small_clusters_get_small_jobs(void)
{
    struct fg_sim_trace trace = {};
    struct fg_sim_generate small = some;
    small.gpus = small.per_node = 3;
    small.jobs = 3000;
    fg_sim_generate(&small, &trace);
    bool fine = true;
    for (size_t i = 0; i < trace.jobs_len; i++)
        fine = fine && trace.requests[trace.jobs[i].request].count * trace.jobs[i].tasks <= 3;
    OK(fine);
    fg_sim_trace_free(&trace);
}

int main(void)
{
    RUN(shape_is_as_asked);
    RUN(reads_back_as_itself);
    RUN(the_seed_decides);
    RUN(small_clusters_get_small_jobs);
    return tap_done();
}

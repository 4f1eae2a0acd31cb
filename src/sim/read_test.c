/* read_test.c - every format's good rows, and bad ones refused with their line */
#include "sim/read.h"
#include "test/sim/random.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static int read_as(const char *format,
                   const char *text,
                   struct fg_sim_trace *trace,
                   struct fg_err *err)
{
    struct fg_sim_reading reading = {
        .format = format, .file_name = "f", .per_node = 8, .kind = "any", .cpu_as_gpu = true};
    *err = (struct fg_err){};
    return fg_sim_read(&reading, text, strlen(text), trace, err);
}

static bool refused(const char *format, const char *text, const char *why)
{
    struct fg_sim_trace trace = {};
    struct fg_err err;
    int rc = read_as(format, text, &trace, &err);
    bool fine = rc == FG_EINVAL && strstr(err.text, why) && !trace.jobs && !trace.jobs_len;
    if (!fine)
        printf("# %d `%s`, expected `%s`\n", rc, err.text, why);
    fg_sim_trace_free(&trace);
    return fine;
}

static void native_has_every_column(void)
{
    struct fg_sim_trace trace = {};
    struct fg_err err;
    const char *text =
        "# ours\n"
        "submit,duration_s,gpus,tasks,kind,cpus,mem_gib,project,user,priority,deadline,"
        "time_limit_s,estimate_s,preemptible,checkpoint_s,restart_s\n"
        "2026-01-01T00:01:00Z,90.5,2,3,A100,4,16,vision,7,-5,2026-01-01T01:00:00Z,100,80,yes,"
        "30,10\r\n"
        "2026-01-01 00:00:00,1,0.25,,,,,,,,,,,,,\n";
    EQ(read_as("native", text, &trace, &err), 0);
    EQ(trace.jobs_len, 2);
    const struct fg_sim_job *first = &trace.jobs[0], *second = &trace.jobs[1];
    EQ(first->submit_us, 0); /* sorted: the second line comes first */
    EQ(trace.requests[first->request].gpu_milli, 250);
    OK(strcmp(trace.requests[first->request].kind, "any") == 0);
    OK(strcmp(trace.projects[first->project].name, "default") == 0);
    EQ(first->tasks, 1);
    EQ(second->submit_us, 60'000'000);
    EQ(second->deadline_us, 3'600'000'000);
    EQ(second->duration_us, 90'500'000);
    EQ(second->time_limit_us, 100'000'000);
    EQ(second->estimate_us, 80'000'000);
    EQ(second->checkpoint_us, 30'000'000);
    EQ(second->restart_us, 10'000'000);
    EQ(second->tasks, 3);
    EQ(second->priority, -5);
    EQ(second->user, 7);
    OK(second->preemptible && !first->preemptible);
    const struct fg_request *request = &trace.requests[second->request];
    EQ(request->count, 2);
    EQ(request->cpu_milli, 4000);
    EQ(request->mem_mib, 16384);
    OK(strcmp(request->kind, "a100") == 0);
    fg_sim_trace_free(&trace);
}

static void native_tells_where_data_is(void)
{
    struct fg_sim_trace trace = {};
    struct fg_err err;
    EQ(read_as("native", "submit,duration_s,gpus,data_gib,data_site\n0,1,1,1.5,muc\n1,1,1,,\n",
               &trace, &err),
       0);
    EQ(trace.requests[trace.jobs[0].request].data_mib, 1536);
    OK(strcmp(trace.requests[trace.jobs[0].request].data_site, "muc") == 0);
    EQ(trace.requests[trace.jobs[1].request].data_mib, 0);
    fg_sim_trace_free(&trace);
    OK(refused("native", "submit,duration_s,gpus,data_gib\n0,1,1,5\n", "f:2: data_site"));
    OK(refused("native", "submit,duration_s,gpus,data_gib,data_site\n0,1,1,-5,a\n",
               "data_gib"));
}

static void native_refuses(void)
{
    OK(refused("native", "", "no jobs"));
    OK(refused("native", "submit,gpus\n", "duration_s"));
    OK(refused("native", "submit,duration_s,gpus,colour\n", "colour"));
    OK(refused("native", "submit,duration_s,gpus,gpus\n", "twice"));
    OK(refused("native", "submit,duration_s,gpus\n0,-3,1\n", "f:2: duration_s: `-3`"));
    OK(refused("native", "submit,duration_s,gpus\n\n0,3,1.5\n", "f:3: gpus: `1.5`"));
    OK(refused("native", "submit,duration_s,gpus\n0,3,99\n", "gpus"));
    OK(refused("native", "submit,duration_s,gpus,priority\n0,3,1,1001\n", "priority"));
    OK(refused("native", "submit,duration_s,gpus,preemptible\n0,3,1,maybe\n", "yes or no"));
    OK(refused("native", "submit,duration_s,gpus,kind\n0,3,1,a b\n", "kind"));
    OK(refused("native", "submit,duration_s,gpus\nyesterday,3,1\n", "submit"));
    OK(refused("native", "submit,duration_s,gpus\n0,3,0.0001\n", "gpus: `0.0001`"));
    OK(refused("native", "submit,duration_s,gpus\n0,3,\n", "gpus: ``"));
    OK(refused("native", "submit,duration_s,gpus\n0,3,1\n0,3\n", "f:3: 2 columns"));
    OK(refused("native", "submit,duration_s,gpus\n0,3,1,1\n", "f:2: 4 columns"));
    OK(refused("colours", "x\n", "format colours"));
}

/* Bytes of value 0 end no text, and a mark of byte order is no letter of the first column. */
static void bytes_that_are_no_text(void)
{
    static const char zero[] = "submit,duration_s,gpus\n\0one,2\n0,3,1\n";
    struct fg_sim_reading reading = {
        .format = "native", .file_name = "f", .per_node = 8, .kind = "any"};
    struct fg_sim_trace trace = {};
    struct fg_err err = {};
    EQ(fg_sim_read(&reading, zero, sizeof(zero) - 1, &trace, &err), FG_EINVAL);
    OK(strstr(err.text, "f:2: a byte of value 0"));
    EQ(read_as("native", "\xef\xbb\xbfsubmit,duration_s,gpus\r\n0,3,1\r\n", &trace, &err), 0);
    EQ(trace.jobs_len, 1);
    fg_sim_trace_free(&trace);
}

/* More cores than a node has are parted as devices are; what no gang can hold is refused. */
static void large_jobs_become_gangs(void)
{
    const char *text = "1 0 5 100 48 -1 -1 8 200 -1 1 3 2 -1 -1 -1 -1 -1\n";
    struct fg_sim_reading reading = {
        .format = "swf", .file_name = "f", .per_node = 8, .cores_per_node = 32, .kind = "any"};
    struct fg_sim_trace trace = {};
    struct fg_err err = {};
    EQ(fg_sim_read(&reading, text, strlen(text), &trace, &err), 0);
    EQ(trace.jobs[0].tasks, 2);
    EQ(trace.requests[trace.jobs[0].request].cpu_milli, 24'000);
    fg_sim_trace_free(&trace);
    OK(refused("swf", "1 0 5 100 32749 -1 -1 8 200 -1 1 3 2 -1 -1 -1 -1 -1\n",
               "f:1: 32749 tasks"));
}

static void philly_makes_gangs(void)
{
    struct fg_sim_trace trace = {};
    struct fg_err err;
    EQ(read_as("philly",
               "timestamp,duration,num_gpus,gpu_time,cluster\n"
               "2017-10-09 07:01:55,66.0,1,66.0,ee9e8c\n"
               "2017-10-09 07:01:55,60,16,960,ee9e8c\n"
               "2017-10-09 07:01:56,60,12,720,6214e9\n"
               "2017-10-09 07:01:57,60,0,0,6214e9\n",
               &trace, &err),
       0);
    EQ(trace.jobs_len, 3);
    EQ(trace.rows_skipped, 1);
    EQ(trace.projects_len, 2);
    EQ(trace.jobs[1].tasks, 2);
    EQ(trace.requests[trace.jobs[1].request].count, 8);
    EQ(trace.jobs[2].tasks, 2);
    EQ(trace.requests[trace.jobs[2].request].count, 6);
    EQ(trace.jobs[2].submit_us, 1'000'000);
    fg_sim_trace_free(&trace);
    OK(refused("philly",
               "timestamp,duration,num_gpus,gpu_time,cluster\n2017-10-09 07:01:55,x,1,1,a\n",
               "f:2: duration"));
}

static void swf_takes_the_limit_and_skips_what_never_ran(void)
{
    struct fg_sim_trace trace = {};
    struct fg_err err;
    EQ(read_as("swf",
               "; Version: 2.2\n"
               "1 0 5 100 4 -1 -1 8 200 -1 1 3 2 -1 -1 -1 -1 -1\n"
               "2 10 5 -1 4 -1 -1 8 200 -1 0 3 2 -1 -1 -1 -1 -1\n"
               "3 20 5 300 -1 -1 -1 1 200 -1 1 3 -1 -1 -1 -1 -1 -1\n",
               &trace, &err),
       0);
    EQ(trace.jobs_len, 2);
    EQ(trace.rows_skipped, 1);
    EQ(trace.requests[trace.jobs[0].request].count, 4);
    EQ(trace.jobs[0].time_limit_us, 200'000'000);
    EQ(trace.jobs[1].time_limit_us, 300'000'000); /* it ran past what it asked for */
    EQ(trace.jobs[0].user, 3);
    OK(strcmp(trace.projects[trace.jobs[0].project].name, "2") == 0);
    fg_sim_trace_free(&trace);
    OK(refused("swf", "1 0 5 x 4 -1 -1 8 200 -1 1 3 2 -1 -1 -1 -1 -1\n", "f:1: run time"));
}

static void sacct_reads_tres_and_passes_over_steps(void)
{
    struct fg_sim_trace trace = {};
    struct fg_err err;
    EQ(read_as("sacct",
               "JobID|User|Account|Submit|Elapsed|Timelimit|State|AllocTRES\n"
               "1|ann|bio|2026-01-01T00:00:00|1-00:00:01|2-00:00:00|COMPLETED|"
               "cpu=16,mem=64G,node=2,gres/gpu=16,gres/gpu:a100=16\n"
               "1.batch|||2026-01-01T00:00:00|00:00:01||COMPLETED|\n"
               "2|bob|bio|2026-01-01T00:00:05|00:02:00|UNLIMITED|FAILED|cpu=2,mem=1G\n"
               "3|bob|bio|2026-01-01T00:00:06|00:00:00||CANCELLED|cpu=2\n"
               "4|bob|bio|2026-01-01T00:00:07|00:09:00||RUNNING|cpu=2\n",
               &trace, &err),
       0);
    EQ(trace.jobs_len, 2);
    EQ(trace.rows_skipped, 3);
    const struct fg_request *request = &trace.requests[trace.jobs[0].request];
    EQ(trace.jobs[0].tasks, 2);
    EQ(request->count, 8);
    EQ(request->cpu_milli, 8000);
    EQ(request->mem_mib, 32768);
    OK(strcmp(request->kind, "a100") == 0);
    EQ(trace.jobs[0].duration_us, 86'401'000'000);
    EQ(trace.jobs[0].time_limit_us, 172'800'000'000);
    EQ(trace.jobs[1].time_limit_us, 0);
    EQ(trace.requests[trace.jobs[1].request].count, 2); /* cores stand in */
    OK(trace.jobs[0].user != trace.jobs[1].user);
    fg_sim_trace_free(&trace);
    OK(refused("sacct", "Submit|State|Elapsed\n2026-01-01T00:00:00|FAILED|1:xx\n", "Elapsed"));
}

static void history_is_our_own_list(void)
{
    struct fg_sim_trace trace = {};
    struct fg_err err;
    EQ(read_as(
           "history",
           "[\n{\"id\": 1, \"project\": \"a\", \"submitted\": \"2026-01-01T00:00:00Z\",\n"
           "\"started\": \"2026-01-01T00:00:01Z\", \"finished\": \"2026-01-01T00:01:01Z\",\n"
           "\"duration_s\": 60, \"time_limit_s\": null, \"deadline\": null, \"tasks\": 2,\n"
           "\"tasks_min\": 1, \"user\": \"ann\", \"eligible\": \"2026-01-01T00:00:00.5Z\",\n"
           "\"preemptible\": true, \"request\": {\"accelerators\": \"h100\", \"count\": 4,\n"
           "\"gpu_milli\": 1000, \"gpu_mem_mib\": 0, \"cpu_milli\": 2000, \"mem_mib\": 512}},\n"
           "{\"id\": 3, \"submitted\": \"2026-01-01T00:00:00Z\", \"eligible\": "
           "\"2026-01-01T00:00:10Z\",\n"
           "\"started\": \"2026-01-01T00:00:11Z\", \"finished\": \"2026-01-01T00:00:12Z\",\n"
           "\"duration_s\": 1, \"request\": {\"cpu_milli\": 1000}},\n"
           "{\"id\": 2, \"started\": null, \"name\": \"a } \\\" b\"}\n]\n",
           &trace, &err),
       0);
    EQ(trace.jobs_len, 2);
    EQ(trace.jobs[1].submit_us, 9'500'000); /* begun no sooner than its user wanted */
    EQ(trace.rows_skipped, 1);
    EQ(trace.jobs[0].duration_us, 60'000'000);
    EQ(trace.jobs[0].tasks, 2);
    EQ(trace.jobs[0].tasks_min, 1);
    OK(trace.jobs[0].user != 0);
    OK(trace.jobs[0].preemptible);
    EQ(trace.requests[0].count, 4);
    fg_sim_trace_free(&trace);
    OK(refused("history", "{\"started\": \"x\", \"finished\": \"y\"}", "submitted"));
    OK(refused("history", "[1, 2]", "expected a list of objects"));
    OK(refused("history", "[{\"id\": 1},\n", "f:2: the list does not end"));
}

static void count_bad(void *self, const struct fg_err *err)
{
    size_t *count = self;
    *count += strstr(err->text, "f:") == err->text;
}

static void bad_rows_may_be_passed_over(void)
{
    struct fg_sim_trace trace = {};
    struct fg_err err = {};
    size_t told = 0;
    const char *text = "submit,duration_s,gpus\n0,1,1\n0,-1,1\n1,1,x\n2,1,1\n";
    struct fg_sim_reading reading = {.format = "native",
                                     .file_name = "f",
                                     .per_node = 8,
                                     .kind = "any",
                                     .bad_row = count_bad,
                                     .bad_row_self = &told};
    EQ(fg_sim_read(&reading, text, strlen(text), &trace, &err), 0);
    EQ(trace.jobs_len, 2);
    EQ(trace.rows_bad, 2);
    EQ(told, 2);
    fg_sim_trace_free(&trace);
}

/* Against the plainest sort: stable, and each job once. */
static void traces_are_sorted_and_stable(void)
{
    for (uint32_t len = 1; len < 200; len += 7) {
        struct fg_sim_trace trace = {};
        uint64_t random = len;
        int rc = 0;
        for (uint32_t i = 0; i < len; i++)
            rc |= fg_sim_trace_add(
                &trace, &(struct fg_sim_job){.submit_us = sim_random(&random, 20), .user = i},
                NULL);
        fg_sim_trace_finish(&trace);
        bool fine = rc == 0 && trace.jobs_len == len && trace.jobs[0].submit_us == 0;
        for (uint32_t i = 1; i < len; i++) {
            const struct fg_sim_job *a = &trace.jobs[i - 1], *b = &trace.jobs[i];
            fine = fine
                   && (a->submit_us < b->submit_us
                       || (a->submit_us == b->submit_us && a->user < b->user));
        }
        OK(fine);
        fg_sim_trace_free(&trace);
    }
}

static void gangs_hold_all_devices(void)
{
    bool fine = true;
    for (uint32_t per_node = 1; per_node <= 32; per_node++)
        for (uint32_t gpus = 1; gpus <= 600; gpus++) {
            uint32_t tasks, count;
            fg_sim_gang_of(gpus, per_node, &tasks, &count);
            fine = fine && tasks * count == gpus && count <= per_node;
        }
    OK(fine);
}

int main(void)
{
    RUN(native_has_every_column);
    RUN(native_tells_where_data_is);
    RUN(native_refuses);
    RUN(bytes_that_are_no_text);
    RUN(large_jobs_become_gangs);
    RUN(philly_makes_gangs);
    RUN(swf_takes_the_limit_and_skips_what_never_ran);
    RUN(sacct_reads_tres_and_passes_over_steps);
    RUN(history_is_our_own_list);
    RUN(bad_rows_may_be_passed_over);
    RUN(traces_are_sorted_and_stable);
    RUN(gangs_hold_all_devices);
    return tap_done();
}

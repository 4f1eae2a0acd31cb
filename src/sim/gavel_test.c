/* gavel_test.c - speeds and streams are read as they are written, drawn as they were published, refused when broken */
#include "sim/gavel_trace.h"
#include "sim/twister.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char speeds[] =
    "{\"fast\": {\"('A3C', 1)\": {\"null\": 7.5, \"('A3C', 1)\": [4, 4], \"('LM (batch size "
    "5)', 1)\": [3, 60.5]},"
    " \"('LM (batch size 5)', 1)\": {\"null\": 100, \"('A3C', 1)\": [60.5, 3]},"
    " \"('LM (batch size 5)', 2)\": {\"null\": 180}},"
    " \"slow\": {\"('LM (batch size 5)', 2)\": {\"null\": 0},"
    " \"('A3C', 1)\": {\"null\": 2}, \"('LM (batch size 5)', 1)\": {\"null\": 20}},"
    " \"other\": 5}";

static int read_speeds(const char *text, struct fg_gavel_table *table, struct fg_err *err)
{
    *table = (struct fg_gavel_table){.kinds = {"fast", "slow"}, .kinds_len = 2};
    return fg_gavel_table_read(text, strlen(text), "s.json", table, err);
}

static void reads_speeds(void)
{
    FG_AUTO(fg_gavel_table) struct fg_gavel_table table;
    struct fg_err err = {};
    EQ(read_speeds(speeds, &table, &err), 0);
    EQ(table.types_len, 3);
    int a3c = fg_gavel_type_find(&table, "A3C", 3, 1);
    int lm = fg_gavel_type_find(&table, "LM (batch size 5)", 17, 1);
    int lm2 = fg_gavel_type_find(&table, "LM (batch size 5)", 17, 2);
    OK(a3c >= 0 && lm >= 0 && lm2 >= 0);
    EQ(fg_gavel_type_find(&table, "A3C", 3, 2), -1);
    OK(fg_gavel_alone(&table, (uint32_t)a3c, 0) == 7.5);
    OK(fg_gavel_alone(&table, (uint32_t)lm, 1) == 20);
    OK(fg_gavel_alone(&table, (uint32_t)lm2, 1) == 0);
    OK(fg_gavel_paired(&table, (uint32_t)a3c, (uint32_t)lm, 0) == 3);
    OK(fg_gavel_paired(&table, (uint32_t)lm, (uint32_t)a3c, 0) == 60.5);
    OK(fg_gavel_paired(&table, (uint32_t)lm, (uint32_t)a3c, 1) == 0);
}

/* For the orders of the service: as long as on the fastest kind, slower by the measured part elsewhere. */
static void a_stream_is_a_trace(void)
{
    static const char text[] = "arrival_unit,job_type,scale_factor,total_steps\n"
                               "0,A3C,1,750\n"
                               "2,LM (batch size 5),2,1800\n"
                               "3,A3C,1,750\n";
    FG_AUTO(fg_gavel_table) struct fg_gavel_table table;
    FG_AUTO(fg_gavel_stream) struct fg_gavel_stream stream = {};
    FG_AUTO(fg_sim_trace) struct fg_sim_trace trace = {};
    struct fg_err err = {};
    EQ(read_speeds(speeds, &table, &err), 0);
    EQ(fg_gavel_stream_read(text, strlen(text), "t.csv", &table, &stream, &err), 0);
    const struct fg_gavel_traced how = {.jobs = 2, .jobs_per_hour = 4, .per_node = 1};
    EQ(fg_gavel_trace(&table, &stream, how, &trace, &err), 0);
    EQ(trace.jobs_len, 2);
    const struct fg_sim_job *first = &trace.jobs[0], *second = &trace.jobs[1];
    EQ(first->duration_us, 100'000'000);
    EQ(first->estimate_us, 100'000'000);
    EQ(fg_sim_trace_speed_milli(&trace, first, "fast"), 1000);
    EQ(fg_sim_trace_speed_milli(&trace, first, "slow"), 267);
    EQ(fg_sim_trace_speed_milli(&trace, first, "unheard of"), 1000);
    OK(strcmp(trace.requests[first->request].kind, "any") == 0);
    EQ(second->submit_us, 1'800'000'000);
    EQ(second->tasks, 2);
    OK(strcmp(trace.requests[second->request].kind, "fast") == 0); /* the other cannot run it */
}

static void refuses_speeds(void)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"{", "s.json"},
        {"[]", "no kind fast"},
        {"{\"fast\": []}", "expected a map of 1"},
        {"{\"fast\": {\"A3C\": {\"null\": 1}}}", "`A3C`"},
        {"{\"fast\": {\"('A3C', 0)\": {\"null\": 1}}}", "('A3C', 0)"},
        {"{\"fast\": {\"('A3C', 1)\": {}}}", "steps per second"},
        {"{\"fast\": {\"('A3C', 1)\": {\"null\": -1}}}", "steps per second"},
        {"{\"fast\": {\"('A3C', 1)\": {\"null\": 1, \"('LM', 1)\": [1, 1]}}}",
         "no row of its own"},
        {"{\"fast\": {\"('A3C', 1)\": {\"null\": 1, \"('A3C', 1)\": [1]}}}", "two speeds"},
        {"{\"fast\": {\"('A3C', 1)\": {\"null\": 1}}, \"slow\": {}}", "expected a map of 1"},
        {"{\"fast\": {\"('A3C', 1)\": {\"null\": 1}}}", "no kind slow"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fg_gavel_table table;
        struct fg_err err = {};
        EQ(read_speeds(bad[i].text, &table, &err), FG_EINVAL);
        if (!OK(strstr(err.text, bad[i].says)))
            printf("# %s\n", err.text);
        OK(!table.types && !table.alone && !table.paired);
    }
}

static int read_stream(const char *text, struct fg_gavel_stream *stream, struct fg_err *err)
{
    FG_AUTO(fg_gavel_table) struct fg_gavel_table table;
    int rc = read_speeds(speeds, &table, err);
    *stream = (struct fg_gavel_stream){};
    return rc < 0 ? rc : fg_gavel_stream_read(text, strlen(text), "j.csv", &table, stream, err);
}

static void reads_streams(void)
{
    FG_AUTO(fg_gavel_stream) struct fg_gavel_stream stream;
    struct fg_err err = {};
    EQ(read_stream("job_id,arrival_unit,job_type,scale_factor,total_steps\n"
                   "0,0.000000000,\"A3C\",1,1000.5\r\n"
                   "1,1.25,\"LM (batch size 5)\",2,3e3\n\n",
                   &stream, &err),
       0);
    if (!EQ(stream.jobs_len, 2))
        return;
    OK(stream.jobs[0].steps == 1000.5 && stream.jobs[1].arrival == 1.25);
    OK(stream.jobs[0].type != stream.jobs[1].type);
}

static void refuses_streams(void)
{
#define HEADER "arrival_unit,job_type,scale_factor,total_steps\n"
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "no jobs"},
        {HEADER, "no jobs"},
        {"a,b\n1,2\n", "j.csv:1: no column arrival_unit"},
        {HEADER "0,A3C,1\n", "j.csv:2: 3 columns"},
        {HEADER "x,A3C,1,5\n", "j.csv:2: arrival_unit: `x`"},
        {HEADER "-1,A3C,1,5\n", "j.csv:2: arrival_unit"},
        {HEADER "0,A3C,1,nan\n", "total_steps"},
        {HEADER "0,A3C,1,0\n", "total_steps: 0"},
        {HEADER "0,A3C,0,5\n", "scale_factor"},
        {HEADER "0,A3C,2,5\n", "job_type: `A3C` for 2 devices"},
        {HEADER "0,A3C,1,5\n3,A3C,1,5\n2,A3C,1,5\n", "j.csv:4: arrival_unit: 2, before"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fg_gavel_stream stream;
        struct fg_err err = {};
        EQ(read_stream(bad[i].text, &stream, &err), FG_EINVAL);
        if (!OK(strstr(err.text, bad[i].says)))
            printf("# %s\n", err.text);
        OK(!stream.jobs);
    }
}

/* Known values: random.seed(0); random.random(), and so on, of Python. */
static void twister_is_the_one(void)
{
    struct fg_twister twister;
    fg_twister_seed(&twister, 0);
    OK(fg_twister_real(&twister) == 0.8444218515250481);
    OK(fg_twister_real(&twister) == 0.7579544029403025);
    fg_twister_seed(&twister, 42);
    OK(fg_twister_real(&twister) == 0.6394267984578837);
    fg_twister_seed(&twister, 42);
    uint32_t items[5] = {1, 2, 3, 4, 5};
    fg_twister_shuffle(&twister, items, 5);
    OK(memcmp(items, (uint32_t[]){4, 2, 3, 5, 1}, sizeof(items)) == 0);
    fg_twister_seed(&twister, 1);
    EQ(fg_twister_below(&twister, 100), 17);
    EQ(fg_twister_below(&twister, 100), 72);
}

static void draws_streams(void)
{
    FG_AUTO(fg_gavel_table) struct fg_gavel_table table;
    struct fg_gavel_stream stream = {};
    struct fg_err err = {};
    EQ(read_speeds(speeds, &table, &err), 0);
    EQ(fg_gavel_stream_draw(&table, 0, false, 100, &stream, &err), 0);
    EQ(stream.jobs_len, 100);
    /* The first two jobs of the published stream. */
    OK(stream.jobs[0].arrival == 0 && fabs(stream.jobs[1].arrival - 0.271762303) < 1e-9);
    double alone = fg_gavel_alone(&table, stream.jobs[0].type, 0);
    OK(fabs(stream.jobs[0].steps / alone - 68344.350106) < 1e-6);
    fg_gavel_stream_free(&stream);
    EQ(fg_gavel_stream_draw(&table, 0, true, 100, &stream, &err), FG_EINVAL);
    OK(strstr(err.text, "1, 2, 4 and 8"));
    OK(!stream.jobs);
}

int main(void)
{
    RUN(reads_speeds);
    RUN(a_stream_is_a_trace);
    RUN(refuses_speeds);
    RUN(reads_streams);
    RUN(refuses_streams);
    RUN(twister_is_the_one);
    RUN(draws_streams);
    return tap_done();
}

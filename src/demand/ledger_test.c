/* ledger_test.c - demand by hours, and jobs of others cut into hours */
#include "demand/ledger.h"
#include "demand/read.h"
#include "demand/tres.h"

#include "base/clock.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS       1'000LL
#define HOUR     3'600'000'000LL
#define HOUR_MS  3'600'000LL
#define BEGIN_US (490'000 * HOUR)

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return *seed >> 33;
}

enum { LINES = 3, HOURS = 12 };

/* A span in steps of a minute: what brute force can count. */
static void count_minutes(int64_t cells[HOURS], int64_t from_min, int64_t to_min, int64_t milli)
{
    for (int64_t minute = from_min; minute < to_min && minute < HOURS * 60; minute++)
        cells[minute / 60] += milli * 60'000;
}

static void hours_equal_brute_force(void)
{
    uint64_t seed = 7;
    bool is_equal = true;
    for (int round = 0; round < 200; round++) {
        static const char *const kinds[] = {"a100", "h100", "v100"};
        int64_t want[LINES][FG_LEDGER_MEASURES][HOURS] = {};
        FG_AUTO(fg_ledger) struct fg_ledger *ledger = fg_ledger_new(FG_LEDGER_KIND);
        struct fg_ledger_key key = {.project = "p"};
        for (size_t line = 0; line < LINES; line++) { /* each line begins in the first hour */
            memcpy(key.kind, kinds[line], strlen(kinds[line]) + 1);
            is_equal &=
                fg_ledger_span(ledger, &key, 0, BEGIN_US, BEGIN_US + HOUR, 1, NULL) == 0;
            count_minutes(want[line][0], 0, 60, 1);
        }
        for (int span = 0; span < 20; span++) {
            size_t line = draw(&seed) % LINES, measure = draw(&seed) % FG_LEDGER_MEASURES;
            int64_t from = (int64_t)(draw(&seed) % (HOURS * 60)),
                    milli = (int64_t)draw(&seed) % 9000;
            int64_t to = from + (int64_t)(draw(&seed) % 400);
            memcpy(key.kind, kinds[line], strlen(kinds[line]) + 1);
            is_equal &= fg_ledger_span(ledger, &key, (enum fg_ledger_measure)measure,
                                       BEGIN_US + from * HOUR / 60, BEGIN_US + to * HOUR / 60,
                                       milli, NULL)
                        == 0;
            count_minutes(want[line][measure], from, to, milli);
        }
        is_equal &= fg_ledger_close(ledger, BEGIN_US + HOURS * HOUR + 5, NULL) == 0;
        is_equal &= fg_ledger_lines(ledger) == LINES && fg_ledger_hours(ledger) == HOURS;
        for (size_t line = 0; is_equal && line < LINES; line++)
            for (size_t measure = 0; measure < FG_LEDGER_MEASURES; measure++)
                is_equal &=
                    memcmp(fg_ledger_device_us(ledger, line, (enum fg_ledger_measure)measure),
                           want[line][measure], sizeof(want[line][measure]))
                    == 0;
    }
    OK(is_equal);
}

static void lines_are_told_apart_as_asked(void)
{
    static const struct {
        unsigned by;
        size_t lines;
        const char *first;
    } rows[] = {{0, 1, "all"},
                {FG_LEDGER_PROJECT, 2, "nlp"},
                {FG_LEDGER_PROJECT | FG_LEDGER_KIND, 3, "nlp/h100"},
                {FG_LEDGER_PROJECT | FG_LEDGER_KIND | FG_LEDGER_REGION, 3, "nlp/h100/eu"}};
    static const struct fg_ledger_key keys[] = {
        {"vision", "h100", "eu"}, {"vision", "a100", "eu"}, {"nlp", "h100", "eu"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FG_AUTO(fg_ledger) struct fg_ledger *ledger = fg_ledger_new(rows[i].by);
        for (size_t j = 0; j < 3; j++) {
            EQ(fg_ledger_span(ledger, &keys[j], FG_LEDGER_RUNNING, BEGIN_US,
                              BEGIN_US + 2 * HOUR, 500, NULL),
               0);
            EQ(fg_ledger_hour(ledger, &keys[j], FG_LEDGER_ASKED, BEGIN_US, HOUR, NULL), 0);
        }
        EQ(fg_ledger_close(ledger, 0, NULL), 0);
        EQ(fg_ledger_lines(ledger), rows[i].lines);
        EQ(fg_ledger_hours(ledger), 2);
        FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
        fg_ledger_to_set(ledger, FG_LEDGER_RUNNING, &set);
        EQ(set.len, rows[i].lines);
        OK(strcmp(set.series[0].name, rows[i].first) == 0);
        double sum = 0;
        for (size_t j = 0; j < set.len; j++)
            sum += set.series[j].values[1];
        OK(fabs(sum - 1.5) < 1e-9);
        FG_AUTO(fg_demand_set) struct fg_demand_set none = {};
        fg_ledger_to_set(ledger, FG_LEDGER_REFUSED, &none);
        EQ(none.len, 0);
    }
}

static void what_cannot_be_counted_is_refused(void)
{
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = fg_ledger_new(0);
    struct fg_ledger_key key = {};
    EQ(fg_ledger_close(ledger, 0, NULL), FG_EINVAL);
    EQ(fg_ledger_span(ledger, &key, 0, 5, 5, 1, NULL), 0); /* nothing */
    EQ(fg_ledger_span(ledger, &key, 0, 0, HOUR, -1, NULL), FG_EINVAL);
    EQ(fg_ledger_span(ledger, &key, 0, 0, HOUR, FG_LEDGER_MILLI_MAX, NULL), 0);
    EQ(fg_ledger_span(ledger, &key, 0, 0, HOUR, 1, NULL), FG_ETOOBIG);
    EQ(fg_ledger_close(ledger, HOUR - 1, NULL), FG_EINVAL); /* no whole hour */
    EQ(fg_ledger_measure_find("waiting"), FG_LEDGER_WAITING);
    EQ(fg_ledger_measure_find("slept"), -1);
}

static void words_for_lines(void)
{
    unsigned by;
    EQ(fg_ledger_by_read("none", &by, NULL), 0);
    EQ(by, 0);
    EQ(fg_ledger_by_read("class,project", &by, NULL), 0);
    EQ(by, FG_LEDGER_KIND | FG_LEDGER_PROJECT);
    EQ(fg_ledger_by_read("", &by, NULL), FG_EINVAL);
    EQ(fg_ledger_by_read("class,", &by, NULL), FG_EINVAL);
    EQ(fg_ledger_by_read("clas", &by, NULL), FG_EINVAL);
}

/* -- jobs -------------------------------------------------------------------------------------------- */

typedef int read_fn(const struct fg_demand_reading *reading,
                    const char *bytes,
                    size_t len,
                    struct fg_ledger *ledger,
                    struct fg_err *err);

static struct fg_ledger *read_with(read_fn *read, unsigned by, const char *text)
{
    struct fg_demand_reading reading = {.file_name = "f"};
    struct fg_ledger *ledger = fg_ledger_new(by);
    struct fg_err err = {};
    int rc = read(&reading, text, strlen(text), ledger, &err);
    if (!OK(rc == 0)) {
        printf("# %s\n", err.text);
        exit(1);
    }
    return ledger;
}

static bool refused(read_fn *read, const char *text, const char *why)
{
    struct fg_demand_reading reading = {.file_name = "f"};
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = fg_ledger_new(0);
    struct fg_err err = {};
    int rc = read(&reading, text, strlen(text), ledger, &err);
    bool is_right = rc == FG_EINVAL && strstr(err.text, why);
    if (!is_right)
        printf("# got %d: %s\n", rc, err.text);
    return is_right;
}

/* The hours in device-minutes: "60 30 0". */
static bool has(const struct fg_ledger *ledger,
                size_t line,
                enum fg_ledger_measure measure,
                const char *want)
{
    char text[256];
    size_t at = 0;
    const int64_t *cells = fg_ledger_device_us(ledger, line, measure);
    for (size_t i = 0; i < fg_ledger_hours(ledger) && at < sizeof(text); i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%lld", i ? " " : "",
                               (long long)(cells[i] / 60'000'000));
    if (strcmp(text, want) == 0)
        return true;
    printf("# got %s\n", text);
    return false;
}

static void jobs_of_slurm(void)
{
    FG_AUTO(fg_ledger)
    struct fg_ledger *ledger = read_with(
        fg_demand_read_sacct, FG_LEDGER_KIND,
        "JobID|Account|Partition|Cluster|Submit|Eligible|Start|End|State|AllocTRES|ReqTRES\n"
        /* waits half an hour, runs for an hour on 2 */
        "1|vision|gpu|eu|2026-01-01T00:00:00|2026-01-01T00:00:00|2026-01-01T00:30:00|"
        "2026-01-01T01:30:00|COMPLETED|cpu=8,gres/gpu=2,gres/gpu:a100=2|\n"
        "1.batch|vision|gpu|eu|2026-01-01T00:00:00||2026-01-01T00:30:00|"
        "2026-01-01T01:30:00|COMPLETED|cpu=8,gres/gpu=2,gres/gpu:a100=2|\n"
        /* nobody wanted it before three */
        "2|vision|gpu|eu|2026-01-01T00:00:00|2026-01-01T03:00:00|2026-01-01T03:00:00|Unknown|"
        "RUNNING|gres/gpu:a100=1|\n"
        /* never ran */
        "3|vision|gpu|eu|2026-01-01T01:00:00|2026-01-01T01:00:00|None|2026-01-01T02:30:00|"
        "CANCELLED by 5||gres/gpu:a100=1\n"
        "4|vision|gpu|eu|2026-01-01T03:40:00|2026-01-01T03:40:00|Unknown|Unknown|PENDING||"
        "gres/gpu=4\n"
        "6|vision|gpu|eu|2026-01-01T04:20:00|2026-01-01T04:20:00|Unknown|Unknown|PENDING||"
        "gres/gpu=4\n"
        "5|vision|cpu|eu|2026-01-01T04:20:00|2026-01-01T04:20:00|Unknown|Unknown|PENDING||"
        "cpu=4\n");
    EQ(fg_ledger_lines(ledger), 2);
    OK(strcmp(fg_ledger_key_at(ledger, 0)->kind, "a100") == 0);
    OK(strcmp(fg_ledger_key_at(ledger, 1)->kind, "gpu") == 0);
    EQ(fg_ledger_hours(ledger), 4); /* of the fifth only twenty minutes are known */
    OK(has(ledger, 0, FG_LEDGER_RUNNING, "60 60 0 60"));
    OK(has(ledger, 0, FG_LEDGER_WAITING, "60 60 30 0"));
    OK(has(ledger, 0, FG_LEDGER_ASKED, "120 0 0 60"));
    OK(has(ledger, 1, FG_LEDGER_ASKED, "0 0 0 0")); /* how long it will run is not known */
    OK(has(ledger, 1, FG_LEDGER_WAITING, "0 0 0 80"));
    static const char head[] = "Submit|Start|End|State|ReqTRES\n";
    OK(refused(fg_demand_read_sacct, head, "f: no jobs with devices"));
    OK(refused(fg_demand_read_sacct, "Submit|Start|End|ReqTRES\n", "f:1: no column State"));
    OK(refused(fg_demand_read_sacct, "Submit|Start|End|State\n", "f:1: no column AllocTRES"));
    OK(refused(fg_demand_read_sacct,
               "Submit|Start|End|State|ReqTRES\nsoon|None|None|PENDING|gres/gpu=1\n",
               "f:2: Submit: `soon`, expected a moment"));
    OK(refused(fg_demand_read_sacct,
               "Submit|Start|End|State|ReqTRES\n2026-01-01|None|None|PENDING|gres/gpu=-1\n",
               "f:2: -1 devices"));
}

static void jobs_of_our_own(void)
{
    FG_AUTO(fg_ledger)
    struct fg_ledger *ledger = read_with(
        fg_demand_read_jobs, FG_LEDGER_PROJECT | FG_LEDGER_KIND,
        "[{\"project\":\"nlp\",\"submitted\":\"2026-01-01T00:00:00Z\","
        "\"started\":\"2026-01-01T00:15:00Z\",\"finished\":\"2026-01-01T02:15:00Z\",\"tasks\":"
        "3,"
        "\"request\":{\"accelerators\":\"h100\",\"count\":2,\"gpu_milli\":1000}},\n"
        "{\"project\":\"nlp\",\"submitted\":\"2026-01-01T01:00:00Z\",\"eligible\":null,"
        "\"started\":\"2026-01-01T01:00:00Z\",\"finished\":null,\"duration_s\":7200.5,"
        "\"request\":{\"accelerators\":null,\"count\":1,\"gpu_milli\":250}},\n"
        "{\"project\":\"nlp\",\"submitted\":\"2026-01-01T01:00:00Z\",\"request\":{\"count\":0}}"
        "]");
    EQ(fg_ledger_lines(ledger), 2);
    EQ(fg_ledger_hours(ledger), 3);
    OK(has(ledger, 0, FG_LEDGER_RUNNING, "0 15 15")); /* any */
    OK(has(ledger, 1, FG_LEDGER_RUNNING, "270 360 90"));
    OK(has(ledger, 1, FG_LEDGER_ASKED, "360 360 0"));
    OK(has(ledger, 1, FG_LEDGER_WAITING, "90 0 0"));
    OK(refused(fg_demand_read_jobs, "[]", "f: no jobs with devices"));
    OK(refused(fg_demand_read_jobs, "[\n{\"request\":{\"count\":1}}]", "f:2: submitted: "));
    OK(refused(fg_demand_read_jobs, "[{\"request\":{\"count\":-1}}]",
               "f:1: count: expected a"));
    OK(refused(fg_demand_read_jobs, "[{]", "f:1: "));
}

static void resources_of_slurm(void)
{
    static const char text[] = "billing=8,cpu=16,gres/gpu=4,gres/gpu:A100=4,mem=64G,node=1";
    struct fg_tres tres = fg_tres_read((struct fg_field){text, strlen(text)});
    OK(tres.cpus == 16 && tres.gpus == 4 && tres.mem_mib == 64 * 1024);
    OK(strcmp(tres.kind, "a100") == 0);
    tres = fg_tres_read((struct fg_field){"", 0});
    OK(tres.cpus == 0 && tres.gpus == 0 && tres.kind[0] == '\0');
}

int main(void)
{
    RUN(hours_equal_brute_force);
    RUN(lines_are_told_apart_as_asked);
    RUN(what_cannot_be_counted_is_refused);
    RUN(words_for_lines);
    RUN(jobs_of_slurm);
    RUN(jobs_of_our_own);
    RUN(resources_of_slurm);
    return tap_done();
}

/* bench_judge.c - what judging costs, and whom it accuses.
 *
 *     cost        10,000 devices on 1,250 machines, held by 2,500 jobs: a reading, and a look
 *     accused     gangs of eight with noise, in half of which one device has a lower clock; one reading of 200 is of a moment between two steps.  Those that were named rightly, and gangs
 *                 in which somebody else was.  Rivals of the same run: more than three standard deviations below the mean, and a tenth
 *                 below the mean of one reading
 *     memory      4,000 tasks that hold a device of 80 GiB for up to six hours: some leak, some take their memory as frameworks do.  Those that
 *                 were foretold, how long before, and those that were named and never run out.  Rivals of the same run: a
 *                 straight line (least squares) through the last quarter of an hour, and "more than nine tenths in use"
 */
#include "bench/bench.h"
#include "judge/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND  INT64_C(1000000)
#define START   (INT64_C(1750000000) * SECOND)
#define NODES   1250
#define DEVICES 8
#define GANGS   1000
#define ROUNDS  5

static const struct fg_judge_rules rules = {.idle_us = 900 * SECOND,
                                            .idle_busy_milli = 50,
                                            .slow_percent = 10,
                                            .ahead_us = 1800 * SECOND};

static uint64_t seed = 1;

static double random_part(void)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (double)(seed >> 11) / 9007199254740992.;
}

/* -- cost ---------------------------------------------------------------------------------------------------------- */

static void see_none(void *, const struct fg_alert *, enum fg_sight)
{
}

static void find_none(void *, const struct fg_finding *)
{
}

static const struct fg_judge_out nobody = {.see = see_none, .find = find_none};

static struct fg_node_spec *make_nodes(void)
{
    struct fg_node_spec *nodes = calloc(NODES, sizeof(*nodes));
    if (!nodes)
        abort();
    for (int i = 0; i < NODES; i++) {
        snprintf(nodes[i].name, sizeof(nodes[i].name), "n%d", i);
        nodes[i].devices_len = DEVICES;
        for (int j = 0; j < DEVICES; j++)
            nodes[i].devices[j] = (struct fg_device_spec){.kind = "h100", .mem_mib = 81920};
    }
    return nodes;
}

static void read_node(struct fg_judge *judge,
                      const struct fg_node_spec *node,
                      fg_node_id id,
                      int64_t now_us)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct fg_device_sample sample = {
            .device = i, .time_us = now_us, .value = FG_READINGS_UNKNOWN};
        sample.value[FG_READING_BUSY] = (int64_t)(1000 * random_part());
        sample.value[FG_READING_SM_CLOCK] = 1700 + (int64_t)(50 * random_part());
        sample.value[FG_READING_MEM_USED] = 60000;
        fg_judge_device(judge, &rules, node, id, &sample);
    }
}

/* Two jobs of four devices on each machine. */
static void hold_node(struct fg_judge *judge,
                      const struct fg_node_spec *node,
                      fg_node_id id,
                      struct fg_grant grants[2])
{
    for (uint32_t half = 0; half < 2; half++) {
        grants[half] = (struct fg_grant){
            .node = id, .devices = half ? 0xf0 : 0x0f, .gpu_milli = 1000, .mem_mib = 65536};
        fg_judge_hold(judge, &(struct fg_judge_hold){.job = 2 * id + half,
                                                     .attempt = 1,
                                                     .project = 1 + id % 20,
                                                     .user = "ann",
                                                     .project_name = "vision",
                                                     .work = 1 + id % 100,
                                                     .begun_us = START,
                                                     .node = node,
                                                     .grant = &grants[half],
                                                     .price_uusd_per_hour = 8000000});
    }
}

static void cost(void)
{
    FG_AUTO(fg_judge) struct fg_judge *judge = fg_judge_new();
    struct fg_node_spec *nodes = make_nodes();
    struct fg_grant(*grants)[2] = calloc(NODES, sizeof(*grants));
    double reading_ns[ROUNDS], look_ms[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        int64_t begin_us = bench_now_us();
        for (int second = 0; second < 10; second++)
            for (int i = 0; i < NODES; i++)
                read_node(judge, &nodes[i], (fg_node_id)i + 1,
                          START + (10 * round + second) * SECOND);
        int64_t middle_us = bench_now_us();
        for (int i = 0; i < NODES; i++)
            hold_node(judge, &nodes[i], (fg_node_id)i + 1, grants[i]);
        fg_judge_look(judge, &rules, START + 10 * (round + 1) * SECOND, &nobody);
        reading_ns[round] = (double)(middle_us - begin_us) * 1e3 / (10. * NODES * DEVICES);
        look_ms[round] = (double)(bench_now_us() - middle_us) / 1e3;
    }
    double reading = bench_quantile(reading_ns, ROUNDS, 50);
    double look = bench_quantile(look_ms, ROUNDS, 50);
    bench_line("judge: a reading", reading, "ns", BENCH_LESS, 0, NULL, 0);
    bench_line("judge: a look at 10,000 devices, 2,500 jobs", look, "ms", BENCH_LESS, 0, NULL,
               0);
    bench_line("judge: of a core, a reading a second",
               (reading * NODES * DEVICES / 1e9 + look / 1e4) * 100, "%", BENCH_LESS, 0, NULL,
               0);
    free(nodes);
    free(grants);
}

/* -- whom it accuses ------------------------------------------------------------------------------------------------ */

enum { JUDGE, SIGMAS, TENTH, WAYS };
static const char *const ways[WAYS] = {"here", "3 standard deviations",
                                       "a tenth below the mean"};

struct gang {
    double clock[DEVICES];
    int slow;          /* NONE: -1 */
    int accused[WAYS]; /* the last that was; -1 */
    bool wrong[WAYS];  /* somebody else was, at any time */
};

static void accuse(struct gang *gang, int way, int device)
{
    gang->accused[way] = device;
    gang->wrong[way] |= device != gang->slow;
}

static void see_twin(void *self, const struct fg_alert *alert, enum fg_sight sight)
{
    fg_alarms_see(self, alert, sight);
}

static void hear_twin(void *self, enum fg_alarm_news news, struct fg_alert *alert)
{
    if (alert->cause == FG_ALERT_SLOW_TWIN && news == FG_ALARM_RAISED)
        accuse(self, JUDGE, atoi(alert->device + strlen("h100-")));
}

/* What rivals say of one reading of the gang. */
static void judge_by_mean(struct gang *gang, const double *clock)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < DEVICES; i++) {
        sum += clock[i];
        squares += clock[i] * clock[i];
    }
    double mean = sum / DEVICES, sd = sqrt(fmax(0, squares / DEVICES - mean * mean));
    for (int i = 0; i < DEVICES; i++) {
        if (clock[i] < mean - 3 * sd)
            accuse(gang, SIGMAS, i);
        if (clock[i] < 0.9 * mean)
            accuse(gang, TENTH, i);
    }
}

static void read_gang(struct fg_judge *judge,
                      struct gang *gang,
                      const struct fg_node_spec *node,
                      int64_t now_us)
{
    double clock[DEVICES];
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct fg_device_sample sample = {
            .device = i, .time_us = now_us, .value = FG_READINGS_UNKNOWN};
        clock[i] = gang->clock[i] * (1 + 0.08 * (random_part() - 0.5));
        if (random_part() < 1. / 200)
            clock[i] *= 0.6;
        sample.value[FG_READING_BUSY] = 900;
        sample.value[FG_READING_SM_CLOCK] = (int64_t)clock[i];
        fg_judge_device(judge, &rules, node, 1, &sample);
    }
    judge_by_mean(gang, clock);
}

static void run_gang(struct gang *gang, const struct fg_node_spec *node)
{
    FG_AUTO(fg_judge) struct fg_judge *judge = fg_judge_new();
    FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(16);
    struct fg_grant grants[2];
    struct fg_judge_out out = {.self = alarms, .see = see_twin, .find = find_none};
    for (int second = 1; second <= 300; second++) {
        read_gang(judge, gang, node, START + second * SECOND);
        if (second % 10)
            continue;
        hold_node(judge, node, 1, grants);
        fg_judge_look(judge, &rules, START + second * SECOND, &out);
        fg_alarms_settle(alarms, START + second * SECOND, 300 * SECOND, hear_twin, gang);
    }
}

static struct gang new_gang(int number)
{
    struct gang gang = {.slow = number % 2 ? (int)(random_part() * DEVICES) : -1,
                        .accused = {-1, -1, -1}};
    for (int i = 0; i < DEVICES; i++)
        gang.clock[i] = 1700 * (1 + 0.03 * (random_part() - 0.5));
    if (gang.slow >= 0)
        gang.clock[gang.slow] *= 0.80 + 0.07 * random_part(); /* 13 to 20 % slower */
    return gang;
}

static void accused(void)
{
    struct fg_node_spec *nodes = make_nodes();
    int slow = 0, found[WAYS] = {}, wrong[WAYS] = {};
    for (int number = 0; number < GANGS; number++) {
        struct gang gang = new_gang(number);
        run_gang(&gang, &nodes[0]);
        slow += gang.slow >= 0;
        for (int way = 0; way < WAYS; way++) {
            found[way] += gang.slow >= 0 && gang.accused[way] == gang.slow;
            wrong[way] += gang.wrong[way];
        }
    }
    printf("accused   %d gangs of 8, in %d one device is 13 to 20 %% slower; 5 minutes each\n",
           GANGS, slow);
    for (int way = 0; way < WAYS; way++)
        printf("          %-24s named %5.1f %%, accused somebody else in %5.1f %% of gangs\n",
               ways[way], 100. * found[way] / slow, 100. * wrong[way] / GANGS);
    free(nodes);
}

/* -- memory that will not do ----------------------------------------------------------------------------------- */

#define TASKS      4000
#define HOURS      6
#define EVERY_S    10
#define DEVICE_MIB 81920.
#define LINE_LEN   90 /* readings of a quarter of an hour */

enum shape {
    LEAK,
    LEAK_STEPS,
    LEAK_LATE,
    LEAK_SAWS,
    FLAT,
    WARMS_UP,
    GROWS_LESS,
    SAWS,
    SAWS_SLOWLY,
    STEPS,
    SHAPES
};
static const char *const shapes[SHAPES] = {"leaks",
                                           "leaks in steps",
                                           "leaks after hours",
                                           "leaks and saws",
                                           "takes all",
                                           "warms up",
                                           "grows less and less",
                                           "saws within 10 min",
                                           "saws within 40 min",
                                           "steps now and then"};

struct memory {
    enum shape shape;
    double begin, rate, step, period_s, top, now; /* MiB, MiB a second */
    double late_s;
};

static double between(double low, double high)
{
    return low + (high - low) * random_part();
}

static struct memory new_memory(enum shape shape)
{
    return (struct memory){.shape = shape,
                           .begin = between(0.3, 0.8) * DEVICE_MIB,
                           .rate = between(2, 20) / 100 * DEVICE_MIB / 3600,
                           .step = shape == LEAK_STEPS ? between(64, 1024) : between(2, 20),
                           .period_s =
                               shape == SAWS_SLOWLY ? between(600, 2400) : between(60, 600),
                           .top = between(0.7, 0.98) * DEVICE_MIB,
                           .late_s = between(1800, 7200)};
}

static double saw(const struct memory *memory, double s)
{
    return s / memory->period_s - floor(s / memory->period_s);
}

/* What it holds at that second. */
static double held_at(struct memory *memory, double s)
{
    double grown = memory->rate * s, room = memory->top - memory->begin;
    switch (memory->shape) {
    case LEAK:
    case LEAK_STEPS:
        return memory->begin + memory->step * floor(grown / memory->step);
    case LEAK_LATE:
        return memory->begin + fmax(0, memory->rate * (s - memory->late_s));
    case LEAK_SAWS:
        return memory->begin + grown + 0.1 * memory->begin * saw(memory, s);
    case FLAT:
        return s < 30 ? 600 : memory->top;
    case WARMS_UP:
        return memory->begin + room * (1 - exp(-s / (memory->period_s / 3)));
    case GROWS_LESS: { /* the longest input so far */
        double drawn = memory->begin + room * sqrt(random_part());
        memory->now = fmax(memory->now, drawn);
        return memory->now;
    }
    case SAWS:
    case SAWS_SLOWLY:
        return memory->begin + room * saw(memory, s);
    default:
        memory->now += random_part() < EVERY_S / 3600. ? between(0, 0.05) * DEVICE_MIB : 0;
        return fmin(memory->top, memory->begin + memory->now);
    }
}

enum { FORETOLD, LINE, FULL, TELLERS };
static const char *const tellers[TELLERS] = {"here", "a straight line", "nine tenths in use"};

struct told {
    int64_t first_s[TELLERS]; /* 0 never */
    int64_t out_s;            /* it ran out; 0 never */
    int64_t now_s;
};

static void hear_memory(void *self, enum fg_alarm_news news, struct fg_alert *alert)
{
    struct told *told = self;
    if (alert->cause == FG_ALERT_DEVICE_MEMORY && news == FG_ALARM_RAISED
        && told->first_s[FORETOLD] == 0)
        told->first_s[FORETOLD] = told->now_s;
}

/* Does a straight line through them reach the size within half an hour? */
static bool line_ends(const double *mib, size_t len)
{
    double x_sum = 0, y_sum = 0, xx = 0, xy = 0, n = (double)len;
    for (size_t i = 0; i < len; i++) {
        x_sum += (double)i;
        y_sum += mib[i];
        xx += (double)(i * i);
        xy += (double)i * mib[i];
    }
    double slope = (n * xy - x_sum * y_sum) / (n * xx - x_sum * x_sum);
    return slope > 0 && (DEVICE_MIB - mib[len - 1]) / slope * EVERY_S < 1800;
}

static void tell_rivals(struct told *told, const double *mib, size_t len)
{
    if (!told->first_s[LINE] && len >= LINE_LEN && line_ends(mib + len - LINE_LEN, LINE_LEN))
        told->first_s[LINE] = told->now_s;
    if (!told->first_s[FULL] && mib[len - 1] > 0.9 * DEVICE_MIB)
        told->first_s[FULL] = told->now_s;
}

static void read_memory(struct fg_judge *judge,
                        const struct fg_node_spec *node,
                        int64_t now_us,
                        double mib)
{
    struct fg_device_sample sample = {.time_us = now_us, .value = FG_READINGS_UNKNOWN};
    sample.value[FG_READING_BUSY] = 900;
    sample.value[FG_READING_MEM_USED] = (int64_t)mib;
    fg_judge_device(judge, &rules, node, 1, &sample);
}

static struct told run_memory(const struct fg_node_spec *node, struct memory memory)
{
    static double mib[HOURS * 3600 / EVERY_S];
    FG_AUTO(fg_judge) struct fg_judge *judge = fg_judge_new();
    FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(16);
    struct told told = {};
    struct fg_grant grants[2];
    struct fg_judge_out out = {.self = alarms, .see = see_twin, .find = find_none};
    for (size_t i = 0; i < sizeof(mib) / sizeof(mib[0]); i++) {
        told.now_s = (int64_t)(i + 1) * EVERY_S;
        mib[i] = held_at(&memory, (double)told.now_s);
        if (mib[i] > DEVICE_MIB) {
            told.out_s = told.now_s;
            break;
        }
        int64_t now_us = START + told.now_s * SECOND;
        read_memory(judge, node, now_us, mib[i]);
        hold_node(judge, node, 1, grants);
        fg_judge_look(judge, &rules, now_us, &out);
        fg_alarms_settle(alarms, now_us, 300 * SECOND, hear_memory, &told);
        tell_rivals(&told, mib, i + 1);
    }
    return told;
}

/* A leak that did not run out within its hours is neither. */
static void print_teller(int teller, const struct told *told, const enum shape *of)
{
    double lead_min[TASKS];
    size_t leads = 0, ran_out = 0, fine = 0, wrong = 0, wrong_of[SHAPES] = {},
           late_of[SHAPES] = {}, all[SHAPES] = {};
    for (size_t i = 0; i < TASKS; i++) {
        int64_t first_s = told[i].first_s[teller];
        ran_out += told[i].out_s > 0;
        fine += of[i] >= FLAT;
        all[of[i]]++;
        if (told[i].out_s && first_s)
            lead_min[leads++] = (double)(told[i].out_s - first_s) / 60;
        wrong += of[i] >= FLAT && first_s;
        late_of[of[i]] += told[i].out_s && !first_s;
        wrong_of[of[i]] += of[i] >= FLAT && first_s;
    }
    printf("          %-20s foretold %5.1f %% of %zu, %4.0f min before (median); named %5.1f "
           "%% of %zu that never "
           "ran out:",
           tellers[teller], 100. * (double)leads / (double)ran_out, ran_out,
           leads ? bench_quantile(lead_min, leads, 50) : 0.,
           100. * (double)wrong / (double)fine, fine);
    for (int shape = 0; shape < SHAPES; shape++)
        if (wrong_of[shape])
            printf(" %s %.0f %%", shapes[shape],
                   100. * (double)wrong_of[shape] / (double)all[shape]);
    for (int shape = 0; shape < SHAPES; shape++)
        if (late_of[shape])
            printf("; missed: %s %zu", shapes[shape], late_of[shape]);
    printf("\n");
}

static void memory(void)
{
    static struct told told[TASKS];
    static enum shape of[TASKS];
    struct fg_node_spec *nodes = make_nodes();
    nodes[0].devices[0].mem_mib = (uint32_t)DEVICE_MIB;
    for (int i = 0; i < TASKS; i++) {
        of[i] = (enum shape)(i % SHAPES);
        told[i] = run_memory(&nodes[0], new_memory(of[i]));
    }
    printf("memory    %d tasks of %d hours at most on devices of 80 GiB\n", TASKS, HOURS);
    for (int teller = 0; teller < TELLERS; teller++)
        print_teller(teller, told, of);
    free(nodes);
}

int main(void)
{
    cost();
    accused();
    memory();
    return bench_done();
}

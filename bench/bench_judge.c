/* bench_judge.c - what judging costs, and whom it accuses.
 *
 *     cost        10,000 devices on 1,250 machines, held by 2,500 jobs: a reading, and a look
 *     accused     gangs of eight with noise, in half of which one device has a lower clock; one reading of 200 is of a moment between two steps.  Those that were named rightly, and gangs
 *                 in which somebody else was.  Rivals of the same run: more than three standard deviations below the mean, and a tenth
 *                 below the mean of one reading
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
            snprintf(nodes[i].devices[j].kind, sizeof(nodes[i].devices[j].kind), "h100");
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

int main(void)
{
    cost();
    accused();
    return bench_done();
}

/* words_test.c - Slurm's small change, and lines that a real Slurm 22.05.8 printed. */
#include "slurm/look.h"
#include "test/tap.h"

#include <string.h>

#define INSTALL "11111111-2222-4333-8444-555555555555"
#define ROOM    "0123456789abcdef0123456789ab0000"
#define SHAPE   "ffffffffffffffffffffffffffffffff"
#define OURS    "fastgpu-" ROOM "|fastgpu:" INSTALL ":" ROOM ":" SHAPE

static struct fg_field field(const char *text)
{
    return (struct fg_field){text, strlen(text)};
}

static void gres(void)
{
    static const struct {
        const char *text;
        int len;
        const char *type;
        uint32_t count;
    } rows[] = {
        {"gpu:h100:8(S:0-1)", 1, "h100", 8},
        {"gpu:4", 1, "", 4},
        {"gpu", 1, "", 1},
        {"gpu:tesla", 1, "tesla", 1},
        {"gres:gpu:h100:2", 1, "h100", 2},
        {"gres/gpu:h100=2", 1, "h100", 2},
        {"gpu:h100:2(IDX:0,2-3)", 1, "h100", 2},
        {"gpu:h100:0(IDX:N/A)", 1, "h100", 0},
        {"gpu:h100:4(S:0),gpu:h100:4(S:1)", 1, "h100", 8},
        {"nic:2,gpu:a100:4(S:0,1),mps:100", 1, "a100", 4},
        {"gpu:a100:1,gpu:h100:3", 2, "a100", 1},
        {"(null)", 0, "", 0},
        {"N/A", 0, "", 0},
        {"", 0, "", 0},
        {"gpu:h100:99999", -1, "", 0},
        {"gpu:an-awfully-long-name-of-a-type-of-gpus:1", -1, "", 0},
        {"gpu:a:1,gpu:b:1,gpu:c:1,gpu:d:1,gpu:e:1,gpu:f:1,gpu:g:1,gpu:h:1,gpu:i:1", -1, "", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_slurm_gres out[FG_SLURM_GRES_MAX];
        printf("# %s\n", rows[i].text);
        EQ(fg_slurm_gres_parse(field(rows[i].text), out), rows[i].len);
        if (rows[i].len > 0) {
            OK(strcmp(out[0].type, rows[i].type) == 0);
            EQ(out[0].count, rows[i].count);
        }
    }
}

static uint64_t mib(const char *text)
{
    uint64_t value = 0;
    return fg_slurm_mib_parse(field(text), &value) ? value : UINT64_MAX;
}

static int64_t span(const char *text)
{
    int64_t us = 0;
    return fg_slurm_time_parse(field(text), &us) ? us / 1000000 : INT64_MIN;
}

static void sizes_and_times(void)
{
    EQ(mib("100M"), 100);
    EQ(mib("100"), 100);
    EQ(mib("4G"), 4096);
    EQ(mib("1.5T"), 1572864);
    EQ(mib("2048K"), 2);
    EQ(mib("4Gn"), 4096);
    EQ(mib("3000000"), 3000000);
    OK(mib("x") == UINT64_MAX);
    OK(mib("-1M") == UINT64_MAX);
    EQ(span("90"), 5400);
    EQ(span("10:58"), 658);
    EQ(span("1:00:00"), 3600);
    EQ(span("2-03"), 183600);
    EQ(span("2-03:04:05"), 183845);
    OK(span("1:2:3:4") == INT64_MIN);
    OK(span("1:") == INT64_MIN);
    int64_t us = 5;
    OK(fg_slurm_time_parse(field("UNLIMITED"), &us) && us == -1);
    OK(fg_slurm_moment_parse(field("2026-11-21T18:56:18"), &us) && us == 1795287378000000);
    OK(fg_slurm_moment_parse(field("Unknown"), &us) && us == 0);
    OK(!fg_slurm_moment_parse(field("tomorrow"), &us));
}

struct names {
    char text[256];
    size_t len;
};

static void each(void *self, const char *name)
{
    struct names *names = self;
    names->len += (size_t)snprintf(names->text + names->len, sizeof(names->text) - names->len,
                                   "%s ", name);
}

static const char *hosts(const char *list, size_t max)
{
    static struct names names;
    names = (struct names){};
    return fg_slurm_hosts(field(list), max, each, &names) ? names.text : "-";
}

static void lists(void)
{
    OK(strcmp(hosts("n1", 9), "n1 ") == 0);
    OK(strcmp(hosts("n[1-3,07],b", 9), "n1 n2 n3 n07 b ") == 0);
    OK(strcmp(hosts("gpu[008-010]-ib", 9), "gpu008-ib gpu009-ib gpu010-ib ") == 0);
    OK(strcmp(hosts("", 9), "") == 0);
    OK(strcmp(hosts("n[1-9]", 8), "-") == 0);
    OK(strcmp(hosts("n[1-4294967295]", 8), "-") == 0);
    OK(strcmp(hosts("n[3-1]", 8), "-") == 0);
    OK(strcmp(hosts("n[1", 8), "-") == 0);
    EQ(fg_slurm_array_len(field("0-9,12"), 1000), 11);
    EQ(fg_slurm_array_len(field("0-9:3%4"), 1000), 4);
    EQ(fg_slurm_array_len(field("0-4000000000"), 1000), 1000);
    EQ(fg_slurm_array_len(field("N/A"), 1000), 1);
    OK(fg_slurm_array_has(field("0-9,12"), 12));
    OK(!fg_slurm_array_has(field("0-9:3"), 5));
}

static const char real_node[] =
    "NodeName=n1 Arch=x86_64 CoresPerSocket=1  CPUAlloc=2 CPUEfctv=2 CPUTot=2 CPULoad=1.31 "
    "AvailableFeatures=fast,spot ActiveFeatures=fast,spot Gres=gpu:h100:8 GresDrain=N/A "
    "GresUsed=gpu:h100:2(IDX:0-1) NodeAddr=127.0.0.1 NodeHostName=vm Port=22101 "
    "Version=22.05.8 "
    "OS=Linux 6.18.44-fc-v657 #1 SMP PREEMPT_DYNAMIC @0  RealMemory=4000 AllocMem=200 "
    "FreeMem=22426 Sockets=2 Boards=1 State=ALLOCATED ThreadsPerCore=1 TmpDisk=0 Weight=1 "
    "Owner=N/A MCS_label=N/A Partitions=all,small  BootTime=2026-11-21T02:23:38 "
    "SlurmdStartTime=2026-11-21T18:56:18 LastBusyTime=2026-11-21T18:56:18 "
    "CfgTRES=cpu=2,mem=4000M,billing=2 AllocTRES= CapWatts=n/a CurrentWatts=0 AveWatts=0 "
    "ExtSensorsJoules=n/s ExtSensorsWatts=0 ExtSensorsTemp=n/s";

static void nodes(void)
{
    struct fg_slurm_node node;
    struct fg_err err = {};
    EQ(fg_slurm_node_parse(field(real_node), "", &node, &err), 0);
    OK(strcmp(node.name, "n1") == 0);
    OK(strcmp(node.address, "127.0.0.1") == 0);
    OK(strcmp(node.partition, "all") == 0);
    EQ(node.cpus, 2);
    EQ(node.cpus_used, 2);
    EQ(node.mem_mib, 4000);
    EQ(node.mem_used_mib, 200);
    EQ(node.gres[0].count, 8);
    EQ(node.gres_used[0], 2);
    OK(node.is_spot && node.is_up && node.in_partition);
    EQ(fg_slurm_node_parse(field(real_node), "small", &node, &err), 0);
    OK(strcmp(node.partition, "small") == 0);
    EQ(fg_slurm_node_parse(field(real_node), "other", &node, &err), 0);
    OK(!node.in_partition);
    EQ(fg_slurm_node_parse(field("nothing here"), "", &node, &err), FG_EINVAL);
    EQ(fg_slurm_node_parse(field("NodeName=a CPUTot=0"), "", &node, &err), FG_EINVAL);
}

static const char *why(const char *state)
{
    static struct fg_slurm_node node;
    static char line[512];
    snprintf(line, sizeof(line),
             "NodeName=a CPUTot=4 RealMemory=9 State=%s Partitions=p "
             "Reason=bad fan | x State=IDLE [root@2026-11-21T18:57:19]",
             state);
    return fg_slurm_node_parse(field(line), "", &node, NULL) == 0 ? node.reason : "?";
}

static enum fg_node_rest rest(const char *state)
{
    struct fg_slurm_node node;
    char line[256];
    snprintf(line, sizeof(line), "NodeName=a CPUTot=4 RealMemory=9 State=%s Partitions=p",
             state);
    EQ(fg_slurm_node_parse(field(line), "", &node, NULL), 0);
    return node.rest;
}

static void nodes_sleep(void)
{
    EQ(rest("IDLE"), FG_REST_AWAKE);
    EQ(rest("IDLE+DRAIN+POWER_DOWN"), FG_REST_GOING);
    EQ(rest("IDLE+POWERING_DOWN"), FG_REST_GOING);
    EQ(rest("IDLE+CLOUD+POWERED_DOWN"), FG_REST_ASLEEP);
    EQ(rest("IDLE+POWERED_DOWN+POWER_UP"), FG_REST_WAKING);
    EQ(rest("ALLOCATED+NOT_RESPONDING+POWERING_UP"), FG_REST_WAKING);
    OK(strcmp(why("ALLOCATED+NOT_RESPONDING+POWERING_UP"), "") == 0);
    OK(strcmp(why("DOWN+NOT_RESPONDING"), "") != 0);
}

static void states(void)
{
    static const char *const good[] = {"IDLE",
                                       "MIXED",
                                       "ALLOCATED",
                                       "IDLE+CLOUD",
                                       "MIXED+PLANNED",
                                       "IDLE+CLOUD+POWERED_DOWN",
                                       "IDLE+COMPLETING",
                                       "IDLE+DYNAMIC_NORM"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        OK(why(good[i])[0] == '\0');
    OK(strcmp(why("IDLE+DRAIN"), "it is being drained: bad fan | x State=IDLE") == 0);
    OK(strncmp(why("DOWN*"), "Slurm says that it is down", 26) == 0);
    OK(strncmp(why("IDLE*"), "it does not answer Slurm", 24) == 0);
    OK(strncmp(why("IDLE+RESERVED"), "it is reserved", 14) == 0);
    OK(strncmp(why("IDLE+BRAND_NEW"), "it is in a state that we do not know", 36) == 0);
    OK(strncmp(why(""), "Slurm tells no state", 20) == 0);
}

static void jobs(void)
{
    struct fg_slurm_job job;
    struct fg_err err = {};
    EQ(fg_slurm_job_parse(field("13|2-5|PD||1|1|100M|N/A|11:00|2026-11-21T19:24:43|N/A|"
                                "Resources|13|" OURS),
                          INSTALL, &job, &err),
       0);
    OK(job.is_ours && fg_slurm_job_waits(&job) && !fg_slurm_job_holds(&job));
    OK(strcmp(job.room, ROOM) == 0 && strcmp(job.shape, SHAPE) == 0);
    EQ(fg_slurm_array_len(job.array, 1000), 4);
    EQ(fg_slurm_job_parse(field("12|N/A|R|n[1-2]|2|2|100M|gres:gpu:h100:2|10:58|"
                                "2026-11-21T19:24:43|2026-11-21T19:24:44|None|12|" OURS),
                          INSTALL, &job, &err),
       0);
    OK(job.is_ours && fg_slurm_job_holds(&job));
    EQ(job.nodes_len, 2);
    EQ(job.mem_mib, 100);
    EQ(job.gres[0].count, 2);
    EQ(job.left_us, 658000000);
    /* Of another install, another name than in the comment, a name with a bar. */
    EQ(fg_slurm_job_parse(field("12|N/A|R|n1|1|2|1|N/A|1|N/A|N/A|None|12|" OURS),
                          "22222222-2222-4333-8444-555555555555", &job, &err),
       0);
    OK(!job.is_ours);
    EQ(fg_slurm_job_parse(field("12|N/A|R|n1|1|2|1|N/A|1|N/A|N/A|None|12|a|b|c"), INSTALL, &job,
                          &err),
       0);
    OK(!job.is_ours);
    EQ(fg_slurm_job_parse(field("12|N/A|R|n1|1"), INSTALL, &job, &err), FG_EINVAL);
    char room[FG_SLURM_ROOM_MAX];
    fg_slurm_room_at(ROOM, 999, room);
    OK(strcmp(room, "0123456789abcdef0123456789ab03e7") == 0);
}

static void ends(void)
{
    struct fg_slurm_end end;
    fg_slurm_end_parse(field("JobId=1 JobName=fastgpu-x UserId=root(0) Requeue=1 "
                             "JobState=FAILED Reason=NonZeroExitCode ExitCode=127:0 Comment=x"),
                       &end);
    OK(end.known && !end.is_active);
    EQ(end.exit_code, 127);
    OK(strcmp(end.name, "fastgpu-x") == 0);
    fg_slurm_end_parse(field("JobId=1 JobState=PENDING"), &end);
    OK(end.known && end.is_active);
    fg_slurm_end_parse(field("slurm_load_jobs error"), &end);
    OK(!end.known);
}

/* A node with our job and another's: what is theirs is what is not ours, once seen twice. */
static void looks(void)
{
    static const char queue[] = "12|N/A|R|n1|1|1|100M|gres:gpu:h100:1|1|N/A|N/A|None|12|" OURS
                                "\n13|0-9|PD||1|1|1|N/A|1|N/A|N/A|None|13|theirs|(null)\n"
                                "14|N/A|R|n1|1|1|1|N/A|1|N/A|N/A|None|14|theirs|(null)\n";
    struct fg_look *look = fg_look_new(INSTALL, "");
    struct fg_look_result out;
    fg_look_take(look, field(real_node), field(queue), &out);
    EQ(out.nodes_len, 1);
    EQ(out.nodes[0].others_cpus, 0);
    EQ(out.others_run, 1);
    EQ(out.others_wait, 10);
    EQ(out.ours_len, 1);
    fg_look_result_free(&out);
    fg_look_take(look, field(real_node), field(queue), &out);
    EQ(out.nodes_len, 1);
    EQ(out.nodes[0].others_cpus, 1);
    EQ(out.nodes[0].others_mem_mib, 100);
    EQ(out.nodes[0].others_gres[0], 1);
    fg_look_result_free(&out);
    fg_look_take(look, field(real_node), field(queue), &out);
    EQ(out.nodes_len, 0);
    fg_look_result_free(&out);
    fg_look_take(look, field("rubbish\n"), field("more\n"), &out);
    EQ(out.nodes_len, 1);
    OK(out.nodes[0].is_gone);
    EQ(out.skipped, 2);
    fg_look_result_free(&out);
    fg_look_free(look);
}

int main(void)
{
    RUN(gres);
    RUN(sizes_and_times);
    RUN(lists);
    RUN(nodes);
    RUN(states);
    RUN(nodes_sleep);
    RUN(jobs);
    RUN(ends);
    RUN(looks);
    return tap_done();
}

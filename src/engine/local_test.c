/* local_test.c - tasks on the real machine: how they start, run, are stopped and end. */
#include "engine/test_kit.h"

#include <sys/mount.h>
#include <sys/wait.h>

static void ends_are_told(void)
{
    static const struct {
        const char *why, *run;
        int kind, code, signal;
    } cases[] = {
        {"success", "true", FG_TASK_EXITED, 0, 0},
        {"exit code", "exit 7", FG_TASK_EXITED, 7, 0},
        {"greatest exit code", "exit 255", FG_TASK_EXITED, 255, 0},
        {"signal", "kill -SEGV $$", FG_TASK_EXITED, -1, SIGSEGV},
        {"no such command", "no-such-command-here", FG_TASK_EXITED, 127, 0},
        {"an interpreter of its own", "#!/usr/bin/env sh\nexit 3\n", FG_TASK_EXITED, 3, 0},
    };
    struct kit kit = kit_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        printf("# %s\n", cases[i].why);
        struct fg_job_spec spec = kit_script(cases[i].run);
        struct fg_engine_event event = kit_run(&kit, i + 1, &spec);
        EQ(event.kind, cases[i].kind);
        EQ(event.exit_code, cases[i].code);
        EQ(event.term_signal, cases[i].signal);
        OK(event.time_us > 0 && event.pid > 0);
        kit_ops->collect(kit.engine, event.key);
    }
    kit_free(&kit);
}

static void what_cannot_start_says_why(void)
{
    static const char *const missing[] = {"/no/such/program"};
    struct kit kit = kit_new();
    struct fg_job_spec spec = kit_script("true");
    spec.cwd = "/no/such/folder";
    struct fg_engine_event event = kit_run(&kit, 1, &spec);
    EQ(event.kind, FG_TASK_FAILED);
    OK(strcmp(event.reason, "cwd /no/such/folder: no such directory") == 0);

    spec = kit_script("");
    spec.argv = missing;
    spec.argv_len = 1;
    event = kit_run(&kit, 2, &spec);
    EQ(event.kind, FG_TASK_FAILED);
    OK(strstr(event.reason, "program /no/such/program: no such file") != NULL);

    struct fg_input input = {
        "data/in.txt",
        "blake2b:00000000000000000000000000000000000000000000000000000000000000ff"};
    spec = kit_script("true");
    spec.inputs = &input;
    spec.inputs_len = 1;
    event = kit_run(&kit, 3, &spec);
    EQ(event.kind, FG_TASK_FAILED);
    OK(strstr(event.reason, "input data/in.txt") != NULL);
    kit_free(&kit);
}

static void output_is_kept(void)
{
    struct kit kit = kit_new();
    struct fg_job_spec spec = kit_script("echo out; echo err >&2; pwd");
    struct fg_engine_event event = kit_run(&kit, 5, &spec);
    EQ(event.exit_code, 0);
    OK(strncmp(kit_file(&kit, 5, "stdout.log"), "out\n/", 5) == 0);
    OK(strcmp(kit_file(&kit, 5, "stderr.log"), "err\n") == 0);
    EQ(event.log_dropped, 0);
    kit_ops->collect(kit.engine, event.key);
    kit_close(&kit); /* waits for the removals */
    OK(strncmp(kit_file(&kit, 5, "stdout.log"), "out\n/", 5) == 0);
    EQ(strlen(kit_file(&kit, 5, "lock")), 0);
    kit_free(&kit);
}

static void output_is_capped(void)
{
    struct kit kit = kit_new();
    kit_close(&kit);
    kit.config.log_bytes_max = 20000;
    kit.config.log_rotate_bytes = 8192;
    kit_open(&kit);
    struct fg_job_spec spec = kit_script("yes 0123456 | head -c 100000");
    struct fg_engine_event event = kit_run(&kit, 6, &spec);
    EQ(event.exit_code, 0);
    EQ(event.log_dropped, 80000);
    EQ(strlen(kit_file(&kit, 6, "stdout.log")), 8192);
    EQ(strlen(kit_file(&kit, 6, "stdout.log.1")), 8192);
    EQ(strlen(kit_file(&kit, 6, "stdout.log.2")), 20000 - 2 * 8192);
    EQ(strlen(kit_file(&kit, 6, "stdout.log.3")), 0);
    kit_free(&kit);
}

/* It has left the session, ignores TERM, and its parent is gone. */
#define HARD_TO_KILL                                                                           \
    "setsid bash -c 'trap \"\" TERM; while :; do sleep 0.1; done' fastgpu-hard-%d & "

static void time_limit_ends_everything(void)
{
    char run[512];
    struct kit kit = kit_new();
    snprintf(run, sizeof(run), HARD_TO_KILL "trap '' TERM; while :; do sleep 0.1; done",
             (int)getpid());
    struct fg_job_spec spec = kit_script(run);
    spec.time_limit_us = 700000;
    struct fg_engine_event event = kit_run(&kit, 7, &spec);
    EQ(event.kind, FG_TASK_EXITED);
    OK(event.timed_out && !event.stopped);
    EQ(event.term_signal, SIGKILL);
    OK(strstr(event.reason, "time limit") != NULL);
    snprintf(run, sizeof(run), "fastgpu-hard-%d", (int)getpid());
    OK(kit_gone(run));
    kit_free(&kit);
}

static void what_is_left_behind_is_killed(void)
{
    char run[512];
    struct kit kit = kit_new();
    snprintf(run, sizeof(run), HARD_TO_KILL "exit 4", (int)getpid());
    struct fg_job_spec spec = kit_script(run);
    struct fg_engine_event event = kit_run(&kit, 8, &spec);
    EQ(event.exit_code, 4);
    /* Gone when the end is told, not later. */
    snprintf(run, sizeof(run), "pgrep -f fastgpu-[h]ard-%d >/dev/null", (int)getpid());
    OK(system(run) != 0);
    kit_free(&kit);
}

static void stop_is_term_then_kill(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    struct fg_job_spec polite =
        kit_script("trap 'echo bye; exit 9' TERM; while :; do sleep 0.05; done");
    kit_start(&kit, 9, &polite);
    OK(kit_started(&kit, 9, &event));
    usleep(300000);
    EQ(kit_ops->stop(kit.engine, event.key, 5000000, NULL), 0);
    kit_end(&kit, 9, &event);
    EQ(event.exit_code, 9);
    OK(event.stopped && !event.timed_out);
    OK(strcmp(kit_file(&kit, 9, "stdout.log"), "bye\n") == 0);

    struct fg_job_spec deaf = kit_script("trap '' TERM; while :; do sleep 0.05; done");
    kit_start(&kit, 10, &deaf);
    OK(kit_started(&kit, 10, &event));
    usleep(300000);
    EQ(kit_ops->stop(kit.engine, event.key, 300000, NULL), 0);
    kit_end(&kit, 10, &event);
    EQ(event.term_signal, SIGKILL);
    OK(event.stopped);

    /* Before it could begin. */
    kit_start(&kit, 11, &deaf);
    EQ(kit_ops->stop(kit.engine, (struct fg_task_key){11, 1, 0}, 0, NULL), 0);
    OK(kit_end(&kit, 11, &event));
    OK(event.stopped && event.exit_code != 0);

    EQ(kit_ops->stop(kit.engine, (struct fg_task_key){999, 1, 0}, 0, NULL), 0);
    EQ(kit_ops->stop(kit.engine, event.key, 0, NULL), 0);
    kit_free(&kit);
}

static void memory_overrun_is_told(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event = {};
    if (!strstr(kit_ops->isolation(kit.engine), "memory")
        || strstr(kit_ops->isolation(kit.engine), "no memory")) {
        printf("ok %d - # skip no memory limit here: %s\n", ++tap_count,
               kit_ops->isolation(kit.engine));
        kit_free(&kit);
        return;
    }
    struct fg_job_spec spec =
        kit_script("head -c 300m /dev/zero | tail -c 1 >/dev/null; x=$(head -c 200m /dev/zero "
                   "| tr '\\0' x); echo ${#x}");
    struct fg_task_start start = kit_task(&kit, 12, &spec);
    start.grant.mem_mib = 64;
    kit_ops->start(kit.engine, &start, NULL);
    kit_end(&kit, 12, &event);
    OK(event.out_of_memory);
    OK(strstr(event.reason, "went over its 64 MiB of memory") != NULL);
    printf("# code %d signal %d: %s\n", event.exit_code, event.term_signal, event.reason);
    kit_free(&kit);
}

static void usage_is_measured(void)
{
    struct kit kit = kit_new();
    struct fg_job_spec spec = kit_script("for i in $(seq 200000); do :; done; sleep 0.3");
    struct fg_task_start start = kit_task(&kit, 13, &spec);
    struct fg_node_spec node = kit.node;
    node.devices_len = 2;
    node.devices[0] = (struct fg_device_spec){.kind = "fpga", .id = "f0", .expose = "MY_FPGAS"};
    node.devices[1] = (struct fg_device_spec){.kind = "fpga", .id = "f1", .expose = "MY_FPGAS"};
    start.node = &node;
    start.grant.devices = 3;
    start.grant.gpu_milli = 1000;
    struct fg_engine_event event = {};
    kit_ops->start(kit.engine, &start, NULL);
    kit_end(&kit, 13, &event);
    EQ(event.exit_code, 0);
    OK(event.usage.cpu_us > 10000);
    OK(event.usage.max_rss_mib > 0 && event.usage.max_rss_mib < 1000);
    OK(event.usage.gpu_us > 2 * 300000 && event.usage.gpu_us < 2 * 60000000LL);
    kit_free(&kit);
}

static void the_same_key_starts_once(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    struct fg_job_spec spec = kit_script("echo run >> ../../../count; sleep 0.2");
    for (int i = 0; i < 5; i++)
        EQ(kit_start(&kit, 14, &spec), 0);
    OK(kit_end(&kit, 14, &event));
    OK(!kit_event(&kit, &event, 1));
    OK(strcmp(kit_file(&kit, 14, "../../count"), "run\n") == 0);
    kit_free(&kit);
}

static void a_hundred_at_once(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    struct fg_job_spec spec = kit_script("echo $FASTGPU_JOB_ID; sleep 0.5");
    int over = 0, good = 0;
    for (int i = 0; i < 100; i++)
        kit_start(&kit, 100 + (fg_job_id)i, &spec);
    while (over < 100 && kit_event(&kit, &event, KIT_WAIT_S)) {
        if (event.kind == FG_TASK_STARTED)
            continue;
        over++;
        char want[16];
        snprintf(want, sizeof(want), "%llu\n", (unsigned long long)event.key.job);
        good += event.kind == FG_TASK_EXITED && event.exit_code == 0
                && strcmp(kit_file(&kit, event.key.job, "stdout.log"), want) == 0;
        kit_ops->collect(kit.engine, event.key);
    }
    EQ(over, 100);
    EQ(good, 100);
    kit_free(&kit);
}

static void trivial_tasks_leave_nothing(void)
{
    static const char *const argv[] = {"/bin/true"};
    char command[256];
    struct kit kit = kit_new();
    struct fg_job_spec spec = kit_script("");
    spec.argv = argv;
    spec.argv_len = 1;
    for (fg_job_id job = 1; job <= 50; job++) {
        struct fg_engine_event event = kit_run(&kit, job, &spec);
        if (event.kind != FG_TASK_EXITED || event.exit_code != 0)
            OK(false);
        kit_ops->collect(kit.engine, event.key);
    }
    kit_close(&kit);
    /* Only spare folders and the parents: nothing of any job. */
    snprintf(command, sizeof(command), "test -z \"$(find %s/jobs -mindepth 2)\"", kit.dir);
    EQ(system(command), 0);
    kit_free(&kit);
}

static void setup_runs_before(void)
{
    struct kit kit = kit_new();
    struct fg_job_spec spec = kit_script("cat made");
    spec.setup = "echo ready > made; echo set up";
    struct fg_engine_event event = kit_run(&kit, 15, &spec);
    EQ(event.exit_code, 0);
    OK(strcmp(kit_file(&kit, 15, "stdout.log"), "set up\nready\n") == 0);

    spec.setup = "exit 5";
    event = kit_run(&kit, 16, &spec);
    EQ(event.kind, FG_TASK_EXITED);
    EQ(event.exit_code, 5);
    OK(strcmp(event.reason, "setup failed") == 0);
    kit_free(&kit);
}

static void running_tasks_are_sampled(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    struct fg_task_sample tasks[4];
    struct fg_device_sample devices[4];
    size_t len = 0, device_len = 0;
    kit_close(&kit);
    kit.config.sample_interval_ms = 200;
    kit_open(&kit);
    struct fg_job_spec spec = kit_script("bash -c 'while :; do :; done'");
    kit_start(&kit, 17, &spec);
    OK(kit_started(&kit, 17, &event));
    int64_t most = 0;
    for (int i = 0; i < 50 && (most < 100 || device_len == 0); i++) {
        usleep(100000);
        len = kit_ops->task_samples(kit.engine, tasks, 4);
        most = len == 1 && tasks[0].cpu_milli > most ? tasks[0].cpu_milli : most;
        device_len += kit_ops->device_samples(kit.engine, devices, 4);
    }
    OK(most >= 100);
    OK(device_len > 0);
    EQ(devices[0].device, FG_DEVICE_CPU);
    OK(devices[0].value[FG_READING_MEM_USED] > 0);
    kit_ops->stop(kit.engine, event.key, 0, NULL);
    OK(kit_end(&kit, 17, &event));
    kit_free(&kit);
}

/* The disk is full while a task runs: its output is dropped and counted, its end is told and recorded. */
static void a_full_disk_loses_output_only(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    char path[128];
    kit_close(&kit);
    if (geteuid() != 0 || mount("tmpfs", kit.dir, "tmpfs", 0, "size=2m") < 0) {
        printf("ok %d - # skip no small file system can be mounted here\n", ++tap_count);
        kit_free(&kit);
        return;
    }
    kit_open(&kit);
    struct fg_job_spec spec =
        kit_script("echo begun; while ! test -e ../../../go; do sleep 0.05; done; "
                   "yes | head -c 3000000; exit 3");
    kit_start(&kit, 20, &spec);
    OK(kit_started(&kit, 20, &event));
    usleep(200000);
    snprintf(path, sizeof(path), "%s/jobs/0/20/go", kit.dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    OK(fd >= 0);
    char zeros[4096] = "";
    while (write(fd, zeros, sizeof(zeros)) > 0)
        continue;
    close(fd);
    OK(kit_end(&kit, 20, &event));
    EQ(event.kind, FG_TASK_EXITED);
    EQ(event.exit_code, 3);
    OK(event.log_dropped >= 2000000);
    OK(strstr(kit_file(&kit, 20, "lock"), "exit_code=3\n") != NULL);

    /* A new one cannot be begun, and says so; with room again all is well. */
    event = kit_run(&kit, 21, &spec);
    EQ(event.kind, FG_TASK_FAILED);
    printf("# %s\n", event.reason);
    unlink(path);
    spec = kit_script("exit 0");
    event = kit_run(&kit, 22, &spec);
    EQ(event.kind, FG_TASK_EXITED);
    EQ(event.exit_code, 0);
    kit_close(&kit);
    umount2(kit.dir, MNT_DETACH);
    kit_free(&kit);
}

/* Only root can choose as whom a program runs. */
static void programs_run_as_the_user_for_jobs(void)
{
    if (geteuid() != 0) {
        printf("ok %d - # skip only root can change users\n", ++tap_count);
        return;
    }
    struct kit kit = kit_new();
    kit_close(&kit);
    struct fg_local_options options = {
        .data_dir = kit.dir, .config = &kit.config, .job_user = "nobody"};
    kit.engine = fg_local_new(&options, NULL);
    OK(kit.engine != NULL);
    const char *outputs[] = {"mine", "theirs"};
    struct fg_job_spec spec = kit_script(
        "id -un; echo x > mine; echo y > $FASTGPU_CHECKPOINT_DIR/c; ln /etc/shadow theirs; "
        "cat /etc/shadow ../lock; grep -E 'NoNewPrivs|^CapEff' /proc/self/status; test $HOME "
        "!= /root");
    spec.outputs = outputs;
    spec.outputs_len = 2;
    struct fg_engine_event event = kit_run(&kit, 18, &spec);
    EQ(event.kind, FG_TASK_EXITED);
    EQ(event.exit_code, 0);
    const char *out = kit_file(&kit, 18, "stdout.log");
    OK(strncmp(out, "nobody\n", 7) == 0);
    OK(strstr(out, "root:") == NULL && strstr(out, "supervisor") == NULL);
    OK(strstr(out, "NoNewPrivs:\t1") != NULL
       && strstr(out, "CapEff:\t0000000000000000") != NULL);
    OK(strstr(kit_file(&kit, 18, "../../checkpoint/c"), "y") != NULL);
    EQ(event.artifacts, 1);

    spec = kit_script("true");
    kit_close(&kit);
    options.job_user = "no-such-user-here";
    kit.engine = fg_local_new(&options, NULL);
    struct fg_err err = {};
    struct fg_task_start start = kit_task(&kit, 19, &spec);
    EQ(kit_ops->start(kit.engine, &start, &err), FG_EBACKEND);
    OK(strstr(err.text, "no-such-user-here") != NULL);
    kit_free(&kit);
}

static void a_second_engine_is_refused(void)
{
    struct kit kit = kit_new();
    struct fg_err err = {};
    struct fg_local_options options = {.data_dir = kit.dir, .config = &kit.config};
    OK(fg_local_new(&options, &err) == NULL);
    EQ(err.code, FG_EBUSY);
    kit_free(&kit);
}

int main(void)
{
    RUN(ends_are_told);
    RUN(what_cannot_start_says_why);
    RUN(output_is_kept);
    RUN(output_is_capped);
    RUN(time_limit_ends_everything);
    RUN(what_is_left_behind_is_killed);
    RUN(stop_is_term_then_kill);
    RUN(memory_overrun_is_told);
    RUN(usage_is_measured);
    RUN(the_same_key_starts_once);
    RUN(a_hundred_at_once);
    RUN(trivial_tasks_leave_nothing);
    RUN(setup_runs_before);
    RUN(running_tasks_are_sampled);
    RUN(a_full_disk_loses_output_only);
    RUN(programs_run_as_the_user_for_jobs);
    RUN(a_second_engine_is_refused);
    return tap_done();
}

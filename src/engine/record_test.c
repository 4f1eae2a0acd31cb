/* record_test.c - what is written comes back, what was cut or forged does not: plan, exit record, lock. */
#include "engine/exit_record.h"
#include "engine/fs.h"
#include "engine/plan.h"
#include "engine/task_lock.h"
#include "test/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void an_exit_record_reads_back(void)
{
    struct fg_engine_event event = {.kind = FG_TASK_EXITED,
                                    .time_us = 1700000000000000,
                                    .pid = 77,
                                    .exit_code = -1,
                                    .term_signal = 9,
                                    .out_of_memory = true,
                                    .usage = {100, 200, 300, 400},
                                    .log_dropped = 5,
                                    .reason = "two\nlines=\tone"};
    struct fg_engine_artifact artifacts[2] = {{"out/a b.txt", "blake2b:00", 7},
                                              {"x", "blake2b:11", 0}},
                              got[1];
    struct fg_engine_event back = {.key = {1, 2, 3}};
    struct fg_buf text = {};
    fg_exit_record_write(&text, &event, artifacts, 2);
    EQ(fg_exit_record_read(text.text, text.len, &back, got, 1), 0);
    EQ(back.kind, FG_TASK_EXITED);
    EQ(back.key.job, 1);
    EQ(back.exit_code, -1);
    EQ(back.term_signal, 9);
    OK(back.out_of_memory && !back.timed_out && !back.stopped);
    EQ(back.usage.cpu_us, 200);
    EQ(back.usage.energy_mj, 400);
    EQ(back.log_dropped, 5);
    EQ(back.artifacts, 2);
    OK(strcmp(back.reason, "two lines= one") == 0);
    OK(strcmp(got[0].path, "out/a b.txt") == 0 && got[0].bytes == 7);

    int cut_accepted = 0;
    for (size_t len = 0; len < text.len; len++)
        cut_accepted += fg_exit_record_read(text.text, len, &back, NULL, 0) == 0;
    EQ(cut_accepted, 0);
    fg_buf_free(&text);
}

static void nonsense_is_no_record(void)
{
    static const char *const bad[] = {
        "",
        "end\n",
        "fastgpu-exit 2\nend\n",
        "fastgpu-exit 1\nexit_code=256\nend\n",
        "fastgpu-exit 1\nexit_code=99999999999999999999\nend\n",
        "fastgpu-exit 1\nexit_code=1x\nend\n",
        "fastgpu-exit 1\nkind=maybe\nend\n",
        "fastgpu-exit 1\nno equals\nend\n",
        "fastgpu-exit 1\npid=4294967296\nend\n",
        "fastgpu-exit 1\ntimed_out=2\nend\n",
        "fastgpu-exit 1\nartifact=only\nend\n",
        "fastgpu-exit 1\nartifact=h -1 p\nend\n",
    };
    struct fg_engine_event event = {.pid = 42};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!OK(fg_exit_record_read(bad[i], strlen(bad[i]), &event, NULL, 0) == FG_EINVAL))
            printf("#   accepted: %s\n", bad[i]);
    }
    EQ(event.pid, 42);
    const char *newer = "fastgpu-exit 1\nkind=failed\nnew_field=abc\nend\nrest";
    EQ(fg_exit_record_read(newer, strlen(newer), &event, NULL, 0), 0);
    EQ(event.kind, FG_TASK_FAILED);
}

static void a_plan_reads_back(void)
{
    const char *argv[] = {"a", "", "b c"}, *envs[] = {"K=V"}, *inputs[] = {"p", "h"};
    struct fg_plan plan = {.key = {5, 1, 0},
                           .tasks = 2,
                           .mem_mib = 7,
                           .uid = -1,
                           .gid = -1,
                           .user = "u",
                           .run = "",
                           .setup = "s",
                           .cwd = "",
                           .workdir_hash = "",
                           .cpus = "0-1",
                           .mps_device = "",
                           .outputs_to = "",
                           .site = "here",
                           .lease = "/run/lease",
                           .argv = {argv, 3},
                           .envs = {envs, 1},
                           .inputs = {inputs, 2}};
    struct fg_plan back;
    struct fg_buf bytes = {};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(8 << 20);
    fg_plan_write(&bytes, &plan);
    EQ(fg_plan_read(bytes.text, bytes.len, arena, &back), 0);
    EQ(back.key.job, 5);
    EQ(back.uid, -1);
    EQ(back.argv.len, 3);
    OK(strcmp(back.argv.items[2], "b c") == 0 && back.argv.items[3] == NULL);
    OK(strcmp(back.cpus, "0-1") == 0 && strcmp(back.envs.items[0], "K=V") == 0);
    int accepted = 0;
    for (size_t len = 0; len < bytes.len; len++)
        accepted += fg_plan_read(bytes.text, len, arena, &back) == 0;
    EQ(accepted, 0);
    fg_buf_free(&bytes);
}

static char folder[] = "/tmp/fastgpu-lock-test-XXXXXX";

static void a_lock_is_taken_once(void)
{
    struct fg_task_lock_text text;
    EQ(fg_task_lock_probe(folder, &text), FG_LOCK_ABSENT);
    int lock = fg_task_lock_take();
    OK(lock >= 0);
    EQ(fg_task_lock_probe(folder, &text), FG_LOCK_HELD);
    EQ(text.supervisor, getpid());
    EQ(text.program, 0);
    EQ(fg_task_lock_take(), -EEXIST);
    EQ(fg_task_lock_fence(folder), 0);
    EQ(fg_task_lock_started(lock, 123, 456), 0);
    EQ(fg_task_lock_probe(folder, &text), FG_LOCK_HELD);
    EQ(text.program, 123);
    EQ(text.started_us, 456);
    EQ(fg_task_lock_ended(lock, "fastgpu-exit 1\nend\n", 19), 0);
    char bytes[256];
    ssize_t len = fg_fs_read_small(AT_FDCWD, FG_TASK_LOCK, bytes, sizeof(bytes));
    const char *record = fg_task_lock_record(bytes, (size_t)len);
    OK(record && strcmp(record, "fastgpu-exit 1\nend\n") == 0);
    close(lock);
    EQ(fg_task_lock_probe(folder, &text), FG_LOCK_FREE);
    EQ(fg_task_lock_take(), -EEXIST);
    unlink(FG_TASK_LOCK);
    EQ(fg_task_lock_fence(folder), 1);
    EQ(fg_task_lock_take(), -EEXIST);
    EQ(fg_task_lock_probe(folder, &text), FG_LOCK_FREE);
    unlink(FG_TASK_LOCK);
}

static void of_many_one_gets_the_lock(void)
{
    int rounds_right = 0;
    for (int round = 0; round < 20; round++) {
        int won = 0;
        pid_t pids[10];
        for (int i = 0; i < 10; i++) {
            pids[i] = fork();
            if (pids[i] == 0)
                _exit(fg_task_lock_take() >= 0 ? 1 : 0);
        }
        for (int i = 0; i < 10; i++) {
            int status;
            waitpid(pids[i], &status, 0);
            won += WEXITSTATUS(status);
        }
        rounds_right += won == 1;
        unlink(FG_TASK_LOCK);
    }
    EQ(rounds_right, 20);
}

int main(void)
{
    RUN(an_exit_record_reads_back);
    RUN(nonsense_is_no_record);
    RUN(a_plan_reads_back);
    if (!mkdtemp(folder) || chdir(folder) < 0)
        return 1;
    RUN(a_lock_is_taken_once);
    RUN(of_many_one_gets_the_lock);
    if (chdir("/") == 0)
        fg_fs_remove_tree(AT_FDCWD, folder);
    return tap_done();
}

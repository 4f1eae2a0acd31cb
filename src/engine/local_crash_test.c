/* local_crash_test.c - kill -9 of the daemon, the launcher and supervisors: nothing runs twice, nothing that
 * ended is lost, nothing is left over.
 */
#include "engine/procs.h"
#include "engine/task_lock.h"
#include "engine/test_kit.h"

#include <inttypes.h>
#include <sys/wait.h>

#define MANY 100

/* Run `act` in a process of its own that holds the engine, and kill that process. */
static void in_daemon_that_is_killed(struct kit *kit, void (*act)(struct kit *kit))
{
    kit_close(kit);
    pid_t daemon = fork();
    if (daemon == 0) {
        kit_open(kit);
        act(kit);
        kill(getpid(), SIGKILL);
    }
    waitpid(daemon, NULL, 0);
    kit_open(kit);
}

static struct fg_task_key key_of(fg_job_id job)
{
    return (struct fg_task_key){job, 1, 0};
}

static void start_and_see(struct kit *kit)
{
    struct fg_engine_event event;
    struct fg_job_spec lasting =
        kit_script("echo begun; for i in 1 2 3 4; do sleep 0.5; done; echo ended; exit 3");
    struct fg_job_spec quick = kit_script("echo quick; exit 2");
    kit_start(kit, 1, &lasting);
    kit_started(kit, 1, &event);
    kit_start(kit, 2, &quick);
    kit_end(kit, 2, &event);
}

static void tasks_go_on_and_are_adopted(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    in_daemon_that_is_killed(&kit, start_and_see);
    struct fg_task_at tasks[] = {{.key = key_of(1)}, {.key = key_of(2)}, {.key = key_of(3)}};
    EQ(kit_ops->adopt(kit.engine, tasks, 3, NULL), 0);
    int kinds[4] = {-1, -1, -1, -1};
    for (int i = 0; i < 3 && kit_event(&kit, &event, 5); i++) {
        kinds[event.key.job] = (int)event.kind;
        if (event.key.job == 2)
            EQ(event.exit_code, 2);
    }
    EQ(kinds[1], FG_TASK_STARTED);
    EQ(kinds[2], FG_TASK_EXITED);
    EQ(kinds[3], FG_TASK_LOST);
    OK(kit_end(&kit, 1, &event));
    EQ(event.kind, FG_TASK_EXITED);
    EQ(event.exit_code, 3);
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), "begun\nended\n") == 0);
    OK(!kit_event(&kit, &event, 1));

    /* The one that never started is fenced: it cannot start any more. */
    kit_ops->collect(kit.engine, key_of(3));
    kit_close(&kit);
    kit_open(&kit);
    struct fg_job_spec spec = kit_script("echo ran > ../../../ran");
    kit_start(&kit, 3, &spec);
    OK(kit_end(&kit, 3, &event));
    EQ(event.kind, FG_TASK_LOST);
    OK(strcmp(kit_file(&kit, 3, "../../ran"), "") == 0);
    kit_free(&kit);
}

static void start_deaf(struct kit *kit)
{
    struct fg_engine_event event;
    struct fg_job_spec deaf = kit_script("trap '' TERM; while :; do sleep 0.1; done");
    kit_start(kit, 4, &deaf);
    kit_started(kit, 4, &event);
}

static void adopted_tasks_can_be_stopped(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    in_daemon_that_is_killed(&kit, start_deaf);
    struct fg_task_key key = key_of(4);
    kit_ops->adopt(kit.engine, &(struct fg_task_at){.key = key}, 1, NULL);
    OK(kit_started(&kit, 4, &event));
    OK(event.pid > 0 && kill(event.pid, 0) == 0);
    EQ(kit_ops->stop(kit.engine, key, 200000, NULL), 0);
    OK(kit_end(&kit, 4, &event));
    EQ(event.term_signal, SIGKILL);
    OK(event.stopped);
    kit_free(&kit);
}

static void a_killed_supervisor_is_lost_and_buried(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    char run[256], dir[FG_PATH_MAX], mark[64];
    snprintf(mark, sizeof(mark), "fastgpu-orphan-%d", (int)getpid());
    snprintf(run, sizeof(run),
             "setsid bash -c 'trap \"\" TERM; while :; do sleep 0.1; done' %s & sleep 60",
             mark);
    struct fg_job_spec spec = kit_script(run);
    kit_start(&kit, 5, &spec);
    OK(kit_started(&kit, 5, &event));
    usleep(300000);
    struct fg_task_lock_text text;
    fg_task_dir(kit.dir, key_of(5), dir);
    EQ(fg_task_lock_probe(dir, &text), FG_LOCK_HELD);
    EQ(text.program, event.pid);
    kill(text.supervisor, SIGKILL);
    OK(kit_end(&kit, 5, &event));
    EQ(event.kind, FG_TASK_LOST);
    OK(kit_gone(mark));
    kit_free(&kit);
}

static void a_killed_launcher_loses_nothing(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    struct fg_err err = {};
    struct fg_job_spec spec = kit_script("sleep 1; exit 6");
    kit_start(&kit, 6, &spec);
    OK(kit_started(&kit, 6, &event));
    pid_t children[8];
    size_t len = fg_procs_below(getpid(), children, 8);
    OK(len >= 1);
    kill(children[0], SIGKILL); /* the first child of this process: the launcher */
    OK(kit_end(&kit, 6, &event));
    EQ(event.kind, FG_TASK_EXITED);
    EQ(event.exit_code, 6);
    struct fg_task_start start = kit_task(&kit, 7, &spec);
    EQ(kit_ops->start(kit.engine, &start, &err), FG_EBACKEND);
    OK(strstr(err.text, "launcher") != NULL);
    kit_free(&kit);
}

static int random_us;
static fg_job_id random_job;

static void start_and_die_at_random(struct kit *kit)
{
    /* Before, between or after the starts. */
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &(struct itimerspec){.it_value.tv_nsec = 1 + random_us * 1000L},
                  NULL);
    struct fg_job_spec spec = kit_script("echo run >> ../../../count; sleep 0.05; exit 1");
    for (fg_job_id job = random_job; job < random_job + 3; job++)
        kit_start(kit, job, &spec);
    pause();
}

/* As a daemon does it: the intent is known, the daemon dies at any moment; then it is asked what became of
 * each, and (as it must be harmless) even told to start again. */
static void random_kills_start_nothing_twice(void)
{
    struct kit kit = kit_new();
    int twice = 0, wrong = 0, silent = 0, exited = 0, lost = 0;
    srandom(7);
    for (int round = 0; round < MANY; round++) {
        struct fg_engine_event event;
        random_us = (int)(random() % (round % 2 ? 1000 : 30000));
        random_job = 1000 + (fg_job_id)round * 3;
        in_daemon_that_is_killed(&kit, start_and_die_at_random);
        struct fg_job_spec spec = kit_script("echo run >> ../../../count; sleep 0.05; exit 1");
        for (fg_job_id job = random_job; job < random_job + 3; job++) {
            struct fg_task_key key = key_of(job);
            bool again = random() % 2;
            if (again)
                kit_start(&kit, job, &spec);
            else
                kit_ops->adopt(kit.engine, &(struct fg_task_at){.key = key}, 1, NULL);
            if (!kit_end(&kit, job, &event)) {
                silent++;
                continue;
            }
            size_t runs = strlen(kit_file(&kit, job, "../../count")) / strlen("run\n");
            twice += runs > 1;
            wrong += event.kind == FG_TASK_EXITED ? runs != 1 || event.exit_code != 1
                                                  : event.kind != FG_TASK_LOST || again;
            exited += event.kind == FG_TASK_EXITED;
            lost += event.kind == FG_TASK_LOST;
            kit_ops->collect(kit.engine, event.key);
        }
    }
    printf("# %d exited, %d were lost before they began\n", exited, lost);
    EQ(twice, 0);
    EQ(wrong, 0);
    EQ(silent, 0);
    kit_free(&kit);
}

int main(void)
{
    RUN(tasks_go_on_and_are_adopted);
    RUN(adopted_tasks_can_be_stopped);
    RUN(a_killed_supervisor_is_lost_and_buried);
    RUN(a_killed_launcher_loses_nothing);
    RUN(random_kills_start_nothing_twice);
    return tap_done();
}

/* heir_test.c - couriers that are killed, and those that tell of them afterwards. */
#include "link/test_kit.h"

#include <dirent.h>

#define OTHER "abcdefabcdefabcdefabcdefabcdefab"

/* A courier of the same installation, in another allocation. */
static pid_t next_courier(struct kit *kit)
{
    struct fg_link_allocation other = {.name = OTHER, .couriers = 1, .lease_us = kit_lease_us};
    OK(fg_link_expect(kit->link, &other, NULL) == 0);
    kit->allocation = OTHER;
    pid_t pid = kit_courier(kit, kit->address, 0);
    kit->allocation = KIT_ALLOCATION;
    return pid;
}

static int folders(const struct kit *kit)
{
    int count = 0;
    DIR *dir = opendir(kit->scratch);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static bool folders_become(const struct kit *kit, int count)
{
    for (int i = 0; i < KIT_WAIT_S * 20 && folders(kit) != count; i++)
        usleep(50000);
    return folders(kit) == count;
}

/* A task has ended, as its supervisor wrote it down. */
static bool has_record(const struct kit *kit)
{
    char command[160];
    snprintf(command, sizeof(command), "grep -rqs '^kind=' %s/*/jobs", kit->scratch);
    for (int i = 0; i < KIT_WAIT_S * 20 && system(command) != 0; i++)
        usleep(50000);
    return system(command) == 0;
}

static void end_with(struct kit *kit, pid_t pid)
{
    kill(pid, SIGKILL);
    kit_exit(pid);
    kit_free(kit);
}

/* It ends while nobody listens, and its courier is killed: all of it is told by the next one. */
static void test_an_end_nobody_heard(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    const char *outputs[] = {"result"};
    struct fg_job_spec spec = test_job("echo one; sleep 0.4; echo two; echo 42 >result");
    spec.outputs = outputs;
    spec.outputs_len = 1;
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_log(&kit, 1, "one"));
    kit_close(&kit);
    OK(has_record(&kit));
    kill(pid, SIGKILL);
    EQ(kit_exit(pid), -1);
    kit_open(&kit, true);
    const struct fg_link_courier who = {.allocation = KIT_ALLOCATION};
    EQ(fg_link_adopt(kit.link, &who, (struct fg_task_key){1, 1, 0}, &spec, NULL), 0);
    pid = next_courier(&kit);
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    EQ(kit.event.task.exit_code, 0);
    struct fg_engine_artifact list[2];
    EQ(fg_link_artifacts(kit.link, (struct fg_task_key){1, 1, 0}, list, 2), 1);
    EQ(kit_blob_size(&kit, list[0].hash), 3);
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), "one\ntwo\n") == 0);
    fg_link_collect(kit.link, (struct fg_task_key){1, 1, 0});
    OK(kit_wait_for(&kit, FG_LINK_GONE));
    OK(strcmp(kit.event.courier.allocation, KIT_ALLOCATION) == 0);
    OK(folders_become(&kit, 1));
    end_with(&kit, pid);
}

/* Killed under a task: its neighbour says so at once, and what the task had saved is there. */
static void test_killed_under_a_task(void)
{
    struct kit kit = kit_new();
    char path[FG_PATH_MAX];
    pid_t pid = kit_courier(&kit, kit.address, 0), other = next_courier(&kit);
    OK(kit_wait_for(&kit, FG_LINK_HELLO) && kit_wait_for(&kit, FG_LINK_HELLO));
    struct fg_job_spec spec =
        test_job("echo 7 >$FASTGPU_CHECKPOINT_DIR/step; echo up; sleep 76.5");
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_log(&kit, 1, "up"));
    kill(pid, SIGKILL);
    kit_exit(pid);
    OK(kit_task(&kit, 1, FG_TASK_LOST));
    OK(strstr(kit.event.task.reason, "not heard") == NULL);
    OK(kit_gone("sleep 76.5"));
    OK(fg_keep_checkpoint_path(kit.dir, 1, path) == 0 && access(path, R_OK) == 0);
    EQ(kit_count(&kit, FG_LINK_EXPIRED), 0);
    fg_link_collect(kit.link, (struct fg_task_key){1, 1, 0});
    OK(kit_wait_for(&kit, FG_LINK_GONE));
    end_with(&kit, other);
}

/* Slurm kills all of a room at once: that is no failure of the program. */
static void test_killed_with_its_program(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    struct fg_job_spec spec = test_job("echo up; sleep 0.4; kill -9 $$");
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_log(&kit, 1, "up"));
    kit_close(&kit);
    OK(has_record(&kit));
    kill(pid, SIGKILL);
    kit_exit(pid);
    kit_open(&kit, true);
    const struct fg_link_courier who = {.allocation = KIT_ALLOCATION};
    EQ(fg_link_adopt(kit.link, &who, (struct fg_task_key){1, 1, 0}, &spec, NULL), 0);
    pid = next_courier(&kit);
    OK(kit_task(&kit, 1, FG_TASK_LOST));
    OK(strcmp(kit.event.task.reason, "its courier died") == 0);
    end_with(&kit, pid);
}

/* Given up already: what it says does not count, and its folder goes. */
static void test_too_late(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    struct fg_job_spec spec = test_job("echo up; sleep 77.5");
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_log(&kit, 1, "up"));
    kill(pid, SIGKILL);
    kit_exit(pid);
    OK(kit_gone("sleep 77.5"));
    fg_link_give_up(kit.link, KIT_ALLOCATION);
    OK(kit_task(&kit, 1, FG_TASK_LOST) && kit_wait_for(&kit, FG_LINK_EXPIRED));
    EQ(folders(&kit), 1);
    pid = next_courier(&kit);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    OK(folders_become(&kit, 1));
    EQ(kit_count(&kit, FG_LINK_GONE), 0);
    end_with(&kit, pid);
}

/* Those of another installation are none of its business; one that ends in good order leaves nothing. */
static void test_strangers(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    kill(pid, SIGKILL);
    kit_exit(pid);
    setenv("KIT_INSTALL", "2222", 1);
    pid = next_courier(&kit);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    fg_link_dismiss(kit.link, OTHER);
    EQ(kit_exit(pid), 0);
    EQ(folders(&kit), 1);
    setenv("KIT_INSTALL", "1111", 1);
    kit_free(&kit);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1)
        return kit_be_courier(argv);
    kit_program = argv[0];
    setenv("KIT_INSTALL", "1111", 1);
    RUN(test_an_end_nobody_heard);
    RUN(test_killed_under_a_task);
    RUN(test_killed_with_its_program);
    RUN(test_too_late);
    RUN(test_strangers);
    return tap_done();
}

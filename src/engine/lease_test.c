/* lease_test.c - tasks that live no longer than their lease and their engine; what they are told of their peers. */
#include "engine/launch.h"
#include "engine/lease.h"
#include "engine/test_kit.h"
#include "engine/watch.h"

#include <sys/wait.h>

static char lease_path[96];

static struct kit leased_kit(struct fg_lease **out)
{
    struct fg_err err = {};
    struct kit kit = {.dir = "/tmp/fastgpu-engine-test-XXXXXX"};
    fg_config_defaults(&kit.config);
    if (!mkdtemp(kit.dir))
        exit(1);
    snprintf(lease_path, sizeof(lease_path), "%s/lease", kit.dir);
    *out = fg_lease_make(lease_path, &err);
    OK(*out != NULL);
    struct fg_local_options options = {
        .data_dir = kit.dir, .config = &kit.config, .lease = lease_path};
    size_t len;
    kit.engine = fg_local_new(&options, &err);
    OK(kit.engine && kit_ops->discover(kit.engine, &kit.node, 1, &len, &err) == 0);
    return kit;
}

static void test_ends_with_its_lease(void)
{
    struct fg_lease *lease;
    struct kit kit = leased_kit(&lease);
    struct fg_engine_event event;
    struct fg_job_spec spec =
        kit_script("trap '' TERM; echo deaf; sleep 61.5 & wait; wait; sleep 60");
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_started(&kit, 1, &event));
    OK(kit_says(&kit, 1, "deaf")); /* else SIGTERM may come before the trap */
    int64_t now = fg_watch_now();
    fg_lease_set(lease, now, now + 200000);
    OK(kit_end(&kit, 1, &event));
    EQ(event.term_signal, SIGKILL);
    OK(event.stopped && strstr(event.reason, "not heard"));
    OK(kit_gone("sleep 61.5"));
    fg_lease_free(lease);
    kit_free(&kit);
}

static void test_over_lease_starts_nothing(void)
{
    struct fg_lease *lease;
    struct kit kit = leased_kit(&lease);
    fg_lease_set(lease, 1, 1);
    struct fg_job_spec spec = kit_script("echo run");
    struct fg_engine_event event = kit_run(&kit, 1, &spec);
    EQ(event.kind, FG_TASK_EXITED);
    OK(event.stopped && event.term_signal == SIGTERM);
    EQ(strlen(kit_file(&kit, 1, "stdout.log")), 0);
    fg_lease_free(lease);
    kit_free(&kit);
}

/* The engine is killed, as kill -9 of a courier does it: nothing of its tasks is left. */
static void test_ends_with_its_engine(void)
{
    int ready[2];
    OK(pipe(ready) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct fg_lease *lease;
        struct kit kit = leased_kit(&lease);
        struct fg_engine_event event;
        struct fg_job_spec spec =
            kit_script("(sleep 62.5 &) ; trap '' TERM; sleep 62.5; sleep 60");
        spec.grace_us = 100000000;
        kit_start(&kit, 1, &spec);
        if (!kit_started(&kit, 1, &event) || write(ready[1], kit.dir, sizeof(kit.dir)) < 0)
            _exit(1);
        pause();
    }
    struct kit kit = {};
    OK(read(ready[0], kit.dir, sizeof(kit.dir)) == sizeof(kit.dir));
    kill(pid, SIGKILL);
    waitpid(pid, &(int){0}, 0);
    OK(kit_gone("sleep 62.5"));
    kit_free(&kit);
}

static void test_peers(void)
{
    struct fg_node_spec nodes[3] = {{.name = "c.n1", .address = "10.0.0.1"},
                                    {.name = "c.n2"},
                                    {.name = "c.n3", .address = "10.0.0.3"}};
    static const int on[] = {1, 1, 0, 0, 0, 2, 1};
    struct fg_task_place places[7];
    for (int i = 0; i < 7; i++)
        places[i] = (struct fg_task_place){.node = &nodes[on[i]]};
    static const uint32_t local[] = {0, 1, 0, 1, 2, 0, 2}, size[] = {3, 3, 3, 3, 3, 1, 3},
                          node[] = {0, 0, 1, 1, 1, 2, 0};
    for (uint32_t i = 0; i < 7; i++) {
        struct fg_task_start start = {.key = {1, 1, i}, .tasks = 7, .places = places};
        struct fg_launch launch = fg_launch_of(&start);
        EQ(launch.local_rank, local[i]);
        EQ(launch.local_size, size[i]);
        EQ(launch.node_rank, node[i]);
        EQ(launch.nodes, 3);
        OK(strcmp(launch.master, "c.n2") == 0);
    }
    struct fg_task_start start = {.key = {1, 1, 1}, .tasks = 2, .places = places};
    OK(strcmp(fg_launch_of(&start).master, "127.0.0.1") == 0);
    start.places = NULL;
    EQ(fg_launch_of(&start).local_size, 2);
    EQ(fg_launch_of(&start).local_rank, 1);
    struct fg_launch given = {.master = "far", .nodes = 9};
    start.launch = &given;
    EQ(fg_launch_of(&start).nodes, 9);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(test_peers);
    RUN(test_ends_with_its_lease);
    RUN(test_over_lease_starts_nothing);
    RUN(test_ends_with_its_engine);
    return tap_done();
}

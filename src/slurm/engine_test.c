/* engine_test.c - the engine against a fake Slurm and a link without couriers. */
#include "slurm/slurm_kit.h"

static const char two[] = "n1 8 8000 gpu:H100:4(S:0-1) IDLE 0 gpu:H100:0(IDX:N/A)\n"
                          "n2 8 8000 gpu:H100:4 MIXED 2 gpu:H100:1(IDX:0)\n"
                          "n3 4 4000 (null) IDLE+DRAIN 0 (null)\n";

static void kit_of_two(struct kit *kit)
{
    kit_open(kit, two);
    kit_put(kit, 3);
}

static const char *room_of(const struct kit *kit, size_t nth)
{
    return kit->link->expected[nth].name;
}

/* A job of one task runs in a room of its own, the first. */
static void job_runs(struct kit *kit, uint32_t devices)
{
    kit_start(kit, 1, 1, &(struct kit_place){0, devices}, 1);
    UNTIL(kit, kit->link->expected_len == 1);
    fake_hello(kit->link, room_of(kit, 0), 0, "n1");
    UNTIL(kit, kit->link->started_len == 1);
}

static void nodes_are_told(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    OK(strcmp(kit.nodes[0].name, "berlin.n1") == 0);
    OK(strcmp(kit.nodes[0].supplier, "berlin") == 0);
    OK(strcmp(kit.nodes[0].address, "n1.test") == 0);
    OK(strcmp(kit.nodes[0].site, "b") == 0);
    EQ(kit.nodes[0].cpu_milli, 8000);
    EQ(kit.nodes[0].mem_mib, 8000);
    EQ(kit.nodes[0].devices_len, 4);
    EQ(kit.nodes[0].price_uusd_per_hour, 28);
    OK(strcmp(kit.nodes[0].devices[3].kind, "h100") == 0);
    OK(kit.nodes[0].whole_only);
    OK(kit.states[0].up);
    OK(!kit.states[2].up);
    OK(strstr(kit.states[2].reason, "drained"));
    /* What others hold counts once two looks saw it. */
    UNTIL(&kit, kit.states[1].others.cpu_milli == 2000);
    EQ(kit.states[1].others.devices, 8);
    OK(strcmp(kit.about.version, "slurm 22.05.8-fake (commands)") == 0);
    EQ(kit.about.nodes, 3);
    EQ(kit.about.nodes_up, 2);
    OK(kit.link->is_settled);
    kit_write(&kit, "nodes", "n2 8 8000 gpu:H100:4 MIXED 2 gpu:H100:1(IDX:0)\n");
    UNTIL(&kit, kit.states[0].kind == FG_NEWS_NODE_GONE);
    kit_write(&kit, "faults", "down");
    UNTIL(&kit, !kit.about.up);
    OK(strstr(kit.about.reason, "Unable to contact"));
    kit_write(&kit, "faults", "");
    UNTIL(&kit, kit.about.up);
    kit_close(&kit);
}

static void a_task_runs_and_its_room_is_used_again(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    kit_start(&kit, 7, 1, &(struct kit_place){0, 3}, 1);
    UNTIL(&kit, kit_count(&kit, "calls", "--gres=gpu:H100:2") == 1);
    EQ(kit_count(&kit, "calls", "--nodelist=n1"), 1);
    EQ(kit.link->expected_len, 1);
    EQ(kit.link->started_len, 0);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 1);
    OK(strcmp(kit.link->started[0].node, "berlin.n1") == 0);
    struct fg_task_key key = {7, 1, 0};
    EQ(kit_count(&kit, "slurm/bound", "+ "), 1);
    fake_task(kit.link, key, FG_TASK_STARTED);
    fake_task(kit.link, key, FG_TASK_EXITED);
    UNTIL(&kit, kit_events(&kit, 7, FG_TASK_EXITED) == 1);
    EQ(kit_events(&kit, 7, FG_TASK_STARTED), 1);
    fg_engine_slurm.collect(kit.engine, key);
    EQ(kit.link->collected_len, 1);
    /* The next of its kind goes to the same courier, other devices of the node are as good. */
    kit_start(&kit, 8, 1, &(struct kit_place){0, 12}, 1);
    UNTIL(&kit, kit.link->started_len == 2);
    OK(strcmp(kit.link->started[1].courier.allocation, room_of(&kit, 0)) == 0);
    EQ(kit_count(&kit, "calls", "sbatch"), 1);
    fake_task(kit.link, (struct fg_task_key){8, 1, 0}, FG_TASK_STARTED);
    /* All devices are wanted at once: another room. */
    kit_start(&kit, 9, 1, &(struct kit_place){0, 3}, 1);
    UNTIL(&kit, kit_count(&kit, "calls", "sbatch") == 2);
    EQ(kit.link->dismissed_len, 0);
    /* The courier of the first is lost: what the link tells is told. */
    fake_task(kit.link, (struct fg_task_key){8, 1, 0}, FG_TASK_LOST);
    fake_over(kit.link, room_of(&kit, 0), 0, true);
    UNTIL(&kit, kit_events(&kit, 8, FG_TASK_LOST) == 1);
    UNTIL(&kit, kit.link->dismissed_len == 1);
    kit_close(&kit);
}

static void idle_rooms_make_way(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    job_runs(&kit, 15);
    fake_task(kit.link, (struct fg_task_key){1, 1, 0}, FG_TASK_EXITED);
    UNTIL(&kit, kit_events(&kit, 1, FG_TASK_EXITED) == 1);
    kit_start(&kit, 2, 1, &(struct kit_place){0, 0}, 1); /* there is room beside it */
    UNTIL(&kit, kit.link->expected_len == 2);
    EQ(kit.link->dismissed_len, 0);
    kit_start(&kit, 3, 1, &(struct kit_place){0, 1}, 1);
    EQ(kit.link->dismissed_len, 1);
    OK(strcmp(kit.link->dismissed[0], room_of(&kit, 0)) == 0);
    kit_close(&kit);
}

static void gangs_have_one_room(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    kit_start(&kit, 5, 2, (struct kit_place[]){{0, 1}, {1, 1}, {0, 2}}, 3);
    UNTIL(&kit, kit_count(&kit, "calls", "--nodes=2 --nodelist=n1,n2") == 1);
    EQ(kit_count(&kit, "calls", "--gres=gpu:H100:2"), 1);
    EQ(kit_count(&kit, "calls", "--cpus-per-task=2"), 1);
    EQ(kit.link->expected[0].couriers, 2);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n2");
    kit_step(&kit);
    EQ(kit.link->started_len, 0);
    fake_hello(kit.link, room_of(&kit, 0), 1, "n1");
    UNTIL(&kit, kit.link->started_len == 3);
    for (size_t i = 0; i < 3; i++) {
        const struct fake_started *started = &kit.link->started[i];
        EQ(started->gang, 3);
        EQ(started->courier.number, started->key.task == 1 ? 0 : 1);
    }
    kit_close(&kit);
}

static void fake_read(struct fg_link *link, const char *room, uint32_t courier, uint32_t device)
{
    struct fg_link_device_sample *read = &link->readings[link->readings_len++];
    *read = (struct fg_link_device_sample){
        .courier.number = courier,
        .sample = {.device = device, .time_us = 9000000, .value = FG_READINGS_UNKNOWN}};
    snprintf(read->courier.allocation, sizeof(read->courier.allocation), "%s", room);
    read->sample.value[FG_READING_TEMP] = 50 + device;
}

static void readings_are_of_nodes_of_the_pool(void)
{
    static struct kit kit;
    struct fg_device_sample samples[8];
    kit_open(&kit, two);
    kit_put(&kit, 3);
    kit_start(&kit, 5, 1, &(struct kit_place){0, 1}, 1);
    kit_start(&kit, 6, 1, &(struct kit_place){0, 2}, 1);
    UNTIL(&kit, kit.link->expected_len == 2);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n1");
    fake_hello(kit.link, room_of(&kit, 1), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 2);
    fake_read(kit.link, room_of(&kit, 0), 0, 3);
    fake_read(kit.link, room_of(&kit, 0), 0, FG_DEVICE_CPU);
    fake_read(kit.link, room_of(&kit, 1), 0, FG_DEVICE_CPU); /* the same machine */
    fake_read(kit.link, room_of(&kit, 0), 7, 0);             /* no such courier */
    fake_read(kit.link, room_of(&kit, 0), 0, 4);             /* no such device */
    fake_read(kit.link, "ffffffffffffffffffffffffffffffff", 0, 0);
    EQ(fg_engine_slurm.device_samples(kit.engine, samples, 8), 2);
    EQ(samples[0].device, FG_DEVICE_CPU);
    EQ(samples[1].device, 3);
    EQ(samples[1].value[FG_READING_TEMP], 53);
    for (size_t i = 0; i < 2; i++)
        OK(strcmp(samples[i].node, "berlin.n1") == 0);
    kit_close(&kit);
}

/* Caps go to the courier that reads the device, when it has said what may be set. */
static void caps_go_to_who_reads_the_device(void)
{
    static struct kit kit;
    struct fg_device_sample samples[8];
    struct fg_power_limits limits = {};
    kit_open(&kit, two);
    kit_put(&kit, 3);
    job_runs(&kit, 1);
    const struct fg_node_spec *node = &kit.nodes[0];
    const struct fg_engine_ops *ops = &fg_engine_slurm;
    EQ(ops->power_limits(kit.engine, node, 3, &limits, NULL), FG_ESTATE);
    fake_read(kit.link, room_of(&kit, 0), 0, 3);
    EQ(ops->device_samples(kit.engine, samples, 8), 1);
    EQ(ops->power_limits(kit.engine, node, 3, &limits, NULL), FG_EBUSY);
    EQ(kit.link->caps_len, 1);
    EQ(ops->power_limits(kit.engine, node, 3, &limits, NULL), FG_EBUSY);
    EQ(kit.link->caps_len, 1); /* not asked twice at once */
    ops->set_power_cap(kit.engine, node, 3, 400000);
    EQ(kit.link->caps_len, 1); /* nobody knows what may be set */
    fake_limits(kit.link, room_of(&kit, 0), 3, 100000, 700000);
    UNTIL(&kit, ops->power_limits(kit.engine, node, 3, &limits, NULL) == 0);
    EQ(limits.max_mw, 700000);
    EQ(ops->power_limits(kit.engine, node, 2, &limits, NULL), FG_ESTATE);
    ops->set_power_cap(kit.engine, node, 3, 700000); /* which it has */
    EQ(kit.link->caps_len, 1);
    ops->set_power_cap(kit.engine, node, 3, 400000);
    ops->set_power_cap(kit.engine, node, 3, 400000);
    EQ(kit.link->caps_len, 2);
    EQ(kit.link->cap_mw, 400000);
    EQ(kit.link->capped_device, 3);
    OK(strcmp(kit.link->capped.allocation, room_of(&kit, 0)) == 0);
    fake_limits(kit.link, room_of(&kit, 0), 3, 0, 0);
    UNTIL(&kit, ops->power_limits(kit.engine, node, 3, &limits, NULL) == FG_ESTATE);
    kit_close(&kit);
}

static void slurm_may_place(void)
{
    static struct kit kit;
    kit_open(&kit, two);
    kit.supplier.cluster.place = FG_CLUSTER_PLACE_SLURM;
    kit_put(&kit, 3);
    kit_start(&kit, 5, 1, &(struct kit_place){0, 3}, 1);
    UNTIL(&kit, kit_count(&kit, "calls", "sbatch") == 1);
    EQ(kit_count(&kit, "calls", "--nodelist"), 0);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n2");
    UNTIL(&kit, kit.link->started_len == 1);
    fake_task(kit.link, (struct fg_task_key){5, 1, 0}, FG_TASK_STARTED);
    UNTIL(&kit, kit_events(&kit, 5, FG_TASK_STARTED) == 1);
    OK(strcmp(kit.events[kit.events_len - 1].node, "berlin.n2") == 0);
    EQ(kit.events[kit.events_len - 1].devices, 3);
    kit_close(&kit);
}

/* A courier knows its devices among all of the node, an old one does not. */
static void devices_are_told_as_slurm_chose_them(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    job_runs(&kit, 3);
    fake_began(kit.link, (struct fg_task_key){1, 1, 0}, 6);
    UNTIL(&kit, kit_events(&kit, 1, FG_TASK_STARTED) == 1);
    const struct fg_engine_event *told = &kit.events[kit.events_len - 1];
    OK(told->is_exact && strcmp(told->node, "berlin.n1") == 0);
    EQ(told->devices, 6);
    kit_start(&kit, 2, 1, &(struct kit_place){0, 2},
              1); /* the pool moved the first; this is a guess */
    UNTIL(&kit, kit.link->expected_len == 2);
    fake_hello(kit.link, room_of(&kit, 1), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 2);
    fake_began(kit.link, (struct fg_task_key){2, 1, 0}, 16); /* there are four */
    UNTIL(&kit, kit_events(&kit, 2, FG_TASK_STARTED) == 1);
    told = &kit.events[kit.events_len - 1];
    OK(!told->is_exact && told->node[0] == '\0');
    kit_close(&kit);
}

static void what_waits_is_taken_back(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    kit_write(&kit, "faults", "hold");
    kit_start(&kit, 4, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "fastgpu-") == 1);
    EQ(fg_engine_slurm.stop(kit.engine, (struct fg_task_key){4, 1, 0}, -1, NULL), 0);
    UNTIL(&kit, kit_events(&kit, 4, FG_TASK_LOST) == 1);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "fastgpu-") == 0);
    EQ(kit.link->dismissed_len, 1);
    kit_close(&kit);
}

static void nodes_that_are_drained_are_left(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    kit_write(&kit, "faults", "hold");
    kit_start(&kit, 4, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "fastgpu-") == 1);
    kit_write(&kit, "nodes",
              "n1 8 8000 gpu:H100:4 MIXED+DRAIN 1 gpu:H100:0\n"
              "n2 8 8000 gpu:H100:4 IDLE 0 gpu:H100:0\n");
    UNTIL(&kit, kit_events(&kit, 4, FG_TASK_LOST) == 1);
    OK(strstr(kit_reason(&kit, 4), "node berlin.n1: it is being drained"));
    UNTIL(&kit, kit_count(&kit, "jobs.json", "fastgpu-") == 0);
    kit_close(&kit);
}

static void patience_ends(void)
{
    static struct kit kit;
    kit_open(&kit, two);
    kit.supplier.cluster.patience_us = 400000;
    kit_write(&kit, "faults", "hold");
    kit_put(&kit, 3);
    kit_start(&kit, 4, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit_events(&kit, 4, FG_TASK_LOST) == 1);
    OK(strstr(kit_reason(&kit, 4), "cluster berlin did not begin it within 400ms"));
    kit_close(&kit);
}

static void a_paused_supplier_gets_no_more(void)
{
    static struct kit kit;
    kit_open(&kit, two);
    kit_put(&kit, 3);
    kit_start(&kit, 3, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit.link->expected_len == 1);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 1);
    kit_write(&kit, "faults", "hold");
    kit_start(&kit, 4, 1, &(struct kit_place){0, 2}, 1);
    UNTIL(&kit, kit.link->expected_len == 2);
    kit.supplier.paused = true;
    kit_put(&kit, 3);
    UNTIL(&kit, kit_events(&kit, 4, FG_TASK_LOST) == 1);
    OK(strstr(kit_reason(&kit, 4), "supplier berlin is paused"));
    EQ(kit_events(&kit, 3, FG_TASK_LOST), 0); /* what runs goes on */
    kit_start(&kit, 5, 1, &(struct kit_place){0, 2}, 1);
    UNTIL(&kit, kit_events(&kit, 5, FG_TASK_LOST) == 1);
    EQ(kit.link->expected_len, 2);
    fake_task(kit.link, (struct fg_task_key){3, 1, 0}, FG_TASK_EXITED);
    UNTIL(&kit, kit.link->dismissed_len == 2); /* no room is kept */
    kit_close(&kit);
}

static void refusals_are_told(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    kit_write(&kit, "faults", "refuse Invalid account or account/partition combination");
    kit_start(&kit, 4, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit_events(&kit, 4, FG_TASK_FAILED) == 1);
    OK(strstr(kit_reason(&kit, 4), "refused it: Batch job submission failed: Invalid account"));
    kit_close(&kit);
}

static void what_slurm_loses_is_asked_for_again(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    kit_write(&kit, "faults", "lose");
    kit_start(&kit, 4, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit.link->expected_len >= 3);
    kit_write(&kit, "faults", "");
    UNTIL(&kit, kit_count(&kit, "jobs.json", "fastgpu-") == 1);
    size_t last = kit.link->expected_len - 1;
    EQ(kit.link->dismissed_len, last);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n1"); /* a late one is sent away */
    fake_hello(kit.link, room_of(&kit, last), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 1);
    OK(strcmp(kit.link->started[0].courier.allocation, room_of(&kit, last)) == 0);
    EQ(kit_events(&kit, 4, FG_TASK_FAILED), 0);
    kit_close(&kit);
}

static void no_answer_is_no_double(void)
{
    static struct kit kit;
    kit_open(&kit, two);
    kit.supplier.timeout_us = 1000000;
    kit_put(&kit, 3);
    kit_write(&kit, "faults", "deaf");
    kit_start(&kit, 4, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "fastgpu-") == 1);
    kit_write(&kit, "faults", "");
    UNTIL(&kit, kit_count(&kit, "jobs.json", "\"state\": \"R\"") == 1);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 1);
    EQ(kit_count(&kit, "calls", "sbatch"), 1);
    kit_close(&kit);
}

static void bursts_are_arrays(void)
{
    static struct kit kit;
    kit_open(&kit, "n1 64 64000 gpu:H100:32 IDLE 0 gpu:H100:0\n");
    kit_put(&kit, 1);
    for (uint32_t i = 0; i < 30; i++)
        kit_start(&kit, 10 + i, 1, &(struct kit_place){0, UINT32_C(1) << i}, 1);
    UNTIL(&kit, kit.link->expected_len == 30);
    UNTIL(&kit, kit_count(&kit, "calls", "--array=0-29") == 1);
    EQ(kit_count(&kit, "calls", "sbatch"), 1);
    for (size_t i = 0; i < 30; i++)
        fake_hello(kit.link, room_of(&kit, i), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 30);
    /* They are found in Slurm by their names. */
    UNTIL(&kit, kit.about.ours_run == 30);
    EQ(kit.link->dismissed_len, 0);
    EQ(kit_count(&kit, "calls", "scancel"), 0);
    kit_close(&kit);
}

static void elements_of_arrays_are_taken_back(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    kit_write(&kit, "faults", "hold");
    for (uint32_t i = 0; i < 4; i++)
        kit_start(&kit, 10 + i, 1, &(struct kit_place){0, UINT32_C(1) << i}, 1);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "\"name\"") == 4);
    for (uint32_t i = 1; i < 3; i++)
        EQ(fg_engine_slurm.stop(kit.engine, (struct fg_task_key){10 + i, 1, 0}, -1, NULL), 0);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "\"name\"") == 2);
    EQ(kit_count(&kit, "calls", "sbatch"), 1);
    EQ(kit_count(&kit, "jobs.json", "\"index\": 0")
           + kit_count(&kit, "jobs.json", "\"index\": 3"),
       2);
    kit_close(&kit);
}

static void what_slurm_saw_end_is_given_up(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    job_runs(&kit, 1);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "\"state\": \"R\"") == 1);
    kit_end_jobs(&kit, "FAILED");
    fake_silence(kit.link, room_of(&kit, 0), 0);
    /* Whoever is sent to look finds nothing. */
    UNTIL(&kit, kit.link->expected_len == 2);
    fake_hello(kit.link, room_of(&kit, 1), 0, "n1");
    UNTIL(&kit, kit.link->dismissed_len == 1);
    EQ(kit.link->given_up_len, 0);
    fake_over(kit.link, room_of(&kit, 1), 0, false);
    UNTIL(&kit, kit.link->given_up_len == 1);
    fake_task(kit.link, (struct fg_task_key){1, 1, 0}, FG_TASK_LOST);
    fake_over(kit.link, room_of(&kit, 0), 0, true);
    UNTIL(&kit, kit_events(&kit, 1, FG_TASK_LOST) == 1);
    kit_close(&kit);
}

static void after_a_restart(void)
{
    static struct kit kit;
    kit_of_two(&kit);
    job_runs(&kit, 1);
    kit_write(&kit, "faults", "hold");
    kit_start(&kit, 2, 1, &(struct kit_place){1, 2}, 1);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "fastgpu-") == 2);
    char first[40], second[40];
    snprintf(first, sizeof(first), "%s", room_of(&kit, 0));
    snprintf(second, sizeof(second), "%s", room_of(&kit, 1));
    fg_engine_slurm.free(kit.engine);
    fg_link_free(kit.link);
    kit.events_len = 0;
    kit_engine(&kit);
    struct fg_task_at at[] = {{.key = {1, 1, 0}, .supplier = "berlin"},
                              {.key = {2, 1, 0}, .supplier = "berlin"}};
    EQ(fg_engine_slurm.put_supplier(kit.engine, &kit.supplier, NULL), 0);
    EQ(fg_engine_slurm.adopt(kit.engine, at, 2, NULL), 0);
    EQ(kit.link->adopted_len, 1);
    EQ(kit.link->expected_len, 1);
    OK(kit.link->expected[0].was_bound);
    OK(strcmp(room_of(&kit, 0), first) == 0);
    OK(!kit.link->is_settled);
    UNTIL(&kit, kit_events(&kit, 2, FG_TASK_LOST) == 1);
    UNTIL(&kit, kit.link->is_settled);
    OK(strcmp(room_of(&kit, 1), second) == 0);
    /* The room that waited is for the next attempt. */
    kit_start(&kit, 2, 2, &(struct kit_place){1, 2}, 1);
    kit_write(&kit, "faults", "");
    fake_hello(kit.link, second, 0, "n2");
    UNTIL(&kit, kit.link->started_len == 1);
    OK(strcmp(kit.link->started[0].courier.allocation, second) == 0);
    EQ(kit_count(&kit, "calls", "sbatch"), 2);
    /* The task that ran is answered by its courier. */
    fake_hello(kit.link, first, 0, "n1");
    fake_task(kit.link, (struct fg_task_key){1, 1, 0}, FG_TASK_STARTED);
    UNTIL(&kit, kit_events(&kit, 1, FG_TASK_STARTED) == 1);
    kit_close(&kit);
}

static void restart(struct kit *kit)
{
    fg_engine_slurm.free(kit->engine);
    fg_link_free(kit->link);
    kit->events_len = 0;
    kit_engine(kit);
    EQ(fg_engine_slurm.put_supplier(kit->engine, &kit->supplier, NULL), 0);
}

/* Slurm says that it runs; it may have forgotten that it ended.  Only its courier's call makes it room for the next. */
static void what_may_have_ended_is_not_used(void)
{
    static struct kit kit;
    kit_open(&kit, two);
    kit_put(&kit, 3);
    kit_start(&kit, 1, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit_count(&kit, "jobs.json", "\"state\": \"R\"") == 1);
    char first[40];
    snprintf(first, sizeof(first), "%s", room_of(&kit, 0));
    restart(&kit);
    UNTIL(&kit, kit.link->is_settled);
    OK(strcmp(room_of(&kit, 0), first) == 0);
    kit_start(&kit, 2, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit_count(&kit, "calls", "sbatch") == 2);
    fake_hello(kit.link, first, 0, "n1");
    fake_hello(kit.link, room_of(&kit, 1), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 1);
    kit_close(&kit);
}

/* A task was sent, and its end was durable: nobody asks for it any more, and no lease is waited for. */
static void lines_of_what_is_over_are_forgotten(void)
{
    static struct kit kit;
    kit_open(&kit, two);
    kit_put(&kit, 3);
    kit_start(&kit, 1, 1, &(struct kit_place){0, 1}, 1);
    UNTIL(&kit, kit.link->expected_len == 1);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n1");
    UNTIL(&kit, kit.link->started_len == 1);
    EQ(kit_count(&kit, "slurm/bound", "+ "), 1);
    restart(&kit);
    UNTIL(&kit, kit.link->expected_len == 1);
    OK(!kit.link->expected[0].was_bound);
    restart(&kit);
    EQ(kit_count(&kit, "slurm/bound", "+ "), 0);
    kit_close(&kit);
}

/* Its courier is silent and the only one of ours on that node: another one is sent there, and not kept. */
static void somebody_looks_for_the_silent(void)
{
    static struct kit kit;
    kit_open(&kit, two);
    kit_put(&kit, 3);
    kit_start(&kit, 1, 1, &(struct kit_place){1, 2}, 1);
    UNTIL(&kit, kit.link->expected_len == 1);
    fake_hello(kit.link, room_of(&kit, 0), 0, "n2");
    UNTIL(&kit, kit.link->started_len == 1);
    fake_silence(kit.link, room_of(&kit, 0), 0);
    UNTIL(&kit, kit.link->expected_len == 2);
    UNTIL(&kit, kit_count(&kit, "calls", "sbatch") == 2);
    EQ(kit_count(&kit, "calls", "--nodelist=n2"), 2);
    EQ(kit_count(&kit, "calls", "--time=2"), 1);
    fake_hello(kit.link, room_of(&kit, 1), 0, "n2");
    UNTIL(&kit, kit.link->dismissed_len == 1);
    OK(strcmp(kit.link->dismissed[0], room_of(&kit, 1)) == 0);
    EQ(kit.link->expected_len, 2);
    EQ(kit.link->started_len, 1);
    kit_close(&kit);
}

int main(void)
{
    RUN(nodes_are_told);
    RUN(a_task_runs_and_its_room_is_used_again);
    RUN(idle_rooms_make_way);
    RUN(gangs_have_one_room);
    RUN(readings_are_of_nodes_of_the_pool);
    RUN(caps_go_to_who_reads_the_device);
    RUN(slurm_may_place);
    RUN(devices_are_told_as_slurm_chose_them);
    RUN(what_waits_is_taken_back);
    RUN(nodes_that_are_drained_are_left);
    RUN(patience_ends);
    RUN(a_paused_supplier_gets_no_more);
    RUN(refusals_are_told);
    RUN(what_slurm_loses_is_asked_for_again);
    RUN(no_answer_is_no_double);
    RUN(bursts_are_arrays);
    RUN(elements_of_arrays_are_taken_back);
    RUN(what_slurm_saw_end_is_given_up);
    RUN(after_a_restart);
    RUN(what_may_have_ended_is_not_used);
    RUN(lines_of_what_is_over_are_forgotten);
    RUN(somebody_looks_for_the_silent);
    return tap_done();
}

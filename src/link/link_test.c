/* link_test.c - the service's end and real couriers: this program is both, a courier is started as "PROGRAM courier". */
#include "link/test_kit.h"

static void test_a_task_through_the_link(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    OK(kit.node.cpu_milli > 0 && kit.node.mem_mib > 0);
    struct fg_job_spec spec = test_job("echo out $FASTGPU_NODE; echo err >&2; exit 3");
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_task(&kit, 1, FG_TASK_STARTED));
    OK(kit.event.task.pid > 0);
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    EQ(kit.event.task.exit_code, 3);
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), "out pool.n1\n") == 0);
    OK(strcmp(kit_file(&kit, 1, "stderr.log"), "err\n") == 0);
    fg_link_collect(kit.link, (struct fg_task_key){1, 1, 0});
    fg_link_dismiss(kit.link, KIT_ALLOCATION);
    OK(kit_wait_for(&kit, FG_LINK_GONE));
    EQ(kit_exit(pid), 0);
    OK(kit_is_empty(kit.scratch));
    kit_free(&kit);
}

static void test_inputs_and_outputs(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    char hash[80], missing[80];
    kit_blob(&kit, 700000, hash);
    struct fg_input inputs[] = {{"in/data", hash}};
    const char *outputs[] = {"out/*"};
    struct fg_job_spec spec =
        test_job("mkdir out; cp in/data out/a; tac in/data >out/b; : >out/c");
    spec.inputs = inputs;
    spec.inputs_len = 1;
    spec.outputs = outputs;
    spec.outputs_len = 1;
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    EQ(kit.event.task.exit_code, 0);
    struct fg_engine_artifact list[8];
    EQ(fg_link_artifacts(kit.link, (struct fg_task_key){1, 1, 0}, list, 8), 3);
    OK(strcmp(list[0].hash, hash) == 0 || strcmp(list[1].hash, hash) == 0
       || strcmp(list[2].hash, hash) == 0);
    for (int i = 0; i < 3; i++)
        OK(kit_blob_size(&kit, list[i].hash) == (int64_t)list[i].bytes);
    fg_link_collect(kit.link, (struct fg_task_key){1, 1, 0});
    EQ(fg_link_artifacts(kit.link, (struct fg_task_key){1, 1, 0}, list, 8), 0);
    snprintf(missing, sizeof(missing), "blake2b:%064d", 7);
    inputs[0].hash = missing;
    EQ(kit_start(&kit, 2, &spec), 0);
    OK(kit_task(&kit, 2, FG_TASK_FAILED));
    OK(strstr(kit.event.task.reason, "does not have it") != NULL);
    kill(pid, SIGKILL);
    kit_exit(pid);
    kit_free(&kit);
}

static void test_stop_and_leave(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    struct fg_job_spec spec =
        test_job("trap 'echo bye; exit 4' TERM; echo up; sleep 60 & wait");
    EQ(kit_start(&kit, 1, &spec), 0);
    EQ(kit_start(&kit, 2, &spec), 0);
    OK(kit_log(&kit, 1, "up") && kit_log(&kit, 2, "up"));
    fg_link_stop(kit.link, (struct fg_task_key){1, 1, 0}, -1);
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    EQ(kit.event.task.exit_code, 4);
    OK(kit.event.task.stopped);
    kill(pid, SIGTERM);
    OK(kit_wait_for(&kit, FG_LINK_LEAVING));
    /* It did not fail: its machine was taken. */
    OK(kit_task(&kit, 2, FG_TASK_LOST));
    OK(strcmp(kit_file(&kit, 2, "stdout.log"), "up\nbye\n") == 0);
    fg_link_collect(kit.link, (struct fg_task_key){1, 1, 0});
    fg_link_collect(kit.link, (struct fg_task_key){2, 1, 0});
    OK(kit_wait_for(&kit, FG_LINK_GONE));
    EQ(kit_exit(pid), 0);
    kit_free(&kit);
}

/* The connection is cut again and again: nothing is lost, nothing comes twice. */
static void test_cut_lines(void)
{
    struct kit kit = kit_new();
    struct proxy *proxy = proxy_new(kit.address);
    pid_t pid = kit_courier(&kit, proxy->address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    const char *outputs[] = {"big"};
    char hash[80];
    kit_blob(&kit, 3000000, hash);
    struct fg_input inputs[] = {{"data", hash}};
    struct fg_job_spec spec = test_job("for i in $(seq 300); do echo line $i; [ $((i % 30)) "
                                       "= 0 ] && sleep 0.05; done; cp data big");
    spec.outputs = outputs;
    spec.outputs_len = 1;
    spec.inputs = inputs;
    spec.inputs_len = 1;
    EQ(kit_start(&kit, 1, &spec), 0);
    for (int i = 0; i < 12; i++) {
        usleep(70000);
        proxy_cut(proxy, i % 3);
    }
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    EQ(kit.event.task.exit_code, 0);
    FG_AUTO(fg_buf) struct fg_buf want = {};
    for (int i = 1; i <= 300; i++)
        fg_buf_printf(&want, "line %d\n", i);
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), want.text) == 0);
    OK(kit_blob_size(&kit, hash) == 3000000);
    EQ(kit_count(&kit, FG_LINK_HELLO), 1);
    EQ(kit.started_events, 1);
    kill(pid, SIGKILL);
    kit_exit(pid);
    proxy_free(proxy);
    kit_free(&kit);
}

/* The line of one is cut, one hangs, one is killed: nothing of what they ran lives on when we are told. */
static void test_leases_end(void)
{
    kit_lease_us = 2000000;
    struct kit kit = kit_new();
    struct proxy *proxy = proxy_new(kit.address);
    pid_t pids[3];
    struct fg_job_spec specs[] = {test_job("trap '' TERM; echo up; sleep 71.5; sleep 71.5"),
                                  test_job("echo up; sleep 72.5"),
                                  test_job("trap '' TERM; echo up; sleep 73.5; sleep 73.5")};
    for (uint32_t i = 0; i < 3; i++)
        pids[i] = kit_courier(&kit, i == 0 ? proxy->address : kit.address, i);
    for (int i = 0; i < 3; i++)
        OK(kit_wait_for(&kit, FG_LINK_HELLO));
    for (fg_job_id i = 0; i < 3; i++) {
        kit.courier = (uint32_t)i;
        EQ(kit_start(&kit, i + 1, &specs[i]), 0);
        OK(kit_log(&kit, i + 1, "up"));
    }
    proxy_stop(proxy);
    kill(pids[1], SIGSTOP);
    kill(pids[2], SIGKILL);
    OK(kit_exit(pids[2]) == -1 && kit_gone("sleep 73.5"));
    for (int i = 0; i < 3; i++)
        OK(kit_wait_for(&kit, FG_LINK_SILENT));
    OK(kit_wait_for(&kit, FG_LINK_EXPIRED));
    OK(!kit_runs("sleep 71.5") && !kit_runs("sleep 72.5"));
    OK(kit_wait_for(&kit, FG_LINK_EXPIRED) && kit_wait_for(&kit, FG_LINK_EXPIRED));
    for (fg_job_id i = 1; i <= 3; i++)
        OK(kit_task(&kit, i, FG_TASK_LOST));
    EQ(kit_exit(pids[0]), 1);
    kill(pids[1], SIGKILL);
    kit_exit(pids[1]);
    proxy_free(proxy);
    kit_free(&kit);
    kit_lease_us = 20000000;
}

static void test_one_too_many(void)
{
    struct kit kit = kit_new();
    setenv("SLURM_JOB_ID", "41", 1);
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    OK(strcmp(kit.event.slurm_job, "41") == 0);
    setenv("SLURM_JOB_ID", "42", 1);
    pid_t twin = kit_courier(&kit, kit.address, 0);
    EQ(kit_exit(twin), 1);
    unsetenv("SLURM_JOB_ID");
    kit.allocation = "ffffffffffffffffffffffffffffffff";
    pid_t stranger = kit_courier(&kit, kit.address, 0);
    EQ(kit_exit(stranger), 1);
    EQ(kit_count(&kit, FG_LINK_HELLO), 1);
    kill(pid, SIGKILL);
    kit_exit(pid);
    kit_free(&kit);
}

/* The service ends and comes back: tasks are adopted, what they wrote meanwhile comes. */
static void test_service_comes_back(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    struct fg_job_spec spec = test_job("echo one; sleep 0.6; echo two"),
                       later = test_job("echo up; sleep 74.5");
    for (fg_job_id id = 1; id <= 2; id++)
        EQ(kit_start(&kit, id, id == 1 ? &spec : &later), 0);
    EQ(kit_start(&kit, 3, &later), 0);
    OK(kit_log(&kit, 1, "one") && kit_log(&kit, 2, "up") && kit_log(&kit, 3, "up"));
    fg_link_detach(kit.link, 20000000);
    kit_close(&kit);
    usleep(900000);
    kit_open(&kit, true);
    const struct fg_link_courier who = {.allocation = KIT_ALLOCATION};
    EQ(fg_link_adopt(kit.link, &who, (struct fg_task_key){1, 1, 0}, &spec, NULL), 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    EQ(kit.held_len, 3);
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), "one\ntwo\n") == 0);
    EQ(fg_link_adopt(kit.link, &who, (struct fg_task_key){2, 1, 0}, &later, NULL), 0);
    OK(kit_task(&kit, 2, FG_TASK_STARTED));
    fg_link_collect(kit.link, (struct fg_task_key){3, 1, 0});
    EQ(fg_link_adopt(kit.link, &who, (struct fg_task_key){4, 1, 0}, &later, NULL), 0);
    OK(kit_task(&kit, 4, FG_TASK_LOST));
    fg_link_stop(kit.link, (struct fg_task_key){2, 1, 0}, 0);
    OK(kit_task(&kit, 2, FG_TASK_EXITED));
    OK(kit_gone("sleep 74.5"));
    kill(pid, SIGKILL);
    kit_exit(pid);
    kit_free(&kit);
}

/* What one attempt saved, the next finds, on another courier. */
static void test_checkpoint_moves(void)
{
    struct kit kit = kit_new();
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    struct fg_job_spec spec =
        test_job("cat $FASTGPU_CHECKPOINT_DIR/sub/step 2>/dev/null || echo none; mkdir -p "
                 "$FASTGPU_CHECKPOINT_DIR/sub; echo $FASTGPU_ATTEMPT "
                 ">$FASTGPU_CHECKPOINT_DIR/sub/step; exit 1");
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    fg_link_collect(kit.link, (struct fg_task_key){1, 1, 0});
    kill(pid, SIGTERM);
    OK(kit_wait_for(&kit, FG_LINK_GONE));
    EQ(kit_exit(pid), 0);
    kit.courier = 1;
    pid = kit_courier(&kit, kit.address, 1);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    kit.attempt = 2;
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), "1\n") == 0);
    kill(pid, SIGKILL);
    kit_exit(pid);
    kit_free(&kit);
}

/* What is saved while it runs is at the service before the machine dies. */
static void test_checkpoint_in_time(void)
{
    struct kit kit = kit_new();
    char path[FG_PATH_MAX];
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    struct fg_job_spec spec =
        test_job("cat $FASTGPU_CHECKPOINT_DIR/step 2>/dev/null && exit 0; "
                 "echo $RANK $FASTGPU_ATTEMPT >$FASTGPU_CHECKPOINT_DIR/step; sleep 75.5");
    spec.checkpoint_us = 200000;
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(fg_keep_checkpoint_path(kit.dir, 1, path) == 0);
    for (int i = 0; i < 200 && access(path, R_OK) < 0; i++)
        usleep(50000);
    OK(access(path, R_OK) == 0);
    kill(pid, SIGKILL);
    kit_exit(pid);
    OK(kit_gone("sleep 75.5"));
    fg_link_give_up(kit.link, KIT_ALLOCATION);
    OK(kit_task(&kit, 1, FG_TASK_LOST) && kit_wait_for(&kit, FG_LINK_EXPIRED));
    fg_link_collect(kit.link, (struct fg_task_key){1, 1, 0});
    struct fg_link_allocation again = {.name = KIT_ALLOCATION, .couriers = 2};
    EQ(fg_link_expect(kit.link, &again, NULL), 0);
    kit.courier = 1;
    kit.attempt = 2;
    pid = kit_courier(&kit, kit.address, 1);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    EQ(kit_start(&kit, 1, &spec), 0);
    OK(kit_task(&kit, 1, FG_TASK_EXITED));
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), "0 1\n") == 0);
    kill(pid, SIGKILL);
    kit_exit(pid);
    kit_free(&kit);
}

/* On a folder that all machines see nothing is carried: the next attempt finds it there. */
static void test_shared_checkpoints(void)
{
    struct kit kit = kit_new();
    char path[FG_PATH_MAX];
    struct fg_job_spec spec =
        test_job("cat $FASTGPU_CHECKPOINT_DIR/step 2>/dev/null; "
                 "echo $FASTGPU_ATTEMPT >>$FASTGPU_CHECKPOINT_DIR/step; exit 1");
    setenv("KIT_SHARED", "1", 1);
    for (uint32_t number = 0; number < 2; number++) {
        kit.courier = number;
        kit.attempt = number + 1;
        pid_t pid = kit_courier(&kit, kit.address, number);
        OK(kit_wait_for(&kit, FG_LINK_HELLO));
        EQ(kit_start(&kit, 1, &spec), 0);
        OK(kit_task(&kit, 1, FG_TASK_EXITED));
        fg_link_collect(kit.link, (struct fg_task_key){1, kit.attempt, 0});
        kill(pid, SIGTERM);
        OK(kit_wait_for(&kit, FG_LINK_GONE));
        kit_exit(pid);
    }
    unsetenv("KIT_SHARED");
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), "1\n") == 0);
    OK(fg_keep_checkpoint_path(kit.dir, 1, path) == 0 && access(path, F_OK) < 0);
    snprintf(path, sizeof(path), "%s/checkpoints/1/step", kit.scratch);
    OK(access(path, R_OK) == 0);
    kit_free(&kit);
}

/* -- one that has the key and says what it likes ------------------------------------------------------- */

static uint32_t dice(uint32_t *state, uint32_t sides)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % sides;
}

static struct fg_channel *call(const struct kit *kit, uint32_t number)
{
    uint8_t secret[FG_LINK_SECRET_BYTES];
    struct fg_link_courier who = {.allocation = KIT_ALLOCATION, .number = number};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    at.sin_port = htons((uint16_t)atoi(strrchr(kit->address, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fg_link_secret(kit->link, KIT_ALLOCATION, secret, NULL) < 0
        || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        exit(1);
    return fg_channel_connect(fd, &who, secret);
}

/* Take what there is.  False: we were cut. */
static bool take_all(struct fg_channel *channel)
{
    uint8_t kind;
    const char *bytes;
    size_t len;
    struct fg_err err;
    if (fg_channel_flush(channel) < 0 || fg_channel_read(channel, &err) < 0)
        return false;
    int rc;
    while ((rc = fg_channel_next(channel, &kind, &bytes, &len, &err)) > 0)
        continue;
    return rc == 0 && fg_channel_flush(channel) == 0;
}

static struct fg_message any_message(uint32_t *state)
{
    static const char *const names[] = {
        "", "checkpoint:1", "checkpoint:x", "blake2b:../../../../etc/passwd",
        "blake2b:0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"};
    static const char *const texts[] = {
        "", "fastgpu-exit 1\nkind=exited\nexit_code=0\nreason=\nend\n", "x"};
    static struct fg_node_spec node = {.name = "n"};
    static struct fg_link_held held[] = {{{1, 1, 0}, FG_LINK_RUNNING},
                                         {{9, 1, 0}, FG_LINK_ENDED}};
    const char *text = texts[dice(state, 3)];
    return (struct fg_message){
        .kind = (enum fg_message_kind)(1 + dice(state, FG_MESSAGE_KINDS - 1)),
        .key = {1 + dice(state, 3), 1, dice(state, 2)},
        .seq = dice(state, 5),
        .offset = dice(state, 4) == 0 ? 1U << 30 : dice(state, 2),
        .total = dice(state, 3) == 0 ? 1U << 31 : dice(state, 20),
        .stream = dice(state, 2),
        .event = (uint8_t)dice(state, 4),
        .welcomed = (uint8_t)dice(state, 2),
        .instance = {(uint8_t)dice(state, 2)},
        .name = names[dice(state, 5)],
        .text = "bye",
        .bytes = text,
        .bytes_len = strlen(text),
        .node = &node,
        .held = held,
        .held_len = dice(state, 3),
        .start = {.tasks = 1}};
}

static void say_anything(struct kit *kit, uint32_t *state)
{
    struct fg_channel *channel = call(kit, dice(state, 4));
    for (int i = 0; i < 500 && !fg_channel_is_open(channel) && take_all(channel); i++)
        usleep(1000);
    for (int i = 0; i < 30 && fg_channel_is_open(channel); i++) {
        FG_AUTO(fg_buf) struct fg_buf bytes = {};
        struct fg_message message = any_message(state);
        if (i == 0)
            message.kind = FG_MESSAGE_HELLO;
        fg_message_write(&bytes, &message);
        if (dice(state, 20) == 0 && bytes.len > 0)
            bytes.text[dice(state, (uint32_t)bytes.len)] ^= (char)(1 << dice(state, 8));
        fg_channel_send(channel, (uint8_t)message.kind, bytes.text, bytes.len);
        if (!take_all(channel))
            break;
    }
    fg_channel_free(channel);
}

static void test_hostile_couriers(void)
{
    struct kit kit = kit_new();
    uint32_t state = 7;
    struct fg_job_spec spec = test_job("true");
    for (int round = 0; round < 150; round++) {
        say_anything(&kit, &state);
        kit.courier = dice(&state, 3);
        struct fg_task_key key = {1 + dice(&state, 3), 1, 0};
        struct fg_link_courier who = {.allocation = KIT_ALLOCATION, .number = kit.courier};
        if (round % 3 == 0)
            (void)fg_link_adopt(kit.link, &who, key, &spec, NULL);
        if (round % 5 == 0)
            fg_link_collect(kit.link, key);
        if (round % 7 == 0)
            fg_link_stop(kit.link, key, 0);
        kit_take(&kit);
        if (kit_find(&kit, FG_LINK_HELLO, 0, 0))
            (void)kit_start(&kit, key.job, &spec);
        kit.waiting_len = 0;
    }
    /* An honest one is served all the same. */
    fg_link_give_up(kit.link, KIT_ALLOCATION);
    struct fg_link_allocation again = {.name = KIT_ALLOCATION, .couriers = 1};
    EQ(fg_link_expect(kit.link, &again, NULL), 0);
    kit.waiting_len = 0;
    kit.courier = 0;
    pid_t pid = kit_courier(&kit, kit.address, 0);
    OK(kit_wait_for(&kit, FG_LINK_HELLO));
    EQ(kit_start(&kit, 77, &spec), 0);
    OK(kit_task(&kit, 77, FG_TASK_EXITED));
    kill(pid, SIGKILL);
    kit_exit(pid);
    kit_free(&kit);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1)
        return kit_be_courier(argv);
    kit_program = argv[0];
    RUN(test_a_task_through_the_link);
    RUN(test_inputs_and_outputs);
    RUN(test_stop_and_leave);
    RUN(test_cut_lines);
    RUN(test_one_too_many);
    RUN(test_service_comes_back);
    RUN(test_checkpoint_moves);
    RUN(test_shared_checkpoints);
    RUN(test_hostile_couriers);
    RUN(test_leases_end);
    RUN(test_checkpoint_in_time);
    return tap_done();
}

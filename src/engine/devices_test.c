/* devices_test.c - the granted devices and no others, shares, cores: with the fake NVIDIA library. */
#include "engine/affinity.h"
#include "engine/env.h"
#include "engine/test_kit.h"

static const char *value_of(const struct fg_plan_list *envs, const char *key)
{
    size_t len = strlen(key);
    for (uint32_t i = 0; i < envs->len; i++)
        if (strncmp(envs->items[i], key, len) == 0 && envs->items[i][len] == '=')
            return envs->items[i] + len + 1;
    return NULL;
}

#define IS(key, want) OK(value_of(&envs, key) && strcmp(value_of(&envs, key), want) == 0)

static struct fg_node_spec some_node(void)
{
    return (struct fg_node_spec){
        .name = "host",
        .cpu_milli = 8000,
        .devices_len = 4,
        .devices = {
            {.kind = "h100", .id = "GPU-a", .expose = "CUDA_VISIBLE_DEVICES", .mem_mib = 80000},
            {.kind = "h100",
             .id = "GPU-b",
             .expose = "CUDA_VISIBLE_DEVICES",
             .mem_mib = 80000,
             .share = FG_SHARE_MPS},
            {.kind = "fpga", .id = "0000:3b", .expose = "FPGA_SLOTS"},
            {.kind = "tpu", .id = "0", .expose = "TPU_CHIPS"}}};
}

static struct fg_env_paths some_paths(void)
{
    return (struct fg_env_paths){.home = "/home/me",
                                 .user = "me",
                                 .work = "/w",
                                 .tmp = "/w",
                                 .checkpoint = "/c",
                                 .mps_pipe = "",
                                 .run_mark = "m"};
}

static void only_what_was_granted_is_exposed(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct fg_node_spec node = some_node();
    struct fg_pair asked[] = {{"CUDA_VISIBLE_DEVICES", "all"},
                              {"FASTGPU_JOB_ID", "666"},
                              {"PATH", "/opt/bin"},
                              {"RANK", "5"}};
    struct fg_job_spec spec = {.envs = asked, .envs_len = 4};
    struct fg_task_start start = {
        .key = {12, 2, 1},
        .tasks = 4,
        .spec = &spec,
        .node = &node,
        .project = "p",
        .user = "u",
        .grant = {.devices = 1 | 4, .gpu_milli = 1000, .cpu_milli = 2500}};
    struct fg_env_paths paths = some_paths();
    struct fg_plan_list envs;
    fg_env_build(&envs, arena, &start, &paths);
    IS("CUDA_VISIBLE_DEVICES", "GPU-a");
    IS("NVIDIA_VISIBLE_DEVICES", "GPU-a");
    IS("FPGA_SLOTS", "0000:3b");
    IS("TPU_CHIPS", "");
    IS("HIP_VISIBLE_DEVICES", "");
    IS("FASTGPU_DEVICES", "GPU-a,0000:3b");
    IS("FASTGPU_JOB_ID", "12");
    IS("PATH", "/opt/bin");
    IS("RANK", "5"); /* what the job says wins over a default */
    IS("FASTGPU_RANK", "1");
    IS("WORLD_SIZE", "4");
    IS("OMP_NUM_THREADS", "3");
    OK(value_of(&envs, "FASTGPU_SHARE_MODE") == NULL);
    OK(envs.items[envs.len] == NULL);

    /* AMD's two variables: one filters what the other leaves. */
    strcpy(node.devices[0].expose, "HIP_VISIBLE_DEVICES");
    fg_env_build(&envs, arena, &start, &paths);
    IS("HIP_VISIBLE_DEVICES", "GPU-a");
    OK(value_of(&envs, "ROCR_VISIBLE_DEVICES") == NULL);
    strcpy(node.devices[0].expose, "CUDA_VISIBLE_DEVICES");

    start.grant.devices = 0;
    spec.envs_len = 0;
    fg_env_build(&envs, arena, &start, &paths);
    IS("CUDA_VISIBLE_DEVICES", "");
    IS("NVIDIA_VISIBLE_DEVICES", "void");
    IS("FASTGPU_DEVICES", "");
}

static void shares_are_told(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct fg_node_spec node = some_node();
    struct fg_job_spec spec = {};
    struct fg_task_start start = {.key = {12, 1, 0},
                                  .tasks = 1,
                                  .spec = &spec,
                                  .node = &node,
                                  .project = "p",
                                  .user = "u",
                                  .grant = {.devices = 2, .gpu_milli = 250, .cpu_milli = 1000}};
    struct fg_env_paths paths = some_paths();
    struct fg_plan_list envs;
    paths.mps_pipe = "/pipe";
    fg_env_build(&envs, arena, &start, &paths);
    IS("FASTGPU_SHARE_MODE", "mps");
    IS("CUDA_MPS_PIPE_DIRECTORY", "/pipe");
    IS("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "25");
    IS("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=20000M");

    start.grant.devices = 1;
    paths.mps_pipe = "";
    fg_env_build(&envs, arena, &start, &paths);
    IS("FASTGPU_SHARE_MODE", "advisory");
    OK(value_of(&envs, "CUDA_MPS_PIPE_DIRECTORY") == NULL);
}

static void the_machine_has_the_fake_devices(void)
{
    setenv("FASTGPU_NVML_LIBRARY", FAKE_NVML, 1);
    struct kit kit = kit_new();
    unsetenv("FASTGPU_NVML_LIBRARY");
    EQ(kit.node.devices_len, 2);
    OK(strcmp(kit.node.devices[0].kind, "h100") == 0);
    struct fg_job_spec spec = kit_script("echo $CUDA_VISIBLE_DEVICES; sleep 0.2; env | sort");
    struct fg_task_start start = kit_task(&kit, 1, &spec);
    struct fg_engine_event event;
    start.grant.devices = 2;
    start.grant.gpu_milli = 1000;
    setenv("MY_SECRET_OF_THE_DAEMON", "yes", 1);
    EQ(kit_ops->start(kit.engine, &start, NULL), 0);
    OK(kit_end(&kit, 1, &event));
    EQ(event.exit_code, 0);
    const char *out = kit_file(&kit, 1, "stdout.log");
    OK(strncmp(out, "GPU-fake-1\n", 11) == 0);
    OK(strstr(out, "MY_SECRET") == NULL);
    OK(strstr(out, "GPU-fake-0") == NULL);
    kit_free(&kit);
}

static void declared_devices_come_after(void)
{
    struct kit kit = kit_new();
    kit_close(&kit);
    struct fg_device_spec declared = {.kind = "fpga-u250", .id = "7", .expose = "FPGA_SLOTS"};
    struct fg_local_options options = {
        .data_dir = kit.dir, .config = &kit.config, .declared = &declared, .declared_len = 1};
    size_t len;
    kit.engine = fg_local_new(&options, NULL);
    OK(kit.engine != NULL);
    EQ(kit_ops->discover(kit.engine, &kit.node, 1, &len, NULL), 0);
    EQ(kit.node.devices_len, 1);
    OK(strcmp(kit.node.devices[0].kind, "fpga-u250") == 0);
    OK(kit.node.cpu_milli >= 1000 && kit.node.mem_mib > 100 && kit.node.name[0]);
    kit_free(&kit);
}

static void cores_are_counted(void)
{
    struct fg_affinity *affinity = fg_affinity_new();
    struct fg_node_spec node = {.devices_len = 1};
    struct fg_task_start start = {.node = &node, .grant = {.devices = 1, .cpu_milli = 1000}};
    struct fg_affinity_cores first, second, third;
    fg_affinity_pick(affinity, &start, &first);
    fg_affinity_pick(affinity, &start, &second);
    if (sysconf(_SC_NPROCESSORS_ONLN) >= 2) {
        OK(first.text[0] && second.text[0]);
        OK(strcmp(first.text, second.text) != 0);
        fg_affinity_release(affinity, &first);
        fg_affinity_pick(affinity, &start, &third);
        OK(strcmp(third.text, second.text) != 0);
    }
    start.grant.cpu_milli = 1500; /* no whole cores */
    fg_affinity_pick(affinity, &start, &third);
    OK(third.text[0] == '\0');
    start.grant = (struct fg_grant){.cpu_milli = 1000}; /* no device */
    fg_affinity_pick(affinity, &start, &third);
    OK(third.text[0] == '\0');
    fg_affinity_free(affinity);
}

static void a_bound_task_runs_on_its_cores(void)
{
    struct kit kit = kit_new();
    struct fg_engine_event event;
    struct fg_node_spec node = kit.node;
    struct fg_job_spec spec = kit_script("unset OMP_NUM_THREADS; nproc");
    struct fg_task_start start = kit_task(&kit, 1, &spec);
    node.devices_len = 1;
    start.node = &node;
    start.grant.devices = 1;
    start.grant.gpu_milli = 1000;
    kit_ops->start(kit.engine, &start, NULL);
    OK(kit_end(&kit, 1, &event));
    OK(strcmp(kit_file(&kit, 1, "stdout.log"), "1\n") == 0);
    kit_free(&kit);
}

int main(void)
{
    RUN(only_what_was_granted_is_exposed);
    RUN(shares_are_told);
    RUN(the_machine_has_the_fake_devices);
    RUN(declared_devices_come_after);
    RUN(cores_are_counted);
    RUN(a_bound_task_runs_on_its_cores);
    return tap_done();
}

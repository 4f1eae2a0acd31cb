/* device_sim.c - devices and machines that break, and what the controller makes of it. */
#include "test/sim/node_world.h"
#include "test/sim/random.h"

static void a_broken_device_is_left_and_the_rest_goes_on(void)
{
    struct world *world = world_with_gpus(2);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    struct task *task = task_of(world, job);
    uint32_t at = task->devices == 1 ? 0 : 1;
    read_device(world, "", at, FG_READING_GONE, 1);
    OK(task->stopped);
    add_event(world, task, FG_TASK_EXITED)->exit_code = 1; /* of itself: the device broke */
    step(world, NULL);
    step(world, NULL);
    EQ(state(world, job), FG_JOB_STARTING);
    EQ(task_of(world, job)->devices, 2U >> at);
    OK(says(world, "host", "fell off the bus"));
    OK(says(world, "host", "\"state\":\"broken\""));
    OK(says(world, "host", "\"milli\":500"));
    begin(world, job);
    fg_job_id next = submit(world, 1, 1);
    OK(task_of(world, next) == NULL);
    read_device(world, "", at, FG_READING_GONE, 0);
    OK(says(world, "host", "s more: it fell off the bus"));
    OK(task_of(world, next) == NULL);
    wait_s(world, 11);
    EQ(task_of(world, next)->devices, 1U << at);
    world_free(world);
}

static void a_suspect_device_is_drained(void)
{
    struct world *world = world_with_gpus(1);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    read_device(world, "", 0, FG_READING_REMAP_PENDING, 1);
    OK(!task_of(world, job)->stopped);
    OK(says(world, "host", "reset the device when it is idle"));
    end(world, job, FG_TASK_EXITED);
    EQ(state(world, job), FG_JOB_SUCCEEDED);
    job = submit(world, 1, 1);
    OK(task_of(world, job) == NULL);
    EQ(ask(world, FG_CMD_NODE_RESUME, "host"), 0); /* an operator knows better */
    step(world, NULL);
    OK(task_of(world, job) != NULL);
    world_free(world);
}

/* Nobody has said which device the task has there. */
static void a_broken_device_of_a_cluster_closes_its_node(void)
{
    struct world *world = world_new(1);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    read_device(world, "north.n1", 1, FG_READING_XID, 31); /* the program's fault */
    OK(!task_of(world, job)->stopped);
    read_device(world, "north.n1", 1, FG_READING_XID, 119);
    OK(task_of(world, job)->stopped);
    OK(says(world, "north.n1", "\"draining\""));
    OK(says(world, "north.n1", "reset the device"));
    end(world, job, FG_TASK_LOST);
    tell_node(world, "north.n2", 2);
    tell_state(world, "north.n2", true, 0, 0);
    EQ(state(world, job), FG_JOB_STARTING);
    OK(strcmp(task_of(world, job)->node, "north.n2") == 0);
    wait_s(world, 61); /* it is not read any more */
    OK(says(world, "north.n1", "\"up\""));
    world_free(world);
}

/* ... and this one has another one. */
static void who_has_another_device_of_that_node_goes_on(void)
{
    struct world *world = world_new(1);
    fg_job_id job = submit(world, 1, 1);
    struct fg_engine_event *event = add_event(world, task_of(world, job), FG_TASK_STARTED);
    snprintf(event->node, sizeof(event->node), "north.n1");
    event->devices = 1;
    event->is_exact = true;
    step(world, NULL);
    read_device(world, "north.n1", 1, FG_READING_XID, 119);
    OK(!task_of(world, job)->stopped);
    OK(says(world, "north.n1", "\"draining\""));
    read_device(world, "north.n1", 0, FG_READING_XID, 119);
    OK(task_of(world, job)->stopped);
    world_free(world);
}

static void a_machine_that_cannot_work_gets_none(void)
{
    struct world *world = world_with_gpus(1);
    read_device(world, "", FG_DEVICE_CPU, FG_READING_CHECKS, 1);
    OK(says(world, "host", "the disk of its jobs cannot be written"));
    OK(says(world, "host", "\"milli\":0"));
    fg_job_id job = submit(world, 1, 1);
    OK(task_of(world, job) == NULL);
    read_device(world, "", FG_DEVICE_CPU, FG_READING_CHECKS, 0);
    OK(says(world, "host", "held back for"));
    wait_s(world, 11);
    OK(task_of(world, job) != NULL);
    world->now_us += 3600 * SECOND;
    struct fg_device_sample late = {.device = FG_DEVICE_CPU,
                                    .time_us = world->now_us - 400 * SECOND,
                                    .value = FG_READINGS_UNKNOWN};
    fg_control_read_devices(world->control, &late, 1, world->now_us);
    step(world, NULL);
    OK(says(world, "host", "its clock is wrong"));
    OK(says(world, "host", "follow a time server"));
    world_free(world);
}

/* Whatever happens, no task begins on a device that is read as broken or suspect. */
static void nothing_starts_on_a_sick_device(void)
{
    static const enum fg_reading levels[] = {FG_READING_GONE, FG_READING_REMAP_FAILED,
                                             FG_READING_REMAP_PENDING};
    struct world *world = world_with_gpus(4);
    uint64_t random = 7;
    for (int i = 0; i < 200; i++) {
        world->sick ^= sim_random(&random, 4) ? 0 : 1U << sim_random(&random, 4);
        for (uint32_t at = 0; at < 4; at++)
            read_device(world, "", at, levels[at % 3], world->sick >> at & 1);
        fg_job_id last = submit(world, 1 + sim_random(&random, 2), 1);
        for (fg_job_id job = 1; job <= last; job++)
            if (state(world, job) == FG_JOB_STARTING && sim_random(&random, 3) == 0)
                end(world, job, sim_random(&random, 2) ? FG_TASK_EXITED : FG_TASK_LOST);
        wait_s(world, sim_random(&random, 20));
    }
    OK(world->tasks_len > 50);
    EQ(world->sick_starts, 0);
    world_free(world);
}

int main(void)
{
    RUN(a_broken_device_is_left_and_the_rest_goes_on);
    RUN(a_suspect_device_is_drained);
    RUN(a_broken_device_of_a_cluster_closes_its_node);
    RUN(who_has_another_device_of_that_node_goes_on);
    RUN(a_machine_that_cannot_work_gets_none);
    RUN(nothing_starts_on_a_sick_device);
    return tap_done();
}

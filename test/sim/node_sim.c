/* node_sim.c - the life of nodes that are not ours, told, not drawn: what engines say of them, and what the controller makes of
 * it. */
#include "test/sim/node_world.h"

/* -- tests ------------------------------------------------------------------------------------------------------- */

static void a_node_gets_work_only_once_it_was_heard(void)
{
    struct world *world = world_new(1);
    fg_job_id job = submit(world, 1, 1);
    OK(task_of(world, job) && strcmp(task_of(world, job)->node, "north.n1") == 0);
    begin(world, job);
    restart(world);
    EQ(world->adopted, 1);
    EQ(world->suppliers, 2); /* put again */
    OK(says(world, "north.n1", "not heard of since the service started"));
    fg_job_id next = submit(world, 1, 1);
    OK(task_of(world, next) == NULL);
    tell_supplier(world, true);
    tell_state(world, "north.n1", true, 0, 0);
    OK(task_of(world, next) != NULL);
    world_free(world);
}

static void others_are_load(void)
{
    struct world *world = world_new(1);
    tell_state(world, "north.n1", true, 1, 0);
    OK(says(world, "north.n1", "\"devices_others\":1"));
    fg_job_id two = submit(world, 2, 1), one = submit(world, 1, 1);
    OK(task_of(world, two) == NULL);
    EQ(task_of(world, one)->devices, 2);
    begin(world, one);
    tell_state(world, "north.n1", true, 3, 0); /* more than is left */
    OK(says(world, "north.n1", "\"devices_others\":1"));
    end(world, one, FG_TASK_EXITED);
    OK(says(world, "north.n1", "\"devices_others\":2")); /* now there is room for them */
    OK(task_of(world, two) == NULL);
    tell_state(world, "north.n1", true, 0, 0);
    OK(task_of(world, two) != NULL);
    world_free(world);
}

/* Where Slurm places, work of ours stands in its queue: what others hold keeps none back. */
static void others_are_no_load_where_slurm_places(void)
{
    struct world *world = world_new(1);
    tell_state(world, "north.n1", true, 3, 0);
    fg_job_id job = submit(world, 1, 1);
    OK(task_of(world, job) == NULL);
    put_placed(world, FG_CLUSTER_PLACE_SLURM);
    wait_s(world, 2);
    tell_state(world, "north.n1", true, 3, 0);
    OK(says(world, "north.n1", "\"devices_others\":0"));
    OK(task_of(world, job) != NULL);
    put_placed(world, FG_CLUSTER_PLACE_OURS);
    wait_s(world, 2);
    tell_state(world, "north.n1", true, 3, 0);
    OK(says(world, "north.n1", "\"devices_others\":1")); /* as much as ours leaves */
    world_free(world);
}

static void a_paused_supplier_gets_nothing_new(void)
{
    struct world *world = world_new(1);
    fg_job_id runs = submit(world, 1, 1);
    begin(world, runs);
    fg_job_id asked = submit(world, 1, 1);
    EQ(ask(world, FG_CMD_SUPPLIER_PAUSE, "north"), 0);
    EQ(ask(world, FG_CMD_SUPPLIER_STATUS, "north"), 0);
    OK(strstr(world->pool, "\"state\":\"paused\"") != NULL);
    OK(says(world, "north.n1", "supplier north is paused"));
    end(world, asked, FG_TASK_LOST); /* its engine takes it back */
    wait_s(world, 5);
    EQ(state(world, asked), FG_JOB_QUEUED);
    end(world, runs, FG_TASK_EXITED);
    EQ(state(world, runs), FG_JOB_SUCCEEDED);
    EQ(ask(world, FG_CMD_SUPPLIER_RESUME, "north"), 0);
    wait_s(world, 2); /* what was taken back counts for nothing against it */
    EQ(state(world, asked), FG_JOB_STARTING);
    world_free(world);
}

static void a_guess_moves_and_may_change_places(void)
{
    struct world *world = world_new(2);
    fg_job_id a = submit(world, 2, 1), b = submit(world, 2, 1);
    bool a_first = strcmp(task_of(world, a)->node, "north.n1") == 0;
    struct fg_engine_event *event = add_event(world, task_of(world, a), FG_TASK_STARTED);
    snprintf(event->node, sizeof(event->node), "%s", a_first ? "north.n2" : "north.n1");
    event->devices = 3;
    event = add_event(world, task_of(world, b), FG_TASK_STARTED);
    snprintf(event->node, sizeof(event->node), "%s", a_first ? "north.n1" : "north.n2");
    event->devices = 3;
    step(world, NULL);
    EQ(state(world, a), FG_JOB_RUNNING);
    EQ(state(world, b), FG_JOB_RUNNING);
    char want[32];
    snprintf(want, sizeof(want), "\"jobs\":[\"%d\"]", (int)a);
    OK(says(world, a_first ? "north.n2" : "north.n1", want));
    restart(world); /* it was written */
    OK(says(world, a_first ? "north.n2" : "north.n1", want));
    world_free(world);
}

static void began_on(struct world *world, fg_job_id job, const char *node, uint32_t devices)
{
    struct fg_engine_event *event = add_event(world, task_of(world, job), FG_TASK_STARTED);
    snprintf(event->node, sizeof(event->node), "%s", node);
    event->devices = devices;
    event->is_exact = true;
    step(world, NULL);
    EQ(state(world, job), FG_JOB_RUNNING);
    OK(fg_control_check(world->control));
}

static void print_hold(void *self, const struct fg_hold *hold)
{
    struct fg_buf *out = self;
    fg_buf_printf(out, "%d:%s:%x%s ", (int)hold->job, hold->node->name, hold->grant->devices,
                  hold->is_guess ? "?" : "");
}

/* Who holds what, as "JOB:NODE:MASK" with ? for a guess. */
static bool held_are(struct world *world, const char *want)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    fg_control_each_hold(world->control, print_hold, &out);
    bool is_so = out.text && strcmp(out.text, want) == 0;
    if (!is_so)
        printf("# %s\n", out.text ? out.text : "");
    return is_so;
}

/* Slurm chooses devices; who was thought to have them has others, and so it is after a restart. */
static void devices_are_those_that_slurm_gave(void)
{
    struct world *world = world_new(0);
    tell_node(world, "north.n1", 6);
    tell_state(world, "north.n1", true, 0, 0);
    fg_job_id a = submit(world, 3, 1), b = submit(world, 1, 1), c = submit(world, 2, 1);
    EQ(a * 100 + b * 10 + c, 123);
    OK(held_are(world, "1:north.n1:7? 2:north.n1:8? 3:north.n1:30? "));
    began_on(world, b, "north.n1", 1);
    OK(held_are(world, "1:north.n1:e? 2:north.n1:1 3:north.n1:30? "));
    began_on(world, a, "north.n1", 0x34);
    OK(held_are(world, "1:north.n1:34 2:north.n1:1 3:north.n1:a? "));
    restart(world); /* it was written; whether it is so is to be told again */
    OK(held_are(world, "1:north.n1:34? 2:north.n1:1? 3:north.n1:a? "));
    began_on(world, c, "north.n1", 10);
    began_on(world, a, "north.n1", 0x34);
    OK(held_are(world, "1:north.n1:34 2:north.n1:1? 3:north.n1:a "));
    began_on(world, b, "north.n1", 4); /* the other one is over, and that is not told yet */
    OK(held_are(world, "1:north.n1:31 2:north.n1:4 3:north.n1:a "));
    world_free(world);
}

static void a_guess_gives_way_on_another_node(void)
{
    struct world *world = world_new(0);
    tell_node(world, "north.n1", 4);
    tell_node(world, "north.n2", 4);
    tell_state(world, "north.n1", true, 0, 0);
    tell_state(world, "north.n2", true, 0, 0);
    fg_job_id a = submit(world, 2, 1), b = submit(world, 1, 1), c = submit(world, 4, 1);
    OK(held_are(world, "1:north.n1:3? 2:north.n1:4? 3:north.n2:f "));
    began_on(world, c, "north.n2", 0xf);
    end(world, c, FG_TASK_EXITED);
    fg_job_id d = submit(world, 4, 1);
    OK(held_are(world, "1:north.n1:3? 2:north.n1:4? 4:north.n2:f "));
    end(world, d, FG_TASK_FAILED);
    began_on(world, b, "north.n2", 8);
    OK(held_are(world, "1:north.n1:3? 2:north.n2:8 "));
    began_on(world, a, "north.n2", 5);
    OK(held_are(world, "1:north.n2:5 2:north.n2:8 "));
    world_free(world);
}

static void a_lost_node_is_left_alone_for_a_while(void)
{
    struct world *world = world_new(1);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    end(world, job, FG_TASK_LOST);
    EQ(state(world, job), FG_JOB_QUEUED);
    OK(says(world, "north.n1", "held back for"));
    wait_s(world, 9);
    EQ(state(world, job), FG_JOB_QUEUED);
    wait_s(world, 2);
    EQ(state(world, job), FG_JOB_STARTING);
    world_free(world);
}

static void a_job_that_kills_every_node_fails(void)
{
    struct world *world = world_new(3);
    fg_job_id job = submit(world, 1, 1);
    for (int i = 0; i < 3; i++) {
        EQ(state(world, job), FG_JOB_STARTING);
        begin(world, job);
        wait_s(world, 100);
        end(world, job, FG_TASK_LOST);
    }
    EQ(state(world, job), FG_JOB_FAILED);
    fg_job_id other = submit(world, 1, 1);
    wait_s(world, 30);
    EQ(state(world, other), FG_JOB_STARTING);
    world_free(world);
}

static void what_a_job_lost_outlives_the_service(void)
{
    struct world *world = world_new(3);
    fg_job_id job = submit(world, 1, 1);
    for (int i = 0; i < 3; i++) {
        EQ(state(world, job), FG_JOB_STARTING);
        begin(world, job);
        wait_s(world, 100);
        end(world, job, FG_TASK_LOST);
        if (i == 2)
            continue;
        restart(world);
        tell_supplier(world, true);
        for (int node = 1; node <= 3; node++) {
            char name[16];
            snprintf(name, sizeof(name), "north.n%d", node);
            tell_state(world, name, true, 0, 0);
        }
    }
    EQ(state(world, job), FG_JOB_FAILED);
    world_free(world);
}

static void a_node_that_leaves_is_left_in_time(void)
{
    struct world *world = world_new(2);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    struct task *task = task_of(world, job);
    char node[FG_NAME_MAX];
    memcpy(node, task->node, sizeof(node));
    tell_state(world, node, true, 0, world->now_us + 120 * SECOND);
    OK(task->stopped);
    struct fg_engine_event *event = add_event(world, task, FG_TASK_EXITED);
    event->stopped = true;
    event->term_signal = 15;
    step(world, NULL);
    step(world, NULL);
    EQ(state(world, job), FG_JOB_STARTING);
    OK(strcmp(task_of(world, job)->node, node) != 0);
    EQ(world->gone, 0);
    tell_gone(world, node);
    OK(!says(world, node, "\"name\""));
    EQ(world->joined, 2);
    EQ(world->gone, 1);
    restart(world);
    EQ(world->joined, 2);
    world_free(world);
}

static void numbers_outlive_nodes_that_are_used(void)
{
    struct world *world = world_new(2);
    fg_job_id job = submit(world, 2, 1);
    begin(world, job);
    char node[FG_NAME_MAX];
    memcpy(node, task_of(world, job)->node, sizeof(node));
    tell_gone(world, node);
    OK(says(world, node, "\"down\"")); /* its job goes on */
    tell_node(world, node, 1);         /* it comes back in another shape */
    tell_state(world, node, true, 0, 0);
    OK(says(world, node, "\"draining\""));
    end(world, job, FG_TASK_EXITED);
    EQ(state(world, job), FG_JOB_SUCCEEDED);
    step(world, NULL);
    OK(says(world, node, "\"up\""));
    tell_gone(world, node);
    tell_node(world, "north.n9", 2); /* takes its number */
    tell_state(world, "north.n9", true, 0, 0);
    restart(world);
    OK(says(world, "north.n9", "\"name\""));
    world_free(world);
}

static void a_silent_supplier_gets_nothing(void)
{
    struct world *world = world_new(1);
    tell_supplier(world, false);
    fg_job_id job = submit(world, 1, 1);
    OK(task_of(world, job) == NULL);
    OK(says(world, "north.n1", "supplier north does not answer"));
    tell_supplier(world, true);
    wait_s(world, 1);
    OK(task_of(world, job) != NULL);
    end(world, job, FG_TASK_LOST); /* not begun: it stalls */
    EQ(state(world, job), FG_JOB_QUEUED);
    wait_s(world, 20);
    EQ(state(world, job), FG_JOB_QUEUED);
    EQ(ask(world, FG_CMD_SUPPLIER_STATUS, "north"), 0);
    OK(strstr(world->pool, "\"state\":\"held\"") != NULL);
    wait_s(world, 20);
    EQ(state(world, job), FG_JOB_STARTING);
    EQ(ask(world, FG_CMD_SUPPLIER_REMOVE, "north"), FG_ESTATE);
    EQ(ask(world, FG_CMD_CANCEL, NULL) < 0, true);
    end(world, job, FG_TASK_EXITED);
    EQ(ask(world, FG_CMD_SUPPLIER_REMOVE, "north"), 0);
    step(world, NULL);
    OK(!says(world, "north.n1", "\"name\""));
    EQ(world->suppliers, 0);
    world_free(world);
}

static void an_operator_knows_better(void)
{
    struct world *world = world_new(2);
    fg_job_id job = submit(world, 1, 2);
    for (int i = 0; i < 2; i++) {
        struct fg_engine_event *event = add_event(world, task_of(world, job), FG_TASK_STARTED);
        event->key.task = (uint32_t)i;
    }
    step(world, NULL);
    EQ(state(world, job), FG_JOB_RUNNING);
    char node[FG_NAME_MAX];
    const struct task *first = task_of(world, job);
    memcpy(node, first->node, sizeof(node));
    EQ(ask(world, FG_CMD_NODE_LOST, node), 0);
    OK(first->stopped);
    EQ(ask(world, FG_CMD_NODE_LOST, "nobody"), FG_ENOENT);
    OK(says(world, node, "an operator said that it is off"));
    EQ(ask(world, FG_CMD_NODE_RESUME, node), 0);
    OK(says(world, node, "\"up\""));
    world_free(world);
}

static void this_machine_may_have_another_name(void)
{
    struct world *world = world_new(1);
    world->host = "renamed";
    restart(world);
    OK(says(world, "renamed", "\"up\""));
    OK(!says(world, "host", "\"name\""));
    world->host = "second";
    world->is_shared = true;
    restart(world); /* another machine took over */
    OK(says(world, "second", "\"up\""));
    OK(says(world, "renamed", "\"down\""));
    world_free(world);
}

int main(void)
{
    RUN(a_node_gets_work_only_once_it_was_heard);
    RUN(others_are_load);
    RUN(others_are_no_load_where_slurm_places);
    RUN(a_paused_supplier_gets_nothing_new);
    RUN(a_guess_moves_and_may_change_places);
    RUN(devices_are_those_that_slurm_gave);
    RUN(a_guess_gives_way_on_another_node);
    RUN(a_lost_node_is_left_alone_for_a_while);
    RUN(a_job_that_kills_every_node_fails);
    RUN(what_a_job_lost_outlives_the_service);
    RUN(a_node_that_leaves_is_left_in_time);
    RUN(numbers_outlive_nodes_that_are_used);
    RUN(a_silent_supplier_gets_nothing);
    RUN(an_operator_knows_better);
    RUN(this_machine_may_have_another_name);
    return tap_done();
}

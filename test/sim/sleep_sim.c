/* sleep_sim.c - the controller switches empty nodes off and on: told step by step, and then lived for hours with a power saving that
 * sometimes refuses, says nothing, or does not bring a node back.  Jobs are never lost, and none waits while there is room. */
#include "test/sim/node_world.h"
#include "test/sim/random.h"
#include "test/sim/sim_books.h"

#define NODES    4
#define DEVICES  2 /* of each */
#define AFTER_S  200
#define WAKE_S   60
#define JOBS_MAX 400
#define LIFE_S   8000

/* -- told ---------------------------------------------------------------------------------------------------- */

static struct {
    char node[FG_NAME_MAX];
    bool on;
    int calls;
} asked;

static void note_power(struct world *, const char *node, bool on)
{
    snprintf(asked.node, sizeof(asked.node), "%s", node);
    asked.on = on;
    asked.calls++;
}

static void tell_rest(struct world *world, const char *name, bool up, enum fg_node_rest rest)
{
    struct fg_engine_news *news = add_news(world, FG_NEWS_NODE_STATE);
    snprintf(news->node, sizeof(news->node), "%s", name);
    news->up = up;
    news->rest = rest;
    step(world, NULL);
    step(world, NULL);
}

static struct world *sleepy_world(uint32_t nodes)
{
    struct world *world = world_new(nodes);
    char name[16];
    world->config.energy_sleep = 1;
    world->config.energy_sleep_after_s = AFTER_S;
    world->config.energy_wake_s = WAKE_S;
    restart(world); /* which reads them */
    tell_supplier(world, true);
    for (uint32_t i = 1; i <= nodes; i++) {
        snprintf(name, sizeof(name), "north.n%u", i);
        tell_node(world, name, DEVICES);
        tell_state(world, name, true, 0, 0);
    }
    world->power = note_power;
    memset(&asked, 0, sizeof(asked));
    return world;
}

static void live_s(struct world *world, int64_t seconds)
{
    for (; seconds > 0; seconds -= 5)
        wait_s(world, 5);
}

/* The only node of two sleeps; what goes there wakes it, and who asks is told. */
static void an_empty_node_sleeps_until_work_comes(void)
{
    struct world *world = sleepy_world(1);
    live_s(world, AFTER_S - 20);
    EQ(asked.calls, 0);
    live_s(world, 60);
    EQ(asked.calls, 1);
    OK(!asked.on && strcmp(asked.node, "north.n1") == 0);
    OK(says(world, "north.n1", "it is being switched off"));
    fg_job_id job = submit(world, 1, 1);
    EQ(state(world, job), FG_JOB_QUEUED); /* not while it is on its way down */
    tell_rest(world, "north.n1", false, FG_REST_GOING);
    OK(says(world, "north.n1", "\"milli\":1000")); /* that is no fault of it */
    tell_rest(world, "north.n1", true, FG_REST_ASLEEP);
    EQ(state(world, job), FG_JOB_STARTING);
    OK(strcmp(task_of(world, job)->node, "north.n1") == 0);
    OK(says(world, "north.n1", "asleep: work that goes there wakes it"));
    tell_rest(world, "north.n1", true, FG_REST_WAKING);
    OK(says(world, "north.n1", "waking: ready about 2023-11-14T"));
    live_s(world, AFTER_S + 100); /* it has work: it is left alone */
    EQ(asked.calls, 1);
    tell_rest(world, "north.n1", true, FG_REST_AWAKE);
    begin(world, job);
    end(world, job, FG_TASK_EXITED);
    EQ(state(world, job), FG_JOB_SUCCEEDED);
    world_free(world);
}

static void who_is_awake_gets_the_work(void)
{
    struct world *world = sleepy_world(2);
    tell_rest(world, "north.n1", true, FG_REST_ASLEEP);
    fg_job_id first = submit(world, 1, 1), second = submit(world, 1, 1);
    OK(strcmp(task_of(world, first)->node, "north.n2") == 0);
    OK(strcmp(task_of(world, second)->node, "north.n2") == 0);
    fg_job_id third = submit(world, 1, 1); /* no other room */
    OK(strcmp(task_of(world, third)->node, "north.n1") == 0);
    world_free(world);
}

static void persons_and_faults_keep_nodes_awake(void)
{
    struct world *world = sleepy_world(2);
    EQ(ask(world, FG_CMD_NODE_DRAIN, "north.n1"), 0);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    live_s(world, 2 * AFTER_S);
    EQ(asked.calls, 0); /* one is drained by a person, one works */
    end(world, job, FG_TASK_EXITED);
    live_s(world, AFTER_S + 20);
    EQ(asked.calls,
       0); /* one of few stretches wanted a device more: it is kept for the next such */
    for (int i = 0; i < 100 && asked.calls == 0; i++)
        live_s(world, WAKE_S);
    EQ(asked.calls, 1);
    OK(strcmp(asked.node, "north.n2") == 0);
    world_free(world);
}

static void what_comes_to_nothing_is_left_for_a_while(void)
{
    struct world *world = sleepy_world(1);
    live_s(world, AFTER_S + 20);
    EQ(asked.calls, 1);
    live_s(world, 200); /* nothing is heard */
    OK(says(world, "north.n1", "\"up\""));
    EQ(asked.calls, 1);
    live_s(world, 560);
    EQ(asked.calls, 2);
    struct fg_engine_news *news = add_news(world, FG_NEWS_NODE_STATE);
    snprintf(news->node, sizeof(news->node), "north.n1");
    snprintf(news->reason, sizeof(news->reason), "scontrol: Invalid node state specified");
    step(world, NULL);
    step(world, NULL);
    OK(says(world, "north.n1", "\"up\"")); /* at once */
    live_s(world, 500);
    EQ(asked.calls, 2);
    world_free(world);
}

/* -- saved ---------------------------------------------------------------------------------------------------- */

/* What a cluster's node of two devices is assumed to draw empty, less what it draws asleep: control/node_watts.c. */
#define LESS_MW (300'000 + DEVICES * 30'000 - 15'000)
#define MOVE_MW 500'000

static struct fg_saved slept(const struct world *world, enum fg_saving_way way)
{
    return sim_store_books(world->store)->saved[way];
}

/* All but what is not written yet. */
static void is_near(int64_t got_us, int64_t want_us)
{
    OK(got_us <= want_us && got_us > want_us - 25 * SECOND);
}

/* Of an hour asleep all but the last seconds is in the store; what it takes to move is counted, what nobody saw is not. */
static void what_sleep_saved_is_kept(void)
{
    struct world *world = sleepy_world(1);
    live_s(world, AFTER_S + 20);
    EQ(asked.calls, 1);
    tell_rest(world, "north.n1", false, FG_REST_GOING);
    live_s(world, 30);
    int64_t since_us = world->now_us;
    tell_rest(world, "north.n1", true, FG_REST_ASLEEP);
    live_s(world, 3600);
    int64_t first_us = world->now_us - since_us;
    struct fg_saved saved = slept(world, FG_SAVING_SLEEP_ASSUMED);
    is_near(saved.asleep_us, first_us);
    EQ(saved.avoided_mj, saved.asleep_us / 1000 * LESS_MW / 1000);
    OK(saved.spent_mj >= 30LL * MOVE_MW && saved.spent_mj <= 60LL * MOVE_MW);
    EQ(slept(world, FG_SAVING_SLEEP_MEASURED).avoided_mj, 0);

    /* Killed: the last seconds are lost, none are counted twice, nor those while it was away. */
    restart(world);
    world->now_us += 7200 * SECOND;
    tell_supplier(world, true);
    tell_node(world, "north.n1", DEVICES);
    since_us = world->now_us;
    tell_rest(world, "north.n1", true, FG_REST_ASLEEP);
    live_s(world, 600);
    int64_t second_us = world->now_us - since_us;
    is_near(slept(world, FG_SAVING_SLEEP_ASSUMED).asleep_us, first_us + second_us);

    /* While its supplier does not answer nobody knows whether it sleeps. */
    tell_supplier(world, false);
    live_s(world, 600);
    OK(slept(world, FG_SAVING_SLEEP_ASSUMED).asleep_us <= first_us + second_us);
    world_free(world);
}

/* Measured before it slept: so that is what it would have drawn, also after a restart. */
static void what_was_measured_goes_before_what_is_assumed(void)
{
    struct world *world = sleepy_world(1);
    for (int i = 0; i < 80; i++) {
        read_device(world, "north.n1", FG_DEVICE_CPU, FG_READING_POWER, 100'000);
        read_device(world, "north.n1", 0, FG_READING_POWER, 50'000);
        read_device(world, "north.n1", 1, FG_READING_POWER, 51'000);
        wait_s(world, 1);
    }
    restart(world);
    tell_supplier(world, true);
    tell_node(world, "north.n1", DEVICES);
    tell_state(world, "north.n1", true, 0, 0);
    int64_t since_us = world->now_us;
    tell_rest(world, "north.n1", true, FG_REST_ASLEEP);
    live_s(world, 1000);
    struct fg_saved saved = slept(world, FG_SAVING_SLEEP_MEASURED);
    is_near(saved.asleep_us, world->now_us - since_us);
    EQ(saved.avoided_mj, saved.asleep_us / 1000 * (201 - 15));
    EQ(slept(world, FG_SAVING_SLEEP_ASSUMED).asleep_us, 0);
    world_free(world);
}

/* -- lived --------------------------------------------------------------------------------------------------- */

struct machine {
    enum fg_node_rest rest;
    bool is_down, told_down;
    int64_t until_us; /* of what it is in */
    enum fg_node_rest told;
};

struct life {
    struct world *world;
    uint64_t random;
    struct machine machines[NODES];
    fg_job_id jobs[JOBS_MAX];
    int64_t came_us[JOBS_MAX], ends_us[JOBS_MAX]; /* ends: 0: it does not run yet */
    uint32_t devices[JOBS_MAX];
    size_t jobs_len;
    uint32_t sleeps, wakes, falls;
    int64_t asleep_us, longest_us;
    int64_t turned_us; /* the turn before began */
};
static struct life *lived; /* of the callback */

static struct machine *machine_of(struct life *life, const char *node)
{
    return &life->machines[atoi(node + strlen("north.n")) - 1];
}

static void go(struct life *life,
               struct machine *machine,
               enum fg_node_rest rest,
               int64_t seconds)
{
    machine->rest = rest;
    machine->until_us = life->world->now_us + seconds * SECOND;
}

static void power(struct world *, const char *node, bool on)
{
    struct machine *machine = machine_of(lived, node);
    if (sim_random(&lived->random, 10) == 0) /* nobody hears of it */
        return;
    if (on && machine->rest == FG_REST_ASLEEP)
        go(lived, machine, FG_REST_WAKING, WAKE_S);
    else if (!on && machine->rest == FG_REST_AWAKE && !machine->is_down)
        go(lived, machine, FG_REST_GOING, 20);
    lived->sleeps += !on;
    lived->wakes += on;
}

static void tell_machine(struct life *life, size_t i)
{
    struct machine *machine = &life->machines[i];
    char name[16];
    snprintf(name, sizeof(name), "north.n%zu", i + 1);
    if (machine->told == machine->rest && machine->told_down == machine->is_down)
        return;
    machine->told = machine->rest;
    machine->told_down = machine->is_down;
    tell_rest(life->world, name, !machine->is_down && machine->rest != FG_REST_GOING,
              machine->rest);
}

/* One that is woken may stay down for a while. */
static void turn_machine(struct life *life, size_t i)
{
    struct machine *machine = &life->machines[i];
    if (machine->is_down && life->world->now_us >= machine->until_us)
        machine->is_down = false;
    else if (machine->rest == FG_REST_GOING && life->world->now_us >= machine->until_us)
        machine->rest = FG_REST_ASLEEP;
    else if (machine->rest == FG_REST_WAKING && life->world->now_us >= machine->until_us) {
        machine->rest = FG_REST_AWAKE;
        machine->is_down = sim_random(&life->random, 8) == 0;
        life->falls += machine->is_down;
        machine->until_us = life->world->now_us + 100 * SECOND;
    }
    life->asleep_us +=
        machine->rest == FG_REST_ASLEEP ? life->world->now_us - life->turned_us : 0;
    tell_machine(life, i);
}

/* A task waits for its machine, wakes it, is lost with it. */
static void turn_job(struct life *life, size_t i)
{
    struct world *world = life->world;
    enum fg_job_state now = state(world, life->jobs[i]);
    if (now == FG_JOB_SUCCEEDED)
        return;
    if (now == FG_JOB_QUEUED) {
        life->ends_us[i] = 0;
        return;
    }
    struct task *task = task_of(world, life->jobs[i]);
    struct machine *machine = machine_of(life, task->node);
    if (machine->rest == FG_REST_ASLEEP)
        go(life, machine, FG_REST_WAKING, WAKE_S);
    if (machine->is_down && !task->over) {
        task->over = true;
        end(world, life->jobs[i], FG_TASK_LOST);
    } else if (now == FG_JOB_STARTING && machine->rest == FG_REST_AWAKE) {
        begin(world, life->jobs[i]);
        int64_t waited_us = world->now_us - life->came_us[i];
        life->longest_us = waited_us > life->longest_us ? waited_us : life->longest_us;
        life->ends_us[i] =
            world->now_us + (int64_t)(10 + sim_random(&life->random, 900)) * SECOND;
    } else if (now == FG_JOB_RUNNING && world->now_us >= life->ends_us[i]) {
        end(world, life->jobs[i], FG_TASK_EXITED);
    }
}

static uint32_t devices_asked(const struct life *life)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < life->jobs_len; i++)
        if (state(life->world, life->jobs[i]) != FG_JOB_SUCCEEDED)
            sum += life->devices[i];
    return sum;
}

static void turn(struct life *life, bool brings_jobs)
{
    if (brings_jobs && life->jobs_len < JOBS_MAX && sim_random(&life->random, 150) == 0
        && devices_asked(life) + DEVICES <= (NODES - 1) * DEVICES) {
        size_t i = life->jobs_len++;
        life->devices[i] = 1 + sim_random(&life->random, DEVICES);
        life->came_us[i] = life->world->now_us;
        life->jobs[i] = submit(life->world, life->devices[i], 1);
    }
    for (size_t i = 0; i < life->jobs_len; i++)
        turn_job(life, i);
    int64_t began_us = life->world->now_us;
    for (size_t i = 0; i < NODES; i++)
        turn_machine(life, i);
    life->turned_us = began_us;
    life->world->now_us += SECOND;
    step(life->world, NULL);
}

/* With one node's room to spare nobody waits for longer than for a node on its way down to come up again, and as often as
 * one stays down. */
static void nobody_is_lost_or_starved(uint64_t seed)
{
    struct life life = {.world = sleepy_world(NODES), .random = seed};
    lived = &life;
    life.turned_us = life.world->now_us;
    life.world->power = power;
    for (int i = 0; i < LIFE_S; i++)
        turn(&life, true);
    for (int i = 0; i < 5000 && devices_asked(&life) > 0; i++)
        turn(&life, false);
    EQ(devices_asked(&life), 0);
    OK(life.sleeps > 5 && life.asleep_us > 2000 * SECOND);
    OK(life.longest_us < 900 * SECOND);
    struct fg_saved saved = slept(life.world, FG_SAVING_SLEEP_ASSUMED);
    OK(saved.asleep_us <= life.asleep_us + (int64_t)life.jobs_len * 5 * SECOND);
    OK(saved.avoided_mj <= life.asleep_us / 1000 * LESS_MW / 1000 * 11 / 10);
    printf("# seed %llu: %zu jobs, the longest waited %lld s; %u times to sleep, %u woken "
           "ahead, %u stayed "
           "down; %lld %% of node hours asleep\n",
           (unsigned long long)seed, life.jobs_len, (long long)(life.longest_us / SECOND),
           life.sleeps, life.wakes, life.falls,
           (long long)(life.asleep_us / SECOND / (LIFE_S * NODES / 100)));
    world_free(life.world);
}

int main(void)
{
    RUN(an_empty_node_sleeps_until_work_comes);
    RUN(who_is_awake_gets_the_work);
    RUN(persons_and_faults_keep_nodes_awake);
    RUN(what_comes_to_nothing_is_left_for_a_while);
    RUN(what_sleep_saved_is_kept);
    RUN(what_was_measured_goes_before_what_is_assumed);
    for (uint64_t seed = 1; seed <= 2; seed++)
        nobody_is_lost_or_starved(seed);
    return tap_done();
}

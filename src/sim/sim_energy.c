/* sim_energy.c - power caps and sleep in a simulation: the decisions are those of energy/, the watts those of the model.
 *
 * A cap changes how fast an attempt goes and what it draws.  The probes at its beginning are reckoned into the mean speed and power of the
 * whole attempt, so that joules and time are right when it runs to its end.
 */
#include "base/grow.h"
#include "base/map.h"
#include "energy/sleep.h"
#include "sim/sim_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TICK_US     60'000'000
#define NOISE_MILLI 10 /* what a probe measures is off by so much, standard deviation */

struct energy {
    const struct fg_energy_model *model;
    const struct fg_energy_device **devices; /* by group */
    uint32_t *kinds;                         /* by group: number of its kind of device */
    size_t kinds_len;
    struct fg_map *classes; /* class of jobs and kind of device -> curve */
    struct fg_curve *curves;
    size_t curves_len, curves_room;
    struct fg_sleep_demand *demands; /* by kind */
    uint32_t *keep;                  /* by kind */
    struct fg_sleep_node *nodes;
    enum fg_sleep_act *acts;
    uint64_t random;
};

/* -- set up ------------------------------------------------------------------------------------------------ */

static void *take(size_t len, size_t size)
{
    void *items = calloc(len + 1, size);
    if (!items)
        abort();
    return items;
}

static uint32_t kind_of(const struct sim *sim, size_t group)
{
    for (size_t i = 0; i < group; i++)
        if (strcmp(sim->cluster->groups[i].kind, sim->cluster->groups[group].kind) == 0)
            return sim->energy->kinds[i];
    return (uint32_t)sim->energy->kinds_len++;
}

void fg_sim_energy_new(struct sim *sim)
{
    size_t groups = sim->cluster->groups_len, nodes = fg_sim_cluster_nodes(sim->cluster);
    struct energy *energy = take(1, sizeof(*energy));
    sim->energy = energy;
    energy->model = sim->options->energy;
    energy->random = sim->options->seed * 0x2545'f491'4f6c'dd1du + 1;
    energy->classes = fg_map_new(0);
    energy->devices = take(groups, sizeof(struct fg_energy_device *));
    energy->kinds = take(groups, sizeof(energy->kinds[0]));
    energy->keep = take(groups, sizeof(energy->keep[0]));
    energy->demands = take(groups, sizeof(energy->demands[0]));
    energy->nodes = take(nodes, sizeof(energy->nodes[0]));
    energy->acts = take(nodes, sizeof(energy->acts[0]));
    for (size_t i = 0; i < groups; i++) {
        energy->devices[i] = fg_energy_device_of(energy->model, sim->cluster->groups[i].kind);
        energy->kinds[i] = kind_of(sim, i);
        fg_sleep_demand_init(&energy->demands[i], energy->model->node.wake_us);
    }
    if (sim->options->saving.sleeps)
        fg_sim_plan(sim, (struct event){.kind = EVENT_POWER, .time_us = TICK_US});
}

void fg_sim_energy_free(struct sim *sim)
{
    struct energy *energy = sim->energy;
    if (!energy)
        return;
    fg_map_free(energy->classes);
    free(energy->curves);
    free(energy->devices);
    free(energy->kinds);
    free(energy->keep);
    free(energy->demands);
    free(energy->nodes);
    free(energy->acts);
    free(energy);
    sim->energy = NULL;
}

/* -- classes ------------------------------------------------------------------------------------------------ */

/* splitmix64 */
static uint64_t mix(uint64_t z)
{
    z += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return z ^ (z >> 31);
}

/* Project, user and request: jobs of one class do the same work. */
static uint64_t class_of(const struct sim *sim, uint32_t index)
{
    const struct fg_sim_job *job = &sim->trace->jobs[index];
    return mix(mix(mix(sim->options->seed ^ job->project) ^ job->user) ^ job->request);
}

static struct fg_curve *curve_of(struct energy *energy,
                                 uint64_t class,
                                 const struct fg_energy_device *device)
{
    uint64_t key = mix(class ^ (uint64_t)(device - energy->model->devices)) | 1;
    uint32_t at;
    if (!fg_map_get(energy->classes, key, &at)) {
        at = (uint32_t)energy->curves_len++;
        energy->curves =
            fg_grow(energy->curves, at, &energy->curves_room, sizeof(energy->curves[0]));
        fg_curve_init(&energy->curves[at], &device->range);
        fg_map_put(energy->classes, key, at);
    }
    return &energy->curves[at];
}

/* About normal, mean 1: the sum of twelve uniform draws. */
static double noise(struct energy *energy)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += (double)(mix(energy->random++) >> 11) / 9007199254740992.0;
    return 1 + (sum - 6) * NOISE_MILLI / 1000;
}

/* -- an attempt ------------------------------------------------------------------------------------------------ */

/* What an attempt has come to: work at full power, time, energy of one device. */
struct course {
    double work_us, time_us, mw_us;
};

static void go(struct course *course,
               const struct fg_energy_device *device,
               const struct fg_energy_class *class,
               int64_t cap_mw,
               double time_us)
{
    size_t at = fg_energy_cap_at(device, cap_mw);
    course->time_us += time_us;
    course->work_us += time_us * class->share[at];
    course->mw_us += time_us * class->watts[at] * 1000;
}

static struct fg_cap_job cap_job(const struct sim *sim,
                                 const struct attempt *attempt,
                                 const struct fg_job *job)
{
    struct fg_cap_job out = {.urgent = sim->trace->jobs[attempt->job].priority > 0,
                             .due_us = INT64_MAX};
    if (job->deadline_us) {
        out.due_us = job->deadline_us - EPOCH_US - sim->now_us - attempt->overhead_us;
        const struct fg_request *request =
            &sim->trace->requests[sim->trace->jobs[attempt->job].request];
        out.left_us = job->duration_us
                      - fg_order_wall_us(job->attained_us, request, fg_job_tasks_max(job));
    }
    return out;
}

/* Probes as long as the curve asks for some, the cap that follows from them for the rest. */
static void go_capped(struct sim *sim,
                      struct attempt *attempt,
                      const struct fg_job *job,
                      const struct fg_energy_class *class,
                      struct course *course)
{
    struct energy *energy = sim->energy;
    const struct fg_cap_terms *terms = &sim->options->saving.terms;
    const struct fg_energy_device *device =
        energy->devices[sim->nodes[attempt->grants[0].node - 1].group];
    struct fg_curve *curve = curve_of(energy, class_of(sim, attempt->job), device);
    const struct fg_cap_job who = cap_job(sim, attempt, job);
    double work_us = (double)sim->runs[attempt->job].left_us;
    uint32_t allowed = fg_cap_allowed(terms, &who);
    for (int64_t cap; allowed > 0 && work_us - course->work_us > FG_SIM_PROBE_US
                      && (cap = fg_curve_next_probe(curve, allowed)) != 0;) {
        size_t at = fg_energy_cap_at(device, cap);
        go(course, device, class, cap, FG_SIM_PROBE_US);
        fg_curve_note(curve, cap, class->watts[at] * 1000 * noise(energy),
                      class->share[at] * noise(energy), FG_SIM_PROBE_US / 1e6);
    }
    int64_t cap = fg_cap_choose(curve, terms, &who).cap_mw;
    double share = class->share[fg_energy_cap_at(device, cap)];
    go(course, device, class, cap, fmax(0, work_us - course->work_us) / share);
    sim->result->sums.capped += cap < device->range.max_mw;
}

/* Until the last of its nodes is awake. */
static int64_t wake(struct sim *sim, const struct attempt *attempt)
{
    const struct fg_energy_model *model = sim->energy->model;
    int64_t ready_us = sim->now_us;
    for (uint32_t i = 0; i < attempt->grants_len; i++) {
        struct node *node = &sim->nodes[attempt->grants[i].node - 1];
        if (node->sleep == FG_SLEEP_ASLEEP) /* on its way down it cannot turn round */
            node->ready_us = (node->ready_us > sim->now_us ? node->ready_us : sim->now_us)
                             + model->node.wake_us;
        fg_sim_meter_take(sim, node);
        node->sleep = FG_SLEEP_AWAKE;
        fg_sim_meter_put(sim, node);
        ready_us = node->ready_us > ready_us ? node->ready_us : ready_us;
    }
    return ready_us - sim->now_us;
}

void fg_sim_energy_begin(struct sim *sim, struct attempt *attempt, const struct fg_job *job)
{
    if (!sim->energy)
        return;
    const struct fg_energy_device *device =
        sim->energy->devices[sim->nodes[attempt->grants[0].node - 1].group];
    const struct fg_energy_class *class =
        &device->classes[class_of(sim, attempt->job) % device->classes_len];
    struct course course = {};
    attempt->woken_us = wake(sim, attempt);
    attempt->overhead_us += attempt->woken_us;
    if (sim->options->saving.caps)
        go_capped(sim, attempt, job, class, &course);
    else
        go(&course, device, class, device->range.max_mw, 1);
    if (course.time_us <= 0)
        return;
    uint32_t before = attempt->speed_milli;
    double speed = before * course.work_us / course.time_us;
    attempt->speed_milli = speed < 1 ? 1 : (uint32_t)(speed + 0.5);
    attempt->slower = (double)before / attempt->speed_milli;
    attempt->device_mw = llround(course.mw_us / course.time_us);
}

/* -- nodes ------------------------------------------------------------------------------------------------------ */

void fg_sim_energy_load(
    struct sim *sim, struct node *node, const struct attempt *attempt, uint32_t milli, int sign)
{
    node->jobs_mw += sign * attempt->device_mw * milli / 1000;
    if (node->grants == 0)
        node->sleep_us = sim->now_us;
}

int64_t fg_sim_energy_watts_milli(const struct sim *sim, const struct node *node)
{
    const struct fg_energy_model *model = sim->energy->model;
    if (node->sleep == FG_SLEEP_ASLEEP)
        return model->node.asleep_mw;
    int64_t all = 1000LL * sim->cluster->groups[node->group].gpus;
    int64_t span_mw = model->node.busy_mw - model->node.idle_mw;
    int64_t idle_mw = sim->energy->devices[node->group]->idle_mw;
    return model->node.idle_mw + (all ? span_mw * node->used_milli / all : 0)
           + idle_mw * (all - node->used_milli) / 1000 + node->jobs_mw;
}

struct fg_sim_watts fg_sim_energy_watts(const struct fg_energy_model *model,
                                        const struct fg_sim_group *group)
{
    const struct fg_energy_device *device = fg_energy_device_of(model, group->kind);
    double most = 0;
    for (size_t i = 0; i < device->classes_len; i++)
        most = fmax(most, device->classes[i].watts[device->caps_len - 1]);
    return (struct fg_sim_watts){
        .idle_milli = model->node.idle_mw + device->idle_mw * group->gpus,
        .busy_milli = model->node.busy_mw + llround(most * 1000) * group->gpus,
        .asleep_milli = model->node.asleep_mw};
}

/* Nodes as energy/sleep wants them; how many devices of each kind are in use. */
static void look(struct sim *sim, int64_t *in_use)
{
    struct energy *energy = sim->energy;
    const struct fg_energy_model *model = energy->model;
    for (size_t i = 0; i < fg_sim_cluster_nodes(sim->cluster); i++) {
        struct node *node = &sim->nodes[i];
        const struct fg_sim_group *group = &sim->cluster->groups[node->group];
        if (node->away || (node->sleep == FG_SLEEP_WAKING && node->ready_us <= sim->now_us)) {
            node->sleep = FG_SLEEP_AWAKE;
            node->sleep_us = sim->now_us;
        }
        in_use[energy->kinds[node->group]] += node->used_milli;
        energy->nodes[i] = (struct fg_sleep_node){
            .costs = {.idle_mw = fg_sim_energy_watts(model, group).idle_milli,
                      .asleep_mw = model->node.asleep_mw,
                      .move_mw = model->node.busy_mw,
                      .down_us = model->node.down_us,
                      .wake_us = model->node.wake_us},
            .state = node->sleep,
            .may_sleep = !node->away,
            .is_empty = node->grants == 0 && !node->away,
            .since_us = node->sleep_us,
            .kind = energy->kinds[node->group],
            .devices = group->gpus,
        };
    }
}

static void act(struct sim *sim, size_t at)
{
    const struct fg_energy_model *model = sim->energy->model;
    struct node *node = &sim->nodes[at];
    if (sim->energy->acts[at] == FG_SLEEP_STAY)
        return;
    fg_sim_meter_take(sim, node);
    node->sleep_us = sim->now_us;
    if (sim->energy->acts[at] == FG_SLEEP_GO) {
        const struct fg_sleep_costs *costs = &sim->energy->nodes[at].costs;
        fg_sim_power(sim, (__int128)(costs->move_mw - costs->asleep_mw) * model->node.down_us,
                     sim->now_us);
        node->sleep = FG_SLEEP_ASLEEP;
        node->ready_us = sim->now_us + model->node.down_us;
        sim->result->sums.sleeps++;
    } else {
        node->sleep = FG_SLEEP_WAKING;
        node->ready_us =
            (node->ready_us > sim->now_us ? node->ready_us : sim->now_us) + model->node.wake_us;
    }
    fg_sim_meter_put(sim, node);
}

void fg_sim_energy_event(struct sim *sim)
{
    struct energy *energy = sim->energy;
    const struct fg_sim_saving *saving = &sim->options->saving;
    size_t nodes = fg_sim_cluster_nodes(sim->cluster);
    int64_t *in_use = take(energy->kinds_len, sizeof(*in_use));
    look(sim, in_use);
    for (size_t i = 0; i < energy->kinds_len; i++) {
        fg_sleep_demand_note(&energy->demands[i], sim->now_us, (in_use[i] + 999) / 1000);
        energy->keep[i] = fg_sleep_demand_keep(&energy->demands[i], saving->keep_milli);
    }
    free(in_use);
    const struct fg_sleep_terms terms = {.keep = energy->keep,
                                         .kinds_len = energy->kinds_len,
                                         .awake_us = saving->awake_us,
                                         .asleep_us = saving->asleep_us};
    (void)fg_sleep_decide(&terms, energy->nodes, nodes, sim->now_us, energy->acts);
    for (size_t i = 0; i < nodes; i++)
        act(sim, i);
    fg_sim_plan(sim, (struct event){.kind = EVENT_POWER, .time_us = sim->now_us + TICK_US});
}

/* sim_reserved.c - the reservations of the cluster file, made before the first job comes. */
#include "schedule/reservation.h"
#include "sim/sim_inner.h"

#include <stdlib.h>
#include <string.h>

static int find_nodes(const struct sim *sim,
                      const struct fg_advance_spec *spec,
                      struct fg_advance_place *out,
                      struct fg_err *err)
{
    for (size_t i = 0; i < spec->nodes_len; i++) {
        fg_node_id node = fg_pool_find(sim->pool, spec->nodes[i]);
        if (!node)
            return fg_fail(err, FG_EINVAL, "reservation %s: node %s: not in the cluster",
                           spec->name, spec->nodes[i]);
        out[i] = (struct fg_advance_place){
            node, (uint32_t)((1ULL << fg_pool_node(sim->pool, node)->devices_len) - 1)};
    }
    return (int)spec->nodes_len;
}

static int make(const struct sim *sim,
                const struct fg_advance_spec *spec,
                struct fg_advance *out,
                struct fg_advance_place *places,
                struct fg_err *err)
{
    int64_t cluster_us = sim->options->cluster_us;
    *out = (struct fg_advance){.start_us = spec->start_us - cluster_us,
                               .end_us = spec->end_us - cluster_us,
                               .repeat = spec->repeat,
                               .maintenance = spec->maintenance,
                               .places = places};
    memcpy(out->name, spec->name, sizeof(out->name));
    const struct fg_project *project =
        spec->project[0] ? fg_queue_project_find(sim->queue, spec->project) : NULL;
    if (spec->project[0] && !project)
        return fg_fail(err, FG_EINVAL, "reservation %s: project %s: no job is of it",
                       spec->name, spec->project);
    out->project = project ? project->id : 0;
    int rc = fg_advance_check(out, EPOCH_US, err);
    if (rc == 0)
        rc = spec->nodes_len > 0
                 ? find_nodes(sim, spec, places, err)
                 : fg_schedule_choose_advance(sim->schedule, sim->pool, out, spec->kind,
                                              spec->gpus, places, err);
    out->places_len = rc > 0 ? (size_t)rc : 0;
    return rc < 0 ? rc : 0;
}

/* Nor may two have the same devices at the same time. */
static int check(const struct fg_advance *advances, size_t len, struct fg_err *err)
{
    const struct fg_advance *last = &advances[len - 1];
    for (size_t i = 0; i + 1 < len; i++)
        if (strcmp(advances[i].name, last->name) == 0
            || fg_advance_conflicts(&advances[i], last))
            return fg_fail(
                err, FG_EINVAL,
                "reservation %s: reservation %s has its name, or some of its devices "
                "at the same time",
                last->name, advances[i].name);
    return 0;
}

/* It was, before the first job of the trace came. */
static bool is_over(const struct sim *sim, const struct fg_advance_spec *spec)
{
    return sim->options->cluster_us > 0 && spec->repeat == FG_REPEAT_NONE
           && spec->end_us - sim->options->cluster_us <= EPOCH_US;
}

/* Of a trace that begins in the middle of things, jobs may name one that is over. */
static int check_jobs(const struct sim *sim, struct fg_err *err)
{
    if (sim->options->cluster_us > 0)
        return 0;
    for (size_t i = 0; i < sim->trace->jobs_len; i++) {
        uint64_t key = sim->trace->jobs[i].reservation;
        if (key && !fg_schedule_advance(sim->schedule, key))
            return fg_fail(err, FG_EINVAL,
                           "job %zu names a reservation that the cluster file does not have",
                           i + 1);
    }
    return 0;
}

/* Before the first moment nothing is up; devices are chosen as if all were there.  Or as it was. */
static void pretend_up(struct sim *sim, enum fg_node_state *states, bool back)
{
    for (fg_node_id id = 1; id <= fg_pool_len(sim->pool); id++) {
        enum fg_node_state was = fg_pool_node(sim->pool, id)->state;
        fg_pool_set_state(sim->pool, id, back ? states[id - 1] : FG_NODE_UP);
        if (!back)
            states[id - 1] = was;
    }
}

int fg_sim_reserve(struct sim *sim, struct fg_err *err)
{
    size_t len = sim->cluster->reservations_len;
    if (len == 0)
        return check_jobs(sim, err);
    enum fg_node_state *states = calloc(fg_pool_len(sim->pool), sizeof(*states));
    struct fg_advance *advances = calloc(len + 1, sizeof(*advances));
    if (!advances || !states)
        abort();
    pretend_up(sim, states, false);
    int rc = 0;
    size_t made = 0;
    for (size_t i = 0; i < len && rc == 0; i++) {
        const struct fg_advance_spec *spec = &sim->cluster->reservations[i];
        if (is_over(sim, spec))
            continue;
        struct fg_advance_place *places =
            calloc(spec->nodes_len + fg_pool_len(sim->pool) + 1, sizeof(*places));
        if (!places)
            abort();
        rc = make(sim, spec, &advances[made++], places, err);
        if (rc == 0)
            rc = check(advances, made, err);
        if (rc == 0)
            fg_schedule_advances(sim->schedule, advances, made);
    }
    pretend_up(sim, states, true);
    for (size_t i = 0; i < made; i++)
        free((void *)advances[i].places);
    free(states);
    free(advances);
    return rc == 0 ? check_jobs(sim, err) : rc;
}

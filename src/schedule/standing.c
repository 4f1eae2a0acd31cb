/* standing.c - see standing.h */
#include "schedule/standing.h"

#include <stdlib.h>
#include <string.h>

enum { GPU, CPU, MEM, USE, MEASURES };

struct branch {
    fg_project_id parent; /* 0: at the top */
    uint32_t depth;       /* 0 at the top */
    double weight;
    double own[MEASURES]; /* of its own jobs */
    double all[MEASURES]; /* and of those of the projects below */
    double own_for_weight, all_for_weight;
    bool is_parent;
};

struct fg_standing {
    enum fg_standing_by by;
    double hold_s;
    double totals[MEASURES];
    struct branch *branches; /* by project */
    size_t room, len;
    bool is_flat; /* no project is part of another */
};

struct fg_standing *fg_standing_new(enum fg_standing_by by, int64_t hold_s)
{
    struct fg_standing *standing = calloc(1, sizeof(*standing));
    if (standing)
        *standing = (struct fg_standing){.by = by, .hold_s = (double)hold_s};
    return standing;
}

void fg_standing_free(struct fg_standing *standing)
{
    if (standing)
        free(standing->branches);
    free(standing);
}

void fg_standing_set_totals(struct fg_standing *standing, const struct fg_pool_totals *totals)
{
    standing->totals[GPU] = (double)totals->gpu_milli;
    standing->totals[CPU] = (double)totals->cpu_milli;
    standing->totals[MEM] = (double)totals->mem_mib;
}

/* -- measuring ----------------------------------------------------------------------------------- */

static void read_held(const struct fg_standing *standing,
                      const struct fg_held *held,
                      double out[MEASURES])
{
    out[GPU] = (double)held->gpu_milli;
    out[CPU] = (double)held->cpu_milli;
    out[MEM] = (double)held->mem_mib;
    out[USE] = fg_held_charged(held, (int64_t)standing->hold_s);
}

static double for_weight(const struct fg_standing *standing,
                         const double of[MEASURES],
                         double weight)
{
    if (standing->by == FG_STANDING_USE)
        return of[USE] / weight;
    double most = 0;
    for (int i = GPU; i <= MEM; i++) {
        double share = standing->totals[i] > 0 ? of[i] / standing->totals[i] : 0;
        most = share > most ? share : most;
    }
    return most / weight;
}

static void weigh(const struct fg_standing *standing, struct branch *branch)
{
    branch->own_for_weight = for_weight(standing, branch->own, branch->weight);
    branch->all_for_weight = for_weight(standing, branch->all, branch->weight);
}

static void make_room(struct fg_standing *standing, size_t len)
{
    if (len > standing->room) {
        size_t room = len + len / 2 + 16;
        struct branch *grown = reallocarray(standing->branches, room, sizeof(*grown));
        if (!grown)
            abort();
        standing->branches = grown;
        standing->room = room;
    }
    standing->len = len;
    memset(standing->branches, 0, len * sizeof(standing->branches[0]));
}

static double weight_of(const struct fg_project *project)
{
    return project->weight ? project->weight : 1;
}

/* Steps to the top; a cycle cannot be made, but would not hang here. */
static uint32_t depth_of(const struct fg_queue *queue, fg_project_id id)
{
    uint32_t depth = 0;
    for (const struct fg_project *project = fg_queue_project(queue, id);
         project && project->parent && depth < FG_PROJECT_DEPTH_MAX; depth++)
        project = fg_queue_project(queue, project->parent);
    return depth;
}

void fg_standing_measure(struct fg_standing *standing, struct fg_queue *queue)
{
    make_room(standing, fg_queue_projects_max(queue) + 1);
    struct branch *branches = standing->branches;
    standing->is_flat = true;
    for (fg_project_id id = 1; id < standing->len; id++) {
        const struct fg_project *project = fg_queue_project(queue, id);
        if (!project)
            continue;
        standing->is_flat = standing->is_flat && !project->parent;
        branches[id].parent = project->parent < standing->len ? project->parent : 0;
        branches[id].depth = depth_of(queue, id);
        branches[id].weight = weight_of(project);
        read_held(standing, fg_queue_held(queue, id), branches[id].own);
    }
    for (fg_project_id id = 1; id < standing->len; id++) {
        fg_project_id at = id;
        for (uint32_t up = branches[id].depth + 1; at && up > 0;
             up--, at = branches[at].parent) {
            branches[at].is_parent |= at != id;
            for (int i = 0; i < MEASURES; i++)
                branches[at].all[i] += branches[id].own[i];
        }
    }
    for (fg_project_id id = 1; id < standing->len; id++)
        if (branches[id].weight > 0)
            weigh(standing, &branches[id]);
}

bool fg_standing_changed(struct fg_standing *standing,
                         struct fg_queue *queue,
                         fg_project_id project)
{
    struct branch *branches = standing->branches;
    double now[MEASURES], more[MEASURES];
    read_held(standing, fg_queue_held(queue, project), now);
    for (int i = 0; i < MEASURES; i++)
        more[i] = now[i] - branches[project].own[i];
    memcpy(branches[project].own, now, sizeof(now));
    fg_project_id at = project;
    for (uint32_t up = branches[project].depth + 1; at && up > 0;
         up--, at = branches[at].parent) {
        for (int i = 0; i < MEASURES; i++)
            branches[at].all[i] =
                branches[at].is_parent ? branches[at].all[i] + more[i] : branches[at].own[i];
        weigh(standing, &branches[at]);
    }
    return branches[project].depth > 0 || branches[project].is_parent;
}

/* -- comparing ------------------------------------------------------------------------------------- */

/* Where their branches part: the project that both are in, 0 the top. */
static fg_project_id meet(const struct branch *branches, fg_project_id a, fg_project_id b)
{
    while (branches[a].depth > branches[b].depth)
        a = branches[a].parent;
    while (branches[b].depth > branches[a].depth)
        b = branches[b].parent;
    while (a != b) {
        a = branches[a].parent;
        b = branches[b].parent;
    }
    return a;
}

/* The branch below `top` that the project is in; `top` itself for its own jobs. */
static fg_project_id branch_of(const struct branch *branches,
                               fg_project_id project,
                               fg_project_id top)
{
    while (project != top && branches[project].parent != top)
        project = branches[project].parent;
    return project;
}

static double got(const struct branch *branches, fg_project_id branch, fg_project_id top)
{
    return branch == top ? branches[top].own_for_weight : branches[branch].all_for_weight;
}

int fg_standing_compare(const struct fg_standing *standing, fg_project_id a, fg_project_id b)
{
    const struct branch *branches = standing->branches;
    fg_project_id top = meet(branches, a, b);
    fg_project_id left = branch_of(branches, a, top), right = branch_of(branches, b, top);
    double x = got(branches, left, top), y = got(branches, right, top);
    if (x != y)
        return x < y ? -1 : 1;
    /* Keys of jobs say nothing of branches: jobs of a third project could come between. */
    return standing->is_flat ? 0 : left < right ? -1 : left > right;
}

/* -- targets ------------------------------------------------------------------------------------------ */

void fg_standing_targets(const struct fg_queue *queue, double *out)
{
    fg_project_id max = fg_queue_projects_max(queue);
    double *below =
        calloc(max + 1UL, sizeof(*below)); /* weights right below each; [0] of the top */
    if (!below)
        abort();
    for (fg_project_id id = 1; id <= max; id++) {
        const struct fg_project *project = fg_queue_project(queue, id);
        if (project)
            below[project->parent] += weight_of(project);
    }
    out[0] = 0;
    for (fg_project_id id = 1; id <= max; id++) {
        const struct fg_project *project = fg_queue_project(queue, id);
        double target = project ? 1 : 0;
        if (project && below[id] > 0) /* its own jobs, beside the projects below */
            target = weight_of(project) / (weight_of(project) + below[id]);
        for (uint32_t up = depth_of(queue, id) + 1; project && up > 0; up--) {
            const struct fg_project *parent = fg_queue_project(queue, project->parent);
            target *= weight_of(project)
                      / (below[project->parent] + (parent ? weight_of(parent) : 0));
            project = parent;
        }
        out[id] = target;
    }
    free(below);
}

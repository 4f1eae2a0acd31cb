/* ranking.c - see ranking.h */
#include "schedule/ranking.h"
#include "schedule/priority.h"
#include "schedule/standing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_ranking {
    const struct fg_config *config;
    const struct fg_job_order *order;
    enum fg_preempt preempt;
    const struct fg_queue *queue;
    int64_t now_us;
    int64_t keyed_us;             /* moving keys are of this moment */
    int64_t shares_us;            /* bonuses and totals are of this moment */
    struct fg_standing *standing; /* NULL: the order does not compare projects */
};

#define SHARES_EVERY_US 10000000LL

static const char *const preempt_names[] = {"priority", "off", "order"};

int fg_preempt_find(const char *name)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(preempt_names[i], name) == 0)
            return i;
    return -1;
}

const char *fg_preempt_name(enum fg_preempt preempt)
{
    return preempt_names[preempt];
}

struct fg_ranking *fg_ranking_new(const struct fg_config *config,
                                  const struct fg_job_order *order,
                                  enum fg_preempt preempt)
{
    struct fg_ranking *ranking = calloc(1, sizeof(*ranking));
    if (!ranking)
        return NULL;
    *ranking = (struct fg_ranking){.config = config, .order = order, .preempt = preempt};
    bool drf = order->projects == FG_PROJECTS_DRF;
    if (!drf && order->projects != FG_PROJECTS_FAIR)
        return ranking;
    ranking->standing =
        fg_standing_new(drf ? FG_STANDING_DOMINANT : FG_STANDING_USE, config->fair_hold_s);
    if (!ranking->standing) {
        free(ranking);
        return NULL;
    }
    return ranking;
}

void fg_ranking_free(struct fg_ranking *ranking)
{
    if (!ranking)
        return;
    fg_standing_free(ranking->standing);
    free(ranking);
}

/* -- keys of jobs -------------------------------------------------------------------------------- */

static struct fg_order_view view_of(const struct fg_ranking *ranking,
                                    const struct fg_job *job,
                                    int64_t now_us)
{
    size_t len;
    return (struct fg_order_view){
        .config = ranking->config,
        .job = job,
        .project = fg_queue_project(ranking->queue, job->project),
        .request = fg_queue_class_at(ranking->queue, job->request, &len),
        .now_us = now_us,
    };
}

static int64_t key(const void *self,
                   const struct fg_job *job,
                   [[maybe_unused]] const struct fg_project *project)
{
    const struct fg_ranking *ranking = self;
    bool moves = ranking->order->moves && job->state == FG_JOB_QUEUED;
    struct fg_order_view view =
        view_of(ranking, job, moves ? ranking->keyed_us : ranking->now_us);
    return ranking->order->key(&view);
}

int64_t fg_ranking_attained_us(const struct fg_ranking *ranking,
                               const struct fg_job *job,
                               int64_t now_us)
{
    struct fg_order_view view = view_of(ranking, job, now_us);
    return fg_order_attained_us(&view);
}

/* -- standing of projects -------------------------------------------------------------------------- */

static void begin_walk(void *self, struct fg_queue *queue)
{
    struct fg_ranking *ranking = self;
    fg_standing_measure(ranking->standing, queue);
}

static bool took(void *self, struct fg_queue *queue, fg_project_id project)
{
    struct fg_ranking *ranking = self;
    return fg_standing_changed(ranking->standing, queue, project);
}

static int compare(const void *self, fg_project_id a, fg_project_id b)
{
    const struct fg_ranking *ranking = self;
    return fg_standing_compare(ranking->standing, a, b);
}

static const struct fg_queue_standing standing = {
    .begin = begin_walk, .took = took, .compare = compare};

static bool ranks_projects(const struct fg_ranking *ranking)
{
    return ranking->standing != NULL;
}

struct fg_queue *fg_ranking_queue(struct fg_ranking *ranking, size_t jobs_max)
{
    ranking->keyed_us = ranking->shares_us = 0;
    struct fg_queue *queue = fg_queue_new(&(struct fg_queue_options){
        .jobs_max = jobs_max,
        .key = key,
        .standing = ranks_projects(ranking) ? &standing : NULL,
        .self = ranking,
    });
    ranking->queue = queue;
    return queue;
}

/* -- time ------------------------------------------------------------------------------------------- */

/* Projects that used more than their share are lowered, the others lifted. */
static void set_bonuses(struct fg_ranking *ranking, struct fg_queue *queue)
{
    double total = 0;
    fg_project_id max = fg_queue_projects_max(queue);
    for (fg_project_id id = 1; id <= max; id++)
        total += fg_queue_held(queue, id)->used;
    double *targets = total > 0 ? calloc(max + 1UL, sizeof(*targets)) : NULL;
    if (!targets)
        return;
    fg_standing_targets(queue, targets);
    for (fg_project_id id = 1; id <= max; id++) {
        double over = fg_queue_held(queue, id)->used / total - targets[id];
        double points = -over * (double)ranking->config->fair_points;
        fg_queue_set_bonus(queue, id, (int64_t)(points * 1000 * FG_PRIORITY_KEY_PER_MILLI));
    }
    free(targets);
}

void fg_ranking_tick(struct fg_ranking *ranking,
                     struct fg_queue *queue,
                     const struct fg_pool *pool,
                     int64_t now_us)
{
    assert(queue == ranking->queue);
    const struct fg_config *config = ranking->config;
    ranking->now_us = now_us;
    enum fg_order_projects projects = ranking->order->projects;
    bool due = !ranking->shares_us || now_us >= ranking->shares_us + SHARES_EVERY_US;
    if (due)
        ranking->shares_us = now_us;
    if (due && ranking->standing) {
        struct fg_pool_totals totals = fg_pool_totals(pool);
        fg_standing_set_totals(ranking->standing, &totals);
    }
    if ((due && projects == FG_PROJECTS_BONUS) || projects == FG_PROJECTS_FAIR)
        for (fg_project_id id = 1; id <= fg_queue_projects_max(queue); id++)
            fg_held_settle(fg_queue_held(queue, id), now_us, config->fair_half_life_s);
    if (due && projects == FG_PROJECTS_BONUS)
        set_bonuses(ranking, queue);
    if (ranking->order->moves
        && now_us >= ranking->keyed_us + config->order_rekey_s * 1000000) {
        ranking->keyed_us = now_us;
        fg_queue_rekey_all(queue);
    }
}

/* -- who may push aside ------------------------------------------------------------------------------- */

static int64_t priority_of(const struct fg_queue *queue, const struct fg_job *job)
{
    return job->priority_milli + 1000LL * fg_queue_project(queue, job->project)->priority;
}

static bool pushes_by_order(const struct fg_ranking *ranking)
{
    return ranking->preempt == FG_PREEMPT_ORDER && ranking->order->may_push;
}

/* Of the lower priority, and after the head in the queue: else the two would push each other aside for ever.  Where
 * projects are ranked by what they hold, a stop would lift the loser's: so only within a project. */
static bool may_push_by_priority(const struct fg_ranking *ranking,
                                 const struct fg_queue *queue,
                                 const struct fg_job *head,
                                 const struct fg_job *running)
{
    if (head->preemptible || priority_of(queue, running) >= priority_of(queue, head))
        return false;
    if (ranks_projects(ranking) && head->project != running->project)
        return false;
    return fg_queue_is_before(queue, head->id, running->id);
}

/* It had a quantum to itself, and then the order decides. */
static bool may_push_by_order(const struct fg_ranking *ranking,
                              struct fg_pusher *pusher,
                              const struct fg_job *running)
{
    int64_t since_us = running->started_us + ranking->config->preempt_quantum_s * 1000000;
    struct fg_order_view view = view_of(ranking, running, ranking->now_us);
    if (ranking->now_us >= since_us) {
        int64_t mark = ranking->order->mark(&view, &since_us);
        if (ranking->order->may_push(ranking->config, pusher->mark, mark))
            return true;
    }
    if (since_us < pusher->steady_until_us)
        pusher->steady_until_us = since_us;
    return false;
}

bool fg_ranking_pusher(const struct fg_ranking *ranking,
                       const struct fg_job *head,
                       struct fg_pusher *out)
{
    *out = (struct fg_pusher){.head = head, .steady_until_us = INT64_MAX};
    if (ranking->preempt == FG_PREEMPT_OFF)
        return false;
    if (!pushes_by_order(ranking)) {
        /* Keys stand still but for orders that go by what a running job got; and projects by what they hold. */
        bool moves = ranking->order->mark || ranking->order->moves || ranking->standing;
        out->steady_until_us = moves ? ranking->now_us : INT64_MAX;
        out->newcomers_until_us = ranking->now_us;
        return !head->preemptible;
    }
    out->newcomers_until_us = ranking->now_us + ranking->config->preempt_quantum_s * 1000000;
    struct fg_order_view view = view_of(ranking, head, ranking->now_us);
    out->mark = ranking->order->mark(&view, NULL);
    return true;
}

bool fg_ranking_pushes(const struct fg_ranking *ranking,
                       const struct fg_queue *queue,
                       struct fg_pusher *pusher,
                       const struct fg_job *running)
{
    return pushes_by_order(ranking)
               ? may_push_by_order(ranking, pusher, running)
               : may_push_by_priority(ranking, queue, pusher->head, running);
}

bool fg_ranking_may_push(const struct fg_ranking *ranking,
                         const struct fg_queue *queue,
                         const struct fg_job *head,
                         const struct fg_job *running)
{
    struct fg_pusher pusher;
    return fg_ranking_pusher(ranking, head, &pusher)
           && fg_ranking_pushes(ranking, queue, &pusher, running);
}

bool fg_ranking_is_above(const struct fg_queue *queue,
                         const struct fg_job *head,
                         const struct fg_job *running)
{
    return priority_of(queue, running) < priority_of(queue, head);
}

int64_t fg_ranking_standing(const struct fg_ranking *ranking,
                            const struct fg_queue *queue,
                            const struct fg_job *job)
{
    if (!pushes_by_order(ranking))
        return priority_of(queue, job);
    struct fg_order_view view = view_of(ranking, job, ranking->now_us);
    return ranking->order->key(&view);
}

/* teach.c - ends of attempts and jobs, for what comes: how long, how much memory, how fast, how often it fails (src/learn). */
#include "control/node_inner.h"

#include <string.h>

#define PLACES_EACH 2 /* nodes and their suppliers: of this many times the nodes there may be */

static bool rate_of(void *self,
                    const struct fg_job *job,
                    const struct fg_request *any_of,
                    size_t any_of_len,
                    const char *kind,
                    double *out)
{
    const struct fg_control *control = self;
    struct fg_speed speed;
    if (!fg_work_speed(control->speeds, control->config, job, any_of, any_of_len, kind, &speed))
        return false;
    *out = speed.rate;
    return true;
}

static double losses_at(void *self, const char *supplier, bool is_spot)
{
    const struct fg_control *control = self;
    return control->config->place_faults
               ? fg_faults_rate(control->faults, supplier, is_spot, control->now_us)
               : 0;
}

static struct fg_fault_place place_of(const struct fg_node_spec *node)
{
    return (struct fg_fault_place){node->supplier, node->name, node->is_spot};
}

static uint32_t excess_of(void *self, const struct fg_node_spec *node)
{
    const struct fg_control *control = self;
    const struct fg_fault_place place = place_of(node);
    return control->config->place_faults
               ? fg_faults_excess(control->faults, &place, control->now_us)
               : 0;
}

int fg_teach_begin(struct fg_control *control, struct fg_err *err)
{
    control->learn = fg_learn_new(control->config);
    control->faults = fg_faults_new((size_t)control->config->nodes_max * PLACES_EACH,
                                    control->config->learn_rates_half_life_s * 1000000);
    control->speeds = fg_speeds_new((size_t)control->config->learn_classes_max / 2);
    if (!control->learn || !control->faults || !control->speeds)
        return fg_fail(err, FG_ENOMEM, "no memory for what jobs teach");
    control->rates = (struct fg_rates){control, rate_of, losses_at, excess_of};
    fg_schedule_rates(control->schedule, &control->rates);
    return 0;
}

void fg_teach_end(struct fg_control *control)
{
    fg_learn_free(control->learn);
    fg_faults_free(control->faults);
    fg_speeds_free(control->speeds);
    control->learn = NULL;
    control->faults = NULL;
    control->speeds = NULL;
}

void fg_job_predict(const struct fg_control *control, struct fg_job *job)
{
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    fg_learn_predict(control->learn, job, any_of, len);
}

/* -- how it ended ---------------------------------------------------------------------------------------- */

/* An attempt, of now or of the past. */
struct attempt {
    const struct fg_grant *grants;
    size_t grants_len;
    enum fg_job_state outcome;
    const char *reason;
    int64_t time_us, ran_us, max_rss_mib;
    bool is_only; /* the whole work of the job was done in it */
};

/* Where it ran: of a gang the first. */
static const struct fg_node_spec *node_of(const struct fg_control *control,
                                          const struct attempt *attempt)
{
    fg_node_id id = attempt->grants_len ? attempt->grants[0].node : 0;
    return id && id <= fg_pool_len(control->pool) ? fg_pool_spec(control->pool, id) : NULL;
}

static const char *kind_of(const struct fg_node_spec *node, const struct fg_grant *grant)
{
    uint32_t at = grant->devices ? (uint32_t)__builtin_ctz(grant->devices) : 0;
    return grant->devices && at < node->devices_len ? node->devices[at].kind : "";
}

/* Work of one shape on as many devices: what it takes on each kind says how fast that is. */
static void teach_speed(struct fg_control *control,
                        const struct fg_job *job,
                        const struct fg_class *class,
                        const struct fg_node_spec *node,
                        const struct attempt *attempt)
{
    const char *kind = kind_of(node, &attempt->grants[0]);
    if (attempt->is_only && attempt->outcome == FG_JOB_SUCCEEDED)
        fg_work_note(control->speeds, job, class, kind, attempt->ran_us);
}

/* How the nodes did: all ran so long, one of them may have interrupted it.  The first speaks for what failed by itself. */
static void judge_nodes(struct fg_control *control, const struct attempt *attempt)
{
    char blamed[FG_NAME_MAX];
    bool is_node =
        attempt->outcome == FG_JOB_QUEUED && fg_node_in_reason(attempt->reason, blamed);
    bool is_taken = strcmp(attempt->reason, FG_TAKEN_AWAY) == 0;
    size_t tasks = 1;
    for (size_t i = 0; i < attempt->grants_len; i += tasks) {
        fg_node_id id = attempt->grants[i].node;
        tasks = 1;
        if (!id || id > fg_pool_len(control->pool))
            continue;
        const struct fg_node_spec *node = fg_pool_spec(control->pool, id);
        double share =
            fg_faults_share(node, &attempt->grants[i], attempt->grants_len - i, &tasks);
        fg_faults_note(
            control->faults,
            &(struct fg_fault_end){.place = place_of(node),
                                   .time_us = attempt->time_us,
                                   .ran_us = (int64_t)((double)attempt->ran_us * share),
                                   .failed = i == 0 && attempt->outcome == FG_JOB_FAILED,
                                   .interrupted = is_node ? strcmp(blamed, node->name) == 0
                                                          : is_taken && i == 0});
        fg_pool_set_hazard(control->pool, id, excess_of(control, node));
    }
}

static void teach(struct fg_control *control,
                  const struct fg_job *job,
                  const struct fg_class *class,
                  const struct attempt *attempt)
{
    bool failed = attempt->outcome == FG_JOB_FAILED,
         interrupted = attempt->outcome == FG_JOB_QUEUED;
    fg_learn_note(control->learn, class,
                  &(struct fg_outcome){.time_us = attempt->time_us,
                                       .mem_mib = attempt->max_rss_mib,
                                       .failed = failed,
                                       .interrupted = interrupted});
    const struct fg_node_spec *node = node_of(control, attempt);
    if (!node || attempt->outcome == FG_JOB_CANCELLED)
        return;
    judge_nodes(control, attempt);
    teach_speed(control, job, class, node, attempt);
}

/* Only ends that say how long such a job takes are run times; the others are counted. */
static void teach_end(struct fg_control *control,
                      const struct fg_class *class,
                      const struct fg_job *job,
                      int64_t time_us,
                      int64_t ran_us)
{
    bool says = job->state == FG_JOB_SUCCEEDED || job->state == FG_JOB_TIMED_OUT;
    if (job->state != FG_JOB_CANCELLED)
        fg_learn_note(control->learn, class,
                      &(struct fg_outcome){.time_us = time_us,
                                           .ran_us = says ? ran_us : 0,
                                           .mem_mib = -1,
                                           .is_job = true});
}

/* -- now ------------------------------------------------------------------------------------------------- */

void fg_teach_attempt(struct fg_control *control,
                      const struct live *live,
                      enum fg_job_state outcome,
                      const char *reason)
{
    size_t len;
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    struct fg_class class = fg_class_of(job, any_of, len);
    teach(control, job, &class,
          &(struct attempt){.grants = live->grants,
                            .grants_len = live->tasks,
                            .outcome = outcome,
                            .reason = reason,
                            .time_us = control->now_us,
                            .ran_us = live->started_us ? control->now_us - live->started_us : 0,
                            .max_rss_mib = live->usage.max_rss_mib,
                            .is_only = job->attempt <= 1});
}

void fg_teach_job(struct fg_control *control, const struct fg_job *job)
{
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    struct fg_class class = fg_class_of(job, any_of, len);
    teach_end(control, &class, job, control->now_us,
              fg_order_wall_us(job->attained_us, &any_of[0], fg_job_tasks_max(job)));
}

/* -- the past -------------------------------------------------------------------------------------------- */

void fg_teach_past(void *self, const struct fg_past_attempt *past)
{
    struct fg_control *control = self;
    const struct fg_job *job = past->job;
    if (past->any_of_len == 0)
        return;
    struct fg_class class = fg_class_of(job, past->any_of, past->any_of_len);
    if (job->shape)
        fg_learn_name(control->learn, job->shape, past->name);
    if (past->finished_us)
        teach(control, job, &class,
              &(struct attempt){
                  .grants = past->grants,
                  .grants_len = past->grants_len,
                  .outcome = past->outcome,
                  .reason = past->reason,
                  .time_us = past->finished_us,
                  .ran_us = past->started_us ? past->finished_us - past->started_us : 0,
                  .max_rss_mib = past->max_rss_mib,
                  .is_only = past->is_last && job->attempt <= 1,
              });
    if (!past->is_last)
        return;
    /* Rows that an older version wrote do not say what was attained. */
    int64_t last_us = job->started_us ? past->job_finished_us - job->started_us : 0;
    int64_t all_us =
        fg_order_wall_us(job->attained_us, &past->any_of[0], fg_job_tasks_max(job));
    teach_end(control, &class, job, past->job_finished_us, all_us ? all_us : last_us);
}

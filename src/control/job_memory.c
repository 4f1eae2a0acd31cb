/* job_memory.c - what is set apart of host memory for a job: what it asks, or less by what jobs like it took (learn/learn.h).
 *
 * What it may take stays what it asks.  So nobody is stopped for a guess, unless its node runs short: then it starts again,
 * and has all that it asks set apart.
 */
#include "control/control_inner.h"

#include <signal.h>
#include <string.h>

/* That of the smallest node: a guess keeps nobody off a node that would have taken him. */
static uint64_t least_node_mib(struct fg_control *control)
{
    const struct fg_pool *pool = control->pool;
    if (control->least_node_generation == fg_pool_generation(pool) && control->least_node_mib)
        return control->least_node_mib;
    uint64_t least_mib = UINT64_MAX;
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++)
        if (fg_pool_node(pool, id)->mem_mib < least_mib)
            least_mib = fg_pool_node(pool, id)->mem_mib;
    control->least_node_generation = fg_pool_generation(pool);
    control->least_node_mib = least_mib;
    return least_mib;
}

uint32_t fg_job_class(struct fg_control *control,
                      const struct fg_job *job,
                      const struct fg_request *any_of,
                      size_t any_of_len)
{
    struct fg_request apart[FG_ANY_OF_MAX];
    uint64_t mib = 0;
    if (control->config->learn_memory)
        mib = fg_learn_memory(control->learn, job, any_of, any_of_len, least_node_mib(control));
    memcpy(apart, any_of, any_of_len * sizeof(any_of[0]));
    for (size_t i = 0; i < any_of_len; i++)
        apart[i].mem_learned_mib = mib;
    return fg_queue_class_in(control->queue, apart, any_of_len, job->reservation);
}

void fg_job_ask_again(struct fg_control *control, struct fg_job *job)
{
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    struct fg_request copy[FG_ANY_OF_MAX];
    memcpy(copy, any_of, len * sizeof(copy[0])); /* a new class may move the old ones */
    job->request = fg_job_class(control, job, copy, len);
}

/* Alternatives that ask for different amounts have what they ask set apart. */
void fg_job_limit_memory(const struct fg_control *control,
                         fg_job_id job,
                         struct fg_grant *grant)
{
    size_t len;
    uint32_t request = fg_queue_get(control->queue, job)->request;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, request, &len);
    for (size_t i = 1; i < len; i++)
        if (any_of[i].mem_mib != any_of[0].mem_mib)
            return;
    grant->mem_mib = any_of[0].mem_mib;
}

bool fg_job_outgrew(const struct fg_control *control, const struct live *live)
{
    size_t len;
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    uint64_t asked_mib = any_of[0].mem_mib, apart_mib = live->grants[0].mem_mib,
             took_mib = live->usage.max_rss_mib > 0 ? (uint64_t)live->usage.max_rss_mib : 0;
    return live->term_signal == SIGKILL && apart_mib < asked_mib && took_mib > apart_mib
           && took_mib < asked_mib - asked_mib / 50;
}

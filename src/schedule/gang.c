/* gang.c - see gang.h */
#include "schedule/gang.h"

#include <assert.h>

static void give_back(struct fg_pool *pool,
                      struct fg_pool *also,
                      const struct fg_grant *grants,
                      uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        fg_pool_release(pool, &grants[i]);
        if (also)
            fg_pool_release(also, &grants[i]);
    }
}

static bool place_alternative(struct fg_pool *pool,
                              struct fg_pool *also,
                              const struct fg_need *need,
                              uint32_t tasks,
                              struct fg_grant *out_grants)
{
    for (uint32_t task = 0; task < tasks; task++) {
        if (!fg_pool_best_fit(pool, also, need, &out_grants[task])) {
            give_back(pool, also, out_grants, task);
            return false;
        }
        int rc = fg_pool_claim(pool, &out_grants[task], NULL);
        assert(rc == 0);
        if (also)
            rc = fg_pool_claim(also, &out_grants[task], NULL);
        assert(rc == 0);
        (void)rc;
    }
    return true;
}

int fg_gang_place(struct fg_pool *pool,
                  struct fg_pool *also,
                  const struct fg_queue *queue,
                  const struct fg_job *job,
                  struct fg_grant *out_grants)
{
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(queue, job->request, &len);
    for (size_t i = 0; i < len; i++) {
        struct fg_need need = fg_pool_need(pool, &any_of[i]);
        if (place_alternative(pool, also, &need, job->tasks, out_grants))
            return (int)i;
    }
    return -1;
}

/* How many tasks of this need an empty node takes. */
static uint32_t tasks_on_empty(const struct fg_pool *pool,
                               fg_node_id id,
                               const struct fg_need *need)
{
    struct fg_grant grant;
    if (!fg_pool_fit(pool, NULL, id, need, true, &grant))
        return 0;
    const struct fg_pool_node *node = fg_pool_node(pool, id);
    uint64_t most = UINT32_MAX;
    if (need->cpu_milli)
        most = node->cpu_milli / need->cpu_milli;
    if (need->mem_mib && node->mem_mib / need->mem_mib < most)
        most = node->mem_mib / need->mem_mib;
    if (need->count) {
        uint32_t devices = 0;
        for (uint32_t i = 0; i < node->devices_len; i++)
            devices += (uint32_t)(need->kinds >> node->kind[i] & 1);
        uint64_t by_device = need->gpu_milli == 1000
                                 ? devices / need->count
                                 : (uint64_t)devices * (1000 / need->gpu_milli);
        if (by_device < most)
            most = by_device;
    }
    return (uint32_t)most;
}

bool fg_gang_fits_empty(const struct fg_pool *pool,
                        const struct fg_queue *queue,
                        const struct fg_job *job)
{
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(queue, job->request, &len);
    for (size_t i = 0; i < len; i++) {
        struct fg_need need = fg_pool_need(pool, &any_of[i]);
        uint64_t tasks = 0;
        for (fg_node_id id = 1; id <= fg_pool_len(pool) && tasks < job->tasks; id++)
            if (fg_pool_node(pool, id)->state == FG_NODE_UP)
                tasks += tasks_on_empty(pool, id, &need);
        if (tasks >= job->tasks)
            return true;
    }
    return false;
}

/* pool_log.c - which node changed when: a ring of node ids, and each node's last change.
 *
 * An index kept beside the pool reads on from where it was last time.  A node that changed several times is found at
 * each of its places in the ring, and is only worth looking at where it stands last (fg_pool_changed).
 */
#include "pool/pool_inner.h"

#include <assert.h>
#include <stdlib.h>

int fg_pool_log_init(struct fg_pool *pool)
{
    pool->log_len = 1024;
    while (pool->log_len < pool->nodes_max)
        pool->log_len *= 2;
    pool->log = calloc(pool->log_len, sizeof(pool->log[0]));
    pool->changed = calloc(pool->nodes_max, sizeof(pool->changed[0]));
    return pool->log && pool->changed ? 0 : FG_ENOMEM;
}

void fg_pool_log_fini(struct fg_pool *pool)
{
    free(pool->log);
    free(pool->changed);
}

void fg_pool_log_all(struct fg_pool *pool)
{
    pool->changes++;
    pool->log_forgot = pool->changes;
    for (size_t at = 0; at < pool->nodes_len; at++)
        pool->changed[at] = pool->changes;
}

uint64_t fg_pool_changes(const struct fg_pool *pool)
{
    return pool->changes;
}

fg_node_id fg_pool_change_at(const struct fg_pool *pool, uint64_t number)
{
    assert(number > 0 && number <= pool->changes);
    if (number <= pool->log_forgot || pool->changes - number >= pool->log_len)
        return 0;
    return pool->log[number & (pool->log_len - 1)];
}

uint64_t fg_pool_changed(const struct fg_pool *pool, fg_node_id node)
{
    assert(node > 0 && node <= pool->nodes_len);
    return pool->changed[node - 1];
}

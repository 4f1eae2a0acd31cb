/* call_pool.c - the calls that are not in use, and how many are: see call.h */
#include "api/blobs.h"
#include "api/call.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Address space, not memory.  One document of FG_BODY_BYTES_MAX, or the pool with all its nodes; and
 * a batch of 16 MiB as a tree, as specs (see FG_JOB_ROOM), and as texts again. */
#define ARENA_BYTES_MAX       ((size_t)512 * 1024 * 1024)
#define BATCH_ARENA_BYTES_MAX ((size_t)2 * 1024 * 1024 * 1024)
/* What a request may keep for the next one. */
#define KEEP_BYTES_MAX ((size_t)64 * 1024)
#define KEEP_MAX       512
/* At the end: time for answers to go out. */
#define LINGER_MS 1000
struct fg_call_pool {
    struct fg_api *api;
    pthread_mutex_t lock;
    pthread_cond_t drained;
    struct fg_call *idle;
    size_t idle_len;
    size_t taken; /* requests under way */
    size_t asked; /* commands under way */
    bool closed;  /* no further commands */
};

struct fg_call_pool *fg_call_pool_new(struct fg_api *api)
{
    struct fg_call_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return NULL;
    pool->api = api;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->drained, NULL);
    return pool;
}

static void free_call(struct fg_call *call)
{
    fg_arena_free(call->arena);
    fg_buf_free(&call->body);
    fg_buf_free(&call->out);
    free(call);
}

void fg_call_pool_free(struct fg_call_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        struct fg_call *call = pool->idle;
        pool->idle = call->next;
        free_call(call);
    }
    pthread_cond_destroy(&pool->drained);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void fg_call_pool_drain(struct fg_call_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    while (pool->asked)
        pthread_cond_wait(&pool->drained, &pool->lock);
    for (int i = 0; i < LINGER_MS && pool->taken; i++) {
        pthread_mutex_unlock(&pool->lock);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

struct fg_call *fg_call_take(struct fg_call_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct fg_call *call = pool->idle;
    pool->taken++;
    if (call) {
        pool->idle = call->next;
        pool->idle_len--;
    }
    pthread_mutex_unlock(&pool->lock);

    if (!call) {
        call = calloc(1, sizeof(*call));
        if (!call)
            abort(); /* as the arena does: the state is in the store */
        call->arena = fg_arena_new(ARENA_BYTES_MAX);
    }
    call->api = pool->api;
    atomic_init(&call->refs, 1);
    return call;
}

/* Ready for the next user: memory that is small is kept, nothing else. */
static void wipe(struct fg_call *call)
{
    struct fg_arena *arena = call->arena;
    struct fg_buf body = call->body, out = call->out;

    bool batch = call->route && call->route->body == FG_BODY_BATCH;
    if (batch || fg_arena_used(arena) > KEEP_BYTES_MAX) {
        fg_arena_free(arena);
        arena = fg_arena_new(ARENA_BYTES_MAX);
    }
    fg_arena_reset(arena);
    if (body.room > KEEP_BYTES_MAX)
        fg_buf_free(&body);
    if (out.room > KEEP_BYTES_MAX)
        fg_buf_free(&out);
    memset(call, 0, offsetof(struct fg_call, uri));
    body.len = out.len = 0;
    call->arena = arena;
    call->body = body;
    call->out = out;
}

void fg_call_unref(struct fg_call *call)
{
    struct fg_call_pool *pool = call->api->calls;

    if (atomic_fetch_sub(&call->refs, 1) != 1)
        return;
    fg_blob_upload_drop(call);
    if (call->work_drop)
        call->work_drop(call->work_data);
    wipe(call);
    pthread_mutex_lock(&pool->lock);
    bool keep = pool->idle_len < KEEP_MAX;
    pool->taken--;
    if (keep) {
        call->next = pool->idle;
        pool->idle = call;
        pool->idle_len++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        free_call(call);
}

bool fg_call_pool_ask(struct fg_call_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool may = !pool->closed;
    pool->asked += may;
    pthread_mutex_unlock(&pool->lock);
    return may;
}

void fg_call_pool_told(struct fg_call_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    if (--pool->asked == 0)
        pthread_cond_broadcast(&pool->drained);
    pthread_mutex_unlock(&pool->lock);
}

void fg_call_need_room(struct fg_call *call)
{
    fg_arena_free(call->arena);
    call->arena = fg_arena_new(BATCH_ARENA_BYTES_MAX);
}

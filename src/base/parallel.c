/* parallel.c - see parallel.h */
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

struct work {
    size_t len;
    atomic_size_t next;
    void (*one)(void *self, size_t at);
    void *self;
};

static void *do_some(void *self)
{
    struct work *work = self;
    size_t at;
    while ((at = atomic_fetch_add(&work->next, 1)) < work->len)
        work->one(work->self, at);
    return NULL;
}

void fg_parallel(size_t len, size_t threads, void (*one)(void *self, size_t at), void *self)
{
    struct work work = {.len = len, .one = one, .self = self};
    pthread_t handles[FG_PARALLEL_MAX];
    size_t others = 0;
    if (threads > FG_PARALLEL_MAX)
        threads = FG_PARALLEL_MAX;
    while (others + 1 < threads && others + 1 < len
           && pthread_create(&handles[others], NULL, do_some, &work) == 0)
        others++;
    (void)do_some(&work);
    for (size_t i = 0; i < others; i++)
        pthread_join(handles[i], NULL);
}

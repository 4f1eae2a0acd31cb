/* task_table.h - the tasks that the engine knows, by key.  One owner, one thread. */
#pragma once

#include "engine/affinity.h"
#include "engine/engine.h"

#include <sys/types.h>

enum fg_task_phase {
    FG_PHASE_SENT,    /* the launcher was told, or adopted while it stages */
    FG_PHASE_RUNNING, /* STARTED was reported */
    FG_PHASE_BURYING, /* its supervisor is gone without a record: what is left is being killed */
    FG_PHASE_OVER,    /* its end was reported; waits for collect() */
};

struct fg_task_entry {
    struct fg_task_key key;
    enum fg_task_phase phase;
    pid_t supervisor; /* 0: not known yet */
    int pidfd;        /* of an adopted supervisor, -1 none */
    bool adopted;     /* not a child of our launcher: nobody tells us of its end */
    bool folder_done; /* nobody touches its folder any more */
    bool single;      /* first attempt of a job with one task, run as ourselves */
    bool fenced;      /* its lock file is our fence and must stay */
    uint32_t devices; /* mask, for readings; 0 after adoption */
    uint32_t gpu_milli;
    struct fg_affinity_cores cores;
    struct fg_task_entry *next; /* same bucket */
};

struct fg_task_table;

struct fg_task_table *fg_task_table_new(void);
void fg_task_table_free(struct fg_task_table *table); /* NULL is allowed; closes pidfds */
size_t fg_task_table_len(const struct fg_task_table *table);

/* The entry, or NULL.  Valid until it is removed. */
struct fg_task_entry *fg_task_table_find(struct fg_task_table *table, struct fg_task_key key);
/* A new entry; the key must not be there. */
struct fg_task_entry *fg_task_table_add(struct fg_task_table *table, struct fg_task_key key);
void fg_task_table_remove(struct fg_task_table *table, struct fg_task_entry *entry);

/* Call `each` for every entry; it may not add or remove. */
void fg_task_table_each(struct fg_task_table *table,
                        void (*each)(void *self, struct fg_task_entry *entry),
                        void *self);

static inline bool fg_task_key_same(struct fg_task_key a, struct fg_task_key b)
{
    return a.job == b.job && a.attempt == b.attempt && a.task == b.task;
}

/* sweeper.c - see sweeper.h */
#include "engine/sweeper.h"

#include "engine/fs.h"
#include "engine/job_path.h"
#include "engine/note.h"
#include "engine/procs.h"
#include "engine/stage.h"
#include "engine/task_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BURY_TRIES    50
#define BURY_PAUSE_US 20000

enum chore_kind { CHORE_COLLECT, CHORE_BURY };

struct chore {
    enum chore_kind kind;
    struct fg_task_key key;
    struct fg_sweep how;
    struct chore *next;
};

struct fg_sweeper {
    const char *data_dir;
    const struct fg_cgroup_site *cgroups;
    struct fg_spare *spare;
    int notes;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    struct chore *first, **last;
    bool over;
};

static void collect(struct fg_sweeper *sweeper, const struct chore *chore)
{
    char path[FG_PATH_MAX];
    if (chore->how.reuse && fg_spare_keep(sweeper->spare, chore->key.job))
        return;
    if (fg_task_dir(sweeper->data_dir, chore->key, path) < 0)
        return;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return;
    if (!chore->how.keep_lock)
        unlinkat(dir, FG_TASK_LOCK, 0);
    /* Usually the supervisor has emptied or removed these. */
    fg_fs_remove_tree(dir, "work");
    unlinkat(dir, FG_STAGE_SCRIPT, 0);
    unlinkat(dir, FG_STAGE_SETUP, 0);
    if (chore->how.single)
        unlinkat(dir, "../../checkpoint", AT_REMOVEDIR);
    close(dir);
    /* A task that printed nothing leaves nothing: up to the job's folder, as far as they are empty. */
    for (int i = 0; i < 3 && rmdir(path) == 0; i++)
        *strrchr(path, '/') = '\0';
}

static bool is_over(struct fg_sweeper *sweeper)
{
    pthread_mutex_lock(&sweeper->mutex);
    bool over = sweeper->over;
    pthread_mutex_unlock(&sweeper->mutex);
    return over;
}

static void bury(struct fg_sweeper *sweeper, const struct chore *chore)
{
    char mark[FG_NAME_MAX * 3];
    snprintf(mark, sizeof(mark), "FASTGPU_RUN=%s/%" PRIu64 ".%" PRIu32 ".%" PRIu32,
             sweeper->cgroups->mark, chore->key.job, chore->key.attempt, chore->key.task);
    for (int i = 0; i < BURY_TRIES; i++) {
        bool gone = fg_cgroup_bury(sweeper->cgroups, chore->key);
        if (fg_procs_kill_marked(mark) == 0 && gone)
            break;
        usleep(BURY_PAUSE_US);
    }
    struct fg_note note = {.kind = FG_NOTE_BURIED, .event.key = chore->key};
    while (fg_note_send(sweeper->notes, &note) == -EAGAIN && !is_over(sweeper))
        usleep(BURY_PAUSE_US);
}

static void *sweep(void *self)
{
    struct fg_sweeper *sweeper = self;
    for (;;) {
        pthread_mutex_lock(&sweeper->mutex);
        while (!sweeper->first && !sweeper->over)
            pthread_cond_wait(&sweeper->changed, &sweeper->mutex);
        struct chore *chore = sweeper->first;
        if (chore && !(sweeper->first = chore->next))
            sweeper->last = &sweeper->first;
        pthread_mutex_unlock(&sweeper->mutex);
        if (!chore)
            return NULL;
        switch (chore->kind) {
        case CHORE_COLLECT:
            collect(sweeper, chore);
            break;
        case CHORE_BURY:
            bury(sweeper, chore);
            break;
        }
        free(chore);
    }
}

struct fg_sweeper *fg_sweeper_new(const char *data_dir,
                                  const struct fg_cgroup_site *cgroups,
                                  struct fg_spare *spare,
                                  int notes)
{
    struct fg_sweeper *sweeper = calloc(1, sizeof(*sweeper));
    if (!sweeper)
        abort();
    sweeper->data_dir = data_dir;
    sweeper->cgroups = cgroups;
    sweeper->spare = spare;
    sweeper->notes = notes;
    sweeper->last = &sweeper->first;
    pthread_mutex_init(&sweeper->mutex, NULL);
    pthread_cond_init(&sweeper->changed, NULL);
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&sweeper->thread, NULL, sweep, sweeper);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0)
        abort();
    return sweeper;
}

void fg_sweeper_free(struct fg_sweeper *sweeper)
{
    if (!sweeper)
        return;
    pthread_mutex_lock(&sweeper->mutex);
    sweeper->over = true;
    pthread_cond_signal(&sweeper->changed);
    pthread_mutex_unlock(&sweeper->mutex);
    pthread_join(sweeper->thread, NULL);
    pthread_mutex_destroy(&sweeper->mutex);
    pthread_cond_destroy(&sweeper->changed);
    free(sweeper);
}

static void add(struct fg_sweeper *sweeper, struct chore what)
{
    struct chore *chore = malloc(sizeof(*chore));
    if (!chore)
        abort();
    *chore = what;
    chore->next = NULL;
    pthread_mutex_lock(&sweeper->mutex);
    *sweeper->last = chore;
    sweeper->last = &chore->next;
    pthread_cond_signal(&sweeper->changed);
    pthread_mutex_unlock(&sweeper->mutex);
}

void fg_sweeper_collect(struct fg_sweeper *sweeper, struct fg_task_key key, struct fg_sweep how)
{
    add(sweeper, (struct chore){.kind = CHORE_COLLECT, .key = key, .how = how});
}

void fg_sweeper_bury(struct fg_sweeper *sweeper, struct fg_task_key key)
{
    add(sweeper, (struct chore){.kind = CHORE_BURY, .key = key});
}

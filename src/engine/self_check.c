/* self_check.c - see self_check.h */
#include "engine/self_check.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STUCK_US    INT64_C(30000000)
#define AGAIN_S     5 /* after a failure */
#define FREE_WAIT_S 2

struct fg_self_check {
    char path[4096 + 16];
    int64_t interval_s;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool is_over;
    bool is_done;           /* the thread uses nothing any more */
    int64_t begun_us, bits; /* begun: the try under way; 0 none */
};

static int64_t now_us(void)
{
    return fg_clock_system()->mono_us(NULL);
}

static int64_t bits_of(int error)
{
    return error == ENOSPC || error == EDQUOT ? FG_CHECK_FULL : FG_CHECK_DISK;
}

/* A page of its own, through to the disk and back. */
static int64_t try_disk(const char *path)
{
    char page[4096], again[sizeof(page)];
    memset(page, 0x5a, sizeof(page));
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return bits_of(errno);
    int64_t bits = 0;
    errno = 0;
    if (pwrite(fd, page, sizeof(page), 0) != (ssize_t)sizeof(page) || fsync(fd) < 0)
        bits = bits_of(errno);
    else if (pread(fd, again, sizeof(again), 0) != (ssize_t)sizeof(again)
             || memcmp(page, again, sizeof(page)) != 0)
        bits = FG_CHECK_DISK;
    close(fd);
    unlink(path);
    return bits;
}

static bool pause_until_next(struct fg_self_check *check)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += check->bits ? AGAIN_S : check->interval_s;
    while (!check->is_over
           && pthread_cond_timedwait(&check->changed, &check->mutex, &until) == 0)
        continue;
    return check->is_over;
}

static void *run(void *self)
{
    struct fg_self_check *check = self;
    pthread_mutex_lock(&check->mutex);
    do {
        check->begun_us = now_us();
        pthread_mutex_unlock(&check->mutex);
        int64_t bits = try_disk(check->path);
        pthread_mutex_lock(&check->mutex);
        check->bits = bits;
        check->begun_us = 0;
    } while (!pause_until_next(check));
    check->is_done = true;
    pthread_cond_broadcast(&check->changed);
    pthread_mutex_unlock(&check->mutex);
    return NULL;
}

struct fg_self_check *fg_self_check_new(const char *folder, int64_t interval_s)
{
    if (interval_s == 0)
        return NULL;
    struct fg_self_check *check = calloc(1, sizeof(*check));
    pthread_condattr_t monotonic;
    sigset_t all, old;
    if (!check)
        abort();
    snprintf(check->path, sizeof(check->path), "%s/.self-check", folder);
    check->interval_s = interval_s;
    check->bits = -1;
    pthread_mutex_init(&check->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&check->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&check->thread, NULL, run, check);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0)
        abort();
    return check;
}

void fg_self_check_free(struct fg_self_check *check)
{
    struct timespec until;
    if (!check)
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += FREE_WAIT_S;
    pthread_mutex_lock(&check->mutex);
    check->is_over = true;
    pthread_cond_broadcast(&check->changed);
    while (!check->is_done
           && pthread_cond_timedwait(&check->changed, &check->mutex, &until) == 0)
        continue;
    bool is_done = check->is_done;
    pthread_mutex_unlock(&check->mutex);
    if (!is_done) {
        pthread_detach(check->thread); /* it keeps what it uses */
        return;
    }
    pthread_join(check->thread, NULL);
    pthread_cond_destroy(&check->changed);
    pthread_mutex_destroy(&check->mutex);
    free(check);
}

int64_t fg_self_check_bits(struct fg_self_check *check)
{
    if (!check)
        return -1;
    pthread_mutex_lock(&check->mutex);
    bool is_stuck = check->begun_us && now_us() - check->begun_us > STUCK_US;
    int64_t bits = is_stuck ? FG_CHECK_STUCK : check->bits;
    pthread_mutex_unlock(&check->mutex);
    return bits;
}

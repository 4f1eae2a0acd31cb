/* inbox.c - see inbox.h */
#include "daemon/inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fg_inbox {
    pthread_mutex_t lock;
    struct fg_command *first, **last;
    struct fg_command **cancels, **taken; /* being filled; handed out by the last take */
    size_t cancels_len, cancels_room, taken_room;
    int fd;
};

struct fg_inbox *fg_inbox_new(void)
{
    struct fg_inbox *inbox = calloc(1, sizeof(*inbox));
    if (!inbox)
        return NULL;
    inbox->last = &inbox->first;
    pthread_mutex_init(&inbox->lock, NULL);
    inbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (inbox->fd < 0) {
        fg_inbox_free(inbox);
        return NULL;
    }
    return inbox;
}

void fg_inbox_free(struct fg_inbox *inbox)
{
    if (!inbox)
        return;
    if (inbox->fd >= 0)
        close(inbox->fd);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox->cancels);
    free(inbox->taken);
    free(inbox);
}

int fg_inbox_fd(const struct fg_inbox *inbox)
{
    return inbox->fd;
}

static void wake(struct fg_inbox *inbox)
{
    uint64_t one = 1;
    ssize_t n = write(inbox->fd, &one, sizeof(one));
    (void)n; /* full means that it is readable already */
}

void fg_inbox_post(struct fg_inbox *inbox, struct fg_command *command)
{
    command->next = NULL;
    pthread_mutex_lock(&inbox->lock);
    bool was_empty = !inbox->first && inbox->cancels_len == 0;
    *inbox->last = command;
    inbox->last = &command->next;
    pthread_mutex_unlock(&inbox->lock);
    if (was_empty)
        wake(inbox);
}

void fg_inbox_cancel(struct fg_inbox *inbox, struct fg_command *command)
{
    pthread_mutex_lock(&inbox->lock);
    bool was_empty = !inbox->first && inbox->cancels_len == 0;
    if (inbox->cancels_len == inbox->cancels_room) {
        inbox->cancels_room = inbox->cancels_room ? inbox->cancels_room * 2 : 64;
        inbox->cancels =
            reallocarray(inbox->cancels, inbox->cancels_room, sizeof(inbox->cancels[0]));
        if (!inbox->cancels)
            abort();
    }
    inbox->cancels[inbox->cancels_len++] = command;
    pthread_mutex_unlock(&inbox->lock);
    if (was_empty)
        wake(inbox);
}

struct fg_command *fg_inbox_take(struct fg_inbox *inbox,
                                 struct fg_command ***out_cancels,
                                 size_t *out_cancels_len)
{
    uint64_t count;
    ssize_t n = read(inbox->fd, &count, sizeof(count));
    (void)n;
    pthread_mutex_lock(&inbox->lock);
    struct fg_command *first = inbox->first;
    inbox->first = NULL;
    inbox->last = &inbox->first;
    struct fg_command **cancels = inbox->cancels;
    *out_cancels_len = inbox->cancels_len;
    size_t room = inbox->cancels_room;
    inbox->cancels = inbox->taken;
    inbox->cancels_room = inbox->taken_room;
    inbox->cancels_len = 0;
    inbox->taken = cancels;
    inbox->taken_room = room;
    pthread_mutex_unlock(&inbox->lock);
    *out_cancels = cancels;
    return first;
}

/* inbox_test.c - every command arrives once and in its poster's order, and the taker is woken. */
#include "daemon/inbox.h"

#include "daemon/testing.h"

#include <poll.h>
#include <pthread.h>

#define POSTERS  4
#define COMMANDS 20000

static bool is_readable(const struct fg_inbox *inbox, int wait_ms)
{
    struct pollfd fd = {.fd = fg_inbox_fd(inbox), .events = POLLIN};
    return poll(&fd, 1, wait_ms) == 1;
}

static void test_oldest_first_and_only_once(void)
{
    FG_AUTO(fg_inbox) struct fg_inbox *inbox = fg_inbox_new();
    struct fg_command commands[3] = {{.job = 1}, {.job = 2}, {.job = 3}};
    struct fg_command **cancels;
    size_t cancels_len = 9;
    OK(!is_readable(inbox, 0));
    OK(fg_inbox_take(inbox, &cancels, &cancels_len) == NULL);
    EQ(cancels_len, 0);

    for (int i = 0; i < 3; i++)
        fg_inbox_post(inbox, &commands[i]);
    OK(is_readable(inbox, 0));
    const struct fg_command *first = fg_inbox_take(inbox, &cancels, &cancels_len);
    OK(first == &commands[0] && first->next == &commands[1]
       && commands[1].next == &commands[2]);
    OK(commands[2].next == NULL);
    OK(!is_readable(inbox, 0));
    OK(fg_inbox_take(inbox, &cancels, &cancels_len) == NULL);

    fg_inbox_post(inbox, &commands[1]); /* it may be used again */
    OK(fg_inbox_take(inbox, &cancels, &cancels_len) == &commands[1]);
    OK(commands[1].next == NULL);
}

static void test_cancels_come_apart_and_stay_valid_until_the_next(void)
{
    FG_AUTO(fg_inbox) struct fg_inbox *inbox = fg_inbox_new();
    struct fg_command commands[200] = {};
    struct fg_command **cancels;
    size_t cancels_len;
    fg_inbox_cancel(inbox, &commands[0]);
    OK(is_readable(inbox, 0));
    fg_inbox_post(inbox, &commands[1]);
    OK(fg_inbox_take(inbox, &cancels, &cancels_len) == &commands[1]);
    EQ(cancels_len, 1);
    for (int i = 0; i < 200; i++) /* what was handed out must not move meanwhile */
        fg_inbox_cancel(inbox, &commands[i]);
    OK(cancels[0] == &commands[0]);
    OK(fg_inbox_take(inbox, &cancels, &cancels_len) == NULL);
    EQ(cancels_len, 200);
    bool same = true;
    for (int i = 0; i < 200; i++)
        same = same && cancels[i] == &commands[i];
    OK(same);
}

struct poster {
    struct fg_inbox *inbox;
    struct fg_command *commands; /* COMMANDS of them */
};

static void *post_all(void *self)
{
    const struct poster *poster = self;
    for (int i = 0; i < COMMANDS; i++) {
        fg_inbox_post(poster->inbox, &poster->commands[i]);
        if (i % 16 == 0)
            fg_inbox_cancel(poster->inbox, &poster->commands[i]);
    }
    return NULL;
}

/* Take until all came; counts into `seen` what each poster's next one is. */
static size_t take_all(struct fg_inbox *inbox, uint64_t seen[POSTERS], size_t *out_cancels)
{
    size_t taken = 0;
    bool in_order = true;
    while (taken < (size_t)POSTERS * COMMANDS && is_readable(inbox, 10000)) {
        struct fg_command **cancels;
        size_t cancels_len;
        const struct fg_command *command = fg_inbox_take(inbox, &cancels, &cancels_len);
        for (; command; command = command->next, taken++)
            in_order = in_order && command->job == seen[command->out_id]++;
        *out_cancels += cancels_len;
    }
    OK(in_order);
    return taken;
}

static void test_many_posters_one_taker(void)
{
    FG_AUTO(fg_inbox) struct fg_inbox *inbox = fg_inbox_new();
    struct fg_command *commands = calloc((size_t)POSTERS * COMMANDS, sizeof(*commands));
    MUST(commands);
    struct poster posters[POSTERS];
    pthread_t threads[POSTERS];
    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){inbox, commands + i * COMMANDS};
        for (int k = 0; k < COMMANDS; k++) {
            posters[i].commands[k].out_id = (uint64_t)i;
            posters[i].commands[k].job = (fg_job_id)k;
        }
        MUST(pthread_create(&threads[i], NULL, post_all, &posters[i]) == 0);
    }
    uint64_t seen[POSTERS] = {};
    size_t cancels = 0;
    EQ(take_all(inbox, seen, &cancels), POSTERS * COMMANDS);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    struct fg_command **rest;
    size_t rest_len;
    OK(fg_inbox_take(inbox, &rest, &rest_len) == NULL);
    EQ(cancels + rest_len, POSTERS * COMMANDS / 16);
    free(commands);
}

int main(void)
{
    RUN(test_oldest_first_and_only_once);
    RUN(test_cancels_come_apart_and_stay_valid_until_the_next);
    RUN(test_many_posters_one_taker);
    return tap_done();
}

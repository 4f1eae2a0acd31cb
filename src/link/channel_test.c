/* channel_test.c - handshake, sealed frames, and what becomes of those who try something else. */
#include "link/channel.h"
#include "link/message.h"
#include "link/table.h"
#include "test/tap.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALLOCATION "00112233445566778899aabbccddeeff"

static const struct fg_link_courier who = {.allocation = ALLOCATION, .number = 7};
static const uint8_t secret[32] = {1, 2, 3}, other_secret[32] = {3, 2, 1};

static int key_of(void *self, const char *allocation, uint8_t out[32])
{
    memcpy(out, self, 32);
    return strcmp(allocation, ALLOCATION) == 0 ? 0 : FG_ENOENT;
}

struct pair {
    struct fg_channel *service, *courier;
};

static struct pair pair_new(const uint8_t *of_courier)
{
    int ends[2];
    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    return (struct pair){.service =
                             fg_channel_accept(ends[0], key_of, (void *)(uintptr_t)secret),
                         .courier = fg_channel_connect(ends[1], &who, of_courier)};
}

static void pair_free(struct pair *pair)
{
    fg_channel_free(pair->service);
    fg_channel_free(pair->courier);
}

/* One turn of one side.  The result of next(). */
static int turn(struct fg_channel *channel, const char **bytes, size_t *len)
{
    uint8_t kind;
    struct fg_err err = {};
    int rc = fg_channel_flush(channel);
    if (rc == 0)
        rc = fg_channel_read(channel, &err);
    if (rc == 0)
        rc = fg_channel_next(channel, &kind, bytes, len, &err);
    return rc < 0 || fg_channel_flush(channel) == 0 ? rc : FG_EUNREACH;
}

static bool shake(struct pair *pair)
{
    const char *bytes = "";
    size_t len = 0;
    for (int i = 0; i < 4; i++)
        if (turn(pair->courier, &bytes, &len) < 0 || turn(pair->service, &bytes, &len) < 0)
            return false;
    return fg_channel_is_open(pair->service) && fg_channel_is_open(pair->courier);
}

static void test_frames_go_through(void)
{
    struct pair pair = pair_new(secret);
    const char *bytes = "";
    size_t len = 0;
    OK(shake(&pair));
    OK(fg_channel_peer(pair.service)->number == 7);
    char *big = calloc(1, FG_CHANNEL_FRAME_MAX);
    fg_channel_send(pair.courier, 3, "one", 3);
    fg_channel_send(pair.courier, 4, "", 0);
    OK(turn(pair.courier, &bytes, &len) == 0);
    OK(turn(pair.service, &bytes, &len) == 1 && len == 3 && memcmp(bytes, "one", 3) == 0);
    OK(turn(pair.service, &bytes, &len) == 1 && len == 0);
    OK(turn(pair.service, &bytes, &len) == 0);
    fg_channel_send(pair.service, 5, big, FG_CHANNEL_FRAME_MAX);
    int rc = 0;
    for (int i = 0; i < 10000 && rc == 0; i++) {
        OK(turn(pair.service, &bytes, &len) == 0 || true);
        rc = turn(pair.courier, &bytes, &len);
        tap_count--;
    }
    OK(rc == 1 && len == FG_CHANNEL_FRAME_MAX);
    free(big);
    pair_free(&pair);
}

static void test_who_has_not_the_key_is_refused(void)
{
    struct pair pair = pair_new(other_secret);
    const char *bytes = "";
    size_t len = 0;
    EQ(turn(pair.courier, &bytes, &len), 0);
    EQ(turn(pair.service, &bytes, &len), FG_EAUTH);
    pair_free(&pair);
}

/* What an honest courier said to one connection, played to another: it gets an answer that it cannot use. */
static void test_a_replay_gets_nowhere(void)
{
    int ends[2], again[2];
    char said[4096], answer[4096];
    const char *bytes = "";
    size_t len = 0;
    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    struct fg_channel *courier = fg_channel_connect(ends[1], &who, secret);
    OK(fg_channel_flush(courier) == 0);
    ssize_t first = recv(ends[0], said, sizeof(said), 0);
    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, again) == 0);
    struct fg_channel *service = fg_channel_accept(again[0], key_of, (void *)(uintptr_t)secret);
    OK(send(again[1], said, (size_t)first, 0) == first);
    EQ(turn(service, &bytes, &len), 0);
    ssize_t got = recv(again[1], answer, sizeof(answer), 0);
    OK(got > 0);
    /* The courier goes on with that; its frames then are played to a third connection. */
    OK(send(ends[0], answer, (size_t)got, 0) == got);
    EQ(turn(courier, &bytes, &len), 0);
    fg_channel_send(courier, 1, "start", 5);
    OK(fg_channel_flush(courier) == 0);
    ssize_t second = recv(ends[0], said + first, sizeof(said) - (size_t)first, 0);
    OK(second > 0);
    int third[2];
    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, third) == 0);
    struct fg_channel *victim = fg_channel_accept(third[0], key_of, (void *)(uintptr_t)secret);
    OK(send(third[1], said, (size_t)(first + second), 0) == first + second);
    EQ(turn(victim, &bytes, &len), FG_EAUTH);
    close(ends[0]);
    close(again[1]);
    close(third[1]);
    fg_channel_free(courier);
    fg_channel_free(service);
    fg_channel_free(victim);
}

/* Each bit of a frame counts. */
static void test_tampering_is_seen(void)
{
    int seen = 0, tries = 0;
    for (size_t bit = 0; bit < 8 * 30; bit += 7, tries++) {
        struct pair pair = pair_new(secret);
        const char *bytes = "";
        size_t len = 0;
        char frame[256];
        int fd = fg_channel_fd(pair.service);
        if (!shake(&pair))
            break;
        fg_channel_send(pair.courier, 1, "frame", 5);
        OK(fg_channel_flush(pair.courier) == 0);
        tap_count--;
        ssize_t got = recv(fd, frame, sizeof(frame), 0);
        frame[(bit / 8) % (size_t)got] ^= (char)(1 << bit % 8);
        /* Back into the service: by the courier's socket. */
        if (send(fg_channel_fd(pair.courier), frame, (size_t)got, 0) != got)
            break;
        int rc = turn(pair.service, &bytes, &len);
        seen += rc <= 0; /* 0: the length grew, and the rest never comes */
        pair_free(&pair);
    }
    EQ(seen, tries);
    OK(tries > 30);
}

static void test_nonsense_is_cut(void)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: a\r\n"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    int ends[2];
    const char *bytes = "";
    size_t len = 0;
    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    struct fg_channel *service = fg_channel_accept(ends[0], key_of, (void *)(uintptr_t)secret);
    OK(send(ends[1], request, sizeof(request), 0) == sizeof(request));
    EQ(turn(service, &bytes, &len), FG_EINVAL);
    close(ends[1]);
    fg_channel_free(service);
}

static struct fg_message sample_of(uint8_t kind)
{
    static struct fg_node_spec node = {.name = "n1",
                                       .address = "host",
                                       .cpu_milli = 4000,
                                       .mem_mib = 99,
                                       .devices_len = 2,
                                       .devices = {{.kind = "h100", .id = "0", .expose = "X"},
                                                   {.kind = "h100", .id = "1", .expose = "X"}}};
    static const struct fg_link_held held[] = {{{1, 2, 3}, FG_LINK_ENDED}, {{4, 5, 6}, 0}};
    static const struct fg_task_sample tasks[] = {{.key = {1, 1, 0}, .cpu_milli = 9}};
    static const struct fg_device_sample readings[] = {
        {.device = FG_DEVICE_CPU, .value = FG_READINGS_UNKNOWN}, {.value = {7, 8, 9}}};
    return (struct fg_message){.kind = kind,
                               .key = {9, 8, 7},
                               .seq = 1ULL << 60,
                               .epoch = 3,
                               .offset = 5,
                               .total = 6,
                               .lease_us = 7,
                               .time_us = -1,
                               .event = FG_TASK_EXITED,
                               .name = "name",
                               .text = "text",
                               .bytes = "by\0tes",
                               .bytes_len = 6,
                               .node = &node,
                               .held = held,
                               .held_len = 2,
                               .tasks = tasks,
                               .tasks_len = 1,
                               .readings = readings,
                               .readings_len = 2,
                               .start = {.tasks = 3,
                                         .project = "p",
                                         .user = "u",
                                         .node = "n",
                                         .site = "s",
                                         .launch = {.master = "m", .nodes = 2}}};
}

/* What is written reads back to the same bytes; what is cut or has more is refused. */
static void test_messages_read_back(void)
{
    int accepted = 0;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(16 << 20);
    for (uint8_t kind = 1; kind < (uint8_t)FG_MESSAGE_KINDS; kind++) {
        FG_AUTO(fg_buf) struct fg_buf bytes = {};
        FG_AUTO(fg_buf) struct fg_buf again = {};
        struct fg_message message = sample_of(kind), back;
        fg_message_write(&bytes, &message);
        EQ(fg_message_read(kind, bytes.text, bytes.len, arena, &back), 0);
        fg_message_write(&again, &back);
        OK(again.len == bytes.len
           && (bytes.len == 0 || memcmp(again.text, bytes.text, bytes.len) == 0));
        for (size_t len = 0; len < bytes.len; len++)
            accepted += fg_message_read(kind, bytes.text, len, arena, &back) == 0;
        fg_buf_add(&bytes, "", 1);
        accepted += fg_message_read(kind, bytes.text, bytes.len, arena, &back) == 0;
    }
    EQ(accepted, 0);
    struct fg_message back;
    EQ(fg_message_read(0, "", 0, arena, &back), FG_EINVAL);
    EQ(fg_message_read(FG_MESSAGE_KINDS, "", 0, arena, &back), FG_EINVAL);
}

/* Where the devices of a task are is said where an end has its record: couriers that knew no places wrote nothing there. */
static void test_places_are_said_of_what_began(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    for (uint32_t places = 0; places <= 6; places += 6) {
        FG_AUTO(fg_buf) struct fg_buf bytes = {};
        struct fg_message message = {.kind = FG_MESSAGE_TASK,
                                     .key = {9, 8, 7},
                                     .event = FG_TASK_STARTED,
                                     .devices = 3,
                                     .places = places},
                          back;
        fg_message_write(&bytes, &message);
        EQ(fg_message_read(FG_MESSAGE_TASK, bytes.text, bytes.len, arena, &back), 0);
        EQ(back.places, places);
        EQ(back.bytes_len, 0);
        EQ(bytes.len, 16 + 1 + 8 + 4 + 4 + 4 + (places ? 4 : 0));
        fg_buf_add(&bytes, "", 1);
        EQ(fg_message_read(FG_MESSAGE_TASK, bytes.text, bytes.len, arena, &back), FG_EINVAL);
    }
}

struct thing {
    struct fg_link_entry entry;
    uint32_t number;
};

static bool same_number(const struct fg_link_entry *entry, const void *key)
{
    return ((const struct thing *)(const void *)entry)->number == *(const uint32_t *)key;
}

/* Against an array; few hashes, so that many things share one. */
static void test_table(void)
{
    struct fg_link_table table = {};
    struct thing things[500] = {};
    bool in[500] = {};
    int wrong = 0;
    uint32_t random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * 1664525 + 1013904223;
        uint32_t at = (random >> 8) % 500;
        things[at].number = at;
        struct fg_link_entry *found = fg_link_table_find(&table, at % 37, same_number, &at);
        wrong += (found != NULL) != in[at] || (found && found != &things[at].entry);
        if (in[at])
            fg_link_table_remove(&table, &things[at].entry);
        else
            fg_link_table_add(&table, &things[at].entry, at % 37);
        in[at] = !in[at];
    }
    EQ(wrong, 0);
    fg_link_table_fini(&table);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    RUN(test_frames_go_through);
    RUN(test_who_has_not_the_key_is_refused);
    RUN(test_a_replay_gets_nowhere);
    RUN(test_tampering_is_seen);
    RUN(test_nonsense_is_cut);
    RUN(test_messages_read_back);
    RUN(test_places_are_said_of_what_began);
    RUN(test_table);
    return tap_done();
}

/* webhook_test.c - a webhook against servers that answer as they please */
#include "publish/outlet.h"

#include "test/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server for one connection: reads a request and says what it was told to. */
struct server {
    int listener;
    pthread_t thread;
    const char *answer;
    size_t padding;    /* bytes after it */
    bool stays_silent; /* until the other end goes */
    char heard[16384];
    size_t heard_len;
};

static bool is_whole(const struct server *server)
{
    const char *end = strstr(server->heard, "\r\n\r\n");
    const char *length = strstr(server->heard, "Content-Length: ");
    return end && length
           && server->heard_len
                  >= (size_t)(end + 4 - server->heard) + strtoul(length + 16, NULL, 10);
}

static void *serve(void *self)
{
    static char zeros[65536];
    struct server *server = self;
    int fd = accept(server->listener, NULL, NULL);
    while (fd >= 0 && !is_whole(server)) {
        ssize_t some = recv(fd, server->heard + server->heard_len,
                            sizeof(server->heard) - 1 - server->heard_len, 0);
        if (some <= 0)
            break;
        server->heard_len += (size_t)some;
    }
    if (server->stays_silent) {
        char byte;
        (void)!recv(fd, &byte, 1, 0);
    } else {
        (void)!send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL);
    }
    for (size_t left = server->padding; left > 0; left -= sizeof(zeros))
        if (send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL) < 0 || left < sizeof(zeros))
            break;
    if (fd >= 0)
        close(fd);
    return NULL;
}

struct world {
    struct server server;
    struct fg_sink_setting sink;
    struct fg_outlet_site site;
    bool stop;
    char secret[64];
    void *outlet;
};

static bool stopping(void *self)
{
    const struct world *world = self;
    return world->stop;
}

static void begin(struct world *world, const char *answer)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(here);
    *world = (struct world){.server = {.answer = answer},
                            .site = {stopping, world},
                            .sink = {.kind = FG_SINK_WEBHOOK, .is_listed = true},
                            .secret = "/tmp/fg_webhook.XXXXXX"};
    int fd = mkstemp(world->secret);
    OK(fd >= 0 && write(fd, "0123456789abcdef\n", 17) == 17);
    close(fd);
    world->server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK(bind(world->server.listener, (struct sockaddr *)&here, sizeof(here)) == 0
       && listen(world->server.listener, 1) == 0
       && getsockname(world->server.listener, (struct sockaddr *)&here, &len) == 0);
    snprintf(world->sink.where, sizeof(world->sink.where), "http://localhost:%u/hook?t=hunter2",
             ntohs(here.sin_port));
    strcpy(world->sink.source, "fastgpu");
    snprintf(world->sink.secret_file, sizeof(world->sink.secret_file), "%s", world->secret);
    EQ(fg_outlet_webhook.open(&world->sink, &world->site, &world->outlet, NULL), 0);
}

static int send_two(struct world *world, size_t *done, struct fg_err *err)
{
    const struct fg_note notes[2] = {
        {.seq = 3, .time_us = 1, .kind = "job.running", .job = 1, .project = "", .json = ""},
        {.seq = 5, .time_us = 2, .kind = "job.running", .job = 2, .project = "", .json = ""}};
    *err = (struct fg_err){};
    pthread_create(&world->server.thread, NULL, serve, &world->server);
    int rc = fg_outlet_webhook.send(world->outlet, notes, 2, done, err);
    /* Whoever was not connected to waits for somebody. */
    shutdown(world->server.listener, SHUT_RDWR);
    fg_outlet_webhook.free(world->outlet);
    pthread_join(world->server.thread, NULL);
    close(world->server.listener);
    unlink(world->secret);
    return rc;
}

static void answers_are_judged(void)
{
    static const struct {
        const char *answer;
        size_t padding;
        int rc;
        const char *text;
    } rows[] = {
        {"HTTP/1.1 204 No Content\r\n\r\n", 0, 0, ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 0, 0, ""},
        {"HTTP/1.1 200 OK\r\n\r\n", 4 << 20, 0, ""}, /* nobody wants so much */
        {"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n", 0,
         FG_EBACKEND, "a redirect (HTTP 302): none is followed"},
        {"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", 0, FG_ETOOBIG,
         "the server finds it too large (HTTP 413)"},
        {"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", 0, FG_EBACKEND,
         "the server answers HTTP 500"},
        {"SSH-2.0-dropbear\r\n", 0, FG_EUNREACH, "Unsupported protocol"},
        {"", 0, FG_EUNREACH, "Server returned nothing (no headers, no data)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world;
        struct fg_err err;
        size_t done = 9;
        begin(&world, rows[i].answer);
        world.server.padding = rows[i].padding;
        EQ(send_two(&world, &done, &err), rows[i].rc);
        EQ(done, rows[i].rc == 0 ? 2 : 0);
        if (!OK(strcmp(err.text, rows[i].text) == 0))
            printf("#   got  %s\n#   want %s\n", err.text, rows[i].text);
    }
}

static void a_request_has_all_its_parts(void)
{
    struct world world;
    struct fg_err err;
    size_t done;
    begin(&world, "HTTP/1.1 204 No Content\r\n\r\n");
    EQ(send_two(&world, &done, &err), 0);
    const char *const parts[] = {"POST /hook?t=hunter2 HTTP/1.1\r\n",
                                 "Content-Type: application/cloudevents-batch+json",
                                 "webhook-id: fastgpu-3-5\r\n",
                                 "webhook-timestamp: ",
                                 "webhook-signature: v1,",
                                 "\r\n\r\n[{\"specversion\":\"1.0\",\"id\":\"3\",",
                                 ",{\"specversion\":\"1.0\",\"id\":\"5\","};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!OK(strstr(world.server.heard, parts[i]) != NULL))
            printf("# %s is not in\n%s\n", parts[i], world.server.heard);
    OK(!strstr(world.server.heard, "0123456789abcdef"));
}

/* The name may say what it likes: the address that is connected to counts. */
static void private_addresses_are_refused(void)
{
    struct world world;
    struct fg_err err;
    size_t done;
    begin(&world, "HTTP/1.1 204 No Content\r\n\r\n");
    world.sink.is_listed = false;
    EQ(send_two(&world, &done, &err), FG_EPERM);
    OK(strstr(err.text, "which is not public") != NULL);
    EQ(world.server.heard_len, 0);
}

static void without_a_secret_nothing_is_sent(void)
{
    struct world world;
    struct fg_err err;
    size_t done;
    begin(&world, "HTTP/1.1 204 No Content\r\n\r\n");
    OK(truncate(world.secret, 0) == 0);
    EQ(send_two(&world, &done, &err), FG_EINVAL);
    OK(strstr(err.text, "empty, expected a secret") != NULL);
    EQ(world.server.heard_len, 0);
}

static void a_stop_does_not_wait_for_an_answer(void)
{
    struct world world;
    struct fg_err err;
    size_t done;
    begin(&world, "");
    world.server.stays_silent = true;
    world.stop = true;
    EQ(send_two(&world, &done, &err), FG_EUNREACH);
    OK(strstr(err.text, "stopping") != NULL);
}

int main(void)
{
    RUN(answers_are_judged);
    RUN(a_request_has_all_its_parts);
    RUN(private_addresses_are_refused);
    RUN(without_a_secret_nothing_is_sent);
    RUN(a_stop_does_not_wait_for_an_answer);
    return tap_done();
}

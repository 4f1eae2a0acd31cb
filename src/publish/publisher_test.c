/* publisher_test.c - from the events of a real store to a socket: what is sent, kept, dropped, and told of it */
#include "publish/publisher.h"

#include "store/testing.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

struct world {
    struct folder folder;
    char socket_path[96], second_path[96];
    int socket; /* what syslog would be; -1: it is away */
    struct fg_store *store;
    struct fg_publish_config config;
    struct fg_publisher *publisher;
    pthread_mutex_t lock;
    struct fg_publish_row kept[2]; /* by sink: the newest that was to be kept */
    unsigned notes;                /* lines for the log */
};

static void keep(void *self, const struct fg_publish_row *row)
{
    struct world *world = self;
    pthread_mutex_lock(&world->lock);
    world->kept[strcmp(row->name, "log") != 0] = *row;
    pthread_mutex_unlock(&world->lock);
}

static void note(void *self, const char *)
{
    struct world *world = self;
    pthread_mutex_lock(&world->lock);
    world->notes++;
    pthread_mutex_unlock(&world->lock);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    MUST(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

static void begin(struct world *world, bool is_there)
{
    *world = (struct world){.folder = folder_make(), .socket = -1};
    pthread_mutex_init(&world->lock, NULL);
    snprintf(world->socket_path, sizeof(world->socket_path), "%s/log", world->folder.path);
    snprintf(world->second_path, sizeof(world->second_path), "%s/none", world->folder.path);
    struct fg_sink_setting *log = &world->config.sinks[0];
    *log = (struct fg_sink_setting){.kind = FG_SINK_SYSLOG,
                                    .name = "log",
                                    .source = "fastgpu",
                                    .events = {"job.*", "publish.*"},
                                    .events_len = 2};
    world->config.sinks[1] = *log;
    strcpy(world->config.sinks[1].name, "away");
    strcpy(log->where, world->socket_path);
    strcpy(world->config.sinks[1].where, world->second_path);
    world->config.sinks_len = 2;
    if (is_there)
        world->socket = listen_at(world->socket_path);
    world->store = open_store(world->folder.db);
    MUST(world->store);
}

static void start(struct world *world)
{
    world->publisher =
        fg_publisher_start(&(struct fg_publisher_options){.config = &world->config,
                                                          .db_path = world->folder.db,
                                                          .keep = keep,
                                                          .note = note,
                                                          .self = world},
                           NULL);
    MUST(world->publisher);
}

/* What was to be kept is. */
static void stop(struct world *world)
{
    fg_publisher_stop(world->publisher);
    MUST(ops->begin(world->store, NULL) == 0);
    for (size_t i = 0; i < 2; i++)
        if (world->kept[i].name[0])
            MUST(ops->publish_put(world->store, &world->kept[i], NULL) == 0);
    MUST(ops->commit(world->store, NULL) == 0);
    fg_publisher_free(world->publisher);
    world->publisher = NULL;
}

static void end(struct world *world)
{
    ops->free(world->store);
    if (world->socket >= 0)
        close(world->socket);
    unlink(world->socket_path);
    folder_drop(&world->folder);
    pthread_mutex_destroy(&world->lock);
}

static void happen(struct world *world, const char *kind, size_t times)
{
    uint64_t seq = 0;
    MUST(ops->begin(world->store, NULL) == 0);
    for (size_t i = 0; i < times; i++) {
        const struct fg_event event = {.time_us = 1'700'000'000'000'000,
                                       .kind = kind,
                                       .job = 4,
                                       .project = 1,
                                       .json = "{}"};
        MUST(ops->event_add(world->store, &event, &seq, NULL) == 0);
    }
    MUST(ops->commit(world->store, NULL) == 0);
    if (world->publisher)
        fg_publisher_told(world->publisher, seq);
}

/* The number of the next event that syslog hears of, and its kind; 0: none within half a minute. */
static uint64_t hear(struct world *world, char kind[32])
{
    char text[4096] = "";
    struct pollfd ready = {.fd = world->socket, .events = POLLIN};
    if (poll(&ready, 1, 30000) <= 0)
        return 0;
    ssize_t len = recv(world->socket, text, sizeof(text) - 1, 0);
    const char *seq = len > 0 ? strstr(text, "seq=\"") : NULL;
    if (!seq || sscanf(text, "<%*d>1 %*s %*s fastgpu %*d %31s", kind) != 1)
        return 0;
    return strtoull(seq + 5, NULL, 10);
}

static void hears(struct world *world, uint64_t first, uint64_t last, const char *kind)
{
    char got[32] = "";
    for (uint64_t seq = first; seq <= last; seq++)
        if (hear(world, got) != seq || strcmp(got, kind) != 0) {
            OK(false);
            printf("#   not %s %d\n", kind, (int)seq);
            return;
        }
    OK(true);
}

/* Until that sink is so. */
static struct fg_publish_view wait_for(struct world *world,
                                       size_t at,
                                       enum fg_publish_state state)
{
    struct fg_publish_view view;
    for (int i = 0; i < 3000; i++) {
        OK(fg_publisher_look(world->publisher, at, &view));
        if (view.state == state)
            return view;
        poll(NULL, 0, 10);
    }
    OK(false); /* it never was */
    return view;
}

static void what_happens_is_heard_of_once(void)
{
    struct world world;
    begin(&world, true);
    happen(&world, "job.running", 3); /* before anybody asked */
    start(&world);
    wait_for(&world, 0, FG_PUBLISH_OK);
    happen(&world, "job.finished", 2);
    happen(&world, "node.up", 1); /* nobody wants it */
    happen(&world, "job.running", 600);
    hears(&world, 4, 5, "job.finished");
    hears(&world, 7, 606, "job.running");
    struct fg_publish_view view = wait_for(&world, 0, FG_PUBLISH_OK);
    EQ(view.row.seq, 606);
    EQ(view.row.sent, 602);
    EQ(view.row.dropped, 0);
    stop(&world);
    happen(&world, "job.finished", 1); /* while it was not there */
    start(&world);
    hears(&world, 607, 607, "job.finished");
    EQ(wait_for(&world, 0, FG_PUBLISH_OK).row.sent, 603);
    stop(&world);
    end(&world);
}

static void who_is_away_holds_up_nobody_and_loses_nothing(void)
{
    struct world world;
    begin(&world, true);
    start(&world);
    wait_for(&world, 0, FG_PUBLISH_OK);
    wait_for(&world, 1, FG_PUBLISH_OK); /* nothing is to be sent yet */
    happen(&world, "job.running", 5);
    hears(&world, 1, 5, "job.running");
    struct fg_publish_view view = wait_for(&world, 1, FG_PUBLISH_FAILING);
    EQ(view.waiting, 5);
    OK(strstr(view.last_error, "none: No such file or directory") != NULL);
    close(world.socket);
    world.socket = listen_at(world.second_path);
    hears(&world, 1, 5, "job.running");
    view = wait_for(&world, 1, FG_PUBLISH_OK);
    EQ(view.row.sent, 5);
    OK(view.retries > 0);
    stop(&world);
    EQ(world.notes, 2); /* it failed; it works */
    unlink(world.second_path);
    end(&world);
}

static void what_the_store_forgot_is_told(void)
{
    struct world world;
    begin(&world, false);
    start(&world);
    wait_for(&world, 0, FG_PUBLISH_OK);
    happen(&world, "job.running", 10);
    wait_for(&world, 0, FG_PUBLISH_FAILING);
    stop(&world);
    const struct fg_store_prune what = {.events_max = 4, .limit = 500};
    MUST(ops->begin(world.store, NULL) == 0);
    EQ(ops->prune(world.store, &what, NULL), 6);
    MUST(ops->commit(world.store, NULL) == 0);
    world.socket = listen_at(world.socket_path);
    start(&world);
    hears(&world, 6, 6, "publish.dropped");
    hears(&world, 7, 10, "job.running");
    struct fg_publish_view view = wait_for(&world, 0, FG_PUBLISH_OK);
    EQ(view.row.dropped, 6);
    EQ(view.row.sent, 4);
    stop(&world);
    end(&world);
}

static void a_test_goes_beside_what_waits(void)
{
    struct world world;
    struct fg_err err = {};
    char kind[32] = "";
    begin(&world, true);
    start(&world);
    EQ(fg_publisher_test(world.publisher, "log", "ada", NULL), 0);
    EQ(hear(&world, kind), 0);
    OK(strcmp(kind, "publish.test") == 0);
    EQ(fg_publisher_test(world.publisher, "away", "ada", &err), FG_EBACKEND);
    OK(strncmp(err.text, "sink away: ", 11) == 0);
    EQ(fg_publisher_test(world.publisher, "else", "ada", NULL), FG_ENOENT);
    EQ(fg_publisher_test(NULL, "log", "ada", NULL), FG_ENOENT);
    stop(&world);
    end(&world);
}

int main(void)
{
    RUN(what_happens_is_heard_of_once);
    RUN(who_is_away_holds_up_nobody_and_loses_nothing);
    RUN(what_the_store_forgot_is_told);
    RUN(a_test_goes_beside_what_waits);
    return tap_done();
}

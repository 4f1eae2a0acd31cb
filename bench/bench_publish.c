/* bench_publish.c - events a second from the store to Kafka and to a log socket, each with what the way itself can carry in the
 * same run: librdkafka given the same texts, all at once; the socket written to by a loop.
 *
 *     bench_publish [EVENTS [RUNS]]
 */
#include "bench.h"

#include "publish/note.h"
#include "publish/publisher.h"
#include "store/sqlite_store.h"
#include "store/store.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RUNS_MAX 15
#define TOPIC    "fastgpu"

static const char data[] = "{\"state\":\"succeeded\",\"exit_code\":0,\"by\":\"ada\"}";

struct world {
    char folder[32], db[64], socket_path[64];
    struct fg_store *store;
    rd_kafka_t *owner;
    rd_kafka_mock_cluster_t *cluster;
    int log; /* read by a thread, and thrown away */
};

static void keep(void *, const struct fg_publish_row *)
{
}

static void note(void *, const char *text)
{
    fprintf(stderr, "%s\n", text);
}

static void *swallow(void *self)
{
    char text[4096];
    const struct world *world = self;
    while (recv(world->log, text, sizeof(text), 0) > 0)
        ;
    return NULL;
}

static struct sockaddr_un log_address(const struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->socket_path);
    return address;
}

static void begin(struct world *world)
{
    char why[256];
    pthread_t thread;
    *world = (struct world){.folder = "/tmp/fg_publish.XXXXXX"};
    if (!mkdtemp(world->folder))
        bench_die("no folder");
    snprintf(world->db, sizeof(world->db), "%s/fastgpu.db", world->folder);
    snprintf(world->socket_path, sizeof(world->socket_path), "%s/log", world->folder);
    if (fg_sqlite_open(world->db, &world->store, NULL) < 0)
        bench_die("no store");
    struct sockaddr_un address = log_address(world);
    world->log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(world->log, (struct sockaddr *)&address, sizeof(address)) < 0
        || pthread_create(&thread, NULL, swallow, world) != 0)
        bench_die("no socket");
    pthread_detach(thread);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof(why));
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
    world->owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (!world->owner)
        bench_die("%s", why);
    world->cluster = rd_kafka_handle_mock_cluster(world->owner);
    rd_kafka_mock_topic_create(world->cluster, TOPIC, 4, 1);
}

static void end(struct world *world)
{
    static const char *const names[] = {"fastgpu.db", "fastgpu.db-wal", "fastgpu.db-shm",
                                        "log"};
    char path[128];
    fg_store_sqlite.free(world->store);
    rd_kafka_destroy(world->owner);
    shutdown(world->log, SHUT_RDWR);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", world->folder, names[i]);
        unlink(path);
    }
    rmdir(world->folder);
}

static uint64_t happen(struct world *world, int times)
{
    uint64_t seq = 0;
    if (fg_store_sqlite.begin(world->store, NULL) < 0)
        bench_die("no batch");
    for (int i = 0; i < times; i++) {
        const struct fg_event event = {.time_us = 1'700'000'000'000'000,
                                       .kind = "job.finished",
                                       .job = 1 + (fg_job_id)(i % 1000),
                                       .project = 1,
                                       .json = data};
        if (fg_store_sqlite.event_add(world->store, &event, &seq, NULL) < 0)
            bench_die("no event");
    }
    if (fg_store_sqlite.commit(world->store, NULL) < 0)
        bench_die("no commit");
    return seq;
}

/* -- ours ---------------------------------------------------------------------------------------------------------- */

static double publish(struct world *world, enum fg_sink_kind kind, int events)
{
    struct fg_publish_config config = {.sinks_len = 1};
    struct fg_sink_setting *sink = &config.sinks[0];
    *sink = (struct fg_sink_setting){.kind = kind,
                                     .name = "bench",
                                     .topic = TOPIC,
                                     .source = "fastgpu",
                                     .events = {"*"},
                                     .events_len = 1};
    snprintf(sink->where, sizeof(sink->where), "%s",
             kind == FG_SINK_KAFKA ? rd_kafka_mock_cluster_bootstraps(world->cluster)
                                   : world->socket_path);
    struct fg_publisher *publisher = fg_publisher_start(
        &(struct fg_publisher_options){
            .config = &config, .db_path = world->db, .keep = keep, .note = note},
        NULL);
    if (!publisher)
        bench_die("no publisher");
    uint64_t last = happen(world, events);
    struct fg_publish_view view = {};
    int64_t began_us = bench_now_us();
    fg_publisher_told(publisher, last);
    while (fg_publisher_look(publisher, 0, &view) && view.row.seq < last)
        usleep(500);
    double seconds = (double)(bench_now_us() - began_us) / 1e6;
    fg_publisher_free(publisher);
    return events / seconds;
}

/* -- what the way carries ------------------------------------------------------------------------------------------ */

static void write_text(struct fg_buf *text, uint64_t seq)
{
    const struct fg_note one = {.seq = seq,
                                .time_us = 1'700'000'000'000'000,
                                .kind = "job.finished",
                                .job = 1 + seq % 1000,
                                .project = "default",
                                .json = data};
    struct fg_json json = {.buf = text};
    fg_buf_clear(text);
    fg_note_write(&json, &one, "fastgpu");
}

static double produce(struct world *world, int events)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers",
                      rd_kafka_mock_cluster_bootstraps(world->cluster), why, sizeof(why));
    rd_kafka_conf_set(conf, "enable.idempotence", "true", why, sizeof(why));
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    FG_AUTO(fg_buf) struct fg_buf text = {};
    int64_t began_us = bench_now_us();
    for (int i = 0; i < events; i++) {
        write_text(&text, (uint64_t)i + 1);
        while (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(TOPIC),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                 RD_KAFKA_V_VALUE(text.text, text.len), RD_KAFKA_V_END)
               == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(producer, 1);
    }
    if (rd_kafka_flush(producer, 60000) != 0)
        bench_die("librdkafka did not get rid of its messages");
    double seconds = (double)(bench_now_us() - began_us) / 1e6;
    rd_kafka_destroy(producer);
    return events / seconds;
}

static double write_log(struct world *world, int events)
{
    struct sockaddr_un address = log_address(world);
    FG_AUTO(fg_buf) struct fg_buf text = {};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        bench_die("no connection");
    int64_t began_us = bench_now_us();
    for (int i = 0; i < events; i++) {
        write_text(&text, (uint64_t)i + 1);
        if (send(fd, text.text, text.len, 0) < 0)
            bench_die("not written");
    }
    double seconds = (double)(bench_now_us() - began_us) / 1e6;
    close(fd);
    return events / seconds;
}

int main(int argc, char **argv)
{
    int events = argc > 1 ? atoi(argv[1]) : 20000;
    int runs = argc > 2 && atoi(argv[2]) < RUNS_MAX ? atoi(argv[2]) : 5;
    double kafka[RUNS_MAX], direct[RUNS_MAX], log[RUNS_MAX], loop[RUNS_MAX];
    struct world world;
    begin(&world);
    for (int run = 0; run < runs; run++) {
        kafka[run] = publish(&world, FG_SINK_KAFKA, events);
        direct[run] = produce(&world, events);
        log[run] = publish(&world, FG_SINK_SYSLOG, events);
        loop[run] = write_log(&world, events);
    }
    size_t len = (size_t)runs;
    bench_line("events to Kafka (its mock cluster)", bench_quantile(kafka, len, 50), "/s",
               BENCH_MORE, 0, "librdkafka alone", bench_quantile(direct, len, 50));
    bench_line("events to a syslog socket", bench_quantile(log, len, 50), "/s", BENCH_MORE, 0,
               "a loop of writes", bench_quantile(loop, len, 50));
    end(&world);
    return bench_done();
}

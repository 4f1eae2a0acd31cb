/* kafka_test.c - the real librdkafka against its own mock cluster: stopped, started again, refusing, gone for good */
#include "publish/outlet.h"

#include "test/tap.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC      "gpus"
#define PARTITIONS 2

struct world {
    rd_kafka_t *owner; /* of the cluster, and what reads it back */
    rd_kafka_mock_cluster_t *cluster;
    struct fg_sink_setting sink;
    struct fg_outlet_site site;
    atomic_bool stop;
    void *outlet;
};

static bool stopping(void *self)
{
    const struct world *world = self;
    return atomic_load(&world->stop);
}

static void set_option(struct fg_sink_setting *sink, const char *name, const char *value)
{
    struct fg_sink_option *option = &sink->options[sink->options_len++];
    snprintf(option->name, sizeof(option->name), "%s", name);
    snprintf(option->value, sizeof(option->value), "%s", value);
}

static void begin(struct world *world, const char *patience_ms)
{
    char why[256] = "";
    *world = (struct world){.site = {stopping, world}, .sink = {.kind = FG_SINK_KAFKA}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof(why));
    rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why));
    rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", why, sizeof(why));
    rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", why, sizeof(why));
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
    world->owner = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (!OK(world->owner != NULL))
        exit(1);
    world->cluster = rd_kafka_handle_mock_cluster(world->owner);
    rd_kafka_mock_topic_create(world->cluster, TOPIC, PARTITIONS, 1);
    snprintf(world->sink.where, sizeof(world->sink.where), "%s",
             rd_kafka_mock_cluster_bootstraps(world->cluster));
    strcpy(world->sink.topic, TOPIC);
    strcpy(world->sink.source, "fastgpu");
    set_option(&world->sink, "message.timeout.ms", patience_ms);
    set_option(&world->sink, "reconnect.backoff.ms", "20");
    set_option(&world->sink, "retry.backoff.ms", "20");
    EQ(fg_outlet_kafka.open(&world->sink, &world->site, &world->outlet, NULL), 0);
}

static void end(struct world *world)
{
    fg_outlet_kafka.free(world->outlet);
    rd_kafka_destroy(world->owner);
}

static struct fg_note note_of(uint64_t seq)
{
    return (struct fg_note){.seq = seq,
                            .time_us = 1'700'000'000'000'000 + (int64_t)seq,
                            .kind = "job.running",
                            .job = 1 + seq % 3,
                            .project = "vision",
                            .json = "{\"attempt\":1}"};
}

/* Events from `first` on; how many are confirmed. */
static int send_some(struct world *world, uint64_t first, size_t len, size_t *done)
{
    struct fg_note notes[64];
    struct fg_err err = {};
    for (size_t i = 0; i < len; i++)
        notes[i] = note_of(first + i);
    int rc = fg_outlet_kafka.send(world->outlet, notes, len, done, &err);
    if (rc < 0)
        printf("# %s\n", err.text);
    return rc;
}

/* As the publisher does, until it works. */
static void send_surely(struct world *world, uint64_t first, size_t len)
{
    size_t done = 0;
    for (int tries = 0; tries < 100 && len > 0; tries++) {
        int rc = send_some(world, first, len, &done);
        first += done;
        len -= done;
        if (rc == 0)
            break;
    }
    EQ(len, 0);
}

/* -- read back ----------------------------------------------------------------------------------------------------- */

struct heard {
    unsigned times[200]; /* by event */
    uint64_t last[4];    /* by job: its last event that was new */
    bool ordered, keyed, typed;
};

static void hear(struct heard *heard, const rd_kafka_message_t *message)
{
    char text[1024], key[32] = "", want[32];
    const void *type = NULL;
    size_t size = 0;
    rd_kafka_headers_t *headers = NULL;
    snprintf(text, sizeof(text), "%.*s", (int)message->len, (const char *)message->payload);
    const char *id = strstr(text, "\"id\":\"");
    uint64_t seq = id ? strtoull(id + 6, NULL, 10) : 0, job = 1 + seq % 3;
    if (seq == 0 || seq >= 200)
        return;
    snprintf(want, sizeof(want), "job/%llu", (unsigned long long)job);
    snprintf(key, sizeof(key), "%.*s", (int)message->key_len, (const char *)message->key);
    heard->keyed = heard->keyed && strcmp(key, want) == 0;
    heard->typed =
        heard->typed && rd_kafka_message_headers(message, &headers) == 0
        && rd_kafka_header_get_last(headers, "content-type", &type, &size) == 0
        && strncmp(type, "application/cloudevents+json", strlen("application/cloudevents+json"))
               == 0;
    if (heard->times[seq]++ == 0) {
        heard->ordered = heard->ordered && seq > heard->last[job];
        heard->last[job] = seq;
    }
}

/* All that the cluster has: until the end of each partition. */
static struct heard read_all(struct world *world)
{
    struct heard heard = {.ordered = true, .keyed = true, .typed = true};
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
    int64_t left = 0;
    for (int i = 0; i < PARTITIONS; i++) {
        int64_t low = 0, high = 0;
        EQ(rd_kafka_query_watermark_offsets(world->owner, TOPIC, i, &low, &high, 10000), 0);
        rd_kafka_topic_partition_list_add(all, TOPIC, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
        left += high - low;
    }
    rd_kafka_assign(world->owner, all);
    while (left > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(world->owner, 10000);
        if (!OK(message != NULL))
            break;
        if (!message->err) {
            hear(&heard, message);
            left--;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_assign(world->owner, NULL);
    rd_kafka_topic_partition_list_destroy(all);
    return heard;
}

static void all_came(struct world *world, uint64_t last)
{
    struct heard heard = read_all(world);
    unsigned missing = 0;
    for (uint64_t seq = 1; seq <= last; seq++)
        missing += heard.times[seq] == 0;
    EQ(missing, 0);
    OK(heard.keyed);
    OK(heard.typed);
    OK(heard.ordered);
}

/* -- claims -------------------------------------------------------------------------------------------------------- */

static void a_cluster_that_was_away_loses_nothing(void)
{
    struct world world;
    size_t done = 9;
    begin(&world, "1500");
    EQ(send_some(&world, 1, 40, &done), 0);
    EQ(done, 40);
    struct heard heard = read_all(&world);
    for (uint64_t seq = 1; seq <= 40; seq++)
        EQ(heard.times[seq], 1);

    rd_kafka_mock_broker_set_down(world.cluster, 1);
    OK(send_some(&world, 41, 20, &done) < 0);
    OK(done < 20);
    rd_kafka_mock_broker_set_up(world.cluster, 1);
    send_surely(&world, 41 + done, 20 - done);
    all_came(&world, 60);
    end(&world);
}

static void what_a_broker_refuses_for_a_while_is_sent_again(void)
{
    struct world world;
    begin(&world, "10000");
    rd_kafka_mock_push_request_errors(world.cluster, 0 /* Produce */, 2,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    send_surely(&world, 1, 10);
    rd_kafka_mock_push_request_errors(world.cluster, 0, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    send_surely(&world, 11, 10);
    all_came(&world, 20);
    end(&world);
}

static void what_is_too_large_is_said_to_be(void)
{
    struct world world;
    size_t done = 9;
    begin(&world, "10000");
    char *json = calloc(1, 1'100'000);
    memset(json, 'x', 1'099'999);
    struct fg_note notes[2] = {note_of(1), note_of(2)};
    notes[1].json = json;
    EQ(fg_outlet_kafka.send(world.outlet, notes, 2, &done, NULL), FG_ETOOBIG);
    EQ(done, 1);
    send_surely(&world, 3, 1);
    free(json);
    end(&world);
}

static void a_stop_does_not_wait(void)
{
    struct world world;
    size_t done = 9;
    begin(&world, "10000");
    rd_kafka_mock_broker_set_down(world.cluster, 1);
    atomic_store(&world.stop, true);
    EQ(send_some(&world, 1, 5, &done), FG_EUNREACH);
    EQ(done, 0);
    end(&world);
}

static void options_that_are_wrong_are_said_without_their_value(void)
{
    struct world world;
    struct fg_err err = {};
    struct fg_note note = note_of(1);
    size_t done;
    begin(&world, "10000");
    set_option(&world.sink, "security.protocol", "hunter2");
    EQ(fg_outlet_kafka.send(world.outlet, &note, 1, &done, &err), FG_EINVAL);
    OK(strstr(err.text, "security.protocol") && !strstr(err.text, "hunter2"));
    end(&world);
}

int main(void)
{
    RUN(a_cluster_that_was_away_loses_nothing);
    RUN(what_a_broker_refuses_for_a_while_is_sent_again);
    RUN(what_is_too_large_is_said_to_be);
    RUN(a_stop_does_not_wait);
    RUN(options_that_are_wrong_are_said_without_their_value);
    return tap_done();
}

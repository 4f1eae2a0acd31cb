/* testing.h - a Kafka for the tests: librdkafka's own mock cluster, of one broker, and what it heard.
 *
 * The mock takes requests in whatever order they come, where a real broker refuses one that is out of sequence: so where a
 * test lets it refuse some, and is about order, one request is under way at a time.
 */
#pragma once

#include "model/sink.h"

#include "test/tap.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC      "gpus"
#define PARTITIONS 2
#define HEARD_MAX  20'000 /* events */
#define JOBS       3      /* event n is about job 1 + n % JOBS */

struct kafka_cluster {
    rd_kafka_t *owner; /* and what reads it back */
    rd_kafka_mock_cluster_t *mock;
};

static inline void set_option(struct fg_sink_setting *sink, const char *name, const char *value)
{
    struct fg_sink_option *option = &sink->options[sink->options_len++];
    snprintf(option->name, sizeof(option->name), "%s", name);
    snprintf(option->value, sizeof(option->value), "%s", value);
}

/* A sink that goes there is written to `sink`. */
static inline void cluster_begin(struct kafka_cluster *cluster,
                                 struct fg_sink_setting *sink,
                                 const char *patience_ms)
{
    char why[256] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof(why));
    rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why));
    rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", why, sizeof(why));
    rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", why, sizeof(why));
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
    cluster->owner = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (!OK(cluster->owner != NULL))
        exit(1);
    cluster->mock = rd_kafka_handle_mock_cluster(cluster->owner);
    rd_kafka_mock_topic_create(cluster->mock, TOPIC, PARTITIONS, 1);
    *sink = (struct fg_sink_setting){.kind = FG_SINK_KAFKA,
                                     .name = "bus",
                                     .topic = TOPIC,
                                     .source = "fastgpu",
                                     .events = {"*"},
                                     .events_len = 1};
    snprintf(sink->where, sizeof(sink->where), "%s",
             rd_kafka_mock_cluster_bootstraps(cluster->mock));
    set_option(sink, "message.timeout.ms", patience_ms);
    set_option(sink, "reconnect.backoff.ms", "20");
    set_option(sink, "retry.backoff.ms", "20");
}

static inline void cluster_end(struct kafka_cluster *cluster)
{
    rd_kafka_destroy(cluster->owner);
}

/* -- read back ----------------------------------------------------------------------------------------------------- */

struct heard {
    unsigned times[HEARD_MAX]; /* by event */
    uint64_t last[JOBS + 1];   /* by job: its last event that was new */
    bool ordered, keyed, typed;
};

static inline void hear(struct heard *heard, const rd_kafka_message_t *message)
{
    char text[1024], key[32] = "", want[32];
    const char *mime = "application/cloudevents+json";
    const void *type = NULL;
    size_t size = 0;
    rd_kafka_headers_t *headers = NULL;
    snprintf(text, sizeof(text), "%.*s", (int)message->len, (const char *)message->payload);
    const char *id = strstr(text, "\"id\":\"");
    uint64_t seq = id ? strtoull(id + 6, NULL, 10) : 0, job = 1 + seq % JOBS;
    if (seq == 0 || seq >= HEARD_MAX)
        return;
    snprintf(want, sizeof(want), "job/%llu", (unsigned long long)job);
    snprintf(key, sizeof(key), "%.*s", (int)message->key_len, (const char *)message->key);
    heard->keyed = heard->keyed && strcmp(key, want) == 0;
    heard->typed = heard->typed && rd_kafka_message_headers(message, &headers) == 0
                   && rd_kafka_header_get_last(headers, "content-type", &type, &size) == 0
                   && strncmp(type, mime, strlen(mime)) == 0;
    if (heard->times[seq]++ == 0) {
        heard->ordered = heard->ordered && seq > heard->last[job];
        heard->last[job] = seq;
    }
}

/* All that the cluster has: until the end of each partition. */
static inline void read_all(struct kafka_cluster *cluster, struct heard *heard)
{
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
    int64_t left = 0;
    *heard = (struct heard){.ordered = true, .keyed = true, .typed = true};
    for (int i = 0; i < PARTITIONS; i++) {
        int64_t low = 0, high = 0;
        EQ(rd_kafka_query_watermark_offsets(cluster->owner, TOPIC, i, &low, &high, 10000), 0);
        rd_kafka_topic_partition_list_add(all, TOPIC, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
        left += high - low;
    }
    rd_kafka_assign(cluster->owner, all);
    while (left > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(cluster->owner, 10000);
        if (!message) {
            OK(false); /* it has more, and does not give it */
            break;
        }
        if (!message->err) {
            hear(heard, message);
            left--;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_assign(cluster->owner, NULL);
    rd_kafka_topic_partition_list_destroy(all);
}

/* Events 1 to `last`, each at least once, and those of a job in order; how many copies there are too many. */
static inline unsigned all_came(struct kafka_cluster *cluster, uint64_t last)
{
    static struct heard heard;
    unsigned missing = 0, extra = 0;
    read_all(cluster, &heard);
    for (uint64_t seq = 1; seq <= last; seq++) {
        missing += heard.times[seq] == 0;
        extra += heard.times[seq] > 1 ? heard.times[seq] - 1 : 0;
    }
    EQ(missing, 0);
    OK(heard.keyed);
    OK(heard.typed);
    OK(heard.ordered);
    return extra;
}

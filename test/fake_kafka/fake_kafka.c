/* fake_kafka.c - a fake: no Kafka, but the mock cluster that librdkafka has for tests, as a program that scripts can use.
 *
 *     fake_kafka TOPIC
 *
 * Says its address in a line, then does what lines of its input ask for, each answered by a line: `down` and `up` (the one
 * broker), `write PATH` (what it heard of the topic so far, a line "KEY MESSAGE" each, partition by partition).  Ends with
 * its input. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS 4
#define WAIT_MS    20000

static void die(const char *what)
{
    fprintf(stderr, "fake_kafka: %s\n", what);
    exit(1);
}

static rd_kafka_t *make(void)
{
    static const char *const rows[][2] = {
        {"test.mock.num.brokers", "1"},    {"group.id", "test"},
        {"auto.offset.reset", "earliest"}, {"fetch.wait.max.ms", "10"},
        {"reconnect.backoff.ms", "20"},    {"log_level", "0"},
    };
    char why[256] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rd_kafka_conf_set(conf, rows[i][0], rows[i][1], why, sizeof(why)))
            die(why);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (!client)
        die(why);
    return client;
}

static void write_partition(rd_kafka_t *client, const char *topic, int partition, FILE *out)
{
    int64_t low = 0, high = 0;
    if (rd_kafka_query_watermark_offsets(client, topic, partition, &low, &high, WAIT_MS))
        die("it does not say what it has");
    rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(one, topic, partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client, one);
    while (low < high) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, WAIT_MS);
        if (!message)
            die("it does not give what it has");
        if (!message->err) {
            fprintf(out, "%.*s %.*s\n", (int)message->key_len, (const char *)message->key,
                    (int)message->len, (const char *)message->payload);
            low = message->offset + 1;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_topic_partition_list_destroy(one);
}

static void write_all(rd_kafka_t *client, const char *topic, const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out)
        die(path);
    for (int i = 0; i < PARTITIONS; i++)
        write_partition(client, topic, i, out);
    fclose(out);
}

int main(int argc, char **argv)
{
    char line[512];
    if (argc != 2)
        die("usage: fake_kafka TOPIC");
    rd_kafka_t *client = make();
    rd_kafka_mock_cluster_t *cluster = rd_kafka_handle_mock_cluster(client);
    rd_kafka_mock_topic_create(cluster, argv[1], PARTITIONS, 1);
    printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "down") == 0)
            rd_kafka_mock_broker_set_down(cluster, 1);
        else if (strcmp(line, "up") == 0)
            rd_kafka_mock_broker_set_up(cluster, 1);
        else if (strncmp(line, "write ", 6) == 0)
            write_all(client, argv[1], line + 6);
        else
            die("it knows down, up and write PATH");
        printf("done\n");
        fflush(stdout);
    }
    rd_kafka_destroy(client);
    return 0;
}

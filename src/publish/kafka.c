/* kafka.c - events to Kafka, one message each (see outlet.h).
 *
 * An idempotent producer that waits for all replicas: within one life of it nothing is twice or out of order in a
 * partition.  A message is about a job or a node, which is its key.  What is not confirmed within MESSAGE_MS fails and is
 * sent again later, so a broker may be away for as long as the store keeps events.  The format is CloudEvents' binding to
 * Kafka, structured mode.
 */
#include "publish/kafka.h"

#include "publish/outlet.h"
#include "publish/secret.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MS "10000"
#define QUEUE_KIB  "16384"
#define POLL_MS    100

struct kafka {
    const struct fg_sink_setting *sink;
    const struct fg_outlet_site *site;
    struct fg_kafka_library lib;
    rd_kafka_t *producer; /* NULL: made with the next batch */
    /* Of the batch under way; reports come within rd_kafka_poll(), on our thread. */
    size_t open;           /* messages without a report */
    size_t first_bad;      /* the first that failed; the length of the batch: none */
    bool is_too_big;       /* and why that one did */
    char why[FG_TEXT_MAX]; /* what the library said last */
};

/* -- what the library calls ---------------------------------------------------------------------------------------- */

static void on_report(rd_kafka_t *, const rd_kafka_message_t *message, void *self)
{
    struct kafka *kafka = self;
    size_t at = (size_t)(uintptr_t)message->_private;
    kafka->open--;
    if (!message->err || at >= kafka->first_bad)
        return;
    kafka->first_bad = at;
    kafka->is_too_big = message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    if (message->err != RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || !kafka->why[0])
        fg_copy_clean(kafka->why, sizeof(kafka->why),
                      kafka->lib.rd_kafka_err2str(message->err));
}

static void on_error(rd_kafka_t *, int, const char *reason, void *self)
{
    struct kafka *kafka = self;
    fg_copy_clean(kafka->why, sizeof(kafka->why), reason);
}

/* What matters comes through on_error and on_report. */
static void on_log(const rd_kafka_t *, int, const char *, const char *)
{
}

/* -- the producer -------------------------------------------------------------------------------------------------- */

static int set(struct kafka *kafka,
               rd_kafka_conf_t *conf,
               const char *name,
               const char *value,
               struct fg_err *err)
{
    char why[FG_TEXT_MAX] = "";
    if (kafka->lib.rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return 0;
    /* Its text would show the value, which may be the password. */
    return fg_fail(err, FG_EINVAL, "options: librdkafka does not take this value of %s", name);
}

static int set_ours(struct kafka *kafka, rd_kafka_conf_t *conf, struct fg_err *err)
{
    const char *const rows[][2] = {
        {"bootstrap.servers", kafka->sink->where},
        {"client.id", kafka->sink->source},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"message.timeout.ms", MESSAGE_MS},
        {"queue.buffering.max.kbytes", QUEUE_KIB},
        {"linger.ms", "5"},
        {"reconnect.backoff.max.ms", "5000"},
        {"log.connection.close", "false"},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
        rc = set(kafka, conf, rows[i][0], rows[i][1], err);
    return rc;
}

static int set_theirs(struct kafka *kafka, rd_kafka_conf_t *conf, struct fg_err *err)
{
    const struct fg_sink_setting *sink = kafka->sink;
    [[gnu::cleanup(fg_sink_secret_drop)]] struct fg_sink_secret secret = {};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sink->options_len; i++)
        rc = set(kafka, conf, sink->options[i].name, sink->options[i].value, err);
    if (rc == 0 && sink->secret_file[0])
        rc = fg_sink_secret_read(sink->secret_file, &secret, err);
    if (rc == 0 && sink->secret_file[0])
        rc = set(kafka, conf, "sasl.password", secret.text, err);
    return rc;
}

static int make_producer(struct kafka *kafka, struct fg_err *err)
{
    char why[FG_TEXT_MAX] = "";
    rd_kafka_conf_t *conf = kafka->lib.rd_kafka_conf_new();
    kafka->lib.rd_kafka_conf_set_opaque(conf, kafka);
    kafka->lib.rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    kafka->lib.rd_kafka_conf_set_error_cb(conf, on_error);
    kafka->lib.rd_kafka_conf_set_log_cb(conf, on_log);
    int rc = set_ours(kafka, conf, err);
    if (rc == 0)
        rc = set_theirs(kafka, conf, err);
    if (rc == 0) {
        kafka->producer = kafka->lib.rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
        if (kafka->producer)
            return 0; /* it owns conf now */
        rc = fg_fail(err, FG_EBACKEND, "%s", why);
    }
    kafka->lib.rd_kafka_conf_destroy(conf);
    return rc;
}

static void drop_producer(struct kafka *kafka)
{
    if (kafka->producer)
        kafka->lib.rd_kafka_destroy_flags(kafka->producer,
                                          RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    kafka->producer = NULL;
}

static int kafka_open(const struct fg_sink_setting *sink,
                      const struct fg_outlet_site *site,
                      void **out,
                      struct fg_err *err)
{
    struct kafka *kafka = calloc(1, sizeof(*kafka));
    if (!kafka)
        return fg_fail(err, FG_ENOMEM, "no memory for a sink");
    kafka->sink = sink;
    kafka->site = site;
    int rc = fg_kafka_load(&kafka->lib, err);
    if (rc < 0)
        free(kafka);
    else
        *out = kafka;
    return rc;
}

static void kafka_free(void *outlet)
{
    struct kafka *kafka = outlet;
    drop_producer(kafka);
    free(kafka);
}

/* -- a batch ------------------------------------------------------------------------------------------------------- */

static rd_kafka_resp_err_t produce(struct kafka *kafka, const struct fg_note *note, size_t at)
{
    FG_AUTO(fg_buf) struct fg_buf text = {}, key = {};
    struct fg_json json = {.buf = &text};
    fg_note_write(&json, note, kafka->sink->source);
    fg_note_subject(note, &key);
    return kafka->lib.rd_kafka_producev(
        kafka->producer, RD_KAFKA_V_TOPIC(kafka->sink->topic),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.text, key.len),
        RD_KAFKA_V_VALUE(text.text, text.len),
        RD_KAFKA_V_HEADER("content-type", "application/cloudevents+json; charset=UTF-8", -1),
        RD_KAFKA_V_TIMESTAMP(note->time_us / 1000), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)at),
        RD_KAFKA_V_END);
}

/* Hand the messages over; where its queue is full, after reports of some. */
static void produce_all(struct kafka *kafka, const struct fg_note *notes, size_t len)
{
    for (size_t i = 0; i < len && kafka->first_bad == len;) {
        rd_kafka_resp_err_t error = produce(kafka, &notes[i], i);
        if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL
            && !kafka->site->stopping(kafka->site->self)) {
            kafka->lib.rd_kafka_poll(kafka->producer, POLL_MS);
            continue;
        }
        if (error) {
            kafka->first_bad = i;
            kafka->is_too_big = error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
            fg_copy_clean(kafka->why, sizeof(kafka->why), kafka->lib.rd_kafka_err2str(error));
        }
        kafka->open += error == 0;
        i++;
    }
}

static void wait_for_reports(struct kafka *kafka)
{
    while (kafka->open > 0 && !kafka->site->stopping(kafka->site->self))
        kafka->lib.rd_kafka_poll(kafka->producer, POLL_MS);
}

static int kafka_send(
    void *outlet, const struct fg_note *notes, size_t len, size_t *out_done, struct fg_err *err)
{
    struct kafka *kafka = outlet;
    *out_done = 0;
    int rc = kafka->producer ? 0 : make_producer(kafka, err);
    if (rc < 0)
        return rc;
    kafka->open = 0;
    kafka->first_bad = len;
    kafka->why[0] = '\0';
    produce_all(kafka, notes, len);
    wait_for_reports(kafka);
    if (kafka->open == 0 && kafka->first_bad == len) {
        *out_done = len;
        return 0;
    }
    /* Whatever is still in there would come out of order. */
    bool is_over = kafka->open > 0;
    drop_producer(kafka);
    *out_done = is_over ? 0 : kafka->first_bad;
    if (is_over)
        return fg_fail(err, FG_EUNREACH, "the service is stopping");
    return fg_fail(err, kafka->is_too_big ? FG_ETOOBIG : FG_EUNREACH, "%s", kafka->why);
}

const struct fg_outlet_ops fg_outlet_kafka = {kafka_open, kafka_send, kafka_free};

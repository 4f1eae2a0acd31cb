/* kafka.c - events to Kafka, one message each (see outlet.h).
 *
 * Messages are handed to librdkafka as they come, and counted in their order as it reports them, whatever partition was
 * first.  A message is about a job or a node, which is its key, and so its partition.  In a partition none is twice, out of
 * order or left out as long as one producer lives: it is idempotent, waits for all replicas, tries again for ever, and
 * stops at the first message that is refused (enable.gapless.guarantee).  We give up on it where a message is refused, or
 * the oldest waits longer than patience_us; the next one begins at that message.  So a broker may be away for as long as
 * the store keeps events, and a partition has the first copies of its messages in their order.  The format is CloudEvents'
 * binding to Kafka, structured mode.
 */
#include "publish/kafka.h"

#include "publish/outlet.h"
#include "publish/secret.h"

#include "base/clock.h"
#include "base/text.h"
#include "publish/flight.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE_US 10'000'000
#define QUEUE_KIB   "16384"
#define POLL_MS     100

struct kafka {
    const struct fg_sink_setting *sink;
    const struct fg_outlet_site *site;
    struct fg_kafka_library lib;
    rd_kafka_t *producer; /* NULL: made with the next batch */
    int64_t patience_us;
    /* Since the producer was made; reports come within rd_kafka_poll(), on our thread. */
    uint64_t given, done;             /* messages; those before `done` are all confirmed */
    bool is_confirmed[FG_FLIGHT_MAX]; /* by number, of those from `done` to `given` */
    int64_t oldest_us;                /* when `done` became the oldest without a report */
    rd_kafka_resp_err_t refused;      /* the first that was told; 0 none */
    char why[FG_TEXT_MAX];            /* what the library said last */
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* -- what the library calls ---------------------------------------------------------------------------------------- */

static void refuse(struct kafka *kafka, rd_kafka_resp_err_t error)
{
    if (kafka->refused)
        return; /* the others follow from it */
    kafka->refused = error;
    fg_copy_clean(kafka->why, sizeof(kafka->why), kafka->lib.rd_kafka_err2str(error));
}

static void on_report(rd_kafka_t *, const rd_kafka_message_t *message, void *self)
{
    struct kafka *kafka = self;
    uint64_t number = (uint64_t)(uintptr_t)message->_private;
    if (message->err) {
        refuse(kafka, message->err);
        return;
    }
    kafka->is_confirmed[number % FG_FLIGHT_MAX] = true;
    while (kafka->done < kafka->given && kafka->is_confirmed[kafka->done % FG_FLIGHT_MAX]) {
        kafka->is_confirmed[kafka->done++ % FG_FLIGHT_MAX] = false;
        kafka->oldest_us = mono_us();
        kafka->why[0] = '\0';
    }
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
        {"enable.gapless.guarantee", "true"},
        {"acks", "all"},
        {"message.timeout.ms", "0"}, /* what it gives up on is left out of a partition */
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

/* Of a message: what librdkafka would do after it is ours to do. */
static bool is_timeout(const char *name)
{
    return strcmp(name, "message.timeout.ms") == 0 || strcmp(name, "delivery.timeout.ms") == 0;
}

static int set_patience(struct kafka *kafka,
                        const struct fg_sink_option *option,
                        struct fg_err *err)
{
    char *end;
    long ms = strtol(option->value, &end, 10);
    if (*end || end == option->value || ms < 1 || ms > INT32_MAX)
        return fg_fail(err, FG_EINVAL, "options: %s is from 1 to %d", option->name, INT32_MAX);
    kafka->patience_us = ms * 1000;
    return 0;
}

static int set_theirs(struct kafka *kafka, rd_kafka_conf_t *conf, struct fg_err *err)
{
    const struct fg_sink_setting *sink = kafka->sink;
    [[gnu::cleanup(fg_sink_secret_drop)]] struct fg_sink_secret secret = {};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sink->options_len; i++) {
        const struct fg_sink_option *option = &sink->options[i];
        rc = is_timeout(option->name) ? set_patience(kafka, option, err)
                                      : set(kafka, conf, option->name, option->value, err);
    }
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

/* It, and what it has not confirmed. */
static void drop_producer(struct kafka *kafka)
{
    if (kafka->producer)
        kafka->lib.rd_kafka_destroy_flags(kafka->producer,
                                          RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    kafka->producer = NULL;
    kafka->given = kafka->done = 0;
    memset(kafka->is_confirmed, 0, sizeof(kafka->is_confirmed));
    kafka->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    kafka->why[0] = '\0';
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
    kafka->patience_us = PATIENCE_US;
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

/* -- messages ------------------------------------------------------------------------------------------------------ */

static rd_kafka_resp_err_t produce(struct kafka *kafka, const struct fg_note *note)
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
        RD_KAFKA_V_TIMESTAMP(note->time_us / 1000),
        RD_KAFKA_V_OPAQUE((void *)(uintptr_t)kafka->given), RD_KAFKA_V_END);
}

/* Until something is confirmed.  An error: it is no use to wait. */
static int wait_for_more(struct kafka *kafka, struct fg_err *err)
{
    for (uint64_t done = kafka->done; kafka->done == done && !kafka->refused;) {
        if (kafka->site->stopping(kafka->site->self))
            return fg_fail(err, FG_EUNREACH, "the service is stopping");
        if (mono_us() - kafka->oldest_us > kafka->patience_us)
            return fg_fail(err, FG_EUNREACH, "%s",
                           kafka->why[0] ? kafka->why : "no broker confirms");
        kafka->lib.rd_kafka_poll(kafka->producer, POLL_MS);
    }
    return 0;
}

/* Hand one over; where the queue is full, after others. */
static int give(struct kafka *kafka, const struct fg_note *note, struct fg_err *err)
{
    int rc = 0;
    rd_kafka_resp_err_t error;
    while ((error = produce(kafka, note)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && rc == 0
           && !kafka->refused)
        rc = wait_for_more(kafka, err);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (kafka->given == kafka->done)
            kafka->oldest_us = mono_us();
        kafka->given++;
        return 0;
    }
    /* Those before it may still come through. */
    while (rc == 0 && !kafka->refused && kafka->done < kafka->given)
        rc = wait_for_more(kafka, err);
    refuse(kafka, error);
    return rc;
}

static int give_all(struct kafka *kafka,
                    const struct fg_note *notes,
                    size_t len,
                    struct fg_err *err)
{
    int rc = kafka->producer ? 0 : make_producer(kafka, err);
    for (size_t i = 0; rc == 0 && !kafka->refused && i < len; i++)
        rc = give(kafka, &notes[i], err);
    if (rc == 0 && !kafka->refused && len > 0)
        kafka->lib.rd_kafka_poll(kafka->producer, 0);
    else if (rc == 0 && !kafka->refused && kafka->done < kafka->given)
        rc = wait_for_more(kafka, err);
    if (rc < 0 || !kafka->refused)
        return rc;
    bool is_too_big = kafka->refused == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    return fg_fail(err, is_too_big ? FG_ETOOBIG : FG_EUNREACH, "%s", kafka->why);
}

static int kafka_send(
    void *outlet, const struct fg_note *notes, size_t len, size_t *out_done, struct fg_err *err)
{
    struct kafka *kafka = outlet;
    uint64_t before = kafka->done;
    int rc = give_all(kafka, notes, len, err);
    *out_done = (size_t)(kafka->done - before);
    if (rc < 0)
        drop_producer(kafka); /* what is still in there would come out of order */
    return rc;
}

const struct fg_outlet_ops fg_outlet_kafka = {kafka_open, kafka_send, kafka_free};

/* kafka_test.c - the real librdkafka against its own mock cluster: stopped, started again, refusing, gone for good */
#include "publish/outlet.h"
#include "publish/testing.h"

#include <stdatomic.h>

struct world {
    struct kafka_cluster cluster;
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

static void begin(struct world *world, const char *patience_ms)
{
    *world = (struct world){.site = {stopping, world}};
    cluster_begin(&world->cluster, &world->sink, patience_ms);
    EQ(fg_outlet_kafka.open(&world->sink, &world->site, &world->outlet, NULL), 0);
}

static void end(struct world *world)
{
    fg_outlet_kafka.free(world->outlet);
    cluster_end(&world->cluster);
}

static struct fg_note note_of(uint64_t seq)
{
    return (struct fg_note){.seq = seq,
                            .time_us = 1'700'000'000'000'000 + (int64_t)seq,
                            .kind = "job.running",
                            .job = 1 + seq % JOBS,
                            .project = "vision",
                            .json = "{\"attempt\":1}"};
}

/* Events from `first` on, and wait for them; how many are confirmed. */
static int send_some(struct world *world, uint64_t first, size_t len, size_t *done)
{
    struct fg_note notes[64];
    struct fg_err err = {};
    size_t more = 0;
    for (size_t i = 0; i < len; i++)
        notes[i] = note_of(first + i);
    int rc = fg_outlet_kafka.send(world->outlet, notes, len, done, &err);
    for (; rc == 0 && *done < len; *done += more)
        rc = fg_outlet_kafka.send(world->outlet, NULL, 0, &more, &err);
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

/* -- claims -------------------------------------------------------------------------------------------------------- */

static void a_cluster_that_was_away_loses_nothing(void)
{
    struct world world;
    size_t done = 9;
    begin(&world, "1500");
    EQ(send_some(&world, 1, 40, &done), 0);
    EQ(done, 40);
    EQ(all_came(&world.cluster, 40), 0); /* extra */

    rd_kafka_mock_broker_set_down(world.cluster.mock, 1);
    OK(send_some(&world, 41, 20, &done) < 0);
    OK(done < 20);
    rd_kafka_mock_broker_set_up(world.cluster.mock, 1);
    send_surely(&world, 41 + done, 20 - done);
    all_came(&world.cluster, 60);
    end(&world);
}

static void what_a_broker_refuses_for_a_while_is_sent_again(void)
{
    struct world world;
    begin(&world, "10000");
    rd_kafka_mock_push_request_errors(world.cluster.mock, 0 /* Produce */, 2,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    send_surely(&world, 1, 10);
    rd_kafka_mock_push_request_errors(world.cluster.mock, 0, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    send_surely(&world, 11, 10);
    all_came(&world.cluster, 20);
    end(&world);
}

static void what_is_too_large_is_said_to_be(void)
{
    struct world world;
    size_t done = 9, more = 9;
    begin(&world, "10000");
    char *json = calloc(1, 1'100'000);
    memset(json, 'x', 1'099'999);
    struct fg_note notes[2] = {note_of(1), note_of(2)};
    notes[1].json = json;
    EQ(fg_outlet_kafka.send(world.outlet, notes, 2, &done, NULL), FG_ETOOBIG);
    EQ(done, 1);
    send_surely(&world, 3, 1);
    /* What is under way before it is waited for, and counted. */
    EQ(fg_outlet_kafka.send(world.outlet, notes, 1, &done, NULL), 0);
    EQ(fg_outlet_kafka.send(world.outlet, &notes[1], 1, &more, NULL), FG_ETOOBIG);
    EQ(done + more, 1);
    free(json);
    end(&world);
}

static void batches_go_without_waiting_for_each_other(void)
{
    struct world world;
    struct fg_err err = {};
    size_t done = 0, more = 0;
    begin(&world, "10000");
    rd_kafka_mock_broker_set_down(world.cluster.mock, 1);
    for (uint64_t i = 1; i <= 100; i++) {
        struct fg_note note = note_of(i);
        EQ(fg_outlet_kafka.send(world.outlet, &note, 1, &more, &err), 0);
        EQ(more, 0);
    }
    rd_kafka_mock_broker_set_up(world.cluster.mock, 1);
    for (int rc = 0; rc == 0 && done < 100; done += more)
        rc = fg_outlet_kafka.send(world.outlet, NULL, 0, &more, &err);
    EQ(done, 100);
    EQ(all_came(&world.cluster, 100), 0);
    end(&world);
}

static void a_stop_does_not_wait(void)
{
    struct world world;
    size_t done = 9;
    begin(&world, "10000");
    rd_kafka_mock_broker_set_down(world.cluster.mock, 1);
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
    snprintf(world.sink.options[0].value, sizeof(world.sink.options[0].value), "soon");
    EQ(fg_outlet_kafka.send(world.outlet, &note, 1, &done, &err), FG_EINVAL);
    OK(strstr(err.text, "message.timeout.ms is from 1 to") != NULL);
    end(&world);
}

int main(void)
{
    RUN(a_cluster_that_was_away_loses_nothing);
    RUN(what_a_broker_refuses_for_a_while_is_sent_again);
    RUN(what_is_too_large_is_said_to_be);
    RUN(batches_go_without_waiting_for_each_other);
    RUN(a_stop_does_not_wait);
    RUN(options_that_are_wrong_are_said_without_their_value);
    return tap_done();
}

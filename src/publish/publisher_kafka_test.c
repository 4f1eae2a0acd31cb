/* publisher_kafka_test.c - from the events of a real store to Kafka (librdkafka's mock of it), many batches under way:
 * whatever the broker does, and whenever the service ends, each event is there, and those of a job in order. */
#include "publish/publisher.h"
#include "publish/testing.h"

#include "store/testing.h"

#include <poll.h>
#include <pthread.h>

struct world {
    struct folder folder;
    struct kafka_cluster cluster;
    struct fg_store *store;
    struct fg_publish_config config;
    struct fg_publisher *publisher;
    pthread_mutex_t lock;
    struct fg_publish_row kept;
    uint64_t last; /* event */
};

static void keep(void *self, const struct fg_publish_row *row)
{
    struct world *world = self;
    pthread_mutex_lock(&world->lock);
    world->kept = *row;
    pthread_mutex_unlock(&world->lock);
}

static void note(void *, const char *text)
{
    printf("# %s\n", text);
}

static void begin(struct world *world, const char *patience_ms)
{
    *world = (struct world){.folder = folder_make(), .config = {.sinks_len = 1}};
    pthread_mutex_init(&world->lock, NULL);
    cluster_begin(&world->cluster, &world->config.sinks[0], patience_ms);
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

/* With `is_killed` what it kept last is lost, as after a kill -9 in that second. */
static void stop(struct world *world, bool is_killed)
{
    fg_publisher_free(world->publisher);
    world->publisher = NULL;
    if (is_killed)
        return;
    MUST(ops->begin(world->store, NULL) == 0);
    MUST(ops->publish_put(world->store, &world->kept, NULL) == 0);
    MUST(ops->commit(world->store, NULL) == 0);
}

static void end(struct world *world)
{
    stop(world, true);
    ops->free(world->store);
    cluster_end(&world->cluster);
    folder_drop(&world->folder);
    pthread_mutex_destroy(&world->lock);
}

static void happen(struct world *world, size_t times, const char *json)
{
    MUST(ops->begin(world->store, NULL) == 0);
    for (size_t i = 0; i < times; i++) {
        const struct fg_event event = {.time_us = 1'700'000'000'000'000,
                                       .kind = "job.running",
                                       .job = 1 + (world->last + 1) % JOBS,
                                       .project = 1,
                                       .json = json};
        MUST(ops->event_add(world->store, &event, &world->last, NULL) == 0);
    }
    MUST(ops->commit(world->store, NULL) == 0);
    if (world->publisher)
        fg_publisher_told(world->publisher, world->last);
}

static struct fg_publish_view look(struct world *world)
{
    struct fg_publish_view view;
    MUST(fg_publisher_look(world->publisher, 0, &view));
    return view;
}

/* Until so many events, or more, are settled. */
static struct fg_publish_view wait_for(struct world *world, uint64_t seq)
{
    for (int i = 0; i < 12000 && look(world).row.seq < seq; i++)
        poll(NULL, 0, 5);
    OK(look(world).row.seq >= seq);
    return look(world);
}

static void many_batches_are_under_way_and_none_is_twice(void)
{
    struct world world;
    begin(&world, "20000");
    start(&world);
    happen(&world, 12'000, "{}");
    EQ(wait_for(&world, 12'000).row.sent, 12'000);
    EQ(fg_publisher_test(world.publisher, "bus", "ada", NULL), 0);
    EQ(all_came(&world.cluster, 12'000), 0);
    end(&world);
}

static void a_broker_that_comes_and_goes_loses_nothing(void)
{
    struct world world;
    begin(&world, "300");
    start(&world);
    happen(&world, 3000, "{}");
    for (uint64_t seq = 500; seq <= 2000; seq += 500) {
        wait_for(&world, seq);
        rd_kafka_mock_broker_set_down(world.cluster.mock, 1);
        happen(&world, 1000, "{}");
        uint64_t retries = look(&world).retries;
        for (int i = 0; i < 12000 && look(&world).retries == retries; i++)
            poll(NULL, 0, 5);
        struct fg_publish_view view = look(&world);
        OK(view.state == FG_PUBLISH_FAILING);
        OK(view.retries > retries);
        rd_kafka_mock_broker_set_up(world.cluster.mock, 1);
    }
    struct fg_publish_view view = wait_for(&world, 7000);
    OK(view.row.sent == 7000);
    OK(view.row.dropped == 0);
    printf("# %u were there more than once\n", all_came(&world.cluster, 7000));
    end(&world);
}

static void what_a_broker_refuses_is_sent_again(void)
{
    static const rd_kafka_resp_err_t errors[] = {
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS};
    struct world world;
    begin(&world, "10000");
    set_option(&world.config.sinks[0], "max.in.flight.requests.per.connection", "1");
    start(&world);
    for (uint64_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        happen(&world, 1000, "{}");
        wait_for(&world, 1000 * i + 100);
        rd_kafka_mock_push_request_errors(world.cluster.mock, 0 /* Produce */, 1, errors[i]);
    }
    struct fg_publish_view view = wait_for(&world, 4000);
    EQ(view.row.sent, 4000);
    EQ(view.row.dropped, 0);
    printf("# %u were there more than once\n", all_came(&world.cluster, 4000));
    end(&world);
}

static void one_that_is_too_large_is_dropped_alone(void)
{
    struct world world;
    begin(&world, "10000");
    start(&world);
    char *json = calloc(1, 1'100'002);
    memset(json, '1', 1'100'001);
    happen(&world, 700, "{}");
    happen(&world, 1, json);
    happen(&world, 700, "{}");
    struct fg_publish_view view = wait_for(&world, 1401);
    EQ(view.row.sent, 1400);
    EQ(view.row.dropped, 1);
    EQ(all_came(&world.cluster, 700), 0);
    free(json);
    end(&world);
}

static void an_end_at_any_moment_loses_nothing(void)
{
    struct world world;
    begin(&world, "10000");
    start(&world);
    wait_for(&world, 0);
    for (uint64_t i = 1; i <= 6; i++) {
        happen(&world, 1500, "{}");
        wait_for(&world, 1500 * (i - 1) + 200 * i);
        stop(&world, i % 2 == 0);
        start(&world);
    }
    wait_for(&world, 9000);
    printf("# %u were there more than once\n", all_came(&world.cluster, 9000));
    end(&world);
}

int main(void)
{
    RUN(many_batches_are_under_way_and_none_is_twice);
    RUN(a_broker_that_comes_and_goes_loses_nothing);
    RUN(what_a_broker_refuses_is_sent_again);
    RUN(one_that_is_too_large_is_dropped_alone);
    RUN(an_end_at_any_moment_loses_nothing);
    return tap_done();
}

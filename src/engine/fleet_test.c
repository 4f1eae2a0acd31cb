/* fleet_test.c - two engines that only write down what they are asked. */
#include "engine/fleet.h"
#include "model/supplier.h"
#include "test/tap.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A simulated engine: calls are counted, events told as they were put in. */
struct fg_engine {
    int fd, starts, stops, adopts, collects, suppliers, *freed;
    size_t events_len, news_len, artifacts_len;
    struct fg_engine_event events[8];
    bool refuses;
};

static void fake_free(struct fg_engine *fake)
{
    close(fake->fd);
    if (fake->freed)
        (*fake->freed)++;
    free(fake);
}

static int fake_discover(
    struct fg_engine *, struct fg_node_spec *out, size_t, size_t *out_len, struct fg_err *)
{
    out[0] = (struct fg_node_spec){.name = "here", .cpu_milli = 1000};
    *out_len = 1;
    return 0;
}

static int fake_start(struct fg_engine *fake, const struct fg_task_start *, struct fg_err *err)
{
    fake->starts++;
    return fake->refuses ? fg_fail(err, FG_EBACKEND, "no") : 0;
}

static int fake_stop(struct fg_engine *fake, struct fg_task_key, int64_t, struct fg_err *)
{
    fake->stops++;
    return 0;
}

static int fake_adopt(struct fg_engine *fake,
                      const struct fg_task_at *,
                      size_t len,
                      struct fg_err *)
{
    fake->adopts += (int)len;
    return 0;
}

static void fake_collect(struct fg_engine *fake, struct fg_task_key)
{
    fake->collects++;
}

static int fake_poll_fd(struct fg_engine *fake)
{
    return fake->fd;
}

static int fake_next_event(struct fg_engine *fake, struct fg_engine_event *out)
{
    if (fake->events_len == 0)
        return 0;
    *out = fake->events[--fake->events_len];
    return 1;
}

static size_t fake_artifacts(struct fg_engine *fake,
                             struct fg_task_key,
                             struct fg_engine_artifact *,
                             size_t)
{
    return fake->artifacts_len;
}

static size_t fake_task_samples(struct fg_engine *, struct fg_task_sample *out, size_t max)
{
    if (max == 0)
        return 0;
    out[0] = (struct fg_task_sample){.time_us = 1};
    return 1;
}

static size_t fake_device_samples(struct fg_engine *, struct fg_device_sample *out, size_t max)
{
    if (max == 0)
        return 0;
    out[0] = (struct fg_device_sample){.node = "north.n1", .device = FG_DEVICE_CPU};
    return 1;
}

static int fake_put_supplier(struct fg_engine *fake,
                             const struct fg_supplier *,
                             struct fg_err *)
{
    fake->suppliers++;
    return 0;
}

static void fake_drop_supplier(struct fg_engine *fake, const char *)
{
    fake->suppliers--;
}

static int fake_next_news(struct fg_engine *fake, struct fg_engine_news *out)
{
    if (fake->news_len == 0)
        return 0;
    fake->news_len--;
    *out = (struct fg_engine_news){.kind = FG_NEWS_NODE_GONE, .node = "north.n1"};
    return 1;
}

static const struct fg_engine_ops fake_ops = {
    .name = "fake",
    .free = fake_free,
    .discover = fake_discover,
    .start = fake_start,
    .stop = fake_stop,
    .adopt = fake_adopt,
    .collect = fake_collect,
    .poll_fd = fake_poll_fd,
    .next_event = fake_next_event,
    .artifacts = fake_artifacts,
    .task_samples = fake_task_samples,
    .device_samples = fake_device_samples,
    .put_supplier = fake_put_supplier,
    .drop_supplier = fake_drop_supplier,
    .next_news = fake_next_news,
};

static struct fg_engine *fake_new(int *freed)
{
    struct fg_engine *fake = calloc(1, sizeof(*fake));
    if (!fake)
        abort();
    fake->fd = eventfd(0, EFD_CLOEXEC);
    fake->freed = freed;
    return fake;
}

static const struct fg_node_spec here = {.name = "here"},
                                 there = {.name = "north.n1", .supplier = "north"};

static int start(struct fg_engine *fleet, fg_job_id job, const struct fg_node_spec *node)
{
    return fg_engine_fleet.start(
        fleet,
        &(struct fg_task_start){.key = {.job = job, .attempt = 1}, .tasks = 1, .node = node},
        NULL);
}

struct pair {
    struct fg_engine *local, *far, *fleet;
    int freed, made;
    bool cannot;
};

static int make_far(void *self, struct fg_fleet_part *out, struct fg_err *err)
{
    struct pair *pair = self;
    if (pair->cannot)
        return fg_fail(err, FG_EBACKEND, "no port");
    pair->made++;
    *out = (struct fg_fleet_part){&fake_ops, pair->far};
    return 0;
}

static void pair_init(struct pair *pair)
{
    *pair = (struct pair){};
    pair->local = fake_new(&pair->freed);
    pair->far = fake_new(&pair->freed);
    pair->fleet = fg_fleet_new(&(struct fg_fleet_options){.local = {&fake_ops, pair->local},
                                                          .make_far = make_far,
                                                          .self = pair},
                               NULL);
    OK(pair->fleet != NULL);
}

static void tasks_go_to_the_engine_of_their_node(void)
{
    struct pair pair;
    pair_init(&pair);
    EQ(start(pair.fleet, 1, &here), 0);
    EQ(start(pair.fleet, 2, &there), 0);
    EQ(pair.local->starts, 1);
    EQ(pair.far->starts, 1);
    EQ(pair.made, 1);
    struct fg_task_key local = {.job = 1, .attempt = 1}, far = {.job = 2, .attempt = 1};
    pair.far->artifacts_len = 3;
    EQ(fg_engine_fleet.artifacts(pair.fleet, local, NULL, 0), 0);
    EQ(fg_engine_fleet.artifacts(pair.fleet, far, NULL, 0), 3);
    EQ(fg_engine_fleet.stop(pair.fleet, far, 0, NULL), 0);
    EQ(pair.far->stops, 1);
    fg_engine_fleet.collect(pair.fleet, far);
    fg_engine_fleet.collect(pair.fleet, local);
    EQ(pair.far->collects, 1);
    EQ(pair.local->collects, 1);
    fg_engine_fleet.collect(pair.fleet, far); /* forgotten */
    EQ(pair.far->collects, 1);
    pair.far->refuses = true;
    EQ(start(pair.fleet, 3, &there), FG_EBACKEND);
    EQ(fg_engine_fleet.stop(pair.fleet, (struct fg_task_key){.job = 3, .attempt = 1}, 0, NULL),
       0);
    EQ(pair.far->stops, 1);
    fg_engine_fleet.free(pair.fleet);
    EQ(pair.freed, 2);
}

static void each_adopts_its_own(void)
{
    struct pair pair;
    pair_init(&pair);
    struct fg_task_at tasks[] = {
        {.key = {.job = 1, .attempt = 1}, .supplier = ""},
        {.key = {.job = 2, .attempt = 1}, .supplier = "north"},
        {.key = {.job = 2, .attempt = 1, .task = 1}, .supplier = "north"},
    };
    EQ(fg_engine_fleet.adopt(pair.fleet, tasks, 3, NULL), 0);
    EQ(pair.local->adopts, 1);
    EQ(pair.far->adopts, 2);
    EQ(fg_engine_fleet.stop(pair.fleet, tasks[2].key, 0, NULL), 0);
    EQ(pair.far->stops, 1);
    fg_engine_fleet.free(pair.fleet);
}

/* Another machine leads with the same store at other times: what runs there is its own. */
static void what_is_elsewhere_is_not_asked_for(void)
{
    struct pair pair = {};
    pair.local = fake_new(&pair.freed);
    pair.fleet = fg_fleet_new(&(struct fg_fleet_options){.local = {&fake_ops, pair.local},
                                                         .self = &pair,
                                                         .is_shared = true},
                              NULL);
    static const struct fg_node_spec other = {.name = "other-host"};
    struct fg_task_at tasks[] = {
        {.key = {.job = 1, .attempt = 1}, .place.node = &here, .supplier = ""},
        {.key = {.job = 2, .attempt = 1}, .place.node = &other, .supplier = ""},
        {.key = {.job = 3, .attempt = 1}, .supplier = ""},
    };
    EQ(fg_engine_fleet.adopt(pair.fleet, tasks, 3, NULL), 0);
    EQ(pair.local->adopts, 1);
    EQ(fg_engine_fleet.adopt(pair.fleet, &tasks[1], 1, NULL), 0);
    EQ(pair.local->adopts, 1);
    fg_engine_fleet.free(pair.fleet);
}

static void events_come_in_turn(void)
{
    struct pair pair;
    struct fg_engine_event event;
    pair_init(&pair);
    EQ(start(pair.fleet, 100, &there), 0);
    for (size_t i = 0; i < 3; i++) {
        pair.local->events[i] =
            (struct fg_engine_event){.kind = FG_TASK_EXITED, .key = {.job = 1 + i}};
        pair.far->events[i] =
            (struct fg_engine_event){.kind = FG_TASK_LOST, .key = {.job = 100 + i}};
    }
    pair.local->events_len = 3;
    pair.far->events_len = 1;
    int far = 0, len = 0;
    for (; fg_engine_fleet.next_event(pair.fleet, &event) == 1; len++) {
        far += event.kind == FG_TASK_LOST;
        fg_engine_fleet.collect(pair.fleet, event.key);
        OK(len > 1 || far == 1);
    }
    EQ(len, 4);
    EQ(far, 1);
    EQ(pair.far->collects, 1); /* of a task that it was not asked for here */
    EQ(pair.local->collects, 3);
    struct pollfd fd = {.fd = fg_engine_fleet.poll_fd(pair.fleet), .events = POLLIN};
    EQ(poll(&fd, 1, 0), 0);
    EQ(eventfd_write(pair.far->fd, 1), 0);
    EQ(poll(&fd, 1, 0), 1);
    struct fg_task_sample samples[3];
    EQ(fg_engine_fleet.task_samples(pair.fleet, samples, 3), 2);
    EQ(fg_engine_fleet.task_samples(pair.fleet, samples, 1), 1);
    struct fg_device_sample readings[3];
    EQ(fg_engine_fleet.device_samples(pair.fleet, readings, 3), 2);
    EQ(fg_engine_fleet.device_samples(pair.fleet, readings, 1), 1);
    fg_engine_fleet.free(pair.fleet);
}

static void the_far_engine_is_made_when_it_is_needed(void)
{
    struct pair pair;
    struct fg_supplier supplier = {.name = "north", .kind = FG_SUPPLIER_SLURM};
    pair_init(&pair);
    EQ(start(pair.fleet, 1, &here), 0);
    EQ(pair.made, 0);
    pair.cannot = true;
    EQ(fg_engine_fleet.put_supplier(pair.fleet, &supplier, NULL), FG_EBACKEND);
    pair.cannot = false;
    EQ(fg_engine_fleet.put_supplier(pair.fleet, &supplier, NULL), 0);
    EQ(fg_engine_fleet.put_supplier(pair.fleet, &supplier, NULL), 0);
    EQ(pair.made, 1);
    fg_engine_fleet.free(pair.fleet);
    EQ(pair.freed, 2);
}

static void suppliers_are_the_far_engines(void)
{
    struct pair pair;
    struct fg_engine_news news;
    struct fg_supplier supplier = {.name = "north", .kind = FG_SUPPLIER_SLURM};
    pair_init(&pair);
    EQ(fg_engine_fleet.put_supplier(pair.fleet, &supplier, NULL), 0);
    EQ(pair.far->suppliers, 1);
    pair.far->news_len = 1;
    pair.local->news_len = 1; /* is not asked */
    EQ(fg_engine_fleet.next_news(pair.fleet, &news), 1);
    EQ(fg_engine_fleet.next_news(pair.fleet, &news), 0);
    fg_engine_fleet.drop_supplier(pair.fleet, "north");
    EQ(pair.far->suppliers, 0);
    fg_engine_fleet.free(pair.fleet);
}

static void without_a_far_engine(void)
{
    struct fg_engine *local = fake_new(NULL);
    struct fg_engine_news news;
    struct fg_supplier supplier = {.name = "north", .kind = FG_SUPPLIER_SLURM};
    struct fg_task_at task = {.key = {.job = 2, .attempt = 1}, .supplier = "north"};
    struct fg_engine *fleet =
        fg_fleet_new(&(struct fg_fleet_options){.local = {&fake_ops, local}}, NULL);
    EQ(start(fleet, 1, &here), 0);
    EQ(start(fleet, 2, &there), FG_ESTATE);
    EQ(fg_engine_fleet.adopt(fleet, &task, 1, NULL), FG_ESTATE);
    EQ(fg_engine_fleet.put_supplier(fleet, &supplier, NULL), FG_ESTATE);
    EQ(fg_engine_fleet.next_news(fleet, &news), 0);
    fg_engine_fleet.drop_supplier(fleet, "north");
    EQ(local->starts, 1);
    fg_engine_fleet.free(fleet);
}

int main(void)
{
    RUN(tasks_go_to_the_engine_of_their_node);
    RUN(each_adopts_its_own);
    RUN(what_is_elsewhere_is_not_asked_for);
    RUN(events_come_in_turn);
    RUN(the_far_engine_is_made_when_it_is_needed);
    RUN(suppliers_are_the_far_engines);
    RUN(without_a_far_engine);
    return tap_done();
}

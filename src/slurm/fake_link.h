/* fake_link.h - a link without couriers, for tests: they say what couriers would.
 *
 * It has the functions of link/link.h, so a test that includes it needs no other link.
 */
#pragma once

#include "link/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FAKE_MAX 4096

struct fake_started {
    struct fg_link_courier courier;
    struct fg_task_key key;
    char node[FG_NAME_MAX]; /* of the task's place */
    uint32_t gang;
};

struct fg_link {
    int wake;
    struct fg_link_event *queue;
    size_t queue_at, queue_len;
    struct fg_link_allocation expected[FAKE_MAX];
    size_t expected_len;
    char dismissed[FAKE_MAX][FG_LINK_ALLOCATION_MAX];
    size_t dismissed_len;
    struct fake_started started[FAKE_MAX];
    size_t given_up_len, started_len, stopped_len, collected_len, adopted_len;
    bool is_settled;
    struct fg_link_courier capped; /* the last */
    uint32_t capped_device;
    int64_t cap_mw;
    size_t caps_len;
    struct fg_node_spec node; /* of the last HELLO */
    struct fg_link_device_sample readings[8];
    size_t readings_len;
};

struct fg_link *fg_link_new(const struct fg_link_options *, struct fg_err *)
{
    struct fg_link *link = calloc(1, sizeof(*link));
    if (!link || !(link->queue = calloc(FAKE_MAX, sizeof(*link->queue))))
        abort();
    link->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return link;
}

void fg_link_free(struct fg_link *link)
{
    close(link->wake);
    free(link->queue);
    free(link);
}

int fg_link_secret(const struct fg_link *,
                   const char *allocation,
                   uint8_t out[32],
                   struct fg_err *)
{
    memset(out, allocation[0], 32);
    return 0;
}

int fg_link_expect(struct fg_link *link,
                   const struct fg_link_allocation *allocation,
                   struct fg_err *)
{
    link->expected[link->expected_len++ % FAKE_MAX] = *allocation;
    return 0;
}

void fg_link_settle(struct fg_link *link)
{
    link->is_settled = true;
}

void fg_link_give_up(struct fg_link *link, const char *)
{
    link->given_up_len++;
}

void fg_link_dismiss(struct fg_link *link, const char *allocation)
{
    snprintf(link->dismissed[link->dismissed_len++ % FAKE_MAX], FG_LINK_ALLOCATION_MAX, "%s",
             allocation);
}

int fg_link_start(struct fg_link *link,
                  const struct fg_link_courier *courier,
                  const struct fg_task_start *start,
                  struct fg_err *)
{
    struct fake_started *started = &link->started[link->started_len++ % FAKE_MAX];
    *started =
        (struct fake_started){.courier = *courier, .key = start->key, .gang = start->tasks};
    snprintf(started->node, sizeof(started->node), "%s",
             start->places[start->key.task].node->name);
    return 0;
}

int fg_link_adopt(struct fg_link *link,
                  const struct fg_link_courier *,
                  struct fg_task_key,
                  const struct fg_job_spec *,
                  struct fg_err *)
{
    link->adopted_len++;
    return 0;
}

void fg_link_stop(struct fg_link *link, struct fg_task_key, int64_t)
{
    link->stopped_len++;
}

void fg_link_collect(struct fg_link *link, struct fg_task_key)
{
    link->collected_len++;
}

void fg_link_cap(struct fg_link *link,
                 const struct fg_link_courier *courier,
                 uint32_t device,
                 int64_t cap_mw)
{
    link->capped = *courier;
    link->capped_device = device;
    link->cap_mw = cap_mw;
    link->caps_len++;
}

size_t fg_link_artifacts(struct fg_link *,
                         struct fg_task_key,
                         struct fg_engine_artifact *,
                         size_t)
{
    return 0;
}

size_t fg_link_task_samples(struct fg_link *, struct fg_task_sample *, size_t)
{
    return 0;
}

size_t fg_link_device_samples(struct fg_link *link,
                              struct fg_link_device_sample *out,
                              size_t max)
{
    size_t len = link->readings_len < max ? link->readings_len : max;
    for (size_t i = 0; i < len; i++)
        out[i] = link->readings[--link->readings_len];
    return len;
}

int fg_link_poll_fd(const struct fg_link *link)
{
    return link->wake;
}

int fg_link_next(struct fg_link *link, struct fg_link_event *out)
{
    eventfd_t count;
    if (link->queue_len == 0) {
        (void)eventfd_read(link->wake, &count);
        return 0;
    }
    *out = link->queue[link->queue_at++ % FAKE_MAX];
    if (out->kind == FG_LINK_HELLO) {
        link->node = (struct fg_node_spec){};
        snprintf(link->node.name, sizeof(link->node.name), "%s", out->reason);
        out->node = &link->node;
        out->reason[0] = '\0';
    }
    link->queue_len--;
    return 1;
}

static inline void fake_push(struct fg_link *link, const struct fg_link_event *event)
{
    link->queue[(link->queue_at + link->queue_len++) % FAKE_MAX] = *event;
    eventfd_write(link->wake, 1);
}

/* A courier of that room comes, on that node. */
static inline void fake_hello(struct fg_link *link,
                              const char *room,
                              uint32_t number,
                              const char *node)
{
    struct fg_link_event event = {.kind = FG_LINK_HELLO, .courier.number = number};
    snprintf(event.courier.allocation, sizeof(event.courier.allocation), "%s", room);
    snprintf(event.reason, sizeof(event.reason), "%s", node);
    fake_push(link, &event);
}

/* What may be set of a device, as its courier says. */
static inline void fake_limits(
    struct fg_link *link, const char *room, uint32_t device, int64_t min_mw, int64_t max_mw)
{
    struct fg_link_event event = {
        .kind = FG_LINK_LIMITS, .device = device, .limits = {min_mw, max_mw}};
    snprintf(event.courier.allocation, sizeof(event.courier.allocation), "%s", room);
    fake_push(link, &event);
}

static inline void fake_over(struct fg_link *link,
                             const char *room,
                             uint32_t number,
                             bool expired)
{
    struct fg_link_event event = {.kind = expired ? FG_LINK_EXPIRED : FG_LINK_GONE,
                                  .courier.number = number};
    snprintf(event.courier.allocation, sizeof(event.courier.allocation), "%s", room);
    fake_push(link, &event);
}

static inline void fake_silence(struct fg_link *link, const char *room, uint32_t number)
{
    struct fg_link_event event = {.kind = FG_LINK_SILENT, .courier.number = number};
    snprintf(event.courier.allocation, sizeof(event.courier.allocation), "%s", room);
    fake_push(link, &event);
}

/* It began, and its courier knows on which devices of the node. */
static inline void fake_began(struct fg_link *link, struct fg_task_key key, uint32_t places)
{
    fake_push(link, &(struct fg_link_event){.kind = FG_LINK_TASK,
                                            .task = {.kind = FG_TASK_STARTED, .key = key},
                                            .places = places});
}

static inline void fake_task(struct fg_link *link,
                             struct fg_task_key key,
                             enum fg_engine_event_kind kind)
{
    fake_push(link, &(struct fg_link_event){.kind = FG_LINK_TASK,
                                            .task = {.kind = kind, .key = key}});
}

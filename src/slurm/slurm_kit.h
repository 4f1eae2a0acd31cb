/* slurm_kit.h - for tests of the engine: a folder with a fake Slurm (test/fake_slurm), a link without couriers. */
#pragma once

#include "base/clock.h"
#include "slurm/fake_link.h"
#include "slurm/slurm.h"
#include "test/job.h"
#include "test/tap.h"

#include "base/arena.h"
#include "model/job_json.h"
#include "model/supplier.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#define KIT_EVENTS 4096
#define WAIT_US    60000000 /* a busy machine runs the fake commands slowly */

struct kit {
    char folder[128];
    struct fg_link *link;
    struct fg_engine *engine;
    struct fg_supplier supplier;
    struct fg_node_spec nodes[8]; /* told as news */
    struct fg_engine_news states[8];
    size_t nodes_len;
    struct fg_engine_news about; /* the last word about the supplier */
    struct fg_engine_event events[KIT_EVENTS];
    size_t events_len;
};

static inline void kit_write(const struct kit *kit, const char *name, const char *text)
{
    char path[256], next[272];
    snprintf(path, sizeof(path), "%s/%s", kit->folder, name);
    snprintf(next, sizeof(next), "%s.put", path);
    FILE *file = fopen(next, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0 || rename(next, path) != 0)
        abort();
}

/* How often the file has the text. */
static inline size_t kit_count(const struct kit *kit, const char *name, const char *text)
{
    char path[256], *line = NULL;
    size_t room = 0, count = 0;
    snprintf(path, sizeof(path), "%s/%s", kit->folder, name);
    FILE *file = fopen(path, "r");
    while (file && getline(&line, &room, file) > 0)
        for (const char *at = line; (at = strstr(at, text)); at++)
            count++;
    free(line);
    if (file)
        fclose(file);
    return count;
}

/* All jobs that run are over, in that state. */
static inline void kit_end_jobs(const struct kit *kit, const char *state)
{
    char command[512];
    snprintf(command, sizeof(command),
             "flock %s/lock sed -i 's/\"state\": \"R\"/\"state\": \"%s\"/' %s/jobs.json",
             kit->folder, state, kit->folder);
    if (system(command) != 0)
        abort();
}

static inline void kit_engine(struct kit *kit)
{
    struct fg_err err = {};
    kit->link = fg_link_new(NULL, NULL);
    kit->engine = fg_slurm_new(&(struct fg_slurm_options){.link = kit->link,
                                                          .data_dir = kit->folder,
                                                          .program = "/usr/bin/fastgpu",
                                                          .address = "127.0.0.1:7078"},
                               &err);
    if (!kit->engine)
        printf("# %s\n", err.text);
}

static inline void kit_open(struct kit *kit, const char *nodes)
{
    *kit = (struct kit){.folder = "/tmp/fg-slurm-XXXXXX",
                        .supplier = {.name = "berlin",
                                     .kind = FG_SUPPLIER_SLURM,
                                     .timeout_us = 5000000,
                                     .cluster = {.site = "b",
                                                 .lease_us = 60000000,
                                                 .reuse_us = 60000000,
                                                 .patience_us = 60000000,
                                                 .poll_us = 50000,
                                                 .price_uusd_per_device_hour = 7}}};
    char path[8192];
    if (!mkdtemp(kit->folder))
        abort();
    const char *old = getenv("PATH");
    if (!old || strncmp(old, SOURCE_DIR, strlen(SOURCE_DIR)) != 0) {
        snprintf(path, sizeof(path), "%s/test/fake_slurm:%s", SOURCE_DIR,
                 old ? old : "/usr/bin");
        setenv("PATH", path, 1);
    }
    snprintf(kit->supplier.cluster.conf, FG_TEXT_MAX, "%s/slurm.conf", kit->folder);
    kit_write(kit, "nodes", nodes);
    kit_engine(kit);
}

static inline void kit_close(struct kit *kit)
{
    char command[256];
    fg_engine_slurm.free(kit->engine);
    fg_link_free(kit->link);
    snprintf(command, sizeof(command), "rm -rf %s", kit->folder);
    if (system(command) != 0)
        printf("# %s stays\n", kit->folder);
}

static inline void kit_news(struct kit *kit, const struct fg_engine_news *news)
{
    size_t at = 0;
    if (news->kind == FG_NEWS_SUPPLIER) {
        kit->about = *news;
        return;
    }
    while (at < kit->nodes_len && strcmp(kit->nodes[at].name, news->node) != 0)
        at++;
    if (at == 8)
        return;
    if (news->kind == FG_NEWS_NODE)
        kit->nodes[at] = *news->spec;
    kit->nodes_len += at == kit->nodes_len && news->kind == FG_NEWS_NODE;
    if (news->kind != FG_NEWS_NODE)
        kit->states[at] = *news;
}

static inline void kit_step(struct kit *kit)
{
    struct fg_engine_news news;
    struct pollfd fd = {fg_engine_slurm.poll_fd(kit->engine), POLLIN, 0};
    (void)poll(&fd, 1, 20);
    while (kit->events_len < KIT_EVENTS
           && fg_engine_slurm.next_event(kit->engine, &kit->events[kit->events_len]) == 1)
        printf("# event %d of %lu: %s\n", kit->events[kit->events_len].kind,
               (unsigned long)kit->events[kit->events_len].key.job,
               kit->events[kit->events_len].reason),
            kit->events_len++;
    while (fg_engine_slurm.next_news(kit->engine, &news) == 1)
        kit_news(kit, &news);
}

static inline int64_t kit_now(void)
{
    return fg_clock_system()->mono_us(NULL);
}

/* Step until it holds; false: it did not come to that. */
#define UNTIL(kit, condition)                                                                  \
    ({                                                                                         \
        int64_t end_us = kit_now() + WAIT_US;                                                  \
        while (!(condition) && kit_now() < end_us)                                             \
            kit_step(kit);                                                                     \
        OK(condition);                                                                         \
    })

static inline void kit_put(struct kit *kit, size_t nodes)
{
    struct fg_err err = {};
    EQ(fg_engine_slurm.put_supplier(kit->engine, &kit->supplier, &err), 0);
    UNTIL(kit, kit->nodes_len >= nodes && kit->about.up);
}

/* Ask for the tasks of an attempt, one a place; a place is a node and a mask of its devices. */
struct kit_place {
    size_t node;
    uint32_t devices;
};

static inline void kit_start(struct kit *kit,
                             fg_job_id job,
                             uint32_t attempt,
                             const struct kit_place *where,
                             uint32_t tasks)
{
    struct fg_task_place places[16] = {};
    struct fg_err err = {};
    struct fg_job_spec spec = test_job("true");
    spec.tasks = tasks;
    for (uint32_t i = 0; i < tasks; i++)
        places[i] = (struct fg_task_place){&kit->nodes[where[i].node],
                                           {.node = (fg_node_id)where[i].node + 1,
                                            .devices = where[i].devices,
                                            .gpu_milli = 1000,
                                            .cpu_milli = 1000,
                                            .mem_mib = 100}};
    for (uint32_t i = 0; i < tasks; i++) {
        struct fg_task_start start = {.key = {job, attempt, i},
                                      .tasks = tasks,
                                      .places = places,
                                      .spec = &spec,
                                      .node = places[i].node,
                                      .grant = places[i].grant,
                                      .project = "default",
                                      .user = "ann",
                                      .uid = -1};
        EQ(fg_engine_slurm.start(kit->engine, &start, &err), 0);
    }
}

/* The events of a task of that kind. */
static inline size_t kit_events(const struct kit *kit,
                                fg_job_id job,
                                enum fg_engine_event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < kit->events_len; i++)
        count += kit->events[i].key.job == job && kit->events[i].kind == kind;
    return count;
}

static inline const char *kit_reason(const struct kit *kit, fg_job_id job)
{
    for (size_t i = kit->events_len; i-- > 0;)
        if (kit->events[i].key.job == job)
            return kit->events[i].reason;
    return "";
}

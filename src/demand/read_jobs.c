/* read_jobs.c - our own jobs, as `fastgpu ps --all --json` prints them: a list of objects; see read.h */
#include "demand/read.h"

#include "base/clock.h"
#include "base/doc.h"
#include "base/items.h"
#include "base/text.h"
#include "demand/stay.h"

#include <string.h>

#define OBJECT_BYTES_MAX (256 * 1024)

static const char *text_of(const struct fg_doc *doc, const char *name)
{
    const struct fg_doc *member = fg_doc_get(doc, name);
    return member && member->kind == FG_DOC_TEXT ? member->text : "";
}

static int number_of(
    const struct fg_doc *doc, const char *name, int64_t max, int64_t *out, struct fg_err *err)
{
    const struct fg_doc *member = fg_doc_get(doc, name);
    *out = 0;
    if (!member || member->kind == FG_DOC_NULL)
        return 0;
    if (member->kind != FG_DOC_INT || member->integer < 0 || member->integer > max)
        return fg_fail(err, FG_EINVAL, "%s: expected a whole number from 0 to %lld", name,
                       (long long)max);
    *out = member->integer;
    return 0;
}

/* null and nothing are 0. */
static int moment_of(const struct fg_doc *doc,
                     const char *name,
                     int64_t *out_us,
                     struct fg_err *err)
{
    *out_us = 0;
    if (!text_of(doc, name)[0] || fg_time_parse(text_of(doc, name), out_us) == 0)
        return 0;
    return fg_fail(err, FG_EINVAL, "%s: expected a moment in ISO 8601", name);
}

static int devices_of(const struct fg_doc *doc, struct fg_stay *stay, struct fg_err *err)
{
    const struct fg_doc *request = fg_doc_get(doc, "request");
    int64_t count, milli, tasks;
    int rc = number_of(request, "count", FG_NODE_DEVICES_MAX, &count, err);
    if (rc == 0)
        rc = number_of(request, "gpu_milli", 1000, &milli, err);
    if (rc == 0)
        rc = number_of(doc, "tasks", FG_TASKS_MAX, &tasks, err);
    if (rc < 0)
        return rc;
    if (milli == 0 || count > 1)
        milli = 1000;
    stay->device_milli = count * milli * (tasks ? tasks : 1);
    const char *kind = text_of(request, "accelerators");
    fg_copy(stay->key.kind, sizeof(stay->key.kind), kind[0] ? kind : "any");
    fg_copy(stay->key.project, sizeof(stay->key.project), text_of(doc, "project"));
    return 0;
}

static int times_of(const struct fg_doc *doc, struct fg_stay *stay, struct fg_err *err)
{
    int64_t submitted_us, eligible_us;
    int rc = moment_of(doc, "submitted", &submitted_us, err);
    if (rc == 0 && submitted_us == 0)
        rc = fg_fail(err, FG_EINVAL, "submitted: expected a moment in ISO 8601");
    if (rc == 0)
        rc = moment_of(doc, "eligible", &eligible_us, err);
    if (rc == 0)
        rc = moment_of(doc, "started", &stay->started_us, err);
    if (rc == 0)
        rc = moment_of(doc, "finished", &stay->ended_us, err);
    if (rc == 0)
        stay->wanted_us = eligible_us > submitted_us ? eligible_us : submitted_us;
    return rc;
}

/* A job that runs says for how long: so the moment of the list is known. */
static void see_duration(struct fg_stays *stays,
                         const struct fg_stay *stay,
                         const struct fg_doc *doc)
{
    const struct fg_doc *duration = fg_doc_get(doc, "duration_s");
    if (stay->ended_us || !stay->started_us || !duration
        || (duration->kind != FG_DOC_INT && duration->kind != FG_DOC_REAL)
        || !(duration->real >= 0 && duration->real <= 1e9))
        return;
    int64_t now_us = stay->started_us + (int64_t)(duration->real * 1e6);
    if (now_us > stays->newest_us)
        stays->newest_us = now_us;
}

static int read_job(struct fg_stays *stays,
                    const struct fg_item *item,
                    struct fg_arena *arena,
                    size_t *jobs,
                    struct fg_err *err)
{
    struct fg_stay stay = {};
    const struct fg_doc *doc;
    fg_arena_reset(arena);
    int rc = fg_doc_json(item->bytes, item->len, arena, &doc, err);
    if (rc == 0)
        rc = devices_of(doc, &stay, err);
    if (rc == 0)
        rc = times_of(doc, &stay, err);
    if (rc < 0 || stay.device_milli == 0)
        return rc;
    see_duration(stays, &stay, doc);
    ++*jobs;
    return fg_stays_add(stays, &stay, err);
}

int fg_demand_read_jobs(const struct fg_demand_reading *reading,
                        const char *bytes,
                        size_t len,
                        struct fg_ledger *ledger,
                        struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(OBJECT_BYTES_MAX));
    FG_AUTO(fg_stays) struct fg_stays stays = {.ledger = ledger};
    struct fg_items items = {.bytes = bytes, .len = len, .item_bytes_max = OBJECT_BYTES_MAX};
    struct fg_item item;
    size_t jobs = 0;
    int rc;
    while ((rc = fg_items_next(&items, &item, err)) != 0) {
        if (rc == 1)
            rc = read_job(&stays, &item, arena, &jobs, err);
        if (rc < 0)
            return fg_wrap(err, rc, "%s:%zu", reading->file_name, item.line);
    }
    if (jobs == 0)
        return fg_fail(err, FG_EINVAL, "%s: no jobs with devices in it", reading->file_name);
    rc = fg_stays_close(&stays, err);
    return rc < 0 ? fg_wrap(err, rc, "%s", reading->file_name) : 0;
}

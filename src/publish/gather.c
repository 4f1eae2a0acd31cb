/* gather.c - see gather.h */
#include "publish/gather.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

#define LOOK_MAX      1000 /* rows of one look, wanted or not */
#define DROPPED_BYTES 96
#define TEXT_MAX      1'048'576 /* bytes of a batch, about */

struct project {
    fg_project_id id;
    const char *name;
};

struct walk {
    struct fg_gather *gather;
    struct fg_reader *reader;
    size_t max;
    struct project *projects; /* NULL: not read yet */
    size_t projects_len;
    struct fg_err *err;
};

static const char *keep(struct fg_arena *arena, const char *text)
{
    size_t len = strlen(text) + 1;
    return memcpy(FG_NEW(arena, char, len), text, len);
}

static int take_name(void *self, const struct fg_project *project)
{
    struct walk *walk = self;
    if (walk->projects_len < FG_PROJECTS_MAX)
        walk->projects[walk->projects_len++] =
            (struct project){project->id, keep(walk->gather->arena, project->name)};
    return 0;
}

/* "" for none. */
static int name_project(struct walk *walk, fg_project_id id, const char **out)
{
    *out = "";
    int rc = 0;
    if (id && !walk->projects) {
        walk->projects = FG_NEW(walk->gather->arena, struct project, FG_PROJECTS_MAX);
        rc = fg_reader_projects(walk->reader, take_name, walk, walk->err);
    }
    for (size_t i = 0; i < walk->projects_len; i++)
        if (id == walk->projects[i].id)
            *out = walk->projects[i].name;
    return rc;
}

/* The store has forgotten events up to this one: who listens hears of it, in their place. */
static void tell_gap(struct fg_gather *gather, uint64_t last, int64_t time_us)
{
    char *json = FG_NEW(gather->arena, char, DROPPED_BYTES);
    gather->dropped = last - gather->after;
    snprintf(json, DROPPED_BYTES, "{\"first\":%" PRIu64 ",\"last\":%" PRIu64 "}",
             gather->after + 1, last);
    gather->notes[gather->len++] = (struct fg_note){.seq = last,
                                                    .time_us = time_us,
                                                    .kind = "publish.dropped",
                                                    .project = "",
                                                    .json = json};
    gather->last = last;
}

/* 1: the batch is full. */
static int take_event(void *self, const struct fg_event *event)
{
    struct walk *walk = self;
    struct fg_gather *gather = walk->gather;
    if (event->seq > gather->last + 1)
        tell_gap(gather, event->seq - 1, event->time_us);
    if (gather->len >= walk->max || fg_arena_used(gather->arena) > TEXT_MAX)
        return 1;
    const char *project;
    int rc = name_project(walk, event->project, &project);
    if (rc < 0)
        return rc;
    if (fg_note_wanted(gather->sink, event->kind, project))
        gather->notes[gather->len++] =
            (struct fg_note){.seq = event->seq,
                             .time_us = event->time_us,
                             .kind = keep(gather->arena, event->kind),
                             .job = event->job,
                             .project = project,
                             .json = keep(gather->arena, event->json)};
    gather->last = event->seq;
    return 0;
}

int fg_gather(struct fg_gather *gather,
              struct fg_reader *reader,
              size_t max,
              struct fg_err *err)
{
    struct walk walk = {.gather = gather, .reader = reader, .max = max, .err = err};
    const struct fg_clock *clock = fg_clock_system();
    const struct fg_event_filter filter = {.after = gather->after, .limit = LOOK_MAX};
    uint64_t newest = 0;
    gather->len = 0;
    gather->dropped = 0;
    gather->last = gather->after;
    /* Before the look: what comes meanwhile is not taken for lost. */
    int rc = fg_reader_last_event(reader, &newest, err);
    if (rc == 0)
        rc = fg_reader_events(reader, &filter, take_event, &walk, err);
    if (rc < 0)
        return rc;
    if (gather->last == gather->after && newest > gather->after)
        tell_gap(gather, newest, clock->now_us(clock->self)); /* all of them */
    return 0;
}

/* pipeline_file.c - see pipeline_file.h: names to places, jobs by job_read.h, then an order without a cycle. */
#include "model/pipeline_file.h"
#include "model/job_file.h"
#include "model/job_json.h"
#include "model/job_read.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CYCLE_TEXT_MAX 120 /* of the jobs named in a message */

struct named {
    const char *name;
    const struct fg_doc *doc; /* of the name */
    uint32_t place;           /* in the file, 1, ... */
};

struct pipeline {
    struct fg_job_reader reader;
    const struct fg_doc **docs; /* of the jobs */
    struct fg_job_spec *specs;  /* as in the file */
    size_t len;
    struct named *by_name; /* sorted */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static uint32_t find_name(const void *self, const char *name)
{
    const struct pipeline *pipeline = self;
    const struct named *found = bsearch(&(struct named){.name = name}, pipeline->by_name,
                                        pipeline->len, sizeof(*pipeline->by_name), by_name);
    return found ? found->place : 0;
}

/* -- the names of all jobs, before the first `after` is read ---------------------------------------------- */

static int read_name(struct fg_doc_reader *reader, const struct fg_doc *job, struct named *out)
{
    const struct fg_doc *name = fg_doc_get(job, "name");
    if (!name || name->kind == FG_DOC_NULL)
        return fg_read_fail(reader, job, "name: missing, each of several jobs needs one");
    bool is_number = name->kind == FG_DOC_INT
                     || (name->text && name->text[strspn(name->text, "0123456789")] == '\0');
    if (is_number)
        return fg_read_fail(
            reader, name, "name: a number, which in `after` is the id of a job that is there");
    out->doc = name;
    return fg_read_text(reader, name, FG_NAME_MAX, &out->name);
}

static int check_unique(struct pipeline *pipeline)
{
    struct named *names = pipeline->by_name;
    qsort(names, pipeline->len, sizeof(*names), by_name);
    for (size_t i = 1; i < pipeline->len; i++)
        if (strcmp(names[i - 1].name, names[i].name) == 0) {
            const struct named *first = &names[i - 1], *again = &names[i];
            if (first->place > again->place)
                first = &names[i], again = &names[i - 1];
            fg_read_enter_at(&pipeline->reader.doc, again->place - 1);
            return fg_read_fail(&pipeline->reader.doc, again->doc,
                                "name: job %u of the file has the same one", first->place);
        }
    return 0;
}

static int read_names(struct pipeline *pipeline)
{
    struct fg_doc_reader *reader = &pipeline->reader.doc;
    for (size_t i = 0; i < pipeline->len; i++) {
        size_t mark = fg_read_enter_at(reader, i);
        int rc = read_name(reader, pipeline->docs[i], &pipeline->by_name[i]);
        if (rc < 0)
            return rc;
        pipeline->by_name[i].place = (uint32_t)i + 1;
        fg_read_leave(reader, mark);
    }
    return check_unique(pipeline);
}

static int read_jobs(struct pipeline *pipeline)
{
    struct fg_doc_reader *reader = &pipeline->reader.doc;
    for (size_t i = 0; i < pipeline->len; i++) {
        size_t mark = fg_read_enter_at(reader, i);
        reader->text_left = FG_SPEC_BYTES_MAX; /* of each job */
        int rc = fg_job_read(&pipeline->reader, pipeline->docs[i], &pipeline->specs[i]);
        if (rc < 0)
            return rc;
        fg_read_leave(reader, mark);
    }
    return 0;
}

/* -- an order: each job after those that it waits for, else as in the file -------------------------------- */

/* A walk from a job to those that it waits for.  The jobs under way are a path, and to come back to one
 * of them is a cycle. */
struct walk {
    uint32_t *path;  /* jobs under way, by index */
    uint32_t *next;  /* of a job: which of its `after` is due */
    uint32_t *place; /* of a job: in the order, 1, ...; 0 not yet */
    bool *open;      /* of a job: is on the path */
    size_t path_len, placed;
};

static int fail_cycle(struct pipeline *pipeline, const struct walk *walk, uint32_t again)
{
    struct fg_doc_reader *reader = &pipeline->reader.doc;
    char text[CYCLE_TEXT_MAX] = "";
    size_t from = 0, len = 0;
    while (walk->path[from] != again)
        from++;
    for (size_t i = from; i < walk->path_len; i++) {
        const char *name = pipeline->specs[walk->path[i]].name;
        if (len + strlen(name) + 12 > sizeof(text)) {
            snprintf(text + len, sizeof(text) - len, "... -> ");
            break;
        }
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s -> ", name);
    }
    uint32_t last = walk->path[walk->path_len - 1];
    fg_read_enter_at(reader, last);
    fg_read_enter(reader, "after");
    return fg_read_fail(reader, fg_doc_get(pipeline->docs[last], "after"),
                        "a cycle, each waits for the next: %s%s", text,
                        pipeline->specs[again].name);
}

static void enter(struct walk *walk, uint32_t job)
{
    walk->path[walk->path_len++] = job;
    walk->open[job] = true;
}

static int visit(struct pipeline *pipeline, struct walk *walk, uint32_t from)
{
    enter(walk, from);
    while (walk->path_len > 0) {
        uint32_t job = walk->path[walk->path_len - 1];
        const struct fg_job_spec *spec = &pipeline->specs[job];
        if (walk->next[job] == spec->after_len) {
            walk->path_len--;
            walk->open[job] = false;
            walk->place[job] = (uint32_t)++walk->placed;
            continue;
        }
        uint32_t item = spec->after[walk->next[job]++].item;
        if (item == 0 || walk->place[item - 1])
            continue;
        if (walk->open[item - 1])
            return fail_cycle(pipeline, walk, item - 1);
        enter(walk, item - 1);
    }
    return 0;
}

/* The jobs at their places in the order, which is what items now say. */
static struct fg_job_spec *in_order(const struct pipeline *pipeline, const uint32_t *place)
{
    struct fg_arena *arena = pipeline->reader.doc.arena;
    struct fg_job_spec *out = FG_NEW(arena, struct fg_job_spec, pipeline->len);
    for (size_t i = 0; i < pipeline->len; i++) {
        struct fg_job_spec *spec = &out[place[i] - 1];
        *spec = pipeline->specs[i];
        struct fg_after *after = FG_NEW(arena, struct fg_after, spec->after_len);
        for (size_t k = 0; k < spec->after_len; k++) {
            after[k] = spec->after[k];
            if (after[k].item)
                after[k].item = place[after[k].item - 1];
        }
        fg_after_sort(after, spec->after_len);
        spec->after = after;
    }
    return out;
}

static int put_in_order(struct pipeline *pipeline, struct fg_pipeline *out)
{
    struct fg_arena *arena = pipeline->reader.doc.arena;
    struct walk walk = {.path = FG_NEW(arena, uint32_t, pipeline->len),
                        .next = FG_NEW(arena, uint32_t, pipeline->len),
                        .place = FG_NEW(arena, uint32_t, pipeline->len),
                        .open = FG_NEW(arena, bool, pipeline->len)};
    for (uint32_t i = 0; i < pipeline->len; i++) {
        int rc = walk.place[i] ? 0 : visit(pipeline, &walk, i);
        if (rc < 0)
            return rc;
    }
    *out = (struct fg_pipeline){in_order(pipeline, walk.place), pipeline->len, true};
    return 0;
}

/* -- the file ------------------------------------------------------------------------------------------------ */

static int find_jobs(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     const struct fg_doc **out)
{
    for (const struct fg_doc *member = doc->first; member; member = member->next)
        if (strcmp(member->key, "jobs") != 0) {
            fg_read_enter(reader, member->key);
            return fg_read_fail(reader, member,
                                "beside jobs, where nothing is expected: give it to each job");
        }
    const struct fg_doc *jobs = fg_doc_get(doc, "jobs");
    fg_read_enter(reader, "jobs");
    int rc = fg_read_kind(reader, jobs, FG_DOC_LIST);
    if (rc < 0)
        return rc;
    if (jobs->len == 0 || jobs->len > FG_BATCH_MAX)
        return fg_read_fail(reader, jobs, "%zu jobs, expected 1 to %d", jobs->len,
                            FG_BATCH_MAX);
    *out = jobs;
    return 0;
}

static int read_pipeline(struct pipeline *pipeline,
                         const struct fg_doc *doc,
                         struct fg_pipeline *out)
{
    struct fg_arena *arena = pipeline->reader.doc.arena;
    const struct fg_doc *jobs = NULL;
    int rc = find_jobs(&pipeline->reader.doc, doc, &jobs);
    if (rc < 0)
        return rc;
    assert(jobs);
    pipeline->docs = FG_NEW(arena, const struct fg_doc *, jobs->len);
    pipeline->specs = FG_NEW(arena, struct fg_job_spec, jobs->len);
    pipeline->by_name = FG_NEW(arena, struct named, jobs->len);
    for (const struct fg_doc *job = jobs->first; job; job = job->next)
        pipeline->docs[pipeline->len++] = job;
    rc = read_names(pipeline);
    if (rc == 0)
        rc = read_jobs(pipeline);
    return rc < 0 ? rc : put_in_order(pipeline, out);
}

int fg_pipeline_file_parse(const char *bytes,
                           size_t len,
                           const char *file_name,
                           int64_t now_us,
                           struct fg_arena *arena,
                           struct fg_pipeline *out,
                           struct fg_err *err)
{
    const struct fg_doc *doc = NULL;
    if (len > FG_BODY_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: %zu bytes, expected %d at most", file_name, len,
                       FG_BODY_BYTES_MAX);
    if (!fg_job_file_is_script(bytes, len, file_name)) {
        int rc = fg_doc_yaml(bytes, len, arena, &doc, err);
        if (rc < 0)
            return fg_read_name_file(file_name, rc, err);
    }
    if (!doc || !fg_doc_get(doc, "jobs")) {
        struct fg_job_spec *spec = FG_NEW(arena, struct fg_job_spec, 1);
        *out = (struct fg_pipeline){.specs = spec, .len = 1};
        return fg_job_file_parse(bytes, len, file_name, now_us, arena, spec, err);
    }
    struct pipeline pipeline = {
        .reader = {.doc = {.arena = arena,
                           .file_name = file_name,
                           .err = err,
                           .text_left = FG_SPEC_BYTES_MAX},
                   .now_us = now_us,
                   .local_files = true,
                   .names = &(struct fg_job_names){.self = &pipeline, .find = find_name}}};
    return read_pipeline(&pipeline, doc, out);
}

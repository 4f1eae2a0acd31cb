/* pipeline_file_test.c - several jobs of one file: names, order, cycles, and what is refused where */
#include "model/job_json.h"
#include "model/pipeline_file.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define NOW 1'000'000'000'000

struct row {
    const char *name, *text;
    const char *want; /* "name<-after", in order; or the error */
};

static void show_after(struct fg_buf *out, const struct fg_after *after)
{
    if (after->item)
        fg_buf_printf(out, " #%u", after->item);
    if (after->job)
        fg_buf_printf(out, " %llu", (unsigned long long)after->job);
    fg_buf_puts(out, after->any_end ? "?" : "");
}

static void show(struct fg_buf *out, const struct fg_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->len; i++) {
        const struct fg_job_spec *spec = &pipeline->specs[i];
        fg_buf_printf(out, "%s%s", i ? ", " : "", spec->name);
        for (size_t k = 0; k < spec->after_len; k++)
            show_after(out, &spec->after[k]);
    }
}

static void try_rows(const struct row *rows, size_t len, int rc)
{
    for (size_t i = 0; i < len; i++) {
        FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_PIPELINE_ROOM);
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        struct fg_pipeline pipeline = {};
        struct fg_err err = {};
        EQ(fg_pipeline_file_parse(rows[i].text, strlen(rows[i].text), rows[i].name, NOW, arena,
                                  &pipeline, &err),
           rc);
        show(&buf, &pipeline);
        const char *got = rc == 0 && !err.text[0] && buf.text ? buf.text : err.text;
        if (!OK(strcmp(got, rows[i].want) == 0))
            printf("#   got  %s\n#   want %s\n", got, rows[i].want);
    }
}

#define TRY(rows, rc) try_rows(rows, sizeof(rows) / sizeof((rows)[0]), rc)

static void names_become_places(void)
{
    static const struct row rows[] = {
        {"p.yaml",
         "jobs:\n- {name: a, run: x}\n- {name: b, run: x, after: a}\n- {name: c, run: x, "
         "after: "
         "[b, {job: a, when: any}, 12, {job: '7'}]}\n",
         "a, b #1, c #1? #2 7 12"},
        {"p.json", "{\"jobs\": [{\"name\": \"a\", \"run\": \"x\"}]}", "a"},
        /* No sooner than those that it waits for, else as in the file. */
        {"p.yaml",
         "jobs:\n- {name: d, run: x, after: [c, b]}\n- {name: a, run: x}\n- {name: c, run: x, "
         "after: a}\n- {name: b, run: x, after: {job: c, when: any}}\n- {name: e, run: x}\n",
         "a, c #1, b #2?, d #2 #3, e"},
        /* What YAML takes for something else is a name too. */
        {"p.yaml", "jobs:\n- {name: yes, run: x}\n- {name: 1.5, run: x, after: [yes]}\n",
         "yes, 1.5 #1"},
        {"p.yaml", "jobs:\n- {name: a, run: x, array: 0-9}\n- {name: b, run: x, after: a}\n",
         "a, b #1"},
    };
    TRY(rows, 0);
}

static void a_file_of_one_job_is_one(void)
{
    static const struct row rows[] = {
        {"a.yaml", "name: t\nrun: x\nafter: 3\n", "t 3"},
        {"a.sh", "#!/bin/sh\n#SBATCH -J t\necho jobs:\n", "t"},
    };
    TRY(rows, 0);
}

static void cycles_are_spelled_out(void)
{
    static const struct row rows[] = {
        {"p.yaml",
         "jobs:\n- name: prepare\n  run: x\n  after: [merge]\n- name: merge\n  run: x\n  "
         "after: "
         "[prepare]\n",
         "p.yaml:7: jobs[1].after: a cycle, each waits for the next: prepare -> merge -> "
         "prepare"},
        {"p.yaml", "jobs:\n- {name: a, run: x, after: a}\n",
         "p.yaml:2: jobs[0].after: a cycle, each waits for the next: a -> a"},
        {"p.yaml",
         "jobs:\n- {name: a, run: x, after: b}\n- {name: b, run: x, after: c}\n- {name: c, "
         "run: "
         "x, after: d}\n- {name: d, run: x, after: b}\n",
         "p.yaml:5: jobs[3].after: a cycle, each waits for the next: b -> c -> d -> b"},
    };
    TRY(rows, FG_EINVAL);
}

static void mistakes_have_file_and_line(void)
{
    static const struct row rows[] = {
        {"p.yaml", "jobs:\n- {name: a, run: x}\n- name: b\n  run: x\n  after:\n  - a\n  - c\n",
         "p.yaml:7: jobs[1].after[1]: no job of that name in this file, expected a name of "
         "one, "
         "or the id of a job that is there"},
        {"p.yaml", "jobs:\n- {name: a, run: x}\n- {run: x}\n",
         "p.yaml:3: jobs[1]: name: missing, each of several jobs needs one"},
        {"p.yaml", "jobs:\n- {name: a, run: x}\n- {name: b, run: x}\n- {name: a, run: x}\n",
         "p.yaml:4: jobs[2]: name: job 1 of the file has the same one"},
        {"p.yaml", "jobs:\n- {name: 12, run: x}\n",
         "p.yaml:2: jobs[0]: name: a number, which in `after` is the id of a job that is "
         "there"},
        {"p.yaml", "jobs:\n- {name: a, run: x}\n- {name: b, run: x, after: [a, {job: a}]}\n",
         "p.yaml:3: jobs[1].after: the same job is given twice"},
        {"p.yaml", "jobs:\n- {name: a, run: x}\n- {name: b, run: x, after: {item: 1}}\n",
         "p.yaml:3: jobs[1].after[0].item: unknown member"},
        {"p.yaml", "jobs:\n- {name: a, run: x, resources: {cpus: -1}}\n",
         "p.yaml:2: jobs[0].resources.cpus: -1, expected 0.001 to 4096"},
        {"p.yaml", "jobs:\n- {name: a, run: x, jobs: []}\n",
         "p.yaml:2: jobs[0].jobs: unknown member"},
        {"p.yaml", "jobs: []\n", "p.yaml:1: jobs: 0 jobs, expected 1 to 1000"},
        {"p.yaml", "jobs: 3\n", "p.yaml:1: jobs: a whole number, expected a list"},
        {"p.yaml", "jobs:\n- 3\n",
         "p.yaml:2: jobs[0]: name: missing, each of several jobs needs one"},
        {"p.yaml", "project: x\njobs:\n- {name: a, run: x}\n",
         "p.yaml:1: project: beside jobs, where nothing is expected: give it to each job"},
        {"p.yaml", "jobs: [\n", "p.yaml:2: did not find expected node content"},
    };
    TRY(rows, FG_EINVAL);
}

/* `n` jobs, each after the next one of the file; `cycle`: and the last after the first. */
static int parse_chain(int n, bool cycle, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_PIPELINE_ROOM);
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_puts(&text, "jobs:\n");
    for (int i = 0; i < n; i++) {
        int next = i + 1 == n && cycle ? 0 : i + 1;
        fg_buf_printf(&text, "- {name: a-rather-long-name-%d, run: x", i);
        if (next < n)
            fg_buf_printf(&text, ", after: a-rather-long-name-%d", next);
        fg_buf_puts(&text, "}\n");
    }
    struct fg_pipeline pipeline;
    int rc = fg_pipeline_file_parse(text.text, text.len, "p.yaml", NOW, arena, &pipeline, err);
    for (size_t i = 0; rc == 0 && i < pipeline.len; i++)
        for (size_t k = 0; k < pipeline.specs[i].after_len; k++)
            OK(pipeline.specs[i].after[k].item <= i);
    return rc;
}

static void the_greatest_file_is_taken(void)
{
    struct fg_err err = {};
    EQ(parse_chain(FG_BATCH_MAX, false, &err), 0);
    EQ(parse_chain(FG_BATCH_MAX + 1, false, &err), FG_EINVAL);
    if (!OK(strcmp(err.text, "p.yaml:1: jobs: 1001 jobs, expected 1 to 1000") == 0))
        printf("#   got  %s\n", err.text);
    EQ(parse_chain(FG_BATCH_MAX, true, &err), FG_EINVAL);
    OK(strstr(err.text, "a-rather-long-name-0 -> a-rather-long-name-1 -> ") != NULL);
    OK(strstr(err.text, "... -> a-rather-long-name-0") != NULL);
}

int main(void)
{
    RUN(names_become_places);
    RUN(a_file_of_one_job_is_one);
    RUN(cycles_are_spelled_out);
    RUN(mistakes_have_file_and_line);
    RUN(the_greatest_file_is_taken);
    return tap_done();
}

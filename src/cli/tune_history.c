/* tune_history.c - see tune_history.h */
#include "cli/tune_history.h"

#include "base/grow.h"
#include "base/json_write.h"
#include "cli/pages.h"
#include "cli/tune_pool.h"
#include "cli/view.h"
#include "sim/read.h"
#include "sim/result.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OVER 1 /* what an item gives to end the list */

/* Each item of a list that comes in one piece. */
static int each(
    struct fg_cli *cli, const char *path, fg_item_fn *on_item, void *self, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, path, &answer, err);
    const struct fg_doc *item = rc == 0 ? fg_view_first(answer.doc, "items") : NULL;
    for (; rc == 0 && item; item = item->next)
        rc = on_item(self, item);
    return rc;
}

/* -- jobs --------------------------------------------------------------------------------------------------- */

struct past {
    int64_t submit_us, start_us, end_us, run_us, deadline_us;
    uint32_t gpu_milli, project;
};

struct jobs {
    int64_t since_us;
    struct fg_buf json; /* "[", and each */
    struct past *past;  /* owned */
    size_t len, room;
    char (*projects)[FG_NAME_MAX]; /* owned */
    size_t projects_len, projects_room;
};

static uint32_t project_of(struct jobs *jobs, const char *name)
{
    for (size_t i = 0; i < jobs->projects_len; i++)
        if (strcmp(jobs->projects[i], name) == 0)
            return (uint32_t)i;
    jobs->projects = fg_grow(jobs->projects, jobs->projects_len, &jobs->projects_room,
                             sizeof(jobs->projects[0]));
    snprintf(jobs->projects[jobs->projects_len], FG_NAME_MAX, "%s", name);
    return (uint32_t)jobs->projects_len++;
}

static int on_job(void *self, const struct fg_doc *item)
{
    struct jobs *jobs = self;
    const struct fg_doc *request = fg_doc_get(item, "request");
    struct past past = {.submit_us = fg_view_time(item, "submitted"),
                        .start_us = fg_view_time(item, "started"),
                        .end_us = fg_view_time(item, "finished"),
                        .run_us = fg_view_seconds(item, "duration_s"),
                        .deadline_us = fg_view_time(item, "deadline")};
    int64_t begin_us = fg_view_time(item, "eligible");
    if (past.submit_us < jobs->since_us)
        return OVER; /* newest first */
    if (past.start_us == 0 || past.end_us == 0)
        return 0;
    if (begin_us > past.submit_us)
        past.submit_us = begin_us;
    past.gpu_milli =
        (uint32_t)(fg_view_int(request, "count", 0) * fg_view_int(request, "gpu_milli", 1000)
                   * fg_view_int(item, "tasks", 1));
    past.project = project_of(jobs, fg_view_text(item, "project"));
    jobs->past = fg_grow(jobs->past, jobs->len, &jobs->room, sizeof(past));
    jobs->past[jobs->len++] = past;
    return fg_pages_json(&jobs->json, item);
}

static int by_submission(const void *a, const void *b)
{
    const struct past *x = a, *y = b;
    return (x->submit_us > y->submit_us) - (x->submit_us < y->submit_us);
}

/* As a result of a simulation that nobody had to simulate. */
static void measure(struct jobs *jobs, struct fg_tune_days *out)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result = fg_sim_result_new(jobs->len, jobs->projects_len);
    qsort(jobs->past, jobs->len, sizeof(jobs->past[0]), by_submission);
    int64_t zero_us = jobs->past[0].submit_us, last_us = 0;
    for (size_t i = 0; i < jobs->len; i++) {
        const struct past *past = &jobs->past[i];
        result->jobs[i] = (struct fg_sim_outcome){
            .submit_us = past->submit_us - zero_us,
            .start_us = past->start_us - zero_us,
            .end_us = past->end_us - zero_us,
            .deadline_us = past->deadline_us ? past->deadline_us - zero_us : 0,
            .run_us = past->run_us,
            .ideal_us = past->run_us,
            .gpu_milli = past->gpu_milli,
            .project = past->project,
            .attempts = 1,
            .end = FG_SIM_DONE,
        };
        last_us = past->submit_us - zero_us;
    }
    size_t days = (size_t)(last_us / FG_TUNE_DAY_US) + 1;
    fg_tune_days_make(result, 0, days, out);
}

static int read_trace(struct fg_sim_input *input, struct jobs *jobs, struct fg_err *err)
{
    struct fg_sim_reading reading = {
        .format = "history",
        .file_name = "history",
        .per_node = 1, /* its gangs are as they were */
        .kind = "any",
        .reservations = true,
    };
    fg_buf_puts(&jobs->json, "\n]\n");
    return fg_sim_read(&reading, jobs->json.text, jobs->json.len, &input->trace, err);
}

static int read_jobs(struct fg_sim_input *input,
                     struct jobs *jobs,
                     struct fg_tune_days *measured,
                     struct fg_err *err)
{
    fg_buf_puts(&jobs->json, "[");
    int rc = fg_pages_read(input->cli, "/v1/jobs?state=succeeded%2Cfailed%2Ctimed_out", 0,
                           on_job, jobs, NULL, err);
    if (rc < 0)
        return rc;
    if (jobs->len == 0)
        return fg_fail(err, FG_ESTATE, "no job is over yet that could be replayed");
    rc = read_trace(input, jobs, err);
    if (rc == 0)
        measure(jobs, measured);
    return rc;
}

/* -- the policy ------------------------------------------------------------------------------------------------- */

static int on_setting(void *self, const struct fg_doc *item)
{
    struct fg_knobs *knobs = self;
    size_t knob = fg_knob_find(fg_view_text(item, "setting"));
    struct fg_err err = {};
    /* One that this program does not know is of a service of another version, and stays out of it. */
    return knob < fg_knobs_len()
                   && fg_knob_set(knobs, knob, fg_view_text(item, "value"), &err) < 0
               ? err.code
               : 0;
}

int fg_tune_history(struct fg_sim_input *input,
                    int64_t since_us,
                    struct fg_knobs *knobs,
                    struct fg_tune_days *measured,
                    int64_t *out_first_us,
                    struct fg_buf *told,
                    struct fg_err *err)
{
    struct jobs jobs = {.since_us = since_us};
    int rc = each(input->cli, "/v1/policy", on_setting, knobs, err);
    if (rc == 0)
        rc = read_jobs(input, &jobs, measured, err);
    if (rc == 0) {
        *out_first_us = jobs.past[0].submit_us;
        rc = fg_tune_pool(input, *out_first_us, told, err);
    }
    free(jobs.past);
    free(jobs.projects);
    fg_buf_free(&jobs.json);
    return rc;
}

/* rest_json_test.c - slurmrestd's words: v0.0.38 as a real one printed them (Slurm 22.05.8), the later ones written after
 * their published descriptions. */
#include "slurm/rest_json.h"
#include "test/tap.h"

#include <string.h>

static int submit_answer(const char *body, uint64_t *id, struct fg_err *err)
{
    return fg_rest_read_submit(body, strlen(body), id, err);
}

static void answers_to_a_submit(void)
{
    uint64_t id = 0;
    struct fg_err err = {};
    EQ(submit_answer("{\"meta\":{\"plugin\":{\"type\":\"openapi\\/v0.0.38\"}},\"errors\":[],"
                     "\"job_id\":32,\"step_id\":\"BATCH\",\"job_submit_user_msg\":\"\"}",
                     &id, &err),
       0);
    EQ(id, 32);
    EQ(submit_answer("{\"result\":{\"job_id\":33},\"job_id\":33,\"errors\":[],\"warnings\":[]}",
                     &id, &err),
       0);
    EQ(id, 33);
    EQ(submit_answer("{\"result\":{\"job_id\":34},\"errors\":[]}", &id, &err), 0);
    EQ(id, 34);
    EQ(submit_answer("{\"errors\":[{\"error_code\":2000,\"error\":\"Invalid partition name "
                     "specified\"}]}",
                     &id, &err),
       FG_ESTATE);
    OK(strcmp(err.text, "Invalid partition name specified") == 0);
    EQ(submit_answer("{\"errors\":[{\"description\":\"no\"}],\"job_id\":0}", &id, &err),
       FG_ESTATE);
    EQ(submit_answer("{\"errors\":[]}", &id, &err), FG_EUNREACH);
    EQ(submit_answer("<html>", &id, &err), FG_EUNREACH);
    EQ(submit_answer("", &id, &err), FG_EUNREACH);
    EQ(submit_answer("[]", &id, &err), FG_EUNREACH);
    EQ(submit_answer("{\"job_id\":-4}", &id, &err), FG_EUNREACH);
}

static void jobs(void)
{
    static const char old[] =
        "{\"errors\":[],\"jobs\":[{\"array_job_id\":0,\"exit_code\":768,\"job_id\":32,"
        "\"job_state\":\"FAILED\",\"name\":\"t\",\"state_reason\":\"NonZeroExitCode\"}]}";
    static const char later[] =
        "{\"jobs\":[{\"job_id\":32,\"job_state\":[\"RUNNING\"],\"name\":\"t\","
        "\"state_reason\":\"None\",\"exit_code\":{\"status\":[\"SUCCESS\"],"
        "\"return_code\":{\"set\":true,\"infinite\":false,\"number\":3},"
        "\"signal\":{\"id\":{\"set\":false,\"number\":9},\"name\":\"\"}}}],\"errors\":[]}";
    struct fg_slurm_end end;
    struct fg_err err = {};
    EQ(fg_rest_read_job(old, strlen(old), 32, &end, &err), 0);
    OK(end.known && !end.is_active);
    EQ(end.exit_code, 3);
    OK(strcmp(end.reason, "NonZeroExitCode") == 0);
    EQ(fg_rest_read_job(later, strlen(later), 32, &end, &err), 0);
    OK(end.is_active);
    EQ(end.exit_code, 3);
    EQ(end.term_signal, 0);
    EQ(fg_rest_read_job(old, strlen(old), 33, &end, &err), FG_ENOENT);
    EQ(fg_rest_read_job("{", 1, 33, &end, &err), FG_EUNREACH);
}

static bool has(const struct fg_buf *text, const char *part)
{
    bool found = strstr(text->text, part);
    if (!found)
        printf("# %s\n", text->text);
    return found;
}

static void bodies(void)
{
    static const char *const nodes[] = {"n1", "n2"};
    struct fg_supplier supplier = {.cluster.account = "ai"};
    struct fg_shape shape = {.nodes_len = 2,
                             .cpus = 3,
                             .mem_mib = 100,
                             .gres_len = 1,
                             .gres = {{"h100", 2}},
                             .minutes = 11,
                             .grace_s = 40,
                             .partition = "all",
                             .nodes = nodes};
    struct fg_shape_submit submit = {
        .supplier = &supplier, .install = "i", .room = "r", .hash = "h", .len = 5};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct fg_err err = {};
    EQ(fg_rest_write_submit(&fg_rest_dialects[0], &shape, &submit, "#!/bin/sh\n", &body, &err),
       0);
    OK(has(&body,
           "{\"script\":\"#!/bin/sh\\n\",\"job\":{\"name\":\"fastgpu-r\",\"comment\":"
           "\"fastgpu:i:r:h\",\"partition\":\"all\",\"account\":\"ai\",\"array\":\"0-4\","
           "\"nodes\":\"2\",\"required_nodes\":[\"n1\",\"n2\"]"));
    OK(has(&body, "\"tres_per_node\":\"gres/gpu:h100:2\""));
    OK(has(&body, "\"time_limit\":{\"set\":true,\"infinite\":false,\"number\":11}"));
    OK(has(&body, "\"kill_warning_flags\":[\"BATCH_JOB\"]"));
    OK(has(&body, "\"environment\":[\"PATH="));
    fg_buf_clear(&body);
    EQ(fg_rest_write_submit(&fg_rest_dialects[2], &shape, &submit, "x", &body, &err),
       FG_ENOENT);
    shape.is_anywhere = true;
    EQ(fg_rest_write_submit(&fg_rest_dialects[2], &shape, &submit, "x", &body, &err), 0);
    OK(has(&body, "\"nodes\":2,"));
    OK(has(&body, "\"gres\":\"gpu:h100:2\",\"memory_per_node\":100,\"time_limit\":11"));
    OK(has(&body, "\"environment\":{\"PATH\":"));
}

int main(void)
{
    RUN(answers_to_a_submit);
    RUN(jobs);
    RUN(bodies);
    return tap_done();
}

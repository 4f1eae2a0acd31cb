/* cmd_submit.c - fastgpu submit: job files in, ids out */
#include "cli/follow.h"
#include "cli/spec.h"

#include "base/json_write.h"

#include <inttypes.h>
#include <string.h>

#define FILES_MAX 1000

const struct fg_opt fg_opts_submit[] = {
    FG_SPEC_OPTS,
    {"wait", 'w', NULL, "wait until the jobs are over, exit as `fastgpu wait` does", NULL},
    {"follow", 'f', NULL, "follow the output of the (one) job, exit as it did", NULL},
    FG_OPT_JSON,
    FG_OPT_QUIET,
    {},
};

fg_verb_fn fg_cmd_submit;

/* What came of one file. */
struct sent {
    const char *path;
    struct fg_submitted *jobs; /* in an arena */
    size_t len;
    bool named; /* a file of several jobs */
};

/* Options say something about each job of a file, but not what has to differ. */
static int override(struct fg_cli *cli,
                    const struct fg_pipeline *pipeline,
                    struct fg_arena *arena,
                    struct fg_job_spec *spec,
                    struct fg_err *err)
{
    const char *name = spec->name, *key = spec->idempotency_key;
    int rc = fg_spec_override(&cli->args, arena, spec, err);
    if (rc < 0 || !pipeline->named)
        return rc;
    if (strcmp(spec->name, name) != 0)
        return fg_fail(err, FG_EINVAL, "--name: several jobs, and each needs its own");
    if (strcmp(spec->idempotency_key, key) != 0)
        return fg_fail(err, FG_EINVAL,
                       "--idempotency-key: several jobs, and each needs its own");
    return 0;
}

/* A folder that several jobs start from is packed once. */
static int upload(struct fg_cli *cli,
                  const char *folder,
                  struct fg_arena *arena,
                  struct fg_job_spec *specs,
                  size_t len,
                  struct fg_err *err)
{
    const char **workdirs = FG_NEW(arena, const char *, len);
    for (size_t i = 0; i < len; i++) {
        workdirs[i] = specs[i].workdir;
        for (size_t k = 0; k < i && specs[i].workdir[0] && !specs[i].workdir_hash[0]; k++)
            if (strcmp(workdirs[k], workdirs[i]) == 0) {
                specs[i].workdir_hash = specs[k].workdir_hash;
                specs[i].workdir = "";
            }
        int rc = fg_spec_upload(cli, folder, arena, &specs[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int submit_file(struct fg_cli *cli,
                       const char *path,
                       struct fg_arena *results,
                       struct sent *out,
                       struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_SPEC_ARENA);
    struct fg_pipeline pipeline;
    int rc = fg_spec_read_pipeline(path, arena, &pipeline, err);
    if (rc == 0 && pipeline.named && fg_args_has(&cli->args, "follow")) {
        fg_cli_hint(cli, "--wait waits for all; `fastgpu logs -f ID` follows one.");
        rc = fg_fail(err, FG_EINVAL, "--follow: %s is a file of several jobs, expected one",
                     path);
    }
    for (size_t i = 0; rc == 0 && i < pipeline.len; i++)
        rc = override(cli, &pipeline, arena, &pipeline.specs[i], err);
    if (rc < 0)
        return rc; /* it names the file and the line, or the option */
    *out = (struct sent){.path = path,
                         .jobs = FG_NEW(results, struct fg_submitted, pipeline.len),
                         .len = pipeline.len,
                         .named = pipeline.named};
    rc = upload(cli, fg_spec_folder(path, arena), arena, pipeline.specs, pipeline.len, err);
    if (rc == 0)
        rc = pipeline.named ? fg_spec_submit_batch(cli, &pipeline, out->jobs, err)
                            : fg_spec_submit(cli, pipeline.specs, out->jobs, err);
    return rc < 0 ? fg_wrap(err, rc, "%s", path) : 0;
}

/* {"ids": [...], "jobs": {name: id}} */
static void write_named(struct fg_json *json, const struct sent *sent)
{
    fg_json_key(json, "ids");
    fg_json_array(json);
    for (size_t i = 0; i < sent->len; i++)
        fg_json_string(json, sent->jobs[i].id);
    fg_json_end(json);
    fg_json_key(json, "jobs");
    fg_json_object(json);
    for (size_t i = 0; i < sent->len; i++)
        fg_json_kv(json, sent->jobs[i].name, sent->jobs[i].id);
    fg_json_end(json);
}

static void print_json(const struct sent *sent, size_t len)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    if (len > 1)
        fg_json_array(&json);
    for (size_t i = 0; i < len; i++) {
        fg_json_object(&json);
        if (sent[i].named) {
            write_named(&json, &sent[i]);
        } else {
            fg_json_kv(&json, "id", sent[i].jobs->id);
            fg_json_kv_int(&json, "count", sent[i].jobs->count);
            fg_json_kv_bool(&json, "repeated", sent[i].jobs->repeated);
        }
        fg_json_end(&json);
    }
    if (len > 1)
        fg_json_end(&json);
    printf("%s\n", out.text);
}

static void print_named(const struct sent *sent)
{
    printf("jobs ");
    for (size_t i = 0; i < sent->len; i++) {
        const struct fg_submitted *job = &sent->jobs[i];
        printf("%s%s %s", i ? ", " : "", job->id, job->name);
        if (job->count > 1)
            printf(" (and the %" PRId64 " after it)", job->count - 1);
    }
    printf(": %s\n", sent->path);
}

static void print_sent(const struct fg_cli *cli, const struct sent *sent)
{
    const struct fg_submitted *job = sent->jobs;
    if (fg_args_has(&cli->args, "json"))
        return;
    if (fg_args_has(&cli->args, "quiet")) {
        for (size_t i = 0; i < sent->len; i++)
            printf("%s\n", sent->jobs[i].id);
        return;
    }
    if (sent->named) {
        print_named(sent);
        return;
    }
    if (job->count > 1)
        printf("jobs %s and the %" PRId64 " after it", job->id, job->count - 1);
    else
        printf("job %s", job->id);
    printf(": %s%s\n", sent->path,
           job->repeated ? " (was submitted before with this idempotency key)" : "");
}

/* The first exit code that is not 0, after the ends of all. */
static int wait_file(struct fg_cli *cli,
                     const struct sent *sent,
                     int *status,
                     struct fg_err *err)
{
    for (size_t i = 0; i < sent->len; i++) {
        uint64_t first;
        int rc = fg_cli_id(sent->jobs[i].id, &first, err);
        for (int64_t k = 0; rc == 0 && k < sent->jobs[i].count; k++) {
            struct fg_followed followed;
            char id[24];
            snprintf(id, sizeof(id), "%" PRIu64, first + (uint64_t)k);
            rc = fg_wait_job(cli, id, 0, &followed, err);
            if (rc == 0 && *status == 0)
                *status = followed.exit_code;
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int wait_all(struct fg_cli *cli, const struct sent *sent, size_t len, struct fg_err *err)
{
    int status = 0;
    for (size_t i = 0; i < len; i++) {
        int rc = wait_file(cli, &sent[i], &status, err);
        if (rc < 0)
            return rc;
    }
    return status;
}

int fg_cmd_submit(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *results = fg_arena_new(FG_SPEC_ARENA);
    struct sent sent[FILES_MAX] = {};
    size_t len = cli->args.words_len;
    if (len > FILES_MAX)
        return fg_fail(err, FG_EINVAL, "%zu files, expected %d at most", len, FILES_MAX);
    if (fg_args_has(&cli->args, "follow") && len > 1)
        return fg_fail(err, FG_EINVAL, "--follow: %zu files, expected one", len);
    for (size_t i = 0; i < len; i++) {
        int rc = submit_file(cli, cli->args.words[i], results, &sent[i], err);
        if (rc < 0)
            return rc;
        print_sent(cli, &sent[i]);
    }
    if (fg_args_has(&cli->args, "json"))
        print_json(sent, len);
    fflush(stdout);
    if (fg_args_has(&cli->args, "follow") && len == 1 && sent->jobs->count == 1)
        return fg_follow_to_end(cli, sent->jobs->id, fg_args_has(&cli->args, "quiet"), err);
    if (fg_args_has(&cli->args, "wait") || fg_args_has(&cli->args, "follow"))
        return wait_all(cli, sent, len, err);
    return 0;
}

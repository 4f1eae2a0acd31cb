/* spec.h - from what is on the command line to a job that the service takes.
 *
 *     file or command --fg_spec_read_*--> fg_job_spec --fg_spec_override--> --fg_spec_upload--> --fg_spec_submit--> id
 */
#pragma once

#include "cli/verb.h"

#include "model/pipeline_file.h"

/* Options that say something about the job, shared by `run` and `submit`. */
extern const struct fg_opt fg_opts_spec[];
#define FG_SPEC_OPTS                                                                           \
    {"name", 'n', "NAME", "name of the job", NULL},                                            \
        {"project", 'p', "NAME", "project it belongs to", NULL},                               \
        {"gpus", 'g', "KIND:N", "accelerators of each task: H100:8, H100:0.5, any:1", NULL},   \
        {"gpu-memory", 0, "SIZE", "least memory of each accelerator, like 40GiB", NULL},       \
        {"cpus", 'c', "N", "CPU cores of each task", NULL},                                    \
        {"memory", 'm', "SIZE", "memory of each task, like 16GiB", NULL},                      \
        {"tasks", 't', "N", "tasks that start together, or none", NULL},                       \
        {"suppliers", 0, "LIST",                                                               \
         "only on nodes of these: a,b; or of all but these: -a,-b; "                           \
         "this service's own: local",                                                          \
         NULL},                                                                                \
        {"region", 0, "LIST", "only on nodes in these regions", NULL},                         \
        {"max-price", 0, "USD", "an hour of a device may cost so much at most", NULL},         \
        {"spread", 0, "suppliers", "its tasks may be on nodes of several suppliers", NULL},    \
        {"time-limit", 0, "TIME", "stopped after this time, like 2h", NULL},                   \
        {"duration", 0, "TIME", "how long it will run, as you expect; puts short jobs first",  \
         NULL},                                                                                \
        {"deadline", 0, "WHEN", "should be done by then: a moment, or a time from now", NULL}, \
        {"begin", 0, "WHEN", "not before then", NULL},                                         \
        {"flexible", 0, "BY", "waits for a better hour: price, carbon or both", NULL},         \
        {"priority", 0, "N", "-1000 to 1000, added to its priority", NULL},                    \
        {"retries", 0, "N", "further attempts after a failure", NULL},                         \
        {"preemptible", 0, NULL,                                                               \
         "may be stopped for a more urgent job, and is then run again", NULL},                 \
        {"reservation", 0, "NAME", "run in that reservation, and only there", NULL},           \
        {"checkpoint", 0, "TIME", "it saves its work so often, and when it is asked to stop",  \
         NULL},                                                                                \
        {"array", 'a', "RANGE", "many jobs of one kind: 0-9, 0-99:2", NULL},                   \
        {"after", 0, "ID", "not before that job has succeeded (may be repeated)", "job"},      \
        {"env", 'e', "KEY[=VALUE]", "a variable of the job; without a value, that of yours",   \
         NULL},                                                                                \
        {"label", 'l', "KEY=VALUE", "a label of the job", NULL},                               \
        {"output", 'o', "GLOB", "files under the working folder to keep", NULL},               \
        {"set", 0, "KEY=VALUE", "any member of the job file, as in YAML", NULL},               \
    {                                                                                          \
        "idempotency-key", 0, "KEY", "a second submit with it answers the id of the first",    \
            NULL                                                                               \
    }

/* A job file of one job, "-" for standard input. */
[[nodiscard]] int fg_spec_read_file(const char *path,
                                    struct fg_arena *arena,
                                    struct fg_job_spec *out,
                                    struct fg_err *err);
/* A file of one job or of several. */
[[nodiscard]] int fg_spec_read_pipeline(const char *path,
                                        struct fg_arena *arena,
                                        struct fg_pipeline *out,
                                        struct fg_err *err);
/* The folder that paths in a job file are relative to: its own; "." for standard input.  In `arena`. */
const char *fg_spec_folder(const char *path, struct fg_arena *arena);
/* A command, to run in the folder at hand with the allowed part of the environment. */
[[nodiscard]] int fg_spec_read_command(char *const *words,
                                       size_t words_len,
                                       struct fg_arena *arena,
                                       struct fg_job_spec *out,
                                       struct fg_err *err);

/* Replace what the options say.  FG_EINVAL names the option. */
[[nodiscard]] int fg_spec_override(const struct fg_args *args,
                                   struct fg_arena *arena,
                                   struct fg_job_spec *spec,
                                   struct fg_err *err);

/* Pack and upload the working folder and the inputs that are local files, and put their hashes in their
 * places.  Relative paths are relative to `folder`. */
[[nodiscard]] int fg_spec_upload(struct fg_cli *cli,
                                 const char *folder,
                                 struct fg_arena *arena,
                                 struct fg_job_spec *spec,
                                 struct fg_err *err);

struct fg_submitted {
    char id[24];
    char name[FG_NAME_MAX]; /* in a file of several jobs; else "" */
    int64_t count;          /* of an array; else 1 */
    bool repeated;          /* the idempotency key was known */
};

/* Hand it in.  A lost answer is asked for again with the same key, so a job is made once. */
[[nodiscard]] int fg_spec_submit(struct fg_cli *cli,
                                 const struct fg_job_spec *spec,
                                 struct fg_submitted *out,
                                 struct fg_err *err);

/* The same for several jobs, all or none; `out` has room for each. */
[[nodiscard]] int fg_spec_submit_batch(struct fg_cli *cli,
                                       const struct fg_pipeline *pipeline,
                                       struct fg_submitted *out,
                                       struct fg_err *err);

/* Room that the jobs of one file surely need. */
#define FG_SPEC_ARENA FG_PIPELINE_ROOM

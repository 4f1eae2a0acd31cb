/* rest_json.h - what slurmrestd wants and says, by version of its interface. */
#pragma once

#include "slurm/shape.h"

struct fg_rest_dialect {
    const char *version;
    bool has_node_names; /* a job may name its nodes */
    bool
        has_structs; /* numbers as {"set","infinite","number"}, states as lists, environment as a list */
};

#define FG_REST_DIALECTS 3
extern const struct fg_rest_dialect fg_rest_dialects[FG_REST_DIALECTS]; /* newest first */

/* The body of a submit.  FG_ENOENT: this version cannot say it. */
[[nodiscard]] int fg_rest_write_submit(const struct fg_rest_dialect *dialect,
                                       const struct fg_shape *shape,
                                       const struct fg_shape_submit *submit,
                                       const char *script,
                                       struct fg_buf *out,
                                       struct fg_err *err);

/* The answer to a submit.  FG_ESTATE: Slurm says no; FG_EUNREACH: no sound answer. */
[[nodiscard]] int fg_rest_read_submit(const char *body,
                                      size_t len,
                                      uint64_t *out_id,
                                      struct fg_err *err);

/* The answer to a question about one job.  FG_ENOENT: it has no such job; FG_EUNREACH: no sound answer. */
[[nodiscard]] int fg_rest_read_job(
    const char *body, size_t len, uint64_t id, struct fg_slurm_end *out, struct fg_err *err);

/* args.h - options and words of a command line, read by tables.
 *
 * Accepted: --name, --name VALUE, --name=VALUE, -n, -n VALUE, -nVALUE, -abc for letters without
 * value, "--" ends the options.  Options and words may be mixed.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_ARGS_GIVEN_MAX 1024 /* options in one command line */

/* One option; a table of them ends with an empty row. */
struct fg_opt {
    const char *name; /* "time-limit" */
    char letter;      /* 'n', or 0 */
    const char *arg;  /* "TIME": takes a value, called so in the help; NULL: takes none */
    const char *help; /* what it does, one line, lower case */
    /* Words it may have, for completion: "file", "dir", "job", or "a|b|c"; NULL any. */
    const char *values;
};

struct fg_arg {
    const struct fg_opt *opt;
    const char *value; /* "" if it takes none */
};

/* All texts are those of argv. */
struct fg_args {
    const struct fg_opt *const *tables; /* ends with NULL */
    struct fg_arg given[FG_ARGS_GIVEN_MAX];
    size_t given_len;
    char **words; /* the others, in order; a part of argv, which is put into this order */
    size_t words_len;
    bool is_ended; /* "--" stood before the words, or between them */
};

/* Read argv[0..argc) by the tables.  `stop`: the first word ends the options (for `run`).
 * Returns 0, or FG_EINVAL; `out_near` becomes the known option that was probably meant, or NULL. */
[[nodiscard]] int fg_args_read(const struct fg_opt *const *tables,
                               int argc,
                               char **argv,
                               bool stop,
                               struct fg_args *out,
                               const char **out_near,
                               struct fg_err *err);

/* The last value given for the option of that name, else NULL.  The option must be in a table. */
const char *fg_args_get(const struct fg_args *args, const char *name);
bool fg_args_has(const struct fg_args *args, const char *name);

/* exec.h - run one program: input in, output out, within limits.
 *
 * Each run is a process group of its own, with a cleaned environment; whatever of the group still lives when the program has
 * ended or its time is over is killed.  Nothing goes through a shell.  Any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define FG_EXEC_STDERR_MAX (64 * 1024) /* the last bytes of it that are kept */

struct fg_exec {
    const char *const *
        argv; /* ends with NULL; argv[0] is the program's absolute path, or is looked for in PATH */
    const char *const *envs; /* "NAME=VALUE", ends with NULL: all that it has */
    const char *folder;      /* where it runs */
    const char *input;       /* its standard input, which ends after that */
    size_t input_len;
    int64_t timeout_us;
    size_t output_max; /* of standard output, in bytes */
    int stop_fd;       /* readable: kill it and come back; -1 none */
};

struct fg_exec_result {
    struct fg_buf out, err;           /* what it wrote; free with fg_exec_result_free() */
    int exit_code;                    /* -1: ended by a signal */
    int term_signal;                  /* 0 none */
    bool timed_out, stopped, too_big; /* it was killed for that */
};

void fg_exec_result_free(struct fg_exec_result *result);
static inline void fg_exec_result_drop(struct fg_exec_result *result)
{
    fg_exec_result_free(result);
}

/* Run it to its end.  0: it ran, see `*out` (zero it before); FG_EBACKEND: it could not be started. */
[[nodiscard]] int fg_exec_run(const struct fg_exec *exec,
                              struct fg_exec_result *out,
                              struct fg_err *err);

/* follow.h - stay with a job until it is over: its output, a progress line, Ctrl-C.
 *
 *     event stream --log--> standard output and standard error
 *                  --end--> the exit status
 *     ticks: why it waits, how far it is, whether Ctrl-C was pressed
 *
 * If the service goes away, the job goes on: following begins again where it was when it is back.
 */
#pragma once

#include "cli/verb.h"

struct fg_follow {
    const char *id;
    const char *stream;  /* "all", "stdout", "stderr" */
    const char *attempt; /* NULL: the latest, and those after it */
    const char *task;    /* NULL: 0 */
    bool owns;           /* Ctrl-C is about the job (run); else it just ends the command */
    bool quiet;          /* no status line */
};

struct fg_followed {
    bool over; /* false: the user left, the job goes on */
    char state[24];
    int exit_code; /* what the program should exit with */
};

[[nodiscard]] int fg_follow(struct fg_cli *cli,
                            const struct fg_follow *follow,
                            struct fg_followed *out,
                            struct fg_err *err);

/* Follow one's own job, print what came of it (unless `quiet`), and give back the exit status: the job's, or
 * 130 if the user left it. */
[[nodiscard]] int fg_follow_to_end(struct fg_cli *cli,
                                   const char *id,
                                   bool quiet,
                                   struct fg_err *err);

/* What came of a job, in a block of a few lines.  Nothing is printed if the service does not answer. */
void fg_result_print(struct fg_cli *cli, const char *id, FILE *out, const struct fg_term *term);

/* Wait until a job is over, without its output.  `timeout_s` 0: for ever; FG_ETIMEOUT. */
[[nodiscard]] int fg_wait_job(struct fg_cli *cli,
                              const char *id,
                              int64_t timeout_s,
                              struct fg_followed *out,
                              struct fg_err *err);

/* bench.h - what the benchmarks share: a daemon of their own, HTTP without a library, medians, the table.
 *
 * A benchmark is a program that starts the built fastgpu (argv[1]) on a temporary data folder, measures, and
 * prints one line a figure: name, value, unit, target, rival, ratio.  It ends with 1 if a target is
 * missed and FASTGPU_BENCH_STRICT is set: elsewhere a figure informs and does not fail.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A daemon in a temporary folder. */
struct bench_daemon {
    char folder[64]; /* everything lies in here and goes with bench_daemon_end() */
    char data[96];
    char program[4096];
    uint16_t port;
    pid_t pid;
    char token[128];
};

int64_t bench_now_us(void); /* monotonic */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Make the folder (under $TMPDIR or /tmp) and choose a port; starts nothing. */
void bench_daemon_init(struct bench_daemon *daemon, const char *program);
/* Start it and wait for "listening on"; returns how long that took, in microseconds. */
int64_t bench_daemon_start(struct bench_daemon *daemon);
void bench_daemon_stop(struct bench_daemon *daemon);
/* Stop and remove the folder. */
void bench_daemon_end(struct bench_daemon *daemon);
/* Resident memory of it and its helper processes now, in KiB; pages they share count in each. */
int64_t bench_daemon_rss_kib(const struct bench_daemon *daemon);
/* No job starts from now on: every node is drained. */
void bench_daemon_drain(const struct bench_daemon *daemon);

/* One TCP connection to the daemon. */
int bench_connect(const struct bench_daemon *daemon);
/* A whole request in malloc'd memory; `body` may be NULL. */
char *bench_request(const struct bench_daemon *daemon,
                    const char *method,
                    const char *path,
                    const char *body,
                    size_t *out_len);
/* Where the whole answer in `bytes` ends, 0 if it is not all there; status and body are filled in. */
size_t bench_answer(const char *bytes, size_t len, int *out_status, const char **out_body);
/* Send one request on `fd`, wait for its answer, copy the body (ended with 0); returns the status. */
int bench_call(int fd,
               const struct bench_daemon *daemon,
               const char *method,
               const char *path,
               const char *body,
               char *out_body,
               size_t out_size);

/* Sorts `values`; q is 0..100. */
double bench_quantile(double *values, size_t len, double q);

enum bench_better { BENCH_MORE, BENCH_LESS };
/* One line of the table.  target 0: none; rival NULL: none. */
void bench_line(const char *name,
                double value,
                const char *unit,
                enum bench_better better,
                double target,
                const char *rival,
                double rival_value);
/* 0, or 1 if a target was missed and FASTGPU_BENCH_STRICT is set. */
int bench_done(void);

/* What is in a file that xz packed, or a zip with one; the programs xz and unzip unpack it, so no benchmark links a library for that. */
bool bench_read_packed(const char *path, struct fg_buf *out);

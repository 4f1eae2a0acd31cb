/* mip.c - see mip.h: the process around the solver, and the check of its answer */
#include "solver/mip.h"
#include "solver/mip_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_S   0.5 /* after the time limit: to write the best answer so far */
#define TOLERANCE 1e-5

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* -- the process ------------------------------------------------------------------------------------------------ */

static bool write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t written = write(fd, at, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        len -= (size_t)written;
    }
    return true;
}

static _Noreturn void be_solver(const struct mip_program *program, int fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
    }
    double *values = calloc((size_t)program->cols + 1, sizeof(double));
    struct mip_result result = {.magic = MIP_MAGIC};
    if (!values)
        _exit(1);
    fg_mip_cbc(program, &result, values);
    bool ok = write_all(fd, &result, sizeof(result))
              && (!result.found || write_all(fd, values, program->cols * sizeof(double)));
    _exit(ok ? 0 : 1);
}

/* Bytes until `len` are there, the other end closes, or it is `until`; how many. */
static size_t read_until(int fd, void *bytes, size_t len, double until)
{
    size_t have = 0;
    while (have < len) {
        double left = until - now_s();
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        int ready = left > 0 ? poll(&poller, 1, (int)fmin(ceil(left * 1000), 60000)) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0 || (ready == 0 && left <= 0))
            return have;
        if (ready == 0)
            continue;
        ssize_t got = read(fd, (char *)bytes + have, len - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return have;
        have += (size_t)got;
    }
    return have;
}

/* True: a result came; its values are in `values`. */
static bool listen_to(int fd,
                      const struct mip_program *program,
                      struct mip_result *result,
                      double *values)
{
    double until = now_s() + program->seconds + GRACE_S;
    if (read_until(fd, result, sizeof(*result), until) != sizeof(*result)
        || result->magic != MIP_MAGIC)
        return false;
    size_t len = program->cols * sizeof(double);
    if (result->found && read_until(fd, values, len, until + GRACE_S) != len)
        return false;
    return true;
}

static int solve_apart(const struct mip_program *program,
                       struct mip_result *result,
                       double *values,
                       struct fg_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fg_fail(err, FG_EBACKEND, "whole numbers: no pipe to a solver: %s",
                       strerror(errno));
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        be_solver(program, ends[1], parent);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return fg_fail(err, FG_EBACKEND, "whole numbers: no process for a solver: %s",
                       strerror(errno));
    }
    bool told = listen_to(ends[0], program, result, values);
    close(ends[0]);
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    if (!told)
        *result = (struct mip_result){.bound = -FG_LP_INF}; /* out of time: nothing is known */
    return 0;
}

/* -- the program, and is the answer one? ---------------------------------------------------------------------- */

static void *copy(struct fg_arena *arena, const void *from, size_t count, size_t size)
{
    void *to = fg_arena_alloc(arena, count + 1, size);
    if (count)
        memcpy(to, from, count * size);
    return to;
}

/* Cells by column, as the solver takes them. */
static void pack(const struct fg_lp *lp, struct fg_arena *arena, struct mip_program *out)
{
    out->starts = FG_NEW(arena, int, (size_t)lp->cols.len + 2);
    out->index = FG_NEW(arena, int, (size_t)lp->cells_len + 1);
    out->values = FG_NEW(arena, double, (size_t)lp->cells_len + 1);
    for (uint32_t k = 0; k < lp->cells_len; k++)
        out->starts[lp->cells[k].col + 1]++;
    for (uint32_t j = 0; j < lp->cols.len; j++)
        out->starts[j + 1] += out->starts[j];
    int *next = copy(arena, out->starts, lp->cols.len + 1, sizeof(int));
    for (uint32_t k = 0; k < lp->cells_len; k++) {
        int at = next[lp->cells[k].col]++;
        out->index[at] = (int)lp->cells[k].row;
        out->values[at] = lp->cells[k].value;
    }
}

/* Whole values are made so, then every row and bound is computed again. */
static bool is_answer(const struct fg_lp *lp,
                      const struct mip_program *program,
                      struct fg_arena *arena,
                      double *values)
{
    for (size_t i = 0; i < program->whole_len; i++) {
        double *value = &values[program->whole[i]];
        if (!(fabs(*value - round(*value)) <= 1e-4))
            return false;
        *value = round(*value);
    }
    double *activity = FG_NEW(arena, double, (size_t)lp->rows.len + 1);
    double *sizes = FG_NEW(arena, double, (size_t)lp->rows.len + 1);
    for (uint32_t k = 0; k < lp->cells_len; k++) {
        double term = lp->cells[k].value * values[lp->cells[k].col];
        activity[lp->cells[k].row] += term;
        sizes[lp->cells[k].row] += fabs(term);
    }
    for (uint32_t i = 0; i < lp->rows.len; i++) {
        double slack = 10 * TOLERANCE * (1 + sizes[i]);
        if (!(activity[i] >= lp->rows.lower[i] - slack
              && activity[i] <= lp->rows.upper[i] + slack))
            return false;
    }
    for (uint32_t j = 0; j < lp->cols.len; j++) {
        double slack = TOLERANCE * (1 + fabs(values[j]));
        if (!(values[j] >= lp->cols.lower[j] - slack && values[j] <= lp->cols.upper[j] + slack))
            return false;
    }
    return true;
}

int fg_mip_solve(const struct fg_lp *lp,
                 const uint32_t *whole,
                 size_t whole_len,
                 const struct fg_mip_limits *limits,
                 struct fg_arena *arena,
                 struct fg_mip_answer *out,
                 struct fg_err *err)
{
    if (lp->sign < 0)
        return fg_fail(err, FG_EINVAL,
                       "whole numbers: the program maximises, expected one that minimises");
    double begun_s = now_s();
    struct mip_program program = {.rows = lp->rows.len,
                                  .cols = lp->cols.len,
                                  .cost = lp->cost,
                                  .col_lower = lp->cols.lower,
                                  .col_upper = lp->cols.upper,
                                  .row_lower = lp->rows.lower,
                                  .row_upper = lp->rows.upper,
                                  .whole = whole,
                                  .whole_len = whole_len,
                                  .seconds = limits->seconds,
                                  .gap = limits->gap};
    pack(lp, arena, &program);
    double *values = FG_NEW(arena, double, (size_t)lp->cols.len + 1);
    struct mip_result result = {};
    int rc = solve_apart(&program, &result, values, err);
    if (rc < 0)
        return rc;
    *out = (struct fg_mip_answer){.found = result.found,
                                  .finished = result.finished,
                                  .bound = result.bound,
                                  .values = values};
    out->seconds = now_s() - begun_s;
    if (!result.found)
        return 0;
    if (!is_answer(lp, &program, arena, values))
        return fg_fail(err, FG_EBACKEND,
                       "whole numbers: the solver's answer breaks a row or a bound");
    for (uint32_t j = 0; j < lp->cols.len; j++)
        out->objective += lp->cost[j] * values[j];
    out->bound = fmin(out->bound, out->objective);
    return 0;
}

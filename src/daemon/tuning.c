/* tuning.c - see tuning.h */
#include "daemon/tuning.h"

#include "base/exec.h"
#include "daemon/log.h"
#include "tune/objective.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS    30'000
#define OUTPUT_MAX (1 << 20)
#define BUDGET_S   7200 /* for the search, and at most half of what is left of the quiet hours */

struct fg_tuning {
    struct fg_quiet_hours hours;
    bool adopts;
    char program[PATH_MAX], folder[PATH_MAX], url[PATH_MAX], state[PATH_MAX];
    char objective[FG_TEXT_MAX], memory[32];
    pthread_t thread;
    int stop_fd;
    time_t begun; /* of the hours in which it ran last */
};

/* The last line of what it said. */
static void tell(const struct fg_exec_result *result)
{
    char *text = result->err.text ? result->err.text : "";
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    const char *line = strrchr(text, '\n');
    fg_log("event=tuned exit=%d signal=%d%s says=\"%s\"", result->exit_code,
           result->term_signal, result->timed_out ? " timed_out=1" : "",
           line ? line + 1 : text);
}

static void run(struct fg_tuning *tuning, int64_t left_s)
{
    char budget[32];
    int64_t budget_s = left_s / 2 < BUDGET_S ? left_s / 2 : BUDGET_S;
    snprintf(budget, sizeof(budget), "%llds", (long long)budget_s);
    const char *const argv[] = {tuning->program,
                                "tune",
                                "--url",
                                tuning->url,
                                "--objective",
                                tuning->objective,
                                "--budget",
                                budget,
                                "--state",
                                tuning->state,
                                "--memory",
                                tuning->memory,
                                "--background",
                                tuning->adopts ? "--adopt" : "--propose",
                                NULL};
    const char *const envs[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
    FG_AUTO(fg_exec_result) struct fg_exec_result result = {};
    struct fg_err err = {};
    int rc = fg_exec_run(&(struct fg_exec){.argv = argv,
                                           .envs = envs,
                                           .folder = tuning->folder,
                                           .timeout_us = left_s * 1'000'000,
                                           .output_max = OUTPUT_MAX,
                                           .stop_fd = tuning->stop_fd},
                         &result, &err);
    if (rc < 0)
        fg_log("event=tune-failed why=\"%s\"", err.text);
    else if (!result.stopped)
        tell(&result);
}

/* Once in the hours of a night. */
static void run_if_quiet(struct fg_tuning *tuning)
{
    time_t now = time(NULL);
    struct tm local;
    int64_t since_s, left_s;
    localtime_r(&now, &local);
    int second = (local.tm_hour * 60 + local.tm_min) * 60 + local.tm_sec;
    if (!fg_quiet_hours_at(&tuning->hours, second, &since_s, &left_s))
        return;
    time_t begun = now - (time_t)since_s;
    if (begun - tuning->begun < 43'200 && tuning->begun)
        return;
    tuning->begun = begun;
    run(tuning, left_s);
}

static void *work(void *self)
{
    struct fg_tuning *tuning = self;
    struct pollfd stop = {.fd = tuning->stop_fd, .events = POLLIN};
    do
        run_if_quiet(tuning);
    while (poll(&stop, 1, LOOK_MS) <= 0);
    return NULL;
}

static int fill(struct fg_tuning *tuning,
                const struct fg_service_config *config,
                const char *data_dir,
                struct fg_err *err)
{
    struct fg_tune_objective objective;
    int rc = fg_tune_objective_read(config->tune_objective, &objective, err);
    if (rc < 0)
        return fg_wrap(err, rc, "tune_objective");
    ssize_t len = readlink("/proc/self/exe", tuning->program, sizeof(tuning->program) - 1);
    if (len < 0)
        return fg_fail(err, FG_EIO, "the program of the service cannot be found");
    tuning->program[len] = '\0';
    tuning->hours = config->tune_hours;
    tuning->adopts = config->numbers.tune_adopt != 0;
    snprintf(tuning->folder, sizeof(tuning->folder), "%s", data_dir);
    snprintf(tuning->url, sizeof(tuning->url), "unix:%s/fastgpu.sock", data_dir);
    snprintf(tuning->state, sizeof(tuning->state), "%s/tune.state", data_dir);
    snprintf(tuning->objective, sizeof(tuning->objective), "%s", config->tune_objective);
    snprintf(tuning->memory, sizeof(tuning->memory), "%lldMiB",
             (long long)config->numbers.tune_memory_mib);
    tuning->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return tuning->stop_fd < 0 ? fg_fail(err, FG_ENOMEM, "no descriptor for the tuning") : 0;
}

int fg_tuning_start(const struct fg_service_config *config,
                    const char *data_dir,
                    struct fg_tuning **out,
                    struct fg_err *err)
{
    *out = NULL;
    if (config->tune_hours.from_h == config->tune_hours.until_h)
        return 0;
    struct fg_tuning *tuning = calloc(1, sizeof(*tuning));
    if (!tuning)
        return fg_fail(err, FG_ENOMEM, "no memory for the tuning");
    tuning->stop_fd = -1;
    int rc = fill(tuning, config, data_dir, err);
    if (rc == 0 && pthread_create(&tuning->thread, NULL, work, tuning) != 0)
        rc = fg_fail(err, FG_ENOMEM, "no thread for the tuning");
    if (rc == 0) {
        *out = tuning;
        return 0;
    }
    if (tuning->stop_fd >= 0)
        close(tuning->stop_fd);
    free(tuning);
    return rc;
}

void fg_tuning_stop(struct fg_tuning *tuning)
{
    if (!tuning)
        return;
    uint64_t one = 1;
    while (write(tuning->stop_fd, &one, sizeof(one)) < 0)
        ;
    pthread_join(tuning->thread, NULL);
    close(tuning->stop_fd);
    free(tuning);
}

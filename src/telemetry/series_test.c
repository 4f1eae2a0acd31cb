/* series_test.c - the store: curves in order, what a kill, a torn tail, a full disk and a jump of the clock leave. */
#include "telemetry/query.h"
#include "telemetry/series.h"
#include "test/tap.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND   INT64_C(1000000)
#define HOUR     (3600 * SECOND)
#define START_US (1763769600 * SECOND) /* a day begins */

static struct fg_track job_track(fg_job_id job)
{
    return (struct fg_track){.job = job, .project = 1};
}

static struct fg_track device_track(const char *node, const char *device)
{
    struct fg_track track = {};
    snprintf(track.node, sizeof(track.node), "%s", node);
    snprintf(track.device, sizeof(track.device), "%s", device);
    return track;
}

static int add(struct fg_series *series,
               struct fg_track track,
               int64_t time_us,
               unsigned column,
               int64_t value)
{
    int64_t values[FG_SERIES_COLUMNS];
    for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++)
        values[c] = c == column ? value : -1;
    return fg_series_add(series, &track, time_us, values);
}

static struct fg_series *open_at(const char *dir)
{
    struct fg_series *series = NULL;
    struct fg_err err = {};
    int rc = fg_series_open(&(struct fg_series_options){.dir = dir}, &series, &err);
    if (rc < 0)
        printf("# %s\n", err.text);
    return series;
}

static char *folder_new(char path[64])
{
    bool in_memory =
        access("/dev/shm", W_OK) == 0; /* a thousand times to the disk is not what is tested */
    snprintf(path, 64, "%s/fastgpu-series-XXXXXX", in_memory ? "/dev/shm" : "/tmp");
    return mkdtemp(path);
}

static void folder_end(const char *path)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", path);
    OK(system(command) == 0);
}

static size_t files_of(const char *path, const char *begin)
{
    size_t len = 0;
    DIR *folder = opendir(path);
    for (const struct dirent *entry; (entry = readdir(folder));)
        len += strncmp(entry->d_name, begin, strlen(begin)) == 0;
    closedir(folder);
    return len;
}

/* -- curves --------------------------------------------------------------------------------------------------- */

static void test_newest_points_come_oldest_first(void)
{
    struct fg_series *series = fg_series_new();
    static struct fg_job_point out[8000];
    EQ(fg_series_job(series, 1, out, 8000), 0);
    bool right = true;
    for (int n = 1; n <= 7500; n++) { /* across two ends of hours */
        EQ(add(series, job_track(1), START_US + n * SECOND, FG_SERIES_MEM, n), 0);
        if (n % 1000 == 0)
            fg_series_tend(series);
        if (n % 97)
            continue;
        size_t len = fg_series_job(series, 1, out, 3);
        right = right && len == (n < 3 ? (size_t)n : 3) && out[len - 1].mem_mib == n
                && out[0].mem_mib == n - 2;
    }
    OK(right);
    EQ(fg_series_job(series, 1, out, 8000), 7500);
    for (int i = 0; i < 7500; i++)
        right = right && out[i].time_us == START_US + (i + 1) * SECOND
                && out[i].mem_mib == i + 1 && out[i].cpu_milli == -1;
    OK(right);
    EQ(fg_series_job(series, 1, out, 0), 0);
    fg_series_free(series);
    fg_series_free(NULL);
}

static void test_curves_do_not_mix(void)
{
    struct fg_series *series = fg_series_new();
    struct fg_device_point out[200];
    for (int n = 1; n <= 100; n++) {
        int64_t time_us = START_US + n * SECOND;
        EQ(add(series, device_track("a", "cpu"), time_us, FG_READING_BUSY, n), 0);
        EQ(add(series, device_track("a", "gpu-0"), time_us, FG_READING_TEMP, 7), 0);
        EQ(add(series, device_track("ac", "pu"), time_us, FG_READING_POWER, 5), 0);
        EQ(add(series, job_track((fg_job_id)n), time_us, FG_SERIES_CPU, n), 0);
    }
    EQ(fg_series_device(series, "a", "cpu", out, 200), 100);
    EQ(out[99].busy_milli, 100);
    EQ(out[99].temp_c, -1);
    EQ(fg_series_device(series, "a", "gpu-0", out, 200), 100);
    EQ(out[0].temp_c, 7);
    EQ(fg_series_device(series, "ac", "pu", out, 200), 100);
    EQ(out[0].power_mw, 5);
    EQ(fg_series_device(series, "b", "cpu", out, 200), 0);
    int64_t time_us = 0, values[FG_SERIES_COLUMNS];
    OK(fg_series_last(series, "a", "cpu", &time_us, values));
    EQ(time_us, START_US + 100 * SECOND);
    EQ(values[FG_READING_BUSY], 100);
    OK(!fg_series_last(series, "b", "cpu", &time_us, values));
    fg_series_free(series);
}

/* -- the disk -------------------------------------------------------------------------------------------------- */

static void test_a_kill_loses_ten_seconds_at_most(void)
{
    char dir[64];
    folder_new(dir);
    int pipe_fds[2], written = 0;
    OK(pipe(pipe_fds) == 0);
    pid_t child = fork();
    if (child == 0) {
        int seconds = 0;
        struct fg_series *series = open_at(dir);
        for (int n = 0; n < 5005; n++) {
            add(series, device_track("a", "gpu-0"), START_US + n * SECOND, FG_READING_POWER,
                1000 + n);
            if (n % 10 != 9)
                continue;
            fg_series_tend(series); /* as its thread does every few seconds */
            seconds = n + 1;
        }
        (void)!write(pipe_fds[1], &seconds, sizeof(seconds));
        pause();
        _exit(0);
    }
    OK(read(pipe_fds[0], &written, sizeof(written)) == sizeof(written));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    EQ(written, 5000);

    static struct fg_device_point out[6000];
    struct fg_series *series = open_at(dir);
    OK(files_of(dir, "log-") > 0);
    fg_series_tend(series);
    EQ(fg_series_device(series, "a", "gpu-0", out, 6000), 5000);
    bool right = true;
    for (int i = 0; i < 5000; i++)
        right = right && out[i].time_us == START_US + i * SECOND && out[i].power_mw == 1000 + i;
    OK(right);
    EQ(files_of(dir, "log-"), 0);
    fg_series_free(series);
    folder_end(dir);
}

static void test_a_torn_log_ends_where_it_was_torn(void)
{
    char dir[64], command[256];
    folder_new(dir);
    struct fg_series *series = open_at(dir);
    for (int n = 0; n < 100; n++) {
        add(series, device_track("a", "gpu-0"), START_US + n * SECOND, FG_READING_POWER, n);
        if (n % 10 == 9)
            fg_series_tend(series);
    }
    fg_series_free(series);
    snprintf(command, sizeof(command), "for log in %s/log-*; do truncate -s -3 $log; done",
             dir);
    OK(system(command) == 0);
    struct fg_device_point out[200];
    series = open_at(dir);
    fg_series_tend(series);
    EQ(fg_series_device(series, "a", "gpu-0", out, 200), 90);
    struct fg_series_state state;
    fg_series_state(series, &state);
    EQ(state.lost, 1);
    OK(state.trouble[0] == '\0');
    fg_series_free(series);
    folder_end(dir);
}

/* Days of rows, one a minute: what is kept how long, in how many files, and that a second start finds the same. */
static void test_blocks_are_merged_and_let_go(void)
{
    char dir[64];
    folder_new(dir);
    struct fg_series *series = open_at(dir);
    for (int n = 0; n < 60 * 24 * 40; n++) {
        add(series, device_track("a", "gpu-0"), START_US + n * 60 * SECOND, FG_READING_POWER,
            n % 60);
        if (n % 120 == 0)
            fg_series_tend(series);
    }
    fg_series_tend(series);
    EQ(files_of(dir, "raw-"), 25);
    size_t minutes = files_of(dir, "minute-"), hours = files_of(dir, "hour-");
    printf("# %zu of minutes, %zu of hours\n", minutes, hours);
    OK(minutes >= 30 && minutes <= 30 + 24);
    OK(hours >= 1 && hours <= 1 + 32 + 24);
    struct fg_series_query query = {.column = FG_READING_POWER,
                                    .from_us = START_US,
                                    .to_us = START_US + 40 * 24 * HOUR,
                                    .step_us = HOUR,
                                    .agg = FG_AGG_AVG,
                                    .values_max = 100000};
    for (int start = 0; start < 2; start++) {
        FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
        EQ(fg_series_ask(series, &query, &answer, NULL), 0);
        EQ(answer.len, 1);
        EQ(answer.steps, 960);
        bool right = true;
        for (size_t i = 0; i < 960; i++)
            right = right && answer.groups[0].values[i] == 29.5;
        OK(right);
        fg_series_free(series);
        series = open_at(dir);
        fg_series_tend(series);
    }
    EQ(files_of(dir, "hour-"), hours + 1); /* of the hour that was begun */
    fg_series_free(series);
    folder_end(dir);
}

/* A disk on which no file may grow beyond 64 bytes. */
static void test_a_full_disk_stops_nothing(void)
{
    char dir[64];
    folder_new(dir);
    struct fg_series *series = open_at(dir);
    struct rlimit before, little = {64, 0};
    struct fg_series_state state;
    static struct fg_device_point out[9000];
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    little.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &little);
    for (int n = 0; n < 8000; n++) {
        add(series, device_track("a", "gpu-0"), START_US + n * SECOND, FG_READING_POWER,
            n * n % 7919);
        if (n % 100 == 99)
            fg_series_tend(series);
    }
    fg_series_state(series, &state);
    printf("# %s\n", state.trouble);
    OK(strstr(state.trouble, "File too large") != NULL);
    EQ(fg_series_device(series, "a", "gpu-0", out, 9000), 8000);
    setrlimit(RLIMIT_FSIZE, &before);
    fg_series_tend(series);
    fg_series_state(series, &state);
    OK(state.trouble[0] == '\0');
    fg_series_tend(series);
    fg_series_free(series);
    series = open_at(dir);
    fg_series_tend(series);
    OK(fg_series_device(series, "a", "gpu-0", out, 9000)
       >= 7200); /* the hours that are over, all of them */
    fg_series_free(series);
    folder_end(dir);
}

static void test_clocks_may_jump(void)
{
    struct fg_series *series = fg_series_new();
    struct fg_track track = device_track("a", "gpu-0");
    static struct fg_device_point out[9000];
    int dropped = 0, taken = 0;
    for (int n = 0; n < 3600; n++) {
        int64_t jump = n < 1000   ? 0
                       : n < 1300 ? -600 * SECOND
                       : n < 2000 ? 26 * HOUR
                       : n < 2600 ? -5 * HOUR
                                  : 0;
        int rc = add(series, track, START_US + n * SECOND + jump, FG_READING_POWER, n);
        dropped += rc == FG_ETIMEOUT;
        taken += rc == 0;
        if (n % 50 == 0)
            fg_series_tend(series);
    }
    EQ(dropped,
       300); /* those of the 600 s that it went back within the hour; then it went elsewhere */
    EQ(taken, 3300);
    struct fg_series_state state;
    fg_series_state(series, &state);
    EQ(state.late, 300);
    EQ(state.refused, 0);
    OK(fg_series_device(series, "a", "gpu-0", out, 9000) > 0);
    for (unsigned level = 0; level < 2; level++) {
        FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
        struct fg_series_query query = {.column = FG_READING_POWER,
                                        .from_us = START_US - 6 * HOUR,
                                        .to_us = START_US + 40 * HOUR,
                                        .step_us = level ? HOUR : 30 * 60 * SECOND,
                                        .agg = FG_AGG_MAX,
                                        .values_max = 1000};
        EQ(fg_series_ask(series, &query, &answer, NULL), 0);
        double most = 0;
        for (size_t i = 0; i < answer.steps; i++)
            most = answer.groups[0].values[i] > most ? answer.groups[0].values[i] : most;
        EQ((int)most, 3599);
    }
    fg_series_free(series);
}

static void test_memory_is_bounded(void)
{
    struct fg_series *series = NULL;
    struct fg_series_state state;
    EQ(fg_series_open(&(struct fg_series_options){.memory_bytes = 1 << 20}, &series, NULL), 0);
    for (fg_job_id job = 1; job <= 20000; job++)
        add(series, job_track(job), START_US + (int64_t)job * 10 * 1000, FG_SERIES_CPU, 1);
    fg_series_state(series, &state);
    OK(state.refused > 0 && state.rows > 100 && state.rows + state.refused == 20000);
    OK(state.memory_bytes < 2 << 20);
    int64_t later_us = START_US + 2 * HOUR; /* the hour is over: there is room again */
    fg_series_free(series);
    EQ(fg_series_open(&(struct fg_series_options){.memory_bytes = 4 << 20}, &series, NULL), 0);
    for (int hour = 0; hour < 5; hour++)
        for (fg_job_id job = 1; job <= 1000; job++) {
            add(series, job_track(job), later_us + hour * HOUR + (int64_t)job * 1000,
                FG_SERIES_CPU, 1);
            if (job == 1000)
                fg_series_tend(series);
        }
    fg_series_state(series, &state);
    EQ(state.refused, 0);
    fg_series_free(series);
}

/* -- threads -------------------------------------------------------------------------------------------------- */

static void *add_many(void *self)
{
    for (int n = 1; n <= 20000; n++)
        add(self, job_track((fg_job_id)(n % 50 + 1)), START_US + n * SECOND, FG_SERIES_CPU, n);
    return NULL;
}

static void test_one_adds_while_others_read_and_write(void)
{
    char dir[64];
    folder_new(dir);
    struct fg_series *series = NULL;
    EQ(fg_series_open(&(struct fg_series_options){.dir = dir, .pause_us = 1000}, &series, NULL),
       0);
    pthread_t adder;
    EQ(pthread_create(&adder, NULL, add_many, series), 0);
    static struct fg_job_point out[2000];
    bool right = true;
    for (int n = 0; n < 300; n++) {
        size_t len = fg_series_job(series, (fg_job_id)(n % 50 + 1), out, 2000);
        for (size_t i = 1; i < len; i++)
            right = right && out[i].time_us == out[i - 1].time_us + 50 * SECOND;
    }
    pthread_join(adder, NULL);
    OK(right);
    EQ(fg_series_job(series, 1, out, 2000), 400);
    fg_series_free(series);
    series = open_at(dir);
    fg_series_tend(series);
    EQ(fg_series_job(series, 1, out, 2000), 400);
    fg_series_free(series);
    folder_end(dir);
}

int main(void)
{
    RUN(test_newest_points_come_oldest_first);
    RUN(test_curves_do_not_mix);
    RUN(test_a_kill_loses_ten_seconds_at_most);
    RUN(test_a_torn_log_ends_where_it_was_torn);
    RUN(test_blocks_are_merged_and_let_go);
    RUN(test_a_full_disk_stops_nothing);
    RUN(test_clocks_may_jump);
    RUN(test_memory_is_bounded);
    RUN(test_one_adds_while_others_read_and_write);
    return tap_done();
}

/* ledger_task.c - a task of a test that leaves a trace which can be checked: what ran when, and did two copies ever run?
 *
 *     ledger_task LEDGER MILLISECONDS [EXIT_CODE]
 *
 * Appends lines "WHAT JOB ATTEMPT RANK TIME_US PID NODE" to LEDGER: `start`, `tick` every 50 ms while it lives, `term` when it
 * was asked to stop, `end` when its work is done.  The time is CLOCK_BOOTTIME, one clock for all nodes of a test on one
 * machine.  With FASTGPU_CHECKPOINT_DIR its progress lies there, and a later attempt does only the rest. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 50

static volatile sig_atomic_t asked_to_stop;

static void on_term(int number)
{
    (void)number;
    asked_to_stop = 1;
}

static const char *word(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

static int64_t now_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* One write of one line: lines of many tasks do not mix. */
static void note(int ledger, const char *what)
{
    char line[512];
    int length = snprintf(line, sizeof line, "%s %s %s %s %lld %d %s\n", what,
                          word("FASTGPU_JOB_ID", "0"), word("FASTGPU_ATTEMPT", "0"),
                          word("RANK", "0"), (long long)now_us(), getpid(),
                          word("FASTGPU_NODE", word("SLURMD_NODENAME", "-")));
    if (length < 0 || write(ledger, line, (size_t)length) != length)
        exit(2);
}

/* "" without a place for checkpoints. */
static void progress_path(char path[PATH_MAX])
{
    const char *folder = getenv("FASTGPU_CHECKPOINT_DIR");
    path[0] = 0;
    if (folder && *folder && strlen(folder) < PATH_MAX - 32)
        (void)snprintf(path, PATH_MAX, "%s/done.%s", folder, word("RANK", "0"));
}

static long done_before(const char *path)
{
    long done = 0;
    FILE *file = *path ? fopen(path, "r") : NULL;
    if (!file)
        return 0;
    if (fscanf(file, "%ld", &done) != 1) // NOLINT(cert-err34-c): written by ourselves
        done = 0;
    (void)fclose(file);
    return done;
}

static void save(const char *path, long done)
{
    char other[PATH_MAX + 8];
    if (!*path)
        return;
    (void)snprintf(other, sizeof other, "%s.new", path);
    FILE *file = fopen(other, "w");
    if (!file)
        return;
    (void)fprintf(file, "%ld\n", done);
    if (fclose(file) == 0)
        (void)rename(other, path);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fprintf(stderr, "usage: ledger_task LEDGER MILLISECONDS [EXIT_CODE]\n");
        return 2;
    }
    int ledger = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (ledger < 0) {
        (void)fprintf(stderr, "ledger_task: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    long wanted = strtol(argv[2], NULL, 10);
    char path[PATH_MAX];
    progress_path(path);
    (void)signal(SIGTERM, on_term);
    note(ledger, "start");
    long done = done_before(path);
    if (done > 0)
        (void)printf("goes on at %ld of %ld ms\n", done, wanted);
    while (done < wanted && !asked_to_stop) {
        long pause = wanted - done < TICK_MS ? wanted - done : TICK_MS;
        struct timespec rest = {.tv_nsec = pause * 1000000};
        (void)nanosleep(&rest, NULL);
        done += pause;
        note(ledger, "tick");
        save(path, done);
    }
    note(ledger, asked_to_stop ? "term" : "end");
    (void)fsync(ledger);
    return asked_to_stop ? 143 : argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
}

/* fake_clock.c - a FAKE wall clock, for LD_PRELOAD: UTC as programs read it is what it is plus the seconds in a file.
 *
 *     FASTGPU_FAKE_CLOCK=FILE      a decimal number; it may be changed at any time, for all who run
 *
 * As when the clock is set, all that counts from the boot goes on as it did: CLOCK_MONOTONIC, CLOCK_BOOTTIME, sleeps, timers.
 * Unlike then, times of files and waits for a moment of the wall clock stay with the true one. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t moved_by(void)
{
    char text[32] = "";
    const char *path = getenv("FASTGPU_FAKE_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    (void)!read(fd, text, sizeof(text) - 1);
    close(fd);
    return strtol(text, NULL, 10);
}

static int true_time(clockid_t id, struct timespec *out)
{
    return (int)syscall(SYS_clock_gettime, id, out);
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    int rc = true_time(id, out);
    if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        out->tv_sec += moved_by();
    return rc;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    (void)zone;
    struct timespec now;
    int rc = clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return rc;
}

time_t time(time_t *out)
{
    struct timespec now = {};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

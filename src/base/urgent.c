/* urgent.c - see urgent.h; sched(7), sched_setattr(2)
 *
 * Weight alone is not enough: since Linux 6.6 who runs keeps the core to the end of its slice (3 ms), whoever wakes.  One
 * that asks for a shorter slice does not wait for that (6.12, "PREEMPT_SHORT"); older kernels pass over the wish.
 */
#include "base/urgent.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define URGENT_NICE      -15
#define URGENT_NICE_TEXT "-15"
#define SLICE_NS         100'000

void fg_urgent_thread(void)
{
    struct sched_attr wish = {.size = sizeof(wish),
                              .sched_policy = 0, /* SCHED_OTHER */
                              .sched_flags = SCHED_FLAG_RESET_ON_FORK,
                              .sched_nice = URGENT_NICE,
                              .sched_runtime = SLICE_NS};
    if (syscall(SYS_sched_setattr, 0, &wish, 0) == 0)
        return;
    wish.sched_nice = getpriority(PRIO_PROCESS, 0); /* a short slice is anybody's */
    (void)syscall(SYS_sched_setattr, 0, &wish, 0);
}

void fg_urgent_session(void)
{
    int fd = getsid(0) == getpid() ? open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    (void)!write(fd, URGENT_NICE_TEXT, sizeof(URGENT_NICE_TEXT) - 1);
    close(fd);
}

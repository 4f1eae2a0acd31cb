/* urgent_test.c - a thread becomes urgent or stays as it was; what it makes is as usual. */
#include "base/urgent.h"
#include "test/tap.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int niceness(void)
{
    return getpriority(PRIO_PROCESS, 0);
}

static void *note_niceness(void *out)
{
    *(int *)out = niceness();
    return NULL;
}

static void *become_urgent(void *out)
{
    int *seen = out, status = 0;
    pthread_t thread;
    fg_urgent_thread();
    seen[0] = niceness();
    if (pthread_create(&thread, NULL, note_niceness, &seen[1]) == 0)
        pthread_join(thread, NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(niceness() + 20);
    seen[2] =
        waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) - 20 : -99;
    return NULL;
}

static void only_this_thread(void)
{
    int before = niceness(), seen[3] = {99, 99, 99};
    pthread_t thread;
    OK(pthread_create(&thread, NULL, become_urgent, seen) == 0);
    pthread_join(thread, NULL);
    OK(seen[0] == -15 || seen[0] == before); /* where it is not allowed */
    int usual = before < 0 ? 0 : before;
    EQ(seen[1], usual);
    EQ(seen[2], usual);
    EQ(niceness(), before);
}

int main(void)
{
    RUN(only_this_thread);
    return tap_done();
}

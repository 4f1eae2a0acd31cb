/* interrupt.c - see interrupt.h */
#include "cli/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct fg_interrupt {
    int fd;
    int terminal; /* /dev/tty; -1 none */
    sigset_t before;
};

/* A signal that we were started to ignore (nohup, "&" in a script) stays ignored: blocked, it would come all
 * the same. */
static void add_unless_ignored(sigset_t *set, int signal)
{
    struct sigaction action;
    if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset(set, signal);
}

struct fg_interrupt *fg_interrupt_new(void)
{
    struct fg_interrupt *interrupt = calloc(1, sizeof(*interrupt));
    if (!interrupt)
        abort();
    sigset_t set;
    sigemptyset(&set);
    add_unless_ignored(&set, SIGINT);
    add_unless_ignored(&set, SIGTERM);
    interrupt->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (interrupt->fd < 0) {
        free(interrupt);
        return NULL;
    }
    sigprocmask(SIG_BLOCK, &set, &interrupt->before);
    /* Somebody who sees our questions, and not only a controlling terminal somewhere. */
    interrupt->terminal = isatty(STDERR_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;
    return interrupt;
}

void fg_interrupt_free(struct fg_interrupt *interrupt)
{
    if (!interrupt)
        return;
    while (fg_interrupt_take(interrupt)) {
        /* what came while the mask was ours was ours */
    }
    sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
    close(interrupt->fd);
    if (interrupt->terminal >= 0)
        close(interrupt->terminal);
    free(interrupt);
}

int fg_interrupt_fd(const struct fg_interrupt *interrupt)
{
    return interrupt->fd;
}

bool fg_interrupt_take(struct fg_interrupt *interrupt)
{
    struct signalfd_siginfo info;
    return read(interrupt->fd, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

bool fg_interrupt_is_terminal(const struct fg_interrupt *interrupt)
{
    return interrupt->terminal >= 0;
}

enum fg_answer_word fg_interrupt_ask(struct fg_interrupt *interrupt, const char *id)
{
    char line[64];
    dprintf(interrupt->terminal, "\ncancel job %s? [y/N, Ctrl-C again detaches] ", id);
    struct pollfd watch[] = {{.fd = interrupt->terminal, .events = POLLIN},
                             {.fd = interrupt->fd, .events = POLLIN}};
    while (poll(watch, 2, -1) < 0)
        if (errno != EINTR)
            return FG_WORD_NO;
    if (fg_interrupt_take(interrupt)) {
        dprintf(interrupt->terminal, "\n");
        return FG_WORD_LEAVE;
    }
    ssize_t len = read(interrupt->terminal, line, sizeof(line));
    if (len == 0) /* Ctrl-D, or the terminal is gone */
        return FG_WORD_LEAVE;
    return len > 0 && (line[0] == 'y' || line[0] == 'Y') ? FG_WORD_YES : FG_WORD_NO;
}

/* cmd_top.c - fastgpu top: the picture of top_frame.h, again and again */
#include "cli/interrupt.h"
#include "cli/top_frame.h"

#include "base/clock.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#define REFRESH_MS 1000
#define SIZE_MS    200 /* how soon a new size of the window shows */

const struct fg_opt fg_opts_top[] = {
    {"once", '1', NULL, "print one picture and end", NULL},
    {},
};

fg_verb_fn fg_cmd_top;

/* Keys come at once and are not shown; what the screen showed before comes back at the end. */
static bool take_screen(struct termios *before)
{
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, before) < 0)
        return false;
    raw = *before;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    fputs("\033[?1049h\033[?25l", stdout);
    return true;
}

static void give_screen_back(const struct termios *before)
{
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, before);
}

/* Until the next picture is due, the window has a new size, a key asks for another view, or for the end (true). */
static bool pause_or_leave(struct fg_cli *cli,
                           struct fg_top *top,
                           struct fg_interrupt *interrupt)
{
    struct pollfd watch[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = interrupt ? fg_interrupt_fd(interrupt) : -1, .events = POLLIN}};
    for (int past = 0; past < REFRESH_MS; past += SIZE_MS) {
        char key = 0;
        poll(watch, 2, SIZE_MS);
        if (interrupt && fg_interrupt_take(interrupt))
            return true;
        ssize_t got =
            (watch[0].revents & (POLLIN | POLLHUP)) ? read(STDIN_FILENO, &key, 1) : -1;
        if (got == 0 || (got == 1 && (key == 'q' || key == 'Q' || key == 3)))
            return true;
        if (got == 1 && fg_top_key(top, key))
            return false;
        struct fg_term now = fg_term_look(stdout);
        if (now.width != cli->out.width || now.height != cli->out.height)
            return false;
    }
    return false;
}

static int watch_live(struct fg_cli *cli,
                      struct fg_top *top,
                      struct fg_interrupt *interrupt,
                      struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf frame = {};
    for (;;) {
        cli->out = fg_term_look(stdout);
        fg_buf_clear(&frame);
        int rc = fg_top_frame(cli, top, &frame, err);
        if (rc < 0 && rc != FG_EUNREACH && rc != FG_ETIMEOUT)
            return rc;
        if (rc < 0)
            fg_buf_printf(&frame, "%s\033[K\n", err->text); /* it may come back */
        printf("\033[H%s\033[J", frame.text ? frame.text : "");
        fflush(stdout);
        if (pause_or_leave(cli, top, interrupt))
            return 0;
    }
}

static int watch(struct fg_cli *cli, struct fg_top *top, struct fg_err *err)
{
    struct termios before;
    if (fg_args_has(&cli->args, "once") || !cli->out.is_terminal || !isatty(STDIN_FILENO)) {
        FG_AUTO(fg_buf) struct fg_buf frame = {};
        cli->out.height = 0;
        int rc = fg_top_frame(cli, top, &frame, err);
        if (rc == 0)
            fputs(frame.text ? frame.text : "", stdout);
        return rc;
    }
    FG_AUTO(fg_buf) struct fg_buf first = {};
    int rc = fg_top_frame(cli, top, &first, err); /* an error is better seen outside */
    if (rc < 0)
        return rc;
    FG_AUTO(fg_interrupt) struct fg_interrupt *interrupt = fg_interrupt_new();
    if (!take_screen(&before))
        return fg_fail(err, FG_EIO, "the terminal cannot be read; --once needs none");
    rc = watch_live(cli, top, interrupt, err);
    give_screen_back(&before);
    return rc;
}

int fg_cmd_top(struct fg_cli *cli, struct fg_err *err)
{
    struct fg_top top = {};
    int rc = watch(cli, &top, err);
    fg_buf_free(&top.waits);
    return rc;
}

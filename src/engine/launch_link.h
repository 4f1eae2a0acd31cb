/* launch_link.h - the engine's end of the launcher: fork it, send to it without waiting. */
#pragma once

#include "base/buf.h"
#include "engine/launcher.h"

struct fg_launch_link {
    pid_t pid;
    int socket;        /* -1: the launcher is gone */
    int notes;         /* read end of the notes pipe */
    int notes_in;      /* write end, for the sweeper */
    struct fg_buf out; /* what the socket would not take yet */
    size_t out_at;
};

/* Fork the launcher.  `engine_lock` stays open in it: that is how the next engine knows that no start
 * is on its way any more.  0, or FG_EBACKEND. */
[[nodiscard]] int fg_launch_link_open(struct fg_launch_link *link,
                                      const char *data_dir,
                                      const struct fg_cgroup_site *cgroups,
                                      int engine_lock,
                                      struct fg_err *err);
void fg_launch_link_close(struct fg_launch_link *link);

/* Queue a message; `plan` for START.  FG_EBACKEND: the launcher is gone. */
[[nodiscard]] int fg_launch_link_send(struct fg_launch_link *link,
                                      const struct fg_launch_message *message,
                                      const struct fg_plan *plan,
                                      struct fg_err *err);

/* Send what is queued, as far as the socket takes it.  False: the launcher is gone. */
bool fg_launch_link_flush(struct fg_launch_link *link);
bool fg_launch_link_busy(const struct fg_launch_link *link); /* something is queued */

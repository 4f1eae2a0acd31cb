/* loop.h - one thread that serves the connections it accepts, through one instance of the HTTP library. */
#pragma once

#include "api/api.h"

#include <microhttpd.h>

struct fg_loop;

struct fg_loop_options {
    struct fg_api *api;
    int listen_fd; /* listening, not blocking; the loop makes its own copy */
    bool is_local; /* a Unix socket: the peer's user counts */
    size_t connections_max;
};

struct fg_loop *fg_loop_start(const struct fg_loop_options *options, struct fg_err *err);
/* Let a suspended connection of it go on.  Any thread; once per suspension. */
void fg_loop_resume(struct fg_loop *loop, struct MHD_Connection *mhd);
/* Accept no more; those who are connected go on. */
void fg_loop_quiesce(struct fg_loop *loop);
/* End the thread, close all connections; nothing may be suspended.  NULL is allowed. */
void fg_loop_free(struct fg_loop *loop);

/* listener.h - a listening socket and the threads that serve it. */
#pragma once

#include "api/api.h"

struct fg_listener;

/* Bind `host`:`port` (0: any) and serve.  Writes the address as a URL to `url`. */
struct fg_listener *fg_listener_tcp(struct fg_api *api,
                                    const char *host,
                                    uint16_t port,
                                    char *url,
                                    size_t url_size,
                                    struct fg_err *err);
/* Bind a Unix socket, mode 0600.  A socket file that nothing answers on is replaced. */
struct fg_listener *fg_listener_unix(struct fg_api *api, const char *path, struct fg_err *err);

/* Accept no more; those who are connected go on. */
void fg_listener_quiesce(struct fg_listener *listener);
/* Close all connections; nothing may be suspended.  NULL is allowed. */
void fg_listener_free(struct fg_listener *listener);

/* locate.h - where the service is, for a client; where its data goes, for `fastgpu up`.
 *
 *     1. --url, else FASTGPU_URL       one address, or those of several daemons with commas; with the
 *                                      token of FASTGPU_TOKEN, or of the file FASTGPU_TOKEN_FILE
 *     2. FASTGPU_SOCKET                a Unix socket: who asks is seen from the connection
 *     3. the first of these sockets that exists
 *            $XDG_STATE_HOME/fastgpu/fastgpu.sock     (~/.local/state without XDG_STATE_HOME)
 *            /var/lib/fastgpu/fastgpu.sock            the system service
 *            /run/fastgpu/fastgpu.sock
 *
 * A token goes only to the address that was named together with it, never to a socket that was found.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_PLACE_URL_MAX   512
#define FG_PLACE_TOKEN_MAX 256

struct fg_place {
    char url[FG_PLACE_URL_MAX]; /* "http://host:port" or "unix:/path"; several with commas */
    char token[FG_PLACE_TOKEN_MAX]; /* "" none */
    bool found;                     /* false: no rule gave one, `url` is where it would be */
};

/* Find the service; `url` is what --url said, or NULL.  Reads the environment.
 * Returns 0; FG_EINVAL: a setting is malformed; FG_EIO: the token file cannot be read.  The token is
 * never part of an error. */
[[nodiscard]] int fg_locate_service(const char *url, struct fg_place *out, struct fg_err *err);

/* The data folder of `fastgpu up` without --data-dir: $XDG_STATE_HOME/fastgpu.
 * Returns 0, or FG_EINVAL: HOME and XDG_STATE_HOME are both unset, or too long. */
[[nodiscard]] int fg_locate_data_dir(char *out, size_t size, struct fg_err *err);

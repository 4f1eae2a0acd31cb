/* secret.h - what a supplier knows us by: read from its file when it is needed, and kept out of everything else. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

#define FG_SECRET_MAX 8192

/* The first line of the file, white space around it left out.  Zero it to begin. */
struct fg_secret {
    char text[FG_SECRET_MAX]; /* "" none */
};

/* `path` "" is no secret.  FG_EAUTH: it cannot be read, others may read it (expected mode 0600), it is empty, or it has
 * more than FG_SECRET_MAX bytes or control characters.  The error never has any of it. */
[[nodiscard]] int fg_secret_read(const char *path, struct fg_secret *out, struct fg_err *err);
/* Nothing of it is left in memory. */
void fg_secret_wipe(struct fg_secret *secret);
static inline void fg_secret_drop(struct fg_secret *secret)
{
    fg_secret_wipe(secret);
}

/* Put '*' over each place of `text` that has the secret; NULL: there is none. */
void fg_secret_scrub(const struct fg_secret *secret, char *text);

/* Words of a stranger into `dst`: scrubbed, control characters as spaces (fg_copy_clean).  False: cut. */
bool fg_secret_copy(const struct fg_secret *secret, char *dst, size_t size, const char *src);

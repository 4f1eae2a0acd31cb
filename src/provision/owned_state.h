/* owned_state.h - which own machine is held by which order, kept in a file.
 *
 * The file is replaced as a whole (written, synced, renamed): after a crash it is the old one or the new one.  A file that
 * cannot be read is an error, never an empty state: machines would be given to two.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/order.h"

#define FG_OWNED_GONE_MAX 2000 /* orders that are over are remembered, so many of them */

struct fg_owned_held {
    char name[FG_NAME_MAX], address[FG_NAME_MAX];
    bool there; /* it was woken, and answers */
};

struct fg_owned_order {
    char key[FG_ORDER_KEY_MAX];
    bool gone;                 /* given back */
    int64_t ready_us, gone_us; /* 0 not yet */
    uint32_t machines_len;
    struct fg_owned_held *machines;
};

/* Everything is in the arena. */
struct fg_owned_state {
    struct fg_owned_order *orders; /* the oldest first */
    size_t len, room;
};

/* No file is an empty state.  There is room for one order more.  FG_EIO. */
[[nodiscard]] int fg_owned_state_load(const char *path,
                                      struct fg_arena *arena,
                                      struct fg_owned_state *out,
                                      struct fg_err *err);
/* Durable when it returns 0.  The oldest of what is over and past FG_OWNED_GONE_MAX is left out. */
[[nodiscard]] int fg_owned_state_save(const char *path,
                                      const struct fg_owned_state *state,
                                      struct fg_err *err);

/* The order of that key, or NULL. */
struct fg_owned_order *fg_owned_state_find(const struct fg_owned_state *state, const char *key);
/* Does an order that is not over hold the machine? */
bool fg_owned_state_holds(const struct fg_owned_state *state, const char *machine);

/* A small file as a whole, in `arena`.  FG_EIO; FG_ENOENT: there is none; FG_ETOOBIG. */
[[nodiscard]] int fg_owned_file_read(const char *path,
                                     struct fg_arena *arena,
                                     const char **out,
                                     size_t *out_len,
                                     struct fg_err *err);
#define FG_OWNED_FILE_MAX (4 * 1024 * 1024)

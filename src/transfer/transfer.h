/* transfer.h - move one file from where it is to where it is wanted.
 *
 *     URL(s) --plan: path, protocol, packing, streams--> MOVE --> file, checked --> measure of the link
 *
 * - It can be killed at any moment and begun again with the same words: what had arrived is not fetched again.
 * - Under its own name the target is there as a whole, with the right content, or not at all (what is half there is called
 *   TARGET.part, and TARGET.part.state says what of it).
 * - The content is hashed on this side and compared with the hash that was asked for, and with what the far side tells.
 * Threads: one move, one thread; it blocks.
 */
#pragma once

#include "model/url.h"
#include "transfer/digest.h"
#include "transfer/way.h"

#define FG_MOVE_SOURCES_MAX 8

struct fg_move_progress {
    int64_t done_bytes, total_bytes; /* total: -1 not known */
    int64_t resumed_bytes;           /* of done: were here before this run */
};

struct fg_move {
    struct fg_url from[FG_MOVE_SOURCES_MAX]; /* the same bytes in several places */
    size_t from_len;
    struct fg_url to;
    bool is_folder; /* one is ssh, the other a folder here: all that is in it.  No hash */
    char hash[FG_HASH_MAX]; /* what it must have; "" not known */
    int64_t bytes_max;      /* more is refused; 0: any size */
    int zstd_level;         /* 0 off; -1 as measured */
    uint32_t streams;       /* 0 as planned */
    int64_t limit_per_s;    /* bytes; 0 none */
    const char
        *limit_file; /* moves that name the same file share its limit; NULL: this one alone */
    uint32_t
        retries; /* after a failure that may pass, each a little later than the one before */
    int64_t stall_us; /* no byte for so long: it failed; 0: 30 s */
    const char
        *relay; /* ssh: through this host; http, s3: through this proxy; NULL: none given */
    const char *const *relays; /* that a planned path may use */
    size_t relays_len;
    const char *site;       /* name of the place that this machine is at */
    const char *links_file; /* measured links are read from and added to it; NULL: not */
    const char *state_dir;  /* for uploads that are begun again; NULL: each begins anew */
    void (*progress)(void *self, const struct fg_move_progress *progress);
    bool (*stopped)(void *self); /* asked several times a second; NULL: never */
    void *self;
};

struct fg_move_result {
    int64_t bytes,
        wire_bytes;        /* of the file; that crossed the line in this run (-1: not known) */
    int64_t resumed_bytes; /* that were here before */
    int64_t time_us;
    char hash
        [FG_HASH_MAX]; /* of what was moved; with the algorithm that was asked for, else blake2b */
    size_t source;     /* index in `from` */
    struct fg_way route;
    uint32_t retried;
    bool was_there; /* the target had that hash already: nothing was moved */
};

/* What it would do, best first (fg_way.sites: borrowed from `move` and `sites`).  `bytes`: its size, -1: it is asked for.
 * Writes at most `max`, returns how many, or a negative code. */
struct fg_move_choice {
    struct fg_way route;
    size_t source;
};
struct fg_move_plan {
    struct fg_move_choice choices[FG_MOVE_SOURCES_MAX * 2];
    size_t len;
    int64_t bytes;                                    /* -1: not known */
    char sites[FG_MOVE_SOURCES_MAX + 1][FG_NAME_MAX]; /* of the sources; last: of the target */
    struct fg_pack_level levels[FG_WAY_LEVELS_MAX];   /* what the sample showed */
    size_t levels_len;
};
[[nodiscard]] int fg_move_plan(const struct fg_move *move,
                               struct fg_move_plan *out,
                               struct fg_err *err);

/* Run it.  0, or: FG_EINVAL it cannot be (two far ends that no path joins, a hash that is none); FG_ENOENT no such file; FG_EPERM,
 * FG_EAUTH refused; FG_EIO, FG_ENOSPC our disk; FG_ETOOBIG; FG_ETIMEOUT, FG_EUNREACH the line; FG_EBACKEND what came is
 * not what was promised; FG_ESTATE it was stopped. */
[[nodiscard]] int fg_move_run(const struct fg_move *move,
                              struct fg_move_result *out,
                              struct fg_err *err);

/* The site of a URL: its host; of s3 the object store's; of a file `here`. */
void fg_move_site(const struct fg_url *url, const char *here, char out[FG_NAME_MAX]);

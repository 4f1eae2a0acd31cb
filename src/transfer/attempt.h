/* attempt.h - the ways to move a file: one attempt each; move.c chooses, tries again and measures. */
#pragma once

#include "transfer/part.h"
#include "transfer/transfer.h"
#include "transfer/web.h"

/* One attempt under way. */
struct fg_attempt {
    const struct fg_move *move;
    const struct fg_url *from, *to; /* one of them is a file of this machine */
    const struct fg_way *route;
    struct fg_pace pace;
    struct fg_move_progress progress;
    /* What came of it: */
    struct fg_move_result *result; /* bytes, wire_bytes, resumed_bytes, hash */
    int64_t first_byte_us;         /* -1 not measured */
    int64_t moving_us;             /* while bytes of the file went; 0 not measured */
    bool may_retry;                /* it failed in a way that may pass */
};

/* From a web server or an object store to a file. */
[[nodiscard]] int fg_attempt_fetch(struct fg_attempt *attempt, struct fg_err *err);
/* From a file to an object store, or to a web server that takes PUT. */
[[nodiscard]] int fg_attempt_put(struct fg_attempt *attempt, struct fg_err *err);
/* With rsync through ssh, in either direction. */
[[nodiscard]] int fg_attempt_rsync(struct fg_attempt *attempt, struct fg_err *err);
/* Within this machine and the file systems that it shares with others. */
[[nodiscard]] int fg_attempt_copy(struct fg_attempt *attempt, struct fg_err *err);

/* Tell how far it is. */
void fg_attempt_tell(struct fg_attempt *attempt);
/* Size and room: FG_ETOOBIG. */
[[nodiscard]] int fg_attempt_check_size(const struct fg_move *move,
                                        int64_t bytes,
                                        struct fg_err *err);
/* Hash the file, compare with what was asked for and with what was `promised` ("": nothing), put it into the result.
 * FG_EBACKEND: it is another; FG_ESTATE: stopped. */
[[nodiscard]] int fg_attempt_check_hash(struct fg_attempt *attempt,
                                        int fd,
                                        const char *promised,
                                        struct fg_err *err);
/* "of" of a part: the hash that was asked for, else where it is from and `tag`; "" if nothing tells versions apart. */
void fg_attempt_identity(const struct fg_attempt *attempt, const char *tag, char out[600]);

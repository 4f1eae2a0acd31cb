/* journal.h - which tasks were handed to which couriers: what must be known after a crash.
 *
 * Rooms that wait need no record: Slurm names them, and they have run nothing.  A task that is not in here was never handed
 * to a courier by us.  One file of lines, DATA/slurm/bound; a line is durable before the task is sent.
 */
#pragma once

#include "base/buf.h"
#include "engine/engine.h"
#include "slurm/queue.h"

struct fg_journal_line {
    char room[FG_SLURM_ROOM_MAX], hash[FG_SLURM_ROOM_MAX];
    char supplier[FG_NAME_MAX], user[FG_NAME_MAX];
    uint32_t couriers, courier; /* of the room; that has the task */
    int64_t lease_us;
    struct fg_task_key key;
    const char *spec; /* JSON of the job, one line; borrowed */
};

struct fg_journal;

/* Where what is written must be durable as well before it counts: another host may go on with it.  `anew`: it takes the
 * place of all that was kept before.  0, or an error: it is not known whether it is kept, which does no harm. */
struct fg_journal_twin {
    void *self;
    int (*keep)(void *self, bool anew, const char *bytes, size_t len, struct fg_err *err);
};

/* Read it, and write it again without what is over.  `twin` is borrowed; NULL: none.  NULL and `err`: FG_EIO. */
struct fg_journal *fg_journal_open(const char *path,
                                   const struct fg_journal_twin *twin,
                                   struct fg_err *err);
void fg_journal_free(struct fg_journal *journal); /* NULL is allowed */

/* Tasks that are not over; valid until the next fg_journal_add() or _over(). */
size_t fg_journal_len(const struct fg_journal *journal);
const struct fg_journal_line *fg_journal_at(const struct fg_journal *journal, size_t at);
/* What is known of this task, or NULL. */
const struct fg_journal_line *fg_journal_find(const struct fg_journal *journal,
                                              struct fg_task_key key);

void fg_journal_add(struct fg_journal *journal, const struct fg_journal_line *line);
void fg_journal_over(struct fg_journal *journal, struct fg_task_key key);
/* What was added is on the disk.  FG_EIO, FG_ENOSPC: it is not. */
[[nodiscard]] int fg_journal_sync(struct fg_journal *journal, struct fg_err *err);

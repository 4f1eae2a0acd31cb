/* replica.h - the database of a daemon that does not lead: it follows the log, batch by batch.
 *
 *     fastgpu_log, snapshot --> REPLICA --> DIR/fastgpu.db, as the leader's was
 *
 * It keeps the schema that its batches have; only a leader takes the steps to a newer one.
 * Threads: one.
 */
#pragma once

#include "standby/seat.h"

struct fg_replica;

/* Nothing is opened yet.  NULL: no memory.  `path` is copied. */
struct fg_replica *fg_replica_new(const char *path);
void fg_replica_free(struct fg_replica *replica); /* closes the file */
FG_AUTO_DEFINE(fg_replica)

/* Take what the log of this installation has beyond us, by snapshot where that is needed.
 * 1: nothing is left; 0: what is needed is not there yet (`err` says what); FG_ESTATE: this database cannot follow that
 * installation, a person has to decide; other errors: try again. */
int fg_replica_catch_up(struct fg_replica *replica,
                        struct fg_pg *pg,
                        int64_t install,
                        struct fg_err *err);

/* All is taken, and we lead: bring the file to our schema (made if there is none), mark it as of this installation, and
 * close it.  `*out_seq` is the last batch in it, `*out_changed`: the log does not tell how it came to be so, and a
 * snapshot has to. */
int fg_replica_lead(struct fg_replica *replica,
                    int64_t install,
                    uint64_t *out_seq,
                    bool *out_changed,
                    struct fg_err *err);

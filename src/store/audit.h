/* audit.h - what people did, as a chain: each event that says by whom has the hash of itself and of the one before.
 *
 *     hash = BLAKE2b-256(hash of the deed before, number, time, kind, job, project, text)
 *
 * A deed that is changed, taken out or put in breaks the chain at its place.  Who rewrites the chain to its end, or cuts the end off,
 * is found by the newest hash that was noted elsewhere: in a file beside the database, in the log, by whoever asked.
 * What is too old goes from the beginning alone; the hash where the rest begins stays (table audit_anchor).
 */
#pragma once

#include "model/command.h"
#include "store/db.h"
#include "store/reader.h"

#define FG_AUDIT_HASH_BYTES 32
#define FG_AUDIT_HEAD       "audit.head" /* the file beside the database */
#define FG_AUDIT_MISSED                                                                        \
    "audit.missed" /* ... what it was when it was found not to be in the database */
#define FG_AUDIT_HEX_MAX (2 * FG_AUDIT_HASH_BYTES + 1)

/* A deed and its hash; seq 0: none yet, the hash of which is all zeros. */
struct fg_audit_link {
    uint64_t seq;
    uint8_t hash[FG_AUDIT_HASH_BYTES];
};

bool fg_audit_is_deed(const struct fg_event *event);
/* The link of `event` after `before`. */
struct fg_audit_link fg_audit_next(const struct fg_audit_link *before,
                                   const struct fg_event *event);
void fg_audit_hex(const struct fg_audit_link *link, char out[FG_AUDIT_HEX_MAX]);

/* -- the newest deed, noted apart -------------------------------------------------------------------------- */

/* Write it to the file beside the database, not synced: after a power cut it may be an older one.  A failure is told by none. */
void fg_audit_note(const char *db_path, const struct fg_audit_link *head);
/* The one that is missed, if there is one, else the newest.  False: nothing is noted there. */
bool fg_audit_noted(const char *db_path, struct fg_audit_link *out);

/* When the database is opened, before there are new deeds: if what is noted is not in it, that stays noted as missed until somebody
 * removes the file. */
int fg_audit_check_note(struct fg_db *db, const char *db_path, struct fg_err *err);

/* -- looking at it ------------------------------------------------------------------------------------------ */

struct fg_audit_report {
    uint64_t deeds;            /* that fit */
    uint64_t first;            /* of them; 0: none */
    struct fg_audit_link last; /* of them, else the one before */
    uint64_t next;             /* ask again after this number; 0: that was all */
    uint64_t broken;           /* the first that does not fit; 0: none */
    char why[FG_TEXT_MAX];     /* "" or what is wrong with it */
};

/* Look at `limit` events after `after` (0: from the beginning); what is before is taken to be sound.  At the end `noted` (NULL: none)
 * is compared too. */
int fg_reader_audit(struct fg_reader *reader,
                    uint64_t after,
                    size_t limit,
                    const struct fg_audit_link *noted,
                    struct fg_audit_report *out,
                    struct fg_err *err);
/* What was noted must be there, with that hash, or be older than what is kept; else `report` says what is wrong. */
int fg_audit_compare(struct fg_db *db,
                     const struct fg_audit_link *noted,
                     struct fg_audit_report *report,
                     struct fg_err *err);
/* The newest deed; seq 0: there is none. */
int fg_audit_head(struct fg_db *db, struct fg_audit_link *out, struct fg_err *err);
int fg_reader_audit_head(struct fg_reader *reader,
                         struct fg_audit_link *out,
                         struct fg_err *err);

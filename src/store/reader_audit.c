/* reader_audit.c - is the chain of deeds whole? See audit.h */
#include "store/audit.h"
#include "store/reader_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The first columns: a number and its hash, if it has one. */
static bool take_link(const struct fg_query *query, struct fg_audit_link *out)
{
    *out = (struct fg_audit_link){.seq = (uint64_t)fg_query_get(query, 0)};
    const void *hash = sqlite3_column_blob(query->stmt, 1);
    if (!hash || sqlite3_column_bytes(query->stmt, 1) != FG_AUDIT_HASH_BYTES)
        return false;
    memcpy(out->hash, hash, FG_AUDIT_HASH_BYTES);
    return true;
}

/* The newest deed up to number `to`, be it one of which only the hash is left; seq 0: none. */
static int find_link(struct fg_db *db,
                     uint64_t to,
                     struct fg_audit_link *out,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, db, FG_SQL_read_chain_link, err);
    *out = (struct fg_audit_link){};
    if (rc < 0)
        return rc;
    fg_query_int(&query, to > INT64_MAX ? INT64_MAX : (int64_t)to);
    rc = fg_query_step(&query, err);
    if (rc == 1)
        take_link(&query, out);
    return rc < 0 ? rc : 0;
}

int fg_audit_head(struct fg_db *db, struct fg_audit_link *out, struct fg_err *err)
{
    return find_link(db, UINT64_MAX, out, err);
}

int fg_reader_audit_head(struct fg_reader *reader,
                         struct fg_audit_link *out,
                         struct fg_err *err)
{
    return find_link(&reader->db, UINT64_MAX, out, err);
}

static void breaks(struct fg_audit_report *report, uint64_t seq, const char *why)
{
    report->broken = seq;
    snprintf(report->why, sizeof(report->why), "%s", why);
}

/* One event; deeds from before there was a chain are not in it. */
static void look_at(const struct fg_query *query, struct fg_audit_report *report)
{
    struct fg_audit_link link;
    struct fg_event event = {
        .seq = (uint64_t)fg_query_get(query, 0),
        .time_us = fg_query_get(query, 2),
        .kind = fg_query_get_text(query, 3),
        .job = (fg_job_id)fg_query_get(query, 4),
        .project = (fg_project_id)fg_query_get(query, 5),
        .json = fg_query_get_text(query, 6),
    };
    bool is_chained = take_link(query, &link);
    if (!is_chained && (report->last.seq == 0 || !fg_audit_is_deed(&event)))
        return;
    struct fg_audit_link want = fg_audit_next(&report->last, &event);
    if (!is_chained) {
        breaks(report, event.seq, "it is not in the chain: it was put in later");
        return;
    }
    if (memcmp(link.hash, want.hash, FG_AUDIT_HASH_BYTES) != 0) {
        breaks(
            report, event.seq,
            "its hash is not that of its row after the deed before: it was changed, or deeds "
            "before it were taken out or put in");
        return;
    }
    report->first = report->first ? report->first : event.seq;
    report->last = want;
    report->deeds++;
}

int fg_audit_compare(struct fg_db *db,
                     const struct fg_audit_link *noted,
                     struct fg_audit_report *report,
                     struct fg_err *err)
{
    struct fg_audit_link oldest, here;
    int rc = find_link(db, 0, &oldest, err);
    if (rc == 0)
        rc = find_link(db, noted->seq, &here, err);
    if (rc < 0 || noted->seq < oldest.seq)
        return rc;
    if (here.seq != noted->seq)
        breaks(report, noted->seq,
               "it was noted as the newest, and is not there: the end was cut off");
    else if (memcmp(here.hash, noted->hash, FG_AUDIT_HASH_BYTES) != 0)
        breaks(report, noted->seq,
               "it was noted with another hash: the chain was written anew");
    return 0;
}

int fg_reader_audit(struct fg_reader *reader,
                    uint64_t after,
                    size_t limit,
                    const struct fg_audit_link *noted,
                    struct fg_audit_report *out,
                    struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    size_t len = 0;
    uint64_t seq = 0;
    *out = (struct fg_audit_report){};
    int rc = find_link(&reader->db, after, &out->last, err);
    if (rc == 0)
        rc = fg_query_begin(&query, &reader->db, FG_SQL_read_chain, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, after > INT64_MAX ? INT64_MAX : (int64_t)after);
    fg_query_int(&query, (int64_t)limit);
    while (!out->broken && (rc = fg_query_step(&query, err)) == 1) {
        seq = (uint64_t)fg_query_get(&query, 0);
        look_at(&query, out);
        len++;
    }
    if (rc < 0)
        return rc;
    out->next = len == limit && !out->broken ? seq : 0;
    return out->next || out->broken || !noted ? 0
                                              : fg_audit_compare(&reader->db, noted, out, err);
}

/* csv.h - records of a CSV (RFC 4180) as bytes come in: quotes, doubled quotes, line ends inside quotes.
 *
 * Zero it but for the callbacks.  Memory is one record of bounded size; what is longer is cut, and said.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_csv {
    size_t field_max, fields_max; /* bytes of a field, fields of a record; beyond is cut */
    /* A record is there: its fields, each ended by 0 (bytes of value 0 were made '?').  An empty line is no record. */
    void (*record)(void *self, const char *const *fields, size_t len);
    void *self;

    uint64_t line;        /* of the byte that comes, from 0 */
    uint64_t record_line; /* where the record begins, from 1: for the callback */
    bool cut;             /* the record was larger than the limits: for the callback */
    bool
        bad_quote; /* it has a quote in the middle of a field, or bytes after a closing one; an open one at the end */

    struct fg_buf bytes;
    size_t *ends; /* of fields, in `bytes` */
    const char **texts;
    size_t ends_len, field_at;
    enum { FG_CSV_START, FG_CSV_PLAIN, FG_CSV_QUOTED, FG_CSV_QUOTE } state;
    bool began;     /* something of the record was seen */
    unsigned marks; /* bytes of a byte order mark that were seen at the very start */
    bool marked;    /* the byte at hand is one of them */
};

void fg_csv_feed(struct fg_csv *csv, const char *bytes, size_t len);
void fg_csv_end(struct fg_csv *csv);  /* the last record, if no line end came after it */
void fg_csv_free(struct fg_csv *csv); /* its memory */

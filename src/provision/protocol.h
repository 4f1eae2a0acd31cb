/* protocol.h - what is said to a plug-in and what it may say back (docs/suppliers.md), as bytes.
 *
 *     call --write--> {"op":"provision","key":...}      {"ok":true,"state":"pending",...} --read--> event
 *
 * The same JSON goes through standard input and output (exec) and as bodies of HTTP requests.  No I/O here.
 */
#pragma once

#include "provision/provision.h"
#include "provision/secret.h"

#define FG_PROTOCOL_VERSION 1

/* An answer with what its event refers to.  Zero it to begin. */
struct fg_answer_sheet {
    struct fg_provision_event event;
    struct fg_provision_instance *instances; /* owned */
    struct fg_inspect_report *reports;       /* owned */
    struct fg_offer *offers;                 /* owned */
};
void fg_answer_sheet_free(struct fg_answer_sheet *sheet); /* back to zero; NULL is allowed */
static inline void fg_answer_sheet_drop(struct fg_answer_sheet *sheet)
{
    fg_answer_sheet_free(sheet);
}

/* The event of a call before anything was answered: who asked what; prices are not told. */
void fg_answer_begin(const struct fg_provision_call *call, struct fg_provision_event *out);

/* The request, one line of JSON without its end of line, at the end of `out`. */
void fg_protocol_write(struct fg_buf *out, const struct fg_provision_call *call);

/* Read one answer into a sheet whose event was begun.  Always ends with an event: what cannot be believed is an error in
 * `event.rc`, with the reason.  Words are scrubbed of `secret` (NULL: none). */
void fg_protocol_read(const char *bytes,
                      size_t len,
                      const struct fg_provision_call *call,
                      const struct fg_secret *secret,
                      struct fg_answer_sheet *out);

/* Give the event an error, and nothing else. */
[[gnu::format(printf, 3, 4)]] void fg_answer_fail(struct fg_answer_sheet *sheet,
                                                  int code,
                                                  const char *fmt,
                                                  ...);

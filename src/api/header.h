/* header.h - which header fields we read, and what makes a request too odd to be served.
 *
 * The HTTP library takes the bytes apart; what it lets pass and two readers could understand in two
 * ways (request smuggling) is refused here.  Pure, so that it can be fuzzed.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values are borrowed; NULL: absent. */
struct fg_headers {
    const char *host, *content_type, *content_length_text, *transfer_encoding, *authorization;
    const char *idempotency_key, *accept, *last_event_id, *if_none_match, *expect;
    const char *twice;       /* the name of a field that must not come twice, and did */
    const char *bad_name;    /* a field name that is no token; "" if empty */
    bool bad_value;          /* a value with a control byte */
    size_t len;              /* number of fields */
    uint64_t content_length; /* after the check; 0 if absent */
    bool has_length, chunked;
};

#define FG_HEADERS_MAX 64

/* Note one field. */
void fg_headers_add(struct fg_headers *headers, const char *name, const char *value);

/* May this request be served?  Fills content_length, has_length, chunked.
 * Returns 0, or FG_EINVAL / FG_ETOOBIG: answer it and close the connection. */
[[nodiscard]] int fg_headers_check(struct fg_headers *headers,
                                   const char *method,
                                   const char *version,
                                   struct fg_err *err);

/* Whether a media type is `want` ("application/json"), whatever its parameters. */
bool fg_media_type_is(const char *value, const char *want);
/* Whether an Accept field names this media type. */
bool fg_accepts(const char *accept, const char *want);

/* view.h - members of the service's answers, read without fear: a missing member, or one of another
 * kind, is its default. */
#pragma once

#include "base/buf.h"
#include "base/doc.h"

/* Text; "" if absent. */
const char *fg_view_text(const struct fg_doc *doc, const char *key);
int64_t fg_view_int(const struct fg_doc *doc, const char *key, int64_t otherwise);
double fg_view_real(const struct fg_doc *doc, const char *key, double otherwise);
bool fg_view_bool(const struct fg_doc *doc, const char *key);
bool fg_view_has(const struct fg_doc *doc, const char *key); /* there, and not null */
/* Microseconds UTC; 0 if absent. */
int64_t fg_view_time(const struct fg_doc *doc, const char *key);
/* A member given in seconds, as microseconds; -1 if absent. */
int64_t fg_view_seconds(const struct fg_doc *doc, const char *key);
/* The texts of a list, with `between`; a list of none adds nothing. */
void fg_view_join(struct fg_buf *out,
                  const struct fg_doc *doc,
                  const char *key,
                  const char *between);

/* First child of a member that is a list or a map; NULL if there is none. */
const struct fg_doc *fg_view_first(const struct fg_doc *doc, const char *key);

/* The document as JSON again, compact. */
void fg_view_json(struct fg_buf *out, const struct fg_doc *doc);

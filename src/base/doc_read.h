/* doc_read.h - typed values out of a document (doc.h), with errors that say where.
 *
 *     doc --DOC_READ--> checked values, or "train.yaml:3: resources.cpus: -1, expected 0.001 to 4096"
 *
 * The reader of a format enters a member, calls the function for its type, and leaves; the path in
 * messages follows by itself.  Each function returns 0, or FG_EINVAL (FG_ETOOBIG: too much text) and
 * leaves `*out` alone.  Text that may be secret never comes into a message: only numbers and words
 * that were expected to be numbers do.
 */
#pragma once

#include "base/doc.h"

#define FG_PATH_TEXT_MAX 160

struct fg_doc_reader {
    struct fg_arena *arena;
    const char *file_name; /* for messages; NULL: neither file nor line is known */
    struct fg_err *err;
    size_t text_left; /* bytes of text that may still be read */
    size_t path_len;
    char path[FG_PATH_TEXT_MAX]; /* "resources.any_of[1].cpus" */
};

/* Go into a member or an element; the mark that comes back is for fg_read_leave(). */
size_t fg_read_enter(struct fg_doc_reader *reader, const char *member);
size_t fg_read_enter_at(struct fg_doc_reader *reader, size_t index);
void fg_read_leave(struct fg_doc_reader *reader, size_t mark);

/* FG_EINVAL, with file, line and path before the text. */
[[gnu::format(printf, 3, 4)]] int fg_read_fail(struct fg_doc_reader *reader,
                                               const struct fg_doc *at,
                                               const char *fmt,
                                               ...);
/* The same for an error that is already in reader->err: file and line are put before it. */
int fg_read_wrap(struct fg_doc_reader *reader, const struct fg_doc *at, int rc);
/* An error of fg_doc_yaml(), "line 3: ...", as "train.yaml:3: ...".  Returns `rc`. */
int fg_read_name_file(const char *file_name, int rc, struct fg_err *err);
/* "unknown member resorces, did you mean resources?" */
int fg_read_fail_unknown(struct fg_doc_reader *reader,
                         const struct fg_doc *member,
                         const char *const *names,
                         size_t names_len);

[[nodiscard]] int fg_read_kind(struct fg_doc_reader *reader,
                               const struct fg_doc *doc,
                               enum fg_doc_kind kind);
[[nodiscard]] int fg_read_bool(struct fg_doc_reader *reader,
                               const struct fg_doc *doc,
                               bool *out);
[[nodiscard]] int fg_read_int(struct fg_doc_reader *reader,
                              const struct fg_doc *doc,
                              int64_t min,
                              int64_t max,
                              int64_t *out);
/* A scalar as text of at most `len_max` bytes, copied to the arena.  A number or a bool is taken as it
 * was written; nothing is "". */
[[nodiscard]] int fg_read_text(struct fg_doc_reader *reader,
                               const struct fg_doc *doc,
                               size_t len_max,
                               const char **out);
/* 0.5 -> 500. */
[[nodiscard]] int fg_read_milli(struct fg_doc_reader *reader,
                                const struct fg_doc *doc,
                                int64_t min_milli,
                                int64_t max_milli,
                                int64_t *out_milli);
/* "64GiB", or a plain number in units of `unit_mib`; rounded up to whole MiB. */
[[nodiscard]] int fg_read_size(struct fg_doc_reader *reader,
                               const struct fg_doc *doc,
                               int64_t unit_mib,
                               int64_t max_mib,
                               int64_t *out_mib);
/* "1h30m", or a number of seconds. */
[[nodiscard]] int fg_read_duration(struct fg_doc_reader *reader,
                                   const struct fg_doc *doc,
                                   int64_t max_us,
                                   int64_t *out_us);
/* A moment in ISO 8601, or a duration from `now_us`. */
[[nodiscard]] int fg_read_moment(struct fg_doc_reader *reader,
                                 const struct fg_doc *doc,
                                 int64_t now_us,
                                 int64_t *out_us);

/* "64GiB" "64Gi" "64G" (binary), "64GB" (decimal); K, M, G, T.  A plain number is in units of
 * `unit_mib`.  Rounded up to whole MiB.  0, or FG_EINVAL. */
[[nodiscard]] int fg_size_parse(const char *text, int64_t unit_mib, int64_t *out_mib);

/* measure.h - what links between sites really did, and what may be expected of them.
 *
 *     moves, probes --measures--> LINK BOOK --estimates--> route (which path), the WAN of the pool (which node)
 *
 * A measure is one line of a text file that many processes append to (write(2) with O_APPEND, one line a call):
 *
 *     v1 1790000000000000 service s3.example.org s3 21000 88000000 67108864 4
 *        time_us          site    site           how latency_us bytes_per_s bytes streams
 *
 * An estimate is a weighted median: the last FG_MEASURES_KEPT of a link, each worth half as much for each week of age.  One
 * odd night does not move it, a new line does within days.  Links go both ways.
 * Threads: a book has one owner.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define FG_MEASURES_KEPT       32 /* of a link */
#define FG_MEASURED_LINKS_MAX  1024
#define FG_MEASURE_AGE_MAX_US  (60LL * 24 * 3600 * 1000000)
#define FG_MEASURE_BYTES_LEAST (1024 * 1024) /* fewer say nothing of the bandwidth */
#define FG_MEASURE_LINE_MAX    320
#define FG_MEASURE_FILE_BYTES                                                                  \
    (1 << 20) /* larger: it is written anew with what a book would keep */

enum fg_protocol { FG_BY_FILE, FG_BY_SSH, FG_BY_HTTP, FG_BY_S3, FG_BY_LINK };
#define FG_PROTOCOLS 5
const char *fg_protocol_name(
    enum fg_protocol protocol);         /* "file", "ssh", "http", "s3", "link" */
int fg_protocol_find(const char *name); /* -1: none of that name */

struct fg_measure {
    int64_t time_us;
    char a[FG_NAME_MAX], b[FG_NAME_MAX];
    enum fg_protocol protocol;
    int64_t latency_us;  /* until the first byte came; -1 not measured */
    int64_t bytes_per_s; /* 0 not measured */
    int64_t bytes;       /* moved for it */
    uint32_t streams;    /* at one time; 1, ... */
};

/* What is expected of a link. */
struct fg_measure_estimate {
    int64_t latency_us;       /* -1 not known */
    int64_t bytes_per_s;      /* of one stream; 0 not known */
    int64_t many_bytes_per_s; /* of several together; 0 not known */
    uint32_t measures;
    int64_t newest_us;
};

/* A name that a line may hold: printable, no blank, not empty. */
bool fg_measure_is_site(const char *site);

/* Append the line, with its end. */
void fg_measure_write(struct fg_buf *out, const struct fg_measure *measure);
/* One line without its end.  0, or FG_EINVAL. */
[[nodiscard]] int fg_measure_parse(const char *line, struct fg_measure *out);

struct fg_measure_book;
struct fg_measure_book *fg_measure_book_new(void); /* never NULL */
void fg_measure_book_free(struct fg_measure_book *book);
FG_AUTO_DEFINE(fg_measure_book)

/* Take a measure.  One of a link too many is passed over. */
void fg_measure_book_add(struct fg_measure_book *book, const struct fg_measure *measure);
/* Take all lines that are measures; returns how many lines were none. */
size_t fg_measure_book_read(struct fg_measure_book *book, FILE *in);

/* False: nothing that is young enough is known of it. */
bool fg_measure_book_find(const struct fg_measure_book *book,
                          const char *a,
                          const char *b,
                          enum fg_protocol protocol,
                          int64_t now_us,
                          struct fg_measure_estimate *out);

/* The links, 0 .. len-1, in the order in which they were first seen. */
size_t fg_measure_book_len(const struct fg_measure_book *book);
/* `*out` gets names and protocol; false: too old. */
bool fg_measure_book_at(const struct fg_measure_book *book,
                        size_t at,
                        int64_t now_us,
                        struct fg_measure *out,
                        struct fg_measure_estimate *out_estimate);

/* All measures that are kept, as lines, those of a link in the order in which they came. */
void fg_measure_book_write(const struct fg_measure_book *book, struct fg_buf *out);

/* Append to the file, which is made if it is not there, and shrink it when it is large.  0, or FG_EIO. */
[[nodiscard]] int fg_measure_append(const char *path,
                                    const struct fg_measure *measure,
                                    struct fg_err *err);
/* If the file is larger than FG_MEASURE_FILE_BYTES, write it anew.  0, or a negative errno. */
int fg_measure_shrink(const char *path);
/* Read the file into the book; one that is not there is an empty one.  0, or FG_EIO. */
[[nodiscard]] int fg_measure_book_load(struct fg_measure_book *book,
                                       const char *path,
                                       struct fg_err *err);

/* url.h - where bytes are: a file, a machine behind ssh, a web server, an object store.
 *
 *     file:///data/train.tar   ssh://ada@store:2222/data/train.tar   https://host/x.tar   s3://bucket/key
 *
 * RFC 3986 syntax, no more of it than these need.  A password in a URL is refused: it would stand in job files and lists.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "model/limits.h"

#include <stdint.h>

#define FG_URL_MAX      1200
#define FG_URL_HOST_MAX 256
#define FG_URL_PATH_MAX 1024

enum fg_url_kind { FG_URL_FILE, FG_URL_SSH, FG_URL_HTTP, FG_URL_HTTPS, FG_URL_S3 };
#define FG_URL_KINDS 5

struct fg_url {
    enum fg_url_kind kind;
    char user[FG_NAME_MAX];     /* ssh; "" whoever ssh takes */
    char host[FG_URL_HOST_MAX]; /* lower case; of s3 the bucket; "" of a file */
    uint16_t port;              /* 0: the usual one */
    /* file, ssh: decoded, absolute; http: as written, with its query, begins with '/'; s3: the key, decoded. */
    char path[FG_URL_PATH_MAX];
};

const char *fg_url_kind_name(enum fg_url_kind kind); /* "file", ... */

/* Does it begin as a URL that we know ("s3://...")?  Else it is a path of this machine. */
bool fg_url_is(const char *text);

/* 0, or FG_EINVAL: "s3:///x: no bucket, expected s3://BUCKET/KEY"; `*out` is then as it was. */
[[nodiscard]] int fg_url_parse(const char *text, struct fg_url *out, struct fg_err *err);

/* The URL again, so that it reads back to the same. */
void fg_url_write(struct fg_buf *out, const struct fg_url *url);
/* For lists and errors: without a query, which may hold a signature. */
void fg_url_show(const struct fg_url *url, char out[FG_URL_MAX]);

/* Append `text`, %XX for what is not unreserved; '/' stays. */
void fg_url_escape_path(struct fg_buf *out, const char *text);

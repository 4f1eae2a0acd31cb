/* web.h - one HTTP request to a web server or an object store, set up the same way for all that we ask.
 *
 * TLS is verified; a redirect is followed only for plain GET, never from https to http.  Requests to an object store are signed by
 * libcurl (AWS Signature Version 4); the secret is in no header and no argument.
 */
#pragma once

#include "transfer/credentials.h"
#include "transfer/transfer.h"

#include <curl/curl.h>

/* Where a URL of ours leads to, once found. */
struct fg_web {
    char url[FG_URL_MAX * 2 + 256];
    bool is_s3;
    struct fg_credentials credentials; /* of S3 */
    const struct fg_move *move;
};

/* Headers of an answer that we look at. */
struct fg_web_head {
    int64_t bytes; /* of the whole file; -1 not told */
    int64_t from;  /* first byte that comes; -1: not told */
    char etag[256], modified[64];
    char blake2b[FG_HASH_MAX]; /* told by an object that we have put there */
    char sha256[FG_HASH_MAX];  /* told by the store or the server (RFC 9530) */
    bool has_ranges;
};

[[nodiscard]] int fg_web_find(struct fg_web *web,
                              const struct fg_move *move,
                              const struct fg_url *url,
                              struct fg_err *err);
void fg_web_wipe(struct fg_web *web);
static inline void fg_web_drop(struct fg_web *web)
{
    fg_web_wipe(web);
}

/* A handle for requests to it; curl_easy_cleanup() by the caller.  NULL: no memory. */
CURL *fg_web_new(const struct fg_web *web);

/* Headers that a signed request needs, before the caller's own: `sha256_hex` of its body.  To be freed with
 * curl_slist_free_all(). */
struct curl_slist *fg_web_headers(const struct fg_web *web, const char *sha256_hex);
#define FG_SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* One header line ("ETag: ...\r\n") into `head`; a status line begins it anew. */
void fg_web_head_take(struct fg_web_head *head, const char *line, size_t len);

/* What a failed request means.  `retry`: it may pass. */
int fg_web_explain(const struct fg_web *web,
                   CURLcode result,
                   long status,
                   bool *out_retry,
                   struct fg_err *err);

/* 0: go on; -ECANCELED: it was stopped.  Waits as the limit wants before `bytes` go. */
struct fg_pace {
    const struct fg_move *move;
    struct fg_bucket *bucket;
};
int fg_pace_wait(const struct fg_pace *pace, int64_t bytes);

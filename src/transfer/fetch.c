/* fetch.c - a file from a web server or an object store; see attempt.h
 *
 * The first byte is asked for alone (Range: bytes=0-0): this shows, with GET only, whether there are ranges, how large the file is, which
 * version, and the latency of the link.  Then the streams take runs of missing pieces.  Every answer must be of the same
 * version and of the range that was asked for before a byte of it is kept.
 */
#include "transfer/attempt.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STREAMS_MAX 16
#define RUN_PIECES  8

struct fetch;

struct stream {
    struct fetch *fetch;
    CURL *curl; /* NULL: none yet */
    struct fg_web_head head;
    uint32_t first, len; /* the run; len 0: idle */
    int64_t begin, at, end;
    bool is_known; /* its head was looked at */
    const char *wrong;
    int error; /* errno of our disk; ECANCELED stopped */
};

struct fetch {
    struct fg_attempt *attempt;
    struct fg_web web;
    struct fg_web_head head; /* of the first byte */
    struct curl_slist *headers;
    struct fg_part part;
    CURLM *multi;
    struct stream streams[STREAMS_MAX];
    bool whole; /* there are no ranges: one answer from the beginning */
};

static int64_t now_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static size_t on_header(char *line, size_t size, size_t count, void *self)
{
    struct stream *stream = self;
    size_t len = size * count;
    fg_web_head_take(&stream->head, line, len);
    return len;
}

static bool same_version(const struct fg_web_head *a, const struct fg_web_head *b)
{
    return a->bytes == b->bytes && strcmp(a->etag, b->etag) == 0
           && (a->etag[0] || strcmp(a->modified, b->modified) == 0);
}

/* May bytes of this answer be kept? */
static bool look_at_head(struct stream *stream)
{
    struct fetch *fetch = stream->fetch;
    long status = 0;
    curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 206 && !(status == 200 && fetch->whole))
        stream->wrong = status == 200 ? "the file changed while it was read" : "";
    else if (fetch->whole)
        stream->wrong = NULL;
    else if (!same_version(&fetch->head, &stream->head))
        stream->wrong = "the file changed while it was read";
    else if (stream->head.from != stream->begin)
        stream->wrong = "the server sent another range than was asked for";
    stream->is_known = true;
    return !stream->wrong;
}

static bool put_bytes(struct stream *stream, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t wrote = pwrite(stream->fetch->part.fd, bytes + done, len - done,
                               stream->at + (int64_t)done);
        if (wrote < 0 && errno != EINTR) {
            stream->error = errno;
            return false;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    stream->at += (int64_t)len;
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *self)
{
    struct stream *stream = self;
    struct fg_attempt *attempt = stream->fetch->attempt;
    size_t len = size * count;
    if (!stream->is_known && !look_at_head(stream))
        return 0;
    if ((int64_t)len > stream->end - stream->at) {
        stream->wrong = "more came than the server had promised";
        return 0;
    }
    if (fg_pace_wait(&attempt->pace, (int64_t)len) < 0) {
        stream->error = ECANCELED;
        return 0;
    }
    if (!put_bytes(stream, bytes, len))
        return 0;
    attempt->result->wire_bytes += (int64_t)len;
    attempt->progress.done_bytes += (int64_t)len;
    fg_attempt_tell(attempt);
    return len;
}

/* Of the first byte: only its head counts. */
static size_t on_first(char *, size_t size, size_t count, void *self)
{
    struct stream *stream = self;
    long status = 0;
    curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 206 && size * count == 1 ? 1 : 0;
}

static bool open_stream(struct fetch *fetch, struct stream *stream)
{
    if (!stream->curl && !(stream->curl = fg_web_new(&fetch->web)))
        return false;
    stream->fetch = fetch;
    stream->is_known = false;
    stream->wrong = NULL;
    curl_easy_setopt(stream->curl, CURLOPT_HTTPHEADER, fetch->headers);
    curl_easy_setopt(stream->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(stream->curl, CURLOPT_HEADERDATA, stream);
    curl_easy_setopt(stream->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(stream->curl, CURLOPT_WRITEDATA, stream);
    curl_easy_setopt(stream->curl, CURLOPT_PRIVATE, stream);
    return true;
}

/* What kind of answers does the server give?  `fetch->head`, `fetch->whole`. */
static int ask_first(struct fetch *fetch, struct fg_err *err)
{
    struct stream *stream = &fetch->streams[0];
    struct fg_attempt *attempt = fetch->attempt;
    if (!open_stream(fetch, stream))
        return fg_fail(err, FG_ENOMEM, "no memory");
    curl_easy_setopt(stream->curl, CURLOPT_WRITEFUNCTION, on_first);
    curl_easy_setopt(stream->curl, CURLOPT_RANGE, "0-0");
    CURLcode result = curl_easy_perform(stream->curl);
    long status = 0;
    curl_off_t first_us = 0;
    curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(stream->curl, CURLINFO_STARTTRANSFER_TIME_T, &first_us);
    fetch->head = stream->head;
    attempt->first_byte_us = first_us;
    if (status == 416 && fetch->head.bytes == 0) /* an empty file has no first byte */
        return 0;
    fetch->whole = status == 200;
    /* A body that we did not want ends with an error of our own making. */
    if (status == 206 || (status == 200 && (result == CURLE_OK || result == CURLE_WRITE_ERROR)))
        return fetch->head.bytes < 0 && !fetch->whole
                   ? fg_fail(err, FG_EBACKEND, "the server does not say how large the file is")
                   : 0;
    return fg_web_explain(&fetch->web, status >= 400 ? CURLE_OK : result, status,
                          &attempt->may_retry, err);
}

static bool start_stream(struct fetch *fetch, struct stream *stream, uint32_t most)
{
    if (!fetch->whole && !fg_part_take(&fetch->part, most, &stream->first, &stream->len))
        return true;
    if (!open_stream(fetch, stream))
        return false;
    stream->begin = stream->at = fetch->whole ? 0 : fg_part_at(&fetch->part, stream->first);
    stream->end = fg_part_at(&fetch->part, stream->first + stream->len);
    char range[64];
    snprintf(range, sizeof(range), "%lld-%lld", (long long)stream->begin,
             (long long)stream->end - 1);
    if (fetch->whole) {
        const struct fg_move *move = fetch->attempt->move;
        stream->len = 1;
        stream->end = fetch->head.bytes >= 0 ? fetch->head.bytes
                      : move->bytes_max > 0  ? move->bytes_max
                                             : INT64_MAX;
    }
    curl_easy_setopt(stream->curl, CURLOPT_RANGE, fetch->whole ? NULL : range);
    return curl_multi_add_handle(fetch->multi, stream->curl) == CURLM_OK;
}

static int start_streams(struct fetch *fetch, uint32_t streams, struct fg_err *err)
{
    uint32_t most = fg_part_missing(&fetch->part) / (2 * streams);
    most = most < RUN_PIECES ? RUN_PIECES : most;
    if (streams == 1)
        most = FG_PART_PIECES_MAX;
    for (uint32_t i = 0; i < streams; i++)
        if (fetch->streams[i].len == 0 && !start_stream(fetch, &fetch->streams[i], most))
            return fg_fail(err, FG_ENOMEM, "no memory");
    return 0;
}

/* A stream has ended, well or not. */
static int end_stream(struct fetch *fetch,
                      struct stream *stream,
                      CURLcode result,
                      struct fg_err *err)
{
    struct fg_attempt *attempt = fetch->attempt;
    long status = 0;
    curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(fetch->multi, stream->curl);
    fg_part_give(&fetch->part, stream->first, fetch->whole ? 0 : stream->len, stream->at);
    stream->len = 0;
    if (stream->error == ECANCELED)
        return fg_fail(err, FG_ESTATE, "it was stopped");
    if (stream->error)
        return fg_part_fail(err, attempt->to->path, stream->error);
    if (stream->wrong && stream->wrong[0]) {
        attempt->may_retry = true;
        return fg_fail(err, FG_EBACKEND, "%s", stream->wrong);
    }
    bool good = result == CURLE_OK && (status == 206 || (fetch->whole && status == 200));
    if (good && (stream->at == stream->end || (fetch->whole && fetch->head.bytes < 0)))
        return 0;
    if (good) {
        attempt->may_retry = true;
        return fg_fail(err, FG_EUNREACH, "the server ended its answer %lld bytes early",
                       (long long)(stream->end - stream->at));
    }
    return fg_web_explain(&fetch->web, status >= 400 ? CURLE_OK : result, status,
                          &attempt->may_retry, err);
}

static int run_streams(struct fetch *fetch, struct fg_err *err)
{
    int running = 0, left;
    CURLMcode code = curl_multi_perform(fetch->multi, &running);
    if (code == CURLM_OK && running > 0)
        code = curl_multi_poll(fetch->multi, NULL, 0, 200, NULL);
    if (code != CURLM_OK)
        return fg_fail(err, FG_EUNREACH, "%s", curl_multi_strerror(code));
    int rc = 0;
    for (CURLMsg *msg; (msg = curl_multi_info_read(fetch->multi, &left)) != NULL;) {
        struct stream *stream = NULL;
        CURLcode result = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &stream);
        struct fg_err why = {};
        int one = end_stream(fetch, stream, result, &why);
        if (one < 0 && rc == 0)
            rc = fg_fail(err, one, "%s", why.text);
    }
    for (int i = 0; i < STREAMS_MAX && !fetch->whole; i++)
        fg_part_mark(&fetch->part, fetch->streams[i].first, fetch->streams[i].len,
                     fetch->streams[i].at);
    if (rc == 0)
        rc = fg_part_save(&fetch->part, false, err);
    return rc == 0 && fg_pace_wait(&fetch->attempt->pace, 0) < 0
               ? fg_fail(err, FG_ESTATE, "it was stopped")
               : rc;
}

/* What is under way when it fails keeps the pieces that are whole. */
static void stop_streams(struct fetch *fetch)
{
    for (int i = 0; i < STREAMS_MAX; i++) {
        struct stream *stream = &fetch->streams[i];
        if (stream->len > 0) {
            curl_multi_remove_handle(fetch->multi, stream->curl);
            fg_part_give(&fetch->part, stream->first, fetch->whole ? 0 : stream->len,
                         stream->at);
        }
        if (stream->curl)
            curl_easy_cleanup(stream->curl);
    }
    curl_slist_free_all(fetch->headers);
    curl_multi_cleanup(fetch->multi);
}

static int run_all(struct fetch *fetch, struct fg_err *err)
{
    uint32_t streams = fetch->whole ? 1 : fetch->attempt->route->streams;
    streams = streams < 1 ? 1 : streams > STREAMS_MAX ? STREAMS_MAX : streams;
    int64_t begun_us = now_us();
    bool missing = fetch->whole || fg_part_missing(&fetch->part) > 0;
    int rc = 0;
    for (bool first = true; rc == 0 && missing; first = false) {
        if (!fetch->whole || first)
            rc = start_streams(fetch, streams, err);
        if (rc == 0)
            rc = run_streams(fetch, err);
        missing = fetch->whole ? fetch->streams[0].len > 0 : fg_part_missing(&fetch->part) > 0;
    }
    fetch->attempt->moving_us = now_us() - begun_us;
    return rc;
}

static int check_and_finish(struct fetch *fetch, struct fg_err *err)
{
    struct fg_attempt *attempt = fetch->attempt;
    enum fg_digest_kind kind;
    const char *promised = "";
    if (fg_digest_kind_of(fetch->head.blake2b, &kind, NULL) == 0)
        promised = fetch->head.blake2b;
    else if (fetch->head.sha256[0])
        promised = fetch->head.sha256;
    if (fetch->whole)
        fetch->part.bytes = fetch->streams[0].at;
    attempt->result->bytes = fetch->part.bytes;
    int rc = fg_attempt_check_hash(attempt, fetch->part.fd, promised, err);
    if (rc == FG_EBACKEND) {
        /* What earlier runs left may be to blame, and is of no use any more. */
        attempt->may_retry = fetch->part.had_bytes > 0;
        fg_part_discard(&fetch->part);
    }
    return rc < 0 ? rc : fg_part_finish(&fetch->part, err);
}

static int fetch_all(struct fetch *fetch, struct fg_err *err)
{
    struct fg_attempt *attempt = fetch->attempt;
    char of[600], tag[400];
    int rc = ask_first(fetch, err);
    if (rc == 0 && fetch->head.bytes >= 0)
        rc = fg_attempt_check_size(attempt->move, fetch->head.bytes, err);
    if (rc < 0)
        return rc;
    /* Last-Modified alone counts seconds: a tag of two parts. */
    snprintf(tag, sizeof(tag), "%s%s%s", fetch->head.etag,
             fetch->head.etag[0] ? "" : "t:", fetch->head.etag[0] ? "" : fetch->head.modified);
    fg_attempt_identity(attempt, fetch->head.etag[0] || fetch->head.modified[0] ? tag : "", of);
    rc = fg_part_open(&fetch->part, attempt->to->path, fetch->whole ? "" : of,
                      fetch->whole ? 0 : fetch->head.bytes, err);
    if (rc < 0)
        return rc;
    attempt->progress.total_bytes = fetch->head.bytes;
    attempt->progress.done_bytes = attempt->progress.resumed_bytes = fetch->part.had_bytes;
    attempt->result->resumed_bytes = fetch->part.had_bytes;
    rc = run_all(fetch, err);
    if (rc == 0)
        return check_and_finish(fetch, err);
    if (attempt->may_retry
        && rc == FG_EBACKEND) { /* another version: what is here is of no use */
        fg_part_discard(&fetch->part);
        return rc;
    }
    return rc;
}

int fg_attempt_fetch(struct fg_attempt *attempt, struct fg_err *err)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));
    if (!fetch)
        return fg_fail(err, FG_ENOMEM, "no memory");
    fetch->attempt = attempt;
    fetch->part.fd = -1;
    int rc = fg_web_find(&fetch->web, attempt->move, attempt->from, err);
    if (rc == 0) {
        fetch->multi = curl_multi_init();
        fetch->headers = fg_web_headers(&fetch->web, FG_SHA256_OF_NOTHING);
        rc = fetch_all(fetch, err);
        stop_streams(fetch);
        if (rc < 0 && fetch->part.fd >= 0)
            (void)!fg_part_save(&fetch->part, true,
                                NULL); /* what is not saved is fetched again */
    }
    fg_part_close(&fetch->part);
    fg_web_wipe(&fetch->web);
    free(fetch);
    return rc;
}

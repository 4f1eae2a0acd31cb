/* put.c - a file to a web server (PUT) or an object store (PUT, or a multipart upload); see attempt.h
 *
 * A multipart upload that was cut short goes on: its id and the tags of the parts that are there are kept in
 * STATE_DIR/<hash of where to and what>.upload.  An object bears the BLAKE2b of the file as metadata, so that whoever fetches it
 * can check it; each request bears the SHA-256 of its body.
 */
#include "transfer/web_send.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/doc.h"
#include "base/json_write.h"
#include "base/text.h"
#include "transfer/s3_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ONE_REQUEST_MAX (16LL << 20)
#define PART_LEAST      (8LL << 20)
#define PARTS_MAX       10000
#define TAG_MAX         80

struct upload {
    struct fg_attempt *attempt;
    struct fg_web web;
    int fd;
    int64_t bytes, part_bytes;
    size_t parts;
    char blake2b[FG_HASH_MAX];
    char id[1024];
    char (*tags)[TAG_MAX]; /* [parts]; "" not there yet */
    char state[4200];      /* its file; "" none */
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* Where it goes and what it is: another file or another target is another upload. */
static void name_state(struct upload *upload)
{
    const struct fg_move *move = upload->attempt->move;
    char name[FG_HASH_MAX];
    struct fg_digest digest;
    if (!move->state_dir)
        return;
    fg_digest_begin(&digest, FG_BLAKE2B);
    fg_digest_add(&digest, upload->web.url, strlen(upload->web.url) + 1);
    fg_digest_add(&digest, upload->blake2b, strlen(upload->blake2b));
    fg_digest_end(&digest, name);
    snprintf(upload->state, sizeof(upload->state), "%.4000s/%.32s.upload", move->state_dir,
             strchr(name, ':') + 1);
}

static bool is_tag(const char *tag)
{
    for (const char *at = tag; *at; at++)
        if (strchr("<>&", *at) || (unsigned char)*at <= ' ' || (unsigned char)*at >= 127)
            return false;
    return tag[0] != '\0' && strlen(tag) < TAG_MAX;
}

static void take_state(struct upload *upload, const struct fg_doc *doc)
{
    const struct fg_doc *id = fg_doc_get(doc, "id"), *tags = fg_doc_get(doc, "tags");
    if (!id || id->kind != FG_DOC_TEXT || !tags || tags->kind != FG_DOC_LIST
        || tags->len != upload->parts || !fg_copy(upload->id, sizeof(upload->id), id->text))
        return;
    size_t i = 0;
    for (const struct fg_doc *tag = tags->first; tag; tag = tag->next, i++)
        if (tag->kind == FG_DOC_TEXT && is_tag(tag->text))
            fg_copy(upload->tags[i], TAG_MAX, tag->text);
}

static void read_state(struct upload *upload)
{
    FG_AUTO(fg_file) FILE *in = upload->state[0] ? fopen(upload->state, "re") : NULL;
    if (!in)
        return;
    size_t room = PARTS_MAX * (TAG_MAX + 4) + 4096;
    char *text = malloc(room);
    size_t len = text ? fread(text, 1, room, in) : 0;
    struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    const struct fg_doc *doc;
    if (arena && len > 0 && fg_doc_json(text, len, arena, &doc, NULL) == 0)
        take_state(upload, doc);
    fg_arena_free(arena);
    free(text);
}

/* Without it the upload begins anew next time, no more. */
static void write_state(const struct upload *upload)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    char temp[4300];
    if (upload->state[0] == '\0')
        return;
    fg_json_object(&json);
    fg_json_kv(&json, "id", upload->id);
    fg_json_key(&json, "tags");
    fg_json_array(&json);
    for (size_t i = 0; i < upload->parts; i++)
        fg_json_string(&json, upload->tags[i]);
    fg_json_end(&json);
    fg_json_end(&json);
    snprintf(temp, sizeof(temp), "%s.new", upload->state);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    bool good = write(fd, text.text, text.len) == (ssize_t)text.len;
    close(fd);
    if (!good || rename(temp, upload->state) < 0)
        unlink(temp);
}

static int begin_upload(struct upload *upload, struct fg_err *err)
{
    char meta[FG_HASH_MAX + 32];
    snprintf(meta, sizeof(meta), "x-amz-meta-blake2b: %s", upload->blake2b);
    const char *headers[] = {meta, NULL};
    struct fg_web_ask ask = {
        .method = "POST", .query = "uploads=", .headers = headers, .fd = -1, .text = ""};
    FG_AUTO(fg_web_answer) struct fg_web_answer answer = {};
    struct fg_s3_answer said = {};
    int rc = fg_web_send(upload->attempt, &upload->web, &ask, &answer, err);
    if (rc == 0)
        rc = fg_s3_answer_read(answer.body.text ? answer.body.text : "", answer.body.len, &said,
                               err);
    if (rc < 0)
        return rc == FG_EINVAL ? FG_EBACKEND : rc;
    if (said.upload_id[0] == '\0')
        return fg_fail(err, FG_EBACKEND, "the store began an upload without an id");
    upload->attempt->first_byte_us = answer.first_us;
    fg_copy(upload->id, sizeof(upload->id), said.upload_id);
    memset(upload->tags, 0, upload->parts * sizeof(*upload->tags));
    write_state(upload);
    return 0;
}

static int64_t part_len(const struct upload *upload, size_t part)
{
    int64_t left = upload->bytes - (int64_t)part * upload->part_bytes;
    return left < upload->part_bytes ? left : upload->part_bytes;
}

static void add_id(struct fg_buf *query, const struct upload *upload)
{
    fg_buf_puts(query, "uploadId=");
    for (const char *at = upload->id; *at; at++) /* '/' too is escaped in a query */
        if (*at == '/')
            fg_buf_puts(query, "%2F");
        else
            fg_url_escape_path(query, (char[]){*at, '\0'});
}

static int send_part(struct upload *upload, size_t part, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf query = {};
    fg_buf_printf(&query, "partNumber=%zu&", part + 1);
    add_id(&query, upload);
    struct fg_web_ask ask = {.method = "PUT",
                             .query = query.text,
                             .fd = upload->fd,
                             .at = (int64_t)part * upload->part_bytes,
                             .len = part_len(upload, part)};
    FG_AUTO(fg_web_answer) struct fg_web_answer answer = {};
    int64_t before = upload->attempt->progress.done_bytes;
    int rc = fg_web_send(upload->attempt, &upload->web, &ask, &answer, err);
    if (rc < 0) {
        upload->attempt->progress.done_bytes = before;
        return rc;
    }
    if (!is_tag(answer.head.etag))
        return fg_fail(err, FG_EBACKEND, "the store took part %zu and gave no tag for it",
                       part + 1);
    fg_copy(upload->tags[part], TAG_MAX, answer.head.etag);
    write_state(upload);
    return 0;
}

static int end_upload(struct upload *upload, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf query = {}, body = {};
    add_id(&query, upload);
    fg_buf_puts(&body, "<CompleteMultipartUpload>");
    for (size_t i = 0; i < upload->parts; i++)
        fg_buf_printf(&body, "<Part><PartNumber>%zu</PartNumber><ETag>%s</ETag></Part>", i + 1,
                      upload->tags[i]);
    fg_buf_puts(&body, "</CompleteMultipartUpload>");
    static const char *const headers[] = {"Content-Type: application/xml", NULL};
    struct fg_web_ask ask = {.method = "POST",
                             .query = query.text,
                             .headers = headers,
                             .fd = -1,
                             .text = body.text,
                             .len = (int64_t)body.len};
    FG_AUTO(fg_web_answer) struct fg_web_answer answer = {};
    int rc = fg_web_send(upload->attempt, &upload->web, &ask, &answer, err);
    if (rc == 0 && upload->state[0])
        unlink(upload->state);
    return rc;
}

static int send_parts(struct upload *upload, struct fg_err *err)
{
    struct fg_attempt *attempt = upload->attempt;
    for (size_t i = 0; i < upload->parts; i++)
        if (upload->tags[i][0])
            attempt->progress.resumed_bytes += part_len(upload, i);
    attempt->result->resumed_bytes = attempt->progress.done_bytes =
        attempt->progress.resumed_bytes;
    int rc = 0;
    for (size_t i = 0; i < upload->parts && rc == 0; i++)
        if (!upload->tags[i][0])
            rc = send_part(upload, i, err);
    if (rc == 0)
        rc = end_upload(upload, err);
    /* The store has forgotten it (they expire): from the beginning. */
    if (rc == FG_ENOENT && upload->state[0] && attempt->progress.resumed_bytes > 0) {
        unlink(upload->state);
        attempt->may_retry = true;
    }
    return rc;
}

static int put_in_parts(struct upload *upload, struct fg_err *err)
{
    upload->part_bytes = PART_LEAST;
    while ((upload->bytes + upload->part_bytes - 1) / upload->part_bytes > PARTS_MAX)
        upload->part_bytes *= 2;
    upload->parts = (size_t)((upload->bytes + upload->part_bytes - 1) / upload->part_bytes);
    upload->tags = calloc(upload->parts, sizeof(*upload->tags));
    if (!upload->tags)
        return fg_fail(err, FG_ENOMEM, "no memory");
    name_state(upload);
    read_state(upload);
    int rc = upload->id[0] ? 0 : begin_upload(upload, err);
    if (rc == 0)
        rc = send_parts(upload, err);
    free(upload->tags);
    return rc;
}

static int put_at_once(struct upload *upload, struct fg_err *err)
{
    char meta[FG_HASH_MAX + 32];
    snprintf(meta, sizeof(meta), "x-amz-meta-blake2b: %s", upload->blake2b);
    const char *headers[] = {meta, NULL};
    struct fg_web_ask ask = {.method = "PUT",
                             .query = "",
                             .headers = upload->web.is_s3 ? headers : NULL,
                             .fd = upload->fd,
                             .len = upload->bytes};
    FG_AUTO(fg_web_answer) struct fg_web_answer answer = {};
    return fg_web_send(upload->attempt, &upload->web, &ask, &answer, err);
}

static int hash_file(struct upload *upload, struct fg_err *err)
{
    struct fg_digest digest;
    const char *known = upload->attempt->result->hash;
    int rc = fg_attempt_check_hash(upload->attempt, upload->fd, "", err);
    if (rc < 0)
        return rc;
    if (strncmp(known, "blake2b:", 8) == 0) {
        fg_copy(upload->blake2b, sizeof(upload->blake2b), known);
        return 0;
    }
    fg_digest_begin(&digest, FG_BLAKE2B);
    rc = fg_digest_file(upload->fd, 0, -1, &digest, NULL);
    if (rc < 0)
        return fg_part_fail(err, upload->attempt->from->path, -rc);
    fg_digest_end(&digest, upload->blake2b);
    return 0;
}

static int put_open(struct upload *upload, struct fg_err *err)
{
    struct fg_attempt *attempt = upload->attempt;
    struct stat state;
    if (fstat(upload->fd, &state) < 0 || !S_ISREG(state.st_mode))
        return fg_fail(err, FG_EINVAL, "file %s: no regular file", attempt->from->path);
    upload->bytes = attempt->progress.total_bytes = attempt->result->bytes = state.st_size;
    int rc = fg_attempt_check_size(attempt->move, upload->bytes, err);
    if (rc == 0)
        rc = hash_file(upload, err);
    if (rc == 0)
        rc = fg_web_find(&upload->web, attempt->move, attempt->to, err);
    if (rc < 0)
        return rc;
    int64_t begun_us = mono_us();
    rc = upload->web.is_s3 && upload->bytes > ONE_REQUEST_MAX ? put_in_parts(upload, err)
                                                              : put_at_once(upload, err);
    attempt->moving_us = mono_us() - begun_us;
    return rc;
}

int fg_attempt_put(struct fg_attempt *attempt, struct fg_err *err)
{
    struct upload upload = {.attempt = attempt,
                            .fd = open(attempt->from->path, O_RDONLY | O_CLOEXEC)};
    if (upload.fd < 0)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "file %s: %s",
                       attempt->from->path, strerror(errno));
    int rc = put_open(&upload, err);
    close(upload.fd);
    fg_web_wipe(&upload.web);
    return rc;
}

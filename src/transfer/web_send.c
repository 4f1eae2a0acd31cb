/* web_send.c - see web_send.h */
#include "transfer/web_send.h"

#include "transfer/s3_answer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct sending {
    struct fg_attempt *attempt;
    const struct fg_web_ask *ask;
    struct fg_web_answer *answer;
    int64_t sent;
    int error;
};

static size_t on_read(char *to, size_t size, size_t count, void *self)
{
    struct sending *sending = self;
    const struct fg_web_ask *ask = sending->ask;
    size_t room = size * count;
    int64_t left = ask->len - sending->sent;
    size_t want = (int64_t)room < left ? room : (size_t)left;
    if (want == 0)
        return 0;
    ssize_t got = (ssize_t)want;
    if (ask->fd >= 0)
        got = pread(ask->fd, to, want, ask->at + sending->sent);
    else
        memcpy(to, ask->text + sending->sent, want);
    if (got <= 0) {
        sending->error = got < 0 ? errno : EIO; /* shorter than it was */
        return CURL_READFUNC_ABORT;
    }
    if (ask->fd >= 0 && fg_pace_wait(&sending->attempt->pace, got) < 0) {
        sending->error = ECANCELED;
        return CURL_READFUNC_ABORT;
    }
    sending->sent += got;
    if (ask->fd >= 0) {
        sending->attempt->result->wire_bytes += got;
        sending->attempt->progress.done_bytes += got;
        fg_attempt_tell(sending->attempt);
    }
    return (size_t)got;
}

/* A connection that was kept and had died: the body goes again. */
static int on_seek(void *self, curl_off_t offset, int origin)
{
    struct sending *sending = self;
    if (origin != SEEK_SET || offset > sending->sent)
        return CURL_SEEKFUNC_FAIL;
    if (sending->ask->fd >= 0)
        sending->attempt->progress.done_bytes -= sending->sent - offset;
    sending->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *self)
{
    struct sending *sending = self;
    size_t len = size * count;
    if (len > FG_WEB_ANSWER_MAX - sending->answer->body.len)
        return 0;
    fg_buf_add(&sending->answer->body, bytes, len);
    return len;
}

static size_t on_header(char *line, size_t size, size_t count, void *self)
{
    struct sending *sending = self;
    fg_web_head_take(&sending->answer->head, line, size * count);
    return size * count;
}

static int on_tick(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    struct sending *sending = self;
    if (fg_pace_wait(&sending->attempt->pace, 0) == 0)
        return 0;
    sending->error = ECANCELED;
    return 1;
}

void fg_web_answer_free(struct fg_web_answer *answer)
{
    fg_buf_free(&answer->body);
}

static void hash_body(const struct fg_web_ask *ask, char hex[FG_HASH_MAX])
{
    struct fg_digest digest;
    fg_digest_begin(&digest, FG_SHA256);
    if (ask->fd < 0)
        fg_digest_add(&digest, ask->text, (size_t)ask->len);
    else if (fg_digest_file(ask->fd, ask->at, ask->len, &digest, NULL) < 0)
        fg_digest_begin(&digest, FG_SHA256); /* sending it will say what is wrong */
    fg_digest_end(&digest, hex);
}

static void set_up(CURL *curl, struct sending *sending)
{
    const struct fg_web_ask *ask = sending->ask;
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, ask->method);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)ask->len);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, sending);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, sending);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, sending);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, sending);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_tick);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, sending);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
}

/* The store says more than a status does; 200 with an error inside is one too. */
static int explain(const struct fg_web *web,
                   CURLcode result,
                   struct sending *sending,
                   struct fg_err *err)
{
    struct fg_web_answer *answer = sending->answer;
    struct fg_attempt *attempt = sending->attempt;
    if (sending->error == ECANCELED)
        return fg_fail(err, FG_ESTATE, "it was stopped");
    if (sending->error)
        return fg_fail(err, FG_EIO, "file %s: %s", attempt->from->path,
                       strerror(sending->error));
    struct fg_s3_answer said = {};
    bool is_error = web->is_s3 && answer->body.len > 0
                    && fg_s3_answer_read(answer->body.text, answer->body.len, &said, NULL) == 0
                    && strcmp(said.root, "Error") == 0;
    if (result == CURLE_OK && answer->status >= 200 && answer->status < 300 && !is_error)
        return 0;
    int rc = fg_web_explain(web, answer->status >= 300 ? CURLE_OK : result, answer->status,
                            &attempt->may_retry, err);
    if (!is_error)
        return rc;
    if (answer->status < 300) { /* InternalError after the headers had gone */
        attempt->may_retry = true;
        rc = FG_EUNREACH;
    }
    if (strcmp(said.code, "NoSuchUpload") == 0)
        rc = FG_ENOENT;
    return fg_fail(err, rc, "the store says %s: %s", said.code, said.message);
}

int fg_web_send(struct fg_attempt *attempt,
                const struct fg_web *web,
                const struct fg_web_ask *ask,
                struct fg_web_answer *out,
                struct fg_err *err)
{
    struct sending sending = {.attempt = attempt, .ask = ask, .answer = out};
    char hash[FG_HASH_MAX];
    snprintf(hash, sizeof(hash), ":");
    if (web->is_s3 && web->credentials.key[0])
        hash_body(ask, hash);
    CURL *curl = fg_web_new(web);
    if (!curl)
        return fg_fail(err, FG_ENOMEM, "no memory");
    struct curl_slist *headers = fg_web_headers(web, strchr(hash, ':') + 1);
    for (const char *const *header = ask->headers; header && *header; header++)
        headers = curl_slist_append(headers, *header);
    FG_AUTO(fg_buf) struct fg_buf url = {};
    fg_buf_printf(&url, "%s%s%s", web->url, ask->query[0] ? "?" : "", ask->query);
    curl_easy_setopt(curl, CURLOPT_URL, url.text);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    set_up(curl, &sending);
    fg_buf_clear(&out->body);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
    curl_off_t first_us = 0;
    curl_easy_getinfo(curl, CURLINFO_STARTTRANSFER_TIME_T, &first_us);
    out->first_us = first_us;
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return explain(web, result, &sending, err);
}

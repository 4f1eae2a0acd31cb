/* webhook.c - events to a web server, as one signed POST of a batch (see outlet.h).
 *
 * The body is a batch of CloudEvents (application/cloudevents-batch+json), the signature that of Standard Webhooks.
 * Defences: TLS is verified, no redirect is followed, no proxy is used, the address that is really connected to is
 * public unless the host is listed in webhook_hosts, what the server answers is not kept, and an answer takes no longer
 * than ANSWER_MS.  Neither secret nor path of the URL is in an error.
 */
#include "publish/address.h"
#include "publish/outlet.h"
#include "publish/secret.h"
#include "publish/webhook_sign.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_MS   5000L
#define ANSWER_MS    15000L
#define ANSWER_BYTES (64 * 1024) /* beyond that nobody listens */
#define BATCH_MAX    100

struct webhook {
    const struct fg_sink_setting *sink;
    const struct fg_outlet_site *site;
    CURL *curl;
    char refused[INET6_ADDRSTRLEN]; /* an address that is not public; "" none */
    size_t heard;                   /* bytes of the answer */
};

static void tell_address(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    const void *bytes =
        address->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (!inet_ntop(address->sa_family, bytes, out, INET6_ADDRSTRLEN))
        memcpy(out, "?", 2);
}

/* libcurl asks for a socket to this address and no other. */
static curl_socket_t open_socket(void *self, curlsocktype, struct curl_sockaddr *to)
{
    struct webhook *webhook = self;
    if (!webhook->sink->is_listed && !fg_address_is_public(&to->addr)) {
        tell_address(&to->addr, webhook->refused);
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t on_answer(char *, size_t size, size_t count, void *self)
{
    struct webhook *webhook = self;
    webhook->heard += size * count;
    return webhook->heard > ANSWER_BYTES ? 0 : size * count;
}

/* At least once a second. */
static int on_progress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    const struct webhook *webhook = self;
    return webhook->site->stopping(webhook->site->self);
}

static void prepare(struct webhook *webhook)
{
    CURL *curl = webhook->curl;
    bool is_plain = strncmp(webhook->sink->where, "http://", 7) == 0;
    curl_easy_setopt(curl, CURLOPT_URL, webhook->sink->where);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_plain ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (webhook->sink->ca_file[0])
        curl_easy_setopt(curl, CURLOPT_CAINFO, webhook->sink->ca_file);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* a stop waits for no name server */
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_MS);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "fastgpu/" FASTGPU_VERSION);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, webhook);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, webhook);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, webhook);
}

static int webhook_open(const struct fg_sink_setting *sink,
                        const struct fg_outlet_site *site,
                        void **out,
                        struct fg_err *err)
{
    struct webhook *webhook = calloc(1, sizeof(*webhook));
    if (!webhook || !(webhook->curl = curl_easy_init())) {
        free(webhook);
        return fg_fail(err, FG_ENOMEM, "no memory for a webhook");
    }
    webhook->sink = sink;
    webhook->site = site;
    prepare(webhook);
    *out = webhook;
    return 0;
}

static void webhook_free(void *outlet)
{
    struct webhook *webhook = outlet;
    curl_easy_cleanup(webhook->curl);
    free(webhook);
}

/* -- one POST ------------------------------------------------------------------------------------------------------ */

static void write_batch(struct fg_buf *out,
                        const char *source,
                        const struct fg_note *notes,
                        size_t len)
{
    struct fg_json json = {.buf = out};
    fg_json_array(&json);
    for (size_t i = 0; i < len; i++)
        fg_note_write(&json, &notes[i], source);
    fg_json_end(&json);
}

/* The same batch, sent again, has the same id. */
static void name_batch(const struct webhook *webhook,
                       const struct fg_note *notes,
                       size_t len,
                       char *out,
                       size_t size)
{
    const char *source = webhook->sink->source;
    if (notes[0].seq)
        snprintf(out, size, "%s-%" PRIu64 "-%" PRIu64, source, notes[0].seq,
                 notes[len - 1].seq);
    else
        snprintf(out, size, "%s-test-%" PRId64, source, notes[0].time_us);
}

static struct curl_slist *add_header(struct curl_slist *list,
                                     const char *name,
                                     const char *value)
{
    FG_AUTO(fg_buf) struct fg_buf line = {};
    fg_buf_printf(&line, "%s: %s", name, value);
    return curl_slist_append(list, line.text);
}

/* NULL: the secret is not to be had, or not good. */
static struct curl_slist *make_headers(const struct webhook *webhook,
                                       const struct fg_signed *what,
                                       struct fg_err *err)
{
    [[gnu::cleanup(fg_sink_secret_drop)]] struct fg_sink_secret secret;
    char signature[FG_SIGNATURE_MAX], time[32];
    if (fg_sink_secret_read(webhook->sink->secret_file, &secret, err) < 0
        || fg_webhook_sign(what, &secret, signature, err) < 0)
        return NULL;
    snprintf(time, sizeof(time), "%" PRId64, what->time_s);
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    list =
        add_header(list, "Content-Type", "application/cloudevents-batch+json; charset=utf-8");
    list = add_header(list, "webhook-id", what->id);
    list = add_header(list, "webhook-timestamp", time);
    return add_header(list, "webhook-signature", signature);
}

/* No answer at all. */
static int explain(const struct webhook *webhook, CURLcode result, struct fg_err *err)
{
    if (webhook->refused[0])
        return fg_fail(err, FG_EPERM,
                       "its address is %s, which is not public: list the host in webhook_hosts",
                       webhook->refused);
    if (result == CURLE_OPERATION_TIMEDOUT)
        return fg_fail(err, FG_ETIMEOUT, "no answer within %ld s", ANSWER_MS / 1000);
    if (result == CURLE_ABORTED_BY_CALLBACK)
        return fg_fail(err, FG_EUNREACH, "the service is stopping");
    return fg_fail(err, FG_EUNREACH, "%s", curl_easy_strerror(result));
}

static int judge(long status, struct fg_err *err)
{
    if (status >= 200 && status < 300)
        return 0;
    if (status == 413)
        return fg_fail(err, FG_ETOOBIG, "the server finds it too large (HTTP 413)");
    if (status >= 300 && status < 400)
        return fg_fail(err, FG_EBACKEND, "a redirect (HTTP %ld): none is followed", status);
    return fg_fail(err, FG_EBACKEND, "the server answers HTTP %ld", status);
}

static int post(struct webhook *webhook,
                const struct fg_note *notes,
                size_t len,
                struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    FG_AUTO(fg_buf) struct fg_buf body = {};
    char id[FG_NAME_MAX + 48];
    write_batch(&body, webhook->sink->source, notes, len);
    name_batch(webhook, notes, len, id, sizeof(id));
    struct curl_slist *headers =
        make_headers(webhook,
                     &(struct fg_signed){.id = id,
                                         .time_s = clock->now_us(clock->self) / 1000000,
                                         .body = body.text,
                                         .body_len = body.len},
                     err);
    if (!headers)
        return err ? err->code : FG_EIO;
    long status = 0;
    webhook->heard = 0;
    webhook->refused[0] = '\0';
    curl_easy_setopt(webhook->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(webhook->curl, CURLOPT_POSTFIELDS, body.text);
    curl_easy_setopt(webhook->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    CURLcode result = curl_easy_perform(webhook->curl);
    curl_easy_getinfo(webhook->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_setopt(webhook->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(webhook->curl, CURLOPT_POSTFIELDS, NULL);
    curl_slist_free_all(headers);
    /* An answer that is too long has said enough in its first line. */
    bool is_answered = result == CURLE_OK || (result == CURLE_WRITE_ERROR && status > 0);
    return is_answered ? judge(status, err) : explain(webhook, result, err);
}

static int webhook_send(
    void *outlet, const struct fg_note *notes, size_t len, size_t *out_done, struct fg_err *err)
{
    int rc = 0;
    *out_done = 0;
    while (rc == 0 && *out_done < len) {
        size_t some = len - *out_done > BATCH_MAX ? BATCH_MAX : len - *out_done;
        rc = post(outlet, notes + *out_done, some, err);
        *out_done += rc == 0 ? some : 0;
    }
    return rc;
}

const struct fg_outlet_ops fg_outlet_webhook = {webhook_open, webhook_send, webhook_free};

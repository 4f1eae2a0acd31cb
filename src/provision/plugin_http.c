/* plugin_http.c - suppliers that are REST services (docs/suppliers.md); see plugin.h
 *
 *     GET  /offers          POST /quote           POST /orders   (Idempotency-Key)
 *     GET  /orders/KEY      DELETE /orders/KEY    POST /orders/KEY/inspect
 *
 * TLS is verified, no redirect is followed, no proxy is used.  The secret is a header only.
 */
#include "provision/plugin.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 10000L

/* One request under way. */
struct transfer {
    const struct fg_plugin_site *site;
    struct fg_buf body;
    size_t body_max;
    bool too_big;
};

static const struct {
    const char *method, *path; /* %s is the key */
    bool has_body;
} routes[FG_PROVISION_OPS] = {
    [FG_PROVISION_OFFERS] = {"GET", "/offers", false},
    [FG_PROVISION_QUOTE] = {"POST", "/quote", true},
    [FG_PROVISION_PROVISION] = {"POST", "/orders", true},
    [FG_PROVISION_STATUS] = {"GET", "/orders/%s", false},
    [FG_PROVISION_INSPECT] = {"POST", "/orders/%s/inspect", true},
    [FG_PROVISION_RELEASE] = {"DELETE", "/orders/%s", false},
};

static size_t on_body(char *bytes, size_t size, size_t count, void *self)
{
    struct transfer *transfer = self;
    size_t len = size * count;
    transfer->too_big = len > transfer->body_max - transfer->body.len;
    if (transfer->too_big)
        return 0;
    fg_buf_add(&transfer->body, bytes, len);
    return len;
}

/* Called about once a second: whoever stops the service does not wait for a supplier. */
static int on_progress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    const struct transfer *transfer = self;
    struct pollfd stop = {transfer->site->stop_fd, POLLIN, 0};
    return poll(&stop, 1, 0) > 0;
}

static void set_url(CURL *curl, const struct fg_provision_call *call)
{
    const char *base = call->supplier->url;
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    char *key = curl_easy_escape(curl, call->order ? call->order->key : "", 0);
    FG_AUTO(fg_buf) struct fg_buf url = {};
    fg_buf_add(&url, base, len);
    const char *path = routes[call->op].path, *hole = strstr(path, "%s");
    fg_buf_add(&url, path, hole ? (size_t)(hole - path) : strlen(path));
    if (hole) {
        fg_buf_puts(&url, key ? key : "");
        fg_buf_puts(&url, hole + 2);
    }
    curl_free(key);
    curl_easy_setopt(curl, CURLOPT_URL, url.text);
}

static struct curl_slist *make_headers(const struct fg_provision_call *call,
                                       const struct fg_secret *secret)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    list = curl_slist_append(list, "Accept: application/json");
    if (routes[call->op].has_body)
        list = curl_slist_append(list, "Content-Type: application/json");
    FG_AUTO(fg_buf) struct fg_buf line = {};
    if (call->op == FG_PROVISION_PROVISION) {
        fg_buf_printf(&line, "Idempotency-Key: %s", call->order->key);
        list = curl_slist_append(list, line.text);
    }
    if (secret->text[0]) {
        fg_buf_clear(&line);
        fg_buf_printf(&line, "Authorization: Bearer %s", secret->text);
        list = curl_slist_append(list, line.text);
        explicit_bzero(line.text, line.len);
    }
    return list;
}

static void free_headers(struct curl_slist *list)
{
    for (struct curl_slist *at = list; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(list);
}

static void set_limits(CURL *curl, struct transfer *transfer, const char *url)
{
    bool is_plain = strncmp(url, "http://", 7) == 0; /* fg_supplier_check: of this machine */
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_plain ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(transfer->site->timeout_us / 1000 + 1));
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "fastgpu/" FASTGPU_VERSION);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
}

static void explain(const struct transfer *transfer,
                    CURLcode result,
                    const struct fg_provision_call *call,
                    struct fg_answer_sheet *out)
{
    const char *op = fg_provision_op_name(call->op);
    if (transfer->too_big)
        fg_answer_fail(out, FG_ETOOBIG, "the answer to %s is larger than %zu bytes", op,
                       transfer->body_max);
    else if (result == CURLE_OPERATION_TIMEDOUT)
        fg_answer_fail(out, FG_ETIMEOUT, "no answer to %s in time", op);
    else if (result == CURLE_PEER_FAILED_VERIFICATION)
        fg_answer_fail(out, FG_EUNREACH,
                       "the certificate of the supplier's service is not one we trust");
    else
        fg_answer_fail(out, FG_EUNREACH, "%s could not be asked: %s", op,
                       curl_easy_strerror(result));
}

/* Statuses that say something by themselves.  True: the event is complete. */
static bool read_status(long status,
                        const struct fg_provision_call *call,
                        struct fg_answer_sheet *out)
{
    const char *op = fg_provision_op_name(call->op);
    bool asks_for_one = call->op == FG_PROVISION_STATUS || call->op == FG_PROVISION_RELEASE;
    if (status == 401 || status == 403)
        fg_answer_fail(out, FG_EAUTH, "the supplier does not accept our secret (HTTP %ld)",
                       status);
    else if (status == 404 && asks_for_one)
        out->event.delivery = FG_DELIVERY_UNKNOWN;
    else if (status == 204 && call->op == FG_PROVISION_RELEASE)
        out->event.delivery = FG_DELIVERY_GONE;
    else if (status >= 300 && status < 400)
        fg_answer_fail(out, FG_EBACKEND,
                       "the supplier answers %s with a redirect (HTTP %ld): none is followed",
                       op, status);
    else if (status == 429 || status == 503)
        fg_answer_fail(out, FG_EBUSY, "the supplier is busy (HTTP %ld)", status);
    else
        return false;
    return true;
}

static void read_response(const struct transfer *transfer,
                          long status,
                          const struct fg_provision_call *call,
                          const struct fg_secret *secret,
                          struct fg_answer_sheet *out)
{
    if (read_status(status, call, out))
        return;
    const char *text = transfer->body.text ? transfer->body.text : "";
    if (status >= 200 && status < 300) {
        fg_protocol_read(text, transfer->body.len, call, secret, out);
        return;
    }
    /* An error that says why: {"ok":false,...}.  Anything else is only its number. */
    fg_protocol_read(text, transfer->body.len, call, secret, out);
    bool is_no = out->event.rc == 0 ? out->event.delivery == FG_DELIVERY_REFUSED
                                    : strncmp(out->event.reason, "the supplier ", 13) == 0;
    if (!is_no)
        fg_answer_fail(out, FG_EBACKEND, "the supplier answers %s with HTTP %ld",
                       fg_provision_op_name(call->op), status);
}

/* One request; its status, or -1 and `*out_result` says why there is none. */
static long request(struct transfer *transfer,
                    const struct fg_provision_call *call,
                    const struct fg_secret *secret,
                    const struct fg_buf *body,
                    CURLcode *out_result)
{
    long status = 0;
    CURL *curl = curl_easy_init();
    *out_result = CURLE_OUT_OF_MEMORY;
    if (!curl)
        return -1;
    set_limits(curl, transfer, call->supplier->url);
    set_url(curl, call);
    if (routes[call->op].has_body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->text ? body->text : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, routes[call->op].method);
    struct curl_slist *headers = make_headers(call, secret);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    *out_result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    free_headers(headers);
    return *out_result == CURLE_OK ? status : -1;
}

void fg_plugin_http(const struct fg_plugin_site *site,
                    const struct fg_provision_call *call,
                    struct fg_answer_sheet *out)
{
    FG_AUTO(fg_secret) struct fg_secret secret = {};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct transfer transfer = {.site = site, .body_max = fg_plugin_bytes_max(call->op)};
    struct fg_err err = {};
    CURLcode result;
    int rc = fg_secret_read(call->supplier->secret_file, &secret, &err);
    if (rc < 0) {
        fg_answer_fail(out, rc, "%s", err.text);
        return;
    }
    fg_protocol_write(&body, call);
    long status = request(&transfer, call, &secret, &body, &result);
    if (status < 0)
        explain(&transfer, result, call, out);
    else
        read_response(&transfer, status, call, &secret, out);
    fg_buf_free(&transfer.body);
}

int fg_plugin_http_send(const struct fg_plugin_site *site,
                        const struct fg_provision_call *call,
                        const char *bytes,
                        size_t len,
                        struct fg_buf *out,
                        struct fg_err *err)
{
    FG_AUTO(fg_secret) struct fg_secret secret = {};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct transfer transfer = {.site = site, .body_max = fg_plugin_bytes_max(call->op)};
    CURLcode result;
    int rc = fg_secret_read(call->supplier->secret_file, &secret, err);
    if (rc < 0)
        return rc;
    fg_buf_add(&body, bytes, len);
    long status = request(&transfer, call, &secret, &body, &result);
    fg_buf_add(out, transfer.body.text ? transfer.body.text : "", transfer.body.len);
    fg_buf_free(&transfer.body);
    if (transfer.too_big)
        return fg_fail(err, FG_ETOOBIG, "an answer of more than %zu bytes", transfer.body_max);
    if (status < 0)
        return fg_fail(err, result == CURLE_OPERATION_TIMEDOUT ? FG_ETIMEOUT : FG_EUNREACH,
                       "%s", curl_easy_strerror(result));
    return status >= 200 && status < 300 ? 0 : fg_fail(err, FG_EBACKEND, "HTTP %ld", status);
}

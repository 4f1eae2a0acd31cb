/* client.c - see client.h */
#include "client/client_inner.h"
#include "client/problem.h"

#include "base/clock.h"
#include "base/text.h"

#include <ctype.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define SILENCE_S     60
#define LOOK_AGAIN_MS 200

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

static char *join(const char *a, const char *b)
{
    size_t size = strlen(a) + strlen(b) + 1;
    char *both = malloc(size);
    if (!both)
        abort();
    snprintf(both, size, "%s%s", a, b);
    return both;
}

static int take_address(struct fg_address *address, const char *url, struct fg_err *err)
{
    struct sockaddr_un socket;
    bool is_unix = strncmp(url, "unix:", 5) == 0;
    if (!is_unix && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return fg_fail(err, FG_EINVAL,
                       "address %.100s: expected http://HOST:PORT or unix:/PATH", url);
    if (is_unix && strlen(url + 5) >= sizeof(socket.sun_path))
        return fg_fail(err, FG_EINVAL, "socket %.100s: the path is longer than %zu bytes",
                       url + 5, sizeof(socket.sun_path) - 1);
    address->url = copy_text(url);
    address->base = copy_text(is_unix ? "http://localhost" : url);
    address->socket = is_unix ? copy_text(url + 5) : NULL;
    return 0;
}

static int take_addresses(struct fg_client *client, const char *urls, struct fg_err *err)
{
    char *list = copy_text(urls), *rest = list;
    int rc = 0;
    while (rc == 0 && rest) {
        const char *url = strsep(&rest, ",");
        if (client->addresses_len == FG_CLIENT_ADDRESSES_MAX)
            rc = fg_fail(err, FG_EINVAL, "%.100s: more than %d addresses", urls,
                         FG_CLIENT_ADDRESSES_MAX);
        else
            rc = take_address(&client->addresses[client->addresses_len++], url, err);
    }
    free(list);
    return rc;
}

static int init(struct fg_client *client,
                const char *url,
                const char *token,
                struct fg_err *err)
{
    client->curl = curl_easy_init();
    if (!client->curl)
        return fg_fail(err, FG_ENOMEM, "no memory for the client");
    int rc = take_addresses(client, url, err);
    if (rc < 0)
        return rc;
    client->url = copy_text(url);
    if (token && token[0])
        client->bearer = join("Authorization: Bearer ", token);
    return 0;
}

struct fg_client *fg_client_new(const char *url, const char *token, struct fg_err *err)
{
    struct fg_client *client = calloc(1, sizeof(*client));
    if (!client || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fg_fail(err, FG_ENOMEM, "no memory for the client");
        free(client);
        return NULL;
    }
    if (init(client, url, token, err) < 0) {
        fg_client_free(client);
        return NULL;
    }
    return client;
}

void fg_client_free(struct fg_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    free(client->url);
    for (size_t i = 0; i < client->addresses_len; i++) {
        free(client->addresses[i].url);
        free(client->addresses[i].base);
        free(client->addresses[i].socket);
    }
    if (client->bearer)
        explicit_bzero(client->bearer, strlen(client->bearer));
    free(client->bearer);
    free(client);
    curl_global_cleanup();
}

const char *fg_client_url(const struct fg_client *client)
{
    return client->url;
}

void fg_client_turn(struct fg_client *client)
{
    client->at = (client->at + 1) % client->addresses_len;
}

void fg_client_prepare(const struct fg_client *client, CURL *curl, const char *path)
{
    const struct fg_address *address = &client->addresses[client->at];
    char *url = join(address->base, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    free(url);
    if (address->socket)
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, address->socket);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)FG_CLIENT_CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "fastgpu/" FASTGPU_VERSION);
}

struct curl_slist *fg_client_headers(const struct fg_client *client)
{
    /* No "100 Continue" before a body: one more round trip, and nothing gained on a local socket. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    if (client->bearer)
        list = curl_slist_append(list, client->bearer);
    return list;
}

int fg_client_fault(const struct fg_client *client, CURLcode result, struct fg_err *err)
{
    const char *url = client->addresses[client->at].url;
    switch (result) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return fg_fail(err, FG_EUNREACH, "nothing answers at %s", url);
    case CURLE_OPERATION_TIMEDOUT:
        return fg_fail(err, FG_ETIMEOUT, "%s: no answer in time", url);
    case CURLE_OUT_OF_MEMORY:
        return fg_fail(err, FG_ENOMEM, "no memory for the request");
    case CURLE_URL_MALFORMAT:
        return fg_fail(err, FG_EINVAL, "%s: not an address", url);
    default:
        return fg_fail(err, FG_EUNREACH, "%s: %s", url, curl_easy_strerror(result));
    }
}

/* ---- one call ---- */

struct transfer {
    const struct fg_call *call;
    CURL *curl;
    struct fg_buf *out;
    bool too_big;
    bool write_failed;
    bool received; /* something of the answer's body */
    bool unsent;   /* nobody was there: nothing can have happened */
};

static size_t on_body(char *bytes, size_t size, size_t count, void *self)
{
    struct transfer *transfer = self;
    size_t len = size * count;
    long status = 0;
    transfer->received = true;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    if (transfer->call->download && status < 300) {
        transfer->write_failed = fwrite(bytes, 1, len, transfer->call->download) != len;
        return transfer->write_failed ? 0 : len;
    }
    if (transfer->out->len + len > FG_CLIENT_BODY_MAX) {
        transfer->too_big = true;
        return 0;
    }
    fg_buf_add(transfer->out, bytes, len);
    return len;
}

static size_t on_upload(char *bytes, size_t size, size_t count, void *self)
{
    size_t len = fread(bytes, 1, size * count, self);
    return len == 0 && ferror((FILE *)self) ? CURL_READFUNC_ABORT : len;
}

static int on_progress(
    void *self, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    const struct fg_call *call = self;
    curl_off_t done = call->upload ? up : down, total = call->upload ? up_total : down_total;
    call->progress(call->progress_self, (uint64_t)done, (uint64_t)total);
    return 0;
}

static void set_body(CURL *curl, const struct fg_call *call)
{
    if (call->upload) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_upload);
        curl_easy_setopt(curl, CURLOPT_READDATA, call->upload);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->upload_size);
    } else if (call->json) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->json);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->json_len);
    }
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

static void set_patience(CURL *curl, const struct fg_call *call)
{
    long seconds = call->timeout_s > 0 ? call->timeout_s : FG_CLIENT_TIMEOUT_S;
    if (call->upload || call->download) {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
    } else {
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds);
    }
    if (call->progress) {
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, call);
    }
}

static struct curl_slist *all_headers(const struct fg_client *client,
                                      const struct fg_call *call)
{
    struct curl_slist *list = fg_client_headers(client);
    if (call->upload)
        list = curl_slist_append(list, "Content-Type: application/octet-stream");
    else if (call->json && call->type) {
        char *type = join("Content-Type: ", call->type);
        list = curl_slist_append(list, type);
        free(type);
    } else if (call->json)
        list = curl_slist_append(list, "Content-Type: application/json");
    if (call->idempotency_key) {
        char *key = join("Idempotency-Key: ", call->idempotency_key);
        list = curl_slist_append(list, key);
        free(key);
    }
    return list;
}

/* One request to the address that is asked now. */
static int ask(struct fg_client *client,
               const struct fg_call *call,
               struct transfer *transfer,
               struct fg_err *err)
{
    CURL *curl = client->curl;
    transfer->received = transfer->unsent = false;
    fg_buf_clear(transfer->out);
    curl_easy_reset(curl); /* keeps the connection */
    fg_client_prepare(client, curl, call->path);
    set_body(curl, call);
    set_patience(curl, call);
    struct curl_slist *headers = all_headers(client, call);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    CURLcode result = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);

    transfer->unsent = result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST;
    if (transfer->too_big)
        return fg_fail(err, FG_ETOOBIG, "%s: an answer of more than %zu bytes", call->path,
                       FG_CLIENT_BODY_MAX);
    if (transfer->write_failed)
        return fg_fail(err, FG_EIO, "%s: the answer could not be written", call->path);
    /* A refusal may come before the whole body was sent: then it counts, not the broken pipe. */
    if (result != CURLE_OK && !(result == CURLE_SEND_ERROR && status >= 400))
        return fg_client_fault(client, result, err);
    if (status >= 200 && status < 300)
        return (int)status;
    /* Who stands by, or is stopping, has done nothing. */
    int rc = fg_problem_read((int)status, transfer->out->text ? transfer->out->text : "",
                             transfer->out->len, err);
    transfer->unsent = rc == FG_EUNREACH;
    return rc;
}

/* Whether another address may be asked the same. */
static bool may_turn(const struct fg_call *call, const struct transfer *transfer, int rc)
{
    bool is_harmless = strcmp(call->method, "POST") != 0 || call->idempotency_key;
    if (transfer->unsent)
        return true;
    return is_harmless && (rc == FG_EUNREACH || rc == FG_ETIMEOUT)
           && !(call->download && transfer->received);
}

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

int fg_client_call(struct fg_client *client,
                   const struct fg_call *call,
                   struct fg_buf *out,
                   struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf dropped = {};
    struct transfer transfer = {
        .call = call, .curl = client->curl, .out = out ? out : &dropped};
    int64_t end_us = mono_us() + (int64_t)FG_CLIENT_LEADER_S * 1000000;
    off_t body_at = call->upload ? ftello(call->upload) : 0;
    for (size_t turns = 1;; turns++) {
        int rc = ask(client, call, &transfer, err);
        if (rc >= 0 || client->addresses_len == 1 || !may_turn(call, &transfer, rc)
            || mono_us() > end_us)
            return rc;
        if (call->upload && fseeko(call->upload, body_at, SEEK_SET) != 0)
            return rc;
        fg_client_turn(client);
        if (turns % client->addresses_len == 0)
            poll(NULL, 0, LOOK_AGAIN_MS);
    }
}

int fg_client_get(struct fg_client *client,
                  const char *path,
                  struct fg_buf *out,
                  struct fg_err *err)
{
    return fg_client_call(client, &(struct fg_call){.method = "GET", .path = path}, out, err);
}

int fg_client_post(struct fg_client *client,
                   const char *path,
                   const char *json,
                   struct fg_buf *out,
                   struct fg_err *err)
{
    const char *body = json ? json : "{}";
    struct fg_call call = {
        .method = "POST", .path = path, .json = body, .json_len = strlen(body)};
    return fg_client_call(client, &call, out, err);
}

const char *fg_client_header(struct fg_client *client, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(client->curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}

void fg_url_escape(struct fg_buf *out, const char *text, bool keep_slash)
{
    for (const char *at = text; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        bool is_plain = (byte < 0x80 && isalnum(byte)) || strchr("-._~", byte) != NULL
                        || (keep_slash && byte == '/');
        if (is_plain)
            fg_buf_add(out, at, 1);
        else
            fg_buf_printf(out, "%%%02X", byte);
    }
}

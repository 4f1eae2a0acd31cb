/* rest.c - see rest.h
 *
 * The token is read from its file for each call and is in one header only; it is never in an error, and goes over plain
 * http only to this machine.
 */
#include "slurm/rest.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/doc.h"
#include "base/text.h"
#include "slurm/rest_json.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWER_MAX (4UL << 20)
#define TOKEN_MAX  8192
#define CONNECT_MS 3000L
#define AGAIN_US   30000000

struct fg_rest {
    struct fg_supplier supplier;
    int stop_fd;
    CURL *curl;
    const struct fg_rest_dialect *dialect; /* NULL: not reached yet */
    int64_t again_us;                      /* monotonic: not asked before that */
};

struct answer {
    struct fg_buf body;
    bool too_big;
    long status;
};

struct fg_rest *fg_rest_new(const struct fg_supplier *supplier, int stop_fd)
{
    struct fg_rest *rest = calloc(1, sizeof(*rest));
    if (!rest)
        abort();
    rest->supplier = *supplier;
    rest->stop_fd = stop_fd;
    return rest;
}

void fg_rest_free(struct fg_rest *rest)
{
    if (!rest)
        return;
    if (rest->curl)
        curl_easy_cleanup(rest->curl);
    free(rest);
}

const char *fg_rest_version(const struct fg_rest *rest)
{
    return rest->dialect ? rest->dialect->version : "";
}

/* -- token -- */

static int read_token(const char *path, char out[TOKEN_MAX], struct fg_err *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fg_fail(err, FG_EAUTH, "%s: %s", path, strerror(errno));
    ssize_t len = fstat(fd, &about) < 0 ? -1 : read(fd, out, TOKEN_MAX - 1);
    close(fd);
    if (len < 0)
        return fg_fail(err, FG_EAUTH, "%s: cannot be read", path);
    if (about.st_mode & 077)
        return fg_fail(err, FG_EAUTH, "%s: others may read it, expected mode 0600", path);
    out[len] = '\0';
    out[strcspn(out, "\r\n \t")] = '\0';
    for (const char *at = out; *at; at++)
        if (*at < '!' || *at > '~')
            return fg_fail(err, FG_EAUTH, "%s: is no token", path);
    return out[0] ? 0 : fg_fail(err, FG_EAUTH, "%s: is empty", path);
}

/* Whose token it is: the member "sun" of a JWT of Slurm. */
static bool read_user(const char *token, char out[FG_NAME_MAX])
{
    unsigned char text[TOKEN_MAX];
    size_t len = 0;
    const char *from = strchr(token, '.'), *end = from ? strchr(from + 1, '.') : NULL;
    if (!end
        || sodium_base642bin(text, sizeof(text), from + 1, (size_t)(end - from - 1), NULL, &len,
                             NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING)
               < 0)
        return false;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len) + 4096);
    const struct fg_doc *doc = NULL, *user = NULL;
    if (fg_doc_json((const char *)text, len, arena, &doc, NULL) == 0)
        user = fg_doc_get(doc, "sun");
    if (!user || user->kind != FG_DOC_TEXT || user->text_len == 0)
        return false;
    for (const char *at = user->text; *at; at++)
        if (*at < '!' || *at > '~')
            return false;
    return fg_copy(out, FG_NAME_MAX, user->text);
}

static bool is_local(const char *url)
{
    static const char *const local[] = {"https://",          "http://127.",
                                        "http://localhost:", "http://localhost/",
                                        "http://[::1]",      "unix:"};
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
        if (strncmp(url, local[i], strlen(local[i])) == 0)
            return true;
    return false;
}

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[TOKEN_MAX + 64];
    snprintf(line, sizeof(line), "%s: %s", name, value);
    *list = curl_slist_append(*list, line);
    explicit_bzero(line, sizeof(line));
}

static int add_token(const struct fg_rest *rest, struct curl_slist **list, struct fg_err *err)
{
    char token[TOKEN_MAX], user[FG_NAME_MAX];
    if (!rest->supplier.secret_file[0])
        return 0;
    if (!is_local(rest->supplier.url))
        return fg_fail(err, FG_EAUTH, "%s: a token goes over https only", rest->supplier.url);
    int rc = read_token(rest->supplier.secret_file, token, err);
    if (rc == 0 && read_user(token, user)) {
        add_header(list, "X-SLURM-USER-NAME", user);
        add_header(list, "X-SLURM-USER-TOKEN", token);
    } else if (rc == 0) {
        rc = fg_fail(err, FG_EAUTH, "%s: is no token of Slurm (scontrol token)",
                     rest->supplier.secret_file);
    }
    explicit_bzero(token, sizeof(token));
    return rc;
}

static void free_headers(struct curl_slist *list)
{
    for (struct curl_slist *at = list; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(list);
}

/* -- one call -- */

static size_t on_body(char *bytes, size_t size, size_t count, void *self)
{
    struct answer *answer = self;
    size_t len = size * count;
    answer->too_big = len > ANSWER_MAX - answer->body.len;
    if (answer->too_big)
        return 0;
    fg_buf_add(&answer->body, bytes, len);
    return len;
}

static int on_progress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    const struct fg_rest *rest = self;
    struct pollfd stop = {rest->stop_fd, POLLIN, 0};
    return poll(&stop, 1, 0) > 0;
}

static void set_url(struct fg_rest *rest, const char *path)
{
    FG_AUTO(fg_buf) struct fg_buf url = {};
    const char *base = rest->supplier.url;
    size_t len = strlen(base);
    if (strncmp(base, "unix:", 5) == 0) {
        curl_easy_setopt(rest->curl, CURLOPT_UNIX_SOCKET_PATH, base + 5);
        base = "http://localhost";
        len = strlen(base);
    }
    while (len > 0 && base[len - 1] == '/')
        len--;
    fg_buf_add(&url, base, len);
    fg_buf_puts(&url, path);
    curl_easy_setopt(rest->curl, CURLOPT_URL, url.text);
}

static void set_limits(struct fg_rest *rest, struct answer *answer)
{
    CURL *curl = rest->curl;
    bool is_tls = strncmp(rest->supplier.url, "https://", 8) == 0;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_tls ? "https" : "http");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(rest->supplier.timeout_us / 1000 + 1));
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "fastgpu/" FASTGPU_VERSION);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, rest);
}

/* `body` NULL: none.  0: there is an answer, whatever its status. */
static int call(struct fg_rest *rest,
                const char *method,
                const char *path,
                const struct fg_buf *body,
                struct answer *answer,
                struct fg_err *err)
{
    if (!rest->curl && !(rest->curl = curl_easy_init()))
        return fg_fail(err, FG_EUNREACH, "slurmrestd: no memory for a call");
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    int rc = add_token(rest, &headers, err);
    if (rc == 0) {
        set_limits(rest, answer);
        set_url(rest, path);
        if (body) {
            headers = curl_slist_append(headers, "Content-Type: application/json");
            curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDS, body->text);
            curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
        }
        curl_easy_setopt(rest->curl, CURLOPT_CUSTOMREQUEST, method);
        curl_easy_setopt(rest->curl, CURLOPT_HTTPHEADER, headers);
        CURLcode code = curl_easy_perform(rest->curl);
        if (code != CURLE_OK)
            rc = fg_fail(err, code == CURLE_COULDNT_CONNECT ? FG_ENOENT : FG_EUNREACH,
                         "slurmrestd: %s", curl_easy_strerror(code));
        curl_easy_getinfo(rest->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    }
    free_headers(headers);
    if (rc == 0 && (answer->status == 401 || answer->status == 403))
        return fg_fail(err, FG_EAUTH, "slurmrestd: it does not know us (HTTP %ld)",
                       answer->status);
    return rc;
}

/* The newest version that it speaks. */
static int choose(struct fg_rest *rest, struct fg_err *err)
{
    for (size_t i = 0; i < FG_REST_DIALECTS && !rest->dialect; i++) {
        struct answer answer = {};
        char path[64];
        snprintf(path, sizeof(path), "/slurm/%s/ping", fg_rest_dialects[i].version);
        int rc = call(rest, "GET", path, NULL, &answer, err);
        if (rc == 0 && answer.status == 200)
            rest->dialect = &fg_rest_dialects[i];
        fg_buf_free(&answer.body);
        if (rc < 0)
            return rc;
    }
    return rest->dialect
               ? 0
               : fg_fail(err, FG_ENOENT,
                         "slurmrestd: speaks neither v0.0.42 nor v0.0.40 nor v0.0.38");
}

/* -- calls -- */

/* One that hung or failed is left alone for a while. */
static int ready(struct fg_rest *rest, struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t now_us = clock->mono_us(clock->self);
    if (now_us < rest->again_us)
        return fg_fail(err, FG_ENOENT, "slurmrestd: it failed a moment ago");
    int rc = rest->dialect ? 0 : choose(rest, err);
    if (rc < 0)
        rest->again_us = now_us + AGAIN_US;
    return rc == FG_EUNREACH ? FG_ENOENT : rc;
}

static int judge(struct fg_rest *rest, int rc)
{
    const struct fg_clock *clock = fg_clock_system();
    if (rc == FG_EUNREACH)
        rest->again_us = clock->mono_us(clock->self) + AGAIN_US;
    return rc;
}

int fg_rest_submit(struct fg_rest *rest,
                   const struct fg_shape *shape,
                   const struct fg_shape_submit *submit,
                   const char *script,
                   uint64_t *out_id,
                   struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct answer answer = {};
    char path[64];
    int rc = ready(rest, err);
    if (rc == 0)
        rc = fg_rest_write_submit(rest->dialect, shape, submit, script, &body, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "/slurm/%s/job/submit", rest->dialect->version);
    rc = call(rest, "POST", path, &body, &answer, err);
    if (rc == 0)
        rc = fg_rest_read_submit(answer.body.text, answer.body.len, out_id, err);
    explicit_bzero(body.text, body.len);
    fg_buf_free(&answer.body);
    return judge(rest, rc);
}

int fg_rest_job(struct fg_rest *rest, uint64_t id, struct fg_slurm_end *out, struct fg_err *err)
{
    struct answer answer = {};
    char path[64];
    int rc = ready(rest, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "/slurm/%s/job/%lu", rest->dialect->version,
             (unsigned long)id);
    rc = call(rest, "GET", path, NULL, &answer, err);
    if (rc == 0)
        rc = fg_rest_read_job(answer.body.text, answer.body.len, id, out, err);
    fg_buf_free(&answer.body);
    return judge(rest, rc);
}

int fg_rest_cancel(struct fg_rest *rest, uint64_t id, struct fg_err *err)
{
    struct answer answer = {};
    char path[64];
    int rc = ready(rest, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "/slurm/%s/job/%lu", rest->dialect->version,
             (unsigned long)id);
    rc = call(rest, "DELETE", path, NULL, &answer, err);
    if (rc == 0 && answer.status != 200)
        rc = fg_fail(err, FG_ENOENT, "slurmrestd: HTTP %ld", answer.status);
    fg_buf_free(&answer.body);
    return judge(rest, rc);
}

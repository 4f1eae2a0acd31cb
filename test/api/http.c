/* http.c - see http.h */
#include "test/api/http.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define HEAD_MAX 16384

int http_connect(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

void http_send(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t step = send(fd, bytes, len, MSG_NOSIGNAL);
        if (step <= 0)
            return;
        bytes += step;
        len -= (size_t)step;
    }
}

void http_puts(int fd, const char *text)
{
    http_send(fd, text, strlen(text));
}

void http_clear(struct http_answer *answer)
{
    free(answer->head);
    free(answer->body);
    bool is_head = answer->is_head;
    memset(answer, 0, sizeof(*answer));
    answer->is_head = is_head;
}

const char *http_field(const struct http_answer *answer, const char *name)
{
    static char value[512];
    size_t len = strlen(name);
    for (const char *line = answer->head; line; line = strstr(line, "\r\n")) {
        line += line == answer->head ? 0 : 2;
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        const char *from = line + len + 1 + strspn(line + len + 1, " ");
        snprintf(value, sizeof(value), "%.*s", (int)strcspn(from, "\r"), from);
        return value;
    }
    return NULL;
}

static bool read_exactly(int fd, char *to, size_t len)
{
    while (len) {
        ssize_t got = recv(fd, to, len, 0);
        if (got <= 0)
            return false;
        to += got;
        len -= (size_t)got;
    }
    return true;
}

/* Up to and with the empty line, byte by byte: nothing of the next answer is taken. */
static bool read_until(int fd, char *to, size_t max, const char *end)
{
    size_t len = 0, end_len = strlen(end);
    while (len + 1 < max) {
        if (recv(fd, to + len, 1, 0) != 1)
            return false;
        to[++len] = 0;
        if (len >= end_len && strcmp(to + len - end_len, end) == 0)
            return true;
    }
    return false;
}

static void add(struct http_answer *answer, int fd, size_t len)
{
    answer->body = realloc(answer->body, answer->body_len + len + 1);
    if (!answer->body)
        abort();
    if (len && !read_exactly(fd, answer->body + answer->body_len, len))
        len = 0;
    answer->body_len += len;
    answer->body[answer->body_len] = 0;
}

static void read_chunks(struct http_answer *answer, int fd)
{
    char line[64];
    while (read_until(fd, line, sizeof(line), "\r\n")) {
        size_t len = strtoul(line, NULL, 16);
        add(answer, fd, len);
        if (!read_until(fd, line, sizeof(line), "\r\n") || len == 0)
            return;
    }
}

void http_read(int fd, struct http_answer *answer)
{
    http_clear(answer);
    answer->head = calloc(1, HEAD_MAX);
    do { /* "100 Continue" comes before the answer itself */
        if (!answer->head || !read_until(fd, answer->head, HEAD_MAX, "\r\n\r\n"))
            return;
        answer->status = atoi(answer->head + strcspn(answer->head, " "));
    } while (answer->status == 100);
    if (answer->is_head)
        return;
    const char *length = http_field(answer, "Content-Length");
    add(answer, fd, length ? strtoul(length, NULL, 10) : 0);
    const char *coding = http_field(answer, "Transfer-Encoding");
    if (coding && strcmp(coding, "chunked") == 0)
        read_chunks(answer, fd);
}

int http_call_on(int fd,
                 const char *token,
                 const char *method,
                 const char *path,
                 const char *body,
                 struct http_answer *answer)
{
    char head[8192];
    int len = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: test\r\n", method, path);
    if (token)
        len += snprintf(head + len, sizeof(head) - (size_t)len, "Authorization: Bearer %s\r\n",
                        token);
    if (body)
        len +=
            snprintf(head + len, sizeof(head) - (size_t)len,
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
    snprintf(head + len, sizeof(head) - (size_t)len, "\r\n");
    http_puts(fd, head);
    if (body)
        http_puts(fd, body);
    answer->is_head = strcmp(method, "HEAD") == 0;
    http_read(fd, answer);
    return answer->status;
}

int http_call(uint16_t port,
              const char *token,
              const char *method,
              const char *path,
              const char *body,
              struct http_answer *answer)
{
    int fd = http_connect(port);
    if (fd < 0) {
        http_clear(answer);
        return 0;
    }
    int status = http_call_on(fd, token, method, path, body, answer);
    close(fd);
    return status;
}

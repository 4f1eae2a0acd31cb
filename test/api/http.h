/* http.h - a small blocking HTTP client for tests: it can also say what no client should. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_answer {
    int status; /* 0: the connection was closed without one */
    char *head; /* status line and fields */
    char *body; /* ended by 0 */
    size_t body_len;
    bool is_head; /* set before: no body comes, whatever the fields say */
};

int http_connect(uint16_t port); /* a socket with a 10 s limit on reads; -1 */
void http_send(int fd, const char *bytes, size_t len); /* what cannot be sent is dropped */
void http_puts(int fd, const char *text);
/* One answer: by Content-Length, chunks, or to the end. */
void http_read(int fd, struct http_answer *answer);
void http_clear(struct http_answer *answer);
/* The value of a field, or NULL; valid until the next call. */
const char *http_field(const struct http_answer *answer, const char *name);

/* One request on a connection of its own.  NULL token: none.  NULL body: none; else JSON. */
int http_call(uint16_t port,
              const char *token,
              const char *method,
              const char *path,
              const char *body,
              struct http_answer *answer);
/* The same on a connection that stays open. */
int http_call_on(int fd,
                 const char *token,
                 const char *method,
                 const char *path,
                 const char *body,
                 struct http_answer *answer);

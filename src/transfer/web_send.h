/* web_send.h - send part of a file, or a few bytes, with one HTTP request, and read the short answer. */
#pragma once

#include "transfer/attempt.h"

#define FG_WEB_ANSWER_MAX (256 * 1024)

struct fg_web_ask {
    const char *method; /* "PUT", "POST", "DELETE" */
    const char *
        query; /* "partNumber=1&uploadId=x": sorted and escaped, for it is signed as it is; "" none */
    const char *const *headers; /* "name: value", ended by NULL; NULL none */
    int fd;                     /* the body: bytes [at, at + len) of this file; or -1: */
    int64_t at, len;
    const char *text; /* ... of `len` bytes */
};

struct fg_web_answer {
    long status;
    struct fg_web_head head;
    struct fg_buf body;
    int64_t
        first_us; /* until the first byte of the answer, from the end of the request on: -1 */
};
void fg_web_answer_free(struct fg_web_answer *answer);
static inline void fg_web_answer_drop(struct fg_web_answer *answer)
{
    fg_web_answer_free(answer);
}

/* 0: the server said 2xx.  Else as fg_web_explain(), with what the store says in `err`. */
[[nodiscard]] int fg_web_send(struct fg_attempt *attempt,
                              const struct fg_web *web,
                              const struct fg_web_ask *ask,
                              struct fg_web_answer *out,
                              struct fg_err *err);

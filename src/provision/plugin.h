/* plugin.h - one call of one supplier, made and answered: it returns when the answer is there, or the time is over.
 *
 * Any thread; for one supplier one call at a time.  Each ends with an event in the sheet, whose event was begun.
 */
#pragma once

#include "provision/protocol.h"

struct fg_plugin_site {
    const char *
        folder; /* of this supplier alone: where programs run and keep what they must remember */
    int64_t timeout_us; /* of the whole call */
    int stop_fd;        /* readable: give up; -1 none */
};

typedef void fg_plugin_fn(const struct fg_plugin_site *site,
                          const struct fg_provision_call *call,
                          struct fg_answer_sheet *out);

/* A program that reads a request and writes an answer. */
void fg_plugin_exec(const struct fg_plugin_site *site,
                    const struct fg_provision_call *call,
                    struct fg_answer_sheet *out);
/* A REST service. */
void fg_plugin_http(const struct fg_plugin_site *site,
                    const struct fg_provision_call *call,
                    struct fg_answer_sheet *out);
/* Own machines, of a list. */
void fg_plugin_owned(const struct fg_plugin_site *site,
                     const struct fg_provision_call *call,
                     struct fg_answer_sheet *out);

/* Bytes that need not be a request, to where the call would go; what comes back on standard output (exec), or as a body (http).
 * 0: it was answered well (exit status 0, HTTP 2xx); else as the event of a call says. */
[[nodiscard]] int fg_plugin_exec_send(const struct fg_plugin_site *site,
                                      const struct fg_provision_call *call,
                                      const char *bytes,
                                      size_t len,
                                      struct fg_buf *out,
                                      struct fg_err *err);
[[nodiscard]] int fg_plugin_http_send(const struct fg_plugin_site *site,
                                      const struct fg_provision_call *call,
                                      const char *bytes,
                                      size_t len,
                                      struct fg_buf *out,
                                      struct fg_err *err);

/* The most bytes of an answer to that call. */
size_t fg_plugin_bytes_max(enum fg_provision_op op);

/* The last line of what a program wrote to standard error, scrubbed and cut, behind ": "; "" if it wrote none. */
#define FG_LAST_LINE_MAX 140
void fg_last_line(const struct fg_buf *text,
                  const struct fg_secret *secret,
                  char out[FG_LAST_LINE_MAX]);

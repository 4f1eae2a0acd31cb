/* webhook_sign.h - signatures of webhooks, by Standard Webhooks 1.0.0 (standardwebhooks.com), symmetric: HMAC-SHA256 over
 * "ID.TIMESTAMP.BODY".  Pure. */
#pragma once

#include "base/err.h"
#include "publish/secret.h"

#include <stdint.h>

#define FG_SIGNATURE_MAX 64 /* "v1," and base64 of 32 bytes */

struct fg_signed {
    const char *id;
    int64_t time_s; /* since 1970 */
    const char *body;
    size_t body_len;
};

/* The key is the text of the secret, or if that begins with "whsec_" what follows, in base64.  FG_EINVAL: no base64, or
 * fewer than 16 bytes. */
[[nodiscard]] int fg_webhook_sign(const struct fg_signed *what,
                                  const struct fg_sink_secret *secret,
                                  char out[FG_SIGNATURE_MAX],
                                  struct fg_err *err);

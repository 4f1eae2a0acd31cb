/* auth.h - who asks: a bearer token, or the user at the other end of the Unix socket. */
#pragma once

#include "api/call.h"

#define FG_TOKEN_PREFIX     "fgpu_"
#define FG_TOKEN_SECRET_MAX 64 /* bytes of a token's text, final 0 counted */

/* Fill call->actor.  Role NONE if nothing was sent over TCP.
 * Returns 0; FG_EAUTH: a token that is malformed, unknown, revoked or expired. */
[[nodiscard]] int fg_auth_identify(struct fg_call *call, struct fg_err *err);

/* A fresh secret and what is stored of it: hash and prefix. */
void fg_auth_make_token(char out_secret[FG_TOKEN_SECRET_MAX], struct fg_token *token);

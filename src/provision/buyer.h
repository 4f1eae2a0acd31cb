/* buyer.h - the live implementation of provision.h: threads that call plug-ins.
 *
 * A few calls at once (FG_BUYER_THREADS), of one supplier one after the other.  Threads are made when there is something to
 * do; a service that buys nothing has none.
 */
#pragma once

#include "provision/protocol.h"

#define FG_BUYER_THREADS 4

/* `folder`: made if missing (0700); each supplier gets one of its own in it.  Copied.
 * NULL and `err`: FG_EIO, FG_ENOMEM. */
struct fg_provision *fg_buyer_new(const char *folder, struct fg_err *err);
extern const struct fg_provision_ops fg_buyer_ops;

/* What a call may take, with the time of a burn-in. */
int64_t fg_buyer_timeout_us(const struct fg_provision_call *call);

/* One call without threads: it returns when the event is there.  For tools; the sheet is freed by the caller. */
void fg_buyer_call_now(const char *folder,
                       const struct fg_provision_call *call,
                       struct fg_answer_sheet *out);

/* channel.h - one encrypted connection between a courier and the service: frames in, frames out.
 *
 * Handshake: the courier names its allocation and sends a fresh X25519 key, both under a BLAKE2b MAC by the allocation's
 * key; the service answers with its own fresh key under the same.  Both hash the shared secret, the allocation's key and
 * all that was said into one key for each direction, and from then on every frame goes through libsodium's secretstream
 * (XChaCha20-Poly1305, which also orders them).  What is recorded cannot be played again, for the fresh keys differ; who
 * gets the allocation's key later cannot read what was recorded.
 *
 * On the wire a frame is its length (4 bytes, little endian) and the sealed kind byte and payload.  Nothing waits: the
 * socket is non-blocking.  One owner, one thread.
 */
#pragma once

#include "base/err.h"
#include "link/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_CHANNEL_FRAME_MAX  (4U * 1024 * 1024) /* payload of one frame */
#define FG_CHANNEL_FULL_BYTES (256UL * 1024)     /* with so much unsent no more bulk is added */

struct fg_channel;

/* The key of that allocation.  0, or negative: it is none of ours. */
typedef int fg_channel_key_fn(void *self,
                              const char *allocation,
                              uint8_t out[FG_LINK_SECRET_BYTES]);

/* Take over a connected (or connecting) non-blocking socket. */
struct fg_channel *fg_channel_accept(int fd, fg_channel_key_fn *key, void *self);
struct fg_channel *fg_channel_connect(int fd,
                                      const struct fg_link_courier *who,
                                      const uint8_t secret[FG_LINK_SECRET_BYTES]);
void fg_channel_free(struct fg_channel *channel); /* closes; NULL is allowed */

int fg_channel_fd(const struct fg_channel *channel);
bool fg_channel_is_open(const struct fg_channel *channel); /* the handshake is over */
bool fg_channel_wants_out(const struct fg_channel *channel);
size_t fg_channel_unsent(const struct fg_channel *channel);
/* Who the other side proved to be: the courier; valid once open. */
const struct fg_link_courier *fg_channel_peer(const struct fg_channel *channel);
uint64_t fg_channel_bytes_in(const struct fg_channel *channel);
uint64_t fg_channel_bytes_out(const struct fg_channel *channel);

/* Read what the socket has, at most about 1 MiB.  0, or FG_EUNREACH: closed; FG_EAUTH: not who it says, or a frame that
 * was tampered with; FG_EINVAL: no protocol of ours. */
[[nodiscard]] int fg_channel_read(struct fg_channel *channel, struct fg_err *err);
/* 1: the next whole frame, valid until the next call; 0: none; errors as above. */
[[nodiscard]] int fg_channel_next(struct fg_channel *channel,
                                  uint8_t *out_kind,
                                  const char **out_bytes,
                                  size_t *out_len,
                                  struct fg_err *err);

/* Queue a frame.  The channel is open; `len` is at most FG_CHANNEL_FRAME_MAX. */
void fg_channel_send(struct fg_channel *channel, uint8_t kind, const char *bytes, size_t len);
/* Send what the socket takes.  0, or FG_EUNREACH. */
[[nodiscard]] int fg_channel_flush(struct fg_channel *channel);

/* channel.c - see channel.h */
#include "link/channel.h"

#include "base/buf.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAGIC          "fastgpu-link/1\n"
#define SEAL_BYTES     crypto_secretstream_xchacha20poly1305_ABYTES
#define HEADER_BYTES   crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define MAC_BYTES      32
#define POINT_BYTES    crypto_scalarmult_BYTES
#define READ_BYTES     65536
#define READS_MAX      16
#define KEEP_BYTES     4096 /* a buffer that is empty keeps no more than this */
#define FRAME_OVERHEAD (4 + SEAL_BYTES + 1)

/* What the courier says first. */
struct hello {
    char magic[16];
    char allocation[32];
    uint32_t number; /* little endian */
    uint8_t point[POINT_BYTES];
    uint8_t mac[MAC_BYTES]; /* of all before */
};

/* The answer. */
struct answer {
    uint8_t point[POINT_BYTES];
    uint8_t header[HEADER_BYTES];
    uint8_t mac[MAC_BYTES]; /* of the hello and all before */
};

enum stage { WAIT_HELLO, WAIT_ANSWER, WAIT_HEADER, OPEN };

struct fg_channel {
    int fd;
    enum stage stage;
    fg_channel_key_fn *key;
    void *key_self;
    struct fg_link_courier who;
    uint8_t secret[FG_LINK_SECRET_BYTES];
    uint8_t scalar[crypto_scalarmult_SCALARBYTES];
    struct hello hello;
    crypto_secretstream_xchacha20poly1305_state in_state, out_state;
    struct fg_buf in, out, frame;
    size_t in_at, out_at;
    uint64_t bytes_in, bytes_out;
    uint8_t in_key[32];
};

static struct fg_channel *new_channel(int fd, enum stage stage)
{
    struct fg_channel *channel = calloc(1, sizeof(*channel));
    if (!channel || sodium_init() < 0)
        abort();
    channel->fd = fd;
    channel->stage = stage;
    return channel;
}

struct fg_channel *fg_channel_accept(int fd, fg_channel_key_fn *key, void *self)
{
    struct fg_channel *channel = new_channel(fd, WAIT_HELLO);
    channel->key = key;
    channel->key_self = self;
    return channel;
}

static void mac_of(uint8_t out[MAC_BYTES],
                   const uint8_t secret[FG_LINK_SECRET_BYTES],
                   const struct hello *hello,
                   const struct answer *answer)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, secret, FG_LINK_SECRET_BYTES, MAC_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)hello,
                              answer ? sizeof(*hello) : offsetof(struct hello, mac));
    if (answer)
        crypto_generichash_update(&state, (const uint8_t *)answer,
                                  offsetof(struct answer, mac));
    crypto_generichash_final(&state, out, MAC_BYTES);
}

struct fg_channel *fg_channel_connect(int fd,
                                      const struct fg_link_courier *who,
                                      const uint8_t secret[FG_LINK_SECRET_BYTES])
{
    struct fg_channel *channel = new_channel(fd, WAIT_ANSWER);
    struct hello *hello = &channel->hello;
    channel->who = *who;
    memcpy(channel->secret, secret, sizeof(channel->secret));
    memcpy(hello->magic, MAGIC, sizeof(hello->magic));
    memcpy(hello->allocation, who->allocation, sizeof(hello->allocation));
    hello->number = htole32(who->number);
    randombytes_buf(channel->scalar, sizeof(channel->scalar));
    crypto_scalarmult_base(hello->point, channel->scalar);
    mac_of(hello->mac, secret, hello, NULL);
    fg_buf_add(&channel->out, hello, sizeof(*hello));
    return channel;
}

void fg_channel_free(struct fg_channel *channel)
{
    if (!channel)
        return;
    close(channel->fd);
    fg_buf_free(&channel->in);
    fg_buf_free(&channel->out);
    fg_buf_free(&channel->frame);
    sodium_memzero(channel, sizeof(*channel));
    free(channel);
}

int fg_channel_fd(const struct fg_channel *channel)
{
    return channel->fd;
}

bool fg_channel_is_open(const struct fg_channel *channel)
{
    return channel->stage == OPEN;
}

size_t fg_channel_unsent(const struct fg_channel *channel)
{
    return channel->out.len - channel->out_at;
}

bool fg_channel_wants_out(const struct fg_channel *channel)
{
    return fg_channel_unsent(channel) > 0;
}

const struct fg_link_courier *fg_channel_peer(const struct fg_channel *channel)
{
    return &channel->who;
}

uint64_t fg_channel_bytes_in(const struct fg_channel *channel)
{
    return channel->bytes_in;
}

uint64_t fg_channel_bytes_out(const struct fg_channel *channel)
{
    return channel->bytes_out;
}

/* An idle connection costs little: of 10,000 most are. */
static void give_back(struct fg_buf *buf)
{
    if (buf->room > KEEP_BYTES && buf->len == 0)
        fg_buf_free(buf);
}

int fg_channel_read(struct fg_channel *channel, struct fg_err *err)
{
    char bytes[READ_BYTES];
    if (channel->in_at > 0) {
        memmove(channel->in.text, channel->in.text + channel->in_at,
                channel->in.len - channel->in_at);
        channel->in.len -= channel->in_at;
        channel->in_at = 0;
        give_back(&channel->in);
    }
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t got = recv(channel->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN ? 0 : fg_fail(err, FG_EUNREACH, "%s", strerror(errno));
        if (got == 0)
            return channel->in.len > 0 && i > 0
                       ? 0
                       : fg_fail(err, FG_EUNREACH, "the other side closed the connection");
        fg_buf_add(&channel->in, bytes, (size_t)got);
        channel->bytes_in += (uint64_t)got;
        if (got < READ_BYTES)
            return 0;
    }
    return 0;
}

/* `len` bytes that are here, or NULL. */
static const char *take(struct fg_channel *channel, size_t len)
{
    if (channel->in.len - channel->in_at < len)
        return NULL;
    const char *at = channel->in.text + channel->in_at;
    channel->in_at += len;
    return at;
}

/* Keys for both directions out of the shared secret and all that was said.  False: the other's point is of no use. */
static bool make_keys(struct fg_channel *channel,
                      const uint8_t point[POINT_BYTES],
                      const struct answer *answer,
                      uint8_t to_service[32],
                      uint8_t to_courier[32])
{
    uint8_t shared[POINT_BYTES], both[64];
    if (crypto_scalarmult(shared, channel->scalar, point) != 0)
        return false;
    crypto_generichash_state state;
    crypto_generichash_init(&state, channel->secret, sizeof(channel->secret), sizeof(both));
    crypto_generichash_update(&state, shared, sizeof(shared));
    crypto_generichash_update(&state, (const uint8_t *)&channel->hello, sizeof(channel->hello));
    crypto_generichash_update(&state, answer->point, sizeof(answer->point));
    crypto_generichash_final(&state, both, sizeof(both));
    memcpy(to_service, both, 32);
    memcpy(to_courier, both + 32, 32);
    sodium_memzero(both, sizeof(both));
    sodium_memzero(shared, sizeof(shared));
    sodium_memzero(channel->scalar, sizeof(channel->scalar));
    return true;
}

static int take_hello(struct fg_channel *channel, const char *bytes, struct fg_err *err)
{
    struct hello *hello = &channel->hello;
    uint8_t mac[MAC_BYTES], key[32];
    memcpy(hello, bytes, sizeof(*hello));
    if (memcmp(hello->magic, MAGIC, sizeof(hello->magic)) != 0)
        return fg_fail(err, FG_EINVAL, "it does not speak our protocol");
    memcpy(channel->who.allocation, hello->allocation, sizeof(hello->allocation));
    channel->who.number = le32toh(hello->number);
    if (channel->key(channel->key_self, channel->who.allocation, channel->secret) < 0)
        return fg_fail(err, FG_EAUTH, "it names no allocation");
    mac_of(mac, channel->secret, hello, NULL);
    if (sodium_memcmp(mac, hello->mac, sizeof(mac)) != 0)
        return fg_fail(err, FG_EAUTH, "it has not the key of its allocation");
    struct answer answer;
    randombytes_buf(channel->scalar, sizeof(channel->scalar));
    crypto_scalarmult_base(answer.point, channel->scalar);
    if (!make_keys(channel, hello->point, &answer, channel->in_key, key))
        return fg_fail(err, FG_EAUTH, "its key is not valid");
    crypto_secretstream_xchacha20poly1305_init_push(&channel->out_state, answer.header, key);
    mac_of(answer.mac, channel->secret, hello, &answer);
    fg_buf_add(&channel->out, &answer, sizeof(answer));
    channel->stage = WAIT_HEADER;
    return 0;
}

static int take_answer(struct fg_channel *channel, const char *bytes, struct fg_err *err)
{
    struct answer answer;
    uint8_t mac[MAC_BYTES], key[32], header[HEADER_BYTES];
    memcpy(&answer, bytes, sizeof(answer));
    mac_of(mac, channel->secret, &channel->hello, &answer);
    if (sodium_memcmp(mac, answer.mac, sizeof(mac)) != 0)
        return fg_fail(err, FG_EAUTH, "the service has not our key");
    if (!make_keys(channel, answer.point, &answer, key, channel->in_key))
        return fg_fail(err, FG_EAUTH, "the service's key is not valid");
    crypto_secretstream_xchacha20poly1305_init_push(&channel->out_state, header, key);
    crypto_secretstream_xchacha20poly1305_init_pull(&channel->in_state, answer.header,
                                                    channel->in_key);
    fg_buf_add(&channel->out, header, sizeof(header));
    channel->stage = OPEN;
    return 0;
}

/* One step of the handshake, if its bytes are here.  1: a step was made. */
static int shake(struct fg_channel *channel, struct fg_err *err)
{
    static const size_t sizes[] = {sizeof(struct hello), sizeof(struct answer), HEADER_BYTES};
    const char *bytes = take(channel, sizes[channel->stage]);
    if (!bytes)
        return 0;
    int rc = 0;
    if (channel->stage == WAIT_HELLO) {
        rc = take_hello(channel, bytes, err);
    } else if (channel->stage == WAIT_ANSWER) {
        rc = take_answer(channel, bytes, err);
    } else {
        crypto_secretstream_xchacha20poly1305_init_pull(
            &channel->in_state, (const uint8_t *)bytes, channel->in_key);
        channel->stage = OPEN;
    }
    return rc < 0 ? rc : 1;
}

static int open_frame(struct fg_channel *channel, size_t len, struct fg_err *err)
{
    uint8_t tag;
    const char *sealed = channel->in.text + channel->in_at + 4;
    channel->frame.len = 0;
    char *plain = fg_buf_reserve(&channel->frame, len - SEAL_BYTES);
    if (crypto_secretstream_xchacha20poly1305_pull(&channel->in_state, (uint8_t *)plain, NULL,
                                                   &tag, (const uint8_t *)sealed, len, NULL, 0)
        != 0)
        return fg_fail(err, FG_EAUTH, "a frame was tampered with");
    channel->frame.len = len - SEAL_BYTES;
    channel->in_at += 4 + len;
    return 0;
}

int fg_channel_next(struct fg_channel *channel,
                    uint8_t *out_kind,
                    const char **out_bytes,
                    size_t *out_len,
                    struct fg_err *err)
{
    int rc = 1;
    channel->frame.len = 0;
    give_back(&channel->frame);
    while (channel->stage != OPEN && rc == 1)
        rc = shake(channel, err);
    if (channel->stage != OPEN || rc < 0)
        return rc < 0 ? rc : 0;
    uint32_t len;
    if (channel->in.len - channel->in_at < sizeof(len))
        return 0;
    memcpy(&len, channel->in.text + channel->in_at, sizeof(len));
    len = le32toh(len);
    if (len < SEAL_BYTES + 1 || len > SEAL_BYTES + 1 + FG_CHANNEL_FRAME_MAX)
        return fg_fail(err, FG_EINVAL, "a frame of %u bytes", len);
    if (channel->in.len - channel->in_at < sizeof(len) + len)
        return 0;
    rc = open_frame(channel, len, err);
    if (rc < 0)
        return rc;
    *out_kind = (uint8_t)channel->frame.text[0];
    *out_bytes = channel->frame.text + 1;
    *out_len = channel->frame.len - 1;
    return 1;
}

void fg_channel_send(struct fg_channel *channel, uint8_t kind, const char *bytes, size_t len)
{
    assert(channel->stage == OPEN || channel->stage == WAIT_HEADER);
    assert(len <= FG_CHANNEL_FRAME_MAX);
    char *plain = malloc(len + 1);
    if (!plain)
        abort();
    plain[0] = (char)kind;
    if (len > 0)
        memcpy(plain + 1, bytes, len);
    uint32_t size = htole32((uint32_t)(len + 1 + SEAL_BYTES));
    char *room = fg_buf_reserve(&channel->out, len + FRAME_OVERHEAD);
    memcpy(room, &size, sizeof(size));
    crypto_secretstream_xchacha20poly1305_push(&channel->out_state, (uint8_t *)room + 4, NULL,
                                               (const uint8_t *)plain, len + 1, NULL, 0, 0);
    channel->out.len += len + FRAME_OVERHEAD;
    free(plain);
}

int fg_channel_flush(struct fg_channel *channel)
{
    while (fg_channel_unsent(channel) > 0) {
        ssize_t done = send(channel->fd, channel->out.text + channel->out_at,
                            fg_channel_unsent(channel), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            /* A socket that is still connecting says ENOTCONN or EAGAIN. */
            return errno == EAGAIN || errno == ENOTCONN ? 0 : FG_EUNREACH;
        channel->out_at += (size_t)done;
        channel->bytes_out += (uint64_t)done;
    }
    channel->out_at = 0;
    channel->out.len = 0;
    give_back(&channel->out);
    return 0;
}

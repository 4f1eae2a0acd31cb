/* link_channel.c - fuzz: bytes of a stranger to the service's end of a connection. */
#include "fuzz/fuzz.h"
#include "link/channel.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int key_of(void *, const char *, uint8_t out[FG_LINK_SECRET_BYTES])
{
    memset(out, 1, FG_LINK_SECRET_BYTES);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    int ends[2];
    uint8_t kind;
    const char *frame;
    size_t frame_len;
    if (len > 65536 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0)
        return 0;
    struct fg_channel *channel = fg_channel_accept(ends[0], key_of, NULL);
    int rc = send(ends[1], bytes, len, 0) < 0 ? -1 : fg_channel_read(channel, NULL);
    while (rc >= 0 && (rc = fg_channel_next(channel, &kind, &frame, &frame_len, NULL)) > 0)
        continue;
    fg_channel_free(channel);
    close(ends[1]);
    return 0;
}

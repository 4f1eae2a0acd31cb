/* link_message.c - fuzz: what a peer of the link may send.  First byte: the kind; what is read must write back the same. */
#include "fuzz/fuzz.h"
#include "link/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fg_message message, again;
    if (len < 1)
        return 0;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(64 << 20);
    if (fg_message_read(bytes[0], (const char *)bytes + 1, len - 1, arena, &message) < 0)
        return 0;
    FG_AUTO(fg_buf) struct fg_buf first = {};
    FG_AUTO(fg_buf) struct fg_buf second = {};
    /* Control characters of words are replaced, once. */
    fg_message_write(&first, &message);
    if (fg_message_read(bytes[0], first.len ? first.text : "", first.len, arena, &again) < 0)
        abort();
    fg_message_write(&second, &again);
    if (first.len != second.len
        || (first.len > 0 && memcmp(first.text, second.text, first.len) != 0))
        abort();
    return 0;
}

/* doc_text.h - where the readers of doc.h keep their strings: one block for a document, taken at the start,
 * because a thousand small pieces would each be rounded up. */
#pragma once

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

struct fg_doc_text {
    char *next, *end;
};

/* Neither form of input can make more text than twice its bytes: no escape is shorter than two thirds
 * of what it stands for, and each string is followed by at least one byte (its 0 here), but the last. */
static inline struct fg_doc_text fg_doc_text_new(struct fg_arena *arena, size_t input_len)
{
    size_t room = 2 * input_len + 16;
    char *block = FG_NEW(arena, char, room);
    return (struct fg_doc_text){block, block + room};
}

static inline const char *fg_doc_text_add(struct fg_doc_text *text,
                                          const char *bytes,
                                          size_t len)
{
    if ((size_t)(text->end - text->next)
        <= len) /* cannot happen; if it did, it must not be an overflow */
        abort();
    char *copy = text->next;
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    text->next += len + 1;
    return copy;
}

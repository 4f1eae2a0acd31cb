/* items.h - the objects of a long JSON list, one by one, so that the list may be longer than a document may be.
 *
 *     struct fg_items items = {.bytes = bytes, .len = len, .item_bytes_max = 65536};
 *     struct fg_item item;
 *     while ((rc = fg_items_next(&items, &item, err)) == 1)
 *         rc = fg_doc_json(item.bytes, item.len, arena, &doc, err);
 *
 * Several lists one after the other are read as one, and so are objects in no list.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Zero it but for the first three. */
struct fg_items {
    const char *bytes;
    size_t len;
    size_t item_bytes_max;
    bool one_list; /* what follows the first list is not looked at */
    size_t at;
    size_t lines; /* ended before `at`, of those that the walk has seen */
    int depth;
};

/* An object, with its braces; whether it is valid is for its parser to say. */
struct fg_item {
    const char *bytes;
    size_t len;
    size_t line; /* on which it begins, from 1 */
};

/* The next object.  Returns 1; 0: there is no more; FG_EINVAL: something else stands there, or the list does not end;
 * FG_ETOOBIG: an object is too long (after it the walk can go on).  `out->line` is set in each case. */
[[nodiscard]] int fg_items_next(struct fg_items *items,
                                struct fg_item *out,
                                struct fg_err *err);

/* Where the list begins that is the member `key` of an object at `depth` (1: the outermost); `len` if there is none. */
size_t fg_items_find(const char *bytes, size_t len, const char *key, int depth);

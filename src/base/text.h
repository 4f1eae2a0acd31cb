/* text.h - small helpers for C strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Copy into `dst` of `size` bytes, always ended by 0.  False: it did not fit and was cut. */
bool fg_copy(char *dst, size_t size, const char *src);

/* The same for words of strangers: control characters become spaces, what is not UTF-8 '?', nothing is cut inside a
 * character. */
bool fg_copy_clean(char *dst, size_t size, const char *src);

/* The text between leading and trailing white space; `*len` becomes its length. */
const char *fg_trim(const char *text, size_t *len);

/* Length of the valid UTF-8 character at `text` (1 to 4), or 0: not valid.  `left` is at least 1. */
size_t fg_utf8_len(const char *text, size_t left);

/* The one of `names` that is most like `name` (typing errors count, letter case does not), or NULL
 * if none is near enough to be meant. */
const char *fg_nearest(const char *name, const char *const *names, size_t names_len);

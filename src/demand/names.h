/* names.h - texts, each once, by number. */
#pragma once

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_names;

struct fg_names *fg_names_new(void); /* never NULL */
void fg_names_free(struct fg_names *names);
FG_AUTO_DEFINE(fg_names)

/* The number of a text, new or not, in the order of first mention. */
uint32_t fg_names_put(struct fg_names *names, const char *text, size_t len);
/* Is it known?  Then `*out` is its number. */
bool fg_names_find(const struct fg_names *names, const char *text, size_t len, uint32_t *out);
/* The text of a number, good until the next put. */
const char *fg_names_at(const struct fg_names *names, uint32_t number);
size_t fg_names_len(const struct fg_names *names);

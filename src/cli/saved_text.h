/* saved_text.h - what caps and sleep saved, in words. */
#pragma once

#include "base/buf.h"
#include "base/doc.h"

/* "12 Wh", also "-3 J": it cost more than it saved. */
void fg_saved_joules(double joules, char out[32]);

/* A line each for caps and sleep, of the member "savings" of /v1/energy; nothing if there is nothing to say. */
void fg_saved_text(struct fg_buf *out, const struct fg_doc *savings);

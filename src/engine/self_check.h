/* self_check.h - tries now and then whether this machine can do work: a file in the folder of jobs is written, made
 * durable, and read again.  A thread of its own does it, for a sick disk may never answer. */
#pragma once

#include "model/self_check.h"

#include <stdint.h>

struct fg_self_check;

/* `folder` is tried every `interval_s` seconds, sooner while it fails.  NULL: `interval_s` is 0. */
struct fg_self_check *fg_self_check_new(const char *folder, int64_t interval_s);
/* Does not wait for a disk that does not answer.  NULL is allowed. */
void fg_self_check_free(struct fg_self_check *check);

/* Bits of what failed the last time; -1: it was not tried yet. */
int64_t fg_self_check_bits(struct fg_self_check *check);

/* parallel.h - the same for each of many, on several threads. */
#pragma once

#include <stddef.h>

#define FG_PARALLEL_MAX 64 /* threads */

/* Call `one` for 0 to len - 1, each once, on up to so many threads; the caller's is one of them, and returns when all are done.
 * They are begun in order.  Where no more threads are to be had, those that are do it. */
void fg_parallel(size_t len, size_t threads, void (*one)(void *self, size_t at), void *self);

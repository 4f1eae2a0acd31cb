/* user_data.h - what a machine runs at its first start, as the supplier's bootstrap file has it.
 *
 * The file is what `fastgpu node bootstrap` prints; "@FASTGPU_ORDER@" in it becomes the key of the order (32 hexadecimal
 * digits), so that a node says whose it is, and "@FASTGPU_CLOUD_NODE@" the CLOUD node that the machine is to be, or nothing.  It may hold secrets: it is read like one, and goes to the supplier alone.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define FG_USER_DATA_MAX   (48 * 1024) /* bytes of the file */
#define FG_USER_DATA_ORDER "@FASTGPU_ORDER@"
#define FG_USER_DATA_NODE  "@FASTGPU_CLOUD_NODE@"
#define FG_ORDER_WORD_MAX  40

/* The key without what stands between its digits: a word that Slurm takes as a feature. */
void fg_order_word(const char *key, char out[FG_ORDER_WORD_MAX]);

/* At the end of `out`.  FG_EAUTH: it cannot be read, or others may (expected mode 0600); FG_ETOOBIG; FG_EINVAL: it is empty or
 * not text. */
[[nodiscard]] int fg_user_data_read(const char *path,
                                    const char *key,
                                    const char *node,
                                    struct fg_buf *out,
                                    struct fg_err *err);

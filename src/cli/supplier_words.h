/* supplier_words.h - words of a command line that say how a supplier is reached. */
#pragma once

#include "base/err.h"
#include "model/limits.h"

#include <stddef.h>

/* The full path of a file that is there; FG_EINVAL. */
[[nodiscard]] int fg_supplier_path(const char *path,
                                   char *out,
                                   size_t size,
                                   struct fg_err *err);
/* A plug-in runs in a folder of its own, so a word that names a file here becomes its full path.  FG_EINVAL: too long. */
[[nodiscard]] int fg_supplier_word(const char *word, char out[FG_TEXT_MAX], struct fg_err *err);
/* The program: a file here, or one that is found as a shell finds it.  FG_EINVAL: there is none. */
[[nodiscard]] int fg_supplier_program(const char *word,
                                      char out[FG_TEXT_MAX],
                                      struct fg_err *err);

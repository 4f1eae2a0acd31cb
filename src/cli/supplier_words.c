/* supplier_words.c - see supplier_words.h */
#include "cli/supplier_words.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fg_supplier_path(const char *path, char *out, size_t size, struct fg_err *err)
{
    char real[PATH_MAX];
    if (!realpath(path, real))
        return fg_fail(err, FG_EINVAL, "%.160s: %s", path, strerror(errno));
    return fg_copy(out, size, real)
               ? 0
               : fg_fail(err, FG_EINVAL, "%.160s: a path of more than %zu bytes", path,
                         size - 1);
}

int fg_supplier_word(const char *word, char out[FG_TEXT_MAX], struct fg_err *err)
{
    struct stat status;
    bool is_file = word[0] != '-' && stat(word, &status) == 0 && S_ISREG(status.st_mode);
    if (is_file)
        return fg_supplier_path(word, out, FG_TEXT_MAX, err);
    return fg_copy(out, FG_TEXT_MAX, word)
               ? 0
               : fg_fail(err, FG_EINVAL, "a word of more than %d bytes: %.60s...",
                         FG_TEXT_MAX - 1, word);
}

int fg_supplier_program(const char *word, char out[FG_TEXT_MAX], struct fg_err *err)
{
    const char *at = getenv("PATH");
    char path[PATH_MAX];
    if (strchr(word, '/') || access(word, X_OK) == 0)
        return fg_supplier_path(word, out, FG_TEXT_MAX, err);
    while (at && *at) {
        size_t len = strcspn(at, ":");
        snprintf(path, sizeof(path), "%.*s/%s", (int)len, at, word);
        if (len > 0 && access(path, X_OK) == 0)
            return fg_supplier_path(path, out, FG_TEXT_MAX, err);
        at += len + (at[len] == ':');
    }
    return fg_fail(err, FG_EINVAL, "%.160s: no such program", word);
}

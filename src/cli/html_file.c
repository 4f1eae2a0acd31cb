/* html_file.c - see html_file.h */
#include "cli/html_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int fg_html_write(const char *path, const struct fg_buf *page, struct fg_err *err)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return fg_fail(err, FG_EIO, "--html: %s: %s", path, strerror(errno));
    bool written = fwrite(page->text, 1, page->len, file) == page->len;
    if (fclose(file) != 0 || !written)
        return fg_fail(err, FG_EIO, "--html: %s: could not be written whole: %s", path,
                       strerror(errno));
    return 0;
}

/* html_file.h - --html FILE of whatever makes a page. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* The page into that file, anew.  FG_EIO: it cannot be written, or not whole. */
[[nodiscard]] int fg_html_write(const char *path,
                                const struct fg_buf *page,
                                struct fg_err *err);

/* temp_file.h - a file without a name: it goes away with the last user, however that ends. */
#pragma once

#include "base/err.h"

#include <stdio.h>

/* Open one in $TMPDIR, or /tmp, for reading and writing.  Close with fclose().  NULL and `err` (FG_EIO). */
FILE *fg_temp_file(struct fg_err *err);

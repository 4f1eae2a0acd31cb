/* problem.h - a refusal of the server, as an error of ours. */
#pragma once

#include "base/err.h"

#include <stddef.h>

/* The code of that name ("FG_ENOENT"), or 0. */
int fg_code_find(const char *name);

/* Fill `err` from the body of an answer with HTTP status `status` >= 400: a problem document (RFC 9457)
 * with our member "code" if the server wrote one, else the status alone.  Control characters are
 * taken out.  Returns the code, which is negative. */
int fg_problem_read(int status, const char *body, size_t len, struct fg_err *err);

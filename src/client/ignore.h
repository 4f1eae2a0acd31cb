/* ignore.h - which files of a working folder are not taken along.
 *
 * Lines as in .gitignore: blank and '#' lines mean nothing; '!' takes a file back in; a '/' at the
 * start or inside ties the pattern to the top; a '/' at the end means folders only; '*', '?' and
 * [a-z] match inside one part of a path, "**" any number of parts.  The last line that matches wins.
 * As in git, nothing inside an ignored folder can be taken back in.
 */
#pragma once

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_IGNORE_RULES_MAX 4096 /* further lines are left out */

struct fg_ignore;

struct fg_ignore *fg_ignore_new(void);         /* never NULL; ignores nothing */
void fg_ignore_free(struct fg_ignore *ignore); /* NULL is allowed */
FG_AUTO_DEFINE(fg_ignore)

/* Add the lines of one file. */
void fg_ignore_add(struct fg_ignore *ignore, const char *text, size_t len);

/* Whether `path` (relative to the top, no "./" before it) is ignored. */
bool fg_ignore_match(const struct fg_ignore *ignore, const char *path, bool is_dir);

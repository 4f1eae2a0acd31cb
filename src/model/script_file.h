/* script_file.h - a shell script with #SBATCH lines as a document of the job file's shape.
 *
 *     bytes --SCRIPT_FILE--> fg_doc {name, time_limit, any_of, ..., run: the script} --job_read.h--> spec
 *
 * Read as sbatch reads them: options stand in comment lines before the first command.  The common
 * options map to members; any other is an error that names it, because a silently lost option is
 * a job that runs wrong.  docs/job-file.md has the table.
 */
#pragma once

#include "base/doc.h"

/* Returns 0, or FG_EINVAL: "train.sh:4: --time: ...". */
[[nodiscard]] int fg_script_parse(const char *bytes,
                                  size_t len,
                                  const char *file_name,
                                  struct fg_arena *arena,
                                  const struct fg_doc **out,
                                  struct fg_err *err);

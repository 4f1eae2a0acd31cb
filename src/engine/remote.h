/* remote.h - inputs and outputs by URL: what of them is here already, and what a helper is to move.
 *
 *     supervisor --moves (JSON)--> `fastgpu transfer --stage moves`, as the job's user --moves (lines)--> supervisor
 *
 * Network code and credentials stay out of the supervisor, which may be root; the helper has the job's environment and rights, and
 * its time counts as the job's.  Inputs that have a hash are kept in DATA/cache/<whose>/<hash> for later jobs: of the same user only,
 * for who knows a hash need not be allowed to read what it is of.
 */
#pragma once

#include "engine/outputs.h"

/* Place what the cache has into `work`, write into `out` what is to be fetched.  The number of moves, or a negative code. */
[[nodiscard]] int fg_remote_begin(const char *data_dir,
                                  const struct fg_plan *plan,
                                  int work,
                                  struct fg_buf *out,
                                  struct fg_err *err);
/* The helper is done: keep what it fetched. What cannot be kept is fetched again another time. */
void fg_remote_keep(const char *data_dir, const struct fg_plan *plan, int work);

/* What is to be sent to plan->outputs_to: TO/<job>/<path>, of several tasks TO/<job>/<rank>/<path>.  The number of moves. */
int fg_remote_send(const struct fg_plan *plan,
                   const struct fg_outputs *outputs,
                   struct fg_buf *out);

/* Append those of the lines that are measures of links (transfer/measure.h) to DATA/links; bytes of others, so each is checked. */
void fg_remote_keep_measures(const char *data_dir, const char *lines, size_t len);

/* Read what the helper left in the file (as it may be written by the user: bytes are checked).  Measured links go to
 * DATA/links; `reason` becomes what went wrong, "" nothing. */
void fg_remote_read(const char *data_dir, const char *path, char *reason, size_t size);

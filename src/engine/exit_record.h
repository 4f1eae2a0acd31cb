/* exit_record.h - how a task ended, as a file: the truth that survives the daemon.
 *
 *     supervisor --writes--> DATA/jobs/.../exit --reads--> engine
 *
 * Lines of "key=value"; "end" is the last one, so a record that was cut is no record.  Artifacts follow
 * as "artifact=<hash> <bytes> <path>".
 */
#pragma once

#include "base/buf.h"
#include "engine/engine.h"

#define FG_EXIT_RECORD_BYTES_MAX (8 * 1024 * 1024)

/* Append the record; `event->kind` is FG_TASK_EXITED or FG_TASK_FAILED. */
void fg_exit_record_write(struct fg_buf *out,
                          const struct fg_engine_event *event,
                          const struct fg_engine_artifact *artifacts,
                          size_t artifacts_len);

/* Read a record; the key of `*out` is not touched.  Artifacts beyond `max` are counted, not written;
 * `artifacts` may be NULL with max 0.  Returns 0, or FG_EINVAL and nothing is changed. */
[[nodiscard]] int fg_exit_record_read(const char *bytes,
                                      size_t len,
                                      struct fg_engine_event *out,
                                      struct fg_engine_artifact *artifacts,
                                      size_t max);

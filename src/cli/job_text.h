/* job_text.h - members of a JOB as short texts for tables. */
#pragma once

#include "base/buf.h"
#include "base/doc.h"

#include <stdint.h>

int64_t fg_now_us(void); /* the wall clock: for "2m ago" */

/* "4 x h100", "0.5 h100", "2 cpu"; "3 x (...)" for a gang. */
void fg_job_wants(struct fg_buf *out, const struct fg_doc *job);
/* "gpu-07: h100-0 h100-1"; "" while it has none. */
void fg_job_where(struct fg_buf *out, const struct fg_doc *job);
/* How it ended, or why it waits: "exit 3", "signal 9", the reason. */
void fg_job_outcome(struct fg_buf *out, const struct fg_doc *job);

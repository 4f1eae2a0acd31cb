/* syslog_text.h - a note as a message of syslog (RFC 5424) and as fields of systemd's journal (its native protocol).  Pure. */
#pragma once

#include "publish/note.h"

/* "<30>1 2026-11-22T01:02:03.000004Z HOST fastgpu PID job.finished [fastgpu@32473 seq=\"7\" ...] text".  Control characters
 * and quotes are dealt with; `host` is the name of this machine. */
void fg_syslog_write(struct fg_buf *out,
                     const struct fg_note *note,
                     const char *source,
                     const char *host,
                     long pid);

/* "MESSAGE=...\nPRIORITY=6\nFASTGPU_KIND=...\n": a value with a line end has its length before it. */
void fg_journal_write(struct fg_buf *out, const struct fg_note *note, const char *source);

/* log_follow.h - a job's output as it comes, attempt after attempt, until the job is over. */
#pragma once

#include "api/call.h"

struct fg_log_want {
    fg_job_id job;
    uint32_t attempt; /* only this one; 0: the latest, and those that come after it */
    uint32_t from;    /* with attempt 0: begin with this one; 0: the latest */
    uint32_t task;
    bool streams[2]; /* stdout, stderr */
    uint64_t offsets[2];
    bool from_tail; /* begin `tail` bytes before the end */
    uint64_t tail;
};

/* Answer with the stream of events. */
void fg_log_follow(struct fg_call *call,
                   const struct fg_log_want *want,
                   const struct fg_job_brief *job);
/* Where a client was: "stdout:12 stderr:0", and " attempt:2" if it was not the first.  0, FG_EINVAL. */
[[nodiscard]] int fg_log_parse_position(const char *text,
                                        struct fg_log_want *want,
                                        struct fg_err *err);

extern const char *const fg_log_streams[2];

/* ends.h - running jobs by the moment at which they end.  Inside of schedule/ only.
 *
 * A sorted list in blocks: joining and leaving cost a search and the move of a part of one block; the next and the one
 * before are found by a search.  Of one moment the lower job id comes first.
 */
#pragma once

#include "base/auto.h"
#include "model/job.h"

struct fg_end {
    int64_t end_us;
    fg_job_id job;
    uint32_t slot; /* the owner's; it is not compared */
};

struct fg_ends;

struct fg_ends *fg_ends_new(void); /* out of memory ends the process */
void fg_ends_free(struct fg_ends *ends);
FG_AUTO_DEFINE(fg_ends)

void fg_ends_add(struct fg_ends *ends, struct fg_end end);
void fg_ends_del(struct fg_ends *ends, struct fg_end end); /* it is there */
size_t fg_ends_len(const struct fg_ends *ends);
/* The first that comes behind this moment, or behind this job at it.  false: none. */
bool fg_ends_after(const struct fg_ends *ends,
                   int64_t end_us,
                   fg_job_id job,
                   struct fg_end *out);
/* The last at this moment or before.  false: none. */
bool fg_ends_until(const struct fg_ends *ends, int64_t end_us, struct fg_end *out);

/* query_fold.h - from the buckets of tracks to the numbers of groups; the pure half of query.c. */
#pragma once

#include "telemetry/query.h"

struct fg_fold;

/* `answer` says level, from, step and steps, and gets the groups.  Both stay with the caller. */
struct fg_fold *fg_fold_new(const struct fg_series_query *query,
                            struct fg_series_answer *answer);
void fg_fold_free(struct fg_fold *fold);
FG_AUTO_DEFINE(fg_fold)

/* All buckets of one track in order of time.  Tracks come by fg_track_compare().  FG_EINVAL: too many values. */
[[nodiscard]] int fg_fold_track(struct fg_fold *fold,
                                const struct fg_track *track,
                                const struct fg_bins *points,
                                struct fg_err *err);
/* The values of all groups. */
void fg_fold_end(struct fg_fold *fold);

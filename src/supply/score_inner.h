/* score_inner.h - what the files of score share. */
#pragma once

#include "supply/score.h"

/* Into the order of rank and name, and count. */
void fg_score_rank(struct fg_score *scores, size_t len);

/* Intervals, ranks, who may be best: of a sheet whose scores are there. */
void fg_score_doubt(struct fg_score_sheet *sheet, struct fg_arena *arena);
size_t fg_score_doubt_room(void); /* bytes for each supplier */

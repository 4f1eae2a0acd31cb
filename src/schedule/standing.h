/* standing.h - how projects stand to each other: by what they and their sub-projects hold, or used, for their weight.
 *
 * Projects form a tree (fg_project.parent).  Two projects are compared where their branches part: there the branch that
 * got less for its weight goes first (fair tree; for dominant shares the naive hierarchy of Bhattacharya et al., SoCC
 * 2013).  Jobs of a project that has sub-projects compete with these as one more branch, of the project's own weight.
 */
#pragma once

#include "base/auto.h"
#include "pool/pool.h"
#include "queue/queue.h"

struct fg_standing;

/* By which measure: the greatest part of any resource, or fading use and what is held charged ahead. */
enum fg_standing_by { FG_STANDING_DOMINANT, FG_STANDING_USE };

struct fg_standing *fg_standing_new(enum fg_standing_by by,
                                    int64_t hold_s); /* NULL: no memory */
void fg_standing_free(struct fg_standing *standing); /* NULL is allowed */
FG_AUTO_DEFINE(fg_standing)

/* What there is in all; for the dominant share. */
void fg_standing_set_totals(struct fg_standing *standing, const struct fg_pool_totals *totals);
/* Look at all projects anew. */
void fg_standing_measure(struct fg_standing *standing, struct fg_queue *queue);
/* Only this one holds something else now.  true: others stand elsewhere too, as it has parents. */
bool fg_standing_changed(struct fg_standing *standing,
                         struct fg_queue *queue,
                         fg_project_id project);
/* Negative: `a` goes first; 0: they stand alike, and the keys of their jobs decide (not in a tree: there the lower id). */
int fg_standing_compare(const struct fg_standing *standing, fg_project_id a, fg_project_id b);

/* The part of all that each project should have by the weights along its path, own jobs only; it sums to 1.  `out` has
 * room for fg_queue_projects_max() + 1. */
void fg_standing_targets(const struct fg_queue *queue, double *out);

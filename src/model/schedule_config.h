/* schedule_config.h - the words of `schedule:` in the configuration file: which policies decide.
 *
 *     schedule: {order: srtf, place: best, preempt: order} --SCHEDULE_CONFIG--> words, each one of its list
 *
 * The policies themselves are not known here, only their names; tests of src/schedule compare the lists.
 */
#pragma once

#include "base/doc_read.h"
#include "model/limits.h"

#include <stdio.h>

struct fg_schedule_config {
    char order[FG_NAME_MAX];    /* who goes first: schedule/order.h */
    char place[FG_NAME_MAX];    /* where a task goes: place/policy.h */
    char preempt[FG_NAME_MAX];  /* who may push aside running jobs: schedule/ranking.h */
    char allocate[FG_NAME_MAX]; /* which kind of device is for whom: schedule/kinds.h */
    char optimise[FG_NAME_MAX]; /* who is backfilled, found by search: schedule/schedule.h */
    char backfill[FG_NAME_MAX]; /* who may start before one that waits: schedule/schedule.h */
};

void fg_schedule_config_defaults(struct fg_schedule_config *config);
/* Set what the map names.  0, or FG_EINVAL: "schedule.order: "lifo", expected one of priority, fifo, ...". */
[[nodiscard]] int fg_schedule_config_read(struct fg_doc_reader *reader,
                                          const struct fg_doc *doc,
                                          struct fg_schedule_config *out);
/* Is it one of the words of that member?  For tests. */
bool fg_schedule_config_knows(const char *member, const char *word);
void fg_schedule_config_print_reference(FILE *out); /* a table, as Markdown */

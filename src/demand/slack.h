/* slack.h - how much of the demand may wait, and for how long: learned from jobs that said so.
 *
 *     jobs (work, slack) --SLACK--> by class: shares of the work, each with the time that it can wait --> plan
 *
 * The work that may wait of a class is cut into three parts of about the same size, by how long it can; of each part a slack is
 * told that nine of ten of it have, in whole hours.  Of few jobs nothing is believed.
 *
 * Pure.
 */
#pragma once

#include "base/auto.h"
#include "model/names.h"

#include <stddef.h>
#include <stdint.h>

#define FG_SLACK_PARTS    3
#define FG_SLACK_JOBS_MIN 20

struct fg_slack;

struct fg_slack *fg_slack_new(void); /* never NULL */
void fg_slack_free(struct fg_slack *slack);
FG_AUTO_DEFINE(fg_slack)

/* So much work (of any unit) of a class; slack_us 0 or less: it cannot wait.  Beyond 64 classes nothing is counted. */
void fg_slack_add(struct fg_slack *slack, const char *class, double work, int64_t slack_us);

struct fg_slack_part {
    const char *class;    /* valid as long as the slack */
    int64_t slack_us;     /* whole hours, at least one */
    uint32_t share_milli; /* of all work of the class */
    uint32_t jobs;        /* that may wait, of the class */
};

/* Parts by class and slack, into `out` of `room`; how many.  The shares of a class sum to the whole at most. */
size_t fg_slack_parts(struct fg_slack *slack, struct fg_slack_part *out, size_t room);

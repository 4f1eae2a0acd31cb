/* progress.h - how far a job is, read from what it prints.
 *
 * The convention, one line each, anywhere in the line, letter case does not count:
 *
 *     epoch 3/10          epoch: 3/10       Epoch [3/10]     three of ten are done
 *     step 40/200         (iter, iteration, batch likewise)
 *     progress 0.42       progress: 42%
 *
 * `progress` counts more than `epoch`, `epoch` more than `step`: once a line of the greater kind was
 * seen, those of the lesser do not move the bar.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define FG_PROGRESS_LINE_MAX 512

struct fg_progress {
    double fraction; /* 0..1; negative: not known yet */
    char label[48];  /* "epoch 3/10" */
    int rank;        /* of the kind that set it */
    char line[FG_PROGRESS_LINE_MAX];
    size_t line_len;
};

void fg_progress_start(struct fg_progress *progress);
/* Take the next bytes of output.  True: `fraction` or `label` has changed. */
bool fg_progress_feed(struct fg_progress *progress, const char *bytes, size_t len);

/* inbox.h - commands from API threads to the control thread.
 *
 * Many may post, one takes.  The file descriptor is readable while something waits; a post wakes the taker
 * only when the box was empty.
 */
#pragma once

#include "base/auto.h"
#include "model/command.h"

struct fg_inbox;

struct fg_inbox *fg_inbox_new(void); /* NULL: no memory or descriptor */
void fg_inbox_free(struct fg_inbox *inbox);
FG_AUTO_DEFINE(fg_inbox)
int fg_inbox_fd(const struct fg_inbox *inbox);

void fg_inbox_post(struct fg_inbox *inbox, struct fg_command *command);
/* A wait that should end early; see api/server.h. */
void fg_inbox_cancel(struct fg_inbox *inbox, struct fg_command *command);

/* All that came, oldest first, as a list by ->next; the waits to end go to `cancel`, one call each.
 * Cancels are for commands that were taken before or are in this list. */
struct fg_command *fg_inbox_take(struct fg_inbox *inbox,
                                 struct fg_command ***out_cancels,
                                 size_t *out_cancels_len);

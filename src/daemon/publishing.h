/* publishing.h - the publisher with what it wants of the daemon: how far sinks have come goes to the control thread, what
 * happens to them into the log. */
#pragma once

#include "daemon/inbox.h"
#include "publish/publisher.h"

/* The inbox is borrowed for the publisher's life; see publisher.h. */
struct fg_publisher *fg_publishing_start(const struct fg_publish_config *config,
                                         const char *db_path,
                                         struct fg_inbox *inbox,
                                         struct fg_err *err);

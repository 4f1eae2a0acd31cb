/* sink_config.h - `publish` and `webhook_hosts` of the configuration. */
#pragma once

#include "base/doc_read.h"
#include "model/sink.h"

#include <stdio.h>

/* FG_EINVAL: what is wrong and where; `out` is unspecified then. */
[[nodiscard]] int fg_sink_config_read(struct fg_doc_reader *reader,
                                      const struct fg_doc *doc,
                                      struct fg_publish_config *out);
[[nodiscard]] int fg_webhook_hosts_read(struct fg_doc_reader *reader,
                                        const struct fg_doc *doc,
                                        struct fg_publish_config *out);

/* The table of members, for docs/CONFIG.md. */
void fg_sink_config_print_reference(FILE *out);

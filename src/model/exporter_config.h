/* exporter_config.h - `exporters` of the configuration: a list of {nodes, url}. */
#pragma once

#include "base/doc_read.h"
#include "model/exporter.h"

/* FG_EINVAL: what is wrong and where; `*out_len` is as it was then. */
[[nodiscard]] int fg_exporter_config_read(struct fg_doc_reader *reader,
                                          const struct fg_doc *doc,
                                          struct fg_exporter out[FG_EXPORTERS_MAX],
                                          size_t *out_len);

/* node_json.h - a node as one JSON object, as the store keeps it: whole, so that what was read is what was written. */
#pragma once

#include "base/doc.h"
#include "base/json_write.h"
#include "model/resources.h"

/* The object. */
void fg_node_json_write(struct fg_json *json, const struct fg_node_spec *spec);

/* FG_EINVAL: a member is unknown, or out of range. */
[[nodiscard]] int fg_node_json_read(const struct fg_doc *doc,
                                    struct fg_arena *arena,
                                    struct fg_node_spec *out,
                                    struct fg_err *err);

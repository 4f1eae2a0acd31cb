/* json_doc.h - a document (base/doc.h) back to JSON. */
#pragma once

#include "base/doc.h"
#include "base/json_write.h"

void fg_json_doc(struct fg_json *json, const struct fg_doc *doc);
/* The member `key` of `map` under the same name; null if it is not there. */
void fg_json_kv_doc(struct fg_json *json, const struct fg_doc *map, const char *key);

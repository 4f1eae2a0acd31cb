/* pages.h - a list of the service, page by page, as one. */
#pragma once

#include "cli/verb.h"

/* An item; valid during the call.  Anything but 0 ends the list. */
typedef int fg_item_fn(void *self, const struct fg_doc *item);

/* Each item of `path` (with or without a query), `limit` at most; 0: all.  `out_more` (may be NULL): there are
 * more than that.  Returns 0, what `on_item` gave, or a negative code. */
[[nodiscard]] int fg_pages_read(struct fg_cli *cli,
                                const char *path,
                                int64_t limit,
                                fg_item_fn *on_item,
                                void *self,
                                bool *out_more,
                                struct fg_err *err);

/* Collects items as a JSON array: an fg_item_fn on a `struct fg_buf`, which holds "[" to begin with. */
int fg_pages_json(void *self, const struct fg_doc *item);

/* The whole list printed as a JSON array. */
[[nodiscard]] int fg_pages_print_json(struct fg_cli *cli,
                                      const char *path,
                                      int64_t limit,
                                      struct fg_err *err);

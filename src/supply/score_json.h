/* score_json.h - a ranking as JSON: the same for the command line and the API. */
#pragma once

#include "base/doc.h"
#include "base/json_write.h"
#include "supply/score.h"

/* {"method", "weights": {..}, "level", "suppliers": [{"rank", "supplier", "score", ..}]} */
void fg_score_json_write(struct fg_json *json, const struct fg_score_sheet *sheet);

/* Back again, in `arena`; of the offers the contract and the price of a device-hour.  What is missing is 0.  FG_EINVAL: it is no
 * ranking. */
[[nodiscard]] int fg_score_json_read(const struct fg_doc *doc,
                                     struct fg_arena *arena,
                                     struct fg_score_sheet *out,
                                     struct fg_err *err);

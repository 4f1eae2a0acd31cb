/* score_json.h - a ranking as JSON: the same for the command line and the API. */
#pragma once

#include "base/json_write.h"
#include "supply/score.h"

/* {"method", "weights": {..}, "level", "suppliers": [{"rank", "supplier", "score", ..}]} */
void fg_score_json_write(struct fg_json *json, const struct fg_score_sheet *sheet);

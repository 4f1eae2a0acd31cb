/* rank.h - from a list of offers and what was measured to candidates of a ranking. */
#pragma once

#include "supply/records.h"
#include "supply/score.h"

/* One candidate a supplier that sells something of `offers`, with its cheapest offer (by device and hour; of equals the first) and its history
 * (NULL if it has none).  Those of the records that sell nothing here are left out.  In `arena`; the offers are borrowed. */
void fg_rank_candidates(const struct fg_offer *offers,
                        size_t offers_len,
                        const struct fg_supplier_records *records,
                        struct fg_arena *arena,
                        struct fg_score_candidate **out,
                        size_t *out_len);

/* supplier_history.c - what was measured of suppliers, as a table: what is read is sound, and can be ranked. */
#include "fuzz/fuzz.h"
#include "supply/score.h"

#include <math.h>

#define RANKED_MAX 6 /* more are read, but not ranked */

static void rank(const struct fg_supplier_history *rows, size_t len)
{
    static const struct fg_offer offer = {.accelerators = 1, .price_uusd_per_hour = 1000000};
    struct fg_score_candidate candidates[RANKED_MAX];
    struct fg_score_options options = {};
    struct fg_score_sheet sheet;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_score_room(len));
    for (size_t i = 0; i < len; i++)
        candidates[i] = (struct fg_score_candidate){rows[i].supplier, &offer, &rows[i], NULL};
    CHECK(fg_score_weights_read(NULL, options.weights, NULL) == 0);
    if (fg_score(candidates, len, &options, arena, &sheet, NULL) < 0)
        return; /* together they spend more than can be */
    for (size_t i = 0; i < len; i++)
        CHECK(sheet.scores[i].score >= 0 && sheet.scores[i].score <= 1
              && isfinite(sheet.scores[i].low) && isfinite(sheet.scores[i].high));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fg_supplier_history *rows = NULL;
    size_t rows_len = 0;
    struct fg_err err = {};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_supplier_history_room(len));
    if (fg_supplier_history_read((const char *)bytes, len, arena, &rows, &rows_len, &err) < 0) {
        CHECK(err.text[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < rows_len; i++)
        CHECK(fg_supplier_history_check(&rows[i], NULL) == 0);
    if (rows_len > 0 && rows_len <= RANKED_MAX)
        rank(rows, rows_len);
    return 0;
}

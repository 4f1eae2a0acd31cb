/* rank.c - see rank.h */
#include "supply/rank.h"

#include <stdlib.h>
#include <string.h>

/* By supplier, then price, then place in the list (so that equal prices keep their order). */
static int by_supplier(const void *left, const void *right)
{
    const struct fg_offer *a = *(const struct fg_offer *const *)left,
                          *b = *(const struct fg_offer *const *)right;
    int names = strcmp(a->supplier, b->supplier);
    int64_t x = fg_offer_uusd_per_device_hour(a), y = fg_offer_uusd_per_device_hour(b);
    if (names != 0)
        return names;
    if (x != y)
        return x < y ? -1 : 1;
    return a < b ? -1 : a > b;
}

void fg_rank_candidates(const struct fg_offer *offers,
                        size_t offers_len,
                        const struct fg_supplier_records *records,
                        struct fg_arena *arena,
                        struct fg_score_candidate **out,
                        size_t *out_len)
{
    const struct fg_offer **sorted = FG_NEW(arena, const struct fg_offer *, offers_len + 1);
    for (size_t i = 0; i < offers_len; i++)
        sorted[i] = &offers[i];
    qsort(sorted, offers_len, sizeof(*sorted), by_supplier);
    *out = FG_NEW(arena, struct fg_score_candidate, offers_len + 1);
    *out_len = 0;
    for (size_t i = 0; i < offers_len; i++)
        if (i == 0 || strcmp(sorted[i]->supplier, sorted[i - 1]->supplier) != 0)
            (*out)[(*out_len)++] = (struct fg_score_candidate){
                .name = sorted[i]->supplier,
                .offer = sorted[i],
                .history = fg_supplier_records_of(records, sorted[i]->supplier),
                .part = fg_supplier_records_part(records, sorted[i])};
}

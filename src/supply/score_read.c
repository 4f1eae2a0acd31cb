/* score_read.c - a ranking out of its JSON: see score_json.h */
#include "supply/score_json.h"

#include <string.h>

static double number(const struct fg_doc *map, const char *key)
{
    const struct fg_doc *doc = fg_doc_get(map, key);
    return doc && (doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL) ? doc->real : 0;
}

static const char *text(const struct fg_doc *map, const char *key)
{
    const struct fg_doc *doc = fg_doc_get(map, key);
    return doc && doc->kind == FG_DOC_TEXT ? doc->text : "";
}

static void read_cell(const struct fg_doc *doc, struct fg_score_cell *out)
{
    out->belief.mean = number(doc, "value");
    out->low = number(doc, "low");
    out->high = number(doc, "high");
    out->belief.measured = number(doc, "measured");
    out->belief.prior_mean = number(doc, "prior");
    out->belief.prior_weight = number(doc, "prior_weight");
    out->belief.form = out->belief.prior_weight > 0 ? FG_BELIEF_NORMAL : FG_BELIEF_KNOWN;
    out->normal = number(doc, "normal");
    out->weighted = number(doc, "weighted");
}

static void read_score(const struct fg_doc *doc, struct fg_arena *arena, struct fg_score *out)
{
    struct fg_offer *offer = FG_NEW(arena, struct fg_offer, 1);
    int contract = fg_contract_find(text(doc, "contract"));
    offer->accelerators = 1;
    offer->price_uusd_per_hour = (int64_t)number(doc, "uusd_per_device_hour");
    offer->contract = contract < 0 ? FG_CONTRACT_ON_DEMAND : (enum fg_contract)contract;
    out->offer = offer;
    out->name = fg_arena_printf(arena, "%.63s", text(doc, "supplier"));
    out->rank = (uint32_t)number(doc, "rank");
    out->score = number(doc, "score");
    out->low = number(doc, "low");
    out->high = number(doc, "high");
    out->rank_low = (uint32_t)number(doc, "rank_low");
    out->rank_high = (uint32_t)number(doc, "rank_high");
    out->best_share = number(doc, "best");
    out->to_best = number(doc, "to_best");
    out->to_worst = number(doc, "to_worst");
    for (int c = 0; c < FG_CRITERIA; c++)
        read_cell(
            fg_doc_get(fg_doc_get(doc, "criteria"), fg_criterion_name((enum fg_criterion)c)),
            &out->cells[c]);
}

int fg_score_json_read(const struct fg_doc *doc,
                       struct fg_arena *arena,
                       struct fg_score_sheet *out,
                       struct fg_err *err)
{
    const struct fg_doc *list = fg_doc_get(doc, "suppliers"),
                        *weights = fg_doc_get(doc, "weights");
    int method = fg_score_method_find(text(doc, "method"));
    if (method < 0 || !list || list->kind != FG_DOC_LIST || list->len == 0)
        return fg_fail(err, FG_EINVAL, "no ranking: expected a method and suppliers");
    *out = (struct fg_score_sheet){.method = (enum fg_score_method)method};
    for (int c = 0; c < FG_CRITERIA; c++)
        out->weights[c] = number(weights, fg_criterion_name((enum fg_criterion)c));
    out->scores = FG_NEW(arena, struct fg_score, list->len);
    for (const struct fg_doc *at = list->first; at; at = at->next)
        read_score(at, arena, &out->scores[out->len++]);
    return 0;
}

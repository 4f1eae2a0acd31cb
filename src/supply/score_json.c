/* score_json.c - see score_json.h */
#include "supply/score_json.h"

static void kv_double(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, value);
}

static void write_cell(struct fg_json *json,
                       enum fg_criterion c,
                       const struct fg_score_cell *cell)
{
    fg_json_key(json, fg_criterion_name(c));
    fg_json_object(json);
    kv_double(json, "value", cell->belief.mean);
    kv_double(json, "low", cell->low);
    kv_double(json, "high", cell->high);
    kv_double(json, "measured", cell->belief.measured);
    kv_double(json, "told", cell->belief.told);
    kv_double(json, "prior", cell->belief.prior_mean);
    kv_double(json, "prior_weight", cell->belief.prior_weight);
    kv_double(json, "normal", cell->normal);
    kv_double(json, "weighted", cell->weighted);
    fg_json_end(json);
}

static void write_score(struct fg_json *json,
                        enum fg_score_method method,
                        const struct fg_score *score)
{
    fg_json_object(json);
    fg_json_kv_int(json, "rank", score->rank);
    fg_json_kv(json, "supplier", score->name);
    kv_double(json, "score", score->score);
    kv_double(json, "low", score->low);
    kv_double(json, "high", score->high);
    fg_json_kv_int(json, "rank_low", score->rank_low);
    fg_json_kv_int(json, "rank_high", score->rank_high);
    kv_double(json, "best", score->best_share);
    fg_json_kv(json, "instance", score->offer->instance);
    fg_json_kv(json, "region", score->offer->region);
    fg_json_kv(json, "contract", fg_contract_name(score->offer->contract));
    fg_json_kv_int(json, "uusd_per_device_hour", fg_offer_uusd_per_device_hour(score->offer));
    if (method == FG_SCORE_TOPSIS) {
        kv_double(json, "to_best", score->to_best);
        kv_double(json, "to_worst", score->to_worst);
    }
    fg_json_key(json, "criteria");
    fg_json_object(json);
    for (int c = 0; c < FG_CRITERIA; c++)
        write_cell(json, (enum fg_criterion)c, &score->cells[c]);
    fg_json_end(json);
    fg_json_end(json);
}

void fg_score_json_write(struct fg_json *json, const struct fg_score_sheet *sheet)
{
    fg_json_object(json);
    fg_json_kv(json, "method", fg_score_method_name(sheet->method));
    kv_double(json, "level", FG_SCORE_LEVEL);
    fg_json_key(json, "weights");
    fg_json_object(json);
    for (int c = 0; c < FG_CRITERIA; c++)
        kv_double(json, fg_criterion_name((enum fg_criterion)c), sheet->weights[c]);
    fg_json_end(json);
    fg_json_key(json, "suppliers");
    fg_json_array(json);
    for (size_t i = 0; i < sheet->len; i++)
        write_score(json, sheet->method, &sheet->scores[i]);
    fg_json_end(json);
    fg_json_end(json);
}

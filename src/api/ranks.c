/* ranks.c - which supplier is best to buy from: its offers of the catalogue, its history from our orders. */
#include "api/answer.h"
#include "api/records.h"

#include "api/worker.h"
#include "base/grow.h"

#include "model/names.h"
#include "store/offer_store.h"
#include "supply/accelerator.h"
#include "supply/rank.h"
#include "supply/score_json.h"

#include <stdlib.h>
#include <string.h>

#define SUPPLIERS_MAX 200 /* ranked at once */

struct ask {
    char kind[FG_KIND_MAX]; /* "" any */
    const char *region;     /* NULL any */
    int contract;           /* -1 any */
    struct fg_score_options options;
};

struct found {
    const struct ask *ask;
    struct fg_offer *offers; /* owned */
    size_t len, room;
};

static int read_ask(const struct fg_target *target, struct ask *ask, struct fg_err *err)
{
    const char *kind = fg_target_param(target, "accelerator");
    const char *contract = fg_target_param(target, "contract");
    const char *method = fg_target_param(target, "method");
    int found = method ? fg_score_method_find(method) : FG_SCORE_TOPSIS;
    *ask = (struct ask){.region = fg_target_param(target, "region"), .contract = -1};
    if (kind)
        fg_accelerator_general(kind, ask->kind);
    if (kind && !ask->kind[0])
        return fg_fail(err, FG_EINVAL,
                       "query: accelerator: not a kind, expected one like H100");
    if (contract && (ask->contract = fg_contract_find(contract)) < 0)
        return fg_fail(err, FG_EINVAL,
                       "query: contract: %.20s, expected on_demand, spot, reserved or owned",
                       contract);
    if (found < 0)
        return fg_fail(err, FG_EINVAL, "query: method: %.20s, expected topsis or weighted",
                       method);
    ask->options.method = (enum fg_score_method)found;
    int rc =
        fg_score_weights_read(fg_target_param(target, "weight"), ask->options.weights, err);
    return rc < 0 ? fg_wrap(err, rc, "query: weight") : 0;
}

static int gather(void *self, const struct fg_offer_entry *entry)
{
    struct found *found = self;
    const struct ask *ask = found->ask;
    const struct fg_offer *offer = &entry->offer;
    if ((ask->kind[0] && !fg_kind_is(offer->accelerator, ask->kind))
        || (ask->region && strcmp(ask->region, offer->region) != 0)
        || (ask->contract >= 0 && (int)offer->contract != ask->contract))
        return 0;
    found->offers = fg_grow(found->offers, found->len, &found->room, sizeof(*found->offers));
    found->offers[found->len++] = *offer;
    return 0;
}

static int rank(struct fg_call *call,
                const struct ask *ask,
                const struct found *found,
                const struct fg_supplier_records *records,
                struct fg_err *err)
{
    struct fg_score_candidate *candidates;
    struct fg_score_sheet sheet;
    size_t len;
    if (found->len == 0)
        return fg_fail(err, FG_ENOENT, "no offer of %s in the catalogue",
                       ask->kind[0] ? ask->kind : "anything");
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(found->len * 128 + fg_score_room(SUPPLIERS_MAX));
    fg_rank_candidates(found->offers, found->len, records, arena, &candidates, &len);
    if (len > SUPPLIERS_MAX)
        return fg_fail(err, FG_ETOOBIG,
                       "%zu suppliers, expected at most %d: ask for one kind of accelerator",
                       len, SUPPLIERS_MAX);
    int rc = fg_score(candidates, len, &ask->options, arena, &sheet, err);
    if (rc == 0)
        fg_score_json_write(&call->json, &sheet);
    return rc;
}

static int answer(struct fg_call *call,
                  const struct ask *ask,
                  struct found *found,
                  struct fg_supplier_records *records,
                  struct fg_err *err)
{
    struct fg_offer_store *store = call->api->options.offers;
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    if (!reader)
        return FG_EIO;
    if (!store)
        return fg_fail(err, FG_EIO, "the catalogue of offers could not be opened");
    int rc = fg_offer_store_list(store, &(struct fg_offer_filter){.supplier = ""}, gather,
                                 found, err);
    if (rc == 0)
        rc = fg_records_read(reader, records, err);
    return rc == 0 ? rank(call, ask, found, records, err) : rc;
}

void fg_handle_supplier_ranking(struct fg_call *call)
{
    struct fg_err err = {};
    struct ask ask;
    struct found found = {.ask = &ask};
    struct fg_supplier_records records = {.clock = fg_records_clock(call->api)};
    int rc = read_ask(&call->target, &ask, &err);
    if (rc == 0)
        rc = answer(call, &ask, &found, &records, &err);
    free(found.offers);
    fg_supplier_records_fini(&records);
    if (rc < 0)
        fg_answer_error(call, &err);
    else
        fg_answer_json(call, 200);
}

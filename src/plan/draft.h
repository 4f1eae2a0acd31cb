/* draft.h - a plan for now: from what is forecast, what is held and what is for sale to a document that can be reviewed.
 *
 *     forecasts --fg_draft_demand--> demand.csv --+
 *     plan.yaml (docs/planning.md) ---------------+--DRAFT--> JSON document, orders to be made
 *     offers, contracts that run -----------------'
 *
 * The document has what `fastgpu plan solve --json` prints, and besides: `begin`, `period_hours`, `forecasts` (by class, the mean
 * and the 80 % band of each period), `held` (devices that are there already, by contract and period), and `asks`: the orders
 * in the form in which they are asked for (model/order_json.h), each with a key, so that they are made once.  `flexible` has what
 * jobs were seen to be able to wait, if any.
 */
#pragma once

#include "base/json_write.h"
#include "demand/forecast.h"
#include "model/plan_record.h"
#include "plan/procure.h"

#define FG_DRAFT_SCENARIOS 20

/* What is forecast of one class, in steps of an hour that begin where the plan does. */
struct fg_draft_class {
    const char *name;
    const struct fg_forecast *forecast; /* of devices; its horizon covers the plan's */
};

struct fg_draft_horizon {
    int64_t begin_us;  /* UTC; of the first period */
    int64_t period_us; /* whole hours */
    uint32_t periods;
    uint64_t seed; /* of scenarios */
};

/* The demand of all classes as the CSV that fg_case_read_demand() reads: FG_DRAFT_SCENARIOS futures, each class's mean over
 * each period. */
void fg_draft_demand(const struct fg_draft_class *classes,
                     size_t len,
                     const struct fg_draft_horizon *horizon,
                     struct fg_buf *out);

/* What jobs of a class were seen to be able to wait: a share of its demand, for so long. */
struct fg_draft_wait {
    char class[FG_NAME_MAX];
    int64_t slack_us;
    uint32_t share_milli;
    uint32_t jobs; /* seen */
};

struct fg_draft_ask {
    struct fg_draft_horizon horizon; /* begin_us counts where the demand's times are an index */
    const char *options;             /* YAML; "" none */
    int64_t power_uusd_per_kwh, carbon_uusd_per_tonne; /* where the options say nothing */
    const char *demand;                                /* CSV */
    const struct fg_offer *offers;
    size_t offers_len;
    const struct fg_offer *
        sold; /* the same ones, as they are ordered: before what is known of their sellers was put
                                    in the place of what these say; NULL: as `offers` */
    const struct fg_procure_contract
        *contracts; /* what is held: orders that run, own machines */
    size_t contracts_len;
    const struct fg_draft_wait *waits; /* for classes of which the options do not say it */
    size_t waits_len;
    bool what_if; /* also what becomes of it if prices move or a supplier fails */
    void (*make_key)(
        char *out); /* a new UUID, FG_NAME_MAX bytes of room; pure callers bring their own */
};

/* Solve, and write the members of the document into the object that is open.  `out` has the figures of a list.
 * FG_EINVAL: options or demand, with file and line; FG_ENOENT: nobody sells what a class needs; FG_EBACKEND. */
[[nodiscard]] int fg_draft_make(const struct fg_draft_ask *ask,
                                struct fg_json *json,
                                struct fg_plan_record *out,
                                struct fg_err *err);

/* case.h - a question of procurement in files: demand (CSV), options (YAML), offers, to a problem of procure.h.
 *
 *     demand.csv --read--> CASE --offers--> fg_procure_problem      formats: docs/planning.md
 *     plan.yaml ---read-->
 *
 * A class that the options do not name is served by the accelerator kind that its name means.  Pure: bytes in, values out.
 */
#pragma once

#include "plan/procure.h"

#define FG_CASE_BYTES_MAX (256UL * 1024 * 1024)

#define FG_CASE_WAITS_MAX 8

struct fg_case_kind {
    char kind[FG_KIND_MAX]; /* as a user means it: "h100" is any H100 */
    uint32_t rate_milli;
};

/* A share of the demand that may be done so much later. */
struct fg_case_wait {
    int64_t slack_us;
    uint32_t share_milli;
};

struct fg_case_class {
    struct fg_procure_class class;
    struct fg_case_wait waits[FG_CASE_WAITS_MAX]; /* together the whole at most */
    uint32_t waits_len;
    const struct fg_case_kind *kinds;
    uint32_t kinds_len;
};

struct fg_case {
    /* From the options. */
    int64_t period_us;              /* 0: not told */
    uint32_t periods;               /* 0: as many as the demand has */
    int64_t budget_per_period_uusd; /* INT64_MAX: none */
    const int64_t *budgets_uusd;    /* by period, budgets_len of them; NULL: none */
    uint32_t budgets_len;
    int64_t unmet_uusd_per_hour; /* of classes without one; 0: by offers */
    int64_t wait_uusd_per_hour;  /* price of a unit that waits for an hour */
    double gap, seconds;
    struct fg_procure_limits limits;
    struct fg_procure_prices prices;
    struct fg_case_class *classes; /* of the options, then those that only demand has */
    uint32_t classes_len;
    /* From the demand. */
    bool is_dated;
    int64_t begin_us; /* dated: the first period's */
    uint32_t scenarios;
    const double *demand, *weights; /* as fg_procure_problem has them */
};

/* Defaults; then the options, if there are any (len 0: none).  FG_EINVAL: "plan.yaml:3: cvar.alpha: ...". */
[[nodiscard]] int fg_case_read_options(const char *bytes,
                                       size_t len,
                                       const char *file_name,
                                       struct fg_arena *arena,
                                       struct fg_case *out,
                                       struct fg_err *err);

/* Columns period (or time), class (or series), devices, and scenario and weight if there are several; or, instead of devices,
 * mean and bands (lo80, hi80, ...), of which scenarios are made; or what `fastgpu forecast --json` prints.  After the options.
 * FG_EINVAL: "demand.csv:17: ...", FG_ETOOBIG. */
[[nodiscard]] int fg_case_read_demand(const char *bytes,
                                      size_t len,
                                      const char *file_name,
                                      struct fg_arena *arena,
                                      struct fg_case *out,
                                      struct fg_err *err);
size_t fg_case_room(size_t options_len,
                    size_t demand_len); /* of the arena for both, and the problem */

/* What classes may be served by: what is for sale, and what is held.  Borrowed. */
struct fg_case_supply {
    const struct fg_offer *offers;
    size_t offers_len;
    const struct fg_procure_contract *contracts;
    size_t contracts_len;
};

/* The problem with this supply; what may wait for less than a period waits in it already.  FG_ENOENT: nothing is for sale or held of
 * a kind that a class names. */
[[nodiscard]] int fg_case_problem(const struct fg_case *wanted,
                                  const struct fg_case_supply *supply,
                                  struct fg_arena *arena,
                                  struct fg_procure_problem *out,
                                  struct fg_err *err);

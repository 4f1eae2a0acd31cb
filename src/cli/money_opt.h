/* money_opt.h - amounts of money in options. */
#pragma once

#include "cli/verb.h"

#include <stdint.h>

/* The USD that option `name` gives, in micro-USD, rounded to the nearest; `otherwise` without it.  FG_EINVAL. */
[[nodiscard]] int fg_cli_usd(const struct fg_cli *cli,
                             const char *name,
                             int64_t otherwise,
                             int64_t *out_uusd,
                             struct fg_err *err);

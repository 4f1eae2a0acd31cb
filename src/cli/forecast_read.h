/* forecast_read.h - what `fastgpu forecast` is to look at, from a file or a Prometheus server. */
#pragma once

#include "cli/verb.h"

#include "demand/events.h"

/* Read what the options say into `set`; `out_m4`: as M4 files mean it.  Errors are those of the readers and of files. */
[[nodiscard]] int fg_forecast_read(struct fg_cli *cli,
                                   struct fg_demand_set *set,
                                   bool *out_m4,
                                   struct fg_err *err);
/* The same from the service, as --class, --project, --by, --measure and --hours say. */
[[nodiscard]] int fg_forecast_read_service(struct fg_cli *cli,
                                           struct fg_demand_set *set,
                                           struct fg_err *err);
/* --events; NULL without. */
[[nodiscard]] int fg_forecast_read_events(struct fg_cli *cli,
                                          struct fg_demand_events **out,
                                          struct fg_err *err);

/* reader_demand.h - what jobs asked for, by the hour.  Rows as in reader.h: strings are valid during the call, a callback that
 * returns non-zero ends the reading. */
#pragma once

#include "model/demand.h"
#include "model/job.h"
#include "store/reader.h"

struct fg_demand_range {
    fg_project_id project; /* 0 all */
    const char *kind;      /* "" all */
    int64_t from_hour;     /* since 1970 */
};

/* All hours in which anything was asked, and all levels: what runs and waits, and since when that is not in the hours. Both
 * of one moment; in no particular order. */
struct fg_demand_rows {
    void *self;
    int (*hour)(void *self, const struct fg_level_hour *hour, const char *project);
    int (*level)(void *self, const struct fg_level_row *level, const char *project);
};
int fg_reader_demand(struct fg_reader *reader,
                     const struct fg_demand_range *range,
                     const struct fg_demand_rows *rows,
                     struct fg_err *err);

/* The newest jobs, newest first, `most` of them at most; finished_us 0: it is not over. */
struct fg_newest_job {
    const struct fg_job *job;
    const struct fg_request *request; /* its first alternative */
    int64_t finished_us;
};
int fg_reader_newest_jobs(struct fg_reader *reader,
                          uint32_t most,
                          int (*each)(void *self, const struct fg_newest_job *job),
                          void *self,
                          struct fg_err *err);

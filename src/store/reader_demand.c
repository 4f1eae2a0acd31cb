/* reader_demand.c - see reader_demand.h */
#include "store/reader_demand.h"

#include "base/text.h"
#include "store/reader_impl.h"
#include "store/row.h"

static int give_hour(const struct fg_query *query, const struct fg_demand_rows *rows)
{
    struct fg_level_hour hour = {.hour = fg_query_get(query, 1),
                                 .key = {.project = (uint32_t)fg_query_get(query, 2)},
                                 .running_us = fg_query_get(query, 5),
                                 .waiting_us = fg_query_get(query, 6),
                                 .shift_us = fg_query_get(query, 7),
                                 .refused_us = fg_query_get(query, 8)};
    fg_copy(hour.key.kind, sizeof(hour.key.kind), fg_query_get_text(query, 3));
    return rows->hour(rows->self, &hour, fg_query_get_text(query, 4));
}

static int give_level(const struct fg_query *query, const struct fg_demand_rows *rows)
{
    struct fg_level_row level = {.key = {.project = (uint32_t)fg_query_get(query, 2)},
                                 .running_milli = fg_query_get(query, 5),
                                 .waiting_milli = fg_query_get(query, 6),
                                 .at_us = fg_query_get(query, 1)};
    fg_copy(level.key.kind, sizeof(level.key.kind), fg_query_get_text(query, 3));
    return rows->level(rows->self, &level, fg_query_get_text(query, 4));
}

int fg_reader_demand(struct fg_reader *reader,
                     const struct fg_demand_range *range,
                     const struct fg_demand_rows *rows,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_demand, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, range->from_hour);
    fg_query_int(&query, range->project);
    fg_query_text(&query, range->kind);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = fg_query_get(&query, 0) ? give_level(&query, rows) : give_hour(&query, rows);
    return rc;
}

int fg_reader_newest_jobs(struct fg_reader *reader,
                          uint32_t most,
                          int (*each)(void *self, const struct fg_newest_job *job),
                          void *self,
                          struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    struct fg_job_columns columns;
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_newest_jobs, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, most);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        rc = fg_job_decode(&query, &columns, err);
        if (rc == 0)
            rc = each(self, &(struct fg_newest_job){&columns.job, &columns.any_of[0],
                                                    columns.finished_us});
    }
    return rc;
}

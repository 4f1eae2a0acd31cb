/* reader_cost.c - see reader_cost.h */
#include "store/reader_cost.h"

#include "model/period.h"
#include "store/reader_impl.h"

static int begin(struct fg_query *query,
                 struct fg_reader *reader,
                 enum fg_sql statement,
                 const struct fg_cost_range *range,
                 int64_t unit,
                 struct fg_err *err)
{
    int rc = fg_query_begin(query, &reader->db, statement, err);
    if (rc < 0)
        return rc;
    fg_query_int(query, range->project);
    fg_query_int(query, range->from_day * unit);
    fg_query_int(query, range->to_day * unit);
    return 0;
}

int fg_reader_spend(struct fg_reader *reader,
                    const struct fg_cost_range *range,
                    int (*row)(void *self, const struct fg_spend_view *spend),
                    void *self,
                    struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = begin(&query, reader, FG_SQL_read_spend, range, 1, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_spend_view spend = {
            .day = fg_query_get(&query, 0),
            .project = (fg_project_id)fg_query_get(&query, 1),
            .user = (uint32_t)fg_query_get(&query, 2),
            .project_name = fg_query_get_text(&query, 3),
            .user_name = fg_query_get_text(&query, 4),
            .uusd = fg_query_get(&query, 5),
        };
        rc = row(self, &spend);
    }
    return rc;
}

static int each_cost(struct fg_query *query,
                     int (*row)(void *self, const struct fg_job_cost_view *cost),
                     void *self,
                     struct fg_err *err)
{
    int rc;
    while ((rc = fg_query_step(query, err)) == 1) {
        struct fg_job_cost_view cost = {
            .project = (fg_project_id)fg_query_get(query, 0),
            .user = (uint32_t)fg_query_get(query, 1),
            .job = (fg_job_id)fg_query_get(query, 2),
            .attempt = (uint32_t)fg_query_get(query, 3),
            .name = fg_query_get_text(query, 4),
            .project_name = fg_query_get_text(query, 5),
            .user_name = fg_query_get_text(query, 6),
            .node = fg_query_get_text(query, 7),
            .started_us = fg_query_get(query, 8),
            .finished_us = fg_query_get(query, 9),
            .uusd = fg_query_get(query, 10),
            .energy_mj = fg_query_get(query, 11),
            .region = fg_query_get_text(query, 12),
        };
        rc = row(self, &cost);
        if (rc != 0)
            break;
    }
    return rc;
}

int fg_reader_day_costs(struct fg_reader *reader,
                        const struct fg_cost_range *range,
                        int (*row)(void *self, const struct fg_job_cost_view *cost),
                        void *self,
                        struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = begin(&query, reader, FG_SQL_read_day_costs, range, FG_DAY_US, err);
    return rc < 0 ? rc : each_cost(&query, row, self, err);
}

int fg_reader_job_costs(struct fg_reader *reader,
                        const struct fg_cost_range *range,
                        int (*row)(void *self, const struct fg_job_cost_view *cost),
                        void *self,
                        struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = begin(&query, reader, FG_SQL_read_job_costs, range, FG_DAY_US, err);
    return rc < 0 ? rc : each_cost(&query, row, self, err);
}

int fg_reader_order_charges(struct fg_reader *reader,
                            const struct fg_cost_range *range,
                            int (*row)(void *self, const struct fg_order_charge_view *charge),
                            void *self,
                            struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = begin(&query, reader, FG_SQL_read_order_charges, range, 1, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_order_charge_view charge = {
            .day = fg_query_get(&query, 0),
            .order = (fg_order_id)fg_query_get(&query, 1),
            .project = (fg_project_id)fg_query_get(&query, 2),
            .due_uusd = fg_query_get(&query, 3),
            .used_uusd = fg_query_get(&query, 4),
            .idle_uusd = fg_query_get(&query, 5),
            .project_name = fg_query_get_text(&query, 6),
            .supplier = fg_query_get_text(&query, 7),
            .instance = fg_query_get_text(&query, 8),
            .region = fg_query_get_text(&query, 9),
            .zone = fg_query_get_text(&query, 10),
            .contract = fg_query_get_text(&query, 11),
        };
        rc = row(self, &charge);
    }
    return rc;
}

/* Columns 0 and 2 to 6 of energy and savings. */
static struct fg_energy_owner get_owner(struct fg_query *query)
{
    return (struct fg_energy_owner){.job = (fg_job_id)fg_query_get(query, 0),
                                    .name = fg_query_get_text(query, 2),
                                    .project_name = fg_query_get_text(query, 3),
                                    .user_name = fg_query_get_text(query, 4),
                                    .kind = fg_query_get_text(query, 5),
                                    .supplier = fg_query_get_text(query, 6)};
}

int fg_reader_energy(struct fg_reader *reader,
                     const struct fg_cost_range *range,
                     enum fg_energy_by by,
                     int (*row)(void *self, const struct fg_energy_view *energy),
                     void *self,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = begin(&query, reader, FG_SQL_read_energy, range, FG_DAY_US, err);
    if (rc == 0)
        fg_query_int(&query, by);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_energy_view energy = {
            .owner = get_owner(&query),
            .attempt = (uint32_t)fg_query_get(&query, 1),
            .region = fg_query_get_text(&query, 7),
            .started_us = fg_query_get(&query, 8),
            .finished_us = fg_query_get(&query, 9),
            .energy_mj = fg_query_get(&query, 10),
            .device_us = fg_query_get(&query, 11),
            .project = (fg_project_id)fg_query_get(&query, 12),
            .user = (uint32_t)fg_query_get(&query, 13),
        };
        rc = row(self, &energy);
    }
    return rc;
}

static struct fg_saved get_saved(const struct fg_query *query, int first)
{
    return (struct fg_saved){.avoided_mj = fg_query_get(query, first),
                             .spent_mj = fg_query_get(query, first + 1),
                             .slowed_us = fg_query_get(query, first + 2),
                             .asleep_us = fg_query_get(query, first + 3)};
}

int fg_reader_savings(struct fg_reader *reader,
                      const struct fg_cost_range *range,
                      enum fg_energy_by by,
                      int (*row)(void *self, const struct fg_saving_view *saving),
                      void *self,
                      struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = begin(&query, reader, FG_SQL_read_savings, range, 1, err);
    if (rc == 0)
        fg_query_int(&query, by);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_saving_view saving = {
            .owner = get_owner(&query),
            .way = (enum fg_saving_way)fg_query_get(&query, 1),
            .day = fg_query_get(&query, 7),
            .sum = get_saved(&query, 8),
        };
        rc = row(self, &saving);
    }
    return rc;
}

int fg_reader_saving_sums(struct fg_reader *reader,
                          struct fg_saved out[FG_SAVING_WAYS],
                          struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_saving_sums, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        int64_t way = fg_query_get(&query, 0);
        if (way >= 0 && way < FG_SAVING_WAYS)
            out[way] = get_saved(&query, 1);
        rc = 0;
    }
    return rc < 0 ? rc : 0;
}

int fg_reader_grid_hours(struct fg_reader *reader,
                         int64_t from_hour,
                         int64_t to_hour,
                         int (*row)(void *self, int64_t hour, int64_t g_per_kwh),
                         void *self,
                         struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_grid_hours, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, from_hour);
    fg_query_int(&query, to_hour);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = row(self, fg_query_get(&query, 0), fg_query_get(&query, 1));
    return rc;
}

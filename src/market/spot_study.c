/* spot_study.c - sums over jobs, then means. */
#include "market/spot_study.h"

/* `value` is made once: work, start and prices are those of all jobs, slack up to the greatest. */
static struct fg_spot_value *make_value(const struct fg_spot_study *study)
{
    uint32_t most = 1;
    for (size_t i = 0; i < study->slacks_len; i++)
        most = study->slack_percents[i] > most ? study->slack_percents[i] : most;
    const struct fg_spot_case *like = &study->like;
    return fg_spot_value_new(&(struct fg_spot_value_terms){
        .work_us = like->work_us,
        .slack_us = like->work_us / 100 * most,
        .restart_us = like->restart_us,
        .price_of_spot =
            (double)like->spot_uusd_per_hour / (double)like->on_demand_uusd_per_hour});
}

static void add_outcome(struct fg_spot_figures *sum,
                        const struct fg_spot_outcome *outcome,
                        double on_demand)
{
    sum->jobs++;
    sum->late += outcome->late_us > 0;
    sum->cost += (double)outcome->cost_uusd / on_demand;
    sum->spot_hours += (double)outcome->spot_us / 3.6e9;
    sum->on_demand_hours += (double)outcome->on_demand_us / 3.6e9;
    sum->wait_hours += (double)outcome->wait_us / 3.6e9;
    sum->starts += outcome->starts;
    sum->losses += outcome->losses;
}

static void add_job(const struct fg_spot_study *study,
                    const struct fg_spot_case *job,
                    const struct fg_spot_value *value,
                    struct fg_spot_row *row)
{
    double on_demand = (double)fg_spot_on_demand_uusd(job);
    for (size_t p = 0; p < study->policies_len; p++) {
        struct fg_spot_outcome outcome;
        fg_spot_replay(job, study->policies[p], value, &outcome);
        add_outcome(&row->policies[p], &outcome, on_demand);
    }
    row->clairvoyant += fg_spot_clairvoyant_uusd(job) / on_demand;
}

/* All means of a row, times or by its jobs. */
static struct fg_spot_row scaled(struct fg_spot_row row, bool by_jobs)
{
    double jobs = (double)row.policies[0].jobs, factor = jobs == 0 ? 1
                                                         : by_jobs ? 1 / jobs
                                                                   : jobs;
    for (size_t p = 0; p < FG_SPOT_POLICIES_MAX; p++) {
        struct fg_spot_figures *at = &row.policies[p];
        at->cost *= factor;
        at->spot_hours *= factor;
        at->on_demand_hours *= factor;
        at->wait_hours *= factor;
        at->starts *= factor;
        at->losses *= factor;
    }
    row.clairvoyant *= factor;
    return row;
}

static void add_row(struct fg_spot_row *sum, const struct fg_spot_row *row)
{
    for (size_t p = 0; p < FG_SPOT_POLICIES_MAX; p++) {
        struct fg_spot_figures *at = &sum->policies[p];
        const struct fg_spot_figures *more = &row->policies[p];
        at->jobs += more->jobs;
        at->late += more->late;
        at->cost += more->cost;
        at->spot_hours += more->spot_hours;
        at->on_demand_hours += more->on_demand_hours;
        at->wait_hours += more->wait_hours;
        at->starts += more->starts;
        at->losses += more->losses;
    }
    sum->clairvoyant += row->clairvoyant;
}

void fg_spot_study_run(const struct fg_spot_study *study,
                       fg_spot_progress_fn *progress,
                       void *self,
                       struct fg_spot_row *out_slacks,
                       struct fg_spot_row *out_markets)
{
    FG_AUTO(fg_spot_value) struct fg_spot_value *value = make_value(study);
    for (size_t s = 0; s < study->slacks_len; s++)
        out_slacks[s] = (struct fg_spot_row){};
    for (size_t m = 0; m < study->markets_len; m++) {
        const struct fg_spot_market *market = &study->markets[m];
        struct fg_spot_case job = study->like;
        job.zones = market->zones;
        job.zones_len = market->zones_len;
        out_markets[m] = (struct fg_spot_row){};
        for (size_t s = 0; s < study->slacks_len; s++) {
            struct fg_spot_row row = {};
            job.time_us = job.work_us + job.work_us / 100 * study->slack_percents[s];
            for (uint32_t i = 0; i < study->starts; i++) {
                job.first = market->zones[0].len * i / study->starts;
                add_job(study, &job, value, &row);
            }
            add_row(&out_slacks[s], &row);
            add_row(&out_markets[m], &row);
            if (progress)
                progress(self, m * study->slacks_len + s + 1,
                         study->markets_len * study->slacks_len);
        }
        out_markets[m] = scaled(out_markets[m], true);
    }
    for (size_t s = 0; s < study->slacks_len; s++)
        out_slacks[s] = scaled(out_slacks[s], true);
}

struct fg_spot_row fg_spot_row_mean(const struct fg_spot_row *rows, size_t len)
{
    struct fg_spot_row sum = {};
    for (size_t i = 0; i < len; i++) {
        struct fg_spot_row row = scaled(rows[i], false);
        add_row(&sum, &row);
    }
    return scaled(sum, true);
}

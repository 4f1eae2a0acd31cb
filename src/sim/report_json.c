/* report_json.c - a summary as JSON: seconds, USD, kWh and ratios, rounded so that readers see figures and not noise. */
#include "sim/report.h"

#include <math.h>
#include <stdio.h>

/* Six digits behind the point are more than any figure here is worth. */
static void number(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, round(value * 1e6) / 1e6);
}

static void spread(struct fg_json *json,
                   const char *key,
                   const struct fg_sim_spread *spread,
                   double unit)
{
    fg_json_key(json, key);
    fg_json_object(json);
    number(json, "mean", spread->mean / unit);
    number(json, "p50", spread->p50 / unit);
    number(json, "p90", spread->p90 / unit);
    number(json, "p95", spread->p95 / unit);
    number(json, "p99", spread->p99 / unit);
    number(json, "max", spread->most / unit);
    fg_json_end(json);
}

static void part(struct fg_json *json, const char *key, const struct fg_sim_part *part)
{
    fg_json_object(json);
    fg_json_kv(json, key, part->name);
    fg_json_kv_int(json, "jobs", (int64_t)part->jobs);
    number(json, "jct_mean_s", part->jct_mean_us / 1e6);
    number(json, "jct_p50_s", part->jct_p50_us / 1e6);
    number(json, "wait_mean_s", part->wait_mean_us / 1e6);
    number(json, "wait_p95_s", part->wait_p95_us / 1e6);
    number(json, "rho_mean", part->rho_mean);
    number(json, "gpu_hours", part->gpu_hours);
    fg_json_end(json);
}

static void parts(struct fg_json *json, const struct fg_sim_summary *summary)
{
    fg_json_key(json, "by_gpus");
    fg_json_array(json);
    for (size_t i = 0; i < FG_SIM_SIZES; i++)
        if (summary->sizes[i].jobs)
            part(json, "gpus", &summary->sizes[i]);
    fg_json_end(json);
    fg_json_key(json, "by_project");
    fg_json_array(json);
    for (size_t i = 0; i < summary->projects_len; i++)
        if (summary->projects[i].jobs)
            part(json, "project", &summary->projects[i]);
    fg_json_end(json);
}

void fg_sim_report_json(struct fg_json *json,
                        const struct fg_sim_result *result,
                        const struct fg_sim_summary *summary)
{
    const struct fg_sim_sums *sums = &result->sums;
    fg_json_kv_int(json, "jobs", (int64_t)summary->jobs);
    fg_json_kv_int(json, "done", (int64_t)summary->done);
    fg_json_kv_int(json, "timed_out", (int64_t)summary->timed_out);
    fg_json_kv_int(json, "never_ran", (int64_t)summary->never);
    fg_json_kv_int(json, "deadlines", (int64_t)summary->deadlines);
    fg_json_kv_int(json, "deadlines_missed", (int64_t)summary->deadlines_missed);
    number(json, "avg_jct_s", summary->jct_us.mean / 1e6);
    number(json, "avg_jct_hours", summary->jct_us.mean / 3.6e9);
    spread(json, "jct_s", &summary->jct_us, 1e6);
    spread(json, "wait_s", &summary->wait_us, 1e6);
    spread(json, "first_start_s", &summary->start_us, 1e6);
    spread(json, "slowdown", &summary->slowdown, 1);
    number(json, "makespan_s", (double)summary->makespan_us / 1e6);
    number(json, "utilisation", summary->utilisation);
    number(json, "stranded", summary->stranded);
    number(json, "queue_mean", summary->waiting_mean);
    fg_json_key(json, "fairness");
    fg_json_object(json);
    number(json, "jain_projects", summary->jain_projects);
    spread(json, "finish_time_rho", &summary->rho, 1);
    fg_json_end(json);
    number(json, "cost_usd", (double)sums->cost_uusd / 1e6);
    number(json, "energy_kwh", (double)sums->energy_j / 3.6e6);
    number(json, "gpu_hours", (double)sums->gpu_busy_us / 3.6e9);
    number(json, "lost_gpu_hours", (double)sums->gpu_lost_us / 3.6e9);
    number(json, "lost_to_preemption_gpu_hours", (double)sums->gpu_pushed_us / 3.6e9);
    fg_json_kv_int(json, "preemptions", (int64_t)sums->preemptions);
    fg_json_kv_int(json, "evictions", (int64_t)sums->evictions);
    fg_json_kv_int(json, "node_failures", (int64_t)sums->node_failures);
    fg_json_kv_int(json, "spot_losses", (int64_t)sums->spot_losses);
    fg_json_kv_int(json, "decisions", (int64_t)sums->decisions);
    fg_json_kv_int(json, "passes", (int64_t)sums->passes);
    parts(json, summary);
}

/* -- samples ---------------------------------------------------------------------------------------------------- */

void fg_sim_series_json(struct fg_json *json, const struct fg_sim_result *result)
{
    fg_json_key(json, "series");
    fg_json_object(json);
    number(json, "step_s", (double)result->step_us / 1e6);
#define LIST(member)                                                                           \
    fg_json_key(json, #member);                                                                \
    fg_json_array(json);                                                                       \
    for (size_t i = 0; i < result->samples_len; i++)                                           \
        fg_json_double(json, round(result->samples[i].member * 1e3) / 1e3);                    \
    fg_json_end(json)
    LIST(gpus_up);
    LIST(gpus_busy);
    LIST(gpus_stranded);
    LIST(jobs_waiting);
    LIST(jobs_running);
    LIST(watts);
    LIST(usd_per_hour);
#undef LIST
    fg_json_end(json);
}

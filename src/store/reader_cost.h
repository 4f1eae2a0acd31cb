/* reader_cost.h - what was spent: by jobs, and on orders.  Rows as in reader.h: strings are valid during the call, a callback
 * that returns non-zero ends the reading.  Days are since 1970-01-01, UTC; `project` 0 is all. */
#pragma once

#include "model/saving.h"
#include "store/reader.h"

struct fg_cost_range {
    fg_project_id project;    /* 0 all; else only what it has to pay */
    int64_t from_day, to_day; /* the latter is not in it */
};

/* What the jobs of a user in a project cost on a day: all of it, also of jobs whose records are gone. */
struct fg_spend_view {
    int64_t day;
    fg_project_id project;
    uint32_t user;
    const char *project_name, *user_name; /* "" if they are gone */
    int64_t uusd;
};

/* What one attempt of a job cost, from its start to its end: ended ones, as only they are booked. */
struct fg_job_cost_view {
    fg_project_id project;
    uint32_t user;
    fg_job_id job;
    uint32_t attempt;
    const char *name, *project_name, *user_name;
    const char *node; /* names, comma separated */
    int64_t started_us, finished_us;
    int64_t uusd;
    int64_t energy_mj; /* 0 unknown */
    const char *region;
};

/* What of an order falls on a day. */
struct fg_order_charge_view {
    int64_t day;
    fg_order_id order;
    fg_project_id project; /* who pays for it; 0 the pool */
    const char *project_name, *supplier, *instance, *region, *zone, *contract;
    int64_t due_uusd;  /* to the supplier; project is 0 then */
    int64_t used_uusd; /* by jobs: it is in their cost too */
    int64_t idle_uusd; /* by nobody */
};

enum fg_energy_by {
    FG_ENERGY_BY_PROJECT,
    FG_ENERGY_BY_USER,
    FG_ENERGY_BY_KIND,
    FG_ENERGY_BY_SUPPLIER,
    FG_ENERGY_BY_JOB,
    FG_ENERGY_BY_DAY,
    FG_ENERGY_BYS
};

/* Whose joules they are, and of what devices; names "" if they are gone. */
struct fg_energy_owner {
    fg_job_id job;
    const char *name, *project_name, *user_name;
    const char *kind, *supplier; /* see fg_attempt_row; kind "": of before it was kept */
};

/* What the devices of one attempt used, from its start to its end: ended ones of which it is known. */
struct fg_energy_view {
    struct fg_energy_owner owner;
    uint32_t attempt;
    fg_project_id project;
    uint32_t user; /* its number */
    const char *region;
    int64_t started_us, finished_us;
    int64_t energy_mj; /* > 0 */
    int64_t device_us; /* held, by its share of them */
};

/* What was saved: of a job's caps, or (job 0) by sleep or of jobs whose records are gone. */
struct fg_saving_view {
    struct fg_energy_owner owner;
    enum fg_saving_way way;
    int64_t day;
    struct fg_saved sum;
};

/* By day, project, user. */
int fg_reader_spend(struct fg_reader *reader,
                    const struct fg_cost_range *range,
                    int (*row)(void *self, const struct fg_spend_view *spend),
                    void *self,
                    struct fg_err *err);
/* Attempts that ran at some time in the range; by project, user, job, attempt.  For ranges of some days. */
int fg_reader_day_costs(struct fg_reader *reader,
                        const struct fg_cost_range *range,
                        int (*row)(void *self, const struct fg_job_cost_view *cost),
                        void *self,
                        struct fg_err *err);
/* The same by job and attempt, for ranges of any length. */
int fg_reader_job_costs(struct fg_reader *reader,
                        const struct fg_cost_range *range,
                        int (*row)(void *self, const struct fg_job_cost_view *cost),
                        void *self,
                        struct fg_err *err);
/* By day, order, project.  What is due is in it only for a range of all projects. */
int fg_reader_order_charges(struct fg_reader *reader,
                            const struct fg_cost_range *range,
                            int (*row)(void *self, const struct fg_order_charge_view *charge),
                            void *self,
                            struct fg_err *err);
/* Attempts that ran at some time in the range; all of one key come together, and by job and attempt (BY_DAY: only by these). */
int fg_reader_energy(struct fg_reader *reader,
                     const struct fg_cost_range *range,
                     enum fg_energy_by by,
                     int (*row)(void *self, const struct fg_energy_view *energy),
                     void *self,
                     struct fg_err *err);
/* All of one key come together, and by job and day. */
int fg_reader_savings(struct fg_reader *reader,
                      const struct fg_cost_range *range,
                      enum fg_energy_by by,
                      int (*row)(void *self, const struct fg_saving_view *saving),
                      void *self,
                      struct fg_err *err);
/* All that was ever saved, by way. */
int fg_reader_saving_sums(struct fg_reader *reader,
                          struct fg_saved out[FG_SAVING_WAYS],
                          struct fg_err *err);
/* What a kWh emitted in hours since 1970 that were recorded; -1: not known. */
int fg_reader_grid_hours(struct fg_reader *reader,
                         int64_t from_hour,
                         int64_t to_hour,
                         int (*row)(void *self, int64_t hour, int64_t g_per_kwh),
                         void *self,
                         struct fg_err *err);

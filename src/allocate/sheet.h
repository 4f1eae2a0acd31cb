/* sheet.h - a question of allocation in a file, and its answer: the linear program of the design.
 *
 *     YAML --read--> SHEET --solve--> devices of each class for each class of work, and what binds
 *
 *     a_ij      devices of class j that work on class i, on average
 *     done_i    = sum_j speed_ij a_ij  <= demand_i      work a second; sum_j a_ij <= jobs_i devices_i
 *     limits    sum_i a_ij <= count_j;  of each project: devices <= quota, dollars an hour <= budget
 *
 * The format is docs/allocate.md.  Pure: the caller opens the file and prints the answer.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_SHEET_DEVICES_MAX  64
#define FG_SHEET_WORK_MAX     10'000
#define FG_SHEET_PROJECTS_MAX 1'000

enum fg_sheet_objective {
    FG_SHEET_TOTAL,    /* max sum done_i */
    FG_SHEET_WEIGHTED, /* max sum weight_project weight_i done_i */
    FG_SHEET_MAX_MIN, /* max min done_i / (weight_i what it asks, or an equal share), filled to the last */
    FG_SHEET_BALANCE, /* all demand met, the highest load of a device class as low as can be, then the next */
    FG_SHEET_MAKESPAN, /* all work left done soonest */
    FG_SHEET_COST,     /* all demand and deadlines met for the least money */
    FG_SHEET_OBJECTIVES
};
const char *fg_sheet_objective_name(enum fg_sheet_objective objective);
int fg_sheet_objective_find(const char *name); /* -1: none */

struct fg_sheet_device {
    const char *name;
    double count;
    double
        capacity; /* work a second of one device, for work that gives no speed; 0: none given */
    double usd_per_hour; /* of one device */
};

struct fg_sheet_work {
    const char *name;
    size_t project; /* SIZE_MAX: none */
    double weight;
    double demand;     /* work a second, 0: as much as there is */
    double jobs;       /* 0: not in jobs */
    double devices;    /* of each job */
    double left;       /* work: makespan, cost with a deadline */
    double deadline_s; /* 0: none */
    double usd_max;    /* goes on no device that costs more an hour; below 0: no limit */
    double *speed;     /* by device class: work a second of one device, 0: cannot run there */
};

struct fg_sheet_project {
    const char *name;
    double weight, quota_devices, budget_usd_per_hour; /* below 0: no limit */
};

/* P = sum of weight x value: compute, time, memory. */
struct fg_sheet_priority {
    const char *name;
    double value[3], priority;
};

/* R = sum of use, L = R / capacity. */
struct fg_sheet_load {
    const char *name;
    double used, capacity, load;
};

struct fg_sheet {
    enum fg_sheet_objective objective;
    const char *unit; /* of work a second */
    struct fg_sheet_device *devices;
    struct fg_sheet_work *work;
    struct fg_sheet_project *projects;
    size_t devices_len, work_len, projects_len;
    /* The formulas of the scheduler on numbers, if the file has them. */
    double priority_weights[3];
    struct fg_sheet_priority *priorities;
    struct fg_sheet_load *loads;
    size_t priorities_len, loads_len;
    size_t least_loaded; /* index in loads */
};

enum fg_sheet_limit {
    FG_SHEET_DEVICES,
    FG_SHEET_ASKED,
    FG_SHEET_TIME,
    FG_SHEET_QUOTA,
    FG_SHEET_BUDGET
};

/* A limit that is reached and that the objective would gain by having wider. */
struct fg_sheet_bind {
    enum fg_sheet_limit limit;
    size_t index; /* of the device class, the work or the project */
    double gain; /* of the objective by one more: device, unit of demand, job, dollar an hour */
};

struct fg_sheet_answer {
    double objective;
    double *devices; /* [work * devices_len + device class]: a_ij */
    double *done;    /* by work */
    double *busy;    /* by device class */
    double usd_per_hour;
    struct fg_sheet_bind *binds; /* devices first, then work, then projects */
    size_t binds_len;
};

/* Enough for fg_sheet_read() of `len` bytes. */
size_t fg_sheet_room(size_t len);

/* FG_EINVAL: "classes.yaml:3: work.a.demand: -1, expected ..."; FG_ETOOBIG. */
[[nodiscard]] int fg_sheet_read(const char *bytes,
                                size_t len,
                                const char *file_name,
                                struct fg_arena *arena,
                                struct fg_sheet *out,
                                struct fg_err *err);

/* FG_ENOCAP: balance, cost: what is asked is more than there is; FG_EINVAL: makespan without work. */
[[nodiscard]] int fg_sheet_solve(const struct fg_sheet *sheet,
                                 struct fg_arena *arena,
                                 struct fg_sheet_answer *out,
                                 struct fg_err *err);

/* x_ij: of the demand of i what j does; without a demand, of the time of its jobs; else of what is done. */
double fg_sheet_share(const struct fg_sheet *sheet,
                      const struct fg_sheet_answer *answer,
                      size_t work,
                      size_t device);

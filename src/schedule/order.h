/* order.h - who goes first: the orders that `schedule.order` may name.
 *
 *     job, its request, its project, the time --ORDER--> a key; the queue sorts by it
 *
 * An order is a row of a table: a key (higher goes first, ties by the lower id), how projects stand to each
 * other, and whom a waiting job may push aside.  The key of a waiting job does not change with time, so that the
 * queue sorts a newcomer in once; an order that `moves` is keyed again every so often.
 *
 * Pure: what an order needs of the world is in the view that it is given.
 */
#pragma once

#include "base/config.h"
#include "model/job.h"
#include "model/project.h"

/* What a key is made from. */
struct fg_order_view {
    const struct fg_config *config;
    const struct fg_job *job;
    const struct fg_project *project;
    const struct fg_request *request; /* the first of its alternatives */
    int64_t now_us; /* for what a running job has got by now, and for orders that move */
};

/* How the projects stand to each other in a walk of the queue. */
enum fg_order_projects {
    FG_PROJECTS_ALIKE, /* only the keys of jobs count */
    FG_PROJECTS_BONUS, /* keys are lifted by what the project is below its fair share */
    FG_PROJECTS_DRF,   /* lowest dominant share first (Ghodsi et al., NSDI 2011) */
    FG_PROJECTS_FAIR,  /* lowest decayed use for its weight first */
};

struct fg_job_order {
    const char *name;    /* "priority" */
    const char *summary; /* one line */
    int64_t (*key)(const struct fg_order_view *view);
    enum fg_order_projects projects;
    bool moves; /* the keys of waiting jobs change with time */
    /* May a job that waits, with mark `head`, push aside a running one?  Only if it is clearly better, so that the two
     * do not push each other aside in turn.  NULL: this order pushes nobody, and has no marks. */
    bool (*may_push)(const struct fg_config *config, int64_t head, int64_t running);
    /* All that may_push needs to know of a job.  If it runs: one whom some head may not push aside will not be one whom it
     * may before `out_until_us`, if nothing but time passes; INT64_MAX: never.  NULL: not asked. */
    int64_t (*mark)(const struct fg_order_view *view, int64_t *out_until_us);
};

extern const struct fg_job_order
    *const fg_job_orders[]; /* ends with NULL; the first is the default */
const struct fg_job_order *fg_job_order_find(const char *name); /* NULL: none */

/* -- what orders are made of ------------------------------------------------------------------ */

/* How long the job is taken to run in all: as given, else as predicted, else its limit, else the default. */
int64_t fg_order_expected_us(const struct fg_config *config, const struct fg_job *job);
/* What it takes while it runs, in thousandths of a device; 16 cores count as a device.  At least 1. */
int64_t fg_order_weight_milli(const struct fg_request *request, uint32_t tasks);
/* Device-microseconds that it got so far: two-dimensional attained service, devices x time. */
int64_t fg_order_attained_us(const struct fg_order_view *view);
/* The run time in which a job of this size gets so much. */
int64_t fg_order_wall_us(int64_t attained_us, const struct fg_request *request, uint32_t tasks);
/* How much longer it is taken to run.  Who has run longer than expected is taken to need twice as long, and twice again
 * (Tsafrir, Etsion and Feitelson 2007); only work that survives a stop counts: that of preemptible jobs. */
int64_t fg_order_remaining_us(const struct fg_order_view *view);
/* What it will cost by the configured prices, in micro-USD; without prices: in device-milliseconds. */
int64_t fg_order_cost_of(const struct fg_order_view *view);
/* The level of so much attained service: 0 below `las_first_device_s`, and one more each `las_factor` times. */
int64_t fg_order_level(const struct fg_config *config, int64_t attained_us);

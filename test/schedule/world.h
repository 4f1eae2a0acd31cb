/* world.h - a small random cluster that the tests of the scheduler let live, checked pass by pass against plain reasoning.
 *
 *     arrivals --> queue --> pass --> starts, preemptions --> ends by the clock of the test --> ...
 */
#pragma once

#include "schedule/schedule.h"

#define JOBS_MAX  160
#define NODES_MAX 8
#define PROJECTS  3
#define S         1'000'000LL

struct run {
    struct fg_job job;
    struct fg_request any_of[FG_ANY_OF_MAX];
    size_t any_of_len;
    int64_t lasts_us;                   /* what it really takes */
    int64_t begun_us, ends_us, gone_us; /* gone_us: its grace is over */
    bool running, stopping, done;
    struct fg_grant *grants;
    struct fg_amount amount;
    int64_t promised_us; /* soonest start that a reservation ever promised; INT64_MAX none */
    int stopped;         /* times it was pushed aside */
};

struct traits {
    bool all_at_once; /* nobody comes later: promises to the head must be kept */
    bool exact;       /* jobs run as long as their limits say */
    bool preempt, quotas, drains, bonuses;
    bool optimise;
    bool conservative; /* backfill: nobody is delayed, instead of the head only */
    const char *order; /* by which jobs go and push aside; NULL: by priority */
};

struct world {
    uint64_t seed;
    struct traits traits;
    struct fg_config config;
    struct fg_pool *pool, *copy;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct run runs[JOBS_MAX];
    size_t runs_len;
    struct fg_running running[JOBS_MAX];
    int64_t now_us;
    uint64_t trail; /* hash of all decisions */
    const char *broken;
    uint64_t better; /* arrangements of backfill, at the end */
};

extern const struct fg_quota no_quota;

uint32_t draw(struct world *world, uint32_t below);
void add_node(struct world *world,
              const char *name,
              uint32_t cores,
              const char *kind,
              uint32_t count,
              const char *second);
void add_project(struct world *world, uint32_t id, const struct fg_quota *quota);
void create(struct world *world);
void build(struct world *world, uint64_t seed, struct traits traits);
void clear(struct world *world);
void submit(struct world *world, struct run *run);
void submit_random(struct world *world);
void broke(struct world *world, const char *what);
bool fits(struct fg_pool *pool, const struct run *run, size_t alternative);
bool fits_at_all(struct fg_pool *pool, const struct run *run);
void release(struct fg_pool *pool, const struct run *run);
size_t pass(struct world *world);
bool step_to_next_end(struct world *world, int64_t latest_us);
void drain_or_undrain(struct world *world);
bool is_possible(struct world *world, const struct run *run);
struct world *two_nodes(void);
struct run *ask(struct world *world, const char *kind, uint32_t count, uint32_t tasks);
void finish(struct world *world);
void end(struct world *world, struct run *run);

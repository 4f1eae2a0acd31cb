/* sim_inner.h - the state of one simulation, shared by the files sim*.c only. */
#pragma once

#include "energy/sleep.h"
#include "learn/faults.h"
#include "learn/learn.h"
#include "learn/work.h"
#include "pool/pool.h"
#include "queue/queue.h"
#include "schedule/flexible.h"
#include "schedule/schedule.h"
#include "sim/sim.h"

/* The core wants UTC after 2020: moment 0 of a simulation is the first of January 2026. */
#define EPOCH_US FG_SIM_EPOCH_US

#define NO_ATTEMPT UINT32_MAX

enum event_kind {
    EVENT_END,     /* an attempt comes to its end, as planned */
    EVENT_STOPPED, /* it has saved its work */
    EVENT_JOIN,    /* a group's nodes are there */
    EVENT_LEAVE,   /* a group's nodes go, as the cluster says */
    EVENT_RETURN,  /* and are there again */
    EVENT_FAIL,    /* a node */
    EVENT_REPAIR,  /* a node */
    EVENT_SUPPLY,  /* availability of a spot group may have changed */
    EVENT_POWER,   /* who sleeps is decided anew */
};

struct event {
    int64_t time_us;
    uint64_t number;  /* order of events of one moment: as they were planned */
    uint32_t subject; /* attempt, node or group */
    uint32_t check;   /* an attempt's generation: the event is stale if it is another by now */
    enum event_kind kind;
};

/* What the simulator keeps of a job of the trace. */
struct job_run {
    int64_t left_us;  /* work not yet done, or done and lost */
    uint32_t attempt; /* slot of the one under way; NO_ATTEMPT none */
    bool pushed;      /* its last attempt was stopped for another job */
    uint8_t site;     /* where its data has been brought to; 0: nowhere yet */
};

/* An attempt under way.  Slots are used again. */
struct attempt {
    uint32_t job; /* in the trace */
    uint32_t generation, running_at;
    int64_t begun_us, overhead_us;
    uint32_t speed_milli;
    /* With options->energy: each of its devices draws so much, on average; its time limit is longer by what it waits for nodes
     * to wake, and in proportion to what its cap slows it. */
    int64_t device_mw, woken_us;
    double slower; /* 1: not at all; 0 is as 1 */
    bool times_out;
    struct fg_amount amount;
    struct fg_grant *grants; /* owned, one per task */
    uint32_t grants_len;
};

/* Why a node is away; it is up without any. */
enum away { AWAY_NOT_JOINED = 1, AWAY_FAILED = 2, AWAY_NO_SUPPLY = 4, AWAY_ABSENT = 8 };

struct node {
    uint32_t group;
    uint8_t away;
    uint32_t used_milli; /* devices granted, or cores: see counts_cores */
    uint32_t grants;     /* on it */
    int64_t watts_milli; /* it draws now */
    int64_t jobs_mw;     /* of this, by devices granted; with options->energy */
    enum fg_sleep_state sleep;
    int64_t sleep_us; /* it is empty, or in that state, since */
    int64_t ready_us; /* it is awake from then on */
    uint64_t random;  /* its own stream: what befalls it does not depend on others */
};

/* Rates of the whole cluster now, and what they have come to. */
struct meter {
    int64_t at_us;
    int64_t up_milli, busy_milli, stranded_milli; /* devices */
    int64_t watts_milli, price_uusd_per_hour;
    __int128 up_sum, busy_sum, watts_sum, price_sum; /* rate x microseconds */
    __int128 carbon_sum, power_sum; /* watts_sum times g, and micro-USD, a kWh */
};

struct sim {
    const struct fg_sim_options *options;
    const struct fg_sim_trace *trace;
    const struct fg_sim_cluster *cluster;
    struct fg_sim_result *result;
    struct fg_pool *pool;
    struct fg_queue *queue;
    struct fg_ranking *ranking;
    struct fg_schedule *schedule;
    struct fg_learn *learn;
    struct fg_speeds *speeds;
    struct fg_faults *faults;
    fg_node_id lost_node;  /* whose loss interrupts attempts at this moment; 0 none */
    struct fg_rates rates; /* what these say, or the truth */
    int64_t now_us;        /* since the first submission */
    size_t next_job;
    size_t done, done_of_first; /* jobs; of options->first_jobs */
    size_t
        in_vain; /* attempts cut off with nothing kept, since a job last ended or kept something */
    int64_t moved_us; /* a job ran then, the last one so far */
    bool pass_wanted;
    int64_t reserved_us; /* when a reservation begins or ends next; INT64_MAX never */
    struct fg_flexible_jobs *flexible; /* with options->saving.shifts */
    int64_t told_hour;                 /* the hours were told in this one; -1 never */
    int64_t held_us;                   /* a held job is let go next; INT64_MAX never */
    int64_t tick_us;                   /* the next pass for its own sake; 0 none is due */

    struct event *events; /* heap, soonest first */
    size_t events_len, events_room;
    uint64_t events_made;

    struct job_run *runs; /* by job of the trace */
    struct attempt *attempts;
    size_t attempts_len, attempts_room;
    uint32_t *free_attempts;
    size_t free_len, free_room;
    struct fg_running
        *running; /* as the pass wants them; running[i] is attempt running_slots[i] */
    uint32_t *running_slots;
    size_t running_len, running_room, slots_room;

    bool
        counts_cores; /* the cluster has no accelerators: in all figures cores are the devices */
    struct node *nodes; /* [0] is node 1 of the pool */
    size_t nodes_away;
    const char *homes[FG_POOL_SUPPLIERS_MAX]; /* suppliers of the groups; borrowed */
    size_t homes_len;
    uint32_t *group_first;            /* the first node of each group, from 0 */
    struct energy *energy;            /* NULL without options->energy */
    struct meter meter, meter_at_end; /* now, and when the last job so far ended */
};

/* sim_events.c */
void fg_sim_plan(struct sim *sim, struct event event);
bool fg_sim_next_event(struct sim *sim, int64_t until_us, struct event *out);
int64_t fg_sim_events_us(const struct sim *sim); /* of the next one; INT64_MAX none */

/* sim_reserved.c: the reservations of the cluster file, made; jobs name no others. */
int fg_sim_reserve(struct sim *sim, struct fg_err *err);

/* sim_attempt.c: the life of an attempt. */
void fg_sim_begin(struct sim *sim, const struct fg_decision *decision);
void fg_sim_ask_stop(struct sim *sim, fg_job_id job);
void fg_sim_ended(struct sim *sim, uint32_t slot);
/* The attempt is cut off: its work is saved (asked to stop), or falls back to the last checkpoint. */
void fg_sim_interrupt(struct sim *sim, uint32_t slot, bool saves);

/* sim_nodes.c: nodes come and go. */
int fg_sim_nodes_new(struct sim *sim, struct fg_err *err);
void fg_sim_node_event(struct sim *sim, const struct event *event);

/* sim_energy.c: caps and sleep; nothing of it without options->energy. */
void fg_sim_energy_new(struct sim *sim);
void fg_sim_energy_free(struct sim *sim);
/* What a node of the group draws, with devices that draw what their class that draws most does. */
struct fg_sim_watts fg_sim_energy_watts(const struct fg_energy_model *model,
                                        const struct fg_sim_group *group);
/* The attempt has its grants and its speed: what it draws, how much a cap slows it, how long it waits for its nodes. */
void fg_sim_energy_begin(struct sim *sim, struct attempt *attempt, const struct fg_job *job);
/* Grants were put on the node or taken from it (sign 1 or -1), so many thousandths of devices of this attempt. */
void fg_sim_energy_load(struct sim *sim,
                        struct node *node,
                        const struct attempt *attempt,
                        uint32_t milli,
                        int sign);
int64_t fg_sim_energy_watts_milli(const struct sim *sim, const struct node *node);
void fg_sim_energy_event(struct sim *sim);

/* sim_shift.c */
void fg_sim_shift(struct sim *sim); /* before a pass */
/* So many milliwatts x microseconds were used at that moment; at the rate of now, up to that moment. */
void fg_sim_power(struct sim *sim, __int128 mw_us, int64_t at_us);
void fg_sim_power_to(struct sim *sim, int64_t now_us);

/* sim_meter.c */
void fg_sim_meter_to(struct sim *sim, int64_t now_us); /* time goes on at the rates of now */
/* A node's state or load changes: take it out of the rates before, put it back after. */
void fg_sim_meter_take(struct sim *sim, const struct node *node);
void fg_sim_meter_put(struct sim *sim, struct node *node);
void fg_sim_meter_finish(struct sim *sim);

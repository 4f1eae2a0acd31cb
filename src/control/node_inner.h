/* node_inner.h - what the controller knows of nodes and of those who lend them, beside the pool.
 *
 *     store --numbers, specs--> NODES <--news-- engine
 *                                 |  state = the operator's wish, what the engine says, trust, its supplier
 *                                 '--> pool: up, draining, down; the load of others as one claim a node
 *
 * A node keeps its number as long as it is known, for grants name it; a number whose node is gone and holds nothing is given
 * again.  What news say is in memory only, and survives a batch that could not be written; after a restart the engine tells it
 * all again, and until then a node of a supplier gets no work.
 */
#pragma once

#include "control/control_inner.h"
#include "control/device_health.h"
#include "energy/idle.h"

struct known_node {
    char name[FG_NAME_MAX];
    bool is_free;    /* a number without a node */
    bool is_unsaved; /* the store has it otherwise */
    bool is_heard;   /* its engine told of it since the start */
    bool is_up;      /* ... and that it may get work */
    bool is_fallen;  /* it was down by a fault of its own, and has not been up since */
    bool is_gone;    /* ... or that it is no more */
    bool is_clipped; /* others hold more than was left to be claimed for them */
    bool has_others; /* `others` is claimed in the pool */
    struct fg_grant others, others_told;
    enum fg_node_state wanted; /* by an operator */
    char wish[FG_TEXT_MAX];    /* why */
    char word[FG_TEXT_MAX];    /* of the engine: why it is not up */
    int64_t since_us;          /* up or down */
    enum fg_node_rest rest;    /* as its engine says, or as it was asked */
    int64_t rest_us;           /* ... since */
    bool is_rest_asked;        /* by us, and it does not show yet */
    int64_t rest_counted_us;   /* what it saved is in the ledger up to then; 0: nothing yet */
    struct fg_idle idle;       /* readings while it is empty */
    int64_t empty_us;          /* nothing is held there since; 0: something is */
    int64_t rest_after_us;     /* it is not switched off before: that failed */
    int64_t leaves_us;         /* 0 not known */
    struct fg_node_spec *
        next; /* owned: another shape, once nothing is held; or, while the state is read again, itself */
    struct fg_health health;
    int64_t checks, checks_us; /* bits of model/self_check.h that it told last, and when */
    bool is_unfit;             /* some failed, and people know */
    struct fg_device_watch *watches; /* owned: of its devices; NULL: none was read yet */
    uint32_t watches_len;
};

/* A supplier whose nodes are in the pool. */
struct vendor {
    char name[FG_NAME_MAX];
    bool is_due;   /* the engine is to be told of it */
    bool is_heard; /* it answered once */
    bool is_up;    /* it answers */
    bool is_paused;
    bool may_work; /* as the pool was told */
    int64_t since_us;
    struct fg_engine_news news; /* the last SUPPLIER; its `spec` is not used */
    char trouble[FG_TEXT_MAX];  /* the engine refused it; "" */
    uint32_t stalls;            /* one after the other */
    struct fg_health health;
    int64_t lost_us; /* when a task was lost there last, of which job */
    fg_job_id lost_job;
};

/* node_book.c: the table */
struct known_node *fg_node_known(const struct fg_control *control, fg_node_id node);
/* Add it, or bring it up to date; its number.  0 and `err`: it cannot be kept. */
fg_node_id fg_node_put(struct fg_control *control,
                       const struct fg_node_spec *spec,
                       struct fg_err *err);
/* Does a task of ours run there, or is it to? */
/* That was measured: it draws so much while it is empty. */
void fg_node_measured(struct fg_control *control, fg_node_id node, uint32_t idle_watts);
bool fg_node_is_used(const struct fg_control *control, fg_node_id node);
/* It is no more: its number is free. */
void fg_node_drop(struct fg_control *control, fg_node_id node);

/* node_state.c: may it get work, and what is claimed for others */
void fg_node_settle(struct fg_control *control, fg_node_id node);
void fg_node_settle_all(struct fg_control *control);
void fg_node_unclaim(struct fg_control *control, fg_node_id node);
/* Why it gets no work now: plain words; "" it may.  In the state that is told. */
enum fg_node_state fg_node_shown(const struct fg_control *control,
                                 fg_node_id node,
                                 char out_reason[FG_TEXT_MAX]);

/* node_watts.c: of who tells none, what its devices draw at most by the catalogue, and what a server draws beside them. */
void fg_node_assume_watts(struct fg_node_spec *spec, bool sleeps);

/* node_sleep.c: nodes that are empty are switched off */
/* News of it, before they are taken over. */
void fg_node_rest_told(struct fg_control *control,
                       fg_node_id node,
                       const struct fg_engine_news *news);
/* A reading of it or one of its devices: what it draws while it is empty.  Between two steps. */
void fg_node_idle_read(struct known_node *known, const struct fg_device_sample *sample);
/* What is to be said of it: "asleep: work that goes there wakes it"; "" it is awake. */
void fg_node_rest_text(const struct fg_control *control,
                       fg_node_id node,
                       char out[FG_TEXT_MAX]);

/* nodes_view.c: F of the node, 0 to 1000: as it is trusted, less the share of its devices that is out of service. */
uint32_t fg_node_health_milli(const struct fg_control *control, fg_node_id id);

/* node_check.c: machines that found out that they cannot do work */
void fg_node_check_read(struct fg_control *control,
                        struct known_node *known,
                        const struct fg_device_sample *sample,
                        int64_t now_us);
void fg_node_check_tick(struct fg_control *control, struct known_node *known);
/* Why it gets no work; NULL: nothing is known. */
const char *fg_node_check_why(const struct known_node *known, int64_t now_us);

/* node_devices.c: devices that are out of service.  On this machine each by itself: nothing new goes there, the rest of the
 * node goes on.  Which devices Slurm lends it decides itself: there the node gets no new work. */
void fg_node_devices_free(struct known_node *known);
/* The pool is new: nothing is claimed there. */
void fg_node_devices_unclaimed(struct known_node *known);
/* What has changed is told; what runs on broken devices is stopped, to start again elsewhere. */
void fg_node_devices_tick(struct fg_control *control, fg_node_id node);
/* What is left of devices out of service is claimed, what is back released; `on` false: all is released. */
void fg_node_devices_claim(struct fg_control *control, fg_node_id node, bool on);
uint32_t fg_node_devices_claims(const struct known_node *known);
/* Devices out of service, and in words the worst ("h100-3 fell off the bus"); 0, "": none. */
uint32_t fg_node_devices_out(const struct fg_control *control,
                             fg_node_id node,
                             char out[FG_TEXT_MAX]);
/* The worst of them; NULL: none. */
const struct fg_device_watch *fg_node_devices_worst(const struct fg_control *control,
                                                    fg_node_id node);
/* An operator trusts them again. */
void fg_node_devices_forget(struct known_node *known);

/* vendor.c */
struct vendor *fg_vendor_get(const struct fg_control *control, const char *name);
/* Why its nodes get no new work; false: they may. */
bool fg_vendor_is_blocked(const struct vendor *vendor, int64_t now_us, char out[FG_TEXT_MAX]);
void fg_vendor_news(struct fg_control *control, const struct fg_engine_news *news);
/* The pool is told whether it may get work, and how long work waits there. */
void fg_vendor_settle(struct fg_control *control, struct vendor *vendor);
/* It began a task of ours; it gave one back without having begun it. */
void fg_vendor_began(struct fg_control *control, struct vendor *vendor);
void fg_vendor_stalled(struct fg_control *control, struct vendor *vendor, const char *why);

/* node_lost.c: what happened to tasks says something of nodes, and of jobs */
struct blame {
    fg_job_id job;
    uint32_t losses;
    char nodes[FG_TEXT_MAX];
};
/* Tasks there are asked to stop in time; it gets nothing new. */
void fg_node_leaves(struct fg_control *control, fg_node_id node, int64_t leaves_us);

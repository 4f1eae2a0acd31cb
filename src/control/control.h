/* control.h - the controller: one writer that owns the state of the service.
 *
 *     commands --\                                  /--> answers (after the commit)
 *     events   ---> CONTROL --one batch--> store --+---> effects: start, stop, collect
 *     time     --/     '--pass--> schedule          \--> published events
 *
 * A step applies a batch of commands and engine events, runs a scheduling pass where one can help, commits once, and only
 * then answers and acts.  If the commit fails nothing happened: commands are answered with the reason, engine
 * events are kept for the next step, and the state is read again from the store (the same code as a restart).
 *
 * Time comes in as a parameter, store and engine are interfaces: the simulation test runs this very code.
 * Threads: one.
 */
#pragma once

#include "base/auto.h"
#include "base/config.h"
#include "engine/engine.h"
#include "model/command.h"
#include "place/policy.h"
#include "provision/provision.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"
#include "store/store.h"

struct fg_control;

/* Devices of jobs that `kind` serves, at most between now and then: what that stays under with chance `share`. */
struct fg_outlook_question {
    const char *kind;
    double share; /* 0 to 1 */
    int64_t now_us, until_us;
};

struct fg_control_options {
    const struct fg_config *config;
    const struct fg_store_ops *store_ops;
    struct fg_store *store; /* borrowed */
    const struct fg_engine_ops *engine_ops;
    struct fg_engine *engine;                     /* borrowed */
    const struct fg_provision_ops *provision_ops; /* NULL: nothing can be ordered */
    struct fg_provision *provision;               /* borrowed */
    const struct fg_job_order *order;
    enum fg_preempt preempt;
    const struct fg_place_policy *place; /* NULL: the default */
    const char *allocate;                /* as in fg_schedule_allocate(); NULL: off */
    bool optimise;                       /* who is backfilled is found by search */
    enum fg_backfill backfill;
    size_t nodes_max;
    /* Other machines have used the store as theirs, and may be alive: a node of this machine under another name is one of
     * them, and what runs there is lost only when an operator says so. */
    bool is_shared;
    /* Ids up to this are never given to a new job: there are files of such jobs, also if the store does not
     * know them (it may come from a backup).  0: the store knows all. */
    fg_job_id ids_used;
    /* An event is durable.  May be NULL. */
    void (*publish)(void *self, const struct fg_event *event);
    /* What a supplier has for sale now; valid for the call.  May be NULL. */
    void (*offers)(void *self, const struct fg_provision_event *event);
    /* How many devices are forecast to be asked for; false: it is not known yet.  Must not wait.  May be NULL. */
    bool (*outlook)(void *self,
                    const struct fg_outlook_question *question,
                    double *out_devices);
    void *self;
};

/* Read the state, find the nodes, adopt what runs.  NULL and `err` on failure. */
struct fg_control *fg_control_new(const struct fg_control_options *options,
                                  int64_t now_us,
                                  struct fg_err *err);
/* Waiting commands are answered with FG_EUNREACH; running jobs go on. */
void fg_control_free(struct fg_control *control);
FG_AUTO_DEFINE(fg_control)

/* One step; `commands` is a list by ->next (may be NULL), each gets its done() now or, for WAIT, later.
 * Returns 0, or the negative code of a store that cannot even be read: the process should end. */
[[nodiscard]] int fg_control_step(struct fg_control *control,
                                  struct fg_command *commands,
                                  int64_t now_us,
                                  struct fg_err *err);

/* When a step is due even if nothing comes in; UTC. */
int64_t fg_control_next_us(const struct fg_control *control);

/* Answer a waiting FG_CMD_WAIT with FG_ETIMEOUT; nothing happens if it is not waiting (any more). */
void fg_control_wait_cancel(struct fg_control *control, const struct fg_command *command);

/* What is known of links between sites, in place of what was.  Between two steps. */
struct fg_wan;
void fg_control_set_wan(struct fg_control *control, const struct fg_wan *links);

/* Price (micro-USD) and CO2 (g) of a kWh in the hours from about now on, in place of what was; copied.  Between two steps. */
struct fg_hourly;
void fg_control_set_hours(struct fg_control *control,
                          const struct fg_hourly *price,
                          const struct fg_hourly *carbon);

/* What a cap saved the job; its day, project and user are filled in.  Written within some seconds.  Between two steps. */
struct fg_saving;
void fg_control_note_saving(struct fg_control *control, const struct fg_saving *saving);

/* Readings of devices, at `now_us`: what they say of their health counts from the next step on.  Between two steps. */
void fg_control_read_devices(struct fg_control *control,
                             const struct fg_device_sample *samples,
                             size_t len,
                             int64_t now_us);

/* NULL, or why nothing can be written now (full disk): plain words, valid until the next step. */
const char *fg_control_sick(const struct fg_control *control);

/* For samples: the node of that name, "" this machine's; NULL: there is none. */
const struct fg_node_spec *fg_control_node(const struct fg_control *control, const char *name);

/* For samples: what each task that holds devices holds now; between two steps. */
struct fg_hold {
    fg_job_id job;
    fg_project_id project;
    const struct fg_node_spec *node;
    const struct fg_grant *grant;
    bool is_guess; /* its devices may be others of the node */
    bool may_slow; /* it has neither a time limit nor a deadline */
    uint64_t work; /* the same for jobs of one user and shape (learn/class.h), and not 0 */
};
void fg_control_each_hold(const struct fg_control *control,
                          void (*take)(void *self, const struct fg_hold *hold),
                          void *self);

/* Readings of tasks, at `now_us`.  Between two steps. */
void fg_control_read_tasks(struct fg_control *control,
                           const struct fg_task_sample *samples,
                           size_t len,
                           int64_t now_us);

/* For tests: every invariant of the state, recomputed in full. */
bool fg_control_check(const struct fg_control *control);

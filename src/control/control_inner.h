/* control_inner.h - the controller's state, shared by the files of control/ only. */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "control/control.h"
#include "demand/levels.h"
#include "judge/judge.h"
#include "learn/faults.h"
#include "learn/learn.h"
#include "learn/work.h"
#include "schedule/flexible.h"
#include "schedule/knobs.h"
#include "schedule/priority.h"
#include "schedule/quota.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"

/* A job that holds devices: one attempt under way. */
struct live {
    fg_job_id job;
    uint32_t attempt, tasks;
    uint32_t started, ended;
    uint32_t
        exact; /* of the started: those that have just the devices of their grants, as far as their engine knows */
    struct fg_grant *grants; /* owned, one per task */
    uint8_t *task_state;     /* owned: enum live_task per task */
    struct fg_amount amount;
    bool claimed; /* false: the node changed its shape while we were away */
    bool timed_out, lost, not_started;
    bool stopped;    /* a task was reached by the signal, and no task had failed before */
    int64_t stop_us; /* asked to stop; 0 not */
    const char
        *stop_why; /* of its last stop for others, in words; NULL: a job of higher priority */
    int32_t exit_code, term_signal; /* of the first task that failed */
    struct fg_usage usage;
    int64_t begun_us, started_us;
    int64_t waited_us;     /* before it began; 0 if that is not known */
    bool unsaved;          /* it runs, and the store does not know yet */
    bool is_adopted;       /* it is from before we were started, or read our state again */
    bool gang_failed;      /* a task failed, the others were stopped */
    fg_node_id lost_node;  /* it was lost while the task ran there; 0 none */
    bool lost_with_others; /* ... and so were others: no job is to blame */
    char reason[FG_TEXT_MAX];
};

/* Who an event is about: 0 nobody. */
struct fg_told_of {
    fg_job_id job;
    fg_project_id project;
};

enum live_task { TASK_ASKED, TASK_RUNS, TASK_OVER };

enum effect_kind { EFFECT_START, EFFECT_STOP, EFFECT_COLLECT };
struct effect {
    enum effect_kind kind;
    struct fg_task_key key; /* START: task is not used, all tasks are started */
    int64_t grace_us;
};

/* An event of this step, published after the commit; its JSON lies in `event_text`. */
struct told {
    struct fg_event event;
    size_t json_at;
};

/* A job that is over and whose dependents are to be told. */
struct ended {
    fg_job_id job;
    enum fg_job_state state;
};

/* What a kWh emits and costs this hour; -1 not known. */
struct grid_hour {
    int64_t hour, g_per_kwh, uusd_per_kwh;
    bool is_new; /* it is to be kept */
};

struct fg_control {
    struct fg_control_options options;
    const struct fg_config *config; /* the numbers of `knobs` */
    struct fg_knobs knobs;          /* the policy that runs: see policy.c */
    uint64_t *knob_proposals;       /* owned; by knob: whose value it has; 0: as configured */
    bool policy_changed; /* with this step: the state is built anew when it is durable */

    /* The state: rebuilt from the store by fg_control_load(). */
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue; /* walks as the ranking says */
    struct fg_schedule *schedule;
    struct fg_flexible_jobs *flexible;
    struct grid_hour hour;
    struct fg_savings
        *savings;       /* not in the store yet; NULL: none so far; it outlives the state */
    int64_t savings_us; /* no sooner are they written */
    struct fg_learn
        *learn; /* of classes of jobs; what they teach of places and kinds of device: */
    struct fg_faults *faults;
    struct fg_speeds *speeds;
    uint64_t least_node_mib, least_node_generation; /* see job_memory.c */
    struct fg_rates rates;                          /* what these say, for the schedule */
    struct live *lives;
    size_t lives_len, lives_room;
    struct fg_map *live_by_job;
    struct fg_levels *levels;       /* of demand; NULL: not kept */
    struct fg_map *waiting_since_s; /* jobs that wait for devices: seconds since 1970 */
    size_t unsaved_len;             /* lives that are unsaved */
    fg_job_id next_job_id;
    uint64_t next_token_id;
    char (*user_names)[FG_NAME_MAX]; /* by interned number */
    size_t users_len;
    struct budget *budgets; /* by project: see budget.c */
    size_t budgets_len;
    bool has_budgets;
    struct known_node *nodes; /* by node id - 1: see node_inner.h */
    size_t nodes_len, nodes_room;
    size_t free_nodes;            /* numbers without a node */
    size_t unsaved_nodes;         /* so many are to be written */
    int64_t nodes_us;             /* when one of them changes by itself next */
    struct known_node *old_nodes; /* while the state is read again */
    size_t old_nodes_len;
    struct vendor *vendors; /* suppliers whose nodes are in the pool */
    size_t vendors_len, vendors_room;
    bool vendors_due;     /* the engine is to be told of some */
    struct blame *blames; /* jobs under which nodes were lost */
    size_t blames_len, blames_room;

    struct fg_advance *advances; /* reservations; their places are owned */
    bool *advance_runs;          /* it has begun, as far as was told */
    size_t advances_len;
    int64_t advances_us; /* when one of them begins or ends next */

    struct fg_supplier *suppliers;
    size_t suppliers_len, suppliers_room;
    struct purchase *purchases; /* orders that are not over, by id: see order_inner.h */
    size_t purchases_len, purchases_room;
    fg_order_id *node_orders; /* by node id: the order that it came with; 0: none */
    fg_order_id *node_joins; /* the same of orders in any state whose machines join a cluster */
    uint64_t orders_generation; /* of the pool, as of these two */
    fg_order_id next_order_id;
    struct scaler *scalers; /* rules of scaling, by class: see scale_inner.h */
    size_t scalers_len, scalers_room;
    int64_t scale_us;        /* when they decide next */
    struct sleeper *sleeper; /* node_sleep.c; NULL: nobody sleeps */
    int64_t sleep_us;        /* when it decides next */
    uint64_t next_plan_id, next_proposal_id;
    int64_t orders_us; /* when one of them is due next */

    /* Of the step under way. */
    int64_t now_us;
    const char *deed_by;     /* the user whose command is applied; NULL: nobody's */
    bool in_batch;           /* begin() was called */
    int batch_rc;            /* first failed write: the batch must be rolled back */
    struct fg_err batch_err; /* kept while sick */
    struct effect *effects;
    size_t effects_len, effects_room;
    struct told *told;
    size_t told_len, told_room;
    struct fg_buf event_text;
    struct ended *ended;
    size_t ended_len, ended_room;
    bool ending;
    struct fg_command *answers; /* done() after the commit */
    struct fg_arena *arena;     /* of one start: the spec as parsed */

    /* Across steps. */
    uint64_t next_tag;               /* of calls to suppliers */
    struct fg_engine_event *pending; /* events not yet durable */
    size_t pending_len, pending_room;
    struct fg_command *waiting; /* FG_CMD_WAIT */
    bool pass_wanted;           /* something changed that may let a job start */
    int64_t pass_after_us;      /* no pass before: passes take at most a tenth of the time */
    int64_t tick_us, later_us;
    int64_t retain_us;      /* old rows are due to go */
    int64_t use_us;         /* what projects used is due to be written */
    int64_t begun_us;       /* we were started */
    int64_t judge_us;       /* what is wrong or wasteful is looked at next; INT64_MAX: never */
    struct fg_judge *judge; /* of readings */
    struct fg_alarms *alarms; /* what people are to know */
    uint64_t next_alert_id;
    bool sick;
    int64_t sick_until_us;
    struct fg_running *running; /* scratch of the pass */
    size_t running_room;
};

/* control.c */
bool fg_control_begin(
    struct fg_control *control); /* open the batch if it is not; false: it cannot be */
void fg_control_wrote(struct fg_control *control,
                      int rc,
                      const struct fg_err *err); /* note a write's result */
void fg_control_effect(struct fg_control *control,
                       enum effect_kind kind,
                       struct fg_task_key key,
                       int64_t grace_us);

/* tell.c: append an event; `fmt` makes the members inside of {}. */
[[gnu::format(printf, 4, 5)]] void fg_control_tell(struct fg_control *control,
                                                   const char *kind,
                                                   const struct fg_job *job,
                                                   const char *fmt,
                                                   ...);

/* The same about a job that may be over. */
[[gnu::format(printf, 4, 5)]] void fg_control_tell_of(
    struct fg_control *control, const char *kind, struct fg_told_of of, const char *fmt, ...);

/* judging.c: alerts and findings */
void fg_judging_begin(struct fg_control *control);
void fg_judging_end(struct fg_control *control);
void fg_judging_reload(struct fg_control *control); /* before rows of the store come */
int fg_judging_restore(void *self, const struct fg_alert *alert); /* of fg_store_sink */
int fg_judging_restore_finding(void *self, const struct fg_finding *finding);
/* A reading of a device of the node, at `now_us`. */
void fg_judging_read(struct fg_control *control,
                     const struct fg_node_spec *node,
                     const struct fg_device_sample *sample,
                     int64_t now_us);
/* Within a step: a look, when it is due. */
void fg_judging_tick(struct fg_control *control);
void fg_command_utilisation(struct fg_control *control, struct fg_command *command);
void fg_command_acknowledge(struct fg_control *control, struct fg_command *command);
/* judging_places.c: within a look, what is known of suppliers, nodes and devices. */
void fg_judging_places(struct fg_control *control);

/* load.c: (re)build the state from the store, and ask the engine what became of the attempts under way. */
int fg_control_load(struct fg_control *control, struct fg_err *err);
void fg_control_unload(struct fg_control *control);
const char *fg_control_user(const struct fg_control *control, uint32_t user);
int fg_control_user_intern(struct fg_control *control,
                           const char *name,
                           uint32_t *out_user,
                           struct fg_err *err);

/* node_book.c: the same for jobs of one user and shape (learn/class.h), and not 0 */
uint64_t fg_control_work(const struct fg_job *job);

/* live.c */
/* What its grants say is taken in pool and quota, or given back; `claimed` says which. */
void fg_live_hold(struct fg_control *control, struct live *live);
void fg_live_unhold(struct fg_control *control, struct live *live);
/* The task runs elsewhere than was granted: see fg_engine_event.node. */
void fg_live_move(struct fg_control *control,
                  struct live *live,
                  const struct fg_engine_event *event);
/* The devices of its grant there may be others of the node: who chose them has not said which. */
bool fg_live_is_guess(const struct fg_control *control, const struct live *live, uint32_t task);
struct live *fg_live_get(struct fg_control *control, fg_job_id job);
struct live *fg_live_add(struct fg_control *control,
                         const struct fg_job *job,
                         const struct fg_grant *grants,
                         int64_t begun_us);
void fg_live_del(struct fg_control *control,
                 struct live *live); /* frees its devices in pool and quota */
/* When the engine says that it was, by the clock of its machine: not before it was asked for (of one
 * that is adopted we do not know when that was), not after now (ours does not jump). */
int64_t fg_live_moment(const struct fg_control *control,
                       const struct live *live,
                       int64_t time_us);
void fg_live_names(struct fg_control *control,
                   const struct fg_grant *grants,
                   size_t len,
                   struct fg_buf *nodes,
                   struct fg_buf *devices);
/* What the scheduler is to know of it.  It is told when that changes: at a stop, and at the end; of starts it knows. */
struct fg_running fg_live_running(const struct fg_control *control, const struct live *live);
void fg_live_stop(struct fg_control *control, struct live *live, int64_t grace_us);

/* job_end.c */
void fg_job_write(struct fg_control *control,
                  const struct fg_job *job,
                  const char *reason,
                  int32_t exit_code,
                  int32_t term_signal);
void fg_job_finish(struct fg_control *control,
                   struct fg_job *job,
                   enum fg_job_state state,
                   const char *reason,
                   int32_t exit_code,
                   int32_t term_signal);

/* history.c: what the past says, of jobs and of projects. */
void fg_job_count_service(struct fg_control *control,
                          struct fg_job *job); /* it stops running */
int fg_history_use(void *self, fg_project_id project, int64_t device_ms, int64_t time_us);
void fg_history_keep_use(struct fg_control *control); /* with a batch that is written anyway */

/* teach.c: ends of attempts and jobs, for what comes. */
int fg_teach_begin(struct fg_control *control, struct fg_err *err);
void fg_teach_end(struct fg_control *control);
void fg_job_predict(const struct fg_control *control, struct fg_job *job);
/* The grant as its engine is told of it: with the memory that the job asks, which is its limit, not with what was set apart. */
void fg_job_limit_memory(const struct fg_control *control,
                         fg_job_id job,
                         struct fg_grant *grant);
/* Before it is queued again: what is set apart may be something else now. */
void fg_job_ask_again(struct fg_control *control, struct fg_job *job);
/* Was it killed with more memory than was set apart for it, but within what it asks?  Then its node ran short. */
bool fg_job_outgrew(const struct fg_control *control, const struct live *live);
/* The request class of the job, which asks for these, with what is set apart for it. */
uint32_t fg_job_class(struct fg_control *control,
                      const struct fg_job *job,
                      const struct fg_request *any_of,
                      size_t any_of_len);
/* The attempt is over, the job not yet: it is as it was in it. */
/* `reason`: as it is written. */
void fg_teach_attempt(struct fg_control *control,
                      const struct live *live,
                      enum fg_job_state outcome,
                      const char *reason);
void fg_teach_job(struct fg_control *control, const struct fg_job *job); /* it is over */
void fg_teach_past(void *self, const struct fg_past_attempt *past);      /* of fg_store_sink */

void fg_command_learned(struct fg_control *control, struct fg_command *command);

/* demand.c: what jobs ask for. */
void fg_demand_begin(struct fg_control *control); /* the queue is there, and empty */
void fg_demand_end(struct fg_control *control);
int fg_demand_restore(void *self, const struct fg_level_row *row); /* of fg_store_sink */
/* It holds devices from now on (if it is claimed), and up to now. */
void fg_demand_started(struct fg_control *control, struct live *live);
void fg_demand_ended(struct fg_control *control, const struct live *live);
/* A submit that failed. */
void fg_demand_refused(struct fg_control *control, const struct fg_command *command);
/* What changed in this step, into its batch. */
void fg_demand_keep(struct fg_control *control);

/* saving.c: what was saved so far, into the batch when it is due */
void fg_control_keep_savings(struct fg_control *control);

/* attempt.c: engine events. */
void fg_attempt_event(struct fg_control *control, const struct fg_engine_event *event);
/* Jobs that began to run in this step and still do: written once, not at every event. */
void fg_attempt_save_started(struct fg_control *control);
void fg_attempt_write(struct fg_control *control,
                      const struct live *live,
                      enum fg_job_state outcome,
                      const char *reason);

/* start.c */
void fg_control_pass(struct fg_control *control);
/* What holds devices, into control->running; returns how many. */
size_t fg_control_running(struct fg_control *control);
/* Ask a running job to stop and be queued again, for the good of another one, or (`for_job` 0) of none. */
void fg_control_preempt(struct fg_control *control,
                        fg_job_id id,
                        fg_job_id for_job,
                        const char *reason);
void fg_control_start(struct fg_control *control, fg_job_id job); /* effect, after the commit */
/* Ask a running job to stop and be queued again. */
void fg_control_stop(struct fg_control *control, fg_job_id id, const char *reason);
int64_t fg_control_price(const struct fg_control *control,
                         const struct live *live); /* micro-USD per hour, -1 unknown */

/* flexible.c: before a pass, flexible jobs are held or let go */
void fg_control_shift(struct fg_control *control);
void fg_control_keep_hour(struct fg_control *control); /* for the CO2 of what runs in it */

/* retain.c: old jobs, outputs, keys and events go, a few rows a step. */
void fg_control_retain_begin(struct fg_control *control); /* once, at the start */
void fg_control_retain(
    struct fg_control *control); /* within a step; does nothing until it is due */

/* budget.c */
struct fg_budget_use {
    int64_t spent_uusd, committed_uusd;
    int64_t renews_us; /* 0: never */
};
/* The attempt is over: what it cost goes into the books, with the write of its end. */
void fg_budget_book(struct fg_control *control, const struct live *live);
/* A row of the store; of fg_store_sink. */
int fg_budget_warned(void *self, fg_project_id project, int64_t begin_us, int32_t percent);
/* Projects are others now. */
int fg_budget_reset(struct fg_control *control, struct fg_err *err);
/* Before a pass: periods that are over, projects that may spend no more, warnings, stops. */
void fg_budget_tick(struct fg_control *control);
/* What runs has cost so far, as of now. */
void fg_budget_measure(struct fg_control *control);
/* As of the last measure.  false: the project has no budget. */
bool fg_budget_use(const struct fg_control *control,
                   fg_project_id id,
                   struct fg_budget_use *out);
/* Is a budget in the way of jobs of the project?  If so it is told in `out`. */
bool fg_budget_blocks(const struct fg_control *control,
                      fg_project_id project,
                      char *out,
                      size_t size);
/* For tests: is what is booked what the store says? */
bool fg_budget_check(const struct fg_control *control);
/* There are budgets, and nothing has a price. */
bool fg_budget_lacks_price(const struct fg_control *control);

/* user_limits.c: may the user submit this?  `user` is its number; FG_EQUOTA or FG_EBUSY in the command's `err`. */
int fg_user_limits_check(struct fg_control *control, struct fg_command *command, uint32_t user);
/* It was. */
void fg_user_limits_count(struct fg_control *control,
                          const struct fg_command *command,
                          uint32_t user);
/* Jobs that the spec stands for. */
uint32_t fg_submit_jobs(const struct fg_job_spec *spec);

/* submit.c, commands.c, answers.c, why.c */
void fg_command_submit(struct fg_control *control, struct fg_command *command);
void fg_command_apply(struct fg_control *control, struct fg_command *command);
/* Hand the text over into the command's arena; the buffer is freed. */
void fg_command_give(struct fg_command *command, struct fg_buf *buf);
void fg_command_status(struct fg_control *control, struct fg_command *command);
void fg_command_pool(struct fg_control *control, struct fg_command *command);
void fg_command_pool_map(struct fg_control *control, struct fg_command *command);
void fg_command_prices(struct fg_control *control, struct fg_command *command);
void fg_command_why(struct fg_control *control, struct fg_command *command);
struct fg_json;
/* why_suppliers.c: in plain words, what stops such a task at this supplier (its number in the pool), or that nothing does.
 * false: there is nothing to say. */
bool fg_why_supplier(const struct fg_control *control,
                     const struct fg_job *job,
                     const struct fg_request *request,
                     uint8_t number,
                     char out[FG_TEXT_MAX]);
/* why_nodes.c: "nodes": [...] into the open object. */
void fg_why_nodes(struct fg_control *control,
                  const struct fg_request *request,
                  struct fg_json *json);

/* project.c */
void fg_command_put_project(struct fg_control *control, struct fg_command *command);
/* Milli-devices that are guaranteed to projects beyond those that there are; 0: none. */
int64_t fg_control_overpromised(const struct fg_control *control);

/* advance.c */
int fg_control_load_advance(void *self, const char *name, const char *text);
void fg_control_drop_advances(struct fg_control *control);
/* NULL: there is none of that name. */
const struct fg_advance *fg_control_advance(const struct fg_control *control, const char *name);
/* May it be named by a job of the project?  FG_ENOENT, FG_EPERM. */
int fg_control_check_reservation(const struct fg_control *control,
                                 const struct fg_actor *actor,
                                 const char *name,
                                 fg_project_id project,
                                 struct fg_err *err);
/* Within a step: some begin, some end. */
void fg_control_advances_tick(struct fg_control *control);
void fg_command_advances(struct fg_control *control, struct fg_command *command);
void fg_command_add_advance(struct fg_control *control, struct fg_command *command);
void fg_command_remove_advance(struct fg_control *control, struct fg_command *command);

/* order_book.c, supplier.c: rows of the store */
int fg_control_load_supplier(void *self, const char *name, const char *json);
int fg_control_load_order(void *self, const struct fg_order *order);
int fg_control_load_instance(void *self,
                             fg_order_id order,
                             uint32_t slot,
                             const struct fg_order_instance *instance);
void fg_control_drop_orders(struct fg_control *control);
void fg_command_put_supplier(struct fg_control *control, struct fg_command *command);
void fg_command_remove_supplier(struct fg_control *control, struct fg_command *command);
void fg_command_pause_supplier(struct fg_control *control, struct fg_command *command);
void fg_command_ask_offers(struct fg_control *control, struct fg_command *command);
/* order_command.c */
void fg_command_create_order(struct fg_control *control, struct fg_command *command);
void fg_command_move_order(struct fg_control *control, struct fg_command *command);
/* scale.c: rules by which machines are ordered and given back */
int fg_control_load_scale(void *self, const char *name, const char *json);
void fg_control_drop_scales(struct fg_control *control);
void fg_command_list_scales(struct fg_control *control, struct fg_command *command);
void fg_command_put_scale(struct fg_control *control, struct fg_command *command);
void fg_command_remove_scale(struct fg_control *control, struct fg_command *command);
/* scale_step.c: within a step, after the pass: what waits by then found no place */
void fg_scale_tick(struct fg_control *control);
struct fg_order;
void fg_scale_refused(struct fg_control *control,
                      const struct fg_order *order); /* by supplier or inspection */
/* plan.c */
void fg_command_put_plan(struct fg_control *control, struct fg_command *command);
void fg_command_decide_plan(struct fg_control *control, struct fg_command *command);
void fg_command_apply_plan(struct fg_control *control, struct fg_command *command);

/* policy.c: what the configuration says, and what was adopted in its place. */
int fg_policy_load(struct fg_control *control, struct fg_err *err);
void fg_policy_notices(const struct fg_control *control, struct fg_json *json);
void fg_command_policy(struct fg_control *control, struct fg_command *command);
void fg_command_put_proposal(struct fg_control *control, struct fg_command *command);
void fg_command_adopt_proposal(struct fg_control *control, struct fg_command *command);
void fg_command_reject_proposal(struct fg_control *control, struct fg_command *command);
void fg_command_roll_back_proposal(struct fg_control *control, struct fg_command *command);
/* order_step.c: within a step, what suppliers said and what is due; after the commit, who is to be asked. */
void fg_orders_begin(struct fg_control *control); /* after the load */
void fg_orders_tick(struct fg_control *control);
void fg_orders_call(struct fg_control *control);
/* order_cost.c */
void fg_orders_book_live(struct fg_control *control,
                         const struct live *live); /* its attempt ends */
const struct fg_order *fg_order_of_node(const struct fg_control *control, fg_node_id node);
/* What the grant costs an hour by the order that its node came with; -1: it came with none. */
int64_t fg_order_price(const struct fg_control *control, const struct fg_grant *grant);
struct fg_json;
void fg_orders_notice(const struct fg_control *control, struct fg_json *json); /* into a list */
bool fg_orders_check(const struct fg_control *control); /* for tests: are the sums right? */

/* node_book.c: see node_inner.h */
int fg_nodes_load(struct fg_control *control, struct fg_err *err); /* from the store */
int fg_nodes_find(struct fg_control *control, struct fg_err *err); /* those of this machine */
/* Of this machine, or of a supplier; else it is of another machine that has used the store: its engine is not ours. */
bool fg_node_is_here(const struct fg_control *control, fg_node_id node);
void fg_nodes_ready(struct fg_control *control);     /* all is loaded */
void fg_nodes_set_aside(struct fg_control *control); /* before the state is read again */
void fg_nodes_free(struct fg_control *control);
void fg_nodes_keep(struct fg_control *control); /* into the batch, what changed */
void fg_nodes_kept(struct fg_control *control); /* it is durable */
void fg_node_wish(struct fg_control *control,
                  fg_node_id node,
                  enum fg_node_state wanted,
                  const char *reason);
/* node_news.c: within a step */
void fg_nodes_news(struct fg_control *control);
void fg_nodes_tick(struct fg_control *control);
/* A grant of ours there was released. */
void fg_node_freed(struct fg_control *control, fg_node_id node);
/* vendor.c: after the commit, and after the load: tell the engine who is there */
void fg_vendors_tell(struct fg_control *control);
void fg_vendors_mark(struct fg_control *control, const struct fg_supplier *supplier);
/* Do tasks of ours run there? */
bool fg_vendor_is_used(const struct fg_control *control, const char *name);
/* node_sleep.c: after a pass */
void fg_nodes_sleep(struct fg_control *control);
void fg_nodes_sleep_free(struct fg_control *control);
/* "node x is asleep, and is woken for it: ready about 12:00:05"; false: all nodes of the job are awake. */
bool fg_node_wakes_for(const struct fg_control *control, fg_job_id job, char out[FG_TEXT_MAX]);
/* node_lost.c */
void fg_node_task_began(struct fg_control *control,
                        struct live *live,
                        const struct fg_engine_event *event);
void fg_node_task_over(struct fg_control *control,
                       struct live *live,
                       const struct fg_engine_event *event);
/* The attempt was lost with its node: is the job to blame?  Then `out` says why. */
bool fg_node_job_is_to_blame(struct fg_control *control,
                             const struct live *live,
                             char out[FG_TEXT_MAX]);
/* The reason of an attempt that its supplier ended. */
#define FG_TAKEN_AWAY "its node was taken away by its supplier"
/* Which node interrupted it, by the reason that is written of the attempt (explain_loss, device_is_to_blame).  false: none did; it was
 * asked to stop, or it is not known which. */
bool fg_node_in_reason(const char *reason, char out[FG_NAME_MAX]);
/* Why the attempt was lost, in the words of its history: `reason` is the engine's, and becomes that. */
void fg_node_explain_loss(const struct fg_control *control,
                          const struct live *live,
                          char reason[FG_TEXT_MAX]);
/* An attempt of an open job that was lost so; of fg_store_sink. */
int fg_node_blame_again(void *self, fg_job_id job, const char *reason);
void fg_node_job_over(struct fg_control *control, fg_job_id job);
void fg_command_node_lost(struct fg_control *control, struct fg_command *command);
/* node_devices.c */
/* The attempt failed on a device that broke meanwhile: then `out` says so. */
bool fg_node_device_is_to_blame(const struct fg_control *control,
                                const struct live *live,
                                char out[FG_TEXT_MAX]);
struct fg_json;
/* The members that tell how the device does, into the open object. */
void fg_node_device_write(struct fg_json *json,
                          const struct fg_control *control,
                          fg_node_id node,
                          uint32_t device);
/* So much of it is kept from jobs, because it is out of service. */
uint32_t fg_node_device_kept_milli(const struct fg_control *control,
                                   fg_node_id node,
                                   uint32_t device);
/* nodes_view.c */
/* The members that are not the pool's, into the open object. */
void fg_node_write(struct fg_json *json, const struct fg_control *control, fg_node_id id);
/* Is there a node of that number, and is it to be shown? */
/* Nothing of ours is held there. */
bool fg_node_is_idle(const struct fg_control *control, fg_node_id id);
bool fg_node_is_listed(const struct fg_control *control, fg_node_id id);
void fg_command_supplier_status(struct fg_control *control, struct fg_command *command);

/* migrate.c */
void fg_command_moves(struct fg_control *control, struct fg_command *command);
void fg_command_make_room(struct fg_control *control, struct fg_command *command);

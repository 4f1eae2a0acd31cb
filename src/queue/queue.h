/* queue.h - what is asked: every open job, the order in which jobs wait, who depends on whom.
 *
 *     submit --jobs--> QUEUE --ready, in order--> schedule
 *
 * Owner:     the controller or the simulator holds one; nothing in here is global.
 * Time:      passed in; the queue has no clock.
 * Memory:    one flat record per open job, slots are used again; ids are found by a hash map.
 * Invariant: a job is offered by the order exactly while it is ready: state QUEUED, nothing it waits for
 *            open, and eligible_us reached.
 *
 * Order: every ready job has a static key (ageing is linear, so it never changes the order of two waiting
 * jobs: see schedule/order.h).  Jobs of one project that ask the same wait in one sorted lane; the cursor merges the
 * lanes, each lifted by its project's fair-share bonus, and leaves out whole lanes that are of no use (a filter).
 */
#pragma once

#include "base/auto.h"
#include "model/job.h"
#include "model/project.h"
#include "queue/held.h"

struct fg_queue;

/* How projects stand to each other, where it takes more than the keys of their jobs.  Compared before the keys; what a
 * project holds by then counts, also within a walk. */
struct fg_queue_standing {
    /* A walk begins. */
    void (*begin)(void *self, struct fg_queue *queue);
    /* A job of the project was handed out, and the project holds something else now.  true: other projects stand
     * elsewhere too. */
    bool (*took)(void *self, struct fg_queue *queue, fg_project_id project);
    /* Negative: jobs of `a` go before those of `b`; 0: the keys decide. */
    int (*compare)(const void *self, fg_project_id a, fg_project_id b);
};

struct fg_queue_options {
    size_t jobs_max;
    /* Static order key: higher first; ties by lower id. */
    int64_t (*key)(const void *self,
                   const struct fg_job *job,
                   const struct fg_project *project);
    const struct fg_queue_standing *standing; /* NULL: the keys decide, and the bonus */
    void *self;
};

struct fg_queue *fg_queue_new(const struct fg_queue_options *options); /* NULL: no memory */
void fg_queue_free(struct fg_queue *queue);                            /* NULL is allowed */
FG_AUTO_DEFINE(fg_queue)

/* -- request classes: equal alternatives are kept once, jobs hold the number ----------------
 * The number holds until the next fg_queue_advance(); from then on as long as an open job has it. */
uint32_t fg_queue_class(struct fg_queue *queue,
                        const struct fg_request *any_of,
                        size_t any_of_len);
/* The class of jobs that name an advance reservation, by its key (model/reservation.h): one of its own.  0: none. */
uint32_t fg_queue_class_in(struct fg_queue *queue,
                           const struct fg_request *any_of,
                           size_t any_of_len,
                           uint64_t reservation);
uint64_t fg_queue_class_reservation(const struct fg_queue *queue, uint32_t request);
const struct fg_request *fg_queue_class_at(const struct fg_queue *queue,
                                           uint32_t request,
                                           size_t *out_len);
size_t fg_queue_classes_len(const struct fg_queue *queue);
/* Jobs that were ever opened; and of these how many were of the class, with every 65,536 jobs counting half of what
 * they did before: what is typical lately. */
uint64_t fg_queue_asked(const struct fg_queue *queue);
uint32_t fg_queue_class_asked(const struct fg_queue *queue, uint32_t request);
size_t fg_queue_class_ready(const struct fg_queue *queue,
                            uint32_t request); /* ready jobs of it */
/* Rises whenever a number may have come to mean another class. */
uint64_t fg_queue_class_generation(const struct fg_queue *queue);

/* -- projects ------------------------------------------------------------------------------- */
/* Add, or replace the one with this id, and the order of its jobs follows; the caller gives ids.  Where there are limits for each user, what users hold is 0 after it: count again what runs (fg_quota_add).
 * FG_ENOCAP: too many. */
[[nodiscard]] int fg_queue_project_put(struct fg_queue *queue,
                                       const struct fg_project *project,
                                       struct fg_err *err);
const struct fg_project *fg_queue_project(const struct fg_queue *queue,
                                          fg_project_id id); /* NULL: none */
const struct fg_project *fg_queue_project_find(const struct fg_queue *queue, const char *name);
fg_project_id fg_queue_projects_max(const struct fg_queue *queue); /* the greatest id in use */
/* Is anything guaranteed to any project? */
bool fg_queue_has_guarantees(const struct fg_queue *queue);
/* Its budget is spent, or has become so no more. */
void fg_queue_set_spent(struct fg_queue *queue, fg_project_id id, bool is_spent);
/* What a user holds in the project and below it; NULL: it has no limits for each user, or the user no job so far.  Jobs
 * that wait are counted by the queue, what is held by fg_quota_add() and fg_quota_take().  Valid until the next add. */
struct fg_user_held *fg_queue_user(const struct fg_queue *queue,
                                   fg_project_id project,
                                   uint32_t user);
/* The same, made if it is not there; NULL: the project has no such limits. */
struct fg_user_held *fg_queue_user_row(struct fg_queue *queue,
                                       fg_project_id project,
                                       uint32_t user);
/* Has any project limits for each user? */
bool fg_queue_limits_users(const struct fg_queue *queue);
/* As in fg_queue_lane. */
uint32_t fg_queue_lane_user(const struct fg_queue *queue, const struct fg_job *job);
/* What the project holds now; grants are added and taken by the controller. */
struct fg_held *fg_queue_held(struct fg_queue *queue, fg_project_id id);
/* Lift of the project in the order, in units of the key (fair share); 0 at first. */
void fg_queue_set_bonus(struct fg_queue *queue, fg_project_id id, int64_t bonus);

/* Told whenever a job joins the order (it could start), or leaves it. `job` is as it is by then; what it asks and its project
 * never change. Not told of a job that only moves. */
typedef void fg_queue_watch_fn(void *self, const struct fg_job *job, bool joins);
void fg_queue_watch(struct fg_queue *queue, fg_queue_watch_fn *watch, void *self);

/* -- jobs ----------------------------------------------------------------------------------- */
/* FG_ENOCAP: jobs_max are open; FG_EEXIST: the id is known. */
[[nodiscard]] int fg_queue_add(struct fg_queue *queue,
                               const struct fg_job *job,
                               struct fg_err *err);
/* NULL: not open.  Valid until the next add or del. */
const struct fg_job *fg_queue_get(const struct fg_queue *queue, fg_job_id id);
/* Replace the record of an open job; the order follows.  One that is queued again may ask for something else than before. */
void fg_queue_set(struct fg_queue *queue, const struct fg_job *job);
void fg_queue_del(struct fg_queue *queue, fg_job_id id);
size_t fg_queue_len(const struct fg_queue *queue);
/* All open jobs, in no particular order: at 0 .. fg_queue_slots(); NULL where a slot is empty. */
size_t fg_queue_slots(const struct fg_queue *queue);
const struct fg_job *fg_queue_slot(const struct fg_queue *queue, size_t at);

/* -- dependencies --------------------------------------------------------------------------- */
/* `job` waits for `on`, an open job.  Counted in job->waits_for by the caller's record. */
[[nodiscard]] int fg_queue_depend(struct fg_queue *queue,
                                  fg_job_id job,
                                  fg_job_id on,
                                  bool any_end);
/* The next job that waited for `on`, which is over now; the edge is removed.  false: no more. */
bool fg_queue_next_dependent(struct fg_queue *queue,
                             fg_job_id on,
                             fg_job_id *out_job,
                             bool *out_any_end);

/* -- order ---------------------------------------------------------------------------------- */
/* Jobs whose eligible_us has come join the order.  Returns the next moment at which one will, 0 none. */
int64_t fg_queue_advance(struct fg_queue *queue, int64_t now_us);
/* Start a walk over the ready jobs, best first.  Sets, adds and dels during it are allowed; what they change is
 * seen by the next walk at the latest. */
void fg_queue_walk(struct fg_queue *queue);
/* The next ready job, NULL at the end. */
const struct fg_job *fg_queue_next(struct fg_queue *queue);
/* What jobs of one lane have in common. */
struct fg_queue_lane {
    fg_project_id project;
    uint32_t request, tasks;
    uint32_t user; /* its number + 1, where limits for each user matter; else 0: of any users */
    bool is_limited; /* they have a time limit */
};
/* The greatest time limit that a job of the lane may have to be handed out; of one without a limit what it is predicted to last at
 * most, INT64_MAX if it is not; negative: none. It is
 * asked again as the walk goes on, and may only fall. */
typedef int64_t fg_queue_longest_fn(const void *self, const struct fg_queue_lane *lane);
/* From here on the walk hands out only jobs that the filter lets pass. */
void fg_queue_filter(struct fg_queue *queue, fg_queue_longest_fn *longest, const void *self);
/* Rises whenever a job joins or leaves the order, or moves in it, and when a preemptible job that does not wait is set.  (With
 * a standing the order moves without that.) */
uint64_t fg_queue_changes(const struct fg_queue *queue);
/* Rises whenever the order between two jobs may have changed, or what is known of one that runs and may be stopped; not when
 * one joins or leaves. */
uint64_t fg_queue_orders(const struct fg_queue *queue);
/* Does more than keys and bonuses decide? */
bool fg_queue_has_standing(const struct fg_queue *queue);
/* Ready jobs of a project before this one, in its list order: the position people ask for. */
size_t fg_queue_position(struct fg_queue *queue, fg_job_id id);
/* Would `a` come before `b` if both waited?  Both are open. */
bool fg_queue_is_before(const struct fg_queue *queue, fg_job_id a, fg_job_id b);
size_t fg_queue_ready(const struct fg_queue *queue);
/* The keys have changed, all of them: for orders in which they move with time.  Not during a walk. */
void fg_queue_rekey_all(struct fg_queue *queue);

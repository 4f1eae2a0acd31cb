/* sim_store.c - see sim_store.h */
#include "test/sim/sim_store.h"

#include "model/node_json.h"
#include "test/sim/sim_books.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX  4096
#define TASKS_MAX 8
#define PROJECTS  16
#define NODES     24

#define SPEND_FIRST_DAY SIM_FIRST_DAY
#define SPEND_DAYS      400

struct job {
    struct fg_job job; /* id 0: none */
    struct fg_request any_of[FG_ANY_OF_MAX];
    size_t any_of_len;
    struct fg_after after[FG_AFTER_MAX];
    size_t after_len;
    struct fg_grant grants[TASKS_MAX];
    size_t grants_len;
    uint32_t over_attempt; /* the last one that ended, and what all these cost */
    int64_t cost_uusd;
    int64_t finished_us;
    int32_t exit_code;
    char key[FG_NAME_MAX];
    char spec[512];
    char lost[3][96]; /* why attempts were lost with their nodes */
    size_t lost_len;
};

/* One at a time is enough. */
struct sim_reservation {
    char name[FG_NAME_MAX], json[1024];
};

/* Of the pool; "" none. */
struct sim_nodes {
    char json[NODES][1024]; /* by number - 1 */
};

struct image {
    struct sim_nodes nodes;
    struct sim_reservation reservation;
    struct job jobs[JOBS_MAX]; /* by id */
    fg_job_id next_id;
    uint64_t events;
    struct fg_project projects[PROJECTS];
    size_t projects_len;
    int64_t use_ms[PROJECTS], use_us[PROJECTS]; /* by project id */
    int64_t spent[PROJECTS][SPEND_DAYS];  /* by project id and day since SPEND_FIRST_DAY */
    struct fg_level_row levels[PROJECTS]; /* of the kinds of a project together: there is one */
    struct fg_level_hour demand[PROJECTS]; /* all hours together */
    int64_t warned_us[PROJECTS];
    int32_t warned[PROJECTS];
    enum fg_node_state node_state;
    bool node_set;
    char users[16][FG_NAME_MAX];
    size_t users_len;
};

struct sim_store {
    struct image committed, batch;
    struct sim_books books, books_batch;
    bool books_touched; /* by the batch */
    bool in_batch;
    int fail_code;
    uint32_t fail_calls;
    fg_job_id touched[JOBS_MAX]; /* jobs changed by the batch */
    size_t touched_len;
};

struct sim_store *sim_store_new(void)
{
    struct sim_store *store = calloc(1, sizeof(*store));
    assert(store);
    store->committed.next_id = store->batch.next_id = 1;
    return store;
}

void sim_store_free(struct sim_store *store)
{
    free(store);
}

void sim_store_fail(struct sim_store *store, int code, uint32_t calls)
{
    store->fail_code = code;
    store->fail_calls = calls;
}

static int fails(struct sim_store *store, struct fg_err *err)
{
    if (store->fail_calls == 0)
        return 0;
    store->fail_calls--;
    return fg_fail(err, store->fail_code, "simulated: the disk is full");
}

static void copy_rest(struct image *to, const struct image *from)
{
    to->next_id = from->next_id;
    to->events = from->events;
    memcpy(to->projects, from->projects, sizeof(to->projects));
    to->projects_len = from->projects_len;
    memcpy(to->use_ms, from->use_ms, sizeof(to->use_ms));
    memcpy(to->use_us, from->use_us, sizeof(to->use_us));
    memcpy(to->spent, from->spent, sizeof(to->spent));
    memcpy(to->levels, from->levels, sizeof(to->levels));
    memcpy(to->demand, from->demand, sizeof(to->demand));
    memcpy(to->warned_us, from->warned_us, sizeof(to->warned_us));
    memcpy(to->warned, from->warned, sizeof(to->warned));
    to->node_state = from->node_state;
    to->node_set = from->node_set;
    to->nodes = from->nodes;
    memcpy(to->users, from->users, sizeof(to->users));
    to->users_len = from->users_len;
    to->reservation = from->reservation;
}

/* Bring the changed jobs of one image into the other. */
static void copy_touched(struct sim_store *store, struct image *to, const struct image *from)
{
    for (size_t i = 0; i < store->touched_len; i++)
        to->jobs[store->touched[i]] = from->jobs[store->touched[i]];
    store->touched_len = 0;
    copy_rest(to, from);
}

static int begin(struct fg_store *self, struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    assert(!store->in_batch);
    int rc = fails(store, err);
    store->in_batch = rc == 0;
    return rc;
}

static int commit(struct fg_store *self, struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    assert(store->in_batch);
    int rc = fails(store, err);
    if (rc == 0) {
        copy_touched(store, &store->committed, &store->batch);
        if (store->books_touched)
            store->books = store->books_batch;
        store->books_touched = false;
        store->in_batch = false;
    }
    return rc;
}

static void rollback(struct fg_store *self)
{
    struct sim_store *store = (struct sim_store *)self;
    copy_touched(store, &store->batch, &store->committed);
    if (store->books_touched)
        store->books_batch = store->books;
    store->books_touched = false;
    store->in_batch = false;
}

void sim_store_crash(struct sim_store *store)
{
    rollback((struct fg_store *)store);
    store->fail_calls = 0;
}

static struct job *touch(struct sim_store *store, fg_job_id id)
{
    assert(store->in_batch && id < JOBS_MAX);
    for (size_t i = 0; i < store->touched_len; i++)
        if (store->touched[i] == id)
            return &store->batch.jobs[id];
    store->touched[store->touched_len++] = id;
    return &store->batch.jobs[id];
}

static int job_add(struct fg_store *self,
                   const struct fg_job_row *row,
                   const char *,
                   const char *,
                   const struct fg_request *any_of,
                   size_t any_of_len,
                   struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    int rc = fails(store, err);
    if (rc < 0)
        return rc;
    struct job *job = touch(store, row->job.id);
    assert(job->job.id == 0); /* an id is never used twice */
    *job = (struct job){.job = row->job, .any_of_len = any_of_len, .after_len = row->after_len};
    memcpy(job->any_of, any_of, any_of_len * sizeof(any_of[0]));
    memcpy(job->after, row->after, row->after_len * sizeof(row->after[0]));
    snprintf(job->key, sizeof(job->key), "%s", row->idempotency_key);
    assert(row->spec_json_len < sizeof(job->spec));
    memcpy(job->spec, row->spec_json, row->spec_json_len);
    if (row->job.id >= store->batch.next_id)
        store->batch.next_id = row->job.id + 1;
    return 0;
}

static int job_set(struct fg_store *self,
                   const struct fg_job *job,
                   int64_t finished_us,
                   const char *,
                   int32_t exit_code,
                   int32_t,
                   struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    int rc = fails(store, err);
    if (rc < 0)
        return rc;
    struct job *row = touch(store, job->id);
    assert(row->job.id == job->id);
    enum fg_job_state from = row->job.state; /* only along the arrows of the table */
    assert(from == job->state ? !fg_job_state_is_final(from)
                              : fg_job_move(&from, job->state, NULL) == 0);
    row->job = *job;
    row->finished_us = finished_us;
    row->exit_code = exit_code;
    return 0;
}

static int attempt_put(struct fg_store *self,
                       const struct fg_attempt_row *attempt,
                       struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    int rc = fails(store, err);
    if (rc < 0)
        return rc;
    struct job *row = touch(store, attempt->job);
    assert(attempt->grants_len <= TASKS_MAX);
    memcpy(row->grants, attempt->grants, attempt->grants_len * sizeof(attempt->grants[0]));
    row->grants_len = attempt->grants_len;
    bool is_lost = strncmp(attempt->reason, FG_LOST_WITH_NODE, strlen(FG_LOST_WITH_NODE)) == 0;
    if (is_lost && row->lost_len < 3)
        snprintf(row->lost[row->lost_len++], sizeof(row->lost[0]), "%s", attempt->reason);
    if (attempt->finished_us && attempt->attempt > row->over_attempt
        && attempt->cost_uusd > 0) {
        row->over_attempt = attempt->attempt;
        row->cost_uusd += attempt->cost_uusd;
    }
    return 0;
}

static int project_put(struct fg_store *self,
                       const struct fg_project *project,
                       struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    int rc = fails(store, err);
    if (rc < 0)
        return rc;
    size_t at = 0;
    while (at < store->batch.projects_len && store->batch.projects[at].id != project->id)
        at++;
    assert(at < PROJECTS);
    if (at == store->batch.projects_len)
        store->batch.projects_len++;
    store->batch.projects[at] = *project;
    return 0;
}

static int reservation_put(struct fg_store *self,
                           const char *name,
                           const char *json,
                           struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    struct sim_reservation *kept = &store->batch.reservation;
    assert(store->in_batch && (json || strcmp(kept->name, name) == 0));
    *kept = (struct sim_reservation){};
    if (json) {
        snprintf(kept->name, sizeof(kept->name), "%s", name);
        snprintf(kept->json, sizeof(kept->json), "%s", json);
    }
    return fails(store, err);
}

static int grid_hour_put(struct fg_store *, int64_t, int64_t, int64_t, struct fg_err *)
{
    return 0;
}

static int saving_add(struct fg_store *self, const struct fg_saving *saving, struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    assert(store->in_batch && saving->sum.avoided_mj >= 0 && saving->sum.spent_mj >= 0);
    fg_saved_add(&store->books_batch.saved[saving->way], &saving->sum);
    store->books_touched = true;
    return fails(store, err);
}

static int project_use_put(struct fg_store *self,
                           fg_project_id project,
                           int64_t device_ms,
                           int64_t time_us,
                           struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    assert(store->in_batch && project < PROJECTS && device_ms > 0);
    store->batch.use_ms[project] = device_ms;
    store->batch.use_us[project] = time_us;
    return fails(store, err);
}

static int demand_level_put(struct fg_store *self,
                            const struct fg_level_row *row,
                            struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    assert(store->in_batch && row->key.project < PROJECTS && row->running_milli >= 0);
    assert(row->waiting_milli >= 0 && strcmp(row->key.kind, "h100") == 0);
    store->batch.levels[row->key.project] = *row;
    return fails(store, err);
}

static int demand_hour_add(struct fg_store *self,
                           const struct fg_level_hour *hour,
                           struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    struct fg_level_hour *sum = &store->batch.demand[hour->key.project];
    assert(store->in_batch && hour->key.project < PROJECTS);
    assert(hour->running_us >= 0 && hour->waiting_us >= 0 && hour->refused_us >= 0);
    sum->running_us += hour->running_us;
    sum->waiting_us += hour->waiting_us;
    sum->shift_us += hour->shift_us;
    return fails(store, err);
}

static int spend_add(struct fg_store *self, const struct fg_spend *spend, struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    int64_t day = spend->day - SPEND_FIRST_DAY;
    assert(store->in_batch && spend->project < PROJECTS && spend->uusd > 0);
    assert(day >= 0 && day < SPEND_DAYS);
    store->batch.spent[spend->project][day] += spend->uusd;
    return fails(store, err);
}

static int spend_sum(struct fg_store *self,
                     fg_project_id project,
                     int64_t from_day,
                     int64_t *out_uusd,
                     struct fg_err *)
{
    const struct sim_store *store = (struct sim_store *)self;
    const struct image *image = store->in_batch ? &store->batch : &store->committed;
    *out_uusd = 0;
    for (int64_t day = 0; day < SPEND_DAYS; day++)
        *out_uusd += day + SPEND_FIRST_DAY >= from_day ? image->spent[project][day] : 0;
    return 0;
}

static int budget_warned_put(struct fg_store *self,
                             fg_project_id project,
                             int64_t begin_us,
                             int32_t percent,
                             struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    assert(store->in_batch && project < PROJECTS);
    store->batch.warned_us[project] = begin_us;
    store->batch.warned[project] = percent;
    return fails(store, err);
}

/* The tables of orders, to be written; NULL: the disk is full. */
static struct sim_books *books_of(struct fg_store *self, int *out_rc, struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    assert(store->in_batch);
    *out_rc = fails(store, err);
    store->books_touched = true;
    return *out_rc == 0 ? &store->books_batch : NULL;
}

static int supplier_put(struct fg_store *self,
                        const char *name,
                        const char *json,
                        struct fg_err *err)
{
    int rc;
    struct sim_books *books = books_of(self, &rc, err);
    return books ? sim_books_supplier_put(books, name, json) : rc;
}

static int scale_put(struct fg_store *self,
                     const char *name,
                     const char *json,
                     struct fg_err *err)
{
    int rc;
    struct sim_books *books = books_of(self, &rc, err);
    return books ? sim_books_scale_put(books, name, json) : rc;
}

static int order_put(struct fg_store *self, const struct fg_order *order, struct fg_err *err)
{
    int rc;
    struct sim_books *books = books_of(self, &rc, err);
    return books ? sim_books_order_put(books, order) : rc;
}

static int order_instance_put(struct fg_store *self,
                              fg_order_id order,
                              uint32_t slot,
                              const struct fg_order_instance *instance,
                              const char *,
                              struct fg_err *err)
{
    int rc;
    struct sim_books *books = books_of(self, &rc, err);
    return books ? sim_books_instance_put(books, order, slot, instance) : rc;
}

static int order_note_add(struct fg_store *self,
                          fg_order_id order,
                          const struct fg_order_note *,
                          struct fg_err *err)
{
    int rc;
    struct sim_books *books = books_of(self, &rc, err);
    if (books)
        books->orders[order].notes++;
    return rc;
}

static int order_cost_add(struct fg_store *self,
                          const struct fg_order_cost *cost,
                          struct fg_err *err)
{
    int rc;
    struct sim_books *books = books_of(self, &rc, err);
    return books ? sim_books_cost_add(books, cost) : rc;
}

static int order_cash_add(struct fg_store *self,
                          const struct fg_order *order,
                          int64_t day,
                          int64_t uusd,
                          struct fg_err *err)
{
    int rc;
    struct sim_books *books = books_of(self, &rc, err);
    return books ? sim_books_cash_add(books, order->id, day, uusd) : rc;
}

static int order_cash_sum(struct fg_store *self,
                          const char *supplier,
                          int64_t from_day,
                          int64_t *out_uusd,
                          struct fg_err *)
{
    const struct sim_store *store = (struct sim_store *)self;
    *out_uusd = sim_books_cash_sum(&store->books_batch, supplier, from_day);
    return 0;
}

static int order_find(struct fg_store *self,
                      fg_order_id id,
                      const char *key,
                      struct fg_order *out,
                      struct fg_err *err)
{
    return sim_books_find(&((struct sim_store *)self)->books_batch, id, key, out, err);
}

/* Plans are texts that nothing here depends on: store/plan_rows has its own tests. */
static int plan_put(struct fg_store *self, const struct fg_plan_record *, struct fg_err *err)
{
    return fails((struct sim_store *)self, err);
}

static int plan_find(struct fg_store *, uint64_t, struct fg_plan_record *, struct fg_err *err)
{
    return fg_fail(err, FG_ENOENT, "no plans are simulated");
}

/* No setting is ever adopted: store/proposal_rows has its own tests. */
static int knobs(struct fg_store *,
                 int (*)(void *self, const struct fg_knob_row *row),
                 void *,
                 struct fg_err *)
{
    return 0;
}

static int node_put(struct fg_store *self,
                    const struct fg_node_spec *,
                    enum fg_node_state wanted,
                    const char *,
                    struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    int rc = fails(store, err);
    store->batch.node_state = rc == 0 ? wanted : store->batch.node_state;
    store->batch.node_set = true;
    return rc;
}

static int pool_node_put(struct fg_store *self,
                         fg_node_id id,
                         const struct fg_node_spec *spec,
                         struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    struct fg_buf text = {};
    assert(store->in_batch && id <= NODES);
    store->batch.nodes.json[id - 1][0] = '\0';
    if (spec) {
        fg_node_json_write(&(struct fg_json){.buf = &text}, spec);
        assert(text.len < sizeof(store->batch.nodes.json[0]));
        memcpy(store->batch.nodes.json[id - 1], text.text, text.len + 1);
    }
    fg_buf_free(&text);
    return fails(store, err);
}

static int pool_nodes(struct fg_store *self,
                      fg_store_node_fn *each,
                      void *arg,
                      struct fg_err *err)
{
    const struct sim_nodes *nodes = &((struct sim_store *)self)->committed.nodes;
    int rc = 0;
    for (fg_node_id id = 1; rc == 0 && id <= NODES; id++)
        if (nodes->json[id - 1][0])
            rc = each(arg, id, nodes->json[id - 1], err);
    return rc;
}

static int token_put(struct fg_store *, const struct fg_token *, struct fg_err *)
{
    return 0;
}

static int artifact_put(struct fg_store *,
                        fg_job_id,
                        const char *,
                        const char *,
                        uint64_t,
                        int64_t,
                        struct fg_err *)
{
    return 0;
}

static int event_add(struct fg_store *self,
                     const struct fg_event *,
                     uint64_t *out_seq,
                     struct fg_err *err)
{
    struct sim_store *store = (struct sim_store *)self;
    *out_seq = ++store->batch.events;
    return fails(store, err);
}

static int user_intern(struct fg_store *self,
                       const char *name,
                       uint32_t *out_user,
                       struct fg_err *)
{
    struct image *image = &((struct sim_store *)self)->batch;
    size_t at = 0;
    while (at < image->users_len && strcmp(image->users[at], name) != 0)
        at++;
    if (at == image->users_len)
        snprintf(image->users[image->users_len++], FG_NAME_MAX, "%s", name);
    *out_user = (uint32_t)at + 1;
    return 0;
}

static int idempotency_find(struct fg_store *self,
                            const char *,
                            const char *key,
                            fg_job_id *out_job,
                            uint32_t *out_count,
                            struct fg_err *err)
{
    const struct image *image = &((struct sim_store *)self)->batch;
    for (fg_job_id id = 1; id < image->next_id; id++)
        if (image->jobs[id].job.id && strcmp(image->jobs[id].key, key) == 0) {
            *out_job = id;
            *out_count = 1;
            return 0;
        }
    return fg_fail(err, FG_ENOENT, "no such key");
}

static int job_state(struct fg_store *self,
                     fg_job_id id,
                     enum fg_job_state *out_state,
                     fg_project_id *out_project,
                     int32_t *out_exit_code,
                     struct fg_err *err)
{
    const struct image *image = &((struct sim_store *)self)->batch;
    if (id == 0 || id >= JOBS_MAX || !image->jobs[id].job.id)
        return fg_fail(err, FG_ENOENT, "job %llu: no such job", (unsigned long long)id);
    *out_state = image->jobs[id].job.state;
    *out_project = image->jobs[id].job.project;
    *out_exit_code = image->jobs[id].exit_code;
    return 0;
}

static int job_spec(struct fg_store *self,
                    fg_job_id id,
                    struct fg_arena *,
                    const char **out_json,
                    size_t *out_len,
                    struct fg_err *)
{
    const struct image *image = &((struct sim_store *)self)->batch;
    *out_json = image->jobs[id].spec;
    *out_len = strlen(image->jobs[id].spec);
    return 0;
}

static void load_finished(const struct image *image, struct fg_store_sink *sink)
{
    for (fg_job_id id = 1; id < image->next_id; id++) {
        const struct job *job = &image->jobs[id];
        if (job->job.state == FG_JOB_SUCCEEDED || job->job.state == FG_JOB_TIMED_OUT)
            sink->finished(sink->self, &(struct fg_past_attempt){
                                           .job = &job->job,
                                           .name = "",
                                           .job_finished_us = job->finished_us,
                                           .any_of = job->any_of,
                                           .any_of_len = job->any_of_len,
                                           .is_last = true,
                                           .outcome = job->job.state,
                                           .max_rss_mib = -1,
                                       });
    }
}

static int load_jobs(const struct image *image, struct fg_store_sink *sink)
{
    int rc = 0;
    for (fg_job_id id = 1; rc == 0 && id < image->next_id; id++) {
        const struct job *job = &image->jobs[id];
        if (!job->job.id || fg_job_state_is_final(job->job.state))
            continue;
        struct fg_job_row row = {
            .job = job->job, .after = job->after, .after_len = job->after_len};
        bool holds = job->job.state != FG_JOB_QUEUED;
        rc = sink->job(sink->self, &row, job->any_of, job->any_of_len, job->grants,
                       holds ? job->grants_len : 0);
        for (size_t i = 0; rc == 0 && i < job->lost_len && sink->attempt_lost; i++)
            rc = sink->attempt_lost(sink->self, id, job->lost[i]);
    }
    return rc;
}

static int load(struct fg_store *self, struct fg_store_sink *sink, struct fg_err *err)
{
    const struct image *image = &((struct sim_store *)self)->committed;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < image->projects_len; i++)
        rc = sink->project(sink->self, &image->projects[i]);
    for (fg_project_id id = 1; rc == 0 && id < PROJECTS; id++)
        if (image->use_us[id])
            rc = sink->project_use(sink->self, id, image->use_ms[id], image->use_us[id]);
    for (fg_project_id id = 1; rc == 0 && sink->demand_level && id < PROJECTS; id++)
        if (image->levels[id].at_us)
            rc = sink->demand_level(sink->self, &image->levels[id]);
    for (fg_project_id id = 1; rc == 0 && sink->budget_warned && id < PROJECTS; id++)
        if (image->warned[id])
            rc = sink->budget_warned(sink->self, id, image->warned_us[id], image->warned[id]);
    if (rc == 0 && image->node_set)
        rc = sink->node(sink->self, "sim", image->node_state, "");
    for (size_t i = 0; rc == 0 && i < image->users_len; i++)
        rc = sink->user(sink->self, (uint32_t)i + 1, image->users[i]);
    if (rc == 0 && image->reservation.name[0])
        rc = sink->reservation(sink->self, image->reservation.name, image->reservation.json);
    if (rc == 0)
        rc = sim_books_load(&((struct sim_store *)self)->books, sink);
    load_finished(image, sink);
    if (rc == 0)
        rc = load_jobs(image, sink);
    sink->next_job_id = image->next_id;
    sink->next_token_id = 1;
    return rc < 0 ? fg_fail(err, rc, "simulated load") : 0;
}

int64_t sim_store_unbooked_uusd(const struct sim_store *store)
{
    int64_t uusd = 0;
    for (fg_job_id id = 1; id < store->committed.next_id; id++)
        uusd += store->committed.jobs[id].cost_uusd;
    for (fg_project_id id = 0; id < PROJECTS; id++)
        for (size_t day = 0; day < SPEND_DAYS; day++)
            uusd -= store->committed.spent[id][day];
    return uusd;
}

const struct fg_store_ops sim_store_ops = {
    .load = load,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .job_add = job_add,
    .job_set = job_set,
    .attempt_put = attempt_put,
    .project_put = project_put,
    .grid_hour_put = grid_hour_put,
    .saving_add = saving_add,
    .project_use_put = project_use_put,
    .demand_level_put = demand_level_put,
    .demand_hour_add = demand_hour_add,
    .spend_add = spend_add,
    .spend_sum = spend_sum,
    .budget_warned_put = budget_warned_put,
    .reservation_put = reservation_put,
    .supplier_put = supplier_put,
    .scale_put = scale_put,
    .order_put = order_put,
    .order_instance_put = order_instance_put,
    .order_note_add = order_note_add,
    .order_cost_add = order_cost_add,
    .order_cash_add = order_cash_add,
    .order_cash_sum = order_cash_sum,
    .order_find = order_find,
    .plan_put = plan_put,
    .plan_find = plan_find,
    .knobs = knobs,
    .node_put = node_put,
    .pool_nodes = pool_nodes,
    .pool_node_put = pool_node_put,
    .token_put = token_put,
    .artifact_put = artifact_put,
    .event_add = event_add,
    .user_intern = user_intern,
    .idempotency_find = idempotency_find,
    .job_state = job_state,
    .job_spec = job_spec,
};

const struct sim_books *sim_store_books(const struct sim_store *store)
{
    return &store->books;
}

size_t sim_store_jobs(const struct sim_store *store)
{
    return (size_t)store->committed.next_id - 1;
}

const struct fg_job *sim_store_job(const struct sim_store *store, fg_job_id id)
{
    return id < JOBS_MAX && store->committed.jobs[id].job.id ? &store->committed.jobs[id].job
                                                             : NULL;
}

bool sim_store_ran_us(const struct sim_store *store, int64_t now_us, int64_t *out_device_us)
{
    int64_t shift_us = 0;
    *out_device_us = 0;
    for (size_t i = 0; i < PROJECTS; i++) {
        const struct fg_level_row *level = &store->committed.levels[i];
        int64_t since_ms = now_us / 1000 - level->at_us / 1000;
        *out_device_us +=
            store->committed.demand[i].running_us + level->running_milli * since_ms;
        shift_us += store->committed.demand[i].shift_us;
    }
    return shift_us == 0;
}

int64_t sim_store_held_milli(const struct sim_store *store)
{
    int64_t held_milli = 0;
    for (fg_job_id id = 1; id < store->committed.next_id; id++) {
        const struct job *job = &store->committed.jobs[id];
        bool holds = job->job.state == FG_JOB_STARTING || job->job.state == FG_JOB_RUNNING;
        for (size_t i = 0; holds && i < job->grants_len; i++)
            held_milli +=
                (int64_t)__builtin_popcount(job->grants[i].devices) * job->grants[i].gpu_milli;
    }
    return held_milli;
}

int64_t sim_store_finished_us(const struct sim_store *store, fg_job_id id)
{
    return store->committed.jobs[id].finished_us;
}

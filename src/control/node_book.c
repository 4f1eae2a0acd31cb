/* node_book.c - the table of nodes: numbers that last, from the store and back; see node_inner.h */
#include "control/node_inner.h"

#include "base/grow.h"

#include "control/order_inner.h"
#include "model/node_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_ROOM (1UL << 20) /* arena for one: address space */

struct known_node *fg_node_known(const struct fg_control *control, fg_node_id node)
{
    assert(node > 0 && node <= control->nodes_len);
    return &control->nodes[node - 1];
}

/* The record of the pool's newest node. */
static struct known_node *add_known(struct fg_control *control, const struct fg_node_spec *spec)
{
    control->nodes = fg_grow(control->nodes, control->nodes_len, &control->nodes_room,
                             sizeof(struct known_node));
    struct known_node *known = &control->nodes[control->nodes_len++];
    *known = (struct known_node){.since_us = control->now_us};
    memcpy(known->name, spec->name, sizeof(known->name));
    assert(control->nodes_len == fg_pool_len(control->pool));
    return known;
}

static void mark_unsaved(struct fg_control *control, struct known_node *known)
{
    control->unsaved_nodes += !known->is_unsaved;
    known->is_unsaved = true;
}

static void drop_next(struct known_node *known)
{
    free(known->next);
    known->next = NULL;
}

/* As the pool keeps specs: it ends with its last device. */
static size_t spec_size(const struct fg_node_spec *spec)
{
    return offsetof(struct fg_node_spec, devices)
           + spec->devices_len * sizeof(spec->devices[0]);
}

static struct fg_node_spec *copy_spec(const struct fg_node_spec *spec)
{
    struct fg_node_spec *copy = malloc(spec_size(spec));
    if (!copy)
        abort();
    memcpy(copy, spec, spec_size(spec));
    return copy;
}

static bool same_spec(const struct fg_node_spec *a, const struct fg_node_spec *b)
{
    return a->devices_len == b->devices_len && memcmp(a, b, spec_size(a)) == 0;
}

/* -- one more, one less ------------------------------------------------------------------------------- */

static fg_node_id free_number(const struct fg_control *control)
{
    for (size_t at = 0; control->free_nodes > 0 && at < control->nodes_len; at++)
        if (control->nodes[at].is_free)
            return (fg_node_id)at + 1;
    return 0;
}

/* A node that was not known. */
static fg_node_id add_node(struct fg_control *control,
                           const struct fg_node_spec *spec,
                           struct fg_err *err)
{
    fg_node_id id = free_number(control);
    if (id && fg_pool_replace(control->pool, id, spec, err) < 0)
        return 0;
    if (!id && fg_pool_add(control->pool, spec, &id, err) < 0)
        return 0;
    if (id > control->nodes_len)
        (void)add_known(control, spec);
    struct known_node *known = fg_node_known(control, id);
    bool was_unsaved = known->is_unsaved;
    control->free_nodes -= known->is_free;
    drop_next(known);
    fg_node_devices_free(known);
    *known = (struct known_node){.since_us = control->now_us, .is_unsaved = was_unsaved};
    memcpy(known->name, spec->name, sizeof(known->name));
    fg_pool_set_state(control->pool, id, FG_NODE_DOWN);
    mark_unsaved(control, known);
    return id;
}

/* A known node again.  One that has another shape while something is held there keeps the old one until then. */
static int change_node(struct fg_control *control,
                       fg_node_id id,
                       const struct fg_node_spec *spec,
                       struct fg_err *err)
{
    struct known_node *known = fg_node_known(control, id);
    if (same_spec(fg_pool_spec(control->pool, id), spec)) {
        drop_next(known);
        return 0;
    }
    fg_node_unclaim(control, id);
    int rc = fg_pool_add(control->pool, spec, NULL, err);
    if (rc == FG_ESTATE) {
        struct fg_node_spec *next = copy_spec(spec);
        drop_next(known);
        known->next = next;
        return 0;
    }
    if (rc == 0) {
        drop_next(known);
        if (known->watches_len != spec->devices_len)
            fg_node_devices_free(known);
        mark_unsaved(control, known);
    }
    return rc;
}

fg_node_id fg_node_put(struct fg_control *control,
                       const struct fg_node_spec *told,
                       struct fg_err *err)
{
    struct fg_node_spec *spec = copy_spec(told);
    fg_node_assume_watts(spec, control->config->energy_sleep);
    fg_node_id id = fg_pool_find(control->pool, spec->name);
    if (id && spec->measured_idle_watts == 0) /* here, and not by who tells of it */
        spec->measured_idle_watts = fg_pool_spec(control->pool, id)->measured_idle_watts;
    if (!id)
        id = add_node(control, spec, err);
    else if (change_node(control, id, spec, err) < 0)
        id = 0;
    free(spec);
    return id;
}

void fg_node_measured(struct fg_control *control, fg_node_id node, uint32_t idle_watts)
{
    struct fg_node_spec *spec = copy_spec(fg_pool_spec(control->pool, node));
    spec->measured_idle_watts = idle_watts;
    (void)change_node(control, node, spec, NULL); /* without it the next stretch tells again */
    fg_node_settle(control, node);
    free(spec);
}

bool fg_node_is_used(const struct fg_control *control, fg_node_id node)
{
    for (size_t i = 0; i < control->lives_len; i++)
        for (uint32_t task = 0; task < control->lives[i].tasks; task++)
            if (control->lives[i].grants[task].node == node)
                return true;
    return false;
}

bool fg_node_is_here(const struct fg_control *control, fg_node_id node)
{
    return fg_pool_spec(control->pool, node)->supplier[0]
           || fg_node_known(control, node)->is_heard;
}

const struct fg_node_spec *fg_control_node(const struct fg_control *control, const char *name)
{
    fg_node_id id = name[0] ? fg_pool_find(control->pool, name) : 0;
    for (fg_node_id at = 1; !name[0] && !id && at <= control->nodes_len; at++)
        if (!fg_pool_spec(control->pool, at)->supplier[0]
            && fg_node_known(control, at)->is_heard)
            id = at;
    return id && !fg_node_known(control, id)->is_free ? fg_pool_spec(control->pool, id) : NULL;
}

/* Names of the operator's and of Slurm's nodes do not begin with a point. */
static struct fg_node_spec placeholder(fg_node_id id)
{
    struct fg_node_spec spec = {};
    snprintf(spec.name, sizeof(spec.name), ".%u", id);
    return spec;
}

void fg_node_drop(struct fg_control *control, fg_node_id node)
{
    struct known_node *known = fg_node_known(control, node);
    struct fg_node_spec spec = placeholder(node);
    fg_node_unclaim(control, node);
    if (fg_pool_replace(control->pool, node, &spec, NULL) < 0)
        return;
    drop_next(known);
    fg_node_devices_free(known);
    *known = (struct known_node){.is_free = true, .is_unsaved = known->is_unsaved};
    memcpy(known->name, spec.name, sizeof(known->name));
    control->free_nodes++;
    mark_unsaved(control, known);
}

/* -- from the store ----------------------------------------------------------------------------------- */

/* Numbers without a node, up to that one. */
static int fill_up(struct fg_control *control, fg_node_id id, struct fg_err *err)
{
    int rc = 0;
    while (rc == 0 && fg_pool_len(control->pool) + 1 < id) {
        struct fg_node_spec spec = placeholder((fg_node_id)fg_pool_len(control->pool) + 1);
        rc = fg_pool_add(control->pool, &spec, NULL, err);
        if (rc < 0)
            break;
        fg_pool_set_state(control->pool, (fg_node_id)fg_pool_len(control->pool), FG_NODE_DOWN);
        add_known(control, &spec)->is_free = true;
        control->free_nodes++;
    }
    return rc;
}

static int load_one(void *self, fg_node_id id, const char *json, struct fg_err *err)
{
    struct fg_control *control = self;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(TEXT_ROOM);
    const struct fg_doc *doc = NULL;
    struct fg_node_spec spec;
    fg_node_id put = 0;
    int rc = fill_up(control, id, err);
    if (rc == 0)
        rc = fg_doc_json(json, strlen(json), arena, &doc, err);
    if (rc == 0)
        rc = fg_node_json_read(doc, arena, &spec, err);
    if (rc == 0)
        rc = fg_pool_add(control->pool, &spec, &put, err);
    if (rc == 0 && put != id)
        rc = fg_fail(err, FG_ESTATE, "node %s is there twice", spec.name);
    if (rc < 0)
        return fg_wrap(err, rc, "node %u", id);
    fg_pool_set_state(control->pool, id, FG_NODE_DOWN);
    (void)add_known(control, &spec);
    return 0;
}

int fg_nodes_load(struct fg_control *control, struct fg_err *err)
{
    const struct fg_store_ops *ops = control->options.store_ops;
    int rc =
        ops->pool_nodes ? ops->pool_nodes(control->options.store, load_one, control, err) : 0;
    return rc == FG_ENOCAP ? fg_wrap(err, rc, "nodes_max") : rc;
}

/* -- this machine --------------------------------------------------------------------------------------- */

static bool is_among(const struct fg_node_spec *specs, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(specs[i].name, name) == 0)
            return true;
    return false;
}

/* The node of this machine under the name that it had before; 0: none.  Where the store is shared it is another machine. */
static fg_node_id under_old_name(const struct fg_control *control,
                                 const struct fg_node_spec *specs,
                                 size_t len)
{
    for (fg_node_id id = 1; id <= control->nodes_len && !control->options.is_shared; id++)
        if (!control->nodes[id - 1].is_free && !fg_pool_spec(control->pool, id)->supplier[0]
            && !is_among(specs, len, control->nodes[id - 1].name))
            return id;
    return 0;
}

static int put_local(struct fg_control *control,
                     const struct fg_node_spec *specs,
                     size_t len,
                     size_t at,
                     struct fg_err *err)
{
    fg_node_id id =
        fg_pool_find(control->pool, specs[at].name) ? 0 : under_old_name(control, specs, len);
    if (id && fg_pool_replace(control->pool, id, &specs[at], err) == 0)
        mark_unsaved(control, fg_node_known(control, id));
    else
        id = fg_node_put(control, &specs[at], err);
    if (!id)
        return err && err->code < 0 ? err->code : FG_EINVAL;
    struct known_node *known = fg_node_known(control, id);
    memcpy(known->name, specs[at].name, sizeof(known->name));
    known->is_heard = known->is_up = true;
    return 0;
}

int fg_nodes_find(struct fg_control *control, struct fg_err *err)
{
    size_t len = 0, most = 64;
    struct fg_node_spec *specs = NULL;
    struct fg_err none = {};
    int rc;
    if (most > control->options.nodes_max)
        most = control->options.nodes_max;
    specs = calloc(most, sizeof(*specs));
    if (!specs)
        return fg_fail(err, FG_ENOMEM, "no memory for %zu nodes", most);
    rc = control->options.engine_ops->discover(control->options.engine, specs, most, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = put_local(control, specs, len, i, err ? err : &none);
    free(specs);
    return rc;
}

/* -- while the state is read again ----------------------------------------------------------------------- */

/* What news said outlives it, and so do nodes that are not in the store yet. */
void fg_nodes_set_aside(struct fg_control *control)
{
    for (fg_node_id id = 1; id <= control->nodes_len; id++) {
        struct known_node *known = fg_node_known(control, id);
        known->has_others = false;
        fg_node_devices_unclaimed(known);
        if (known->is_unsaved && !known->is_free && !known->next)
            known->next = copy_spec(fg_pool_spec(control->pool, id));
    }
    control->old_nodes = control->nodes;
    control->old_nodes_len = control->nodes_len;
    control->nodes = NULL;
    control->nodes_len = control->nodes_room = control->unsaved_nodes = control->free_nodes = 0;
}

/* The operator's wish comes from the store. */
static void take_over(struct fg_control *control,
                      struct known_node *known,
                      struct known_node *old)
{
    struct fg_node_spec *next = old->next;
    bool is_unsaved = known->is_unsaved;
    char wish[FG_TEXT_MAX];
    enum fg_node_state wanted = known->wanted;
    memcpy(wish, known->wish, sizeof(wish));
    *known = *old;
    known->next = old->next = NULL;
    old->watches = NULL;
    known->is_unsaved = is_unsaved;
    known->wanted = wanted;
    memcpy(known->wish, wish, sizeof(wish));
    if (next)
        (void)fg_node_put(control, next, NULL);
    free(next);
}

static void restore_one(struct fg_control *control, struct known_node *old)
{
    fg_node_id id = old->is_free ? 0 : fg_pool_find(control->pool, old->name);
    if (!id && old->next && !old->is_gone)
        id = fg_node_put(control, old->next, NULL);
    if (id)
        take_over(control, fg_node_known(control, id), old);
    drop_next(old);
}

static void free_old(struct fg_control *control)
{
    for (size_t i = 0; i < control->old_nodes_len; i++) {
        drop_next(&control->old_nodes[i]);
        fg_node_devices_free(&control->old_nodes[i]);
    }
    free(control->old_nodes);
    control->old_nodes = NULL;
    control->old_nodes_len = 0;
}

void fg_nodes_ready(struct fg_control *control)
{
    for (size_t i = 0; i < control->old_nodes_len; i++)
        restore_one(control, &control->old_nodes[i]);
    free_old(control);
    for (size_t i = 0; i < control->vendors_len; i++)
        fg_vendor_settle(control, &control->vendors[i]);
    fg_node_settle_all(control);
}

void fg_nodes_free(struct fg_control *control)
{
    for (size_t i = 0; i < control->nodes_len; i++) {
        drop_next(&control->nodes[i]);
        fg_node_devices_free(&control->nodes[i]);
    }
    free(control->nodes);
    free_old(control);
    free(control->vendors);
    free(control->blames);
    control->nodes = NULL;
    control->nodes_len = 0;
}

/* -- into the store -------------------------------------------------------------------------------------- */

void fg_nodes_keep(struct fg_control *control)
{
    const struct fg_store_ops *ops = control->options.store_ops;
    if (control->unsaved_nodes == 0 || !ops->pool_node_put || !fg_control_begin(control))
        return;
    for (fg_node_id id = 1; id <= control->nodes_len && control->batch_rc == 0; id++) {
        const struct known_node *known = fg_node_known(control, id);
        struct fg_err err = {};
        if (!known->is_unsaved)
            continue;
        const struct fg_node_spec *spec =
            known->is_free ? NULL : fg_pool_spec(control->pool, id);
        fg_control_wrote(control, ops->pool_node_put(control->options.store, id, spec, &err),
                         &err);
    }
}

void fg_nodes_kept(struct fg_control *control)
{
    for (size_t i = 0; control->unsaved_nodes > 0 && i < control->nodes_len; i++) {
        control->unsaved_nodes -= control->nodes[i].is_unsaved;
        control->nodes[i].is_unsaved = false;
    }
}

void fg_node_wish(struct fg_control *control,
                  fg_node_id node,
                  enum fg_node_state wanted,
                  const char *reason)
{
    struct known_node *known = fg_node_known(control, node);
    known->wanted = wanted;
    snprintf(known->wish, sizeof(known->wish), "%s", reason);
    if (wanted == FG_NODE_UP) {
        fg_health_forget(&known->health);
        fg_node_devices_forget(known);
        control->nodes_us = control->now_us;
    }
    fg_node_settle(control, node);
}

uint64_t fg_control_work(const struct fg_job *job)
{
    uint64_t work = job->shape ? job->shape ^ (uint64_t)job->user << 32 : job->id;
    return work ? work : 1;
}

void fg_control_each_hold(const struct fg_control *control,
                          void (*take)(void *self, const struct fg_hold *hold),
                          void *self)
{
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        for (uint32_t task = 0; job && task < live->tasks; task++)
            take(self,
                 &(struct fg_hold){.job = live->job,
                                   .project = job->project,
                                   .node = fg_pool_spec(control->pool, live->grants[task].node),
                                   .grant = &live->grants[task],
                                   .is_guess = fg_live_is_guess(control, live, task),
                                   .may_slow = job->time_limit_us == 0 && job->deadline_us == 0,
                                   .work = fg_control_work(job)});
    }
}

/* write_rest.c - projects, nodes, tokens, artifacts, events, users. */
#include "store/row.h"
#include "store/store_impl.h"

#include <assert.h>
#include <inttypes.h>

static int put_project(struct fg_store *store,
                       const struct fg_project *project,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_project_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, project->id);
    fg_query_text(&query, project->name);
    fg_query_int(&query, project->weight);
    fg_query_int(&query, project->priority);
    fg_query_int(&query, project->quota.gpu_milli);
    fg_query_int(&query, project->quota.cpu_milli);
    fg_query_int(&query, project->quota.mem_mib);
    fg_query_int(&query, project->quota.running);
    fg_query_int(&query, project->quota.queued);
    fg_query_int(&query, project->archived);
    fg_query_int(&query, project->parent);
    fg_query_int(&query, project->guarantee_milli);
    fg_query_int(&query, project->borrows_back);
    fg_query_int(&query, project->user_limits.running);
    fg_query_int(&query, project->user_limits.gpu_milli);
    fg_query_int(&query, project->user_limits.queued);
    fg_query_int(&query, project->user_limits.submits_per_minute);
    fg_query_int(&query, project->budget.uusd);
    fg_query_int(&query, project->budget.period);
    fg_query_int(&query, project->budget.stops);
    return fg_query_run(&query, err);
}

static int drop_kinds(struct fg_store *store, fg_project_id project, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_project_kinds_drop, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, project);
    return fg_query_run(&query, err);
}

static int add_kinds(struct fg_store *store,
                     const struct fg_project *project,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_project_kind_add, err);
    for (size_t i = 0; rc == 0 && i < project->kinds_len; i++) {
        fg_query_int(&query, project->id);
        fg_query_int(&query, (int64_t)i);
        fg_query_text(&query, project->kinds[i].kind);
        fg_query_int(&query, project->kinds[i].gpu_milli);
        fg_query_int(&query, project->kinds[i].guarantee_milli);
        rc = fg_query_run(&query, err);
    }
    return rc;
}

int fg_store_project_put(struct fg_store *store,
                         const struct fg_project *project,
                         struct fg_err *err)
{
    assert(store->in_batch && project->id != 0 && project->kinds_len <= FG_QUOTA_KINDS_MAX);
    int rc = put_project(store, project, err);
    if (rc == 0)
        rc = drop_kinds(store, project->id, err);
    if (rc == 0)
        rc = add_kinds(store, project, err);
    return rc < 0 ? fg_wrap(err, rc, "project %s", project->name) : 0;
}

int fg_store_grid_hour_put(struct fg_store *store,
                           int64_t hour,
                           int64_t g_per_kwh,
                           int64_t uusd_per_kwh,
                           struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_grid_hour_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, hour);
    fg_query_int(&query, g_per_kwh);
    fg_query_int(&query, uusd_per_kwh);
    return fg_query_run(&query, err);
}

static void bind_saved(struct fg_query *query, const struct fg_saved *sum)
{
    fg_query_int(query, sum->avoided_mj);
    fg_query_int(query, sum->spent_mj);
    fg_query_int(query, sum->slowed_us);
    fg_query_int(query, sum->asleep_us);
}

static int add_saving_sum(struct fg_store *store,
                          const struct fg_saving *saving,
                          struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_saving_sum_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, saving->way);
    bind_saved(&query, &saving->sum);
    return fg_query_run(&query, err);
}

int fg_store_saving_add(struct fg_store *store,
                        const struct fg_saving *saving,
                        struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_saving_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)saving->job);
    fg_query_int(&query, saving->day);
    fg_query_int(&query, saving->way);
    fg_query_text(&query, saving->node);
    fg_query_int(&query, saving->device);
    fg_query_int(&query, saving->project);
    fg_query_int(&query, saving->user);
    fg_query_text(&query, saving->kind);
    fg_query_text(&query, saving->supplier);
    bind_saved(&query, &saving->sum);
    rc = fg_query_run(&query, err);
    return rc < 0 ? rc : add_saving_sum(store, saving, err);
}

int fg_store_project_use_put(struct fg_store *store,
                             fg_project_id project,
                             int64_t device_ms,
                             int64_t time_us,
                             struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_project_use_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, project);
    fg_query_int(&query, device_ms);
    fg_query_int(&query, time_us);
    return fg_query_run(&query, err);
}

int fg_store_spend_add(struct fg_store *store, const struct fg_spend *spend, struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_spend_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, spend->project);
    fg_query_int(&query, spend->day);
    fg_query_int(&query, spend->user);
    fg_query_int(&query, spend->uusd);
    return fg_query_run(&query, err);
}

int fg_store_budget_warned_put(struct fg_store *store,
                               fg_project_id project,
                               int64_t begin_us,
                               int32_t percent,
                               struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_budget_warned_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, project);
    fg_query_int(&query, begin_us);
    fg_query_int(&query, percent);
    return fg_query_run(&query, err);
}

int fg_store_publish_put(struct fg_store *store,
                         const struct fg_publish_row *row,
                         struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_publish_put, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, row->name);
    fg_query_int(&query, (int64_t)row->seq);
    fg_query_int(&query, (int64_t)row->sent);
    fg_query_int(&query, (int64_t)row->dropped);
    fg_query_int(&query, row->sent_us);
    return fg_query_run(&query, err);
}

int fg_store_named_put(struct fg_store *store,
                       enum fg_sql sql,
                       const char *name,
                       const char *json,
                       struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, sql, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, name);
    if (json)
        fg_query_text(&query, json);
    return fg_query_run(&query, err);
}

int fg_store_reservation_put(struct fg_store *store,
                             const char *name,
                             const char *json,
                             struct fg_err *err)
{
    return fg_store_named_put(store, json ? FG_SQL_reservation_put : FG_SQL_reservation_drop,
                              name, json, err);
}

static int put_node(struct fg_store *store,
                    const struct fg_node_spec *spec,
                    enum fg_node_state wanted,
                    const char *reason,
                    struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_node_put, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, spec->name);
    fg_query_int(&query, wanted);
    fg_query_text(&query, reason);
    fg_query_int(&query, spec->cpu_milli);
    fg_query_int(&query, (int64_t)spec->mem_mib);
    fg_query_int(&query, spec->price_uusd_per_hour);
    return fg_query_run(&query, err);
}

static int drop_devices(struct fg_store *store, const char *node, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_node_devices_drop, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, node);
    return fg_query_run(&query, err);
}

static int add_devices(struct fg_store *store,
                       const struct fg_node_spec *spec,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_node_device_add, err);
    for (uint32_t i = 0; rc == 0 && i < spec->devices_len; i++) {
        const struct fg_device_spec *device = &spec->devices[i];
        fg_query_text(&query, spec->name);
        fg_query_int(&query, i);
        fg_query_text(&query, device->kind);
        fg_query_text(&query, device->id);
        fg_query_text(&query, device->expose);
        fg_query_int(&query, device->vendor);
        fg_query_int(&query, device->share);
        fg_query_int(&query, device->mem_mib);
        fg_query_int(&query, device->numa);
        rc = fg_query_run(&query, err);
    }
    return rc;
}

int fg_store_node_put(struct fg_store *store,
                      const struct fg_node_spec *spec,
                      enum fg_node_state wanted,
                      const char *reason,
                      struct fg_err *err)
{
    assert(store->in_batch && spec->devices_len <= FG_NODE_DEVICES_MAX);
    int rc = put_node(store, spec, wanted, reason, err);
    if (rc == 0)
        rc = drop_devices(store, spec->name, err);
    if (rc == 0)
        rc = add_devices(store, spec, err);
    return rc < 0 ? fg_wrap(err, rc, "node %s", spec->name) : 0;
}

int fg_store_token_put(struct fg_store *store, const struct fg_token *token, struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_token_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)token->id);
    fg_query_text(&query, token->prefix);
    fg_query_blob(&query, token->hash, sizeof(token->hash));
    fg_query_text(&query, token->user);
    fg_query_int(&query, token->role);
    fg_query_int(&query, token->project);
    fg_query_int(&query, token->created_us);
    fg_query_int(&query, token->expires_us);
    fg_query_int(&query, token->last_used_us);
    fg_query_int(&query, token->revoked);
    rc = fg_query_run(&query, err);
    return rc < 0 ? fg_wrap(err, rc, "token %" PRIu64, token->id) : 0;
}

int fg_store_token_used(struct fg_store *store,
                        uint64_t token,
                        int64_t time_us,
                        struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_token_used, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, time_us);
    fg_query_int(&query, (int64_t)token);
    return fg_query_run(&query, err);
}

int fg_store_artifact_put(struct fg_store *store,
                          fg_job_id job,
                          const char *path,
                          const char *hash,
                          uint64_t bytes,
                          int64_t time_us,
                          struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_artifact_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)job);
    fg_query_text(&query, path);
    fg_query_text(&query, hash);
    fg_query_int(&query, (int64_t)bytes);
    fg_query_int(&query, time_us);
    rc = fg_query_run(&query, err);
    return rc < 0 ? fg_wrap(err, rc, "artifact of job %" PRIu64, job) : 0;
}

int fg_store_event_add(struct fg_store *store,
                       const struct fg_event *event,
                       uint64_t *out_seq,
                       struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_event_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)store->next_event);
    fg_query_int(&query, event->time_us);
    fg_query_text(&query, event->kind);
    fg_query_int(&query, (int64_t)event->job);
    fg_query_int(&query, event->project);
    fg_query_text(&query, event->json);
    struct fg_event numbered = *event;
    numbered.seq = store->next_event;
    bool is_deed = fg_audit_is_deed(event);
    struct fg_audit_link link = is_deed ? fg_audit_next(&store->deed, &numbered) : store->deed;
    fg_query_blob(&query, is_deed ? link.hash : NULL, is_deed ? sizeof(link.hash) : 0);
    rc = fg_query_run(&query, err);
    if (rc < 0)
        return fg_wrap(err, rc, "event");
    store->deed = link;
    if (out_seq)
        *out_seq = store->next_event;
    store->next_event++;
    return 0;
}

int fg_store_user_intern(struct fg_store *store,
                         const char *name,
                         uint32_t *out_user,
                         struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query find = {};
    int rc = fg_query_begin(&find, &store->db, FG_SQL_user_find, err);
    if (rc < 0)
        return rc;
    fg_query_text(&find, name);
    rc = fg_query_step(&find, err);
    if (rc < 0)
        return rc;
    if (rc == 1) {
        *out_user = (uint32_t)fg_query_get(&find, 0);
        return 0;
    }

    FG_AUTO(fg_query) struct fg_query add = {};
    rc = fg_query_begin(&add, &store->db, FG_SQL_user_add, err);
    if (rc < 0)
        return rc;
    fg_query_text(&add, name);
    rc = fg_query_run(&add, err);
    if (rc == 0)
        *out_user = (uint32_t)sqlite3_last_insert_rowid(store->db.handle);
    return rc;
}

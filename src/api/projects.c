/* projects.c - tenants: list, one, and the changes an administrator makes. */
#include "api/answer.h"
#include "api/job_view.h"
#include "api/json_doc.h"
#include "api/project_terms.h"
#include "api/worker.h"
#include "model/names.h"

#include <string.h>

#define WEIGHT_DEFAULT 100
#define WEIGHT_MAX     1000
#define QUOTA_MAX      INT64_C(1000000000000)

static const struct {
    const char *name;
    size_t offset;
} quota_members[] = {
    {"gpu_milli", offsetof(struct fg_quota, gpu_milli)},
    {"cpu_milli", offsetof(struct fg_quota, cpu_milli)},
    {"mem_mib", offsetof(struct fg_quota, mem_mib)},
    {"running", offsetof(struct fg_quota, running)},
    {"queued", offsetof(struct fg_quota, queued)},
};
#define QUOTA_MEMBERS (sizeof(quota_members) / sizeof(quota_members[0]))

static int64_t *quota_at(struct fg_quota *quota, size_t i)
{
    return (int64_t *)(void *)((char *)quota + quota_members[i].offset);
}

/* -- out ---------------------------------------------------------------------------------------------- */

static void write_quota(struct fg_json *json, const struct fg_project *project)
{
    struct fg_quota quota = project->quota;
    fg_json_key(json, "quota");
    fg_json_object(json);
    for (size_t i = 0; i < QUOTA_MEMBERS; i++) {
        int64_t value = *quota_at(&quota, i);
        fg_json_key(json, quota_members[i].name);
        if (value < 0)
            fg_json_null(json);
        else
            fg_json_int(json, value);
    }
    fg_json_key(json, "kinds");
    fg_json_object(json);
    for (size_t i = 0; i < project->kinds_len; i++)
        if (project->kinds[i].gpu_milli >= 0)
            fg_json_kv_int(json, project->kinds[i].kind, project->kinds[i].gpu_milli);
    fg_json_end(json);
    fg_json_end(json);
}

static void write_guarantee(struct fg_json *json, const struct fg_project *project)
{
    fg_json_key(json, "guarantee");
    fg_json_object(json);
    fg_json_kv_int(json, "gpu_milli", project->guarantee_milli);
    fg_json_key(json, "kinds");
    fg_json_object(json);
    for (size_t i = 0; i < project->kinds_len; i++)
        if (project->kinds[i].guarantee_milli > 0)
            fg_json_kv_int(json, project->kinds[i].kind, project->kinds[i].guarantee_milli);
    fg_json_end(json);
    fg_json_end(json);
}

struct listing {
    struct fg_call *call;
    const struct fg_doc *held; /* name -> what it holds */
    const char *only;          /* NULL: all */
    size_t len;
};

static int write_project(void *self, const struct fg_project *project)
{
    struct listing *listing = self;
    struct fg_json *json = &listing->call->json;

    if (!fg_call_sees(listing->call, project->id)
        || (listing->only && strcmp(listing->only, project->name) != 0))
        return 0;
    const struct fg_doc *held = fg_doc_get(listing->held, project->name);
    fg_json_object(json);
    const struct fg_doc *parent = held ? fg_doc_get(held, "parent") : NULL;
    fg_json_kv(json, "name", project->name);
    fg_json_kv(json, "parent", parent && parent->kind == FG_DOC_TEXT ? parent->text : NULL);
    fg_json_kv_int(json, "weight", project->weight);
    fg_json_kv_int(json, "priority", project->priority);
    write_quota(json, project);
    write_guarantee(json, project);
    fg_json_kv(json, "borrows", project->borrows_back ? "preemptible" : "all");
    fg_project_write_terms(json, project);
    fg_json_kv_bool(json, "archived", project->archived);
    fg_json_key(json, "usage");
    fg_json_object(json);
    for (size_t i = 0; i < QUOTA_MEMBERS; i++) {
        const struct fg_doc *value = held ? fg_doc_get(held, quota_members[i].name) : NULL;
        fg_json_kv_int(json, quota_members[i].name, value ? value->integer : 0);
    }
    fg_project_write_spent(json, held);
    fg_json_end(json);
    fg_json_end(json);
    listing->len++;
    return 0;
}

/* All, or the one of `only`, with what each holds now (of the FG_CMD_STATUS that just came back). */
static int write_projects(struct fg_call *call, struct listing *listing, struct fg_err *err)
{
    struct fg_command *command = &call->command;
    const struct fg_doc *doc = NULL;

    *err = command->err;
    if (command->rc < 0)
        return command->rc;
    int rc = fg_doc_json(command->out_text, command->out_len, call->arena, &doc, err);
    if (rc < 0)
        return rc;
    listing->call = call;
    listing->held = fg_doc_get(doc, "projects");
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    return reader ? fg_reader_projects(reader, write_project, listing, err) : FG_EIO;
}

static void listed(struct fg_call *call)
{
    struct fg_err err = {};
    struct listing listing = {};

    fg_list_begin(call);
    int rc = write_projects(call, &listing, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_list_end(call, 0);
}

static void shown(struct fg_call *call)
{
    struct fg_err err = {};
    struct listing listing = {.only = call->capture};

    int rc = write_projects(call, &listing, &err);
    if (rc == 0 && listing.len == 0)
        rc = fg_fail(&err, FG_ENOENT, "project %.63s: not known", call->capture);
    err.code = rc;
    if (rc < 0)
        fg_answer_error(call, &err);
    else
        fg_answer_json(call, 200);
}

void fg_handle_project_list(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_STATUS, listed);
}

void fg_handle_project_show(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_STATUS, shown);
}

/* -- in ----------------------------------------------------------------------------------------------- */

static int read_int(const struct fg_doc *doc,
                    const char *what,
                    int64_t min,
                    int64_t max,
                    int64_t *out,
                    struct fg_err *err)
{
    if (doc->kind != FG_DOC_INT || doc->integer < min || doc->integer > max)
        return fg_fail(err, FG_EINVAL, "%s: expected a whole number from %lld to %lld", what,
                       (long long)min, (long long)max);
    *out = doc->integer;
    return 0;
}

/* The row of the kind; a new one without limit and guarantee if there is none.  NULL: there are too many. */
static struct fg_kind_quota *row_of(struct fg_project *project, const char *kind)
{
    for (size_t i = 0; i < project->kinds_len; i++)
        if (strcmp(project->kinds[i].kind, kind) == 0)
            return &project->kinds[i];
    if (project->kinds_len == FG_QUOTA_KINDS_MAX)
        return NULL;
    struct fg_kind_quota *row = &project->kinds[project->kinds_len++];
    *row = (struct fg_kind_quota){.gpu_milli = -1};
    snprintf(row->kind, sizeof(row->kind), "%s", kind);
    return row;
}

static void drop_empty_rows(struct fg_project *project)
{
    size_t kept = 0;
    for (size_t i = 0; i < project->kinds_len; i++)
        if (project->kinds[i].gpu_milli >= 0 || project->kinds[i].guarantee_milli > 0)
            project->kinds[kept++] = project->kinds[i];
    project->kinds_len = kept;
}

static int64_t *number_of(struct fg_kind_quota *row, bool guarantee)
{
    return guarantee ? &row->guarantee_milli : &row->gpu_milli;
}

/* All limits, or guarantees, of kinds are replaced. */
static int read_kinds(const struct fg_doc *doc,
                      const char *what,
                      bool guarantee,
                      struct fg_project *project,
                      struct fg_err *err)
{
    if (doc->kind != FG_DOC_MAP)
        return fg_fail(err, FG_EINVAL, "%s: expected an object of at most %d kinds", what,
                       FG_QUOTA_KINDS_MAX);
    for (size_t i = 0; i < project->kinds_len; i++)
        *number_of(&project->kinds[i], guarantee) = guarantee ? 0 : -1;
    drop_empty_rows(project);
    for (const struct fg_doc *member = doc->first; member; member = member->next) {
        char kind[FG_KIND_MAX];
        int rc = fg_kind_read(what, member->key, kind, err);
        if (rc < 0)
            return rc;
        struct fg_kind_quota *row = row_of(project, kind);
        if (!row)
            return fg_fail(err, FG_EINVAL, "%s: more than %d kinds have a limit or a guarantee",
                           what, FG_QUOTA_KINDS_MAX);
        rc = read_int(member, "milli-devices of a kind", 0, QUOTA_MAX,
                      number_of(row, guarantee), err);
        if (rc < 0)
            return fg_wrap(err, rc, "%s", what);
    }
    drop_empty_rows(project);
    return 0;
}

static int read_guarantee(const struct fg_doc *doc,
                          struct fg_project *project,
                          struct fg_err *err)
{
    if (doc->kind != FG_DOC_MAP)
        return fg_fail(err, FG_EINVAL, "guarantee: expected an object");
    int rc = 0;
    for (const struct fg_doc *member = doc->first; member && rc == 0; member = member->next) {
        if (strcmp(member->key, "gpu_milli") == 0)
            rc = read_int(member, "guarantee.gpu_milli", 0, QUOTA_MAX,
                          &project->guarantee_milli, err);
        else if (strcmp(member->key, "kinds") == 0)
            rc = read_kinds(member, "guarantee.kinds", true, project, err);
        else
            rc = fg_fail(err, FG_EINVAL, "guarantee: unknown member %.40s", member->key);
    }
    return rc;
}

static int read_borrows(const struct fg_doc *doc,
                        struct fg_project *project,
                        struct fg_err *err)
{
    bool back = doc->kind == FG_DOC_TEXT && strcmp(doc->text, "preemptible") == 0;
    if (!back && (doc->kind != FG_DOC_TEXT || strcmp(doc->text, "all") != 0))
        return fg_fail(err, FG_EINVAL, "borrows: expected all or preemptible");
    project->borrows_back = back;
    return 0;
}

static int read_quota(const struct fg_doc *doc, struct fg_project *project, struct fg_err *err)
{
    if (doc->kind != FG_DOC_MAP)
        return fg_fail(err, FG_EINVAL, "quota: expected an object");
    for (const struct fg_doc *member = doc->first; member; member = member->next) {
        int rc = FG_ENOENT;
        for (size_t i = 0; i < QUOTA_MEMBERS; i++) {
            if (strcmp(quota_members[i].name, member->key) != 0)
                continue;
            int64_t *to = quota_at(&project->quota, i);
            rc = 0;
            if (member->kind == FG_DOC_NULL)
                *to = -1;
            else
                rc = read_int(member, member->key, 0, QUOTA_MAX, to, err);
        }
        if (strcmp(member->key, "kinds") == 0)
            rc = read_kinds(member, "quota.kinds", false, project, err);
        if (rc == FG_ENOENT)
            rc = fg_fail(err, FG_EINVAL, "quota: unknown member %.40s", member->key);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_member(const struct fg_doc *member,
                       struct fg_project *project,
                       struct fg_err *err)
{
    int64_t value = 0;
    int rc = 0;

    if (strcmp(member->key, "weight") == 0) {
        rc = read_int(member, "weight", 1, WEIGHT_MAX, &value, err);
        project->weight = rc == 0 ? (uint32_t)value : project->weight;
    } else if (strcmp(member->key, "priority") == 0) {
        rc = read_int(member, "priority", -FG_PRIORITY_MAX, FG_PRIORITY_MAX, &value, err);
        project->priority = rc == 0 ? (int32_t)value : project->priority;
    } else if (strcmp(member->key, "archived") == 0) {
        if (member->kind != FG_DOC_BOOL)
            return fg_fail(err, FG_EINVAL, "archived: expected true or false");
        project->archived = member->integer != 0;
    } else if (strcmp(member->key, "quota") == 0) {
        rc = read_quota(member, project, err);
    } else if (strcmp(member->key, "guarantee") == 0) {
        rc = read_guarantee(member, project, err);
    } else if (strcmp(member->key, "borrows") == 0) {
        rc = read_borrows(member, project, err);
    } else if (strcmp(member->key, "user_limits") == 0) {
        rc = fg_project_read_user_limits(member, project, err);
    } else if (strcmp(member->key, "budget") == 0) {
        rc = fg_project_read_budget(member, project, err);
    } else if (strcmp(member->key, "name") == 0) {
        if (member->kind != FG_DOC_TEXT || strcmp(member->text, project->name) != 0)
            return fg_fail(err, FG_EINVAL, "name: differs from the one in the path");
    } else if (strcmp(member->key, "usage")
                   != 0 /* part of what GET shows; not ours to change */
               && strcmp(member->key, "parent") != 0) { /* read_parent() */
        return fg_fail(err, FG_EINVAL, "body: unknown member %.40s", member->key);
    }
    return rc;
}

struct existing {
    const char *name;
    struct fg_project *out;
    bool found;
};

static int note_existing(void *self, const struct fg_project *project)
{
    struct existing *existing = self;
    if (strcmp(existing->name, project->name) == 0) {
        *existing->out = *project;
        existing->found = true;
    }
    return 0;
}

static int read_parent(struct fg_call *call,
                       const struct fg_doc *doc,
                       struct fg_project *project,
                       struct fg_err *err)
{
    struct fg_project parent = {};
    struct existing existing = {.name = doc->text, .out = &parent};
    if (doc->kind == FG_DOC_NULL) {
        project->parent = 0;
        return 0;
    }
    if (doc->kind != FG_DOC_TEXT)
        return fg_fail(err, FG_EINVAL, "parent: expected the name of a project, or null");
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    int rc = reader ? fg_reader_projects(reader, note_existing, &existing, err) : FG_EIO;
    if (rc == 0 && !existing.found)
        rc = fg_fail(err, FG_EINVAL, "parent: project %.63s is not known", doc->text);
    project->parent = parent.id;
    return rc;
}

/* What is there stays as it is but for the members given. */
static int read_put(struct fg_call *call, struct fg_project *project, struct fg_err *err)
{
    struct existing existing = {.name = call->capture, .out = project};
    const struct fg_doc *doc = NULL;

    int rc = fg_name_check("project", call->capture, err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, err) : NULL;
    if (rc == 0)
        rc = reader ? fg_reader_projects(reader, note_existing, &existing, err) : FG_EIO;
    if (rc < 0)
        return rc;
    if (!existing.found) {
        *project = (struct fg_project){.weight = WEIGHT_DEFAULT, .quota = {-1, -1, -1, -1, -1}};
        snprintf(project->name, sizeof(project->name), "%s", call->capture);
    }
    rc = fg_call_doc(call, &doc, err);
    for (const struct fg_doc *member = rc == 0 ? doc->first : NULL; member && rc == 0;
         member = member->next)
        rc = read_member(member, project, err);
    const struct fg_doc *parent = rc == 0 ? fg_doc_get(doc, "parent") : NULL;
    return parent ? read_parent(call, parent, project, err) : rc;
}

static void changed(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    atomic_fetch_add(&call->api->generation, 1);
    fg_call_ask(call, FG_CMD_STATUS, shown);
}

void fg_handle_project_put(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_project *project = FG_NEW(call->arena, struct fg_project, 1);
    int rc = read_put(call, project, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    call->command.project = project;
    fg_call_ask(call, FG_CMD_PROJECT_PUT, changed);
}

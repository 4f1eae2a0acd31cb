/* project_terms.c - see project_terms.h */
#include "api/project_terms.h"

#include "base/clock.h"

#include <stddef.h>
#include <string.h>

#define LIMIT_MAX INT64_C(1000000000)
#define UUSD_MAX  INT64_C(1000000000000000) /* a thousand million USD */

static const struct {
    const char *name;
    size_t offset;
} members[] = {
    {"running", offsetof(struct fg_user_limits, running)},
    {"gpu_milli", offsetof(struct fg_user_limits, gpu_milli)},
    {"queued", offsetof(struct fg_user_limits, queued)},
    {"submits_per_minute", offsetof(struct fg_user_limits, submits_per_minute)},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static int64_t *limit_at(struct fg_user_limits *limits, size_t i)
{
    return (int64_t *)(void *)((char *)limits + members[i].offset);
}

/* -- out ------------------------------------------------------------------------------------------- */

void fg_project_write_terms(struct fg_json *json, const struct fg_project *project)
{
    struct fg_user_limits limits = project->user_limits;
    fg_json_key(json, "user_limits");
    fg_json_object(json);
    for (size_t i = 0; i < MEMBERS; i++) {
        int64_t limit = *limit_at(&limits, i);
        fg_json_key(json, members[i].name);
        if (limit > 0)
            fg_json_int(json, limit);
        else
            fg_json_null(json);
    }
    fg_json_end(json);
    fg_json_key(json, "budget");
    if (project->budget.uusd <= 0) {
        fg_json_null(json);
        return;
    }
    fg_json_object(json);
    fg_json_kv_int(json, "uusd", project->budget.uusd);
    fg_json_kv(json, "period", fg_period_name(project->budget.period));
    fg_json_kv(json, "action", project->budget.stops ? "stop" : "wait");
    fg_json_end(json);
}

static void write_number(struct fg_json *json, const struct fg_doc *held, const char *key)
{
    const struct fg_doc *value = held ? fg_doc_get(held, key) : NULL;
    fg_json_key(json, key);
    if (value)
        fg_json_int(json, value->integer);
    else
        fg_json_null(json);
}

void fg_project_write_spent(struct fg_json *json, const struct fg_doc *held)
{
    const struct fg_doc *renews = held ? fg_doc_get(held, "renews_us") : NULL;
    char text[FG_TIME_TEXT_MAX];
    write_number(json, held, "spent_uusd");
    write_number(json, held, "committed_uusd");
    if (renews && renews->integer)
        fg_time_format(renews->integer, text);
    fg_json_kv(json, "renews_at", renews && renews->integer ? text : NULL);
}

/* -- in -------------------------------------------------------------------------------------------- */

static int read_limit(const struct fg_doc *doc, int64_t max, int64_t *out, struct fg_err *err)
{
    if (doc->kind == FG_DOC_NULL) {
        *out = 0;
        return 0;
    }
    if (doc->kind != FG_DOC_INT || doc->integer < 1 || doc->integer > max)
        return fg_fail(err, FG_EINVAL, "%.40s: expected a whole number from 1 to %lld, or null",
                       doc->key, (long long)max);
    *out = doc->integer;
    return 0;
}

int fg_project_read_user_limits(const struct fg_doc *doc,
                                struct fg_project *project,
                                struct fg_err *err)
{
    if (doc->kind == FG_DOC_NULL) {
        project->user_limits = (struct fg_user_limits){};
        return 0;
    }
    if (doc->kind != FG_DOC_MAP)
        return fg_fail(err, FG_EINVAL, "user_limits: expected an object or null");
    int rc = 0;
    for (const struct fg_doc *member = doc->first; member && rc == 0; member = member->next) {
        size_t i = 0;
        while (i < MEMBERS && strcmp(members[i].name, member->key) != 0)
            i++;
        if (i == MEMBERS)
            return fg_fail(err, FG_EINVAL, "user_limits: unknown member %.40s", member->key);
        rc = read_limit(member, LIMIT_MAX, limit_at(&project->user_limits, i), err);
    }
    return rc < 0 ? fg_wrap(err, rc, "user_limits") : 0;
}

static int read_member(const struct fg_doc *member,
                       struct fg_budget *budget,
                       struct fg_err *err)
{
    bool is_text = member->kind == FG_DOC_TEXT;
    if (strcmp(member->key, "uusd") == 0)
        return read_limit(member, UUSD_MAX, &budget->uusd, err);
    if (strcmp(member->key, "period") == 0) {
        int period = is_text ? fg_period_find(member->text) : -1;
        if (period < 0)
            return fg_fail(err, FG_EINVAL,
                           "period: expected day, week, month, quarter, year or total");
        budget->period = (enum fg_period)period;
        return 0;
    }
    if (strcmp(member->key, "action") != 0)
        return fg_fail(err, FG_EINVAL, "unknown member %.40s", member->key);
    budget->stops = is_text && strcmp(member->text, "stop") == 0;
    if (!budget->stops && (!is_text || strcmp(member->text, "wait") != 0))
        return fg_fail(err, FG_EINVAL, "action: expected wait or stop");
    return 0;
}

int fg_project_read_budget(const struct fg_doc *doc,
                           struct fg_project *project,
                           struct fg_err *err)
{
    if (doc->kind == FG_DOC_NULL) {
        project->budget = (struct fg_budget){};
        return 0;
    }
    if (doc->kind != FG_DOC_MAP)
        return fg_fail(err, FG_EINVAL, "budget: expected an object or null");
    struct fg_budget budget = project->budget;
    if (budget.uusd <= 0)
        budget = (struct fg_budget){.period = FG_PERIOD_MONTH};
    int rc = 0;
    for (const struct fg_doc *member = doc->first; member && rc == 0; member = member->next)
        rc = read_member(member, &budget, err);
    if (rc == 0 && budget.uusd <= 0)
        rc = fg_fail(err, FG_EINVAL, "uusd is missing");
    if (rc < 0)
        return fg_wrap(err, rc, "budget");
    project->budget = budget;
    return 0;
}

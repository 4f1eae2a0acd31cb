/* report_jobs.c - see report_jobs.h */
#include "cli/report_jobs.h"

#include "base/grow.h"
#include "base/text.h"
#include "cli/view.h"

#include <stdlib.h>
#include <string.h>

void fg_report_jobs_begin(struct fg_report_jobs *jobs)
{
    jobs->projects = calloc(FG_REPORT_OWNERS, sizeof(jobs->projects[0]));
    jobs->users = calloc(FG_REPORT_OWNERS, sizeof(jobs->users[0]));
    if (!jobs->projects || !jobs->users)
        abort();
}

void fg_report_jobs_end(struct fg_report_jobs *jobs)
{
    free(jobs->all.waits_us);
    for (size_t i = 0; i < jobs->projects_len; i++)
        free(jobs->projects[i].waits_us);
    for (size_t i = 0; i < jobs->users_len; i++)
        free(jobs->users[i].waits_us);
    free(jobs->projects);
    free(jobs->users);
}

/* -- one job --------------------------------------------------------------------------------------------- */

struct facts {
    const struct fg_doc *doc;
    const char *state;
    int64_t wait_us, gpu_us, cost_uusd;
    double energy_j, hours, asked_gib, used_gib; /* 0: not asked, or not known */
    bool began;
};

static struct facts facts_of(const struct fg_report_jobs *jobs, const struct fg_doc *doc)
{
    const struct fg_doc *usage = fg_doc_get(doc, "usage"),
                        *request = fg_doc_get(doc, "request");
    int64_t ready_us = fg_view_time(doc, "eligible"), start_us = fg_view_time(doc, "started");
    int64_t took_us = fg_view_seconds(doc, "duration_s"),
            gpu_us = fg_view_seconds(usage, "gpu_s");
    int64_t rss_mib = fg_view_int(usage, "max_rss_mib", 0);
    double tasks = (double)fg_view_int(doc, "tasks", 1);
    if (ready_us < fg_view_time(doc, "submitted"))
        ready_us = fg_view_time(doc, "submitted");
    struct facts facts = {.doc = doc,
                          .state = fg_view_text(doc, "state"),
                          .began = start_us > 0,
                          .wait_us = (start_us ? start_us : jobs->now_us) - ready_us,
                          .gpu_us = gpu_us > 0 ? gpu_us : 0,
                          .cost_uusd = fg_view_int(doc, "cost_uusd", 0),
                          .energy_j = fg_view_real(usage, "energy_j", 0),
                          .hours = took_us > 0 ? (double)took_us / 3.6e9 : 0};
    if (facts.wait_us < 0)
        facts.wait_us = 0;
    if (rss_mib > 0) {
        facts.asked_gib = tasks * (double)fg_view_int(request, "mem_mib", 0) / 1024;
        facts.used_gib = facts.asked_gib > 0 ? tasks * (double)rss_mib / 1024 : 0;
    }
    return facts;
}

static void add_wait(struct fg_report_owner *owner, int64_t wait_us)
{
    owner->waits_us =
        fg_grow(owner->waits_us, owner->waits_len, &owner->waits_room, sizeof(int64_t));
    owner->waits_us[owner->waits_len++] = wait_us;
}

static void add_to(struct fg_report_owner *owner, const struct facts *facts)
{
    bool succeeded = strcmp(facts->state, "succeeded") == 0;
    bool is_lost = strcmp(facts->state, "failed") == 0 || strcmp(facts->state, "timed_out") == 0
                   || strcmp(facts->state, "cancelled") == 0;
    owner->jobs++;
    owner->succeeded += succeeded;
    owner->failed += is_lost && strcmp(facts->state, "cancelled") != 0;
    owner->waiting += strcmp(facts->state, "queued") == 0;
    owner->gpu_us += facts->gpu_us;
    owner->cost_uusd += facts->cost_uusd;
    owner->energy_j += facts->energy_j;
    owner->lost_gpu_us += is_lost ? facts->gpu_us : 0;
    owner->asked_gib_hours += facts->asked_gib * facts->hours;
    owner->used_gib_hours += facts->used_gib * facts->hours;
    if (facts->began)
        add_wait(owner, facts->wait_us);
}

/* Its line, or, once there is no room for more, that of the others. */
static struct fg_report_owner *owner_of(struct fg_report_owner *owners,
                                        size_t *len,
                                        const char *name)
{
    for (size_t i = 0; i < *len; i++)
        if (strcmp(owners[i].name, name) == 0)
            return &owners[i];
    if (*len == FG_REPORT_OWNERS)
        return &owners[FG_REPORT_OWNERS - 1];
    bool is_last = *len == FG_REPORT_OWNERS - 1;
    (void)fg_copy(owners[*len].name, FG_NAME_MAX, is_last ? "others" : name);
    return &owners[(*len)++];
}

static void rank(struct fg_report_wait *list, size_t *len, const struct facts *facts)
{
    size_t at = *len;
    while (at > 0 && list[at - 1].wait_us < facts->wait_us)
        at--;
    if (at == FG_REPORT_LONGEST)
        return;
    if (*len < FG_REPORT_LONGEST)
        ++*len;
    memmove(&list[at + 1], &list[at], (*len - at - 1) * sizeof(list[0]));
    list[at] = (struct fg_report_wait){.wait_us = facts->wait_us};
    (void)fg_copy(list[at].id, sizeof(list[at].id), fg_view_text(facts->doc, "id"));
    (void)fg_copy(list[at].name, FG_NAME_MAX, fg_view_text(facts->doc, "name"));
    (void)fg_copy(list[at].project, FG_NAME_MAX, fg_view_text(facts->doc, "project"));
}

int fg_report_jobs_add(void *self, const struct fg_doc *job)
{
    struct fg_report_jobs *jobs = self;
    if (fg_view_time(job, "submitted") < jobs->from_us || jobs->all.jobs >= FG_REPORT_JOBS_MAX)
        return 1;
    struct facts facts = facts_of(jobs, job);
    add_to(&jobs->all, &facts);
    add_to(owner_of(jobs->projects, &jobs->projects_len, fg_view_text(job, "project")), &facts);
    add_to(owner_of(jobs->users, &jobs->users_len, fg_view_text(job, "user")), &facts);
    if (facts.began)
        rank(jobs->began, &jobs->began_len, &facts);
    else if (strcmp(facts.state, "queued") == 0)
        rank(jobs->waits, &jobs->waits_len, &facts);
    return 0;
}

static int shorter_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int64_t fg_report_wait_us(struct fg_report_owner *owner, double q)
{
    if (owner->waits_len == 0)
        return -1;
    qsort(owner->waits_us, owner->waits_len, sizeof(int64_t), shorter_first);
    size_t at = (size_t)(q * (double)owner->waits_len);
    return owner->waits_us[at < owner->waits_len ? at : owner->waits_len - 1];
}

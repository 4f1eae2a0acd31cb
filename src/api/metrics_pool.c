/* metrics_pool.c - the pool by supplier, for /metrics: nodes by state, accelerators by kind, what an hour of them costs. */
#include "api/metrics.h"

#include "base/arena.h"

#include <inttypes.h>
#include <string.h>

#define GROUPS_MAX                                                                             \
    512 /* what is beyond counts as the last one: no pool makes series without end */
#define OWNERS_MAX 8000 /* running jobs whose project is told */

/* One supplier and a state or a kind: how many, how much of them is granted. */
struct group {
    const char *supplier, *name;
    int64_t len, granted_milli, uusd_per_hour;
};
struct groups {
    struct group items[GROUPS_MAX];
    size_t len;
};

static struct group *group_of(struct groups *groups, const char *supplier, const char *name)
{
    for (size_t i = 0; i < groups->len; i++)
        if (strcmp(groups->items[i].name, name) == 0
            && strcmp(groups->items[i].supplier, supplier) == 0)
            return &groups->items[i];
    if (groups->len == GROUPS_MAX)
        return &groups->items[GROUPS_MAX - 1];
    groups->items[groups->len] = (struct group){.supplier = supplier, .name = name};
    return &groups->items[groups->len++];
}

struct sums {
    struct groups states, kinds, suppliers;
};

static const char *supplier_of(const struct fg_doc *node)
{
    const char *supplier = fg_metrics_text(node, "supplier");
    return supplier[0] ? supplier : "local";
}

static void add_node(struct sums *sums, const struct fg_doc *node)
{
    const char *supplier = supplier_of(node);
    const struct fg_doc *devices = fg_doc_get(node, "devices");
    group_of(&sums->states, supplier, fg_metrics_text(node, "state"))->len++;
    group_of(&sums->suppliers, supplier, "")->uusd_per_hour +=
        fg_metrics_int(node, "uusd_per_hour");
    for (const struct fg_doc *at = devices ? devices->first : NULL; at; at = at->next) {
        if (strcmp(fg_metrics_text(at, "name"), FG_SERIES_MACHINE) == 0)
            continue;
        struct group *kind = group_of(&sums->kinds, supplier, fg_metrics_text(at, "kind"));
        kind->len++;
        kind->granted_milli += fg_metrics_int(at, "used_milli");
    }
}

static void write_group(struct fg_metric_text *to,
                        const struct group *group,
                        const char *key,
                        double value)
{
    fg_export_sample(to, "");
    fg_export_label(to, "supplier", group->supplier);
    if (key[0])
        fg_export_label(to, key, group->name);
    fg_export_value(to, value);
}

static void write_sums(struct fg_metric_text *to, const struct sums *sums)
{
    fg_export_family(to, "fastgpu_nodes", FG_METRIC_GAUGE, "", "Machines of the pool.");
    for (size_t i = 0; i < sums->states.len; i++)
        write_group(to, &sums->states.items[i], "state", (double)sums->states.items[i].len);
    fg_export_family(to, "fastgpu_accelerators", FG_METRIC_GAUGE, "",
                     "Accelerators of the pool.");
    for (size_t i = 0; i < sums->kinds.len; i++)
        write_group(to, &sums->kinds.items[i], "kind", (double)sums->kinds.items[i].len);
    fg_export_family(to, "fastgpu_accelerators_granted", FG_METRIC_GAUGE, "",
                     "Of them, what jobs hold.");
    for (size_t i = 0; i < sums->kinds.len; i++)
        write_group(to, &sums->kinds.items[i], "kind",
                    (double)sums->kinds.items[i].granted_milli / 1000);
    fg_export_family(to, "fastgpu_pool_price_usd_per_hour", FG_METRIC_GAUGE, "",
                     "What an hour of the nodes costs, used or not.");
    for (size_t i = 0; i < sums->suppliers.len; i++)
        write_group(to, &sums->suppliers.items[i], "",
                    (double)sums->suppliers.items[i].uusd_per_hour / 1e6);
}

static void write_health(struct fg_metric_text *to, const struct fg_doc *nodes)
{
    fg_export_family(to, "fastgpu_node_health_ratio", FG_METRIC_GAUGE, "ratio",
                     "How much the machine and its devices are trusted.");
    for (const struct fg_doc *node = nodes->first; node; node = node->next) {
        const struct fg_doc *health = fg_doc_get(node, "health");
        if (!health)
            continue;
        fg_export_sample(to, "");
        fg_export_label(to, "Hostname", fg_metrics_text(node, "name"));
        fg_export_label(to, "supplier", supplier_of(node));
        fg_export_value(to, (double)fg_metrics_int(health, "milli") / 1000);
    }
}

/* -- whose jobs ------------------------------------------------------------------------------------------- */

struct owners {
    struct fg_arena *arena;
    struct fg_metrics_owner *items;
    size_t len, page_len;
};

static int take_owner(void *self, const struct fg_job_view *view)
{
    struct owners *owners = self;
    size_t len = strlen(view->project) + 1;
    char *project = fg_arena_alloc(owners->arena, len, 1);
    memcpy(project, view->project, len);
    owners->items[owners->len++] =
        (struct fg_metrics_owner){.job = view->job.id, .project = project};
    owners->page_len++;
    return 0;
}

static int find_owners(const struct fg_metrics_ask *ask,
                       struct owners *owners,
                       struct fg_err *err)
{
    struct fg_job_filter filter = {.project = ask->call->actor.project,
                                   .states = 1U << FG_JOB_STARTING | 1U << FG_JOB_RUNNING,
                                   .limit = FG_PAGE_MAX};
    do {
        owners->page_len = 0;
        int rc = fg_reader_jobs(ask->reader, &filter, take_owner, owners, err);
        if (rc < 0)
            return rc;
        if (owners->len)
            filter.before = owners->items[owners->len - 1].job;
    } while (owners->page_len == FG_PAGE_MAX && owners->len + FG_PAGE_MAX <= OWNERS_MAX);
    return 0;
}

int fg_metrics_pool(const struct fg_metrics_ask *ask,
                    struct fg_metric_text *to,
                    const struct fg_doc *nodes,
                    struct fg_err *err)
{
    struct fg_call *call = ask->call;
    struct sums *sums = FG_NEW(ask->arena, struct sums, 1);
    struct owners owners = {.arena = ask->arena,
                            .items = FG_NEW(ask->arena, struct fg_metrics_owner, OWNERS_MAX)};
    int rc = find_owners(ask, &owners, err);
    if (rc < 0)
        return rc;
    memset(sums, 0, sizeof(*sums));
    for (const struct fg_doc *node = nodes->first; node; node = node->next)
        add_node(sums, node);
    write_sums(to, sums);
    write_health(to, nodes);
    fg_metrics_devices(to, call->api->options.series, nodes, owners.items, owners.len);
    return 0;
}

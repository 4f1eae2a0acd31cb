/* cluster.c - cluster files; see cluster.h and docs/simulator.md */
#include "sim/cluster.h"

#include "base/doc_read.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define ROOM         (256UL << 20)
#define YAML_MAX     (1 << 20)
#define WATTS_MAX    1'000'000
#define PRICE_MAX    1'000'000 /* USD an hour */
#define DEFAULT_CPUS 16        /* cores beside each device, 64 without devices */
#define MEM_PER_CPU  8192

struct input {
    struct fg_doc_reader reader;
    fg_sim_open_fn *open;
    void *open_self;
    struct fg_sim_cluster *out;
};

static void begin(struct fg_sim_cluster *cluster)
{
    *cluster = (struct fg_sim_cluster){.arena = fg_arena_new(ROOM)};
    cluster->groups = FG_NEW(cluster->arena, struct fg_sim_group, FG_SIM_GROUPS_MAX);
    cluster->traces = FG_NEW(cluster->arena, struct fg_sim_availability, FG_SIM_TRACES_MAX);
    cluster->projects = FG_NEW(cluster->arena, struct fg_project, FG_PROJECTS_MAX);
}

void fg_sim_cluster_free(struct fg_sim_cluster *cluster)
{
    fg_arena_free(cluster->arena);
    *cluster = (struct fg_sim_cluster){};
}

static struct fg_sim_group plain_group(void)
{
    return (struct fg_sim_group){.nodes = 1,
                                 .islands = 1,
                                 .speed_milli = 1000,
                                 .mttr_us = 3'600'000'000,
                                 .site = "",
                                 .rack = "",
                                 .supplier = "",
                                 .region = ""};
}

/* What the file leaves open. */
static void fill_in(struct fg_sim_group *group)
{
    if (group->cpu_milli == 0)
        group->cpu_milli = (group->gpus ? group->gpus * DEFAULT_CPUS : 64) * 1000;
    if (group->mem_mib == 0)
        group->mem_mib = group->cpu_milli / 1000 * MEM_PER_CPU;
    if (group->watts.busy_milli < group->watts.idle_milli)
        group->watts.busy_milli = group->watts.idle_milli;
}

void fg_sim_cluster_simple(struct fg_sim_cluster *out,
                           uint32_t nodes,
                           const char *kind,
                           uint32_t gpus_per_node)
{
    begin(out);
    struct fg_sim_group group = plain_group();
    group.nodes = nodes;
    group.gpus = gpus_per_node;
    fg_copy(group.name, sizeof(group.name), "node");
    fg_copy(group.kind, sizeof(group.kind), kind);
    fill_in(&group);
    out->groups[out->groups_len++] = group;
}

size_t fg_sim_cluster_nodes(const struct fg_sim_cluster *cluster)
{
    size_t nodes = 0;
    for (size_t i = 0; i < cluster->groups_len; i++)
        nodes += cluster->groups[i].nodes;
    return nodes;
}

uint64_t fg_sim_cluster_gpus(const struct fg_sim_cluster *cluster)
{
    uint64_t gpus = 0;
    for (size_t i = 0; i < cluster->groups_len; i++)
        gpus += (uint64_t)cluster->groups[i].nodes * cluster->groups[i].gpus;
    return gpus;
}

uint32_t fg_sim_cluster_widest(const struct fg_sim_cluster *cluster)
{
    uint32_t most = 1;
    for (size_t i = 0; i < cluster->groups_len; i++)
        if (cluster->groups[i].gpus > most)
            most = cluster->groups[i].gpus;
    return most;
}

uint32_t fg_sim_cluster_most_cores(const struct fg_sim_cluster *cluster)
{
    uint32_t most = 1;
    for (size_t i = 0; i < cluster->groups_len; i++)
        if (cluster->groups[i].cpu_milli / 1000 > most)
            most = cluster->groups[i].cpu_milli / 1000;
    return most;
}

/* -- availability traces: {"metadata": {"gap_seconds": 300}, "data": [1, 0, ...]} ------------------------ */

static int trace_values(struct fg_sim_availability *trace,
                        const struct fg_doc *data,
                        struct fg_arena *arena,
                        struct fg_err *err)
{
    uint32_t *nodes = FG_NEW(arena, uint32_t, data->len);
    for (const struct fg_doc *value = data->first; value; value = value->next) {
        bool is_number = value->kind == FG_DOC_INT || value->kind == FG_DOC_REAL;
        if (!is_number || !(value->real >= 0 && value->real <= FG_NODES_MAX))
            return fg_fail(err, FG_EINVAL, "%s: data[%zu]: expected a number of nodes",
                           trace->path, trace->len);
        nodes[trace->len] = (uint32_t)value->real;
        if (nodes[trace->len] > trace->most)
            trace->most = nodes[trace->len];
        trace->len++;
    }
    trace->nodes = nodes;
    return 0;
}

static int read_trace(struct input *input, const char *path, struct fg_err *err)
{
    struct fg_sim_cluster *out = input->out;
    struct fg_sim_availability *trace = &out->traces[out->traces_len];
    const char *bytes = NULL;
    size_t len = 0;
    const struct fg_doc *doc = NULL;
    *trace = (struct fg_sim_availability){.path = path};
    int rc = input->open(input->open_self, path, out->arena, &bytes, &len, err);
    if (rc == 0)
        rc = fg_doc_json(bytes, len, out->arena, &doc, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", path);
    const struct fg_doc *gap = fg_doc_get(fg_doc_get(doc, "metadata"), "gap_seconds");
    const struct fg_doc *data = fg_doc_get(doc, "data");
    bool has_gap = gap && (gap->kind == FG_DOC_INT || gap->kind == FG_DOC_REAL)
                   && gap->real >= 1 && gap->real <= 86'400;
    if (!has_gap || !data || data->kind != FG_DOC_LIST || data->len == 0
        || data->len > FG_SIM_TICKS_MAX)
        return fg_fail(err, FG_EINVAL,
                       "%s: expected {\"metadata\": {\"gap_seconds\": 1 to 86400}, \"data\": "
                       "[numbers of nodes]}",
                       path);
    trace->gap_us = (int64_t)(gap->real * 1e6);
    rc = trace_values(trace, data, out->arena, err);
    out->traces_len += rc == 0;
    return rc;
}

static int find_trace(struct input *input, const struct fg_doc *doc, uint32_t *out)
{
    const char *path;
    int rc = fg_read_text(&input->reader, doc, 4000, &path);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < input->out->traces_len; i++)
        if (strcmp(input->out->traces[i].path, path) == 0) {
            *out = (uint32_t)i;
            return 0;
        }
    if (input->out->traces_len == FG_SIM_TRACES_MAX)
        return fg_read_fail(&input->reader, doc, "more than %d traces", FG_SIM_TRACES_MAX);
    *out = (uint32_t)input->out->traces_len;
    rc = read_trace(input, path, input->reader.err);
    return rc < 0 ? fg_read_wrap(&input->reader, doc, rc) : 0;
}

/* -- members of a group -------------------------------------------------------------------------------- */

static int read_u32(struct input *input, const struct fg_doc *doc, int64_t max, uint32_t *out)
{
    int64_t value;
    int rc = fg_read_int(&input->reader, doc, 0, max, &value);
    if (rc == 0)
        *out = (uint32_t)value;
    return rc;
}

static int read_word(struct input *input, const struct fg_doc *doc, char *out, size_t size)
{
    const char *text;
    int rc = fg_read_text(&input->reader, doc, size - 1, &text);
    for (size_t i = 0; rc == 0 && text[i]; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
                    text[i]))
            return fg_read_fail(&input->reader, doc, "expected letters, digits and . _ - only");
    if (rc == 0)
        fg_copy(out, size, text);
    return rc;
}

static int read_price(struct input *input, const struct fg_doc *doc, int64_t *out_uusd)
{
    if ((doc->kind != FG_DOC_INT && doc->kind != FG_DOC_REAL)
        || !(doc->real >= 0 && doc->real <= PRICE_MAX))
        return fg_read_fail(&input->reader, doc, "expected USD per hour, 0 to %d", PRICE_MAX);
    *out_uusd = (int64_t)(doc->real * 1e6 + 0.5);
    return 0;
}

static const char *const watts_names[] = {"idle", "busy", "asleep"};

static int read_watts(struct input *input, const struct fg_doc *doc, struct fg_sim_watts *out)
{
    int64_t *values[] = {&out->idle_milli, &out->busy_milli, &out->asleep_milli};
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t i = 0;
        while (i < 3 && strcmp(at->key, watts_names[i]) != 0)
            i++;
        if (i == 3)
            return fg_read_fail_unknown(&input->reader, at, watts_names, 3);
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = fg_read_milli(&input->reader, at, 0, WATTS_MAX * 1000LL, values[i]);
        fg_read_leave(&input->reader, mark);
    }
    if (rc == 0 && out->busy_milli && out->busy_milli < out->idle_milli)
        return fg_read_fail(&input->reader, doc,
                            "busy below idle, expected it at least as high");
    return rc;
}

#define TEN_YEARS_US 315'360'000'000'000

enum member {
    NAME,
    NODES,
    KIND,
    GPUS,
    ISLANDS,
    GPU_MEMORY,
    CPUS,
    MEMORY,
    PRICE,
    WATTS,
    JOIN,
    AWAY,
    MTBF,
    MTTR,
    SPEED,
    AVAILABILITY,
    SITE,
    RACK,
    SUPPLIER,
    REGION,
    WAIT,
    MEMBERS
};
static const char *const member_names[MEMBERS] = {
    "name",   "nodes",          "kind",  "gpus", "islands",  "gpu_memory", "cpus",
    "memory", "price_per_hour", "watts", "join", "away",     "mtbf",       "mttr",
    "speed",  "availability",   "site",  "rack", "supplier", "region",     "wait"};

static int read_text_member(struct input *input,
                            enum member member,
                            const struct fg_doc *doc,
                            struct fg_sim_group *group)
{
    switch (member) {
    case NAME:
        return read_word(input, doc, group->name, sizeof(group->name) - 12);
    case KIND:
        return read_word(input, doc, group->kind, sizeof(group->kind));
    case SITE:
        return fg_read_text(&input->reader, doc, FG_NAME_MAX - 1, &group->site);
    case RACK:
        return fg_read_text(&input->reader, doc, FG_NAME_MAX - 1, &group->rack);
    case SUPPLIER:
        return fg_read_text(&input->reader, doc, FG_NAME_MAX - 1, &group->supplier);
    case REGION:
        return fg_read_text(&input->reader, doc, FG_NAME_MAX - 1, &group->region);
    default:
        group->is_spot = true;
        return find_trace(input, doc, &group->availability);
    }
}

static int read_amount(struct input *input,
                       enum member member,
                       const struct fg_doc *doc,
                       struct fg_sim_group *group)
{
    struct fg_doc_reader *reader = &input->reader;
    int64_t value = 0;
    int rc;
    switch (member) {
    case NODES:
        return read_u32(input, doc, FG_NODES_MAX, &group->nodes);
    case GPUS:
        return read_u32(input, doc, FG_NODE_DEVICES_MAX, &group->gpus);
    case ISLANDS:
        rc = fg_read_int(reader, doc, 1, FG_NODE_DEVICES_MAX, &value);
        group->islands = (uint32_t)value;
        return rc;
    case GPU_MEMORY:
        rc = fg_read_size(reader, doc, 1024, FG_MEM_GIB_MAX * 1024LL, &value);
        group->gpu_mem_mib = (uint32_t)value;
        return rc;
    case CPUS:
        rc = fg_read_milli(reader, doc, 1, FG_CPUS_MAX * 1000LL, &value);
        group->cpu_milli = (uint32_t)value;
        return rc;
    case MEMORY:
        rc = fg_read_size(reader, doc, 1024, FG_MEM_GIB_MAX * 1024LL, &value);
        group->mem_mib = (uint64_t)value;
        return rc;
    case SPEED:
        rc = fg_read_milli(reader, doc, 1, 1'000'000, &value);
        group->speed_milli = (uint32_t)value;
        return rc;
    case PRICE:
        return read_price(input, doc, &group->price_uusd_per_hour);
    default:
        return read_watts(input, doc, &group->watts);
    }
}

static int read_absence(struct input *input,
                        const struct fg_doc *doc,
                        struct fg_sim_absence *out)
{
    static const char *const names[] = {"from", "until"};
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        bool is_from = strcmp(at->key, names[0]) == 0;
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = is_from || strcmp(at->key, names[1]) == 0
                 ? fg_read_duration(&input->reader, at, TEN_YEARS_US,
                                    is_from ? &out->from_us : &out->until_us)
                 : fg_read_fail_unknown(&input->reader, at, names, 2);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

/* [{from: 2d, until: 3d}] */
static int read_absences(struct input *input,
                         const struct fg_doc *doc,
                         struct fg_sim_group *group)
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_LIST);
    if (rc < 0)
        return rc;
    struct fg_sim_absence *absences =
        FG_NEW(input->out->arena, struct fg_sim_absence, doc->len);
    int64_t last_us = 0;
    size_t len = 0;
    for (const struct fg_doc *at = doc->first; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter_at(&input->reader, len);
        rc = read_absence(input, at, &absences[len]);
        if (rc == 0
            && (absences[len].from_us < last_us
                || absences[len].until_us <= absences[len].from_us))
            rc = fg_read_fail(&input->reader, at,
                              "expected until after from, and from not before the last until");
        fg_read_leave(&input->reader, mark);
        last_us = absences[len++].until_us;
    }
    group->absences = absences;
    group->absences_len = len;
    return rc;
}

static int read_member(struct input *input,
                       enum member member,
                       const struct fg_doc *doc,
                       struct fg_sim_group *group)
{
    switch (member) {
    case WAIT:
        return fg_read_duration(&input->reader, doc, TEN_YEARS_US, &group->wait_us);
    case JOIN:
        return fg_read_duration(&input->reader, doc, TEN_YEARS_US, &group->join_us);
    case AWAY:
        return read_absences(input, doc, group);
    case MTBF:
        return fg_read_duration(&input->reader, doc, TEN_YEARS_US, &group->mtbf_us);
    case MTTR:
        return fg_read_duration(&input->reader, doc, TEN_YEARS_US, &group->mttr_us);
    case NAME:
    case KIND:
    case SITE:
    case RACK:
    case SUPPLIER:
    case REGION:
    case AVAILABILITY:
        return read_text_member(input, member, doc, group);
    default:
        return read_amount(input, member, doc, group);
    }
}

static int read_group(struct input *input, const struct fg_doc *doc)
{
    struct fg_sim_cluster *out = input->out;
    struct fg_sim_group group = plain_group();
    snprintf(group.name, sizeof(group.name), "group-%zu", out->groups_len + 1);
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        int member = 0;
        while (member < MEMBERS && strcmp(at->key, member_names[member]) != 0)
            member++;
        if (member == MEMBERS)
            return fg_read_fail_unknown(&input->reader, at, member_names, MEMBERS);
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = read_member(input, (enum member)member, at, &group);
        fg_read_leave(&input->reader, mark);
    }
    if (rc < 0)
        return rc;
    if (group.gpus && !group.kind[0])
        return fg_read_fail(&input->reader, doc, "kind: missing, with %u gpus", group.gpus);
    if (out->groups_len == FG_SIM_GROUPS_MAX)
        return fg_read_fail(&input->reader, doc, "more than %d groups", FG_SIM_GROUPS_MAX);
    fill_in(&group);
    out->groups[out->groups_len++] = group;
    return 0;
}

/* kinds: {v100: 36}: so many nodes of one device each. */
static int read_kinds(struct input *input, const struct fg_doc *doc)
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        struct fg_sim_group group = plain_group();
        size_t mark = fg_read_enter(&input->reader, at->key);
        struct fg_doc word = {.kind = FG_DOC_TEXT, .text = at->key, .line = at->line};
        word.text_len = strlen(at->key);
        rc = read_word(input, &word, group.kind, sizeof(group.kind));
        if (rc == 0)
            rc = read_u32(input, at, FG_NODES_MAX, &group.nodes);
        if (rc == 0 && input->out->groups_len == FG_SIM_GROUPS_MAX)
            rc = fg_read_fail(&input->reader, at, "more than %d groups", FG_SIM_GROUPS_MAX);
        fg_read_leave(&input->reader, mark);
        if (rc < 0)
            break;
        group.gpus = 1;
        fg_copy(group.name, sizeof(group.name), group.kind);
        fill_in(&group);
        input->out->groups[input->out->groups_len++] = group;
    }
    return rc;
}

/* -- projects ------------------------------------------------------------------------------------------- */

static const char *const project_names[] = {
    "weight", "priority", "quota_gpus", "quota_running", "guarantee_gpus", "borrows", "parent"};

static int read_borrows(struct input *input,
                        const struct fg_doc *doc,
                        struct fg_project *project)
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_TEXT);
    if (rc < 0)
        return rc;
    project->borrows_back = strcmp(doc->text, "preemptible") == 0;
    return project->borrows_back || strcmp(doc->text, "all") == 0
               ? 0
               : fg_read_fail(&input->reader, doc, "expected all or preemptible");
}

static int read_project_member(struct input *input,
                               const struct fg_doc *doc,
                               struct fg_project *project)
{
    int64_t value = 0;
    int rc;
    if (strcmp(doc->key, "weight") == 0) {
        rc = fg_read_int(&input->reader, doc, 1, 1000, &value);
        project->weight = (uint32_t)value;
    } else if (strcmp(doc->key, "priority") == 0) {
        rc = fg_read_int(&input->reader, doc, -FG_PRIORITY_MAX, FG_PRIORITY_MAX, &value);
        project->priority = (int32_t)value;
    } else if (strcmp(doc->key, "quota_gpus") == 0) {
        rc =
            fg_read_milli(&input->reader, doc, 0, 1'000'000'000'000, &project->quota.gpu_milli);
    } else if (strcmp(doc->key, "quota_running") == 0) {
        rc = fg_read_int(&input->reader, doc, 0, FG_JOBS_OPEN_MAX, &project->quota.running);
    } else if (strcmp(doc->key, "guarantee_gpus") == 0) {
        rc =
            fg_read_milli(&input->reader, doc, 0, 1'000'000'000'000, &project->guarantee_milli);
    } else if (strcmp(doc->key, "borrows") == 0) {
        rc = read_borrows(input, doc, project);
    } else if (strcmp(doc->key, "parent") == 0) {
        rc = fg_read_kind(&input->reader, doc, FG_DOC_TEXT); /* found when all are read */
    } else {
        rc = fg_read_fail_unknown(&input->reader, doc, project_names, 7);
    }
    return rc;
}

static int read_project(struct input *input, const struct fg_doc *doc)
{
    struct fg_project project = {.weight = 100, .quota = {-1, -1, -1, -1, -1}};
    if (!fg_copy(project.name, sizeof(project.name), doc->key))
        return fg_read_fail(&input->reader, doc, "a name of more than %d bytes",
                            FG_NAME_MAX - 1);
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = read_project_member(input, at, &project);
        fg_read_leave(&input->reader, mark);
    }
    if (rc == 0 && input->out->projects_len == FG_PROJECTS_MAX - 1)
        rc = fg_read_fail(&input->reader, doc, "more than %d projects", FG_PROJECTS_MAX - 1);
    if (rc == 0)
        input->out->projects[input->out->projects_len++] = project;
    return rc;
}

/* The parent of the project of this number, and no cycle by that. */
static int find_parent(struct input *input, const struct fg_doc *doc, size_t number)
{
    struct fg_project *projects = input->out->projects;
    size_t found = 0, levels = 1;
    while (found < input->out->projects_len && strcmp(projects[found].name, doc->text) != 0)
        found++;
    if (found == input->out->projects_len)
        return fg_read_fail(&input->reader, doc, "project %.63s is not known", doc->text);
    projects[number].parent = (fg_project_id)found + 1;
    for (fg_project_id at = projects[number].parent; at && levels <= FG_PROJECT_DEPTH_MAX;
         at = projects[at - 1].parent)
        levels++;
    if (levels > FG_PROJECT_DEPTH_MAX)
        return fg_read_fail(&input->reader, doc, "part of itself, or below more than %d others",
                            FG_PROJECT_DEPTH_MAX - 1);
    return 0;
}

static int read_projects(struct input *input, const struct fg_doc *doc)
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = read_project(input, at);
        fg_read_leave(&input->reader, mark);
    }
    size_t number = 0;
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        const struct fg_doc *parent = fg_doc_get(at, "parent");
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = parent ? find_parent(input, parent, number) : 0;
        fg_read_leave(&input->reader, mark);
        number++;
    }
    return rc;
}

/* -- links: [{between: [muc, ber], gbit_per_s: 10, latency_ms: 8}] ---------------------------------------- */

static int read_ends(struct input *input, const struct fg_doc *doc, const char *ends[2])
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_LIST);
    if (rc == 0 && doc->len != 2)
        rc = fg_read_fail(&input->reader, doc, "expected two sites");
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next)
        rc = fg_read_text(&input->reader, at, FG_NAME_MAX - 1, ends++);
    return rc;
}

static int read_link(struct input *input, const struct fg_doc *doc)
{
    static const char *const names[] = {"between", "gbit_per_s", "latency_ms"};
    struct fg_doc_reader *reader = &input->reader;
    const char *ends[2] = {"", ""};
    int64_t mbit_per_s = 1000, latency_us = 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter(reader, at->key);
        if (strcmp(at->key, "between") == 0)
            rc = read_ends(input, at, ends);
        else if (strcmp(at->key, "gbit_per_s") == 0)
            rc = fg_read_milli(reader, at, 1, 1'000'000'000, &mbit_per_s);
        else if (strcmp(at->key, "latency_ms") == 0)
            rc = fg_read_milli(reader, at, 0, 1'000'000'000, &latency_us);
        else
            rc = fg_read_fail_unknown(reader, at, names, 3);
        fg_read_leave(reader, mark);
    }
    if (rc < 0)
        return rc;
    struct fg_err why = {};
    rc = fg_wan_add(&input->out->links, ends[0], ends[1], latency_us, mbit_per_s * 125'000,
                    &why);
    return rc < 0 ? fg_read_fail(reader, doc, "%s", why.text) : 0;
}

static int read_list(struct input *input,
                     const struct fg_doc *doc,
                     int (*read)(struct input *input, const struct fg_doc *doc))
{
    int rc = fg_read_kind(&input->reader, doc, FG_DOC_LIST);
    size_t index = 0;
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter_at(&input->reader, index++);
        rc = read(input, at);
        fg_read_leave(&input->reader, mark);
    }
    return rc;
}

/* -- reservations ---------------------------------------------------------------------------------------- */

static int read_reservation(struct input *input, const struct fg_doc *doc)
{
    struct fg_sim_cluster *out = input->out;
    struct fg_advance_spec *spec = &out->reservations[out->reservations_len];
    const struct fg_doc *name = fg_doc_get(doc, "name");
    int rc = name && name->kind == FG_DOC_TEXT
                 ? fg_advance_json_read(doc, name->text, false, FG_SIM_EPOCH_US, out->arena,
                                        spec, input->reader.err)
                 : fg_fail(input->reader.err, FG_EINVAL, "name: missing");
    if (rc == 0 && spec->user[0])
        rc = fg_fail(input->reader.err, FG_EINVAL, "user: simulated users have no names");
    if (rc < 0)
        return fg_read_wrap(&input->reader, doc, rc);
    if (++out->reservations_len == FG_ADVANCES_MAX)
        return fg_read_fail(&input->reader, doc, "more than %d reservations",
                            FG_ADVANCES_MAX - 1);
    return 0;
}

static int read_reservations(struct input *input, const struct fg_doc *doc)
{
    if (!input->out->reservations)
        input->out->reservations =
            FG_NEW(input->out->arena, struct fg_advance_spec, FG_ADVANCES_MAX);
    return read_list(input, doc, read_reservation);
}

/* -- the file -------------------------------------------------------------------------------------------- */

static int read_part(struct input *input, const struct fg_doc *doc)
{
    static const char *const names[] = {"groups", "kinds", "projects",
                                        "links",  "stop",  "reservations"};
    if (strcmp(doc->key, "groups") == 0)
        return read_list(input, doc, read_group);
    if (strcmp(doc->key, "links") == 0)
        return read_list(input, doc, read_link);
    if (strcmp(doc->key, "kinds") == 0)
        return read_kinds(input, doc);
    if (strcmp(doc->key, "projects") == 0)
        return read_projects(input, doc);
    if (strcmp(doc->key, "stop") == 0)
        return fg_read_duration(&input->reader, doc, 86'400'000'000, &input->out->stop_us);
    if (strcmp(doc->key, "reservations") == 0)
        return read_reservations(input, doc);
    return fg_read_fail_unknown(&input->reader, doc, names, 6);
}

static int read_file(struct input *input, const char *bytes, size_t len)
{
    const struct fg_doc *doc;
    struct fg_err *err = input->reader.err;
    if (len > YAML_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: %zu bytes, expected at most %d",
                       input->reader.file_name, len, YAML_MAX);
    int rc = fg_doc_yaml(bytes, len, input->out->arena, &doc, err);
    if (rc < 0)
        return fg_read_name_file(input->reader.file_name, rc, err);
    rc = fg_read_kind(&input->reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter(&input->reader, at->key);
        rc = read_part(input, at);
        fg_read_leave(&input->reader, mark);
    }
    size_t nodes = fg_sim_cluster_nodes(input->out);
    if (rc == 0 && (nodes == 0 || nodes > FG_NODES_MAX))
        rc = fg_fail(err, FG_EINVAL, "%s: %zu nodes, expected 1 to %d", input->reader.file_name,
                     nodes, FG_NODES_MAX);
    return rc;
}

int fg_sim_cluster_read(const char *bytes,
                        size_t len,
                        const char *file_name,
                        fg_sim_open_fn *open,
                        void *open_self,
                        struct fg_sim_cluster *out,
                        struct fg_err *err)
{
    struct fg_err own = {};
    begin(out);
    struct input input = {
        .reader = {.arena = out->arena,
                   .file_name = file_name,
                   .err = err ? err : &own,
                   .text_left = 1 << 20},
        .open = open,
        .open_self = open_self,
        .out = out,
    };
    int rc = read_file(&input, bytes, len);
    if (rc < 0)
        fg_sim_cluster_free(out);
    return rc;
}

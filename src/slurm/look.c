/* look.c - see look.h */
#include "slurm/look.h"

#include "base/grow.h"
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OURS_MAX 200000 /* jobs of ours in one look */

struct entry {
    struct fg_slurm_node now;
    struct fg_look_node told;
    bool was_told;
    uint64_t seen; /* number of the look */
    uint32_t ours_cpus, before_cpus;
    uint64_t ours_mem_mib, before_mem_mib;
    uint32_t ours_gres[FG_SLURM_GRES_MAX], before_gres[FG_SLURM_GRES_MAX];
};

struct fg_look {
    char install[FG_UUID_MAX], partition[FG_NAME_MAX];
    struct entry *entries;
    size_t len, room, hint;
    struct fg_map *names;
    uint64_t number;
};

struct walk {
    struct fg_look *look;
    struct fg_look_result *out;
    size_t nodes_room, ours_room;
    const struct fg_slurm_job *job;
};

void fg_look_result_free(struct fg_look_result *result)
{
    free(result->nodes);
    free(result->ours);
    *result = (struct fg_look_result){};
}

struct fg_look *fg_look_new(const char *install, const char *partition)
{
    struct fg_look *look = calloc(1, sizeof(*look));
    if (!look)
        abort();
    snprintf(look->install, sizeof(look->install), "%s", install);
    snprintf(look->partition, sizeof(look->partition), "%s", partition);
    look->names = fg_map_new(0);
    return look;
}

void fg_look_free(struct fg_look *look)
{
    if (!look)
        return;
    fg_map_free(look->names);
    free(look->entries);
    free(look);
}

void fg_look_again(struct fg_look *look)
{
    for (size_t i = 0; i < look->len; i++)
        look->entries[i].was_told = false;
}

/* -- nodes by name -- */

static uint64_t hash_of(const char *name) /* FNV-1a */
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

static bool is_at(const struct fg_look *look, size_t at, const char *name)
{
    return at < look->len && strcmp(look->entries[at].now.name, name) == 0;
}

/* Nodes come in the same order each time, so the next one is tried first. */
static struct entry *find(struct fg_look *look, const char *name)
{
    uint32_t at;
    if (is_at(look, look->hint, name))
        return &look->entries[look->hint++];
    if (!fg_map_get(look->names, hash_of(name), &at))
        return NULL;
    for (size_t i = at; i < look->len; i++)
        if (is_at(look, i, name)) {
            look->hint = i + 1;
            return &look->entries[i];
        }
    return NULL;
}

static struct entry *find_or_add(struct fg_look *look, const char *name)
{
    struct entry *entry = find(look, name);
    if (entry || look->len == FG_NODES_MAX)
        return entry;
    look->entries = fg_grow(look->entries, look->len, &look->room, sizeof(*look->entries));
    entry = &look->entries[look->len];
    *entry = (struct entry){};
    if (!fg_map_get(look->names, hash_of(name), NULL))
        fg_map_put(look->names, hash_of(name), (uint32_t)look->len);
    look->len++;
    return entry;
}

/* -- lines -- */

static void skip(struct fg_look_result *out, const char *why)
{
    if (out->skipped++ == 0)
        snprintf(out->skipped_why, sizeof(out->skipped_why), "%s", why);
}

static void take_node(struct walk *walk, struct fg_field line)
{
    struct fg_slurm_node node;
    struct fg_err err = {};
    struct fg_look *look = walk->look;
    if (fg_slurm_node_parse(line, look->partition, &node, &err) < 0) {
        skip(walk->out, err.text);
        return;
    }
    if (!node.in_partition)
        return;
    struct entry *entry = find_or_add(look, node.name);
    if (!entry)
        return;
    entry->now = node;
    entry->seen = look->number;
    entry->ours_cpus = 0;
    entry->ours_mem_mib = 0;
    memset(entry->ours_gres, 0, sizeof(entry->ours_gres));
    walk->out->nodes_all++;
    walk->out->nodes_up += node.is_up;
}

/* What a job of ours holds on one of its nodes. */
static void take_share(void *self, const char *name)
{
    struct walk *walk = self;
    const struct fg_slurm_job *job = walk->job;
    struct entry *entry = find(walk->look, name);
    if (!entry)
        return;
    entry->ours_cpus += job->cpus / (job->nodes_len ? job->nodes_len : 1);
    entry->ours_mem_mib += job->mem_mib;
    for (int i = 0; i < job->gres_len; i++)
        for (uint32_t k = 0; k < entry->now.gres_len; k++)
            if (strcmp(job->gres[i].type, entry->now.gres[k].type) == 0)
                entry->ours_gres[k] += job->gres[i].count;
}

static void take_ours(struct walk *walk, const struct fg_slurm_job *job)
{
    struct fg_look_result *out = walk->out;
    uint64_t index = 0;
    bool is_one = fg_slurm_count(job->array, UINT16_MAX, &index);
    bool is_array = !is_one && !fg_slurm_same(job->array, "N/A") && job->array.len > 0;
    for (uint32_t i = 0; i < (is_array ? FG_SLURM_ARRAY_MAX : 1) && out->ours_len < OURS_MAX;
         i++) {
        if (is_array && !fg_slurm_array_has(job->array, i))
            continue;
        uint32_t at = is_array ? i : (uint32_t)index;
        out->ours = fg_grow(out->ours, out->ours_len, &walk->ours_room, sizeof(*out->ours));
        struct fg_look_ours *ours = &out->ours[out->ours_len++];
        *ours = (struct fg_look_ours){
            .id = job->id,
            .array_id = job->array_id,
            .index = at,
            .is_array = is_array || is_one,
            .nodes_len = job->nodes_len,
            .cpus = job->cpus / (job->nodes_len ? job->nodes_len : 1),
            .mem_mib = job->mem_mib,
            .waits = fg_slurm_job_waits(job),
            .holds = fg_slurm_job_holds(job),
            .submitted_us = job->submitted_us,
            .begins_us = job->begins_us,
            .left_us = job->left_us,
        };
        for (int k = 0; k < job->gres_len; k++)
            ours->devices += job->gres[k].count;
        fg_slurm_room_at(job->room, at, ours->room);
        if (!is_array && !is_one)
            memcpy(ours->room, job->room, sizeof(ours->room));
        memcpy(ours->shape, job->shape, sizeof(ours->shape));
        snprintf(ours->reason, sizeof(ours->reason), "%.*s",
                 (int)(job->reason.len < FG_NAME_MAX ? job->reason.len : FG_NAME_MAX - 1),
                 job->reason.text);
    }
}

static void take_job(struct walk *walk, struct fg_field line)
{
    struct fg_slurm_job job;
    struct fg_err err = {};
    if (fg_slurm_job_parse(line, walk->look->install, &job, &err) < 0) {
        skip(walk->out, err.text);
        return;
    }
    if (!job.is_ours) {
        walk->out->others_run += fg_slurm_job_holds(&job);
        if (fg_slurm_job_waits(&job))
            walk->out->others_wait += fg_slurm_array_len(job.array, UINT16_MAX);
        return;
    }
    take_ours(walk, &job);
    walk->job = &job;
    if (fg_slurm_job_holds(&job))
        (void)fg_slurm_hosts(job.nodes, FG_NODES_MAX, take_share, walk);
    walk->job = NULL;
}

/* -- what is new -- */

static uint64_t rest(uint64_t all, uint64_t part)
{
    return all > part ? all - part : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What others hold in this look and in the one before. */
static void weigh(struct entry *entry, struct fg_look_node *out)
{
    uint64_t cpus = rest(entry->now.cpus_used, entry->ours_cpus);
    uint64_t mem = rest(entry->now.mem_used_mib, entry->ours_mem_mib);
    memset(out, 0, sizeof(*out));
    memcpy(&out->node, &entry->now, sizeof(out->node));
    out->node.cpus_used = 0;
    out->node.mem_used_mib = 0;
    memset(out->node.gres_used, 0, sizeof(out->node.gres_used));
    out->others_cpus = (uint32_t)least(cpus, entry->before_cpus);
    out->others_mem_mib = least(mem, entry->before_mem_mib);
    entry->before_cpus = (uint32_t)cpus;
    entry->before_mem_mib = mem;
    for (uint32_t i = 0; i < entry->now.gres_len; i++) {
        uint64_t gres = rest(entry->now.gres_used[i], entry->ours_gres[i]);
        out->others_gres[i] = (uint32_t)least(gres, entry->before_gres[i]);
        entry->before_gres[i] = (uint32_t)gres;
    }
}

static void tell(struct walk *walk, struct entry *entry, const struct fg_look_node *node)
{
    struct fg_look_result *out = walk->out;
    memcpy(&entry->told, node, sizeof(*node));
    entry->was_told = true;
    out->nodes = fg_grow(out->nodes, out->nodes_len, &walk->nodes_room, sizeof(*out->nodes));
    memcpy(&out->nodes[out->nodes_len++], node, sizeof(*node));
}

static void compare(struct walk *walk, struct entry *entry)
{
    struct fg_look_node node;
    if (entry->seen == walk->look->number) {
        weigh(entry, &node);
    } else {
        if (!entry->was_told || entry->told.is_gone)
            return;
        memcpy(&node, &entry->told, sizeof(node));
        node.is_gone = true;
    }
    if (!entry->was_told || memcmp(&node, &entry->told, sizeof(node)) != 0)
        tell(walk, entry, &node);
}

void fg_look_take(struct fg_look *look,
                  struct fg_field nodes,
                  struct fg_field queue,
                  struct fg_look_result *out)
{
    struct walk walk = {.look = look, .out = out};
    struct fg_rows rows = {.bytes = nodes.text, .len = nodes.len};
    struct fg_field line;
    *out = (struct fg_look_result){};
    look->number++;
    look->hint = 0;
    while (fg_rows_next(&rows, &line))
        if (line.len > 0)
            take_node(&walk, line);
    rows = (struct fg_rows){.bytes = queue.text, .len = queue.len};
    while (fg_rows_next(&rows, &line))
        if (line.len > 0)
            take_job(&walk, line);
    for (size_t i = 0; i < look->len; i++)
        compare(&walk, &look->entries[i]);
}

/* tell.c - news of nodes and suppliers. */
#include "slurm/inner.h"

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *name) /* FNV-1a, as in table.c */
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

/* "H100" is "h100", what is in no name of a kind is '-', no type is "gpu". */
static void kind_of(const char *type, char out[FG_KIND_MAX])
{
    size_t len = 0;
    for (; type[len] && len < FG_KIND_MAX - 1; len++) {
        char c = (char)tolower((unsigned char)type[len]);
        out[len] = isalnum((unsigned char)c) || strchr("._-", c) ? c : '-';
    }
    out[len] = '\0';
    if (len == 0)
        fg_copy(out, FG_KIND_MAX, "gpu");
}

static void add_devices(const struct fg_slurm_gres *gres, struct fg_node_spec *spec)
{
    for (uint32_t i = 0; i < gres->count && spec->devices_len < FG_NODE_DEVICES_MAX; i++) {
        struct fg_device_spec *device = &spec->devices[spec->devices_len];
        *device = (struct fg_device_spec){.share = FG_SHARE_ADVISORY, .numa = -1, .island = -1};
        kind_of(gres->type, device->kind);
        bool is_amd =
            strncmp(device->kind, "mi", 2) == 0 && isdigit((unsigned char)device->kind[2]);
        device->vendor = is_amd ? FG_VENDOR_AMD : FG_VENDOR_NVIDIA;
        fg_copy(device->expose, sizeof(device->expose),
                is_amd ? "HIP_VISIBLE_DEVICES" : "CUDA_VISIBLE_DEVICES");
        snprintf(device->id, sizeof(device->id), "%u", spec->devices_len++);
    }
}

/* false: its name is too long for the pool. */
static bool make_spec(const struct fg_site *site,
                      const struct fg_slurm_node *node,
                      struct fg_node_spec *out)
{
    const struct fg_cluster_terms *terms = &site->supplier.cluster;
    *out = (struct fg_node_spec){.cpu_milli = node->cpus * 1000,
                                 .mem_mib = node->mem_mib,
                                 .is_spot = node->is_spot,
                                 .whole_only = true};
    int len = snprintf(out->name, sizeof(out->name), "%s.%s", site->supplier.name, node->name);
    fg_copy(out->supplier, sizeof(out->supplier), site->supplier.name);
    fg_copy(out->address, sizeof(out->address), node->address);
    fg_copy(out->region, sizeof(out->region), terms->region);
    fg_copy(out->site, sizeof(out->site), terms->site);
    for (uint32_t i = 0; i < node->gres_len; i++)
        add_devices(&node->gres[i], out);
    out->price_uusd_per_hour = terms->price_uusd_per_device_hour * out->devices_len;
    return len < (int)sizeof(out->name);
}

/* What others hold: of each kind the last places that ours have not. */
static void hold_for_others(const struct fg_slurm_node_at *node, struct fg_grant *out)
{
    const struct fg_look_node *look = &node->look;
    uint32_t first = 0, ours = fg_slurm_held(node);
    *out = (struct fg_grant){.cpu_milli = look->others_cpus * 1000,
                             .mem_mib = look->others_mem_mib,
                             .gpu_milli = FG_WHOLE_MILLI};
    for (uint32_t i = 0; i < look->node.gres_len; i++) {
        uint32_t left = look->others_gres[i], end = first + look->node.gres[i].count;
        end = end < node->spec->devices_len ? end : node->spec->devices_len;
        for (uint32_t k = end; k-- > first && left > 0;)
            if (!(ours >> k & 1)) {
                out->devices |= UINT32_C(1) << k;
                left--;
            }
        first = end;
    }
}

static void tell_state(struct fg_engine *engine,
                       const struct fg_site *site,
                       const struct fg_slurm_node_at *node,
                       const char *reason)
{
    struct fg_engine_news news = {.kind = FG_NEWS_NODE_STATE,
                                  .time_us = fg_slurm_utc_us(),
                                  .up = node->look.node.is_up,
                                  .rest = node->look.node.rest};
    fg_copy(news.node, sizeof(news.node), node->spec->name);
    fg_copy(news.supplier, sizeof(news.supplier), site->supplier.name);
    fg_copy_clean(news.reason, sizeof(news.reason), reason);
    hold_for_others(node, &news.others);
    fg_slurm_push_news(engine, &news);
}

void fg_site_tell_power(struct fg_engine *engine,
                        const struct fg_site *site,
                        const struct fg_report *report)
{
    const struct fg_slurm_node_at *node = fg_site_node(site, report->node);
    if (report->rc < 0 && node && node->spec && node->look.node.is_up)
        tell_state(engine, site, node, report->reason);
}

static void tell_gone(struct fg_engine *engine,
                      const struct fg_site *site,
                      const struct fg_slurm_node_at *node)
{
    struct fg_engine_news news = {.kind = FG_NEWS_NODE_GONE, .time_us = fg_slurm_utc_us()};
    fg_copy(news.node, sizeof(news.node), node->spec->name);
    fg_copy(news.supplier, sizeof(news.supplier), site->supplier.name);
    fg_copy(news.reason, sizeof(news.reason), "Slurm does not name it any more");
    fg_slurm_push_news(engine, &news);
}

static struct fg_slurm_node_at *add_node(struct fg_site *site, const char *name)
{
    if (site->nodes_len == site->nodes_room) {
        site->nodes_room = site->nodes_room ? site->nodes_room * 2 : 64;
        site->nodes =
            realloc((void *)site->nodes, site->nodes_room * sizeof(struct fg_slurm_node_at *));
        if (!site->nodes)
            abort();
    }
    struct fg_slurm_node_at *node = fg_slurm_zeroed(sizeof(*node));
    fg_copy(node->name, sizeof(node->name), name);
    fg_map_put(site->names, hash_of(name), (uint32_t)site->nodes_len);
    site->nodes[site->nodes_len++] = node;
    return node;
}

static bool same_spec(const struct fg_node_spec *a, const struct fg_node_spec *b)
{
    return a && a->devices_len == b->devices_len
           && memcmp(a, b,
                     offsetof(struct fg_node_spec, devices)
                         + b->devices_len * sizeof(struct fg_device_spec))
                  == 0;
}

static void take_spec(struct fg_engine *engine,
                      const struct fg_site *site,
                      struct fg_slurm_node_at *node,
                      const struct fg_node_spec *spec)
{
    size_t size = offsetof(struct fg_node_spec, devices)
                  + spec->devices_len * sizeof(struct fg_device_spec);
    struct fg_engine_news news = {
        .kind = FG_NEWS_NODE, .time_us = fg_slurm_utc_us(), .up = node->look.node.is_up};
    free(node->spec);
    node->spec = fg_slurm_zeroed(size);
    memcpy(node->spec, spec, size);
    fg_copy(news.node, sizeof(news.node), spec->name);
    fg_copy(news.supplier, sizeof(news.supplier), site->supplier.name);
    fg_slurm_push_news(engine, &news);
}

static void take_node(struct fg_engine *engine,
                      struct fg_site *site,
                      const struct fg_look_node *look)
{
    struct fg_node_spec spec;
    if (!make_spec(site, &look->node, &spec))
        return;
    struct fg_slurm_node_at *node = fg_site_node(site, look->node.name);
    if (!node)
        node = add_node(site, look->node.name);
    node->look = *look;
    if (look->is_gone) {
        if (node->spec)
            tell_gone(engine, site, node);
        return;
    }
    if (!same_spec(node->spec, &spec))
        take_spec(engine, site, node, &spec);
    tell_state(engine, site, node, node->look.node.reason);
}

void fg_site_tell_nodes(struct fg_engine *engine,
                        struct fg_site *site,
                        const struct fg_look_result *look)
{
    for (size_t i = 0; i < look->nodes_len; i++)
        take_node(engine, site, &look->nodes[i]);
}

void fg_site_forget_nodes(struct fg_engine *engine, struct fg_site *site, bool tell)
{
    for (size_t i = 0; i < site->nodes_len; i++) {
        if (tell && site->nodes[i]->spec)
            tell_gone(engine, site, site->nodes[i]);
        free(site->nodes[i]->spec);
        free(site->nodes[i]->power);
        free(site->nodes[i]);
    }
    site->nodes_len = 0;
}

static int compare(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static int64_t median_wait(const struct fg_site *site)
{
    int64_t waits[FG_WAITS_KEPT];
    uint32_t len = site->waits_len < FG_WAITS_KEPT ? site->waits_len : FG_WAITS_KEPT;
    if (len == 0)
        return -1;
    memcpy(waits, site->waits, len * sizeof(waits[0]));
    qsort(waits, len, sizeof(waits[0]), compare);
    return waits[len / 2];
}

void fg_site_tell(struct fg_engine *engine,
                  struct fg_site *site,
                  const struct fg_report *report)
{
    const struct fg_look_result *look = &report->look;
    struct fg_engine_news news = {.kind = FG_NEWS_SUPPLIER,
                                  .time_us = fg_slurm_utc_us(),
                                  .up = site->is_up,
                                  .answered_us = site->answered_us,
                                  .answer_time_us = report->took_us,
                                  .nodes = look->nodes_all,
                                  .nodes_up = look->nodes_up,
                                  .others_run = look->others_run,
                                  .others_wait = look->others_wait,
                                  .wait_us = median_wait(site)};
    fg_copy(news.supplier, sizeof(news.supplier), site->supplier.name);
    fg_copy(news.version, sizeof(news.version), report->version);
    fg_copy(news.reason, sizeof(news.reason),
            report->rc < 0 ? report->reason : look->skipped_why);
    for (size_t i = 0; i < engine->rooms_len; i++) {
        const struct fg_room *room = engine->rooms[i];
        news.ours_run += room->site == site && room->state == FG_ROOM_HERE;
        news.ours_wait += room->site == site && room->state < FG_ROOM_HERE;
    }
    fg_slurm_push_news(engine, &news);
}

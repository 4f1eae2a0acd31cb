/* pool_map.c - the whole pool as columns: one pass over the grants, then one over the devices for each column. */
#include "control/node_inner.h"

#include "base/json_write.h"

#include <string.h>

/* Who holds a device, where it is not one project: see openapi.yaml. */
#define HELD_BY_NOBODY  (-1)
#define HELD_BY_SEVERAL (-2)
#define HELD_BY_OTHERS  (-3)

struct map {
    const struct fg_control *control;
    fg_project_id sees; /* 0: all of them */
    size_t *first;      /* by node: where its devices begin in `holder` */
    int32_t *holder;
};

/* A machine without accelerators is shown as one device: its cores. */
static uint32_t devices_of(const struct fg_pool_node *node)
{
    return node->devices_len ? node->devices_len : 1;
}

static void hold(struct map *map, const struct fg_grant *grant, fg_project_id project)
{
    const struct fg_pool_node *node = fg_pool_node(map->control->pool, grant->node);
    uint32_t mask = node->devices_len ? grant->devices : 1;
    for (uint32_t i = 0; i < devices_of(node); i++) {
        int32_t *holder = &map->holder[map->first[grant->node] + i];
        if (mask >> i & 1)
            *holder = *holder == HELD_BY_NOBODY || *holder == (int32_t)project
                          ? (int32_t)project
                          : HELD_BY_SEVERAL;
    }
}

/* Projects that may not be seen leave no trace. */
static void find_holders(struct map *map)
{
    const struct fg_control *control = map->control;
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        fg_project_id project = fg_queue_get(control->queue, live->job)->project;
        if (map->sees == 0 || map->sees == project)
            for (uint32_t task = 0; task < live->tasks; task++)
                hold(map, &live->grants[task], project);
    }
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++) {
        const struct known_node *known = fg_node_known(control, id);
        for (uint32_t i = 0; i < fg_pool_node(control->pool, id)->devices_len; i++)
            if (known->has_others && known->others.devices >> i & 1)
                map->holder[map->first[id] + i] = HELD_BY_OTHERS;
    }
}

static void map_init(struct map *map, struct fg_arena *arena)
{
    const struct fg_pool *pool = map->control->pool;
    size_t len = fg_pool_len(pool), devices = 0;
    map->first = FG_NEW(arena, size_t, len + 1);
    for (fg_node_id id = 1; id <= len; id++) {
        map->first[id] = devices;
        devices += devices_of(fg_pool_node(pool, id));
    }
    map->holder = FG_NEW(arena, int32_t, devices + 1);
    for (size_t i = 0; i < devices; i++)
        map->holder[i] = HELD_BY_NOBODY;
    find_holders(map);
}

/* -- columns of devices -------------------------------------------------------------------------------- */

static int64_t kind_of(const struct map *map, fg_node_id id, uint32_t at)
{
    const struct fg_pool_node *node = fg_pool_node(map->control->pool, id);
    return node->devices_len ? node->kind[at] : (int64_t)fg_pool_kinds_len(map->control->pool);
}

static int64_t used_of(const struct map *map, fg_node_id id, uint32_t at)
{
    const struct fg_pool_node *node = fg_pool_node(map->control->pool, id);
    if (node->devices_len)
        return FG_WHOLE_MILLI - node->left_milli[at]
               - fg_node_device_kept_milli(map->control, id, at);
    uint64_t used = node->cpu_milli - node->cpu_milli_left;
    return node->cpu_milli ? (int64_t)(used * FG_WHOLE_MILLI / node->cpu_milli) : 0;
}

static int64_t state_of(const struct map *map, fg_node_id id, uint32_t at)
{
    const struct known_node *known = fg_node_known(map->control, id);
    return at < known->watches_len
               ? fg_device_watch_state(&known->watches[at], map->control->now_us)
               : FG_DEVICE_FINE;
}

static int64_t holder_of(const struct map *map, fg_node_id id, uint32_t at)
{
    return map->holder[map->first[id] + at];
}

static const struct {
    const char *name;
    int64_t (*value)(const struct map *map, fg_node_id id, uint32_t at);
} device_columns[] = {
    {"kind", kind_of}, {"used_milli", used_of}, {"project", holder_of}, {"state", state_of}};

static void write_devices(struct fg_json *json, const struct map *map)
{
    const struct fg_control *control = map->control;
    fg_json_key(json, "devices");
    fg_json_object(json);
    for (size_t i = 0; i < sizeof(device_columns) / sizeof(device_columns[0]); i++) {
        fg_json_key(json, device_columns[i].name);
        fg_json_array(json);
        for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++)
            for (uint32_t at = 0; fg_node_is_listed(control, id)
                                  && at < devices_of(fg_pool_node(control->pool, id));
                 at++)
                fg_json_int(json, device_columns[i].value(map, id, at));
        fg_json_end(json);
    }
    fg_json_end(json);
}

/* -- columns of nodes ---------------------------------------------------------------------------------- */

static void put_name(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    fg_json_string(json, fg_pool_spec(control->pool, id)->name);
}

static void put_state(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    char reason[FG_TEXT_MAX];
    fg_json_string(json, fg_node_state_name(fg_node_shown(control, id, reason)));
}

static void put_reason(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    char reason[FG_TEXT_MAX];
    (void)fg_node_shown(control, id, reason);
    fg_json_string(json, reason);
}

static void put_health(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    fg_json_int(json, fg_node_health_milli(control, id));
}

static void put_supplier(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    fg_json_int(json, fg_pool_node(control->pool, id)->terms.supplier);
}

static void put_site(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    fg_json_int(json, fg_pool_node(control->pool, id)->site);
}

static void put_devices(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    fg_json_int(json, devices_of(fg_pool_node(control->pool, id)));
}

static const struct {
    const char *name;
    void (*put)(struct fg_json *json, const struct fg_control *control, fg_node_id id);
} node_columns[] = {{"name", put_name},         {"state", put_state},
                    {"reason", put_reason},     {"health_milli", put_health},
                    {"supplier", put_supplier}, {"site", put_site},
                    {"devices", put_devices}};

static void write_nodes(struct fg_json *json, const struct fg_control *control)
{
    fg_json_key(json, "nodes");
    fg_json_object(json);
    for (size_t i = 0; i < sizeof(node_columns) / sizeof(node_columns[0]); i++) {
        fg_json_key(json, node_columns[i].name);
        fg_json_array(json);
        for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++)
            if (fg_node_is_listed(control, id))
                node_columns[i].put(json, control, id);
        fg_json_end(json);
    }
    fg_json_end(json);
}

/* -- what the numbers in them mean --------------------------------------------------------------------- */

static void write_kinds(struct fg_json *json, const struct fg_pool *pool)
{
    fg_json_key(json, "kinds");
    fg_json_array(json);
    for (uint32_t kind = 0; kind < fg_pool_kinds_len(pool); kind++)
        fg_json_string(json, fg_pool_kind_name(pool, kind));
    fg_json_string(json, "cpu");
    fg_json_end(json);
}

static void write_places(struct fg_json *json, const struct fg_pool *pool)
{
    const struct fg_suppliers *suppliers = fg_pool_suppliers(pool);
    const struct fg_wan *wan = fg_pool_wan_of(pool);
    fg_json_key(json, "suppliers");
    fg_json_array(json);
    fg_json_string(json, "");
    for (size_t i = 1; i <= suppliers->len; i++)
        fg_json_string(json, suppliers->items[i].name);
    fg_json_end(json);
    fg_json_key(json, "sites");
    fg_json_array(json);
    fg_json_string(json, "");
    for (size_t i = 0; i < wan->sites_len; i++)
        fg_json_string(json, wan->sites[i]);
    fg_json_end(json);
}

static void write_projects(struct fg_json *json, const struct map *map)
{
    const struct fg_queue *queue = map->control->queue;
    fg_json_key(json, "projects");
    fg_json_object(json);
    for (fg_project_id id = 1; id <= fg_queue_projects_max(queue); id++) {
        const struct fg_project *project = fg_queue_project(queue, id);
        char key[24];
        if (!project || (map->sees && map->sees != id))
            continue;
        snprintf(key, sizeof(key), "%u", (unsigned)id);
        fg_json_kv(json, key, project->name);
    }
    fg_json_end(json);
}

void fg_command_pool_map(struct fg_control *control, struct fg_command *command)
{
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    struct map map = {.control = control, .sees = command->actor.project};
    map_init(&map, command->arena);
    fg_json_object(&json);
    write_kinds(&json, control->pool);
    write_places(&json, control->pool);
    write_projects(&json, &map);
    write_nodes(&json, control);
    write_devices(&json, &map);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}

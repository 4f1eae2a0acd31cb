/* answers.c - what people ask of the state: the pool, the whole in numbers. */
#include "control/control_inner.h"

#include "base/json_write.h"

#include <inttypes.h>
#include <string.h>

void fg_command_give(struct fg_command *command, struct fg_buf *buf)
{
    char *text = fg_arena_alloc(command->arena, buf->len + 1, 1);
    memcpy(text, buf->text, buf->len);
    command->out_text = text;
    command->out_len = buf->len;
    fg_buf_free(buf);
}

/* -- pool --------------------------------------------------------------------------------------------- */

static void id_text(struct fg_json *json, fg_job_id id)
{
    char text[24];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
    fg_json_string(json, text);
}

/* Who is on which node, for one answer: a look at each job for each device of a large pool would hold everybody up. */
struct guest {
    uint32_t live, next; /* place in `lives`; in `items`, 0: the last */
};
struct guests {
    const struct fg_control *control;
    uint32_t *first; /* by node: place in `items`; 0: none */
    struct guest *items;
    uint32_t len; /* [0] is not used */
};

/* Of the jobs that the actor may see; those of a node in the order of `lives`. */
static void find_guests(struct guests *guests,
                        const struct fg_actor *actor,
                        struct fg_arena *arena)
{
    const struct fg_control *control = guests->control;
    size_t grants = 0, nodes = fg_pool_len(control->pool) + 1;
    for (size_t i = 0; i < control->lives_len; i++)
        grants += control->lives[i].tasks;
    guests->items = FG_NEW(arena, struct guest, grants + 1);
    guests->first = FG_NEW(arena, uint32_t, nodes);
    memset(guests->first, 0, nodes * sizeof(guests->first[0]));
    for (size_t i = control->lives_len; i-- > 0;) {
        const struct live *live = &control->lives[i];
        if (actor->project
            && fg_queue_get(control->queue, live->job)->project != actor->project)
            continue;
        for (uint32_t task = 0; task < live->tasks; task++) {
            uint32_t *first = &guests->first[live->grants[task].node];
            if (*first && guests->items[*first].live == i)
                continue; /* another task of it */
            guests->items[++guests->len] = (struct guest){.live = (uint32_t)i, .next = *first};
            *first = guests->len;
        }
    }
}

/* Jobs that hold a device of this node (device UINT32_MAX: anything of it). */
static void jobs_on(struct fg_json *json,
                    const struct guests *guests,
                    fg_node_id node,
                    uint32_t device)
{
    fg_json_array(json);
    for (uint32_t at = guests->first[node]; at; at = guests->items[at].next) {
        const struct live *live = &guests->control->lives[guests->items[at].live];
        for (uint32_t task = 0; task < live->tasks; task++) {
            const struct fg_grant *grant = &live->grants[task];
            bool holds = device == UINT32_MAX || (grant->devices >> device & 1);
            if (grant->node == node && holds) {
                id_text(json, live->job);
                break;
            }
        }
    }
    fg_json_end(json);
}

static const char *share_name(enum fg_share_mode mode)
{
    return mode == FG_SHARE_MIG ? "mig" : mode == FG_SHARE_MPS ? "mps" : "advisory";
}

static void cpu_device(struct fg_json *json, const struct guests *guests, fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(guests->control->pool, id);
    fg_json_object(json);
    fg_json_kv(json, "name", "cpu");
    fg_json_kv(json, "kind", "cpu");
    fg_json_kv_int(json, "index", 0);
    fg_json_kv_int(json, "mem_mib", (int64_t)node->mem_mib);
    fg_json_kv_int(json, "milli", node->cpu_milli);
    fg_json_kv_int(json, "used_milli", node->cpu_milli - node->cpu_milli_left);
    fg_json_kv(json, "share", "advisory");
    fg_json_key(json, "jobs");
    jobs_on(json, guests, id, UINT32_MAX);
    fg_json_end(json);
}

static void device(struct fg_json *json,
                   const struct guests *guests,
                   fg_node_id id,
                   uint32_t at)
{
    const struct fg_control *control = guests->control;
    const struct fg_pool_node *node = fg_pool_node(control->pool, id);
    const struct fg_device_spec *spec = &fg_pool_spec(control->pool, id)->devices[at];
    char name[FG_KIND_MAX + 16];
    snprintf(name, sizeof(name), "%s-%u", spec->kind, at);
    fg_json_object(json);
    fg_json_kv(json, "name", name);
    fg_json_kv(json, "kind", spec->kind);
    fg_json_kv(json, "id", spec->id);
    fg_json_kv_int(json, "index", at);
    fg_json_kv_int(json, "mem_mib", spec->mem_mib);
    fg_json_kv_int(json, "milli", 1000);
    fg_json_kv_int(json, "used_milli",
                   1000 - node->left_milli[at] - fg_node_device_kept_milli(control, id, at));
    fg_json_kv(json, "share", share_name(spec->share));
    fg_node_device_write(json, control, id, at);
    fg_json_key(json, "jobs");
    jobs_on(json, guests, id, at);
    fg_json_end(json);
}

/* The order that the node came with; null: it was here before. */
static void bought(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    const struct fg_order *order = fg_order_of_node(control, id);
    fg_json_key(json, "order");
    if (!order) {
        fg_json_null(json);
        return;
    }
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, order->id);
    fg_json_object(json);
    fg_json_kv(json, "id", text);
    fg_json_kv(json, "supplier", order->offer.supplier);
    fg_json_kv(json, "contract", fg_contract_name(order->offer.contract));
    fg_json_kv_int(json, "uusd_per_hour",
                   fg_offer_uusd_per_device_hour(&order->offer) * order->offer.accelerators);
    fg_json_key(json, "until");
    fg_json_time(json, order->until_us);
    fg_json_end(json);
}

static void node(struct fg_json *json, const struct guests *guests, fg_node_id id)
{
    const struct fg_control *control = guests->control;
    const struct fg_pool_node *node = fg_pool_node(control->pool, id);
    fg_json_object(json);
    fg_node_write(json, control, id);
    fg_json_kv_int(json, "cpu_milli", node->cpu_milli);
    fg_json_kv_int(json, "cpu_used_milli", node->cpu_milli - node->cpu_milli_left);
    fg_json_kv_int(json, "mem_mib", (int64_t)node->mem_mib);
    fg_json_kv_int(json, "mem_used_mib", (int64_t)(node->mem_mib - node->mem_mib_left));
    bought(json, control, id);
    fg_json_key(json, "devices");
    fg_json_array(json);
    cpu_device(json, guests, id);
    for (uint32_t at = 0; at < node->devices_len; at++)
        device(json, guests, id, at);
    fg_json_end(json);
    fg_json_key(json, "jobs");
    jobs_on(json, guests, id, UINT32_MAX);
    fg_json_end(json);
}

/* Only those of one supplier ("local": of this machine)? */
static bool is_asked(const struct fg_control *control, const char *supplier, fg_node_id id)
{
    const char *of = fg_pool_spec(control->pool, id)->supplier;
    return !supplier || !supplier[0] || strcmp(supplier, of[0] ? of : "local") == 0;
}

void fg_command_pool(struct fg_control *control, struct fg_command *command)
{
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    struct guests guests = {.control = control};
    find_guests(&guests, &command->actor, command->arena);
    fg_json_array(&json);
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++)
        if (fg_node_is_listed(control, id) && is_asked(control, command->text, id)
            && (!command->name
                || strcmp(command->name, fg_pool_spec(control->pool, id)->name) == 0))
            node(&json, &guests, id);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}

/* -- status --------------------------------------------------------------------------------------------- */

static void held_of(struct fg_json *json, struct fg_control *control)
{
    fg_json_key(json, "projects");
    fg_json_object(json);
    for (fg_project_id id = 1; id <= fg_queue_projects_max(control->queue); id++) {
        const struct fg_project *project = fg_queue_project(control->queue, id);
        if (!project)
            continue;
        const struct fg_held *held = fg_queue_held(control->queue, id);
        fg_json_key(json, project->name);
        fg_json_object(json);
        const struct fg_project *parent = fg_queue_project(control->queue, project->parent);
        fg_json_kv(json, "parent", parent ? parent->name : NULL);
        fg_json_kv_int(json, "gpu_milli", held->gpu_milli + held->below.gpu_milli);
        fg_json_kv_int(json, "cpu_milli", held->cpu_milli + held->below.cpu_milli);
        fg_json_kv_int(json, "mem_mib", held->mem_mib + held->below.mem_mib);
        fg_json_kv_int(json, "running", held->running + held->below_running);
        fg_json_kv_int(json, "queued", held->queued);
        struct fg_budget_use use;
        if (fg_budget_use(control, id, &use)) {
            fg_json_kv_int(json, "spent_uusd", use.spent_uusd);
            fg_json_kv_int(json, "committed_uusd", use.committed_uusd);
            fg_json_kv_int(json, "renews_us", use.renews_us);
        }
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void notices(struct fg_json *json, const struct fg_control *control)
{
    fg_json_key(json, "notices");
    fg_json_array(json);
    if (fg_pool_totals(control->pool).gpu_milli == 0)
        fg_json_string(json, "this pool has no accelerator: jobs run on CPUs");
    if (fg_control_overpromised(control))
        fg_json_string(json, "more accelerators are guaranteed to projects than there are");
    if (fg_budget_lacks_price(control))
        fg_json_string(json, "projects have budgets, but nothing has a price "
                             "(gpu_price_uusd_per_hour): nothing is spent");
    fg_policy_notices(control, json);
    fg_orders_notice(control, json);
    if (control->sick)
        fg_json_string(json, control->batch_err.text);
    for (size_t i = 0; i < control->lives_len; i++)
        if (!control->lives[i].claimed)
            fg_json_string(json, "a running job holds devices that its node no longer has");
    fg_json_end(json);
}

static void capacity(struct fg_json *json, const struct fg_pool_totals *sum)
{
    fg_json_key(json, "capacity");
    fg_json_object(json);
    fg_json_kv_int(json, "gpu_milli", (int64_t)sum->gpu_milli);
    fg_json_kv_int(json, "gpu_used_milli", (int64_t)sum->gpu_used_milli);
    fg_json_kv_int(json, "cpu_milli", (int64_t)sum->cpu_milli);
    fg_json_kv_int(json, "cpu_used_milli", (int64_t)sum->cpu_used_milli);
    fg_json_kv_int(json, "mem_mib", (int64_t)sum->mem_mib);
    fg_json_kv_int(json, "mem_used_mib", (int64_t)sum->mem_used_mib);
    fg_json_end(json);
}

/* Reading tasks and devices here: millionths of a core. */
static void watching(struct fg_json *json, const struct fg_control *control)
{
    int64_t cpu_us = 0, wall_us = 0;
    if (control->options.engine_ops->watch_cost)
        control->options.engine_ops->watch_cost(control->options.engine, &cpu_us, &wall_us);
    fg_json_kv_int(json, "watch_cpu_ppm", wall_us > 0 ? cpu_us * 1000000 / wall_us : 0);
}

/* The members that only the controller knows; the API adds version, counts and uptime. */
void fg_command_status(struct fg_control *control, struct fg_command *command)
{
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    struct fg_pool_totals sum = fg_pool_totals(control->pool);
    fg_budget_measure(control);
    fg_json_object(&json);
    fg_json_kv_int(&json, "node_count", (int64_t)fg_pool_len(control->pool));
    fg_json_kv_int(&json, "open_jobs", (int64_t)fg_queue_len(control->queue));
    fg_json_kv_int(&json, "ready_jobs", (int64_t)fg_queue_ready(control->queue));
    capacity(&json, &sum);
    uint64_t all = sum.gpu_milli ? sum.gpu_milli : sum.cpu_milli;
    uint64_t used = sum.gpu_milli ? sum.gpu_used_milli : sum.cpu_used_milli;
    fg_json_kv_int(&json, "utilisation_milli", all ? (int64_t)(used * 1000 / all) : 0);
    fg_json_kv(&json, "isolation",
               control->options.engine_ops->isolation(control->options.engine));
    watching(&json, control);
    held_of(&json, control);
    notices(&json, control);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}

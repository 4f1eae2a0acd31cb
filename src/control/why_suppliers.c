/* why_suppliers.c - why a job is not with a supplier: what stops it on the node that comes nearest */
#include "control/node_inner.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* In the order of the checks: the further, the nearer to running there. */
enum obstacle { NO_NODE, NOT_UP, NO_KIND, REGION, PRICE, SHARE, TOO_SMALL, HELD, FITS };

struct search {
    const struct fg_pool *pool;
    const struct fg_need *need; /* but for the supplier */
    const struct fg_request *request;
    enum obstacle furthest;
    uint32_t least_uusd;            /* price, of nodes that it might have otherwise */
    char region[FG_NAME_MAX];       /* of one of them */
    uint64_t room, room_empty;      /* tasks */
    uint64_t devices, ours, others; /* of the kinds asked */
};

static bool is_right_kind(const struct fg_pool_node *node, const struct fg_need *need)
{
    uint32_t have = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        have += (uint32_t)(need->kinds >> node->kind[i] & 1);
    return have >= need->count;
}

static enum obstacle obstacle_on(struct search *search, fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(search->pool, id);
    const struct fg_need *need = search->need;
    uint32_t price_uusd = node->terms.price_uusd;
    if (node->state != FG_NODE_UP)
        return NOT_UP;
    if (!is_right_kind(node, need))
        return NO_KIND;
    if (need->not_regions >> node->terms.region & 1) {
        fg_copy(search->region, sizeof(search->region), fg_pool_spec(search->pool, id)->region);
        return REGION;
    }
    if (need->max_price_uusd && price_uusd > need->max_price_uusd) {
        search->least_uusd = price_uusd < search->least_uusd ? price_uusd : search->least_uusd;
        return PRICE;
    }
    if (!fg_need_suits(need, &node->terms))
        return SHARE;
    uint32_t empty = fg_pool_room(search->pool, id, need, true),
             now = fg_pool_room(search->pool, id, need, false);
    search->room_empty += empty;
    search->room += now;
    return empty == 0 ? TOO_SMALL : now == 0 ? HELD : FITS;
}

/* Devices of these kinds, by who holds them. */
static void count_devices(const struct fg_control *control,
                          struct search *search,
                          fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(search->pool, id);
    const struct known_node *known = fg_node_known(control, id);
    uint32_t others = known && known->has_others ? known->others.devices : 0;
    for (uint32_t i = 0; i < node->devices_len && node->state == FG_NODE_UP; i++) {
        if (!(search->need->kinds >> node->kind[i] & 1))
            continue;
        search->devices++;
        search->others += others >> i & 1;
        search->ours += !(others >> i & 1) && node->left_milli[i] < FG_WHOLE_MILLI;
    }
}

static void search_nodes(const struct fg_control *control,
                         struct search *search,
                         uint8_t supplier)
{
    for (fg_node_id id = 1; id <= fg_pool_len(search->pool); id++) {
        if (fg_pool_node(search->pool, id)->terms.supplier != supplier)
            continue;
        enum obstacle obstacle = obstacle_on(search, id);
        search->furthest = obstacle > search->furthest ? obstacle : search->furthest;
        count_devices(control, search, id);
    }
}

/* " (work waits there for 5m before it begins)" */
static void wait_text(const struct fg_supplier_state *state, char *out, size_t size)
{
    char time[FG_TIME_TEXT_MAX];
    out[0] = '\0';
    if (state->wait_us < 1'000'000)
        return;
    fg_duration_format(state->wait_us / 1'000'000 * 1'000'000, time);
    snprintf(out, size, "; work waits there for %s before it begins", time);
}

static void down_text(const struct fg_supplier_state *state, char out[FG_TEXT_MAX])
{
    char since[FG_TIME_TEXT_MAX];
    if (state->since_us == 0) {
        snprintf(out, FG_TEXT_MAX, "gets no new work: %.180s", state->reason);
        return;
    }
    fg_time_format(state->since_us / 1'000'000 * 1'000'000, since);
    snprintf(out, FG_TEXT_MAX, "gets no new work since %s: %.180s", since, state->reason);
}

static void room_text(const struct search *search,
                      const struct fg_supplier_state *state,
                      uint32_t tasks,
                      char out[FG_TEXT_MAX])
{
    char wait[80], held[96] = "";
    wait_text(state, wait, sizeof(wait));
    if (search->devices)
        snprintf(held, sizeof(held), "; of %llu such devices %llu are held, and %llu by others",
                 (unsigned long long)search->devices, (unsigned long long)search->ours,
                 (unsigned long long)search->others);
    if (search->room_empty < tasks)
        snprintf(out, FG_TEXT_MAX,
                 "has room for %llu of %u tasks, even if nothing else ran there",
                 (unsigned long long)search->room_empty, tasks);
    else if (search->room < tasks)
        snprintf(out, FG_TEXT_MAX, "has room for %llu of %u task%s now%s%s",
                 (unsigned long long)search->room, tasks, tasks == 1 ? "" : "s", held, wait);
    else
        snprintf(out, FG_TEXT_MAX, "has room now%s", wait);
}

static void obstacle_text(const struct search *search,
                          const struct fg_supplier_state *state,
                          uint32_t tasks,
                          char out[FG_TEXT_MAX])
{
    const struct fg_request *request = search->request;
    switch (search->furthest) {
    case NO_NODE:
        snprintf(out, FG_TEXT_MAX, "has no node");
        break;
    case NOT_UP:
        snprintf(out, FG_TEXT_MAX, "none of its nodes is up");
        break;
    case NO_KIND:
        snprintf(out, FG_TEXT_MAX, "no node there has %u device%s of kind %s", request->count,
                 request->count == 1 ? "" : "s", request->kind);
        break;
    case REGION:
        snprintf(out, FG_TEXT_MAX, "its nodes are in region %.60s, the job may run in %s",
                 search->region[0] ? search->region : "(not known)", request->regions);
        break;
    case PRICE:
        snprintf(out, FG_TEXT_MAX,
                 "a device costs at least %.4g USD an hour, max_price is %.4g",
                 search->least_uusd / 1e6, (double)request->max_price_uusd / 1e6);
        break;
    case SHARE:
        snprintf(out, FG_TEXT_MAX, "gives out whole devices only, the job asks for a share");
        break;
    case TOO_SMALL:
        snprintf(out, FG_TEXT_MAX, "no node there could take a task, even if it were empty");
        break;
    case HELD:
    case FITS:
        room_text(search, state, tasks, out);
    }
}

bool fg_why_supplier(const struct fg_control *control,
                     const struct fg_job *job,
                     const struct fg_request *request,
                     uint8_t number,
                     char out[FG_TEXT_MAX])
{
    const struct fg_suppliers *suppliers = fg_pool_suppliers(control->pool);
    const struct fg_pool_supplier *supplier = &suppliers->items[number];
    struct fg_need need = fg_pool_need(control->pool, request);
    if (!supplier->has_nodes && number == 0)
        return false;
    if (fg_suppliers_left_out(suppliers, request->suppliers) >> number & 1) {
        snprintf(out, FG_TEXT_MAX, "not among the suppliers of the job (%s)",
                 request->suppliers);
        return true;
    }
    if (number > 0 && !supplier->state.up) {
        down_text(&supplier->state, out);
        return true;
    }
    need.not_suppliers = 0;
    struct search search = {
        .pool = control->pool, .need = &need, .request = request, .least_uusd = UINT32_MAX};
    search_nodes(control, &search, number);
    obstacle_text(&search, &supplier->state, request->may_split ? 1 : job->tasks, out);
    return true;
}

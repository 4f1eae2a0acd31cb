/* sleep.c - see sleep.h */
#include "energy/sleep.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int64_t fg_sleep_break_even_us(const struct fg_sleep_costs *costs)
{
    int64_t saves_mw = costs->idle_mw - costs->asleep_mw;
    int64_t moving_us = costs->down_us + costs->wake_us;
    if (saves_mw <= 0)
        return INT64_MAX;
    int64_t extra_mw = costs->move_mw - costs->asleep_mw;
    __int128 even_us = (__int128)moving_us * (extra_mw > 0 ? extra_mw : 0) / saves_mw;
    return even_us < moving_us ? moving_us : (int64_t)even_us;
}

/* Empty devices of each kind that are awake, or will be. */
static uint32_t *count_awake(const struct fg_sleep_terms *terms,
                             const struct fg_sleep_node *nodes,
                             size_t len)
{
    uint32_t *awake = calloc(terms->kinds_len + 1, sizeof(*awake));
    if (!awake)
        abort();
    for (size_t i = 0; i < len; i++) {
        assert(nodes[i].kind < terms->kinds_len);
        if (nodes[i].is_empty && nodes[i].state != FG_SLEEP_ASLEEP)
            awake[nodes[i].kind] += nodes[i].devices;
    }
    return awake;
}

/* When it may change its state. */
static int64_t ripe_us(const struct fg_sleep_terms *terms, const struct fg_sleep_node *node)
{
    int64_t wait_us = terms->asleep_us;
    if (node->state == FG_SLEEP_AWAKE) {
        int64_t even_us = fg_sleep_break_even_us(&node->costs);
        wait_us = even_us > terms->awake_us ? even_us : terms->awake_us;
    }
    return wait_us >= INT64_MAX - node->since_us ? INT64_MAX : node->since_us + wait_us;
}

static bool could_sleep(const struct fg_sleep_node *node)
{
    return node->may_sleep && node->is_empty && node->state == FG_SLEEP_AWAKE;
}

/* Of two that may go, the one that saves more a device. */
static bool goes_before(const struct fg_sleep_node *a, const struct fg_sleep_node *b)
{
    int64_t a_saves = (a->costs.idle_mw - a->costs.asleep_mw) / (a->devices ? a->devices : 1);
    int64_t b_saves = (b->costs.idle_mw - b->costs.asleep_mw) / (b->devices ? b->devices : 1);
    return a_saves > b_saves;
}

static bool wakes_before(const struct fg_sleep_node *a, const struct fg_sleep_node *b)
{
    if (a->costs.wake_us != b->costs.wake_us)
        return a->costs.wake_us < b->costs.wake_us;
    return a->costs.idle_mw < b->costs.idle_mw;
}

struct pass {
    const struct fg_sleep_terms *terms;
    const struct fg_sleep_node *nodes;
    size_t len;
    int64_t now_us, next_us;
    enum fg_sleep_act *acts;
    uint32_t *awake;
};

static bool is_ripe(struct pass *pass, const struct fg_sleep_node *node)
{
    int64_t ripe = ripe_us(pass->terms, node);
    if (ripe > pass->now_us && ripe < pass->next_us)
        pass->next_us = ripe;
    return ripe <= pass->now_us;
}

/* The last of equals goes first: placement fills from the first on. */
static size_t who_goes(struct pass *pass)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < pass->len; i++) {
        const struct fg_sleep_node *node = &pass->nodes[i];
        bool is_over =
            could_sleep(node) && pass->acts[i] == FG_SLEEP_STAY
            && pass->awake[node->kind] >= pass->terms->keep[node->kind] + node->devices;
        if (is_over && is_ripe(pass, node)
            && (best == SIZE_MAX || !goes_before(&pass->nodes[best], node)))
            best = i;
    }
    return best;
}

static size_t who_wakes(struct pass *pass)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < pass->len; i++) {
        const struct fg_sleep_node *node = &pass->nodes[i];
        bool is_wanted = node->state == FG_SLEEP_ASLEEP && pass->acts[i] == FG_SLEEP_STAY
                         && node->devices > 0
                         && pass->awake[node->kind] < pass->terms->keep[node->kind];
        if (is_wanted && is_ripe(pass, node)
            && (best == SIZE_MAX || wakes_before(node, &pass->nodes[best])))
            best = i;
    }
    return best;
}

int64_t fg_sleep_decide(const struct fg_sleep_terms *terms,
                        const struct fg_sleep_node *nodes,
                        size_t len,
                        int64_t now_us,
                        enum fg_sleep_act *acts)
{
    struct pass pass = {.terms = terms,
                        .nodes = nodes,
                        .len = len,
                        .now_us = now_us,
                        .next_us = INT64_MAX,
                        .acts = acts,
                        .awake = count_awake(terms, nodes, len)};
    for (size_t i = 0; i < len; i++)
        acts[i] = FG_SLEEP_STAY;
    for (size_t i; (i = who_wakes(&pass)) != SIZE_MAX;) {
        acts[i] = FG_SLEEP_WAKE;
        pass.awake[nodes[i].kind] += nodes[i].devices;
    }
    for (size_t i; (i = who_goes(&pass)) != SIZE_MAX;) {
        acts[i] = FG_SLEEP_GO;
        pass.awake[nodes[i].kind] -= nodes[i].devices;
    }
    free(pass.awake);
    return pass.next_us;
}

/* -- how much more was wanted, within the time that waking takes ---------------------------------------------- */

void fg_sleep_demand_init(struct fg_sleep_demand *demand, int64_t ahead_us)
{
    assert(ahead_us > 0);
    *demand = (struct fg_sleep_demand){.ahead_us = ahead_us, .window_us = INT64_MIN};
}

static void close_window(struct fg_sleep_demand *demand)
{
    int64_t rise = demand->most - demand->at_begin;
    demand->rises[demand->next] = rise > 0 ? (uint32_t)rise : 0;
    demand->next = (demand->next + 1) % FG_SLEEP_RISES;
    if (demand->len < FG_SLEEP_RISES)
        demand->len++;
}

void fg_sleep_demand_note(struct fg_sleep_demand *demand, int64_t now_us, int64_t in_use)
{
    if (demand->window_us == INT64_MIN)
        *demand = (struct fg_sleep_demand){.ahead_us = demand->ahead_us,
                                           .window_us = now_us,
                                           .at_begin = in_use,
                                           .most = in_use,
                                           .last = in_use};
    for (int closed = 0; now_us >= demand->window_us + demand->ahead_us; closed++) {
        if (closed == FG_SLEEP_RISES) { /* all that is remembered was quiet */
            demand->window_us = now_us;
            break;
        }
        close_window(demand);
        demand->window_us += demand->ahead_us;
        demand->at_begin = demand->most = demand->last;
    }
    demand->last = in_use;
    if (in_use > demand->most)
        demand->most = in_use;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

uint32_t fg_sleep_demand_keep(const struct fg_sleep_demand *demand, uint32_t quantile_milli)
{
    uint32_t sorted[FG_SLEEP_RISES];
    if (demand->len == 0)
        return 0;
    memcpy(sorted, demand->rises, demand->len * sizeof(sorted[0]));
    qsort(sorted, demand->len, sizeof(sorted[0]), by_size);
    size_t at = demand->len * (quantile_milli < 1000 ? quantile_milli : 999) / 1000;
    return sorted[at];
}

/* procure_part.c - groups of pools that share work, and the program of the second stage of each
 *
 *     min  taps + unmet + over budget
 *     pool          fleet + taps of it >= work on it          spot pool   the same for spot, if spot has a cap
 *     class         work by all pools + unmet >= demand       spot class  work by spot <= share of demand
 *                   (demand: with what came from other periods, less what was put off)
 *     protected     unmet at the plain price <= demand above the protected quantile
 *     budget        cash of taps <= allowance + over
 */
#include "plan/procure_inner.h"

#include <math.h>
#include <string.h>

#define PROTECTED_TIMES 100 /* the price of unmet demand that is protected by a quantile */

static uint32_t root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Pools that serve one class are one group; with a budget all are. */
static void group_pools(struct fg_procure *procure)
{
    struct pc_prepared *made = &procure->prepared;
    uint32_t classes = procure->problem.classes_len, nodes = made->pools_len + classes;
    uint32_t *parent = FG_NEW(procure->prepared_in, uint32_t, nodes);
    uint32_t *number = FG_NEW(procure->prepared_in, uint32_t, nodes);
    for (uint32_t i = 0; i < nodes; i++)
        parent[i] = made->has_budget ? 0 : i;
    for (uint32_t i = 0; i < made->links_len; i++)
        parent[root(parent, made->links[i].pool)] =
            root(parent, made->pools_len + made->links[i].class);
    memset(number, 0xff, nodes * sizeof(*number));
    made->part_of_class = FG_NEW(procure->prepared_in, uint32_t, classes);
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t top = root(parent, i);
        if (number[top] == PC_NONE)
            number[top] = made->parts_len++;
        if (i < made->pools_len)
            made->pools[i].part = number[top];
        else
            made->part_of_class[i - made->pools_len] = number[top];
    }
}

static void list_members(struct fg_procure *procure, uint32_t g)
{
    struct pc_prepared *made = &procure->prepared;
    struct pc_part *part = &made->parts[g];
    uint32_t *pools = FG_NEW(procure->prepared_in, uint32_t, made->pools_len);
    uint32_t *classes = FG_NEW(procure->prepared_in, uint32_t, procure->problem.classes_len);
    uint32_t *taps = FG_NEW(procure->prepared_in, uint32_t, made->taps_len);
    uint32_t *links = FG_NEW(procure->prepared_in, uint32_t, made->links_len);
    for (uint32_t k = 0; k < made->pools_len; k++)
        if (made->pools[k].part == g) {
            made->pools[k].slot = part->pools_len;
            pools[part->pools_len++] = k;
        }
    for (uint32_t c = 0; c < procure->problem.classes_len; c++)
        if (made->part_of_class[c] == g)
            classes[part->classes_len++] = c;
    for (uint32_t i = 0; i < made->taps_len; i++)
        if (made->pools[made->taps[i].pool].part == g)
            taps[part->taps_len++] = i;
    for (uint32_t i = 0; i < made->links_len; i++)
        if (made->pools[made->links[i].pool].part == g)
            links[part->links_len++] = i;
    part->pools = pools;
    part->classes = classes;
    part->taps = taps;
    part->links = links;
}

static uint32_t take(uint32_t *len, uint32_t count)
{
    uint32_t at = *len;
    *len += count;
    return at;
}

static void lay_out(struct fg_procure *procure, struct pc_part *part)
{
    bool spot = procure->problem.limits.spot_share_milli < FG_WHOLE_MILLI;
    bool protects = procure->prepared.demand_protected, budget = procure->prepared.has_budget;
    part->row_pools = take(&part->rows, part->pools_len);
    part->row_spot_pools = spot ? take(&part->rows, part->pools_len) : PC_NONE;
    part->row_classes = take(&part->rows, part->classes_len);
    part->row_spot_classes = spot ? take(&part->rows, part->classes_len) : PC_NONE;
    part->row_protected = protects ? take(&part->rows, part->classes_len) : PC_NONE;
    part->row_budget = budget ? take(&part->rows, 1) : PC_NONE;
    part->col_taps = take(&part->cols, part->taps_len);
    part->col_links = take(&part->cols, part->links_len);
    part->col_spot_links = spot ? take(&part->cols, part->links_len) : PC_NONE;
    part->col_unmet = take(&part->cols, part->classes_len);
    part->col_protected = protects ? take(&part->cols, part->classes_len) : PC_NONE;
    part->col_over = budget ? take(&part->cols, 1) : PC_NONE;
    part->slopes_len =
        part->pools_len + 1 + (procure->problem.flexes_len ? part->classes_len : 0);
}

static uint32_t class_slot(const struct pc_part *part, uint32_t class)
{
    uint32_t slot = 0;
    while (part->classes[slot] != class)
        slot++;
    return slot;
}

static void put_taps(struct fg_procure *procure, struct pc_part *part)
{
    const struct pc_prepared *made = &procure->prepared;
    for (uint32_t i = 0; i < part->taps_len; i++) {
        const struct pc_tap *tap = &made->taps[part->taps[i]];
        uint32_t slot = made->pools[tap->pool].slot, col = part->col_taps + i;
        bool apart = tap->is_spot && part->row_spot_pools != PC_NONE;
        fg_small_col(part->small, col, tap->cash_usd + tap->carbon_usd, tap->capacity);
        fg_small_put(part->small, (apart ? part->row_spot_pools : part->row_pools) + slot, col,
                     tap->devices);
        if (part->row_budget != PC_NONE)
            fg_small_put(part->small, part->row_budget, col, -tap->cash_usd);
    }
}

static void put_links(struct fg_procure *procure, struct pc_part *part)
{
    const struct pc_prepared *made = &procure->prepared;
    for (uint32_t i = 0; i < part->links_len; i++) {
        const struct pc_link *link = &made->links[part->links[i]];
        uint32_t pool = made->pools[link->pool].slot, class = class_slot(part, link->class);
        fg_small_put(part->small, part->row_pools + pool, part->col_links + i, -1);
        fg_small_put(part->small, part->row_classes + class, part->col_links + i, link->rate);
        if (part->row_spot_pools == PC_NONE)
            continue;
        uint32_t col = part->col_spot_links + i;
        fg_small_put(part->small, part->row_spot_pools + pool, col, -1);
        fg_small_put(part->small, part->row_classes + class, col, link->rate);
        fg_small_put(part->small, part->row_spot_classes + class, col, -link->rate);
    }
}

static void put_unmet(struct fg_procure *procure, struct pc_part *part)
{
    uint32_t over_milli = procure->problem.limits.over_budget_milli;
    for (uint32_t c = 0; c < part->classes_len; c++) {
        double price = procure->prepared.unmet_usd[part->classes[c]];
        fg_small_col(part->small, part->col_unmet + c, price, HUGE_VAL);
        fg_small_put(part->small, part->row_classes + c, part->col_unmet + c, 1);
        if (part->row_protected == PC_NONE)
            continue;
        fg_small_put(part->small, part->row_protected + c, part->col_unmet + c, -1);
        fg_small_col(part->small, part->col_protected + c, PROTECTED_TIMES * price, HUGE_VAL);
        fg_small_put(part->small, part->row_classes + c, part->col_protected + c, 1);
    }
    if (part->row_budget == PC_NONE)
        return;
    fg_small_col(part->small, part->col_over, (over_milli ? over_milli : 1000) / 1000.0,
                 HUGE_VAL);
    fg_small_put(part->small, part->row_budget, part->col_over, 1);
}

void fg_pc_make_parts(struct fg_procure *procure)
{
    struct pc_prepared *made = &procure->prepared;
    group_pools(procure);
    made->parts = FG_NEW(procure->prepared_in, struct pc_part, made->parts_len);
    for (uint32_t g = 0; g < made->parts_len; g++) {
        struct pc_part *part = &made->parts[g];
        list_members(procure, g);
        lay_out(procure, part);
        part->b = FG_NEW(procure->prepared_in, double, part->rows);
        part->small = fg_small_new(part->rows, part->cols);
        put_taps(procure, part);
        put_links(procure, part);
        put_unmet(procure, part);
    }
}

/* top_pool.c - see top_pool.h */
#include "cli/top_pool.h"

#include "cli/view.h"

#include <string.h>

/* One column after the other, in step. */
struct cursor {
    const struct fg_doc *kind, *used, *state, *busy, *power;
};

static int64_t take(const struct fg_doc **at)
{
    int64_t value = *at && (*at)->kind == FG_DOC_INT ? (*at)->integer : -1;
    if (*at)
        *at = (*at)->next;
    return value;
}

/* One device, the next of all columns; `cpu`: the kind whose busy counts in cores, which is no share. */
static void add_device(struct fg_top_sums *sums, struct cursor *at, int64_t cpu)
{
    int64_t kind = take(&at->kind), used = take(&at->used), busy = take(&at->busy),
            power = take(&at->power);
    sums->devices++;
    sums->out_of_service += take(&at->state) > 0;
    sums->used_milli += used > 0 ? used : 0;
    if (busy >= 0 && kind != cpu) {
        sums->busy_milli += busy;
        sums->busy_len++;
    }
    if (power >= 0) {
        sums->power_mw += power;
        sums->power_len++;
    }
}

static void add(struct fg_top_sums *to, const struct fg_top_sums *from)
{
    to->nodes += from->nodes;
    to->nodes_up += from->nodes_up;
    to->devices += from->devices;
    to->out_of_service += from->out_of_service;
    to->used_milli += from->used_milli;
    to->busy_milli += from->busy_milli;
    to->busy_len += from->busy_len;
    to->power_mw += from->power_mw;
    to->power_len += from->power_len;
}

void fg_top_pool_sum(const struct fg_doc *map, struct fg_top_pool *out)
{
    const struct fg_doc *pool = fg_doc_get(map, "pool"),
                        *nodes = pool ? fg_doc_get(pool, "nodes") : NULL,
                        *devices = pool ? fg_doc_get(pool, "devices") : NULL,
                        *readings = fg_doc_get(map, "readings"),
                        *kinds = pool ? fg_doc_get(pool, "kinds") : NULL;
    *out = (struct fg_top_pool){};
    if (!nodes || !devices || !readings || !kinds)
        return;
    for (const struct fg_doc *at = fg_view_first(pool, "suppliers");
         at && out->by_len < FG_TOP_SUPPLIERS_MAX; at = at->next)
        out->by[out->by_len++].name = at->kind == FG_DOC_TEXT ? at->text : "";
    struct cursor cursor = {
        fg_view_first(devices, "kind"), fg_view_first(devices, "used_milli"),
        fg_view_first(devices, "state"), fg_view_first(readings, "busy_milli"),
        fg_view_first(readings, "power_mw")};
    const struct fg_doc *count = fg_view_first(nodes, "devices"),
                        *supplier = fg_view_first(nodes, "supplier");
    for (const struct fg_doc *state = fg_view_first(nodes, "state"); state;
         state = state->next) {
        struct fg_top_sums node = {.nodes = 1};
        node.nodes_up = state->kind == FG_DOC_TEXT && strcmp(state->text, "up") == 0;
        for (int64_t len = take(&count); len > 0 && cursor.kind; len--)
            add_device(&node, &cursor, (int64_t)kinds->len - 1);
        int64_t of = take(&supplier);
        if (of >= 0 && (size_t)of < out->by_len)
            add(&out->by[of], &node);
        add(&out->all, &node);
    }
}

/* launch.c - see launch.h */
#include "engine/launch.h"

#include "base/text.h"

#include <string.h>

/* Numbers first: large gangs compare a million times. */
static bool same_node(const struct fg_task_place *a, const struct fg_task_place *b)
{
    if (a->grant.node != 0 && b->grant.node != 0)
        return a->grant.node == b->grant.node;
    return a->node == b->node || strcmp(a->node->name, b->node->name) == 0;
}

/* The node of rank `rank` has no lower rank.  Gangs mostly come node by node, so the rank before is looked at first. */
static bool is_first(const struct fg_task_place *places, uint32_t rank)
{
    for (uint32_t i = rank; i-- > 0;)
        if (same_node(&places[i], &places[rank]))
            return false;
    return true;
}

struct fg_launch fg_launch_of(const struct fg_task_start *start)
{
    const struct fg_task_place *places = start->places;
    struct fg_launch out = {.master = "127.0.0.1",
                            .local_rank = start->key.task,
                            .local_size = start->tasks,
                            .nodes = 1};
    if (start->launch)
        return *start->launch;
    if (!places)
        return out;
    const struct fg_task_place *own = &places[start->key.task];
    out = (struct fg_launch){.master = "127.0.0.1"};
    bool seen = false;
    for (uint32_t i = 0; i < start->tasks; i++) {
        bool here = same_node(&places[i], own);
        out.nodes += is_first(places, i);
        out.local_size += here;
        out.local_rank += here && i < start->key.task;
        if (here && !seen)
            out.node_rank = out.nodes - 1;
        seen |= here;
    }
    const struct fg_node_spec *first = places[0].node;
    if (out.nodes > 1)
        fg_copy(out.master, sizeof(out.master),
                first->address[0] ? first->address : first->name);
    return out;
}

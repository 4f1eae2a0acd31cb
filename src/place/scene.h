/* scene.h - one request in front of one node: what a policy looks at.  Inside of place/ only. */
#pragma once

#include "place/policy.h"
#include "place/view.h"

/* A request made ready. */
struct fg_ask {
    struct fg_need need;
    uint32_t gpu_milli; /* of all its devices */
    bool is_share;      /* of one device */
    enum fg_host_class host_class;
    const int16_t
        *data; /* borrowed: what bringing its data to each site costs; NULL: it has none */
};
struct fg_ask fg_ask_of(const struct fg_need *need);

struct fg_scene {
    const struct fg_view *view;
    const struct fg_view_node *node;
    fg_node_id id;
    const struct fg_ask *ask;
    uint32_t cpu_after; /* milli left once the request has its CPU */
    uint32_t islands;   /* that its whole devices are spread over; 0: not looked at */
    /* For policies that measure: the node with the CPU taken, its devices as they are; and the tables of the devices in
     * question. */
    struct fg_place_cell taken_cpu;
    const struct fg_place_cell *cells;
    const int32_t *multi;
};

#define FG_KEY_NONE INT32_MIN /* the node cannot take it */
#define FG_KEY_TIES 4096      /* ties of a key are below */

/* The node's key for the request, as one number that compares like (points, ties). */
int32_t fg_scene_score(const struct fg_view *view,
                       const struct fg_place_policy *policy,
                       fg_node_id id,
                       const struct fg_ask *ask);

/* The devices that the request gets on the node, the same free in `also` (may be NULL) too; FG_KEY_NONE: it does not
 * fit.  Else what fg_scene_score says when `also` is NULL. */
int32_t fg_scene_choose(const struct fg_view *view,
                        const struct fg_place_policy *policy,
                        const struct fg_pool *also,
                        fg_node_id id,
                        const struct fg_ask *ask,
                        uint32_t *out_devices);

/* The node's measures after the request: its share cut from a device with `left`, or its whole devices. */
static inline struct fg_place_cell fg_scene_after(const struct fg_scene *scene, uint32_t left)
{
    const struct fg_ask *ask = scene->ask;
    const struct fg_view_node *node = scene->node;
    struct fg_place_cell sum = scene->taken_cpu;
    uint32_t untouched = node->untouched;
    if (ask->is_share) {
        const struct fg_place_cell *was = &scene->cells[left];
        const struct fg_place_cell *is = &scene->cells[left - ask->need.gpu_milli];
        sum.frag += is->frag - was->frag;
        sum.dead += is->dead - was->dead;
        untouched -= left == FG_WHOLE_MILLI;
    } else if (ask->need.count) {
        const struct fg_place_cell *whole = &scene->cells[FG_WHOLE_MILLI];
        sum.frag -= (int32_t)ask->need.count * whole->frag;
        sum.dead -= (int32_t)ask->need.count * whole->dead;
        untouched -= ask->need.count;
    }
    sum.frag += scene->multi[untouched];
    sum.dead += fg_place_starved(scene->view->tables, node->gpu_left - ask->gpu_milli,
                                 scene->cpu_after);
    return sum;
}

/* policy_fragment.c - fgd, and ours.  What they measure is in tables.h. */
#include "place/policy_inner.h"
#include "place/score.h"

/* -- fgd: the published one --------------------------------------------------------------------------- */

static struct fg_place_key key_fgd(const struct fg_scene *scene, uint32_t left)
{
    int32_t fall = scene->node->frag - fg_scene_after(scene, left).frag;
    return (struct fg_place_key){.points = fg_place_sigmoid(scene->view->tables, fall)};
}

static int32_t score_fgd(const struct fg_view *view, uint32_t id, const struct fg_ask *ask)
{
    return fg_score_simple(view, &fg_place_fgd, key_fgd, id, ask);
}

const struct fg_place_policy fg_place_fgd = {
    .name = "fgd",
    .summary = "the steepest fall of what the typical job cannot use (FGD)",
    .key = key_fgd,
    .scale = 10,
    .score = score_fgd,
    .measures = true,
    .by_device = true,
};

/* -- best --------------------------------------------------------------------------------------------- */

#define FALL_STEP (100 * FG_FRAG_ONE) /* falls that differ by less are the same */

/* Does the request open nothing new: a share on a device begun, CPU on a node without devices? */
static bool is_open(const struct fg_scene *scene, uint32_t left)
{
    if (scene->ask->need.count == 0)
        return scene->node->gpu == 0;
    return scene->ask->is_share && left < FG_WHOLE_MILLI;
}

/* Rounded down, kept within 0 .. 1023. */
static int32_t fall_of(int32_t before, int32_t after)
{
    int32_t fall = (before - after) / FALL_STEP - ((before - after) % FALL_STEP < 0);
    fall += 512;
    return fall < 0 ? 0 : fall > 1023 ? 1023 : fall;
}

/* To whole milli-devices. */
static int32_t rounded(int32_t dead)
{
    return (dead + FG_DEAD_ONE / 2) >> 4;
}
_Static_assert(FG_DEAD_ONE == 1 << 4, "the shift above");

static struct fg_place_key key_best(const struct fg_scene *scene, uint32_t left)
{
    const struct fg_view_node *node = scene->node;
    struct fg_place_cell after = fg_scene_after(scene, left);
    return (struct fg_place_key){
        .points = rounded(node->dead - after.dead),
        .ties = fall_of(node->frag, after.frag) * 4 + is_open(scene, left) * 2 + node->is_used,
    };
}

static int32_t score_best(const struct fg_view *view, uint32_t id, const struct fg_ask *ask)
{
    return fg_score_simple(view, &fg_place_best, key_best, id, ask);
}

const struct fg_place_policy fg_place_best = {
    .name = "best",
    .summary = "the least loss of devices that typical jobs could still fill, then as fgd, "
               "then what is in use",
    .key = key_best,
    .scale = 1,
    .score = score_best,
    .measures = true,
    .by_device = true,
};

/* policy_inner.h - the policies, one file per family.  Inside of place/ only. */
#pragma once

#include "place/scene.h"

/* policy_classic.c: they look at what is left of CPU and devices. */
extern const struct fg_place_policy fg_place_random, fg_place_spread, fg_place_packing,
    fg_place_best_fit, fg_place_dot_product, fg_place_clustering;

/* policy_fragment.c: they look at what the typical request could still do there. */
extern const struct fg_place_policy fg_place_fgd, fg_place_best;

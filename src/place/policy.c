/* policy.c - see policy.h */
#include "place/policy_inner.h"

#include <string.h>

const struct fg_place_policy *const fg_place_policies[] = {
    &fg_place_random,   &fg_place_spread,      &fg_place_packing,
    &fg_place_best_fit, &fg_place_dot_product, &fg_place_clustering,
    &fg_place_fgd,      &fg_place_best,        NULL,
};

const struct fg_place_policy *fg_place_policy_find(const char *name)
{
    /* As the papers' programs call them. */
    static const char *const also[][2] = {{"bestfit", "best-fit"}, {"dotprod", "dot-product"}};
    for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++)
        if (strcmp(also[i][0], name) == 0)
            name = also[i][1];
    for (size_t i = 0; fg_place_policies[i]; i++)
        if (strcmp(fg_place_policies[i]->name, name) == 0)
            return fg_place_policies[i];
    return NULL;
}

const struct fg_place_policy *fg_place_policy_default(void)
{
    return &fg_place_best;
}

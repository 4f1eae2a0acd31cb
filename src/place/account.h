/* account.h - why a node is, or is not, the one: what the score is made of.  For people. */
#pragma once

#include "place/placer.h"

struct fg_place_account {
    bool fits; /* now; the rest holds only then */
    int64_t
        score; /* the more the better: points x scale less what the scorers take off, in milli-devices */
    int64_t points;   /* of the policy alone, in milli-devices */
    int32_t ties;     /* decide where scores are equal, the more the better */
    uint32_t devices; /* it would get these */
    /* What of the node's idle devices is of no use, in milli-devices, before and after: to the typical request (FGD), and
     * to the best cut of typical shares (worth.h). */
    int64_t frag_before_milli, frag_after_milli, dead_before_milli, dead_after_milli;
    struct fg_place_penalties penalties; /* 0..1000 each; all 0 without weights */
    int64_t taken_off;                   /* weights x penalties, milli-devices */
    uint32_t place;   /* 1: the best of all nodes; of equals the first in rank */
    uint32_t fitting; /* nodes that fit */
};

/* How the placer sees the node for this need.  Looks at all nodes. */
void fg_placer_account(struct fg_placer *placer,
                       const struct fg_need *need,
                       fg_node_id id,
                       struct fg_place_account *out);

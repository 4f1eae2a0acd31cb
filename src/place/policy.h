/* policy.h - the rules by which a node and a device are chosen, by name.
 *
 *   random       any node that can take it
 *   spread       the node with the lowest load L = sum of the used parts of CPU, devices and memory
 *   packing      devices already begun before new ones, nodes in use before idle ones
 *   best-fit     the node that is left with the least (CPU and devices weighed equally)
 *   dot-product  request and what is left point the same way least (Grandl et al., Tetris, SIGCOMM'14, as in FGD)
 *   clustering   where jobs of the same size run (MLaaS, NSDI'22)
 *   fgd          fragmentation gradient descent: the steepest fall of what the typical job cannot use
 *                (Weng et al., USENIX ATC'23)
 *   best         ours: the least loss of devices that can still be cut up well for the typical jobs (worth.h), then the
 *                steepest fall of fragmentation, then devices and nodes in use
 *
 * The five published ones but `spread` score as in the FGD artifact, in whole points of 0..100; of equals the node of the
 * lowest rank wins.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_ask;
struct fg_scene;
struct fg_view;

struct fg_place_key {
    int32_t points, ties;
};

/* Higher is better, from -2^17 to 2^17: `points` decide, `ties` (0..4095) where these are equal.  `left` is of the
 * device that a share would be cut from. */
typedef struct fg_place_key fg_place_key_fn(const struct fg_scene *scene, uint32_t left);

struct fg_place_policy {
    const char *name, *summary;
    fg_place_key_fn *key;
    /* The same for a whole node, compiled for this policy alone; NULL: by way of `key`. */
    int32_t (*score)(const struct fg_view *view, uint32_t node_id, const struct fg_ask *ask);
    int32_t scale; /* its points times this are milli-devices, for scorers.h */
    bool is_random;
    bool measures; /* it looks at the fragmentation of the node before and after */
    bool
        by_device; /* a share goes to the device of the best key; else to the one with the least left */
};

/* All of them, as listed above, ended by NULL. */
extern const struct fg_place_policy *const fg_place_policies[];
/* By name; NULL: there is none of this name. */
const struct fg_place_policy *fg_place_policy_find(const char *name);
/* The default. */
const struct fg_place_policy *fg_place_policy_default(void);

/* faults.h - how often attempts end badly, by supplier and by node.
 *
 *     where an attempt ran, how it ended --note()--> FAULTS --rate()--> the share to expect there
 *
 * The share of a node is the mean of a Beta distribution whose prior is its supplier's share, and the prior of a supplier that of all; a
 * prior counts as FG_FAULTS_PRIOR attempts (an empirical Bayes estimate; Gelman et al., "Bayesian Data Analysis", 5.3).  So one bad end on a
 * new node says little, ten on a node of a good supplier say a lot.  It is told to people; who gets work is decided by health.
 *
 * Memory is fixed; nodes unseen for longest are forgotten.  Pure, one owner.
 */
#pragma once

#include "base/auto.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_FAULTS_PRIOR 5

struct fg_faults;

struct fg_faults *fg_faults_new(size_t places_max); /* NULL: no memory */
void fg_faults_free(struct fg_faults *faults);      /* NULL is allowed */
FG_AUTO_DEFINE(fg_faults)

/* An attempt ended on this node of this supplier ("" this machine's own): at most one of the two may be true. */
void fg_faults_note(struct fg_faults *faults,
                    const char *supplier,
                    const char *node,
                    bool failed,
                    bool interrupted);

struct fg_fault_row {
    const char *supplier,
        *node; /* node "": all of the supplier; borrowed until the next note */
    uint64_t attempts, failed, interrupted;
    double failed_share, interrupted_share; /* to expect, 0 to 1 */
};

/* Suppliers and nodes in no particular order, `*at` zero at first.  false: no more. */
bool fg_faults_next(const struct fg_faults *faults, size_t *at, struct fg_fault_row *out);

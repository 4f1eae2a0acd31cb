/* faults.h - how often attempts end badly, by supplier and by node.
 *
 *     where an attempt ran, how long, how it ended --note()--> FAULTS --next(), excess(), rate()--> what to expect there
 *
 * Everything fades: what is half a life old counts half, so a node that was repaired gets work again, and one that was lost a year ago is no
 * suspect.  Nodes of spot and others of one supplier are two places.
 *
 * The share of a node is the mean of a Beta distribution whose prior is its supplier's share, and the prior of a supplier that of all; a
 * prior counts as FG_FAULTS_PRIOR attempts (an empirical Bayes estimate; Gelman et al., "Bayesian Data Analysis", 5.3).  So one bad end on a
 * new node says little, ten on a node of a good supplier say a lot.  It is told to people.
 *
 * Interruptions count against the hours that nodes worked, too, so that a node that gets the long ones is not blamed for that: their rate at a
 * place is that of base/rate.h whose prior is half an interruption at the rate of its supplier, and the prior of a supplier that of all.
 * All that a node interrupts within FG_FAULTS_ONCE_US is one interruption.  A node is clearly worse than its twins, the others of its supplier, as far as its rate lies above theirs with 95 %.
 * Who fails through its own fault says nothing of the node.
 *
 * Memory is fixed; nodes unseen for longest are forgotten.  Pure, one owner.
 */
#pragma once

#include "base/auto.h"
#include "model/resources.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_FAULTS_PRIOR   5
#define FG_FAULTS_ONCE_US 60'000'000

struct fg_faults;

/* `half_life_us` 0: nothing fades.  NULL: no memory. */
struct fg_faults *fg_faults_new(size_t places_max, int64_t half_life_us);
void fg_faults_free(struct fg_faults *faults); /* NULL is allowed */
FG_AUTO_DEFINE(fg_faults)

/* Of the first grants, those on the node of the first: how many, and what share of it they are: of its devices, else of its cores. */
double fg_faults_share(const struct fg_node_spec *node,
                       const struct fg_grant *grants,
                       size_t len,
                       size_t *out_tasks);

/* A node, or of a supplier ("" this machine's own) all nodes of spot, or all others. */
struct fg_fault_place {
    const char *supplier, *node; /* node "": all */
    bool is_spot;
};

/* An attempt ended there. */
struct fg_fault_end {
    struct fg_fault_place place;
    int64_t time_us; /* when */
    int64_t ran_us;  /* on all of the node; on half of it half of that */
    bool failed;     /* through its own fault */
    bool
        interrupted; /* through the node, or its supplier; not if it was asked to stop for others */
};
void fg_faults_note(struct fg_faults *faults, const struct fg_fault_end *end);

/* Interruptions in 1,000 hours on this node beyond those on its twins, of which it is sure; of a node of spot also those of spot beyond those
 * of what else its supplier has.  0: none. */
uint32_t fg_faults_excess(const struct fg_faults *faults,
                          const struct fg_fault_place *place,
                          int64_t now_us);
/* Interruptions in 1,000 hours to expect on nodes of this supplier, of spot or others. */
double fg_faults_rate(const struct fg_faults *faults,
                      const char *supplier,
                      bool is_spot,
                      int64_t now_us);

struct fg_fault_row {
    struct fg_fault_place place;            /* borrowed until the next note */
    uint64_t attempts, failed, interrupted; /* since it is known: not faded */
    double failed_share, interrupted_share; /* to expect, 0 to 1 */
    double hours,
        per_khour; /* that ran, as they count now; interruptions to expect in 1,000 of them */
};

/* Suppliers and nodes as of `now_us`, in no particular order, `*at` zero at first.  false: no more. */
bool fg_faults_next(const struct fg_faults *faults,
                    size_t *at,
                    int64_t now_us,
                    struct fg_fault_row *out);

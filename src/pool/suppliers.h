/* suppliers.h - whose nodes a pool has, and where these stand.
 *
 * Nodes are of this machine itself (number 0, name "", which jobs call "local") or of a supplier whose engine runs the
 * work there, such as a Slurm cluster.  A set of suppliers, or of regions, is a mask.
 */
#pragma once

#include "base/err.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_POOL_SUPPLIERS_MAX 32 /* number 0 counted */
#define FG_POOL_REGIONS_MAX   64 /* number 0, of those that are not known, counted */
#define FG_SUPPLIER_LOCAL     "local"

/* What is known of a supplier beyond its nodes. */
struct fg_supplier_state {
    bool up; /* it may get new work */
    int64_t
        wait_us; /* what work of ours waits there before it begins, by what was seen lately; -1 unknown */
    uint32_t others_wait;     /* jobs of others that wait there */
    int64_t since_us;         /* not up: since then; 0 unknown */
    char reason[FG_TEXT_MAX]; /* not up: why, in plain words */
};

struct fg_pool_supplier {
    char name[FG_NAME_MAX];
    struct fg_supplier_state state;
    bool has_nodes; /* or had */
    uint64_t kinds; /* set of those that its nodes have or had */
};

/* A plain value; all zero: nobody but this machine. */
struct fg_suppliers {
    struct fg_pool_supplier items[FG_POOL_SUPPLIERS_MAX]; /* [number]; that of 0 says nothing */
    size_t len;                                           /* of numbers above 0 */
    uint32_t down;                                        /* set of those that are not up */
    char regions[FG_POOL_REGIONS_MAX][FG_NAME_MAX];
    size_t regions_len; /* of numbers above 0 */
};

/* The number of a supplier ("" and "local": 0), or -1. */
int fg_suppliers_find(const struct fg_suppliers *suppliers, const char *name);
/* The same, made if new, and up.  Negative: FG_ENOCAP. */
[[nodiscard]] int fg_suppliers_number(struct fg_suppliers *suppliers,
                                      const char *name,
                                      struct fg_err *err);
/* The number of a region, made if new; "" 0.  Negative: FG_ENOCAP. */
[[nodiscard]] int fg_suppliers_region(struct fg_suppliers *suppliers,
                                      const char *name,
                                      struct fg_err *err);

/* The suppliers that a job's list ("a,b", "-a,-b", "" all) leaves out, by number. */
uint32_t fg_suppliers_left_out(const struct fg_suppliers *suppliers, const char *list);
/* The regions that a job's list ("a,b", "" all) leaves out. */
uint64_t fg_suppliers_regions_left_out(const struct fg_suppliers *suppliers, const char *list);

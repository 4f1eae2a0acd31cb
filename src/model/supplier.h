/* supplier.h - a source of GPUs, how it is reached, and what may be bought there without asking. */
#pragma once

#include "base/err.h"
#include "model/limits.h"
#include "model/period.h"

#include <stdint.h>

enum fg_supplier_kind {
    FG_SUPPLIER_LISTED, /* only offers in the catalogue: can be planned with, not ordered from */
    FG_SUPPLIER_OWNED, /* own machines: "buying" is switching on, or a purchase that people make */
    FG_SUPPLIER_EXEC,  /* a program that speaks JSON (docs/suppliers.md) */
    FG_SUPPLIER_HTTP,  /* a REST service of the shape of docs/suppliers.md */
    FG_SUPPLIER_SLURM, /* a Slurm cluster: its nodes are in the pool, nothing is ordered there */
    FG_SUPPLIER_KINDS
};

const char *fg_supplier_kind_name(
    enum fg_supplier_kind kind);             /* "listed", "owned", "exec", "http", "slurm" */
int fg_supplier_kind_find(const char *name); /* the kind, or -1 */
/* Can anything be ordered there? */
static inline bool fg_supplier_kind_sells(enum fg_supplier_kind kind)
{
    return kind != FG_SUPPLIER_LISTED && kind != FG_SUPPLIER_SLURM;
}

#define FG_SUPPLIER_ARGS_MAX 16

/* What may be ordered without anybody's approval.  All 0: nothing. */
struct fg_standing_policy {
    int64_t max_uusd_per_hour; /* of all orders of the supplier that are alive, together */
    int64_t max_uusd;          /* committed in a period: see period */
    enum fg_period period;
};

enum fg_cluster_place {
    FG_CLUSTER_PLACE_OURS,  /* we name the nodes */
    FG_CLUSTER_PLACE_SLURM, /* we say how much, Slurm says where */
};

/* A Slurm cluster: how it is reached, and on what terms work goes there (docs/slurm.md). */
struct fg_cluster_terms {
    char ssh
        [FG_TEXT_MAX]; /* [user@]host[:port] where Slurm's commands are run; "" on this machine */
    char conf[FG_TEXT_MAX]; /* SLURM_CONF of the commands; "" the system's */
    char partition[FG_NAME_MAX],
        account[FG_NAME_MAX]; /* "" Slurm's defaults; partition: all nodes count */
    enum fg_cluster_place place;
    char link
        [FG_TEXT_MAX]; /* HOST:PORT at which its nodes reach this service; "" as listened on */
    char program[FG_TEXT_MAX]; /* the fastgpu program on its nodes; "" the same path as here */
    char folder[FG_TEXT_MAX]; /* where tasks work on its nodes; "" a temporary folder of each */
    bool folder_is_shared; /* all nodes see the same folder: checkpoints need not be carried */
    char site[FG_NAME_MAX], region[FG_NAME_MAX];
    /* Work goes on for so long without hearing from us, and is started elsewhere only after that; 0: for ever, and only
     * an operator declares it lost (edge sites). */
    int64_t lease_us;
    int64_t
        reuse_us; /* what Slurm gave us is kept so long for the next task of the same shape */
    int64_t
        patience_us; /* work that Slurm has not begun by then goes elsewhere; cluster silent: the same */
    int64_t poll_us;                    /* pause between looks at its state */
    int64_t price_uusd_per_device_hour; /* 0: not priced */
};

struct fg_supplier {
    char name[FG_NAME_MAX];
    enum fg_supplier_kind kind;
    uint32_t argv_len; /* exec: the program and its arguments; never a shell line */
    char argv[FG_SUPPLIER_ARGS_MAX][FG_TEXT_MAX];
    /* http: https://..., or http:// to this machine only; slurm: slurmrestd, http://..., or unix:/path; "": none. */
    char url[FG_TEXT_MAX];
    struct fg_cluster_terms cluster; /* slurm only */
    char machines_file
        [FG_TEXT_MAX]; /* owned: the list of the machines (docs/suppliers.md); "" none */
    char secret_file
        [FG_TEXT_MAX]; /* holds the bearer token or what the program wants; "" none.  The path is stored,
                                      never what is in it */
    /* What is ordered here joins that cluster (a supplier of kind slurm) before it gets work; "" none. */
    char join[FG_NAME_MAX];
    char bootstrap_file[FG_TEXT_MAX]; /* given to each machine as its user data; "" none */
    int64_t timeout_us;               /* of one call */
    bool paused;                      /* no new orders, and no new work on a cluster */
    struct fg_standing_policy policy;
};

/* FG_EINVAL with the reason. */
[[nodiscard]] int fg_supplier_check(const struct fg_supplier *supplier, struct fg_err *err);

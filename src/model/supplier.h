/* supplier.h - a source of GPUs, how it is reached, and what may be bought there without asking. */
#pragma once

#include "base/err.h"
#include "model/limits.h"
#include "model/period.h"

#include <stdint.h>

enum fg_supplier_kind {
    FG_SUPPLIER_LISTED, /* only offers in the catalogue: can be planned with, not ordered from */
    FG_SUPPLIER_OWNED, /* own machines: "buying" is switching on, or a purchase that people make */
    FG_SUPPLIER_EXEC, /* a program that speaks JSON (docs/suppliers.md) */
    FG_SUPPLIER_HTTP, /* a REST service of the shape of docs/suppliers.md */
    FG_SUPPLIER_KINDS
};

const char *fg_supplier_kind_name(
    enum fg_supplier_kind kind);             /* "listed", "owned", "exec", "http" */
int fg_supplier_kind_find(const char *name); /* the kind, or -1 */

#define FG_SUPPLIER_ARGS_MAX 16

/* What may be ordered without anybody's approval.  All 0: nothing. */
struct fg_standing_policy {
    int64_t max_uusd_per_hour; /* of all orders of the supplier that are alive, together */
    int64_t max_uusd;          /* committed in a period: see period */
    enum fg_period period;
};

struct fg_supplier {
    char name[FG_NAME_MAX];
    enum fg_supplier_kind kind;
    uint32_t argv_len; /* exec: the program and its arguments; never a shell line */
    char argv[FG_SUPPLIER_ARGS_MAX][FG_TEXT_MAX];
    char url[FG_TEXT_MAX]; /* http: https://..., or http:// to this machine only */
    char machines_file
        [FG_TEXT_MAX]; /* owned: the list of the machines (docs/suppliers.md); "" none */
    char secret_file
        [FG_TEXT_MAX]; /* holds the bearer token or what the program wants; "" none.  The path is stored,
                                      never what is in it */
    int64_t timeout_us; /* of one call */
    bool paused;        /* no new orders */
    struct fg_standing_policy policy;
};

/* FG_EINVAL with the reason. */
[[nodiscard]] int fg_supplier_check(const struct fg_supplier *supplier, struct fg_err *err);

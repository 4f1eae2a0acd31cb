/* top_state.h - what `fastgpu top` keeps from one picture to the next: which view, and how numbers went. */
#pragma once

#include "cli/top_pool.h"
#include "model/limits.h"

#include "base/buf.h"

#include <stdbool.h>

#define FG_TOP_HISTORY 48 /* pictures */

enum fg_top_view { FG_TOP_OVERVIEW, FG_TOP_DEVICES, FG_TOP_JOBS, FG_TOP_VIEWS };

struct fg_top_curve {
    double values[FG_TOP_HISTORY]; /* oldest first; negative: not known then */
    size_t len;
};

enum fg_top_total {
    FG_TOP_QUEUED,
    FG_TOP_RUNNING,
    FG_TOP_GRANTED, /* share of the devices */
    FG_TOP_BUSY,    /* mean share */
    FG_TOP_POWER,   /* W */
    FG_TOP_TOTALS
};

struct fg_top {
    enum fg_top_view view;
    struct fg_top_curve totals[FG_TOP_TOTALS];
    struct {
        char name[FG_NAME_MAX];
        struct fg_top_curve granted;
    } suppliers[FG_TOP_SUPPLIERS_MAX];
    size_t suppliers_len;
    struct fg_buf waits; /* decisions that wait, a line each */
    int waits_age;       /* pictures since they were asked for; 0: never */
};

void fg_top_curve_add(struct fg_top_curve *curve, double value);
/* The curve of that supplier, made if new; NULL: there are too many. */
struct fg_top_curve *fg_top_supplier(struct fg_top *top, const char *name);
/* The view that a key leads to; false: none. */
bool fg_top_key(struct fg_top *top, char key);

/* mip_inner.h - between the process and the solver in it.  Inside of solver/ only. */
#pragma once

#include "solver/lp_inner.h"

#define MIP_MAGIC 0x4d495021u

struct mip_program {
    uint32_t rows, cols;
    int *starts, *index; /* by column */
    double *values;
    const double *cost, *col_lower, *col_upper, *row_lower, *row_upper;
    const uint32_t *whole;
    size_t whole_len;
    double seconds, gap;
};

struct mip_result {
    uint32_t magic;
    bool found, finished;
    double bound;
};

/* mip_cbc.c: the only file that knows CBC; one solve a process. */
void fg_mip_cbc(const struct mip_program *program, struct mip_result *out, double *values);

/* mip_cbc.c - the one file that knows CBC.  See mip_inner.h
 *
 * No cutoff is set: with one, CBC 2.10.8 has called a worse answer optimal (cutoff 44.2065, optimum 40.5530). */
#include "solver/mip_inner.h"

#include <Cbc_C_Interface.h>
#include <string.h>

void fg_mip_cbc(const struct mip_program *program, struct mip_result *out, double *values)
{
    Cbc_Model *model = Cbc_newModel();
    Cbc_loadProblem(model, (int)program->cols, (int)program->rows, program->starts,
                    program->index, program->values, program->col_lower, program->col_upper,
                    program->cost, program->row_lower, program->row_upper);
    for (size_t i = 0; i < program->whole_len; i++)
        Cbc_setInteger(model, (int)program->whole[i]);
    Cbc_setLogLevel(model, 0);
    Cbc_setMaximumSeconds(model, program->seconds);
    Cbc_setAllowableFractionGap(model, program->gap);
    Cbc_solve(model);

    const double *best = Cbc_bestSolution(model);
    out->found = best && !Cbc_isProvenInfeasible(model);
    out->finished = Cbc_isProvenOptimal(model);
    out->bound = out->found ? Cbc_getBestPossibleObjValue(model) : -FG_LP_INF;
    if (out->found)
        memcpy(values, best, program->cols * sizeof(double));
}

/* sim_spot.h - what `fastgpu sim spot` prints. */
#pragma once

#include "cli/term.h"

#include "market/spot_study.h"

#include <stdio.h>

struct fg_sim_spot {
    struct fg_spot_study study;
    struct fg_spot_row *slacks, *markets; /* as many as the study has */
    struct fg_spot_row mean;              /* over all slacks */
};

void fg_sim_spot_table(const struct fg_sim_spot *sim, const struct fg_term *term, FILE *out);
void fg_sim_spot_json(const struct fg_sim_spot *sim, FILE *out);

/* demand.h - what jobs ask for, as it is kept: levels now, sums by the hour.  Made by demand/levels.h. */
#pragma once

#include "model/limits.h"

#include <stdint.h>

struct fg_level_key {
    uint32_t project;
    char kind[FG_KIND_MAX];
};

/* As a store keeps them. */
struct fg_level_row {
    struct fg_level_key key;
    int64_t running_milli, waiting_milli; /* now */
    int64_t at_us;                        /* counted up to here */
};
struct fg_level_hour {
    struct fg_level_key key;
    int64_t hour;                             /* since 1970 */
    int64_t running_us, waiting_us, shift_us; /* to be added to what is there */
    int64_t refused_us; /* the most of one refusal: the greater one counts */
};

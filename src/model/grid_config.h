/* grid_config.h - `grid` of the configuration: what a kilowatt hour costs and emits, hour by hour.
 *
 *     fastgpu.yaml --GRID_CONFIG--> daemon/grid (profiles, and sources that are asked)
 */
#pragma once

#include "base/doc_read.h"
#include "model/limits.h"

#include <stddef.h>
#include <stdint.h>

#define FG_GRID_WEEK     168
#define FG_GRID_URL_MAX  1024
#define FG_GRID_PATH_MAX 128

/* A day of 24 hours or a week of 168 from Monday 0:00 on, in this machine's time zone.  len 0: not told. */
struct fg_grid_profile {
    int64_t values[FG_GRID_WEEK]; /* g, or micro-USD, a kWh */
    size_t len;
};

/* JSON from a URL. */
struct fg_grid_source {
    char url
        [FG_GRID_URL_MAX]; /* "": there is none; {now} in it is the moment, 2026-11-21T02:30Z */
    char token_file[FG_TEXT_MAX];   /* "": no token */
    char token_header[FG_NAME_MAX]; /* the header it goes into */
    char values[FG_GRID_PATH_MAX];  /* "data[].intensity.forecast": see energy/grid.h */
    char times
        [FG_GRID_PATH_MAX]; /* "data[].from"; "": of this moment, or hour by hour from it on */
    int64_t scale_micro;    /* times this / 1,000,000: g, or USD, a kWh */
};

struct fg_grid_config {
    struct fg_grid_profile carbon_hours, price_hours;
    struct fg_grid_source carbon, price;
};

[[nodiscard]] int fg_grid_config_read(struct fg_doc_reader *reader,
                                      const struct fg_doc *doc,
                                      struct fg_grid_config *out);
/* For docs/CONFIG.md. */
void fg_grid_config_print_reference(FILE *out);

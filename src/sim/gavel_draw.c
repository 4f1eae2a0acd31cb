/* gavel_draw.c - the published streams from their seeds; see gavel.h */
#include "sim/gavel.h"
#include "sim/twister.h"

#include <math.h>
#include <stdlib.h>

/* Models in the order of the file, by the place of their type for one device. */
struct models {
    uint32_t types[FG_GAVEL_TYPES_MAX];
    bool is_distributed[FG_GAVEL_TYPES_MAX]; /* measured on two devices and more as well */
    uint32_t len;
};

static void find_models(const struct fg_gavel_table *table, struct models *models)
{
    models->len = 0;
    for (uint32_t place = 0; place < table->types_len; place++)
        for (uint32_t type = 0; type < table->types_len; type++) {
            if (table->types[type].place != place || table->types[type].devices != 1)
                continue;
            models->types[models->len] = type;
            models->is_distributed[models->len++] =
                type + 1 < table->types_len && table->types[type + 1].devices > 1;
        }
}

static uint32_t draw_devices(struct fg_twister *twister)
{
    double r = fg_twister_real(twister);
    return r < 0.7 ? 1 : r <= 0.8 ? 2 : r < 0.95 ? 4 : 8;
}

static double draw_seconds(struct fg_twister *twister)
{
    bool is_long = fg_twister_real(twister) >= 0.8;
    double r = fg_twister_real(twister);
    return 60 * pow(10, is_long ? 3 + r : 1.5 + 1.5 * r);
}

/* The type of a model for so many devices; draws again until one is distributed, if it must be. */
static int draw_type(const struct fg_gavel_table *table,
                     const struct models *models,
                     uint32_t devices,
                     struct fg_twister *twister)
{
    uint32_t model;
    do
        model = fg_twister_below(twister, models->len);
    while (devices > 1 && !models->is_distributed[model]);
    for (uint32_t type = models->types[model]; type < table->types_len; type++)
        if (table->types[type].devices == devices)
            return (int)type; /* types are in order of name, then of devices */
    return -1;
}

static bool can_draw(const struct fg_gavel_table *table,
                     const struct models *models,
                     bool is_multiple)
{
    bool any_distributed = false;
    for (uint32_t i = 0; i < models->len; i++) {
        uint32_t widths = 0;
        for (uint32_t next = models->types[i] + 1;
             next < table->types_len && table->types[next].devices > 1; next++)
            widths |= table->types[next].devices;
        if (is_multiple && models->is_distributed[i] && (widths & 14) != 14)
            return false;
        any_distributed |= models->is_distributed[i];
    }
    return models->len > 0 && (any_distributed || !is_multiple);
}

int fg_gavel_stream_draw(const struct fg_gavel_table *table,
                         uint32_t seed,
                         bool is_multiple,
                         size_t jobs,
                         struct fg_gavel_stream *stream,
                         struct fg_err *err)
{
    struct models models;
    struct fg_twister of_jobs, of_arrivals;
    double arrival = 0;
    find_models(table, &models);
    if (!can_draw(table, &models, is_multiple) || jobs > FG_GAVEL_JOBS_MAX)
        return fg_fail(err, FG_EINVAL,
                       "%u models and %zu jobs, expected models measured on 1, 2, 4 and 8 "
                       "devices and at most %d jobs",
                       models.len, jobs, FG_GAVEL_JOBS_MAX);
    stream->jobs = calloc(jobs ? jobs : 1, sizeof(stream->jobs[0]));
    if (!stream->jobs)
        return fg_fail(err, FG_ENOMEM, "no memory for %zu jobs", jobs);
    stream->jobs_len = stream->jobs_room = jobs;
    fg_twister_seed(&of_jobs, seed + 2);
    fg_twister_seed(&of_arrivals, seed + 3);
    for (size_t i = 0; i < jobs; i++) {
        uint32_t devices = draw_devices(&of_jobs);
        double seconds = draw_seconds(&of_jobs);
        int type = draw_type(table, &models, is_multiple ? devices : 1, &of_jobs);
        double steps = seconds * fg_gavel_alone(table, (uint32_t)type, 0);
        if (!(steps > 0)) {
            fg_gavel_stream_free(stream);
            return fg_fail(err, FG_EINVAL, "%s for %u devices does not run on %s",
                           table->types[type].name, table->types[type].devices,
                           table->kinds[0]);
        }
        stream->jobs[i] = (struct fg_gavel_job){arrival, steps, (uint32_t)type};
        arrival -= log(1 - fg_twister_real(&of_arrivals));
    }
    return 0;
}

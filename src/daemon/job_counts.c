/* job_counts.c - see job_counts.h */
#include "daemon/job_counts.h"

#include "base/grow.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define USED_MAX 100000 /* rows after which those that nobody asked for lately are forgotten */

const enum fg_reading fg_job_counted[FG_JOB_COUNTS_LEN] = {
    FG_READING_ENERGY, FG_READING_NVLINK_TX, FG_READING_NVLINK_RX};

/* Numbers of a device or a job, by its key.  Two generations: what is asked for moves to the younger one; when that is full, the
 * older one is forgotten. */
struct table {
    struct rows {
        struct fg_map *index;
        struct row {
            int64_t value[FG_JOB_COUNTS_LEN];
        } * items;
        size_t len, room;
    } young, old;
};

struct fg_job_counts {
    struct table devices, jobs;
};

static void rows_free(struct rows *rows)
{
    fg_map_free(rows->index);
    free(rows->items);
    *rows = (struct rows){};
}

static struct row *find(struct rows *rows, uint64_t key)
{
    uint32_t at;
    return rows->index && fg_map_get(rows->index, key, &at) ? &rows->items[at] : NULL;
}

static struct row *append(struct rows *rows, uint64_t key)
{
    if (!rows->index)
        rows->index = fg_map_new(0);
    rows->items = fg_grow(rows->items, rows->len, &rows->room, sizeof(*rows->items));
    fg_map_put(rows->index, key, (uint32_t)rows->len);
    return &rows->items[rows->len++];
}

/* The row of that key; -1 in each if it is new. */
static struct row *row_of(struct table *table, uint64_t key)
{
    struct row *row = find(&table->young, key);
    if (row)
        return row;
    if (table->young.len == USED_MAX) {
        rows_free(&table->old);
        table->old = table->young;
        table->young = (struct rows){};
    }
    const struct row *before = find(&table->old, key);
    row = append(&table->young, key);
    if (before)
        *row = *before;
    else
        memset(row, -1, sizeof(*row));
    return row;
}

struct fg_job_counts *fg_job_counts_new(void)
{
    struct fg_job_counts *counts = calloc(1, sizeof(*counts));
    if (!counts)
        abort();
    return counts;
}

void fg_job_counts_free(struct fg_job_counts *counts)
{
    if (!counts)
        return;
    rows_free(&counts->devices.young);
    rows_free(&counts->devices.old);
    rows_free(&counts->jobs.young);
    rows_free(&counts->jobs.old);
    free(counts);
}

void fg_job_counts_grown(struct fg_job_counts *counts,
                         uint64_t device,
                         const int64_t value[FG_READINGS_LEN],
                         int64_t out[FG_JOB_COUNTS_LEN])
{
    struct row *row = row_of(&counts->devices, device);
    for (size_t i = 0; i < FG_JOB_COUNTS_LEN; i++) {
        int64_t now = value[fg_job_counted[i]], before = row->value[i];
        out[i] = now < 0 || before < 0 ? -1 : now >= before ? now - before : 0;
        if (now >= 0)
            row->value[i] = now;
    }
}

void fg_job_counts_add(struct fg_job_counts *counts,
                       fg_job_id job,
                       const int64_t grown[FG_JOB_COUNTS_LEN],
                       int64_t out[FG_JOB_COUNTS_LEN])
{
    struct row *row = row_of(&counts->jobs, job);
    for (size_t i = 0; i < FG_JOB_COUNTS_LEN; i++) {
        if (grown[i] >= 0)
            row->value[i] = (row->value[i] < 0 ? 0 : row->value[i]) + grown[i];
        out[i] = row->value[i];
    }
}

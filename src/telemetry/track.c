/* track.c - see track.h */
#include "telemetry/track.h"

#include <string.h>

int fg_track_compare(const struct fg_track *a, const struct fg_track *b)
{
    if (a->job != b->job)
        return a->job < b->job ? -1 : 1;
    int order = strcmp(a->node, b->node);
    return order ? order : strcmp(a->device, b->device);
}

/* FNV-1a over the name, or the job's number. */
uint64_t fg_track_hash(const struct fg_track *track)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *p = track->node; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    hash = (hash ^ '/') * UINT64_C(1099511628211);
    for (const char *p = track->device; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    hash = (hash ^ track->job) * UINT64_C(11400714819323198485);
    return hash ^ hash >> 32;
}

static void put_text(struct fg_buf *out, const char *text)
{
    size_t len = strlen(text);
    fg_varint_put(out, len);
    fg_buf_add(out, text, len);
}

static int get_text(struct fg_bytes *in, char *out, size_t room)
{
    uint64_t len;
    if (fg_varint_get(in, &len) < 0 || len >= room || len > in->len - in->at
        || memchr(in->bytes + in->at, 0, (size_t)len))
        return FG_EINVAL;
    memcpy(out, in->bytes + in->at, (size_t)len);
    out[len] = '\0';
    in->at += (size_t)len;
    return 0;
}

void fg_track_put(struct fg_buf *out, const struct fg_track *track)
{
    fg_varint_put(out, track->job);
    if (track->job) {
        fg_varint_put(out, track->project);
        return;
    }
    put_text(out, track->node);
    put_text(out, track->device);
    put_text(out, track->kind);
    put_text(out, track->supplier);
}

int fg_track_get(struct fg_bytes *in, struct fg_track *out)
{
    *out = (struct fg_track){};
    int rc = fg_varint_get(in, &out->job);
    if (rc == 0 && out->job) {
        uint64_t project = 0;
        rc = fg_varint_get(in, &project);
        out->project = (fg_project_id)project;
        return rc == 0 && project > UINT32_MAX ? FG_EINVAL : rc;
    }
    if (rc == 0)
        rc = get_text(in, out->node, sizeof(out->node));
    if (rc == 0)
        rc = get_text(in, out->device, sizeof(out->device));
    if (rc == 0)
        rc = get_text(in, out->kind, sizeof(out->kind));
    if (rc == 0)
        rc = get_text(in, out->supplier, sizeof(out->supplier));
    return rc;
}

/* -- columns --------------------------------------------------------------------------------------------- */

static const char *const more[][2] = {
    {"holder", ""}, {"cpu", "1/1000"}, {"mem", "MiB"}, /* from FG_SERIES_HOLDER on */
};

const char *fg_series_column_name(unsigned column)
{
    if (column >= FG_SERIES_COLUMNS)
        return NULL;
    return column < FG_READINGS_LEN ? fg_reading_kinds[column].name
                                    : more[column - FG_READINGS_LEN][0];
}

unsigned fg_series_column_find(const char *name)
{
    unsigned column = 0;
    while (column < FG_SERIES_COLUMNS && strcmp(fg_series_column_name(column), name) != 0)
        column++;
    return column;
}

const char *fg_series_column_unit(unsigned column)
{
    return column < FG_READINGS_LEN ? fg_reading_kinds[column].unit
                                    : more[column - FG_READINGS_LEN][1];
}

bool fg_series_column_counts(unsigned column)
{
    return column < FG_READINGS_LEN && fg_reading_kinds[column].counts;
}

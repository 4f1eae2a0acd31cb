/* queue.c - see queue.h */
#include "slurm/queue.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_PREFIX    "fastgpu-"
#define COMMENT_PREFIX "fastgpu:"

enum column {
    COLUMN_ID,
    COLUMN_ARRAY,
    COLUMN_STATE,
    COLUMN_NODES,
    COLUMN_NODES_LEN,
    COLUMN_CPUS,
    COLUMN_MEM,
    COLUMN_GRES,
    COLUMN_LEFT,
    COLUMN_SUBMITTED,
    COLUMN_BEGINS,
    COLUMN_REASON,
    COLUMN_ARRAY_ID,
    COLUMN_NAME,
    COLUMN_COMMENT,
    COLUMNS
};

/* The last column is the rest of the line. */
static bool split(struct fg_field line, struct fg_field out[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        const char *bar = i < COLUMNS - 1 && line.len ? memchr(line.text, '|', line.len) : NULL;
        if (!bar && i < COLUMNS - 1)
            return false;
        size_t len = bar ? (size_t)(bar - line.text) : line.len;
        out[i] = (struct fg_field){line.text, len};
        line.text += len + (bar ? 1 : 0);
        line.len -= len + (bar ? 1 : 0);
    }
    return true;
}

static bool copy_hex(const char *text, char out[FG_SLURM_ROOM_MAX])
{
    for (size_t i = 0; i < FG_SLURM_ROOM_MAX - 1; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return false;
    memcpy(out, text, FG_SLURM_ROOM_MAX - 1);
    out[FG_SLURM_ROOM_MAX - 1] = '\0';
    return true;
}

/* Name "fastgpu-<32 hex>", comment "fastgpu:<install>:<the same 32 hex>:<32 hex>". */
static bool read_ours(struct fg_field name,
                      struct fg_field comment,
                      const char *install,
                      struct fg_slurm_job *out)
{
    const size_t hex = FG_SLURM_ROOM_MAX - 1, prefix = sizeof(NAME_PREFIX) - 1;
    const size_t uuid = FG_UUID_MAX - 1, first = prefix + uuid + 1, second = first + hex + 1;
    if (name.len != prefix + hex || memcmp(name.text, NAME_PREFIX, prefix) != 0
        || comment.len != second + hex || memcmp(comment.text, COMMENT_PREFIX, prefix) != 0)
        return false;
    return strlen(install) == uuid && memcmp(comment.text + prefix, install, uuid) == 0
           && comment.text[prefix + uuid] == ':' && comment.text[second - 1] == ':'
           && memcmp(comment.text + first, name.text + prefix, hex) == 0
           && copy_hex(name.text + prefix, out->room)
           && copy_hex(comment.text + second, out->shape);
}

int fg_slurm_job_parse(struct fg_field line,
                       const char *install,
                       struct fg_slurm_job *out,
                       struct fg_err *err)
{
    struct fg_field of[COLUMNS];
    uint64_t nodes = 0, cpus = 0;
    char shown[FG_FIELD_SHOWN];
    memset(out, 0, sizeof(*out));
    if (!split(line, of) || !fg_slurm_count(of[COLUMN_ID], INT64_MAX, &out->id)
        || of[COLUMN_STATE].len == 0 || of[COLUMN_STATE].len >= sizeof(out->state))
        return fg_fail(err, FG_EINVAL, "squeue: no job: %s", fg_field_shown(line, shown));
    out->array = of[COLUMN_ARRAY];
    memcpy(out->state, of[COLUMN_STATE].text, of[COLUMN_STATE].len);
    out->nodes = of[COLUMN_NODES];
    out->reason = of[COLUMN_REASON];
    if (!fg_slurm_count(of[COLUMN_ARRAY_ID], INT64_MAX, &out->array_id))
        out->array_id = out->id;
    out->left_us = -1;
    out->is_ours = read_ours(of[COLUMN_NAME], of[COLUMN_COMMENT], install, out);
    if (!fg_slurm_count(of[COLUMN_NODES_LEN], UINT16_MAX, &nodes)
        || !fg_slurm_count(of[COLUMN_CPUS], UINT32_MAX, &cpus))
        return out->is_ours
                   ? fg_fail(err, FG_EINVAL, "squeue: job %lu: no counts of nodes and CPUs",
                             (unsigned long)out->id)
                   : 0;
    out->nodes_len = (uint32_t)nodes;
    out->cpus = (uint32_t)cpus;
    if (!out->is_ours)
        return 0;
    out->gres_len = fg_slurm_gres_parse(of[COLUMN_GRES], out->gres);
    if (out->gres_len < 0 || !fg_slurm_mib_parse(of[COLUMN_MEM], &out->mem_mib))
        return fg_fail(err, FG_EINVAL, "squeue: job %lu: its GRES or memory cannot be read",
                       (unsigned long)out->id);
    if (!fg_slurm_time_parse(of[COLUMN_LEFT], &out->left_us))
        out->left_us = -1;
    if (!fg_slurm_moment_parse(of[COLUMN_SUBMITTED], &out->submitted_us))
        out->submitted_us = 0;
    if (!fg_slurm_moment_parse(of[COLUMN_BEGINS], &out->begins_us))
        out->begins_us = 0;
    return 0;
}

bool fg_slurm_job_waits(const struct fg_slurm_job *job)
{
    return strcmp(job->state, "PD") == 0 || strcmp(job->state, "RQ") == 0
           || strcmp(job->state, "RH") == 0 || strcmp(job->state, "SE") == 0
           || strcmp(job->state, "RD") == 0;
}

bool fg_slurm_job_holds(const struct fg_slurm_job *job)
{
    static const char *const states[] = {"R", "CG", "CF", "S", "ST", "SO", "SI", "RS"};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(job->state, states[i]) == 0)
            return true;
    return false;
}

void fg_slurm_room_at(const char *first, uint32_t index, char out[FG_SLURM_ROOM_MAX])
{
    snprintf(out, FG_SLURM_ROOM_MAX, "%.28s%04x", first, index & 0xffff);
}

void fg_slurm_end_parse(struct fg_field line, struct fg_slurm_end *out)
{
    static const char *const active[] = {"PENDING",    "RUNNING",   "CONFIGURING",
                                         "COMPLETING", "SUSPENDED", "REQUEUED"};
    size_t at = 0;
    struct fg_field key, value;
    *out = (struct fg_slurm_end){};
    while (fg_slurm_pair_next(line, &at, &key, &value)) {
        char *to = fg_slurm_same(key, "JobState")  ? out->state
                   : fg_slurm_same(key, "Reason")  ? out->reason
                   : fg_slurm_same(key, "JobName") ? out->name
                                                   : NULL;
        size_t room = to == out->state ? sizeof(out->state) : FG_NAME_MAX;
        if (to && !to[0] && value.len < room)
            memcpy(to, value.text, value.len);
        if (fg_slurm_same(key, "ExitCode") && value.len < 16) {
            char text[16] = "";
            memcpy(text, value.text, value.len);
            sscanf(text, "%3d:%3d", &out->exit_code, &out->term_signal);
        }
    }
    out->known = out->state[0] != '\0';
    for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++)
        out->is_active |= strcmp(out->state, active[i]) == 0;
}

/* replay.c - the devices of a recorded machine in place of this one's: FASTGPU_REPLAY names the recording; see record.h.
 * Their kind ends with "-replayed", so that nobody takes them for real ones. */
#include "probe/record.h"
#include "probe/vendor.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replay {
    struct fg_record *record;
    int64_t start_us; /* boot clock */
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static void *replay_open(void)
{
    const char *path = getenv("FASTGPU_REPLAY");
    FG_AUTO(fg_file) FILE *file = path && *path ? fopen(path, "re") : NULL;
    struct fg_record *record = file ? fg_record_read(file, path, NULL) : NULL;
    struct replay *replay = record ? calloc(1, sizeof(*replay)) : NULL;
    if (record && !replay)
        abort();
    if (replay)
        *replay = (struct replay){.record = record, .start_us = mono_us()};
    return replay;
}

static size_t replay_list(void *library, bool, struct fg_probe_board *out, size_t max)
{
    const struct fg_record *record = ((struct replay *)library)->record;
    size_t len = 0;
    for (; len < record->devices_len && len < max; len++) {
        out[len] = (struct fg_probe_board){.spec = record->devices[len], .minor = -1};
        out[len].mark[0] = (int64_t)len;
        char *kind = out[len].spec.kind;
        size_t room = sizeof(out[len].spec.kind) - sizeof(FG_REPLAYED);
        if (!strstr(kind, FG_REPLAYED))
            strcpy(kind + strnlen(kind, room), FG_REPLAYED);
    }
    return len;
}

static enum fg_probe_heard replay_read(void *library,
                                       struct fg_probe_board *board,
                                       struct fg_probe_reading *out)
{
    const struct replay *replay = library;
    fg_record_at(replay->record, (uint32_t)board->mark[0], mono_us() - replay->start_us,
                 out->value);
    return out->value[FG_READING_GONE] == 1 ? FG_PROBE_LOST : FG_PROBE_HEARD;
}

static void replay_close(void *library)
{
    struct replay *replay = library;
    fg_record_free(replay->record);
    free(replay);
}

static fg_probe_step_fn *const steps[] = {replay_read, NULL};

const struct fg_probe_vendor fg_probe_replayed = {
    .name = "replayed",
    .open = replay_open,
    .list = replay_list,
    .steps = steps,
    .close = replay_close,
};

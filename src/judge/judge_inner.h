/* judge_inner.h - the state of the judge, for the files of this folder alone. */
#pragma once

#include "base/map.h"
#include "judge/judge.h"
#include "judge/memory.h"

#define NONE SIZE_MAX

/* A device that was read. */
struct device {
    uint64_t key;
    char kind[FG_KIND_MAX], node[FG_NAME_MAX], supplier[FG_NAME_MAX];
    uint32_t index;                     /* on its node */
    int64_t first_us, read_us;          /* without a gap between */
    double busy_milli, clock_mhz;       /* smoothed; negative: unknown */
    int64_t temp_c, slowdown, limit_mw; /* the last; -1 unknown */
    int64_t idle_us;                    /* since then; 0: it works, or nobody knows */
    uint64_t holder; /* task and attempt that held it whole at the last look; 0: none */
    struct fg_memory_track memory; /* since then */
};

/* A device that a task holds, at this look. */
struct seat {
    size_t hold, device; /* NONE: it was never read */
};

struct task {
    uint64_t key;
    uint32_t attempt;
    struct fg_memory_track track,
        device;    /* of its machine, of the device that it has a share of */
    uint64_t look; /* at which it was last held */
};

/* What an attempt of a job wastes, by its two causes. */
enum { WASTE_IDLE, WASTE_UNDERUSED, WASTES };
struct waste {
    uint64_t key;
    struct fg_finding findings[WASTES];
    bool is_new[WASTES]; /* more than was told */
    int64_t told_us[WASTES];
    uint64_t look;
};

struct fg_judge {
    struct device *devices;
    struct fg_map *by_device;
    size_t devices_len, devices_room;
    struct task *tasks;
    struct fg_map *by_task;
    size_t tasks_len, tasks_room;
    struct waste *wastes;
    struct fg_map *by_attempt;
    size_t wastes_len, wastes_room;
    struct fg_judge_hold *holds; /* of this look */
    size_t holds_len, holds_room;
    struct seat *seats; /* those of a job in a row */
    size_t seats_len, seats_room;
    struct fg_usage *usage;
    uint64_t look;           /* counts them */
    int64_t now_us, last_us; /* of this look and the one before; 0: none */
};

/* What a look is made with. */
struct looking {
    struct fg_judge *judge;
    const struct fg_judge_rules *rules;
    const struct fg_judge_out *out;
};

/* The device, if it was read lately; else NULL. */
const struct device *fg_judge_seen(const struct fg_judge *judge, const struct seat *seat);
/* Idle as long as its holder has it: since then; 0: it works. */
int64_t fg_judge_idle_us(const struct fg_judge *judge, const struct seat *seat);
bool fg_judge_is_long(const struct looking *looking, const struct seat *seat);
/* An alert of the job: cause, key, who, and the cause's hint.  For what is bad alone: it takes a microsecond. */
struct fg_alert fg_judge_about(enum fg_alert_cause cause,
                               const struct fg_judge_hold *hold,
                               uint64_t key);

/* judge_waste.c: jobs that hold what they do not use; `seats` are those of one job. */
void fg_judge_waste(const struct looking *looking, const struct seat *seats, size_t len);
/* Tell what is new, and forget jobs that are over. */
void fg_judge_tell_waste(const struct looking *looking);

/* judge_peers.c */
void fg_judge_straggler(const struct looking *looking, const struct seat *seats, size_t len);
void fg_judge_twins(const struct looking *looking);

/* judge_memory.c */
void fg_judge_note_device(struct device *device,
                          const struct fg_judge_rules *rules,
                          const struct fg_device_sample *sample);
void fg_judge_memory(const struct looking *looking);

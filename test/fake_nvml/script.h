/* script.h - what the fake library shows, as a text file says it; see README.md */
#pragma once

#include "model/reading.h"

#include <stddef.h>

#define FAKE_BOARDS_MAX    32
#define FAKE_PROCESSES_MAX 64
#define FAKE_RULES_MAX     65536

struct fake_board {
    char name[64], profile[32];
    unsigned mem_mib, used_mib, busy, power_mw, temp_c, instances, instance_mib, nvlink, pcie;
};

struct fake_rule {
    enum {
        FAKE_AT,
        FAKE_RAMP,
        FAKE_SINE,
        FAKE_GONE,
        FAKE_HANG,
        FAKE_XID,
        FAKE_NONE,
        FAKE_DENIED
    } kind;
    int board; /* -1 all */
    int which; /* enum fg_reading; of NONE: the one that cannot be told */
    double from_s, to_s;
    double from, to; /* values; XID: the number in `from` */
};

struct fake_process {
    int board;
    unsigned pid, mem_mib, busy;
};

struct fake_script {
    bool hangs, fails;
    size_t boards_len, rules_len, rules_room, processes_len;
    struct fake_board boards[FAKE_BOARDS_MAX];
    struct fake_process processes[FAKE_PROCESSES_MAX];
    struct fake_rule *rules;
};

/* Read it anew; without a file there are two boards. */
void fake_script_read(struct fake_script *script, const char *path);

/* The value of a reading at a time, or `usual` where no line tells of it. */
double fake_script_value(const struct fake_script *script,
                         size_t board,
                         enum fg_reading which,
                         double time_s,
                         double usual);

/* The last rule of that kind (and reading, where `which` >= 0) which applies then; NULL: none. */
const struct fake_rule *fake_script_fault(
    const struct fake_script *script, int kind, size_t board, int which, double time_s);

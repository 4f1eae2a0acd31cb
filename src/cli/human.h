/* human.h - quantities as people read them.  Every function writes at most FG_HUMAN_MAX bytes. */
#pragma once

#include <stdint.h>

#define FG_HUMAN_MAX 32

/* "12s", "5m 3s", "2h 5m", "3d 4h": two parts at most; below ten seconds "1.2s". */
void fg_human_duration(int64_t duration_us, char out[FG_HUMAN_MAX]);
/* "now", "5s ago", "2m ago", "in 3h": a moment as seen from `now_us`. */
void fg_human_moment(int64_t time_us, int64_t now_us, char out[FG_HUMAN_MAX]);
/* "512 B", "1.5 KiB", "64 GiB" */
void fg_human_bytes(uint64_t bytes, char out[FG_HUMAN_MAX]);
void fg_human_mib(int64_t mib, char out[FG_HUMAN_MAX]);
/* Thousandths: "1", "0.5", "2.25" */
void fg_human_milli(int64_t milli, char out[FG_HUMAN_MAX]);
/* Millionths of a dollar: "$0", "$0.0042", "$12.34" */
void fg_human_money(int64_t uusd, char out[FG_HUMAN_MAX]);
/* "12 J", "4.2 Wh", "31.05 kWh" */
void fg_human_energy(double joules, char out[FG_HUMAN_MAX]);
/* "0.0042 g", "0.4 g", "812 g", "31.05 kg" */
void fg_human_mass(double grams, char out[FG_HUMAN_MAX]);

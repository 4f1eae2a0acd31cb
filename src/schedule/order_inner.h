/* order_inner.h - the orders themselves, shared by the files order*.c only. */
#pragma once

#include "schedule/order.h"

/* Keys leave room for the bonus of a project. */
#define KEY_MAX       (INT64_MAX / 4)
#define EPOCH_2020_US 1577836800000000LL
#define TIME_BITS     53 /* microseconds since 2020, until 2305 */
#define LEVELS_MAX    32

/* 0 .. 2^TIME_BITS - 1 */
int64_t fg_order_since_2020_us(int64_t time_us);
int64_t fg_order_clamp(__int128 value); /* to -KEY_MAX .. KEY_MAX */

extern const struct fg_job_order fg_job_order_priority, fg_job_order_fifo, fg_job_order_drf,
    fg_job_order_fair; /* order_priority.c */
extern const struct fg_job_order fg_job_order_sjf, fg_job_order_srtf, fg_job_order_ftf,
    fg_job_order_cost; /* order_size.c */
extern const struct fg_job_order fg_job_order_las, fg_job_order_edf,
    fg_job_order_llf; /* order_time.c */

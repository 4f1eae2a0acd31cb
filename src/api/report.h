/* report.h - orders, plans and suppliers of a period, gathered by a worker for the report. */
#pragma once

#include "api/call.h"
#include "demand/ask.h"
#include "plan/review.h"

struct fg_report_orders;

/* Never NULL.  The period is from `from_us` to before `to_us`. */
struct fg_report_orders *fg_report_orders_new(int64_t from_us,
                                              int64_t to_us,
                                              int64_t half_life_us);
void fg_report_orders_free(struct fg_report_orders *orders); /* NULL is allowed */

/* Read plans, orders and the offers that suppliers are scored by. */
[[nodiscard]] int fg_report_orders_read(struct fg_report_orders *orders,
                                        struct fg_call *call,
                                        struct fg_err *err);

/* The members "from", "to", "plans" and "suppliers". */
void fg_report_orders_write(const struct fg_report_orders *orders, struct fg_json *json);

/* The member "correction". */
void fg_report_correction_write(const struct fg_review_correction *correction,
                                struct fg_json *json);

/* case_inner.h - between the readers of a case.  Inside of plan/case*.c only. */
#pragma once

#include "base/buf.h"
#include "plan/case.h"

/* The answer of `fastgpu forecast --json` as a table with the columns class, time, mean, lo80, ...  FG_EINVAL: it is none. */
[[nodiscard]] int fg_case_forecast_table(const char *bytes,
                                         size_t len,
                                         const char *file_name,
                                         struct fg_arena *arena,
                                         struct fg_buf *out,
                                         struct fg_err *err);

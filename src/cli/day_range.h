/* day_range.h - the options --from, --to and --project of questions about days that are over: costs, energy. */
#pragma once

#include "cli/verb.h"

#include "base/buf.h"

struct fg_days {
    int64_t from, to; /* since 1970-01-01, UTC; the latter is not in it */
};

/* This month up to today without them.  FG_EINVAL: no day, an end before its beginning, too many. */
[[nodiscard]] int fg_days_read(const struct fg_cli *cli,
                               struct fg_days *out,
                               struct fg_err *err);

/* "2026-11-21" */
void fg_days_text(int64_t day, char out[11]);

/* "2026-11-01 to 2026-11-21", above an answer. */
void fg_days_print(struct fg_days days);

/* ROUTE?from=...&to=...&project=... */
void fg_days_path(const struct fg_cli *cli,
                  const char *route,
                  struct fg_days days,
                  struct fg_buf *out);

/* Ask that route of these days, with the options --by and --limit.  With --json its answer is printed, and `out` is left empty. */
[[nodiscard]] int fg_days_ask(struct fg_cli *cli,
                              const char *route,
                              struct fg_days days,
                              struct fg_answer *out,
                              struct fg_err *err);

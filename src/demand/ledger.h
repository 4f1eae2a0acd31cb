/* ledger.h - what was asked, ran and waited in each hour, by project, kind of device and region.
 *
 *     jobs (sacct, our own) --spans--> LEDGER --> set of series (series.h)
 *
 * Unit: device-microseconds within an hour (of whole devices: half a device counts half); exact in milliseconds.
 */
#pragma once

#include "demand/series.h"

#include "base/err.h"
#include "model/limits.h"

#define FG_LEDGER_SPANS_MAX 30'000'000
#define FG_LEDGER_CELLS_MAX 16'000'000 /* lines x hours */
#define FG_LEDGER_MILLI_MAX                                                                    \
    2'000'000'000'000LL /* thousandths of devices, of all spans: so that no sum overflows */

enum fg_ledger_measure {
    FG_LEDGER_ASKED, /* what would have run had nobody waited: from its submission on, as long as it ran in the end */
    FG_LEDGER_RUNNING, /* what was granted */
    FG_LEDGER_WAITING, /* what was there and did not run */
    FG_LEDGER_REFUSED, /* what was not taken in, for quota or for want of devices: an hour for each */
    FG_LEDGER_MEASURES
};
/* "asked", ...; -1: no measure has the name. */
const char *fg_ledger_measure_name(enum fg_ledger_measure measure);
int fg_ledger_measure_find(const char *name);

/* By what lines are told apart: bits. */
enum fg_ledger_by { FG_LEDGER_PROJECT = 1, FG_LEDGER_KIND = 2, FG_LEDGER_REGION = 4 };

/* "project,class", "none": the bits.  FG_EINVAL. */
[[nodiscard]] int fg_ledger_by_read(const char *text, unsigned *out, struct fg_err *err);

struct fg_ledger_key {
    char project[FG_NAME_MAX];
    char kind[FG_KIND_MAX];
    char region[FG_NAME_MAX];
};

struct fg_ledger;

/* Lines are summed over what `by` does not name.  Never NULL. */
struct fg_ledger *fg_ledger_new(unsigned by);
void fg_ledger_free(struct fg_ledger *ledger);
FG_AUTO_DEFINE(fg_ledger)

/* `device_milli` thousandths of a device were asked (...) from one moment to another; nothing if that is not later.
 * FG_EINVAL: negative; FG_ETOOBIG: more than FG_LEDGER_SPANS_MAX, or FG_LEDGER_MILLI_MAX in all. */
[[nodiscard]] int fg_ledger_span(struct fg_ledger *ledger,
                                 const struct fg_ledger_key *key,
                                 enum fg_ledger_measure measure,
                                 int64_t from_us,
                                 int64_t to_us,
                                 int64_t device_milli,
                                 struct fg_err *err);
/* So much in the hour that `hour_us` lies in, as a store has kept it. */
[[nodiscard]] int fg_ledger_hour(struct fg_ledger *ledger,
                                 const struct fg_ledger_key *key,
                                 enum fg_ledger_measure measure,
                                 int64_t hour_us,
                                 int64_t device_us,
                                 struct fg_err *err);

/* Cut it into hours: from here on nothing is added.  The hours go from the first that something lies in to the one before
 * `end_us` (0: to the last that something lies in).  FG_EINVAL: there is nothing; FG_ETOOBIG: FG_LEDGER_CELLS_MAX. */
[[nodiscard]] int fg_ledger_close(struct fg_ledger *ledger, int64_t end_us, struct fg_err *err);

/* After the close. Lines are ordered by project, kind, region. */
size_t fg_ledger_lines(const struct fg_ledger *ledger);
size_t fg_ledger_hours(const struct fg_ledger *ledger);
int64_t fg_ledger_first_us(const struct fg_ledger *ledger);
const struct fg_ledger_key *fg_ledger_key_at(const struct fg_ledger *ledger, size_t line);
/* fg_ledger_hours() values. */
const int64_t *fg_ledger_device_us(const struct fg_ledger *ledger,
                                   size_t line,
                                   enum fg_ledger_measure measure);

/* A series for each line with anything of that measure, in devices (the mean over each hour), named by what tells the lines
 * apart: "vision/h100"; "all" if nothing does. */
void fg_ledger_to_set(const struct fg_ledger *ledger,
                      enum fg_ledger_measure measure,
                      struct fg_demand_set *set);

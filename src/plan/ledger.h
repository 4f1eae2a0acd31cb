/* ledger.h - costs divided and added, to the micro-dollar.
 *
 *     attempts, bookings of days, orders --> LEDGER --> who spent what
 */
#pragma once

#include "base/auto.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a cost that ran evenly from its start to its end: what falls between two moments.  Each is what had been reached by the
 * later one less what had been reached by the earlier, rounded down; so parts that lie side by side sum to the whole. */
int64_t fg_cost_between(
    int64_t uusd, int64_t started_us, int64_t finished_us, int64_t from_us, int64_t to_us);

/* Make `parts` sum to what was booked for all of them.  If they differ by no more than rounding can (one each), the greatest
 * takes the difference; else nothing is changed and false says that they are not the parts of it. */
bool fg_cost_reconcile(int64_t *parts, size_t len, int64_t booked_uusd);

/* Amounts of one key; who fills it knows which texts mean something. */
struct fg_cost_ledger_line {
    uint64_t key;
    char name[FG_NAME_MAX], title[FG_NAME_MAX], project[FG_NAME_MAX], user[FG_NAME_MAX],
        supplier[FG_NAME_MAX], instance[FG_NAME_MAX];
    int64_t used_uusd, idle_uusd, due_uusd;
    int64_t energy_mj, co2_mg; /* of devices, where it is known */
};

struct fg_cost_ledger;
struct fg_cost_ledger *fg_cost_ledger_new(void);         /* never NULL */
void fg_cost_ledger_free(struct fg_cost_ledger *ledger); /* NULL is allowed */
FG_AUTO_DEFINE(fg_cost_ledger)

/* The line of that key (not 0), zeroed if it is new; valid until the next call. */
struct fg_cost_ledger_line *fg_cost_ledger_at(struct fg_cost_ledger *ledger, uint64_t key);

/* The line of that key, if there is one. */
struct fg_cost_ledger_line *fg_cost_ledger_find(struct fg_cost_ledger *ledger, uint64_t key);

/* The lines, in the order of their first mention. */
const struct fg_cost_ledger_line *fg_cost_ledger_lines(const struct fg_cost_ledger *ledger,
                                                       size_t *out_len);

/* By cost (used and idle), the greatest first, then by key.  After it no line may be asked for. */
void fg_cost_ledger_sort(struct fg_cost_ledger *ledger);
/* Keep the `len` greatest; what the others held is added to `rest`.  For keys that do not come again. */
void fg_cost_ledger_cut(struct fg_cost_ledger *ledger,
                        size_t len,
                        struct fg_cost_ledger_line *rest);

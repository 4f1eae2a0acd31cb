/* ledger.c - see ledger.h */
#include "plan/ledger.h"

#include "base/grow.h"
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_cost_ledger {
    struct fg_cost_ledger_line *lines;
    size_t len, room;
    struct fg_map *index; /* of a key */
};

/* -- parts ------------------------------------------------------------------------------------------------ */

static int64_t until(int64_t uusd, int64_t started_us, int64_t finished_us, int64_t at_us)
{
    if (at_us <= started_us)
        return 0;
    if (at_us >= finished_us)
        return uusd;
    return (int64_t)((__int128)uusd * (at_us - started_us) / (finished_us - started_us));
}

int64_t fg_cost_between(
    int64_t uusd, int64_t started_us, int64_t finished_us, int64_t from_us, int64_t to_us)
{
    return to_us > from_us ? until(uusd, started_us, finished_us, to_us)
                                 - until(uusd, started_us, finished_us, from_us)
                           : 0;
}

bool fg_cost_reconcile(int64_t *parts, size_t len, int64_t booked_uusd)
{
    __int128 difference = booked_uusd;
    size_t greatest = 0;
    for (size_t i = 0; i < len; i++) {
        difference -= parts[i];
        if (parts[i] > parts[greatest])
            greatest = i;
    }
    if (difference > (__int128)len || -difference > (__int128)len)
        return false;
    if (len > 0)
        parts[greatest] += (int64_t)difference;
    return true;
}

/* -- lines ------------------------------------------------------------------------------------------------- */

struct fg_cost_ledger *fg_cost_ledger_new(void)
{
    struct fg_cost_ledger *ledger = calloc(1, sizeof(*ledger));
    if (!ledger)
        abort();
    ledger->index = fg_map_new(0);
    return ledger;
}

void fg_cost_ledger_free(struct fg_cost_ledger *ledger)
{
    if (!ledger)
        return;
    fg_map_free(ledger->index);
    free(ledger->lines);
    free(ledger);
}

struct fg_cost_ledger_line *fg_cost_ledger_find(struct fg_cost_ledger *ledger, uint64_t key)
{
    uint32_t found;
    return fg_map_get(ledger->index, key, &found) ? &ledger->lines[found] : NULL;
}

struct fg_cost_ledger_line *fg_cost_ledger_at(struct fg_cost_ledger *ledger, uint64_t key)
{
    struct fg_cost_ledger_line *known = fg_cost_ledger_find(ledger, key);
    if (known)
        return known;
    ledger->lines = fg_grow(ledger->lines, ledger->len, &ledger->room, sizeof(*ledger->lines));
    assert(ledger->lines);
    fg_map_put(ledger->index, key, (uint32_t)ledger->len);
    struct fg_cost_ledger_line *line = &ledger->lines[ledger->len++];
    *line = (struct fg_cost_ledger_line){.key = key};
    return line;
}

const struct fg_cost_ledger_line *fg_cost_ledger_lines(const struct fg_cost_ledger *ledger,
                                                       size_t *out_len)
{
    *out_len = ledger->len;
    return ledger->lines;
}

static int by_cost(const void *left, const void *right)
{
    const struct fg_cost_ledger_line *a = left, *b = right;
    int64_t x = a->used_uusd + a->idle_uusd, y = b->used_uusd + b->idle_uusd;
    if (x != y)
        return x > y ? -1 : 1;
    return a->key < b->key ? -1 : a->key > b->key;
}

void fg_cost_ledger_sort(struct fg_cost_ledger *ledger)
{
    if (ledger->len > 1)
        qsort(ledger->lines, ledger->len, sizeof(*ledger->lines), by_cost);
}

void fg_cost_ledger_cut(struct fg_cost_ledger *ledger,
                        size_t len,
                        struct fg_cost_ledger_line *rest)
{
    fg_cost_ledger_sort(ledger);
    for (; ledger->len > len; ledger->len--) {
        const struct fg_cost_ledger_line *last = &ledger->lines[ledger->len - 1];
        rest->used_uusd += last->used_uusd;
        rest->idle_uusd += last->idle_uusd;
        rest->due_uusd += last->due_uusd;
        rest->energy_mj += last->energy_mj;
        rest->co2_mg += last->co2_mg;
    }
    /* Which line a key has is another now. */
    fg_map_free(ledger->index);
    ledger->index = fg_map_new(0);
    for (size_t i = 0; i < ledger->len; i++)
        fg_map_put(ledger->index, ledger->lines[i].key, (uint32_t)i);
}

/* order_state.c - the table of order_state.def as functions of order.h */
#include "model/order.h"

#include <assert.h>
#include <string.h>

#define TO(state) (1u << FG_ORDER_##state)

static const struct {
    const char *name;
    unsigned next; /* bit set of states */
} rows[FG_ORDER_STATES] = {
#define X(state, name, next) [FG_ORDER_##state] = {name, next},
#include "model/order_state.def"
#undef X
};

const char *fg_order_state_name(enum fg_order_state state)
{
    assert(state < FG_ORDER_STATES);
    return rows[state].name;
}

bool fg_order_state_is_final(enum fg_order_state state)
{
    assert(state < FG_ORDER_STATES);
    return rows[state].next == 0;
}

int fg_order_state_find(const char *name)
{
    for (int state = 0; state < FG_ORDER_STATES; state++)
        if (strcmp(rows[state].name, name) == 0)
            return state;
    return -1;
}

int fg_order_move(enum fg_order_state *state, enum fg_order_state to, struct fg_err *err)
{
    assert(*state < FG_ORDER_STATES);
    assert(to < FG_ORDER_STATES);

    if (!(rows[*state].next & (1u << to)))
        return fg_fail(err, FG_ESTATE, "order is %s, it cannot become %s", rows[*state].name,
                       rows[to].name);
    *state = to;
    return 0;
}

static const char *const causes[FG_CAUSES] = {"none",  "user",       "expired",   "refused",
                                              "price", "inspection", "reclaimed", "absent"};

const char *fg_order_cause_name(enum fg_order_cause cause)
{
    assert(cause < FG_CAUSES);
    return causes[cause];
}

int fg_order_cause_find(const char *name)
{
    for (int cause = 0; cause < FG_CAUSES; cause++)
        if (strcmp(causes[cause], name) == 0)
            return cause;
    return -1;
}

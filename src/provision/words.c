/* words.c - the words of the protocol; see provision.h */
#include "provision/provision.h"

#include <assert.h>
#include <string.h>

static const char *const ops[FG_PROVISION_OPS] = {"offers", "quote",   "provision",
                                                  "status", "inspect", "release"};
static const char *const deliveries[FG_DELIVERIES] = {"unknown", "pending",   "ready",
                                                      "refused", "releasing", "gone"};
static const char *const states[FG_INSTANCE_STATES] = {"pending", "ready", "lost"};

const char *fg_provision_op_name(enum fg_provision_op op)
{
    assert(op < FG_PROVISION_OPS);
    return ops[op];
}

const char *fg_delivery_name(enum fg_delivery delivery)
{
    assert(delivery < FG_DELIVERIES);
    return deliveries[delivery];
}

int fg_delivery_find(const char *name)
{
    for (int delivery = 0; delivery < FG_DELIVERIES; delivery++)
        if (strcmp(deliveries[delivery], name) == 0)
            return delivery;
    return -1;
}

const char *fg_instance_state_name(enum fg_instance_state state)
{
    assert(state < FG_INSTANCE_STATES);
    return states[state];
}

int fg_instance_state_find(const char *name)
{
    for (int state = 0; state < FG_INSTANCE_STATES; state++)
        if (strcmp(states[state], name) == 0)
            return state;
    return -1;
}

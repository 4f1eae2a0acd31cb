/* supplier.c - sources of GPUs: added, changed, removed. */
#include "control/order_inner.h"

#include "base/grow.h"

#include "model/supplier_json.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_ROOM (1UL << 20) /* arena for one: address space */

static struct fg_supplier *find(const struct fg_control *control, const char *name)
{
    for (size_t i = 0; i < control->suppliers_len; i++)
        if (strcmp(control->suppliers[i].name, name) == 0)
            return &control->suppliers[i];
    return NULL;
}

const struct fg_supplier *fg_supplier_get(const struct fg_control *control, const char *name)
{
    return find(control, name);
}

static void put(struct fg_control *control, const struct fg_supplier *supplier)
{
    struct fg_supplier *there = find(control, supplier->name);
    if (there) {
        *there = *supplier;
        return;
    }
    control->suppliers = fg_grow(control->suppliers, control->suppliers_len,
                                 &control->suppliers_room, sizeof(struct fg_supplier));
    control->suppliers[control->suppliers_len++] = *supplier;
}

int fg_control_load_supplier(void *self, const char *name, const char *json)
{
    struct fg_arena *arena = fg_arena_new(TEXT_ROOM);
    const struct fg_doc *doc = NULL;
    struct fg_supplier supplier;
    int rc = fg_doc_json(json, strlen(json), arena, &doc, NULL);
    if (rc == 0)
        rc = fg_supplier_json_read(doc, name, arena, &supplier, NULL);
    if (rc == 0)
        put(self, &supplier);
    fg_arena_free(arena);
    return rc;
}

/* Orders of the supplier that are not over; those only planned count if `planned`. */
static size_t open_orders(const struct fg_control *control, const char *name, bool planned)
{
    size_t open = 0;
    for (size_t i = 0; i < control->purchases_len; i++)
        open += strcmp(control->purchases[i].order.offer.supplier, name) == 0
                && (planned || control->purchases[i].order.state != FG_ORDER_PLANNED);
    return open;
}

static void write_down(struct fg_control *control, const char *name, const char *json)
{
    struct fg_err err = {};
    fg_control_wrote(
        control,
        control->options.store_ops->supplier_put(control->options.store, name, json, &err),
        &err);
}

/* It is so from now on; the answer is what is kept. */
static void keep(struct fg_control *control,
                 struct fg_command *command,
                 const struct fg_supplier *supplier,
                 const char *event)
{
    struct fg_buf kept = {};
    struct fg_json json = {.buf = &kept};
    if (!fg_control_begin(control))
        return;
    fg_json_object(&json);
    fg_supplier_json_members(&json, supplier);
    fg_json_end(&json);
    fg_control_tell(control, event, NULL, "\"supplier\":\"%s\",\"by\":\"%.63s\",\"paused\":%s",
                    supplier->name, command->actor.user, supplier->paused ? "true" : "false");
    put(control, supplier);
    fg_vendors_mark(control, supplier);
    write_down(control, supplier->name, kept.text);
    fg_command_give(command, &kept);
    control->orders_us = 0; /* those that waited for it to be resumed */
}

/* What its machines are to join must be a cluster. */
static int check_join(const struct fg_control *control,
                      const struct fg_supplier *supplier,
                      struct fg_err *err)
{
    const struct fg_supplier *cluster =
        supplier->join[0] ? fg_supplier_get(control, supplier->join) : NULL;
    if (!supplier->join[0])
        return 0;
    if (!cluster)
        return fg_fail(err, FG_ENOENT, "join: no supplier %s", supplier->join);
    return cluster->kind == FG_SUPPLIER_SLURM
               ? 0
               : fg_fail(err, FG_EINVAL, "join: supplier %s is %s, expected a Slurm cluster",
                         cluster->name, fg_supplier_kind_name(cluster->kind));
}

void fg_command_put_supplier(struct fg_control *control, struct fg_command *command)
{
    const struct fg_supplier *supplier = command->supplier,
                             *there = fg_supplier_get(control, supplier->name);
    command->rc = check_join(control, supplier, &command->err);
    if (command->rc < 0)
        return;
    if (!there && control->suppliers_len >= FG_SUPPLIERS_MAX)
        command->rc = fg_fail(&command->err, FG_ETOOBIG,
                              "there are %d suppliers, and no more may be", FG_SUPPLIERS_MAX);
    else if (there && there->kind != supplier->kind
             && open_orders(control, supplier->name, false) > 0)
        command->rc = fg_fail(&command->err, FG_ESTATE,
                              "supplier %s: it has orders that are not over, it stays %s",
                              supplier->name, fg_supplier_kind_name(there->kind));
    else if (there && there->kind == FG_SUPPLIER_SLURM && supplier->kind != there->kind)
        command->rc = fg_fail(&command->err, FG_ESTATE,
                              "supplier %s: its nodes are in the pool, it stays slurm; remove "
                              "it first",
                              supplier->name);
    if (command->rc == 0)
        keep(control, command, supplier, there ? "supplier.changed" : "supplier.added");
}

void fg_command_pause_supplier(struct fg_control *control, struct fg_command *command)
{
    const struct fg_supplier *there = fg_supplier_get(control, command->name);
    if (!there) {
        command->rc = fg_fail(&command->err, FG_ENOENT, "supplier %.63s: no such supplier",
                              command->name);
        return;
    }
    struct fg_supplier supplier = *there;
    supplier.paused = command->kind == FG_CMD_SUPPLIER_PAUSE;
    keep(control, command, &supplier, supplier.paused ? "supplier.paused" : "supplier.resumed");
}

/* A supplier whose machines join that cluster, or NULL. */
static const struct fg_supplier *joiner(const struct fg_control *control, const char *cluster)
{
    for (size_t i = 0; i < control->suppliers_len; i++)
        if (strcmp(control->suppliers[i].join, cluster) == 0)
            return &control->suppliers[i];
    return NULL;
}

void fg_command_remove_supplier(struct fg_control *control, struct fg_command *command)
{
    const struct fg_supplier *there = fg_supplier_get(control, command->name);
    size_t open = open_orders(control, command->name, true);
    if (!there)
        command->rc = fg_fail(&command->err, FG_ENOENT, "supplier %.63s: no such supplier",
                              command->name);
    else if (open > 0)
        command->rc = fg_fail(&command->err, FG_ESTATE,
                              "supplier %s: %zu of its orders are not over; pause it, and "
                              "cancel or release them first",
                              command->name, open);
    else if (joiner(control, command->name))
        command->rc = fg_fail(&command->err, FG_ESTATE,
                              "supplier %s: machines of supplier %s join it; change or remove "
                              "that one first",
                              command->name, joiner(control, command->name)->name);
    else if (there->kind == FG_SUPPLIER_SLURM && fg_vendor_is_used(control, command->name))
        command->rc = fg_fail(&command->err, FG_ESTATE,
                              "supplier %s: jobs run there; pause it, and wait for them or "
                              "cancel them first",
                              command->name);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    fg_vendors_mark(control, there);
    write_down(control, command->name, NULL);
    fg_control_tell(control, "supplier.removed", NULL, "\"supplier\":\"%s\",\"by\":\"%.63s\"",
                    command->name, command->actor.user);
    size_t at = (size_t)(there - control->suppliers);
    memmove(&control->suppliers[at], &control->suppliers[at + 1],
            (--control->suppliers_len - at) * sizeof(*there));
}

void fg_command_ask_offers(struct fg_control *control, struct fg_command *command)
{
    const struct fg_supplier *supplier = fg_supplier_get(control, command->name);
    const struct fg_provision_ops *ops = control->options.provision_ops;
    if (!supplier) {
        command->rc = fg_fail(&command->err, FG_ENOENT, "supplier %.63s: no such supplier",
                              command->name);
        return;
    }
    if (!fg_supplier_kind_sells(supplier->kind) || !ops) {
        command->rc =
            fg_fail(&command->err, FG_ESTATE, "supplier %s: of kind %s, it cannot be asked",
                    supplier->name, fg_supplier_kind_name(supplier->kind));
        return;
    }
    command->rc = ops->call(control->options.provision,
                            &(struct fg_provision_call){.op = FG_PROVISION_OFFERS,
                                                        .tag = ++control->next_tag,
                                                        .supplier = supplier},
                            &command->err);
}

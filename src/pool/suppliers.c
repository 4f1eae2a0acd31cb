/* suppliers.c - see suppliers.h */
#include "pool/suppliers.h"

#include "base/text.h"

#include <string.h>

int fg_suppliers_find(const struct fg_suppliers *suppliers, const char *name)
{
    if (!name[0] || strcmp(name, FG_SUPPLIER_LOCAL) == 0)
        return 0;
    for (size_t i = 1; i <= suppliers->len; i++)
        if (strcmp(suppliers->items[i].name, name) == 0)
            return (int)i;
    return -1;
}

int fg_suppliers_number(struct fg_suppliers *suppliers, const char *name, struct fg_err *err)
{
    int found = fg_suppliers_find(suppliers, name);
    if (found >= 0)
        return found;
    if (suppliers->len + 1 == FG_POOL_SUPPLIERS_MAX)
        return fg_fail(err, FG_ENOCAP, "supplier %s: one more than the %d a pool can hold",
                       name, FG_POOL_SUPPLIERS_MAX - 1);
    struct fg_pool_supplier *item = &suppliers->items[++suppliers->len];
    *item = (struct fg_pool_supplier){.state = {.up = true, .wait_us = -1}};
    fg_copy(item->name, sizeof(item->name), name);
    return (int)suppliers->len;
}

int fg_suppliers_region(struct fg_suppliers *suppliers, const char *name, struct fg_err *err)
{
    if (!name[0])
        return 0;
    for (size_t i = 1; i <= suppliers->regions_len; i++)
        if (strcmp(suppliers->regions[i], name) == 0)
            return (int)i;
    if (suppliers->regions_len + 1 == FG_POOL_REGIONS_MAX)
        return fg_fail(err, FG_ENOCAP, "region %s: one more than the %d a pool can hold", name,
                       FG_POOL_REGIONS_MAX - 1);
    suppliers->regions_len++;
    fg_copy(suppliers->regions[suppliers->regions_len], FG_NAME_MAX, name);
    return (int)suppliers->regions_len;
}

/* The next name of a list, or false.  `*at` moves behind it. */
static bool next_name(const char **at, char out[FG_NAME_MAX])
{
    size_t len = strcspn(*at, ",");
    if (len == 0 || len >= FG_NAME_MAX)
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at += len + ((*at)[len] == ',');
    return true;
}

uint32_t fg_suppliers_left_out(const struct fg_suppliers *suppliers, const char *list)
{
    bool denies = list[0] == '-';
    uint32_t named = 0;
    char name[FG_NAME_MAX];
    if (!list[0])
        return 0;
    for (const char *at = list; next_name(&at, name);) {
        int number = fg_suppliers_find(suppliers, name + denies);
        if (number >= 0)
            named |= 1U << number;
    }
    return denies ? named : ~named;
}

uint64_t fg_suppliers_regions_left_out(const struct fg_suppliers *suppliers, const char *list)
{
    uint64_t named = 0;
    char name[FG_NAME_MAX];
    if (!list[0])
        return 0;
    for (const char *at = list; next_name(&at, name);)
        for (size_t i = 1; i <= suppliers->regions_len; i++)
            if (strcmp(suppliers->regions[i], name) == 0)
                named |= 1ULL << i;
    return ~named;
}

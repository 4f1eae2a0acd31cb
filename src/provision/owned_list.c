/* owned_list.c - see owned_list.h */
#include "provision/owned_list.h"

#include "base/doc_read.h"
#include "base/text.h"
#include "model/names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MEM_MIB_MAX (FG_MEM_GIB_MAX * 1024LL)
#define LIFE_US     (INT64_C(1095) * 86'400'000'000) /* written off over three years */
#define TERM_US_MAX (INT64_C(3650) * 86'400'000'000)

typedef int member_read(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_owned_machine *out);

static int read_name_to(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        char out[FG_NAME_MAX])
{
    const char *text = "";
    struct fg_err why = {};
    int rc = fg_read_text(reader, doc, FG_NAME_MAX - 1, &text);
    if (rc == 0 && fg_name_check("name", text, &why) < 0)
        rc = fg_read_fail(reader, doc, "%s", why.text);
    if (rc == 0)
        fg_copy(out, FG_NAME_MAX, text);
    return rc;
}

#define NAME(member, place)                                                                    \
    static int read_##member(struct fg_doc_reader *reader, const struct fg_doc *doc,           \
                             struct fg_owned_machine *out)                                     \
    {                                                                                          \
        return read_name_to(reader, doc, out->place);                                          \
    }
NAME(name, name)
NAME(address, address)
NAME(instance, offer.instance)
NAME(region, offer.region)

static int read_accelerator(struct fg_doc_reader *reader,
                            const struct fg_doc *doc,
                            struct fg_owned_machine *out)
{
    const char *text = "";
    int rc = fg_read_text(reader, doc, FG_TEXT_MAX, &text);
    if (rc < 0)
        return rc;
    rc = fg_kind_read(reader->path, text, out->offer.accelerator, reader->err);
    return rc < 0 ? fg_read_wrap(reader, doc, rc) : 0;
}

static int read_accelerators(struct fg_doc_reader *reader,
                             const struct fg_doc *doc,
                             struct fg_owned_machine *out)
{
    int64_t count = 0;
    int rc = fg_read_int(reader, doc, 1, FG_NODE_DEVICES_MAX, &count);
    out->offer.accelerators = (uint32_t)count;
    return rc;
}

static int read_accelerator_memory(struct fg_doc_reader *reader,
                                   const struct fg_doc *doc,
                                   struct fg_owned_machine *out)
{
    int64_t mib = 0;
    int rc = fg_read_size(reader, doc, 1024, MEM_MIB_MAX, &mib);
    out->offer.accelerator_mem_mib = (uint32_t)mib;
    return rc;
}

static int read_memory(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_owned_machine *out)
{
    int64_t mib = 0;
    int rc = fg_read_size(reader, doc, 1024, MEM_MIB_MAX, &mib);
    out->offer.mem_mib = (uint64_t)mib;
    return rc;
}

static int read_cpus(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_owned_machine *out)
{
    int64_t milli = 0;
    int rc = fg_read_milli(reader, doc, 1, FG_CPUS_MAX * 1000, &milli);
    out->offer.cpu_milli = (uint32_t)milli;
    return rc;
}

static int read_watts(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      struct fg_owned_machine *out)
{
    int64_t watts = 0;
    int rc = fg_read_int(reader, doc, 0, 1000000, &watts);
    out->offer.watts = (uint32_t)watts;
    return rc;
}

static int read_usd(struct fg_doc_reader *reader,
                    const struct fg_doc *doc,
                    int64_t max_uusd,
                    int64_t *out_uusd)
{
    bool is_number = doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL;
    double uusd = is_number ? round(doc->real * 1e6) : -1;
    if (!(uusd >= 0 && uusd <= (double)max_uusd))
        return fg_read_fail(reader, doc, "expected USD, from 0 to %lld",
                            (long long)(max_uusd / 1000000));
    *out_uusd = (int64_t)uusd;
    return 0;
}

static int read_usd_per_hour(struct fg_doc_reader *reader,
                             const struct fg_doc *doc,
                             struct fg_owned_machine *out)
{
    return read_usd(reader, doc, FG_PRICE_UUSD_MAX, &out->offer.price_uusd_per_hour);
}

static int read_purchase_usd(struct fg_doc_reader *reader,
                             const struct fg_doc *doc,
                             struct fg_owned_machine *out)
{
    return read_usd(reader, doc, FG_UPFRONT_UUSD_MAX, &out->offer.upfront_uusd);
}

static int read_life(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_owned_machine *out)
{
    return fg_read_duration(reader, doc, TERM_US_MAX, &out->offer.term_us);
}

static int read_command(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        const char *const **out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    if (rc == 0 && (doc->len == 0 || doc->len > FG_OWNED_WORDS_MAX))
        rc = fg_read_fail(reader, doc, "%zu words, expected 1 to %d", doc->len,
                          FG_OWNED_WORDS_MAX);
    const char **words = rc == 0 ? FG_NEW(reader->arena, const char *, doc->len + 1) : NULL;
    size_t len = 0;
    for (const struct fg_doc *at = doc->first; rc == 0 && at; at = at->next)
        rc = fg_read_text(reader, at, FG_TEXT_MAX, &words[len++]);
    if (rc == 0)
        *out = words;
    return rc;
}

#define COMMAND(member, command)                                                               \
    static int read_##member(struct fg_doc_reader *reader, const struct fg_doc *doc,           \
                             struct fg_owned_machine *out)                                     \
    {                                                                                          \
        return read_command(reader, doc, &out->commands[command]);                             \
    }
COMMAND(wake, FG_OWNED_WAKE)
COMMAND(check, FG_OWNED_CHECK)
COMMAND(sleep, FG_OWNED_SLEEP)
COMMAND(inspect, FG_OWNED_INSPECT)

static const struct {
    const char *name;
    member_read *read;
} members[] = {
    {"name", read_name},
    {"address", read_address},
    {"instance", read_instance},
    {"region", read_region},
    {"accelerator", read_accelerator},
    {"accelerators", read_accelerators},
    {"accelerator_memory", read_accelerator_memory},
    {"cpus", read_cpus},
    {"memory", read_memory},
    {"watts", read_watts},
    {"usd_per_hour", read_usd_per_hour},
    {"purchase_usd", read_purchase_usd},
    {"life", read_life},
    {"wake", read_wake},
    {"check", read_check},
    {"sleep", read_sleep},
    {"inspect", read_inspect},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_owned_machine *out)
{
    const char *names[MEMBERS];
    for (size_t i = 0; i < MEMBERS; i++) {
        names[i] = members[i].name;
        if (strcmp(doc->key, members[i].name) != 0)
            continue;
        size_t mark = fg_read_enter(reader, doc->key);
        int rc = members[i].read(reader, doc, out);
        fg_read_leave(reader, mark);
        return rc;
    }
    return fg_read_fail_unknown(reader, doc, names, MEMBERS);
}

/* What follows from the rest: an address, a type ("8x-h100"), the terms of what is one's own. */
static void complete(struct fg_owned_machine *machine, const char *supplier)
{
    struct fg_offer *offer = &machine->offer;
    fg_copy(offer->supplier, sizeof(offer->supplier), supplier);
    offer->contract = FG_CONTRACT_OWNED;
    if (!machine->address[0])
        fg_copy(machine->address, sizeof(machine->address), machine->name);
    if (!offer->instance[0])
        snprintf(offer->instance, sizeof(offer->instance), "%ux-%s", offer->accelerators,
                 offer->accelerator);
    if (offer->term_us == 0)
        offer->term_us = LIFE_US;
}

static int read_machine(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        const char *supplier,
                        struct fg_owned_machine *out)
{
    struct fg_err why = {};
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; rc == 0 && at; at = at->next)
        rc = read_member(reader, at, out);
    if (rc < 0)
        return rc;
    if (!out->name[0])
        return fg_read_fail(reader, doc, "a machine without a name");
    complete(out, supplier);
    return fg_offer_check(&out->offer, &why) < 0 ? fg_read_fail(reader, doc, "%s", why.text)
                                                 : 0;
}

static int check_name(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      const struct fg_owned_machine *machines,
                      size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(machines[i].name, machines[index].name) == 0)
            return fg_read_fail(reader, doc, "name %s stands there twice", machines[i].name);
    return 0;
}

static int read_machines(struct fg_doc_reader *reader,
                         const struct fg_doc *root,
                         const char *supplier,
                         const struct fg_owned_machine **out,
                         size_t *out_len)
{
    const struct fg_doc *list = fg_doc_get(root, "machines");
    if (!list || list->kind != FG_DOC_LIST || root->len != 1)
        return fg_read_fail(reader, root, "expected one member, machines, with a list");
    if (list->len > FG_OWNED_MACHINES_MAX)
        return fg_read_fail(reader, list, "%zu machines, expected at most %d", list->len,
                            FG_OWNED_MACHINES_MAX);
    struct fg_owned_machine *machines =
        FG_NEW(reader->arena, struct fg_owned_machine, list->len + 1);
    size_t len = 0;
    int rc = 0;
    for (const struct fg_doc *at = list->first; rc == 0 && at; at = at->next, len++) {
        size_t mark = fg_read_enter_at(reader, len);
        rc = read_machine(reader, at, supplier, &machines[len]);
        if (rc == 0)
            rc = check_name(reader, at, machines, len);
        fg_read_leave(reader, mark);
    }
    if (rc == 0) {
        *out = machines;
        *out_len = len;
    }
    return rc;
}

size_t fg_owned_list_room(size_t len)
{
    size_t machines = len / 2 < FG_OWNED_MACHINES_MAX ? len / 2 : FG_OWNED_MACHINES_MAX;
    return 2 * fg_doc_room(len) + (machines + 2) * sizeof(struct fg_owned_machine);
}

int fg_owned_list_read(const char *bytes,
                       size_t len,
                       const char *supplier,
                       const char *file_name,
                       struct fg_arena *arena,
                       const struct fg_owned_machine **out,
                       size_t *out_len,
                       struct fg_err *err)
{
    struct fg_doc_reader reader = {
        .arena = arena, .file_name = file_name, .err = err, .text_left = len};
    const struct fg_doc *root;
    int rc = fg_doc_yaml(bytes, len, arena, &root, err);
    if (rc < 0)
        return fg_read_name_file(file_name, rc, err);
    return read_machines(&reader, root, supplier, out, out_len);
}

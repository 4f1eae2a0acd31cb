/* request_read.c - what a task asks for: `resources` as people write it, `any_of` as it is stored.
 * See job_read.h. */
#include "base/text.h"
#include "model/job_read.h"
#include "model/names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIB_PER_GIB 1024
#define MEM_MIB_MAX ((int64_t)FG_MEM_GIB_MAX * MIB_PER_GIB)

struct request_member {
    const char *name;
    fg_request_member_read *read;
};

#define MEMBERS_MAX 16

struct fg_request fg_request_default(void)
{
    return (struct fg_request){.cpu_milli = 1000};
}

static int set_kind(struct fg_doc_reader *reader,
                    const struct fg_doc *at,
                    const char *text,
                    struct fg_request *out)
{
    char kind[FG_KIND_MAX];
    int rc = fg_kind_read(reader->path, text, kind, reader->err);
    if (rc < 0)
        return fg_read_wrap(reader, at, rc);
    if (strcmp(kind, "cpu") == 0)
        return fg_read_fail(reader, at, "cpu is no accelerator, ask for cores with cpus");
    memcpy(out->kind, kind, sizeof(kind));
    return 0;
}

/* 8 is eight devices, 0.5 half of one. */
static int set_amount(struct fg_doc_reader *reader,
                      const struct fg_doc *at,
                      double amount,
                      struct fg_request *out)
{
    double milli = round(amount * 1000);
    bool is_share = milli >= 1 && milli < 1000;
    bool is_whole = amount >= 1 && amount <= FG_NODE_DEVICES_MAX && amount == floor(amount);
    if (!is_share && !is_whole)
        return fg_read_fail(reader, at,
                            "%g accelerators, expected a share from 0.001 to 0.999, or a whole "
                            "number up to %d",
                            amount, FG_NODE_DEVICES_MAX);
    out->count = is_share ? 1 : (uint32_t)amount;
    out->gpu_milli = is_share ? (uint32_t)milli : 1000;
    return 0;
}

/* "H100:8", "H100", "8" */
static int set_from_text(struct fg_doc_reader *reader,
                         const struct fg_doc *at,
                         struct fg_request *out)
{
    const char *colon = strchr(at->text, ':');
    if (!colon) {
        int rc = set_kind(reader, at, at->text, out);
        return rc < 0 ? rc : set_amount(reader, at, 1, out);
    }
    size_t kind_len = (size_t)(colon - at->text);
    char kind[FG_KIND_MAX] = "", *end;
    if (kind_len >= sizeof(kind) || colon[1 + strspn(colon + 1, "0123456789.")] || !colon[1])
        return fg_read_fail(reader, at, "expected KIND:COUNT, like H100:8 or H100:0.5");
    memcpy(kind, at->text, kind_len);
    double amount = strtod(colon + 1, &end);
    if (*end)
        return fg_read_fail(reader, at, "expected KIND:COUNT, like H100:8 or H100:0.5");
    int rc = set_kind(reader, at, kind, out);
    return rc < 0 ? rc : set_amount(reader, at, amount, out);
}

static bool is_number(const struct fg_doc *doc)
{
    return doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL;
}

static int read_accelerators(struct fg_doc_reader *reader,
                             const struct fg_doc *doc,
                             struct fg_request *out)
{
    if (doc->kind == FG_DOC_TEXT)
        return set_from_text(reader, doc, out);
    if (is_number(doc)) {
        int rc = set_kind(reader, doc, "any", out);
        return rc < 0 ? rc : set_amount(reader, doc, doc->real, out);
    }
    if (doc->kind == FG_DOC_MAP && doc->len == 1 && is_number(doc->first)) {
        int rc = set_kind(reader, doc->first, doc->first->key, out);
        return rc < 0 ? rc : set_amount(reader, doc->first, doc->first->real, out);
    }
    return fg_read_fail(reader, doc,
                        "expected one kind and how many, like H100:8 or {H100: 8}");
}

static int read_gpu_memory(struct fg_doc_reader *reader,
                           const struct fg_doc *doc,
                           struct fg_request *out)
{
    int64_t mib;
    int rc = fg_read_size(reader, doc, MIB_PER_GIB, MEM_MIB_MAX, &mib);
    if (rc == 0)
        out->gpu_mem_mib = (uint32_t)mib;
    return rc;
}

static int read_memory(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_request *out)
{
    int64_t mib;
    int rc = fg_read_size(reader, doc, MIB_PER_GIB, MEM_MIB_MAX, &mib);
    if (rc == 0)
        out->mem_mib = (uint64_t)mib;
    return rc;
}

static int read_cpus(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_request *out)
{
    int64_t milli;
    int rc = fg_read_milli(reader, doc, 1, FG_CPUS_MAX * 1000, &milli);
    if (rc == 0)
        out->cpu_milli = (uint32_t)milli;
    return rc;
}

static int read_kind(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_request *out)
{
    if (doc->kind != FG_DOC_TEXT)
        return fg_read_fail(reader, doc, "%s, expected text", fg_doc_kind_name(doc->kind));
    return set_kind(reader, doc, doc->text, out);
}

static int read_whole(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      int64_t min,
                      int64_t max,
                      uint32_t *out)
{
    int64_t value;
    int rc = fg_read_int(reader, doc, min, max, &value);
    if (rc == 0)
        *out = (uint32_t)value;
    return rc;
}

static int read_count(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      struct fg_request *out)
{
    return read_whole(reader, doc, 0, FG_NODE_DEVICES_MAX, &out->count);
}

static int read_gpu_milli(struct fg_doc_reader *reader,
                          const struct fg_doc *doc,
                          struct fg_request *out)
{
    return read_whole(reader, doc, 1, 1000, &out->gpu_milli);
}

static int read_gpu_mem_mib(struct fg_doc_reader *reader,
                            const struct fg_doc *doc,
                            struct fg_request *out)
{
    return read_whole(reader, doc, 0, MEM_MIB_MAX, &out->gpu_mem_mib);
}

static int read_cpu_milli(struct fg_doc_reader *reader,
                          const struct fg_doc *doc,
                          struct fg_request *out)
{
    return read_whole(reader, doc, 1, FG_CPUS_MAX * 1000, &out->cpu_milli);
}

static int read_mem_mib(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_request *out)
{
    int64_t value;
    int rc = fg_read_int(reader, doc, 0, MEM_MIB_MAX, &value);
    if (rc == 0)
        out->mem_mib = (uint64_t)value;
    return rc;
}

static int read_rate_milli(struct fg_doc_reader *reader,
                           const struct fg_doc *doc,
                           struct fg_request *out)
{
    return read_whole(reader, doc, 0, FG_RATE_MILLI_MAX, &out->rate_milli);
}

static int read_data(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_request *out)
{
    int64_t mib;
    int rc = fg_read_size(reader, doc, MIB_PER_GIB, MEM_MIB_MAX, &mib);
    if (rc == 0)
        out->data_mib = (uint32_t)mib;
    return rc;
}

static int read_data_mib(struct fg_doc_reader *reader,
                         const struct fg_doc *doc,
                         struct fg_request *out)
{
    return read_whole(reader, doc, 0, MEM_MIB_MAX, &out->data_mib);
}

static int read_data_site(struct fg_doc_reader *reader,
                          const struct fg_doc *doc,
                          struct fg_request *out)
{
    return fg_read_name(reader, doc, out->data_site);
}

static const struct request_member friendly[] = {
    {"accelerators", read_accelerators},
    {"gpu_memory", read_gpu_memory},
    {"cpus", read_cpus},
    {"memory", read_memory},
    {"suppliers", fg_where_read_suppliers},
    {"region", fg_where_read_regions},
    {"max_price", fg_where_read_max_price},
    {"spread", fg_where_read_spread},
    {"data", read_data},
    {"data_site", read_data_site},
    {"any_of", NULL}, /* the caller's own */
};

static const struct request_member canonical[] = {
    {"kind", read_kind},
    {"count", read_count},
    {"gpu_milli", read_gpu_milli},
    {"gpu_mem_mib", read_gpu_mem_mib},
    {"cpu_milli", read_cpu_milli},
    {"mem_mib", read_mem_mib},
    {"rate_milli", read_rate_milli},
    {"suppliers", fg_where_read_suppliers},
    {"region", fg_where_read_regions},
    {"max_price_uusd", fg_where_read_max_price_uusd},
    {"spread", fg_where_read_spread},
    {"data_mib", read_data_mib},
    {"data_site", read_data_site},
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static int read_members(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        const struct request_member *members,
                        size_t members_len,
                        struct fg_request *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        const char *names[MEMBERS_MAX];
        const struct request_member *found = NULL;
        for (size_t i = 0; i < members_len; i++) {
            names[i] = members[i].name;
            if (strcmp(members[i].name, child->key) == 0)
                found = &members[i];
        }
        if (!found)
            return fg_read_fail_unknown(reader, child, names, members_len);
        if (!found->read || child->kind == FG_DOC_NULL)
            continue;
        size_t mark = fg_read_enter(reader, child->key);
        rc = found->read(reader, child, out);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    return rc;
}

/* What several members say together; fills in what follows from the others. */
static int finish(struct fg_doc_reader *reader,
                  const struct fg_doc *at,
                  struct fg_request *request)
{
    if (request->kind[0] && request->count == 0)
        request->count = 1;
    if (request->count > 0 && !request->kind[0])
        fg_copy(request->kind, sizeof(request->kind), "any");
    if (request->count > 0 && request->gpu_milli == 0)
        request->gpu_milli = 1000;
    if (request->count == 0 && request->gpu_milli > 0)
        return fg_read_fail(reader, at, "a share of an accelerator, but no accelerator asked");
    if (request->count == 0 && request->gpu_mem_mib > 0)
        return fg_read_fail(reader, at, "memory of an accelerator, but no accelerator asked");
    if (request->count > 1 && request->gpu_milli < 1000)
        return fg_read_fail(reader, at, "shares of %u accelerators, expected a share of one",
                            request->count);
    return 0;
}

static int read_alternatives(struct fg_doc_reader *reader,
                             const struct fg_doc *doc,
                             const struct request_member *members,
                             size_t members_len,
                             const struct fg_request *base,
                             struct fg_job_spec *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    if (rc == 0 && (doc->len < 1 || doc->len > FG_ANY_OF_MAX))
        rc = fg_read_fail(reader, doc, "%zu alternatives, expected 1 to %d", doc->len,
                          FG_ANY_OF_MAX);
    if (rc < 0)
        return rc;
    out->any_of_len = 0;
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        struct fg_request *request = &out->any_of[out->any_of_len];
        *request = *base;
        size_t mark = fg_read_enter_at(reader, out->any_of_len++);
        rc = read_members(reader, child, members, members_len, request);
        if (rc == 0)
            rc = finish(reader, child, request);
        if (rc == 0)
            fg_read_leave(reader, mark);
    }
    return rc;
}

int fg_request_read_any_of(struct fg_doc_reader *reader,
                           const struct fg_doc *doc,
                           struct fg_job_spec *out)
{
    struct fg_request base = fg_request_default();
    return read_alternatives(reader, doc, canonical, LEN(canonical), &base, out);
}

int fg_request_read_resources(struct fg_doc_reader *reader,
                              const struct fg_doc *doc,
                              struct fg_job_spec *out)
{
    /* What stands beside any_of holds for every alternative that does not say otherwise. */
    struct fg_request base = fg_request_default();
    int rc = read_members(reader, doc, friendly, LEN(friendly), &base);
    if (rc < 0)
        return rc;
    const struct fg_doc *any_of = fg_doc_get(doc, "any_of");
    if (any_of && any_of->kind != FG_DOC_NULL) {
        fg_read_enter(reader, "any_of");
        return read_alternatives(reader, any_of, friendly, LEN(friendly) - 1, &base, out);
    }
    rc = finish(reader, doc, &base);
    out->any_of[0] = base;
    out->any_of_len = 1;
    return rc;
}

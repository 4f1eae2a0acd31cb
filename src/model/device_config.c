/* device_config.c - see device_config.h */
#include "model/device_config.h"
#include "base/text.h"
#include "model/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEM_MIB_MAX (FG_MEM_GIB_MAX * 1024ll)
#define ID_MAX      100'000

struct declared {
    struct fg_device_spec spec;
    int64_t count;
};

typedef int member_read(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct declared *out);

static int read_kind(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct declared *out)
{
    const char *text;
    int rc = fg_read_text(reader, doc, FG_TEXT_MAX, &text);
    if (rc < 0)
        return rc;
    rc = fg_kind_read(reader->path, text, out->spec.kind, reader->err);
    return rc < 0 ? fg_read_wrap(reader, doc, rc) : 0;
}

/* The id goes into an environment variable, perhaps beside others, with commas between. */
static int read_id(struct fg_doc_reader *reader, const struct fg_doc *doc, struct declared *out)
{
    const char *text;
    int rc = fg_read_text(reader, doc, FG_NAME_MAX - 1, &text);
    if (rc < 0)
        return rc;
    for (const char *at = text; *at; at++)
        if (*at <= 0x20 || *at > 0x7e || *at == ',')
            return fg_read_fail(reader, doc,
                                "expected printable ASCII without blanks and commas");
    if (!text[0])
        return fg_read_fail(reader, doc,
                            "empty, expected what the variable of expose wants, like 0");
    fg_copy(out->spec.id, sizeof(out->spec.id), text);
    return 0;
}

static int read_expose(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct declared *out)
{
    const char *text;
    int rc = fg_read_text(reader, doc, FG_NAME_MAX - 1, &text);
    if (rc < 0)
        return rc;
    if (!fg_is_variable_name(text))
        return fg_read_fail(reader, doc,
                            "expected the name of a variable, like XCL_VISIBLE_DEVICES");
    fg_copy(out->spec.expose, sizeof(out->spec.expose), text);
    return 0;
}

static int read_memory(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct declared *out)
{
    int64_t mib;
    int rc = fg_read_size(reader, doc, 1024, MEM_MIB_MAX, &mib);
    if (rc == 0)
        out->spec.mem_mib = (uint32_t)mib;
    return rc;
}

static int read_numa(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct declared *out)
{
    int64_t numa;
    int rc = fg_read_int(reader, doc, 0, 1023, &numa);
    if (rc == 0)
        out->spec.numa = (int32_t)numa;
    return rc;
}

static int read_island(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct declared *out)
{
    int64_t island;
    int rc = fg_read_int(reader, doc, 0, 1023, &island);
    if (rc == 0)
        out->spec.island = (int32_t)island;
    return rc;
}

static int read_count(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      struct declared *out)
{
    return fg_read_int(reader, doc, 1, FG_NODE_DEVICES_MAX, &out->count);
}

static const struct {
    const char *name;
    member_read *read;
} members[] = {
    {"kind", read_kind},     {"id", read_id},     {"expose", read_expose},
    {"memory", read_memory}, {"numa", read_numa}, {"island", read_island},
    {"count", read_count},
};

#define MEMBERS_LEN (sizeof(members) / sizeof(members[0]))

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct declared *out)
{
    const char *names[MEMBERS_LEN];
    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        names[i] = members[i].name;
        if (strcmp(names[i], doc->key) != 0)
            continue;
        size_t mark = fg_read_enter(reader, doc->key);
        int rc = members[i].read(reader, doc, out);
        fg_read_leave(reader, mark);
        return rc;
    }
    return fg_read_fail_unknown(reader, doc, names, MEMBERS_LEN);
}

static int read_declared(struct fg_doc_reader *reader,
                         const struct fg_doc *doc,
                         struct declared *out)
{
    *out = (struct declared){.spec = {.numa = -1, .island = -1, .id = "0"}, .count = 1};
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next)
        rc = read_member(reader, child, out);
    if (rc < 0)
        return rc;
    if (!out->spec.kind[0])
        return fg_read_fail(reader, doc, "kind: missing, expected a name like fpga-u250");
    if (strcmp(out->spec.kind, "cpu") == 0 || strcmp(out->spec.kind, "any") == 0)
        return fg_read_fail(reader, doc,
                            "kind: %s means something else, expected a name like fpga-u250",
                            out->spec.kind);
    if (!out->spec.expose[0])
        return fg_read_fail(reader, doc,
                            "expose: missing, expected the variable that makes the device "
                            "visible to a program");
    bool is_number = out->spec.id[strspn(out->spec.id, "0123456789")] == '\0';
    if (out->count > 1 && (!is_number || strtoll(out->spec.id, NULL, 10) > ID_MAX))
        return fg_read_fail(reader, doc, "id: expected a number up to %d, as count is given",
                            ID_MAX);
    return 0;
}

static bool is_declared(const struct fg_device_spec *specs,
                        size_t len,
                        const struct fg_device_spec *spec)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(specs[i].expose, spec->expose) == 0 && strcmp(specs[i].id, spec->id) == 0)
            return true;
    return false;
}

static int add(struct fg_doc_reader *reader,
               const struct fg_doc *doc,
               const struct declared *declared,
               struct fg_device_spec *out,
               size_t max,
               size_t *len)
{
    for (int64_t i = 0; i < declared->count; i++) {
        struct fg_device_spec spec = declared->spec;
        if (declared->count > 1)
            snprintf(spec.id, sizeof(spec.id), "%lld",
                     strtoll(declared->spec.id, NULL, 10) + (long long)i);
        if (*len == max)
            return fg_read_fail(reader, doc, "more than %zu devices", max);
        if (is_declared(out, *len, &spec)) /* it would be granted twice */
            return fg_read_fail(reader, doc, "id %s of %s is declared twice", spec.id,
                                spec.expose);
        out[(*len)++] = spec;
    }
    return 0;
}

int fg_device_config_read(struct fg_doc_reader *reader,
                          const struct fg_doc *doc,
                          struct fg_device_spec *out,
                          size_t max,
                          size_t *out_len)
{
    size_t len = 0, index = 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    for (const struct fg_doc *child = doc->first; child && rc == 0; child = child->next) {
        struct declared declared;
        size_t mark = fg_read_enter_at(reader, index++);
        rc = read_declared(reader, child, &declared);
        if (rc == 0)
            rc = add(reader, child, &declared, out, max, &len);
        fg_read_leave(reader, mark);
    }
    if (rc == 0)
        *out_len = len;
    return rc;
}

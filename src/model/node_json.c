/* node_json.c - see node_json.h */
#include "model/node_json.h"

#include "model/members.h"

#include <string.h>

#define TEXT_MAX 65536

static const char *const vendors[] = {"other", "nvidia", "amd", "intel", "cpu"};
static const char *const shares[] = {"advisory", "mps", "mig"};

static int find_in(const char *const *words, int len, const char *word)
{
    for (int i = 0; i < len; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static const char *vendor_word(int vendor)
{
    return vendors[vendor];
}

static int vendor_find(const char *word)
{
    return find_in(vendors, 5, word);
}

static const char *share_word(int share)
{
    return shares[share];
}

static int share_find(const char *word)
{
    return find_in(shares, 3, word);
}

#define N(member, kind, max) FG_MEMBER(fg_node_spec, member, FG_MEMBER_##kind, max)
static const struct fg_member node_members[] = {
    N(name, TEXT, 0),
    N(cpu_milli, UINT32, UINT32_MAX),
    N(mem_mib, UINT64, INT64_MAX),
    N(price_uusd_per_hour, INT64, INT64_MAX),
    N(supplier, TEXT, 0),
    N(address, TEXT, 0),
    N(region, TEXT, 0),
    N(site, TEXT, 0),
    N(rack, TEXT, 0),
    N(asleep_watts, UINT32, UINT32_MAX),
    N(idle_watts, UINT32, UINT32_MAX),
    N(busy_watts, UINT32, UINT32_MAX),
    N(measured_idle_watts, UINT32, UINT32_MAX),
    N(is_watts_assumed, BOOL, 0),
    N(away_milli, UINT32, UINT32_MAX),
    N(is_spot, BOOL, 0),
    N(whole_only, BOOL, 0),
};
#define NODE_MEMBERS (sizeof(node_members) / sizeof(node_members[0]))

#define D(member, kind, max) FG_MEMBER(fg_device_spec, member, FG_MEMBER_##kind, max)
static const struct fg_member device_members[] = {
    D(kind, TEXT, 0),
    D(id, TEXT, 0),
    D(expose, TEXT, 0),
    {.name = "vendor",
     .kind = FG_MEMBER_WORD,
     .offset = offsetof(struct fg_device_spec, vendor),
     .size = sizeof(enum fg_vendor),
     .word = vendor_word,
     .find = vendor_find},
    {.name = "share",
     .kind = FG_MEMBER_WORD,
     .offset = offsetof(struct fg_device_spec, share),
     .size = sizeof(enum fg_share_mode),
     .word = share_word,
     .find = share_find},
    D(mem_mib, UINT32, UINT32_MAX),
};
#define DEVICE_MEMBERS (sizeof(device_members) / sizeof(device_members[0]))

/* -- out ---------------------------------------------------------------------------------------------- */

static void write_device(struct fg_json *json, const struct fg_device_spec *device)
{
    fg_json_object(json);
    fg_members_write(json, device_members, DEVICE_MEMBERS, device);
    fg_json_kv_int(json, "numa", device->numa);
    fg_json_kv_int(json, "island", device->island);
    fg_json_end(json);
}

void fg_node_json_write(struct fg_json *json, const struct fg_node_spec *spec)
{
    fg_json_object(json);
    fg_members_write(json, node_members, NODE_MEMBERS, spec);
    fg_json_key(json, "devices");
    fg_json_array(json);
    for (uint32_t i = 0; i < spec->devices_len; i++)
        write_device(json, &spec->devices[i]);
    fg_json_end(json);
    fg_json_end(json);
}

/* -- in ----------------------------------------------------------------------------------------------- */

static int read_place(struct fg_doc_reader *reader, const struct fg_doc *doc, int32_t *out)
{
    int64_t value = -1;
    int rc = fg_read_int(reader, doc, INT32_MIN, INT32_MAX, &value);
    *out = (int32_t)value;
    return rc;
}

static int read_named(struct fg_doc_reader *reader,
                      const struct fg_member *members,
                      size_t len,
                      const struct fg_doc *doc,
                      void *to)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(members[i].name, doc->key) == 0)
            return doc->kind == FG_DOC_NULL ? 0
                                            : fg_member_read(reader, &members[i], doc, 0, to);
    return fg_read_fail(reader, doc, "no such member");
}

static int read_device(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_device_spec *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    *out = (struct fg_device_spec){.numa = -1, .island = -1};
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter(reader, at->key);
        if (strcmp(at->key, "numa") == 0)
            rc = read_place(reader, at, &out->numa);
        else if (strcmp(at->key, "island") == 0)
            rc = read_place(reader, at, &out->island);
        else
            rc = read_named(reader, device_members, DEVICE_MEMBERS, at, out);
        fg_read_leave(reader, mark);
    }
    return rc;
}

static int read_devices(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_node_spec *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    if (rc == 0 && doc->len > FG_NODE_DEVICES_MAX)
        return fg_read_fail(reader, doc, "%zu devices, expected at most %d", doc->len,
                            FG_NODE_DEVICES_MAX);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next)
        rc = read_device(reader, at, &out->devices[out->devices_len++]);
    return rc;
}

int fg_node_json_read(const struct fg_doc *doc,
                      struct fg_arena *arena,
                      struct fg_node_spec *out,
                      struct fg_err *err)
{
    struct fg_doc_reader reader = {.arena = arena, .err = err, .text_left = TEXT_MAX};
    int rc = fg_read_kind(&reader, doc, FG_DOC_MAP);
    *out = (struct fg_node_spec){};
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        size_t mark = fg_read_enter(&reader, at->key);
        rc = strcmp(at->key, "devices") == 0
                 ? read_devices(&reader, at, out)
                 : read_named(&reader, node_members, NODE_MEMBERS, at, out);
        fg_read_leave(&reader, mark);
    }
    return rc;
}

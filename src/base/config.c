/* config.c - see config.h */
#include "base/config.h"

#include <stddef.h>
#include <string.h>

#define X(key, def, min, max, unit, text)                                                      \
    _Static_assert((min) <= (def) && (def) <= (max), #key ": default is out of range");
#include "base/config.def"
#undef X

static const struct key {
    const char *name;
    size_t offset;
    int64_t initial, min, max;
    const char *unit, *text;
} keys[] = {
#define X(key, def, min, max, unit, text)                                                      \
    {#key, offsetof(struct fg_config, key), def, min, max, unit, text},
#include "base/config.def"
#undef X
};

#define KEYS_LEN   (sizeof(keys) / sizeof(keys[0]))
#define OTHERS_MAX 16

static int64_t *field(struct fg_config *config, const struct key *key)
{
    return (int64_t *)(void *)((char *)config + key->offset);
}

void fg_config_defaults(struct fg_config *config)
{
    for (size_t i = 0; i < KEYS_LEN; i++)
        *field(config, &keys[i]) = keys[i].initial;
}

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < KEYS_LEN; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool is_other(const char *name, const char *const *others, size_t others_len)
{
    for (size_t i = 0; i < others_len; i++)
        if (strcmp(others[i], name) == 0)
            return true;
    return false;
}

static int fail_unknown(struct fg_doc_reader *reader,
                        const struct fg_doc *member,
                        const char *const *others,
                        size_t others_len)
{
    const char *names[KEYS_LEN + OTHERS_MAX];
    size_t len = 0;
    for (size_t i = 0; i < KEYS_LEN; i++)
        names[len++] = keys[i].name;
    for (size_t i = 0; i < others_len && i < OTHERS_MAX; i++)
        names[len++] = others[i];
    return fg_read_fail_unknown(reader, member, names, len);
}

int fg_config_read(struct fg_doc_reader *reader,
                   const struct fg_doc *doc,
                   const char *const *others,
                   size_t others_len,
                   struct fg_config *out)
{
    if (doc->kind == FG_DOC_NULL) /* an empty file changes nothing */
        return 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    struct fg_config config = *out;
    for (const struct fg_doc *member = doc->first; member && rc == 0; member = member->next) {
        if (is_other(member->key, others, others_len))
            continue;
        const struct key *key = find_key(member->key);
        if (!key)
            return fail_unknown(reader, member, others, others_len);
        size_t mark = fg_read_enter(reader, member->key);
        rc = fg_read_int(reader, member, key->min, key->max, field(&config, key));
        fg_read_leave(reader, mark);
    }
    if (rc == 0)
        *out = config;
    return rc;
}

void fg_config_print_reference(FILE *out)
{
    fputs("| key | default | allowed | unit | meaning |\n|---|--:|---|---|---|\n", out);
    for (size_t i = 0; i < KEYS_LEN; i++)
        fprintf(out, "| `%s` | %lld | %lld .. %lld | %s | %s |\n", keys[i].name,
                (long long)keys[i].initial, (long long)keys[i].min, (long long)keys[i].max,
                keys[i].unit, keys[i].text);
}

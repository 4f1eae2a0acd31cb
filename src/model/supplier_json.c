/* supplier_json.c - see supplier_json.h */
#include "model/supplier_json.h"

#include "model/cluster_terms.h"
#include "model/members.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX   (FG_SUPPLIER_ARGS_MAX * FG_TEXT_MAX + 4096)
#define POLICY_MAX INT64_C(1000000000000000) /* a thousand million USD */

static const char *kind_word(int kind)
{
    return fg_supplier_kind_name((enum fg_supplier_kind)kind);
}

static const char *period_word(int period)
{
    return fg_period_name((enum fg_period)period);
}

#define M(member, kind, max) FG_MEMBER(fg_supplier, member, FG_MEMBER_##kind, max)
static const struct fg_member members[] = {
    M(name, TEXT, 0),
    {.name = "kind",
     .kind = FG_MEMBER_WORD,
     .offset = offsetof(struct fg_supplier, kind),
     .size = sizeof(enum fg_supplier_kind),
     .word = kind_word,
     .find = fg_supplier_kind_find},
    M(url, TEXT, 0),
    M(machines_file, TEXT, 0),
    M(secret_file, TEXT, 0),
    M(join, TEXT, 0),
    M(bootstrap_file, TEXT, 0),
    M(timeout_us, INT64, FG_SUPPLIER_TIMEOUT_US_MAX),
    M(paused, BOOL, 0),
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

#define P(member) FG_MEMBER(fg_standing_policy, member, FG_MEMBER_INT64, POLICY_MAX)
static const struct fg_member policy_members[] = {
    P(max_uusd_per_hour),
    P(max_uusd),
    {.name = "period",
     .kind = FG_MEMBER_WORD,
     .offset = offsetof(struct fg_standing_policy, period),
     .size = sizeof(enum fg_period),
     .word = period_word,
     .find = fg_period_find},
};
#define POLICY_MEMBERS (sizeof(policy_members) / sizeof(policy_members[0]))

void fg_supplier_json_members(struct fg_json *json, const struct fg_supplier *supplier)
{
    fg_members_write(json, members, MEMBERS, supplier);
    fg_json_key(json, "argv");
    fg_json_array(json);
    for (uint32_t i = 0; i < supplier->argv_len; i++)
        fg_json_string(json, supplier->argv[i]);
    fg_json_end(json);
    fg_json_key(json, "policy");
    fg_json_object(json);
    fg_members_write(json, policy_members, POLICY_MEMBERS, &supplier->policy);
    fg_json_end(json);
    if (supplier->kind != FG_SUPPLIER_SLURM)
        return;
    fg_json_key(json, "cluster");
    fg_json_object(json);
    fg_cluster_terms_json(json, &supplier->cluster);
    fg_json_end(json);
}

static int read_argv(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_supplier *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    if (rc == 0 && doc->len > FG_SUPPLIER_ARGS_MAX)
        return fg_read_fail(reader, doc, "%zu words, expected at most %d", doc->len,
                            FG_SUPPLIER_ARGS_MAX);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        const char *word = "";
        rc = fg_read_text(reader, at, FG_TEXT_MAX - 1, &word);
        if (rc == 0)
            snprintf(out->argv[out->argv_len++], FG_TEXT_MAX, "%s", word);
    }
    return rc;
}

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_supplier *out)
{
    size_t mark = fg_read_enter(reader, doc->key);
    int rc = 1;
    if (strcmp(doc->key, "argv") == 0)
        rc = read_argv(reader, doc, out);
    else if (strcmp(doc->key, "policy") == 0)
        rc = fg_members_read(reader, policy_members, POLICY_MEMBERS, doc, 0, &out->policy);
    else if (strcmp(doc->key, "cluster") == 0)
        rc = fg_cluster_terms_read(reader, doc, &out->cluster);
    for (size_t i = 0; rc == 1 && i < MEMBERS; i++)
        if (strcmp(members[i].name, doc->key) == 0)
            rc = fg_member_read(reader, &members[i], doc, 0, out);
    fg_read_leave(reader, mark);
    return rc;
}

static int read_members(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_supplier *out)
{
    const char *names[] = {[0] = "argv", "policy", "cluster", [MEMBERS + 2] = NULL};
    for (size_t i = 0; i < MEMBERS; i++)
        names[i + 3] = members[i].name;
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        rc = at->kind == FG_DOC_NULL ? 0 : read_member(reader, at, out);
        if (rc == 1)
            rc = fg_read_fail_unknown(reader, at, names, MEMBERS + 3);
    }
    return rc;
}

/* What depends on the kind, which may be told last. */
static int settle_kind(const struct fg_doc *doc, struct fg_supplier *out, struct fg_err *err)
{
    const struct fg_doc *cluster = fg_doc_get(doc, "cluster");
    bool is_cluster = out->kind == FG_SUPPLIER_SLURM;
    if (!is_cluster && cluster && cluster->kind != FG_DOC_NULL)
        return fg_fail(err, FG_EINVAL, "cluster: a supplier of kind %s is none, expected slurm",
                       fg_supplier_kind_name(out->kind));
    if (!is_cluster)
        out->cluster = (struct fg_cluster_terms){};
    if (!fg_doc_get(doc, "timeout_us"))
        out->timeout_us = is_cluster ? FG_CLUSTER_TIMEOUT_US : FG_SUPPLIER_TIMEOUT_US;
    return 0;
}

int fg_supplier_json_read(const struct fg_doc *doc,
                          const char *name,
                          struct fg_arena *arena,
                          struct fg_supplier *out,
                          struct fg_err *err)
{
    struct fg_doc_reader reader = {.arena = arena, .err = err, .text_left = TEXT_MAX};
    *out = (struct fg_supplier){.timeout_us = FG_SUPPLIER_TIMEOUT_US,
                                .cluster = fg_cluster_terms_default(),
                                .policy.period = FG_PERIOD_MONTH};
    snprintf(out->name, sizeof(out->name), "%s", name);
    int rc = read_members(&reader, doc, out);
    if (rc == 0)
        rc = settle_kind(doc, out, err);
    if (rc == 0 && strcmp(out->name, name) != 0)
        rc = fg_fail(err, FG_EINVAL, "name: %s, the path says %.63s", out->name, name);
    if (rc == 0 && out->timeout_us == 0)
        rc = fg_fail(err, FG_EINVAL, "timeout_us: 0, expected the time of one call");
    return rc == 0 ? fg_supplier_check(out, err) : rc;
}

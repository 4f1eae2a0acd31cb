/* scale_rule.c - see scale_rule.h */
#include "model/scale_rule.h"

#include "base/uuid.h"
#include "model/members.h"
#include "model/names.h"
#include "model/offer_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 8192
#define S_US     1'000'000LL
#define US_MAX   (366LL * 86400 * S_US)
#define LIFE_US  (3600 * S_US)
#define IDLE_US  (600 * S_US)
#define COOL_US  (300 * S_US)
#define SLACK    10

static const char *contract_word(int contract)
{
    return fg_contract_name((enum fg_contract)contract);
}

#define M(member, kind, max) FG_MEMBER(fg_scale_rule, member, FG_MEMBER_##kind, max)
static const struct fg_member members[] = {
    M(key, TEXT, 0),
    M(max_uusd_per_hour, INT64, FG_PRICE_UUSD_MAX),
    M(least, UINT32, FG_SCALE_MOST_MAX),
    M(most, UINT32, FG_SCALE_MOST_MAX),
    M(standby, UINT32, FG_SCALE_MOST_MAX),
    M(step_up, UINT32, FG_SCALE_MOST_MAX),
    M(step_down, UINT32, FG_SCALE_MOST_MAX),
    M(slack_percent, UINT32, 1000),
    M(quantile_percent, UINT32, 99),
    M(life_us, INT64, US_MAX),
    M(idle_us, INT64, US_MAX),
    M(cool_us, INT64, US_MAX),
    M(zero_us, INT64, US_MAX),
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* Only asked for: which offer. */
#define O(label, size)                                                                         \
    {                                                                                          \
#label, FG_MEMBER_TEXT, offsetof(struct fg_scale_rule, offer.label), size, 0, NULL,    \
            NULL                                                                               \
    }
static const struct fg_member asked[] = {
    M(class, TEXT, 0),
    M(offer_id, UINT64, INT64_MAX),
    O(supplier, FG_NAME_MAX),
    O(instance, FG_NAME_MAX),
    O(region, FG_NAME_MAX),
    O(zone, FG_NAME_MAX),
    {"contract", FG_MEMBER_WORD, offsetof(struct fg_scale_rule, offer.contract),
     sizeof(enum fg_contract), 0, contract_word, fg_contract_find},
};
#define ASKED (sizeof(asked) / sizeof(asked[0]))

void fg_scale_rule_members(struct fg_json *json, const struct fg_scale_rule *rule)
{
    fg_json_kv(json, "class", rule->class);
    fg_members_write(json, members, MEMBERS, rule);
    fg_json_key(json, "offer");
    fg_offer_json_write(json, &rule->offer);
}

static int read_of(const struct fg_member *table,
                   size_t len,
                   struct fg_doc_reader *reader,
                   const struct fg_doc *doc,
                   struct fg_scale_rule *out)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(table[i].name, doc->key) == 0)
            return fg_member_read(reader, &table[i], doc, 0, out);
    return 1;
}

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_scale_rule *out)
{
    size_t mark = fg_read_enter(reader, doc->key);
    int rc = read_of(members, MEMBERS, reader, doc, out);
    if (rc == 1)
        rc = read_of(asked, ASKED, reader, doc, out);
    fg_read_leave(reader, mark);
    return rc;
}

static int read_all(struct fg_doc_reader *reader,
                    const struct fg_doc *doc,
                    struct fg_scale_rule *out)
{
    const char *names[MEMBERS + ASKED + 1] = {"offer"};
    for (size_t i = 0; i < MEMBERS; i++)
        names[i + 1] = members[i].name;
    for (size_t i = 0; i < ASKED; i++)
        names[MEMBERS + i + 1] = asked[i].name;
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    const struct fg_doc *offer = rc == 0 ? fg_doc_get(doc, "offer") : NULL;
    if (offer && offer->kind != FG_DOC_NULL)
        rc = fg_offer_json_read(offer, reader->arena, &out->offer, reader->err);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        rc = at == offer || at->kind == FG_DOC_NULL ? 0 : read_member(reader, at, out);
        if (rc == 1)
            rc = fg_read_fail_unknown(reader, at, names, MEMBERS + ASKED + 1);
    }
    return rc;
}

int fg_scale_rule_read(const struct fg_doc *doc,
                       const char *class,
                       struct fg_arena *arena,
                       struct fg_scale_rule *out,
                       struct fg_err *err)
{
    struct fg_doc_reader reader = {.arena = arena, .err = err, .text_left = TEXT_MAX};
    char kind[FG_KIND_MAX];
    *out = (struct fg_scale_rule){
        .slack_percent = SLACK, .life_us = LIFE_US, .idle_us = IDLE_US, .cool_us = COOL_US};
    int rc = fg_kind_read("class", class, kind, err);
    if (rc == 0)
        rc = read_all(&reader, doc, out);
    if (rc == 0 && out->class[0] && strcmp(out->class, kind) != 0)
        rc = fg_fail(err, FG_EINVAL, "class: %s, the path says %.31s", out->class, kind);
    snprintf(out->class, sizeof(out->class), "%s", kind);
    return rc == 0 && out->offer.accelerators > 0 ? fg_scale_rule_check(out, err) : rc;
}

int fg_scale_rule_check(struct fg_scale_rule *rule, struct fg_err *err)
{
    const struct fg_offer *offer = &rule->offer;
    int rc = fg_offer_check(offer, err);
    if (rc < 0)
        return fg_wrap(err, rc, "offer");
    if (rule->max_uusd_per_hour == 0)
        rule->max_uusd_per_hour = offer->price_uusd_per_hour;
    if (rule->key[0] && !fg_uuid_is(rule->key))
        return fg_fail(err, FG_EINVAL, "key: expected a UUID in lower case");
    if (!fg_kind_is(offer->accelerator, rule->class))
        return fg_fail(err, FG_EINVAL, "offer: it is of %s, expected one of class %s",
                       offer->accelerator, rule->class);
    if (offer->min_count > 1)
        return fg_fail(err, FG_EINVAL,
                       "offer: it is sold from %u machines on, expected one that is sold "
                       "singly",
                       offer->min_count);
    if (rule->max_uusd_per_hour < offer->price_uusd_per_hour)
        return fg_fail(err, FG_EINVAL,
                       "max_uusd_per_hour: %" PRId64 ", the offer costs %" PRId64,
                       rule->max_uusd_per_hour, offer->price_uusd_per_hour);
    if (rule->least > rule->most)
        return fg_fail(err, FG_EINVAL, "least: %u, expected at most %u, as most is",
                       rule->least, rule->most);
    return 0;
}

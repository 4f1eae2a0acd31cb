/* offer_json.c - see offer_json.h */
#include "model/offer_json.h"

#include "model/members.h"
#include "model/names.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX   4096
#define TERM_MAX   (INT64_C(3650) * 86'400'000'000)
#define MEMORY_MAX (FG_MEM_GIB_MAX * 1024LL)

static const char *contract_word(int contract)
{
    return fg_contract_name((enum fg_contract)contract);
}

#define M(member, kind, max) FG_MEMBER(fg_offer, member, FG_MEMBER_##kind, max)
static const struct fg_member members[] = {
    M(supplier, TEXT, 0),
    M(instance, TEXT, 0),
    M(accelerator, TEXT, 0),
    M(accelerators, UINT32, FG_OFFER_DEVICES_MAX),
    M(accelerator_mem_mib, UINT32, MEMORY_MAX),
    M(cpu_milli, UINT32, FG_CPUS_MAX * 1000),
    M(mem_mib, UINT64, MEMORY_MAX),
    M(region, TEXT, 0),
    M(zone, TEXT, 0),
    {.name = "contract",
     .kind = FG_MEMBER_WORD,
     .offset = offsetof(struct fg_offer, contract),
     .size = sizeof(enum fg_contract),
     .word = contract_word,
     .find = fg_contract_find},
    M(price_uusd_per_hour, INT64, FG_PRICE_UUSD_MAX),
    M(upfront_uusd, INT64, FG_UPFRONT_UUSD_MAX),
    M(term_us, INT64, TERM_MAX),
    M(lead_time_us, INT64, TERM_MAX),
    M(min_term_us, INT64, TERM_MAX),
    M(capacity, UINT32, UINT32_MAX),
    M(min_count, UINT32, FG_ORDER_COUNT_MAX),
    M(away_milli, UINT32, FG_WHOLE_MILLI),
    M(reclaims_per_khour, UINT32, UINT32_MAX),
    M(watts, UINT32, UINT32_MAX),
    M(carbon_g_per_kwh, UINT32, UINT32_MAX),
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

void fg_offer_json_members(struct fg_json *json, const struct fg_offer *offer)
{
    fg_members_write(json, members, MEMBERS, offer);
}

void fg_offer_json_write(struct fg_json *json, const struct fg_offer *offer)
{
    fg_json_object(json);
    fg_offer_json_members(json, offer);
    fg_json_end(json);
}

int fg_offer_json_read(const struct fg_doc *doc,
                       struct fg_arena *arena,
                       struct fg_offer *out,
                       struct fg_err *err)
{
    struct fg_doc_reader reader = {.arena = arena, .err = err, .text_left = TEXT_MAX};
    *out = (struct fg_offer){};
    int rc = fg_members_read(&reader, members, MEMBERS, doc, 0, out);
    if (rc == 0)
        rc = fg_offer_check(out, err);
    return rc == 0 ? fg_kind_read("accelerator", out->accelerator, out->accelerator, err) : rc;
}

bool fg_offer_json_knows(const char *name)
{
    for (size_t i = 0; i < MEMBERS; i++)
        if (strcmp(members[i].name, name) == 0)
            return true;
    return false;
}

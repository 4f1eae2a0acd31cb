/* scale_rule_test.c - rules of scaling go to JSON and back; what is not one is refused with the reason. */
#include "model/scale_rule.h"

#include "test/tap.h"

#include <string.h>

#define OFFER                                                                                  \
    "\"offer\":{\"supplier\":\"acme\",\"instance\":\"8xh100\",\"accelerator\":\"h100-sxm-"     \
    "80g\","                                                                                   \
    "\"accelerators\":8,\"contract\":\"spot\",\"price_uusd_per_hour\":20000000}"

static int read(const char *text, const char *class, struct fg_scale_rule *out, char *why)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1UL << 20);
    const struct fg_doc *doc = NULL;
    struct fg_err err = {};
    int rc = fg_doc_json(text, strlen(text), arena, &doc, &err);
    if (rc == 0)
        rc = fg_scale_rule_read(doc, class, arena, out, &err);
    snprintf(why, FG_ERR_TEXT_MAX, "%s", err.text);
    return rc;
}

static void a_rule_goes_there_and_back(void)
{
    struct fg_scale_rule rule = {}, again = {};
    char why[FG_ERR_TEXT_MAX];
    EQ(read("{" OFFER ",\"least\":1,\"most\":4,\"idle_us\":5,\"quantile_percent\":80,"
            "\"key\":\"0190c1de-0000-4000-8000-000000000001\"}",
            "H100", &rule, why),
       0);
    OK(strcmp(rule.class, "h100") == 0);
    EQ(rule.max_uusd_per_hour, 20'000'000);
    EQ(rule.least, 1);
    EQ(rule.most, 4);
    EQ(rule.idle_us, 5);
    EQ(rule.quantile_percent, 80);
    EQ(rule.life_us, 3'600'000'000);
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_object(&json);
    fg_scale_rule_members(&json, &rule);
    fg_json_end(&json);
    EQ(read(buf.text, "h100", &again, why), 0);
    OK(memcmp(&rule, &again, sizeof(rule)) == 0);
}

static void an_offer_may_be_named(void)
{
    struct fg_scale_rule rule = {};
    char why[FG_ERR_TEXT_MAX];
    EQ(read("{\"supplier\":\"acme\",\"contract\":\"spot\",\"most\":4}", "h100", &rule, why), 0);
    EQ(rule.offer.accelerators, 0); /* to be found */
    OK(strcmp(rule.offer.supplier, "acme") == 0);
    EQ(rule.offer.contract, FG_CONTRACT_SPOT);
    EQ(read("{\"offer_id\":7}", "h100", &rule, why), 0);
    EQ(rule.offer_id, 7);
}

static void what_is_not_a_rule_is_refused(void)
{
    static const struct {
        const char *text, *class, *why;
    } cases[] = {
        {"[]", "h100", "expected"},
        {"{\"mots\":1}", "h100", "mots"},
        {"{\"most\":-1}", "h100", "most"},
        {"{\"quantile_percent\":100}", "h100", "quantile_percent"},
        {"{\"most\":1001}", "h100", "most"},
        {"{\"class\":\"a100\"}", "h100", "the path says"},
        {"{\"contract\":\"gift\"}", "h100", "contract"},
        {"{" OFFER "}", "a100", "expected one of class a100"},
        {"{" OFFER "}", "no kind", "class"},
        {"{" OFFER ",\"least\":2,\"most\":1}", "h100", "least"},
        {"{" OFFER ",\"max_uusd_per_hour\":1}", "h100", "the offer costs"},
        {"{" OFFER ",\"key\":\"x\"}", "h100", "UUID"},
        {"{\"offer\":{\"supplier\":\"acme\"}}", "h100", "instance"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_scale_rule rule;
        char why[FG_ERR_TEXT_MAX];
        EQ(read(cases[i].text, cases[i].class, &rule, why), FG_EINVAL);
        if (!OK(strstr(why, cases[i].why) != NULL))
            printf("# %s: %s\n", cases[i].text, why);
    }
}

int main(void)
{
    RUN(a_rule_goes_there_and_back);
    RUN(an_offer_may_be_named);
    RUN(what_is_not_a_rule_is_refused);
    return tap_done();
}

/* contract.h - does a plug-in keep the contract?  For `fastgpu supplier test`, and for our own plug-ins.
 *
 * Each rule is tried against the real thing: with `buys` one instance of an offer is really ordered, twice under two keys,
 * and given back.
 */
#pragma once

#include "provision/buyer.h"

enum fg_rule_result { FG_RULE_PASSED, FG_RULE_FAILED, FG_RULE_SKIPPED, FG_RULE_RESULTS };
const char *fg_rule_result_name(enum fg_rule_result result); /* "passed", "failed", "skipped" */

struct fg_rule_report {
    const char *name; /* "same-key" */
    const char *text; /* "the same key again is the same order: nothing is bought twice" */
    enum fg_rule_result result;
    char reason[FG_TEXT_MAX]; /* of a failure or a skip */
    int64_t took_us;
};

struct fg_contract_test {
    const struct fg_supplier *supplier; /* exec, http or owned; borrowed */
    const char *folder;                 /* for its files; must exist */
    const char *instance;               /* which offer is ordered; NULL: the cheapest */
    bool buys;
    int64_t wait_us; /* how long a delivery, or an end, may take */
    int stop_fd; /* readable: the remaining rules are skipped, what was bought is given back; -1 none */
    void (*on_rule)(void *self, const struct fg_rule_report *report); /* each, in order */
    void *self;
};

/* Try every rule.  The number of rules that failed. */
size_t fg_contract_run(const struct fg_contract_test *test);

/* contract_kit.h - what the rules of the contract have in common; see contract.h. */
#pragma once

#include "provision/contract.h"
#include "provision/plugin.h"

#define FG_KIT_IDS_MAX 64

struct fg_kit {
    const struct fg_contract_test *test;
    struct fg_rule_report report; /* of the rule that is being tried */
    char path[4096];              /* the plug-in's folder */

    struct fg_offer offer;  /* what is ordered; supplier "" none yet */
    struct fg_order order;  /* the first order, and ... */
    struct fg_order second; /* ... the one whose calls are cut off */
    bool is_bought;         /* the first order was taken */
    bool is_second_bought;
    char ids[FG_KIT_IDS_MAX][FG_NAME_MAX]; /* instances of the first order, once it is ready */
    uint32_t ids_len;
    int64_t slowest_us; /* of all calls */
    enum fg_provision_op slowest;
};

typedef void fg_rule_fn(struct fg_kit *kit);

/* Make one call; free the sheet. */
void fg_kit_ask(struct fg_kit *kit,
                enum fg_provision_op op,
                const struct fg_order *order,
                struct fg_answer_sheet *out);
/* The same, ended after `timeout_us` in the middle of whatever it does. */
void fg_kit_ask_briefly(struct fg_kit *kit,
                        enum fg_provision_op op,
                        const struct fg_order *order,
                        int64_t timeout_us,
                        struct fg_answer_sheet *out);
/* Send bytes that are no request of ours.  FG_OK: something came, in `out`; else what went wrong. */
int fg_kit_send(struct fg_kit *kit,
                enum fg_provision_op op,
                const char *bytes,
                size_t len,
                struct fg_buf *out,
                struct fg_err *err);

[[gnu::format(printf, 2, 3)]] void fg_kit_fail(struct fg_kit *kit, const char *fmt, ...);
[[gnu::format(printf, 2, 3)]] void fg_kit_skip(struct fg_kit *kit, const char *fmt, ...);

/* A new order of the chosen offer, with a key of its own. */
void fg_kit_order(const struct fg_kit *kit, struct fg_order *out);
/* Ask for the status until it is `wanted`, for at most the time of the test.  False: the rule failed, and says why. */
bool fg_kit_wait(struct fg_kit *kit,
                 const struct fg_order *order,
                 enum fg_delivery wanted,
                 struct fg_answer_sheet *out);

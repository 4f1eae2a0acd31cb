/* contract.c - tries the rules one after the other; see contract.h */
#include "provision/contract_kit.h"

#include "base/clock.h"
#include "base/exec.h"
#include "provision/contract_rules.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LOOK_FIRST_US 100000
#define LOOK_MOST_US  2000000

static const char *const results[FG_RULE_RESULTS] = {"passed", "failed", "skipped"};

const char *fg_rule_result_name(enum fg_rule_result result)
{
    return results[result];
}

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* Wait so long, or until somebody stops the test.  True: he did. */
static bool is_stopped(const struct fg_kit *kit, int64_t wait_us)
{
    struct pollfd stop = {kit->test->stop_fd, POLLIN, 0};
    return poll(&stop, 1, (int)(wait_us / 1000)) > 0;
}

static void conclude(struct fg_kit *kit,
                     enum fg_rule_result result,
                     const char *fmt,
                     va_list ap)
{
    kit->report.result = result;
    vsnprintf(kit->report.reason, sizeof(kit->report.reason), fmt, ap);
}

void fg_kit_fail(struct fg_kit *kit, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    conclude(kit, FG_RULE_FAILED, fmt, ap);
    va_end(ap);
}

void fg_kit_skip(struct fg_kit *kit, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    conclude(kit, FG_RULE_SKIPPED, fmt, ap);
    va_end(ap);
}

void fg_kit_ask(struct fg_kit *kit,
                enum fg_provision_op op,
                const struct fg_order *order,
                struct fg_answer_sheet *out)
{
    struct fg_provision_call call = {.op = op, .supplier = kit->test->supplier, .order = order};
    if (op == FG_PROVISION_PROVISION)
        call.user_data = "#!/bin/sh\n# nothing: this order is a test\n";
    int64_t begin_us = mono_us();
    fg_buyer_call_now(kit->test->folder, &call, out);
    int64_t took_us = mono_us() - begin_us;
    if (took_us > kit->slowest_us) {
        kit->slowest_us = took_us;
        kit->slowest = op;
    }
}

void fg_kit_ask_briefly(struct fg_kit *kit,
                        enum fg_provision_op op,
                        const struct fg_order *order,
                        int64_t timeout_us,
                        struct fg_answer_sheet *out)
{
    struct fg_supplier hasty = *kit->test->supplier;
    hasty.timeout_us = timeout_us;
    struct fg_provision_call call = {.op = op, .supplier = &hasty, .order = order};
    fg_buyer_call_now(kit->test->folder, &call, out);
}

int fg_kit_send(struct fg_kit *kit,
                enum fg_provision_op op,
                const char *bytes,
                size_t len,
                struct fg_buf *out,
                struct fg_err *err)
{
    const struct fg_supplier *supplier = kit->test->supplier;
    struct fg_provision_call call = {
        .op = op, .supplier = supplier, .order = op ? &kit->order : NULL};
    struct fg_plugin_site site = {
        .folder = kit->path, .timeout_us = fg_buyer_timeout_us(&call), .stop_fd = -1};
    int64_t begin_us = mono_us();
    int rc = supplier->kind == FG_SUPPLIER_HTTP
                 ? fg_plugin_http_send(&site, &call, bytes, len, out, err)
                 : fg_plugin_exec_send(&site, &call, bytes, len, out, err);
    int64_t took_us = mono_us() - begin_us;
    if (took_us > kit->slowest_us) {
        kit->slowest_us = took_us;
        kit->slowest = op;
    }
    return rc;
}

/* A UUID of version 4. */
static void make_key(char out[FG_ORDER_KEY_MAX])
{
    unsigned char random[16];
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        abort();
    random[6] = (unsigned char)((random[6] & 0x0f) | 0x40);
    random[8] = (unsigned char)((random[8] & 0x3f) | 0x80);
    for (size_t i = 0, at = 0; i < sizeof(random); i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        at += (size_t)snprintf(out + at, FG_ORDER_KEY_MAX - at, "%s%02x", dash ? "-" : "",
                               random[i]);
    }
}

void fg_kit_order(const struct fg_kit *kit, struct fg_order *out)
{
    *out = (struct fg_order){.id = 1,
                             .offer = kit->offer,
                             .count = kit->offer.min_count > 1 ? kit->offer.min_count : 1,
                             .max_uusd_per_hour = kit->offer.price_uusd_per_hour};
    make_key(out->key);
}

bool fg_kit_wait(struct fg_kit *kit,
                 const struct fg_order *order,
                 enum fg_delivery wanted,
                 struct fg_answer_sheet *out)
{
    int64_t end_us = mono_us() + kit->test->wait_us, step_us = LOOK_FIRST_US;
    while (true) {
        fg_answer_sheet_free(out);
        fg_kit_ask(kit, FG_PROVISION_STATUS, order, out);
        const struct fg_provision_event *event = &out->event;
        if (event->rc == 0 && event->delivery == wanted)
            return true;
        bool may_come =
            event->rc == 0
            && (wanted == FG_DELIVERY_GONE ? event->delivery != FG_DELIVERY_UNKNOWN
                                           : event->delivery == FG_DELIVERY_PENDING);
        if (!may_come) {
            fg_kit_fail(kit, "waiting for %s: %s %s", fg_delivery_name(wanted),
                        event->rc < 0 ? fg_code_name(event->rc)
                                      : fg_delivery_name(event->delivery),
                        event->reason);
            return false;
        }
        if (mono_us() >= end_us) {
            fg_kit_fail(kit, "still %s after %.0f s, expected %s (--wait allows more)",
                        fg_delivery_name(event->delivery), (double)kit->test->wait_us / 1e6,
                        fg_delivery_name(wanted));
            return false;
        }
        if (is_stopped(kit, step_us)) {
            fg_kit_fail(kit, "interrupted");
            return false;
        }
        step_us = step_us * 2 < LOOK_MOST_US ? step_us * 2 : LOOK_MOST_US;
    }
}

/* Whatever the rules found: nothing stays bought. */
static void clean_up(struct fg_kit *kit, const struct fg_order *order)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    if (order->key[0])
        fg_kit_ask(kit, FG_PROVISION_RELEASE, order, &sheet);
}

static const struct {
    const char *name, *text;
    bool buys;
    fg_rule_fn *try;
} rules[] = {
#define X(name, symbol, buys, text) {name, text, buys, fg_rule_##symbol},
#include "provision/contract_rules.def"
#undef X
};

size_t fg_contract_run(const struct fg_contract_test *test)
{
    struct fg_kit *kit = calloc(1, sizeof(*kit));
    size_t failed = 0;
    if (!kit)
        abort();
    kit->test = test;
    snprintf(kit->path, sizeof(kit->path), "%s/%s", test->folder, test->supplier->name);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        int64_t begin_us = mono_us();
        kit->report = (struct fg_rule_report){.name = rules[i].name, .text = rules[i].text};
        if (is_stopped(kit, 0))
            fg_kit_skip(kit, "interrupted");
        else if (rules[i].buys && !test->buys)
            fg_kit_skip(kit, "nothing is to be bought");
        else
            rules[i].try(kit);
        kit->report.took_us = mono_us() - begin_us;
        failed += kit->report.result == FG_RULE_FAILED;
        test->on_rule(test->self, &kit->report);
    }
    clean_up(kit, &kit->order);
    clean_up(kit, &kit->second);
    free(kit);
    return failed;
}

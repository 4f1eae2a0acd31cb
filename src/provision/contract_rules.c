/* contract_rules.c - rules that buy nothing; see contract_rules.h */
#include "provision/contract_rules.h"

#include "base/doc.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define WRONG_SECRET "this-is-not-the-secret"

/* The offer to order: of the instance that was named, else the cheapest.  What takes long to come is no use here. */
static bool is_better(const struct fg_kit *kit, const struct fg_offer *offer)
{
    const char *wanted = kit->test->instance;
    if (wanted && strcmp(offer->instance, wanted) != 0)
        return false;
    return !kit->offer.supplier[0]
           || offer->price_uusd_per_hour + offer->upfront_uusd
                  < kit->offer.price_uusd_per_hour + kit->offer.upfront_uusd;
}

void fg_rule_offers(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    fg_kit_ask(kit, FG_PROVISION_OFFERS, NULL, &sheet);
    const struct fg_provision_event *event = &sheet.event;
    if (event->rc < 0) {
        fg_kit_fail(kit, "%s", event->reason);
        return;
    }
    for (uint32_t i = 0; i < event->offers_len; i++)
        if (is_better(kit, &event->offers[i]))
            kit->offer = event->offers[i];
    if (event->offers_refused > 0)
        fg_kit_fail(kit, "%u of %u offers are not sound: %s", event->offers_refused,
                    event->offers_refused + event->offers_len, event->reason);
    else if (event->offers_len == 0)
        fg_kit_fail(kit, "no offers");
    else if (!kit->offer.supplier[0])
        fg_kit_fail(kit, "no offer of instance %s", kit->test->instance);
    if (kit->offer.supplier[0]) {
        fg_kit_order(kit, &kit->order);
        fg_kit_order(kit, &kit->second);
    }
}

/* Without an offer nothing can be asked for. */
static bool has_offer(struct fg_kit *kit)
{
    if (!kit->offer.supplier[0])
        fg_kit_skip(kit, "there is no sound offer");
    return kit->offer.supplier[0];
}

void fg_rule_quote(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    if (!has_offer(kit))
        return;
    fg_kit_ask(kit, FG_PROVISION_QUOTE, &kit->order, &sheet);
    const struct fg_provision_event *event = &sheet.event;
    if (event->rc < 0)
        fg_kit_fail(kit, "%s", event->reason);
    else if (event->delivery == FG_DELIVERY_REFUSED)
        fg_kit_fail(kit, "its own offer is refused: %s", event->reason);
    else if (event->price_uusd_per_hour > kit->offer.price_uusd_per_hour)
        fg_kit_fail(kit, "%lld micro-USD an hour, the offer says %lld",
                    (long long)event->price_uusd_per_hour,
                    (long long)kit->offer.price_uusd_per_hour);
}

void fg_rule_unknown_key(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet status = {}, release = {};
    struct fg_order stranger;
    if (!has_offer(kit))
        return;
    fg_kit_order(kit, &stranger);
    fg_kit_ask(kit, FG_PROVISION_STATUS, &stranger, &status);
    fg_kit_ask(kit, FG_PROVISION_RELEASE, &stranger, &release);
    if (status.event.rc < 0)
        fg_kit_fail(kit, "status: %s", status.event.reason);
    else if (status.event.delivery != FG_DELIVERY_UNKNOWN)
        fg_kit_fail(kit, "status: %s, expected unknown",
                    fg_delivery_name(status.event.delivery));
    else if (release.event.rc < 0)
        fg_kit_fail(kit, "release: %s", release.event.reason);
    else if (release.event.delivery == FG_DELIVERY_RELEASING)
        fg_kit_fail(kit, "release: releasing, expected unknown or gone");
}

void fg_rule_too_many(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {}, after = {}, release = {};
    struct fg_order large;
    if (!has_offer(kit))
        return;
    if (kit->offer.capacity == 0 || kit->offer.capacity >= FG_ORDER_COUNT_MAX) {
        fg_kit_skip(kit, "the offer does not say how many there are (capacity)");
        return;
    }
    fg_kit_order(kit, &large);
    large.count = kit->offer.capacity + 1;
    fg_kit_ask(kit, FG_PROVISION_PROVISION, &large, &sheet);
    fg_kit_ask(kit, FG_PROVISION_STATUS, &large, &after);
    if (sheet.event.rc < 0)
        fg_kit_fail(kit, "%s", sheet.event.reason);
    else if (sheet.event.delivery != FG_DELIVERY_REFUSED)
        fg_kit_fail(kit, "%u ordered of %u: %s, expected refused", large.count,
                    kit->offer.capacity, fg_delivery_name(sheet.event.delivery));
    else if (after.event.rc < 0)
        fg_kit_fail(kit, "status after it: %s", after.event.reason);
    else if (after.event.delivery != FG_DELIVERY_UNKNOWN
             && after.event.delivery != FG_DELIVERY_REFUSED)
        fg_kit_fail(kit, "status after it: %s, expected unknown or refused",
                    fg_delivery_name(after.event.delivery));
    if (kit->report.result == FG_RULE_FAILED)
        fg_kit_ask(kit, FG_PROVISION_RELEASE, &large, &release);
}

/* Our own machines are not behind a program: there is nothing to send bytes to. */
static bool takes_bytes(struct fg_kit *kit)
{
    if (kit->test->supplier->kind == FG_SUPPLIER_OWNED)
        fg_kit_skip(kit, "built in: no protocol in between");
    return kit->test->supplier->kind != FG_SUPPLIER_OWNED;
}

/* A request with members of a later version. */
static void write_newer(const struct fg_kit *kit, struct fg_buf *out)
{
    struct fg_provision_call call = {
        .op = FG_PROVISION_QUOTE, .supplier = kit->test->supplier, .order = &kit->order};
    fg_protocol_write(out, &call);
    out->text[--out->len] = '\0'; /* its closing brace */
    fg_buf_puts(out, ",\"x-later\":{\"a\":[1,null,\"\\u00e9\"]},\"x-more\":1e3}\n");
}

void fg_rule_new_members(struct fg_kit *kit)
{
    FG_AUTO(fg_buf) struct fg_buf request = {}, answer = {};
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    struct fg_err err = {};
    if (!takes_bytes(kit) || !has_offer(kit))
        return;
    write_newer(kit, &request);
    if (fg_kit_send(kit, FG_PROVISION_QUOTE, request.text, request.len, &answer, &err) < 0) {
        fg_kit_fail(kit, "%s", err.text);
        return;
    }
    struct fg_provision_call call = {
        .op = FG_PROVISION_QUOTE, .supplier = kit->test->supplier, .order = &kit->order};
    fg_answer_begin(&call, &sheet.event);
    fg_protocol_read(answer.text ? answer.text : "", answer.len, &call, NULL, &sheet);
    if (sheet.event.rc < 0)
        fg_kit_fail(kit, "%s", sheet.event.reason);
    else if (sheet.event.delivery == FG_DELIVERY_REFUSED)
        fg_kit_fail(kit, "refused: %s", sheet.event.reason);
}

/* Does it say that all is well? */
static bool says_ok(const struct fg_buf *answer)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(answer->len));
    const struct fg_doc *doc;
    if (answer->len == 0 || fg_doc_json(answer->text, answer->len, arena, &doc, NULL) < 0)
        return false;
    const struct fg_doc *ok = fg_doc_get(doc, "ok");
    return ok && ok->kind == FG_DOC_BOOL && ok->integer;
}

void fg_rule_garbage(struct fg_kit *kit)
{
    static const char *const requests[] = {
        "",
        "\n",
        "hello\n",
        "{\"op\":\n",
        "{\"op\":\"dance\",\"version\":1}\n",
        "{\"op\":\"provision\",\"version\":1}\n",
        "{\"op\":\"provision\",\"version\":1,\"key\":7,\"count\":-1,\"offer\":[]}\n",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
        "{\"op\":\"provision\",\"key\":\"../../etc/passwd\",\"count\":1e99,\"offer\":null}\n",
    };
    if (!takes_bytes(kit))
        return;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf answer = {};
        struct fg_err err = {};
        int rc = fg_kit_send(kit, FG_PROVISION_PROVISION, requests[i], strlen(requests[i]),
                             &answer, &err);
        int shown = (int)strcspn(requests[i], "\n");
        if (rc == FG_ETIMEOUT || rc == FG_ETOOBIG || rc == FG_EUNREACH) {
            fg_kit_fail(kit, "to '%.*s': %s", shown, requests[i], err.text);
            return;
        }
        if (rc == 0 && says_ok(&answer)) {
            fg_kit_fail(kit, "to '%.*s' it answers ok", shown, requests[i]);
            return;
        }
    }
}

void fg_rule_one_line(struct fg_kit *kit)
{
    FG_AUTO(fg_buf) struct fg_buf request = {}, answer = {};
    struct fg_err err = {};
    if (kit->test->supplier->kind != FG_SUPPLIER_EXEC) {
        fg_kit_skip(kit, "of programs only");
        return;
    }
    struct fg_provision_call call = {.op = FG_PROVISION_OFFERS,
                                     .supplier = kit->test->supplier};
    fg_protocol_write(&request, &call);
    fg_buf_puts(&request, "\n");
    if (fg_kit_send(kit, FG_PROVISION_OFFERS, request.text, request.len, &answer, &err) < 0) {
        fg_kit_fail(kit, "%s", err.text);
        return;
    }
    const char *newline = memchr(answer.text ? answer.text : "", '\n', answer.len);
    size_t first = newline ? (size_t)(newline - answer.text) + 1 : answer.len;
    if (first < answer.len)
        fg_kit_fail(kit, "%zu bytes follow the first line, which alone is read",
                    answer.len - first);
}

/* A file beside the real one, with something else in it. */
static bool write_wrong_secret(const struct fg_kit *kit, char *path, size_t size)
{
    if (snprintf(path, size, "%s/wrong", kit->test->folder) >= (int)size)
        return false;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good =
        file >= 0
        && write(file, WRONG_SECRET, strlen(WRONG_SECRET)) == (ssize_t)strlen(WRONG_SECRET);
    if (file >= 0)
        close(file);
    return good;
}

void fg_rule_secret(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    struct fg_supplier stranger = *kit->test->supplier;
    if (!stranger.secret_file[0]) {
        fg_kit_skip(kit, "it has no secret (--secret-file)");
        return;
    }
    if (!write_wrong_secret(kit, stranger.secret_file, sizeof(stranger.secret_file))) {
        fg_kit_fail(kit, "the test could not write a file in %.100s", kit->test->folder);
        return;
    }
    struct fg_provision_call call = {.op = FG_PROVISION_OFFERS, .supplier = &stranger};
    fg_buyer_call_now(kit->test->folder, &call, &sheet);
    unlink(stranger.secret_file);
    if (sheet.event.rc == 0)
        fg_kit_fail(kit, "offers are told to whoever has another secret");
}

void fg_rule_in_time(struct fg_kit *kit)
{
    int64_t limit_us = kit->test->supplier->timeout_us;
    if (kit->slowest_us > limit_us)
        fg_kit_fail(kit, "%s took %.1f s, the limit is %.1f s",
                    fg_provision_op_name(kit->slowest), (double)kit->slowest_us / 1e6,
                    (double)limit_us / 1e6);
}

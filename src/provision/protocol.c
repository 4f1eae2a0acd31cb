/* protocol.c - see protocol.h */
#include "provision/protocol.h"

#include "base/clock.h"
#include "base/doc_read.h"
#include "base/json_write.h"
#include "model/offer_json.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Beside the document: two more nodes an offer, the sorted instances. */
#define ROOM                                                                                   \
    (FG_PROVISION_OFFERS_MAX * 4 * sizeof(struct fg_doc)                                       \
     + FG_PROVISION_INSTANCES_MAX * sizeof(void *) + 64 * 1024)

/* One answer being read. */
struct answer {
    const struct fg_provision_call *call;
    const struct fg_secret *secret;
    struct fg_arena *arena;
    struct fg_doc_reader reader;
    struct fg_answer_sheet *sheet;
};

void fg_answer_sheet_free(struct fg_answer_sheet *sheet)
{
    if (!sheet)
        return;
    free(sheet->instances);
    free(sheet->reports);
    free(sheet->offers);
    *sheet = (struct fg_answer_sheet){};
}

void fg_answer_begin(const struct fg_provision_call *call, struct fg_provision_event *out)
{
    *out = (struct fg_provision_event){
        .op = call->op, .tag = call->tag, .price_uusd_per_hour = -1, .upfront_uusd = -1};
    memcpy(out->supplier, call->supplier->name, sizeof(out->supplier));
    if (call->order) {
        out->order = call->order->id;
        memcpy(out->key, call->order->key, sizeof(out->key));
    }
}

void fg_answer_fail(struct fg_answer_sheet *sheet, int code, const char *fmt, ...)
{
    struct fg_provision_event *event = &sheet->event, clean;
    va_list ap;
    clean = (struct fg_provision_event){.op = event->op,
                                        .tag = event->tag,
                                        .order = event->order,
                                        .asked_us = event->asked_us,
                                        .time_us = event->time_us,
                                        .rc = code,
                                        .price_uusd_per_hour = -1,
                                        .upfront_uusd = -1};
    memcpy(clean.supplier, event->supplier, sizeof(clean.supplier));
    memcpy(clean.key, event->key, sizeof(clean.key));
    va_start(ap, fmt);
    vsnprintf(clean.reason, sizeof(clean.reason), fmt, ap);
    va_end(ap);
    fg_answer_sheet_free(sheet);
    sheet->event = clean;
}

/* ---- the request ---- */

static void write_moment(struct fg_json *json, const char *name, int64_t time_us)
{
    fg_json_key(json, name);
    fg_json_time(json, time_us);
}

static void write_order(struct fg_json *json, const struct fg_order *order)
{
    fg_json_kv(json, "key", order->key);
    fg_json_kv(json, "reference", order->reference[0] ? order->reference : NULL);
    fg_json_kv_int(json, "count", order->count);
    if (order->node[0])
        fg_json_kv(json, "node", order->node);
    write_moment(json, "wanted", order->wanted_us);
    write_moment(json, "until", order->until_us);
    fg_json_key(json, "offer");
    fg_offer_json_write(json, &order->offer);
}

void fg_protocol_write(struct fg_buf *out, const struct fg_provision_call *call)
{
    struct fg_json json = {.buf = out};
    fg_json_object(&json);
    fg_json_kv(&json, "op", fg_provision_op_name(call->op));
    fg_json_kv_int(&json, "version", FG_PROTOCOL_VERSION);
    fg_json_kv(&json, "supplier", call->supplier->name);
    if (call->order)
        write_order(&json, call->order);
    if (call->op == FG_PROVISION_PROVISION && call->user_data)
        fg_json_kv(&json, "user_data", call->user_data);
    if (call->op == FG_PROVISION_INSPECT)
        fg_json_kv_int(&json, "burn_in_s", call->burn_in_s);
    fg_json_end(&json);
}

/* ---- members of the answer ---- */

static const struct fg_doc *member_of(const struct fg_doc *map, const char *name)
{
    const struct fg_doc *member = fg_doc_get(map, name);
    return member && member->kind != FG_DOC_NULL ? member : NULL;
}

/* Words for people: cut to what we keep.  Absent: left as it is. */
static int read_words(
    struct answer *answer, const struct fg_doc *map, const char *name, char *out, size_t size)
{
    const struct fg_doc *member = member_of(map, name);
    if (!member)
        return 0;
    size_t mark = fg_read_enter(&answer->reader, name);
    int rc = fg_read_kind(&answer->reader, member, FG_DOC_TEXT);
    fg_read_leave(&answer->reader, mark);
    if (rc == 0)
        fg_secret_copy(answer->secret, out, size, member->text);
    return rc;
}

/* A name that will be compared: one that is too long is refused, not cut. */
static int read_name(struct answer *answer,
                     const struct fg_doc *map,
                     const char *name,
                     char out[FG_NAME_MAX])
{
    const struct fg_doc *member = member_of(map, name);
    if (!member)
        return 0;
    size_t mark = fg_read_enter(&answer->reader, name);
    int rc = fg_read_kind(&answer->reader, member, FG_DOC_TEXT);
    if (rc == 0 && member->text_len >= FG_NAME_MAX)
        rc = fg_read_fail(&answer->reader, member, "%zu bytes, expected at most %d",
                          member->text_len, FG_NAME_MAX - 1);
    fg_read_leave(&answer->reader, mark);
    if (rc == 0)
        fg_secret_copy(answer->secret, out, FG_NAME_MAX, member->text);
    return rc;
}

static int read_amount(struct answer *answer,
                       const struct fg_doc *map,
                       const char *name,
                       int64_t max,
                       int64_t *out)
{
    const struct fg_doc *member = member_of(map, name);
    if (!member)
        return 0;
    size_t mark = fg_read_enter(&answer->reader, name);
    int rc = fg_read_int(&answer->reader, member, 0, max, out);
    fg_read_leave(&answer->reader, mark);
    return rc;
}

static int read_moment(struct answer *answer,
                       const struct fg_doc *map,
                       const char *name,
                       int64_t *out)
{
    const struct fg_doc *member = member_of(map, name);
    if (!member)
        return 0;
    size_t mark = fg_read_enter(&answer->reader, name);
    int rc = fg_read_kind(&answer->reader, member, FG_DOC_TEXT);
    if (rc == 0 && (fg_time_parse(member->text, out) < 0 || *out <= 0))
        rc = fg_read_fail(&answer->reader, member,
                          "not a moment, expected one like 2026-11-21T08:00:00Z");
    fg_read_leave(&answer->reader, mark);
    return rc;
}

/* A word of a list that we know; absent: left as it is. */
static int read_word(struct answer *answer,
                     const struct fg_doc *map,
                     const char *name,
                     int (*find)(const char *),
                     int *out)
{
    const struct fg_doc *member = member_of(map, name);
    if (!member)
        return 0;
    size_t mark = fg_read_enter(&answer->reader, name);
    int rc = fg_read_kind(&answer->reader, member, FG_DOC_TEXT);
    int found = rc == 0 ? find(member->text) : 0;
    if (found < 0)
        rc = fg_read_fail(&answer->reader, member, "not a %s that we know", name);
    fg_read_leave(&answer->reader, mark);
    if (rc == 0)
        *out = found;
    return rc;
}

/* ---- instances ---- */

/* What a machine may be reached by goes into command lines: letters, digits and . : - _ [ ], and no option. */
static bool is_address(const char *text)
{
    if (text[0] == '-')
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr(".:-_[]", *text))
            return false;
    return true;
}

/* A report that cannot be read is no report: the caller rejects the machine with the reason. */
static void read_report(struct answer *answer,
                        const struct fg_doc *map,
                        struct fg_provision_instance *out,
                        struct fg_inspect_report *report)
{
    struct fg_err why = {};
    const struct fg_doc *member = member_of(map, "report");
    if (!member) {
        if (!out->reason[0])
            strcpy(out->reason, "no report of the machine, and no reason");
    } else if (fg_inspect_read(member, report, &why) < 0) {
        char text[FG_TEXT_MAX];
        snprintf(text, sizeof(text), "the report of the machine cannot be read: %s", why.text);
        fg_secret_copy(answer->secret, out->reason, sizeof(out->reason), text);
    } else {
        out->report = report;
    }
}

static int read_instance(struct answer *answer,
                         const struct fg_doc *map,
                         struct fg_provision_instance *out)
{
    int state = FG_INSTANCE_READY;
    int rc = fg_read_kind(&answer->reader, map, FG_DOC_MAP);
    if (rc == 0)
        rc = read_name(answer, map, "id", out->id);
    if (rc == 0 && !out->id[0])
        rc = fg_read_fail(&answer->reader, map, "no id");
    if (rc == 0)
        rc = read_name(answer, map, "address", out->address);
    if (rc == 0 && !is_address(out->address))
        rc = fg_read_fail(&answer->reader, map,
                          "address: expected a host name or an IP address");
    if (rc == 0)
        rc = read_word(answer, map, "state", fg_instance_state_find, &state);
    if (rc == 0)
        rc = read_words(answer, map, "reason", out->reason, sizeof(out->reason));
    if (rc == 0)
        rc = read_moment(answer, map, "leaves_at", &out->leaves_us);
    out->state = (enum fg_instance_state)state;
    return rc;
}

static int compare_ids(const void *a, const void *b)
{
    const struct fg_provision_instance *const *left = a, *const *right = b;
    return strcmp((*left)->id, (*right)->id);
}

/* No id twice: a machine would be paid for twice. */
static int check_ids(struct answer *answer, const struct fg_doc *at)
{
    const struct fg_answer_sheet *sheet = answer->sheet;
    uint32_t len = sheet->event.instances_len;
    const struct fg_provision_instance **sorted =
        FG_NEW(answer->arena, const struct fg_provision_instance *, len + 1);
    for (uint32_t i = 0; i < len; i++)
        sorted[i] = &sheet->instances[i];
    qsort(sorted, len, sizeof(sorted[0]), compare_ids);
    for (uint32_t i = 1; i < len; i++)
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0)
            return fg_read_fail(&answer->reader, at, "id %s stands there twice", sorted[i]->id);
    return 0;
}

static void *new_array(size_t len, size_t size)
{
    void *array = calloc(len ? len : 1, size);
    if (!array)
        abort();
    return array;
}

static int read_list(struct answer *answer, const struct fg_doc *list)
{
    struct fg_answer_sheet *sheet = answer->sheet;
    struct fg_provision_event *event = &sheet->event;
    bool inspects = event->op == FG_PROVISION_INSPECT;
    int rc = fg_read_kind(&answer->reader, list, FG_DOC_LIST);
    if (rc == 0 && list->len > answer->call->order->count)
        rc = fg_read_fail(&answer->reader, list, "%zu instances, ordered %u", list->len,
                          answer->call->order->count);
    if (rc < 0)
        return rc;
    sheet->instances = new_array(list->len, sizeof(*sheet->instances));
    sheet->reports = inspects ? new_array(list->len, sizeof(*sheet->reports)) : NULL;
    for (const struct fg_doc *at = list->first; rc == 0 && at; at = at->next) {
        struct fg_provision_instance *instance = &sheet->instances[event->instances_len];
        size_t mark = fg_read_enter_at(&answer->reader, event->instances_len);
        rc = read_instance(answer, at, instance);
        if (rc == 0 && inspects)
            read_report(answer, at, instance, &sheet->reports[event->instances_len]);
        event->instances_len++;
        fg_read_leave(&answer->reader, mark);
    }
    event->instances = sheet->instances;
    return rc == 0 ? check_ids(answer, list) : rc;
}

static int read_instances(struct answer *answer, const struct fg_doc *map)
{
    const struct fg_doc *list = member_of(map, "instances");
    if (!list)
        return 0;
    size_t mark = fg_read_enter(&answer->reader, "instances");
    int rc = read_list(answer, list);
    fg_read_leave(&answer->reader, mark);
    return rc;
}

/* "All are there" must be so. */
static int check_ready(struct answer *answer, const struct fg_doc *map)
{
    const struct fg_provision_event *event = &answer->sheet->event;
    uint32_t there = 0;
    for (uint32_t i = 0; i < event->instances_len; i++)
        there += event->instances[i].state != FG_INSTANCE_PENDING;
    if (event->delivery != FG_DELIVERY_READY || there == answer->call->order->count)
        return 0;
    return fg_read_fail(&answer->reader, map, "says ready, and tells of %u of %u instances",
                        there, answer->call->order->count);
}

/* ---- the answers ---- */

static int read_terms(struct answer *answer, const struct fg_doc *map)
{
    struct fg_provision_event *event = &answer->sheet->event;
    int rc = read_amount(answer, map, "price_uusd_per_hour", FG_PRICE_UUSD_MAX,
                         &event->price_uusd_per_hour);
    if (rc == 0)
        rc =
            read_amount(answer, map, "upfront_uusd", FG_UPFRONT_UUSD_MAX, &event->upfront_uusd);
    if (rc == 0)
        rc = read_moment(answer, map, "valid_until", &event->valid_until_us);
    if (rc == 0)
        rc = read_moment(answer, map, "promised", &event->promised_us);
    if (rc == 0)
        rc = read_name(answer, map, "reference", event->reference);
    if (rc == 0)
        rc = read_moment(answer, map, "ready", &event->ready_us);
    if (rc == 0)
        rc = read_moment(answer, map, "gone", &event->gone_us);
    return rc == 0 ? read_words(answer, map, "reason", event->reason, sizeof(event->reason))
                   : rc;
}

/* Which states may follow which question. */
static bool may_say(enum fg_provision_op op, enum fg_delivery delivery)
{
    if (op == FG_PROVISION_PROVISION)
        return delivery != FG_DELIVERY_UNKNOWN;
    if (op == FG_PROVISION_RELEASE)
        return delivery == FG_DELIVERY_UNKNOWN || delivery == FG_DELIVERY_RELEASING
               || delivery == FG_DELIVERY_GONE;
    return true;
}

static int read_state(struct answer *answer, const struct fg_doc *map)
{
    struct fg_provision_event *event = &answer->sheet->event;
    int delivery = event->op == FG_PROVISION_INSPECT ? FG_DELIVERY_READY : -1;
    int rc = read_word(answer, map, "state", fg_delivery_find, &delivery);
    if (rc < 0)
        return rc;
    if (delivery < 0)
        return fg_read_fail(&answer->reader, map, "no state, expected pending or the like");
    event->delivery = (enum fg_delivery)delivery;
    if (!may_say(event->op, event->delivery))
        return fg_read_fail(&answer->reader, map, "state: %s is no answer to %s",
                            fg_delivery_name(event->delivery), fg_provision_op_name(event->op));
    return 0;
}

static int read_order(struct answer *answer, const struct fg_doc *map)
{
    int rc = read_state(answer, map);
    if (rc == 0)
        rc = read_terms(answer, map);
    if (rc == 0)
        rc = read_instances(answer, map);
    if (rc == 0)
        rc = check_ready(answer, map);
    struct fg_provision_event *event = &answer->sheet->event;
    if (rc == 0 && event->delivery == FG_DELIVERY_REFUSED && !event->reason[0])
        strcpy(event->reason, "the supplier refuses, and gives no reason");
    return rc;
}

static int read_quote(struct answer *answer, const struct fg_doc *map)
{
    struct fg_provision_event *event = &answer->sheet->event;
    event->delivery = FG_DELIVERY_PENDING;
    int rc = read_terms(answer, map);
    if (rc == 0 && event->price_uusd_per_hour < 0)
        rc = fg_read_fail(&answer->reader, map, "no price_uusd_per_hour");
    return rc;
}

/* The members of an offer that we know, and our name for who sells it. */
static const struct fg_doc *known_members(struct answer *answer, const struct fg_doc *map)
{
    const char *name = answer->call->supplier->name;
    struct fg_doc *out = FG_NEW(answer->arena, struct fg_doc, 1);
    struct fg_doc *first = FG_NEW(answer->arena, struct fg_doc, 1), *last = first;
    *first = (struct fg_doc){
        .kind = FG_DOC_TEXT, .key = "supplier", .text = name, .text_len = strlen(name)};
    for (const struct fg_doc *at = map->first; at; at = at->next) {
        if (!fg_offer_json_knows(at->key) || strcmp(at->key, "supplier") == 0)
            continue;
        struct fg_doc *copy = FG_NEW(answer->arena, struct fg_doc, 1);
        *copy = *at;
        copy->next = NULL;
        last->next = copy;
        last = copy;
    }
    *out = (struct fg_doc){.kind = FG_DOC_MAP, .first = first};
    return out;
}

static void read_offer(struct answer *answer, const struct fg_doc *map, size_t index)
{
    struct fg_answer_sheet *sheet = answer->sheet;
    struct fg_err why = {};
    int rc = map->kind == FG_DOC_MAP ? 0 : fg_fail(&why, FG_EINVAL, "not an object");
    if (rc == 0)
        rc = fg_offer_json_read(known_members(answer, map), answer->arena,
                                &sheet->offers[sheet->event.offers_len], &why);
    if (rc == 0) {
        sheet->event.offers_len++;
    } else if (sheet->event.offers_refused++ == 0) {
        char text[FG_TEXT_MAX];
        snprintf(text, sizeof(text), "offers[%zu]: %s", index, why.text);
        fg_secret_copy(answer->secret, sheet->event.reason, sizeof(sheet->event.reason), text);
    }
}

static int read_offers(struct answer *answer, const struct fg_doc *map)
{
    struct fg_answer_sheet *sheet = answer->sheet;
    const struct fg_doc *list = member_of(map, "offers");
    size_t index = 0;
    if (!list || list->kind != FG_DOC_LIST)
        return fg_read_fail(&answer->reader, map, "no list of offers");
    if (list->len > FG_PROVISION_OFFERS_MAX)
        return fg_read_fail(&answer->reader, list, "%zu offers, expected at most %d", list->len,
                            FG_PROVISION_OFFERS_MAX);
    sheet->offers = new_array(list->len, sizeof(*sheet->offers));
    for (const struct fg_doc *at = list->first; at; at = at->next)
        read_offer(answer, at, index++);
    sheet->event.offers = sheet->offers;
    return 0;
}

/* {"ok":false,...}: a refusal, which is final, or an error, after which one may ask again. */
static int read_no(struct answer *answer, const struct fg_doc *map)
{
    struct fg_answer_sheet *sheet = answer->sheet;
    enum fg_provision_op op = answer->call->op;
    char refused[FG_TEXT_MAX - 40] = "", error[FG_TEXT_MAX - 40] = "";
    int rc = read_words(answer, map, "refused", refused, sizeof(refused));
    if (rc == 0)
        rc = read_words(answer, map, "error", error, sizeof(error));
    if (rc < 0)
        return rc;
    bool may_refuse = op == FG_PROVISION_QUOTE || op == FG_PROVISION_PROVISION;
    if (refused[0] && may_refuse) {
        sheet->event.delivery = FG_DELIVERY_REFUSED;
        strcpy(sheet->event.reason, refused);
    } else if (refused[0]) {
        fg_answer_fail(sheet, FG_EBACKEND, "the supplier refuses to do %s: %s",
                       fg_provision_op_name(op), refused);
    } else {
        fg_answer_fail(sheet, FG_EBACKEND, "the supplier says: %s",
                       error[0] ? error : "not ok, without a reason");
    }
    return 0;
}

static int read_answer(struct answer *answer, const struct fg_doc *map)
{
    const struct fg_doc *ok = member_of(map, "ok");
    int rc = fg_read_kind(&answer->reader, map, FG_DOC_MAP);
    if (rc < 0)
        return rc;
    if (!ok || ok->kind != FG_DOC_BOOL)
        return fg_read_fail(&answer->reader, map, "no ok, expected true or false");
    if (!ok->integer)
        return read_no(answer, map);
    if (answer->call->op == FG_PROVISION_OFFERS)
        return read_offers(answer, map);
    if (answer->call->op == FG_PROVISION_QUOTE)
        return read_quote(answer, map);
    return read_order(answer, map);
}

void fg_protocol_read(const char *bytes,
                      size_t len,
                      const struct fg_provision_call *call,
                      const struct fg_secret *secret,
                      struct fg_answer_sheet *out)
{
    struct fg_err why = {};
    const struct fg_doc *doc;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(4 * fg_doc_room(len) + ROOM);
    struct answer answer = {.call = call,
                            .secret = secret,
                            .arena = arena,
                            .reader = {.arena = arena, .err = &why, .text_left = len},
                            .sheet = out};
    int rc = fg_doc_json(bytes, len, arena, &doc, &why);
    if (rc == 0)
        rc = read_answer(&answer, doc);
    if (rc == 0)
        return;
    fg_secret_scrub(secret, why.text);
    fg_answer_fail(out, rc == FG_ETOOBIG ? rc : FG_EBACKEND,
                   "the answer to %s cannot be believed: %s", fg_provision_op_name(call->op),
                   why.text);
}

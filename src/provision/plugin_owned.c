/* plugin_owned.c - own machines: to buy is to take one from the list and wake it, to release is to give it back; see
 * plugin.h
 *
 * What an order holds is durable before the first machine is woken.  Answers go through the reader of everybody's answers.
 */
#include "base/exec.h"
#include "provision/owned_list.h"
#include "provision/owned_state.h"
#include "provision/plugin.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "model/offer_json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_FILE "machines.json"
#define RESERVE_US 500000 /* of the time of a call: for what is not a command */

/* One call. */
struct owner {
    const struct fg_plugin_site *site;
    const struct fg_provision_call *call;
    struct fg_arena *arena;
    const struct fg_owned_machine *machines;
    size_t machines_len;
    struct fg_owned_state state;
    char *state_path;
    int64_t end_us; /* monotonic */
    struct fg_json json;
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static int64_t utc_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

static const struct fg_owned_machine *find_machine(const struct owner *owner, const char *name)
{
    for (size_t i = 0; i < owner->machines_len; i++)
        if (strcmp(owner->machines[i].name, name) == 0)
            return &owner->machines[i];
    return NULL;
}

/* ---- commands ---- */

/* Run one.  True: it ended with 0.  What it wrote is in `result`. */
static bool run(const struct owner *owner,
                const char *const *argv,
                struct fg_exec_result *result,
                struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf home = {};
    const char *user_home = getenv("HOME"); /* ssh keeps its keys there */
    fg_buf_printf(&home, "HOME=%s", user_home ? user_home : owner->site->folder);
    const char *envs[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                          "LANG=C.UTF-8", home.text, NULL};
    int64_t left_us = owner->end_us - mono_us();
    struct fg_exec exec = {.argv = argv,
                           .envs = envs,
                           .folder = owner->site->folder,
                           .input = "",
                           .timeout_us = left_us > 1000 ? left_us : 1000,
                           .output_max = FG_PROVISION_BYTES_MAX,
                           .stop_fd = owner->site->stop_fd};
    char last[FG_LAST_LINE_MAX];
    if (fg_exec_run(&exec, result, err) < 0)
        return false;
    fg_last_line(&result->err, NULL, last);
    if (result->exit_code == 0 && !result->timed_out && !result->too_big)
        return true;
    fg_fail(err, FG_EBACKEND, "%.60s %s%s", argv[0],
            result->timed_out ? "took too long" : "failed", last);
    return false;
}

/* A command that the machine may not have: then it is done. */
static bool run_if_any(const struct owner *owner,
                       const struct fg_owned_machine *machine,
                       enum fg_owned_command command,
                       struct fg_err *err)
{
    if (!machine || !machine->commands[command])
        return true;
    FG_AUTO(fg_exec_result) struct fg_exec_result result = {};
    return run(owner, machine->commands[command], &result, err);
}

static int save(struct owner *owner, struct fg_err *err)
{
    return fg_owned_state_save(owner->state_path, &owner->state, err);
}

/* Wake what is not there yet.  The first reason of those that stay away goes to `why`. */
static int wake(struct owner *owner,
                struct fg_owned_order *order,
                struct fg_err *why,
                struct fg_err *err)
{
    bool all = true, changed = false;
    for (uint32_t i = 0; i < order->machines_len; i++) {
        struct fg_owned_held *held = &order->machines[i];
        const struct fg_owned_machine *machine = find_machine(owner, held->name);
        struct fg_err *first = all ? why : NULL;
        if (held->there)
            continue;
        held->there = run_if_any(owner, machine, FG_OWNED_WAKE, first)
                      && run_if_any(owner, machine, FG_OWNED_CHECK, first);
        changed = changed || held->there;
        all = all && held->there;
    }
    if (all && order->ready_us == 0) {
        order->ready_us = utc_us();
        changed = true;
    }
    return changed ? save(owner, err) : 0;
}

/* ---- answers ---- */

static void begin(struct owner *owner, const char *state)
{
    fg_json_object(&owner->json);
    fg_json_kv_bool(&owner->json, "ok", true);
    if (state)
        fg_json_kv(&owner->json, "state", state);
}

static void refuse(struct owner *owner, const char *member, const char *why)
{
    fg_json_object(&owner->json);
    fg_json_kv_bool(&owner->json, "ok", false);
    fg_json_kv(&owner->json, member, why);
    fg_json_end(&owner->json);
}

static bool is_ready(const struct fg_owned_order *order)
{
    for (uint32_t i = 0; i < order->machines_len; i++)
        if (!order->machines[i].there)
            return false;
    return true;
}

static void tell_moments(struct owner *owner, const struct fg_owned_order *order)
{
    fg_json_key(&owner->json, "ready");
    fg_json_time(&owner->json, order->ready_us);
    fg_json_key(&owner->json, "gone");
    fg_json_time(&owner->json, order->gone_us);
}

/* Its report as a member, or the reason why there is none. */
static void inspect(struct owner *owner, const struct fg_owned_held *held)
{
    const struct fg_owned_machine *machine = find_machine(owner, held->name);
    char host[FG_NAME_MAX] = "", seconds[16];
    struct fg_err err = {};
    FG_AUTO(fg_exec_result) struct fg_exec_result result = {};
    static const char *const here[] = {"/proc/self/exe", "node", "inspect", "--json", NULL};
    gethostname(host, sizeof(host) - 1);
    bool is_here = strcmp(held->address, "localhost") == 0 || strcmp(held->address, host) == 0;
    const char *const *given = machine ? machine->commands[FG_OWNED_INSPECT] : NULL;
    if (!given && is_here)
        given = here;
    const char *argv[FG_OWNED_WORDS_MAX + 3] = {};
    size_t len = 0;
    while (given && given[len])
        argv[len] = given[len], len++;
    if (owner->call->burn_in_s > 0) {
        snprintf(seconds, sizeof(seconds), "%u", owner->call->burn_in_s);
        argv[len++] = "--burn-in";
        argv[len] = seconds;
    }
    const struct fg_doc *doc;
    bool good = given && run(owner, argv, &result, &err)
                && fg_doc_json(result.out.text ? result.out.text : "", result.out.len,
                               owner->arena, &doc, &err)
                       == 0;
    if (good) {
        fg_json_key(&owner->json, "report");
        fg_json_raw(&owner->json, result.out.text, result.out.len);
    } else {
        fg_json_kv(&owner->json, "reason",
                   given ? err.text : "the list has no inspect command for this machine");
    }
}

static void tell_order(struct owner *owner, const struct fg_owned_order *order, const char *why)
{
    if (order->gone) {
        begin(owner, "gone");
        tell_moments(owner, order);
        fg_json_end(&owner->json);
        return;
    }
    begin(owner, is_ready(order) ? "ready" : "pending");
    tell_moments(owner, order);
    fg_json_kv_int(&owner->json, "price_uusd_per_hour",
                   owner->call->order->offer.price_uusd_per_hour);
    if (why[0])
        fg_json_kv(&owner->json, "reason", why);
    fg_json_key(&owner->json, "instances");
    fg_json_array(&owner->json);
    for (uint32_t i = 0; i < order->machines_len; i++) {
        const struct fg_owned_held *held = &order->machines[i];
        fg_json_object(&owner->json);
        fg_json_kv(&owner->json, "id", held->name);
        fg_json_kv(&owner->json, "address", held->address);
        fg_json_kv(&owner->json, "state", held->there ? "ready" : "pending");
        if (owner->call->op == FG_PROVISION_INSPECT)
            inspect(owner, held);
        fg_json_end(&owner->json);
    }
    fg_json_end(&owner->json);
    fg_json_end(&owner->json);
}

/* ---- operations ---- */

static bool is_alike(const struct fg_offer *a, const struct fg_offer *b)
{
    return strcmp(a->instance, b->instance) == 0 && strcmp(a->region, b->region) == 0;
}

static uint32_t count_free(const struct owner *owner, const struct fg_offer *offer)
{
    uint32_t count = 0;
    for (size_t i = 0; i < owner->machines_len; i++)
        count += is_alike(&owner->machines[i].offer, offer)
                 && !fg_owned_state_holds(&owner->state, owner->machines[i].name);
    return count;
}

static bool is_told_before(const struct owner *owner, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_alike(&owner->machines[i].offer, &owner->machines[index].offer))
            return true;
    return false;
}

static int offers(struct owner *owner, struct fg_err *)
{
    begin(owner, NULL);
    fg_json_key(&owner->json, "offers");
    fg_json_array(&owner->json);
    for (size_t i = 0; i < owner->machines_len; i++) {
        struct fg_offer offer = owner->machines[i].offer;
        offer.capacity = is_told_before(owner, i) ? 0 : count_free(owner, &offer);
        if (offer.capacity > 0)
            fg_offer_json_write(&owner->json, &offer);
    }
    fg_json_end(&owner->json);
    fg_json_end(&owner->json);
    return 0;
}

/* True: a refusal was written, for so many are not free. */
static bool is_short(struct owner *owner)
{
    const struct fg_order *order = owner->call->order;
    uint32_t there = count_free(owner, &order->offer);
    char why[FG_TEXT_MAX];
    if (there >= order->count)
        return false;
    snprintf(why, sizeof(why), "%u machines of type %s are free, %u asked for", there,
             order->offer.instance, order->count);
    refuse(owner, "refused", why);
    return true;
}

static int quote(struct owner *owner, struct fg_err *)
{
    const struct fg_offer *asked = &owner->call->order->offer;
    if (is_short(owner))
        return 0;
    for (size_t i = 0; i < owner->machines_len; i++) {
        const struct fg_offer *offer = &owner->machines[i].offer;
        if (!is_alike(offer, asked))
            continue;
        begin(owner, NULL);
        fg_json_kv_int(&owner->json, "price_uusd_per_hour", offer->price_uusd_per_hour);
        fg_json_kv_int(&owner->json, "upfront_uusd", offer->upfront_uusd);
        fg_json_end(&owner->json);
        return 0;
    }
    return 0;
}

/* Take free machines, in the order of the list; durable when it returns 0. */
static int take(struct owner *owner, struct fg_owned_order **out, struct fg_err *err)
{
    const struct fg_order *asked = owner->call->order;
    struct fg_owned_order *order = &owner->state.orders[owner->state.len];
    *order = (struct fg_owned_order){
        .machines = FG_NEW(owner->arena, struct fg_owned_held, asked->count)};
    memcpy(order->key, asked->key, sizeof(order->key));
    for (size_t i = 0; order->machines_len < asked->count && i < owner->machines_len; i++) {
        const struct fg_owned_machine *machine = &owner->machines[i];
        if (!is_alike(&machine->offer, &asked->offer)
            || fg_owned_state_holds(&owner->state, machine->name))
            continue;
        struct fg_owned_held *held = &order->machines[order->machines_len++];
        memcpy(held->name, machine->name, sizeof(held->name));
        memcpy(held->address, machine->address, sizeof(held->address));
    }
    owner->state.len++;
    *out = order;
    return save(owner, err);
}

static int provision(struct owner *owner, struct fg_err *err)
{
    struct fg_owned_order *order = fg_owned_state_find(&owner->state, owner->call->order->key);
    struct fg_err why = {};
    if (!order && is_short(owner))
        return 0;
    int rc = order ? 0 : take(owner, &order, err);
    if (rc == 0 && !order->gone)
        rc = wake(owner, order, &why, err);
    if (rc < 0)
        return rc;
    tell_order(owner, order, why.text);
    return 0;
}

static int status(struct owner *owner, struct fg_err *err)
{
    struct fg_owned_order *order = fg_owned_state_find(&owner->state, owner->call->order->key);
    struct fg_err why = {};
    if (!order) {
        begin(owner, "unknown");
        fg_json_end(&owner->json);
        return 0;
    }
    int rc = order->gone ? 0 : wake(owner, order, &why, err);
    if (rc == 0)
        tell_order(owner, order, why.text);
    return rc;
}

static int release(struct owner *owner, struct fg_err *err)
{
    struct fg_owned_order *order = fg_owned_state_find(&owner->state, owner->call->order->key);
    struct fg_err why = {};
    if (!order)
        return status(owner, err);
    for (uint32_t i = 0; !order->gone && i < order->machines_len; i++) {
        const struct fg_owned_machine *machine = find_machine(owner, order->machines[i].name);
        if (!run_if_any(owner, machine, FG_OWNED_SLEEP, &why)) {
            begin(owner, "releasing"); /* asked again, it is tried again */
            fg_json_kv(&owner->json, "reason", why.text);
            fg_json_end(&owner->json);
            return 0;
        }
    }
    int rc = 0;
    if (!order->gone) {
        order->gone = true;
        order->gone_us = utc_us();
        rc = save(owner, err);
    }
    if (rc == 0)
        tell_order(owner, order, "");
    return rc;
}

static int open_owner(struct owner *owner, struct fg_err *err)
{
    const struct fg_supplier *supplier = owner->call->supplier;
    const char *bytes;
    size_t len;
    if (!supplier->machines_file[0])
        return fg_fail(err, FG_EINVAL, "supplier %s has no list of machines", supplier->name);
    int rc = fg_owned_file_read(supplier->machines_file, owner->arena, &bytes, &len, err);
    if (rc == 0)
        rc = fg_owned_list_read(bytes, len, supplier->name, supplier->machines_file,
                                owner->arena, &owner->machines, &owner->machines_len, err);
    owner->state_path = fg_arena_printf(owner->arena, "%s/%s", owner->site->folder, STATE_FILE);
    return rc == 0 ? fg_owned_state_load(owner->state_path, owner->arena, &owner->state, err)
                   : rc;
}

void fg_plugin_owned(const struct fg_plugin_site *site,
                     const struct fg_provision_call *call,
                     struct fg_answer_sheet *out)
{
    static int (*const operations[FG_PROVISION_OPS])(struct owner *, struct fg_err *) = {
        [FG_PROVISION_OFFERS] = offers,       [FG_PROVISION_QUOTE] = quote,
        [FG_PROVISION_PROVISION] = provision, [FG_PROVISION_STATUS] = status,
        [FG_PROVISION_INSPECT] = status,      [FG_PROVISION_RELEASE] = release,
    };
    FG_AUTO(fg_buf) struct fg_buf answer = {};
    FG_AUTO(fg_arena)
    struct fg_arena *arena =
        fg_arena_new(2 * fg_owned_list_room(FG_OWNED_FILE_MAX)
                     + 4 * fg_doc_room(FG_OWNED_FILE_MAX) + 2 * FG_PROVISION_LONG_BYTES_MAX);
    struct owner owner = {.site = site,
                          .call = call,
                          .arena = arena,
                          .end_us = mono_us() + site->timeout_us - RESERVE_US,
                          .json = {.buf = &answer}};
    struct fg_err err = {};
    int rc = open_owner(&owner, &err);
    if (rc == 0)
        rc = operations[call->op](&owner, &err);
    if (rc < 0)
        fg_answer_fail(out, rc, "%s", err.text);
    else
        fg_protocol_read(answer.text, answer.len, call, NULL, out);
}

/* node_devices.c - devices out of service: kept from jobs, told, and what runs on broken ones moved; see node_inner.h */
#include "control/node_inner.h"

#include "base/json_write.h"

#include <stdlib.h>
#include <string.h>

void fg_node_devices_free(struct known_node *known)
{
    free(known->watches);
    known->watches = NULL;
    known->watches_len = 0;
}

void fg_node_devices_unclaimed(struct known_node *known)
{
    for (uint32_t i = 0; i < known->watches_len; i++)
        known->watches[i].claimed_milli = 0;
}

void fg_node_devices_forget(struct known_node *known)
{
    for (uint32_t i = 0; i < known->watches_len; i++)
        fg_device_watch_forget(&known->watches[i]);
}

static bool is_far(const struct fg_control *control, fg_node_id node)
{
    return fg_pool_spec(control->pool, node)->supplier[0] != '\0';
}

/* -- readings ------------------------------------------------------------------------------------------ */

static void read_one(struct fg_control *control,
                     const struct fg_device_sample *sample,
                     int64_t now_us)
{
    const struct fg_node_spec *spec = fg_control_node(control, sample->node);
    if (!spec)
        return;
    struct known_node *known = fg_node_known(control, fg_pool_find(control->pool, spec->name));
    if (sample->device == FG_DEVICE_CPU)
        fg_node_check_read(control, known, sample, now_us);
    fg_node_idle_read(known, sample);
    if (sample->device >= spec->devices_len)
        return;
    if (!known->watches) {
        known->watches = calloc(spec->devices_len, sizeof(*known->watches));
        if (!known->watches)
            abort();
        known->watches_len = spec->devices_len;
    }
    struct fg_device_watch *watch = &known->watches[sample->device];
    fg_device_watch_read(watch, control->config, sample, now_us);
    fg_judging_read(control, spec, sample, now_us);
    if (fg_device_watch_state(watch, now_us) != watch->told)
        control->nodes_us = control->now_us;
}

void fg_control_read_devices(struct fg_control *control,
                             const struct fg_device_sample *samples,
                             size_t len,
                             int64_t now_us)
{
    for (size_t i = 0; i < len; i++)
        read_one(control, &samples[i], now_us);
}

/* -- claims ---------------------------------------------------------------------------------------------- */

static struct fg_grant part_of(fg_node_id node, uint32_t device, uint32_t milli)
{
    return (struct fg_grant){
        .node = node, .devices = UINT32_C(1) << device, .gpu_milli = milli};
}

static void claim(struct fg_control *control, fg_node_id node, uint32_t device, bool is_out)
{
    struct fg_device_watch *watch = &fg_node_known(control, node)->watches[device];
    const struct fg_pool_node *pool_node = fg_pool_node(control->pool, node);
    uint32_t had = watch->claimed_milli;
    uint32_t want = is_out ? had + pool_node->left_milli[device] : 0;
    if (want == had)
        return;
    struct fg_grant old = part_of(node, device, had), new = part_of(node, device, want);
    if (had)
        fg_pool_release(control->pool, &old);
    watch->claimed_milli = 0;
    if (want && fg_pool_claim(control->pool, &new, NULL) == 0)
        watch->claimed_milli = (uint16_t)want;
    control->pass_wanted |= !want;
}

void fg_node_devices_claim(struct fg_control *control, fg_node_id node, bool on)
{
    const struct known_node *known = fg_node_known(control, node);
    for (uint32_t i = 0; i < known->watches_len; i++)
        claim(control, node, i,
              on && !is_far(control, node)
                  && fg_device_watch_state(&known->watches[i], control->now_us));
}

uint32_t fg_node_devices_claims(const struct known_node *known)
{
    uint32_t claims = 0;
    for (uint32_t i = 0; i < known->watches_len; i++)
        claims += known->watches[i].claimed_milli > 0;
    return claims;
}

uint32_t fg_node_device_kept_milli(const struct fg_control *control,
                                   fg_node_id node,
                                   uint32_t device)
{
    const struct known_node *known = fg_node_known(control, node);
    return device < known->watches_len ? known->watches[device].claimed_milli : 0;
}

/* -- words ------------------------------------------------------------------------------------------------ */

/* "h100-3 fell off the bus"; one that is on probation: "h100-3 is out for 20 s more: fell off the bus" */
static void describe(const struct fg_control *control,
                     fg_node_id node,
                     uint32_t device,
                     char out[FG_TEXT_MAX])
{
    const struct fg_device_watch *watch = &fg_node_known(control, node)->watches[device];
    const char *kind = fg_pool_spec(control->pool, node)->devices[device].kind;
    int64_t left_us = watch->health.hold_us - control->now_us;
    if (watch->fault)
        snprintf(out, FG_TEXT_MAX, "%s-%u %s", kind, device,
                 fg_device_fault_words(watch->fault));
    else
        snprintf(out, FG_TEXT_MAX, "%s-%u is out for %lld s more: it %s", kind, device,
                 (long long)((left_us + 999999) / 1000000), fg_device_fault_words(watch->last));
}

/* The worst of those that are out, or NULL. */
static const struct fg_device_watch *worst(const struct fg_control *control,
                                           fg_node_id node,
                                           uint32_t *out_set)
{
    const struct known_node *known = fg_node_known(control, node);
    const struct fg_device_watch *found = NULL;
    *out_set = 0;
    for (uint32_t i = 0; i < known->watches_len; i++) {
        const struct fg_device_watch *watch = &known->watches[i];
        if (fg_device_watch_state(watch, control->now_us) == FG_DEVICE_FINE)
            continue;
        *out_set |= UINT32_C(1) << i;
        if (!found
            || fg_device_watch_state(watch, control->now_us)
                   > fg_device_watch_state(found, control->now_us))
            found = watch;
    }
    return found;
}

uint32_t fg_node_devices_out(const struct fg_control *control,
                             fg_node_id node,
                             char out[FG_TEXT_MAX])
{
    uint32_t set;
    const struct fg_device_watch *watch = worst(control, node, &set);
    out[0] = '\0';
    if (watch)
        describe(control, node, (uint32_t)(watch - fg_node_known(control, node)->watches), out);
    return set;
}

const struct fg_device_watch *fg_node_devices_worst(const struct fg_control *control,
                                                    fg_node_id node)
{
    uint32_t set;
    return worst(control, node, &set);
}

void fg_node_device_write(struct fg_json *json,
                          const struct fg_control *control,
                          fg_node_id node,
                          uint32_t device)
{
    const struct known_node *known = fg_node_known(control, node);
    char why[FG_TEXT_MAX] = "";
    enum fg_device_state state = FG_DEVICE_FINE;
    if (device < known->watches_len)
        state = fg_device_watch_state(&known->watches[device], control->now_us);
    if (state)
        describe(control, node, device, why);
    fg_json_kv(json, "state", fg_device_state_name(state));
    fg_json_kv(json, "reason", why);
    fg_json_kv(json, "hint", state ? fg_device_fault_hint(known->watches[device].last) : "");
}

/* -- changes ------------------------------------------------------------------------------------------------ */

/* Perhaps: where that is not known any device of the node may be its own. */
static uint32_t devices_of(const struct fg_control *control,
                           const struct live *live,
                           uint32_t task)
{
    return fg_live_is_guess(control, live, task) ? UINT32_MAX : live->grants[task].devices;
}

static bool holds(const struct fg_control *control,
                  const struct live *live,
                  fg_node_id node,
                  uint32_t device)
{
    for (uint32_t task = 0; task < live->tasks; task++)
        if (live->grants[task].node == node && (devices_of(control, live, task) >> device & 1))
            return true;
    return false;
}

/* Who holds it is asked to stop, and starts elsewhere. */
static void move_off(struct fg_control *control, fg_node_id node, uint32_t device)
{
    char why[FG_TEXT_MAX], reason[FG_TEXT_MAX];
    describe(control, node, device, why);
    snprintf(reason, sizeof(reason), "stopping: on node %s %.150s",
             fg_pool_spec(control->pool, node)->name, why);
    for (size_t i = 0; i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        if (job->stop_sent || job->cancel_asked || !holds(control, live, node, device))
            continue;
        live->stop_why =
            fg_device_fault_moved(fg_node_known(control, node)->watches[device].last);
        fg_control_preempt(control, job->id, 0, reason);
    }
}

static void tell(struct fg_control *control, fg_node_id node, uint32_t device)
{
    static const char *const kinds[] = {"device.up", "device.suspect", "device.broken"};
    const struct fg_node_spec *spec = fg_pool_spec(control->pool, node);
    const struct fg_device_watch *watch = &fg_node_known(control, node)->watches[device];
    char why[FG_TEXT_MAX] = "";
    if (watch->told)
        describe(control, node, device, why);
    if (fg_control_begin(control))
        fg_control_tell(control, kinds[watch->told], NULL,
                        "\"node\":\"%s\",\"device\":\"%s-%u\",\"reason\":\"%s\"", spec->name,
                        spec->devices[device].kind, device, why);
}

void fg_node_devices_tick(struct fg_control *control, fg_node_id node)
{
    const struct known_node *known = fg_node_known(control, node);
    for (uint32_t i = 0; i < known->watches_len; i++) {
        struct fg_device_watch *watch = &known->watches[i];
        enum fg_device_state state = fg_device_watch_state(watch, control->now_us);
        int64_t next_us = fg_device_watch_next_us(watch, control->now_us);
        if (next_us < control->nodes_us)
            control->nodes_us = next_us;
        if (state == watch->told)
            continue;
        watch->told = state;
        tell(control, node, i);
        if (state == FG_DEVICE_BROKEN)
            move_off(control, node, i);
    }
}

bool fg_node_device_is_to_blame(const struct fg_control *control,
                                const struct live *live,
                                char out[FG_TEXT_MAX])
{
    for (uint32_t task = 0; task < live->tasks; task++) {
        const struct fg_grant *grant = &live->grants[task];
        const struct known_node *known = fg_node_known(control, grant->node);
        uint32_t devices = devices_of(control, live, task);
        for (uint32_t i = 0; i < known->watches_len; i++) {
            const struct fg_device_watch *watch = &known->watches[i];
            if (!(devices >> i & 1) || !fg_device_watch_kills(watch, live->begun_us))
                continue;
            snprintf(out, FG_TEXT_MAX, "%s of node %.63s; it starts again",
                     fg_device_fault_moved(watch->last), known->name);
            return true;
        }
    }
    return false;
}

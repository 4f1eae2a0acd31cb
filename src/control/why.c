/* why.c - the true reason a job waits, with numbers.
 *
 * The checks are those of the scheduling pass, in its order: dependencies, time, quota, can it ever fit, does it fit
 * now, who is before it.
 */
#include "control/control_inner.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "model/names.h"
#include "schedule/reservation.h"
#include "schedule/spot.h"

#include <string.h>

struct why {
    struct fg_control *control;
    const struct fg_job *job;
    struct fg_json *json;
    char summary[512];
};

[[gnu::format(printf, 3, 4)]] static void reason(struct why *why,
                                                 const char *code,
                                                 const char *fmt,
                                                 ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (!why->summary[0])
        memcpy(why->summary, text, sizeof(text));
    fg_json_object(why->json);
    fg_json_kv(why->json, "code", code);
    fg_json_kv(why->json, "text", text);
    fg_json_end(why->json);
}

/* "4 devices of kind h100 with 40 GiB, 8 cores and 32 GiB of memory" */
static void request_text(const struct fg_request *request, char *out, size_t size)
{
    struct fg_buf buf = {};
    if (request->count && request->gpu_milli < 1000)
        fg_buf_printf(&buf, "%u/1000 of a device of kind %s", request->gpu_milli,
                      request->kind);
    else if (request->count)
        fg_buf_printf(&buf, "%u device%s of kind %s", request->count,
                      request->count > 1 ? "s" : "", request->kind);
    if (request->count && request->gpu_mem_mib)
        fg_buf_printf(&buf, " with %.4g GiB", request->gpu_mem_mib / 1024.0);
    if (request->cpu_milli)
        fg_buf_printf(&buf, "%s%.4g core%s", buf.len ? ", " : "", request->cpu_milli / 1000.0,
                      request->cpu_milli == 1000 ? "" : "s");
    if (request->mem_mib)
        fg_buf_printf(&buf, "%s%.4g GiB of memory", buf.len ? " and " : "",
                      (double)request->mem_mib / 1024.0);
    snprintf(out, size, "%s", buf.len ? buf.text : "nothing");
    fg_buf_free(&buf);
}

/* To the second, as people read it. */
static void when_text(int64_t time_us, char out[FG_TIME_TEXT_MAX])
{
    fg_time_format(time_us / 1000000 * 1000000, out);
}

/* -- what is free --------------------------------------------------------------------------------------- */

struct free_devices {
    uint64_t devices, nodes, most_on_one, total;
    uint64_t cores_most, mem_most_mib;
};

static struct free_devices count_free(const struct fg_control *control,
                                      const struct fg_need *need)
{
    struct free_devices sum = {};
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++) {
        const struct fg_pool_node *node = fg_pool_node(control->pool, id);
        if (node->state != FG_NODE_UP || !fg_need_suits(need, &node->terms))
            continue;
        uint64_t here = 0;
        for (uint32_t i = 0; i < node->devices_len; i++) {
            if (!(need->kinds >> node->kind[i] & 1)
                || node->device_mem_mib[i] < need->gpu_mem_mib)
                continue;
            sum.total++;
            here += node->left_milli[i] >= need->gpu_milli;
        }
        sum.devices += here;
        sum.nodes += here > 0;
        sum.most_on_one = here > sum.most_on_one ? here : sum.most_on_one;
        sum.cores_most =
            node->cpu_milli_left > sum.cores_most ? node->cpu_milli_left : sum.cores_most;
        sum.mem_most_mib =
            node->mem_mib_left > sum.mem_most_mib ? node->mem_mib_left : sum.mem_most_mib;
    }
    return sum;
}

/* By its time limit, else as its user expects, else as jobs like it ended; 0: nobody knows, or it has outrun that. */
static int64_t expected_end_us(const struct fg_control *control,
                               const struct live *live,
                               const struct fg_job *job)
{
    if (job->time_limit_us > 0)
        return live->begun_us + job->time_limit_us;
    int64_t lasts_us = job->duration_us > 0 ? job->duration_us : job->predicted_us;
    return lasts_us > 0 && live->begun_us + lasts_us > control->now_us
               ? live->begun_us + lasts_us
               : 0;
}

/* When the next job that holds what this one needs should end; 0 unknown. */
static int64_t next_release(const struct fg_control *control, const struct fg_need *need)
{
    int64_t soonest = 0;
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        bool useful = need->count == 0;
        for (uint32_t task = 0; task < live->tasks && !useful; task++)
            for (uint32_t mask = live->grants[task].devices; mask; mask &= mask - 1)
                useful |= need->kinds >> fg_pool_node(control->pool, live->grants[task].node)
                                             ->kind[__builtin_ctz(mask)]
                          & 1;
        int64_t end = expected_end_us(control, live, job);
        if (!useful || end == 0)
            continue;
        soonest = soonest == 0 || end < soonest ? end : soonest;
    }
    return soonest;
}

static void say_release(const struct fg_control *control,
                        const struct fg_need *need,
                        char *out,
                        size_t size)
{
    int64_t at = next_release(control, need);
    char text[FG_TIME_TEXT_MAX];
    when_text(at, text);
    if (at)
        snprintf(out, size, "; next expected release %s", text);
    else
        snprintf(out, size,
                 "; no running job gives a time limit, so the next release is not foreseeable");
}

static void say_no_room(struct why *why, const struct fg_request *request)
{
    struct fg_control *control = why->control;
    struct fg_need need = fg_pool_need(control->pool, request);
    struct free_devices sum = count_free(control, &need);
    char asked[192], release[160];
    request_text(request, asked, sizeof(asked));
    say_release(control, &need, release, sizeof(release));
    char gang[64] = "";
    if (why->job->tasks > 1)
        snprintf(gang, sizeof(gang), " for each of %u tasks at once", why->job->tasks);
    if (request->count)
        reason(why, "no_room", "needs %s%s; %llu free on %llu node%s, at most %llu on one%s",
               asked, gang, (unsigned long long)sum.devices, (unsigned long long)sum.nodes,
               sum.nodes == 1 ? "" : "s", (unsigned long long)sum.most_on_one, release);
    else
        reason(why, "no_room",
               "needs %s%s; at most %.4g core(s) and %.4g GiB are free on one node%s", asked,
               gang, (double)sum.cores_most / 1000, (double)sum.mem_most_mib / 1024.0, release);
}

static bool says_where(const struct fg_request *request)
{
    return request->suppliers[0] || request->regions[0] || request->max_price_uusd;
}

static void say_never(struct why *why, const struct fg_request *request)
{
    struct fg_control *control = why->control;
    struct fg_need need = fg_pool_need(control->pool, request);
    char asked[192];
    request_text(request, asked, sizeof(asked));
    struct fg_buf kinds = {};
    for (size_t i = 0; i < fg_pool_kinds_len(control->pool); i++)
        fg_buf_printf(&kinds, "%s%s", i ? ", " : "",
                      fg_pool_kind_name(control->pool, (uint32_t)i));
    if (request->count && need.kinds == 0)
        reason(why, "no_such_kind", "needs %s; the pool has no such kind (it has: %s)", asked,
               kinds.len ? kinds.text : "cpu only");
    else
        reason(why, "never_fits",
               "needs %s for each of %u task%s; no node that is up%s could take it even if it "
               "were empty",
               asked, why->job->tasks, why->job->tasks == 1 ? "" : "s",
               says_where(request) ? " and that it may have (suppliers, region, max_price)"
                                   : "");
    fg_buf_free(&kinds);
}

/* -- the checks -------------------------------------------------------------------------------------------- */

static bool fits_now(const struct fg_control *control,
                     const struct fg_request *any_of,
                     size_t len)
{
    struct fg_grant grant;
    for (size_t i = 0; i < len; i++) {
        struct fg_need need = fg_pool_need(control->pool, &any_of[i]);
        if (fg_pool_best_fit(control->pool, NULL, &need, &grant))
            return true;
    }
    return false;
}

static bool fits_empty(const struct fg_control *control, const struct fg_request *request)
{
    struct fg_need need = fg_pool_need(control->pool, request);
    struct fg_grant grant;
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++)
        if (fg_pool_node(control->pool, id)->state == FG_NODE_UP
            && fg_pool_fit(control->pool, NULL, id, &need, true, &grant))
            return true;
    return false;
}

/* The first limit in the tree of projects that is in the way of all kinds it may have. */
static void say_quota(struct why *why, const struct fg_request *request)
{
    struct fg_control *control = why->control;
    int64_t tasks = why->job->tasks;
    struct fg_amount amount = {
        .gpu_milli = tasks * request->count * request->gpu_milli,
        .cpu_milli = tasks * request->cpu_milli,
        .mem_mib = tasks * (int64_t)request->mem_mib,
    };
    struct fg_err err = {};
    uint64_t kinds = fg_pool_need(control->pool, request).kinds, left = kinds;
    int rc = 0;
    do {
        uint32_t kind = left ? (uint32_t)__builtin_ctzll(left) : FG_NO_KIND;
        rc = fg_quota_allows_kind(control->queue, control->pool, why->job, amount, kind,
                                  rc < 0 ? NULL : &err);
        left &= left - 1;
    } while (rc < 0 && left);
    if (rc < 0)
        reason(why, "quota", "%s", err.text);
    else if (request->count && !why->job->preemptible
             && fg_quota_borrows_back(control->queue, why->job->project)
             && !fg_quota_guaranteed(control->queue, control->pool, why->job->project, 0,
                                     amount.gpu_milli, kinds))
        reason(why, "quota",
               "%lld milli-devices more are beyond what is guaranteed to its project, and "
               "there only preemptible jobs may start",
               (long long)amount.gpu_milli);
}

static void say_head(struct why *why)
{
    struct fg_reservation head = fg_schedule_reservation(why->control->schedule);
    char when[FG_TIME_TEXT_MAX];
    if (!head.job || head.job == why->job->id)
        return;
    when_text(head.at_us, when);
    reason(why, "behind", "job %llu is before it and has devices reserved%s%s",
           (unsigned long long)head.job, head.at_us == INT64_MAX ? "" : " from ",
           head.at_us == INT64_MAX ? "" : when);
}

static void say_promise(struct why *why)
{
    int64_t at_us = fg_schedule_promised_us(why->control->schedule, why->job->id);
    char when[FG_TIME_TEXT_MAX];
    if (at_us == INT64_MAX)
        return;
    when_text(at_us, when);
    reason(why, "reserved", "has devices reserved from %s, if jobs end by their limits", when);
}

/* Its own reservation: why not there, or not yet. */
static void say_own_reservation(struct why *why)
{
    struct fg_control *control = why->control;
    const struct fg_job *job = why->job;
    const struct fg_advance *advance = fg_schedule_advance(control->schedule, job->reservation);
    int64_t start_us, end_us;
    char when[FG_TIME_TEXT_MAX];
    if (!advance || !fg_advance_at(advance, control->now_us, &start_us, &end_us)) {
        reason(why, "reservation", "the reservation that it names is over, or was removed");
        return;
    }
    when_text(start_us <= control->now_us ? end_us : start_us, when);
    if (!fg_advance_admits(advance, control->queue, job->project, job->user))
        reason(why, "reservation", "reservation %s is for another project or user",
               advance->name);
    else if (start_us > control->now_us)
        reason(why, "reservation", "reservation %s begins %s", advance->name, when);
    else
        reason(why, "reservation",
               "reservation %s, until %s, has no room for it now, or for one before it",
               advance->name, when);
}

/* A node that would take it, if it were not reserved. */
static void say_kept_off(struct why *why, const struct fg_request *request)
{
    struct fg_control *control = why->control;
    const struct fg_job *job = why->job;
    struct fg_need need = fg_pool_need(control->pool, request);
    int64_t ends_us = job->time_limit_us ? control->now_us + job->time_limit_us : INT64_MAX;
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++) {
        struct fg_grant grant;
        int64_t start_us, end_us;
        const struct fg_advance *advance =
            fg_schedule_keeps_off(control->schedule, id, control->now_us, ends_us);
        if (!advance || fg_pool_node(control->pool, id)->state != FG_NODE_UP
            || !fg_pool_fit(control->pool, NULL, id, &need, false, &grant)
            || !fg_advance_at(advance, control->now_us, &start_us, &end_us))
            continue;
        char when[FG_TIME_TEXT_MAX];
        when_text(start_us, when);
        reason(why, "reservation",
               "node %s has room, but is kept for reservation %s from %s, and the job %s",
               fg_pool_spec(control->pool, id)->name, advance->name, when,
               job->time_limit_us ? "would end later" : "gives no time limit");
        return;
    }
}

/* A job with a deadline in a pool with nodes of spot: where it may go for it. */
static void say_spot(struct why *why)
{
    struct fg_control *control = why->control;
    struct fg_spot_verdict verdict;
    fg_spot_judge(control->schedule, control->pool, control->queue, why->job, control->now_us,
                  &verdict);
    long long slack_s = verdict.slack_us / 1000000, start_s = verdict.start_us / 1000000,
              loss_s = verdict.loss_us / 1000000;
    if (verdict.rule == FG_SPOT_LAST && verdict.is_safe)
        reason(
            why, "deadline",
            "would take %.2f times as long on spot nodes, as often as they are taken back, and "
            "cost %.2f times as much as on others, so it goes to other nodes first",
            verdict.stretch, verdict.price);
    else if (verdict.rule == FG_SPOT_LAST)
        reason(why, "deadline",
               "has %lld s of slack before its deadline; to lose a spot node could cost two "
               "starts of %lld s and %lld s of work, so it goes to other nodes first",
               slack_s, start_s, loss_s);
    else if (start_s > 0)
        reason(why, "deadline",
               "has %lld s of slack before its deadline; to lose a spot node costs at most two "
               "starts of %lld s and %lld s of work, so it %s",
               slack_s, start_s, loss_s,
               verdict.rule == FG_SPOT_FIRST ? "goes to spot nodes first" : "may go there");
}

/* Where others than this machine have nodes: each in its own words. */
static void say_suppliers(struct why *why, const struct fg_request *any_of, size_t len)
{
    const struct fg_suppliers *suppliers = fg_pool_suppliers(why->control->pool);
    for (size_t number = 0; suppliers->len > 0 && number <= suppliers->len; number++) {
        const char *name = number ? suppliers->items[number].name : "this machine";
        for (size_t i = 0; i < len; i++) {
            char text[FG_TEXT_MAX];
            if (fg_why_supplier(why->control, why->job, &any_of[i], (uint8_t)number, text))
                reason(why, "supplier", "%s%s%s: %s", name, len > 1 ? ", " : "",
                       len > 1 ? (any_of[i].kind[0] ? any_of[i].kind : "cpu") : "", text);
        }
    }
}

static void say_flexible(struct why *why)
{
    const struct fg_job *job = why->job;
    struct fg_control *control = why->control;
    char text[FG_TEXT_MAX];
    struct fg_flexible_verdict verdict = fg_flexible_judge(
        control->flexible, control->pool, control->queue, job, control->now_us);
    if (job->shift == FG_SHIFT_GONE && verdict.cause == FG_FLEXIBLE_WAITS)
        verdict.cause = FG_FLEXIBLE_NO_ROOM; /* it would be worth it, and was let go */
    fg_flexible_text(&verdict, text);
    reason(why, "flexible", "%s", text);
}

static void say_queued(struct why *why)
{
    struct fg_control *control = why->control;
    const struct fg_job *job = why->job;
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    if (job->waits_for)
        reason(why, "after", "waits for %u job%s to end first", job->waits_for,
               job->waits_for == 1 ? "" : "s");
    if (job->shift == FG_SHIFT_HELD)
        say_flexible(why);
    if (job->eligible_us > control->now_us && job->shift != FG_SHIFT_HELD) {
        char when[FG_TIME_TEXT_MAX];
        when_text(job->eligible_us, when);
        reason(why, "later", "%s until %s",
               job->failures ? "pauses after a failure" : "may not start", when);
    }
    char budget[FG_TEXT_MAX];
    bool is_spent = fg_budget_blocks(control, job->project, budget, sizeof(budget));
    if (is_spent)
        reason(why, "budget", "%s", budget);
    if (job->reservation)
        say_own_reservation(why);
    for (size_t i = 0; i < len && !job->reservation; i++) {
        say_kept_off(why, &any_of[i]);
        if (!is_spent)
            say_quota(why, &any_of[i]);
        if (!fits_empty(control, &any_of[i]))
            say_never(why, &any_of[i]);
        else if (!fits_now(control, &any_of[i], 1) || job->tasks > 1)
            say_no_room(why, &any_of[i]);
    }
    say_promise(why);
    say_head(why);
    if (why->summary[0])
        say_suppliers(why, any_of, len);
    if (!why->summary[0])
        reason(why, "next", "fits now and starts with the next scheduling pass");
    if (job->flexible != FG_FLEXIBLE_NOT && job->shift != FG_SHIFT_HELD)
        say_flexible(why);
}

/* What was learned of work like it, where its kind of device goes by that. */
static void say_speeds(struct why *why, const struct fg_request *any_of, size_t len)
{
    const struct fg_control *control = why->control;
    for (uint32_t kind = 0; kind < fg_pool_kinds_len(control->pool); kind++) {
        const char *name = fg_pool_kind_name(control->pool, kind);
        struct fg_speed speed;
        size_t i = 0;
        while (i < len && !fg_kind_is(name, any_of[i].kind))
            i++;
        if (i < len
            && fg_work_speed(control->speeds, control->config, why->job, any_of, len, name,
                             &speed))
            reason(why, "speed",
                   "work like it was seen to go at %.3g times the usual speed on %s, to within "
                   "%.0f %%",
                   speed.rate, name, 100 * speed.error);
    }
}

/* What the allocation has for jobs like it, kind by kind: why it is to run, or runs, where it does. */
static void say_owed(struct why *why)
{
    size_t len;
    struct fg_owed owed;
    bool is_learned = false;
    const struct fg_control *control = why->control;
    const struct fg_request *any_of =
        fg_queue_class_at(control->queue, why->job->request, &len);
    for (size_t i = 0; i < len; i++)
        if (fg_schedule_owed(control->schedule, control->queue, why->job, i, &owed)
            && owed.rate > 0) {
            is_learned |= owed.is_learned;
            reason(why, "allocation",
                   "jobs like it are owed %.4g devices of kind %s and have %.4g; throughput "
                   "%.6g%s",
                   owed.owed, any_of[i].kind, owed.has, owed.rate,
                   owed.is_learned ? ", learned" : "");
        }
    if (is_learned)
        say_speeds(why, any_of, len);
}

static void say_state(struct why *why)
{
    const struct fg_job *job = why->job;
    char wakes[FG_TEXT_MAX];
    switch (job->state) {
    case FG_JOB_QUEUED:
        say_queued(why);
        break;
    case FG_JOB_STARTING:
        if (fg_node_wakes_for(why->control, job->id, wakes))
            reason(why, "waking", "%s", wakes);
        reason(why, "starting", "its devices are granted, attempt %u is being started",
               job->attempt);
        break;
    default:
        reason(why, "running", "attempt %u is running%s", job->attempt,
               job->cancel_asked ? " and was asked to stop" : "");
    }
}

static void request_json(struct fg_json *json, const struct fg_request *request)
{
    fg_json_object(json);
    fg_json_kv(json, "kind", request->kind);
    fg_json_kv_int(json, "count", request->count);
    fg_json_kv_int(json, "gpu_milli", request->gpu_milli);
    fg_json_kv_int(json, "gpu_mem_mib", request->gpu_mem_mib);
    fg_json_kv_int(json, "cpu_milli", request->cpu_milli);
    fg_json_kv_int(json, "mem_mib", (int64_t)request->mem_mib);
    fg_json_end(json);
}

static void write_why(struct why *why)
{
    struct fg_control *control = why->control;
    const struct fg_job *job = why->job;
    struct fg_json *json = why->json;
    const struct fg_project *project = fg_queue_project(control->queue, job->project);
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    char id[24];
    snprintf(id, sizeof(id), "%llu", (unsigned long long)job->id);
    fg_json_object(json);
    fg_json_kv(json, "id", id);
    fg_json_kv(json, "state", fg_job_state_name(job->state));
    fg_json_key(json, "reasons");
    fg_json_array(json);
    say_state(why);
    say_owed(why);
    say_spot(why);
    fg_json_end(json);
    fg_json_kv(json, "summary", why->summary);
    fg_json_kv_int(json, "position",
                   job->state == FG_JOB_QUEUED
                       ? (int64_t)fg_queue_position(control->queue, job->id) + 1
                       : 0);
    fg_json_key(json, "priority");
    fg_json_double(json,
                   (double)fg_priority_now_milli(control->config, job, project, control->now_us)
                       / 1000);
    fg_json_key(json, "request");
    request_json(json, &any_of[0]);
    fg_why_nodes(control, &any_of[0], json);
    fg_json_end(json);
}

/* A job that is over has no live record; its state says it all. */
static void write_over(struct fg_json *json, const struct fg_command *command)
{
    char text[64];
    fg_json_object(json);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)command->job);
    fg_json_kv(json, "id", text);
    fg_json_kv(json, "state", fg_job_state_name(command->out_state));
    snprintf(text, sizeof(text), "it is over: %s", fg_job_state_name(command->out_state));
    fg_json_kv(json, "summary", text);
    fg_json_key(json, "reasons");
    fg_json_array(json);
    fg_json_end(json);
    fg_json_kv_int(json, "position", 0);
    fg_json_kv_int(json, "priority", 0);
    fg_json_key(json, "request");
    fg_json_object(json);
    fg_json_end(json);
    fg_json_key(json, "nodes");
    fg_json_array(json);
    fg_json_end(json);
    fg_json_end(json);
}

void fg_command_why(struct fg_control *control, struct fg_command *command)
{
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    const struct fg_job *job = fg_queue_get(control->queue, command->job);
    if (job && command->actor.project && command->actor.project != job->project)
        job = NULL;
    if (job) {
        write_why(&(struct why){.control = control, .job = job, .json = &json});
    } else {
        fg_project_id project;
        command->rc = control->options.store_ops->job_state(
            control->options.store, command->job, &command->out_state, &project,
            &command->out_exit_code, &command->err);
        if (command->rc == 0 && command->actor.project && command->actor.project != project)
            command->rc = fg_fail(&command->err, FG_ENOENT, "job %llu: no such job",
                                  (unsigned long long)command->job);
        if (command->rc < 0)
            return;
        write_over(&json, command);
    }
    fg_command_give(command, &buf);
}

/* nodes.c - the machines of the pool: the control thread knows them, the series their curves. */
#include "api/answer.h"
#include "api/job_view.h"

#include <string.h>

#define POINTS_DEFAULT 600
#define POINTS_MAX     3600

void fg_handle_node_list(struct fg_call *call)
{
    call->command.text = fg_target_param(&call->target, "supplier");
    fg_call_ask(call, FG_CMD_POOL, fg_answer_items);
}

void fg_handle_move_list(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_MOVES, fg_answer_items);
}

/* The list of one node that the control thread gave; false: answered, it is not there. */
static bool found(struct fg_call *call)
{
    struct fg_err err = {};
    if (fg_answer_failed(call))
        return false;
    if (call->command.out_len > 2)
        return true;
    fg_fail(&err, FG_ENOENT, "node %.63s: not in the pool", call->capture);
    fg_answer_error(call, &err);
    return false;
}

static void shown(struct fg_call *call)
{
    if (!found(call))
        return;
    /* Without the brackets. */
    fg_json_raw(&call->json, call->command.out_text + 1, call->command.out_len - 2);
    fg_answer_json(call, 200);
}

void fg_handle_node_show(struct fg_call *call)
{
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_POOL, shown);
}

static void changed(struct fg_call *call)
{
    call->command.text = NULL; /* the reason is no filter */
    if (!fg_answer_failed(call))
        fg_call_ask(call, FG_CMD_POOL, shown);
}

static int take_move(const struct fg_doc *member, bool *out, struct fg_err *err)
{
    if (member->kind != FG_DOC_BOOL)
        return fg_fail(err, FG_EINVAL, "move: expected true or false");
    *out = member->integer != 0;
    return 0;
}

static int take_reason(const struct fg_doc *member, const char **out, struct fg_err *err)
{
    if (member->kind != FG_DOC_TEXT || member->text_len >= FG_TEXT_MAX
        || !fg_text_is_clean(member->text))
        return fg_fail(err, FG_EINVAL, "reason: expected one line of at most %d bytes",
                       FG_TEXT_MAX - 1);
    *out = member->text;
    return 0;
}

/* A command about the node that may say why, and, where `moves`, whether jobs are moved. */
static void ask_with_reason(struct fg_call *call, enum fg_command_kind kind, bool moves)
{
    struct fg_err err = {};
    const struct fg_doc *doc;

    int rc = fg_call_doc(call, &doc, &err);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    call->command.text = "";
    for (const struct fg_doc *member = doc->first; member && rc == 0; member = member->next) {
        if (moves && strcmp(member->key, "move") == 0)
            rc = take_move(member, &call->command.move, &err);
        else if (strcmp(member->key, "reason") == 0)
            rc = take_reason(member, &call->command.text, &err);
        else
            rc = fg_fail(&err, FG_EINVAL, "body: unknown member %.40s, expected reason%s",
                         member->key, moves ? " or move" : "");
    }
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    call->command.name = call->capture;
    fg_call_ask(call, kind, changed);
}

void fg_handle_node_drain(struct fg_call *call)
{
    ask_with_reason(call, FG_CMD_NODE_DRAIN, true);
}

void fg_handle_node_lost(struct fg_call *call)
{
    ask_with_reason(call, FG_CMD_NODE_LOST, false);
}

void fg_handle_node_resume(struct fg_call *call)
{
    struct fg_err err = {};
    const struct fg_doc *doc;

    int rc = fg_call_doc(call, &doc, &err);
    if (rc == 0 && doc->first)
        rc = fg_fail(&err, FG_EINVAL, "body: unknown member %.40s, none is expected",
                     doc->first->key);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_NODE_RESUME, changed);
}

static void kv_known(struct fg_json *json, const char *key, int64_t value)
{
    fg_json_key(json, key);
    if (value < 0)
        fg_json_null(json);
    else
        fg_json_int(json, value);
}

static size_t read_points(struct fg_call *call,
                          const char *device,
                          struct fg_device_point **out)
{
    uint64_t limit = POINTS_DEFAULT;
    /* Checked before the command was asked. */
    (void)!fg_target_uint(&call->target, "limit", 1, POINTS_MAX, &limit, NULL);
    *out = FG_NEW(call->arena, struct fg_device_point, limit);
    return fg_series_device(call->api->options.series, call->capture, device, *out, limit);
}

static void write_device(struct fg_call *call, const char *device)
{
    struct fg_json *json = &call->json;
    struct fg_device_point *points;
    size_t len = read_points(call, device, &points);

    fg_json_object(json);
    fg_json_kv(json, "name", device);
    fg_json_key(json, "points");
    fg_json_array(json);
    for (size_t i = 0; i < len; i++) {
        fg_json_object(json);
        fg_json_kv_time(json, "time", points[i].time_us);
        kv_known(json, "busy_milli", points[i].busy_milli);
        kv_known(json, "mem_mib", points[i].mem_mib);
        kv_known(json, "power_mw", points[i].power_mw);
        kv_known(json, "temp_c", points[i].temp_c);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_end(json);
}

/* Busy milli of all accelerators at the moment of a reading of the CPU: those of the same round are the
 * nearest ones. */
static int64_t gpu_busy_near(struct fg_device_point *const *points,
                             const size_t *lens,
                             size_t devices,
                             int64_t time_us)
{
    int64_t sum = -1;
    for (size_t i = 0; i < devices; i++) {
        int64_t best = INT64_MAX, busy = -1;
        for (size_t at = lens[i]; at-- > 0;) {
            int64_t away = points[i][at].time_us - time_us;
            away = away < 0 ? -away : away;
            if (away >= best)
                break;
            best = away;
            busy = points[i][at].busy_milli;
        }
        if (busy >= 0)
            sum = (sum < 0 ? 0 : sum) + busy;
    }
    return sum;
}

static void write_node(struct fg_call *call, const char *const *devices, size_t devices_len)
{
    struct fg_json *json = &call->json;
    struct fg_device_point *cpu,
        **gpus = FG_NEW(call->arena, struct fg_device_point *, devices_len + 1);
    size_t *lens = FG_NEW(call->arena, size_t, devices_len + 1);
    size_t len = read_points(call, "cpu", &cpu);

    for (size_t i = 0; i < devices_len; i++)
        lens[i] = read_points(call, devices[i], &gpus[i]);
    fg_json_key(json, "points");
    fg_json_array(json);
    for (size_t i = 0; i < len; i++) {
        fg_json_object(json);
        fg_json_kv_time(json, "time", cpu[i].time_us);
        kv_known(json, "cpu_milli", cpu[i].busy_milli);
        kv_known(json, "mem_mib", cpu[i].mem_mib);
        kv_known(json, "gpu_milli", gpu_busy_near(gpus, lens, devices_len, cpu[i].time_us));
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void used(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_json *json = &call->json;
    const struct fg_doc *nodes = NULL;

    if (!found(call))
        return;
    if (fg_doc_json(call->command.out_text, call->command.out_len, call->arena, &nodes, &err)
        < 0) {
        fg_answer_error(call, &err);
        return;
    }
    const struct fg_doc *list = fg_doc_get(nodes->first, "devices");
    const char **names = FG_NEW(call->arena, const char *, (list ? list->len : 0) + 1);
    size_t len = 0;
    for (const struct fg_doc *device = list ? list->first : NULL; device;
         device = device->next) {
        const struct fg_doc *name = fg_doc_get(device, "name");
        if (name && name->kind == FG_DOC_TEXT && strcmp(name->text, "cpu") != 0)
            names[len++] = name->text;
    }
    fg_json_object(json);
    write_node(call, names, len);
    fg_json_key(json, "devices");
    fg_json_array(json);
    write_device(call, "cpu");
    for (size_t i = 0; i < len; i++)
        write_device(call, names[i]);
    fg_json_end(json);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_node_usage(struct fg_call *call)
{
    struct fg_err err = {};
    uint64_t limit = POINTS_DEFAULT;
    if (fg_target_uint(&call->target, "limit", 1, POINTS_MAX, &limit, &err) < 0) {
        fg_answer_error(call, &err);
        return;
    }
    call->command.name = call->capture;
    fg_call_ask(call, FG_CMD_POOL, used);
}

/* rest_json.c - see rest_json.h
 *
 * v0.0.38 was tried on Slurm 22.05.8; the other two follow their published descriptions.  Reading takes either form of a
 * number or a state, whichever version answers.
 */
#include "slurm/rest_json.h"

#include "base/arena.h"
#include "base/doc.h"
#include "base/json_write.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define BODY_MAX (4UL << 20)

const struct fg_rest_dialect fg_rest_dialects[FG_REST_DIALECTS] = {
    {"v0.0.42", true, true},
    {"v0.0.40", true, true},
    {"v0.0.38", false, false},
};

/* -- writing -- */

static void put_number(const struct fg_rest_dialect *dialect,
                       struct fg_json *json,
                       const char *key,
                       uint64_t value)
{
    fg_json_key(json, key);
    if (!dialect->has_structs) {
        fg_json_uint(json, value);
        return;
    }
    fg_json_object(json);
    fg_json_kv_bool(json, "set", true);
    fg_json_kv_bool(json, "infinite", false);
    fg_json_kv_int(json, "number", (int64_t)value);
    fg_json_end(json);
}

static void put_environment(const struct fg_rest_dialect *dialect, struct fg_json *json)
{
    static const char path[] = "/usr/local/bin:/usr/bin:/bin";
    fg_json_key(json, "environment");
    if (dialect->has_structs) {
        fg_json_array(json);
        fg_json_string(json, "PATH=/usr/local/bin:/usr/bin:/bin");
    } else {
        fg_json_object(json);
        fg_json_kv(json, "PATH", path);
    }
    fg_json_end(json);
}

static void put_gres(const struct fg_rest_dialect *dialect,
                     const struct fg_shape *shape,
                     struct fg_json *json)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    for (uint32_t i = 0; i < shape->gres_len; i++)
        fg_buf_printf(&text, "%s%sgpu%s%s:%u", i ? "," : "",
                      dialect->has_structs ? "gres/" : "", shape->gres[i].type[0] ? ":" : "",
                      shape->gres[i].type, shape->gres[i].count);
    if (text.len > 0)
        fg_json_kv(json, dialect->has_structs ? "tres_per_node" : "gres", text.text);
}

static void put_nodes(const struct fg_rest_dialect *dialect,
                      const struct fg_shape *shape,
                      struct fg_json *json)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", shape->nodes_len);
    if (dialect->has_structs)
        fg_json_kv(json, "nodes", text);
    else
        fg_json_kv_int(json, "nodes", shape->nodes_len);
    if (shape->is_anywhere)
        return;
    fg_json_key(json, "required_nodes");
    fg_json_array(json);
    for (uint32_t i = 0; i < shape->nodes_len; i++)
        fg_json_string(json, shape->nodes[i]);
    fg_json_end(json);
}

static void put_warning(const struct fg_rest_dialect *dialect,
                        const struct fg_shape *shape,
                        struct fg_json *json)
{
    if (!dialect->has_structs) /* it takes no "B:": Slurm's own TERM at the end has to do */
        return;
    put_number(dialect, json, "kill_warning_delay", shape->grace_s);
    fg_json_kv(json, "kill_warning_signal", "TERM");
    fg_json_key(json, "kill_warning_flags");
    fg_json_array(json);
    fg_json_string(json, "BATCH_JOB");
    fg_json_end(json);
}

static void put_names(const struct fg_shape *shape,
                      const struct fg_shape_submit *submit,
                      struct fg_json *json)
{
    char text[FG_TEXT_MAX];
    snprintf(text, sizeof(text), "fastgpu-%s", submit->room);
    fg_json_kv(json, "name", text);
    snprintf(text, sizeof(text), "fastgpu:%s:%s:%s", submit->install, submit->room,
             submit->hash);
    fg_json_kv(json, "comment", text);
    if (shape->partition[0])
        fg_json_kv(json, "partition", shape->partition);
    if (submit->supplier->cluster.account[0])
        fg_json_kv(json, "account", submit->supplier->cluster.account);
    snprintf(text, sizeof(text), "0-%u", submit->len - 1);
    if (submit->len > 1)
        fg_json_kv(json, "array", text);
}

int fg_rest_write_submit(const struct fg_rest_dialect *dialect,
                         const struct fg_shape *shape,
                         const struct fg_shape_submit *submit,
                         const char *script,
                         struct fg_buf *out,
                         struct fg_err *err)
{
    if (!shape->is_anywhere && !dialect->has_node_names)
        return fg_fail(err, FG_ENOENT, "slurmrestd %s: a job cannot name its nodes",
                       dialect->version);
    struct fg_json json = {.buf = out};
    fg_json_object(&json);
    fg_json_kv(&json, "script", script);
    fg_json_key(&json, "job");
    fg_json_object(&json);
    put_names(shape, submit, &json);
    put_nodes(dialect, shape, &json);
    fg_json_kv_int(&json, "tasks_per_node", 1);
    fg_json_kv_int(&json, "cpus_per_task", shape->cpus);
    put_gres(dialect, shape, &json);
    if (shape->mem_mib > 0)
        put_number(dialect, &json, "memory_per_node", shape->mem_mib);
    if (shape->minutes > 0)
        put_number(dialect, &json, "time_limit", shape->minutes);
    put_warning(dialect, shape, &json);
    fg_json_kv_bool(&json, "requeue", false);
    fg_json_kv(&json, "current_working_directory", "/");
    fg_json_kv(&json, "standard_output", "/dev/null");
    fg_json_kv(&json, "standard_error", "/dev/null");
    put_environment(dialect, &json);
    fg_json_end(&json);
    fg_json_end(&json);
    return 0;
}

/* -- reading -- */

static int parse(const char *body,
                 size_t len,
                 struct fg_arena *arena,
                 const struct fg_doc **out,
                 struct fg_err *err)
{
    struct fg_err why = {};
    if (len == 0 || len > BODY_MAX || fg_doc_json(body, len, arena, out, &why) < 0
        || (*out)->kind != FG_DOC_MAP)
        return fg_fail(err, FG_EUNREACH, "slurmrestd: no sound answer%s%.120s",
                       why.text[0] ? ": " : "", why.text);
    return 0;
}

/* What the first of "errors" says; "" none. */
static void read_errors(const struct fg_doc *doc, char out[FG_TEXT_MAX])
{
    const struct fg_doc *list = fg_doc_get(doc, "errors");
    out[0] = '\0';
    if (!list || list->kind != FG_DOC_LIST || !list->first)
        return;
    static const char *const keys[] = {"error", "description"};
    fg_copy(out, FG_TEXT_MAX, "it says only that something failed");
    for (size_t i = 0; i < 2; i++) {
        const struct fg_doc *text = fg_doc_get(list->first, keys[i]);
        if (text && text->kind == FG_DOC_TEXT && text->text_len > 0) {
            fg_copy_clean(out, FG_TEXT_MAX, text->text);
            return;
        }
    }
}

/* 5, or {"set": true, "number": 5}. */
static bool read_number(const struct fg_doc *doc, int64_t *out)
{
    if (doc && doc->kind == FG_DOC_MAP) {
        const struct fg_doc *set = fg_doc_get(doc, "set");
        if (set && set->kind == FG_DOC_BOOL && set->integer == 0)
            return false;
        doc = fg_doc_get(doc, "number");
    }
    if (!doc || doc->kind != FG_DOC_INT || doc->integer < 0)
        return false;
    *out = doc->integer;
    return true;
}

int fg_rest_read_submit(const char *body, size_t len, uint64_t *out_id, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len) + 4096);
    const struct fg_doc *doc = NULL;
    char said[FG_TEXT_MAX];
    int64_t id = 0;
    int rc = parse(body, len, arena, &doc, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *result = fg_doc_get(doc, "result");
    if ((read_number(fg_doc_get(doc, "job_id"), &id)
         || (result && read_number(fg_doc_get(result, "job_id"), &id)))
        && id > 0) {
        *out_id = (uint64_t)id;
        return 0;
    }
    read_errors(doc, said);
    return said[0]
               ? fg_fail(err, FG_ESTATE, "%s", said)
               : fg_fail(err, FG_EUNREACH, "slurmrestd: an answer without the job's number");
}

static void copy_text(const struct fg_doc *doc, char *out, size_t size)
{
    if (doc && doc->kind == FG_DOC_LIST)
        doc = doc->first;
    if (doc && doc->kind == FG_DOC_TEXT)
        fg_copy_clean(out, size, doc->text);
}

/* The raw wait status in v0.0.38; a map later. */
static void read_exit(const struct fg_doc *doc, struct fg_slurm_end *out)
{
    int64_t value = 0;
    if (!doc)
        return;
    const struct fg_doc *code = fg_doc_get(doc, "return_code");
    if (code) {
        if (read_number(code, &value))
            out->exit_code = (int)(value & 0xff);
        const struct fg_doc *signal = fg_doc_get(doc, "signal");
        if (signal && read_number(fg_doc_get(signal, "id"), &value))
            out->term_signal = (int)(value & 0x7f);
    } else if (read_number(doc, &value)) {
        int status = (int)(value & 0xffff);
        out->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        out->term_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
}

int fg_rest_read_job(
    const char *body, size_t len, uint64_t id, struct fg_slurm_end *out, struct fg_err *err)
{
    static const char *const active[] = {"PENDING",    "RUNNING",   "CONFIGURING",
                                         "COMPLETING", "SUSPENDED", "REQUEUED"};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len) + 4096);
    const struct fg_doc *doc = NULL;
    int64_t number = 0;
    *out = (struct fg_slurm_end){};
    int rc = parse(body, len, arena, &doc, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *jobs = fg_doc_get(doc, "jobs");
    const struct fg_doc *job = jobs && jobs->kind == FG_DOC_LIST ? jobs->first : NULL;
    while (job && (!read_number(fg_doc_get(job, "job_id"), &number) || (uint64_t)number != id))
        job = job->next;
    if (!job)
        return fg_fail(err, FG_ENOENT, "job %lu: slurmrestd has not got it", (unsigned long)id);
    copy_text(fg_doc_get(job, "job_state"), out->state, sizeof(out->state));
    copy_text(fg_doc_get(job, "state_reason"), out->reason, sizeof(out->reason));
    copy_text(fg_doc_get(job, "name"), out->name, sizeof(out->name));
    read_exit(fg_doc_get(job, "exit_code"), out);
    out->known = out->state[0] != '\0';
    for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++)
        out->is_active |= strcmp(out->state, active[i]) == 0;
    return 0;
}

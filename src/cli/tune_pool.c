/* tune_pool.c - see tune_pool.h */
#include "cli/tune_pool.h"

#include "base/json_write.h"
#include "base/text.h"
#include "cli/job_text.h"
#include "cli/node_past.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

/* -- nodes ------------------------------------------------------------------------------------------------------- */

static void write_absences(struct fg_json *json,
                           const struct fg_node_past *node,
                           int64_t first_us)
{
    bool is_any = false;
    for (size_t i = node->absences_len; i-- > 0;) {
        const struct fg_sim_absence *absence = &node->absences[i];
        int64_t from_s = (absence->from_us - first_us) / 1'000'000;
        int64_t until_s = (absence->until_us - first_us) / 1'000'000;
        from_s = from_s < 0 ? 0 : from_s;
        if (until_s <= from_s)
            continue;
        if (!is_any)
            fg_json_key(json, "away"), fg_json_array(json);
        is_any = true;
        fg_json_object(json);
        fg_json_kv_int(json, "from", from_s);
        fg_json_kv_int(json, "until", until_s);
        fg_json_end(json);
    }
    if (is_any)
        fg_json_end(json);
}

static void write_node(struct fg_json *json, const struct fg_node_past *node, int64_t first_us)
{
    char memory[32];
    snprintf(memory, sizeof(memory), "%" PRIu64 "MiB", node->mem_mib);
    fg_json_object(json);
    if (node->gpus > 0) {
        fg_json_kv(json, "kind", node->kind);
        fg_json_kv_int(json, "gpus", node->gpus);
    }
    fg_json_key(json, "cpus");
    fg_json_double(json, (double)node->cpu_milli / 1000);
    fg_json_kv(json, "memory", memory);
    fg_json_key(json, "price_per_hour");
    fg_json_double(json, (double)node->uusd_per_hour / 1e6);
    const char *const texts[][2] = {
        {"supplier", node->supplier}, {"site", node->site}, {"region", node->region}};
    for (size_t i = 0; i < 3; i++)
        if (texts[i][1][0])
            fg_json_kv(json, texts[i][0], texts[i][1]);
    write_absences(json, node, first_us);
    fg_json_end(json);
}

struct sums {
    size_t nodes, away, gone, unknown, limited, reserved, not_reserved;
};

static void write_nodes(struct fg_json *json,
                        struct fg_pool_past *past,
                        int64_t first_us,
                        struct sums *sums)
{
    fg_json_key(json, "groups");
    fg_json_array(json);
    for (size_t i = 0; i < past->nodes_len; i++) {
        struct fg_node_past *node = &past->nodes[i];
        if (fg_node_past_is_never(node, first_us, past->now_us))
            continue;
        if (!node->is_known || sums->nodes == FG_SIM_GROUPS_MAX) {
            sums->unknown++;
            continue;
        }
        write_node(json, node, first_us);
        node->group = ++sums->nodes;
        sums->away += node->absences_len > 0;
        sums->gone += !node->is_there;
    }
    fg_json_end(json);
}

/* -- projects ---------------------------------------------------------------------------------------------------- */

static void kv_milli(struct fg_json *json, const char *key, int64_t milli)
{
    if (milli < 0)
        return;
    fg_json_key(json, key);
    fg_json_double(json, (double)milli / 1000);
}

/* Limits that the simulator does not have. */
static bool has_other_limits(const struct fg_doc *item)
{
    const struct fg_doc *quota = fg_doc_get(item, "quota"), *kinds = fg_doc_get(quota, "kinds");
    const struct fg_doc *guaranteed = fg_doc_get(fg_doc_get(item, "guarantee"), "kinds");
    return fg_view_has(quota, "cpu_milli") || fg_view_has(quota, "mem_mib")
           || (kinds && kinds->len > 0) || (guaranteed && guaranteed->len > 0);
}

static void write_project(struct fg_json *json, const struct fg_doc *item)
{
    const struct fg_doc *quota = fg_doc_get(item, "quota");
    const struct fg_doc *guarantee = fg_doc_get(item, "guarantee");
    fg_json_key(json, fg_view_text(item, "name"));
    fg_json_object(json);
    fg_json_kv_int(json, "weight", fg_view_int(item, "weight", 100));
    fg_json_kv_int(json, "priority", fg_view_int(item, "priority", 0));
    kv_milli(json, "quota_gpus", fg_view_int(quota, "gpu_milli", -1));
    if (fg_view_has(quota, "running"))
        fg_json_kv_int(json, "quota_running", fg_view_int(quota, "running", 0));
    kv_milli(json, "guarantee_gpus", fg_view_int(guarantee, "gpu_milli", -1));
    if (fg_view_text(item, "borrows")[0])
        fg_json_kv(json, "borrows", fg_view_text(item, "borrows"));
    if (fg_view_text(item, "parent")[0])
        fg_json_kv(json, "parent", fg_view_text(item, "parent"));
    fg_json_end(json);
}

static int write_projects(struct fg_cli *cli,
                          struct fg_json *json,
                          struct sums *sums,
                          struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/projects", &answer, err);
    if (rc < 0)
        return rc;
    fg_json_key(json, "projects");
    fg_json_object(json);
    for (const struct fg_doc *item = fg_view_first(answer.doc, "items"); item;
         item = item->next) {
        write_project(json, item);
        sums->limited += has_other_limits(item);
    }
    fg_json_end(json);
    return 0;
}

/* -- reservations ------------------------------------------------------------------------------------------------- */

static bool has_jobs(const struct fg_sim_trace *trace, const char *project)
{
    for (size_t i = 0; i < trace->projects_len; i++)
        if (strcmp(trace->projects[i].name, project) == 0)
            return true;
    return false;
}

static const char *keep(struct fg_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(FG_NEW(arena, char, size), text, size);
}

/* Whole nodes, by the names that they have in the replay.  false: parts of one, or one that is not there. */
static bool read_places(const struct fg_pool_past *past,
                        const struct fg_doc *item,
                        struct fg_arena *arena,
                        struct fg_advance_spec *out)
{
    const struct fg_doc *places = fg_doc_get(item, "places");
    const char **names = FG_NEW(arena, const char *, places ? places->len + 1 : 1);
    char name[FG_NAME_MAX];
    for (const struct fg_doc *at = fg_view_first(item, "places"); at; at = at->next) {
        const struct fg_node_past *node = fg_pool_past_find(past, fg_view_text(at, "node"));
        const struct fg_doc *devices = fg_doc_get(at, "devices");
        if (!node || node->group == 0 || (devices ? devices->len : 0) != node->gpus)
            return false;
        snprintf(name, sizeof(name), "group-%zu-1", node->group);
        names[out->nodes_len++] = keep(arena, name);
    }
    out->nodes = names;
    return out->nodes_len > 0;
}

/* One of which no job has a right to is for nobody. */
static bool reserve(struct fg_sim_input *input,
                    const struct fg_pool_past *past,
                    const struct fg_doc *item,
                    int64_t first_us)
{
    struct fg_sim_cluster *cluster = &input->cluster;
    const char *project = fg_view_text(item, "project");
    int repeat = fg_repeat_find(fg_view_text(item, "repeat"));
    bool is_used = !project[0] || has_jobs(&input->trace, project);
    int64_t shift_us = FG_SIM_EPOCH_US - first_us;
    struct fg_advance_spec spec = {.start_us = fg_view_time(item, "start") + shift_us,
                                   .end_us = fg_view_time(item, "end") + shift_us,
                                   .repeat =
                                       repeat > 0 ? (enum fg_repeat)repeat : FG_REPEAT_NONE,
                                   .maintenance = fg_view_bool(item, "maintenance") || !is_used,
                                   .project = is_used ? keep(cluster->arena, project) : "",
                                   .user = ""};
    fg_copy(spec.name, sizeof(spec.name), fg_view_text(item, "name"));
    if (cluster->reservations_len == FG_ADVANCES_MAX
        || !read_places(past, item, cluster->arena, &spec))
        return false;
    cluster->reservations[cluster->reservations_len++] = spec;
    return true;
}

/* Jobs that name one that is not there are as any. */
static void unname(struct fg_sim_input *input)
{
    for (size_t i = 0; i < input->trace.jobs_len; i++) {
        struct fg_sim_job *job = &input->trace.jobs[i];
        bool is_there = false;
        for (size_t at = 0; at < input->cluster.reservations_len && !is_there; at++)
            is_there = fg_advance_key(input->cluster.reservations[at].name) == job->reservation;
        if (!is_there)
            job->reservation = 0;
    }
}

static int read_reservations(struct fg_sim_input *input,
                             const struct fg_pool_past *past,
                             int64_t first_us,
                             struct sums *sums,
                             struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    struct fg_sim_cluster *cluster = &input->cluster;
    int rc = fg_cli_get(input->cli, "/v1/reservations", &answer, err);
    if (rc < 0)
        return rc;
    cluster->reservations = FG_NEW(cluster->arena, struct fg_advance_spec, FG_ADVANCES_MAX);
    for (const struct fg_doc *item = fg_view_first(answer.doc, "items"); item;
         item = item->next) {
        bool is_made = reserve(input, past, item, first_us);
        sums->reserved += is_made;
        sums->not_reserved += !is_made;
    }
    unname(input);
    return 0;
}

/* -- as a cluster file, which is then read as any ----------------------------------------------------------------- */

static void tell(const struct sums *sums, struct fg_buf *told)
{
    fg_buf_printf(
        told,
        "Replayed on %zu nodes, of which %zu were away at times and %zu are no more, as "
        "events tell; with the quotas, guarantees and reservations (%zu) of now.",
        sums->nodes, sums->away, sums->gone, sums->reserved);
    if (sums->unknown > 0)
        fg_buf_printf(told, " What %zu nodes were that are gone is not known.", sums->unknown);
    if (sums->limited > 0)
        fg_buf_printf(told,
                      " Limits of cores, memory and kinds of device, which %zu projects have, "
                      "are left out.",
                      sums->limited);
    if (sums->not_reserved > 0)
        fg_buf_printf(told, " Left out: %zu reservations of parts of nodes.",
                      sums->not_reserved);
    fg_buf_puts(told, " Not known: when nodes were drained, and what else was set otherwise.");
}

int fg_tune_pool(struct fg_sim_input *input,
                 int64_t first_us,
                 struct fg_buf *told,
                 struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    FG_AUTO(fg_pool_past) struct fg_pool_past past = {.now_us = fg_now_us()};
    struct fg_json json = {.buf = &text};
    struct sums sums = {};
    int rc = fg_pool_past_read(input->cli, first_us, &past, err);
    if (rc < 0)
        return rc;
    fg_json_object(&json);
    write_nodes(&json, &past, first_us, &sums);
    if (sums.nodes == 0)
        return fg_fail(err, FG_ESTATE, "no node is known that jobs could be replayed on");
    rc = write_projects(input->cli, &json, &sums, err);
    fg_json_end(&json);
    if (rc == 0)
        rc = fg_sim_cluster_read(text.text, text.len, "pool", NULL, NULL, &input->cluster, err);
    if (rc == 0)
        rc = read_reservations(input, &past, first_us, &sums, err);
    if (rc == 0)
        tell(&sums, told);
    return rc;
}

/* result.c - what came of a job; see follow.h */
#include "cli/follow.h"

#include "cli/human.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

struct field {
    FILE *out;
    const struct fg_term *term;
};

static void put(const struct field *field, const char *name, const char *value)
{
    fprintf(field->out, "  %s%-14s%s %s\n", fg_style_text(field->term, FG_DIM), name,
            fg_style_text(field->term, FG_PLAIN), value);
}

static void put_state(const struct field *field, const struct fg_doc *job)
{
    char text[400];
    const char *state = fg_view_text(job, "state"), *reason = fg_view_text(job, "reason");
    bool good = strcmp(state, "succeeded") == 0;
    if (good)
        text[0] = '\0';
    else if (reason[0])
        snprintf(text, sizeof(text), ": %s", reason);
    else if (fg_view_has(job, "signal"))
        snprintf(text, sizeof(text), ": killed by signal %" PRId64,
                 fg_view_int(job, "signal", 0));
    else
        snprintf(text, sizeof(text), ": exit code %" PRId64, fg_view_int(job, "exit_code", 0));
    fprintf(field->out, "%sjob %s %s%s%s\n",
            fg_style_text(field->term, good ? FG_GOOD : fg_style_of_state(state)),
            fg_view_text(job, "id"), state, text, fg_style_text(field->term, FG_PLAIN));
}

/* How many whole devices the job holds, and whether they are accelerators. */
static double devices_of(const struct fg_doc *job, bool *out_has_gpu)
{
    const struct fg_doc *request = fg_doc_get(job, "request");
    double tasks = fg_view_real(job, "tasks", 1);
    double count = fg_view_real(request, "count", 0);
    *out_has_gpu = count > 0;
    if (count > 0)
        return count * tasks * fg_view_real(request, "gpu_milli", 1000) / 1000;
    return tasks * fg_view_real(request, "cpu_milli", 1000) / 1000;
}

/* The mean of what the job used of its accelerators, 0..1; negative if no reading was made. */
static double gpu_use(struct fg_cli *cli, const char *id, double devices)
{
    FG_AUTO(fg_answer) struct fg_answer usage = {};
    char path[64];
    double sum = 0;
    size_t count = 0;
    snprintf(path, sizeof(path), "/v1/jobs/%s/usage", id);
    if (fg_cli_get(cli, path, &usage, NULL) < 0)
        return -1;
    for (const struct fg_doc *at = fg_view_first(usage.doc, "points"); at; at = at->next) {
        double milli = fg_view_real(at, "gpu_milli", -1);
        if (milli >= 0) {
            sum += milli;
            count++;
        }
    }
    return count > 0 && devices > 0 ? sum / (double)count / 1000 / devices : -1;
}

static void put_use(struct fg_cli *cli, const struct field *field, const struct fg_doc *job)
{
    char text[128], held[FG_HUMAN_MAX], amount[FG_HUMAN_MAX];
    bool has_gpu;
    double devices = devices_of(job, &has_gpu);
    const struct fg_doc *usage = fg_doc_get(job, "usage");
    int64_t wall_us = fg_view_seconds(job, "duration_s");
    double held_s = fg_view_real(usage, "gpu_s", 0);
    if (wall_us < 0)
        return;
    if (!has_gpu)
        held_s = (double)wall_us / 1e6 * devices;
    fg_human_duration((int64_t)(held_s * 1e6), held);
    fg_human_milli((int64_t)(devices * 1000 + 0.5), amount);
    snprintf(text, sizeof(text), "%s (%s %s)", held, amount,
             has_gpu ? (devices == 1 ? "accelerator" : "accelerators")
                     : (devices == 1 ? "core" : "cores"));
    put(field, "on device", text);

    double cpu_s = fg_view_real(usage, "cpu_s", -1);
    double use = -1;
    if (has_gpu)
        use = gpu_use(cli, fg_view_text(job, "id"), devices);
    else if (cpu_s >= 0 && held_s > 0)
        use = cpu_s / held_s;
    if (use >= 0) {
        snprintf(text, sizeof(text), "%.0f%%%s", use * 100,
                 has_gpu ? "" : " of the cores it was given");
        put(field, "utilisation", text);
    }
}

void fg_result_print(struct fg_cli *cli, const char *id, FILE *out, const struct fg_term *term)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    struct field field = {out, term};
    char path[64], text[FG_HUMAN_MAX];
    snprintf(path, sizeof(path), "/v1/jobs/%s", id);
    if (fg_cli_get(cli, path, &answer, NULL) < 0)
        return;
    const struct fg_doc *job = answer.doc;
    put_state(&field, job);
    int64_t wall_us = fg_view_seconds(job, "duration_s");
    if (wall_us >= 0 && fg_view_time(job, "started") > 0) {
        fg_human_duration(wall_us, text);
        put(&field, "wall time", text);
        put_use(cli, &field, job);
    }
    int64_t memory_mib = fg_view_int(fg_doc_get(job, "usage"), "max_rss_mib", -1);
    if (memory_mib >= 0) {
        fg_human_mib(memory_mib, text);
        put(&field, "max memory", text);
    }
    double joules = fg_view_real(fg_doc_get(job, "usage"), "energy_j", 0);
    if (joules > 0) {
        fg_human_energy(joules, text);
        put(&field, "energy", text);
    }
    if (fg_view_has(job, "cost_uusd")) {
        fg_human_money(fg_view_int(job, "cost_uusd", 0), text);
        put(&field, "cost", text);
    } else if (wall_us >= 0) {
        put(&field, "cost", "$0 (no price is set for these devices)");
    }
}

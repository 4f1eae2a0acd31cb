/* tune_saved.c - what the search knows, as text: a line of what it was about, then a line an individual with its score.
 *
 * The search is the same for the same scores, so what was interrupted goes on where it was. */
#include "tune/tune_inner.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a */
static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

/* Of all that scores depend on. */
static uint64_t fingerprint(const struct fg_tune *tune)
{
    const struct tune_slice *train = &tune->train;
    const struct fg_tune_options *options = &tune->options;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < train->trace.jobs_len; i++) {
        const struct fg_sim_job *job = &train->trace.jobs[i];
        hash = mix(hash, &job->submit_us, sizeof(job->submit_us));
        hash = mix(hash, &job->duration_us, sizeof(job->duration_us));
        hash = mix(hash, &job->request, sizeof(job->request));
        hash = mix(hash, &job->tasks, sizeof(job->tasks));
    }
    for (size_t i = 0; i < options->sim.cluster->groups_len; i++) {
        const struct fg_sim_group *group = &options->sim.cluster->groups[i];
        hash = mix(hash, group->kind, strlen(group->kind));
        hash = mix(hash, &group->nodes, sizeof(group->nodes));
        hash = mix(hash, &group->gpus, sizeof(group->gpus));
        hash = mix(hash, group->absences, group->absences_len * sizeof(group->absences[0]));
    }
    for (size_t i = 0; i < options->sim.cluster->projects_len; i++) {
        const struct fg_project *project = &options->sim.cluster->projects[i];
        hash = mix(hash, project->name, strlen(project->name));
        hash = mix(hash, &project->quota, sizeof(project->quota));
        hash = mix(hash, &project->weight, sizeof(project->weight));
    }
    hash = mix(hash, options->objective.weight, sizeof(options->objective.weight));
    hash = mix(hash, options->objective.bound, sizeof(options->objective.bound));
    for (size_t gene = 0; gene < tune->space.len; gene++) {
        hash = mix(hash, &tune->space.first[gene], 1);
        for (size_t i = 0; i < tune->space.values[gene]; i++)
            hash =
                mix(hash, tune->space.value[gene][i], strlen(tune->space.value[gene][i]) + 1);
    }
    return mix(hash, &train->from_us, sizeof(train->from_us));
}

void fg_tune_save(const struct fg_tune *tune, struct fg_buf *out)
{
    const uint8_t *individual;
    double score;
    fg_buf_printf(out, "fastgpu tune 1 %016" PRIx64 " %zu\n", fingerprint(tune),
                  tune->space.len);
    for (size_t i = 0; (individual = fg_search_at(tune->search, i, &score)); i++) {
        for (size_t gene = 0; gene < tune->space.len; gene++)
            fg_buf_printf(out, "%u ", individual[gene]);
        fg_buf_printf(out, "%.17g\n", score);
    }
}

/* One line; false: it is none. */
static bool read_line(const struct fg_tune *tune,
                      char *line,
                      uint8_t *individual,
                      double *score)
{
    char *end = line;
    for (size_t gene = 0; gene < tune->space.len; gene++) {
        char *word = end;
        unsigned long value = strtoul(word, &end, 10);
        if (end == word || value >= tune->space.values[gene])
            return false;
        individual[gene] = (uint8_t)value;
    }
    char *word = end;
    *score = strtod(word, &end);
    return end != word && !*end && isfinite(*score);
}

int fg_tune_load(struct fg_tune *tune, const char *bytes, size_t len, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf head = {}, text = {};
    uint8_t individual[FG_SPACE_GENES_MAX];
    double score;
    int rc = 0;
    fg_buf_printf(&head, "fastgpu tune 1 %016" PRIx64 " %zu\n", fingerprint(tune),
                  tune->space.len);
    if (len < head.len || memcmp(bytes, head.text, head.len) != 0)
        return fg_fail(err, FG_EINVAL,
                       "not what was known of these jobs, this cluster and this objective");
    /* Twice: nothing is taken of what is damaged. */
    for (int take = 0; rc == 0 && take < 2; take++) {
        fg_buf_clear(&text);
        fg_buf_add(&text, bytes + head.len, len - head.len);
        fg_buf_add(&text, "", 1);
        char *rest = text.text, *line;
        for (size_t number = 2; rc == 0 && (line = strsep(&rest, "\n")); number++) {
            if (!*line)
                continue;
            if (!read_line(tune, line, individual, &score))
                rc = fg_fail(err, FG_EINVAL, "line %zu: expected %zu places and a score",
                             number, tune->space.len);
            else if (take)
                fg_search_know(tune->search, individual, score);
        }
    }
    return rc;
}

/* learn.c - a table of sets of four classes; in a full set the one unseen for longest makes room; see learn.h */
#include "learn/learn.h"

#include "base/text.h"
#include "learn/loghist.h"

#include <stdlib.h>
#include <string.h>

#define WAYS      4
#define NAMES_MAX 4096

/* Chosen on the first halves of two traces; bench_learn reports the second. */
static const struct {
    double prior; /* what is coarser counts as so many */
    double most;  /* so many of the latest count in all */
} tuning[FG_CLASS_LEVELS] = {
    [FG_CLASS_ALL] = {1, 2000},    [FG_CLASS_SIZE] = {4, 1000},
    [FG_CLASS_PROJECT] = {4, 300}, [FG_CLASS_PROJECT_SIZE] = {8, 1000},
    [FG_CLASS_USER] = {4, 40},     [FG_CLASS_USER_SIZE] = {6, 10},
    [FG_CLASS_SHAPE] = {8, 20},    [FG_CLASS_SHAPE_SIZE] = {4, 4},
};

#define ENOUGH_JOBS 5 /* of the same work, before less is set apart than is asked */

struct row {
    uint64_t key;  /* 0: free */
    uint64_t seen; /* number of the note that touched it last */
    enum fg_class_level level;
    struct fg_class class; /* of the last job that was seen */
    uint64_t jobs, failed, interrupted;
    int64_t first_us, last_us, mem_most_mib;
    struct fg_loghist ran;   /* milliseconds */
    struct fg_loghist *held; /* MiB; owned; NULL: nothing is known */
};

struct name {
    uint64_t shape;
    char text[FG_SHAPE_TEXT_MAX];
};

struct fg_learn {
    const struct fg_config *config;
    struct row *rows;
    size_t sets;
    struct name *names; /* by shape; the newer takes the place of the older */
    uint64_t notes;
};

struct fg_learn *fg_learn_new(const struct fg_config *config)
{
    struct fg_learn *learn = calloc(1, sizeof(*learn));
    if (!learn)
        return NULL;
    learn->config = config;
    learn->sets = (size_t)config->learn_classes_max / WAYS;
    learn->rows = calloc(learn->sets * WAYS, sizeof(struct row));
    learn->names = calloc(NAMES_MAX, sizeof(struct name));
    if (learn->rows && learn->names)
        return learn;
    fg_learn_free(learn);
    return NULL;
}

void fg_learn_free(struct fg_learn *learn)
{
    if (!learn)
        return;
    for (size_t i = 0; learn->rows && i < learn->sets * WAYS; i++)
        free(learn->rows[i].held);
    free(learn->rows);
    free(learn->names);
    free(learn);
}

/* -- the table ------------------------------------------------------------------------------------------- */

static struct row *set_of(const struct fg_learn *learn, uint64_t key)
{
    return &learn->rows[key % learn->sets * WAYS];
}

static const struct row *find(const struct fg_learn *learn, uint64_t key)
{
    const struct row *set = set_of(learn, key);
    for (size_t i = 0; key && i < WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

/* Its row, a free one, or that of who was unseen for longest. */
static struct row *take(struct fg_learn *learn, uint64_t key)
{
    struct row *set = set_of(learn, key), *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].seen < oldest->seen)
            oldest = &set[i];
    }
    free(oldest->held);
    *oldest = (struct row){.key = key};
    return oldest;
}

static struct name *name_at(const struct fg_learn *learn, uint64_t shape)
{
    return &learn->names[shape % NAMES_MAX];
}

void fg_learn_name(struct fg_learn *learn, uint64_t shape, const char *text)
{
    struct name *name = name_at(learn, shape);
    if (name->shape == shape)
        return;
    name->shape = shape;
    fg_shape_text(text ? text : "", name->text, sizeof(name->text));
}

/* -- learning -------------------------------------------------------------------------------------------- */

static void note_memory(struct row *row, const struct fg_outcome *outcome, int64_t half_life_us)
{
    if (!row->held)
        row->held = calloc(1, sizeof(*row->held));
    if (!row->held)
        abort();
    fg_loghist_add(row->held, outcome->mem_mib, outcome->time_us, half_life_us,
                   tuning[row->level].most);
    if (outcome->mem_mib > row->mem_most_mib)
        row->mem_most_mib = outcome->mem_mib;
}

static void note_row(struct row *row, const struct fg_outcome *outcome, int64_t half_life_us)
{
    row->jobs += outcome->is_job;
    row->failed += outcome->failed;
    row->interrupted += outcome->interrupted;
    if (!row->first_us || outcome->time_us < row->first_us)
        row->first_us = outcome->time_us;
    if (outcome->time_us > row->last_us)
        row->last_us = outcome->time_us;
    if (outcome->ran_us > 0)
        fg_loghist_add(&row->ran, outcome->ran_us / 1000, outcome->time_us, half_life_us,
                       tuning[row->level].most);
    if (outcome->mem_mib > 0)
        note_memory(row, outcome, half_life_us);
}

void fg_learn_note(struct fg_learn *learn,
                   const struct fg_class *class,
                   const struct fg_outcome *outcome)
{
    learn->notes++;
    for (enum fg_class_level level = 0; level < FG_CLASS_LEVELS; level++) {
        if (!class->key[level])
            continue;
        struct row *row = take(learn, class->key[level]);
        row->level = level;
        row->class = *class;
        row->seen = learn->notes;
        note_row(row, outcome, learn->config->learn_half_life_s * 1'000'000);
    }
}

/* -- memory ---------------------------------------------------------------------------------------------- */

/* To sixteenths of the power of two below, so that few amounts are different. */
static uint64_t round_up(uint64_t mib)
{
    uint64_t step = mib < 16 ? 1 : 1ULL << (63 - __builtin_clzll(mib) - 4);
    return (mib + step - 1) / step * step;
}

static bool all_ask_as_much(const struct fg_request *any_of, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (any_of[i].mem_mib != any_of[0].mem_mib)
            return false;
    return true;
}

uint64_t fg_learn_memory(const struct fg_learn *learn,
                         const struct fg_job *job,
                         const struct fg_request *any_of,
                         size_t any_of_len,
                         uint64_t most_mib)
{
    const struct fg_config *config = learn->config;
    struct fg_learned learned;
    uint64_t asked_mib = any_of[0].mem_mib;
    if (config->learn_memory < (asked_mib ? 2 : 1) || (asked_mib && job->attempt > 0)
        || !all_ask_as_much(any_of, any_of_len))
        return 0;
    struct fg_class class = fg_class_of(job, any_of, any_of_len);
    if (!fg_learn_expect(learn, &class, &learned) || learned.mem_p95_mib == 0
        || (asked_mib && (learned.level < FG_CLASS_SHAPE || learned.jobs < ENOUGH_JOBS)))
        return 0;
    int64_t takes_mib = job->attempt > 0 ? learned.mem_most_mib : learned.mem_p95_mib;
    uint64_t mib =
        round_up((uint64_t)(takes_mib + takes_mib * config->learn_memory_margin / 100));
    if (asked_mib && mib >= asked_mib)
        return 0;
    return mib < most_mib ? mib : most_mib;
}

/* -- expecting ------------------------------------------------------------------------------------------- */

/* From coarse to fine, down to `finest`; the last class that has seen anything, NULL none. */
static const struct row *mix_down(const struct fg_learn *learn,
                                  const struct fg_class *class,
                                  enum fg_class_level finest,
                                  struct fg_logmix *ran,
                                  struct fg_logmix *held)
{
    const struct row *last = NULL;
    *ran = (struct fg_logmix){};
    for (enum fg_class_level level = 0; level <= finest; level++) {
        const struct row *row = find(learn, class->key[level]);
        if (!row)
            continue;
        last = row;
        fg_loghist_pour(&row->ran, tuning[level].prior, ran);
        if (held && row->held)
            fg_loghist_pour(row->held, tuning[level].prior, held);
    }
    return last;
}

static int64_t to_us(int64_t ms)
{
    return ms < INT64_MAX / 1000 ? ms * 1000 : INT64_MAX;
}

void fg_learn_predict(const struct fg_learn *learn,
                      struct fg_job *job,
                      const struct fg_request *any_of,
                      size_t any_of_len)
{
    const struct fg_config *config = learn->config;
    job->predicted_us = job->predicted_most_us = 0;
    if (!config->learn_durations && (!config->learn_backfill || job->time_limit_us > 0))
        return;
    struct fg_logmix ran;
    struct fg_class class = fg_class_of(job, any_of, any_of_len);
    if (!mix_down(learn, &class, FG_CLASS_LEVELS - 1, &ran, NULL))
        return;
    if (config->learn_durations)
        job->predicted_us = to_us(fg_logmix_quantile(&ran, 0.5));
    if (job->time_limit_us > 0 && job->predicted_us > job->time_limit_us)
        job->predicted_us = job->time_limit_us;
    int64_t most_us = config->backfill_default_limit_s * 1'000'000;
    if (config->learn_backfill && job->time_limit_us == 0)
        job->predicted_most_us = to_us(fg_logmix_quantile(&ran, 0.8));
    if (job->predicted_most_us > most_us)
        job->predicted_most_us = most_us;
}

static bool expect_down(const struct fg_learn *learn,
                        const struct fg_class *class,
                        enum fg_class_level finest,
                        struct fg_learned *out)
{
    struct fg_logmix ran, held = {};
    const struct row *row = mix_down(learn, class, finest, &ran, &held);
    *out = (struct fg_learned){};
    if (!row)
        return false;
    *out = (struct fg_learned){
        .level = row->level,
        .p50_us = to_us(fg_logmix_quantile(&ran, 0.5)),
        .p80_us = to_us(fg_logmix_quantile(&ran, 0.8)),
        .p95_us = to_us(fg_logmix_quantile(&ran, 0.95)),
        .mean_us = to_us(fg_logmix_mean(&ran)),
        .mem_p50_mib = fg_logmix_quantile(&held, 0.5),
        .mem_p95_mib = fg_logmix_quantile(&held, 0.95),
        .mem_most_mib = row->mem_most_mib,
        .jobs = row->jobs,
        .failed = row->failed,
        .interrupted = row->interrupted,
        .first_us = row->first_us,
        .last_us = row->last_us,
        .weight = row->ran.total,
    };
    return true;
}

bool fg_learn_expect(const struct fg_learn *learn,
                     const struct fg_class *class,
                     struct fg_learned *out)
{
    return expect_down(learn, class, FG_CLASS_LEVELS - 1, out);
}

static struct fg_learn_row show(const struct fg_learn *learn, const struct row *row)
{
    const struct name *name = name_at(learn, row->class.shape);
    bool has_name = row->level >= FG_CLASS_SHAPE && name->shape == row->class.shape;
    return (struct fg_learn_row){.key = row->key,
                                 .level = row->level,
                                 .class = &row->class,
                                 .name = has_name ? name->text : "",
                                 .jobs = row->jobs,
                                 .last_us = row->last_us};
}

bool fg_learn_next(const struct fg_learn *learn, size_t *at, struct fg_learn_row *out)
{
    while (*at < learn->sets * WAYS) {
        const struct row *row = &learn->rows[(*at)++];
        if (!row->key)
            continue;
        *out = show(learn, row);
        return true;
    }
    return false;
}

bool fg_learn_row(const struct fg_learn *learn,
                  uint64_t key,
                  struct fg_learn_row *out,
                  struct fg_learned *out_learned)
{
    const struct row *row = find(learn, key);
    if (!row)
        return false;
    *out = show(learn, row);
    return expect_down(learn, &row->class, row->level, out_learned);
}

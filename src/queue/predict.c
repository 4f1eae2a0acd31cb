/* predict.c - a table of sets of four; in a full set the one unseen for longest makes room; see predict.h */
#include "queue/predict.h"

#include <stdlib.h>
#include <string.h>

#define WAYS 4

struct row {
    uint64_t key;      /* 0: free */
    uint64_t seen;     /* number of the note that touched it last */
    int64_t ran_us[2]; /* the last, and the one before; 0 none */
};

struct fg_predict {
    struct row *rows;
    size_t sets;
    uint64_t notes;
};

struct fg_predict *fg_predict_new(size_t classes_max)
{
    struct fg_predict *predict = calloc(1, sizeof(*predict));
    if (!predict)
        return NULL;
    predict->sets = 1 + classes_max / WAYS;
    predict->rows = calloc(predict->sets * WAYS, sizeof(struct row));
    if (!predict->rows) {
        free(predict);
        return NULL;
    }
    return predict;
}

void fg_predict_free(struct fg_predict *predict)
{
    if (predict)
        free(predict->rows);
    free(predict);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value + 0x9e37'79b9'7f4a'7c15u + (hash << 6) + (hash >> 2);
    hash = (hash ^ (hash >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    return hash ^ (hash >> 31);
}

static uint64_t hash_kind(uint64_t hash, const char kind[FG_KIND_MAX])
{
    for (size_t i = 0; i < FG_KIND_MAX && kind[i]; i++)
        hash = mix(hash, (unsigned char)kind[i]);
    return hash;
}

/* What it asks for. */
static uint64_t hash_request(const struct fg_job *job,
                             const struct fg_request *any_of,
                             size_t any_of_len)
{
    uint64_t hash = mix(any_of_len, job->tasks);
    for (size_t i = 0; i < any_of_len; i++) {
        hash = hash_kind(hash, any_of[i].kind);
        hash = mix(hash, (uint64_t)any_of[i].count << 32 | any_of[i].gpu_milli);
        hash = mix(hash, (uint64_t)any_of[i].gpu_mem_mib << 32 | any_of[i].cpu_milli);
        hash = mix(hash, any_of[i].mem_mib);
    }
    return hash;
}

enum owner { OF_USER, OF_PROJECT, OWNERS };

static uint64_t key_of(uint64_t request, const struct fg_job *job, enum owner owner)
{
    uint64_t who = owner == OF_USER ? job->user : job->project;
    uint64_t key = mix(request, who << 1 | (owner == OF_USER));
    return key ? key : 1;
}

static struct row *set_of(const struct fg_predict *predict, uint64_t key)
{
    return &predict->rows[key % predict->sets * WAYS];
}

static const struct row *find(const struct fg_predict *predict, uint64_t key)
{
    const struct row *set = set_of(predict, key);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

/* Its row, a free one, or that of who was unseen for longest. */
static struct row *take(struct fg_predict *predict, uint64_t key)
{
    struct row *set = set_of(predict, key), *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].seen < oldest->seen)
            oldest = &set[i];
    }
    *oldest = (struct row){.key = key};
    return oldest;
}

void fg_predict_note(struct fg_predict *predict,
                     const struct fg_job *job,
                     const struct fg_request *any_of,
                     size_t any_of_len,
                     int64_t ran_us)
{
    uint64_t request = hash_request(job, any_of, any_of_len);
    for (enum owner owner = OF_USER; owner < OWNERS; owner++) {
        struct row *row = take(predict, key_of(request, job, owner));
        row->seen = ++predict->notes;
        row->ran_us[1] = row->ran_us[0];
        row->ran_us[0] = ran_us > 0 ? ran_us : 1;
    }
}

int64_t fg_predict_us(const struct fg_predict *predict,
                      const struct fg_job *job,
                      const struct fg_request *any_of,
                      size_t any_of_len)
{
    uint64_t request = hash_request(job, any_of, any_of_len);
    const struct row *row = NULL;
    for (enum owner owner = OF_USER; owner < OWNERS && !row; owner++)
        row = find(predict, key_of(request, job, owner));
    if (!row)
        return 0;
    int64_t us = row->ran_us[1] ? row->ran_us[0] / 2 + row->ran_us[1] / 2 : row->ran_us[0];
    us = us > 0 ? us : 1;
    return job->time_limit_us > 0 && us > job->time_limit_us ? job->time_limit_us : us;
}

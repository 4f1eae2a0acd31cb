/* isolated.c - see isolated.h */
#include "sim/isolated.h"

#include "base/grow.h"

#include <assert.h>
#include <stdlib.h>

/* A job that runs in its project's own part. */
struct holder {
    int64_t end_us;
    uint64_t milli;
};

/* One project's part of the cluster. */
struct part {
    uint64_t milli, free_milli; /* devices */
    int64_t now_us;             /* nobody starts before: first come, first served */
    struct holder *heap;        /* soonest end first */
    size_t len, room;
};

static void push(struct part *part, struct holder holder)
{
    part->heap = fg_grow(part->heap, part->len, &part->room, sizeof(holder));
    size_t at = part->len++;
    for (; at > 0 && part->heap[(at - 1) / 2].end_us > holder.end_us; at = (at - 1) / 2)
        part->heap[at] = part->heap[(at - 1) / 2];
    part->heap[at] = holder;
}

static struct holder pop(struct part *part)
{
    struct holder top = part->heap[0], last = part->heap[--part->len];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < part->len; at = child) {
        if (child + 1 < part->len && part->heap[child + 1].end_us < part->heap[child].end_us)
            child++;
        if (part->heap[child].end_us >= last.end_us)
            break;
        part->heap[at] = part->heap[child];
    }
    if (part->len)
        part->heap[at] = last;
    return top;
}

static void release(struct part *part)
{
    struct holder gone = pop(part);
    part->free_milli += gone.milli;
    if (gone.end_us > part->now_us)
        part->now_us = gone.end_us;
}

static int64_t run(struct part *part, const struct fg_sim_outcome *job)
{
    assert(part->milli > 0);
    uint64_t milli = job->gpu_milli < part->milli ? job->gpu_milli : part->milli;
    int64_t takes_us = job->ideal_us;
    if (job->gpu_milli > part->milli)
        takes_us = (int64_t)((__int128)takes_us * job->gpu_milli / part->milli);
    if (job->submit_us > part->now_us)
        part->now_us = job->submit_us;
    while (part->len && part->heap[0].end_us <= part->now_us)
        release(part);
    while (part->free_milli < milli)
        release(part);
    part->free_milli -= milli;
    push(part, (struct holder){.end_us = part->now_us + takes_us, .milli = milli});
    return part->now_us + takes_us - job->submit_us;
}

static struct part *parts_of(const struct fg_sim_result *result)
{
    struct part *parts = calloc(result->projects_len + 1, sizeof(*parts));
    if (!parts)
        abort();
    double weights = 0, span = (double)result->sums.span_us;
    double gpus_milli = span > 0 ? (double)result->sums.gpu_up_us / span * 1000 : 1000;
    for (size_t i = 0; i < result->projects_len; i++)
        weights += result->weights[i];
    for (size_t i = 0; i < result->projects_len; i++) {
        double milli = gpus_milli * result->weights[i] / weights;
        parts[i].milli = parts[i].free_milli = milli < 1 ? 1 : (uint64_t)milli;
    }
    return parts;
}

void fg_sim_isolated(const struct fg_sim_result *result, int64_t *out_us)
{
    struct part *parts = parts_of(result);
    for (size_t i = 0; i < result->jobs_len; i++)
        out_us[i] = run(&parts[result->jobs[i].project], &result->jobs[i]);
    for (size_t i = 0; i < result->projects_len; i++)
        free(parts[i].heap);
    free(parts);
}

/* ends.c - see ends.h */
#include "schedule/ends.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 128

struct block {
    size_t len; /* 1 .. BLOCK */
    struct fg_end ends[BLOCK];
};

struct fg_ends {
    struct block **blocks;
    size_t blocks_len, blocks_room;
    size_t len;
};

struct fg_ends *fg_ends_new(void)
{
    struct fg_ends *ends = calloc(1, sizeof(*ends));
    if (!ends)
        abort();
    return ends;
}

void fg_ends_free(struct fg_ends *ends)
{
    if (!ends)
        return;
    for (size_t i = 0; i < ends->blocks_len; i++)
        free(ends->blocks[i]);
    free(ends->blocks);
    free(ends);
}

size_t fg_ends_len(const struct fg_ends *ends)
{
    return ends->len;
}

static bool is_behind(const struct fg_end *end, int64_t end_us, fg_job_id job)
{
    return end->end_us != end_us ? end->end_us > end_us : end->job > job;
}

/* The first block with something behind it; blocks_len: none. */
static size_t block_behind(const struct fg_ends *ends, int64_t end_us, fg_job_id job)
{
    size_t low = 0, high = ends->blocks_len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct block *block = ends->blocks[middle];
        if (is_behind(&block->ends[block->len - 1], end_us, job))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static size_t place_behind(const struct block *block, int64_t end_us, fg_job_id job)
{
    size_t low = 0, high = block->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_behind(&block->ends[middle], end_us, job))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static struct block *insert_block(struct fg_ends *ends, size_t at)
{
    if (ends->blocks_len == ends->blocks_room) {
        ends->blocks_room = ends->blocks_room * 2 + 16;
        ends->blocks = reallocarray(ends->blocks, ends->blocks_room, sizeof(ends->blocks[0]));
    }
    struct block *block = calloc(1, sizeof(*block));
    if (!ends->blocks || !block)
        abort();
    memmove(&ends->blocks[at + 1], &ends->blocks[at],
            (ends->blocks_len - at) * sizeof(ends->blocks[0]));
    ends->blocks[at] = block;
    ends->blocks_len++;
    return block;
}

/* The block at `at` is full: half of it goes to a new one behind it. */
static void split(struct fg_ends *ends, size_t at)
{
    struct block *behind = insert_block(ends, at + 1), *block = ends->blocks[at];
    block->len = BLOCK / 2;
    behind->len = BLOCK - BLOCK / 2;
    memcpy(behind->ends, &block->ends[block->len], behind->len * sizeof(behind->ends[0]));
}

void fg_ends_add(struct fg_ends *ends, struct fg_end end)
{
    size_t at = block_behind(ends, end.end_us, end.job);
    if (ends->blocks_len == 0)
        (void)insert_block(ends, 0);
    else if (at == ends->blocks_len)
        at--;
    if (ends->blocks[at]->len == BLOCK) {
        split(ends, at);
        at += !is_behind(&ends->blocks[at]->ends[BLOCK / 2 - 1], end.end_us, end.job);
    }
    struct block *block = ends->blocks[at];
    size_t place = place_behind(block, end.end_us, end.job);
    memmove(&block->ends[place + 1], &block->ends[place],
            (block->len - place) * sizeof(block->ends[0]));
    block->ends[place] = end;
    block->len++;
    ends->len++;
}

void fg_ends_del(struct fg_ends *ends, struct fg_end end)
{
    size_t at = block_behind(ends, end.end_us, end.job - 1);
    assert(at < ends->blocks_len);
    struct block *block = ends->blocks[at];
    size_t place = place_behind(block, end.end_us, end.job - 1);
    assert(block->ends[place].job == end.job && block->ends[place].end_us == end.end_us);
    block->len--;
    memmove(&block->ends[place], &block->ends[place + 1],
            (block->len - place) * sizeof(block->ends[0]));
    ends->len--;
    if (block->len > 0)
        return;
    free(block);
    ends->blocks_len--;
    memmove(&ends->blocks[at], &ends->blocks[at + 1],
            (ends->blocks_len - at) * sizeof(ends->blocks[0]));
}

bool fg_ends_after(const struct fg_ends *ends,
                   int64_t end_us,
                   fg_job_id job,
                   struct fg_end *out)
{
    size_t at = block_behind(ends, end_us, job);
    if (at == ends->blocks_len)
        return false;
    *out = ends->blocks[at]->ends[place_behind(ends->blocks[at], end_us, job)];
    return true;
}

bool fg_ends_until(const struct fg_ends *ends, int64_t end_us, struct fg_end *out)
{
    size_t at = block_behind(ends, end_us, UINT64_MAX);
    size_t place =
        at < ends->blocks_len ? place_behind(ends->blocks[at], end_us, UINT64_MAX) : 0;
    if (place == 0 && at == 0)
        return false;
    if (place == 0)
        *out = ends->blocks[at - 1]->ends[ends->blocks[at - 1]->len - 1];
    else
        *out = ends->blocks[at]->ends[place - 1];
    return true;
}

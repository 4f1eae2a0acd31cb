/* tree.c - see tree.h */
#include "place/tree.h"

#include <assert.h>

#define WIDE 16

static size_t padded(size_t len)
{
    return (len + WIDE - 1) / WIDE * WIDE;
}

struct fg_tree_shape fg_tree_shape(size_t len)
{
    struct fg_tree_shape shape = {};
    while (len > 1 || shape.levels == 0) {
        assert(shape.levels + 1 < FG_TREE_LEVELS_MAX);
        shape.at[shape.levels++] = shape.size;
        shape.size += padded(len ? len : 1);
        len = padded(len ? len : 1) / WIDE;
    }
    shape.at[shape.levels++] = shape.size++;
    return shape;
}

static int32_t greatest(const int32_t group[WIDE])
{
    int32_t max = group[0];
    for (int i = 1; i < WIDE; i++)
        max = group[i] > max ? group[i] : max;
    return max;
}

void fg_tree_build(const struct fg_tree_shape *shape, int32_t *block, size_t len)
{
    for (size_t level = 0; level + 1 < shape->levels; level++) {
        int32_t *numbers = block + shape->at[level];
        size_t end = shape->at[level + 1] - shape->at[level];
        for (size_t i = len; i < end; i++)
            numbers[i] = FG_TREE_NONE;
        len = end / WIDE;
        for (size_t i = 0; i < len; i++)
            block[shape->at[level + 1] + i] = greatest(numbers + i * WIDE);
    }
}

void fg_tree_set(const struct fg_tree_shape *shape, int32_t *block, size_t i, int32_t value)
{
    for (size_t level = 0; level + 1 < shape->levels; level++) {
        int32_t *number = block + shape->at[level] + i;
        int32_t old = *number;
        if (old == value)
            return;
        *number = value;
        i /= WIDE;
        int32_t above = block[shape->at[level + 1] + i];
        if (value <= above) {
            if (old < above)
                return;
            value = greatest(block + shape->at[level] + i * WIDE);
        }
    }
    block[shape->at[shape->levels - 1]] = value;
}

size_t fg_tree_first(const struct fg_tree_shape *shape, const int32_t *block)
{
    int32_t max = block[shape->at[shape->levels - 1]];
    size_t i = 0;
    if (max == FG_TREE_NONE)
        return SIZE_MAX;
    for (size_t level = shape->levels - 1; level-- > 0;) {
        const int32_t *group = block + shape->at[level] + i * WIDE;
        size_t j = 0;
        while (group[j] != max)
            j++;
        i = i * WIDE + j;
    }
    return i;
}

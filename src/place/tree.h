/* tree.h - the greatest of many numbers, of which a few change between two questions.  Inside of place/ only.
 *
 * A heap of groups of sixteen: each number of a level is the greatest of a group of the level below.  A change climbs
 * only as far as it changes anything.  All levels lie in one block, the numbers themselves first.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FG_TREE_LEVELS_MAX 8
#define FG_TREE_NONE       INT32_MIN

/* Where the levels of a tree over so many numbers lie. */
struct fg_tree_shape {
    size_t at[FG_TREE_LEVELS_MAX]; /* in the block; [0] is 0 */
    size_t levels;                 /* the last has one number */
    size_t size;                   /* of the block, numbers */
};
struct fg_tree_shape fg_tree_shape(size_t len);

/* The numbers are in block[0 .. len); set up what is above and behind them. */
void fg_tree_build(const struct fg_tree_shape *shape, int32_t *block, size_t len);
/* Change one. */
void fg_tree_set(const struct fg_tree_shape *shape, int32_t *block, size_t i, int32_t value);
/* The first of the greatest; SIZE_MAX if all are FG_TREE_NONE. */
size_t fg_tree_first(const struct fg_tree_shape *shape, const int32_t *block);

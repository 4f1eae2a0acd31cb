/* table.h - rows and columns for eyes: aligned, cut to the width of the terminal. */
#pragma once

#include "cli/term.h"

#include "base/auto.h"

#include <stddef.h>

#define FG_TABLE_COLUMNS_MAX 16

struct fg_column {
    const char *title; /* "ID"; NULL ends the list */
    bool right;        /* numbers stand to the right */
    size_t least;      /* may be cut down to this width; 0: never cut */
};

struct fg_table;

/* Never NULL.  `columns` is borrowed. */
struct fg_table *fg_table_new(const struct fg_column *columns);
void fg_table_free(struct fg_table *table); /* NULL is allowed */
FG_AUTO_DEFINE(fg_table)

/* The next cell of the row; the first one of a row begins it.  NULL is "-". */
void fg_table_add(struct fg_table *table, enum fg_style style, const char *text);
[[gnu::format(printf, 2, 3)]] void fg_table_addf(struct fg_table *table, const char *fmt, ...);

size_t fg_table_len(const struct fg_table *table); /* rows */

/* Write the title line and all rows. */
void fg_table_print(const struct fg_table *table, const struct fg_term *term, FILE *out);

/* table.c - see table.h */
#include "cli/table.h"

#include "base/buf.h"
#include "base/grow.h"
#include "cli/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

struct cell {
    char *text; /* owned */
    enum fg_style style;
};

struct fg_table {
    const struct fg_column *columns;
    size_t columns_len;
    struct cell *cells; /* row by row */
    size_t cells_len, cells_room;
};

struct fg_table *fg_table_new(const struct fg_column *columns)
{
    struct fg_table *table = calloc(1, sizeof(*table));
    if (!table)
        abort();
    table->columns = columns;
    while (columns[table->columns_len].title)
        table->columns_len++;
    assert(table->columns_len > 0 && table->columns_len <= FG_TABLE_COLUMNS_MAX);
    return table;
}

void fg_table_free(struct fg_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->cells_len; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}

void fg_table_add(struct fg_table *table, enum fg_style style, const char *text)
{
    table->cells =
        fg_grow(table->cells, table->cells_len, &table->cells_room, sizeof(*table->cells));
    char *copy = strdup(text && text[0] ? text : "-");
    if (!copy)
        abort();
    table->cells[table->cells_len++] = (struct cell){copy, style};
}

void fg_table_addf(struct fg_table *table, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fg_table_add(table, FG_PLAIN, text);
}

size_t fg_table_len(const struct fg_table *table)
{
    return table->cells_len / table->columns_len;
}

static size_t total_of(const size_t *widths, size_t len)
{
    size_t total = (len - 1) * GAP;
    for (size_t i = 0; i < len; i++)
        total += widths[i];
    return total;
}

/* Take from the widest column that may be cut, one by one, until all fits or none is left. */
static void shrink(const struct fg_table *table, size_t *widths, size_t room)
{
    while (total_of(widths, table->columns_len) > room) {
        size_t widest = SIZE_MAX;
        for (size_t i = 0; i < table->columns_len; i++) {
            bool may = table->columns[i].least > 0 && widths[i] > table->columns[i].least;
            if (may && (widest == SIZE_MAX || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == SIZE_MAX)
            return;
        widths[widest]--;
    }
}

static void measure(const struct fg_table *table, const struct fg_term *term, size_t *widths)
{
    for (size_t i = 0; i < table->columns_len; i++)
        widths[i] = strlen(table->columns[i].title);
    for (size_t i = 0; i < table->cells_len; i++) {
        size_t width = fg_utf8_width(table->cells[i].text);
        size_t column = i % table->columns_len;
        if (width > widths[column])
            widths[column] = width;
    }
    if (term->width > 0)
        shrink(table, widths, (size_t)term->width);
}

static void add_cell(struct fg_buf *line,
                     const struct fg_table *table,
                     const struct fg_term *term,
                     size_t column,
                     size_t width,
                     const struct cell *cell)
{
    bool is_last = column + 1 == table->columns_len;
    size_t text_width = fg_utf8_width(cell->text);
    size_t pad = text_width < width ? width - text_width : 0;
    bool styled = cell->style != FG_PLAIN && term->colour;
    if (table->columns[column].right)
        fg_buf_printf(line, "%*s", (int)pad, "");
    fg_buf_puts(line, styled ? fg_style_text(term, cell->style) : "");
    fg_utf8_add(line, cell->text, width, term->utf8);
    fg_buf_puts(line, styled ? fg_style_text(term, FG_PLAIN) : "");
    if (!table->columns[column].right && !is_last)
        fg_buf_printf(line, "%*s", (int)pad, "");
    if (!is_last)
        fg_buf_printf(line, "%*s", GAP, "");
}

void fg_table_print(const struct fg_table *table, const struct fg_term *term, FILE *out)
{
    FG_AUTO(fg_buf) struct fg_buf line = {};
    size_t widths[FG_TABLE_COLUMNS_MAX];
    assert(table->cells_len % table->columns_len == 0);
    measure(table, term, widths);
    for (size_t i = 0; i < table->columns_len; i++) {
        char title[64];
        snprintf(title, sizeof(title), "%s", table->columns[i].title);
        add_cell(&line, table, term, i, widths[i], &(struct cell){title, FG_DIM});
    }
    fg_buf_puts(&line, "\n");
    for (size_t i = 0; i < table->cells_len; i++) {
        size_t column = i % table->columns_len;
        add_cell(&line, table, term, column, widths[column], &table->cells[i]);
        if (column + 1 == table->columns_len)
            fg_buf_puts(&line, "\n");
    }
    fwrite(line.text, 1, line.len, out);
}

/* table_test.c - tables, widths of text, bars and sparklines, as the bytes that they print. */
#include "cli/table.h"

#include "base/buf.h"
#include "cli/bar.h"
#include "cli/spark.h"
#include "cli/utf8.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *got, const char *want)
{
    bool is = strcmp(got, want) == 0;
    if (!is)
        printf("# got  %s\n# want %s\n", got, want);
    return is;
}

static const struct fg_column columns[] = {
    {"ID", true, 0}, {"NAME", false, 4}, {"STATE", false, 0}, {}};

static void print(const struct fg_table *table,
                  const struct fg_term *term,
                  char *out,
                  size_t size)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    fg_table_print(table, term, file);
    fclose(file);
    snprintf(out, size, "%s", text);
    free(text);
}

static void add(struct fg_table *table, const char *id, const char *name, const char *state)
{
    fg_table_add(table, FG_PLAIN, id);
    fg_table_add(table, FG_PLAIN, name);
    fg_table_add(table, fg_style_of_state(state), state);
}

static void rows_are_aligned(void)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    struct fg_term plain = {};
    char text[1024];
    add(table, "1", "train", "running");
    add(table, "1234", "", "queued");
    print(table, &plain, text, sizeof(text));
    OK(same(text, "  ID  NAME   STATE\n"
                  "   1  train  running\n"
                  "1234  -      queued\n"));
    EQ(fg_table_len(table), 2);
}

static void long_names_are_cut(void)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    struct fg_term term = {.is_terminal = true, .utf8 = true, .width = 20};
    char text[1024];
    add(table, "1", "a-very-long-name-of-a-job", "queued");
    print(table, &term, text, sizeof(text));
    OK(same(text, "ID  NAME      STATE\n"
                  " 1  a-very-…  queued\n"));
    term.utf8 = false;
    term.width = 5; /* narrower than can be: the least widths stay */
    print(table, &term, text, sizeof(text));
    OK(same(text, "ID  NAME  STATE\n"
                  " 1  a-v.  queued\n"));
}

static void colours_do_not_shift(void)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    struct fg_term term = {.is_terminal = true, .colour = true, .utf8 = true, .width = 80};
    char text[1024];
    add(table, "1", "n", "running");
    print(table, &term, text, sizeof(text));
    OK(strstr(text, " 1  n     \033[32mrunning\033[0m\n") != NULL);
}

static void no_name_moves_the_cursor(void)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    struct fg_term plain = {};
    char text[1024];
    add(table, "1", "a\033[2Jb\nc\xff", "queued");
    print(table, &plain, text, sizeof(text));
    OK(strstr(text, "a?[2Jb?c?") != NULL);
}

static void widths(void)
{
    EQ(fg_utf8_width("abc"), 3);
    EQ(fg_utf8_width("ä"), 1);
    EQ(fg_utf8_width("a\xcc\x88"), 1); /* a combining mark */
    EQ(fg_utf8_width("日本"), 4);
    EQ(fg_utf8_width("\xff\xfe"), 2);
    EQ(fg_utf8_width("\xe6\x97"), 2); /* cut in the middle */
    FG_AUTO(fg_buf) struct fg_buf out = {};
    EQ(fg_utf8_add(&out, "日本語", 4, true), 3); /* a wide one that does not fit is left out */
    OK(same(out.text, "日…"));
    fg_buf_clear(&out);
    EQ(fg_utf8_add(&out, "abc", 0, true), 0);
    EQ(out.len, 0);
}

static void bars(void)
{
    char text[FG_BAR_TEXT_MAX];
    fg_bar_text(text, 40, false, "job 1", 0.5, "");
    OK(same(text, "job 1 [##############-------------]  50%"));
    fg_bar_text(text, 40, false, "job 1", -1, "waits");
    OK(same(text, "job 1  waits"));
    fg_bar_text(text, 30, false, "a label that is far too long for it", 1, "");
    EQ(fg_utf8_width(text), 30);
    for (int width = 0; width < 60; width++) {
        fg_bar_text(text, width, true, "uploading", 0.3, "3 of 10 MiB");
        OK(width < 20 || fg_utf8_width(text) <= (size_t)width);
    }
}

static void sparks(void)
{
    static const double values[] = {-1, 0, 0.5, 1, 7};
    FG_AUTO(fg_buf) struct fg_buf out = {};
    fg_spark_add(&out, values, 5, 7, true);
    OK(same(out.text, "   ▁▅██"));
    fg_buf_clear(&out);
    fg_spark_add(&out, values, 5, 2, false);
    OK(same(out.text, "##"));
    fg_buf_clear(&out);
    fg_gauge_add(&out, 0.5, 4, false);
    fg_gauge_add(&out, 2, 2, false);
    fg_gauge_add(&out, -1, 2, false);
    OK(same(out.text, "##--##--"));
}

int main(void)
{
    RUN(rows_are_aligned);
    RUN(long_names_are_cut);
    RUN(colours_do_not_shift);
    RUN(no_name_moves_the_cursor);
    RUN(widths);
    RUN(bars);
    RUN(sparks);
    return tap_done();
}

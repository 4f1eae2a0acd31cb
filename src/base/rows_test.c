/* rows_test.c - lines, fields and numbers of tables */
#include "base/rows.h"

#include "test/tap.h"

#include <math.h>
#include <string.h>

static struct fg_field field(const char *text)
{
    return (struct fg_field){text, strlen(text)};
}

static bool same(struct fg_field got, const char *want)
{
    return got.len == strlen(want) && memcmp(got.text, want, got.len) == 0;
}

static void test_lines(void)
{
    struct fg_rows rows = {.bytes = "\xef\xbb\xbf a,b \r\n\nlast", .len = 15};
    struct fg_field line;
    OK(fg_rows_next(&rows, &line) && same(line, "a,b") && rows.line == 1);
    OK(fg_rows_next(&rows, &line) && line.len == 0);
    OK(fg_rows_next(&rows, &line) && same(line, "last") && rows.line == 3);
    OK(!fg_rows_next(&rows, &line));
}

/* One by one gives the same fields as all at once. */
static void test_fields_one_by_one(void)
{
    static const char *const lines[] = {"a,b,c", "\"a,b\",c", "",     "a",
                                        ",",     "a,,",       "\"\"", "\"x"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct fg_field all[FG_FIELDS_MAX], one;
        size_t len = fg_fields_split(field(lines[i]), ',', all), count = 0, at = 0;
        printf("# %s\n", lines[i]);
        while (fg_fields_next(field(lines[i]), ',', &at, &one)) {
            OK(count < len && one.text == all[count].text && one.len == all[count].len);
            count++;
        }
        EQ(count, len);
    }
}

static void test_real(void)
{
    static const struct {
        const char *text;
        bool ok;
        double value;
    } cases[] = {
        {"3", true, 3},      {"-0.5", true, -0.5}, {"1e6", true, 1e6},   {".25", true, 0.25},
        {"", true, NAN},     {"NaN", true, NAN},   {"NA", true, NAN},    {"nan", true, NAN},
        {"inf", false, 0},   {"0x10", false, 0},   {"1e999", false, 0},  {"1,5", false, 0},
        {"1.2.3", false, 0}, {"e", false, 0},      {"twelve", false, 0}, {"--1", false, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double got;
        printf("# `%s`\n", cases[i].text);
        EQ(fg_field_real(field(cases[i].text), &got), cases[i].ok);
        if (cases[i].ok)
            OK(isnan(cases[i].value) ? isnan(got) : fabs(got - cases[i].value) < 1e-12);
    }
}

int main(void)
{
    RUN(test_lines);
    RUN(test_fields_one_by_one);
    RUN(test_real);
    return tap_done();
}

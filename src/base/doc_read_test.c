/* doc_read_test.c - typed values, and errors that say where */
#include "base/doc_read.h"
#include "test/tap.h"

#include <string.h>

#define ROOM (1024 * 1024)

struct fixture {
    struct fg_arena *arena;
    struct fg_doc_reader reader;
    struct fg_err err;
    const struct fg_doc *doc;
};

static void begin(struct fixture *f, const char *yaml)
{
    *f = (struct fixture){.arena = fg_arena_new(ROOM)};
    f->reader = (struct fg_doc_reader){
        .arena = f->arena, .file_name = "f.yaml", .err = &f->err, .text_left = 100};
    OK(fg_doc_yaml(yaml, strlen(yaml), f->arena, &f->doc, NULL) == 0);
}

static void end(struct fixture *f)
{
    fg_arena_free(f->arena);
}

static bool says(struct fixture *f, const char *want)
{
    if (strcmp(f->err.text, want) == 0)
        return true;
    printf("#   got \"%s\", want \"%s\"\n", f->err.text, want);
    return false;
}

static void an_error_has_file_line_and_path(void)
{
    struct fixture f;
    begin(&f, "\n\na: 1\n");
    size_t outer = fg_read_enter(&f.reader, "resources");
    fg_read_enter(&f.reader, "any_of");
    fg_read_enter_at(&f.reader, 1);
    EQ(fg_read_fail(&f.reader, f.doc->first, "%d, expected 2", 1), FG_EINVAL);
    OK(says(&f, "f.yaml:3: resources.any_of[1]: 1, expected 2"));
    fg_read_leave(&f.reader, outer);
    (void)!fg_read_fail(&f.reader, f.doc->first, "bad");
    OK(says(&f, "f.yaml:3: bad"));
    f.reader.file_name = NULL;
    (void)!fg_read_fail(&f.reader, f.doc->first, "bad");
    OK(says(&f, "bad"));
    end(&f);
}

static void a_path_is_printable_and_cut(void)
{
    struct fixture f;
    begin(&f, "a: 1");
    f.reader.file_name = NULL;
    fg_read_enter(&f.reader, "a\nb\x1b[31m");
    (void)!fg_read_fail(&f.reader, f.doc, "x");
    OK(says(&f, "a?b?[31m: x"));
    for (int i = 0; i < 100; i++)
        fg_read_enter(&f.reader, "member");
    OK(f.reader.path_len < FG_PATH_TEXT_MAX);
    end(&f);
}

static void an_unknown_member_names_the_nearest(void)
{
    static const char *const names[] = {"memory", "cpus"};
    struct fixture f;
    begin(&f, "memry: 1\nzzz: 2");
    EQ(fg_read_fail_unknown(&f.reader, f.doc->first, names, 2), FG_EINVAL);
    OK(says(&f, "f.yaml:1: memry: unknown member, did you mean memory?"));
    (void)!fg_read_fail_unknown(&f.reader, f.doc->first->next, names, 2);
    OK(says(&f, "f.yaml:2: zzz: unknown member"));
    end(&f);
}

static void whole_numbers_have_their_range(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"5", ""},
        {"0", "f.yaml:1: 0, expected a whole number from 1 to 10"},
        {"11", "f.yaml:1: 11, expected a whole number from 1 to 10"},
        {"1.5", "f.yaml:1: 1.5, expected a whole number from 1 to 10"},
        {"\"5\"", "f.yaml:1: \"5\", expected a whole number from 1 to 10"},
        {"[5]", "f.yaml:1: a list, expected a whole number from 1 to 10"},
        {"0xff", "f.yaml:1: 0xff, expected a whole number from 1 to 10"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        begin(&f, rows[i].text);
        int64_t value = -1;
        EQ(fg_read_int(&f.reader, f.doc, 1, 10, &value), rows[i].want[0] ? FG_EINVAL : 0);
        EQ(value, rows[i].want[0] ? -1 : 5);
        OK(says(&f, rows[i].want));
        end(&f);
    }
}

static void sizes_are_binary_but_for_the_b(void)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } rows[] = {
        {"64GiB", 65536}, {"64Gi", 65536},   {"64G", 65536},
        {"64g", 65536},   {"1TiB", 1048576}, {"512M", 512},
        {"1GB", 954},     {"100K", 1},       {"0.5GiB", 512},
        {"2 GiB", 2048},  {"64", 65536},     {"0", 0},
        {"GiB", -1},      {"64Q", -1},       {"-1G", -1},
        {"1e3G", -1},     {"", -1},          {"1..2G", -1},
        {"64GiBx", -1},   {"1G1", -1},       {"99999999999999999999999G", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("# \"%s\"\n", rows[i].text);
        int64_t mib = -1;
        EQ(fg_size_parse(rows[i].text, 1024, &mib), rows[i].want < 0 ? FG_EINVAL : 0);
        EQ(mib, rows[i].want);
    }
}

static void plain_numbers_are_in_the_readers_unit(void)
{
    struct fixture f;
    int64_t value = 0;
    begin(&f, "0.5");
    EQ(fg_read_size(&f.reader, f.doc, 1024, 4096, &value), 0);
    EQ(value, 512);
    EQ(fg_read_milli(&f.reader, f.doc, 1, 1000, &value), 0);
    EQ(value, 500);
    EQ(fg_read_duration(&f.reader, f.doc, 1'000'000, &value), 0);
    EQ(value, 500'000);
    EQ(fg_read_size(&f.reader, f.doc, 1024, 256, &value), FG_EINVAL);
    EQ(fg_read_milli(&f.reader, f.doc, 1, 400, &value), FG_EINVAL);
    OK(says(&f, "f.yaml:1: 0.5, expected 0.001 to 0.4"));
    EQ(fg_read_duration(&f.reader, f.doc, 1000, &value), FG_EINVAL);
    OK(says(&f, "f.yaml:1: 0.5, expected a duration like 90s, 1h30m or 2d, up to 1ms"));
    EQ(value, 500'000);
    end(&f);
}

static void a_moment_is_a_time_or_a_duration_from_now(void)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } rows[] = {{"2h", 7'200'000'100},
                {"90", 90'000'100},
                {"1970-01-02", 86'400'000'000},
                {"1970-01-01", -1},
                {"soon", -1},
                {"-5", -1},
                {"[]", -1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        begin(&f, rows[i].text);
        int64_t us = -1;
        EQ(fg_read_moment(&f.reader, f.doc, 100, &us), rows[i].want < 0 ? FG_EINVAL : 0);
        EQ(us, rows[i].want);
        end(&f);
    }
}

static void text_is_any_scalar_as_it_was_written(void)
{
    static const char *const rows[][2] = {
        {"hello", "hello"}, {"1e3", "1e3"}, {"yes", "yes"}, {"", ""}, {"\"\"", ""}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        begin(&f, rows[i][0]);
        const char *text = NULL;
        EQ(fg_read_text(&f.reader, f.doc, 10, &text), 0);
        OK(text && strcmp(text, rows[i][1]) == 0);
        end(&f);
    }
    static const struct fg_doc json[] = {{.kind = FG_DOC_INT, .integer = -7},
                                         {.kind = FG_DOC_BOOL, .integer = 1}};
    struct fixture f;
    begin(&f, "");
    const char *text = NULL;
    EQ(fg_read_text(&f.reader, &json[0], 10, &text), 0);
    OK(strcmp(text, "-7") == 0);
    EQ(fg_read_text(&f.reader, &json[1], 10, &text), 0);
    OK(strcmp(text, "true") == 0);
    end(&f);
}

static void text_is_bounded_each_and_in_all(void)
{
    struct fixture f;
    begin(&f, "secret0123456789");
    const char *text = "as it was";
    EQ(fg_read_text(&f.reader, f.doc, 15, &text), FG_EINVAL);
    OK(says(&f, "f.yaml:1: 16 bytes, expected 15 at most"));
    for (int i = 0; i < 6; i++)
        EQ(fg_read_text(&f.reader, f.doc, 16, &text), 0);
    EQ(fg_read_text(&f.reader, f.doc, 16, &text), FG_ETOOBIG);
    OK(strstr(f.err.text, "secret") == NULL);
    end(&f);
    begin(&f, "[x]");
    EQ(fg_read_text(&f.reader, f.doc, 16, &text), FG_EINVAL);
    OK(says(&f, "f.yaml:1: a list, expected text"));
    end(&f);
}

int main(void)
{
    RUN(an_error_has_file_line_and_path);
    RUN(a_path_is_printable_and_cut);
    RUN(an_unknown_member_names_the_nearest);
    RUN(whole_numbers_have_their_range);
    RUN(sizes_are_binary_but_for_the_b);
    RUN(plain_numbers_are_in_the_readers_unit);
    RUN(a_moment_is_a_time_or_a_duration_from_now);
    RUN(text_is_any_scalar_as_it_was_written);
    RUN(text_is_bounded_each_and_in_all);
    return tap_done();
}

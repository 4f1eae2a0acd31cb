/* ignore_test.c - patterns of ignore files. */
#include "client/ignore.h"

#include "test/tap.h"

#include <string.h>

static void patterns(void)
{
    static const struct {
        const char *rules, *path;
        bool is_dir, ignored;
    } rows[] = {
        {"*.pyc", "a.pyc", false, true},
        {"*.pyc", "deep/er/a.pyc", false, true},
        {"*.pyc", "a.py", false, false},
        {"build/", "build", true, true},
        {"build/", "build", false, false},
        {"build/", "src/build", true, true},
        {"/build", "src/build", true, false},
        {"/build", "build", true, true},
        {"out/*.txt", "out/a.txt", false, true},
        {"out/*.txt", "out/b/a.txt", false, false},
        {"out/*.txt", "x/out/a.txt", false, false},
        {"**/cache", "a/b/cache", true, true},
        {"**/cache", "cache", true, true},
        {"a/**/z", "a/z", false, true},
        {"a/**/z", "a/b/c/z", false, true},
        {"a/**", "a/b/c", false, true},
        {"*.bin\n!keep.bin", "keep.bin", false, false},
        {"*.bin\n!keep.bin", "other.bin", false, true},
        {"!keep.bin\n*.bin", "keep.bin", false, true},
        {"# x\n\n  \n", "x", false, false},
        {"file?.[ch]", "file1.c", false, true},
        {"file?.[ch]", "file1.o", false, false},
        {"[!a-c]x", "dx", false, true},
        {"[!a-c]x", "bx", false, false},
        {"[open", "[open", false, true},
        {"\\#literal", "#literal", false, true},
        {"a.c\r\n", "a.c", false, true},
        {"/", "x", true, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FG_AUTO(fg_ignore) struct fg_ignore *ignore = fg_ignore_new();
        fg_ignore_add(ignore, rows[i].rules, strlen(rows[i].rules));
        if (!OK(fg_ignore_match(ignore, rows[i].path, rows[i].is_dir) == rows[i].ignored))
            printf("# %s on %s\n", rows[i].rules, rows[i].path);
    }
}

static void many_stars_end(void)
{
    FG_AUTO(fg_ignore) struct fg_ignore *ignore = fg_ignore_new();
    static const char rule[] = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
    char path[1024];
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    fg_ignore_add(ignore, rule, strlen(rule));
    OK(!fg_ignore_match(ignore, path, false));
}

int main(void)
{
    RUN(patterns);
    RUN(many_stars_end);
    return tap_done();
}

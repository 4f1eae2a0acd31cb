/* args_test.c - every form of option, and every mistake. */
#include "cli/args.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static const struct fg_opt own[] = {
    {"name", 'n', "NAME", "", NULL},
    {"follow", 'f', NULL, "", NULL},
    {"quiet", 'q', NULL, "", NULL},
    {},
};
static const struct fg_opt common[] = {{"url", 0, "URL", "", NULL}, {}};
static const struct fg_opt *const tables[] = {own, common, NULL};

/* "name=x follow | a b": what was read, as one text. */
static void show(const struct fg_args *args, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < args->given_len && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s=%s ", args->given[i].opt->name,
                                args->given[i].value);
    len += (size_t)snprintf(out + len, size - len, "|");
    for (size_t i = 0; i < args->words_len && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, " %s", args->words[i]);
}

/* Split at spaces into `argv`; `copy` holds the words. */
static int split(const char *line, char *copy, size_t size, char **argv)
{
    int argc = 0;
    snprintf(copy, size, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return argc;
}

static void forms(void)
{
    static const struct {
        const char *line;
        bool stop;
        const char *want;
    } rows[] = {
        {"a b", false, "| a b"},
        {"--name x a", false, "name=x | a"},
        {"--name=x=y a", false, "name=x=y | a"},
        {"--name= a", false, "name= | a"},
        {"-n x a", false, "name=x | a"},
        {"-nx a", false, "name=x | a"},
        {"-fq a", false, "follow= quiet= | a"},
        {"-fn x", false, "follow= name=x |"},
        {"a --follow b", false, "follow= | a b"},
        {"a -- --follow -q", false, "| a --follow -q"},
        {"-f a --name x", true, "follow= | a --name x"},
        {"-f -- a -q", true, "follow= | a -q"},
        {"a -- b", true, "| a -- b"},
        {"--url http://x -", false, "url=http://x | -"},
        {"--name -x", false, "name=-x |"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char copy[128], text[256], *argv[32];
        struct fg_args args;
        const char *near;
        int argc = split(rows[i].line, copy, sizeof(copy), argv);
        EQ(fg_args_read(tables, argc, argv, rows[i].stop, &args, &near, NULL), 0);
        show(&args, text, sizeof(text));
        if (!OK(strcmp(text, rows[i].want) == 0))
            printf("# %s: %s\n", rows[i].line, text);
    }
}

static void mistakes(void)
{
    static const struct {
        const char *line, *text, *near;
    } rows[] = {
        {"--nme x", "--nme: no such option", "name"},
        {"--zzzzzzzz", "--zzzzzzzz: no such option", NULL},
        {"-x", "-x: no such option", NULL},
        {"--name", "--name: expected NAME after it", NULL},
        {"-n", "--name: expected NAME after it", NULL},
        {"--follow=1", "--follow: takes no value", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char copy[128], *argv[32];
        struct fg_args args;
        struct fg_err err = {};
        const char *near;
        int argc = split(rows[i].line, copy, sizeof(copy), argv);
        EQ(fg_args_read(tables, argc, argv, false, &args, &near, &err), FG_EINVAL);
        if (!OK(strcmp(err.text, rows[i].text) == 0))
            printf("# %s\n", err.text);
        OK(rows[i].near ? near && strcmp(near, rows[i].near) == 0 : near == NULL);
    }
}

static void the_last_one_counts(void)
{
    char copy[64], *argv[8];
    struct fg_args args;
    const char *near;
    int argc = split("-n a --name b", copy, sizeof(copy), argv);
    EQ(fg_args_read(tables, argc, argv, false, &args, &near, NULL), 0);
    OK(strcmp(fg_args_get(&args, "name"), "b") == 0);
    OK(!fg_args_has(&args, "follow"));
    OK(!args.is_ended);
}

static void too_many(void)
{
    static char flag[] = "-f";
    size_t len = FG_ARGS_GIVEN_MAX + 1;
    char **argv = calloc(len, sizeof(*argv));
    struct fg_args *args = calloc(1, sizeof(*args));
    const char *near;
    for (size_t i = 0; i < len; i++)
        argv[i] = flag;
    EQ(fg_args_read(tables, (int)len, argv, false, args, &near, NULL), FG_EINVAL);
    EQ(fg_args_read(tables, (int)len - 1, argv, false, args, &near, NULL), 0);
    free(argv);
    free(args);
}

int main(void)
{
    RUN(forms);
    RUN(mistakes);
    RUN(the_last_one_counts);
    RUN(too_many);
    return tap_done();
}

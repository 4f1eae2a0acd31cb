/* args.c - see args.h */
#include "cli/args.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>

#define NAMES_MAX 64

static const struct fg_opt *find_name(const struct fg_opt *const *tables,
                                      const char *name,
                                      size_t len)
{
    for (; *tables; tables++)
        for (const struct fg_opt *opt = *tables; opt->name; opt++)
            if (strlen(opt->name) == len && memcmp(opt->name, name, len) == 0)
                return opt;
    return NULL;
}

static const struct fg_opt *find_letter(const struct fg_opt *const *tables, char letter)
{
    for (; *tables; tables++)
        for (const struct fg_opt *opt = *tables; opt->name; opt++)
            if (opt->letter == letter)
                return opt;
    return NULL;
}

static const char *nearest(const struct fg_opt *const *tables, const char *name)
{
    const char *names[NAMES_MAX];
    size_t len = 0;
    for (; *tables; tables++)
        for (const struct fg_opt *opt = *tables; opt->name && len < NAMES_MAX; opt++)
            names[len++] = opt->name;
    return fg_nearest(name, names, len);
}

struct reader {
    struct fg_args *args;
    int argc;
    char **argv;
    int next; /* the first argument not yet looked at */
    const char **out_near;
    struct fg_err *err;
};

static int give(struct reader *reader, const struct fg_opt *opt, const char *value)
{
    struct fg_args *args = reader->args;
    if (args->given_len == FG_ARGS_GIVEN_MAX)
        return fg_fail(reader->err, FG_EINVAL, "more than %d options", FG_ARGS_GIVEN_MAX);
    args->given[args->given_len++] = (struct fg_arg){opt, value};
    return 0;
}

/* The value of `opt`: the rest of its own argument, or the next one. */
static int give_value(struct reader *reader, const struct fg_opt *opt, const char *rest)
{
    if (!rest && reader->next == reader->argc)
        return fg_fail(reader->err, FG_EINVAL, "--%s: expected %s after it", opt->name,
                       opt->arg);
    return give(reader, opt, rest ? rest : reader->argv[reader->next++]);
}

static int read_long(struct reader *reader, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t len = equals ? (size_t)(equals - text) : strlen(text);
    const struct fg_opt *opt = find_name(reader->args->tables, text, len);
    if (!opt) {
        char name[64];
        fg_copy(name, len + 1 < sizeof(name) ? len + 1 : sizeof(name), text);
        *reader->out_near = nearest(reader->args->tables, name);
        return fg_fail(reader->err, FG_EINVAL, "--%s: no such option", name);
    }
    if (opt->arg)
        return give_value(reader, opt, equals ? equals + 1 : NULL);
    if (equals)
        return fg_fail(reader->err, FG_EINVAL, "--%s: takes no value", opt->name);
    return give(reader, opt, "");
}

static int read_letters(struct reader *reader, const char *text)
{
    for (; *text; text++) {
        const struct fg_opt *opt = find_letter(reader->args->tables, *text);
        if (!opt)
            return fg_fail(reader->err, FG_EINVAL, "-%c: no such option", *text);
        if (opt->arg)
            return give_value(reader, opt, text[1] ? text + 1 : NULL);
        int rc = give(reader, opt, "");
        if (rc < 0)
            return rc;
    }
    return 0;
}

int fg_args_read(const struct fg_opt *const *tables,
                 int argc,
                 char **argv,
                 bool stop,
                 struct fg_args *out,
                 const char **out_near,
                 struct fg_err *err)
{
    struct reader reader = {out, argc, argv, 0, out_near, err};
    *out_near = NULL;
    out->tables = tables;
    out->given_len = 0;
    out->words = argv;
    out->words_len = 0;
    out->is_ended = false;
    /* Words move to the front: an argument is read before its place is taken. */
    while (reader.next < argc) {
        char *arg = argv[reader.next++];
        int rc = 0;
        bool is_end = strcmp(arg, "--") == 0;
        bool is_word = arg[0] != '-' || arg[1] == '\0';
        out->is_ended = out->is_ended || is_end;
        if (is_word)
            argv[out->words_len++] = arg;
        if (is_end || (is_word && stop))
            while (reader.next < argc)
                argv[out->words_len++] = argv[reader.next++];
        else if (!is_word)
            rc = arg[1] == '-' ? read_long(&reader, arg + 2) : read_letters(&reader, arg + 1);
        if (rc < 0)
            return rc;
    }
    return 0;
}

const char *fg_args_get(const struct fg_args *args, const char *name)
{
    assert(find_name(args->tables, name, strlen(name)));
    for (size_t i = args->given_len; i > 0; i--)
        if (strcmp(args->given[i - 1].opt->name, name) == 0)
            return args->given[i - 1].value;
    return NULL;
}

bool fg_args_has(const struct fg_args *args, const char *name)
{
    return fg_args_get(args, name) != NULL;
}

/* cli.c - find the command, read its options, run it, say what went wrong. */
#include "cli/verb.h"

#include "base/text.h"
#include "cli/help.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_LEN 64

#define X(symbol, name, words, min, max, flags, group, summary, detail)                        \
    extern const struct fg_opt fg_opts_##symbol[];                                             \
    fg_verb_fn fg_cmd_##symbol;
#include "cli/commands.def"
#undef X

const struct fg_verb fg_verbs[] = {
#define X(symbol, name, words, min, max, flags, group, summary, detail)                        \
    {name, words, min, max, flags, group, summary, detail, fg_opts_##symbol, fg_cmd_##symbol},
#include "cli/commands.def"
#undef X
};
const size_t fg_verbs_len = sizeof(fg_verbs) / sizeof(fg_verbs[0]);

const struct fg_opt fg_opts_all[] = {
    {"help", 'h', NULL, "show how this command is used", NULL},
    {},
};

const struct fg_opt fg_opts_service[] = {
    {"url", 0, "URL", "where the service is: http://HOST:PORT or unix:/PATH", NULL},
    {},
};

void fg_verb_tables(const struct fg_verb *verb, const struct fg_opt *out[4])
{
    size_t len = 0;
    out[len++] = verb->opts;
    if (!(verb->flags & FG_VERB_LOCAL))
        out[len++] = fg_opts_service;
    out[len++] = fg_opts_all;
    out[len] = NULL;
}

/* The command of one or two words; `*out_taken` is how many. */
static const struct fg_verb *find_verb(int argc, char **argv, int *out_taken)
{
    for (int words = argc < 2 ? argc : 2; words > 0; words--) {
        char name[NAME_MAX_LEN];
        int len = words == 2 ? snprintf(name, sizeof(name), "%s %s", argv[0], argv[1])
                             : snprintf(name, sizeof(name), "%s", argv[0]);
        for (size_t i = 0; i < fg_verbs_len && (size_t)len < sizeof(name); i++)
            if (strcmp(fg_verbs[i].name, name) == 0) {
                *out_taken = words;
                return &fg_verbs[i];
            }
    }
    return NULL;
}

static bool is_family(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < fg_verbs_len; i++)
        if (strncmp(fg_verbs[i].name, word, len) == 0 && fg_verbs[i].name[len] == ' ')
            return true;
    return false;
}

static const char *nearest_verb(const char *word)
{
    const char *names[128];
    size_t len = 0;
    for (size_t i = 0; i < fg_verbs_len && len < 128; i++)
        names[len++] = fg_verbs[i].name;
    return fg_nearest(word, names, len);
}

static const char *hint_of(int code)
{
    switch (code) {
    case FG_EUNREACH:
        return "Start it with `make run` or `fastgpu up`, or name another one with "
               "FASTGPU_URL.";
    case FG_EAUTH:
        return "Put a token into FASTGPU_TOKEN; the first one is in the file admin.token of "
               "the data "
               "folder.";
    case FG_EPERM:
        return "Ask an administrator, or use another token; `fastgpu status` shows who you "
               "are.";
    case FG_EQUOTA:
        return "`fastgpu project show NAME` shows the quota and what is used of it.";
    default:
        return "";
    }
}

static void print_error(const struct fg_cli *cli, const struct fg_err *err)
{
    const char *hint = cli->hint[0] ? cli->hint : hint_of(err->code);
    const char *name = cli->verb ? cli->verb->name : "";
    fflush(stdout);
    fprintf(stderr, "%sfastgpu: %s%s%s%s [%s]\n", fg_style_text(&cli->err, FG_BAD), name,
            name[0] ? ": " : "", err->text, fg_style_text(&cli->err, FG_PLAIN),
            fg_code_name(err->code));
    if (hint[0])
        fprintf(stderr, "HINT: %s\n", hint);
}

static int no_such_command(struct fg_cli *cli, int argc, char **argv, struct fg_err *err)
{
    char typed[NAME_MAX_LEN];
    bool two = argc > 1 && is_family(argv[0]) && argv[1][0] != '-';
    snprintf(typed, sizeof(typed), "%s%s%s", argv[0], two ? " " : "", two ? argv[1] : "");
    if (is_family(argv[0]) && !two) {
        fg_help_family(argv[0], stderr);
        return fg_code_exit(FG_EINVAL);
    }
    const char *near = nearest_verb(typed);
    if (near)
        fg_cli_hint(cli, "Did you mean `fastgpu %s`?", near);
    else
        fg_cli_hint(cli, "`fastgpu help` lists the commands.");
    return fg_fail(err, FG_EINVAL, "%s: no such command", typed);
}

static int read_args(struct fg_cli *cli, int argc, char **argv, struct fg_err *err)
{
    const struct fg_verb *verb = cli->verb;
    const char *near;
    fg_verb_tables(verb, cli->tables);
    int rc = fg_args_read(cli->tables, argc, argv, (verb->flags & FG_VERB_STOP) != 0,
                          &cli->args, &near, err);
    if (rc < 0 && near)
        fg_cli_hint(cli, "Did you mean --%s?", near);
    else if (rc < 0)
        fg_cli_hint(cli, "`fastgpu help %s` lists the options.", verb->name);
    if (rc < 0 || fg_args_has(&cli->args, "help"))
        return rc;
    int len = (int)cli->args.words_len;
    if (len >= verb->words_min && (verb->words_max < 0 || len <= verb->words_max))
        return 0;
    fg_cli_hint(cli, "`fastgpu help %s` shows how it is used.", verb->name);
    if (len < verb->words_min)
        return fg_fail(err, FG_EINVAL, "expected %s", verb->words);
    return fg_fail(err, FG_EINVAL, "%.60s: one word too many",
                   cli->args.words[verb->words_max]);
}

static int run_verb(struct fg_cli *cli, int argc, char **argv, struct fg_err *err)
{
    int rc = read_args(cli, argc, argv, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "help"))
        return fg_help_verb(cli->verb, stdout);
    if (!(cli->verb->flags & (FG_VERB_LOCAL | FG_VERB_LATE)))
        rc = fg_cli_connect(cli, err);
    return rc < 0 ? rc : cli->verb->run(cli, err);
}

/* What was printed must have arrived: a full disk is no success. */
static int finish_output(int status)
{
    bool bad = fflush(stdout) != 0 || ferror(stdout);
    if (bad && status == 0) {
        fprintf(stderr, "fastgpu: standard output cannot be written [FG_EIO]\n");
        return fg_code_exit(FG_EIO);
    }
    return status;
}

int fg_cli_main(int argc, char **argv, const struct fg_cli_hooks *hooks)
{
    struct fg_err err = {};
    struct fg_cli *cli = calloc(1, sizeof(*cli));
    if (!cli)
        abort();
    cli->hooks = hooks;
    cli->out = fg_term_look(stdout);
    cli->err = fg_term_look(stderr);

    int rc, taken = 1;
    char help[] = "help", version[] = "version";
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
        argv[1] = help;
    else if (argc > 1 && (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0))
        argv[1] = version;
    if (argc < 2) {
        rc = fg_help_start(cli);
    } else if ((cli->verb = find_verb(argc - 1, argv + 1, &taken)) == NULL) {
        rc = no_such_command(cli, argc - 1, argv + 1, &err);
    } else {
        rc = run_verb(cli, argc - 1 - taken, argv + 1 + taken, &err);
    }
    if (rc < 0)
        print_error(cli, &err);
    int status = finish_output(rc < 0 ? fg_code_exit(rc) : rc);
    fg_client_free(cli->client);
    free(cli);
    return status;
}

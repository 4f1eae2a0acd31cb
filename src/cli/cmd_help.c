/* cmd_help.c - fastgpu help, version, completion */
#include "cli/help.h"

#include <string.h>

const struct fg_opt fg_opts_help[] = {
    {"man", 0, NULL, "the manual page fastgpu(1), as roff", NULL},
    {"exit-codes", 0, NULL, "docs/exit-codes.md", NULL},
    {"commands", 0, NULL, "docs/cli.md", NULL},
    {},
};
const struct fg_opt fg_opts_version[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_completion[] = {{}};

fg_verb_fn fg_cmd_help, fg_cmd_version, fg_cmd_completion;

static int help_words(struct fg_cli *cli, struct fg_err *err)
{
    char name[128];
    const struct fg_args *args = &cli->args;
    snprintf(name, sizeof(name), "%s%s%s", args->words[0], args->words_len > 1 ? " " : "",
             args->words_len > 1 ? args->words[1] : "");
    size_t len = strlen(name);
    for (size_t i = 0; i < fg_verbs_len; i++)
        if (strcmp(fg_verbs[i].name, name) == 0)
            return fg_help_verb(&fg_verbs[i], stdout);
    for (size_t i = 0; i < fg_verbs_len; i++)
        if (strncmp(fg_verbs[i].name, name, len) == 0 && fg_verbs[i].name[len] == ' ') {
            fg_help_family(name, stdout);
            return 0;
        }
    fg_cli_hint(cli, "`fastgpu help` lists the commands.");
    return fg_fail(err, FG_EINVAL, "%.60s: no such command", name);
}

int fg_cmd_help(struct fg_cli *cli, struct fg_err *err)
{
    if (fg_args_has(&cli->args, "man"))
        fg_help_man(stdout);
    else if (fg_args_has(&cli->args, "exit-codes"))
        fg_help_exit_codes(stdout);
    else if (fg_args_has(&cli->args, "commands"))
        fg_help_commands(stdout);
    else if (cli->args.words_len > 0)
        return help_words(cli, err);
    else
        fg_help_all(stdout);
    return 0;
}

int fg_cmd_version(struct fg_cli *cli, struct fg_err *)
{
    if (fg_args_has(&cli->args, "json"))
        printf("{\"version\":\"" FASTGPU_VERSION "\"}\n");
    else
        printf("fastgpu " FASTGPU_VERSION "\n");
    return 0;
}

int fg_cmd_completion(struct fg_cli *cli, struct fg_err *err)
{
    if (fg_help_completion(cli->args.words[0], stdout))
        return 0;
    return fg_fail(err, FG_EINVAL, "%.40s: no such shell, expected bash, zsh or fish",
                   cli->args.words[0]);
}

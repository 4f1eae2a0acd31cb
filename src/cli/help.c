/* help.c - help on the terminal; see help.h */
#include "cli/help.h"

#include "base/doc.h"
#include "client/locate.h"

#include <string.h>

static size_t width_of_names(void)
{
    size_t width = 0;
    for (size_t i = 0; i < fg_verbs_len; i++)
        if (strlen(fg_verbs[i].name) > width)
            width = strlen(fg_verbs[i].name);
    return width;
}

void fg_help_all(FILE *out)
{
    int width = (int)width_of_names();
    const char *group = "";
    fprintf(out, "FastGPU " FASTGPU_VERSION
                 ": one pool of many GPUs, and the jobs that run on it.\n\n"
                 "usage: fastgpu COMMAND [OPTION]... [WORD]...\n");
    for (size_t i = 0; i < fg_verbs_len; i++) {
        const struct fg_verb *verb = &fg_verbs[i];
        if (strcmp(group, verb->group) != 0)
            fprintf(out, "\n%s\n", verb->group);
        group = verb->group;
        fprintf(out, "  %-*s  %s\n", width, verb->name, verb->summary);
    }
    fprintf(
        out,
        "\n`fastgpu help COMMAND` shows the options of one; `man fastgpu` is the manual.\n");
}

void fg_help_family(const char *word, FILE *out)
{
    size_t len = strlen(word);
    fprintf(out, "usage: fastgpu %s COMMAND\n\n", word);
    for (size_t i = 0; i < fg_verbs_len; i++)
        if (strncmp(fg_verbs[i].name, word, len) == 0 && fg_verbs[i].name[len] == ' ')
            fprintf(out, "  %-*s  %s\n", (int)width_of_names(), fg_verbs[i].name,
                    fg_verbs[i].summary);
}

/* "-n, --name NAME" */
static int opt_text(const struct fg_opt *opt, char *out, size_t size)
{
    char letter[8] = "    ";
    if (opt->letter)
        snprintf(letter, sizeof(letter), "-%c, ", opt->letter);
    return snprintf(out, size, "%s--%s%s%s", letter, opt->name, opt->arg ? " " : "",
                    opt->arg ? opt->arg : "");
}

int fg_help_verb(const struct fg_verb *verb, FILE *out)
{
    const struct fg_opt *tables[4];
    char text[128];
    int width = 0;
    fg_verb_tables(verb, tables);
    fprintf(out, "fastgpu %s: %s\n\nusage: fastgpu %s [OPTION]...%s%s\n\n", verb->name,
            verb->summary, verb->name, verb->words[0] ? " " : "", verb->words);
    for (size_t t = 0; tables[t]; t++)
        for (const struct fg_opt *opt = tables[t]; opt->name; opt++) {
            int len = opt_text(opt, text, sizeof(text));
            width = len > width ? len : width;
        }
    for (size_t t = 0; tables[t]; t++)
        for (const struct fg_opt *opt = tables[t]; opt->name; opt++) {
            opt_text(opt, text, sizeof(text));
            fprintf(out, "  %-*s  %s\n", width, text, opt->help);
        }
    if (verb->detail[0])
        fprintf(out, "\n%s\n", verb->detail);
    return 0;
}

int fg_help_start(struct fg_cli *cli)
{
    struct fg_place place;
    struct fg_err err = {};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    int rc = fg_locate_service(NULL, &place, &err);
    if (rc == 0) {
        cli->client = fg_client_new(place.url, place.token, &err);
        struct fg_call call = {.method = "GET", .path = "/healthz", .timeout_s = 5};
        rc = cli->client ? fg_client_call(cli->client, &call, &body, &err) : FG_EINVAL;
    }
    fg_help_all(stdout);
    if (rc >= 0)
        printf("\nThe service answers at %s: try `fastgpu top`, `fastgpu ps`, "
               "`fastgpu run -- echo hello`.\n",
               place.url);
    else
        printf("\nNothing answers yet (%s).\nStart the service with `make run` in the "
               "checkout, or "
               "`fastgpu up --detach`.\n",
               err.text);
    return rc >= 0 ? 0 : fg_code_exit(FG_EUNREACH);
}

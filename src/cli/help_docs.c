/* help_docs.c - the documents that are printed from the tables: docs/exit-codes.md, docs/cli.md */
#include "cli/help.h"

#include <ctype.h>
#include <string.h>

void fg_help_exit_codes(FILE *out)
{
    static const struct {
        const char *name, *text;
        int exit, http;
        bool retry;
    } rows[] = {
#define X(name, value, http, exit, retry, text) {#name, text, exit, http, retry},
#include "base/err.def"
#undef X
    };
    fputs(
        "# Exit codes\n\n"
        "<!-- Printed by `fastgpu help --exit-codes` from src/base/err.def; a test compares. "
        "-->\n\n"
        "| exit | error | HTTP | same call again may help | meaning |\n|--:|---|--:|---|---|\n"
        "| 0 | | | | done |\n",
        out);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        fprintf(out, "| %d | `%s` | %d | %s | %s |\n", rows[i].exit, rows[i].name, rows[i].http,
                rows[i].retry ? "yes" : "no", rows[i].text);
    fputs("\nA mistake in the command line itself (unknown option, missing word) is 2 as "
          "well.\n\n"
          "`fastgpu run`, `fastgpu wait`, and `fastgpu submit` with `--follow` or `--wait`, "
          "exit as the job did:\n\n"
          "| exit | the job |\n|--:|---|\n"
          "| its own | ended by itself |\n"
          "| 128 + N | was killed by signal N |\n"
          "| 124 | its time limit was over |\n"
          "| 125 | could not be started |\n"
          "| 130 | was cancelled (for `run` also: you left it with Ctrl-C, it goes on) |\n\n"
          "With several jobs, `wait` exits as the first one, in the order given, that did not "
          "succeed.\n",
          out);
}

static void put_cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_options(FILE *out, const struct fg_opt *opts)
{
    if (!opts->name)
        return;
    fputs("\n| option | |\n|---|---|\n", out);
    for (const struct fg_opt *opt = opts; opt->name; opt++) {
        fputs("| `", out);
        if (opt->letter)
            fprintf(out, "-%c`, `", opt->letter);
        fprintf(out, "--%s", opt->name);
        if (opt->arg) {
            fputc(' ', out);
            put_cell(out, opt->arg);
        }
        fputs("` | ", out);
        put_cell(out, opt->help);
        fputs(" |\n", out);
    }
}

/* "Example: fastgpu ..." lines become code; others are paragraphs. */
static void put_detail(FILE *out, const char *detail)
{
    while (*detail) {
        size_t len = strcspn(detail, "\n");
        bool is_example = strncmp(detail, "Example: ", 9) == 0;
        if (is_example)
            fprintf(out, "\n    %.*s\n", (int)len - 9, detail + 9);
        else
            fprintf(out, "\n%.*s\n", (int)len, detail);
        detail += len + (detail[len] == '\n');
    }
}

void fg_help_commands(FILE *out)
{
    const char *group = "";
    fputs(
        "# Command line\n\n"
        "<!-- Printed by `fastgpu help --commands` from src/cli/commands.def; a test compares. "
        "-->\n\n"
        "    fastgpu COMMAND [OPTION]... [WORD]...\n\n"
        "Tables are for eyes: cut to the terminal, coloured there unless `NO_COLOR` is set. "
        "`--json` is for "
        "programs: whole, in one piece, the members of the [API](api.md).\n\n"
        "Every command takes `--help`; those that talk to the service take `--url URL`. It is "
        "found by:\n\n"
        "1. `--url`, else `FASTGPU_URL` (`http://HOST:PORT` or `unix:/PATH`), with the token "
        "in `FASTGPU_TOKEN` or "
        "in the file `FASTGPU_TOKEN_FILE`;\n"
        "2. else the Unix socket `FASTGPU_SOCKET`;\n"
        "3. else the first of `$XDG_STATE_HOME/fastgpu/fastgpu.sock` (`~/.local/state` without "
        "`XDG_STATE_HOME`), `/var/lib/fastgpu/fastgpu.sock`, `/run/fastgpu/fastgpu.sock`.\n\n"
        "On a socket no token is needed: the kernel says who asks.\n\n"
        "An error is one line, `fastgpu: COMMAND: what is wrong [FG_CODE]`, maybe with a "
        "`HINT:`; the "
        "[exit codes](exit-codes.md) follow the code.\n",
        out);
    for (size_t i = 0; i < fg_verbs_len; i++) {
        const struct fg_verb *verb = &fg_verbs[i];
        if (strcmp(group, verb->group) != 0)
            fprintf(out, "\n## %s\n", verb->group);
        group = verb->group;
        fprintf(out, "\n### fastgpu %s%s%s\n\n%c%s.\n", verb->name, verb->words[0] ? " " : "",
                verb->words, toupper((unsigned char)verb->summary[0]), verb->summary + 1);
        put_detail(out, verb->detail);
        put_options(out, verb->opts);
    }
    fputs("\n## Progress\n\n"
          "On a terminal, `run`, `submit --follow` and `logs -f` show a bar below the output "
          "of a job that prints, "
          "anywhere in a line, letter case aside, one of\n\n"
          "    epoch 3/10        (3 of 10 are done; `epoch: 3/10` and `Epoch [3/10]` too)\n"
          "    step 40/200       (or iter, iteration, batch)\n"
          "    progress 0.42     (or `progress: 42%`)\n\n"
          "`progress` counts more than `epoch`, `epoch` more than `step`. Before the first "
          "output the line says what "
          "the job waits for.\n",
          out);
}

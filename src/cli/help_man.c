/* help_man.c - the manual page fastgpu(1), as roff; see help.h */
#include "cli/help.h"

#include <ctype.h>
#include <string.h>

/* Text that roff must not take for its own: backslashes, hyphens of options, dots at the start. */
static void put(FILE *out, const char *text)
{
    bool at_start = true;
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        at_start = *text == '\n';
    }
}

static void put_option(FILE *out, const struct fg_opt *opt)
{
    fputs(".TP\n", out);
    if (opt->letter)
        fprintf(out, "\\fB\\-%c\\fR, ", opt->letter);
    fputs("\\fB\\-\\-", out);
    put(out, opt->name);
    fputs("\\fR", out);
    if (opt->arg) {
        fputs(" \\fI", out);
        put(out, opt->arg);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    put(out, opt->help);
    fputs(".\n", out);
}

/* Paragraphs end at a line end; the first letter of the summary becomes a capital. */
static void put_command(FILE *out, const struct fg_verb *verb)
{
    fprintf(out, ".SS \"fastgpu %s%s%s\"\n%c", verb->name, verb->words[0] ? " " : "",
            verb->words, toupper((unsigned char)verb->summary[0]));
    put(out, verb->summary + 1);
    fputs(".\n", out);
    for (const char *line = verb->detail; *line;) {
        char text[1024];
        size_t len = strcspn(line, "\n");
        snprintf(text, sizeof(text), "%.*s", (int)len, line);
        fputs(".PP\n", out);
        put(out, text);
        fputc('\n', out);
        line += len + (line[len] == '\n');
    }
    for (const struct fg_opt *opt = verb->opts; opt->name; opt++)
        put_option(out, opt);
}

static void put_exit_codes(FILE *out)
{
    static const struct {
        const char *name, *text;
        int exit;
    } rows[] = {
#define X(name, value, http, exit, retry, text) {#name, text, exit},
#include "base/err.def"
#undef X
    };
    fputs(".SH EXIT STATUS\n.TP\n0\nDone.\n", out);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        fprintf(out, ".TP\n%d\n%s: %s.\n", rows[i].exit, rows[i].name, rows[i].text);
    fputs(".PP\n\\fBrun\\fR, \\fBwait\\fR and \\fBsubmit\\fR with \\fB\\-\\-follow\\fR or "
          "\\fB\\-\\-wait\\fR exit as "
          "the job did: with its own status, 128 and the signal that killed it, 124 if its "
          "time was over, 130 if "
          "it was cancelled, 125 if it could not be started.\n",
          out);
}

static void put_environment(FILE *out)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"FASTGPU_URL",
         "Where the service is: http://HOST:PORT or unix:/PATH. The option --url comes first."},
        {"FASTGPU_TOKEN",
         "The token for that address; never given as an argument, which others can see."},
        {"FASTGPU_TOKEN_FILE",
         "A file that holds the token, read if FASTGPU_TOKEN is not set."},
        {"FASTGPU_SOCKET",
         "The service's Unix socket, if no address is given. Without it: "
         "$XDG_STATE_HOME/fastgpu/fastgpu.sock, /var/lib/fastgpu/fastgpu.sock, "
         "/run/fastgpu/fastgpu.sock, the first that exists."},
        {"XDG_STATE_HOME", "Where the data folder fastgpu is, without it ~/.local/state."},
        {"NO_COLOR", "If set, no colours."},
    };
    fputs(".SH ENVIRONMENT\n", out);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fprintf(out, ".TP\n\\fB%s\\fR\n", rows[i].name);
        put(out, rows[i].text);
        fputc('\n', out);
    }
}

void fg_help_man(FILE *out)
{
    const char *group = "";
    fputs(
        ".\\\" Printed by `fastgpu help --man` from src/cli/commands.def and the tables of "
        "options.\n"
        ".TH FASTGPU 1 \"\" \"FastGPU " FASTGPU_VERSION "\" \"FastGPU manual\"\n"
        ".SH NAME\nfastgpu \\- one pool of many GPUs, and the jobs that run on it\n"
        ".SH SYNOPSIS\n\\fBfastgpu\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIWORD\\fR]...\n"
        ".SH DESCRIPTION\nFastGPU takes jobs, places them on the devices of its pool, runs "
        "them, keeps their "
        "output and says what they used. One program is both the service (\\fBfastgpu up\\fR) "
        "and the "
        "command line.\n"
        ".PP\nTables are for eyes; \\fB\\-\\-json\\fR is for programs. Errors go to standard "
        "error: what is "
        "wrong, the name of the error in brackets, and a hint if there is one.\n",
        out);
    for (size_t i = 0; i < fg_verbs_len; i++) {
        const struct fg_verb *verb = &fg_verbs[i];
        if (strcmp(group, verb->group) != 0) {
            fputs(".SH \"", out);
            for (const char *at = verb->group; *at; at++)
                fputc(toupper((unsigned char)*at), out);
            fputs("\"\n", out);
        }
        group = verb->group;
        put_command(out, verb);
    }
    fputs(".SH \"EVERY COMMAND\"\n", out);
    for (const struct fg_opt *opt = fg_opts_service; opt->name; opt++)
        put_option(out, opt);
    for (const struct fg_opt *opt = fg_opts_all; opt->name; opt++)
        put_option(out, opt);
    put_exit_codes(out);
    put_environment(out);
    fputs(".SH \"SEE ALSO\"\n\\fBfastgpu\\-job\\fR(5)\n", out);
}

/* help_completion.c - completion scripts for bash, zsh and fish, from the tables; see help.h
 *
 * Commands and options are written into the script; ids of jobs, names of nodes and projects are asked of
 * the program when they are wanted, and are simply missing if the service does not answer.
 */
#include "cli/help.h"

#include <string.h>

static bool is_first_word(size_t index, char *out, size_t size)
{
    size_t len = strcspn(fg_verbs[index].name, " ");
    snprintf(out, size, "%.*s", (int)len, fg_verbs[index].name);
    for (size_t i = 0; i < index; i++)
        if (strncmp(fg_verbs[i].name, out, len) == 0
            && (fg_verbs[i].name[len] == ' ' || fg_verbs[i].name[len] == '\0'))
            return false;
    return true;
}

/* What the words of a command are: asked of the program itself. */
static const char *words_of(const struct fg_verb *verb)
{
    if (strncmp(verb->words, "ID", 2) == 0 && strncmp(verb->name, "token", 5) != 0)
        return "jobs";
    if (strncmp(verb->name, "node ", 5) == 0 && verb->words[0])
        return "nodes";
    if (strncmp(verb->name, "project ", 8) == 0 && verb->words[0])
        return "projects";
    if (strcmp(verb->name, "submit") == 0)
        return "files";
    if (strcmp(verb->name, "run") == 0)
        return "commands";
    if (strcmp(verb->name, "completion") == 0)
        return "shells";
    return strcmp(verb->name, "help") == 0 ? "verbs" : "none";
}

static void put_options(const struct fg_verb *verb, FILE *out)
{
    const struct fg_opt *tables[4];
    fg_verb_tables(verb, tables);
    for (size_t t = 0; tables[t]; t++)
        for (const struct fg_opt *opt = tables[t]; opt->name; opt++)
            fprintf(out, " --%s", opt->name);
}

/* ---- bash ---- */

static void bash_verbs(FILE *out)
{
    char word[64];
    fputs("    local verbs=\"", out);
    for (size_t i = 0; i < fg_verbs_len; i++)
        if (is_first_word(i, word, sizeof(word)))
            fprintf(out, " %s", word);
    fputs("\"\n", out);
}

static void bash_cases(FILE *out)
{
    for (size_t i = 0; i < fg_verbs_len; i++) {
        fprintf(out, "    \"%s\") kind=%s; options=\"", fg_verbs[i].name,
                words_of(&fg_verbs[i]));
        put_options(&fg_verbs[i], out);
        fputs("\" ;;\n", out);
    }
}

/* After an option with a fixed set of values, or a file, or a job. */
static void bash_values(FILE *out)
{
    for (size_t i = 0; i < fg_verbs_len; i++)
        for (const struct fg_opt *opt = fg_verbs[i].opts; opt->name; opt++) {
            if (!opt->values)
                continue;
            fprintf(out, "    \"%s --%s\") ", fg_verbs[i].name, opt->name);
            if (strcmp(opt->values, "file") == 0)
                fputs("COMPREPLY=($(compgen -f -- \"$cur\"))", out);
            else if (strcmp(opt->values, "dir") == 0)
                fputs("COMPREPLY=($(compgen -d -- \"$cur\"))", out);
            else if (strcmp(opt->values, "job") == 0)
                fputs("COMPREPLY=($(compgen -W \"$(fastgpu ps -q 2>/dev/null)\" -- \"$cur\"))",
                      out);
            else
                fprintf(out, "COMPREPLY=($(compgen -W \"$(tr '|' ' ' <<<'%s')\" -- \"$cur\"))",
                        opt->values);
            fputs("; return ;;\n", out);
        }
}

static void put_bash(FILE *out)
{
    fputs("# bash completion for fastgpu, printed by `fastgpu completion bash`\n"
          "_fastgpu() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb "
          "kind=none options=\"\" i\n"
          "    COMPREPLY=()\n",
          out);
    bash_verbs(out);
    fputs("    verb=${COMP_WORDS[1]}\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W \"$verbs\" -- "
          "\"$cur\")); return; fi\n"
          "    case $verb in\n",
          out);
    for (size_t i = 0; i < fg_verbs_len; i++) {
        char word[64];
        if (!strchr(fg_verbs[i].name, ' ') || !is_first_word(i, word, sizeof(word)))
            continue;
        fprintf(out, "    %s) if [ \"$COMP_CWORD\" -eq 2 ]; then COMPREPLY=($(compgen -W \"",
                word);
        for (size_t k = i; k < fg_verbs_len; k++)
            if (strncmp(fg_verbs[k].name, word, strlen(word)) == 0
                && fg_verbs[k].name[strlen(word)] == ' ')
                fprintf(out, " %s", fg_verbs[k].name + strlen(word) + 1);
        fputs("\" -- \"$cur\")); return; fi; verb=\"$verb ${COMP_WORDS[2]}\" ;;\n", out);
    }
    fputs("    esac\n    case \"$verb $prev\" in\n", out);
    bash_values(out);
    fputs("    esac\n    case $verb in\n", out);
    bash_cases(out);
    fputs(
        "    esac\n"
        "    if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")); "
        "return; fi\n"
        "    case $kind in\n"
        "    jobs) COMPREPLY=($(compgen -W \"$(fastgpu ps -q 2>/dev/null)\" -- \"$cur\")) ;;\n"
        "    nodes) COMPREPLY=($(compgen -W \"$(fastgpu node list -q 2>/dev/null)\" -- "
        "\"$cur\")) ;;\n"
        "    projects) COMPREPLY=($(compgen -W \"$(fastgpu project list -q 2>/dev/null)\" -- "
        "\"$cur\")) ;;\n"
        "    files) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
        "    commands) COMPREPLY=($(compgen -cf -- \"$cur\")) ;;\n"
        "    shells) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$cur\")) ;;\n"
        "    verbs) COMPREPLY=($(compgen -W \"$verbs\" -- \"$cur\")) ;;\n"
        "    esac\n"
        "}\n"
        "complete -o filenames -F _fastgpu fastgpu\n",
        out);
}

/* ---- zsh ---- */

/* Inside '...' and _arguments: quotes, colons and brackets have meanings. */
static void zsh_text(const char *text, FILE *out)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:", *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void zsh_value(const struct fg_opt *opt, FILE *out)
{
    if (!opt->arg)
        return;
    fputs(":", out);
    zsh_text(opt->arg, out);
    fputs(":", out);
    if (!opt->values)
        return;
    if (strcmp(opt->values, "file") == 0)
        fputs("_files", out);
    else if (strcmp(opt->values, "dir") == 0)
        fputs("_files -/", out);
    else if (strcmp(opt->values, "job") == 0)
        fputs("_fastgpu_jobs", out);
    else {
        fputs("(", out);
        for (const char *at = opt->values; *at; at++)
            fputc(*at == '|' ? ' ' : *at, out);
        fputs(")", out);
    }
}

static void zsh_words(const struct fg_verb *verb, FILE *out)
{
    const char *kind = words_of(verb);
    if (strcmp(kind, "jobs") == 0)
        fputs(" '*:job:_fastgpu_jobs'", out);
    else if (strcmp(kind, "nodes") == 0)
        fputs(" '*:node:_fastgpu_nodes'", out);
    else if (strcmp(kind, "projects") == 0)
        fputs(" '*:project:_fastgpu_projects'", out);
    else if (strcmp(kind, "files") == 0)
        fputs(" '*:file:_files'", out);
    else if (strcmp(kind, "commands") == 0)
        fputs(" '*::command:_normal'", out);
    else if (strcmp(kind, "shells") == 0)
        fputs(" '*:shell:(bash zsh fish)'", out);
}

static void put_zsh(FILE *out)
{
    fputs(
        "#compdef fastgpu\n# zsh completion for fastgpu, printed by `fastgpu completion zsh`\n"
        "_fastgpu_jobs() { local -a ids; ids=(${(f)\"$(fastgpu ps -q 2>/dev/null)\"}); compadd "
        "-a ids }\n"
        "_fastgpu_nodes() { local -a ids; ids=(${(f)\"$(fastgpu node list -q 2>/dev/null)\"}); "
        "compadd -a ids }\n"
        "_fastgpu_projects() { local -a ids; ids=(${(f)\"$(fastgpu project list -q "
        "2>/dev/null)\"}); compadd -a ids }\n"
        "_fastgpu() {\n    local -a verbs\n    verbs=(\n",
        out);
    for (size_t i = 0; i < fg_verbs_len; i++) {
        char word[64];
        if (!is_first_word(i, word, sizeof(word)))
            continue;
        fprintf(out, "        '%s:", word);
        zsh_text(fg_verbs[i].summary, out);
        fputs("'\n", out);
    }
    fputs("    )\n    if (( CURRENT == 2 )); then _describe command verbs; return; fi\n"
          "    local verb=$words[2] shift_by=1\n    case $verb in\n",
          out);
    for (size_t i = 0; i < fg_verbs_len; i++) {
        char word[64];
        if (!strchr(fg_verbs[i].name, ' ') || !is_first_word(i, word, sizeof(word)))
            continue;
        fprintf(out, "    %s) if (( CURRENT == 3 )); then compadd", word);
        for (size_t k = i; k < fg_verbs_len; k++)
            if (strncmp(fg_verbs[k].name, word, strlen(word)) == 0
                && fg_verbs[k].name[strlen(word)] == ' ')
                fprintf(out, " %s", fg_verbs[k].name + strlen(word) + 1);
        fputs("; return; fi; verb=\"$verb $words[3]\"; shift_by=2 ;;\n", out);
    }
    fputs("    esac\n    shift $shift_by words; (( CURRENT -= shift_by ))\n    case $verb in\n",
          out);
    for (size_t i = 0; i < fg_verbs_len; i++) {
        const struct fg_opt *tables[4];
        fg_verb_tables(&fg_verbs[i], tables);
        fprintf(out, "    '%s') _arguments -S", fg_verbs[i].name);
        for (size_t t = 0; tables[t]; t++)
            for (const struct fg_opt *opt = tables[t]; opt->name; opt++) {
                fprintf(out, " '*--%s[", opt->name);
                zsh_text(opt->help, out);
                fputs("]", out);
                zsh_value(opt, out);
                fputs("'", out);
            }
        zsh_words(&fg_verbs[i], out);
        fputs(" ;;\n", out);
    }
    fputs("    esac\n}\nif [ \"$funcstack[1]\" = _fastgpu ]; then _fastgpu \"$@\"; else "
          "compdef _fastgpu fastgpu; fi\n",
          out);
}

/* ---- fish ---- */

static void fish_text(const char *text, FILE *out)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void fish_condition(const struct fg_verb *verb, FILE *out)
{
    const char *space = strchr(verb->name, ' ');
    if (space)
        fprintf(out, "'__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s'",
                (int)(space - verb->name), verb->name, space + 1);
    else
        fprintf(out, "'__fish_seen_subcommand_from %s'", verb->name);
}

static void fish_option(const struct fg_verb *verb, const struct fg_opt *opt, FILE *out)
{
    fputs("complete -c fastgpu -n ", out);
    fish_condition(verb, out);
    fprintf(out, " -l %s", opt->name);
    if (opt->letter)
        fprintf(out, " -s %c", opt->letter);
    fputs(" -d ", out);
    fish_text(opt->help, out);
    if (opt->arg && opt->values
        && (strcmp(opt->values, "file") == 0 || strcmp(opt->values, "dir") == 0))
        fputs(" -rF", out);
    else if (opt->arg && opt->values && strcmp(opt->values, "job") == 0)
        fputs(" -x -a '(fastgpu ps -q 2>/dev/null)'", out);
    else if (opt->arg && opt->values) {
        fputs(" -x -a '", out);
        for (const char *at = opt->values; *at; at++)
            fputc(*at == '|' ? ' ' : *at, out);
        fputs("'", out);
    } else if (opt->arg)
        fputs(" -x", out);
    fputc('\n', out);
}

static void fish_words(const struct fg_verb *verb, FILE *out)
{
    const char *kind = words_of(verb), *values = NULL;
    if (strcmp(kind, "jobs") == 0)
        values = "(fastgpu ps -q 2>/dev/null)";
    else if (strcmp(kind, "nodes") == 0)
        values = "(fastgpu node list -q 2>/dev/null)";
    else if (strcmp(kind, "projects") == 0)
        values = "(fastgpu project list -q 2>/dev/null)";
    else if (strcmp(kind, "shells") == 0)
        values = "bash zsh fish";
    if (!values && strcmp(kind, "files") != 0 && strcmp(kind, "commands") != 0)
        return;
    fputs("complete -c fastgpu -n ", out);
    fish_condition(verb, out);
    fprintf(out, values ? " -a '%s'\n" : " -F\n", values ? values : "");
}

static void put_fish(FILE *out)
{
    fputs("# fish completion for fastgpu, printed by `fastgpu completion fish`\ncomplete -c "
          "fastgpu -f\n",
          out);
    for (size_t i = 0; i < fg_verbs_len; i++) {
        const struct fg_verb *verb = &fg_verbs[i];
        const char *space = strchr(verb->name, ' ');
        char word[64];
        if (is_first_word(i, word, sizeof(word))) {
            fprintf(out, "complete -c fastgpu -n __fish_use_subcommand -a %s -d ", word);
            fish_text(space ? verb->group : verb->summary, out);
            fputc('\n', out);
        }
        if (space) {
            fprintf(out, "complete -c fastgpu -n '__fish_seen_subcommand_from %s' -a %s -d ",
                    word, space + 1);
            fish_text(verb->summary, out);
            fputc('\n', out);
        }
        const struct fg_opt *tables[4];
        fg_verb_tables(verb, tables);
        for (size_t t = 0; tables[t]; t++)
            for (const struct fg_opt *opt = tables[t]; opt->name; opt++)
                fish_option(verb, opt, out);
        fish_words(verb, out);
    }
}

bool fg_help_completion(const char *shell, FILE *out)
{
    if (strcmp(shell, "bash") == 0)
        put_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        put_zsh(out);
    else if (strcmp(shell, "fish") == 0)
        put_fish(out);
    else
        return false;
    return true;
}

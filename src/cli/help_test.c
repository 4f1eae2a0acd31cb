/* help_test.c - help, manual, completions and documents mention every command and option, and the documents
 * in the tree are what the program prints. */
#include "cli/help.h"

#include "base/buf.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

struct text {
    char *bytes;
    size_t len;
    FILE *file;
};

static FILE *begin(struct text *text)
{
    *text = (struct text){};
    return text->file = open_memstream(&text->bytes, &text->len);
}

static void end(struct text *text)
{
    fclose(text->file);
}

/* Whether every command and every option is in `text`; options are written as `form` says. */
static void mentions_all(const char *what, const char *text, const char *form, bool options)
{
    for (size_t i = 0; i < fg_verbs_len; i++) {
        const char *space = strchr(fg_verbs[i].name, ' ');
        bool found = strstr(text, fg_verbs[i].name)
                     || (space && strstr(text, space + 1)); /* families: word by word */
        if (!OK(found))
            printf("# %s: %s is not mentioned\n", what, fg_verbs[i].name);
        for (const struct fg_opt *opt = fg_verbs[i].opts; opt->name && options; opt++) {
            char want[64];
            size_t len = 0;
            for (const char *at = opt->name; *at; at++) {
                bool is_roff = strcmp(what, "manual") == 0 && *at == '-';
                len += (size_t)snprintf(want + len, sizeof(want) - len, "%s%c",
                                        is_roff ? "\\" : "", *at);
            }
            char full[128];
            snprintf(full, sizeof(full), form, want);
            if (!OK(strstr(text, full) != NULL))
                printf("# %s: %s of %s is not mentioned\n", what, full, fg_verbs[i].name);
        }
    }
}

static void everything_is_mentioned(void)
{
    struct text text;
    fg_help_all(begin(&text));
    end(&text);
    mentions_all("help", text.bytes, "", false);
    free(text.bytes);

    fg_help_man(begin(&text));
    end(&text);
    mentions_all("manual", text.bytes, "\\-\\-%s", true);
    free(text.bytes);

    static const char *const shells[] = {"bash", "zsh", "fish"};
    static const char *const forms[] = {"--%s", "--%s[", "-l %s"};
    for (size_t i = 0; i < 3; i++) {
        OK(fg_help_completion(shells[i], begin(&text)));
        end(&text);
        mentions_all(shells[i], text.bytes, forms[i], true);
        free(text.bytes);
    }
    OK(!fg_help_completion("tcsh", stdout));
}

static void each_command_has_help(void)
{
    for (size_t i = 0; i < fg_verbs_len; i++) {
        struct text text;
        fg_help_verb(&fg_verbs[i], begin(&text));
        end(&text);
        OK(strstr(text.bytes, fg_verbs[i].summary) != NULL);
        OK(strstr(text.bytes, "--help") != NULL);
        for (const struct fg_opt *opt = fg_verbs[i].opts; opt->name; opt++) {
            OK(strstr(text.bytes, opt->name) != NULL);
            OK(opt->help[0] != '\0' && opt->help[strlen(opt->help) - 1] != '.');
        }
        free(text.bytes);
    }
}

/* Two options of one command with one name or one letter: the second could never be given. */
static void no_two_are_the_same(void)
{
    for (size_t i = 0; i < fg_verbs_len; i++)
        for (const struct fg_opt *a = fg_verbs[i].opts; a->name; a++)
            for (const struct fg_opt *b = a + 1; b->name; b++) {
                bool same =
                    strcmp(a->name, b->name) == 0 || (a->letter && a->letter == b->letter);
                if (same)
                    printf("# %s: --%s and --%s\n", fg_verbs[i].name, a->name, b->name);
                if (same)
                    OK(!same);
            }
    for (size_t i = 0; i < fg_verbs_len; i++)
        for (const struct fg_opt *opt = fg_verbs[i].opts; opt->name; opt++)
            OK(opt->letter != 'h'
               && (fg_verbs[i].flags & FG_VERB_LOCAL || strcmp(opt->name, "url") != 0));
}

static void same_as_file(const char *path, void (*print)(FILE *out))
{
    struct text text;
    char full[512];
    FG_AUTO(fg_buf) struct fg_buf have = {};
    print(begin(&text));
    end(&text);
    snprintf(full, sizeof(full), SOURCE_DIR "/%s", path);
    FG_AUTO(fg_file) FILE *file = fopen(full, "r");
    fg_buf_puts(&have, "");
    size_t got;
    while (file && (got = fread(fg_buf_reserve(&have, 65536), 1, 65536, file)) > 0)
        have.len += got;
    if (!OK(have.len == text.len && memcmp(have.text, text.bytes, text.len) == 0))
        printf("# %s is not what `fastgpu help` prints (--commands, --exit-codes): "
               "write it anew\n",
               path);
    free(text.bytes);
}

static void the_documents_are_current(void)
{
    same_as_file("docs/cli.md", fg_help_commands);
    same_as_file("docs/exit-codes.md", fg_help_exit_codes);
}

static char *read_file(const char *path)
{
    char full[512];
    FG_AUTO(fg_buf) struct fg_buf have = {};
    snprintf(full, sizeof(full), SOURCE_DIR "/%s", path);
    FG_AUTO(fg_file) FILE *file = fopen(full, "r");
    fg_buf_puts(&have, "");
    size_t got;
    while (file && (got = fread(fg_buf_reserve(&have, 65536), 1, 65536, file)) > 0)
        have.len += got;
    have.text[have.len] = '\0';
    return strdup(have.text);
}

/* The members of a job are rows of a table in model/job_read.c: {"retries", ...}, {TEXT(name, ...) or
 * {DURATION("grace", ...).  Each must be in both documents, and be known to --set. */
static void every_member_of_a_job_is_documented(void)
{
    char *source = read_file("src/model/job_read.c"), *guide = read_file("docs/job-file.md");
    char *manual = read_file("docs/man/fastgpu-job.5"),
         *override = read_file("src/cli/spec_override.c");
    char *at = strstr(source, "fg_job_member members[] = {"),
         *end = at ? strstr(at, "\n};") : NULL;
    int found = 0;
    for (; at && end && at < end; at = strchr(at + 1, '\n')) {
        char name[64], want[80];
        bool is_row = sscanf(at, "\n {TEXT(%63[a-z_]", name) == 1
                      || sscanf(at, "\n {DURATION(\"%63[a-z_]", name) == 1
                      || sscanf(at, "\n {\"%63[a-z_]", name) == 1;
        if (!is_row)
            continue;
        found++;
        bool is_canonical = strlen(name) > 3 && strcmp(name + strlen(name) - 3, "_us") == 0;
        snprintf(want, sizeof(want), "`%s`", name);
        bool good = strstr(guide, want) != NULL;
        snprintf(want, sizeof(want), "(\"%s\",", name);
        good = good && (is_canonical || (strstr(manual, name) && strstr(override, want)));
        if (!OK(good))
            printf("# %s\n", name);
    }
    OK(found > 20);
    free(source);
    free(guide);
    free(manual);
    free(override);
}

int main(void)
{
    RUN(everything_is_mentioned);
    RUN(each_command_has_help);
    RUN(no_two_are_the_same);
    RUN(the_documents_are_current);
    RUN(every_member_of_a_job_is_documented);
    return tap_done();
}

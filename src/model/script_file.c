/* script_file.c - see script_file.h: lines and words; the options are in script_option.c */
#include "model/script_file.h"
#include "base/text.h"
#include "model/script_option.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MARK      "#SBATCH"
#define WORDS_MAX 64 /* of one line */
#define LINE_MAX  4096

int fg_script_fail(struct fg_script *script, const char *fmt, ...)
{
    char text[FG_ERR_TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    const char *option = script->option ? script->option : "",
               *colon = script->option ? ": " : "";
    return fg_fail(script->err, FG_EINVAL, "%s:%u: %s%s%s", script->file_name, script->line,
                   option, colon, text);
}

struct fg_doc *fg_script_add(struct fg_script *script,
                             struct fg_doc *parent,
                             const char *key,
                             enum fg_doc_kind kind)
{
    struct fg_doc *child = FG_NEW(script->arena, struct fg_doc, 1);
    child->kind = kind;
    child->key = key;
    child->line = script->line;

    /* Newest first would turn lists round; they are short, so walk to the end. */
    const struct fg_doc **end = &parent->first;
    while (*end)
        end = (const struct fg_doc **)(uintptr_t) & (*end)->next;
    *end = child;
    parent->len++;
    return child;
}

void fg_script_add_text(struct fg_script *script,
                        struct fg_doc *parent,
                        const char *key,
                        const char *text)
{
    struct fg_doc *child = fg_script_add(script, parent, key, FG_DOC_TEXT);
    child->text = fg_arena_printf(script->arena, "%s", text);
    child->text_len = strlen(child->text);
}

void fg_script_add_int(struct fg_script *script,
                       struct fg_doc *parent,
                       const char *key,
                       int64_t value)
{
    struct fg_doc *child = fg_script_add(script, parent, key, FG_DOC_INT);
    child->integer = value;
    child->real = (double)value;
}

/* One word at `*at`, without its quotes, into `out`; false: the quote is not closed. */
static bool take_word(char **at, char **out)
{
    char quote = '\0';
    char *to = *out = *at, *from = *at;
    for (; *from && (quote || !isspace((unsigned char)*from)); from++) {
        if (quote ? *from == quote : *from == '"' || *from == '\'')
            quote = quote ? '\0' : *from;
        else if (*from == '\\' && quote != '\'' && from[1])
            *to++ = *++from;
        else
            *to++ = *from;
    }
    *at = *from ? from + 1 : from;
    *to = '\0';
    return quote == '\0';
}

/* The words of `line`, which is cut up; a word that begins with # ends it. */
static int split(struct fg_script *script, char *line, char *words[WORDS_MAX], size_t *out_len)
{
    size_t len = 0;
    for (char *at = line;;) {
        while (isspace((unsigned char)*at))
            at++;
        if (*at == '\0' || *at == '#')
            break;
        if (len == WORDS_MAX)
            return fg_script_fail(script, "more than %d words in the line", WORDS_MAX);
        if (!take_word(&at, &words[len++]))
            return fg_script_fail(script, "a quote is not closed");
    }
    *out_len = len;
    return 0;
}

/* `text` is what follows #SBATCH in the line. */
static int read_options(struct fg_script *script, const char *text, size_t len)
{
    char line[LINE_MAX], *words[WORDS_MAX];
    if (len >= sizeof(line))
        return fg_script_fail(script, "%zu bytes in the line, expected %d at most", len,
                              LINE_MAX - 1);
    memcpy(line, text, len);
    line[len] = '\0';

    size_t words_len = 0, used = 1;
    int rc = split(script, line, words, &words_len);
    for (size_t i = 0; i < words_len && rc == 0; i += used)
        rc = fg_script_option(script, words[i], i + 1 < words_len ? words[i + 1] : NULL, &used);
    script->option = NULL;
    return rc;
}

static bool is_option_line(const char *line, size_t len)
{
    size_t mark = strlen(MARK);
    return len > mark && memcmp(line, MARK, mark) == 0 && isspace((unsigned char)line[mark]);
}

/* sbatch looks no further than the first line that is neither blank nor a comment. */
static bool is_command(const char *line, size_t len)
{
    line = fg_trim(line, &len);
    return len > 0 && line[0] != '#';
}

static int read_lines(struct fg_script *script, const char *bytes, size_t len)
{
    const char *end = bytes + len;
    for (const char *line = bytes; line < end; script->line++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((newline ? newline : end) - line);
        if (is_command(line, line_len))
            break;
        if (is_option_line(line, line_len)) {
            size_t mark = strlen(MARK);
            int rc = read_options(script, line + mark, line_len - mark);
            if (rc < 0)
                return rc;
        }
        line += line_len + 1;
    }
    return fg_script_finish_ask(script);
}

/* What a JSON text cannot hold as it is would run as something else than what was written. */
static int check_text(struct fg_script *script, const char *bytes, size_t len)
{
    for (size_t at = 0, step; at < len; at += step) {
        step = fg_utf8_len(bytes + at, len - at);
        if (step == 0 || bytes[at] == '\0')
            return fg_script_fail(script, step ? "a NUL byte" : "not UTF-8 text");
        script->line += bytes[at] == '\n';
    }
    script->line = 1;
    return 0;
}

int fg_script_parse(const char *bytes,
                    size_t len,
                    const char *file_name,
                    struct fg_arena *arena,
                    const struct fg_doc **out,
                    struct fg_err *err)
{
    struct fg_script script = {.arena = arena, .file_name = file_name, .err = err, .line = 1};
    script.root = FG_NEW(arena, struct fg_doc, 1);
    script.root->kind = FG_DOC_MAP;
    script.root->line = 1;

    int rc = check_text(&script, bytes, len);
    if (rc == 0)
        rc = read_lines(&script, bytes, len);
    if (rc < 0)
        return rc;

    struct fg_doc *run = fg_script_add(&script, script.root, "run", FG_DOC_TEXT);
    char *copy = FG_NEW(arena, char, len + 1);
    memcpy(copy, bytes, len);
    run->text = copy;
    run->text_len = len;
    *out = script.root;
    return 0;
}

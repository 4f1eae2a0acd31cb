/* ignore.c - see ignore.h */
#include "client/ignore.h"

#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 100000 /* a pattern of many stars is given up, and does not match */

struct rule {
    char *pattern;                 /* owned */
    bool negative, dir_only, tied; /* '!' before, '/' behind, '/' at the start or inside */
};

struct fg_ignore {
    struct rule *rules;
    size_t rules_len;
};

struct fg_ignore *fg_ignore_new(void)
{
    struct fg_ignore *ignore = calloc(1, sizeof(*ignore));
    if (!ignore)
        abort();
    ignore->rules = calloc(FG_IGNORE_RULES_MAX, sizeof(*ignore->rules));
    if (!ignore->rules)
        abort();
    return ignore;
}

void fg_ignore_free(struct fg_ignore *ignore)
{
    if (!ignore)
        return;
    for (size_t i = 0; i < ignore->rules_len; i++)
        free(ignore->rules[i].pattern);
    free(ignore->rules);
    free(ignore);
}

static void add_line(struct fg_ignore *ignore, const char *line, size_t len)
{
    struct rule rule = {};
    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\r' || line[len - 1] == '\t'))
        len--;
    if (len == 0 || line[0] == '#' || ignore->rules_len == FG_IGNORE_RULES_MAX)
        return;
    if (line[0] == '!') {
        rule.negative = true;
        line++;
        len--;
    }
    if (len > 0 && line[len - 1] == '/') {
        rule.dir_only = true;
        len--;
    }
    if (len > 0 && memchr(line, '/', len))
        rule.tied = true;
    if (len > 0 && line[0] == '/') {
        line++;
        len--;
    }
    if (len == 0)
        return;
    rule.pattern = strndup(line, len);
    if (!rule.pattern)
        abort();
    ignore->rules[ignore->rules_len++] = rule;
}

void fg_ignore_add(struct fg_ignore *ignore, const char *text, size_t len)
{
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line_len = end ? (size_t)(end - text) : len;
        add_line(ignore, text, line_len);
        size_t taken = end ? line_len + 1 : line_len;
        text += taken;
        len -= taken;
    }
}

/* A class like [a-z] or [!x] at `at`; `*out_next` is what follows it, NULL if it is not closed. */
static bool class_match(const char *at, char byte, const char **out_next)
{
    const char *item = at + 1;
    bool negative = *item == '!' || *item == '^', found = false;
    if (negative)
        item++;
    const char *first = item;
    *out_next = NULL;
    for (; *item && (*item != ']' || item == first); item++) {
        if (item[1] == '-' && item[2] && item[2] != ']') {
            found = found || (item[0] <= byte && byte <= item[2]);
            item += 2;
        } else {
            found = found || *item == byte;
        }
    }
    if (*item == ']')
        *out_next = item + 1;
    return found != negative && byte != '/';
}

static bool match(const char *pattern, const char *path, int *steps);

/* `pattern` begins with a star: try every length that it may stand for. */
static bool match_star(const char *pattern, const char *path, int *steps)
{
    bool any_part = pattern[1] == '*';
    const char *rest = pattern;
    while (*rest == '*')
        rest++;
    /* A "**" and the slash behind it also stand for no part at all. */
    if (any_part && *rest == '/' && match(rest + 1, path, steps))
        return true;
    for (const char *at = path;; at++) {
        if (match(rest, at, steps))
            return true;
        if (*at == '\0' || (*at == '/' && !any_part))
            return false;
    }
}

static bool match(const char *pattern, const char *path, int *steps)
{
    for (;;) {
        if (++*steps > STEPS_MAX)
            return false;
        if (*pattern == '*')
            return match_star(pattern, path, steps);
        if (*pattern == '\0' || *path == '\0')
            return *pattern == *path;
        const char *next = pattern + 1;
        bool same;
        if (*pattern == '[') {
            same = class_match(pattern, *path, &next);
            if (!next) {
                same = *path == '[';
                next = pattern + 1;
            }
        } else if (*pattern == '?') {
            same = *path != '/';
        } else {
            if (*pattern == '\\' && pattern[1])
                pattern++;
            same = *pattern == *path;
            next = pattern + 1;
        }
        if (!same)
            return false;
        pattern = next;
        path++;
    }
}

bool fg_ignore_match(const struct fg_ignore *ignore, const char *path, bool is_dir)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (size_t i = ignore->rules_len; i > 0; i--) {
        const struct rule *rule = &ignore->rules[i - 1];
        int steps = 0;
        if (rule->dir_only && !is_dir)
            continue;
        if (match(rule->pattern, rule->tied ? path : name, &steps))
            return !rule->negative;
    }
    return false;
}

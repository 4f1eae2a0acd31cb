/* progress.c - see progress.h */
#include "cli/progress.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RANK_STEP = 1, RANK_EPOCH, RANK_PROGRESS };

static const struct {
    const char *word;
    int rank;
} kinds[] = {
    {"progress", RANK_PROGRESS}, {"epoch", RANK_EPOCH}, {"step", RANK_STEP},
    {"iteration", RANK_STEP},    {"iter", RANK_STEP},   {"batch", RANK_STEP},
};

void fg_progress_start(struct fg_progress *progress)
{
    *progress = (struct fg_progress){.fraction = -1};
}

/* Past what may stand between the word and the number: "epoch: [ 3/10" */
static const char *skip_between(const char *at)
{
    while (*at == ' ' || *at == ':' || *at == '=' || *at == '[' || *at == '(' || *at == '\t')
        at++;
    return at;
}

/* A plain number; strtod alone would take hex, "inf" and "nan" as well. */
static bool read_number(const char **at, double *out)
{
    if (!isdigit((unsigned char)**at))
        return false;
    size_t len = strspn(*at, "0123456789.");
    char text[32], *end;
    if (len >= sizeof(text))
        return false;
    memcpy(text, *at, len);
    text[len] = '\0';
    *out = strtod(text, &end);
    *at += end - text;
    return true;
}

static bool take(struct fg_progress *progress, int rank, const char *word, const char *at)
{
    double done, total;
    at = skip_between(at);
    if (!read_number(&at, &done))
        return false;
    const char *rest = at + strspn(at, " ");
    if (*rest == '/') {
        rest++;
        rest += strspn(rest, " ");
        if (!read_number(&rest, &total) || total <= 0 || done > total)
            return false;
        snprintf(progress->label, sizeof(progress->label), "%s %g/%g", word, done, total);
        progress->fraction = done / total;
    } else if (rank == RANK_PROGRESS && *rest == '%' && done <= 100) {
        progress->fraction = done / 100;
        progress->label[0] = '\0';
    } else if (rank == RANK_PROGRESS && done <= 1) {
        progress->fraction = done;
        progress->label[0] = '\0';
    } else {
        return false;
    }
    progress->rank = rank;
    return true;
}

static bool read_line(struct fg_progress *progress)
{
    const char *line = progress->line;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].rank < progress->rank)
            continue;
        size_t len = strlen(kinds[i].word);
        for (const char *at = line; (at = strcasestr(at, kinds[i].word)) != NULL; at += len) {
            bool starts = at == line || !isalnum((unsigned char)at[-1]);
            if (starts && take(progress, kinds[i].rank, kinds[i].word, at + len))
                return true;
        }
    }
    return false;
}

bool fg_progress_feed(struct fg_progress *progress, const char *bytes, size_t len)
{
    bool changed = false;
    for (size_t i = 0; i < len; i++) {
        bool is_end = bytes[i] == '\n' || bytes[i] == '\r';
        if (!is_end && progress->line_len + 1 < sizeof(progress->line))
            progress->line[progress->line_len++] = bytes[i] ? bytes[i] : ' ';
        if (is_end && progress->line_len > 0) {
            progress->line[progress->line_len] = '\0';
            changed = read_line(progress) || changed;
            progress->line_len = 0;
        }
    }
    return changed;
}

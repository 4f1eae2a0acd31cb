/* slack.c - see slack.h */
#include "demand/slack.h"

#include "base/grow.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US     3'600'000'000LL
#define CLASSES_MAX 64
#define RELIABLE    0.1 /* so much of a part may have less slack than is told of it */

struct entry {
    double work;
    int64_t slack_us;
};

struct class
{
    char name[FG_NAME_MAX];
    double all, flexible;
    struct entry *entries; /* that may wait */
    size_t len, room;
};

struct fg_slack {
    struct class classes[CLASSES_MAX];
    size_t len;
};

struct fg_slack *fg_slack_new(void)
{
    struct fg_slack *slack = calloc(1, sizeof(*slack));
    if (!slack)
        abort();
    return slack;
}

void fg_slack_free(struct fg_slack *slack)
{
    for (size_t i = 0; slack && i < slack->len; i++)
        free(slack->classes[i].entries);
    free(slack);
}

static struct class *class_of(struct fg_slack *slack, const char *name)
{
    for (size_t i = 0; i < slack->len; i++)
        if (strcmp(slack->classes[i].name, name) == 0)
            return &slack->classes[i];
    if (slack->len == CLASSES_MAX)
        return NULL;
    struct class *class = &slack->classes[slack->len++];
    fg_copy(class->name, sizeof(class->name), name);
    return class;
}

void fg_slack_add(struct fg_slack *slack, const char *name, double work, int64_t slack_us)
{
    struct class *class = class_of(slack, name);
    if (!class || !(work > 0))
        return;
    class->all += work;
    if (slack_us <= 0)
        return;
    class->entries = fg_grow(class->entries, class->len, &class->room, sizeof(struct entry));
    class->entries[class->len++] = (struct entry){work, slack_us};
    class->flexible += work;
}

static int by_slack(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return left->slack_us != right->slack_us
               ? (left->slack_us < right->slack_us ? -1 : 1)
               : (left->work > right->work) - (left->work < right->work);
}

/* The part that begins at `*at`: a third of the work that may wait, or what is left of it. */
static struct fg_slack_part part_of(const struct class *class, size_t *at, bool is_last)
{
    double want = class->flexible / FG_SLACK_PARTS, work = 0, below = 0;
    size_t begin = *at, end = begin;
    while (end < class->len && (is_last || work < want))
        work += class->entries[end++].work;
    size_t told = begin;
    while (told + 1 < end && below + class->entries[told].work <= RELIABLE * work)
        below += class->entries[told++].work;
    *at = end;
    return (struct fg_slack_part){
        .class = class->name,
        .slack_us = begin < end ? class->entries[told].slack_us / HOUR_US * HOUR_US : 0,
        .share_milli = (uint32_t)floor(1000 * work / class->all),
        .jobs = (uint32_t) class->len};
}

size_t fg_slack_parts(struct fg_slack *slack, struct fg_slack_part *out, size_t room)
{
    size_t len = 0;
    for (size_t i = 0; i < slack->len; i++) {
        struct class *class = &slack->classes[i];
        size_t at = 0;
        if (class->len < FG_SLACK_JOBS_MIN)
            continue;
        qsort(class->entries, class->len, sizeof(struct entry), by_slack);
        for (int k = 0; k < FG_SLACK_PARTS && len < room; k++) {
            struct fg_slack_part part = part_of(class, &at, k + 1 == FG_SLACK_PARTS);
            bool same = len > 0 && out[len - 1].class == class->name
                        && out[len - 1].slack_us == part.slack_us;
            if (part.slack_us <= 0 || part.share_milli == 0)
                continue;
            if (same)
                out[len - 1].share_milli += part.share_milli;
            else
                out[len++] = part;
        }
    }
    return len;
}

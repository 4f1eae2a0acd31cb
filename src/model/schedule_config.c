/* schedule_config.c - see schedule_config.h */
#include "model/schedule_config.h"
#include "base/text.h"

#include <stddef.h>
#include <string.h>

#define WORDS_MAX 16

static const struct member {
    const char *name;
    size_t offset;
    const char *words[WORDS_MAX]; /* the first is the default */
    const char *text;
} members[] = {
    {"order",
     offsetof(struct fg_schedule_config, order),
     {"priority", "fifo", "sjf", "srtf", "las", "edf", "llf", "drf", "fair", "ftf", "cost"},
     "who goes first; `fastgpu policy list` says what each does"},
    {"place",
     offsetof(struct fg_schedule_config, place),
     {"best", "fgd", "best-fit", "packing", "spread", "dot-product", "clustering", "random"},
     "where a task goes among the nodes that can take it; `fastgpu policy list` says what each "
     "does"},
    {"preempt",
     offsetof(struct fg_schedule_config, preempt),
     {"priority", "off", "order"},
     "who may push aside running preemptible jobs: who has the higher priority, nobody, or who "
     "is "
     "clearly better in the order (srtf, las, edf, llf)"},
    {"allocate",
     offsetof(struct fg_schedule_config, allocate),
     {"off", "max-min", "throughput", "cost", "makespan", "ftf"},
     "which kind of device is for whom among jobs that tell their `throughput`, by a linear "
     "program "
     "over all that wait and run: most for the worst off, most work, most work for the money, "
     "all "
     "done soonest, finish-time fairness; off: each takes the first of its alternatives that "
     "fits"},
    {"optimise",
     offsetof(struct fg_schedule_config, optimise),
     {"off", "head"},
     "head: of the first `optimise_jobs` behind the head of the queue those are backfilled "
     "that together are worth most, devices for the time they are held, as far as a search "
     "finds them (decision 0012); off: each that fits, in order"},
    {"backfill",
     offsetof(struct fg_schedule_config, backfill),
     {"easy", "conservative", "off"},
     "who may start before one that waits: who does not delay the first of those that wait, "
     "who "
     "delays none of the first `backfill_promises`, or nobody"},
};

#define MEMBERS_LEN (sizeof(members) / sizeof(members[0]))

static char *field(struct fg_schedule_config *config, const struct member *member)
{
    return (char *)config + member->offset;
}

void fg_schedule_config_defaults(struct fg_schedule_config *config)
{
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        fg_copy(field(config, &members[i]), FG_NAME_MAX, members[i].words[0]);
}

static bool has_word(const struct member *member, const char *word)
{
    for (size_t i = 0; i < WORDS_MAX && member->words[i]; i++)
        if (strcmp(member->words[i], word) == 0)
            return true;
    return false;
}

static int read_word(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     const struct member *member,
                     struct fg_schedule_config *out)
{
    const char *word;
    int rc = fg_read_text(reader, doc, FG_NAME_MAX - 1, &word);
    if (rc < 0)
        return rc;
    if (has_word(member, word)) {
        fg_copy(field(out, member), FG_NAME_MAX, word);
        return 0;
    }
    char list[FG_TEXT_MAX] = "";
    for (size_t i = 0, len = 0; i < WORDS_MAX && member->words[i] && len < sizeof(list); i++)
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
                                member->words[i]);
    return fg_read_fail(reader, doc, "\"%s\", expected one of %s", word, list);
}

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_schedule_config *out)
{
    const char *names[MEMBERS_LEN];
    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        names[i] = members[i].name;
        if (strcmp(doc->key, members[i].name) != 0)
            continue;
        size_t mark = fg_read_enter(reader, doc->key);
        int rc = read_word(reader, doc, &members[i], out);
        fg_read_leave(reader, mark);
        return rc;
    }
    return fg_read_fail_unknown(reader, doc, names, MEMBERS_LEN);
}

int fg_schedule_config_read(struct fg_doc_reader *reader,
                            const struct fg_doc *doc,
                            struct fg_schedule_config *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *child = rc == 0 ? doc->first : NULL; child && rc == 0;
         child = child->next)
        rc = read_member(reader, child, out);
    return rc;
}

bool fg_schedule_config_knows(const char *member, const char *word)
{
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        if (strcmp(members[i].name, member) == 0)
            return has_word(&members[i], word);
    return false;
}

void fg_schedule_config_print_reference(FILE *out)
{
    fputs("| member | words, the default first | meaning |\n|---|---|---|\n", out);
    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        fprintf(out, "| `%s` |", members[i].name);
        for (size_t word = 0; word < WORDS_MAX && members[i].words[word]; word++)
            fprintf(out, " `%s`", members[i].words[word]);
        fprintf(out, " | %s |\n", members[i].text);
    }
}

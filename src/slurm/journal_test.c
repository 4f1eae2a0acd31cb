/* journal_test.c - what was sent where outlives a crash, half a line and a long life. */
#include "slurm/journal.h"
#include "test/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/fg-journal-XXXXXX";

static struct fg_journal_line line_of(fg_job_id job, const char *spec)
{
    return (struct fg_journal_line){.room = "0123456789abcdef0123456789ab0000",
                                    .hash = "ffffffffffffffffffffffffffffffff",
                                    .supplier = "berlin",
                                    .user = "",
                                    .couriers = 2,
                                    .courier = 1,
                                    .lease_us = 60000000,
                                    .key = {job, 3, 1},
                                    .spec = spec};
}

static struct fg_journal *opened(void)
{
    struct fg_err err = {};
    struct fg_journal *journal = fg_journal_open(path, NULL, &err);
    if (!journal)
        printf("# %s\n", err.text);
    return journal;
}

static void comes_back(void)
{
    struct fg_err err = {};
    struct fg_journal *journal = opened();
    struct fg_journal_line one = line_of(1, "{\"run\":\"a b\"}"), two = line_of(2, "{}");
    EQ(fg_journal_len(journal), 0);
    fg_journal_add(journal, &one);
    fg_journal_add(journal, &two);
    EQ(fg_journal_sync(journal, &err), 0);
    fg_journal_over(journal, two.key);
    fg_journal_free(journal);
    journal = opened();
    EQ(fg_journal_len(journal), 1);
    const struct fg_journal_line *line = fg_journal_find(journal, one.key);
    OK(line && strcmp(line->room, one.room) == 0 && strcmp(line->hash, one.hash) == 0);
    OK(line && strcmp(line->supplier, "berlin") == 0 && strcmp(line->user, "") == 0);
    OK(line && line->couriers == 2 && line->courier == 1 && line->lease_us == 60000000);
    OK(line && strncmp(line->spec, "{\"run\":\"a b\"}", 13) == 0);
    OK(!fg_journal_find(journal, two.key));
    fg_journal_free(journal);
}

static void half_lines_do_not_count(void)
{
    static const char rubbish[] = "+ x\nwhat\n- 1\n+ 0123456789abcdef0123456789ab0001 ffff";
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    OK(write(fd, rubbish, sizeof(rubbish) - 1) > 0);
    close(fd);
    struct fg_journal *journal = opened();
    EQ(fg_journal_len(journal), 1);
    EQ(fg_journal_at(journal, 0)->key.job, 1);
    fg_journal_free(journal);
}

static void stays_small(void)
{
    struct fg_err err = {};
    struct stat about = {};
    struct fg_journal *journal = opened();
    char *spec = calloc(1, 200001);
    if (!spec)
        abort();
    memset(spec, 'x', 200000);
    for (fg_job_id job = 10; job < 100; job++) {
        struct fg_journal_line line = line_of(job, spec);
        fg_journal_add(journal, &line);
        EQ(fg_journal_sync(journal, &err), 0);
        fg_journal_over(journal, line.key);
    }
    free(spec);
    fg_journal_free(journal);
    OK(stat(path, &about) == 0 && about.st_size < 10L << 20);
    journal = opened();
    EQ(fg_journal_len(journal), 1);
    fg_journal_free(journal);
}

int main(void)
{
    int fd = mkstemp(path);
    close(fd);
    RUN(comes_back);
    RUN(half_lines_do_not_count);
    RUN(stays_small);
    unlink(path);
    return tap_done();
}

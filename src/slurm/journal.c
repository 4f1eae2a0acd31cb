/* journal.c - see journal.h
 *
 *     + ROOM HASH SUPPLIER USER COURIERS COURIER LEASE JOB ATTEMPT TASK SPEC
 *     - JOB ATTEMPT TASK
 *
 * SPEC is the rest of the line; "-" stands for a text that is empty.  A line that is not whole, or no line of this form,
 * is passed over: it was not durable when the service ended, so nothing was sent for it.
 */
#include "slurm/journal.h"

#include "base/grow.h"
#include "base/rows.h"
#include "base/text.h"
#include "slurm/words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_MAX (256UL << 20)
#define COMPACT_LEN                                                                            \
    (8UL << 20) /* the file is written again when it is longer, and mostly over */

/* A task that is not over. */
struct entry {
    struct fg_journal_line line; /* its spec lies in `text` */
    char *text;                  /* the whole line, its end included */
    size_t len;
};

struct fg_journal {
    char *path;
    int fd;
    struct entry *entries;
    size_t len, room, live_bytes, file_bytes;
    struct fg_buf pending;              /* not written yet */
    const struct fg_journal_twin *twin; /* NULL: none */
};

static bool same(struct fg_task_key a, struct fg_task_key b)
{
    return a.job == b.job && a.attempt == b.attempt && a.task == b.task;
}

/* -- reading -- */

static bool word(struct fg_field *line, char *out, size_t size)
{
    const char *blank = line->len ? memchr(line->text, ' ', line->len) : NULL;
    size_t len = blank ? (size_t)(blank - line->text) : line->len;
    if (len == 0 || len >= size)
        return false;
    memcpy(out, line->text, len);
    out[len] = '\0';
    if (strcmp(out, "-") == 0)
        out[0] = '\0';
    size_t used = len + (blank ? 1 : 0);
    line->text += used;
    line->len -= used;
    return true;
}

static bool number(struct fg_field *line, uint64_t max, uint64_t *out)
{
    char text[24];
    return word(line, text, sizeof(text))
           && fg_slurm_count((struct fg_field){text, strlen(text)}, max, out);
}

static bool read_key(struct fg_field *line, struct fg_task_key *out)
{
    uint64_t job, attempt, task;
    if (!number(line, INT64_MAX, &job) || !number(line, UINT32_MAX, &attempt)
        || !number(line, UINT32_MAX, &task))
        return false;
    *out = (struct fg_task_key){job, (uint32_t)attempt, (uint32_t)task};
    return true;
}

static bool read_line(struct fg_field line, struct fg_journal_line *out)
{
    uint64_t couriers, courier, lease_us;
    if (!word(&line, out->room, sizeof(out->room)) || !word(&line, out->hash, sizeof(out->hash))
        || !word(&line, out->supplier, sizeof(out->supplier))
        || !word(&line, out->user, sizeof(out->user)) || !number(&line, UINT16_MAX, &couriers)
        || !number(&line, UINT16_MAX, &courier) || !number(&line, INT64_MAX, &lease_us)
        || !read_key(&line, &out->key) || line.len == 0 || courier >= couriers)
        return false;
    out->couriers = (uint32_t)couriers;
    out->courier = (uint32_t)courier;
    out->lease_us = (int64_t)lease_us;
    out->spec = line.text;
    return true;
}

static void drop(struct fg_journal *journal, struct fg_task_key key)
{
    for (size_t i = journal->len; i-- > 0;)
        if (same(journal->entries[i].line.key, key)) {
            journal->live_bytes -= journal->entries[i].len;
            free(journal->entries[i].text);
            journal->entries[i] = journal->entries[--journal->len];
            return;
        }
}

/* Keep it: `text` is a line that was written or read, with its end. */
static void keep(struct fg_journal *journal,
                 const struct fg_journal_line *line,
                 const char *text,
                 size_t len,
                 size_t spec_at)
{
    journal->entries =
        fg_grow(journal->entries, journal->len, &journal->room, sizeof(*journal->entries));
    struct entry *entry = &journal->entries[journal->len++];
    *entry = (struct entry){.line = *line, .text = malloc(len + 1), .len = len};
    if (!entry->text)
        abort();
    memcpy(entry->text, text, len);
    entry->text[len] = '\0';
    entry->line.spec = entry->text + spec_at; /* with the line's end: JSON does not mind */
    journal->live_bytes += len;
}

/* Only lines with their end count. */
static void parse(struct fg_journal *journal, const struct fg_buf *text)
{
    const char *at = text->text, *end = at ? at + text->len : at;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            return;
        struct fg_field line = {at, (size_t)(stop - at)};
        struct fg_task_key key;
        struct fg_journal_line read = {};
        bool is_add = line.len > 2 && memcmp(at, "+ ", 2) == 0;
        bool is_over = line.len > 2 && memcmp(at, "- ", 2) == 0;
        if (is_add || is_over) {
            line.text += 2;
            line.len -= 2;
        }
        if (is_add && read_line(line, &read))
            keep(journal, &read, at, (size_t)(stop - at) + 1, (size_t)(read.spec - at));
        else if (is_over && read_key(&line, &key))
            drop(journal, key);
        at = stop + 1;
    }
}

static int read_file(const char *path, struct fg_buf *out, struct fg_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    ssize_t len = fd < 0 ? -1 : 1;
    while (len > 0 && out->len < READ_MAX) {
        char *to = fg_buf_reserve(out, 65536);
        len = read(fd, to, 65535);
        if (len > 0) {
            out->len += (size_t)len;
            out->text[out->len] = '\0';
        }
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    return len < 0 ? fg_fail(err, FG_EIO, "%s: %s", path, strerror(error)) : 0;
}

/* -- writing -- */

static const char *shown(const char *text)
{
    return text[0] ? text : "-";
}

void fg_journal_add(struct fg_journal *journal, const struct fg_journal_line *line)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_printf(&text,
                  "+ %s %s %s %s %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRIu64 " %" PRIu32
                  " %" PRIu32 " ",
                  line->room, line->hash, shown(line->supplier), shown(line->user),
                  line->couriers, line->courier, line->lease_us, (uint64_t)line->key.job,
                  line->key.attempt, line->key.task);
    size_t from = text.len;
    fg_buf_puts(&text, line->spec);
    for (char *at = text.text + from; *at; at++)
        if (*at == '\n')
            *at = ' ';
    fg_buf_puts(&text, "\n");
    keep(journal, line, text.text, text.len, from);
    fg_buf_add(&journal->pending, text.text, text.len);
}

void fg_journal_over(struct fg_journal *journal, struct fg_task_key key)
{
    drop(journal, key);
    fg_buf_printf(&journal->pending, "- %" PRIu64 " %" PRIu32 " %" PRIu32 "\n",
                  (uint64_t)key.job, key.attempt, key.task);
}

static int write_all(int fd, const struct fg_buf *text)
{
    for (size_t at = 0; at < text->len;) {
        ssize_t len = write(fd, text->text + at, text->len - at);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return errno;
        at += (size_t)len;
    }
    return fdatasync(fd) < 0 ? errno : 0;
}

static int keep_twin(struct fg_journal *journal,
                     bool anew,
                     const struct fg_buf *text,
                     struct fg_err *err)
{
    const struct fg_journal_twin *twin = journal->twin;
    return twin ? twin->keep(twin->self, anew, text->text ? text->text : "", text->len, err)
                : 0;
}

/* A new file with what is not over, in place of the old one. */
static int rewrite(struct fg_journal *journal, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf next = {}, text = {};
    fg_buf_printf(&next, "%s.new", journal->path);
    int fd = open(next.text, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (size_t i = 0; i < journal->len; i++)
        fg_buf_add(&text, journal->entries[i].text, journal->entries[i].len);
    int error = fd < 0 ? errno : write_all(fd, &text);
    int rc = error == 0 ? keep_twin(journal, true, &text, err) : 0;
    if (rc < 0) {
        close(fd);
        return rc;
    }
    if (error == 0 && rename(next.text, journal->path) < 0)
        error = errno;
    if (error != 0) {
        if (fd >= 0)
            close(fd);
        return fg_fail(err, FG_EIO, "%s: %s", next.text, strerror(error));
    }
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = fd;
    journal->file_bytes = text.len;
    fg_buf_clear(&journal->pending);
    return 0;
}

int fg_journal_sync(struct fg_journal *journal, struct fg_err *err)
{
    if (journal->pending.len == 0)
        return 0;
    if (journal->file_bytes > COMPACT_LEN && journal->file_bytes / 4 > journal->live_bytes
        && rewrite(journal, NULL) == 0)
        return 0;
    off_t end = lseek(journal->fd, 0, SEEK_END);
    int error = end < 0 ? errno : write_all(journal->fd, &journal->pending);
    int rc = error == 0 ? keep_twin(journal, false, &journal->pending, err) : 0;
    if (error == 0 && rc == 0) {
        journal->file_bytes += journal->pending.len;
        fg_buf_clear(&journal->pending);
        return 0;
    }
    /* Half a line must not stand before the next one; what failed is not tried again. */
    if (end >= 0 && ftruncate(journal->fd, end) < 0)
        error = errno;
    fg_buf_clear(&journal->pending);
    if (rc < 0)
        return rc;
    return fg_fail(err, error == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", journal->path,
                   strerror(error));
}

struct fg_journal *fg_journal_open(const char *path,
                                   const struct fg_journal_twin *twin,
                                   struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_journal *journal = calloc(1, sizeof(*journal));
    if (!journal || !(journal->path = strdup(path)))
        abort();
    journal->fd = -1;
    journal->twin = twin;
    int rc = read_file(path, &text, err);
    if (rc == 0) {
        parse(journal, &text);
        rc = rewrite(journal, err);
    }
    if (rc == 0)
        return journal;
    fg_journal_free(journal);
    return NULL;
}

void fg_journal_free(struct fg_journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0) {
        (void)fg_journal_sync(journal, NULL);
        close(journal->fd);
    }
    for (size_t i = 0; i < journal->len; i++)
        free(journal->entries[i].text);
    fg_buf_free(&journal->pending);
    free(journal->entries);
    free(journal->path);
    free(journal);
}

size_t fg_journal_len(const struct fg_journal *journal)
{
    return journal->len;
}

const struct fg_journal_line *fg_journal_at(const struct fg_journal *journal, size_t at)
{
    return &journal->entries[at].line;
}

const struct fg_journal_line *fg_journal_find(const struct fg_journal *journal,
                                              struct fg_task_key key)
{
    for (size_t i = 0; i < journal->len; i++)
        if (same(journal->entries[i].line.key, key))
            return &journal->entries[i].line;
    return NULL;
}

/* part.c - see part.h */
#include "transfer/part.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/doc.h"
#include "base/json_write.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_LEAST     (1 << 20)
#define STATE_BYTES_MAX (64 * 1024)
#define SAVE_EVERY_US   1'000'000

int fg_part_fail(struct fg_err *err, const char *path, int error)
{
    return fg_fail(err, error == ENOSPC || error == EDQUOT ? FG_ENOSPC : FG_EIO, "file %s: %s",
                   path, strerror(error));
}

static void part_name(const struct fg_part *part, char out[FG_PART_PATH_MAX + 16], bool state)
{
    snprintf(out, FG_PART_PATH_MAX + 16, "%s.part%s", part->target, state ? ".state" : "");
}

/* What the state file says, if it is of this. */
static void read_state(struct fg_part *part)
{
    char path[FG_PART_PATH_MAX + 16];
    part_name(part, path, true);
    FG_AUTO(fg_file) FILE *in = fopen(path, "re");
    if (!in)
        return;
    char *text = malloc(STATE_BYTES_MAX);
    size_t len = text ? fread(text, 1, STATE_BYTES_MAX, in) : 0;
    struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    const struct fg_doc *doc = NULL;
    if (arena && len > 0 && fg_doc_json(text, len, arena, &doc, NULL) == 0) {
        const struct fg_doc *of = fg_doc_get(doc, "of"), *bytes = fg_doc_get(doc, "bytes"),
                            *have = fg_doc_get(doc, "have");
        bool same = of && of->kind == FG_DOC_TEXT && strcmp(of->text, part->of) == 0 && bytes
                    && bytes->kind == FG_DOC_INT && bytes->integer == part->bytes && have
                    && have->kind == FG_DOC_TEXT && have->text_len == part->pieces;
        for (uint32_t i = 0; same && i < part->pieces; i++)
            part->have[i] = have->text[i] == '1';
    }
    fg_arena_free(arena);
    free(text);
}

static int open_part(struct fg_part *part, struct fg_err *err)
{
    char path[FG_PART_PATH_MAX + 16];
    part_name(part, path, false);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fg_part_fail(err, path, errno);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return fg_fail(err, FG_EBUSY, "file %s: another process is writing it", path);
    }
    part->fd = fd;
    return 0;
}

int fg_part_open(
    struct fg_part *part, const char *target, const char *of, int64_t bytes, struct fg_err *err)
{
    *part = (struct fg_part){.fd = -1, .bytes = bytes, .piece_bytes = PIECE_LEAST};
    if (!fg_copy(part->target, sizeof(part->target), target))
        return fg_fail(err, FG_EINVAL, "file %.80s...: its name is too long", target);
    fg_copy(part->of, sizeof(part->of), of);
    while (bytes / part->piece_bytes >= FG_PART_PIECES_MAX)
        part->piece_bytes *= 2;
    part->pieces = (uint32_t)((bytes + part->piece_bytes - 1) / part->piece_bytes);
    int rc = open_part(part, err);
    if (rc < 0)
        return rc;
    struct stat state;
    if (of[0] && fstat(part->fd, &state) == 0 && state.st_size == bytes)
        read_state(part);
    part->had_bytes = fg_part_have_bytes(part);
    if (part->had_bytes == 0
        && (ftruncate(part->fd, 0) < 0 || ftruncate(part->fd, bytes) < 0)) {
        rc = fg_part_fail(err, target, errno);
        fg_part_close(part);
    }
    return rc;
}

void fg_part_close(struct fg_part *part)
{
    if (part->fd >= 0)
        close(part->fd);
    part->fd = -1;
}

void fg_part_discard(struct fg_part *part)
{
    char path[FG_PART_PATH_MAX + 16];
    part_name(part, path, true);
    unlink(path);
    part_name(part, path, false);
    unlink(path);
    fg_part_close(part);
}

bool fg_part_take(struct fg_part *part, uint32_t max, uint32_t *out_first, uint32_t *out_len)
{
    uint32_t first = 0, len = 0;
    while (first < part->pieces && (part->have[first] || part->busy[first]))
        first++;
    while (first + len < part->pieces && len < max && !part->have[first + len]
           && !part->busy[first + len])
        part->busy[first + len++] = 1;
    *out_first = first;
    *out_len = len;
    return len > 0;
}

void fg_part_mark(struct fg_part *part, uint32_t first, uint32_t len, int64_t end)
{
    for (uint32_t i = first; i < first + len && fg_part_at(part, i + 1) <= end; i++)
        part->have[i] = 1;
}

void fg_part_give(struct fg_part *part, uint32_t first, uint32_t len, int64_t end)
{
    fg_part_mark(part, first, len, end);
    memset(part->busy + first, 0, len);
}

uint32_t fg_part_missing(const struct fg_part *part)
{
    uint32_t missing = 0;
    for (uint32_t i = 0; i < part->pieces; i++)
        missing += !part->have[i];
    return missing;
}

int64_t fg_part_have_bytes(const struct fg_part *part)
{
    int64_t bytes = 0;
    for (uint32_t i = 0; i < part->pieces; i++)
        if (part->have[i])
            bytes += fg_part_at(part, i + 1) - fg_part_at(part, i);
    return bytes;
}

static void write_state(const struct fg_part *part, struct fg_buf *out)
{
    char have[FG_PART_PIECES_MAX + 1];
    for (uint32_t i = 0; i < part->pieces; i++)
        have[i] = part->have[i] ? '1' : '0';
    have[part->pieces] = '\0';
    struct fg_json json = {.buf = out};
    fg_json_object(&json);
    fg_json_kv(&json, "of", part->of);
    fg_json_kv_int(&json, "bytes", part->bytes);
    fg_json_kv(&json, "have", have);
    fg_json_end(&json);
}

int fg_part_save(struct fg_part *part, bool now, struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t now_us = clock->mono_us(clock->self);
    int64_t pause_us =
        part->save_took_us * 10 > SAVE_EVERY_US ? part->save_took_us * 10 : SAVE_EVERY_US;
    if (part->of[0] == '\0' || (!now && now_us - part->saved_us < pause_us))
        return 0;
    FG_AUTO(fg_buf) struct fg_buf text = {};
    char path[FG_PART_PATH_MAX + 16], temp[FG_PART_PATH_MAX + 24];
    part_name(part, path, true);
    snprintf(temp, sizeof(temp), "%s.new", path);
    write_state(part, &text);
    if (fdatasync(part->fd) < 0)
        return fg_part_fail(err, part->target, errno);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fg_part_fail(err, temp, errno);
    bool good = write(fd, text.text, text.len) == (ssize_t)text.len && fdatasync(fd) == 0;
    int error = good ? 0 : (errno ? errno : ENOSPC);
    close(fd);
    if (error == 0 && rename(temp, path) < 0)
        error = errno;
    if (error)
        return fg_part_fail(err, path, error);
    part->saved_us = clock->mono_us(clock->self);
    part->save_took_us = part->saved_us - now_us;
    return 0;
}

int fg_part_finish(struct fg_part *part, struct fg_err *err)
{
    char path[FG_PART_PATH_MAX + 16];
    part_name(part, path, false);
    if (fsync(part->fd) < 0 || rename(path, part->target) < 0)
        return fg_part_fail(err, part->target, errno);
    part_name(part, path, true);
    unlink(path);
    fg_part_close(part);
    return 0;
}

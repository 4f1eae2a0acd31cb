/* transfer_stage.c - see transfer_stage.h */
#include "cli/transfer_stage.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/doc.h"
#include "base/text.h"
#include "cli/transfer_folder.h"
#include "cli/transfer_print.h"
#include "model/names.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (4 << 20)
#define TELL_EVERY_US  5'000'000

struct stage {
    const char *path;
    struct fg_move common;
    char site[FG_NAME_MAX];
    const char *now; /* what is being moved */
    int64_t begun_us, told_us;
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* Into the task's own output: its reader sees why nothing runs yet. */
static void on_progress(void *self, const struct fg_move_progress *progress)
{
    struct stage *stage = self;
    char text[128];
    int64_t now_us = mono_us();
    if (now_us - stage->told_us < TELL_EVERY_US)
        return;
    stage->told_us = now_us;
    fg_transfer_text(progress, now_us - stage->begun_us, text);
    fprintf(stderr, "transfer %s: %s\n", stage->now, text);
}

static const char *text_of(const struct fg_doc *map, const char *key)
{
    const struct fg_doc *doc = fg_doc_get(map, key);
    return doc && doc->kind == FG_DOC_TEXT ? doc->text : "";
}

static int64_t number_of(const struct fg_doc *map, const char *key)
{
    const struct fg_doc *doc = fg_doc_get(map, key);
    return doc && doc->kind == FG_DOC_INT && doc->integer > 0 ? doc->integer : 0;
}

/* The folders above a file of the working folder. */
static int make_above(char *path, size_t begin)
{
    for (char *slash = path + begin; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        int rc = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
        *slash = '/';
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_place(const char *word, struct fg_url *out, bool make, struct fg_err *err)
{
    if (strstr(word, "://"))
        return fg_url_parse(word, out, err);
    char cwd[PATH_MAX];
    int rc = fg_path_check_below("path", word, err);
    if (rc < 0)
        return rc;
    *out = (struct fg_url){.kind = FG_URL_FILE};
    if (!getcwd(cwd, sizeof(cwd))
        || snprintf(out->path, sizeof(out->path), "%s/%s", cwd, word) >= (int)sizeof(out->path))
        return fg_fail(err, FG_EINVAL, "%.80s: its name is too long", word);
    rc = make ? make_above(out->path, strlen(cwd) + 1) : 0;
    return rc < 0 ? fg_fail(err, FG_EIO, "folder of %.80s: %s", word, strerror(-rc)) : 0;
}

static int move_one(struct stage *stage, const struct fg_doc *doc, struct fg_err *err)
{
    struct fg_move move = stage->common;
    struct fg_move_result result;
    const char *from = text_of(doc, "from"), *to = text_of(doc, "to");
    int rc = read_place(from, &move.from[0], false, err);
    if (rc == 0)
        rc = read_place(to, &move.to, true, err);
    if (rc < 0)
        return rc;
    move.from_len = 1;
    move.self = stage;
    fg_copy(move.hash, sizeof(move.hash), text_of(doc, "hash"));
    stage->now = fg_url_is(from) ? to : from;
    stage->begun_us = stage->told_us = mono_us();
    size_t to_len = strlen(to);
    rc = fg_transfer_run(&move, to_len > 0 && to[to_len - 1] == '/', &result, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%.60s", stage->now);
    return 0;
}

static int run(struct stage *stage, const struct fg_doc *doc, struct fg_err *err)
{
    const struct fg_doc *moves = fg_doc_get(doc, "moves");
    const char *site = text_of(doc, "site");
    if (!moves || moves->kind != FG_DOC_LIST)
        return fg_fail(err, FG_EINVAL, "no moves");
    fg_copy(stage->site, sizeof(stage->site), fg_measure_is_site(site) ? site : "here");
    stage->common = (struct fg_move){.zstd_level = -1,
                                     .site = stage->site,
                                     .links_file = stage->path,
                                     .bytes_max = number_of(doc, "bytes_max"),
                                     .limit_per_s = number_of(doc, "limit_per_s"),
                                     .retries = (uint32_t)(number_of(doc, "retries") & 0xFFFF),
                                     .progress = on_progress};
    int rc = 0;
    for (const struct fg_doc *move = moves->first; move && rc == 0; move = move->next)
        rc = move_one(stage, move, err);
    return rc;
}

/* Read and empty it: from now on it is where results go. */
static int take_file(const char *path, struct fg_buf *out, struct fg_err *err)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    ssize_t got;
    while (out->len < FILE_BYTES_MAX && (got = read(fd, fg_buf_reserve(out, 65536), 65536)) > 0)
        out->len += (size_t)got;
    int rc = ftruncate(fd, 0) < 0 ? fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno)) : 0;
    close(fd);
    return rc;
}

static void put_error(const char *path, const struct fg_err *why)
{
    FG_AUTO(fg_file) FILE *out = fopen(path, "ae");
    if (out)
        fprintf(out, "error %s\n", why->text);
}

int fg_transfer_stage(const char *path, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct stage stage = {.path = path};
    struct fg_err why = {};
    signal(SIGPIPE, SIG_IGN);
    int rc = take_file(path, &text, err);
    if (rc < 0)
        return rc;
    struct fg_arena *arena = fg_arena_new(fg_doc_room(text.len));
    const struct fg_doc *doc = NULL;
    if (!arena)
        return fg_fail(err, FG_ENOMEM, "no memory");
    rc = fg_doc_json(text.text ? text.text : "", text.len, arena, &doc, &why);
    if (rc == 0)
        rc = run(&stage, doc, &why);
    fg_arena_free(arena);
    if (rc < 0) {
        put_error(path, &why);
        return fg_fail(err, rc, "%s", why.text);
    }
    return 0;
}

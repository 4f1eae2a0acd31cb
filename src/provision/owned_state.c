/* owned_state.c - see owned_state.h */
#include "provision/owned_state.h"

#include "base/clock.h"
#include "base/doc_read.h"
#include "base/json_write.h"
#include "base/text.h"
#include "engine/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

int fg_owned_file_read(const char *path,
                       struct fg_arena *arena,
                       const char **out,
                       size_t *out_len,
                       struct fg_err *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "%.160s: %s", path,
                       strerror(errno));
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    ssize_t got;
    while ((got = read(file, fg_buf_reserve(&bytes, 65536), 65536)) > 0
           && bytes.len <= FG_OWNED_FILE_MAX)
        bytes.len += (size_t)got;
    int error = got < 0 ? errno : 0;
    close(file);
    if (error)
        return fg_fail(err, FG_EIO, "%.160s: %s", path, strerror(error));
    if (bytes.len > FG_OWNED_FILE_MAX)
        return fg_fail(err, FG_ETOOBIG, "%.160s: more than %d bytes", path, FG_OWNED_FILE_MAX);
    char *copy = FG_NEW(arena, char, bytes.len + 1);
    memcpy(copy, bytes.text, bytes.len);
    *out = copy;
    *out_len = bytes.len;
    return 0;
}

static int sync_folder(const char *path)
{
    char *copy = strdup(path);
    int folder = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(copy);
    if (folder < 0)
        return -errno;
    int rc = fsync(folder) < 0 ? -errno : 0;
    close(folder);
    return rc;
}

/* -errno, or 0: it is durable. */
static int replace_file(const char *path, const struct fg_buf *bytes)
{
    FG_AUTO(fg_buf) struct fg_buf temp = {};
    fg_buf_printf(&temp, "%s.new", path);
    int file = open(temp.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return -errno;
    int rc = fg_fs_write_all(file, bytes->text, bytes->len);
    if (rc == 0 && fsync(file) < 0)
        rc = -errno;
    close(file);
    if (rc == 0 && rename(temp.text, path) < 0)
        rc = -errno;
    if (rc < 0)
        unlink(temp.text);
    return rc < 0 ? rc : sync_folder(path);
}

/* ---- reading ---- */

static int read_text_to(struct fg_doc_reader *reader,
                        const struct fg_doc *map,
                        const char *name,
                        char *out,
                        size_t size)
{
    const struct fg_doc *member = fg_doc_get(map, name);
    const char *text = "";
    if (!member)
        return fg_read_fail(reader, map, "no %s", name);
    int rc = fg_read_text(reader, member, size - 1, &text);
    if (rc == 0)
        fg_copy(out, size, text);
    return rc;
}

static int read_flag(struct fg_doc_reader *reader,
                     const struct fg_doc *map,
                     const char *name,
                     bool *out)
{
    const struct fg_doc *member = fg_doc_get(map, name);
    return member ? fg_read_bool(reader, member, out)
                  : fg_read_fail(reader, map, "no %s", name);
}

static int read_moment(struct fg_doc_reader *reader,
                       const struct fg_doc *map,
                       const char *name,
                       int64_t *out)
{
    const struct fg_doc *member = fg_doc_get(map, name);
    if (!member || member->kind == FG_DOC_NULL)
        return 0;
    if (!member->text || fg_time_parse(member->text, out) < 0)
        return fg_read_fail(reader, member, "%s: not a moment", name);
    return 0;
}

static int read_machines(struct fg_doc_reader *reader,
                         const struct fg_doc *map,
                         struct fg_owned_order *out)
{
    const struct fg_doc *list = fg_doc_get(map, "machines");
    if (!list || list->kind != FG_DOC_LIST)
        return fg_read_fail(reader, map, "no list of machines");
    out->machines = FG_NEW(reader->arena, struct fg_owned_held, list->len + 1);
    int rc = 0;
    for (const struct fg_doc *at = list->first; rc == 0 && at; at = at->next) {
        struct fg_owned_held *held = &out->machines[out->machines_len++];
        rc = read_text_to(reader, at, "name", held->name, sizeof(held->name));
        if (rc == 0)
            rc = read_text_to(reader, at, "address", held->address, sizeof(held->address));
        if (rc == 0)
            rc = read_flag(reader, at, "there", &held->there);
    }
    return rc;
}

static int read_order(struct fg_doc_reader *reader,
                      const struct fg_doc *map,
                      struct fg_owned_order *out)
{
    int rc = read_text_to(reader, map, "key", out->key, sizeof(out->key));
    if (rc == 0)
        rc = read_flag(reader, map, "is_gone", &out->gone);
    if (rc == 0)
        rc = read_moment(reader, map, "ready", &out->ready_us);
    if (rc == 0)
        rc = read_moment(reader, map, "gone", &out->gone_us);
    return rc == 0 ? read_machines(reader, map, out) : rc;
}

static int read_state(struct fg_doc_reader *reader,
                      const struct fg_doc *root,
                      struct fg_owned_state *out)
{
    const struct fg_doc *list = fg_doc_get(root, "orders");
    if (!list || list->kind != FG_DOC_LIST)
        return fg_read_fail(reader, root, "no list of orders");
    *out = (struct fg_owned_state){.room = list->len + 1};
    out->orders = FG_NEW(reader->arena, struct fg_owned_order, out->room);
    int rc = 0;
    for (const struct fg_doc *at = list->first; rc == 0 && at; at = at->next) {
        size_t mark = fg_read_enter_at(reader, out->len);
        rc = read_order(reader, at, &out->orders[out->len++]);
        fg_read_leave(reader, mark);
    }
    return rc;
}

int fg_owned_state_load(const char *path,
                        struct fg_arena *arena,
                        struct fg_owned_state *out,
                        struct fg_err *err)
{
    static const char none[] = "{\"orders\":[]}";
    const char *bytes = none;
    size_t len = strlen(none);
    const struct fg_doc *root;
    int rc = fg_owned_file_read(path, arena, &bytes, &len, err);
    if (rc == FG_ENOENT)
        rc = 0;
    if (rc == 0)
        rc = fg_doc_json(bytes, len, arena, &root, err);
    struct fg_doc_reader reader = {.arena = arena, .err = err, .text_left = len};
    if (rc == 0)
        rc = read_state(&reader, root, out);
    return rc < 0 ? fg_wrap(err, FG_EIO, "%.120s", path) : 0;
}

/* ---- writing ---- */

static void write_order(struct fg_json *json, const struct fg_owned_order *order)
{
    fg_json_object(json);
    fg_json_kv(json, "key", order->key);
    fg_json_kv_bool(json, "is_gone", order->gone);
    fg_json_key(json, "ready");
    fg_json_time(json, order->ready_us);
    fg_json_key(json, "gone");
    fg_json_time(json, order->gone_us);
    fg_json_key(json, "machines");
    fg_json_array(json);
    for (uint32_t i = 0; i < order->machines_len; i++) {
        fg_json_object(json);
        fg_json_kv(json, "name", order->machines[i].name);
        fg_json_kv(json, "address", order->machines[i].address);
        fg_json_kv_bool(json, "there", order->machines[i].there);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_end(json);
}

int fg_owned_state_save(const char *path,
                        const struct fg_owned_state *state,
                        struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    struct fg_json json = {.buf = &bytes};
    size_t gone = 0;
    for (size_t i = 0; i < state->len; i++)
        gone += state->orders[i].gone;
    fg_json_object(&json);
    fg_json_key(&json, "orders");
    fg_json_array(&json);
    for (size_t i = 0; i < state->len; i++) {
        if (state->orders[i].gone && gone > FG_OWNED_GONE_MAX)
            gone--;
        else
            write_order(&json, &state->orders[i]);
    }
    fg_json_end(&json);
    fg_json_end(&json);
    int rc = replace_file(path, &bytes);
    return rc < 0 ? fg_fail(err, FG_EIO, "%.160s: %s", path, strerror(-rc)) : 0;
}

struct fg_owned_order *fg_owned_state_find(const struct fg_owned_state *state, const char *key)
{
    for (size_t i = 0; i < state->len; i++)
        if (strcmp(state->orders[i].key, key) == 0)
            return &state->orders[i];
    return NULL;
}

bool fg_owned_state_holds(const struct fg_owned_state *state, const char *machine)
{
    for (size_t i = 0; i < state->len; i++)
        for (uint32_t k = 0; !state->orders[i].gone && k < state->orders[i].machines_len; k++)
            if (strcmp(state->orders[i].machines[k].name, machine) == 0)
                return true;
    return false;
}

/* spec_read.c - a job from a file, or from a command; see spec.h */
#include "cli/spec.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "model/job_file.h"
#include "model/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t now_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

static int read_all(int fd, struct fg_buf *out)
{
    for (;;) {
        ssize_t got = read(fd, fg_buf_reserve(out, 16384), 16384);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0 || out->len > FG_BODY_BYTES_MAX)
            return 0;
        out->len += (size_t)got;
        out->text[out->len] = '\0';
    }
}

/* The bytes of the file, in `arena`: the spec may point into them. */
static int load(const char *path,
                const char *name,
                struct fg_arena *arena,
                const char **out,
                size_t *out_len,
                struct fg_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "%s: %s", path,
                       strerror(errno));
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_puts(&text, "");
    int rc = read_all(fd, &text);
    if (!is_stdin)
        close(fd);
    if (rc < 0)
        return fg_fail(err, FG_EIO, "%s: %s", name, strerror(-rc));
    char *kept = FG_NEW(arena, char, text.len + 1);
    memcpy(kept, text.text, text.len);
    *out = kept;
    *out_len = text.len;
    return 0;
}

static const char *shown_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

int fg_spec_read_file(const char *path,
                      struct fg_arena *arena,
                      struct fg_job_spec *out,
                      struct fg_err *err)
{
    const char *text, *name = shown_name(path);
    size_t len;
    int rc = load(path, name, arena, &text, &len, err);
    return rc < 0 ? rc : fg_job_file_parse(text, len, name, now_us(), arena, out, err);
}

int fg_spec_read_pipeline(const char *path,
                          struct fg_arena *arena,
                          struct fg_pipeline *out,
                          struct fg_err *err)
{
    const char *text, *name = shown_name(path);
    size_t len;
    int rc = load(path, name, arena, &text, &len, err);
    return rc < 0 ? rc : fg_pipeline_file_parse(text, len, name, now_us(), arena, out, err);
}

const char *fg_spec_folder(const char *path, struct fg_arena *arena)
{
    const char *slash = strrchr(path, '/');
    if (strcmp(path, "-") == 0 || !slash)
        return ".";
    return slash == path ? "/" : fg_arena_printf(arena, "%.*s", (int)(slash - path), path);
}

static bool is_allowed(const char *pair)
{
    static const char *const names[] = {
        "PATH=", "VIRTUAL_ENV=", "PYTHONPATH=", "LD_LIBRARY_PATH=", "LANG=", "HOME=",
        "TERM=", "CONDA_",       "LC_"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(pair, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* The allowed part of the environment.  A value that a job file cannot hold is left out. */
static void write_envs(struct fg_json *json)
{
    fg_json_key(json, "envs");
    fg_json_object(json);
    for (char **pair = environ; *pair; pair++) {
        const char *equals = strchr(*pair, '=');
        char name[FG_TEXT_MAX];
        size_t len = equals ? (size_t)(equals - *pair) : 0;
        if (len == 0 || len >= sizeof(name) || !is_allowed(*pair))
            continue;
        memcpy(name, *pair, len);
        name[len] = '\0';
        if (fg_env_name_check(name, NULL) == 0)
            fg_json_kv(json, name, equals + 1);
    }
    fg_json_end(json);
}

int fg_spec_read_command(char *const *words,
                         size_t words_len,
                         struct fg_arena *arena,
                         struct fg_job_spec *out,
                         struct fg_err *err)
{
    char *folder = getcwd(NULL, 0);
    if (!folder)
        return fg_fail(err, FG_EIO, "the folder you are in: %s", strerror(errno));
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    fg_json_object(&json);
    fg_json_key(&json, "argv");
    fg_json_array(&json);
    for (size_t i = 0; i < words_len; i++)
        fg_json_string(&json, words[i]);
    fg_json_end(&json);
    fg_json_kv(&json, "cwd", folder);
    free(folder);
    write_envs(&json);
    fg_json_end(&json);

    char *kept = FG_NEW(arena, char, text.len + 1);
    memcpy(kept, text.text, text.len);
    return fg_job_file_parse(kept, text.len, "command.json", now_us(), arena, out, err);
}

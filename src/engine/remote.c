/* remote.c - see remote.h */
#include "engine/remote.h"

#include "base/json_write.h"
#include "base/text.h"
#include "engine/cache.h"
#include "engine/fs.h"
#include "engine/job_path.h"
#include "model/url.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRIES     5
#define SAID_BYTES  (32 * 1024)
#define MEASURE_MAX 300

struct fetch {
    const char *path, *url, *hash;
};

static struct fetch fetch_at(const struct fg_plan *plan, uint32_t at)
{
    const char *const *items = plan->fetches.items + 3UL * at;
    return (struct fetch){items[0], items[1], items[2]};
}

/* Unpacked where it is wanted: the cache has files. */
static bool is_folder(const char *path)
{
    size_t len = strlen(path);
    return len > 0 && path[len - 1] == '/';
}

/* True: it is where it should be. */
static bool place(const char *data_dir,
                  const struct fg_plan *plan,
                  int work,
                  const struct fetch *fetch)
{
    if (fetch->hash[0] == '\0' || plan->cache_bytes_max == 0 || is_folder(fetch->path))
        return false;
    int from = fg_cache_open(data_dir, plan->uid, fetch->hash);
    if (from < 0)
        return false;
    int rc = fg_fs_mkdirs_beneath(work, fetch->path, 0755);
    int to =
        rc < 0 ? rc : fg_fs_open_beneath(work, fetch->path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool good = to >= 0 && ioctl(to, FICLONE, from) == 0;
    ssize_t done = 1;
    while (to >= 0 && !good && done > 0)
        done = copy_file_range(from, NULL, to, NULL, 1 << 24, 0);
    good = good || (to >= 0 && done == 0);
    if (to >= 0 && close(to) < 0)
        good = false;
    close(from);
    return good;
}

static void begin(struct fg_json *json, const struct fg_plan *plan)
{
    char host[FG_NAME_MAX] = "";
    gethostname(host, sizeof(host) - 1);
    fg_json_object(json);
    fg_json_kv(json, "site", plan->site[0] ? plan->site : host);
    fg_json_kv_int(json, "bytes_max", plan->stage_bytes_max);
    fg_json_kv_int(json, "limit_per_s", plan->transfer_limit);
    fg_json_kv_int(json, "retries", RETRIES);
    fg_json_key(json, "moves");
    fg_json_array(json);
}

static void add_move(struct fg_json *json, const char *from, const char *to, const char *hash)
{
    fg_json_object(json);
    fg_json_kv(json, "from", from);
    fg_json_kv(json, "to", to);
    fg_json_kv(json, "hash", hash);
    fg_json_end(json);
}

static void end(struct fg_json *json)
{
    fg_json_end(json);
    fg_json_end(json);
}

int fg_remote_begin(const char *data_dir,
                    const struct fg_plan *plan,
                    int work,
                    struct fg_buf *out,
                    struct fg_err *err)
{
    struct fg_json json = {.buf = out};
    int moves = 0;
    begin(&json, plan);
    for (uint32_t i = 0; i < plan->fetches.len / 3; i++) {
        struct fetch fetch = fetch_at(plan, i);
        if (place(data_dir, plan, work, &fetch))
            continue;
        add_move(&json, fetch.url, fetch.path, fetch.hash);
        moves++;
    }
    end(&json);
    if (plan->uid >= 0 && fg_fs_chown_tree(work, (uid_t)plan->uid, (gid_t)plan->gid) < 0)
        return fg_fail(err, FG_EBACKEND, "folder work: %s", strerror(errno));
    return moves;
}

void fg_remote_keep(const char *data_dir, const struct fg_plan *plan, int work)
{
    for (uint32_t i = 0; i < plan->fetches.len / 3 && plan->cache_bytes_max > 0; i++) {
        struct fetch fetch = fetch_at(plan, i);
        if (is_folder(fetch.path))
            continue;
        int there = fetch.hash[0] ? fg_cache_open(data_dir, plan->uid, fetch.hash) : 0;
        if (there > 0)
            close(there);
        if (there != -ENOENT)
            continue;
        /* NONBLOCK: by now it is the user's folder. */
        int fd = fg_fs_open_beneath(work, fetch.path, O_RDONLY | O_NONBLOCK, 0);
        struct stat state;
        if (fd >= 0 && fstat(fd, &state) == 0 && S_ISREG(state.st_mode))
            fg_cache_put(data_dir, plan->uid, fetch.hash, fd, plan->cache_bytes_max);
        if (fd >= 0)
            close(fd);
    }
}

int fg_remote_send(const struct fg_plan *plan,
                   const struct fg_outputs *outputs,
                   struct fg_buf *out)
{
    struct fg_json json = {.buf = out};
    size_t len = strlen(plan->outputs_to);
    while (len > 0 && plan->outputs_to[len - 1] == '/')
        len--;
    begin(&json, plan);
    for (size_t i = 0; i < outputs->len; i++) {
        FG_AUTO(fg_buf) struct fg_buf url = {};
        fg_buf_printf(&url, "%.*s/%llu/", (int)len, plan->outputs_to,
                      (unsigned long long)plan->key.job);
        if (plan->tasks > 1)
            fg_buf_printf(&url, "%u/", plan->key.task);
        fg_url_escape_path(&url, outputs->items[i].path);
        add_move(&json, outputs->items[i].path, url.text, "");
    }
    end(&json);
    return (int)outputs->len;
}

/* Only what a measure consists of gets into the file that the service reads. */
static bool is_measure(const char *line)
{
    return strncmp(line, "v1 ", 3) == 0 && strlen(line) < MEASURE_MAX
           && line[strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                " ._:[]-")]
                  == '\0';
}

static int open_measures(const char *data_dir)
{
    char path[FG_PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/links", data_dir) >= FG_PATH_MAX)
        return -1;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd >= 0)
        flock(fd, LOCK_SH);
    return fd;
}

void fg_remote_keep_measures(const char *data_dir, const char *lines, size_t len)
{
    char line[MEASURE_MAX + 2];
    int fd = -1;
    for (const char *at = lines, *end = lines + len, *stop; at < end; at = stop + 1) {
        stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            break;
        size_t whole = (size_t)(stop - at) + 1;
        if (whole >= sizeof(line) || memchr(at, '\0', whole))
            continue;
        memcpy(line, at, whole);
        line[whole - 1] = '\0';
        if (!is_measure(line))
            continue;
        line[whole - 1] = '\n';
        if (fd < 0)
            fd = open_measures(data_dir);
        if (fd < 0 || write(fd, line, whole) != (ssize_t)whole)
            break; /* the next one will say as much */
    }
    if (fd >= 0)
        close(fd);
}

void fg_remote_read(const char *data_dir, const char *path, char *reason, size_t size)
{
    char said[SAID_BYTES];
    ssize_t len = fg_fs_read_small(AT_FDCWD, path, said, sizeof(said));
    reason[0] = '\0';
    if (len <= 0)
        return;
    fg_remote_keep_measures(data_dir, said, (size_t)len);
    char *rest = NULL;
    for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "error ", 6) == 0)
            fg_copy_clean(reason, size, line + 6);
}

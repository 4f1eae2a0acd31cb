/* keeper.c - see standby.h: snapshots of the database, and files that the next leader needs. */
#include "standby/inner.h"

#include "base/text.h"
#include "store/maintain.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_US 1000000
#define SNAPSHOT_BYTES                                                                         \
    (64ULL * 1024 * 1024) /* of batches, at least, or as much as the database has */
#define TIDY_LOOKS   3600
#define FILES_A_TURN 32
#define FILE_PREFIX  "file/"
#define BLOB_PREFIX  "blobs/"
#define HEX          "0123456789abcdef"

/* -- snapshots ------------------------------------------------------------------------------------------- */

/* What is in the copy is what counts, not what the writer has done since. */
static int read_copy(const char *path, struct fg_object *out, struct fg_err *err)
{
    struct fg_batch_at at;
    FG_AUTO(fg_db) struct fg_db db = {};
    int rc = fg_db_open(&db, path, FG_DB_WRITE, err);
    if (rc == 0)
        rc = fg_batch_at(&db, &at, err);
    if (rc < 0)
        return rc;
    *out = (struct fg_object){
        .name = FG_OBJECT_SNAPSHOT, .seq = at.seq, .schema = fg_schema_version()};
    return 0;
}

static int put_snapshot(struct fg_standby *standby, const char *path, struct fg_err *err)
{
    struct fg_object older = {}, next;
    int rc = read_copy(path, &next, err);
    if (rc == 0)
        rc = fg_object_find(standby->keep_pg, FG_OBJECT_SNAPSHOT, &older, err);
    if (rc == 0 || rc == FG_ENOENT)
        rc = fg_object_put(standby->keep_pg, &next, fg_standby_random(), path, err);
    /* Batches of the older snapshot are enough for nobody: those since are kept for who is a little behind. */
    if (rc == 0)
        rc = fg_log_trim(standby->keep_pg, older.seq, err);
    return rc;
}

static int make_snapshot(struct fg_standby *standby, struct fg_err *err)
{
    char path[PATH_MAX], beside[PATH_MAX + 8];
    if ((size_t)snprintf(path, sizeof(path), "%s.snapshot", standby->options.db_path)
        >= sizeof(path))
        return fg_fail(err, FG_EINVAL, "snapshot: the path is too long");
    uint64_t bytes = atomic_load(&standby->logged_bytes);
    unlink(path);
    int rc = fg_store_backup(standby->options.db_path, path, err);
    if (rc == 0)
        rc = put_snapshot(standby, path, err);
    static const char *const parts[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        snprintf(beside, sizeof(beside), "%s%s", path, parts[i]);
        unlink(beside);
    }
    if (rc < 0)
        return rc;
    atomic_fetch_sub(&standby->logged_bytes, bytes);
    atomic_store(&standby->snapshot_wanted, false);
    return 0;
}

static bool is_due(struct fg_standby *standby)
{
    struct stat st = {};
    uint64_t bytes = atomic_load(&standby->logged_bytes);
    if (atomic_load(&standby->snapshot_wanted))
        return true;
    if (bytes < SNAPSHOT_BYTES || stat(standby->options.db_path, &st) < 0)
        return false;
    return bytes >= (uint64_t)st.st_size;
}

/* -- files ------------------------------------------------------------------------------------------------- */

/* What may come from elsewhere into the data folder: the key of the link, the name of the installation at clusters, and
 * blobs. */
static bool name_is_good(const char *name)
{
    if (strcmp(name, "link.key") == 0 || strcmp(name, "slurm/install") == 0)
        return true;
    size_t prefix = strlen(BLOB_PREFIX);
    return strncmp(name, BLOB_PREFIX, prefix) == 0 && strspn(name + prefix, HEX) == 2
           && name[prefix + 2] == '/' && strspn(name + prefix + 3, HEX) == 64
           && name[prefix + 3 + 64] == '\0';
}

/* Its name is its content: never another one under the same name. */
static bool is_blob(const char *name)
{
    return strncmp(name, BLOB_PREFIX, strlen(BLOB_PREFIX)) == 0;
}

static int make_shelves(const struct fg_standby *standby, const char *name, struct fg_err *err)
{
    char path[PATH_MAX];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof(path), "%s/%.*s", standby->options.data_dir, (int)(slash - name),
                 name);
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    }
    return 0;
}

static int fetch_file(struct fg_standby *standby,
                      struct fg_pg *pg,
                      const struct fg_object *object,
                      struct fg_err *err)
{
    const char *name = object->name + strlen(FILE_PREFIX);
    char path[PATH_MAX], next[PATH_MAX];
    if (!name_is_good(name))
        return 0;
    snprintf(path, sizeof(path), "%s/%s", standby->options.data_dir, name);
    snprintf(next, sizeof(next), "%s/.incoming", standby->options.data_dir);
    if (is_blob(name) && access(path, F_OK) == 0)
        return 0;
    int rc = make_shelves(standby, name, err);
    if (rc == 0)
        rc = fg_object_get(pg, object, next, err);
    if (rc == FG_ENOENT)
        return 0;
    if (rc == 0 && rename(next, path) < 0)
        rc = fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    return rc;
}

int fg_keeper_fetch_files(struct fg_standby *standby, struct fg_pg *pg, struct fg_err *err)
{
    struct fg_object objects[FILES_A_TURN];
    for (;;) {
        int len =
            fg_object_list(pg, FILE_PREFIX, standby->file_stamp, objects, FILES_A_TURN, err);
        if (len <= 0)
            return len;
        for (int i = 0; i < len; i++) {
            int rc = fetch_file(standby, pg, &objects[i], err);
            if (rc < 0)
                return rc;
            standby->file_stamp = objects[i].stamp;
        }
    }
}

int fg_standby_keep(struct fg_standby *standby, const char *name, struct fg_err *err)
{
    char path[PATH_MAX];
    struct fg_object object = {};
    if (!name_is_good(name))
        return fg_fail(err, FG_EINVAL, "%s: not a file that other daemons take", name);
    snprintf(path, sizeof(path), "%s/%s", standby->options.data_dir, name);
    snprintf(object.name, sizeof(object.name), FILE_PREFIX "%s", name);
    pthread_mutex_lock(&standby->file_lock);
    struct fg_object there = {};
    int rc =
        is_blob(name) ? fg_object_find(standby->file_pg, object.name, &there, err) : FG_ENOENT;
    if (rc == FG_ENOENT)
        rc = fg_object_put(standby->file_pg, &object, fg_standby_random(), path, err);
    pthread_mutex_unlock(&standby->file_lock);
    return rc;
}

/* Before anything is sent to a courier: what was sent before us. */
int fg_keeper_fetch_journal(struct fg_standby *standby, struct fg_pg *pg, struct fg_err *err)
{
    static const char name[] = "slurm/bound";
    char path[PATH_MAX], next[PATH_MAX + 16];
    FG_AUTO(fg_buf) struct fg_buf text = {};
    int rc = fg_journal_fetch(pg, &text, err);
    if (rc <= 0)
        return rc;
    snprintf(path, sizeof(path), "%s/%s", standby->options.data_dir, name);
    snprintf(next, sizeof(next), "%s.incoming", path);
    rc = make_shelves(standby, name, err);
    if (rc < 0)
        return rc;
    unlink(next);
    int fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = file && fwrite(text.text ? text.text : "", 1, text.len, file) == text.len
                && fflush(file) == 0 && fsync(fd) == 0 && rename(next, path) == 0;
    int error = errno;
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    return good ? 0
                : fg_fail(err, error == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", path,
                          strerror(error));
}

int fg_standby_journal(
    struct fg_standby *standby, bool anew, const char *bytes, size_t len, struct fg_err *err)
{
    int rc =
        fg_journal_append(standby->pg, atomic_load(&standby->epoch), anew, bytes, len, err);
    if (rc == 0) {
        fg_standby_lose(standby);
        return fg_fail(err, FG_EUNREACH, "this daemon does not lead any more");
    }
    return rc < 0 ? rc : 0;
}

/* -- the thread -------------------------------------------------------------------------------------------- */

/* A leader has every file that it keeps there: what the sweep has taken here goes there as well. */
static void tidy(struct fg_standby *standby)
{
    struct fg_object objects[FILES_A_TURN];
    char path[PATH_MAX];
    int64_t stamp = 0;
    int len = fg_object_tidy(standby->keep_pg, NULL);
    while (len >= 0) {
        len = fg_object_list(standby->keep_pg, FILE_PREFIX, stamp, objects, FILES_A_TURN, NULL);
        for (int i = 0; i < len; i++) {
            stamp = objects[i].stamp;
            snprintf(path, sizeof(path), "%s/%s", standby->options.data_dir,
                     objects[i].name + strlen(FILE_PREFIX));
            if (access(path, F_OK) < 0 && errno == ENOENT)
                (void)fg_object_drop(standby->keep_pg, objects[i].name, NULL);
        }
        if (len == 0)
            break;
    }
}

void *fg_keeper_run(void *self)
{
    struct fg_standby *standby = self;
    for (unsigned looks = 0; !fg_standby_sleep(standby, LOOK_US); looks++) {
        struct fg_err err = {};
        if (is_due(standby) && make_snapshot(standby, &err) < 0)
            fg_standby_note(standby, "event=snapshot-failed why=\"%s\"", err.text);
        if (looks % TIDY_LOOKS == 0)
            tidy(standby);
    }
    return NULL;
}

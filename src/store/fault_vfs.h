/* fault_vfs.h - a disk in memory that fails as asked: for fault_test.c.
 *
 * Files remember what was synced and, one by one, what was written since.  A power cut keeps, drops or
 * tears each of the unsynced writes at random; names of files that no sync made durable may come or go.
 * Any single write, sync or truncate can be made to fail.  One thread.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISK_FILES = 16, DISK_SHM = 8 };

/* A change that no sync has made durable yet.  `bytes` NULL: a truncate to `at`. */
struct disk_change {
    int64_t at;
    size_t len;
    uint8_t *bytes;
};

struct disk_bytes {
    uint8_t *at;
    size_t len, room;
};

struct disk_file {
    char name[128];
    bool used, exists, name_durable, was_durable; /* was_durable: a deletion may be undone */
    struct disk_bytes now, durable;
    struct disk_change *changes;
    size_t changes_len, changes_room;
    int shared, reserved, exclusive; /* locks of all connections */
    void *shm[DISK_SHM];
    int shm_shared[SQLITE_SHM_NLOCK];
    void *shm_exclusive[SQLITE_SHM_NLOCK];
};

struct disk {
    struct disk_file files[DISK_FILES];
    unsigned seed;
    long operations;         /* writes, syncs, truncates so far */
    long fail_from, fail_to; /* those numbered so fail: from < n <= to */
    int fail_code;  /* SQLITE_FULL, SQLITE_IOERR_WRITE; syncs give SQLITE_IOERR_FSYNC */
    bool off;       /* power is cut: nothing works */
    long cut_after; /* power goes after this many operations; 0: it stays */
};

struct disk_handle {
    sqlite3_file base;
    struct disk *disk;
    struct disk_file *file;
    int lock;
    uint32_t shm_held_shared, shm_held_exclusive;
};

static inline void disk_put(struct disk_bytes *bytes, int64_t at, const void *from, size_t len)
{
    size_t end = (size_t)at + len;
    if (end > bytes->room) {
        bytes->room = end * 2;
        bytes->at = realloc(bytes->at, bytes->room);
        if (!bytes->at)
            abort();
    }
    if (end > bytes->len) {
        memset(bytes->at + bytes->len, 0, end - bytes->len);
        bytes->len = end;
    }
    if (len)
        memcpy(bytes->at + at, from, len);
}

static inline void disk_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
    to->len = 0;
    disk_put(to, 0, from->at, from->len);
}

static inline void disk_forget(struct disk_file *file)
{
    for (size_t i = 0; i < file->changes_len; i++)
        free(file->changes[i].bytes);
    file->changes_len = 0;
}

static inline void disk_note(struct disk_file *file, int64_t at, const void *bytes, size_t len)
{
    if (file->changes_len == file->changes_room) {
        file->changes_room = file->changes_room ? file->changes_room * 2 : 64;
        file->changes = realloc(file->changes, file->changes_room * sizeof(*file->changes));
        if (!file->changes)
            abort();
    }
    struct disk_change change = {.at = at, .len = len};
    if (bytes) {
        change.bytes = malloc(len + 1);
        if (!change.bytes)
            abort();
        memcpy(change.bytes, bytes, len);
    }
    file->changes[file->changes_len++] = change;
}

static inline void disk_settle(struct disk_bytes *bytes, const struct disk_change *change)
{
    if (change->bytes)
        disk_put(bytes, change->at, change->bytes, change->len);
    else if ((size_t)change->at < bytes->len)
        bytes->len = (size_t)change->at;
}

/* Count an operation: 0, or the code it fails with. */
static inline int disk_count(struct disk *disk, int code)
{
    if (disk->off)
        return SQLITE_IOERR;
    disk->operations++;
    if (disk->cut_after && disk->operations >= disk->cut_after) {
        disk->off = true;
        return SQLITE_IOERR;
    }
    bool fails = disk->operations > disk->fail_from && disk->operations <= disk->fail_to;
    return fails ? code ? code : disk->fail_code : SQLITE_OK;
}

static inline struct disk_file *disk_find(struct disk *disk, const char *name)
{
    for (size_t i = 0; i < DISK_FILES; i++)
        if (disk->files[i].used && strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    return NULL;
}

/* -- power ------------------------------------------------------------------------------------------ */

static inline void disk_change_apply(struct disk *disk,
                                     struct disk_file *file,
                                     const struct disk_change *change)
{
    int fate = rand_r(&disk->seed) % 3; /* 0 gone, 1 kept, 2 torn into sectors */
    if (fate == 0)
        return;
    if (!change->bytes) {
        disk_settle(&file->durable, change);
        return;
    }
    for (size_t done = 0; done < change->len;) {
        size_t piece = 512 - ((size_t)change->at + done) % 512;
        piece = piece < change->len - done ? piece : change->len - done;
        if (fate == 1 || rand_r(&disk->seed) % 2)
            disk_put(&file->durable, change->at + (int64_t)done, change->bytes + done, piece);
        done += piece;
    }
}

/* The power comes back after a cut: what is left is what the disk holds now.  No file may be open. */
static inline void disk_power_on(struct disk *disk)
{
    for (size_t i = 0; i < DISK_FILES; i++) {
        struct disk_file *file = &disk->files[i];
        if (!file->used)
            continue;
        for (size_t k = 0; k < file->changes_len; k++)
            disk_change_apply(disk, file, &file->changes[k]);
        disk_forget(file);
        disk_copy(&file->now, &file->durable);
        if (file->exists && !file->name_durable)
            file->exists = rand_r(&disk->seed) % 2;
        else if (!file->exists && file->was_durable)
            file->exists = rand_r(&disk->seed) % 2;
        file->name_durable = file->was_durable = file->exists;
        if (!file->exists)
            file->now.len = file->durable.len = 0;
    }
    disk->off = false;
    disk->cut_after = 0;
}

static inline void disk_free(struct disk *disk)
{
    for (size_t i = 0; i < DISK_FILES; i++) {
        disk_forget(&disk->files[i]);
        free(disk->files[i].changes);
        free(disk->files[i].now.at);
        free(disk->files[i].durable.at);
        for (size_t k = 0; k < DISK_SHM; k++)
            free(disk->files[i].shm[k]);
    }
}

/* -- files ------------------------------------------------------------------------------------------ */

static int disk_close(sqlite3_file *base)
{
    struct disk_handle *handle = (struct disk_handle *)base;
    if (handle->lock >= SQLITE_LOCK_SHARED)
        handle->file->shared--;
    return SQLITE_OK;
}

static int disk_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at)
{
    struct disk_handle *handle = (struct disk_handle *)base;
    if (handle->disk->off)
        return SQLITE_IOERR_READ;
    const struct disk_bytes *bytes = &handle->file->now;
    size_t there = (size_t)at < bytes->len ? bytes->len - (size_t)at : 0;
    size_t take = there < (size_t)len ? there : (size_t)len;
    if (take)
        memcpy(out, bytes->at + at, take);
    memset((char *)out + take, 0, (size_t)len - take);
    return take == (size_t)len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *base, const void *from, int len, sqlite3_int64 at)
{
    struct disk_handle *handle = (struct disk_handle *)base;
    bool was_off = handle->disk->off;
    int rc = disk_count(handle->disk, 0);
    size_t take =
        rc == SQLITE_OK ? (size_t)len : (size_t)len / 2; /* a failed write left a part */
    if (!was_off) {
        disk_put(&handle->file->now, at, from, take);
        disk_note(handle->file, at, from, take);
    }
    return rc;
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    struct disk_handle *handle = (struct disk_handle *)base;
    int rc = disk_count(handle->disk, SQLITE_IOERR_TRUNCATE);
    if (rc == SQLITE_OK && (size_t)len < handle->file->now.len) {
        handle->file->now.len = (size_t)len;
        disk_note(handle->file, len, NULL, 0);
    }
    return rc;
}

/* A sync also makes the names in the folder durable, as the unix VFS does for a new log. */
static int disk_sync(sqlite3_file *base, int flags)
{
    (void)flags;
    struct disk_handle *handle = (struct disk_handle *)base;
    int rc = disk_count(handle->disk, SQLITE_IOERR_FSYNC);
    if (rc != SQLITE_OK)
        return rc;
    for (size_t i = 0; i < handle->file->changes_len; i++)
        disk_settle(&handle->file->durable, &handle->file->changes[i]);
    disk_forget(handle->file);
    for (size_t i = 0; i < DISK_FILES; i++) {
        struct disk_file *file = &handle->disk->files[i];
        file->name_durable = file->exists;
        file->was_durable = file->exists;
    }
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((struct disk_handle *)base)->file->now.len;
    return SQLITE_OK;
}

static int disk_lock(sqlite3_file *base, int level)
{
    struct disk_handle *handle = (struct disk_handle *)base;
    struct disk_file *file = handle->file;
    if (level <= handle->lock)
        return SQLITE_OK;
    if (file->exclusive && handle->lock < SQLITE_LOCK_EXCLUSIVE)
        return SQLITE_BUSY;
    if (level >= SQLITE_LOCK_RESERVED && handle->lock < SQLITE_LOCK_RESERVED && file->reserved)
        return SQLITE_BUSY;
    if (level == SQLITE_LOCK_EXCLUSIVE && file->shared > (handle->lock >= SQLITE_LOCK_SHARED))
        return SQLITE_BUSY;
    if (handle->lock < SQLITE_LOCK_SHARED)
        file->shared++;
    if (level >= SQLITE_LOCK_RESERVED && handle->lock < SQLITE_LOCK_RESERVED)
        file->reserved++;
    if (level == SQLITE_LOCK_EXCLUSIVE)
        file->exclusive++;
    handle->lock = level;
    return SQLITE_OK;
}

static int disk_unlock(sqlite3_file *base, int level)
{
    struct disk_handle *handle = (struct disk_handle *)base;
    struct disk_file *file = handle->file;
    if (level >= handle->lock)
        return SQLITE_OK;
    if (handle->lock == SQLITE_LOCK_EXCLUSIVE)
        file->exclusive--;
    if (handle->lock >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED)
        file->reserved--;
    if (level == SQLITE_LOCK_NONE)
        file->shared--;
    handle->lock = level;
    return SQLITE_OK;
}

static int disk_reserved(sqlite3_file *base, int *out)
{
    *out = ((struct disk_handle *)base)->file->reserved != 0;
    return SQLITE_OK;
}

static int disk_control(sqlite3_file *base, int op, void *arg)
{
    (void)base, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int disk_sector(sqlite3_file *base)
{
    (void)base;
    return 512;
}

static int disk_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as the unix VFS has it by default */
}

static int disk_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **out)
{
    struct disk_file *file = ((struct disk_handle *)base)->file;
    *out = NULL;
    if (page >= DISK_SHM)
        return SQLITE_IOERR_SHMMAP;
    if (!file->shm[page] && extend)
        file->shm[page] = calloc(1, (size_t)size);
    *out = file->shm[page];
    return SQLITE_OK;
}

static int disk_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
    struct disk_handle *handle = (struct disk_handle *)base;
    struct disk_file *file = handle->file;
    for (int i = offset; i < offset + n; i++) {
        bool own = handle->shm_held_shared & 1U << i;
        if (flags & SQLITE_SHM_UNLOCK)
            continue;
        if (file->shm_exclusive[i] && file->shm_exclusive[i] != handle)
            return SQLITE_BUSY;
        if (flags & SQLITE_SHM_EXCLUSIVE && file->shm_shared[i] > own)
            return SQLITE_BUSY;
    }
    for (int i = offset; i < offset + n; i++) {
        uint32_t bit = 1U << i;
        if (flags & SQLITE_SHM_UNLOCK && flags & SQLITE_SHM_SHARED) {
            file->shm_shared[i] -= (handle->shm_held_shared & bit) != 0;
            handle->shm_held_shared &= ~bit;
        } else if (flags & SQLITE_SHM_UNLOCK) {
            file->shm_exclusive[i] = NULL;
        } else if (flags & SQLITE_SHM_SHARED) {
            file->shm_shared[i] += !(handle->shm_held_shared & bit);
            handle->shm_held_shared |= bit;
        } else {
            file->shm_exclusive[i] = handle;
        }
    }
    return SQLITE_OK;
}

static void disk_shm_barrier(sqlite3_file *base)
{
    (void)base;
}

static int disk_shm_unmap(sqlite3_file *base, int delete)
{
    struct disk_handle *handle = (struct disk_handle *)base;
    for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
        handle->file->shm_shared[i] -= (handle->shm_held_shared & 1U << i) != 0;
        if (handle->file->shm_exclusive[i] == handle)
            handle->file->shm_exclusive[i] = NULL;
    }
    handle->shm_held_shared = 0;
    for (size_t i = 0; delete &&i < DISK_SHM; i++) {
        free(handle->file->shm[i]);
        handle->file->shm[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

/* -- names ------------------------------------------------------------------------------------------ */

static int disk_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
    struct disk *disk = vfs->pAppData;
    struct disk_handle *handle = (struct disk_handle *)base;
    *handle = (struct disk_handle){};
    if (disk->off || !name)
        return SQLITE_CANTOPEN;
    struct disk_file *file = disk_find(disk, name);
    /* The store makes the database file itself, on the real disk: here it comes into being at once. */
    bool creates = flags & SQLITE_OPEN_CREATE || flags & SQLITE_OPEN_MAIN_DB;
    if ((!file || !file->exists) && !creates)
        return SQLITE_CANTOPEN;
    for (size_t i = 0; !file && i < DISK_FILES; i++)
        if (!disk->files[i].used) {
            file = &disk->files[i];
            file->used = true;
            snprintf(file->name, sizeof(file->name), "%s", name);
        }
    if (!file)
        return SQLITE_CANTOPEN;
    if (!file->exists) {
        file->exists = true;
        file->now.len = 0;
        disk_forget(file);
        disk_note(file, 0, NULL, 0);
    }
    *handle = (struct disk_handle){.base = {&disk_methods}, .disk = disk, .file = file};
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct disk *disk = vfs->pAppData;
    struct disk_file *file = disk_find(disk, name);
    if (disk->off)
        return SQLITE_IOERR_DELETE;
    if (!file || !file->exists)
        return SQLITE_IOERR_DELETE_NOENT;
    file->exists = false;
    file->was_durable = file->name_durable && !sync_folder;
    file->name_durable = false;
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)flags;
    const struct disk_file *file = disk_find(vfs->pAppData, name);
    *out = file && file->exists && (flags != SQLITE_ACCESS_EXISTS || file->now.len > 0);
    return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)size, "%s", name);
    return SQLITE_OK;
}

static int disk_randomness(sqlite3_vfs *vfs, int len, char *out)
{
    struct disk *disk = vfs->pAppData;
    for (int i = 0; i < len; i++)
        out[i] = (char)rand_r(&disk->seed);
    return len;
}

static int disk_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int disk_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2460000.5;
    return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs, (void)len, (void)out;
    return 0;
}

/* Put the disk in place of the real one for every connection that is opened from now on. */
static inline void disk_register(sqlite3_vfs *vfs, struct disk *disk)
{
    *vfs = (sqlite3_vfs){.iVersion = 1,
                         .szOsFile = sizeof(struct disk_handle),
                         .mxPathname = 120,
                         .zName = "disk",
                         .pAppData = disk,
                         .xOpen = disk_open,
                         .xDelete = disk_delete,
                         .xAccess = disk_access,
                         .xFullPathname = disk_full_name,
                         .xRandomness = disk_randomness,
                         .xSleep = disk_sleep,
                         .xCurrentTime = disk_time,
                         .xGetLastError = disk_last_error};
    sqlite3_vfs_register(vfs, 1);
}

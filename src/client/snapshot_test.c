/* snapshot_test.c - what is in a snapshot, that it is the same twice, and what is refused. */
#include "client/snapshot.h"

#include "base/buf.h"
#include "client/blob.h"
#include "test/tap.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

static void put(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void make_dir(const char *dir, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    mkdir(path, 0755);
}

/* The names in the archive, with a space after each. */
static void list(FILE *file, struct fg_buf *out)
{
    struct archive *archive = archive_read_new();
    archive_read_support_format_tar(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_open_FILE(archive, file);
    struct archive_entry *entry;
    int rc;
    while ((rc = archive_read_next_header(archive, &entry)) == ARCHIVE_OK)
        fg_buf_printf(out, "%s ", archive_entry_pathname(entry));
    if (!OK(rc == ARCHIVE_EOF))
        printf("# %s\n", archive_error_string(archive));
    archive_read_free(archive);
    rewind(file);
}

static void a_folder(const char *dir)
{
    make_dir(dir, "src");
    make_dir(dir, ".git");
    make_dir(dir, "out");
    put(dir, ".git/config", "x");
    put(dir, ".gitignore", "*.o\nout/\nkeep.bin\n");
    put(dir, ".fastgpuignore", "!keep.bin\n*.log\n");
    put(dir, "src/b.c", "int b;");
    put(dir, "src/a.c", "int a;");
    put(dir, "src/a.o", "object");
    put(dir, "out/big", "big");
    put(dir, "keep.bin", "k");
    put(dir, "x.log", "l");
    char path[512];
    snprintf(path, sizeof(path), "%s/link", dir);
    OK(symlink("src/a.c", path) == 0);
    snprintf(path, sizeof(path), "%s/pipe", dir);
    OK(mkfifo(path, 0600) == 0);
}

static void what_is_kept(void)
{
    char dir[] = "/tmp/fg-snapshot-XXXXXX";
    OK(mkdtemp(dir) != NULL);
    a_folder(dir);
    struct fg_snapshot one, two;
    struct fg_err err = {};
    if (!OK(fg_snapshot_make(dir, NULL, NULL, &one, &err) == 0))
        printf("# %s\n", err.text);
    EQ(fg_snapshot_make(dir, NULL, NULL, &two, &err), 0);
    FG_AUTO(fg_buf) struct fg_buf names = {};
    fg_buf_puts(&names, "");
    list(one.file, &names);
    if (!OK(strcmp(names.text, ".fastgpuignore .gitignore keep.bin link src/ src/a.c src/b.c ")
            == 0))
        printf("# %s\n", names.text);
    EQ(one.files_len, 7);

    char hash_one[FG_HASH_TEXT_MAX], hash_two[FG_HASH_TEXT_MAX];
    uint64_t size;
    EQ(fg_blob_hash(one.file, hash_one, &size, NULL), 0);
    EQ(size, one.size);
    EQ(fg_blob_hash(two.file, hash_two, &size, NULL), 0);
    OK(strcmp(hash_one, hash_two) == 0);
    fclose(one.file);
    fclose(two.file);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void no_such_folder(void)
{
    struct fg_snapshot out;
    struct fg_err err = {};
    EQ(fg_snapshot_make("/nonexistent/folder", NULL, NULL, &out, &err), FG_ENOENT);
    OK(strstr(err.text, "/nonexistent/folder") != NULL);
}

static void a_known_hash(void)
{
    FILE *file = tmpfile();
    fputs("abc", file);
    char hash[FG_HASH_TEXT_MAX];
    uint64_t size;
    EQ(fg_blob_hash(file, hash, &size, NULL), 0);
    /* BLAKE2b-256 of "abc": b2sum -l 256 */
    OK(strcmp(hash, "blake2b:bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
       == 0);
    EQ(size, 3);
    fclose(file);
}

int main(void)
{
    RUN(what_is_kept);
    RUN(no_such_folder);
    RUN(a_known_hash);
    return tap_done();
}

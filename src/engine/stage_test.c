/* stage_test.c - what users bring and what is kept of theirs: nothing outside the working folder is written
 * or read.
 */
#include "engine/blob.h"
#include "engine/fs.h"
#include "engine/outputs.h"
#include "engine/remote.h"
#include "engine/test_kit.h"
#include "engine/unpack.h"

#include <archive.h>
#include <archive_entry.h>

struct member {
    const char *path;
    int type;         /* AE_IFREG, ... */
    const char *text; /* content, or target of a link */
};

/* A tar archive (zstd) of the members as file `path`. */
static void make_archive(const char *path,
                         const struct member *members,
                         size_t len,
                         bool hardlink)
{
    struct archive *out = archive_write_new();
    archive_write_set_format_pax_restricted(out);
    archive_write_add_filter_zstd(out);
    archive_write_open_filename(out, path);
    for (size_t i = 0; i < len; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, members[i].path);
        archive_entry_set_perm(entry, 06755);
        if (hardlink)
            archive_entry_set_hardlink(entry, members[i].text);
        else
            archive_entry_set_filetype(entry, (unsigned)members[i].type);
        if (members[i].type == AE_IFLNK)
            archive_entry_set_symlink(entry, members[i].text);
        size_t size = members[i].type == AE_IFREG && !hardlink ? strlen(members[i].text) : 0;
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_write_header(out, entry);
        archive_write_data(out, members[i].text, size);
        archive_entry_free(entry);
    }
    archive_write_free(out);
}

static bool never(void *)
{
    return false;
}

static char root[] = "/tmp/fastgpu-stage-test-XXXXXX";

static int unpack(const struct member *members, size_t len, bool hardlink, struct fg_err *err)
{
    make_archive("a.tar.zst", members, len, hardlink);
    fg_fs_remove_tree(AT_FDCWD, "work");
    mkdir("work", 0700);
    struct fg_unpack unpack = {.archive = open("a.tar.zst", O_RDONLY),
                               .folder = open("work", O_RDONLY | O_DIRECTORY),
                               .bytes_max = 1000,
                               .stopped = never};
    int rc = fg_unpack(&unpack, err);
    close(unpack.archive);
    close(unpack.folder);
    return rc;
}

static bool file_is(const char *path, const char *text)
{
    char got[256];
    return fg_fs_read_small(AT_FDCWD, path, got, sizeof(got)) >= 0 && strcmp(got, text) == 0;
}

static void an_archive_is_unpacked(void)
{
    struct fg_err err = {};
    struct member members[] = {{"./", AE_IFDIR, ""},
                               {"./a/b/deep.txt", AE_IFREG, "deep"},
                               {"run.sh", AE_IFREG, "x"},
                               {"empty/", AE_IFDIR, ""},
                               {"link", AE_IFLNK, "a/b"}};
    EQ(unpack(members, 5, false, &err), 0);
    printf("# %s\n", err.text);
    OK(file_is("work/a/b/deep.txt", "deep"));
    struct stat state;
    OK(stat("work/run.sh", &state) == 0 && (state.st_mode & 07777) == 0755);
    OK(stat("work/empty", &state) == 0 && S_ISDIR(state.st_mode));
    OK(lstat("work/link", &state) == 0 && S_ISLNK(state.st_mode));
}

static void nothing_gets_out(void)
{
    static const struct {
        const char *why;
        struct member members[2];
        size_t len;
        bool hardlink;
    } cases[] = {
        {"parent folder", {{"../evil", AE_IFREG, "x"}}, 1, false},
        {"hidden parent folder", {{"a/../../evil", AE_IFREG, "x"}}, 1, false},
        {"absolute path", {{"/tmp/fastgpu-evil", AE_IFREG, "x"}}, 1, false},
        {"through a link", {{"out", AE_IFLNK, ".."}, {"out/evil", AE_IFREG, "x"}}, 2, false},
        {"through an absolute link",
         {{"out", AE_IFLNK, "/tmp"}, {"out/fastgpu-evil", AE_IFREG, "x"}},
         2,
         false},
        {"over a link", {{"evil", AE_IFLNK, "../evil"}, {"evil", AE_IFREG, "x"}}, 2, false},
        {"hard link to a file outside", {{"evil", AE_IFREG, "../outside"}}, 1, true},
        {"device", {{"null", AE_IFCHR, ""}}, 1, false},
        {"fifo", {{"pipe", AE_IFIFO, ""}}, 1, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_err err = {};
        int rc = unpack(cases[i].members, cases[i].len, cases[i].hardlink, &err);
        printf("# %s: %s\n", cases[i].why, err.text);
        OK(rc == FG_EBACKEND && err.text[0]);
        OK(access("evil", F_OK) < 0 && access("/tmp/fastgpu-evil", F_OK) < 0);
    }
}

static void too_much_is_refused(void)
{
    char big[1101];
    struct fg_err err = {};
    memset(big, 'x', 1100);
    big[1100] = '\0';
    struct member members[] = {{"big", AE_IFREG, big}};
    EQ(unpack(members, 1, false, &err), FG_EBACKEND);
    OK(strstr(err.text, "more than is allowed") != NULL);
    int fd = open("a.tar.zst", O_WRONLY | O_TRUNC);
    EQ(write(fd, "this is no archive at all", 25), 25);
    close(fd);
    fd = open("a.tar.zst", O_RDONLY);
    struct fg_unpack unpack = {
        .archive = fd, .folder = AT_FDCWD, .bytes_max = 1000, .stopped = never};
    EQ(fg_unpack(&unpack, &err), FG_EBACKEND);
    close(fd);
}

static void write_file(const char *path, const char *text)
{
    fg_fs_mkdirs_beneath(AT_FDCWD, path, 0755);
    fg_fs_put(AT_FDCWD, path, text, strlen(text), 0644);
}

static bool kept(const struct fg_outputs *out, const char *path)
{
    for (size_t i = 0; i < out->len; i++)
        if (strcmp(out->items[i].path, path) == 0)
            return true;
    return false;
}

static void outputs_match_patterns(void)
{
    static const char *const patterns[] = {"*.txt",      "deep/**/*.log",    "folder",
                                           "exact/file", "../../etc/passwd", "/etc/passwd",
                                           "link/*",     "missing*"};
    struct fg_plan plan = {
        .outputs = {(const char **)(uintptr_t)patterns, 8}, .outputs_to = "", .uid = -1};
    struct fg_outputs out = {};
    struct fg_err err = {};
    fg_fs_remove_tree(AT_FDCWD, "w");
    mkdir("w", 0755);
    write_file("w/a.txt", "a");
    write_file("w/b.dat", "b");
    write_file("w/.hidden.txt", "h");
    write_file("w/deep/1.log", "one");
    write_file("w/deep/x/y/2.log", "two");
    write_file("w/deep/x/y/2.txt", "no");
    write_file("w/folder/in/side", "in");
    write_file("w/exact/file", "e");
    write_file("w/bad\nname.txt", "bad");
    write_file("secret", "secret");
    OK(symlink("../secret", "w/secret.txt") == 0 && symlink("..", "w/link") == 0);
    OK(mkfifo("w/fifo.txt", 0600) == 0);
    EQ(fg_outputs_collect(&out, root, &plan, "w", &err), 0);
    OK(kept(&out, "a.txt") && kept(&out, "deep/1.log") && kept(&out, "deep/x/y/2.log"));
    OK(kept(&out, "folder/in/side") && kept(&out, "exact/file"));
    EQ(out.len, 5);
    char path[FG_PATH_MAX];
    EQ(fg_blob_path(root, out.items[0].hash, path), 0);
    OK(file_is(path, "a"));
    EQ(out.items[0].bytes, 1);
    /* BLAKE2b-256 of "a". */
    OK(strcmp(out.items[0].hash,
              "blake2b:8928aae63c84d87ea098564d1e03ad813f107add474e56aedd286349c0c03ea4")
       == 0);
    free(out.items);
}

static void inputs_and_outputs_of_a_task(void)
{
    struct kit kit = kit_new();
    char hash[80];
    uint64_t bytes;
    struct fg_engine_event event;
    write_file("in.txt", "hello");
    int fd = open("in.txt", O_RDONLY);
    EQ(fg_blob_put(kit.dir, fd, hash, &bytes), 0);
    close(fd);
    struct member members[] = {{"src/main.sh", AE_IFREG, "cat data/in.txt > result.txt\n"}};
    char workdir[80];
    make_archive("snapshot", members, 1, false);
    fd = open("snapshot", O_RDONLY);
    fg_blob_put(kit.dir, fd, workdir, &bytes);
    close(fd);
    struct fg_input input = {"data/in.txt", hash};
    const char *outputs[] = {"result.txt"};
    struct fg_job_spec spec = kit_script("sh src/main.sh");
    spec.inputs = &input;
    spec.inputs_len = 1;
    spec.outputs = outputs;
    spec.outputs_len = 1;
    spec.workdir_hash = workdir;
    event = kit_run(&kit, 1, &spec);
    EQ(event.kind, FG_TASK_EXITED);
    EQ(event.exit_code, 0);
    EQ(event.artifacts, 1);
    struct fg_engine_artifact got[2];
    EQ(kit_ops->artifacts(kit.engine, event.key, got, 2), 1);
    OK(strcmp(got[0].path, "result.txt") == 0 && strcmp(got[0].hash, hash) == 0
       && got[0].bytes == 5);

    input.path = "../escape.txt";
    event = kit_run(&kit, 2, &spec);
    EQ(event.kind, FG_TASK_FAILED);
    OK(strstr(event.reason, "input ../escape.txt") != NULL);
    kit_free(&kit);
}

/* Whole lines that may be measures, nothing else. */
static void measures_are_kept(void)
{
    static const char lines[] = "v1 1790000000000000 here s3.example.org s3 1 2 3 4\n"
                                "v1 $(reboot) a b\n"
                                "error no such file\n"
                                "v1 with\0nul\n"
                                "v1 1790000000000001 here there http 1 2 3 4\n"
                                "v1 1790000000000002 cut";
    char kept[512];
    fg_remote_keep_measures(root, lines, sizeof(lines) - 1);
    ssize_t len = fg_fs_read_small(AT_FDCWD, "links", kept, sizeof(kept));
    OK(len > 0
       && strcmp(kept, "v1 1790000000000000 here s3.example.org s3 1 2 3 4\n"
                       "v1 1790000000000001 here there http 1 2 3 4\n")
              == 0);
}

int main(void)
{
    if (!mkdtemp(root) || chdir(root) < 0)
        return 1;
    mkdir("blobs", 0700);
    write_file("outside", "outside");
    RUN(an_archive_is_unpacked);
    RUN(nothing_gets_out);
    RUN(too_much_is_refused);
    RUN(outputs_match_patterns);
    RUN(inputs_and_outputs_of_a_task);
    RUN(measures_are_kept);
    if (chdir("/") == 0)
        fg_fs_remove_tree(AT_FDCWD, root);
    return tap_done();
}

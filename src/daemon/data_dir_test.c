/* data_dir_test.c - a private folder, one service at a time, and a lock that no child inherits. */
#include "daemon/data_dir.h"

#include "daemon/testing.h"

#include <signal.h>
#include <sys/wait.h>

static void test_it_is_made_private_and_known_by_its_real_name(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    char path[128], file[FG_DATA_PATH_MAX], want[128];
    struct stat info;
    mode_t mask = umask(0);
    snprintf(path, sizeof(path), "%s/a/./b/../b/data", folder.path);
    put_folder(&folder, 0, "a/b");
    struct fg_data_dir dir;
    struct fg_err err = {};
    EQ(fg_data_dir_open(&dir, path, &err), 0);
    umask(mask);
    snprintf(want, sizeof(want), "%s/a/b/data", folder.path);
    OK(strcmp(dir.path, want) == 0);
    OK(stat(want, &info) == 0 && (info.st_mode & 0777) == 0700);
    fg_data_dir_file(&dir, "lock", file);
    OK(stat(file, &info) == 0 && (info.st_mode & 0777) == 0600);

    fg_data_dir_file(&dir, "daemon.pid", file);
    char text[32] = "", pid[32];
    OK(fg_fs_read_small(AT_FDCWD, file, text, sizeof(text)) > 0);
    snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    OK(strcmp(text, pid) == 0);
    fg_data_dir_close(&dir);
    EQ(dir.lock_fd, -1);
    fg_data_dir_close(&dir);
    EQ(fg_data_dir_open(&dir, path, &err), 0);
    fg_data_dir_close(&dir);
}

static void test_a_link_is_no_folder(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    char link[FG_DATA_PATH_MAX];
    struct fg_data_dir dir;
    struct fg_err err = {};
    put_folder(&folder, 0, "elsewhere");
    snprintf(link, sizeof(link), "%s/jobs", folder.path);
    MUST(symlink("elsewhere", link) == 0);
    EQ(fg_data_dir_open(&dir, folder.path, &err), FG_EINVAL);
    OK(strstr(err.text, "jobs: is a symbolic link") != NULL);
    MUST(unlink(link) == 0);
    EQ(fg_data_dir_open(&dir, folder.path, &err), 0);
    fg_data_dir_close(&dir);
}

/* In a process of its own: record locks do not keep a process from itself. */
static int open_elsewhere(const char *path, char text[FG_ERR_TEXT_MAX])
{
    int fds[2];
    MUST(pipe(fds) == 0);
    fflush(stdout);
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        struct fg_data_dir dir;
        struct fg_err err = {};
        int rc = fg_data_dir_open(&dir, path, &err);
        ssize_t n = write(fds[1], err.text, sizeof(err.text));
        _exit(n > 0 ? -rc : 99);
    }
    close(fds[1]);
    MUST(read(fds[0], text, FG_ERR_TEXT_MAX) > 0);
    close(fds[0]);
    int status;
    MUST(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void test_a_second_service_is_refused_with_the_first_ones_number(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_data_dir dir;
    char text[FG_ERR_TEXT_MAX], want[64];
    EQ(fg_data_dir_open(&dir, folder.path, NULL), 0);
    EQ(open_elsewhere(folder.path, text), FG_EEXIST);
    snprintf(want, sizeof(want), "process %ld serves it", (long)getpid());
    OK(strstr(text, want) != NULL);
    fg_data_dir_close(&dir);
    EQ(open_elsewhere(folder.path, text), 0);
}

static void test_a_child_does_not_keep_the_lock(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_data_dir dir;
    char text[FG_ERR_TEXT_MAX];
    EQ(fg_data_dir_open(&dir, folder.path, NULL), 0);
    fflush(stdout);
    pid_t child = fork(); /* as a supervisor does, it outlives the service */
    MUST(child >= 0);
    if (child == 0) {
        pause();
        _exit(0);
    }
    fg_data_dir_close(&dir);
    EQ(open_elsewhere(folder.path, text), 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void test_what_cannot_be_a_folder(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    put_file(&folder, 0, "file");
    char path[FG_DATA_PATH_MAX + 8];
    struct fg_data_dir dir;
    struct fg_err err = {};
    snprintf(path, sizeof(path), "%s/file", folder.path);
    EQ(fg_data_dir_open(&dir, path, &err), FG_EIO);
    snprintf(path, sizeof(path), "%s/file/below", folder.path);
    EQ(fg_data_dir_open(&dir, path, &err), FG_EIO);
    OK(strstr(err.text, "data folder") != NULL);
    EQ(fg_data_dir_open(&dir, "", &err), FG_EIO);
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    EQ(fg_data_dir_open(&dir, path, &err), FG_EINVAL);
}

int main(void)
{
    RUN(test_a_link_is_no_folder);
    RUN(test_it_is_made_private_and_known_by_its_real_name);
    RUN(test_a_second_service_is_refused_with_the_first_ones_number);
    RUN(test_a_child_does_not_keep_the_lock);
    RUN(test_what_cannot_be_a_folder);
    return tap_done();
}

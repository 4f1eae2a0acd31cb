/* locate_test.c - every rule of locate.h, in order. */
#include "client/locate.h"

#include "test/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget(void)
{
    static const char *const names[] = {"FASTGPU_URL", "FASTGPU_TOKEN", "FASTGPU_TOKEN_FILE",
                                        "FASTGPU_SOCKET", "XDG_STATE_HOME"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    setenv("HOME", "/home/ada", 1);
}

static bool is_text(const char *got, const char *want)
{
    bool same = strcmp(got, want) == 0;
    if (!same)
        printf("# got %s, want %s\n", got, want);
    return same;
}

static void an_address_comes_first(void)
{
    forget();
    struct fg_place place;
    setenv("FASTGPU_SOCKET", "/tmp/other.sock", 1);
    setenv("FASTGPU_URL", "http://127.0.0.1:8642/", 1);
    setenv("FASTGPU_TOKEN", "fgpu_abc", 1);
    EQ(fg_locate_service(NULL, &place, NULL), 0);
    OK(is_text(place.url, "http://127.0.0.1:8642"));
    OK(is_text(place.token, "fgpu_abc"));
    EQ(fg_locate_service("unix:/run/x.sock", &place, NULL), 0);
    OK(is_text(place.url, "unix:/run/x.sock"));
    OK(place.found);
    EQ(fg_locate_service("http://a:1/,https://b,unix:/run/x.sock", &place, NULL), 0);
    OK(is_text(place.url, "http://a:1,https://b,unix:/run/x.sock"));
    EQ(fg_locate_service("http://a:1,", &place, NULL), FG_EINVAL);
    EQ(fg_locate_service("http://a:1,ftp://b", &place, NULL), FG_EINVAL);
}

static void then_the_socket_without_a_token(void)
{
    forget();
    struct fg_place place;
    setenv("FASTGPU_SOCKET", "/tmp/other.sock", 1);
    setenv("FASTGPU_TOKEN", "fgpu_abc", 1);
    EQ(fg_locate_service(NULL, &place, NULL), 0);
    OK(is_text(place.url, "unix:/tmp/other.sock"));
    OK(is_text(place.token, ""));
    setenv("FASTGPU_SOCKET", "other.sock", 1);
    EQ(fg_locate_service(NULL, &place, NULL), FG_EINVAL);
}

static void then_the_users_own_folder(void)
{
    forget();
    char dir[] = "/tmp/fg-locate-XXXXXX", path[128];
    OK(mkdtemp(dir) != NULL);
    struct fg_place place;
    setenv("XDG_STATE_HOME", dir, 1);
    snprintf(path, sizeof(path), "%s/fastgpu", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/fastgpu/fastgpu.sock", dir);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    EQ(fg_locate_service(NULL, &place, NULL), 0);
    OK(place.found);
    OK(is_text(place.url + strlen("unix:"), path));
    unlink(path);
    snprintf(path, sizeof(path), "%s/fastgpu", dir);
    rmdir(path);
    rmdir(dir);
}

static void what_is_malformed(void)
{
    static const char *const urls[] = {"127.0.0.1:80", "ftp://x", "unix:relative",
                                       "http://ada:secret@host:80", ""};
    forget();
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct fg_place place;
        struct fg_err err = {};
        EQ(fg_locate_service(urls[i], &place, &err), FG_EINVAL);
        OK(strstr(err.text, "secret") == NULL);
    }
}

static void a_token_never_shows(void)
{
    forget();
    struct fg_place place;
    struct fg_err err = {};
    setenv("FASTGPU_TOKEN", "hidden token", 1);
    EQ(fg_locate_service("http://h:1", &place, &err), FG_EINVAL);
    OK(strstr(err.text, "hidden") == NULL);
    unsetenv("FASTGPU_TOKEN");
    setenv("FASTGPU_TOKEN_FILE", "/nonexistent/file", 1);
    EQ(fg_locate_service("http://h:1", &place, &err), FG_EIO);

    char file[] = "/tmp/fg-token-XXXXXX";
    int fd = mkstemp(file);
    OK(write(fd, "fgpu_file\n", 10) == 10);
    close(fd);
    setenv("FASTGPU_TOKEN_FILE", file, 1);
    EQ(fg_locate_service("http://h:1", &place, &err), 0);
    OK(is_text(place.token, "fgpu_file"));
    unlink(file);
}

static void the_data_folder(void)
{
    forget();
    char dir[64];
    EQ(fg_locate_data_dir(dir, sizeof(dir), NULL), 0);
    OK(is_text(dir, "/home/ada/.local/state/fastgpu"));
    setenv("XDG_STATE_HOME", "/srv/state", 1);
    EQ(fg_locate_data_dir(dir, sizeof(dir), NULL), 0);
    OK(is_text(dir, "/srv/state/fastgpu"));
    EQ(fg_locate_data_dir(dir, 8, NULL), FG_EINVAL);
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    EQ(fg_locate_data_dir(dir, sizeof(dir), NULL), FG_EINVAL);
}

int main(void)
{
    RUN(an_address_comes_first);
    RUN(then_the_socket_without_a_token);
    RUN(then_the_users_own_folder);
    RUN(what_is_malformed);
    RUN(a_token_never_shows);
    RUN(the_data_folder);
    return tap_done();
}

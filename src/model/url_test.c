/* url_test.c - what is a URL, what is none, and that it reads back. */
#include "model/url.h"

#include "test/tap.h"

#include <string.h>

static void good_ones_read_back(void)
{
    static const struct {
        const char *text;
        enum fg_url_kind kind;
        const char *user, *host;
        int port;
        const char *path, *shown;
    } cases[] = {
        {"file:///data/a%20b", FG_URL_FILE, "", "", 0, "/data/a b", "file:///data/a%20b"},
        {"file://localhost/x", FG_URL_FILE, "", "", 0, "/x", "file:///x"},
        {"ssh://ada@Store:2222/d/x", FG_URL_SSH, "ada", "store", 2222, "/d/x",
         "ssh://ada@store:2222/d/x"},
        {"ssh://[::1]:22/x", FG_URL_SSH, "", "[::1]", 22, "/x", "ssh://[::1]:22/x"},
        {"https://h/x?sig=1", FG_URL_HTTPS, "", "h", 0, "/x?sig=1", "https://h/x"},
        {"http://h:80", FG_URL_HTTP, "", "h", 80, "/", "http://h:80/"},
        {"http://h?q", FG_URL_HTTP, "", "h", 0, "/?q", "http://h/"},
        {"s3://bucket.x/a/b%2Bc", FG_URL_S3, "", "bucket.x", 0, "a/b+c",
         "s3://bucket.x/a/b%2Bc"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_url url = {}, again = {};
        struct fg_err err = {};
        char shown[FG_URL_MAX];
        printf("# %s\n", cases[i].text);
        EQ(fg_url_parse(cases[i].text, &url, &err), 0);
        EQ(url.kind, cases[i].kind);
        OK(strcmp(url.user, cases[i].user) == 0 && strcmp(url.host, cases[i].host) == 0);
        EQ(url.port, cases[i].port);
        OK(strcmp(url.path, cases[i].path) == 0);
        fg_url_show(&url, shown);
        OK(strcmp(shown, cases[i].shown) == 0);
        FG_AUTO(fg_buf) struct fg_buf text = {};
        fg_url_write(&text, &url);
        EQ(fg_url_parse(text.text, &again, &err), 0);
        FG_AUTO(fg_buf) struct fg_buf twice = {};
        fg_url_write(&twice, &again);
        OK(strcmp(text.text, twice.text) == 0);
    }
}

static void bad_ones_are_told(void)
{
    static const char *const cases[] = {
        "",
        "/data/x",
        "ftp://h/x",
        "file://other/x",
        "file:///",
        "file:///a%0ab",
        "file:///a%2",
        "ssh://ada:secret@h/x",
        "ssh://-oProxyCommand=x/x",
        "ssh://-l@h/x",
        "ssh://h:0/x",
        "ssh://h:99999/x",
        "ssh://a:b:c/x",
        "ssh://h",
        "http://ada@h/x",
        "http://h/a b",
        "http://h/x#y",
        "http:///x",
        "s3:///x",
        "s3://bucket",
        "s3://bucket/",
        "s3://b$/x",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_url url = {};
        struct fg_err err = {};
        printf("# %s\n", cases[i]);
        EQ(fg_url_parse(cases[i], &url, &err), FG_EINVAL);
        OK(strstr(err.text, "secret") == NULL);
    }
}

int main(void)
{
    RUN(good_ones_read_back);
    RUN(bad_ones_are_told);
    return tap_done();
}

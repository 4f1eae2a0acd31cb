/* header_test.c - header fields: what is read, and what is too odd to be served. */
#include "api/header.h"
#include "test/tap.h"

#include <string.h>

struct field {
    const char *name, *value;
};

static int check(const char *method,
                 const char *version,
                 const struct field *fields,
                 struct fg_headers *out)
{
    *out = (struct fg_headers){};
    for (; fields->name; fields++)
        fg_headers_add(out, fields->name, fields->value);
    return fg_headers_check(out, method, version, NULL);
}

static void good_ones_are_read(void)
{
    struct fg_headers headers;
    static const struct field fields[] = {{"host", "a:80"},    {"CONTENT-LENGTH", "12"},
                                          {"accept", "a/b"},   {"Accept", "text/event-stream"},
                                          {"X-Any", "\ttext"}, {}};
    EQ(check("POST", "HTTP/1.1", fields, &headers), 0);
    OK(headers.has_length && headers.content_length == 12 && !headers.chunked);
    OK(strcmp(headers.host, "a:80") == 0);
    static const struct field chunked[] = {{"Host", "a"}, {"Transfer-Encoding", "Chunked"}, {}};
    EQ(check("PUT", "HTTP/1.1", chunked, &headers), 0);
    OK(headers.chunked);
    static const struct field none[] = {{}};
    EQ(check("GET", "HTTP/1.0", none, &headers), 0);
}

static void odd_ones_are_refused(void)
{
    static const struct {
        const char *why, *method, *version;
        struct field fields[4];
    } rows[] = {
        {"no Host", "GET", "HTTP/1.1", {{}}},
        {"two Hosts", "GET", "HTTP/1.1", {{"Host", "a"}, {"host", "a"}}},
        {"Host with a list", "GET", "HTTP/1.1", {{"Host", "a,b"}}},
        {"Host with a user", "GET", "HTTP/1.1", {{"Host", "a@b"}}},
        {"two lengths",
         "POST",
         "HTTP/1.1",
         {{"Host", "a"}, {"Content-Length", "1"}, {"Content-length", "1"}}},
        {"list of lengths", "POST", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "1, 1"}}},
        {"signed length", "POST", "HTTP/1.1", {{"Host", "a"}, {"Content-Length", "+1"}}},
        {"length and chunks",
         "POST",
         "HTTP/1.1",
         {{"Host", "a"}, {"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}},
        {"unknown coding",
         "POST",
         "HTTP/1.1",
         {{"Host", "a"}, {"Transfer-Encoding", "identity"}}},
        {"chunks in 1.0", "POST", "HTTP/1.0", {{"Transfer-Encoding", "chunked"}}},
        {"two tokens",
         "GET",
         "HTTP/1.1",
         {{"Host", "a"}, {"Authorization", "x"}, {"Authorization", "y"}}},
        {"name with a space", "GET", "HTTP/1.1", {{"Host", "a"}, {"X ", "b"}}},
        {"empty name", "GET", "HTTP/1.1", {{"Host", "a"}, {"", "b"}}},
        {"control byte", "GET", "HTTP/1.1", {{"Host", "a"}, {"X", "b\r\nY: c"}}},
        {"version", "GET", "HTTP/1.2", {{"Host", "a"}}},
        {"version", "GET", "http/1.1", {{"Host", "a"}}},
        {"method", "GE T", "HTTP/1.1", {{"Host", "a"}}},
        {"method", "", "HTTP/1.1", {{"Host", "a"}}},
        {"method", "ABCDEFGHIJKLMNOPQ", "HTTP/1.1", {{"Host", "a"}}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_headers headers;
        printf("# %s\n", rows[i].why);
        EQ(check(rows[i].method, rows[i].version, rows[i].fields, &headers), FG_EINVAL);
    }
}

static void too_many_are_refused(void)
{
    struct fg_headers headers = {};
    fg_headers_add(&headers, "Host", "a");
    for (int i = 0; i < FG_HEADERS_MAX; i++)
        fg_headers_add(&headers, "X", "y");
    EQ(fg_headers_check(&headers, "GET", "HTTP/1.1", NULL), FG_ETOOBIG);
}

static void media_types(void)
{
    OK(fg_media_type_is("application/json", "application/json"));
    OK(fg_media_type_is("Application/JSON; charset=utf-8", "application/json"));
    OK(!fg_media_type_is("application/json2", "application/json"));
    OK(!fg_media_type_is(NULL, "application/json"));
    OK(fg_accepts("text/html, text/event-stream;q=0.5", "text/event-stream"));
    OK(!fg_accepts("text/event-streams", "text/event-stream"));
    OK(!fg_accepts("*/*", "text/event-stream"));
    OK(!fg_accepts(NULL, "text/event-stream"));
}

int main(void)
{
    RUN(good_ones_are_read);
    RUN(odd_ones_are_refused);
    RUN(too_many_are_refused);
    RUN(media_types);
    return tap_done();
}

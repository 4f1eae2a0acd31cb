/* user_data_test.c - bootstrap files: whose they are, what is filled in. */
#include "provision/user_data.h"
#include "test/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/fastgpu-user-data-XXXXXX";

static int read_bytes(const char *bytes, size_t len, struct fg_buf *out, struct fg_err *err)
{
    int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file < 0 || write(file, bytes, len) != (ssize_t)len)
        abort();
    close(file);
    return fg_user_data_read(path, "0b7c-11-22", "n1", out, err);
}

static void the_order_is_filled_in(void)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    const char *text = "a=@FASTGPU_ORDER@ b=@FASTGPU_ORDER@@FASTGPU c=@FASTGPU_CLOUD_NODE@@";
    EQ(read_bytes(text, strlen(text), &out, NULL), 0);
    OK(strcmp(out.text, "a=0b7c1122 b=0b7c1122@FASTGPU c=n1@") == 0);
}

static void what_is_not_text_is_refused(void)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    char *big = calloc(1, FG_USER_DATA_MAX + 1);
    if (!big)
        abort();
    memset(big, 'x', FG_USER_DATA_MAX + 1);
    EQ(read_bytes("a\0b", 3, &out, NULL), FG_EINVAL);
    EQ(read_bytes("a\xff", 2, &out, NULL), FG_EINVAL);
    EQ(read_bytes("", 0, &out, NULL), FG_EINVAL);
    EQ(read_bytes(big, FG_USER_DATA_MAX + 1, &out, NULL), FG_ETOOBIG);
    EQ(out.len, 0);
    EQ(read_bytes(big, FG_USER_DATA_MAX, &out, NULL), 0);
    free(big);
}

static void what_others_may_read_is_refused(void)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_err err = {};
    EQ(read_bytes("x", 1, &out, NULL), 0);
    chmod(path, 0640);
    EQ(fg_user_data_read(path, "k", "", &out, &err), FG_EAUTH);
    OK(strstr(err.text, "expected 0600") != NULL);
    EQ(fg_user_data_read("/nonexistent/x", "k", "", &out, NULL), FG_EAUTH);
    EQ(fg_user_data_read("/tmp", "k", "", &out, NULL), FG_EAUTH);
}

int main(void)
{
    int file = mkstemp(path);
    if (file < 0)
        abort();
    close(file);
    RUN(the_order_is_filled_in);
    RUN(what_is_not_text_is_refused);
    RUN(what_others_may_read_is_refused);
    unlink(path);
    return tap_done();
}

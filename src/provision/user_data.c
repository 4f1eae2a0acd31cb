/* user_data.c - see user_data.h */
#include "provision/user_data.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fg_order_word(const char *key, char out[FG_ORDER_WORD_MAX])
{
    size_t len = 0;
    for (; *key && len + 1 < FG_ORDER_WORD_MAX; key++)
        if (isalnum((unsigned char)*key))
            out[len++] = *key;
    out[len] = '\0';
}

static int check_file(int file, const char *path, struct fg_err *err)
{
    struct stat status;
    if (fstat(file, &status) < 0)
        return fg_fail(err, FG_EAUTH, "bootstrap file %.100s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fg_fail(err, FG_EAUTH, "bootstrap file %.100s: not a regular file", path);
    if (status.st_mode & 077)
        return fg_fail(err, FG_EAUTH,
                       "bootstrap file %.100s: others may read it (mode %04o), expected 0600",
                       path, status.st_mode & 07777);
    return 0;
}

static int read_all(int file, const char *path, struct fg_buf *text, struct fg_err *err)
{
    ssize_t got;
    do {
        char *room = fg_buf_reserve(text, FG_USER_DATA_MAX + 1);
        got = read(file, room, FG_USER_DATA_MAX + 1);
        text->len += got > 0 ? (size_t)got : 0;
    } while (got > 0 && text->len <= FG_USER_DATA_MAX);
    if (got < 0)
        return fg_fail(err, FG_EAUTH, "bootstrap file %.100s: %s", path, strerror(errno));
    if (text->len > FG_USER_DATA_MAX)
        return fg_fail(err, FG_ETOOBIG, "bootstrap file %.100s: more than %d bytes", path,
                       FG_USER_DATA_MAX);
    fg_buf_add(text, "", 1);
    text->len--;
    return 0;
}

static int check_text(const struct fg_buf *text, const char *path, struct fg_err *err)
{
    if (text->len == 0)
        return fg_fail(err, FG_EINVAL, "bootstrap file %.100s: it is empty", path);
    for (size_t i = 0; i < text->len;) {
        size_t len = text->text[i] ? fg_utf8_len(text->text + i, text->len - i) : 0;
        if (len == 0)
            return fg_fail(err, FG_EINVAL, "bootstrap file %.100s: byte %zu is not text", path,
                           i + 1);
        i += len;
    }
    return 0;
}

static void fill_in(const char *text, const char *word, const char *node, struct fg_buf *out)
{
    for (const char *mark; (mark = strchr(text, '@')); text = mark) {
        size_t order_len = strlen(FG_USER_DATA_ORDER), node_len = strlen(FG_USER_DATA_NODE);
        fg_buf_add(out, text, (size_t)(mark - text));
        if (strncmp(mark, FG_USER_DATA_ORDER, order_len) == 0) {
            fg_buf_puts(out, word);
            mark += order_len;
        } else if (strncmp(mark, FG_USER_DATA_NODE, node_len) == 0) {
            fg_buf_puts(out, node);
            mark += node_len;
        } else {
            fg_buf_add(out, mark++, 1);
        }
    }
    fg_buf_puts(out, text);
}

int fg_user_data_read(
    const char *path, const char *key, const char *node, struct fg_buf *out, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    char word[FG_ORDER_WORD_MAX];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return fg_fail(err, FG_EAUTH, "bootstrap file %.100s: %s", path, strerror(errno));
    int rc = check_file(file, path, err);
    if (rc == 0)
        rc = read_all(file, path, &text, err);
    close(file);
    if (rc == 0)
        rc = check_text(&text, path, err);
    if (rc < 0)
        return rc;
    fg_order_word(key, word);
    fill_in(text.text, word, node, out);
    explicit_bzero(text.text, text.len);
    return 0;
}

/* audit.c - see audit.h: the hash, and the note beside the database */
#include "store/audit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(FG_AUDIT_HASH_BYTES == crypto_generichash_BYTES, "the usual length of BLAKE2b");

bool fg_audit_is_deed(const struct fg_event *event)
{
    return event->json && strstr(event->json, "\"by\":\"") != NULL;
}

static void add_number(crypto_generichash_state *state, uint64_t number)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
    crypto_generichash_update(state, bytes, sizeof(bytes));
}

/* With its length, so that no two rows are the same bytes. */
static void add_text(crypto_generichash_state *state, const char *text)
{
    size_t len = strlen(text);
    add_number(state, len);
    crypto_generichash_update(state, (const unsigned char *)text, len);
}

struct fg_audit_link fg_audit_next(const struct fg_audit_link *before,
                                   const struct fg_event *event)
{
    crypto_generichash_state state;
    struct fg_audit_link link = {.seq = event->seq};
    crypto_generichash_init(&state, NULL, 0, FG_AUDIT_HASH_BYTES);
    crypto_generichash_update(&state, before->hash, FG_AUDIT_HASH_BYTES);
    add_number(&state, event->seq);
    add_number(&state, (uint64_t)event->time_us);
    add_text(&state, event->kind);
    add_number(&state, event->job);
    add_number(&state, event->project);
    add_text(&state, event->json);
    crypto_generichash_final(&state, link.hash, FG_AUDIT_HASH_BYTES);
    return link;
}

void fg_audit_hex(const struct fg_audit_link *link, char out[FG_AUDIT_HEX_MAX])
{
    sodium_bin2hex(out, FG_AUDIT_HEX_MAX, link->hash, FG_AUDIT_HASH_BYTES);
}

static void path_of(const char *db_path, const char *file, char out[PATH_MAX])
{
    const char *name = strrchr(db_path, '/');
    int len = name ? (int)(name - db_path) + 1 : 0;
    snprintf(out, PATH_MAX, "%.*s%s", len, db_path, file);
}

/* Always the same length, so a line that is written over another is whole. */
#define LINE_FORMAT "%020" PRIu64 " %s\n"
#define LINE_BYTES  (20 + 1 + 2 * FG_AUDIT_HASH_BYTES + 1)

void fg_audit_note(const char *db_path, const struct fg_audit_link *head)
{
    char path[PATH_MAX], hex[FG_AUDIT_HEX_MAX], line[LINE_BYTES + 1];
    path_of(db_path, FG_AUDIT_HEAD, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    fg_audit_hex(head, hex);
    snprintf(line, sizeof(line), LINE_FORMAT, head->seq, hex);
    (void)!pwrite(fd, line, LINE_BYTES, 0);
    close(fd);
}

static bool read_note(const char *db_path, const char *file, struct fg_audit_link *out)
{
    char path[PATH_MAX], line[LINE_BYTES + 1] = "", hex[FG_AUDIT_HEX_MAX];
    size_t len = 0;
    path_of(db_path, file, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = fd < 0 ? -1 : read(fd, line, LINE_BYTES);
    if (fd >= 0)
        close(fd);
    *out = (struct fg_audit_link){};
    return got == LINE_BYTES && sscanf(line, "%20" SCNu64 " %64[0-9a-f]", &out->seq, hex) == 2
           && sodium_hex2bin(out->hash, sizeof(out->hash), hex, strlen(hex), NULL, &len, NULL)
                  == 0
           && len == sizeof(out->hash);
}

bool fg_audit_noted(const char *db_path, struct fg_audit_link *out)
{
    return read_note(db_path, FG_AUDIT_MISSED, out) || read_note(db_path, FG_AUDIT_HEAD, out);
}

int fg_audit_check_note(struct fg_db *db, const char *db_path, struct fg_err *err)
{
    char head[PATH_MAX], missed[PATH_MAX];
    struct fg_audit_link noted;
    struct fg_audit_report report = {};
    if (!read_note(db_path, FG_AUDIT_HEAD, &noted))
        return 0;
    int rc = fg_audit_compare(db, &noted, &report, err);
    path_of(db_path, FG_AUDIT_HEAD, head);
    path_of(db_path, FG_AUDIT_MISSED, missed);
    if (rc == 0 && report.broken && access(missed, F_OK) < 0)
        (void)rename(head, missed);
    return rc;
}

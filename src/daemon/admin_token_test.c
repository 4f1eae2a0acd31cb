/* admin_token_test.c - the first token: made once, private, known to the database by its hash only. */
#include "daemon/admin_token.h"

#include "daemon/testing.h"
#include "store/reader.h"
#include "store/sqlite_store.h"

#include <sodium.h>

#define NOW_US INT64_C(1700000000000000)

/* An engine without nodes and without work. */
static int discover(
    struct fg_engine *, struct fg_node_spec *, size_t, size_t *out_len, struct fg_err *)
{
    *out_len = 0;
    return 0;
}

static int next_event(struct fg_engine *, struct fg_engine_event *)
{
    return 0;
}

static const struct fg_engine_ops no_engine = {.discover = discover, .next_event = next_event};

struct place {
    struct folder folder;
    char db[96], token[96];
    struct fg_config config;
    struct fg_store *store;
    struct fg_control *control;
};

static void place_make(struct place *place)
{
    struct fg_err err = {};
    *place = (struct place){.folder = folder_make()};
    snprintf(place->db, sizeof(place->db), "%s/fastgpu.db", place->folder.path);
    snprintf(place->token, sizeof(place->token), "%s/admin.token", place->folder.path);
    fg_config_defaults(&place->config);
    MUST(fg_sqlite_open(place->db, &place->store, &err) == 0);
    struct fg_control_options options = {.config = &place->config,
                                         .store_ops = &fg_store_sqlite,
                                         .store = place->store,
                                         .engine_ops = &no_engine,
                                         .order = fg_job_orders[0],
                                         .nodes_max = 4};
    place->control = fg_control_new(&options, NOW_US, &err);
    MUST(place->control);
}

static void place_drop(struct place *place)
{
    fg_control_free(place->control);
    fg_store_sqlite.free(place->store);
    folder_drop(&place->folder);
}

static void read_secret(const struct place *place, char out[128])
{
    ssize_t len = fg_fs_read_small(AT_FDCWD, place->token, out, 128);
    MUST(len > 1 && out[len - 1] == '\n');
    out[len - 1] = '\0';
}

static int find(const struct place *place, const char *secret, struct fg_token *out)
{
    uint8_t hash[32];
    crypto_hash_sha256(hash, (const unsigned char *)secret, strlen(secret));
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(place->db, NULL);
    MUST(reader);
    return fg_reader_token_by_hash(reader, hash, out, NULL);
}

static bool file_contains(const char *path, const char *text)
{
    FG_AUTO(fg_file) FILE *in = fopen(path, "re");
    static char bytes[1 << 20];
    size_t len = in ? fread(bytes, 1, sizeof(bytes), in) : 0;
    return len && memmem(bytes, len, text, strlen(text));
}

static void test_it_is_made_once_and_opens_the_door(void)
{
    [[gnu::cleanup(place_drop)]] struct place place;
    place_make(&place);
    char secret[128], again[128], wal[128];
    struct stat info;
    struct fg_token token = {};
    mode_t mask = umask(0);
    EQ(fg_admin_token_ensure(place.control, place.token, NOW_US, NULL), 0);
    umask(mask);
    OK(stat(place.token, &info) == 0 && (info.st_mode & 0777) == 0600);
    read_secret(&place, secret);
    EQ(strlen(secret), 5 + 43);
    OK(strncmp(secret, "fgpu_", 5) == 0);
    EQ(find(&place, secret, &token), 0);
    EQ(token.role, FG_ROLE_ADMIN);
    EQ(token.expires_us, 0);
    OK(strcmp(token.user, "admin") == 0);
    OK(strncmp(secret, token.prefix, strlen(token.prefix)) == 0 && strlen(token.prefix) < 16);
    snprintf(wal, sizeof(wal), "%s-wal", place.db);
    OK(!file_contains(place.db, secret + 16) && !file_contains(wal, secret + 16));

    EQ(fg_admin_token_ensure(place.control, place.token, NOW_US, NULL), 0);
    read_secret(&place, again);
    OK(strcmp(secret, again) == 0);
}

static void test_an_operator_who_lost_it_gets_another(void)
{
    [[gnu::cleanup(place_drop)]] struct place place;
    place_make(&place);
    char secret[128], other[128];
    struct fg_token token;
    EQ(fg_admin_token_ensure(place.control, place.token, NOW_US, NULL), 0);
    read_secret(&place, secret);
    MUST(unlink(place.token) == 0);
    put_file(&place.folder, 0, "admin.token.new"); /* left by a crash */
    EQ(fg_admin_token_ensure(place.control, place.token, NOW_US, NULL), 0);
    read_secret(&place, other);
    OK(strcmp(secret, other) != 0);
    EQ(find(&place, other, &token), 0);
    OK(!there(&place.folder, "admin.token.new"));
}

static void test_a_place_that_cannot_be_written_is_an_error(void)
{
    [[gnu::cleanup(place_drop)]] struct place place;
    place_make(&place);
    struct fg_err err = {};
    EQ(fg_admin_token_ensure(place.control, "/nonexistent/admin.token", NOW_US, &err), FG_EIO);
    OK(strstr(err.text, "No such file") != NULL && !strstr(err.text, "fgpu_"));
}

int main(void)
{
    RUN(test_it_is_made_once_and_opens_the_door);
    RUN(test_an_operator_who_lost_it_gets_another);
    RUN(test_a_place_that_cannot_be_written_is_an_error);
    return tap_done();
}

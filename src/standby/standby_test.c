/* standby_test.c - the seat, the log, files and replicas, on a real PostgreSQL (skipped where there is none).
 *
 * test/cluster/standby_test.py kills and freezes whole daemons; here are the statements, one by one. */
#include "standby/inner.h"

#include "standby/object.h"
#include "store/schema.h"
#include "store/sqlite_store.h"
#include "test/tap.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(condition)                                                                        \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition);                   \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

static char folder[64], url[128], helper[PATH_MAX + 128];

static struct fg_pg *open_pg(void)
{
    struct fg_pg *pg = fg_pg_new(&(struct fg_pg_options){.url = url});
    MUST(pg);
    return pg;
}

/* Each test begins with an empty database. */
static struct fg_pg *fresh(int64_t install)
{
    static const char *const drops[] = {
        "DROP TABLE IF EXISTS fastgpu_seat, fastgpu_log, fastgpu_object, fastgpu_part,"
        " fastgpu_journal"};
    struct fg_err err = {};
    struct fg_pg *pg = open_pg();
    struct fg_pg_call drop = {.sql = drops[0], .timeout_ms = 5000};
    MUST(fg_pg_run(pg, &drop, NULL, &err) >= 0);
    if (fg_seat_prepare(pg, install, &err) < 0)
        printf("# %s\n", err.text);
    return pg;
}

static void test_addresses(void)
{
    struct fg_err err = {};
    EQ(fg_pg_check_url("postgresql://ada@db/fastgpu", &err), 0);
    EQ(fg_pg_check_url("host=db user=ada", &err), 0);
    EQ(fg_pg_check_url("postgresql://ada:secret@db/fastgpu", &err), FG_EINVAL);
    OK(!strstr(err.text, "secret"));
    EQ(fg_pg_check_url("postgresql://[bad", &err), FG_EINVAL);
    FG_AUTO(fg_pg)
    struct fg_pg *nobody =
        fg_pg_new(&(struct fg_pg_options){.url = "postgresql://x@127.0.0.1:1/x"});
    EQ(fg_pg_ready(nobody, &err), FG_EUNREACH);
}

static void test_one_seat(void)
{
    struct fg_err err = {};
    FG_AUTO(fg_pg) struct fg_pg *a = fresh(7);
    FG_AUTO(fg_pg) struct fg_pg *b = open_pg();
    struct fg_seat mine, theirs;
    EQ(fg_seat_prepare(b, 8, &err), 0);
    EQ(fg_seat_read(a, &mine, &err), 0);
    EQ(fg_seat_read(b, &theirs, &err), 0);
    EQ(theirs.install, 7);
    EQ(fg_seat_take(a, &mine, "host-a", "http://a", &err), 1);
    EQ(fg_seat_take(b, &theirs, "host-b", "http://b", &err), 0);
    EQ(fg_seat_beat(a, mine.epoch, &err), 1);
    EQ(fg_seat_read(b, &theirs, &err), 0);
    OK(strcmp(theirs.holder, "host-a") == 0 && strcmp(theirs.url, "http://a") == 0);
    EQ(fg_seat_beat(a, mine.epoch, &err), 1); /* seen too late: he lives */
    EQ(fg_seat_take(b, &theirs, "host-b", "http://b", &err), 0);
    EQ(fg_seat_read(b, &theirs, &err), 0);
    EQ(fg_seat_take(b, &theirs, "host-b", "http://b", &err), 1);
    EQ(theirs.epoch, 2);
    EQ(fg_seat_beat(a, mine.epoch, &err), 0);
    uint64_t epoch = 0;
    EQ(fg_seat_renew(a, "host-a", &epoch, &err), 0);
    EQ(fg_seat_renew(b, "host-b", &epoch, &err), 1);
    EQ(epoch, 3);
    fg_seat_leave(a, "host-a"); /* not his any more */
    EQ(fg_seat_read(a, &mine, &err), 0);
    OK(strcmp(mine.holder, "host-b") == 0);
    fg_seat_leave(b, "host-b");
    EQ(fg_seat_read(a, &mine, &err), 0);
    OK(mine.holder[0] == '\0');
}

static int count(void *self, const struct fg_batch *batch, struct fg_err *)
{
    struct fg_batch *last = self;
    bool next = batch->seq == last->seq + 1 && batch->len == 3
                && memcmp(batch->changes, "a\0b", 3) == 0;
    last->seq = batch->seq;
    last->epoch = batch->epoch;
    return next ? 0 : FG_EINVAL;
}

static void test_log_is_of_who_leads(void)
{
    struct fg_err err = {};
    FG_AUTO(fg_pg) struct fg_pg *a = fresh(7);
    struct fg_seat seat;
    struct fg_batch batch = {.seq = 1, .epoch = 1, .schema = 4, .changes = "a\0b", .len = 3};
    EQ(fg_log_append(a, &batch, &err), 0);
    MUST(fg_seat_read(a, &seat, &err) == 0 && fg_seat_take(a, &seat, "x", "", &err) == 1);
    EQ(fg_log_append(a, &batch, &err), 1);
    EQ(fg_log_append(a, &batch, &err), FG_EBACKEND); /* the number is taken */
    batch.seq = 2;
    EQ(fg_log_append(a, &batch, &err), 1);
    MUST(fg_seat_take(a, &seat, "y", "", &err) == 1);
    batch.seq = 3;
    EQ(fg_log_append(a, &batch, &err), 0);
    for (batch.epoch = 2; batch.seq < 100; batch.seq++)
        MUST(fg_log_append(a, &batch, &err) == 1);
    struct fg_batch last = {};
    EQ(fg_log_fetch(a, 0, count, &last, &err), FG_LOG_FETCH_MAX);
    EQ(fg_log_fetch(a, last.seq, count, &last, &err), 99 - FG_LOG_FETCH_MAX);
    EQ(fg_log_fetch(a, last.seq, count, &last, &err), 0);
    uint64_t end = 0;
    EQ(fg_log_last(a, &end, &err), 0);
    EQ(end, 99);
    EQ(fg_log_trim(a, 90, &err), 0);
    last.seq = 90;
    EQ(fg_log_fetch(a, 90, count, &last, &err), 9);
}

static void test_journal(void)
{
    struct fg_err err = {};
    FG_AUTO(fg_pg) struct fg_pg *pg = fresh(7);
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_seat seat;
    EQ(fg_journal_fetch(pg, &text, &err), 0);
    EQ(fg_journal_append(pg, 1, true, "x\n", 2, &err), 0);
    MUST(fg_seat_read(pg, &seat, &err) == 0 && fg_seat_take(pg, &seat, "x", "", &err) == 1);
    EQ(fg_journal_append(pg, 1, true, "", 0, &err), 1);
    EQ(fg_journal_fetch(pg, &text, &err), 1);
    EQ(text.len, 0);
    for (int i = 0; i < 70; i++)
        MUST(fg_journal_append(pg, 1, false, "a\n", 2, &err) == 1);
    MUST(fg_seat_take(pg, &seat, "y", "", &err) == 1);
    EQ(fg_journal_append(pg, 1, false, "b\n", 2, &err), 0);
    EQ(fg_journal_append(pg, 1, true, "b\n", 2, &err), 0);
    EQ(fg_journal_fetch(pg, &text, &err), 1);
    EQ(text.len, 140);
    EQ(fg_journal_append(pg, 2, true, "c\n", 2, &err), 1);
    EQ(fg_journal_fetch(pg, &text, &err), 1);
    OK(text.len == 2 && memcmp(text.text, "c\n", 2) == 0);
}

static void write_file(const char *path, char byte, size_t len)
{
    FILE *out = fopen(path, "we");
    MUST(out);
    for (size_t i = 0; i < len; i++)
        fputc(byte + (char)(i % 7), out);
    fclose(out);
}

static void test_files(void)
{
    struct fg_err err = {};
    char from[128], to[128];
    FG_AUTO(fg_pg) struct fg_pg *pg = fresh(7);
    struct fg_object object = {.name = "file/x", .seq = 5, .schema = 4}, got, list[4];
    snprintf(from, sizeof(from), "%s/from", folder);
    snprintf(to, sizeof(to), "%s/to", folder);
    EQ(fg_object_find(pg, "file/x", &got, &err), FG_ENOENT);
    write_file(from, 'a', 2500000);
    EQ(fg_object_put(pg, &object, 11, from, &err), 0);
    EQ(fg_object_find(pg, "file/x", &got, &err), 0);
    EQ(got.parts, 3);
    EQ(got.bytes, 2500000);
    EQ(got.seq, 5);
    EQ(fg_object_get(pg, &got, to, &err), 0);
    char compare[300];
    snprintf(compare, sizeof(compare), "cmp -s %s %s", from, to);
    EQ(system(compare), 0);
    struct stat st;
    OK(stat(to, &st) == 0 && (st.st_mode & 0777) == 0600);
    write_file(from, 'b', 0);
    EQ(fg_object_put(pg, &object, 12, from, &err), 0);
    EQ(fg_object_get(pg, &got, to, &err), FG_ENOENT); /* the older one */
    OK(access(to, F_OK) < 0);
    EQ(fg_object_list(pg, "file/", 0, list, 4, &err), 1);
    OK(list[0].stamp > got.stamp);
    EQ(fg_object_list(pg, "file/", list[0].stamp, list, 4, &err), 0);
    EQ(fg_object_tidy(pg, &err), 0);
    EQ(fg_object_drop(pg, "file/x", &err), 0);
    EQ(fg_object_find(pg, "file/x", &got, &err), FG_ENOENT);
    unlink(from);
}

/* -- whole standbys ----------------------------------------------------------------------------------------- */

struct host {
    char dir[96], db[128];
    struct fg_standby *standby;
    atomic_int downs, notes;
};

static void on_note(void *self, const char *text)
{
    struct host *host = self;
    (void)text;
    atomic_fetch_add(&host->notes, 1);
}

static void on_step_down(void *self, const char *)
{
    struct host *host = self;
    atomic_fetch_add(&host->downs, 1);
}

static void host_open(struct host *host, const char *name)
{
    struct fg_err err = {};
    *host = (struct host){};
    snprintf(host->dir, sizeof(host->dir), "%s/%s", folder, name);
    snprintf(host->db, sizeof(host->db), "%s/fastgpu.db", host->dir);
    (void)mkdir(host->dir, 0700);
    host->standby = fg_standby_new(&(struct fg_standby_options){.url = url,
                                                                .password = "",
                                                                .db_path = host->db,
                                                                .data_dir = host->dir,
                                                                .service_url = name,
                                                                .patience_us = 5000000,
                                                                .note = on_note,
                                                                .step_down = on_step_down,
                                                                .self = host},
                                   &err);
    if (!host->standby)
        printf("# %s\n", err.text);
    MUST(host->standby);
}

static int follow(struct host *host, int stop_fd)
{
    struct fg_err err = {};
    int rc = fg_standby_follow(host->standby, stop_fd, &err);
    if (rc < 0)
        printf("# %s\n", err.text);
    return rc;
}

static struct fg_store *lead(struct host *host)
{
    struct fg_err err = {};
    struct fg_store *store = NULL;
    if (follow(host, -1) != 1
        || fg_sqlite_open_logged(host->db, fg_standby_log(host->standby), &store, &err) < 0)
        printf("# %s\n", err.text);
    MUST(store);
    return store;
}

static int add_user(struct fg_store *store, const char *name)
{
    struct fg_err err = {};
    uint32_t user;
    int rc = fg_store_sqlite.begin(store, &err);
    if (rc == 0)
        rc = fg_store_sqlite.user_intern(store, name, &user, &err);
    if (rc == 0)
        rc = fg_store_sqlite.commit(store, &err);
    return rc;
}

static int note_user(void *self, uint32_t user, const char *name)
{
    char *names = self;
    (void)user;
    strncat(names, name, 60);
    strncat(names, " ", 2);
    return 0;
}

static const char *users(struct fg_store *store)
{
    static char names[1024];
    struct fg_err err = {};
    names[0] = '\0';
    struct fg_store_sink sink = {.self = names, .user = note_user};
    MUST(fg_store_sqlite.load(store, &sink, &err) == 0);
    return names;
}

static void wait_snapshot(struct fg_pg *pg)
{
    struct fg_object got;
    for (int i = 0; i < 200 && fg_object_find(pg, FG_OBJECT_SNAPSHOT, &got, NULL) < 0; i++)
        usleep(50000);
}

/* One leads, one takes over, the first finds what the second did. */
static void test_take_over(void)
{
    FG_AUTO(fg_pg) struct fg_pg *pg = fresh(7);
    struct host a, b;
    host_open(&a, "a");
    host_open(&b, "b");
    struct fg_store *store = lead(&a);
    EQ(fg_standby_epoch(a.standby), 1);
    EQ(add_user(store, "ann"), 0);
    wait_snapshot(pg);
    EQ(add_user(store, "bob"), 0);
    int pipe_fds[2];
    MUST(pipe(pipe_fds) == 0 && write(pipe_fds[1], "x", 1) == 1);
    EQ(follow(&b, pipe_fds[0]), 0);
    char leader[FG_SEAT_URL_MAX];
    fg_standby_leader(b.standby, leader);
    OK(strcmp(leader, "a") == 0);
    char key[128];
    snprintf(key, sizeof(key), "%s/link.key", a.dir);
    write_file(key, 'k', 32);
    struct fg_err err = {};
    EQ(fg_standby_keep(a.standby, "link.key", &err), 0);
    snprintf(key, sizeof(key), "%s/slurm", a.dir);
    MUST(mkdir(key, 0700) == 0);
    snprintf(key, sizeof(key), "%s/slurm/install", a.dir);
    write_file(key, 'i', 36);
    EQ(fg_standby_keep(a.standby, "slurm/install", &err), 0);
    EQ(fg_standby_keep(a.standby, "../etc/passwd", &err), FG_EINVAL);
    EQ(fg_standby_keep(a.standby, "blobs/ab/abcd", &err), FG_EINVAL);

    fg_store_sqlite.free(store);
    fg_standby_free(a.standby);
    EQ(a.downs, 0);
    store = lead(&b);
    EQ(fg_standby_epoch(b.standby), 2);
    OK(strcmp(users(store), "ann bob ") == 0);
    EQ(add_user(store, "cyd"), 0);
    snprintf(key, sizeof(key), "%s/link.key", b.dir);
    OK(access(key, F_OK) == 0);
    snprintf(key, sizeof(key), "%s/slurm/install", b.dir);
    OK(access(key, F_OK) == 0);
    fg_store_sqlite.free(store);
    fg_standby_free(b.standby);
    host_open(&a, "a");
    store = lead(&a);
    OK(strcmp(users(store), "ann bob cyd ") == 0);
    fg_store_sqlite.free(store);
    fg_standby_free(a.standby);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* The seat is taken under a leader: his next batch is refused, and he ends. */
static void test_fenced(void)
{
    struct fg_err err = {};
    struct fg_seat seat;
    FG_AUTO(fg_pg) struct fg_pg *pg = fresh(7);
    struct host a;
    host_open(&a, "fenced");
    struct fg_store *store = lead(&a);
    EQ(add_user(store, "ann"), 0);
    do
        MUST(fg_seat_read(pg, &seat, &err) == 0);
    while (fg_seat_take(pg, &seat, "thief", "", &err) != 1);
    EQ(add_user(store, "bob"), FG_EUNREACH);
    for (int i = 0; i < 100 && a.downs == 0; i++)
        usleep(20000);
    EQ(a.downs, 1);
    EQ(add_user(store, "cyd"), FG_EUNREACH);
    fg_store_sqlite.free(store);
    fg_standby_free(a.standby);
    struct fg_batch last = {};
    uint64_t end;
    (void)last;
    EQ(fg_log_last(pg, &end, &err), 0);
    EQ(end, 1);
}

/* The connection dies between two batches: nothing is lost, nothing is done twice. */
static void test_connection_lost(void)
{
    struct fg_err err = {};
    FG_AUTO(fg_pg) struct fg_pg *pg = fresh(7);
    struct host a;
    host_open(&a, "cut");
    struct fg_store *store = lead(&a);
    EQ(add_user(store, "ann"), 0);
    struct fg_pg_call cut = {
        .sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
               " WHERE pid <> pg_backend_pid() AND application_name = 'fastgpu'",
        .timeout_ms = 5000};
    MUST(fg_pg_run(pg, &cut, NULL, &err) == 1);
    OK(add_user(store, "bob") < 0);
    EQ(add_user(store, "cyd"), 0);
    EQ(fg_standby_epoch(a.standby), 2);
    OK(strcmp(users(store), "ann cyd ") == 0);
    EQ(a.downs, 0);
    fg_store_sqlite.free(store);
    fg_standby_free(a.standby);
}

/* A database of its own does not follow another installation. */
static void test_stranger(void)
{
    struct fg_err err = {};
    fg_pg_free(fresh(7));
    struct host a, b;
    struct fg_store *store;
    host_open(&a, "first");
    host_open(&b, "stranger");
    MUST(fg_sqlite_open(b.db, &store, &err) == 0);
    MUST(add_user(store, "zoe") == 0);
    fg_store_sqlite.free(store);
    store = lead(&a);
    EQ(add_user(store, "ann"), 0);
    EQ(follow(&b, -1), FG_ESTATE);
    fg_store_sqlite.free(store);
    fg_standby_free(a.standby);
    fg_standby_free(b.standby);
}

static int run_helper(const char *command)
{
    char line[sizeof(helper) + 64];
    snprintf(line, sizeof(line), "%s %s >&2", helper, command);
    return system(line);
}

int main(void)
{
    snprintf(folder, sizeof(folder), "/tmp/fg_standby_test.XXXXXX");
    MUST(mkdtemp(folder) && chmod(folder, 0711) == 0);
    int port = 15000 + (int)(getpid() % 12000);
    snprintf(helper, sizeof(helper), "%s/test/cluster/postgres.sh %s/pg", SOURCE_DIR, folder);
    snprintf(url, sizeof(url), "postgresql://fastgpu@127.0.0.1:%d/postgres", port);
    char start[64];
    snprintf(start, sizeof(start), "start --port %d", port);
    if (access("/usr/lib/postgresql", F_OK) < 0 || run_helper(start) != 0) {
        printf("1..0 # SKIP no PostgreSQL here\n");
        return 0;
    }
    RUN(test_addresses);
    RUN(test_one_seat);
    RUN(test_log_is_of_who_leads);
    RUN(test_journal);
    RUN(test_files);
    RUN(test_take_over);
    RUN(test_fenced);
    RUN(test_connection_lost);
    RUN(test_stranger);
    (void)run_helper("stop");
    char clean[128];
    snprintf(clean, sizeof(clean), "rm -rf %s", folder);
    (void)!system(clean);
    return tap_done();
}

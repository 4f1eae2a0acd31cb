/* housekeeping_test.c - the thread, and a removal that asks a real database. */
#include "daemon/housekeeping.h"

#include "base/clock.h"
#include "daemon/testing.h"
#include "store/sqlite_store.h"

#define DAY_US (24 * 3600LL * 1000000)
#define OLD_US (30 * DAY_US)
#define HASH_A "00000000000000000000000000000000000000000000000000000000000000aa"
#define HASH_B "00000000000000000000000000000000000000000000000000000000000000bb"
#define HASH_C "00000000000000000000000000000000000000000000000000000000000000cc"

static const struct fg_store_ops *const ops = &fg_store_sqlite;

struct place {
    struct folder folder;
    char db[PATH_MAX];
    const char *health;
};

static const char *health(void *self)
{
    const struct place *place = self;
    return place->health;
}

static void add_job(struct fg_store *store, fg_job_id id, const char *json)
{
    struct fg_job_row row = {
        .job = {.id = id, .project = 1, .tasks = 1, .user = 1, .submitted_us = (int64_t)id},
        .name = "train",
        .spec_json = json,
        .spec_json_len = strlen(json),
        .idempotency_key = "",
    };
    static const struct fg_request one = {.count = 1, .cpu_milli = 1000};
    MUST(ops->job_add(store, &row, "ann", "default", &one, 1, NULL) == 0);
}

/* Jobs 3 (its input is blob A) and 8 (its output was blob B). */
static void place_make(struct place *place)
{
    *place = (struct place){.folder = folder_make()};
    snprintf(place->db, sizeof(place->db), "%s/fastgpu.db", place->folder.path);
    struct fg_store *store = NULL;
    MUST(fg_sqlite_open(place->db, &store, NULL) == 0);
    MUST(ops->begin(store, NULL) == 0);
    add_job(store, 3, "{\"run\":\"true\",\"inputs\":{\"x\":\"blake2b:" HASH_A "\"}}");
    add_job(store, 8, "{\"run\":\"true\"}");
    MUST(ops->artifact_put(store, 8, "out", "blake2b:" HASH_B, 3, clock_us(), NULL) == 0);
    MUST(ops->commit(store, NULL) == 0);
    ops->free(store);
}

static void place_drop(struct place *place)
{
    folder_drop(&place->folder);
}

static struct fg_housekeeping *start(struct place *place, uint64_t blob_bytes_max)
{
    struct fg_housekeeping *keeping = NULL;
    int rc = fg_housekeeping_start(
        &(struct fg_housekeeping_options){.db_path = place->db,
                                          .data_dir = place->folder.path,
                                          .blob_bytes_max = blob_bytes_max,
                                          .health = health,
                                          .self = place},
        &keeping, NULL);
    MUST(rc == 0);
    return keeping;
}

static void put_files(struct place *place, int64_t age_us)
{
    put_folder(&place->folder, age_us, "jobs/0/3");
    put_folder(&place->folder, age_us, "jobs/0/5");
    put_folder(&place->folder, age_us, "jobs/0/9");
    put_file(&place->folder, age_us, "blobs/00/" HASH_A);
    put_file(&place->folder, age_us, "blobs/00/" HASH_B);
    put_file(&place->folder, age_us, "blobs/00/" HASH_C);
}

static void test_what_the_database_refers_to_stays(void)
{
    [[gnu::cleanup(place_drop)]] struct place place;
    place_make(&place);
    put_files(&place, OLD_US);
    struct fg_housekeeping *keeping = start(&place, 1000);
    fg_housekeeping_sweep(keeping);
    OK(there(&place.folder, "jobs/0/3"));
    OK(!there(&place.folder, "jobs/0/5"));
    OK(there(&place.folder, "jobs/0/9")); /* above every job: of another database */
    OK(there(&place.folder, "blobs/00/" HASH_A));
    OK(there(&place.folder, "blobs/00/" HASH_B));
    OK(!there(&place.folder, "blobs/00/" HASH_C));
    fg_housekeeping_stop(keeping);
}

static void test_unused_blobs_go_early_when_room_is_short(void)
{
    [[gnu::cleanup(place_drop)]] struct place place;
    place_make(&place);
    put_files(&place, DAY_US / 2);
    struct fg_housekeeping *keeping = start(&place, 1000);
    fg_housekeeping_sweep(keeping);
    OK(there(&place.folder, "blobs/00/" HASH_C));
    fg_housekeeping_stop(keeping);

    keeping = start(&place, 9); /* 9 bytes are kept */
    fg_housekeeping_sweep(keeping);
    OK(!there(&place.folder, "blobs/00/" HASH_C));
    OK(there(&place.folder, "blobs/00/" HASH_A));
    fg_housekeeping_stop(keeping);
}

static void test_nothing_goes_while_the_service_is_not_sound(void)
{
    [[gnu::cleanup(place_drop)]] struct place place;
    place_make(&place);
    put_files(&place, OLD_US);
    place.health = "the disk is full";
    struct fg_housekeeping *keeping = start(&place, 1000);
    fg_housekeeping_sweep(keeping);
    OK(there(&place.folder, "jobs/0/5") && there(&place.folder, "blobs/00/" HASH_C));
    fg_housekeeping_stop(keeping);

    place.health = NULL;
    keeping = start(&place, 1000);
    char aside[PATH_MAX + 8];
    snprintf(aside, sizeof(aside), "%s.aside", place.db);
    MUST(rename(place.db, aside) == 0);
    fg_housekeeping_sweep(keeping); /* no database: an error in the log */
    OK(there(&place.folder, "jobs/0/5") && there(&place.folder, "blobs/00/" HASH_C));
    fg_housekeeping_stop(keeping);
}

static void test_it_stops_at_once(void)
{
    [[gnu::cleanup(place_drop)]] struct place place;
    place_make(&place);
    const struct fg_clock *clock = fg_clock_system();
    int64_t before_us = clock->mono_us(clock->self);
    for (int i = 0; i < 20; i++)
        fg_housekeeping_stop(start(&place, 1000));
    OK(clock->mono_us(clock->self) - before_us < 10000000);
    fg_housekeeping_stop(NULL);
}

static const char *wait_for_fault(const struct fg_housekeeping *keeping)
{
    for (int i = 0; i < 1000 && !fg_housekeeping_fault(keeping); i++)
        usleep(10000);
    return fg_housekeeping_fault(keeping);
}

/* Make the file as large as one that only this thread checks; the pages beyond the database are none of its. */
static void test_a_large_database_is_checked(void)
{
    [[gnu::cleanup(place_drop)]] struct place place;
    place_make(&place);
    MUST(truncate(place.db, 65L << 20) == 0);
    int fd = open(place.db, O_RDWR | O_CLOEXEC);
    char noise[4096];
    memset(noise, 0xfe, sizeof(noise));
    for (off_t at = 4096; at < 20 * 4096; at += 4096)
        MUST(pwrite(fd, noise, sizeof(noise), at) == sizeof(noise));
    close(fd);
    struct fg_housekeeping *keeping = start(&place, 1000);
    const char *fault = wait_for_fault(keeping);
    OK(fault != NULL && strlen(fault) > 10 && !strchr(fault, '\n'));
    put_files(&place, OLD_US);
    fg_housekeeping_sweep(keeping);
    OK(there(&place.folder, "jobs/0/5")); /* nothing is judged by a damaged database */
    fg_housekeeping_stop(keeping);
}

int main(void)
{
    RUN(test_what_the_database_refers_to_stays);
    RUN(test_unused_blobs_go_early_when_room_is_short);
    RUN(test_nothing_goes_while_the_service_is_not_sound);
    RUN(test_it_stops_at_once);
    RUN(test_a_large_database_is_checked);
    return tap_done();
}

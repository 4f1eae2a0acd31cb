/* sweep_test.c - what goes, what stays, and that nothing outside of the folder can go. */
#include "daemon/sweep.h"

#include "daemon/testing.h"

#define HOUR_US  (3600LL * 1000000)
#define DAY_US   (24 * HOUR_US)
#define OLD_US   (30 * DAY_US)
#define KNOWN    "00000000000000000000000000000000000000000000000000000000000000aa"
#define UNKNOWN  "00000000000000000000000000000000000000000000000000000000000000bb"
#define UNKNOWN2 "00000000000000000000000000000000000000000000000000000000000000cc"

/* Jobs below 10 are known, job 66 cannot be looked up, blobs that end in aa are known. */
struct world {
    struct folder folder;
    int looks, looks_max; /* the sweep is told to stop after so many; 0: never */
};

static int job_known(void *self, fg_job_id job, struct fg_err *err)
{
    (void)self;
    return job == 66 ? fg_fail(err, FG_EIO, "the database is gone") : job < 10;
}

static bool blob_known(void *self, const uint8_t hash[FG_HASH_BYTES])
{
    (void)self;
    return hash[FG_HASH_BYTES - 1] == 0xaa;
}

static bool stopping(void *self)
{
    struct world *world = self;
    return world->looks_max && ++world->looks > world->looks_max;
}

static struct fg_sweep sweep_of(struct world *world)
{
    return (struct fg_sweep){.now_us = clock_us(),
                             .blob_age_us = DAY_US,
                             .self = world,
                             .job_known = job_known,
                             .blob_known = blob_known,
                             .stopping = stopping};
}

static void world_drop(struct world *world)
{
    folder_drop(&world->folder);
}

static void test_folders_of_jobs_that_are_gone_go(void)
{
    [[gnu::cleanup(world_drop)]] struct world world = {.folder = folder_make()};
    const struct folder *at = &world.folder;
    static const char *const stay[] = {
        "jobs/0/7",     "jobs/0/07",
        "jobs/0/0",     "jobs/0/1500",
        "jobs/1/42",    "jobs/0/x42",
        "jobs/0/42 ",   "jobs/0/-42",
        "jobs/01/1042", "jobs/0/99999999999999999999",
        "jobs/keep/42", "other/0/420",
    };
    for (size_t i = 0; i < sizeof(stay) / sizeof(stay[0]); i++)
        put_folder(at, OLD_US, "%s", stay[i]);
    put_folder(at, HOUR_US / 2, "jobs/0/43");    /* young */
    put_folder(at, -10 * DAY_US, "jobs/0/44");   /* from the future: a clock was wrong */
    put_file(at, OLD_US, "jobs/0/45");           /* not a folder */
    put_file(at, 0, "jobs/0/42/1/0/work/a/b/c"); /* its young files do not save it */
    put_folder(at, OLD_US, "jobs/0/42");
    put_folder(at, OLD_US, "jobs/1/1042");

    struct fg_sweep sweep = sweep_of(&world);
    struct fg_swept swept = {};
    EQ(fg_sweep_jobs(at->path, &sweep, &swept, NULL), 0);
    EQ(swept.jobs, 2);
    EQ(swept.failed, 0);
    OK(!there(at, "jobs/0/42"));
    OK(!there(at, "jobs/1/1042"));
    OK(there(at, "jobs/1"));
    for (size_t i = 0; i < sizeof(stay) / sizeof(stay[0]); i++)
        OK(there(at, "%s", stay[i]));
    OK(there(at, "jobs/0/43") && there(at, "jobs/0/44") && there(at, "jobs/0/45"));
}

static void link_in(const struct folder *folder, const char *to, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    MUST(symlink(to, path) == 0);
    age(path, OLD_US);
}

static void test_no_link_leads_out(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder outside = folder_make();
    [[gnu::cleanup(world_drop)]] struct world world = {.folder = folder_make()};
    const struct folder *at = &world.folder;
    put_file(&outside, OLD_US, "precious");
    put_file(&outside, OLD_US, "42/precious");
    put_file(&outside, OLD_US, UNKNOWN);
    put_folder(&outside, OLD_US, "42");

    put_folder(at, OLD_US, "jobs/0/50");
    link_in(at, outside.path, "jobs/0/50/way-out");
    link_in(at, outside.path, "jobs/0/51");
    link_in(at, outside.path, "jobs/2");
    put_folder(at, OLD_US, "jobs/0/50");
    put_folder(at, OLD_US, "blobs/01");
    link_in(at, outside.path, "blobs/00");
    link_in(at, outside.path, "blobs/tmp");
    link_in(at, outside.path, "blobs/.7.tmp");

    struct fg_sweep sweep = sweep_of(&world);
    struct fg_swept swept = {};
    EQ(fg_sweep_jobs(at->path, &sweep, &swept, NULL), 0);
    EQ(fg_sweep_blobs(at->path, &sweep, &swept, NULL), 0);
    EQ(swept.jobs, 1);
    EQ(swept.blobs + swept.uploads, 0);
    OK(!there(at, "jobs/0/50"));
    OK(there(at, "jobs/0/51") && there(at, "blobs/00") && there(at, "blobs/.7.tmp"));
    OK(there(&outside, "precious") && there(&outside, "42/precious"));
    OK(there(&outside, UNKNOWN));
}

static void test_blobs_that_nothing_refers_to_go_after_a_day(void)
{
    [[gnu::cleanup(world_drop)]] struct world world = {.folder = folder_make()};
    const struct folder *at = &world.folder;
    put_file(at, OLD_US, "blobs/00/" KNOWN);
    put_file(at, DAY_US + HOUR_US, "blobs/00/" UNKNOWN);
    put_file(at, DAY_US - HOUR_US, "blobs/00/" UNKNOWN2);
    put_file(at, OLD_US, "blobs/11/" UNKNOWN); /* on a shelf that is not its own */
    put_file(at, OLD_US, "blobs/00/%.62s", UNKNOWN);
    put_file(at, OLD_US, "blobs/0/" UNKNOWN);
    put_file(at, OLD_US, "blobs/00/README");
    put_folder(at, OLD_US, "blobs/00/%.62sdd", UNKNOWN);

    struct fg_sweep sweep = sweep_of(&world);
    struct fg_swept swept = {};
    EQ(fg_sweep_blobs(at->path, &sweep, &swept, NULL), 0);
    EQ(swept.blobs, 1);
    EQ(swept.bytes, 3);
    EQ(swept.kept_bytes, 6);
    OK(!there(at, "blobs/00/" UNKNOWN));
    OK(there(at, "blobs/00/" KNOWN) && there(at, "blobs/00/" UNKNOWN2));
    OK(there(at, "blobs/11/" UNKNOWN) && there(at, "blobs/0/" UNKNOWN));
    OK(there(at, "blobs/00/README") && there(at, "blobs/00/%.62s", UNKNOWN));
    OK(there(at, "blobs/00/%.62sdd", UNKNOWN));

    sweep.blob_age_us = HOUR_US; /* when room is short */
    EQ(fg_sweep_blobs(at->path, &sweep, &swept, NULL), 0);
    EQ(swept.blobs, 2);
    OK(there(at, "blobs/00/" KNOWN) && !there(at, "blobs/00/" UNKNOWN2));
}

static void test_uploads_that_never_ended_go_after_a_day(void)
{
    [[gnu::cleanup(world_drop)]] struct world world = {.folder = folder_make()};
    const struct folder *at = &world.folder;
    put_file(at, DAY_US + HOUR_US, "blobs/tmp/aBcDeF");
    put_file(at, DAY_US - HOUR_US, "blobs/tmp/GhIjKl");
    put_file(at, DAY_US + HOUR_US, "blobs/.123.tmp");
    put_file(at, DAY_US - HOUR_US, "blobs/.124.tmp");
    put_file(at, OLD_US, "blobs/.tmp");
    put_file(at, OLD_US, "blobs/.12x.tmp");
    put_file(at, OLD_US, "blobs/12.tmp");

    struct fg_sweep sweep = sweep_of(&world);
    struct fg_swept swept = {};
    EQ(fg_sweep_blobs(at->path, &sweep, &swept, NULL), 0);
    EQ(swept.uploads, 2);
    OK(!there(at, "blobs/tmp/aBcDeF") && there(at, "blobs/tmp/GhIjKl"));
    OK(!there(at, "blobs/.123.tmp") && there(at, "blobs/.124.tmp"));
    OK(there(at, "blobs/.tmp") && there(at, "blobs/.12x.tmp") && there(at, "blobs/12.tmp"));
}

static void test_an_error_ends_it_and_keeps_the_rest(void)
{
    [[gnu::cleanup(world_drop)]] struct world world = {.folder = folder_make()};
    put_folder(&world.folder, OLD_US, "jobs/0/66");
    struct fg_sweep sweep = sweep_of(&world);
    struct fg_swept swept = {};
    struct fg_err err = {};
    EQ(fg_sweep_jobs(world.folder.path, &sweep, &swept, &err), FG_EIO);
    OK(strstr(err.text, "the database is gone") != NULL);
    OK(there(&world.folder, "jobs/0/66"));
    EQ(fg_sweep_jobs("/nonexistent/folder", &sweep, &swept, &err), FG_EIO);
}

static void test_a_folder_without_jobs_or_blobs_is_fine(void)
{
    [[gnu::cleanup(world_drop)]] struct world world = {.folder = folder_make()};
    struct fg_sweep sweep = sweep_of(&world);
    struct fg_swept swept = {};
    EQ(fg_sweep_jobs(world.folder.path, &sweep, &swept, NULL), 0);
    EQ(fg_sweep_blobs(world.folder.path, &sweep, &swept, NULL), 0);
}

static void test_it_stops_when_asked(void)
{
    [[gnu::cleanup(world_drop)]] struct world world = {.folder = folder_make(), .looks_max = 4};
    for (int id = 100; id < 120; id++)
        put_folder(&world.folder, OLD_US, "jobs/0/%d", id);
    struct fg_sweep sweep = sweep_of(&world);
    struct fg_swept swept = {};
    EQ(fg_sweep_jobs(world.folder.path, &sweep, &swept, NULL), 0);
    OK(swept.jobs > 0 && swept.jobs <= 4);
}

static void test_the_newest_job_that_has_a_folder(void)
{
    [[gnu::cleanup(world_drop)]] struct world world = {.folder = folder_make()};
    const struct folder *at = &world.folder;
    fg_job_id newest = 7;
    EQ(fg_sweep_newest_job(at->path, &newest, NULL), 0);
    EQ(newest, 0);
    put_folder(at, 0, "jobs/0/999");
    put_folder(at, 0, "jobs/0/42");
    EQ(fg_sweep_newest_job(at->path, &newest, NULL), 0);
    EQ(newest, 999);
    put_folder(at, 0, "jobs/12/12007");
    put_folder(at, 0, "jobs/12/12003");
    put_folder(at, 0, "jobs/12/99999");
    put_folder(at, 0, "jobs/9/9001");
    put_folder(at, 0, "jobs/x99/99001");
    put_folder(at, 0, "jobs/9999999999999999999");
    EQ(fg_sweep_newest_job(at->path, &newest, NULL), 0);
    EQ(newest, 12007);
    put_folder(at, 0, "jobs/13");
    EQ(fg_sweep_newest_job(at->path, &newest, NULL), 0);
    EQ(newest, 13000);
    EQ(fg_sweep_newest_job("/nonexistent", &newest, NULL), FG_EIO);
    EQ(newest, 13000);
}

int main(void)
{
    RUN(test_folders_of_jobs_that_are_gone_go);
    RUN(test_no_link_leads_out);
    RUN(test_blobs_that_nothing_refers_to_go_after_a_day);
    RUN(test_uploads_that_never_ended_go_after_a_day);
    RUN(test_an_error_ends_it_and_keeps_the_rest);
    RUN(test_a_folder_without_jobs_or_blobs_is_fine);
    RUN(test_it_stops_when_asked);
    RUN(test_the_newest_job_that_has_a_folder);
    return tap_done();
}

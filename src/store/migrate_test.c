/* migrate_test.c - a file of schema version 1 becomes one of today, and nothing in it is lost; what later versions added. */
#include "store/testing.h"

#include "store/reader_demand.h"
#include "store/schema.h"

/* What the first version wrote: projects with quotas, jobs that wait, run and are over, and all that hangs on them. */
static const char *const version_1_rows[] = {
    "INSERT INTO project VALUES(2, 'vision', 300, 7, 8000, 64000, 1024, 5, 100, 0)",
    "INSERT INTO project_kind VALUES(2, 0, 'h100', 4000)",
    "INSERT INTO user VALUES(1, 'ann')",
    "INSERT INTO node VALUES(1, 'host', 1, 'a new fan', 16000, 65536, -1)",
    "INSERT INTO job VALUES(1, 0, 2, 1, 3, 0, 0, 2, 71500, 1, 0, 0, 100, 0, 0, 0, 900, 60, 5, "
    "0, 0, 0, 0,"
    " 'train', 'h100|2|1000|0|4000|8192;', '')",
    "INSERT INTO job VALUES(2, 2, 1, 1, 1, 4, 1, 2, 9000, 2, 0, 0, 101, 0, 200, 0, 0, 0, 5, 0, "
    "0, 0, 0,"
    " 'run', '|0|0|0|1000|512;', '')",
    "INSERT INTO job VALUES(3, 3, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 102, 0, 300, 350, 0, 0, 5, 0, "
    "0, 0, 0,"
    " 'done', '|0|0|0|1000|512;', '')",
    "INSERT INTO job VALUES(4, 4, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 103, 0, 300, 301, 0, 0, 5, 0, "
    "0, 1, 0,"
    " 'broken', '|0|0|0|1000|512;', 'exit code 1')",
    "INSERT INTO job_spec VALUES(1, '{\"run\":\"x\"}'), (2, '{\"run\":\"y\"}'), (3, "
    "'{\"run\":\"z\"}')",
    "INSERT INTO attempt VALUES(2, 4, 200, 0, 0, 0, 2, -1, 0, 0, -1, 'host', '[\"cpu\"]', '', "
    "'1:0:0:1000:512;')",
    "INSERT INTO attempt VALUES(3, 1, 300, 86400000350, 0, 0, 3, -1, 0, 0, 40, 'host', "
    "'[\"cpu\"]', '', ''), (4, 1, 300, 301, 1, 0, 4, -1, 0, 0, 2, 'host', '[\"cpu\"]', '', '')",
    "INSERT INTO event VALUES(1, 5, 'job.submitted', 1, 2, '{}')",
};

static void make_version_1(const char *path)
{
    struct fg_db db = {};
    MUST(fg_db_open(&db, path, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate_to(&db, 1, NULL) == 0);
    for (size_t i = 0; i < sizeof(version_1_rows) / sizeof(version_1_rows[0]); i++) {
        struct fg_err err = {};
        if (fg_db_exec(&db, version_1_rows[i], &err) != 0)
            printf("# %s\n", err.text);
        MUST(err.code == 0);
    }
    fg_db_close(&db);
}

struct seen {
    struct fg_project projects[4];
    struct fg_job jobs[4], finished[4];
    struct fg_grant grant;
    int64_t used_ms[4], used_us[4], finished_us, warned_us;
    int32_t warned;
    struct fg_level_row level;
    size_t levels_len;
    size_t projects_len, jobs_len, finished_len, use_len;
    char reason[FG_TEXT_MAX], reservation[64];
};

static int on_project(void *self, const struct fg_project *project)
{
    struct seen *seen = self;
    MUST(seen->projects_len < 4);
    seen->projects[seen->projects_len++] = *project;
    return 0;
}

static int on_use(void *self, fg_project_id project, int64_t device_ms, int64_t time_us)
{
    struct seen *seen = self;
    MUST(project < 4);
    seen->use_len++;
    seen->used_ms[project] = device_ms;
    seen->used_us[project] = time_us;
    return 0;
}

static int on_level(void *self, const struct fg_level_row *row)
{
    struct seen *seen = self;
    seen->level = *row;
    seen->levels_len++;
    return 0;
}

static int on_warned(void *self, fg_project_id project, int64_t begin_us, int32_t percent)
{
    struct seen *seen = self;
    MUST(project == 2);
    seen->warned_us = begin_us;
    seen->warned = percent;
    return 0;
}

static int64_t spent(struct fg_store *store, fg_project_id project, int64_t from_day)
{
    int64_t uusd = -1;
    EQ(ops->spend_sum(store, project, from_day, &uusd, NULL), 0);
    return uusd;
}

static int on_node(void *self, const char *, enum fg_node_state, const char *reason)
{
    struct seen *seen = self;
    snprintf(seen->reason, sizeof(seen->reason), "%s", reason);
    return 0;
}

static int on_reservation(void *self, const char *name, const char *json)
{
    struct seen *seen = self;
    MUST(!seen->reservation[0]);
    snprintf(seen->reservation, sizeof(seen->reservation), "%s%s", name, json);
    return 0;
}

static void on_finished(void *self, const struct fg_past_attempt *past)
{
    struct seen *seen = self;
    MUST(seen->finished_len < 4 && past->any_of_len == 1);
    if (past->job->state == FG_JOB_FAILED)
        return;
    seen->finished_us = past->job_finished_us;
    seen->finished[seen->finished_len++] = *past->job;
}

static int on_job(void *self,
                  const struct fg_job_row *row,
                  const struct fg_request *,
                  size_t,
                  const struct fg_grant *grants,
                  size_t grants_len)
{
    struct seen *seen = self;
    MUST(seen->jobs_len < 4);
    seen->jobs[seen->jobs_len++] = row->job;
    if (grants_len)
        seen->grant = grants[0];
    return 0;
}

static struct seen look(struct fg_store *store, fg_job_id next)
{
    struct seen seen = {};
    struct fg_store_sink sink = {.self = &seen,
                                 .project = on_project,
                                 .reservation = on_reservation,
                                 .project_use = on_use,
                                 .budget_warned = on_warned,
                                 .demand_level = on_level,
                                 .node = on_node,
                                 .finished = on_finished,
                                 .job = on_job};
    struct fg_err err = {};
    if (!EQ(ops->load(store, &sink, &err), 0))
        printf("# %s\n", err.text);
    EQ(sink.next_job_id, next);
    return seen;
}

static void check_projects(const struct seen *seen)
{
    EQ(seen->projects_len, 2);
    EQ(seen->projects[0].id, 1);
    const struct fg_project *vision = &seen->projects[1];
    OK(strcmp(vision->name, "vision") == 0);
    EQ(vision->weight, 300);
    EQ(vision->priority, 7);
    EQ(vision->quota.gpu_milli, 8000);
    EQ(vision->quota.queued, 100);
    EQ(vision->kinds_len, 1);
    EQ(vision->kinds[0].gpu_milli, 4000);
    OK(strcmp(seen->reason, "a new fan") == 0);
    EQ(seen->use_len, 0);
}

static void check_jobs(const struct seen *seen)
{
    EQ(seen->jobs_len, 2);
    const struct fg_job want = {.id = 1,
                                .project = 2,
                                .user = 1,
                                .tasks = 3,
                                .retries = 2,
                                .priority_milli = 71500,
                                .preemptible = true,
                                .submitted_us = 100,
                                .deadline_us = 900,
                                .time_limit_us = 60,
                                .retry_backoff_us = 5};
    EQ(memcmp(&seen->jobs[0], &want, sizeof(want)), 0);
    EQ(seen->jobs[1].state, FG_JOB_RUNNING);
    EQ(seen->jobs[1].attempt, 4);
    OK(seen->jobs[1].cancel_asked);
    EQ(seen->grant.cpu_milli, 1000);
    EQ(seen->finished_len, 1);
    EQ(seen->finished[0].id, 3);
    EQ(seen->finished_us - seen->finished[0].started_us, 50);
}

static void test_a_file_of_version_1_loses_nothing(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    make_version_1(folder.db);
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    struct seen seen = look(store, 5);
    check_projects(&seen);
    check_jobs(&seen);
    EQ(spent(store, 1, 0), 42); /* by attempts that ended before anything was booked */
    EQ(spent(store, 1, 1), 40);
    ops->free(store);
    store = open_store(folder.db); /* and is not migrated twice */
    MUST(store);
    seen = look(store, 5);
    check_jobs(&seen);
    ops->free(store);
    EQ(fg_store_check(folder.db, NULL), 0);
}

static int see_hour(void *self, const struct fg_level_hour *hour, const char *project)
{
    size_t *count = self;
    ++*count;
    EQ(hour->hour, 490'000);
    EQ(hour->running_us, 20);
    EQ(hour->waiting_us, 40);
    EQ(hour->shift_us, -10);
    EQ(hour->refused_us, 40);
    EQ(strcmp(hour->key.kind, "h100"), 0);
    OK(project[0] != '\0');
    return 0;
}

static int see_level_row(void *self, const struct fg_level_row *level, const char *)
{
    size_t *count = self;
    *count += 10;
    EQ(level->waiting_milli, 250);
    return 0;
}

static void check_demand(const char *path)
{
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(path, NULL);
    size_t count = 0;
    struct fg_demand_rows rows = {&count, see_hour, see_level_row};
    MUST(reader);
    EQ(fg_reader_demand(reader, &(struct fg_demand_range){.kind = ""}, &rows, NULL), 0);
    EQ(count, 11);
    EQ(fg_reader_demand(reader, &(struct fg_demand_range){2, "h100", 490'001}, &rows, NULL), 0);
    EQ(count, 21); /* of hours the newer ones only */
    EQ(fg_reader_demand(reader, &(struct fg_demand_range){1, "", 0}, &rows, NULL), 0);
    EQ(fg_reader_demand(reader, &(struct fg_demand_range){0, "a100", 0}, &rows, NULL), 0);
    EQ(count, 21);
}

static void test_what_is_new_goes_in_and_comes_out(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    make_version_1(folder.db);
    struct fg_store *store = open_store(folder.db);
    MUST(store && ops->begin(store, NULL) == 0);
    struct fg_job_row row = plain_job(5);
    row.job.duration_us = 77;
    row.job.grace_us = 30;
    row.job.checkpoint_us = 600;
    row.job.restart_us = 60;
    row.job.reservation = 0xcbf2'9ce4'8422'2325u;
    EQ(add_job(store, &row), 0);
    row.job.attained_us = 99;
    EQ(ops->job_set(store, &row.job, 0, "", 0, 0, NULL), 0);
    const struct fg_project child = {.id = 3,
                                     .name = "child",
                                     .parent = 2,
                                     .guarantee_milli = 600,
                                     .borrows_back = true,
                                     .kinds = {{"h100", -1, 500}},
                                     .kinds_len = 1,
                                     .user_limits = {1, 2, 3, 4},
                                     .budget = {5, FG_PERIOD_QUARTER, true}};
    EQ(ops->project_put(store, &child, NULL), 0);
    EQ(ops->reservation_put(store, "exam", "{\"a\":1}", NULL), 0);
    EQ(ops->reservation_put(store, "exam", "{\"a\":2}", NULL), 0);
    EQ(ops->reservation_put(store, "gone", "{}", NULL), 0);
    EQ(ops->reservation_put(store, "gone", NULL, NULL), 0);
    EQ(ops->project_use_put(store, 2, 1234, 10, NULL), 0);
    EQ(ops->project_use_put(store, 2, 5678, 20, NULL), 0);
    struct fg_level_row level = {{2, "h100"}, 1000, 500, 70};
    EQ(ops->demand_level_put(store, &level, NULL), 0);
    level = (struct fg_level_row){{2, "h100"}, 3000, 250, 90};
    EQ(ops->demand_level_put(store, &level, NULL), 0);
    level = (struct fg_level_row){{1, "a100"}, 1000, 0, 90};
    EQ(ops->demand_level_put(store, &level, NULL), 0);
    level.running_milli = 0; /* nothing is left: the row goes */
    EQ(ops->demand_level_put(store, &level, NULL), 0);
    struct fg_level_hour hour = {{2, "h100"}, 490'000, 10, 20, -5, 40};
    EQ(ops->demand_hour_add(store, &hour, NULL), 0);
    hour.refused_us = 30; /* the most of one refusal counts */
    EQ(ops->demand_hour_add(store, &hour, NULL), 0);
    EQ(ops->spend_add(store, &(struct fg_spend){2, 1, 30, 7}, NULL), 0);
    EQ(ops->spend_add(store, &(struct fg_spend){2, 1, 30, 70}, NULL), 0);
    EQ(ops->spend_add(store, &(struct fg_spend){2, 2, 31, 700}, NULL), 0);
    EQ(ops->budget_warned_put(store, 2, 11, 50, NULL), 0);
    EQ(ops->budget_warned_put(store, 2, 11, 80, NULL), 0);
    EQ(ops->commit(store, NULL), 0);
    ops->free(store);
    store = open_store(folder.db);
    MUST(store);
    struct seen seen = look(store, 6);
    EQ(seen.projects_len, 3);
    EQ(memcmp(&seen.projects[2], &child, sizeof(child)), 0);
    EQ(seen.jobs[2].duration_us, 77);
    EQ(seen.jobs[2].attained_us, 99);
    OK(seen.jobs[2].reservation == row.job.reservation);
    EQ(strcmp(seen.reservation, "exam{\"a\":2}"), 0);
    EQ(seen.use_len, 1);
    EQ(seen.used_ms[2], 5678);
    EQ(seen.used_us[2], 20);
    EQ(seen.warned_us, 11);
    EQ(seen.warned, 80);
    EQ(seen.levels_len, 1);
    EQ(seen.level.running_milli, 3000);
    EQ(seen.level.at_us, 90);
    check_demand(folder.db);
    EQ(spent(store, 2, 0), 777);
    EQ(spent(store, 2, 31), 700);
    EQ(spent(store, 3, 0), 0);
    ops->free(store);
}

int main(void)
{
    RUN(test_a_file_of_version_1_loses_nothing);
    RUN(test_what_is_new_goes_in_and_comes_out);
    return tap_done();
}

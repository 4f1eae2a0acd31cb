/* store_test.c - what was put in comes out: after load(), after a restart, by each write. */
#include "store/testing.h"

#include <sqlite3.h>

/* What load() handed over. */
struct mirror {
    struct fg_project projects[8];
    size_t projects_len;
    char nodes[4][FG_NAME_MAX], reasons[4][FG_TEXT_MAX];
    enum fg_node_state wanted[4];
    size_t nodes_len;
    char users[8][FG_NAME_MAX];
    size_t users_len;
    struct fg_job jobs[64];
    char names[64][FG_NAME_MAX];
    struct fg_request any_of[64][FG_ANY_OF_MAX];
    size_t any_of_len[64];
    struct fg_after after[64][FG_AFTER_MAX];
    size_t after_len[64];
    struct fg_grant grants[64][4];
    size_t grants_len[64], jobs_len;
    char lost[FG_TEXT_MAX];
    size_t lost_len;
    char order[128];
};

static void note(struct mirror *mirror, char what)
{
    size_t len = strlen(mirror->order);
    if (len == 0 || mirror->order[len - 1] != what)
        mirror->order[len] = what;
}

static int on_project(void *self, const struct fg_project *project)
{
    struct mirror *mirror = self;
    note(mirror, 'p');
    mirror->projects[mirror->projects_len++] = *project;
    return 0;
}

static int on_node(void *self, const char *name, enum fg_node_state wanted, const char *reason)
{
    struct mirror *mirror = self;
    note(mirror, 'n');
    snprintf(mirror->nodes[mirror->nodes_len], FG_NAME_MAX, "%s", name);
    snprintf(mirror->reasons[mirror->nodes_len], FG_TEXT_MAX, "%s", reason);
    mirror->wanted[mirror->nodes_len++] = wanted;
    return 0;
}

static int on_user(void *self, uint32_t user, const char *name)
{
    struct mirror *mirror = self;
    note(mirror, 'u');
    MUST(user < 8);
    snprintf(mirror->users[user], FG_NAME_MAX, "%s", name);
    mirror->users_len++;
    return 0;
}

static int on_job(void *self,
                  const struct fg_job_row *row,
                  const struct fg_request *any_of,
                  size_t any_of_len,
                  const struct fg_grant *grants,
                  size_t grants_len)
{
    struct mirror *mirror = self;
    size_t i = mirror->jobs_len++;
    MUST(i < 64 && row->spec_json == NULL && grants_len <= 4);
    note(mirror, 'j');
    mirror->jobs[i] = row->job;
    snprintf(mirror->names[i], FG_NAME_MAX, "%s", row->name);
    memcpy(mirror->any_of[i], any_of, any_of_len * sizeof(any_of[0]));
    mirror->any_of_len[i] = any_of_len;
    if (row->after_len)
        memcpy(mirror->after[i], row->after, row->after_len * sizeof(row->after[0]));
    mirror->after_len[i] = row->after_len;
    if (grants_len)
        memcpy(mirror->grants[i], grants, grants_len * sizeof(grants[0]));
    mirror->grants_len[i] = grants_len;
    return 0;
}

static int on_lost(void *self, fg_job_id job, const char *reason)
{
    struct mirror *mirror = self;
    MUST(job == 7);
    snprintf(mirror->lost, sizeof(mirror->lost), "%s", reason);
    mirror->lost_len++;
    return 0;
}

static struct fg_store_sink load(struct fg_store *store, struct mirror *mirror)
{
    *mirror = (struct mirror){};
    struct fg_store_sink sink = {.self = mirror,
                                 .project = on_project,
                                 .node = on_node,
                                 .user = on_user,
                                 .attempt_lost = on_lost,
                                 .job = on_job};
    struct fg_err err = {};
    if (!EQ(ops->load(store, &sink, &err), 0))
        printf("# %s\n", err.text);
    return sink;
}

static struct fg_store *reopen(struct fg_store *store, const struct folder *folder)
{
    ops->free(store);
    return open_store(folder->db);
}

static void test_an_empty_store_has_the_default_project(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct mirror *mirror = calloc(1, sizeof(*mirror));
    struct fg_store_sink sink = load(store, mirror);
    EQ(sink.next_job_id, 1);
    EQ(sink.next_token_id, 1);
    EQ(mirror->projects_len, 1);
    EQ(mirror->projects[0].id, 1);
    OK(strcmp(mirror->projects[0].name, "default") == 0);
    EQ(mirror->projects[0].weight, 100);
    EQ(mirror->projects[0].quota.queued, -1);
    EQ(mirror->jobs_len, 0);
    free(mirror);
    ops->free(store);
    ops->free(NULL);
}

/* A job with every member away from its default. */
static struct fg_job_row full_job(fg_job_id id, const struct fg_after *after, size_t after_len)
{
    struct fg_job_row row = plain_job(id);
    row.job = (struct fg_job){.id = id,
                              .project = 2,
                              .tasks = 3,
                              .attempt = 4,
                              .failures = 2,
                              .retries = 9,
                              .user = 2,
                              .priority_milli = -71500,
                              .state = FG_JOB_RUNNING,
                              .preemptible = true,
                              .cancel_asked = true,
                              .stop_sent = true,
                              .waits_for = 64,
                              .submitted_us = 1,
                              .eligible_us = 2,
                              .started_us = 3,
                              .deadline_us = INT64_MAX,
                              .time_limit_us = 5,
                              .retry_backoff_us = 6,
                              .duration_us = 7,
                              .attained_us = 8,
                              .array_id = id - 1,
                              .array_index = 99999};
    row.name = "näme '\"; DROP TABLE job";
    row.after = after;
    row.after_len = after_len;
    return row;
}

static const struct fg_request alternatives[FG_ANY_OF_MAX] = {
    {.kind = "h100-sxm-80g",
     .count = 8,
     .gpu_milli = 1000,
     .gpu_mem_mib = 81920,
     .cpu_milli = 64000,
     .mem_mib = 1 << 20,
     .rate_milli = 2500},
    {.kind = "any", .count = 1, .gpu_milli = 1, .suppliers = "eve,ruth", .may_split = true},
    {.kind = "", .cpu_milli = UINT32_MAX, .mem_mib = UINT64_MAX},
    {.kind = "0123456789012345678901234567890",
     .count = UINT32_MAX,
     .gpu_milli = UINT32_MAX,
     .gpu_mem_mib = UINT32_MAX,
     .cpu_milli = UINT32_MAX,
     .mem_mib = UINT64_MAX,
     .suppliers = "-ruth",
     .regions = "eu,us",
     .max_price_uusd = FG_PRICE_UUSD_MAX},
};

static const struct fg_grant grants[] = {
    {.node = 1,
     .devices = 0xffffffff,
     .gpu_milli = 1000,
     .cpu_milli = 64000,
     .mem_mib = 1 << 20},
    {.node = UINT32_MAX, .devices = 0, .gpu_milli = 0, .cpu_milli = 1, .mem_mib = UINT64_MAX},
    {.node = 7, .devices = 5, .gpu_milli = 500, .cpu_milli = 10, .mem_mib = 3},
};

static void put_full_job(struct fg_store *store, fg_job_id id)
{
    struct fg_after after[] = {{.job = 3, .any_end = true}, {.job = 4, .any_end = false}};
    struct fg_job_row row = full_job(id, after, 2);
    EQ(ops->job_add(store, &row, "bob", "vision", alternatives, FG_ANY_OF_MAX, NULL), 0);
    struct fg_attempt_row attempt = {.job = id,
                                     .attempt = 4,
                                     .outcome = FG_JOB_RUNNING,
                                     .grants = grants,
                                     .grants_len = 3,
                                     .node = "a,b,c",
                                     .devices = "[\"h100-0\"]",
                                     .reason = "",
                                     .cost_uusd = -1};
    EQ(ops->attempt_put(store, &attempt, NULL), 0);
    attempt.attempt = 3;
    attempt.grants_len = 1;
    attempt.reason = "lost with node a.n1: its courier was not heard for 15 s";
    EQ(ops->attempt_put(store, &attempt, NULL), 0);
}

static bool is_same_request(const struct fg_request *a, const struct fg_request *b)
{
    return strcmp(a->kind, b->kind) == 0 && a->count == b->count && a->gpu_milli == b->gpu_milli
           && a->gpu_mem_mib == b->gpu_mem_mib && a->cpu_milli == b->cpu_milli
           && a->mem_mib == b->mem_mib && a->rate_milli == b->rate_milli
           && strcmp(a->suppliers, b->suppliers) == 0 && strcmp(a->regions, b->regions) == 0
           && a->max_price_uusd == b->max_price_uusd && a->may_split == b->may_split;
}

static void check_full_job(const struct mirror *mirror, size_t i, fg_job_id id)
{
    struct fg_job want = full_job(id, NULL, 0).job;
    EQ(memcmp(&mirror->jobs[i], &want, sizeof(want)), 0);
    OK(strcmp(mirror->names[i], "näme '\"; DROP TABLE job") == 0);
    EQ(mirror->any_of_len[i], FG_ANY_OF_MAX);
    for (size_t k = 0; k < FG_ANY_OF_MAX; k++)
        OK(is_same_request(&mirror->any_of[i][k], &alternatives[k]));
    EQ(mirror->after_len[i], 2);
    EQ(mirror->after[i][0].job, 3);
    EQ(mirror->after[i][0].any_end, true);
    EQ(mirror->after[i][1].job, 4);
    EQ(mirror->after[i][1].any_end, false);
    EQ(mirror->grants_len[i], 3);
    EQ(memcmp(mirror->grants[i], grants, sizeof(grants)), 0);
}

static void test_open_jobs_come_back_as_they_were(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    EQ(ops->begin(store, NULL), 0);
    put_full_job(store, 7);
    struct fg_job_row queued = plain_job(5), over = plain_job(6), last = plain_job(8);
    add_job(store, &queued);
    add_job(store, &over);
    add_job(store, &last);
    over.job.state = FG_JOB_FAILED;
    EQ(ops->job_set(store, &over.job, 77, "exit code 1", 1, 0, NULL), 0);
    EQ(ops->commit(store, NULL), 0);

    store = reopen(store, &folder);
    struct mirror *mirror = calloc(1, sizeof(*mirror));
    struct fg_store_sink sink = load(store, mirror);
    EQ(sink.next_job_id, 9);
    EQ(mirror->jobs_len, 3);
    EQ(mirror->lost_len, 1);
    OK(strncmp(mirror->lost, FG_LOST_WITH_NODE "a.n1:", 20) == 0);
    EQ(mirror->jobs[0].id, 5);
    EQ(mirror->jobs[2].id, 8);
    EQ(mirror->after_len[0], 0);
    EQ(mirror->grants_len[0], 0);
    check_full_job(mirror, 1, 7);
    free(mirror);
    ops->free(store);
}

static void test_job_set_changes_what_may_change(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct fg_job_row row = plain_job(1);
    ops->begin(store, NULL);
    add_job(store, &row);
    ops->commit(store, NULL);
    row.job.state = FG_JOB_STARTING;
    row.job.attempt = 3;
    row.job.failures = 2;
    row.job.priority_milli = 12;
    row.job.cancel_asked = row.job.stop_sent = true;
    row.job.waits_for = 9;
    row.job.eligible_us = 10;
    row.job.started_us = 11;
    ops->begin(store, NULL);
    EQ(ops->job_set(store, &row.job, 0, "starts", 0, 0, NULL), 0);
    ops->commit(store, NULL);
    struct mirror *mirror = calloc(1, sizeof(*mirror));
    load(store, mirror);
    EQ(memcmp(&mirror->jobs[0], &row.job, sizeof(row.job)), 0);
    row.job.priority_milli = 13; /* the state stays */
    ops->begin(store, NULL);
    EQ(ops->job_set(store, &row.job, 0, "", 0, 0, NULL), 0);
    struct fg_job unknown = row.job;
    unknown.id = 99;
    struct fg_err err = {};
    EQ(ops->job_set(store, &unknown, 0, "", 0, 0, &err), FG_ENOENT);
    ops->commit(store, NULL);
    load(store, mirror);
    EQ(mirror->jobs[0].priority_milli, 13);
    free(mirror);
    ops->free(store);
}

static void test_a_batch_is_kept_whole_or_not_at_all(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct fg_job_row one = plain_job(1), two = plain_job(2);
    struct fg_event event = {
        .time_us = 1, .kind = "job.submitted", .job = 1, .project = 1, .json = ""};
    uint64_t seq = 0;
    ops->begin(store, NULL);
    add_job(store, &one);
    EQ(ops->event_add(store, &event, &seq, NULL), 0);
    EQ(seq, 1);
    ops->rollback(store);
    struct mirror *mirror = calloc(1, sizeof(*mirror));
    EQ(load(store, mirror).next_job_id, 1);
    EQ(mirror->jobs_len, 0);

    ops->begin(store, NULL);
    add_job(store, &one);
    struct fg_err err = {};
    EQ(ops->job_add(store, &one, "ann", "default", &one_gpu, 1, &err), FG_EEXIST);
    ops->rollback(store);
    ops->begin(store, NULL);
    add_job(store, &two);
    EQ(ops->event_add(store, &event, &seq, NULL), 0);
    EQ(seq, 1); /* without gaps */
    EQ(ops->commit(store, NULL), 0);
    load(store, mirror);
    EQ(mirror->jobs_len, 1);
    EQ(mirror->jobs[0].id, 2);
    free(mirror);
    ops->free(store);
}

static void test_projects_nodes_users_tokens_survive(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct fg_project project = {.id = 2,
                                 .name = "vision",
                                 .weight = 7,
                                 .priority = -3,
                                 .quota = {1, 2, 3, 4, 5},
                                 .kinds = {{"h100", 8000, 0}, {"a100", 0, 0}},
                                 .kinds_len = 2,
                                 .archived = true};
    struct fg_node_spec *spec = calloc(1, sizeof(*spec));
    *spec = (struct fg_node_spec){
        .name = "gpu-07",
        .cpu_milli = 64000,
        .mem_mib = 1024,
        .devices_len = 2,
        .devices = {{.kind = "h100", .id = "GPU-1"}, {.kind = "h100", .id = "GPU-2"}}};
    struct fg_token token = {.id = 1,
                             .prefix = "fgpu_abc",
                             .hash = {1, 2, 3},
                             .user = "ann",
                             .role = FG_ROLE_OPERATOR,
                             .project = 2,
                             .created_us = 5,
                             .expires_us = 6};
    ops->begin(store, NULL);
    EQ(ops->project_put(store, &project, NULL), 0);
    project.kinds_len = 1;
    project.weight = 8;
    EQ(ops->project_put(store, &project, NULL), 0);
    EQ(ops->node_put(store, spec, FG_NODE_UP, "", NULL), 0);
    EQ(ops->node_put(store, spec, FG_NODE_DRAINED, "fan is loud", NULL), 0);
    uint32_t user = 0, again = 0, other = 0;
    EQ(ops->user_intern(store, "ann", &user, NULL), 0);
    EQ(ops->user_intern(store, "bob", &other, NULL), 0);
    EQ(ops->user_intern(store, "ann", &again, NULL), 0);
    EQ(user, again);
    OK(user != other);
    EQ(ops->token_put(store, &token, NULL), 0);
    struct fg_project twin = {.id = 3, .name = "vision", .weight = 1};
    EQ(ops->project_put(store, &twin, NULL), FG_EEXIST);
    EQ(ops->commit(store, NULL), 0);

    store = reopen(store, &folder);
    struct mirror *mirror = calloc(1, sizeof(*mirror));
    EQ(load(store, mirror).next_token_id, 2);
    OK(strcmp(mirror->order, "pnu") == 0);
    EQ(mirror->projects_len, 2);
    const struct fg_project *got = &mirror->projects[1];
    EQ(got->id, 2);
    EQ(got->weight, 8);
    EQ(got->priority, -3);
    EQ(got->quota.gpu_milli, 1);
    EQ(got->quota.queued, 5);
    EQ(got->kinds_len, 1);
    OK(strcmp(got->kinds[0].kind, "h100") == 0);
    EQ(got->kinds[0].gpu_milli, 8000);
    EQ(got->archived, true);
    EQ(mirror->nodes_len, 1);
    EQ(mirror->wanted[0], FG_NODE_DRAINED);
    OK(strcmp(mirror->reasons[0], "fan is loud") == 0);
    OK(strcmp(mirror->users[user], "ann") == 0);
    free(mirror);
    free(spec);
    ops->free(store);
}

static void test_an_idempotency_key_finds_its_job(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    fg_job_id job = 0;
    uint32_t count = 0, user = 0;
    ops->begin(store, NULL);
    ops->user_intern(store, "ann", &user, NULL);
    EQ(user, 1);
    struct fg_job_row row = plain_job(1);
    row.idempotency_key = "k1";
    add_job(store, &row);
    for (fg_job_id id = 2; id <= 6; id++) {
        row = plain_job(id);
        row.idempotency_key = "k2";
        row.job.array_id = 2;
        add_job(store, &row);
    }
    EQ(ops->idempotency_find(store, "ann", "k2", &job, &count, NULL),
       0); /* in the batch itself */
    ops->commit(store, NULL);
    EQ(ops->idempotency_find(store, "ann", "k1", &job, &count, NULL), 0);
    EQ(job, 1);
    EQ(count, 1);
    EQ(ops->idempotency_find(store, "ann", "k2", &job, &count, NULL), 0);
    EQ(job, 2);
    EQ(count, 5);
    EQ(ops->idempotency_find(store, "bob", "k1", &job, &count, NULL), FG_ENOENT);
    EQ(ops->idempotency_find(store, "ann", "k3", &job, &count, NULL), FG_ENOENT);
    ops->free(store);
}

static void test_a_job_is_found_when_it_is_over(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct fg_job_row row = plain_job(1);
    ops->begin(store, NULL);
    add_job(store, &row);
    row.job.state = FG_JOB_FAILED;
    ops->job_set(store, &row.job, 5, "exit code 3", 3, 0, NULL);
    ops->commit(store, NULL);
    enum fg_job_state state = FG_JOB_QUEUED;
    fg_project_id project = 0;
    int32_t exit_code = 0;
    EQ(ops->job_state(store, 1, &state, &project, &exit_code, NULL), 0);
    EQ(state, FG_JOB_FAILED);
    EQ(project, 1);
    EQ(exit_code, 3);
    EQ(ops->job_state(store, 2, &state, NULL, NULL, NULL), FG_ENOENT);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    const char *json = NULL;
    size_t len = 0;
    EQ(ops->job_spec(store, 1, arena, &json, &len, NULL), 0);
    EQ(len, row.spec_json_len);
    OK(strcmp(json, row.spec_json) == 0);
    EQ(ops->job_spec(store, 2, arena, &json, &len, NULL), FG_ENOENT);
    ops->free(store);
}

static int64_t sql_int(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    sqlite3_open(path, &db);
    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    int64_t value = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return value;
}

static void put_old_job(struct fg_store *store,
                        fg_job_id id,
                        int64_t finished_us,
                        enum fg_job_state state)
{
    struct fg_job_row row = plain_job(id);
    struct fg_after after = {.job = 1};
    row.job.submitted_us = (int64_t)id;
    row.spec_json = "{\"labels\":{\"a\":\"b\",\"c\":\"d\"}}";
    row.spec_json_len = strlen(row.spec_json);
    row.after = &after;
    row.after_len = 1;
    row.idempotency_key = id % 2 ? "odd" : "even";
    row.job.user = (uint32_t)id;
    add_job(store, &row);
    struct fg_attempt_row attempt = {
        .job = id, .attempt = 1, .node = "", .devices = "", .reason = ""};
    ops->attempt_put(store, &attempt, NULL);
    ops->artifact_put(store, id, "out.txt", "blake2b:00", 1, (int64_t)id, NULL);
    struct fg_event event = {
        .time_us = (int64_t)id, .kind = "job.submitted", .job = id, .project = 1, .json = ""};
    ops->event_add(store, &event, NULL, NULL);
    row.job.state = state;
    if (state != FG_JOB_QUEUED)
        ops->job_set(store, &row.job, finished_us, "", 0, 0, NULL);
}

static int prune(struct fg_store *store, const struct fg_store_prune *what)
{
    ops->begin(store, NULL);
    int gone = ops->prune(store, what, NULL);
    EQ(ops->commit(store, NULL), 0);
    return gone;
}

static void test_prune_takes_what_is_old_in_small_bites(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    ops->begin(store, NULL);
    for (fg_job_id id = 1; id <= 200; id++)
        put_old_job(store, id, id == 50 ? 5000 : (int64_t)id + 10,
                    id == 40 ? FG_JOB_QUEUED
                    : id % 3 ? FG_JOB_SUCCEEDED
                             : FG_JOB_FAILED);
    ops->commit(store, NULL);

    struct fg_store_prune jobs = {.jobs_before_us = 111, .limit = 30};
    EQ(prune(store, &jobs), 30);
    jobs.limit = 1000;
    EQ(prune(store, &jobs), 98 - 30); /* of 1..100 not 40 (open) and 50 (finished late) */
    EQ(prune(store, &jobs), 0);
    EQ(sql_int(folder.db, "SELECT count(*) FROM job"), 102);
    EQ(sql_int(folder.db, "SELECT sum(n) FROM job_count"), 102);
    EQ(sql_int(folder.db,
               "SELECT count(*) FROM (SELECT project, state, count(*) FROM job GROUP BY 1, 2"
               " EXCEPT SELECT project, state, n FROM job_count)"),
       0);
    EQ(sql_int(folder.db, "SELECT count(*) FROM job_spec"), 102);
    EQ(sql_int(folder.db, "SELECT count(*) FROM job_label"), 204);
    EQ(sql_int(folder.db, "SELECT count(*) FROM job_after"), 102);
    EQ(sql_int(folder.db, "SELECT count(*) FROM attempt"), 102);
    EQ(sql_int(folder.db, "SELECT count(*) FROM artifact"), 102);
    EQ(sql_int(folder.db, "SELECT count(*) FROM event"), 200);
    EQ(sql_int(folder.db, "SELECT count(*) FROM idempotency"), 200);

    struct fg_store_prune rest = {.artifacts_before_us = 151,
                                  .keys_before_us = 151,
                                  .events_before_us = 101,
                                  .limit = 40};
    int gone = 0, bites = 0;
    for (int n; (n = prune(store, &rest)) > 0; bites++)
        gone += n;
    EQ(gone, 52 + 150 + 100);
    OK(bites >= 8);
    EQ(sql_int(folder.db, "SELECT min(seq) FROM event"), 101);
    rest = (struct fg_store_prune){.events_max = 10, .limit = 1000};
    EQ(prune(store, &rest), 90);
    EQ(sql_int(folder.db, "SELECT min(seq) FROM event"), 191);
    ops->free(store);
}

static void test_numbers_are_never_used_again(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    ops->begin(store, NULL);
    for (fg_job_id id = 1; id <= 3; id++)
        put_old_job(store, id, 10, FG_JOB_SUCCEEDED);
    ops->commit(store, NULL);
    struct fg_store_prune all = {.jobs_before_us = 100, .events_before_us = 100, .limit = 1000};
    EQ(prune(store, &all), 6);
    store = reopen(store, &folder);
    struct mirror *mirror = calloc(1, sizeof(*mirror));
    EQ(load(store, mirror).next_job_id, 4);
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(folder.db, NULL);
    uint64_t seq = 0;
    EQ(fg_reader_last_event(reader, &seq, NULL), 0);
    EQ(seq, 3);
    struct fg_event event = {.kind = "x", .json = ""};
    ops->begin(store, NULL);
    ops->event_add(store, &event, &seq, NULL);
    EQ(seq, 4);
    ops->commit(store, NULL);
    free(mirror);
    ops->free(store);
}

static int refuse(void *self,
                  const struct fg_job_row *row,
                  const struct fg_request *any_of,
                  size_t any_of_len,
                  const struct fg_grant *held,
                  size_t held_len)
{
    (void)self, (void)row, (void)any_of, (void)any_of_len, (void)held, (void)held_len;
    return FG_EQUOTA;
}

static void test_a_sink_that_refuses_ends_the_load(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct fg_job_row row = plain_job(1);
    ops->begin(store, NULL);
    add_job(store, &row);
    ops->commit(store, NULL);
    struct fg_store_sink sink = {.job = refuse};
    EQ(ops->load(store, &sink, NULL), FG_EQUOTA);
    ops->begin(store, NULL); /* and leaves nothing open */
    EQ(ops->commit(store, NULL), 0);
    ops->free(store);
}

int main(void)
{
    RUN(test_an_empty_store_has_the_default_project);
    RUN(test_open_jobs_come_back_as_they_were);
    RUN(test_job_set_changes_what_may_change);
    RUN(test_a_batch_is_kept_whole_or_not_at_all);
    RUN(test_projects_nodes_users_tokens_survive);
    RUN(test_an_idempotency_key_finds_its_job);
    RUN(test_a_job_is_found_when_it_is_over);
    RUN(test_prune_takes_what_is_old_in_small_bites);
    RUN(test_numbers_are_never_used_again);
    RUN(test_a_sink_that_refuses_ends_the_load);
    return tap_done();
}

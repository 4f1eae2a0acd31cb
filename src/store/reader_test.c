/* reader_test.c - lists, filters, pages and details, as the API asks for them. */
#include "store/reader_demand.h"
#include "store/testing.h"

enum { ANN = 1, BOB = 2, JOBS = 1200 };

/* Jobs 1 .. JOBS: project, user, state, name, label and array follow from the id. */
static fg_project_id project_of(fg_job_id id)
{
    return id % 5 == 0 ? 2 : 1;
}
static uint32_t user_of(fg_job_id id)
{
    return id % 3 == 0 ? BOB : ANN;
}
static enum fg_job_state state_of(fg_job_id id)
{
    return id > 1100      ? (id > 1190 ? FG_JOB_RUNNING : FG_JOB_QUEUED)
           : id % 50 == 0 ? FG_JOB_FAILED
                          : FG_JOB_SUCCEEDED;
}
static fg_job_id array_of(fg_job_id id)
{
    return id >= 300 && id < 340 ? 300 : 0;
}

static void put_job(struct fg_store *store, fg_job_id id)
{
    static const char labelled[] =
        "{\"run\":\"x\",\"labels\":{\"team\":\"red\",\"k\\\"ey\":\"v\"}}";
    struct fg_job_row row = plain_job(id);
    row.job.project = project_of(id);
    row.job.user = user_of(id);
    row.job.array_id = array_of(id);
    row.job.array_index = row.job.array_id ? (uint32_t)(id - 300) : 0;
    row.name = id % 7 == 0 ? "seven" : "other";
    if (id % 11 == 0) {
        row.spec_json = labelled;
        row.spec_json_len = strlen(labelled);
    }
    MUST(add_job(store, &row) == 0);
    row.job.state = state_of(id);
    if (row.job.state == FG_JOB_QUEUED)
        return;
    row.job.attempt = 1;
    bool over = fg_job_state_is_final(row.job.state);
    struct fg_attempt_row attempt = {
        .job = id,
        .attempt = 1,
        .started_us = 10,
        .finished_us = over ? 20 : 0,
        .outcome = row.job.state,
        .usage = {.max_rss_mib = 5, .cpu_us = 6, .gpu_us = 7, .energy_mj = 3},
        .node = "host",
        .devices = "[\"cpu\"]",
        .cost_uusd = 8,
        .reason = "done"};
    MUST(ops->attempt_put(store, &attempt, NULL) == 0);
    MUST(ops->job_set(store, &row.job, over ? 20 : 0, over ? "exit code 0" : "", 0, 0, NULL)
         == 0);
}

static void fill(struct fg_store *store)
{
    struct fg_project vision = {.id = 2,
                                .name = "vision",
                                .weight = 100,
                                .quota = {-1, -1, -1, -1, -1},
                                .kinds = {{"h100", 4000, 0}},
                                .kinds_len = 1};
    uint32_t user = 0;
    MUST(ops->begin(store, NULL) == 0);
    ops->project_put(store, &vision, NULL);
    ops->user_intern(store, "ann", &user, NULL);
    ops->user_intern(store, "bob", &user, NULL);
    for (fg_job_id id = 1; id <= JOBS; id++)
        put_job(store, id);
    MUST(ops->commit(store, NULL) == 0);
}

struct place {
    struct folder folder;
    struct fg_store *store;
    struct fg_reader *reader;
};

static struct place place_make(void)
{
    struct place place = {.folder = folder_make()};
    place.store = open_store(place.folder.db);
    fill(place.store);
    struct fg_err err = {};
    place.reader = fg_reader_open(place.folder.db, &err);
    if (!place.reader)
        printf("# %s\n", err.text);
    return place;
}

static void place_drop(struct place *place)
{
    fg_reader_free(place->reader);
    ops->free(place->store);
    folder_drop(&place->folder);
}

/* The same question put to the formulas above. */
static bool fits(const struct fg_job_filter *filter, fg_job_id id)
{
    return (!filter->project || project_of(id) == filter->project)
           && (!filter->in_project || project_of(id) == filter->in_project)
           && (!filter->user || strcmp(filter->user, user_of(id) == ANN ? "ann" : "bob") == 0)
           && (!filter->name || strcmp(filter->name, id % 7 == 0 ? "seven" : "other") == 0)
           && (!filter->label_key
               || (id % 11 == 0
                   && strcmp(filter->label_value,
                             strcmp(filter->label_key, "team") == 0 ? "red" : "v")
                          == 0))
           && (!filter->states || filter->states & 1U << state_of(id))
           && (!filter->array_id || array_of(id) == filter->array_id);
}

/* Read all pages of `limit`; whether the ids are those that fit, in order. */
static bool pages_are_right(struct fg_reader *reader, struct fg_job_filter filter)
{
    struct ids got = {};
    struct fg_err err = {};
    filter.before = 0;
    for (size_t had = SIZE_MAX; got.len != had;) {
        had = got.len;
        int rc = fg_reader_jobs(reader, &filter, take_id, &got, &err);
        if (rc != 0) {
            printf("# %s\n", err.text);
            return false;
        }
        if (got.len - had > filter.limit)
            return false;
        if (got.len)
            filter.before = got.id[got.len - 1];
    }
    size_t at = 0;
    for (fg_job_id n = 1; n <= JOBS; n++) {
        fg_job_id id = filter.ascending ? n : JOBS + 1 - n;
        if (fits(&filter, id) && (at == got.len || got.id[at++] != id))
            return false;
    }
    return at == got.len;
}

static void test_every_combination_of_filters(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = place_make();
    static const uint32_t states[] = {0,
                                      1U << FG_JOB_FAILED,
                                      1U << FG_JOB_RUNNING | 1U << FG_JOB_QUEUED,
                                      1U << FG_JOB_SUCCEEDED,
                                      1U << FG_JOB_CANCELLED,
                                      UINT32_MAX};
    int wrong = 0;
    for (unsigned bits = 0; bits < 1U << 7; bits++)
        for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
            struct fg_job_filter filter = {
                .project = bits & 1 ? 1 : 0,
                .in_project = bits & 2 ? 2 : 0,
                .user = bits & 4 ? "bob" : NULL,
                .name = bits & 8 ? "seven" : NULL,
                .label_key = bits & 16 ? "team" : NULL,
                .label_value = bits & 16 ? "red" : NULL,
                .array_id = bits & 32 ? 300 : 0,
                .ascending = bits & 64,
                .states = states[i],
                .limit = bits % 3 ? 100 : 7,
            };
            if (!pages_are_right(place.reader, filter)) {
                printf("# filter %u, states %x\n", bits, states[i]);
                wrong++;
            }
        }
    EQ(wrong, 0);
    struct fg_job_filter odd = {.label_key = "k\"ey", .label_value = "v", .limit = 1000};
    OK(pages_are_right(place.reader, odd));
    odd.label_value = "w";
    OK(pages_are_right(place.reader, odd));
    odd = (struct fg_job_filter){.user = "nobody", .limit = 10};
    OK(pages_are_right(place.reader, odd));
    odd = (struct fg_job_filter){.user = "' OR 1=1 --", .limit = 10};
    OK(pages_are_right(place.reader, odd));
    odd = (struct fg_job_filter){.limit = SIZE_MAX};
    struct ids got = {};
    EQ(fg_reader_jobs(place.reader, &odd, take_id, &got, NULL), 0);
    EQ(got.len, FG_PAGE_MAX);
}

static int check_details(void *self, const struct fg_job_view *job)
{
    *(int *)self += 1;
    EQ(job->job.id, 330);
    EQ(job->job.state, FG_JOB_SUCCEEDED);
    EQ(job->job.array_id, 300);
    EQ(job->job.array_index, 30);
    OK(strcmp(job->name, "other") == 0);
    OK(strcmp(job->user, "bob") == 0);
    OK(strcmp(job->project, "vision") == 0);
    OK(strcmp(job->reason, "exit code 0") == 0);
    OK(strcmp(job->node, "host") == 0);
    OK(strcmp(job->devices, "[\"cpu\"]") == 0);
    OK(strcmp(job->labels_json, "{\"team\":\"red\",\"k\\\"ey\":\"v\"}") == 0);
    EQ(job->finished_us, 20);
    EQ(job->usage.max_rss_mib, 5);
    EQ(job->usage.gpu_us, 7);
    EQ(job->usage.energy_mj, 3);
    EQ(job->cost_uusd, 8);
    EQ(job->any_of_len, 1);
    EQ(memcmp(&job->any_of[0], &one_gpu, sizeof(one_gpu)), 0);
    OK(job->spec_json && strncmp(job->spec_json, "{\"run\":\"x\"", 10) == 0);
    EQ(job->spec_json_len, strlen(job->spec_json));
    return 42;
}

static int check_queued(void *self, const struct fg_job_view *job)
{
    *(int *)self += 1;
    OK(strcmp(job->node, "") == 0);
    OK(strcmp(job->devices, "[]") == 0);
    OK(strcmp(job->labels_json, "{}") == 0);
    OK(strcmp(job->reason, "") == 0);
    EQ(job->usage.max_rss_mib, -1);
    EQ(job->cost_uusd, -1);
    EQ(job->finished_us, 0);
    return 0;
}

static int check_sums(void *self, const struct fg_job_view *job)
{
    *(int *)self += 1;
    EQ(job->usage.max_rss_mib, 50);
    EQ(job->usage.cpu_us, 66);
    EQ(job->usage.gpu_us, 77);
    EQ(job->cost_uusd, -1);
    OK(strcmp(job->node, "b") == 0);
    return 0;
}

static void test_one_job_with_its_details(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = place_make();
    int calls = 0;
    EQ(fg_reader_job(place.reader, 330, check_details, &calls, NULL), 42);
    EQ(fg_reader_job(place.reader, 1117, check_queued, &calls, NULL), 0);
    EQ(fg_reader_job(place.reader, JOBS + 1, check_queued, &calls, NULL), FG_ENOENT);
    EQ(calls, 2);

    struct fg_job_row row = plain_job(1117);
    row.job.attempt = 2;
    row.job.state = FG_JOB_STARTING;
    struct fg_attempt_row attempt = {.job = 1117,
                                     .attempt = 1,
                                     .usage = {50, 60, 70, 0},
                                     .cost_uusd = 5,
                                     .node = "a",
                                     .devices = "[]",
                                     .reason = ""};
    ops->begin(place.store, NULL);
    ops->attempt_put(place.store, &attempt, NULL);
    attempt.attempt = 2;
    attempt.usage = (struct fg_usage){-1, 6, 7, 9};
    attempt.cost_uusd = -1;
    attempt.node = "b";
    ops->attempt_put(place.store, &attempt, NULL);
    ops->job_set(place.store, &row.job, 0, "", 0, 0, NULL);
    ops->commit(place.store, NULL);
    EQ(fg_reader_job(place.reader, 1117, check_sums, &calls, NULL), 0);
}

static int take_attempt(void *self, const struct fg_attempt_view *attempt)
{
    *(uint32_t *)self = *(uint32_t *)self * 10 + attempt->attempt;
    OK(strcmp(attempt->node, "host") == 0);
    EQ(attempt->outcome, FG_JOB_FAILED);
    EQ(attempt->usage.cpu_us, 6);
    EQ(attempt->started_us, 10);
    return 0;
}

static int take_artifact(void *self, const struct fg_artifact_view *artifact)
{
    snprintf((char *)self + strlen(self), 64, "%s=%s:%d;", artifact->path, artifact->hash,
             (int)artifact->bytes);
    return 0;
}

static int take_hash(void *self, const char *hash)
{
    snprintf((char *)self + strlen(self), 64, "%s;", hash);
    return 0;
}

static void test_attempts_artifacts_and_their_blobs(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = place_make();
    uint32_t attempts = 0;
    EQ(fg_reader_attempts(place.reader, 50, take_attempt, &attempts, NULL), 0);
    EQ(attempts, 1);
    struct fg_job_row row = plain_job(JOBS + 1);
    row.spec_json = "{\"workdir_hash\":\"W\",\"inputs\":{\"a\":\"I\",\"b\":\"J\"}}";
    row.spec_json_len = strlen(row.spec_json);
    ops->begin(place.store, NULL);
    ops->artifact_put(place.store, 50, "b", "H1", 1, 1, NULL);
    ops->artifact_put(place.store, 50, "a", "H2", 2, 1, NULL);
    ops->artifact_put(place.store, 50, "b", "H3", 3, 1, NULL);
    add_job(place.store, &row);
    ops->commit(place.store, NULL);
    char text[256] = "";
    EQ(fg_reader_artifacts(place.reader, 50, take_artifact, text, NULL), 0);
    OK(strcmp(text, "a=H2:2;b=H3:3;") == 0);
    text[0] = '\0';
    EQ(fg_reader_hashes(place.reader, take_hash, text, NULL), 0);
    OK(strcmp(text, "H3;H2;W;I;J;") == 0);
    row.job.state = FG_JOB_CANCELLED;
    ops->begin(place.store, NULL);
    ops->job_set(place.store, &row.job, 1, "", 0, 0, NULL);
    ops->commit(place.store, NULL);
    text[0] = '\0';
    EQ(fg_reader_hashes(place.reader, take_hash, text, NULL), 0);
    OK(strcmp(text, "H3;H2;") == 0);
}

static int take_event(void *self, const struct fg_event *event)
{
    struct ids *ids = self;
    ids->id[ids->len++] = event->seq;
    OK(strcmp(event->kind, "job.running") == 0 && strcmp(event->json, "{\"a\":1}") == 0);
    return 0;
}

static void test_events_after_a_number(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = place_make();
    uint64_t seq = 7;
    EQ(fg_reader_last_event(place.reader, &seq, NULL), 0);
    EQ(seq, 0);
    ops->begin(place.store, NULL);
    for (int i = 1; i <= 9; i++) {
        struct fg_event event = {.time_us = i,
                                 .kind = "job.running",
                                 .job = (fg_job_id)(i % 2),
                                 .project = (fg_project_id)(i % 3),
                                 .json = "{\"a\":1}"};
        ops->event_add(place.store, &event, NULL, NULL);
    }
    ops->commit(place.store, NULL);
    static const struct {
        struct fg_event_filter filter;
        size_t len;
        uint64_t first;
    } asks[] = {
        {{.limit = 100}, 9, 1},
        {{.after = 5, .limit = 100}, 4, 6},
        {{.after = 5, .limit = 2}, 2, 6},
        {{.project = 1, .limit = 100}, 6, 1}, /* its own and those of none */
        {{.job = 1, .after = 1, .limit = 100}, 4, 3},
        {{.after = UINT64_MAX, .limit = 100}, 0, 0},
    };
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        struct ids got = {};
        EQ(fg_reader_events(place.reader, &asks[i].filter, take_event, &got, NULL), 0);
        EQ(got.len, asks[i].len);
        EQ(got.id[0], asks[i].first);
    }
    EQ(fg_reader_last_event(place.reader, &seq, NULL), 0);
    EQ(seq, 9);
}

static int take_project(void *self, const struct fg_project *project)
{
    struct fg_project *out = self;
    *out = *project;
    return 0;
}

static int take_token(void *self, const struct fg_token *token)
{
    *(struct fg_token *)self = *token;
    return 0;
}

static void test_projects_tokens_and_counts(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = place_make();
    struct fg_project project = {};
    EQ(fg_reader_projects(place.reader, take_project, &project, NULL), 0);
    OK(strcmp(project.name, "vision") == 0);
    EQ(project.kinds_len, 1);
    EQ(project.kinds[0].gpu_milli, 4000);

    struct fg_token token = {.id = 5,
                             .prefix = "fgpu_abc",
                             .hash = {9, 0, 8},
                             .user = "ann",
                             .role = FG_ROLE_MEMBER,
                             .project = 2,
                             .created_us = 3,
                             .expires_us = 4},
                    got = {};
    ops->begin(place.store, NULL);
    EQ(ops->token_put(place.store, &token, NULL), 0);
    EQ(ops->token_used(place.store, 5, 77, NULL), 0);
    EQ(ops->token_used(place.store, 5, 66, NULL), 0);
    ops->commit(place.store, NULL);
    EQ(fg_reader_token_by_hash(place.reader, token.hash, &got, NULL), 0);
    token.last_used_us = 77;
    EQ(memcmp(&got, &token, sizeof(got)), 0);
    EQ(fg_reader_tokens(place.reader, take_token, &got, NULL), 0);
    EQ(got.id, 5);
    uint8_t other[32] = {9, 0, 9};
    EQ(fg_reader_token_by_hash(place.reader, other, &got, NULL), FG_ENOENT);

    uint64_t counts[FG_JOB_STATES], want[3][FG_JOB_STATES] = {};
    for (fg_job_id id = 1; id <= JOBS; id++) {
        want[0][state_of(id)]++;
        want[project_of(id)][state_of(id)]++;
    }
    for (fg_project_id id = 0; id <= 2; id++) {
        EQ(fg_reader_counts(place.reader, id, counts, NULL), 0);
        EQ(memcmp(counts, want[id], sizeof(counts)), 0);
    }
}

static int stop_at_once(void *self, const struct fg_job_view *job)
{
    (void)job;
    *(int *)self += 1;
    return -7;
}

static int count_down(void *self, const struct fg_newest_job *at)
{
    fg_job_id *next = self;
    bool over = fg_job_state_is_final(at->job->state);
    MUST(at->job->id == *next && strcmp(at->request->kind, "h100") == 0);
    MUST((at->finished_us > 0) == over);
    (*next)--;
    return 0;
}

static void test_the_newest_jobs_come_first(void)
{
    struct place place = place_make();
    struct fg_err err = {};
    fg_job_id next = JOBS;
    EQ(fg_reader_newest_jobs(place.reader, 100, count_down, &next, &err), 0);
    EQ(next, JOBS - 100);
    next = JOBS;
    EQ(fg_reader_newest_jobs(place.reader, 2 * JOBS, count_down, &next, &err), 0);
    EQ(next, 0);
    place_drop(&place);
}

static void test_a_callback_ends_the_reading(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = place_make();
    struct fg_job_filter filter = {.limit = 100};
    int calls = 0;
    EQ(fg_reader_jobs(place.reader, &filter, stop_at_once, &calls, NULL), -7);
    EQ(fg_reader_jobs(place.reader, &filter, stop_at_once, &calls, NULL), -7);
    EQ(calls, 2);
}

static void test_a_reader_sees_what_is_committed_only(void)
{
    [[gnu::cleanup(place_drop)]] struct place place = place_make();
    struct fg_job_filter filter = {.limit = 1};
    struct ids got = {};
    struct fg_job_row row = plain_job(JOBS + 1);
    ops->begin(place.store, NULL);
    add_job(place.store, &row);
    fg_reader_jobs(place.reader, &filter, take_id, &got, NULL);
    ops->commit(place.store, NULL);
    fg_reader_jobs(place.reader, &filter, take_id, &got, NULL);
    EQ(got.id[0], JOBS);
    EQ(got.id[1], JOBS + 1);
}

static void test_a_reader_needs_a_database(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_err err = {};
    OK(fg_reader_open(folder.db, &err) == NULL);
    OK(err.code < 0 && err.text[0]);
    fg_reader_free(NULL);
}

int main(void)
{
    RUN(test_every_combination_of_filters);
    RUN(test_one_job_with_its_details);
    RUN(test_attempts_artifacts_and_their_blobs);
    RUN(test_events_after_a_number);
    RUN(test_projects_tokens_and_counts);
    RUN(test_the_newest_jobs_come_first);
    RUN(test_a_callback_ends_the_reading);
    RUN(test_a_reader_sees_what_is_committed_only);
    RUN(test_a_reader_needs_a_database);
    return tap_done();
}

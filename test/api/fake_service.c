/* fake_service.c - see fake_service.h */
#include "test/api/fake_service.h"
#include "base/text.h"
#include "engine/job_path.h"
#include "store/offer_store.h"
#include "store/sqlite_store.h"

#include <ftw.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOBS_MAX 4096

struct fake_service {
    char dir[64], db[96], socket[96];
    struct fg_api *api;
    struct fg_store *store;
    struct fg_series *series;
    struct fg_offer_store *offers;
    char tokens[FAKE_TOKENS][64];

    pthread_t thread;
    pthread_mutex_t lock; /* of all below, and of the store */
    pthread_cond_t bell;
    struct fg_command *first, *waiting;
    bool stop;
    int fail_with;
    int64_t pause_us;
    uint64_t next_token;
    fg_project_id next_project;
    struct fg_job jobs[JOBS_MAX];
    size_t jobs_len;
};

struct fg_config *fake_config(void)
{
    static struct fg_config config;
    if (config.api_threads == 0)
        fg_config_defaults(&config);
    return &config;
}

[[gnu::noreturn]] static void die(const char *what, const struct fg_err *err)
{
    printf("Bail out! %s: %s\n", what, err->text);
    exit(1);
}

static void must(int rc, const char *what, const struct fg_err *err)
{
    if (rc < 0)
        die(what, err);
}

static int64_t now_us(void)
{
    return fg_clock_system()->now_us(NULL);
}

static void tell(struct fake_service *service, const char *kind, const struct fg_job *job)
{
    struct fg_err err = {};
    struct fg_event event = {.time_us = now_us(),
                             .kind = kind,
                             .job = job->id,
                             .project = job->project,
                             .json = "{\"fake\":true}"};
    must(fg_store_sqlite.event_add(service->store, &event, &event.seq, &err), "event", &err);
    must(fg_store_sqlite.commit(service->store, &err), "commit", &err);
    if (service->api)
        fg_api_publish(service->api, &event);
}

static void begin(struct fake_service *service)
{
    struct fg_err err = {};
    must(fg_store_sqlite.begin(service->store, &err), "begin", &err);
}

static int submit_one(struct fake_service *service,
                      struct fg_command *command,
                      struct fg_submit_item *item)
{
    struct fg_err *err = &command->err;
    const struct fg_job_spec *spec = item->spec;
    uint32_t user, known_count;

    int rc = fg_store_sqlite.user_intern(service->store, command->actor.user, &user, err);
    if (rc == 0 && spec->idempotency_key[0]
        && fg_store_sqlite.idempotency_find(service->store, command->actor.user,
                                            spec->idempotency_key, &item->out_id, &known_count,
                                            NULL)
               == 0) {
        item->out_count = known_count;
        item->out_repeated = true;
        return 0;
    }
    if (rc < 0 || service->jobs_len == JOBS_MAX)
        return rc < 0 ? rc : fg_fail(err, FG_ENOCAP, "fake: full");
    struct fg_job *job = &service->jobs[service->jobs_len];
    *job = (struct fg_job){.id = service->jobs_len + 1,
                           .project = item->project,
                           .tasks = spec->tasks,
                           .user = user,
                           .state = FG_JOB_QUEUED,
                           .submitted_us = now_us()};
    job->eligible_us = job->submitted_us;
    struct fg_job_row row = {.job = *job,
                             .name = spec->name,
                             .spec_json = item->spec_json,
                             .spec_json_len = item->spec_json_len,
                             .idempotency_key = spec->idempotency_key};
    rc = fg_store_sqlite.job_add(service->store, &row, command->actor.user, "", spec->any_of,
                                 spec->any_of_len, err);
    item->out_id = job->id;
    item->out_count = 1;
    service->jobs_len += rc == 0;
    return rc;
}

static void submit(struct fake_service *service, struct fg_command *command)
{
    size_t had = service->jobs_len;
    begin(service);
    for (size_t i = 0; i < command->items_len && command->rc == 0; i++)
        command->rc = submit_one(service, command, &command->items[i]);
    if (command->rc < 0) {
        service->jobs_len = had;
        fg_store_sqlite.rollback(service->store);
    } else if (service->jobs_len > had) {
        tell(service, "job.submitted", &service->jobs[had]);
    } else {
        must(fg_store_sqlite.commit(service->store, &command->err), "commit", &command->err);
    }
}

static struct fg_job *find(struct fake_service *service, struct fg_command *command)
{
    if (command->job >= 1 && command->job <= service->jobs_len)
        return &service->jobs[command->job - 1];
    command->rc = fg_fail(&command->err, FG_ENOENT, "job %llu: not known",
                          (unsigned long long)command->job);
    return NULL;
}

static void finish(struct fake_service *service,
                   struct fg_job *job,
                   enum fg_job_state state,
                   int exit_code)
{
    struct fg_err err = {};
    job->state = state;
    begin(service);
    must(fg_store_sqlite.job_set(service->store, job, now_us(), "fake", exit_code, 0, &err),
         "job_set", &err);
    tell(service, "job.over", job);
    for (struct fg_command **at = &service->waiting; *at;) {
        struct fg_command *command = *at;
        if (command->job != job->id) {
            at = &command->next;
            continue;
        }
        *at = command->next;
        command->out_state = state;
        command->out_exit_code = exit_code;
        command->done(command);
    }
}

static void give(struct fg_command *command, const char *text)
{
    command->out_text = fg_arena_printf(command->arena, "%s", text);
    command->out_len = strlen(text);
}

static void put_rest(struct fake_service *service, struct fg_command *command)
{
    struct fg_err *err = &command->err;
    begin(service);
    if (command->kind == FG_CMD_TOKEN_PUT) {
        if (!command->token->id)
            command->token->id = service->next_token++;
        command->rc = fg_store_sqlite.token_put(service->store, command->token, err);
        command->out_id = command->token->id;
    } else {
        if (!command->project->id)
            command->project->id = service->next_project++;
        command->rc = fg_store_sqlite.project_put(service->store, command->project, err);
        command->out_id = command->project->id;
    }
    must(fg_store_sqlite.commit(service->store, err), "commit", err);
}

static const char pool_text[] =
    "[{\"name\":\"node-1\",\"state\":\"up\",\"reason\":\"\",\"cpu_milli\":2000,\"cpu_used_"
    "milli\":0,"
    "\"mem_mib\":4096,\"mem_used_mib\":0,\"devices\":[{\"name\":\"cpu\",\"kind\":\"cpu\","
    "\"index\":0,"
    "\"mem_mib\":4096,\"milli\":2000,\"used_milli\":0,\"share\":\"advisory\",\"jobs\":[]},"
    "{\"name\":\"h100-0\",\"kind\":\"h100\",\"index\":0,\"mem_mib\":81920,\"milli\":1000,"
    "\"used_milli\":500,\"share\":\"advisory\",\"jobs\":[\"1\"]}],\"jobs\":[\"1\"]}]";
static const char map_text[] =
    "{\"kinds\":[\"h100\",\"cpu\"],\"suppliers\":[\"\"],\"sites\":[\"\"],\"projects\":{\"1\":"
    "\"default\"},\"nodes\":{\"name\":[\"node-1\"],\"state\":[\"up\"],\"reason\":[\"\"],"
    "\"health_milli\":[1000],\"supplier\":[0],\"site\":[0],\"devices\":[1]},"
    "\"devices\":{\"kind\":[0],\"used_milli\":[500],\"project\":[1],\"state\":[0]}}";
static const char status_text[] =
    "{\"node_count\":1,\"capacity\":{\"gpu_milli\":1000,\"gpu_used_milli\":500,\"cpu_milli\":"
    "2000,"
    "\"cpu_used_milli\":0,\"mem_mib\":4096,\"mem_used_mib\":0},\"utilisation_milli\":500,"
    "\"isolation\":\"fake\",\"watch_cpu_ppm\":900,\"projects\":{\"default\":{\"gpu_milli\":500,"
    "\"cpu_milli\":0,\"mem_"
    "mib\":0,"
    "\"running\":1,\"queued\":0}},\"notices\":[\"fake\"]}";

/* True: done() is to be called now. */
static bool apply(struct fake_service *service, struct fg_command *command)
{
    struct fg_job *job;

    if (service->fail_with) {
        command->rc = fg_fail(&command->err, service->fail_with, "fake: told to fail");
        return true;
    }
    switch (command->kind) {
    case FG_CMD_SUBMIT:
        submit(service, command);
        return true;
    case FG_CMD_CANCEL:
        job = find(service, command);
        if (job && !fg_job_state_is_final(job->state))
            finish(service, job, FG_JOB_CANCELLED, 130);
        if (job)
            command->out_state = job->state;
        return true;
    case FG_CMD_WAIT:
        job = find(service, command);
        if (!job || fg_job_state_is_final(job->state)) {
            command->out_state = job ? job->state : FG_JOB_QUEUED;
            return true;
        }
        command->next = service->waiting;
        service->waiting = command;
        return false;
    case FG_CMD_WHY:
        if (find(service, command))
            give(command,
                 "{\"id\":\"1\",\"state\":\"queued\",\"summary\":\"fake\",\"reasons\":[],"
                 "\"position\":1,\"priority\":0,\"request\":{},\"nodes\":[]}");
        return true;
    case FG_CMD_MAKE_ROOM:
        if (find(service, command))
            give(command,
                 "{\"job\":\"1\",\"start_without\":null,\"gain_device_s\":null,"
                 "\"cost_device_s\":0,\"is_best\":true,"
                 "\"to\":{\"node\":\"node-1\",\"devices\":[\"h100-0\"]},\"moves\":[]}");
        return true;
    case FG_CMD_MOVES:
    case FG_CMD_RESERVATIONS:
        give(command, "[]");
        return true;
    case FG_CMD_POOL:
        give(command, command->name && strcmp(command->name, "node-1") != 0 ? "[]" : pool_text);
        return true;
    case FG_CMD_POOL_MAP:
        give(command, map_text);
        return true;
    case FG_CMD_STATUS:
        give(command, status_text);
        return true;
    case FG_CMD_NODE_DRAIN:
    case FG_CMD_NODE_RESUME:
    case FG_CMD_NODE_LOST:
        if (strcmp(command->name, "node-1") != 0)
            command->rc =
                fg_fail(&command->err, FG_ENOENT, "node %s: not in the pool", command->name);
        return true;
    case FG_CMD_RESERVATION_REMOVE:
        return true;
    case FG_CMD_PROJECT_PUT:
    case FG_CMD_TOKEN_PUT:
        put_rest(service, command);
        return true;
    default: /* suppliers, orders and the like: as if done */
        give(command, "{}");
        return true;
    }
}

static void *control(void *self)
{
    struct fake_service *service = self;

    pthread_mutex_lock(&service->lock);
    while (!service->stop || service->first) {
        struct fg_command *command = service->first;
        if (!command) {
            pthread_cond_wait(&service->bell, &service->lock);
            continue;
        }
        if (service->pause_us) {
            int64_t pause_us = service->pause_us;
            service->pause_us = 0;
            pthread_mutex_unlock(&service->lock);
            usleep((useconds_t)pause_us);
            pthread_mutex_lock(&service->lock);
        }
        service->first = command->next;
        if (apply(service, command))
            command->done(command);
    }
    pthread_mutex_unlock(&service->lock);
    return NULL;
}

static void post(void *self, struct fg_command *command)
{
    struct fake_service *service = self;
    pthread_mutex_lock(&service->lock);
    struct fg_command **end = &service->first;
    while (*end)
        end = &(*end)->next;
    command->next = NULL;
    *end = command;
    pthread_cond_signal(&service->bell);
    pthread_mutex_unlock(&service->lock);
}

static void wait_cancel(void *self, struct fg_command *wanted)
{
    struct fake_service *service = self;
    pthread_mutex_lock(&service->lock);
    for (struct fg_command **at = &service->waiting; *at; at = &(*at)->next) {
        if (*at != wanted)
            continue;
        *at = wanted->next;
        wanted->rc = FG_ETIMEOUT;
        wanted->done(wanted);
        break;
    }
    pthread_mutex_unlock(&service->lock);
}

static const char *health(void *)
{
    return NULL;
}

static void add_token(struct fake_service *service,
                      enum fake_token which,
                      enum fg_role role,
                      fg_project_id project)
{
    struct fg_err err = {};
    struct fg_token token = {
        .id = service->next_token++, .role = role, .project = project, .created_us = now_us()};
    /* A secret that differs by role only: this is a test. */
    snprintf(service->tokens[which], sizeof(service->tokens[which]), "fgpu_%043d", (int)which);
    crypto_hash_sha256(token.hash, (const unsigned char *)service->tokens[which],
                       strlen(service->tokens[which]));
    fg_copy(token.prefix, sizeof(token.prefix), "fgpu_test");
    snprintf(token.user, sizeof(token.user), "user-%d", (int)which);
    must(fg_store_sqlite.token_put(service->store, &token, &err), "token", &err);
}

static void fill_store(struct fake_service *service)
{
    struct fg_err err = {};
    struct fg_project other = {
        .id = 2, .name = "other", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    struct fg_project first = {
        .id = 1, .name = "default", .weight = 100, .quota = {-1, -1, -1, -1, -1}};

    begin(service);
    must(fg_store_sqlite.project_put(service->store, &first, &err), "project", &err);
    must(fg_store_sqlite.project_put(service->store, &other, &err), "project", &err);
    service->next_project = 3;
    service->next_token = 1;
    add_token(service, FAKE_VIEWER, FG_ROLE_VIEWER, 0);
    add_token(service, FAKE_MEMBER, FG_ROLE_MEMBER, 0);
    add_token(service, FAKE_OPERATOR, FG_ROLE_OPERATOR, 0);
    add_token(service, FAKE_ADMIN, FG_ROLE_ADMIN, 0);
    add_token(service, FAKE_OTHER, FG_ROLE_ADMIN, 2);
    must(fg_store_sqlite.commit(service->store, &err), "commit", &err);
}

struct fake_service *fake_service_start(void)
{
    struct fg_err err = {};
    struct fake_service *service = calloc(1, sizeof(*service));

    if (!service || sodium_init() < 0)
        exit(1);
    strcpy(service->dir, "/tmp/fastgpu-api-XXXXXX");
    if (!mkdtemp(service->dir))
        exit(1);
    snprintf(service->db, sizeof(service->db), "%s/fastgpu.db", service->dir);
    snprintf(service->socket, sizeof(service->socket), "%s/fastgpu.sock", service->dir);
    must(fg_sqlite_open(service->db, &service->store, &err), "store", &err);
    fill_store(service);
    char offers[sizeof(service->db) + 16];
    snprintf(offers, sizeof(offers), "%s/offers.db", service->dir);
    service->offers = fg_offer_store_open(offers, &err);
    if (!service->offers)
        die("offers", &err);
    service->series = fg_series_new();
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->bell, NULL);
    pthread_create(&service->thread, NULL, control, service);
    service->api = fg_api_start(&(struct fg_api_options){.tcp_host = "127.0.0.1",
                                                         .unix_path = service->socket,
                                                         .db_path = service->db,
                                                         .data_dir = service->dir,
                                                         .config = fake_config(),
                                                         .clock = fg_clock_system(),
                                                         .series = service->series,
                                                         .offers = service->offers,
                                                         .post = post,
                                                         .wait_cancel = wait_cancel,
                                                         .health = health,
                                                         .self = service},
                                &err);
    if (!service->api)
        die("api", &err);
    return service;
}

static int remove_entry(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

void fake_service_stop(struct fake_service *service)
{
    fg_api_stop(service->api);
    pthread_mutex_lock(&service->lock);
    service->stop = true;
    pthread_cond_signal(&service->bell);
    pthread_mutex_unlock(&service->lock);
    pthread_join(service->thread, NULL);
    fg_store_sqlite.free(service->store);
    fg_offer_store_free(service->offers);
    fg_series_free(service->series);
    nftw(service->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(service);
}

uint16_t fake_port(const struct fake_service *service)
{
    return (uint16_t)atoi(strrchr(fg_api_url(service->api), ':') + 1);
}

const char *fake_dir(const struct fake_service *service)
{
    return service->dir;
}

const char *fake_token(const struct fake_service *service, enum fake_token which)
{
    return service->tokens[which];
}

struct fg_api *fake_api(struct fake_service *service)
{
    return service->api;
}

void fake_job_begin(struct fake_service *service, fg_job_id id, uint32_t attempt)
{
    struct fg_err err = {};
    pthread_mutex_lock(&service->lock);
    struct fg_job *job = &service->jobs[id - 1];
    job->state = FG_JOB_RUNNING;
    job->attempt = attempt;
    job->started_us = now_us();
    begin(service);
    must(fg_store_sqlite.job_set(service->store, job, 0, "", 0, 0, &err), "job_set", &err);
    struct fg_attempt_row row = {.job = id,
                                 .attempt = attempt,
                                 .started_us = job->started_us,
                                 .outcome = FG_JOB_RUNNING,
                                 .node = "host",
                                 .devices = "[]",
                                 .reason = "",
                                 .cost_uusd = -1};
    must(fg_store_sqlite.attempt_put(service->store, &row, &err), "attempt_put", &err);
    tell(service, "job.running", job);
    pthread_mutex_unlock(&service->lock);
}

void fake_job_end(struct fake_service *service,
                  fg_job_id id,
                  enum fg_job_state state,
                  int exit_code)
{
    pthread_mutex_lock(&service->lock);
    finish(service, &service->jobs[id - 1], state, exit_code);
    pthread_mutex_unlock(&service->lock);
}

static void make_dirs(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
}

void fake_log(struct fake_service *service,
              fg_job_id job,
              uint32_t attempt,
              const char *stream,
              const char *bytes,
              size_t len)
{
    char path[FG_PATH_MAX + 64];
    if (fg_task_dir(service->dir, (struct fg_task_key){job, attempt, 0}, path) < 0)
        exit(1);
    size_t at = strlen(path);
    snprintf(path + at, sizeof(path) - at, "/%s", stream);
    make_dirs(path);
    FILE *out = fopen(path, "ae");
    if (!out || fwrite(bytes, 1, len, out) != len || fclose(out) != 0)
        exit(1);
}

void fake_fail_with(struct fake_service *service, int code)
{
    pthread_mutex_lock(&service->lock);
    service->fail_with = code;
    pthread_mutex_unlock(&service->lock);
}

void fake_pause(struct fake_service *service, int64_t pause_us)
{
    pthread_mutex_lock(&service->lock);
    service->pause_us = pause_us;
    pthread_mutex_unlock(&service->lock);
}

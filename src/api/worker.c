/* worker.c - see worker.h */
#include "api/worker.h"
#include "base/text.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS_CACHED    256 /* power of two; slot by the first byte of the hash */
#define CACHE_US         1000000
#define PROJECTS_MISS_US 50000 /* an unknown name makes us look again, but not more often */

struct cached_token {
    struct fg_token token;
    int64_t read_us; /* monotonic; 0: empty */
    unsigned generation;
};

struct project_name {
    fg_project_id id;
    char name[FG_NAME_MAX];
};

struct fg_workers {
    struct fg_api *api;
    pthread_key_t key;
};

struct fg_worker {
    struct fg_api *api;
    struct fg_reader *reader;
    struct cached_token tokens[TOKENS_CACHED];
    struct project_name *projects; /* sorted by name */
    size_t projects_len, projects_room;
    int64_t projects_us;
    unsigned projects_generation;
};

static void free_worker(void *self)
{
    struct fg_worker *worker = self;
    fg_reader_free(worker->reader);
    free(worker->projects);
    free(worker);
}

struct fg_workers *fg_workers_new(struct fg_api *api)
{
    struct fg_workers *workers = calloc(1, sizeof(*workers));
    if (!workers)
        return NULL;
    workers->api = api;
    if (pthread_key_create(&workers->key, free_worker) != 0) {
        free(workers);
        return NULL;
    }
    return workers;
}

void fg_workers_free(struct fg_workers *workers)
{
    if (!workers)
        return;
    pthread_key_delete(workers->key);
    free(workers);
}

struct fg_worker *fg_worker_of(struct fg_workers *workers)
{
    struct fg_worker *worker = pthread_getspecific(workers->key);
    if (worker)
        return worker;
    worker = calloc(1, sizeof(*worker));
    if (!worker)
        return NULL;
    worker->api = workers->api;
    if (pthread_setspecific(workers->key, worker) != 0) {
        free(worker);
        return NULL;
    }
    return worker;
}

struct fg_reader *fg_worker_reader(struct fg_worker *worker, struct fg_err *err)
{
    if (!worker->reader)
        worker->reader = fg_reader_open(worker->api->options.db_path, err);
    return worker->reader;
}

static bool is_fresh(const struct fg_worker *worker, int64_t read_us, unsigned generation)
{
    return read_us && fg_api_mono_us(worker->api) - read_us < CACHE_US
           && generation == atomic_load(&worker->api->generation);
}

static int check_token(const struct fg_worker *worker,
                       const struct fg_token *token,
                       struct fg_err *err)
{
    if (token->revoked)
        return fg_fail(err, FG_ENOENT, "token: revoked");
    if (token->expires_us && token->expires_us <= fg_api_now_us(worker->api))
        return fg_fail(err, FG_ENOENT, "token: expired");
    return 0;
}

int fg_worker_token(struct fg_worker *worker,
                    const uint8_t hash[32],
                    struct fg_token *out,
                    struct fg_err *err)
{
    struct cached_token *slot = &worker->tokens[hash[0] & (TOKENS_CACHED - 1)];
    bool same = sodium_memcmp(slot->token.hash, hash, sizeof(slot->token.hash)) == 0;

    if (!same || !is_fresh(worker, slot->read_us, slot->generation)) {
        struct fg_reader *reader = fg_worker_reader(worker, err);
        if (!reader)
            return err ? err->code : FG_EIO;
        unsigned generation = atomic_load(&worker->api->generation);
        struct fg_token token = {};
        int rc = fg_reader_token_by_hash(reader, hash, &token, err);
        if (rc < 0)
            return rc;
        *slot = (struct cached_token){token, fg_api_mono_us(worker->api), generation};
    }
    int rc = check_token(worker, &slot->token, err);
    if (rc == 0)
        *out = slot->token;
    return rc;
}

static int add_project(void *self, const struct fg_project *project)
{
    struct fg_worker *worker = self;
    if (worker->projects_len == worker->projects_room) {
        size_t room = worker->projects_room ? worker->projects_room * 2 : 16;
        struct project_name *more = reallocarray(worker->projects, room, sizeof(*more));
        if (!more)
            return FG_ENOMEM;
        worker->projects = more;
        worker->projects_room = room;
    }
    struct project_name *name = &worker->projects[worker->projects_len++];
    name->id = project->id;
    fg_copy(name->name, sizeof(name->name), project->name);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct project_name *)a)->name,
                  ((const struct project_name *)b)->name);
}

static int read_projects(struct fg_worker *worker, struct fg_err *err)
{
    struct fg_reader *reader = fg_worker_reader(worker, err);
    if (!reader)
        return err ? err->code : FG_EIO;
    unsigned generation = atomic_load(&worker->api->generation);
    worker->projects_len = 0;
    worker->projects_us = 0;
    int rc = fg_reader_projects(reader, add_project, worker, err);
    if (rc < 0)
        return rc;
    if (worker->projects_len)
        qsort(worker->projects, worker->projects_len, sizeof(worker->projects[0]), by_name);
    worker->projects_us = fg_api_mono_us(worker->api);
    worker->projects_generation = generation;
    return 0;
}

static const struct project_name *find_project(const struct fg_worker *worker, const char *name)
{
    struct project_name key;
    if (!worker->projects_len || !fg_copy(key.name, sizeof(key.name), name))
        return NULL;
    return bsearch(&key, worker->projects, worker->projects_len, sizeof(key), by_name);
}

int fg_worker_project(struct fg_worker *worker,
                      const char *name,
                      fg_project_id *out,
                      struct fg_err *err)
{
    int rc = 0;
    if (!is_fresh(worker, worker->projects_us, worker->projects_generation))
        rc = read_projects(worker, err);
    const struct project_name *found = rc == 0 ? find_project(worker, name) : NULL;
    if (!found && rc == 0
        && fg_api_mono_us(worker->api) - worker->projects_us > PROJECTS_MISS_US) {
        rc = read_projects(worker, err);
        found = rc == 0 ? find_project(worker, name) : NULL;
    }
    if (rc < 0)
        return rc;
    if (!found)
        return fg_fail(err, FG_ENOENT, "project %.63s: not known", name);
    *out = found->id;
    return 0;
}

const char *fg_worker_project_name(struct fg_worker *worker, fg_project_id id)
{
    if (!is_fresh(worker, worker->projects_us, worker->projects_generation)
        && read_projects(worker, NULL) < 0)
        return "";
    for (size_t i = 0; i < worker->projects_len; i++)
        if (worker->projects[i].id == id)
            return worker->projects[i].name;
    return "";
}

/* references.c - see references.h */
#include "daemon/references.h"

#include "store/reader.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define HASH_BYTES  32
#define HASH_PREFIX "blake2b:"

struct hash {
    uint8_t bytes[HASH_BYTES];
};

struct fg_references {
    struct fg_reader *reader;
    struct hash *hashes; /* owned, sorted */
    size_t len, room;
    fg_job_id newest; /* 0: no job at all */
};

static int take_newest(void *self, const struct fg_job_view *job)
{
    struct fg_references *references = self;
    references->newest = job->job.id;
    return 0;
}

/* A text that is not a hash names no file. */
static int take_hash(void *self, const char *text)
{
    struct fg_references *references = self;
    struct hash hash;
    if (strncmp(text, HASH_PREFIX, strlen(HASH_PREFIX)) != 0)
        return 0;
    text += strlen(HASH_PREFIX);
    if (strlen(text) != sizeof(hash) * 2
        || sodium_hex2bin(hash.bytes, sizeof(hash), text, sizeof(hash) * 2, NULL, NULL, NULL)
               != 0)
        return 0;
    if (references->len == references->room) {
        size_t room = references->room ? references->room * 2 : 1024;
        struct hash *grown = reallocarray(references->hashes, room, sizeof(hash));
        if (!grown)
            return FG_ENOMEM;
        references->hashes = grown;
        references->room = room;
    }
    references->hashes[references->len++] = hash;
    return 0;
}

static int compare(const void *left, const void *right)
{
    return memcmp(left, right, HASH_BYTES);
}

static int read_all(struct fg_references *references, struct fg_err *err)
{
    struct fg_job_filter newest = {.limit = 1};
    int rc = fg_reader_jobs(references->reader, &newest, take_newest, references, err);
    if (rc == 0)
        rc = fg_reader_hashes(references->reader, take_hash, references, err);
    if (rc == FG_ENOMEM)
        return fg_fail(err, rc, "no memory for the hashes of all blobs");
    if (rc == 0 && references->len)
        qsort(references->hashes, references->len, sizeof(references->hashes[0]), compare);
    return rc;
}

struct fg_references *fg_references_open(const char *db_path, struct fg_err *err)
{
    struct fg_references *references = calloc(1, sizeof(*references));
    if (!references) {
        fg_fail(err, FG_ENOMEM, "no memory to look at references");
        return NULL;
    }
    references->reader = fg_reader_open(db_path, err);
    if (!references->reader || read_all(references, err) < 0) {
        fg_references_free(references);
        return NULL;
    }
    return references;
}

void fg_references_free(struct fg_references *references)
{
    if (!references)
        return;
    fg_reader_free(references->reader);
    free(references->hashes);
    free(references);
}

static int seen(void *self, const struct fg_job_view *job)
{
    (void)self;
    (void)job;
    return 0;
}

int fg_references_job(struct fg_references *references, fg_job_id job, struct fg_err *err)
{
    if (job > references->newest)
        return 1;
    int rc = fg_reader_job(references->reader, job, seen, NULL, err);
    return rc == 0 ? 1 : rc == FG_ENOENT ? 0 : rc;
}

bool fg_references_blob(const struct fg_references *references, const uint8_t *hash)
{
    return references->len
           && bsearch(hash, references->hashes, references->len, sizeof(references->hashes[0]),
                      compare);
}

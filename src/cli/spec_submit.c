/* spec_submit.c - files up, the job in; see spec.h */
#include "cli/spec.h"

#include "base/text.h"
#include "cli/bar.h"
#include "cli/human.h"
#include "cli/view.h"
#include "client/blob.h"
#include "client/snapshot.h"
#include "model/job_json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES        3
#define TRY_PAUSE_MS 300

struct sending {
    struct fg_bar bar;
    const char *label;
};

static void on_pack(void *self, uint64_t files_len, uint64_t content_size)
{
    struct sending *sending = self;
    char size[FG_HUMAN_MAX], tail[96];
    fg_human_bytes(content_size, size);
    snprintf(tail, sizeof(tail), "%" PRIu64 " files, %s", files_len, size);
    fg_bar_draw(&sending->bar, sending->label, -1, tail, false);
}

static void on_send(void *self, uint64_t done, uint64_t total)
{
    struct sending *sending = self;
    char part[FG_HUMAN_MAX], whole[FG_HUMAN_MAX], tail[2 * FG_HUMAN_MAX + 8];
    if (total == 0)
        return;
    fg_human_bytes(done, part);
    fg_human_bytes(total, whole);
    snprintf(tail, sizeof(tail), "%s of %s", part, whole);
    fg_bar_draw(&sending->bar, sending->label, (double)done / (double)total, tail, false);
}

/* Hash a file and send it if the service lacks it; `out_hash` is in `arena`. */
static int send_file(struct fg_cli *cli,
                     FILE *file,
                     const char *label,
                     struct fg_arena *arena,
                     const char **out_hash,
                     struct fg_err *err)
{
    char hash[FG_HASH_TEXT_MAX];
    uint64_t size;
    struct sending sending = {fg_bar_new(stderr), label};
    int rc = fg_blob_hash(file, hash, &size, err);
    if (rc == 0)
        rc = fg_blob_upload(cli->client, file, hash, size, on_send, &sending, err);
    fg_bar_clear(&sending.bar);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", label);
    *out_hash = fg_arena_printf(arena, "%s", hash);
    return 0;
}

static int send_workdir(struct fg_cli *cli,
                        const char *folder,
                        struct fg_arena *arena,
                        struct fg_job_spec *spec,
                        struct fg_err *err)
{
    struct fg_snapshot snapshot;
    struct sending sending = {fg_bar_new(stderr), "packing the working folder"};
    int rc = fg_snapshot_make(folder, on_pack, &sending, &snapshot, err);
    fg_bar_clear(&sending.bar);
    if (rc < 0)
        return rc;
    rc = send_file(cli, snapshot.file, "uploading the working folder", arena,
                   &spec->workdir_hash, err);
    fclose(snapshot.file);
    if (rc < 0)
        return rc;
    if (cli->err.is_terminal) {
        char size[FG_HUMAN_MAX], packed[FG_HUMAN_MAX];
        fg_human_bytes(snapshot.content_size, size);
        fg_human_bytes(snapshot.size, packed);
        fprintf(stderr, "%sworking folder: %" PRIu64 " files, %s, packed %s%s\n",
                fg_style_text(&cli->err, FG_DIM), snapshot.files_len, size, packed,
                fg_style_text(&cli->err, FG_PLAIN));
    }
    return 0;
}

static const char *path_in(const char *folder, const char *path, struct fg_arena *arena)
{
    const char *home = getenv("HOME");
    if (path[0] == '/')
        return path;
    if (strncmp(path, "~/", 2) == 0 && home)
        return fg_arena_printf(arena, "%s/%s", home, path + 2);
    return fg_arena_printf(arena, "%s/%s", folder, path);
}

static int send_input(struct fg_cli *cli,
                      const char *path,
                      struct fg_arena *arena,
                      const char **out_hash,
                      struct fg_err *err)
{
    struct stat stat;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "input %s: %s", path,
                       strerror(errno));
    if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
        close(fd);
        return fg_fail(err, FG_EINVAL, "input %s: not a regular file", path);
    }
    FG_AUTO(fg_file) FILE *file = fdopen(fd, "r");
    if (!file) {
        close(fd);
        return fg_fail(err, FG_ENOMEM, "input %s: no memory", path);
    }
    char label[160];
    snprintf(label, sizeof(label), "uploading %.120s", path);
    return send_file(cli, file, label, arena, out_hash, err);
}

int fg_spec_upload(struct fg_cli *cli,
                   const char *folder,
                   struct fg_arena *arena,
                   struct fg_job_spec *spec,
                   struct fg_err *err)
{
    struct fg_job_spec sent = *spec;
    int rc = 0;
    if (spec->workdir[0] && !spec->workdir_hash[0]) {
        rc = send_workdir(cli, path_in(folder, spec->workdir, arena), arena, &sent, err);
        sent.workdir = "";
    }
    struct fg_input *inputs = FG_NEW(arena, struct fg_input, spec->inputs_len);
    for (size_t i = 0; i < spec->inputs_len && rc == 0; i++) {
        inputs[i] = spec->inputs[i];
        if (strncmp(inputs[i].hash, "blake2b:", 8) != 0)
            rc = send_input(cli, path_in(folder, inputs[i].hash, arena), arena, &inputs[i].hash,
                            err);
    }
    if (rc < 0)
        return rc;
    sent.inputs = inputs;
    *spec = sent;
    return 0;
}

static void new_key(char out[33])
{
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(out, 33, bytes, sizeof(bytes));
}

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l}, NULL);
}

/* The service may be restarting, or the answer got lost: with keys, once more does no harm. */
static int post(struct fg_cli *cli,
                const struct fg_call *call,
                struct fg_answer *out,
                struct fg_err *err)
{
    int rc = 0;
    for (int i = 0; i < TRIES; i++) {
        rc = fg_client_call(cli->client, call, &out->body, err);
        bool again = rc == FG_EUNREACH || rc == FG_ETIMEOUT || rc == FG_EBUSY;
        if (!again)
            break;
        if (i + 1 < TRIES)
            pause_ms(TRY_PAUSE_MS << i);
    }
    if (rc < 0)
        return rc;
    out->arena = fg_arena_new(fg_doc_room(out->body.len));
    return fg_doc_json(out->body.text, out->body.len, out->arena, &out->doc, err);
}

int fg_spec_submit(struct fg_cli *cli,
                   const struct fg_job_spec *spec,
                   struct fg_submitted *out,
                   struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf json = {};
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    char key[33];
    if (sodium_init() < 0)
        return fg_fail(err, FG_EIO, "libsodium cannot be initialised");
    fg_job_json_write(&json, spec);
    new_key(key);
    struct fg_call call = {.method = "POST",
                           .path = "/v1/jobs",
                           .json = json.text,
                           .json_len = json.len,
                           .idempotency_key = spec->idempotency_key[0] ? NULL : key};
    int rc = post(cli, &call, &answer, err);
    if (rc < 0)
        return rc;
    const char *id = fg_view_text(answer.doc, "id");
    if (!id[0] || !fg_copy(out->id, sizeof(out->id), id))
        return fg_fail(err, FG_EBACKEND, "the service answered without a job id");
    out->count = fg_view_int(answer.doc, "count", 1);
    out->repeated = fg_view_bool(answer.doc, "repeated");
    return 0;
}

/* {"jobs": [...]}; each job with a key of its own. */
static void write_batch(struct fg_buf *out, const struct fg_pipeline *pipeline)
{
    char key[33], own[sizeof(key) + 12];
    new_key(key);
    fg_buf_puts(out, "{\"jobs\":[");
    for (size_t i = 0; i < pipeline->len; i++) {
        struct fg_job_spec spec = pipeline->specs[i];
        snprintf(own, sizeof(own), "%s-%u", key, (unsigned)i);
        if (!spec.idempotency_key[0])
            spec.idempotency_key = own;
        fg_buf_puts(out, i ? "," : "");
        fg_job_json_write(out, &spec);
    }
    fg_buf_puts(out, "]}");
}

int fg_spec_submit_batch(struct fg_cli *cli,
                         const struct fg_pipeline *pipeline,
                         struct fg_submitted *out,
                         struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf json = {};
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    if (sodium_init() < 0)
        return fg_fail(err, FG_EIO, "libsodium cannot be initialised");
    write_batch(&json, pipeline);
    struct fg_call call = {
        .method = "POST", .path = "/v1/jobs/batch", .json = json.text, .json_len = json.len};
    int rc = post(cli, &call, &answer, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *ids = fg_doc_get(answer.doc, "ids");
    const struct fg_doc *id = ids ? ids->first : NULL;
    for (size_t i = 0; i < pipeline->len; i++, id = id->next) {
        const struct fg_job_spec *spec = &pipeline->specs[i];
        if (!id || !id->text || !fg_copy(out[i].id, sizeof(out[i].id), id->text))
            return fg_fail(err, FG_EBACKEND, "the service answered without an id of each job");
        fg_copy(out[i].name, sizeof(out[i].name), spec->name);
        out[i].count = spec->array_step
                           ? (spec->array_last - spec->array_first) / spec->array_step + 1
                           : 1;
    }
    return 0;
}

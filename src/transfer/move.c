/* move.c - see transfer.h */
#include "base/clock.h"
#include "base/text.h"
#include "transfer/attempt.h"
#include "transfer/bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAUSE_FIRST_US 250'000
#define PAUSE_MOST_US  30'000'000

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

void fg_attempt_tell(struct fg_attempt *attempt)
{
    const struct fg_move *move = attempt->move;
    if (move->progress)
        move->progress(move->self, &attempt->progress);
}

int fg_attempt_check_size(const struct fg_move *move, int64_t bytes, struct fg_err *err)
{
    if (move->bytes_max > 0 && bytes > move->bytes_max)
        return fg_fail(err, FG_ETOOBIG, "%lld bytes, expected %lld at most", (long long)bytes,
                       (long long)move->bytes_max);
    return 0;
}

void fg_attempt_identity(const struct fg_attempt *attempt, const char *tag, char out[600])
{
    char shown[FG_URL_MAX];
    struct fg_digest digest;
    if (attempt->move->hash[0]) { /* wherever it comes from */
        fg_copy(out, 600, attempt->move->hash);
        return;
    }
    out[0] = '\0';
    if (tag[0] == '\0')
        return;
    fg_url_show(attempt->from, shown);
    fg_digest_begin(&digest, FG_BLAKE2B);
    fg_digest_add(&digest, shown, strlen(shown));
    fg_digest_end(&digest, shown);
    snprintf(out, 600, "%s %.480s", shown, tag);
}

static int hash_as(int fd, enum fg_digest_kind kind, char out[FG_HASH_MAX])
{
    struct fg_digest digest;
    fg_digest_begin(&digest, kind);
    int rc = fg_digest_file(fd, 0, -1, &digest, NULL);
    fg_digest_end(&digest, out);
    return rc;
}

/* "" : nothing to compare with. */
static int compare(
    int fd, const char *want, const char *who, char known[FG_HASH_MAX], struct fg_err *err)
{
    enum fg_digest_kind kind = FG_BLAKE2B, known_kind;
    char hash[FG_HASH_MAX];
    if (want[0] && fg_digest_kind_of(want, &kind, err) < 0)
        return FG_EINVAL;
    if (known[0] && fg_digest_kind_of(known, &known_kind, NULL) == 0 && known_kind == kind)
        fg_copy(hash, sizeof(hash), known);
    else if (hash_as(fd, kind, hash) < 0)
        return fg_fail(err, FG_EIO, "what arrived cannot be read: %s", strerror(errno));
    if (want[0] && strcmp(want, hash) != 0)
        return fg_fail(err, FG_EBACKEND, "its hash is %s, %s %s", hash, who, want);
    if (known[0] == '\0')
        fg_copy(known, FG_HASH_MAX, hash);
    return 0;
}

int fg_attempt_check_hash(struct fg_attempt *attempt,
                          int fd,
                          const char *promised,
                          struct fg_err *err)
{
    char *known = attempt->result->hash;
    known[0] = '\0';
    int rc = compare(fd, attempt->move->hash, "expected", known, err);
    if (rc == 0 && promised[0])
        rc = compare(fd, promised, "its server says", known, err);
    return rc;
}

typedef int way_fn(struct fg_attempt *attempt, struct fg_err *err);

static way_fn *way_of(const struct fg_url *from, const struct fg_url *to)
{
    if (from->kind == FG_URL_SSH || to->kind == FG_URL_SSH)
        return fg_attempt_rsync;
    if (from->kind != FG_URL_FILE)
        return fg_attempt_fetch;
    return to->kind != FG_URL_FILE ? fg_attempt_put : fg_attempt_copy;
}

/* It is worth keeping what was seen: nobody held it back, and there was enough of it. */
static void keep_measure(const struct fg_attempt *attempt, const char *from, const char *to)
{
    const struct fg_move *move = attempt->move;
    const struct fg_clock *clock = fg_clock_system();
    const struct fg_way *route = attempt->route;
    struct fg_measure measure = {.time_us = clock->now_us(clock->self),
                                 .protocol = route->protocol,
                                 .latency_us = attempt->first_byte_us,
                                 .bytes = attempt->result->wire_bytes,
                                 .streams = route->streams > 0 ? route->streams : 1};
    if (!move->links_file || move->relay || route->sites_len != 2 || strcmp(from, to) == 0)
        return;
    fg_copy(measure.a, sizeof(measure.a), from);
    fg_copy(measure.b, sizeof(measure.b), to);
    bool held_back = move->limit_per_s > 0 || route->zstd_level > 0;
    if (!held_back && attempt->moving_us > 0 && measure.bytes >= FG_MEASURE_BYTES_LEAST)
        measure.bytes_per_s =
            (int64_t)((double)measure.bytes * 1e6 / (double)attempt->moving_us);
    if (measure.latency_us >= 0 || measure.bytes_per_s > 0)
        (void)!fg_measure_append(move->links_file, &measure,
                                 NULL); /* the move counts, not this */
}

/* False: it was stopped. */
static bool pause_for(const struct fg_move *move, uint32_t failures)
{
    int64_t pause_us = PAUSE_FIRST_US;
    for (uint32_t i = 1; i < failures && pause_us < PAUSE_MOST_US; i++)
        pause_us *= 2;
    pause_us = pause_us < PAUSE_MOST_US ? pause_us : PAUSE_MOST_US;
    for (int64_t end_us = mono_us() + pause_us; mono_us() < end_us; usleep(50'000))
        if (move->stopped && move->stopped(move->self))
            return false;
    return true;
}

struct run {
    const struct fg_move *move;
    struct fg_move_plan plan;
    struct fg_bucket *bucket;
    struct fg_move_result *result;
};

static int attempt_once(struct run *run,
                        const struct fg_move_choice *choice,
                        bool *out_retry,
                        struct fg_err *err)
{
    const struct fg_move *move = run->move;
    struct fg_attempt attempt = {.move = move,
                                 .from = &move->from[choice->source],
                                 .to = &move->to,
                                 .route = &choice->route,
                                 .pace = {.move = move, .bucket = run->bucket},
                                 .progress = {.total_bytes = -1},
                                 .result = run->result,
                                 .first_byte_us = -1};
    int64_t wire_before = run->result->wire_bytes;
    run->result->source = choice->source;
    run->result->route = choice->route;
    int rc = way_of(attempt.from, attempt.to)(&attempt, err);
    *out_retry = attempt.may_retry;
    /* Only what went in this attempt tells of the link. */
    struct fg_move_result seen = *run->result;
    seen.wire_bytes -= wire_before;
    attempt.result = &seen;
    if (rc == 0)
        keep_measure(&attempt, run->plan.sites[choice->source],
                     run->plan.sites[FG_MOVE_SOURCES_MAX]);
    return rc;
}

/* The best way first; after a failure that may pass the next source, if there is one. */
static int try_all(struct run *run, struct fg_err *err)
{
    const struct fg_move *move = run->move;
    uint32_t failures = 0;
    for (size_t turn = 0;; turn++) {
        const struct fg_move_choice *choice = &run->plan.choices[turn % run->plan.len];
        char shown[FG_URL_MAX];
        bool may_retry = false;
        int64_t wire_before = run->result->wire_bytes;
        struct fg_err why = {};
        int rc = attempt_once(run, choice, &may_retry, &why);
        if (rc == 0)
            return 0;
        /* What brought a good piece of the file starts to count anew. */
        failures = run->result->wire_bytes - wire_before > 4 << 20 ? 1 : failures + 1;
        bool another = turn + 1 < run->plan.len;
        fg_url_show(move->to.kind == FG_URL_FILE ? &move->from[choice->source] : &move->to,
                    shown);
        if (rc == FG_ESTATE || (!may_retry && !another)
            || failures > move->retries + (another ? 1 : 0))
            return fg_fail(err, rc, "%.100s: %s", shown, why.text);
        run->result->retried++;
        if (may_retry && !pause_for(move, failures))
            return fg_fail(err, FG_ESTATE, "%.100s: it was stopped", shown);
    }
}

static int begin_run(struct run *run, struct fg_err *err)
{
    const struct fg_move *move = run->move;
    int rc = fg_move_plan(move, &run->plan, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return fg_fail(err, FG_EINVAL, "no way leads there");
    if (move->limit_per_s > 0) {
        rc = fg_bucket_open(move->limit_file, &run->bucket, err);
        if (rc < 0)
            return rc;
    }
    rc = try_all(run, err);
    fg_bucket_free(run->bucket);
    return rc;
}

/* The file is there as it should be. */
static bool is_there(const struct fg_move *move, struct fg_move_result *out)
{
    enum fg_digest_kind kind;
    struct stat state;
    if (move->hash[0] == '\0' || move->to.kind != FG_URL_FILE
        || fg_digest_kind_of(move->hash, &kind, NULL) < 0)
        return false;
    int fd = open(move->to.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool same = fstat(fd, &state) == 0 && S_ISREG(state.st_mode)
                && hash_as(fd, kind, out->hash) == 0 && strcmp(out->hash, move->hash) == 0;
    out->bytes = same ? state.st_size : 0;
    out->was_there = same;
    close(fd);
    return same;
}

/* From far to far: by way of a file here, which stays until the second half has succeeded. */
static int run_both(const struct fg_move *move, struct fg_move_result *out, struct fg_err *err)
{
    struct fg_move get = *move, put = *move;
    struct fg_move_result second = {};
    char name[FG_URL_MAX];
    struct fg_digest digest;
    if (!move->state_dir)
        return fg_fail(err, FG_EINVAL,
                       "from far to far: expected a folder for what is on its way");
    FG_AUTO(fg_buf) struct fg_buf from = {};
    fg_url_write(&from, &move->from[0]);
    fg_digest_begin(&digest, FG_BLAKE2B);
    fg_digest_add(&digest, from.text, from.len);
    fg_digest_end(&digest, name);
    get.to = (struct fg_url){.kind = FG_URL_FILE};
    if (snprintf(get.to.path, sizeof(get.to.path), "%s/%.32s.move", move->state_dir, name + 8)
        >= (int)sizeof(get.to.path))
        return fg_fail(err, FG_EINVAL, "folder %s: its name is too long", move->state_dir);
    int rc = fg_move_run(&get, out, err);
    if (rc < 0)
        return rc;
    put.from[0] = get.to;
    put.from_len = 1;
    rc = fg_move_run(&put, &second, err);
    out->time_us += second.time_us;
    out->wire_bytes += second.wire_bytes;
    out->retried += second.retried;
    if (rc == 0)
        unlink(get.to.path);
    return rc;
}

int fg_move_run(const struct fg_move *move, struct fg_move_result *out, struct fg_err *err)
{
    int64_t begun_us = mono_us();
    *out = (struct fg_move_result){};
    if (move->from_len > 0 && move->from[0].kind != FG_URL_FILE && move->to.kind != FG_URL_FILE)
        return run_both(move, out, err);
    struct run run = {.move = move, .result = out};
    int rc = is_there(move, out) ? 0 : begin_run(&run, err);
    out->time_us = mono_us() - begun_us;
    if (rc == 0 && !out->was_there) { /* its names are those of the plan, which ends here */
        out->route.sites_len = 0;
        memset(out->route.sites, 0, sizeof(out->route.sites));
    }
    return rc;
}

/* move_plan.c - what a move would do; see transfer.h */
#include "base/clock.h"
#include "base/text.h"
#include "transfer/attempt.h"
#include "transfer/sample.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_far(const struct fg_url *url)
{
    return url->kind != FG_URL_FILE;
}

static enum fg_protocol protocol_of(const struct fg_url *from, const struct fg_url *to)
{
    static const enum fg_protocol of[FG_URL_KINDS] = {[FG_URL_FILE] = FG_BY_FILE,
                                                      [FG_URL_SSH] = FG_BY_SSH,
                                                      [FG_URL_HTTP] = FG_BY_HTTP,
                                                      [FG_URL_HTTPS] = FG_BY_HTTP,
                                                      [FG_URL_S3] = FG_BY_S3};
    return of[is_far(from) ? from->kind : to->kind];
}

void fg_move_site(const struct fg_url *url, const char *here, char out[FG_NAME_MAX])
{
    char host[FG_URL_HOST_MAX];
    fg_copy(host, sizeof(host), is_far(url) ? url->host : here);
    if (url->kind == FG_URL_S3) {
        struct fg_credentials who;
        const char *endpoint = fg_credentials_find(&who, NULL) == 0 ? who.endpoint : "";
        const char *at = strstr(endpoint, "://");
        if (at)
            snprintf(host, sizeof(host), "%.*s", (int)strcspn(at + 3, "/:"), at + 3);
        else
            snprintf(host, sizeof(host), "s3.%s.amazonaws.com", who.region);
        fg_credentials_wipe(&who);
    }
    fg_copy(out, FG_NAME_MAX, host);
    if (!fg_measure_is_site(out))
        fg_copy(out, FG_NAME_MAX, "here");
}

/* What a sample of a file that is here shows, where it can be packed on the way. */
static void take_sample(const struct fg_move *move, struct fg_move_plan *out)
{
    const struct fg_url *from = &move->from[0];
    if (is_far(from))
        return;
    int fd = open(from->path, O_RDONLY | O_CLOEXEC);
    struct stat state;
    if (fd < 0)
        return;
    if (fstat(fd, &state) == 0 && S_ISREG(state.st_mode)) {
        out->bytes = state.st_size;
        if (move->to.kind == FG_URL_SSH && move->zstd_level < 0)
            out->levels_len = fg_sample_file(fd, state.st_size, out->levels);
    }
    close(fd);
}

static void plan_source(const struct fg_move *move,
                        const struct fg_measure_book *book,
                        size_t source,
                        struct fg_move_plan *out)
{
    const struct fg_clock *clock = fg_clock_system();
    enum fg_protocol protocol = protocol_of(&move->from[source], &move->to);
    struct fg_way routes[FG_PROTOCOLS * 2];
    struct fg_way_ask ask = {.from = out->sites[source],
                             .to = out->sites[FG_MOVE_SOURCES_MAX],
                             .bytes = out->bytes < 0 ? 1LL << 30 : out->bytes,
                             .protocols = 1u << protocol,
                             .packing = 1u << FG_BY_SSH,
                             .many = (1u << FG_BY_HTTP) | (1u << FG_BY_S3),
                             .relaying = 1u << FG_BY_SSH,
                             .relays = move->relays,
                             .relays_len = move->relays_len,
                             .levels_len = out->levels_len,
                             .now_us = clock->now_us(clock->self)};
    memcpy(ask.levels, out->levels, sizeof(ask.levels));
    if (is_far(&move->to)) /* sent to the web: one stream */
        ask.many = 0;
    size_t len = fg_way_find(book, &ask, routes, FG_PROTOCOLS * 2);
    for (size_t i = 0; i < len && out->len < FG_MOVE_SOURCES_MAX * 2; i++) {
        struct fg_way *route = &routes[i];
        /* Several streams cost nothing where it is not known what they bring; small files have no use for them. */
        if (ask.many >> protocol & 1 && !route->is_measured && ask.bytes >= 32 << 20)
            route->streams = FG_WAY_STREAMS;
        if (move->streams > 0 && ask.many >> protocol & 1)
            route->streams = move->streams;
        if (move->zstd_level >= 0 && protocol == FG_BY_SSH)
            route->zstd_level = move->zstd_level;
        out->choices[out->len++] = (struct fg_move_choice){*route, source};
    }
}

static int by_time(const void *a, const void *b)
{
    const struct fg_move_choice *left = a, *right = b;
    if (left->route.time_us != right->route.time_us)
        return left->route.time_us < right->route.time_us ? -1 : 1;
    return (left->source > right->source) - (left->source < right->source);
}

static int check(const struct fg_move *move, struct fg_err *err)
{
    enum fg_digest_kind kind;
    if (move->from_len == 0 || move->from_len > FG_MOVE_SOURCES_MAX)
        return fg_fail(err, FG_EINVAL, "%zu sources, expected 1 to %d", move->from_len,
                       FG_MOVE_SOURCES_MAX);
    for (size_t i = 1; i < move->from_len; i++)
        if (is_far(&move->to) || !is_far(&move->from[i]))
            return fg_fail(err, FG_EINVAL,
                           "several sources: expected them far and the target a file here");
    if (move->relays_len > FG_WAY_RELAYS_MAX)
        return fg_fail(err, FG_EINVAL, "%zu relays, expected %d at most", move->relays_len,
                       FG_WAY_RELAYS_MAX);
    if (move->is_folder && move->hash[0])
        return fg_fail(err, FG_EINVAL, "hash: expected one file, this is a folder");
    return move->hash[0] ? fg_digest_kind_of(move->hash, &kind, err) : 0;
}

int fg_move_plan(const struct fg_move *move, struct fg_move_plan *out, struct fg_err *err)
{
    *out = (struct fg_move_plan){.bytes = -1};
    int rc = check(move, err);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    rc = move->links_file ? fg_measure_book_load(book, move->links_file, err) : 0;
    if (rc < 0)
        return rc;
    take_sample(move, out);
    fg_move_site(&move->to, move->site, out->sites[FG_MOVE_SOURCES_MAX]);
    for (size_t i = 0; i < move->from_len; i++) {
        fg_move_site(&move->from[i], move->site, out->sites[i]);
        plan_source(move, book, i, out);
    }
    if (out->len > 1)
        qsort(out->choices, out->len, sizeof(out->choices[0]), by_time);
    return (int)out->len;
}

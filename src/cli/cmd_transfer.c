/* cmd_transfer.c - fastgpu transfer: move a file from where it is to where it is wanted */
#include "cli/bar.h"
#include "cli/interrupt.h"
#include "cli/transfer_folder.h"
#include "cli/transfer_here.h"
#include "cli/transfer_print.h"
#include "cli/transfer_stage.h"

#include "base/clock.h"
#include "base/doc_read.h"
#include "base/text.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct fg_opt fg_opts_transfer[] = {
    {"plan", 0, NULL, "say which ways there are and what each would take; move nothing", NULL},
    {"hash", 0, "HASH", "what the file must have: blake2b:HEX or sha256:HEX", NULL},
    {"unpack", 0, NULL,
     "TO is a folder: unpack there what comes (tar; of ssh://HOST/FOLDER/ all that is in it)",
     NULL},
    {"limit", 0, "SIZE", "so much a second at most: 20M; moves to the same place share it",
     NULL},
    {"streams", 0, "N", "from http and s3 so many at one time (as planned)", NULL},
    {"zstd", 0, "LEVEL", "pack on the way through ssh: auto, off or 1 to 19 (auto)",
     "auto|off"},
    {"relay", 0, "HOST", "go through it: for ssh a host, for http and s3 a proxy", NULL},
    {"may-relay", 0, "LIST", "hosts that ssh may go through where that is faster", NULL},
    {"retries", 0, "N", "after failures that may pass (5)", NULL},
    {"stall", 0, "TIME", "no byte for so long is a failure (30s)", NULL},
    {"at", 0, "SITE", "name of this place in the file of links (the host's name)", NULL},
    {"links", 0, "FILE", "measured links, read and added to (~/.local/state/fastgpu/links)",
     "file"},
    {"stage", 0, "FILE", "for supervisors: do what this file says, leave in it what came of it",
     "file"},
    FG_OPT_JSON,
    FG_OPT_QUIET,
    {}};

fg_verb_fn fg_cmd_transfer;

struct showing {
    const struct fg_cli *cli;
    struct fg_interrupt *interrupt;
    struct fg_bar bar;
    int64_t begun_us, told_us;
    bool stopped;
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static void on_progress(void *self, const struct fg_move_progress *progress)
{
    struct showing *showing = self;
    char text[128];
    int64_t now_us = mono_us();
    bool terminal = showing->bar.out != NULL;
    if (fg_args_has(&showing->cli->args, "quiet")
        || now_us - showing->told_us < (terminal ? 100'000 : 5'000'000))
        return;
    bool first = showing->told_us == 0;
    showing->told_us = now_us;
    fg_transfer_text(progress, now_us - showing->begun_us, text);
    double fraction = progress->total_bytes > 0
                          ? (double)progress->done_bytes / (double)progress->total_bytes
                          : -1;
    if (terminal)
        fg_bar_draw(&showing->bar, "transfer", fraction, text, false);
    else if (!first)
        fprintf(stderr, "transfer: %s\n", text);
}

static bool on_stopped(void *self)
{
    struct showing *showing = self;
    struct pollfd fd = {showing->interrupt ? fg_interrupt_fd(showing->interrupt) : -1, POLLIN,
                        0};
    if (poll(&fd, 1, 0) > 0 && fg_interrupt_take(showing->interrupt))
        showing->stopped = true;
    return showing->stopped;
}

/* A URL, or a path of this machine. */
static int read_place(const char *word, struct fg_url *out, struct fg_err *err)
{
    char cwd[PATH_MAX] = "";
    if (strstr(word, "://"))
        return fg_url_parse(word, out, err);
    *out = (struct fg_url){.kind = FG_URL_FILE};
    if (word[0] != '/' && !getcwd(cwd, sizeof(cwd)))
        return fg_fail(err, FG_EIO, "the folder we are in has no name");
    if (snprintf(out->path, sizeof(out->path), "%s%s%s", cwd, cwd[0] ? "/" : "", word)
        >= (int)sizeof(out->path))
        return fg_fail(err, FG_EINVAL, "file %.80s...: its name is too long", word);
    return 0;
}

static int read_places(const struct fg_cli *cli, struct fg_move *move, struct fg_err *err)
{
    size_t len = cli->args.words_len;
    if (len - 1 > FG_MOVE_SOURCES_MAX)
        return fg_fail(err, FG_EINVAL, "%zu sources, expected %d at most", len - 1,
                       FG_MOVE_SOURCES_MAX);
    int rc = 0;
    for (size_t i = 0; i + 1 < len && rc == 0; i++)
        rc = read_place(cli->args.words[i], &move->from[i], err);
    move->from_len = len - 1;
    if (rc == 0)
        rc = read_place(cli->args.words[len - 1], &move->to, err);
    /* "DIR/": under the name that it has. */
    size_t end = strlen(move->to.path);
    if (rc == 0 && end > 0 && move->to.path[end - 1] == '/'
        && !fg_args_has(&cli->args, "unpack")) {
        const char *slash = strrchr(move->from[0].path, '/');
        const char *name = slash ? slash + 1 : move->from[0].path;
        size_t name_len = strcspn(name, "?");
        if (end + name_len >= sizeof(move->to.path) || name_len == 0)
            return fg_fail(err, FG_EINVAL, "%s: expected a file name",
                           cli->args.words[len - 1]);
        memcpy(move->to.path + end, name, name_len);
        move->to.path[end + name_len] = '\0';
    }
    return rc;
}

static int read_zstd(const char *word, int *out, struct fg_err *err)
{
    if (!word || strcmp(word, "auto") == 0)
        *out = -1;
    else if (strcmp(word, "off") == 0)
        *out = 0;
    else if (strspn(word, "0123456789") == strlen(word) && strlen(word) <= 2 && atoi(word) >= 1
             && atoi(word) <= 19)
        *out = atoi(word);
    else
        return fg_fail(err, FG_EINVAL, "--zstd %s: expected auto, off or 1 to 19", word);
    return 0;
}

static int read_relays(const struct fg_cli *cli,
                       struct fg_move *move,
                       char *room,
                       const char **list,
                       struct fg_err *err)
{
    const char *relay = fg_args_get(&cli->args, "relay"),
               *may = fg_args_get(&cli->args, "may-relay");
    if (relay && relay[0] == '-')
        return fg_fail(err, FG_EINVAL, "--relay %s: expected a host", relay);
    move->relay = relay;
    if (!may)
        return 0;
    if (!fg_copy(room, 1024, may))
        return fg_fail(err, FG_EINVAL, "--may-relay: too long");
    for (char *word = strtok(room, ","); word; word = strtok(NULL, ",")) {
        if (!fg_measure_is_site(word) || word[0] == '-'
            || move->relays_len >= FG_WAY_RELAYS_MAX)
            return fg_fail(err, FG_EINVAL, "--may-relay %s: expected at most %d hosts", word,
                           FG_WAY_RELAYS_MAX);
        list[move->relays_len++] = word;
    }
    move->relays = list;
    return 0;
}

static int read_numbers(const struct fg_cli *cli, struct fg_move *move, struct fg_err *err)
{
    const char *limit = fg_args_get(&cli->args, "limit"),
               *stall = fg_args_get(&cli->args, "stall"),
               *hash = fg_args_get(&cli->args, "hash");
    int64_t streams = 0, retries = 0, limit_mib = 0;
    int rc = fg_cli_number(cli, "streams", 1, 16, 0, &streams, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "retries", 0, 1000, 5, &retries, err);
    if (rc == 0)
        rc = read_zstd(fg_args_get(&cli->args, "zstd"), &move->zstd_level, err);
    if (rc < 0)
        return rc;
    if (limit && (fg_size_parse(limit, 1, &limit_mib) < 0 || limit_mib < 1))
        return fg_fail(err, FG_EINVAL, "--limit %s: expected a size like 20M", limit);
    if (stall && (fg_duration_parse(stall, &move->stall_us) < 0 || move->stall_us < 1'000'000))
        return fg_fail(err, FG_EINVAL, "--stall %s: expected a time like 30s", stall);
    if (hash && !fg_copy(move->hash, sizeof(move->hash), hash))
        return fg_fail(err, FG_EINVAL, "--hash: expected blake2b:HEX or sha256:HEX");
    move->streams = (uint32_t)streams;
    move->retries = (uint32_t)retries;
    move->limit_per_s = limit_mib << 20;
    return 0;
}

static int run_move(struct fg_cli *cli, struct fg_move *move, struct fg_err *err)
{
    struct fg_move_plan plan;
    struct fg_move_result result;
    struct showing showing = {.cli = cli, .begun_us = mono_us()};
    if (fg_args_has(&cli->args, "plan")) {
        int rc = fg_move_plan(move, &plan, err);
        if (rc >= 0)
            fg_transfer_print_plan(cli, move, &plan);
        return rc < 0 ? rc : 0;
    }
    FG_AUTO(fg_interrupt) struct fg_interrupt *interrupt = fg_interrupt_new();
    showing.interrupt = interrupt;
    showing.bar = fg_bar_new(stderr);
    move->progress = on_progress;
    move->stopped = on_stopped;
    move->self = &showing;
    int rc = fg_transfer_run(move, fg_args_has(&cli->args, "unpack"), &result, err);
    fg_bar_clear(&showing.bar);
    if (fg_code_retry(rc) || showing.stopped)
        fg_cli_hint(cli, "The same command goes on where this one stopped.");
    if (rc == 0)
        fg_transfer_print_result(cli, move, &result);
    return rc;
}

/* The place that is not this machine: all moves to and from it share their limit. */
static void name_limit(const struct fg_transfer_here *here,
                       const struct fg_move *move,
                       char out[FG_HERE_PATH_MAX + 320])
{
    char site[FG_NAME_MAX];
    fg_move_site(move->to.kind == FG_URL_FILE ? &move->from[0] : &move->to, here->site, site);
    snprintf(out, FG_HERE_PATH_MAX + 320, "%s/limit-%s", here->folder, site);
}

int fg_cmd_transfer(struct fg_cli *cli, struct fg_err *err)
{
    const char *stage = fg_args_get(&cli->args, "stage"),
               *links = fg_args_get(&cli->args, "links"), *at = fg_args_get(&cli->args, "at");
    char room[1024], limit_file[FG_HERE_PATH_MAX + 320];
    const char *relays[FG_WAY_RELAYS_MAX];
    struct fg_transfer_here here;
    struct fg_move move = {};
    if (stage)
        return fg_transfer_stage(stage, err);
    if (cli->args.words_len < 2)
        return fg_fail(err, FG_EINVAL, "%zu places given, expected FROM... TO",
                       cli->args.words_len);
    fg_transfer_here(&here);
    if (at && (!fg_measure_is_site(at) || !fg_copy(here.site, sizeof(here.site), at)))
        return fg_fail(err, FG_EINVAL, "--at %s: expected a name without blanks", at);
    int rc = read_places(cli, &move, err);
    if (rc == 0)
        rc = read_relays(cli, &move, room, relays, err);
    if (rc == 0)
        rc = read_numbers(cli, &move, err);
    if (rc < 0)
        return rc;
    name_limit(&here, &move, limit_file);
    move.site = here.site;
    move.links_file = links ? links : here.links[0] ? here.links : NULL;
    move.state_dir = here.folder[0] ? here.folder : NULL;
    move.limit_file = here.folder[0] ? limit_file : NULL;
    return run_move(cli, &move, err);
}

/* bench_transfer.c - rates of `fastgpu transfer` against cp, curl and rsync, and is packing chosen where it pays?
 *
 *     bench_transfer PROGRAM SERVER.py [MIB] [RUNS]
 *
 * The choice: for data of five kinds and lines of six bandwidths the planner sees a sample of 1 MiB; what is best is computed from
 * packing the whole file with each level (true size, true speed).  Right is what takes 5 % longer than the best at most.
 */
#include "bench.h"

#include "transfer/sample.h"
#include "transfer/way.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#define RUNS_MAX   15
#define KINDS      5
#define LINES      6
#define CHOICE_MIB 24
#define NOW_US     1'790'000'000'000'000
#define PATH_ROOM  256

struct bench {
    const char *program;
    char folder[64];
    int64_t bytes;
    int runs;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* 0 noise, 1 noise in seven of eight bits, 2 numbers as text, 3 words, 4 mostly zeroes. */
static void fill(char *bytes, size_t len, int kind)
{
    static const char *const words[] = {"loss ", "epoch ", "gradient ", "step ", "0.",
                                        "node ", "train ", "the ",      "of ",   "\n"};
    uint64_t state = 88172645463325252u + (uint64_t)kind;
    for (size_t i = 0; i < len;) {
        uint64_t r = next_random(&state);
        char piece[32];
        size_t piece_len = 8;
        memcpy(piece, &r, 8);
        if (kind == 1)
            for (int k = 0; k < 8; k++)
                piece[k] = (char)(piece[k] & 0x3f);
        if (kind == 2)
            piece_len = (size_t)snprintf(piece, sizeof(piece), "%llu,",
                                         (unsigned long long)(r % 100000));
        if (kind == 3)
            piece_len = (size_t)snprintf(piece, sizeof(piece), "%s", words[r % 10]);
        if (kind == 4)
            memset(piece, 0, r % 16 ? 8 : 7);
        if (piece_len > len - i)
            piece_len = len - i;
        memcpy(bytes + i, piece, piece_len);
        i += piece_len;
    }
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *out = fopen(path, "we");
    if (!out || fwrite(bytes, 1, len, out) != len || fclose(out) != 0)
        bench_die("%s cannot be written", path);
}

/* -- the choice ------------------------------------------------------------------------------------------------------- */

/* The whole file with one level. */
static struct fg_pack_level pack_all(const char *bytes, size_t len, int level)
{
    size_t room = ZSTD_compressBound(len);
    char *packed = malloc(room), *again = malloc(len);
    if (!packed || !again)
        bench_die("no memory");
    size_t got = 0;
    int64_t pack_us = INT64_MAX, unpack_us = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t begun_us = bench_now_us();
        got = ZSTD_compress(packed, room, bytes, len, level);
        int64_t packed_us = bench_now_us();
        if (ZSTD_isError(got) || ZSTD_decompress(again, len, packed, got) != len)
            bench_die("zstd failed");
        int64_t end_us = bench_now_us();
        pack_us = packed_us - begun_us < pack_us ? packed_us - begun_us : pack_us;
        unpack_us = end_us - packed_us < unpack_us ? end_us - packed_us : unpack_us;
    }
    free(packed);
    free(again);
    return (struct fg_pack_level){.level = level,
                                  .size_milli = (uint32_t)(got * 1000 / len + 1),
                                  .pack_per_s = (int64_t)((double)len * 1e6 / (double)pack_us),
                                  .unpack_per_s =
                                      (int64_t)((double)len * 1e6 / (double)unpack_us)};
}

/* True if the planner's choice for this line is as good as the best. */
static bool is_right(struct fg_way_ask *ask,
                     const struct fg_pack_level *truth,
                     int64_t bytes_per_s)
{
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    struct fg_measure line = {.time_us = NOW_US,
                              .a = "here",
                              .b = "there",
                              .protocol = FG_BY_SSH,
                              .latency_us = 10'000,
                              .bytes_per_s = bytes_per_s,
                              .bytes = 1 << 28,
                              .streams = 1};
    struct fg_way choice, best;
    fg_measure_book_add(book, &line);
    if (fg_way_find(book, ask, &choice, 1) != 1)
        bench_die("no way");
    struct fg_way_ask whole = *ask;
    memcpy(whole.levels, truth, ask->levels_len * sizeof(*truth));
    if (fg_way_find(book, &whole, &best, 1) != 1)
        bench_die("no way");
    return (double)fg_way_time(book, &whole, &choice) <= 1.05 * (double)best.time_us;
}

static void choose(const struct bench *bench)
{
    static const int64_t lines[LINES] = {1'000'000,   10'000'000,    50'000'000,
                                         125'000'000, 1'250'000'000, 12'500'000'000};
    size_t len = (size_t)CHOICE_MIB << 20;
    char *bytes = malloc(len), path[PATH_ROOM];
    int right = 0;
    if (!bytes)
        bench_die("no memory");
    snprintf(path, sizeof(path), "%s/choice", bench->folder);
    for (int kind = 0; kind < KINDS; kind++) {
        struct fg_pack_level truth[FG_WAY_LEVELS_MAX];
        struct fg_way_ask ask = {.from = "here",
                                 .to = "there",
                                 .bytes = (int64_t)len,
                                 .protocols = 1u << FG_BY_SSH,
                                 .packing = 1u << FG_BY_SSH,
                                 .now_us = NOW_US};
        fill(bytes, len, kind);
        write_file(path, bytes, len);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ask.levels_len = fg_sample_file(fd, (int64_t)len, ask.levels);
        close(fd);
        for (size_t i = 0; i < ask.levels_len; i++)
            truth[i] = pack_all(bytes, len, ask.levels[i].level);
        for (int line = 0; line < LINES; line++)
            right += is_right(&ask, truth, lines[line]);
    }
    free(bytes);
    bench_line("packing chosen right, of 30 (data x line)", right, "", BENCH_MORE, 27, NULL, 0);
}

/* -- rates ------------------------------------------------------------------------------------------------------------ */

static double run(const char *const *argv)
{
    extern char **environ;
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    int64_t begun_us = bench_now_us();
    if (posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ)
        != 0)
        bench_die("%s cannot be started", argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    waitpid(pid, &status, 0);
    if (status != 0)
        bench_die("%s failed", argv[0]);
    return (double)(bench_now_us() - begun_us) / 1e6;
}

struct rival {
    const char *name;
    const char *const *argv;
};

/* MB/s of each, taken in turn. */
static void race(const struct bench *bench,
                 const char *name,
                 const char *const *ours,
                 struct rival rival,
                 const char *target)
{
    double our_s[RUNS_MAX], rival_s[RUNS_MAX];
    for (int i = 0; i < bench->runs; i++) {
        unlink(target);
        our_s[i] = run(ours);
        unlink(target);
        rival_s[i] = run(rival.argv);
    }
    double mb = (double)bench->bytes / 1e6;
    bench_line(name, mb / bench_quantile(our_s, (size_t)bench->runs, 50), "MB/s", BENCH_MORE, 0,
               rival.name, mb / bench_quantile(rival_s, (size_t)bench->runs, 50));
}

static pid_t start_server(const char *script, const char *folder, int *out_port)
{
    int out[2];
    if (pipe(out) < 0)
        bench_die("no pipe");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        execlp("python3", "python3", script, folder, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *in = fdopen(out[0], "r");
    if (!in || fscanf(in, "%d", out_port) != 1)
        bench_die("the server did not start");
    fclose(in);
    return pid;
}

static void rates(const struct bench *bench, const char *script)
{
    char from[PATH_ROOM], to[PATH_ROOM], links[PATH_ROOM], url[PATH_ROOM];
    int port = 0;
    snprintf(from, sizeof(from), "%s/file", bench->folder);
    snprintf(to, sizeof(to), "%s/to", bench->folder);
    snprintf(links, sizeof(links), "%s/links", bench->folder);
    char *bytes = malloc((size_t)bench->bytes);
    if (!bytes)
        bench_die("no memory");
    fill(bytes, (size_t)bench->bytes, 0);
    write_file(from, bytes, (size_t)bench->bytes);
    free(bytes);
    pid_t server = start_server(script, bench->folder, &port);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/plain/file", port);
    const char *copy[] = {bench->program, "transfer", "-q", "--links", links, from, to, NULL};
    /* The rivals do the same work: bytes on the disk, and a hash of what is there. */
    const char *cp[] = {"sh", "-c", "cp \"$0\" \"$1\" && sync \"$1\" && b2sum -l 256 \"$1\"",
                        from, to,   NULL};
    const char *rsync[] = {"rsync", "--fsync", from, to, NULL};
    const char *fetch[] = {bench->program, "transfer", "-q", "--links", links, url, to, NULL};
    const char *curl[] = {
        "sh", "-c", "curl -s -o \"$1\" \"$0\" && sync \"$1\" && b2sum -l 256 \"$1\"",
        url,  to,   NULL};
    race(bench, "a file to another folder, hashed and synced", copy,
         (struct rival){"cp, sync, b2sum", cp}, to);
    race(bench, "the same against rsync", copy, (struct rival){"rsync --fsync", rsync}, to);
    race(bench, "a file over HTTP, hashed and synced", fetch,
         (struct rival){"curl, sync, b2sum", curl}, to);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    unlink(from);
    unlink(to);
    unlink(links);
}

int main(int argc, char **argv)
{
    struct bench bench = {.folder = "/tmp/fastgpu-bench-transfer-XXXXXX"};
    if (argc < 3)
        bench_die("usage: bench_transfer PROGRAM SERVER.py [MIB] [RUNS]");
    bench.program = argv[1];
    bench.bytes = (argc > 3 ? atoll(argv[3]) : 256) << 20;
    bench.runs = argc > 4 ? atoi(argv[4]) : 3;
    if (bench.runs < 1 || bench.runs > RUNS_MAX || !mkdtemp(bench.folder))
        bench_die("1 to %d runs, and a folder in /tmp", RUNS_MAX);
    choose(&bench);
    rates(&bench, argv[2]);
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "%s/choice", bench.folder);
    unlink(path);
    rmdir(bench.folder);
    return bench_done();
}

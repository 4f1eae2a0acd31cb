/* bench_series.c - the store of readings: rows a second, bytes a sample, 30 days of 1,000 devices, the start after a kill (times are of the processor).
 * bench_series [RECORDED.csv]
 *
 *     recorded     readings of a machine at work (bench/series_machine.csv), one a second
 *     Helios       GPUs in use in virtual clusters, one a minute, where the shared data is at hand
 *     fleet        made up: 1,000 devices, busy and power, one row a minute for 30 days
 *
 * Rival: Prometheus on the same rows of 100 of the devices (bench/prometheus.sh), if it is installed.
 */
#include "bench/bench.h"

#include "telemetry/query.h"
#include "telemetry/series.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND   INT64_C(1000000)
#define MINUTE   (60 * SECOND)
#define DAY      (86400 * SECOND)
#define START_US (1763769600 * SECOND)
#define DEVICES  1000
#define RIVAL    100 /* of them are given to Prometheus too */
#define DAYS     30
#define READINGS 12 /* of a device, for the rate of taking */
#define RUNS     9

static uint64_t draw(uint64_t *random)
{
    uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t cpu_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

static struct fg_track device(unsigned n)
{
    struct fg_track track = {};
    snprintf(track.node, sizeof(track.node), "node-%03u", n / 8);
    snprintf(track.device, sizeof(track.device), "h100-%u", n % 8);
    snprintf(track.kind, sizeof(track.kind), "h100");
    return track;
}

static struct fg_series *open_at(const char *dir)
{
    struct fg_series *series = NULL;
    struct fg_err err = {};
    if (fg_series_open(&(struct fg_series_options){.dir = dir, .memory_bytes = (size_t)4 << 30},
                       &series, &err)
        < 0)
        bench_die("%s", err.text);
    return series;
}

static void add(struct fg_series *series,
                const struct fg_track *track,
                int64_t time_us,
                const int64_t *values)
{
    if (fg_series_add(series, track, time_us, values) < 0)
        bench_die("a row was refused");
}

static void clear(int64_t *values)
{
    for (unsigned i = 0; i < FG_SERIES_COLUMNS; i++)
        values[i] = -1;
}

/* Bytes of the files of a folder whose names begin so. */
static double bytes_of(const char *dir, const char *begin)
{
    double bytes = 0;
    DIR *folder = opendir(dir);
    char path[512];
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        struct stat stat_of;
        snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        if (strncmp(entry->d_name, begin, strlen(begin)) == 0 && stat(path, &stat_of) == 0)
            bytes += (double)stat_of.st_size;
    }
    if (folder)
        closedir(folder);
    return bytes;
}

static void remove_folder(const char *dir)
{
    char command[512];
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    if (system(command) != 0)
        bench_die("%s: cannot be removed", dir);
}

/* -- taking rows, and the start after a kill ------------------------------------------------------------------- */

/* A device at work: all that changes does. */
static void work(uint64_t *random, int64_t *values, int64_t *energy)
{
    uint64_t noise = draw(random);
    values[FG_READING_BUSY] = 900 + (int64_t)(noise % 11) * 10;
    values[FG_READING_MEM_USED] = 61234;
    values[FG_READING_MEM_BUSY] = 400 + (int64_t)(noise >> 8 & 15) * 10;
    values[FG_READING_POWER] = 560000 + (int64_t)(noise >> 16 & 16383);
    values[FG_READING_POWER_LIMIT] = 700000;
    values[FG_READING_ENERGY] = *energy += values[FG_READING_POWER];
    values[FG_READING_TEMP] = 61 + (int64_t)(noise >> 32 & 1);
    values[FG_READING_SM_CLOCK] = 1755 + 15 * (int64_t)(noise >> 36 & 3);
    values[FG_READING_MEM_CLOCK] = 2619;
    values[FG_READING_SLOWDOWN] = noise >> 40 & 7 ? 0 : 4;
    values[FG_READING_PCIE_TX] = (int64_t)(noise >> 44 & 1023);
    values[FG_SERIES_HOLDER] = 7;
}

static void bench_taking(const char *dir)
{
    int64_t values[FG_SERIES_COLUMNS], *energy = calloc(DEVICES, sizeof(*energy)), took_us = 0;
    uint64_t random = 1, rows = 0;
    struct fg_series *series = open_at(dir);
    clear(values);
    for (int second = 0; second < 600; second++) {
        int64_t from_us = cpu_now_us();
        for (unsigned n = 0; n < DEVICES; n++, rows++) {
            struct fg_track track = device(n);
            work(&random, values, &energy[n]);
            add(series, &track, START_US + second * SECOND, values);
        }
        took_us += cpu_now_us() - from_us;
        if (second % 5 == 4)
            fg_series_tend(series);
    }
    struct fg_series_state state;
    fg_series_state(series, &state);
    fg_series_free(series); /* has no thread, so writes nothing: as if killed */
    int64_t from_us = bench_now_us();
    series = open_at(dir);
    double open_ms = (double)(bench_now_us() - from_us) / 1e3;
    int64_t read_us = cpu_now_us();
    fg_series_tend(series);
    double read_ms = (double)(cpu_now_us() - read_us) / 1e3;
    fg_series_free(series);
    free(energy);
    bench_line("series: samples taken, 12 a row", (double)rows * READINGS / (double)took_us,
               "M/s", BENCH_MORE, 1, NULL, 0);
    bench_line("series: memory a sample, as they come",
               (double)state.memory_bytes / (double)rows / READINGS, "B", BENCH_LESS, 0, NULL,
               0);
    bench_line("series: start after a kill", open_ms, "ms", BENCH_LESS, 2000, NULL, 0);
    bench_line("series: ... until 7.2 M samples are back", read_ms, "ms", BENCH_LESS, 10000,
               NULL, 0);
}

/* -- bytes a sample --------------------------------------------------------------------------------------------- */

/* A row of numbers at a time; the first column is the time, `unit_us` each, of a header the names are passed. */
static size_t add_table(struct fg_series *series,
                        char *text,
                        int64_t unit_us,
                        const unsigned *columns,
                        const struct fg_track *track)
{
    int64_t values[FG_SERIES_COLUMNS];
    size_t samples = 0;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *cell = strsep(&line, ",");
        if (*cell < '0' || *cell > '9')
            continue;
        int64_t time_us = strtoll(cell, NULL, 10) * unit_us;
        clear(values);
        for (size_t i = 0; line && (cell = strsep(&line, ",")); i++) {
            values[columns[i]] = strtoll(cell, NULL, 10);
            samples += values[columns[i]] >= 0;
        }
        add(series, track, time_us, values);
    }
    return samples;
}

/* An hour later, so that all hours are closed; returns the bytes that readings took of the files, beyond their fixed part. */
static double close_all(struct fg_series *series, const char *dir)
{
    struct fg_track last = {.node = "end", .device = "end"};
    int64_t values[FG_SERIES_COLUMNS];
    clear(values);
    values[0] = 1;
    add(series, &last, START_US + 400 * DAY, values);
    fg_series_tend(series);
    return bytes_of(dir, "raw-");
}

static void bench_recorded(const char *path, const char *dir)
{
    static const unsigned columns[] = {FG_READING_BUSY, FG_READING_MEM_USED,
                                       FG_READING_STALL_CPU, FG_READING_STALL_MEM,
                                       FG_READING_STALL_IO};
    static char text[1 << 20];
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("# %s: not there, so nothing recorded is measured\n", path);
        return;
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    struct fg_track track = {.node = "here", .device = FG_SERIES_MACHINE};
    struct fg_series *series = open_at(dir);
    size_t samples = add_table(series, text, 1000, columns, &track);
    double bytes = close_all(series, dir);
    fg_series_free(series);
    bench_line("series: a recorded machine, busy, with all headers", bytes / (double)samples,
               "B/smp", BENCH_LESS, 2, NULL, 0);
}

/* The busy GPUs of each virtual cluster; a time as text is the minute of its line. */
static size_t add_helios(struct fg_series *series, const char *path, const char *name)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    size_t samples = 0;
    int64_t values[FG_SERIES_COLUMNS];
    struct fg_track track = {.device = "gpus"};
    snprintf(track.node, sizeof(track.node), "%.40s", name);
    if (!bench_read_packed(path, &text))
        return 0;
    char *rest = text.text;
    for (char *line; (line = strsep(&rest, "\n")) && samples < 40000;) {
        const char *comma = strrchr(line, ',');
        if (!comma || comma[1] < '0' || comma[1] > '9')
            continue;
        clear(values);
        values[FG_READING_BUSY] = (int64_t)(atof(comma + 1) * 1000 + 0.5);
        add(series, &track, START_US + (int64_t)samples * MINUTE, values);
        if (++samples % 60 == 0)
            fg_series_tend(series);
    }
    return samples;
}

static void bench_helios(const char *dir)
{
    static const char folder_path[] = "../shared/data/forecast/helios";
    size_t samples = 0;
    double bytes = 0;
    DIR *folder = opendir(folder_path);
    if (!folder) {
        printf("# %s: not there, so Helios is not measured\n", folder_path);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[512];
        if (!strstr(entry->d_name, ".csv.xz"))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder_path, entry->d_name);
        struct fg_series *series = open_at(dir);
        samples += add_helios(series, path, entry->d_name);
        close_all(series, dir);
        fg_series_free(series);
        bytes += bytes_of(dir, "minute-"); /* a row a minute: five values of each bucket */
        remove_folder(dir);
    }
    closedir(folder);
    bench_line("series: Helios, minutes with least, most, sum, count", bytes / (double)samples,
               "B/smp", BENCH_LESS, 2, NULL, 0);
}

/* -- 30 days of 1,000 devices ------------------------------------------------------------------------------------- */

/* Jobs of hours: busy or not, and the power that goes with it. */
struct fleet {
    uint64_t random;
    int busy[DEVICES];
};

static int64_t fleet_power(struct fleet *fleet, unsigned n, int64_t *out_busy)
{
    uint64_t noise = draw(&fleet->random);
    if (noise % 240 == 0)
        fleet->busy[n] = !fleet->busy[n];
    *out_busy = fleet->busy[n] ? 850 + (int64_t)(noise >> 10 & 15) * 10 : 0;
    return fleet->busy[n] ? 600000 + (int64_t)(noise >> 20 & 32767)
                          : 70000 + (int64_t)(noise >> 20 & 511);
}

static void fill(struct fg_series *series, FILE *rival)
{
    static struct fleet fleet = {.random = 3};
    int64_t values[FG_SERIES_COLUMNS];
    clear(values);
    for (int64_t minute = 0; minute < DAYS * 1440; minute++) {
        for (unsigned n = 0; n < DEVICES; n++) {
            struct fg_track track = device(n);
            values[FG_READING_POWER] = fleet_power(&fleet, n, &values[FG_READING_BUSY]);
            add(series, &track, START_US + minute * MINUTE, values);
            if (rival && n < RIVAL) /* sorted by series at the end: sort(1) does that */
                fprintf(rival, "power{node=\"%s\",device=\"%s\"} %lld %lld\n", track.node,
                        track.device, (long long)values[FG_READING_POWER],
                        (long long)((START_US + minute * MINUTE) / SECOND));
        }
        if (minute % 60 == 5)
            fg_series_tend(series);
    }
}

/* How often this process gave up the processor by itself, and how often it was taken away. */
static void count_waits(long *out_own, long *out_forced)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    *out_own = use.ru_nvcsw;
    *out_forced = use.ru_nivcsw;
}

/* Median of one thread's time; of `wall`, by the clock. */
static double ask_ms(struct fg_series *series,
                     const char *node,
                     enum fg_series_agg agg,
                     enum fg_series_by by,
                     bool wall)
{
    double ms[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        struct fg_series_query query = {.column = FG_READING_POWER,
                                        .from_us = START_US,
                                        .to_us = START_US + DAYS * DAY,
                                        .step_us = node ? MINUTE : 60 * MINUTE,
                                        .agg = agg,
                                        .by = by,
                                        .quantile = 0.95,
                                        .node = node,
                                        .values_max = 10000000};
        FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
        struct fg_err err = {};
        int64_t from_us = wall ? bench_now_us() : cpu_now_us();
        if (fg_series_ask(series, &query, &answer, &err) < 0 || answer.len == 0)
            bench_die("%s", err.text[0] ? err.text : "nothing is known");
        ms[i] = (double)((wall ? bench_now_us() : cpu_now_us()) - from_us) / 1e3;
    }
    return bench_quantile(ms, RUNS, 50);
}

/* Bytes a sample and milliseconds that Prometheus takes; 0: it is not there. */
static void run_rival(const char *text, const char *dir, double *out_bytes, double *out_ms)
{
    char command[1024];
    snprintf(command, sizeof(command), "bench/prometheus.sh '%s' '%s/prometheus' %lld %d", text,
             dir, (long long)(START_US / SECOND), DAYS);
    FILE *answer = popen(command, "r");
    *out_bytes = *out_ms = 0;
    if (answer && fscanf(answer, "%lf %lf", out_bytes, out_ms) != 2)
        printf("# Prometheus is not installed: it is not compared with\n");
    if (answer)
        pclose(answer);
}

static void bench_fleet(const char *dir)
{
    char text[300];
    double rival_bytes, rival_ms;
    struct fg_series *series = open_at(dir);
    snprintf(text, sizeof(text), "%s/rows.txt", dir);
    FILE *rival = fopen(text, "w");
    fill(series, rival);
    if (rival)
        fclose(rival);
    run_rival(text, dir, &rival_bytes, &rival_ms);
    double samples = 2.0 * DEVICES * 25 * 60; /* that are still there as rows */
    bench_line("series: made-up power and busy, rows of a minute",
               bytes_of(dir, "raw-") / samples, "B/smp", BENCH_LESS, 2,
               rival_bytes > 0 ? "Prometheus, power of 100 of them" : NULL, rival_bytes);
    bench_line("series: 30 days, 1,000 devices, an hour a step",
               ask_ms(series, NULL, FG_AGG_AVG, FG_BY_ALL, false), "ms", BENCH_LESS, 200, NULL,
               0);
    bench_line("series: ... by node, p95",
               ask_ms(series, NULL, FG_AGG_QUANTILE, FG_BY_NODE, false), "ms", BENCH_LESS, 200,
               NULL, 0);
    bench_line("series: ... 8 devices, a minute a step",
               ask_ms(series, "node-007", FG_AGG_SUM, FG_BY_DEVICE, false), "ms", BENCH_LESS,
               200, NULL, 0);
    long own, forced, own_after, forced_after;
    count_waits(&own, &forced);
    double ours_ms = ask_ms(series, NULL, FG_AGG_AVG, FG_BY_ALL, true);
    count_waits(&own_after, &forced_after);
    bench_line("series: 30 days, an hour a step, by the clock", ours_ms, "ms", BENCH_LESS, 0,
               rival_ms > 0 ? "Prometheus, only 100 of them" : NULL, rival_ms);
    printf("# by the clock: in %d runs it waited %ld times by itself, and %ld times others had "
           "its core\n",
           RUNS, own_after - own, forced_after - forced);
    fg_series_free(series);
}

int main(int argc, char **argv)
{
    char folder[64], dir[96];
    /* Thousands of waits for the disk are no figure of ours. */
    snprintf(folder, sizeof(folder), "%s/fastgpu-bench-series-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder))
        bench_die("%s: cannot be made", folder);
    snprintf(dir, sizeof(dir), "%s/series", folder);
    bench_taking(dir);
    remove_folder(dir);
    bench_recorded(argc > 1 ? argv[1] : "bench/series_machine.csv", dir);
    remove_folder(dir);
    bench_helios(dir);
    bench_fleet(dir);
    remove_folder(folder);
    return bench_done();
}

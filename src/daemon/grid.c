/* grid.c - see grid.h */
#include "daemon/grid.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "daemon/log.h"
#include "energy/grid.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR_US     3'600'000'000LL
#define DEADLINE_MS 10000
#define BYTES_MAX   (1 << 20)
#define TOKEN_MAX   4096

struct source {
    const char *name;
    const struct fg_grid_source *what;
    const struct fg_grid_profile *profile;
    double unit;
    bool failed;                      /* the thread's alone */
    struct fg_grid_points points;     /* guarded */
    int64_t hours[FG_GRID_HOURS_MAX]; /* the looker's alone */
};

struct fg_grid {
    const struct fg_config *numbers;
    struct source price, carbon;
    int64_t looked_hour;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows, and points */
    pthread_cond_t changed;
    bool over, has_news;
};

/* -- asking --------------------------------------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t len, void *self)
{
    struct fg_buf *answer = self;
    if (answer->len + size * len > BYTES_MAX)
        return 0; /* ends the transfer with an error */
    fg_buf_add(answer, bytes, size * len);
    return size * len;
}

static int on_progress(void *self, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    struct fg_grid *grid = self;
    pthread_mutex_lock(&grid->mutex);
    bool over = grid->over;
    pthread_mutex_unlock(&grid->mutex);
    return over;
}

/* {now} in it becomes the moment, to the minute. */
static void make_url(const struct source *source, int64_t now_us, struct fg_buf *out)
{
    const char *url = source->what->url, *at = strstr(url, "{now}");
    char when[FG_TIME_TEXT_MAX];
    fg_time_format(now_us, when);
    if (at)
        fg_buf_printf(out, "%.*s%.16sZ%s", (int)(at - url), url, when, at + 5);
    else
        fg_buf_puts(out, url);
}

/* "Header: token"; NULL: there is none, or none can be read. */
static struct curl_slist *token_header(const struct source *source, struct fg_err *err)
{
    char line[TOKEN_MAX] = "";
    if (!source->what->token_file[0])
        return NULL;
    FILE *file = fopen(source->what->token_file, "re");
    bool has = file && fgets(line, sizeof(line), file);
    if (file)
        fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if (!has || !line[0]) {
        fg_fail(err, FG_ENOENT, "token_file %s: cannot be read, or is empty",
                source->what->token_file);
        return NULL;
    }
    FG_AUTO(fg_buf) struct fg_buf header = {};
    fg_buf_printf(&header, "%s: %s", source->what->token_header, line);
    struct curl_slist *list = curl_slist_append(NULL, header.text);
    explicit_bzero(line, sizeof(line));
    explicit_bzero(header.text, header.len);
    return list;
}

static int fetch(struct fg_grid *grid,
                 const struct source *source,
                 int64_t now_us,
                 struct fg_buf *answer,
                 struct fg_err *err)
{
    struct curl_slist *headers = token_header(source, err);
    if (err->code < 0)
        return err->code;
    FG_AUTO(fg_buf) struct fg_buf url = {};
    make_url(source, now_us, &url);
    CURL *curl = curl_easy_init();
    if (!curl)
        abort();
    curl_easy_setopt(curl, CURLOPT_URL, url.text);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L); /* the token is for this host alone */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)DEADLINE_MS);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "fastgpu/" FASTGPU_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, grid);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return result == CURLE_OK ? 0 : fg_fail(err, FG_EUNREACH, "%s", curl_easy_strerror(result));
}

static int read_answer(const struct source *source,
                       const struct fg_buf *answer,
                       int64_t now_us,
                       struct fg_grid_points *out,
                       struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(answer->len));
    const struct fg_doc *doc;
    const struct fg_grid_paths paths = {.values = source->what->values,
                                        .times = source->what->times,
                                        .unit = source->unit * (double)source->what->scale_micro
                                                / 1e6};
    int rc = fg_doc_json(answer->len ? answer->text : "", answer->len, arena, &doc, err);
    return rc == 0 ? fg_grid_read(doc, &paths, now_us, out, err) : rc;
}

/* Told once, and again when it is back. */
static void tell(struct source *source, int rc, const struct fg_err *err)
{
    if (rc < 0 && !source->failed)
        fg_log("event=grid-source-failed source=%s code=%s why=\"%s\"", source->name,
               fg_code_name(rc), err->text);
    else if (rc == 0 && source->failed)
        fg_log("event=grid-source-back source=%s", source->name);
    source->failed = rc < 0;
}

static void ask(struct fg_grid *grid, struct source *source)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t now_us = clock->now_us(clock->self);
    struct fg_grid_points *points = malloc(sizeof(*points));
    FG_AUTO(fg_buf) struct fg_buf answer = {};
    struct fg_err err = {};
    if (!points)
        abort();
    int rc = fetch(grid, source, now_us, &answer, &err);
    if (rc == 0)
        rc = read_answer(source, &answer, now_us, points, &err);
    pthread_mutex_lock(&grid->mutex);
    bool over = grid->over;
    if (rc == 0) {
        source->points = *points;
        grid->has_news = true;
    }
    pthread_mutex_unlock(&grid->mutex);
    free(points);
    if (!over)
        tell(source, rc, &err);
}

static bool pause_until_next(struct fg_grid *grid)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += grid->numbers->grid_every_s;
    pthread_mutex_lock(&grid->mutex);
    while (!grid->over && pthread_cond_timedwait(&grid->changed, &grid->mutex, &until) == 0)
        continue;
    bool over = grid->over;
    pthread_mutex_unlock(&grid->mutex);
    return over;
}

static void *run(void *self)
{
    struct fg_grid *grid = self;
    do {
        if (grid->carbon.what->url[0])
            ask(grid, &grid->carbon);
        if (grid->price.what->url[0])
            ask(grid, &grid->price);
    } while (!pause_until_next(grid));
    return NULL;
}

static void start_thread(struct fg_grid *grid)
{
    sigset_t all, old;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&grid->thread, NULL, run, grid) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    grid->has_thread = true;
}

struct fg_grid *fg_grid_start(const struct fg_grid_config *config,
                              const struct fg_config *numbers)
{
    bool asks = config->carbon.url[0] || config->price.url[0];
    if (!asks && config->carbon_hours.len == 0 && config->price_hours.len == 0)
        return NULL;
    struct fg_grid *grid = calloc(1, sizeof(*grid));
    if (!grid)
        abort();
    grid->numbers = numbers;
    grid->carbon = (struct source){
        .name = "carbon", .what = &config->carbon, .profile = &config->carbon_hours, .unit = 1};
    grid->price = (struct source){
        .name = "price", .what = &config->price, .profile = &config->price_hours, .unit = 1e6};
    grid->looked_hour = -1;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&grid->mutex, NULL);
    pthread_cond_init(&grid->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (asks)
        start_thread(grid);
    return grid;
}

void fg_grid_stop(struct fg_grid *grid)
{
    if (!grid)
        return;
    pthread_mutex_lock(&grid->mutex);
    grid->over = true;
    pthread_cond_broadcast(&grid->changed);
    pthread_mutex_unlock(&grid->mutex);
    if (grid->has_thread) {
        pthread_join(grid->thread, NULL);
        curl_global_cleanup();
    }
    pthread_cond_destroy(&grid->changed);
    pthread_mutex_destroy(&grid->mutex);
    free(grid);
}

/* -- looking -------------------------------------------------------------------------------------------------- */

/* By the hour of the week of this machine's time zone. */
static int64_t profile_at(const struct fg_grid_profile *profile, int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1'000'000);
    struct tm local = {};
    localtime_r(&seconds, &local);
    int hour = (local.tm_wday + 6) % 7 * 24 + local.tm_hour;
    return profile->values[(size_t)hour % profile->len];
}

/* What the source says, then the profile, if there is one. */
static void make_hours(struct fg_grid *grid,
                       struct source *source,
                       int64_t now_us,
                       struct fg_hourly *out)
{
    int64_t hour_us = now_us - now_us % HOUR_US;
    size_t len = fg_grid_hours(&source->points, now_us, grid->numbers->grid_stale_s * 1'000'000,
                               source->hours);
    for (; source->profile->len > 0 && len < FG_GRID_HOURS_MAX; len++)
        source->hours[len] = profile_at(source->profile, hour_us + (int64_t)len * HOUR_US);
    *out = (struct fg_hourly){
        .start_us = hour_us, .step_us = HOUR_US, .values = source->hours, .len = len};
}

bool fg_grid_look(struct fg_grid *grid,
                  int64_t now_us,
                  struct fg_hourly *out_price,
                  struct fg_hourly *out_carbon)
{
    if (!grid)
        return false;
    pthread_mutex_lock(&grid->mutex);
    bool news = grid->has_news || now_us / HOUR_US != grid->looked_hour;
    if (news) {
        grid->has_news = false;
        grid->looked_hour = now_us / HOUR_US;
        make_hours(grid, &grid->price, now_us, out_price);
        make_hours(grid, &grid->carbon, now_us, out_carbon);
    }
    pthread_mutex_unlock(&grid->mutex);
    return news;
}
